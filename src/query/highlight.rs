//! What of a listing was matched, so that it can be shown.

mod closest;

use std::cell::OnceCell;
use std::ops::Range;

use memchr::memmem;
use serde::{Deserialize, Serialize};

use self::closest::closest;
use super::MatchKind;
use super::parse::Parsed;
use super::pattern::{Fit, find_apart};
use super::short_form::{Alignment, ShortForm};
use super::written_names;
use crate::index::{Part, Rank};
use crate::listing::{Listing, is_hanzi};
use crate::text::{
    Folded, Lexicon, ReadingScheme, Regions, SPELLINGS_MAX, SchemeNumber, Shape, Spelling, is_whole_syllables,
    numeral_variants, sounds_of, spellings, spoken,
};

/// Which field was matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MatchedField {
    /// The official name.
    Name,
    /// One of the aliases.
    Alias,
    /// One of the numbers.
    Number,
}

/// The text that was matched and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Matched {
    /// Which field it is.
    pub field: MatchedField,
    /// The field's text.
    pub text: String,
    /// Stretches of `text` that were matched: start and end, counted in characters.
    pub spans: Vec<(u32, u32)>,
}

/// How something was found.
pub(super) struct By<'l> {
    pub(super) kind: MatchKind,
    pub(super) scheme: SchemeNumber,
    /// What names are spelled by.
    pub(super) lexicon: &'l Lexicon,
}

impl<'l> By<'l> {
    fn scheme(&self) -> &'l dyn ReadingScheme {
        self.lexicon.scheme(self.scheme)
    }
}

/// What the index knows of a listing's official name.
pub(super) struct Known<'p> {
    /// As it is folded.
    pub(super) folded: &'p str,
    shape: Shape,
}

impl<'p> Known<'p> {
    pub(super) fn of(part: &'p Part, rank: Rank) -> Known<'p> {
        Known { folded: part.texts(rank).next().unwrap_or_default(), shape: part.brief(rank).shape }
    }

    /// Whether `name` is written as it is folded.
    fn is_written(&self, name: &str) -> bool {
        self.folded == name
    }
}

/// A text in which something is looked for.
struct Written<'t> {
    text: &'t str,
    /// As it is folded, where the index has it.
    known: Option<&'t str>,
    /// Folded by us, where that is needed.
    folded: OnceCell<Folded>,
}

impl<'t> Written<'t> {
    fn new(text: &'t str, known: Option<&'t str>) -> Written<'t> {
        Written { text, known, folded: OnceCell::new() }
    }

    fn folded(&self) -> &Folded {
        self.folded.get_or_init(|| Folded::new(self.text))
    }

    /// The folded text.
    fn text(&self) -> &str {
        self.known.unwrap_or_else(|| self.folded().text())
    }

    /// The stretches of the original that `units` come from.
    fn spans(&self, units: impl IntoIterator<Item = usize>) -> Vec<(u32, u32)> {
        let units = units.into_iter();
        if self.known == Some(self.text) {
            // It is written as it is folded: what that consists of is left as it is by folding.
            return merge(units.map(|unit| unit as u32));
        }
        match self.known.and_then(|known| origins(self.text, known)) {
            Some(origins) => merge(units.filter_map(|unit| origins.get(unit)).copied()),
            None => merge(units.filter_map(|unit| self.folded().units().get(unit)).map(|unit| unit.origin)),
        }
    }
}

/// For every character of `folded`, which one of `text` it comes from; `None` where that takes folding it again, because
/// more happened to it than small letters and punctuation left out.
fn origins(text: &str, folded: &str) -> Option<Vec<u32>> {
    let mut origins = Vec::with_capacity(folded.len() / 3 + 1);
    let mut units = folded.chars().peekable();
    for (origin, c) in text.chars().enumerate() {
        match units.next_if(|unit| *unit == c.to_ascii_lowercase()) {
            Some(_) => origins.push(origin as u32),
            None if c.is_ascii_punctuation() && c != '&' || c == ' ' || "（）【】、，·—".contains(c) => {}
            None => return None,
        }
    }
    units.next().is_none().then_some(origins)
}

