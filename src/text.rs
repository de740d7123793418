//! One normaliser for names and queries, and the ways a name is spelled.
//!
//! Invariant: names and queries go through the same [`Folded`]; what matches is decided on folded text only.
//! Invariant: folding is per character, so the folding of a prefix is a prefix of the folding.

mod confusable;
mod fold;
mod numeral;
mod reading;
mod region;
mod spelling;
mod syllable;

pub use confusable::{CONFUSABLE_PAIRS_MAX, ConfusablePair, ConfusableSet, Confusables, FuzzySounds, SoundPlace};
pub use fold::{Folded, Unit};
pub use numeral::numeral_variants;
pub use reading::{Readings, Syllable};
pub use region::Regions;
pub use spelling::{INFIX_SPELLINGS_MAX, SPELLINGS_MAX, Spelling, spellings};
pub use syllable::syllable;
