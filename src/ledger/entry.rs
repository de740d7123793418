//! Entries of the lexicon: changes like those of listings, under a kind and a key of their own.

use rusqlite::{OptionalExtension, params};

use super::append::{Appender, json_failed};
use crate::batch::Op;
use crate::listing::Invalid;
use crate::text::{CONFUSABLE_PAIRS_MAX, Confusables, LexiconEntry};
use crate::{Error, Result};

impl Appender<'_> {
    /// Adds or deletes one entry, or says why that cannot be.
    pub(super) fn apply_entry(&mut self, op: Op, entry: &LexiconEntry) -> Result<Result<(), Invalid>> {
        let (kind, key, seq) = (entry.kind(), entry.key(), self.seq + 1);
        let known = self.find_entry(kind, &key)?;
        let (before, after) = match (op, known) {
            (Op::Delete, Some((before, _))) => {
                let mut delete = self.transaction.prepare_cached("DELETE FROM entry WHERE kind = ?1 AND key = ?2")?;
                delete.execute(params![kind, key])?;
                (Some(before), None)
            }
            (Op::Delete, None) => {
                let text = format!("the desk has added no {kind} {key:?}, so there is nothing to delete");
                return Ok(Err(refusal(entry, State::Unknown, text)));
            }
            (_, Some((_, newest))) => {
                let (state, text) = if newest > self.seq_before {
                    (State::Duplicate, format!("an earlier row of this file already adds {key:?}"))
                } else {
                    (State::Existing, format!("the {kind} {key:?} is there already"))
                };
                return Ok(Err(refusal(entry, state, text)));
            }
            (_, None) => {
                if let Some(invalid) = self.too_many(entry)? {
                    return Ok(Err(invalid));
                }
                let mut insert =
                    self.transaction.prepare_cached("INSERT INTO entry (seq, kind, key) VALUES (?1, ?2, ?3)")?;
                insert.execute(params![seq, kind, key])?;
                (None, Some(serde_json::to_string(entry).map_err(json_failed)?))
            }
        };
        self.write_change(kind, op, &key, before.as_deref(), after.as_deref())?;
        Ok(Ok(()))
    }

    /// The entry as it stands, and the number of the change that made it.
    fn find_entry(&self, kind: &str, key: &str) -> Result<Option<(String, u64)>> {
        let mut find = self.transaction.prepare_cached(
            "SELECT change.after, change.seq FROM entry JOIN change USING (seq) WHERE entry.kind = ?1 AND entry.key = ?2",
        )?;
        Ok(find.query_row(params![kind, key], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
    }

    /// Why no more pairs fit, where that is so: a query picks pairs by one bit each.
    fn too_many(&self, entry: &LexiconEntry) -> Result<Option<Invalid>> {
        let LexiconEntry::Confusable { .. } = entry else { return Ok(None) };
        let mut count = self.transaction.prepare_cached("SELECT count(*) FROM entry WHERE kind = ?1")?;
        let there: usize = count.query_row([entry.kind()], |row| row.get(0))?;
        let room = CONFUSABLE_PAIRS_MAX - Confusables::built_in().pairs().len();
        let reason = format!("at most {room} pairs beside the built-in ones are allowed; there are {there} already");
        Ok((there >= room).then(|| Invalid::new("pair", "too_many", reason)))
    }
}

/// Reads an entry's image.
pub(super) fn parse_entry(image: &str) -> Result<LexiconEntry> {
    serde_json::from_str(image).map_err(|error| {
        Error::damaged(format!("the ledger holds a reading or pair that cannot be read ({error}): run chahao verify"))
    })
}

/// What an entry is to the ledger.
#[derive(Debug, Clone, Copy)]
enum State {
    Unknown,
    Duplicate,
    Existing,
}

/// A refusal of `entry` for being what it is.
fn refusal(entry: &LexiconEntry, state: State, reason: String) -> Invalid {
    let (field, code) = match (entry, state) {
        (LexiconEntry::Reading(_), State::Unknown) => ("reading", "unknown_reading"),
        (LexiconEntry::Reading(_), State::Duplicate) => ("reading", "duplicate_reading"),
        (LexiconEntry::Reading(_), State::Existing) => ("reading", "existing_reading"),
        (LexiconEntry::Confusable { .. }, State::Unknown) => ("pair", "unknown_pair"),
        (LexiconEntry::Confusable { .. }, State::Duplicate) => ("pair", "duplicate_pair"),
        (LexiconEntry::Confusable { .. }, State::Existing) => ("pair", "existing_pair"),
    };
    Invalid::new(field, code, reason)
}
