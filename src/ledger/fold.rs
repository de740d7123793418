//! Folding the log: superseded changes of old batches go, the newest one of each listing stays.
//!
//! # Invariants
//! 1. What stands is the same before and after, and replaying what is left of the log gives it.
//! 2. The rows of the batches stay, so every link of the chain is checked as before. What their changes were cannot be
//!    checked any more; in their place stands a checkpoint: a batch of the ledger's own without changes that says up to
//!    where the log was folded, how many changes stayed and what their hash is, and is itself a link of the chain.
//! 3. The ledger is verified before anything goes: at one moment, for which nobody waits, and what came since then with the
//!    right to write.
//! 4. What was withheld stays known to be: which deleted listings were non-published, and which numbers given up are of
//!    listings that were so since; reports that are kept tell no number of them.

use std::time::Duration;

use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use serde::{Deserialize, Serialize};

use super::about::{About, Signature};
use super::append::insert_batch;
use super::chain::ChangesHasher;
use super::place::{FOLD_FEED, Place};
use super::verify::Head;
use super::{BUSY_WAIT, Ledger, given_up, kept_reports, verify};
use crate::batch::{Header, Report};
use crate::{Error, Result};

/// Up to where the log is folded, and what is left of it there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Checkpoint {
    /// The last batch that is folded.
    pub batch: u64,
    /// The ledger's seq after it.
    pub seq: u64,
    /// Changes up to there that stayed.
    pub kept: u64,
    /// Their hash, in hex.
    pub state: String,
}

/// What folding did.
#[derive(Debug, Clone, Serialize)]
pub struct Folding {
    /// The last batch that is folded now; 0 where none is.
    pub batch: u64,
    /// Changes that went.
    pub dropped: u64,
    /// Changes of folded batches that stayed.
    pub kept: u64,
    /// The batch that is the checkpoint; absent when nothing was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<u64>,
    /// Nothing was written because a dry run was asked for.
    pub dry_run: bool,
}

/// The newest checkpoint, if the log was ever folded.
pub(super) fn checkpoint(connection: &Connection) -> Result<Option<Checkpoint>> {
    let newest = "SELECT about FROM batch WHERE feed = ?1 ORDER BY n DESC LIMIT 1";
    let about: Option<String> = connection.query_row(newest, [FOLD_FEED], |row| row.get(0)).optional()?.flatten();
    Ok(About::parse(about.as_deref())?.fold)
}

