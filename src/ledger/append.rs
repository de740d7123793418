//! Appends a batch: all of it or nothing.

use std::time::Instant;

use rusqlite::{CachedStatement, Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::{Ledger, read};
use crate::batch::{Counts, Header, Op, Rejection, Report, Row, Rows};
use crate::listing::{Invalid, Listing};
use crate::{Error, Result};

/// The feed of a batch that names none.
const DEFAULT_FEED: &str = "main";
/// Bytes of a feed's name at most.
const FEED_BYTES_MAX: usize = 64;
/// Rows between two reports of progress.
const PROGRESS_ROWS: u64 = 1_000;

/// What a batch may do at most before it is turned down whole.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Rejected rows as a share of all rows.
    pub reject_share_max: f64,
    /// Changes and deletions as a share of the listings there are.
    pub churn_share_max: f64,
    /// Neither limit is enforced; the ledger records that.
    pub force: bool,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { reject_share_max: 0.01, churn_share_max: 0.20, force: false }
    }
}

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
    /// Do everything but the writing.
    pub dry_run: bool,
}

impl Ledger {
    /// Appends `rows` as one batch and says what happened. `progress` hears the offset reached in the file;
    /// `check` has the last word before the batch is committed.
    ///
    /// A batch whose counts do not hold or whose limits are passed is not written; its report says why in
    /// `refused`, and names the rejected rows.
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
        let started = Instant::now();
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let place = match Place::find(&transaction, submission)? {
            Ok(place) => place,
            Err(report) => return Ok(report),
        };
        let mut report = Report {
            source: submission.source.to_owned(),
            feed: place.feed.clone(),
            feed_seq: place.feed_seq,
            forced: submission.limits.force,
            hash: submission.hash.to_hex().to_string(),
            ..Report::default()
        };
        let mut appender = Appender::new(&transaction, &place)?;
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
        let (changes, seq) = (appender.hasher.finalize(), appender.seq);
        drop(appender);
        let chain = place.chain(submission, &changes);
        report.seq = seq;
        report.chain = chain.to_hex().to_string();
        report.ignored_columns = rows.unknown_columns().to_vec();
        report.dry_run = submission.dry_run;
        report.refused = passed_limit(&transaction, submission, &report)?;
        check()?;
        report.rows_per_second = (seen as f64 / started.elapsed().as_secs_f64().max(1e-6)) as u64;
        if report.dry_run || report.refused.is_some() {
            return Ok(report);
        }
        insert_batch(&transaction, submission, &place, &report, &changes, &chain)?;
        transaction.commit()?;
        report.batch = Some(place.n);
        Ok(report)
    }
}

/// Where a batch stands in the ledger and in its feed.
struct Place {
    n: u64,
    feed: String,
    feed_seq: u64,
    /// The ledger's seq before the batch.
    last_seq: u64,
    /// The chain hash of the batch before, all zero for the first.
    previous: Vec<u8>,
}

impl Place {
    /// Finds the batch's place; a batch that is in the ledger already is answered with its report.
    fn find(connection: &Connection, submission: &Submission<'_>) -> Result<Result<Place, Report>> {
        let header = &submission.header;
        let feed = header.feed.as_deref().unwrap_or(DEFAULT_FEED).trim().to_owned();
        if feed.is_empty() || feed.len() > FEED_BYTES_MAX || feed.chars().any(char::is_control) {
            let text = format!("a feed's name has 1 to {FEED_BYTES_MAX} bytes; it is {feed:?}");
            return Err(Error::refused(text));
        }
        check_effective(header)?;
        let same = connection
            .query_row(
                "SELECT n, feed_seq FROM batch WHERE feed = ?1 AND hash = ?2 ORDER BY n DESC LIMIT 1",
                params![feed, submission.hash.as_bytes()],
                |row| Ok((row.get::<_, u64>(0)?, row.get::<_, u64>(1)?)),
            )
            .optional()?;
        if let Some((n, feed_seq)) = same.filter(|(_, seq)| header.seq.is_none_or(|wanted| wanted == *seq)) {
            return Ok(Err(Report {
                source: submission.source.to_owned(),
                feed,
                feed_seq,
                batch: Some(n),
                seq: read::seq(connection)?,
                already_imported: true,
                dry_run: submission.dry_run,
                hash: submission.hash.to_hex().to_string(),
                ..Report::default()
            }));
        }
        let last = connection
            .query_row(
                "SELECT feed_seq, hash FROM batch WHERE feed = ?1 ORDER BY feed_seq DESC LIMIT 1",
                [&feed],
                |row| Ok((row.get::<_, u64>(0)?, row.get::<_, Vec<u8>>(1)?)),
            )
            .optional()?;
        let feed_seq = check_order(&feed, header, last.as_ref())?;
        let (n, previous) = connection
            .query_row("SELECT n, chain FROM batch ORDER BY n DESC LIMIT 1", [], |row| {
                Ok((row.get::<_, u64>(0)? + 1, row.get::<_, Vec<u8>>(1)?))
            })
            .optional()?
            .unwrap_or((1, vec![0; blake3::OUT_LEN]));
        Ok(Ok(Place { n, feed, feed_seq, last_seq: read::seq(connection)?, previous }))
    }

