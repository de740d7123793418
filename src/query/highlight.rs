//! What of a listing was matched, so that it can be shown.

mod closest;

use std::ops::Range;

use serde::{Deserialize, Serialize};

use self::closest::closest;
use super::MatchKind;
use super::parse::Parsed;
use super::short_form::{Alignment, ShortForm};
use super::written_names;
use crate::listing::Listing;
use crate::text::{
    Folded, Lexicon, ReadingScheme, Regions, SPELLINGS_MAX, SchemeNumber, Shape, Spelling, numeral_variants, spellings,
    spoken,
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

/// Finds what `parsed` matched of `listing`; no spans where the match is not visible in the
/// text (13 for 十三).
pub(super) fn matched(listing: &Listing, parsed: &Parsed, by: &By<'_>) -> Matched {
    if let (MatchKind::Number, Some(digits)) = (by.kind, &parsed.digits) {
        return matched_number(listing, digits);
    }
    if let (MatchKind::ShortForm, Some(short_form)) = (by.kind, &parsed.short_form) {
        return matched_short_form(listing, short_form);
    }
    let mut fallback = None;
    for (at, text) in written_names(listing).enumerate() {
        let field = if at == 0 { MatchedField::Name } else { MatchedField::Alias };
        let matched = |spans| Matched { field, text: text.to_owned(), spans };
        match find(text, parsed, by) {
            Found::At(spans) => return matched(spans),
            Found::Unseen => fallback = fallback.or(Some(matched(Vec::new()))),
            Found::Nowhere => {}
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

fn find(text: &str, parsed: &Parsed, by: &By<'_>) -> Found {
    let folded = Folded::new(text);
    if let Some(spans) = find_units(&folded, parsed, by) {
        return Found::At(spans);
    }
    let variants = numeral_variants(folded.text());
    let other = variants.iter().any(|variant| find_units(&Folded::new(variant), parsed, by).is_some());
    if other { Found::Unseen } else { Found::Nowhere }
}

/// The stretches of the original that `parsed` matches.
fn find_units(folded: &Folded, parsed: &Parsed, by: &By<'_>) -> Option<Vec<(u32, u32)>> {
    let range = match by.kind {
        MatchKind::Pinyin | MatchKind::Code => {
            find_spelled(folded, parsed, by.scheme(), |spelling| (&spelling.letters, &spelling.letter_starts))
        }
        MatchKind::Initials => {
            find_spelled(folded, parsed, by.scheme(), |spelling| (&spelling.initials, &spelling.initial_starts))
        }
        MatchKind::Mixed => parsed.pattern.find(folded.text(), by.lexicon.pinyin()).map(|fit| fit.start..fit.end),
        MatchKind::Homophone | MatchKind::FuzzySound | MatchKind::Typo => find_near(folded, parsed, by.scheme()),
        MatchKind::Word | MatchKind::English if parsed.words.len() > 1 => return find_words(folded, &parsed.words),
        _ => find_text(folded, &parsed.text),
    }?;
    let origins = folded.units().get(range)?.iter().map(|unit| unit.origin);
    Some(merge(origins))
}

/// The units that are `text`.
fn find_text(folded: &Folded, text: &str) -> Option<Range<usize>> {
    let before = folded.text().split_once(text)?.0.chars().count();
    Some(before..before + text.chars().count())
}

/// The stretches of the original that are one of `words`, where all of them stand in it.
fn find_words(folded: &Folded, words: &[String]) -> Option<Vec<(u32, u32)>> {
    let mut units: Vec<usize> = Vec::new();
    for word in words {
        units.extend(find_text(folded, word)?);
    }
    units.sort_unstable();
    Some(merge(units.into_iter().filter_map(|unit| folded.units().get(unit)).map(|unit| unit.origin)))
}

/// The units that are, or are spelled, most like what was typed.
fn find_near(folded: &Folded, parsed: &Parsed, scheme: &dyn ReadingScheme) -> Option<Range<usize>> {
    let Some(letters) = &parsed.letters else {
        let typed: Vec<char> = parsed.text.chars().collect();
        let text: Vec<char> = folded.units().iter().map(|unit| unit.c).collect();
        return closest(&typed, &text);
    };
    let spelling = spellings(scheme, folded, 1).pop()?;
    let found = closest(letters.as_bytes(), spelling.letters.as_bytes())?;
    let starts = &spelling.letter_starts;
    let first = starts.iter().rposition(|&start| start as usize <= found.start)?;
    let last = starts.iter().take_while(|&&start| (start as usize) < found.end).count();
    Some(first..last)
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

fn matched_short_form(listing: &Listing, short_form: &ShortForm) -> Matched {
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
