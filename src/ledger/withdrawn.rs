//! Batches that were taken out before they went in: nothing in the log tells of them, so what they were, who did it and why is
//! kept beside it, in a table that is made with the first of them.

use rusqlite::{Connection, params};
use serde::Serialize;

use super::Ledger;
use crate::Result;

const TABLE: &str = "
CREATE TABLE IF NOT EXISTS withdrawn (
    n        INTEGER PRIMARY KEY,
    at       TEXT    NOT NULL,
    by       TEXT    NOT NULL,
    reason   TEXT,
    waiting  INTEGER NOT NULL,
    feed     TEXT    NOT NULL,
    feed_seq INTEGER NOT NULL,
    until    TEXT    NOT NULL,
    source   TEXT    NOT NULL,
    received TEXT    NOT NULL,
    hash     BLOB    NOT NULL,
    refusal  TEXT
) STRICT;
";

/// A batch that waited and was taken out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WithdrawnBatch {
    /// The number it had among those that wait or waited.
    pub id: u64,
    /// Its feed.
    pub feed: String,
    /// Its number within the feed.
    pub feed_seq: u64,
    /// The day it waited for, `YYYY-MM-DD`.
    pub until: String,
    /// Where it came from.
    pub source: String,
    /// When it came.
    pub received: String,
    /// Content hash, in hex.
    pub hash: String,
    /// Why it had been turned down on its day, where it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
    /// When it was taken out.
    pub withdrawn: String,
    /// Who did so.
    pub by: String,
    /// Why, where that was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Keeps what the waiting batch `id` is, which is taken out.
pub(super) fn keep(connection: &Connection, id: u64, by: &str, reason: Option<&str>) -> Result<()> {
    connection.execute_batch(TABLE)?;
    let put = "INSERT INTO withdrawn (at, by, reason, waiting, feed, feed_seq, until, source, received, hash, refusal)
               SELECT ?2, ?3, ?4, id, feed, feed_seq, until, source, received, hash, refusal FROM waiting WHERE id = ?1";
    connection.execute(put, params![id, jiff::Timestamp::now().to_string(), by, reason])?;
    Ok(())
}

impl Ledger {
    /// The batches that were taken out before they went in, in that order.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn withdrawn(&self) -> Result<Vec<WithdrawnBatch>> {
        let tables = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'withdrawn')";
        if !self.connection.query_row(tables, [], |row| row.get::<_, bool>(0))? {
            return Ok(Vec::new());
        }
        let mut all = self.connection.prepare(
            "SELECT waiting, feed, feed_seq, until, source, received, lower(hex(hash)), refusal, at, by, reason FROM withdrawn
              ORDER BY n",
        )?;
        let rows = all.query_map([], |row| {
            Ok(WithdrawnBatch {
                id: row.get(0)?,
                feed: row.get(1)?,
                feed_seq: row.get(2)?,
                until: row.get(3)?,
                source: row.get(4)?,
                received: row.get(5)?,
                hash: row.get(6)?,
                refusal: row.get(7)?,
                withdrawn: row.get(8)?,
                by: row.get(9)?,
                reason: row.get(10)?,
            })
        })?;
        Ok(rows.collect::<std::result::Result<_, _>>()?)
    }
}