    fn chain(&self, submission: &Submission<'_>, changes: &blake3::Hash) -> blake3::Hash {
        chain_hash(&self.previous, &self.feed, self.feed_seq, submission.hash.as_bytes(), changes.as_bytes())
    }
}

/// The hash that ties a batch to the one before it.
pub(super) fn chain_hash(previous: &[u8], feed: &str, feed_seq: u64, hash: &[u8], changes: &[u8]) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(previous).update(&(feed.len() as u64).to_le_bytes()).update(feed.as_bytes());
    hasher.update(&feed_seq.to_le_bytes()).update(hash).update(changes);
    hasher.finalize()
}

/// Feeds one change into the hash of a batch's changes.
pub(super) fn hash_change(hasher: &mut blake3::Hasher, op: &str, id: &str, after: Option<&str>) {
    for part in [op, id, after.unwrap_or_default()] {
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
    }
}

fn check_effective(header: &Header) -> Result<()> {
    let Some(effective) = &header.effective else { return Ok(()) };
    let day: jiff::civil::Date = effective
        .parse()
        .map_err(|_| Error::refused(format!("the header's effective is a day, YYYY-MM-DD; it is {effective:?}")))?;
    if day > jiff::Zoned::now().date() {
        return Err(Error::refused(format!(
            "the batch holds from {day} on: import it on that day, or mend its header"
        )));
    }
    Ok(())
}

/// The batch's number in its feed, checked against the feed's last batch.
fn check_order(feed: &str, header: &Header, last: Option<&(u64, Vec<u8>)>) -> Result<u64> {
    let next = last.map_or(1, |(seq, _)| seq + 1);
    let feed_seq = header.seq.unwrap_or(next);
    if feed_seq != next {
        let text =
            format!("feed {feed} expects batch {next} next; this is batch {feed_seq}: import the missing one first");
        return Err(Error::refused(text));
    }
    let Some(prev) = &header.prev else { return Ok(feed_seq) };
    let expected = last.map_or(String::new(), |(_, hash)| hex(hash));
    if !prev.eq_ignore_ascii_case(&expected) {
        let text =
            format!("the header's prev is {prev:?}, but the last batch of feed {feed} has the hash {expected:?}");
        return Err(Error::refused(text));
    }
    Ok(feed_seq)
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Writes changes one by one.
struct Appender<'c> {
    batch: u64,
    /// The number of the last change written.
    seq: u64,
    /// Seq before the batch: a listing whose change is above it was touched by this batch.
    seq_before: u64,
    hasher: blake3::Hasher,
    /// Offset in the file of the last row that was read whole.
    offset: u64,
    find: CachedStatement<'c>,
    insert_listing: CachedStatement<'c>,
    update_listing: CachedStatement<'c>,
    delete_listing: CachedStatement<'c>,
    insert_change: CachedStatement<'c>,
}

impl<'c> Appender<'c> {
    fn new(transaction: &'c Transaction<'_>, place: &Place) -> Result<Appender<'c>> {
        Ok(Appender {
            batch: place.n,
            seq: place.last_seq,
            seq_before: place.last_seq,
            hasher: blake3::Hasher::new(),
            offset: 0,
            find: transaction.prepare_cached(
                "SELECT change.after, change.seq FROM listing JOIN change USING (seq) WHERE listing.id = ?1",
            )?,
            insert_listing: transaction.prepare_cached("INSERT OR IGNORE INTO listing (seq, id) VALUES (?1, ?2)")?,
            update_listing: transaction.prepare_cached("UPDATE listing SET seq = ?1 WHERE id = ?2")?,
            delete_listing: transaction.prepare_cached("DELETE FROM listing WHERE id = ?1")?,
            insert_change: transaction.prepare_cached(
                "INSERT INTO change (seq, batch, op, listing, before, after) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?,
        })
    }

    /// Applies one row and counts it, or counts it as rejected.
    fn take(&mut self, row: Row, report: &mut Report) -> Result<()> {
        let (id, origin) = (row.id.clone(), row.origin.clone());
        self.offset = origin.span.0;
        match self.apply(row)? {
            Ok(applied) => {
                report.accepted.add_one(applied.op);
                report.without_phone += u64::from(!applied.has_phone);
            }
            Err(invalid) => report.reject(Rejection::new(&origin, Some(id.as_str()), invalid)),
        }
        Ok(())
    }

