//! One normaliser for names and queries, and the ways a name is spelled.
//!
//! Invariant: names and queries go through the same [`Folded`]; what matches is decided on folded text only.
//! Invariant: folding is per character, so the folding of a prefix is a prefix of the folding.

mod confusable;
mod cut;
mod fold;
mod hearing;
mod lexicon;
mod numeral;
mod place;
mod reading;
mod region;
mod said;
mod scheme;
mod schemes;
mod shape;
mod shortened;
mod sound;
mod spelling;
mod syllable;
mod words;

pub use confusable::{CONFUSABLE_PAIRS_MAX, ConfusablePair, ConfusableSet, Confusables, FuzzySounds, SoundPlace};
pub use fold::{Folded, Unit};
pub use hearing::{Heard, Hearing};
pub use lexicon::{Lexicon, LexiconEntry, WORD_CHARS_MAX, WordReading};
pub use numeral::{is_numeral, numeral_variants, spoken};
pub use place::place_names;
pub use reading::{Readings, Syllable};
pub use region::{Regions, behind_region, split_regions, without_region_end};
pub use said::reading_of;
pub use scheme::{Pinyin, ReadingScheme};
pub use schemes::{SCHEMES_FURTHER_MAX, SchemeNumber, Schemes};
pub use shape::{SHAPE_BITS, SHAPE_CHARS, Shape};
pub use shortened::Shortened;
pub use sound::{is_whole_syllables, sounds_of, syllables_from, whole_syllables};
pub use spelling::{INFIX_SPELLINGS_MAX, SPELLINGS_MAX, Spelling, spellings};
pub use syllable::syllable;
pub use words::word_starts;
