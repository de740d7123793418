//! The engine against an oracle that looks at every listing and compares strings.
//!
//! The oracle folds and spells with the same code as the index, for that is what a match means, and shares
//! nothing else with it: no keys, no posting lists, no candidates.

use std::collections::BTreeSet;

use chahao::query::MatchKind;
use chahao::text::{Folded, Lexicon, Regions, Spelling, numeral_variants, spellings};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::desk_in_a_folder::ids_by;
use crate::narrowed::names_beside_qualifiers;
use crate::small_ledgers::{Entry, Loaded, small_ledger, tries};

/// Ways to read a name that count from its beginning, and from a later syllable.
pub const READINGS_FROM_THE_BEGINNING: usize = 4;
pub const READINGS_FROM_A_LATER_SYLLABLE: usize = 2;
/// Digits by which a number is found from anywhere in it.
const DIGITS_FROM_ANYWHERE: usize = 4;
/// Ledgers tried.
const LEDGERS: u32 = 24;
/// Queries put to one ledger, each by every kind of match.
const QUERIES: usize = 120;

/// One way to write one name of a listing.
pub struct Form {
    pub folded: Folded,
    /// Units at which a caller may start: 0, and behind every region in front.
    pub starts: Vec<usize>,
}

pub fn forms(entry: &Entry) -> Vec<Form> {
    let regions = Regions::of(entry.locality);
    let mut forms = Vec::new();
    for text in entry.texts() {
        let folded = Folded::new(text);
        let variants = numeral_variants(folded.text());
        for folded in [folded].into_iter().chain(variants.iter().map(|variant| Folded::new(variant))) {
            let starts = [0].into_iter().chain(regions.starts(&folded)).collect();
            forms.push(Form { folded, starts });
        }
    }
    forms
}

impl Form {
    /// The text from a unit on.
    fn from(&self, unit: usize) -> String {
        self.folded.units().iter().skip(unit).map(|unit| unit.c).collect()
    }

    /// Units behind the beginning at which a word starts, the last character left out.
    pub fn later_words(&self) -> Vec<usize> {
        let units = self.folded.units().iter().enumerate().skip(1).filter(|(_, unit)| unit.starts_word);
        let before_last = self.folded.units().len().saturating_sub(2);
        units.map(|(at, _)| at).filter(|at| *at <= before_last && !self.starts.contains(at)).collect()
    }

    /// Whether the spelling `letters` tells begins with `typed` at a place where a caller may start.
    fn is_spelled(&self, typed: &str, letters: fn(&Spelling) -> (&str, &[u32])) -> bool {
        let at_one_of = |units: &[usize], spellings_max: usize| {
            spellings(Lexicon::built_in().pinyin(), &self.folded, spellings_max).iter().any(|spelling| {
                let (text, starts) = letters(spelling);
                units.iter().any(|&unit| text[starts[unit] as usize..].starts_with(typed))
            })
        };
        at_one_of(&self.starts, READINGS_FROM_THE_BEGINNING)
            || at_one_of(&self.later_words(), READINGS_FROM_A_LATER_SYLLABLE)
    }
}

/// Whether `typed` finds `entry` by one of `modes`.
fn finds(entry: &Entry, typed: &str, modes: &[MatchKind]) -> bool {
    let folded = Folded::new(typed);
    let text = folded.text();
    // ü is typed v where it is a letter of pinyin.
    let letters = Folded::new(&typed.replace(['ü', 'Ü'], "v"));
    let letters = Some(letters.text()).filter(|letters| letters.is_ascii() && !letters.is_empty());
    let is_latin = letters.is_some_and(|letters| letters.bytes().any(|letter| letter.is_ascii_alphabetic()));
    let forms = forms(entry);
    let from_a_start = |form: &Form| form.starts.iter().any(|&start| form.from(start).starts_with(text));
    !text.is_empty()
        && modes.iter().any(|mode| match mode {
            MatchKind::Exact => forms.iter().any(|form| form.folded.text() == text),
            MatchKind::Prefix => forms.iter().any(from_a_start),
            MatchKind::Infix => !is_latin && forms.iter().any(|form| form.folded.text().contains(text)),
            MatchKind::English => {
                (is_latin && forms.iter().any(|form| form.folded.text().contains(text)))
                    || holds_latin_words(&forms, typed)
            }
            MatchKind::Pinyin => letters.is_some_and(|typed| {
                forms.iter().any(|form| form.is_spelled(typed, |s| (&s.letters, &s.letter_starts)))
            }),
            MatchKind::Initials => letters.is_some_and(|typed| {
                forms.iter().any(|form| form.is_spelled(typed, |s| (&s.initials, &s.initial_starts)))
            }),
            MatchKind::ShortForm => short_form(text).is_some_and(|typed| holds_in_order(entry, &typed)),
            MatchKind::Number => has_number(entry, text),
            other => unreachable!("{other:?} takes a query for something else than it says"),
        })
}

