//! Appends a batch: all of it or nothing.

use std::time::Instant;

use rusqlite::{CachedStatement, Connection, OptionalExtension, params};

use super::about::{About, Signature};
use super::captions::{CAPTION_RING, PutOffRow, PutOffRows};
use super::chain::{ChangesHasher, LISTING};
use super::limits::{QUARANTINE_DAYS_MAX, passed_limit};
use super::place::{DEFAULT_FEED, Found, Place, corrected};
use super::ready::{NewListing, Ready, ReadyRow, ready};
use super::review::Reviewer;
use super::step::Step;
use super::{Ledger, Limits, columns, kept_reports, read, waiting};
use crate::batch::{ColumnMap, Header, Input, Op, Origin, Patch, Rejection, Report, Rows};
use crate::listing::{Invalid, Listing, ListingId, Status};
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
    /// Whose token it was sent with, where it came over HTTP with one.
    pub sent_by: Option<String>,
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
        let signature = self.signature.clone().filter(|_| self.limits.force);
        About { signature, sent_by: self.sent_by.clone(), ..About::default() }
    }

    /// Whether it goes in only behind what waits of `feed`: a batch of that feed, or its rejected rows, corrected.
    pub fn is_held_up_by(&self, feed: &str) -> bool {
        let own = self.header.feed.as_deref().unwrap_or(DEFAULT_FEED).trim();
        own == feed || corrected(own) == Some(feed)
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
    /// Refused, with nothing written, when the batch is out of order or `check` fails; not found when it is one that
    /// waited and does so no more; otherwise when the file cannot be read or the ledger not written.
    pub fn append(
        &mut self,
        submission: &Submission<'_>,
        rows: &mut Rows,
        progress: &mut dyn FnMut(u64),
        check: &dyn Fn() -> Result<()>,
    ) -> Result<Report> {
        let transaction = Step::begin(&self.connection)?;
        if let Some(id) = submission.releases {
            waiting::check_waits(&transaction, id, &submission.hash)?;
        }
        let Found { place, wait } = match Place::find(&transaction, submission)? {
            Ok(found) => found,
            Err(report) => return Ok(report),
        };
        if let Some(wait) = wait {
            let report = waiting::keep(&transaction, submission, &place, wait, rows, progress)?;
            check()?;
            if !report.dry_run && report.refused.is_none() {
                columns::remember(&transaction, &place.feed, &submission.columns)?;
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
        columns::remember(&transaction, &place.feed, &submission.columns)?;
        report.batch = Some(place.n);
        if let Some(id) = submission.releases {
            waiting::forget(&transaction, id)?;
            kept_reports::keep(&transaction, place.n, &report)?;
        }
        transaction.commit()?;
        Ok(report)
    }
}

/// Applies every row and says what came of it, and the hash of the changes; nothing is committed.
pub(super) fn apply_rows(
    transaction: &Connection,
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
    rows.each_ahead(ready, |row| {
        match row {
            Ok(row) => appender.take(row, &mut report)?,
            Err(rejection) => appender.refuse(rejection.clone(), &mut report)?,
        }
        seen += 1;
        if seen % PROGRESS_ROWS == 0 {
            progress(appender.offset);
        }
        Ok(())
    })?;
    appender.take_put_off(&mut report)?;
    let changes = appender.finish(&mut report)?;
    report.chain = place.chain(&submission.hash, &changes, about).to_hex().to_string();
    report.ignored_columns = rows.unknown_columns().to_vec();
    report.repeated_headers = rows.repeated_headers();
    report.refused = passed_limit(transaction, submission, &report)?;
    report.rows_per_second = (seen as f64 / started.elapsed().as_secs_f64().max(1e-6)) as u64;
    Ok((report, changes))
}

/// Writes changes one by one.
pub(super) struct Appender<'c> {
    pub(super) transaction: &'c Connection,
    batch: u64,
    /// The number of the last change written.
    pub(super) seq: u64,
    /// Seq before the batch: a listing whose change is above it was touched by this batch.
    pub(super) seq_before: u64,
    hasher: ChangesHasher,
    /// Offset in the file of the last row that was read whole.
    pub(super) offset: u64,
    /// Looks at what every change of a listing does.
    pub(super) reviewer: Reviewer,
    /// Rows that may go in once the rest of the batch is in.
    pub(super) put_off: PutOffRows,
    /// Whether anything was ever deleted: where nothing was, no listing that is added was withheld before.
    pub(super) deletes: bool,
    find: CachedStatement<'c>,
    insert_listing: CachedStatement<'c>,
    update_listing: CachedStatement<'c>,
    delete_listing: CachedStatement<'c>,
    insert_change: CachedStatement<'c>,
}

impl<'c> Appender<'c> {
    pub(super) fn new(transaction: &'c Connection, place: &Place, limits: &Limits) -> Result<Appender<'c>> {
        let lexicon = Lexicon::new(read::lexicon_entries(transaction)?);
        Ok(Appender {
            transaction,
            batch: place.n,
            seq: place.last_seq,
            seq_before: place.last_seq,
            hasher: ChangesHasher::default(),
            offset: 0,
            reviewer: Reviewer::new(transaction, lexicon, place.day, limits.quarantine_days.min(QUARANTINE_DAYS_MAX))?,
            put_off: PutOffRows::default(),
            deletes: transaction
                .query_row("SELECT EXISTS (SELECT 1 FROM batch WHERE deleted > 0)", [], |row| row.get(0))?,
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
    pub(super) fn finish(mut self, report: &mut Report) -> Result<blake3::Hash> {
        report.seq = self.seq;
        // A later row may have withheld what an earlier one quotes.
        report.withhold(&mut |id| self.is_withheld(id))?;
        report.review = self.reviewer.finish(self.transaction)?;
        Ok(self.hasher.finish())
    }

    /// Counts a row as rejected, and tells no digits where the listing it is about is non-published.
    pub(super) fn refuse(&mut self, rejection: Rejection, report: &mut Report) -> Result<()> {
        let withheld = rejection.id.as_deref().map_or(Ok(false), |id| self.is_withheld(id))?;
        report.reject(if withheld { rejection.withheld() } else { rejection })
    }

    /// Applies one row and counts it, or counts it as rejected.
    fn take(&mut self, row: &mut ReadyRow, report: &mut Report) -> Result<()> {
        let ReadyRow { op, written, ref mut what, ref origin } = *row;
        self.offset = origin.span.0;
        let (id, applied) = match what {
            Ready::New(new) => {
                let applied = match self.add_or_put_off((op, written), new, origin, report)? {
                    Some(applied) => applied,
                    None => return Ok(()),
                };
                (Some(&new.listing.id), applied)
            }
            Ready::Standing(id, _) if self.put_off.deletes(id) => (Some(&*id), Err(unknown(id, op))),
            Ready::Standing(id, patch) => {
                self.settle(id, report)?;
                let patch = std::mem::take(patch);
                // Only what moves or deletes a listing can break a caption set, and be put off for that.
                let again = (op == Op::Delete || patch.moves()).then(|| PutOffRow::Standing(patch.clone()));
                let applied = match self.alter(op, id, *patch)? {
                    Ok(applied) => Ok(applied),
                    Err(invalid) => match self.put_off((op, written), id, again, origin, invalid) {
                        Some(invalid) => Err(invalid),
                        None => return Ok(()),
                    },
                };
                (Some(&*id), applied)
            }
            Ready::Entry(entry) => {
                let applied = self.apply_entry(op, entry)?;
                (None, applied.map(|()| Applied { to: AppliedTo::Entry, is_withheld_still: false }))
            }
        };
        match applied {
            Ok(applied) => applied.count(op, written, report),
            Err(invalid) => self.refuse(Rejection::new(origin, id.map(ListingId::as_str), invalid), report)?,
        }
        Ok(())
    }

    /// Adds a listing in the place of one whose deletion was put off, where there is one; `None` where that has to wait for
    /// the rest of the batch itself.
    fn add_or_put_off(
        &mut self,
        ops: (Op, Op),
        new: &NewListing,
        origin: &Origin,
        report: &mut Report,
    ) -> Result<Option<Result<Applied, Invalid>>> {
        let id = &new.listing.id;
        if self.put_off.deletes(id) {
            if let Some(invalid) = self.ring(&new.listing)? {
                // What is refused takes nothing away that it was to replace.
                self.keep_undeleted(id, report)?;
                return Ok(Some(Err(invalid)));
            }
            self.delete_before_adding(id, report)?;
        } else {
            self.settle(id, report)?;
        }
        match self.add(new)? {
            Ok(applied) => Ok(Some(Ok(applied))),
            Err(invalid) => {
                let again = (invalid.code == CAPTION_RING).then(|| PutOffRow::New(Box::new(new.clone())));
                Ok(self.put_off(ops, id, again, origin, invalid).map(Err))
            }
        }
    }

    /// Adds a listing, or says why it cannot be.
    pub(super) fn add(&mut self, new: &NewListing) -> Result<Result<Applied, Invalid>> {
        let was_withheld = self.was_withheld(new.listing.id.as_str())?;
        let withheld_still = (was_withheld && !new.names_status).then(|| Self::withheld_still(new)).transpose()?;
        let new = withheld_still.as_ref().unwrap_or(new);
        let NewListing { listing, image, name_key, .. } = new;
        if listing.parent.is_some()
            && let Some(invalid) = self.ring(listing)?
        {
            return Ok(Err(invalid));
        }
        let id = listing.id.as_str();
        if self.insert_listing.execute(params![self.seq + 1, id])? == 0 {
            return Ok(Err(self.already_there(id)?));
        }
        self.write_change(LISTING, Op::Add, id, None, Some(image))?;
        self.reviewer.look(self.transaction, None, Some(listing), Some(*name_key))?;
        if was_withheld && listing.status != Status::NonPublished {
            self.reviewer.publish(&listing.id);
        }
        Ok(Ok(Applied { is_withheld_still: withheld_still.is_some(), ..Applied::listing(Some(listing)) }))
    }

    /// Deletes a listing whatever stands under it; whether it stood.
    pub(super) fn delete(&mut self, id: &ListingId) -> Result<bool> {
        let Some((before, _)) = self.find(id.as_str())? else { return Ok(false) };
        self.delete_listing.execute([id.as_str()])?;
        self.write_change(LISTING, Op::Delete, id.as_str(), Some(&before), None)?;
        self.reviewer.look(self.transaction, Some(&parse_listing(&before)?), None, None)?;
        self.deletes = true;
        Ok(true)
    }

    /// Changes or deletes a listing, or says why that cannot be.
    pub(super) fn alter(&mut self, op: Op, id: &ListingId, patch: Patch) -> Result<Result<Applied, Invalid>> {
        if op == Op::Delete {
            return match self.stood_under(id)? {
                Some(invalid) if self.find(id.as_str())?.is_some() => Ok(Err(invalid)),
                _ if self.delete(id)? => Ok(Ok(Applied::listing(None))),
                _ => Ok(Err(unknown(id, op))),
            };
        }
        let seq = self.seq + 1;
        let Some((before, _)) = self.find(id.as_str())? else { return Ok(Err(unknown(id, op))) };
        let was = parse_listing(&before)?;
        let after = match patch.apply(was.clone()) {
            Ok(listing) => listing,
            Err(invalid) => return Ok(Err(invalid)),
        };
        if after.parent.is_some()
            && after.parent != was.parent
            && let Some(invalid) = self.ring(&after)?
        {
            return Ok(Err(invalid));
        }
        self.update_listing.execute(params![seq, id.as_str()])?;
        let image = serde_json::to_string(&after).map_err(json_failed)?;
        self.write_change(LISTING, op, id.as_str(), Some(&before), Some(&image))?;
        self.reviewer.look(self.transaction, Some(&was), Some(&after), None)?;
        Ok(Ok(Applied::listing(Some(&after))))
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
        self.hasher.change(kind, op.as_str(), key, after);
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

fn unknown(id: &ListingId, op: Op) -> Invalid {
    let reason = format!("no listing has the id {:?}, so there is nothing to {}", id.as_str(), op.as_str());
    Invalid::new("id", "unknown_id", reason)
}

/// What one row did.
pub(super) struct Applied {
    to: AppliedTo,
    /// A listing was added that is non-published because the one it replaces was.
    is_withheld_still: bool,
}

enum AppliedTo {
    Listing { has_phone: bool },
    Entry,
}

impl Applied {
    fn listing(after: Option<&Listing>) -> Applied {
        let has_phone = after.is_none_or(|listing| !listing.phones.is_empty());
        Applied { to: AppliedTo::Listing { has_phone }, is_withheld_still: false }
    }

    /// Counts the row.
    pub(super) fn count(self, op: Op, written: Op, report: &mut Report) {
        match self.to {
            AppliedTo::Listing { has_phone } => {
                report.accepted.add_one(op);
                report.without_phone += u64::from(!has_phone);
            }
            AppliedTo::Entry => report.lexicon.add_one(op),
        }
        if self.is_withheld_still {
            *report.left_fields.entry("status".into()).or_default() += 1;
        }
        report.written.add_one(written);
    }
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
            place.day.to_string(),
        ],
    )?;
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
