//! What the ledger held before a restore put an older state of it in its place.
//!
//! An index that stands for a batch the ledger does not hold tells that something was lost, unless it was given up on
//! purpose. The batches given up are kept in the restored ledger, in a table beside the log that is made when it is first
//! needed.

use rusqlite::{Connection, OptionalExtension, params};

use super::{Ledger, Snapshot, read};
use crate::Result;

const TABLE: &str = "
CREATE TABLE IF NOT EXISTS given_up_batch (
    last_seq INTEGER NOT NULL,
    chain    TEXT    NOT NULL,
    PRIMARY KEY (last_seq, chain)
) STRICT, WITHOUT ROWID;
";

/// The end of a batch: the seq of its last change, and its chain hash in hex.
pub(super) type End = (u64, String);

/// Ends behind `seq`: of batches the ledger holds, and of those that were given up before.
pub(super) fn ends_behind(connection: &Connection, seq: u64) -> Result<Vec<End>> {
    let mut ends = Vec::new();
    let held = "SELECT last_seq, lower(hex(chain)) FROM batch WHERE last_seq > ?1";
    let given_up = "SELECT last_seq, chain FROM given_up_batch WHERE last_seq > ?1";
    for query in [held, given_up].into_iter().take(if has_table(connection)? { 2 } else { 1 }) {
        let mut statement = connection.prepare(query)?;
        let rows = statement.query_map([seq], |row| Ok((row.get(0)?, row.get(1)?)))?;
        for end in rows {
            ends.push(end?);
        }
    }
    Ok(ends)
}

/// Keeps in a ledger, before it takes the place of another one, which batches are given up by that.
pub(super) fn give_up(connection: &Connection, ends: &[End]) -> Result<()> {
    if ends.is_empty() {
        return Ok(());
    }
    let transaction = connection.unchecked_transaction()?;
    transaction.execute_batch(TABLE)?;
    let mut put = transaction.prepare("INSERT OR IGNORE INTO given_up_batch (last_seq, chain) VALUES (?1, ?2)")?;
    for (seq, chain) in ends {
        put.execute(params![seq, chain])?;
    }
    drop(put);
    Ok(transaction.commit()?)
}

fn has_table(connection: &Connection) -> Result<bool> {
    let tables = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'given_up_batch')";
    Ok(connection.query_row(tables, [], |row| row.get(0))?)
}

/// Whether the ledger ends before the batch that ends at `seq` with this chain hash, and nobody gave that up.
fn misses(connection: &Connection, seq: u64, chain: &str) -> Result<bool> {
    if seq <= read::seq(connection)? || read::has_batch(connection, seq, chain)? {
        return Ok(false);
    }
    if !has_table(connection)? {
        return Ok(true);
    }
    let given_up = "SELECT 1 FROM given_up_batch WHERE last_seq = ?1 AND chain = ?2";
    Ok(connection.query_row(given_up, params![seq, chain], |_| Ok(())).optional()?.is_none())
}

impl Ledger {
    /// Whether the ledger ends before the batch that ends at `seq` with this chain hash, and no restore gave that up: then
    /// it lost what it held, or is another one.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn misses(&self, seq: u64, chain: &str) -> Result<bool> {
        misses(&self.connection, seq, chain)
    }
}

impl Snapshot<'_> {
    /// As [`Ledger::misses`], at this moment.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn misses(&self, seq: u64, chain: &str) -> Result<bool> {
        misses(&self.transaction, seq, chain)
    }
}
