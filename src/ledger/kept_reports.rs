//! What batches did that had waited for their day: nobody may have been there to hear it, so it is kept beside the log, in
//! a table that is made with the first of them.
//!
//! Invariant: what is handed over names no number of a listing that was non-published since, however far the log is folded.

use rusqlite::{Connection, OptionalExtension, params};

use super::append::json_failed;
use super::history::last_withheld;
use super::{Snapshot, read};
use crate::batch::Report;
use crate::{Error, Result};

const TABLE: &str = "
CREATE TABLE IF NOT EXISTS released_report (
    batch  INTEGER PRIMARY KEY,
    report TEXT    NOT NULL
) STRICT;
";

/// Keeps what batch `n` did.
pub(super) fn keep(connection: &Connection, n: u64, report: &Report) -> Result<()> {
    connection.execute_batch(TABLE)?;
    let report = serde_json::to_string(report).map_err(json_failed)?;
    connection.execute("INSERT INTO released_report (batch, report) VALUES (?1, ?2)", params![n, report])?;
    Ok(())
}

fn has_table(connection: &Connection) -> Result<bool> {
    let tables = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'released_report')";
    Ok(connection.query_row(tables, [], |row| row.get(0))?)
}

fn parse(n: u64, report: &str) -> Result<Report> {
    serde_json::from_str(report)
        .map_err(|error| Error::damaged(format!("the report that was kept of batch {n} cannot be read: {error}")))
}

/// Forgets the numbers of listings that were non-published since, or when the batch was in.
fn withhold(connection: &Connection, report: &mut Report) -> Result<()> {
    let seq_before = report.seq.saturating_sub(report.accepted.total() + report.lexicon.total());
    report.withhold(&mut |id| Ok(last_withheld(connection, id)? > seq_before))
}

/// Forgets for good what may not be told any more: a fold takes away what tells of it.
pub(super) fn withhold_all(connection: &Connection) -> Result<()> {
    if !has_table(connection)? {
        return Ok(());
    }
    let mut all = connection.prepare("SELECT batch, report FROM released_report ORDER BY batch")?;
    let kept = all.query_map([], |row| Ok((row.get::<_, u64>(0)?, row.get::<_, String>(1)?)))?;
    for (n, text) in kept.collect::<std::result::Result<Vec<_>, _>>()? {
        let mut report = parse(n, &text)?;
        withhold(connection, &mut report)?;
        let report = serde_json::to_string(&report).map_err(json_failed)?;
        connection.execute("UPDATE released_report SET report = ?2 WHERE batch = ?1", params![n, report])?;
    }
    Ok(())
}

impl Snapshot<'_> {
    /// What batch `n` did, where it had waited for its day.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn released_report(&self, n: u64) -> Result<Option<Report>> {
        if !has_table(&self.transaction)? {
            return Ok(None);
        }
        let find = "SELECT report FROM released_report WHERE batch = ?1";
        let found: Option<String> = self.transaction.query_row(find, [n], |row| row.get(0)).optional()?;
        let Some(found) = found else { return Ok(None) };
        let mut report = parse(n, &found)?;
        withhold(&self.transaction, &mut report)?;
        Ok(Some(report))
    }
}

/// Tells which of them cannot be read, or are of no batch; no hash covers them.
pub(super) fn check(connection: &Connection, damage: &mut Vec<String>) -> Result<()> {
    if !has_table(connection)? {
        return Ok(());
    }
    let mut all = connection.prepare(
        "SELECT released_report.batch, report, n IS NOT NULL FROM released_report
           LEFT JOIN batch ON n = released_report.batch ORDER BY released_report.batch",
    )?;
    let mut rows = all.query([])?;
    while let Some(row) = rows.next()? {
        let n: u64 = row.get(0)?;
        if let Err(error) = read::text(row.get_ref(1)?).and_then(|report| parse(n, report)) {
            damage.push(error.to_string());
        }
        if !row.get::<_, bool>(2)? {
            damage.push(format!("a report is kept of batch {n}, which is not there"));
        }
    }
    Ok(())
}
