//! Reading schemes: how the characters of a name become the codes a caller or operator types.
//!
//! Spelling names, building their keys and checking what was typed go through [`ReadingScheme`] alone. Pinyin is
//! one; a scheme of other sounds, shapes or keys is another implementation of it, registered in [`Schemes`](super::Schemes).

use std::collections::HashMap;
use std::fmt::Debug;

use super::confusable::{ConfusablePair, Confusables};
use super::hearing::Hearing;
use super::lexicon::WordReading;
use super::reading::{Readings, Syllable};
use super::{Folded, Unit};

/// Words of the desk in one name that count, the first ones: more make no name anybody spells.
const DESK_WORDS_MAX: usize = 8;
/// Ways to read one name, by the words of the desk in it, that are tried together; each word is tried alone too.
const WAYS_MAX: usize = 8;

/// How the characters of a name become codes.
///
/// # Invariants
/// 1. Codes are lower-case letters and digits of ASCII, and always the same for the same name: an index holds them.
/// 2. [`hearing`](ReadingScheme::hearing) knows every code that a name is read by, and every one that is said for it.
pub trait ReadingScheme: Debug + Send + Sync {
    /// Its name in answers and in the names of its files: lower-case letters and digits.
    fn name(&self) -> &'static str;

    /// Whether `typed`, lower-case letters and digits, may be codes of it.
    fn may_be_typed(&self, typed: &str) -> bool;

    /// Hands `each` the codes of every unit of `name`, once for every way in which its words may be read, the
    /// likeliest way first. Linear in the length of the name.
    fn each_reading(&self, name: &Folded, each: &mut dyn FnMut(&[Readings]));

    /// What is typed for `code` where each character has one key only.
    fn initial<'c>(&self, code: &'c str) -> &'c str;

    /// Every code there is, and which of them are confused with each other.
    fn hearing(&self) -> &Hearing;
}

/// Pinyin without tones, `v` for `ü`: by the built-in tables, and beside these by the words of a desk.
#[derive(Debug, Clone)]
pub struct Pinyin {
    /// Words of the desk by their first character.
    words: HashMap<char, Vec<DeskWord>>,
    /// Every syllable a character has in some word of the desk.
    sounds: HashMap<char, Vec<Syllable>>,
    /// What syllables are heard as by these; `None` for the built-in ones alone.
    hearing: Option<Hearing>,
}

/// A word of the desk and one way to read it.
#[derive(Debug, Clone)]
struct DeskWord {
    chars: Vec<char>,
    syllables: Vec<Syllable>,
}

impl Pinyin {
    pub(super) fn new<'w>(
        words: impl Iterator<Item = &'w WordReading>,
        pairs: impl Iterator<Item = ConfusablePair>,
    ) -> Pinyin {
        let mut by_first: HashMap<char, Vec<DeskWord>> = HashMap::new();
        let mut sounds: HashMap<char, Vec<Syllable>> = HashMap::new();
        for word in words {
            let chars: Vec<char> = word.word().chars().collect();
            let Some(first) = chars.first() else { continue };
            for (c, syllable) in chars.iter().zip(word.syllables()) {
                let known = sounds.entry(*c).or_default();
                if !known.contains(syllable) {
                    known.push(syllable);
                }
            }
            by_first.entry(*first).or_default().push(DeskWord { syllables: word.syllables().to_vec(), chars });
        }
        let confusables = Confusables::with(pairs);
        let hearing = (confusables != *Confusables::built_in()).then(|| Hearing::of_pinyin(confusables));
        Pinyin { words: by_first, sounds, hearing }
    }

    /// The syllables `c` has in words of the desk, beside those of the tables: for checks that do not look at words.
    pub fn desk_sounds(&self, c: char) -> &[Syllable] {
        if self.sounds.is_empty() { &[] } else { self.sounds.get(&c).map(Vec::as_slice).unwrap_or_default() }
    }

    /// Where words of the desk stand in `units` that `tables` does not read their way already.
    fn desk_words(&self, units: &[Unit], tables: &[Readings]) -> Vec<(usize, &DeskWord)> {
        let mut found = Vec::new();
        for (at, unit) in units.iter().enumerate() {
            for word in self.words.get(&unit.c).into_iter().flatten() {
                let stands = word.chars.len() <= units.len() - at
                    && units.iter().skip(at).zip(&word.chars).all(|(unit, c)| unit.c == *c);
                let mut known = tables.iter().skip(at).zip(&word.syllables);
                if stands && !known.all(|(readings, syllable)| readings.as_slice().first() == Some(syllable)) {
                    found.push((at, word));
                }
            }
        }
        found.truncate(DESK_WORDS_MAX);
        found
    }
}

impl ReadingScheme for Pinyin {
    fn name(&self) -> &'static str {
        "pinyin"
    }

    fn may_be_typed(&self, _: &str) -> bool {
        true
    }

    fn each_reading(&self, name: &Folded, each: &mut dyn FnMut(&[Readings])) {
        let tables = Readings::of(name);
        each(&tables);
        if self.words.is_empty() {
            return;
        }
        let desk_words = self.desk_words(name.units(), &tables);
        let mut ways = vec![tables];
        for (at, word) in desk_words {
            let known = ways.len();
            for number in 0..known {
                // Over what the tables say it is always tried; together with other words as far as there is room.
                if number > 0 && ways.len() >= WAYS_MAX {
                    break;
                }
                let Some(mut way) = ways.get(number).cloned() else { continue };
                for (slot, syllable) in way.iter_mut().skip(at).zip(&word.syllables) {
                    *slot = Readings::only(syllable);
                }
                ways.push(way);
            }
        }
        ways.iter().skip(1).for_each(|way| each(way));
    }

    fn initial<'c>(&self, code: &'c str) -> &'c str {
        code.get(..1).unwrap_or_default()
    }

    fn hearing(&self) -> &Hearing {
        self.hearing.as_ref().unwrap_or_else(|| Hearing::built_in())
    }
}
