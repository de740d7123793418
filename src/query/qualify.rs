//! Qualifiers: a district, a trade, a street or a landmark said before or after a name.
//!
//! `天河 fsjl`, `gzjj lw`, `酒家 体育西路`, and without a space where the qualifier is a whole word: `天河广州酒家`.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::request::Query;
use super::visible::{FacetCount, Visible};
use crate::index::Facet;
use crate::text::{Folded, behind_region};

/// Ways to divide one query that are followed.
const SPLITS_MAX: usize = 6;
/// Characters of a qualifier that nothing parts from the name: hanzi, letters.
const JOINED_CHARS: std::ops::RangeInclusive<usize> = 2..=8;
const JOINED_LETTERS: std::ops::RangeInclusive<usize> = 2..=12;
/// Letters from which on those of a district are its pinyin and not its initials.
const DISTRICT_LETTERS_MIN: usize = 5;
/// Letters of a name at least that stand beside a district in letters.
const NAME_LETTERS_MIN: usize = 2;
/// Characters of a place that stands beside another at least.
const PLACE_CHARS_MIN: usize = 2;
/// Letters of one, and how many that are spelled alike are followed.
const PLACE_LETTERS_MIN: usize = 3;
const PLACES_SPELLED_MAX: usize = 3;
/// Words of a query at most that may spell one: of more, each would be looked up in vain.
const WORDS_OF_PLACES_MAX: usize = 3;
/// What stands between a qualifier and a name, and belongs to neither.
const BETWEEN: [&str; 9] = ["附近的", "旁边的", "附近", "旁边", "那边的", "那边", "那家", "那间", "的"];

/// What narrows a lookup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Qualifier {
    /// A district or trade: its values that are called so, of each part.
    Facet { facet: Facet, called: Rc<[Vec<FacetCount>]> },
    /// Streets, villages or buildings of the address, all of them.
    Places(Vec<String>),
}

/// A query divided into a name and what narrows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Split {
    pub(super) name: String,
    pub(super) qualifiers: Vec<Qualifier>,
    /// Whether it is a guess.
    pub(super) guess: Guess,
}

/// Whether something is a guess at what was meant: how far the search goes for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guess {
    /// It was typed so.
    None,
    /// Its letters are spelled otherwise than they were typed, or nothing parts them from a district in pinyin.
    Likely,
    /// Nothing parts its letters from the initials of a district, which may be part of the name as well.
    Unlikely,
}

impl Split {
    /// All of `typed` as a name.
    pub(super) fn whole(typed: &str) -> Split {
        Split::new(typed, Vec::new())
    }

    /// `typed` as a name beside `qualifiers`, which is another spelling of what was typed.
    pub(super) fn respelled(typed: &str, qualifiers: &[Qualifier]) -> Split {
        Split { guess: Guess::Likely, ..Split::new(typed, qualifiers.to_vec()) }
    }

    fn new(name: &str, qualifiers: Vec<Qualifier>) -> Split {
        Split { name: name.to_owned(), qualifiers, guess: Guess::None }
    }
}

