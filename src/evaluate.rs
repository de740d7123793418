//! Evaluation: how well lookups find what operators mean.
//!
//! A query file says what was typed and which listing is meant; [`evaluate`] asks a desk all of it and counts, by
//! kind of query, how often the listing is first, among five and among ten. [`make()`] writes such files for any
//! ledger, with the ways of typing and the mistakes of a desk; [`keys()`] counts the letters an operator types until
//! a listing is among the first five. [`ambiguous()`] tells the queries that no answer could tell apart.
//!
//! # Invariants
//! 1. What is made depends on the ledger, the seed and the settings only.
//! 2. Queries are made from names and their readings; nothing of how lookups match is used.

mod around;
mod bound;
mod edits;
mod keys;
mod letters;
mod make;
mod names;
mod numbers;
mod population;
mod question;
mod score;
mod sounds;
mod target;

use crate::desk::Desk;
use crate::{Error, Result};

pub use bound::ambiguous;
pub use keys::{KeysOfDraw, KeysReport, KeysSettings, OwnNames, TOP, keys};
pub use make::{MakeSettings, kind_names, make};
pub use population::Draw;
pub use question::{Question, read_questions};
pub use score::{Evaluation, KindScore, evaluate};

/// Checks that `desk`'s index stands for what its ledger holds: what is drawn from one is looked for in the other.
fn check_in_step(desk: &Desk) -> Result<()> {
    match desk.lag_batches()? {
        0 => Ok(()),
        _ => {
            Err(Error::busy("the index and the ledger stand at different batches; run chahao compact, then ask again"))
        }
    }
}
