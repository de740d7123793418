//! One normaliser for names and queries, and the ways a name is spelled.
//!
//! Invariant: names and queries go through the same [`Folded`]; what matches is decided on folded text only.
//! Invariant: folding is per character, so the folding of a prefix is a prefix of the folding.

mod fold;
mod numeral;
mod reading;
mod region;
mod shape;
mod spelling;
mod words;

pub use fold::{Folded, Unit};
pub use numeral::{is_numeral, numeral_variants, spoken};
pub use reading::{Readings, Syllable};
pub use region::Regions;
pub use shape::{SHAPE_CHARS, Shape};
pub use spelling::{INFIX_SPELLINGS_MAX, SPELLINGS_MAX, Spelling, spellings};
pub use words::word_starts;
