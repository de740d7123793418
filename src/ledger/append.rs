//! Appends a batch: all of it or nothing.

use std::time::Instant;

use rusqlite::{CachedStatement, Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::about::{About, Signature};
use super::chain::{LISTING, hash_change};
use super::limits::passed_limit;
use super::place::{Found, Place, today};
use super::review::Reviewer;
use super::{Ledger, Limits, read, waiting};
use crate::batch::{ColumnMap, Header, Input, Op, Patch, Rejection, Report, Row, Rows, Subject};
use crate::listing::{Invalid, Listing, ListingId};
use crate::text::Lexicon;
use crate::{Error, Result};

/// Rows between two reports of progress.
const PROGRESS_ROWS: u64 = 1_000;

/// A batch handed in.
#[derive(Debug)]
pub struct Submission<'a> {
    /// What it says of itself, flags put over the file's own header.
    pub header: Header,
    /// Where it came from.
    pub source: &'a str,
    /// Its content hash.
    pub hash: blake3::Hash,
    /// What it may do at most.
    pub limits: Limits,
    /// Who answers for it, where the limits are overridden.
    pub signature: Option<Signature>,
    /// The file, to be kept where the batch has to wait for its day.
    pub content: Option<&'a Input>,
    /// What columns of its feed are, to be remembered.
    pub columns: ColumnMap,
    /// The waiting batch it is, where its day has come.
    pub releases: Option<u64>,
    /// Do everything but the writing.
    pub dry_run: bool,
}

impl Submission<'_> {
    fn about(&self) -> About {
        About { signature: self.signature.clone().filter(|_| self.limits.force), ..About::default() }
    }

    /// A report that says what is known before any row is read.
    pub(super) fn report(&self, place: &Place) -> Report {
        Report {
            source: self.source.to_owned(),
            feed: place.feed.clone(),
            feed_seq: place.feed_seq,
            seq: place.last_seq,
            forced: self.limits.force,
            dry_run: self.dry_run,
            hash: self.hash.to_hex().to_string(),
            ..Report::default()
        }
    }
}

impl Ledger {
    /// Appends `rows` as one batch and says what happened. `progress` hears the offset reached in the file;
    /// `check` has the last word before the batch is committed.
    ///
    /// A batch whose counts do not hold or whose limits are passed is not written; its report says why in
    /// `refused`, and names the rejected rows. One whose day has not come, or whose feed has one that waits, is kept
    /// and appended on its day by [`Ledger::release_due`]; its report then says so in `waits_until`.
    ///
    /// # Errors
    /// Refused, with nothing written, when the batch is out of order or `check` fails; otherwise when the file
    /// cannot be read or the ledger not written.
    pub fn append(
        &mut self,
        submission: &Submission<'_>,
        rows: &mut Rows,
        progress: &mut dyn FnMut(u64),
        check: &dyn Fn() -> Result<()>,
    ) -> Result<Report> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let Found { place, wait } = match Place::find(&transaction, submission)? {
            Ok(found) => found,
            Err(report) => return Ok(report),
        };
        if let Some(wait) = wait {
            let report = waiting::keep(&transaction, submission, &place, wait, rows, progress)?;
            check()?;
            if !report.dry_run && report.refused.is_none() {
                remember_columns(&transaction, &place.feed, &submission.columns)?;
                transaction.commit()?;
            }
            return Ok(report);
        }
        let about = submission.about().text()?;
        let (mut report, changes) = apply_rows(&transaction, submission, &place, about.as_deref(), rows, progress)?;
        check()?;
        if report.dry_run || report.refused.is_some() {
            return Ok(report);
        }
        insert_batch(&transaction, &submission.header, &submission.hash, &place, &report, &changes, about.as_deref())?;
        remember_columns(&transaction, &place.feed, &submission.columns)?;
        if let Some(id) = submission.releases {
            waiting::forget(&transaction, id)?;
        }
        transaction.commit()?;
        report.batch = Some(place.n);
        Ok(report)
    }
}