fn is_hanzi(c: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&c)
}

/// Whether one of `forms` holds two words or more that are typed without hanzi, in whatever order.
fn holds_latin_words(forms: &[Form], typed: &str) -> bool {
    let pieces = typed.split_whitespace().map(|piece| Folded::new(piece).text().to_owned());
    let words: Vec<String> = pieces.filter(|word| !word.is_empty()).collect();
    let is_in_hanzi = words.iter().any(|word| word.chars().any(is_hanzi));
    let holds_all = |form: &Form| words.iter().all(|word| form.folded.text().contains(word.as_str()));
    words.len() > 1 && !is_in_hanzi && forms.iter().any(holds_all)
}

/// What a short form keeps of a name: two to eight hanzi and digits, the digits spoken, 第 in front of a numeral left out.
fn short_form(text: &str) -> Option<Vec<char>> {
    if !text.chars().all(|c| is_hanzi(c) || c.is_ascii_digit()) || text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let mut typed: Vec<char> = Vec::new();
    for c in in_spoken_form(text).chars() {
        if "零一二三四五六七八九十百千".contains(c) && typed.last() == Some(&'第') {
            typed.pop();
        }
        typed.push(c);
    }
    (2..=8).contains(&typed.len()).then_some(typed)
}

/// Digits as numerals: of the ways to write a numeral, the one that keeps its 第 and has no digits.
fn in_spoken_form(text: &str) -> String {
    let spoken = |other: &String| {
        !other.bytes().any(|byte| byte.is_ascii_digit()) && other.matches('第').count() == text.matches('第').count()
    };
    let has_digits = text.bytes().any(|byte| byte.is_ascii_digit());
    numeral_variants(text).into_iter().find(spoken).filter(|_| has_digits).unwrap_or(text.to_owned())
}

/// Whether the first 48 characters of the official name hold these in this order.
fn holds_in_order(entry: &Entry, typed: &[char]) -> bool {
    let name = in_spoken_form(Folded::new(&entry.name).text());
    let mut rest = name.chars().take(48);
    typed.iter().all(|wanted| rest.any(|c| c == *wanted))
}

/// Whether a part of `typed` says where `entry` is or what it does, and the rest finds it by one of `modes`.
pub fn is_narrowed_to(entry: &Entry, typed: &str, modes: &[MatchKind]) -> bool {
    names_beside_qualifiers(entry, typed).iter().any(|name| finds(entry, name, modes))
}

/// Whether `typed` is letters, the first or last of them those of the district of `entry`, and the rest finds it by one of `modes`.
pub fn is_run_together(entry: &Entry, typed: &str, modes: &[MatchKind]) -> bool {
    let district = Folded::new(entry.locality);
    let bare = Folded::new(entry.locality.trim_end_matches('区'));
    let spelled = [district, bare].into_iter().filter(|name| !name.is_empty());
    let ways = spelled.flat_map(|name| spellings(Lexicon::built_in().pinyin(), &name, READINGS_FROM_THE_BEGINNING));
    let letters: Vec<String> = ways.flat_map(|way| [way.letters, way.initials]).collect();
    let rests = letters.iter().flat_map(|district| [typed.strip_prefix(district), typed.strip_suffix(district)]);
    typed.is_ascii() && rests.flatten().any(|rest| finds(entry, rest, modes))
}