/// How many changes there are up to `seq`, and their hash.
pub(super) fn state(connection: &Connection, seq: u64) -> Result<(u64, blake3::Hash)> {
    let mut statement = connection
        .prepare("SELECT seq, kind, op, listing, after FROM change NOT INDEXED WHERE seq <= ?1 ORDER BY seq")?;
    let mut rows = statement.query([seq])?;
    let (mut hasher, mut kept) = (ChangesHasher::default(), 0);
    while let Some(row) = rows.next()? {
        let (seq, kind, op): (u64, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let (key, after): (String, Option<String>) = (row.get(3)?, row.get(4)?);
        hasher.number(seq);
        hasher.change(&kind, &op, &key, after.as_deref());
        kept += 1;
    }
    Ok((kept, hasher.finish()))
}

fn check_sound(damage: &[String]) -> Result<()> {
    match damage.first() {
        None => Ok(()),
        Some(first) => Err(Error::damaged(format!("the log is not folded, because the ledger is damaged: {first}"))),
    }
}

/// Drops what later changes supersede up to `seq`, and the images before what stays.
fn drop_superseded(connection: &Connection, seq: u64) -> Result<u64> {
    let dropped = connection.execute(
        "DELETE FROM change WHERE seq <= ?1 AND EXISTS
           (SELECT 1 FROM change AS later
             WHERE later.listing = change.listing AND later.kind = change.kind AND later.seq > change.seq)",
        [seq],
    )?;
    // What was withheld when it was deleted is told by nothing else: it must not be published where it is added again.
    connection.execute(
        "UPDATE change SET before = NULL WHERE seq <= ?1 AND before IS NOT NULL
            AND NOT (op = 'delete' AND kind = 'listing' AND before ->> 'status' = 'non_published')",
        [seq],
    )?;
    Ok(dropped as u64)
}

impl Ledger {
    /// Folds the log of all batches appended before `day`: those changes go that later ones supersede. Their room in the
    /// file is used again by later batches.
    ///
    /// # Errors
    /// Damaged, with nothing written, when the ledger does not verify; otherwise when it cannot be written.
    pub fn fold(&mut self, day: Date, signature: Option<Signature>, dry_run: bool) -> Result<Folding> {
        // It takes minutes where the log is long, and writers would wait for it.
        let (findings, head) = verify::verify_up_to(&mut self.connection)?;
        check_sound(&findings.damage)?;
        self.fold_behind(&head, day, signature, dry_run)
    }

    /// The same, where all up to `head` was verified.
    fn fold_behind(&mut self, head: &Head, day: Date, signature: Option<Signature>, dry_run: bool) -> Result<Folding> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        check_sound(&verify::verify_behind(&transaction, head)?)?;
        let folded = checkpoint(&transaction)?.map_or(0, |checkpoint| checkpoint.batch);
        let Some((batch, seq)) = last_before(&transaction, day)?.filter(|(batch, _)| *batch > folded) else {
            return Ok(Folding { batch: folded, dropped: 0, kept: 0, checkpoint: None, dry_run });
        };
        given_up::keep_withheld(&transaction, seq)?;
        kept_reports::withhold_all(&transaction)?;
        let dropped = drop_superseded(&transaction, seq)?;
        let (kept, state) = state(&transaction, seq)?;
        if dry_run || dropped == 0 {
            return Ok(Folding {
                batch: if dry_run { batch } else { folded },
                dropped,
                kept,
                checkpoint: None,
                dry_run,
            });
        }
        let place = Place::next(&transaction, FOLD_FEED.to_owned(), None)?;
        let fold = Checkpoint { batch, seq, kept, state: state.to_hex().to_string() };
        let about = About { signature, fold: Some(fold), ..About::default() }.text()?;
        let report = Report { source: format!("fold up to batch {batch}"), seq: place.last_seq, ..Report::default() };
        let none = blake3::Hasher::new().finalize();
        insert_batch(&transaction, &Header::default(), &state, &place, &report, &none, about.as_deref())?;
        transaction.commit()?;
        Ok(Folding { batch, dropped, kept, checkpoint: Some(place.n), dry_run })
    }
}