/// Applies every row and says what came of it, and the hash of the changes; nothing is committed.
pub(super) fn apply_rows(
    transaction: &Transaction<'_>,
    submission: &Submission<'_>,
    place: &Place,
    about: Option<&str>,
    rows: &mut Rows,
    progress: &mut dyn FnMut(u64),
) -> Result<(Report, blake3::Hash)> {
    let started = Instant::now();
    let mut report = submission.report(place);
    let mut appender = Appender::new(transaction, place, &submission.limits)?;
    let mut seen = 0;
    while let Some(row) = rows.next_row()? {
        match row {
            Ok(row) => appender.take(row, &mut report)?,
            Err(rejection) => report.reject(rejection),
        }
        seen += 1;
        if seen % PROGRESS_ROWS == 0 {
            progress(appender.offset);
        }
    }
    let changes = appender.finish(&mut report);
    report.chain = place.chain(&submission.hash, &changes, about).to_hex().to_string();
    report.ignored_columns = rows.unknown_columns().to_vec();
    report.refused = passed_limit(transaction, submission, &report)?;
    report.rows_per_second = (seen as f64 / started.elapsed().as_secs_f64().max(1e-6)) as u64;
    Ok((report, changes))
}

/// Writes changes one by one.
pub(super) struct Appender<'c> {
    pub(super) transaction: &'c Transaction<'c>,
    batch: u64,
    /// The number of the last change written.
    pub(super) seq: u64,
    /// Seq before the batch: a listing whose change is above it was touched by this batch.
    pub(super) seq_before: u64,
    hasher: blake3::Hasher,
    /// Offset in the file of the last row that was read whole.
    pub(super) offset: u64,
    /// Looks at what every change of a listing does.
    pub(super) reviewer: Reviewer,
    find: CachedStatement<'c>,
    insert_listing: CachedStatement<'c>,
    update_listing: CachedStatement<'c>,
    delete_listing: CachedStatement<'c>,
    insert_change: CachedStatement<'c>,
}

impl<'c> Appender<'c> {
    pub(super) fn new(transaction: &'c Transaction<'c>, place: &Place, limits: &Limits) -> Result<Appender<'c>> {
        let lexicon = Lexicon::new(read::lexicon_entries(transaction)?);
        Ok(Appender {
            transaction,
            batch: place.n,
            seq: place.last_seq,
            seq_before: place.last_seq,
            hasher: blake3::Hasher::new(),
            offset: 0,
            reviewer: Reviewer::new(lexicon, limits.quarantine_days),
            find: transaction.prepare_cached(
                "SELECT change.after, change.seq FROM listing JOIN change USING (seq) WHERE listing.id = ?1",
            )?,
            insert_listing: transaction.prepare_cached("INSERT OR IGNORE INTO listing (seq, id) VALUES (?1, ?2)")?,
            update_listing: transaction.prepare_cached("UPDATE listing SET seq = ?1 WHERE id = ?2")?,
            delete_listing: transaction.prepare_cached("DELETE FROM listing WHERE id = ?1")?,
            insert_change: transaction.prepare_cached(
                "INSERT INTO change (seq, batch, op, listing, before, after, kind) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?,
        })
    }

    /// Hands the seq reached to the report, and over the hash of the changes.
    pub(super) fn finish(self, report: &mut Report) -> blake3::Hash {
        report.seq = self.seq;
        report.review = self.reviewer.finish();
        self.hasher.finalize()
    }

    /// Applies one row and counts it, or counts it as rejected.
    pub(super) fn take(&mut self, row: Row, report: &mut Report) -> Result<()> {
        let Row { op, written, subject, origin } = row;
        self.offset = origin.span.0;
        let (id, applied) = match subject {
            Subject::Listing(id, patch) => {
                let applied = self.apply(op, &id, *patch)?.map(|applied| {
                    report.accepted.add_one(op);
                    report.without_phone += u64::from(!applied.has_phone);
                });
                (Some(id), applied)
            }
            Subject::Entry(entry) => (None, self.apply_entry(op, &entry)?.map(|()| report.lexicon.add_one(op))),
        };
        match applied {
            Ok(()) => report.written.add_one(written),
            Err(invalid) => report.reject(Rejection::new(&origin, id.as_ref().map(ListingId::as_str), invalid)),
        }
        Ok(())
    }