fn has_number(entry: &Entry, digits: &str) -> bool {
    entry.is_published()
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && entry.locals.iter().any(|local| {
            let whole = format!("020{local}");
            local.starts_with(digits)
                || whole.starts_with(digits)
                || (digits.len() >= DIGITS_FROM_ANYWHERE && whole.contains(digits))
        })
}

/// A part of something a caller may know of a listing that stands or stood: its name, letters or number.
fn part_of_something(loaded: &Loaded, picks: &(Index, Index, Index, Index)) -> String {
    let (which, what, start, length) = picks;
    let entries: Vec<&Entry> = loaded.ever().map(|(_, entry)| entry).collect();
    let entry = which.get(&entries);
    let mut known: Vec<String> = entry.texts().map(str::to_owned).collect();
    for form in forms(entry) {
        known.extend(
            spellings(Lexicon::built_in().pinyin(), &form.folded, 8).into_iter().flat_map(|s| [s.letters, s.initials]),
        );
        known.push(form.folded.text().to_owned());
    }
    known.extend(entry.locals.iter().map(|local| format!("020{local}")));
    let chars: Vec<char> = what.get(&known).chars().collect();
    // Every other query starts at the beginning, as most callers do.
    let start = start.index(2 * chars.len()).saturating_sub(chars.len());
    let length = 1 + length.index(chars.len() - start);
    chars[start..start + length].iter().collect()
}

proptest! {
    #![proptest_config(tries(LEDGERS, 200))]

    /// A key index or a posting list leaves something out, or lets something in, and nobody can tell.
    #[test]
    fn the_engine_finds_what_looking_at_every_listing_finds(
        ledger in small_ledger(),
        picks in vec(any::<(Index, Index, Index, Index)>(), QUERIES),
        random in vec("[a-z]{1,3}|[0-9]{1,5}|[广州中山一二十第单]{1,2}", 10),
    ) {
        use MatchKind::{English, Exact, Infix, Initials, Number, Pinyin, Prefix, ShortForm};
        let as_typed = [Exact, Prefix, Infix, English, ShortForm, Pinyin, Initials, Number];
        let loaded = ledger.load();
        let (mut found, mut empty) = (0, 0);
        let picked = picks.iter().map(|picks| part_of_something(&loaded, picks));
        for query in picked.chain(random).filter(|query| !query.trim().is_empty()) {
            for modes in [&[Exact][..], &[Exact, Prefix], &[Infix, English], &[ShortForm], &[Pinyin], &[Initials], &[Number], &as_typed] {
                let engine: BTreeSet<String> = ids_by(&loaded.desk, &query, modes).into_iter().collect();
                let matching = loaded.model.iter().filter(|(_, entry)| finds(entry, &query, modes));
                let oracle: BTreeSet<String> = matching.map(|(id, _)| id.clone()).collect();
                let of = |ids: &BTreeSet<String>| ids.iter().map(|id| loaded.model.get(id).cloned()).collect::<Vec<_>>();
                // Beyond that only what is meant where a part of the query says where it is or what it does, or u is ü.
                let is_meant = |entry: &Entry| {
                    is_narrowed_to(entry, &query, modes)
                        || is_run_together(entry, &query, modes)
                        || finds(entry, &query.replace("lu", "lv").replace("nu", "nv"), modes)
                };
                let meant = |id: &String| loaded.model.get(id).is_some_and(is_meant);
                prop_assert!(
                    engine.is_superset(&oracle) && engine.difference(&oracle).all(meant),
                    "{query:?} by {modes:?}\n engine only {:?}\n oracle only {:?}",
                    of(&engine.difference(&oracle).cloned().collect()),
                    of(&oracle.difference(&engine).cloned().collect())
                );
                if oracle.is_empty() { empty += 1 } else { found += 1 }
            }
        }
        prop_assert!(loaded.model.is_empty() || found > 0, "{found} found something, {empty} nothing");
        prop_assert!(empty > 0, "nothing was asked in vain");
    }
}