/// Finds what `parsed` matched of `listing`; no spans where the match is not visible in the
/// text (13 for 十三).
pub(super) fn matched(listing: &Listing, known: &Known<'_>, parsed: &Parsed, by: &By<'_>) -> Matched {
    if let (MatchKind::Number, Some(digits)) = (by.kind, &parsed.digits) {
        return matched_number(listing, digits);
    }
    if let (MatchKind::ShortForm, Some(short_form)) = (by.kind, &parsed.short_form) {
        return matched_short_form(listing, known, short_form);
    }
    let texts = || {
        written_names(listing).enumerate().map(|(at, text)| {
            let field = if at == 0 { MatchedField::Name } else { MatchedField::Alias };
            (field, Written::new(text, Some(known.folded).filter(|_| at == 0)))
        })
    };
    let matched = |field, text: &Written<'_>, spans| Matched { field, text: text.text.to_owned(), spans };
    let mut fallback = None;
    for (field, text) in texts() {
        match find(&text, parsed, by) {
            Found::At(spans) => return matched(field, &text, spans),
            Found::Unseen => fallback = fallback.or(Some(matched(field, &text, Vec::new()))),
            Found::Nowhere => {}
        }
    }
    if by.kind == MatchKind::Word {
        // No text holds the words as they are written. One that begins with a word is why the listing stands where it does.
        let fits = texts().filter_map(|(field, text)| {
            find_spelled_words(&text, parsed, by.lexicon).map(|spans| matched(field, &text, spans))
        });
        if let Some(matched) = fits.min_by_key(|fit| fit.spans.first().is_none_or(|(start, _)| *start > 0)) {
            return matched;
        }
    }
    fallback.unwrap_or_else(|| Matched { field: MatchedField::Name, text: listing.name.clone(), spans: Vec::new() })
}

/// Where something was found in a text.
enum Found {
    At(Vec<(u32, u32)>),
    /// In another way to write the text.
    Unseen,
    Nowhere,
}

fn find(text: &Written<'_>, parsed: &Parsed, by: &By<'_>) -> Found {
    if let Some(spans) = find_units(text, parsed, by) {
        return Found::At(spans);
    }
    let variants = numeral_variants(text.text());
    let other = variants.iter().any(|variant| find_units(&Written::new(variant, None), parsed, by).is_some());
    if other { Found::Unseen } else { Found::Nowhere }
}

/// The stretches of the original that `parsed` matches.
fn find_units(text: &Written<'_>, parsed: &Parsed, by: &By<'_>) -> Option<Vec<(u32, u32)>> {
    let range = match by.kind {
        MatchKind::Initials if by.scheme == SchemeNumber::PINYIN => find_initials(text, parsed, by),
        MatchKind::Pinyin | MatchKind::Code | MatchKind::Initials => spelled_by(text, parsed, by),
        MatchKind::Mixed => parsed.pattern.find(text.text(), by.lexicon.pinyin()).map(|fit| fit.start..fit.end),
        MatchKind::Homophone | MatchKind::FuzzySound | MatchKind::Typo => find_near(text, parsed, by.scheme()),
        MatchKind::Word | MatchKind::English if parsed.words.len() > 1 => return find_words(text, &parsed.words),
        _ => find_text(text.text(), &parsed.text),
    }?;
    Some(text.spans(range))
}

/// The characters whose initials were typed: told without spelling the name by its words where each of these has one sound.
fn find_initials(text: &Written<'_>, parsed: &Parsed, by: &By<'_>) -> Option<Range<usize>> {
    let (letters, pinyin) = (parsed.letters.as_deref()?, by.lexicon.pinyin());
    let fit = parsed.pattern.find(text.text(), pinyin).filter(|fit| fit.end - fit.start == letters.len());
    let has_one_sound = |c: char| is_hanzi(c) && sounds_of(c).len() == 1 && pinyin.desk_sounds(c).is_empty();
    let up_to_there = |fit: &Fit| text.text().chars().take(fit.end).all(has_one_sound);
    fit.filter(up_to_there).map(|fit| fit.start..fit.end).or_else(|| spelled_by(text, parsed, by))
}