/// The last batch of those before the first one of `day`, or of a later one, and the seq after it.
fn last_before(connection: &Connection, day: Date) -> Result<Option<(u64, u64)>> {
    let last = "SELECT n, last_seq FROM batch
                 WHERE n < (SELECT coalesce(min(n), 9e18) FROM batch
                             WHERE coalesce(day, substr(received, 1, 10)) >= ?1)
                 ORDER BY n DESC LIMIT 1";
    Ok(connection.query_row(last, [day.to_string()], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
}

impl Ledger {
    /// The last batch before `day`, where something was appended since the log was folded.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn foldable(&self, day: Date) -> Result<Option<u64>> {
        let folded = checkpoint(&self.connection)?.map_or(0, |checkpoint| checkpoint.batch);
        let own = "SELECT 1 FROM batch WHERE n > ?1 AND n <= ?2 AND feed <> ?3 LIMIT 1";
        let Some((last, _)) = last_before(&self.connection, day)? else { return Ok(None) };
        let more = self.connection.query_row(own, params![folded, last, FOLD_FEED], |_| Ok(())).optional()?;
        Ok(more.map(|()| last))
    }

    /// As [`Ledger::fold`], where nobody writes just now; `None` where somebody does.
    ///
    /// # Errors
    /// As [`Ledger::fold`].
    pub fn fold_if_idle(&mut self, day: Date, signature: Signature) -> Result<Option<Folding>> {
        self.connection.busy_timeout(Duration::ZERO)?;
        // Where somebody writes it is not verified for nothing.
        let is_idle = self.connection.execute_batch("BEGIN IMMEDIATE; ROLLBACK").map_err(Error::from);
        let folded = is_idle.and_then(|()| self.fold(day, Some(signature), false));
        self.connection.busy_timeout(BUSY_WAIT)?;
        match folded {
            Err(error) if error.is_busy() => Ok(None),
            folded => folded.map(Some),
        }
    }
}

/// Refuses what needs the changes of a batch that is folded.
pub(super) fn check_unfolded(connection: &Connection, n: u64) -> Result<()> {
    match checkpoint(connection)? {
        Some(Checkpoint { batch, .. }) if n <= batch => Err(Error::refused(format!(
            "the log is folded up to batch {batch}, so what batch {n} did is not known any more; take it from a backup"
        ))),
        _ => Ok(()),
    }
}

/// Compares what the newest checkpoint says with what is there.
pub(super) fn check_state(connection: &Connection, checkpoint: &Checkpoint, damage: &mut Vec<String>) -> Result<()> {
    let (kept, state) = state(connection, checkpoint.seq)?;
    let signed = "SELECT 1 FROM batch WHERE feed = ?1 AND lower(hex(hash)) = ?2";
    let signed = connection.query_row(signed, params![FOLD_FEED, checkpoint.state], |_| Ok(())).optional()?;
    if kept != checkpoint.kept || state.to_hex().as_str() != checkpoint.state || signed.is_none() {
        let Checkpoint { batch, kept: expected, .. } = checkpoint;
        damage.push(format!(
            "batches up to {batch}: {expected} changes stayed when the log was folded; what is there ({kept}) is not these"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::{ColumnMap, Input, Rows};
    use crate::ledger::{Limits, Submission};

    fn append(ledger: &mut Ledger, rows: &str) {
        let input = Input::from_reader("rows", rows.as_bytes()).unwrap();
        let submission = Submission {
            header: Header::default(),
            source: "rows",
            hash: input.hash(),
            limits: Limits { force: true, ..Limits::default() },
            signature: None,
            sent_by: None,
            content: None,
            columns: ColumnMap::default(),
            releases: None,
            dry_run: false,
        };
        ledger.append(&submission, &mut Rows::open(&input).unwrap(), &mut |_| {}, &|| Ok(())).unwrap();
    }

    /// Importers waited as long as it took to verify all of the log.
    #[test]
    fn who_writes_while_the_log_is_verified_does_not_wait_and_is_verified_too() {
        let tomorrow = jiff::Zoned::now().date().tomorrow().unwrap();
        for harm in [None, Some("UPDATE change SET after = replace(after, '三', '四') WHERE batch = 3")] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("ledger.db");
            let mut ledger = Ledger::open_or_create(&path).unwrap();
            append(&mut ledger, "{\"id\":\"A\",\"name\":\"一店\"}\n");
            append(&mut ledger, "{\"op\":\"change\",\"id\":\"A\",\"name\":\"二店\"}\n");
            let (findings, head) = verify::verify_up_to(&mut ledger.connection).unwrap();
            assert_eq!(findings.damage, Vec::<String>::new());
            let mut importer = Ledger::open(&path).unwrap();
            importer.connection.busy_timeout(Duration::ZERO).unwrap();
            append(&mut importer, "{\"op\":\"change\",\"id\":\"A\",\"name\":\"三店\"}\n");
            if let Some(harm) = harm {
                importer.connection.execute(harm, []).unwrap();
            }
            let folded = ledger.fold_behind(&head, tomorrow, None, false);
            assert_eq!(folded.as_ref().is_err_and(Error::is_damaged), harm.is_some(), "{folded:?}");
            assert_eq!(folded.map_or(0, |folding| folding.dropped), if harm.is_some() { 0 } else { 2 });
            assert_eq!(ledger.verify().unwrap().damage.is_empty(), harm.is_none());
        }
    }
}