/// The ways to take some of `words`, which spaces part, for qualifiers and the rest for the name.
pub(super) fn by_spaces(words: &[String], parts: &[Visible<'_>]) -> Vec<Split> {
    let mut splits = Vec::new();
    if words.len() < 2 {
        return splits;
    }
    let mut places = Places::of(parts);
    let meanings: Vec<Vec<Qualifier>> = words.iter().map(|word| meanings(word, true, &mut places)).collect();
    let last = words.len().saturating_sub(1);
    // The last word first: who narrows does so when the name did not do.
    for at in (0..words.len()).rev() {
        let others = |at: usize| words.iter().enumerate().filter(move |(other, _)| *other != at);
        let name: String = others(at).map(|(_, word)| word.as_str()).collect();
        for qualifier in meanings.get(at).into_iter().flatten() {
            splits.push(Split::new(&name, vec![qualifier.clone()]));
        }
    }
    if words.len() > 2 {
        // 天河 体育西路 酒家, 酒家 天河 体育西路: all but one narrow.
        for name_at in [last, 0] {
            let narrowing = meanings.iter().enumerate().filter(|(at, _)| *at != name_at);
            let first_meanings: Option<Vec<Qualifier>> = narrowing.map(|(_, all)| all.first().cloned()).collect();
            if let (Some(qualifiers), Some(name)) = (first_meanings, words.get(name_at)) {
                splits.push(Split::new(name, qualifiers));
            }
        }
    }
    // 广州 白云 酒家, where all listings are in 广州; 中山 医院 天河 is a hospital's name.
    let is_district = |at: usize| {
        let of_next = meanings.get(at + 1).into_iter().flatten();
        of_next.into_iter().any(|meaning| matches!(meaning, Qualifier::Facet { facet: Facet::Locality, .. }))
    };
    let city = (0..words.len()).find(|&at| {
        is_district(at)
            && words.get(at).is_some_and(|word| behind_region(word) == Some(""))
            && meanings.get(at).is_some_and(Vec::is_empty)
    });
    if let Some(city) = city.filter(|_| words.len() > 2) {
        let others = words.iter().enumerate().filter(|(at, _)| *at != city).map(|(_, word)| word.clone());
        splits.extend(by_spaces(&others.collect::<Vec<_>>(), parts));
    }
    first_of_each(splits)
}

/// What `query` is narrowed by beside what was typed: a locality and a category.
pub(super) fn narrowed_to(query: &Query, parts: &[Visible<'_>]) -> Vec<Qualifier> {
    let given = [(Facet::Locality, &query.locality), (Facet::Category, &query.category)];
    let given = given.into_iter().filter_map(|(facet, text)| Some((facet, text.as_deref()?)));
    let narrowed = given.map(|(facet, text)| {
        let called = parts.iter().map(|part| part.narrowed_to(facet, text)).collect();
        Qualifier::Facet { facet, called }
    });
    narrowed.collect()
}

/// Whether a part has a street or building that one of `words` spells, of few words that spaces part; outdated ones too.
pub(super) fn may_spell_place(words: &[String], parts: &[Visible<'_>]) -> bool {
    let spells = |word: &String| {
        may_be_letters_of_place(word) && parts.iter().any(|part| !part.part.places_spelled(word, 1).is_empty())
    };
    (2..=WORDS_OF_PLACES_MAX).contains(&words.len()) && words.iter().any(spells)
}

fn may_be_letters_of_place(word: &str) -> bool {
    word.is_ascii() && word.len() >= PLACE_LETTERS_MIN
}

/// The ways to take one of `words`, which spaces part, for a street or building that it spells, and the others for the name; a word
/// behind the name first. None where there are more words than anybody would say so.
pub(super) fn by_spelled_places(words: &[String], parts: &[Visible<'_>]) -> Vec<Split> {
    if !(2..=WORDS_OF_PLACES_MAX).contains(&words.len()) {
        return Vec::new();
    }
    let mut splits = Vec::new();
    for (at, word) in words.iter().enumerate().rev() {
        let others = words.iter().enumerate().filter(|(other, _)| *other != at);
        let name: String = others.map(|(_, word)| word.as_str()).collect();
        let places = places_spelled(word, parts).into_iter();
        splits.extend(places.map(|place| Split::new(&name, vec![Qualifier::Places(vec![place])])));
    }
    splits
}

/// The streets and buildings that `word` may spell, those of most listings first, as many as are followed.
fn places_spelled(word: &str, parts: &[Visible<'_>]) -> Vec<String> {
    if !may_be_letters_of_place(word) {
        return Vec::new();
    }
    let mut counts: Vec<(String, u32)> = Vec::new();
    for (place, count) in parts.iter().flat_map(|part| part.places_spelled(word)) {
        match counts.iter_mut().find(|(known, _)| *known == place) {
            Some((_, known)) => *known += count,
            None => counts.push((place, count)),
        }
    }
    counts.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let seen = |place: &str| parts.iter().any(|part| part.has_place(place));
    counts.into_iter().map(|(place, _)| place).filter(|place| seen(place)).take(PLACES_SPELLED_MAX).collect()
}

/// The ways to take the beginning or the end of `typed` for a qualifier, the longest first; of letters only a district.
pub(super) fn joined(typed: &str, parts: &[Visible<'_>]) -> Vec<Split> {
    let text = Folded::new(typed).text().to_owned();
    let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let chars = ends.len() - 1;
    let cut = |at: usize| ends.get(at).and_then(|&at| text.split_at_checked(at));
    let front = |length: usize| cut(length).map(|(word, name)| (word, without_between(name)));
    let back = |length: usize| chars.checked_sub(length).and_then(cut).map(|(name, word)| (word, name));
    let lengths = if text.is_ascii() { JOINED_LETTERS } else { JOINED_CHARS };
    let mut splits = Vec::new();
    let mut places = Places::of(parts);
    // Longer words are made of these.
    for (word, _) in lengths.clone().flat_map(|length| [front(length), back(length)]).flatten() {
        places.has(word);
    }
    for length in lengths.rev() {
        for (word, name) in front(length).into_iter().chain(back(length)) {
            for qualifier in joined_meanings(word, name, &mut places) {
                let guess = match text.is_ascii() {
                    false => Guess::None,
                    true if length >= DISTRICT_LETTERS_MIN => Guess::Likely,
                    true => Guess::Unlikely,
                };
                splits.push(Split { guess, ..Split::new(name, vec![qualifier]) });
            }
        }
    }
    first_of_each(splits)
}

/// What `word` beside `name` may narrow to, where nothing parts them.
fn joined_meanings<'w>(word: &'w str, name: &str, places: &mut Places<'_, 'w>) -> Vec<Qualifier> {
    let parts = places.parts;
    match (word.is_ascii(), name.is_ascii()) {
        _ if name.is_empty() => Vec::new(),
        (false, _) => meanings(word, false, places),
        (true, true) if name.len() >= NAME_LETTERS_MIN => {
            let district = facet_called(Facet::Locality, word, false, parts);
            district.filter(|_| parts.iter().any(|part| part.may_begin(name))).into_iter().collect()
        }
        // Letters beside hanzi are more often part of the name.
        (true, _) => Vec::new(),
    }
}

/// The first ways that are followed, each once: words that are said twice divide the query twice alike.
fn first_of_each(splits: Vec<Split>) -> Vec<Split> {
    let mut different: Vec<Split> = Vec::new();
    for split in splits {
        if different.len() < SPLITS_MAX && !different.contains(&split) {
            different.push(split);
        }
    }
    different
}

fn without_between(name: &str) -> &str {
    BETWEEN.iter().find_map(|between| name.strip_prefix(between)).unwrap_or(name)
}

/// What `word` may narrow to; with `begun` its beginning will do.
fn meanings<'w>(word: &'w str, begun: bool, places: &mut Places<'_, 'w>) -> Vec<Qualifier> {
    let parts = places.parts;
    let facets = [Facet::Locality, Facet::Category].into_iter();
    let mut meanings: Vec<Qualifier> = facets.filter_map(|facet| facet_called(facet, word, begun, parts)).collect();
    if let Some(places) = places.within(word) {
        meanings.push(Qualifier::Places(places));
    }
    if meanings.is_empty()
        && let Some(district) = behind_region(word).filter(|district| !district.is_empty())
    {
        // 广州市白云区, where districts stand without their city.
        meanings.extend(facet_called(Facet::Locality, district, begun, parts));
    }
    meanings
}

/// The values of `facet` that are called `word`, if there are any.
fn facet_called(facet: Facet, word: &str, begun: bool, parts: &[Visible<'_>]) -> Option<Qualifier> {
    let called: Rc<[Vec<FacetCount>]> = parts.iter().map(|part| part.called(facet, word, begun)).collect();
    called.iter().any(|counts| !counts.is_empty()).then_some(Qualifier::Facet { facet, called })
}

/// Which texts are places, each looked up once.
struct Places<'p, 'w> {
    parts: &'p [Visible<'p>],
    known: FxHashMap<&'w str, bool>,
}

impl<'p, 'w> Places<'p, 'w> {
    fn of(parts: &'p [Visible<'p>]) -> Places<'p, 'w> {
        Places { parts, known: FxHashMap::default() }
    }

    fn has(&mut self, word: &'w str) -> bool {
        let look = || !word.is_ascii() && self.parts.iter().any(|part| part.has_place(word));
        *self.known.entry(word).or_insert_with(look)
    }

    /// The place that `word` is, or the two it is made of: 合作里力行路.
    fn within(&mut self, word: &'w str) -> Option<Vec<String>> {
        if self.has(word) {
            return Some(vec![word.to_owned()]);
        }
        let cuts = word.char_indices().map(|(at, _)| word.split_at(at)).skip(PLACE_CHARS_MIN);
        let mut two = cuts.filter(|(_, second)| second.chars().nth(PLACE_CHARS_MIN - 1).is_some());
        let (first, second) = two.find(|(first, second)| {
            let may_be = |word: &str| self.known.get(word) != Some(&false);
            may_be(first) && may_be(second) && self.has(first) && self.has(second)
        })?;
        Some(vec![first.to_owned(), second.to_owned()])
    }
}