/// The units that are spelled so, in full or by their initials.
fn spelled_by(text: &Written<'_>, parsed: &Parsed, by: &By<'_>) -> Option<Range<usize>> {
    match by.kind {
        MatchKind::Initials => {
            find_spelled(text.folded(), parsed, by.scheme(), |spelling| (&spelling.initials, &spelling.initial_starts))
        }
        _ => find_spelled(text.folded(), parsed, by.scheme(), |spelling| (&spelling.letters, &spelling.letter_starts)),
    }
}

/// The units that are `text`.
fn find_text(folded: &str, text: &str) -> Option<Range<usize>> {
    let at = memmem::find(folded.as_bytes(), text.as_bytes())?;
    let before = folded.get(..at)?.chars().count();
    Some(before..before + text.chars().count())
}

/// The stretches of the original that are one of `words`, where all of them stand in it.
fn find_words(text: &Written<'_>, words: &[String]) -> Option<Vec<(u32, u32)>> {
    let mut units: Vec<usize> = Vec::new();
    for word in words {
        units.extend(find_text(text.text(), word)?);
    }
    units.sort_unstable();
    Some(text.spans(units))
}

/// The stretches of the original that are spelled by the words that were typed, where all of them stand in it.
fn find_spelled_words(text: &Written<'_>, parsed: &Parsed, lexicon: &Lexicon) -> Option<Vec<(u32, u32)>> {
    let fits = find_apart(&parsed.word_patterns, text.text(), lexicon.pinyin())?;
    Some(text.spans(fits.iter().flat_map(|fit| fit.start..fit.end)))
}

/// The units that are, or are spelled, most like what was typed.
fn find_near(text: &Written<'_>, parsed: &Parsed, scheme: &dyn ReadingScheme) -> Option<Range<usize>> {
    let Some(letters) = &parsed.letters else {
        let typed: Vec<char> = parsed.text.chars().collect();
        let text: Vec<char> = text.text().chars().collect();
        return closest(&typed, &text);
    };
    let spelling = spellings(scheme, text.folded(), 1).pop()?;
    if !is_whole_syllables(letters.as_bytes())
        && let Some(units) = initials_but_one(letters.as_bytes(), &spelling)
    {
        return Some(units);
    }
    let found = closest(letters.as_bytes(), spelling.letters.as_bytes())?;
    let starts = &spelling.letter_starts;
    let first = starts.iter().rposition(|&start| start as usize <= found.start)?;
    let last = starts.iter().take_while(|&&start| (start as usize) < found.end).count();
    Some(first..last)
}

/// The first units whose initials are `letters`, but for one.
fn initials_but_one(letters: &[u8], spelling: &Spelling) -> Option<Range<usize>> {
    let starts = &spelling.initial_starts;
    let units = |&start: &u32| {
        let own = spelling.initials.as_bytes().get(start as usize..)?.get(..letters.len())?;
        let differing = own.iter().zip(letters).filter(|(own, typed)| own != typed).count();
        let end = start as usize + letters.len();
        let first = starts.iter().position(|at| *at == start)?;
        (differing == 1).then(|| first..starts.iter().take_while(|&&at| (at as usize) < end).count())
    };
    starts.iter().find_map(units)
}

/// The units whose spelling begins with or is begun by what was typed.
fn find_spelled(
    folded: &Folded,
    parsed: &Parsed,
    scheme: &dyn ReadingScheme,
    letters: impl Fn(&Spelling) -> (&String, &Vec<u32>),
) -> Option<Range<usize>> {
    let typed = parsed.letters.as_deref()?;
    let find = |spelling: &Spelling| {
        let (text, starts) = letters(spelling);
        let begins = |start: &u32| text.get(*start as usize..).is_some_and(|rest| rest.starts_with(typed));
        let first = starts.iter().position(begins)?;
        let end = *starts.get(first)? as usize + typed.len();
        let last = starts.iter().take_while(|&&start| (start as usize) < end).count();
        Some(first..last)
    };
    // Mostly the likeliest spelling is the one; all of them are dear.
    [1, SPELLINGS_MAX].into_iter().find_map(|most| spellings(scheme, folded, most).iter().find_map(find))
}