    /// Applies one row, or says why it cannot be.
    fn apply(&mut self, row: Row) -> Result<Result<Applied, Invalid>> {
        let Row { op, id, patch, .. } = row;
        let seq = self.seq + 1;
        let (before, after) = match op {
            Op::Add => {
                let listing = match patch.into_listing(&id) {
                    Ok(listing) => listing,
                    Err(invalid) => return Ok(Err(invalid)),
                };
                if self.insert_listing.execute(params![seq, id.as_str()])? == 0 {
                    return Ok(Err(self.already_there(id.as_str())?));
                }
                (None, Some(listing))
            }
            Op::Change | Op::Delete => {
                let Some((before, _)) = self.find(id.as_str())? else {
                    let reason =
                        format!("no listing has the id {:?}, so there is nothing to {}", id.as_str(), op.as_str());
                    return Ok(Err(Invalid::new("id", "unknown_id", reason)));
                };
                let after = match op {
                    Op::Change => match patch.apply(parse_listing(&before)?) {
                        Ok(listing) => Some(listing),
                        Err(invalid) => return Ok(Err(invalid)),
                    },
                    _ => None,
                };
                match after {
                    Some(_) => self.update_listing.execute(params![seq, id.as_str()])?,
                    None => self.delete_listing.execute([id.as_str()])?,
                };
                (Some(before), after)
            }
        };
        let image = after.as_ref().map(serde_json::to_string).transpose().map_err(json_failed)?;
        hash_change(&mut self.hasher, op.as_str(), id.as_str(), image.as_deref());
        self.insert_change.execute(params![seq, self.batch, op.as_str(), id.as_str(), before, image])?;
        self.seq = seq;
        Ok(Ok(Applied { op, has_phone: after.is_none_or(|listing| !listing.phones.is_empty()) }))
    }

    fn find(&mut self, id: &str) -> Result<Option<(String, u64)>> {
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
    op: Op,
    has_phone: bool,
}

/// Why a batch is turned down whole: its counts do not hold, or it passes a limit.
fn passed_limit(connection: &Connection, submission: &Submission<'_>, report: &Report) -> Result<Option<String>> {
    let accepted = report.accepted;
    let rows = accepted.total() + report.rejected;
    if let Some(Counts { add, change, delete }) = submission.header.counts {
        let announced = add + change + delete;
        // A rejected row may have been of any kind, so kinds can only be found to be too many.
        if announced != rows || accepted.add > add || accepted.change > change || accepted.delete > delete {
            let text = format!(
                "the header announces {add} adds, {change} changes and {delete} deletes; the file holds {rows} rows, \
                 {} adds, {} changes, {} deletes and {} rejected: it may be cut off",
                accepted.add, accepted.change, accepted.delete, report.rejected
            );
            return Ok(Some(text));
        }
    }
    if rows == 0 {
        return Ok(Some("the file holds no rows; expected at least one listing".to_owned()));
    }
    if submission.limits.force {
        return Ok(None);
    }
    let over = |part: u64, whole: u64, share: f64| part as f64 > whole as f64 * share;
    let Limits { reject_share_max, churn_share_max, .. } = submission.limits;
    if over(report.rejected, rows, reject_share_max) {
        let text = format!(
            "{} of {rows} rows are rejected, more than {:.2} % (--max-reject): mend them, or let the rest go in with --force",
            report.rejected,
            reject_share_max * 100.0,
        );
        return Ok(Some(text));
    }
    let churn = accepted.change + accepted.delete;
    if churn > 0 {
        let kept: u64 = connection.query_row("SELECT count(*) FROM listing", [], |row| row.get(0))?;
        let before = (kept + accepted.delete).saturating_sub(accepted.add);
        // The first batch can only change what it has just added.
        if before > 0 && over(churn, before, churn_share_max) {
            let text = format!(
                "{churn} changes and deletions among {before} listings are more than {:.0} % (--max-churn): check that it \
                 is the right file, or use --force",
                churn_share_max * 100.0
            );
            return Ok(Some(text));
        }
    }
    Ok(None)
}

fn insert_batch(
    connection: &Connection,
    submission: &Submission<'_>,
    place: &Place,
    report: &Report,
    changes: &blake3::Hash,
    chain: &blake3::Hash,
) -> Result<()> {
    let accepted = report.accepted;
    connection.execute(
        "INSERT INTO batch (n, feed, feed_seq, effective, source, received, added, changed, deleted, rejected, forced,
                            last_seq, hash, changes, chain)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
        params![
            place.n,
            place.feed,
            place.feed_seq,
            submission.header.effective,
            submission.source,
            jiff::Timestamp::now().to_string(),
            accepted.add,
            accepted.change,
            accepted.delete,
            report.rejected,
            report.forced,
            report.seq,
            submission.hash.as_bytes(),
            changes.as_bytes(),
            chain.as_bytes(),
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

fn json_failed(error: serde_json::Error) -> Error {
    Error::internal(format!("a listing could not be written as JSON: {error}"))
}