    /// Applies one row about a listing, or says why it cannot be.
    fn apply(&mut self, op: Op, id: &ListingId, patch: Patch) -> Result<Result<Applied, Invalid>> {
        let seq = self.seq + 1;
        let (before, was, after) = match op {
            Op::Add => {
                let listing = match patch.into_listing(id) {
                    Ok(listing) => listing,
                    Err(invalid) => return Ok(Err(invalid)),
                };
                if self.insert_listing.execute(params![seq, id.as_str()])? == 0 {
                    return Ok(Err(self.already_there(id.as_str())?));
                }
                (None, None, Some(listing))
            }
            Op::Change | Op::Delete => {
                let Some((before, _)) = self.find(id.as_str())? else {
                    let reason =
                        format!("no listing has the id {:?}, so there is nothing to {}", id.as_str(), op.as_str());
                    return Ok(Err(Invalid::new("id", "unknown_id", reason)));
                };
                let was = parse_listing(&before)?;
                let after = match op {
                    Op::Change => match patch.apply(was.clone()) {
                        Ok(listing) => Some(listing),
                        Err(invalid) => return Ok(Err(invalid)),
                    },
                    _ => None,
                };
                match after {
                    Some(_) => self.update_listing.execute(params![seq, id.as_str()])?,
                    None => self.delete_listing.execute([id.as_str()])?,
                };
                (Some(before), Some(was), after)
            }
        };
        let image = after.as_ref().map(serde_json::to_string).transpose().map_err(json_failed)?;
        self.write_change(LISTING, op, id.as_str(), before.as_deref(), image.as_deref())?;
        self.reviewer.look(self.transaction, was.as_ref(), after.as_ref())?;
        Ok(Ok(Applied { has_phone: after.is_none_or(|listing| !listing.phones.is_empty()) }))
    }

    /// Writes the change that has the next number.
    pub(super) fn write_change(
        &mut self,
        kind: &str,
        op: Op,
        key: &str,
        before: Option<&str>,
        after: Option<&str>,
    ) -> Result<()> {
        hash_change(&mut self.hasher, kind, op.as_str(), key, after);
        self.insert_change.execute(params![self.seq + 1, self.batch, op.as_str(), key, before, after, kind])?;
        self.seq += 1;
        Ok(())
    }

    /// The listing's image as it stands, and the number of the change that made it.
    pub(super) fn find(&mut self, id: &str) -> Result<Option<(String, u64)>> {
        Ok(self.find.query_row([id], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
    }

    fn already_there(&mut self, id: &str) -> Result<Invalid> {
        let in_this_file = self.find(id)?.is_some_and(|(_, seq)| seq > self.seq_before);
        let (code, reason) = if in_this_file {
            ("duplicate_id", format!("an earlier row of this file already adds {id:?}"))
        } else {
            ("existing_id", format!("a listing with the id {id:?} exists; use op change to alter it"))
        };
        Ok(Invalid::new("id", code, reason))
    }
}

/// What one row did.
struct Applied {
    has_phone: bool,
}

/// Writes the batch's own row, once its changes are written.
pub(super) fn insert_batch(
    connection: &Connection,
    header: &Header,
    hash: &blake3::Hash,
    place: &Place,
    report: &Report,
    changes: &blake3::Hash,
    about: Option<&str>,
) -> Result<()> {
    let Report { accepted, lexicon, .. } = report;
    connection.execute(
        "INSERT INTO batch (n, feed, feed_seq, effective, source, received, added, changed, deleted, rejected, forced,
                            last_seq, hash, changes, chain, about, day)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
        params![
            place.n,
            place.feed,
            place.feed_seq,
            header.effective,
            report.source,
            jiff::Timestamp::now().to_string(),
            accepted.add + lexicon.add,
            accepted.change + lexicon.change,
            accepted.delete + lexicon.delete,
            report.rejected,
            report.forced,
            report.seq,
            hash.as_bytes(),
            changes.as_bytes(),
            place.chain(hash, changes, about).as_bytes(),
            about,
            today().to_string(),
        ],
    )?;
    Ok(())
}

/// Puts what columns of a feed are over what is remembered of it.
fn remember_columns(connection: &Connection, feed: &str, columns: &ColumnMap) -> Result<()> {
    let put = "INSERT INTO feed_column (feed, title, field) VALUES (?1, ?2, ?3)
               ON CONFLICT (feed, title) DO UPDATE SET field = excluded.field";
    for (title, field) in columns.pairs() {
        connection.execute(put, params![feed, title, field])?;
    }
    Ok(())
}

/// Reads a listing's image.
pub(crate) fn parse_listing(image: &str) -> Result<Listing> {
    serde_json::from_str(image).map_err(|error| {
        Error::damaged(format!("the ledger holds a listing that cannot be read ({error}): run chahao verify"))
    })
}

pub(super) fn json_failed(error: serde_json::Error) -> Error {
    Error::internal(format!("a change could not be written as JSON: {error}"))
}