fn matched_short_form(listing: &Listing, known: &Known<'_>, short_form: &ShortForm) -> Matched {
    if known.is_written(&listing.name) && !known.shape.is_spoken() {
        // It is spoken as it is written, and its shape is the one it was found by.
        let alignment = short_form.align(known.folded, known.shape);
        let places = alignment.iter().flat_map(Alignment::places).map(|place| place as u32);
        return Matched { field: MatchedField::Name, text: listing.name.clone(), spans: merge(places) };
    }
    let folded = Folded::new(&listing.name);
    let shape = Shape::of(&listing.name, &folded, &Regions::of(&listing.locality));
    let (name, units): (String, Vec<_>) = spoken(folded.text()).unzip();
    let alignment = short_form.align(&name, shape);
    let places = alignment.iter().flat_map(Alignment::places).filter_map(|place| units.get(place).cloned()).flatten();
    let origins = places.filter_map(|unit| folded.units().get(unit)).map(|unit| unit.origin);
    Matched { field: MatchedField::Name, text: listing.name.clone(), spans: merge(origins) }
}

fn matched_number(listing: &Listing, digits: &str) -> Matched {
    let shown = |phone: &crate::listing::Phone| {
        let own = phone.digits();
        // The area code may stand in the listing and not in the number.
        let wanted =
            digits.strip_prefix(listing.area_code.as_str()).filter(|rest| !rest.is_empty() && !own.contains(digits));
        let wanted = wanted.unwrap_or(digits);
        let first = own.find(wanted)?;
        let places = phone.number.chars().enumerate().filter(|(_, c)| c.is_ascii_digit()).map(|(at, _)| at as u32);
        Some(Matched {
            field: MatchedField::Number,
            text: phone.number.clone(),
            spans: merge(places.skip(first).take(wanted.len())),
        })
    };
    listing.phones.iter().find_map(shown).unwrap_or_else(|| Matched {
        field: MatchedField::Number,
        text: listing.phones.first().map(|phone| phone.number.clone()).unwrap_or_default(),
        spans: Vec::new(),
    })
}

/// Places as stretches.
fn merge(places: impl Iterator<Item = u32>) -> Vec<(u32, u32)> {
    let mut spans: Vec<(u32, u32)> = Vec::new();
    for place in places {
        match spans.last_mut() {
            Some((_, end)) if *end == place => *end += 1,
            Some((_, end)) if *end > place => {}
            _ => spans.push((place, place + 1)),
        }
    }
    spans
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn where_characters_come_from_is_told_as_folding_tells_it(
            name in "[\u{4e00}-\u{9fff}a-zA-Z0-9 &（）【】、，·—“ａ①é㎡〇\u{301}!-~]{0,24}",
        ) {
            let folded = Folded::new(&name);
            if let Some(told) = origins(&name, folded.text()) {
                prop_assert_eq!(told, folded.units().iter().map(|unit| unit.origin).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn where_characters_come_from_is_known_without_folding_again_or_not_told() {
        let told =
            ["广州酒家", "广州酒家（文昌店）", "KFC（天河·店）", "Mc Cafe, 店-2", "a", "3M中国", "【a】、b，c—d"];
        let untold = ["廣州酒家", "A&B", "Ａ店", "café店", "〇一", "ﬁ店", "㎡店", "①店", "“店”", "a\u{301}店"];
        for (names, is_told) in [(&told[..], true), (&untold[..], false)] {
            for name in names {
                let folded = Folded::new(name);
                let expected: Vec<u32> = folded.units().iter().map(|unit| unit.origin).collect();
                let told = is_told.then_some(expected);
                assert_eq!(origins(name, folded.text()), told, "{name}");
            }
        }
        assert_eq!(origins("广州酒家", "广州"), None, "another name's");
        assert_eq!(origins("广州", "广州酒家"), None, "another name's");
    }
}
