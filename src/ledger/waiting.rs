//! Batches that wait: their day has not come, or their feed has one that waits before them.
//!
//! A batch is kept as it came, packed, and is read again on its day; what it then does depends on what the ledger holds
//! then. One that is turned down on its day stays, with the reason, and holds up its feed until it is let in by force
//! or withdrawn.

use std::io::{Read, Write};

use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};

use super::about::Signature;
use super::append::{Submission, apply_rows, json_failed};
use super::place::{CORRECTIONS, Place, Wait, corrected, today};
use super::step::Step;
use super::{Ledger, Limits, withdrawn};
use crate::batch::{ColumnMap, Counts, Header, Input, Report, Rows};
use crate::{Error, Result};

/// Bytes of one part of a packed batch.
const PART_BYTES: usize = 1 << 20;
/// Batches that are named in one text at most.
const NAMED_MAX: usize = 10;
/// How hard batches are packed.
const PACK_LEVEL: i32 = 3;

/// A batch that waits.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct WaitingBatch {
    /// Its number among those that wait or waited.
    pub id: u64,
    /// Its feed.
    pub feed: String,
    /// Its number within the feed.
    pub feed_seq: u64,
    /// The day it waits for, `YYYY-MM-DD`.
    pub until: String,
    /// Where it came from.
    pub source: String,
    /// When it came.
    pub received: String,
    /// Why it was turned down on its day; it holds up its feed then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
}

impl WaitingBatch {
    /// Whether `other` waits for this one: a later one of its feed, or its rejected rows, corrected.
    fn goes_before(&self, other: &WaitingBatch) -> bool {
        if self.feed == other.feed {
            return self.feed_seq < other.feed_seq;
        }
        corrected(&other.feed) == Some(&self.feed) && self.id < other.id && self.until <= other.until
    }
}

/// What became of batches whose day had come.
#[derive(Debug, Default)]
pub struct Released {
    /// Of each that was appended or turned down.
    pub reports: Vec<Report>,
    /// Those that wait on because they could not be read or appended.
    pub failed: Vec<Unreleased>,
}

/// A waiting batch that could not be read or appended on its day, by no fault of its own.
#[derive(Debug)]
pub struct Unreleased {
    /// Its number among those that wait or waited.
    pub id: u64,
    /// Its feed.
    pub feed: String,
    /// Why.
    pub error: Error,
}

/// Batches that wait, for a text: the first of them, and how many more there are.
pub(super) fn named(batches: &[WaitingBatch]) -> String {
    let name = |WaitingBatch { id, feed, feed_seq, until, source, .. }: &WaitingBatch| {
        format!("{id} ({feed} #{feed_seq} from {until} on, {source})")
    };
    let named: Vec<String> = batches.iter().take(NAMED_MAX).map(name).collect();
    let more = batches.len().saturating_sub(NAMED_MAX);
    named.join(", ") + &if more > 0 { format!(" and {more} more") } else { String::new() }
}

/// How a batch is to be appended on its day.
#[derive(Debug, Serialize, Deserialize)]
struct Options {
    reject_share_max: f64,
    churn_share_max: f64,
    quarantine_days: u32,
    force: bool,
    signature: Option<Signature>,
    /// Counts stated with it, beside its file or in it.
    #[serde(default)]
    counts: Option<Counts>,
    /// Whose token it was sent with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sent_by: Option<String>,
}

/// Tries the batch on the ledger as it stands, where nothing of its feed waits before it, and keeps it.
pub(super) fn keep(
    transaction: &Connection,
    submission: &Submission<'_>,
    place: &Place,
    wait: Wait,
    rows: &mut Rows,
    progress: &mut dyn FnMut(u64),
) -> Result<Report> {
    let mut report = submission.report(place);
    if !wait.behind {
        transaction.execute_batch("SAVEPOINT trial")?;
        (report, _) = apply_rows(transaction, submission, place, None, rows, progress)?;
        transaction.execute_batch("ROLLBACK TO trial; RELEASE trial")?;
        // What the ledger will hold by then is not known yet.
        report.chain.clear();
        report.seq = place.last_seq;
    }
    (report.waits_until, report.waits_behind) = (Some(wait.until.to_string()), wait.behind);
    report.waits_with_corrected = wait.with_corrected;
    if report.refused.is_some() || report.dry_run {
        return Ok(report);
    }
    let Some(content) = submission.content else {
        return Err(Error::refused(format!("the batch holds from {} on: import it on that day", wait.until)));
    };
    let Limits { reject_share_max, churn_share_max, quarantine_days, force } = submission.limits;
    let (signature, counts) = (submission.signature.clone(), submission.header.counts);
    let sent_by = submission.sent_by.clone();
    let options = Options { quarantine_days, reject_share_max, churn_share_max, force, signature, counts, sent_by };
    transaction.execute(
        "INSERT INTO waiting (feed, feed_seq, until, source, received, hash, options) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            place.feed,
            place.feed_seq,
            wait.until.to_string(),
            submission.source,
            jiff::Timestamp::now().to_string(),
            submission.hash.as_bytes(),
            serde_json::to_string(&options).map_err(json_failed)?,
        ],
    )?;
    let failed = |error: std::io::Error| Error::internal(format!("cannot keep the batch: {error}")).caused_by(error);
    let parts = PartWriter { connection: transaction, waiting: transaction.last_insert_rowid(), part: 0 };
    let mut parts = std::io::BufWriter::with_capacity(PART_BYTES, parts);
    let mut packer = zstd::Encoder::new(&mut parts, PACK_LEVEL).map_err(failed)?;
    std::io::copy(&mut content.bytes()?, &mut packer).map_err(failed)?;
    packer.finish().map_err(failed)?;
    parts.flush().map_err(failed)?;
    Ok(report)
}

/// Removes a batch that waits no more.
pub(super) fn forget(connection: &Connection, id: u64) -> Result<()> {
    connection.execute("DELETE FROM waiting_part WHERE waiting = ?1", [id])?;
    connection.execute("DELETE FROM waiting WHERE id = ?1", [id])?;
    Ok(())
}

impl Ledger {
    /// The batches that wait, in the order in which they will be appended.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn waiting(&self) -> Result<Vec<WaitingBatch>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT id, feed, feed_seq, until, source, received, refusal FROM waiting ORDER BY until, id",
        )?;
        let rows = statement.query_map([], |row| {
            Ok(WaitingBatch {
                id: row.get(0)?,
                feed: row.get(1)?,
                feed_seq: row.get(2)?,
                until: row.get(3)?,
                source: row.get(4)?,
                received: row.get(5)?,
                refusal: row.get(6)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Appends, in order, every waiting batch whose day has come by `day`, and reports of each. One that is turned down
    /// stays with the reason, and behind it those of its feed and its own rejected rows, corrected; so does one that cannot be
    /// read or appended today, which is tried again by the next call.
    ///
    /// # Errors
    /// When it cannot be told which batches wait.
    pub fn release_due(&mut self, day: Date) -> Result<Released> {
        let due = "SELECT id, feed FROM waiting WHERE until <= ?1 AND refusal IS NULL
                    AND feed_seq = (SELECT min(feed_seq) FROM waiting AS one WHERE one.feed = waiting.feed)
                    AND NOT EXISTS (SELECT 1 FROM waiting AS one WHERE one.feed || ?2 = waiting.feed
                                       AND one.id < waiting.id AND one.until <= waiting.until)
                    ORDER BY until, id";
        let mut released = Released::default();
        loop {
            let mut find = self.connection.prepare_cached(due)?;
            let due = find.query_map([&day.to_string(), CORRECTIONS], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let due = due.collect::<std::result::Result<Vec<(u64, String)>, _>>()?;
            drop(find);
            let is_new = |id: u64| released.failed.iter().all(|failed| failed.id != id);
            let Some((id, feed)) = due.into_iter().find(|(id, _)| is_new(*id)) else { return Ok(released) };
            match self.release(id, None) {
                Ok(report) => released.reports.extend(report),
                // Whoever else writes is waited for once, and not for every batch.
                Err(error) if error.is_busy() => return Err(error),
                Err(error) => released.failed.push(Unreleased { id, feed, error }),
            }
        }
    }

    /// Appends the waiting batch `id` whatever limits it passes, signed by who wants that.
    ///
    /// # Errors
    /// Not found when no such batch waits; refused when its day has not come, one of its feed waits before it, or its
    /// place is not the next any more.
    pub fn release_by_force(&mut self, id: u64, signature: Signature) -> Result<Report> {
        let batch = self.waiting_batch(id)?;
        if batch.until > today().to_string() {
            return Err(Error::refused(format!(
                "batch {id} waits for {}: withdraw it, and mend its header",
                batch.until
            )));
        }
        if let Some(first) = self.waiting()?.iter().find(|one| one.goes_before(&batch)) {
            return Err(Error::refused(format!("batch {} of its feed waits before it: release that first", first.id)));
        }
        let report = self.release(id, Some(signature))?;
        report.ok_or_else(|| Error::not_found(format!("no batch {id} waits any more")))
    }

    /// Takes a waiting batch out again, and keeps who did so and why. What it was is told.
    ///
    /// # Errors
    /// Not found when no such batch waits; refused when one of its feed waits behind it.
    pub fn withdraw(&mut self, id: u64, by: &str, reason: Option<&str>) -> Result<WaitingBatch> {
        let transaction = Step::begin(&self.connection)?;
        let batch = self.waiting_batch(id)?;
        if let Some(later) = self.waiting()?.iter().find(|one| batch.goes_before(one)) {
            return Err(Error::refused(format!("batch {} of its feed waits behind it: withdraw that first", later.id)));
        }
        withdrawn::keep(&transaction, id, by, reason)?;
        forget(&transaction, id)?;
        transaction.commit()?;
        Ok(batch)
    }

    fn waiting_batch(&self, id: u64) -> Result<WaitingBatch> {
        let found = self.waiting()?.into_iter().find(|batch| batch.id == id);
        found.ok_or_else(|| Error::not_found(format!("no batch {id} waits; see chahao waiting")))
    }

    /// Appends a waiting batch, or says why not and keeps that with it; `None` where another process was faster.
    fn release(&mut self, id: u64, signature: Option<Signature>) -> Result<Option<Report>> {
        let Some((kept, checked)) = Kept::find_checked(&self.connection, id)? else { return Ok(None) };
        let by_force = signature.is_some();
        let outcome = match checked {
            Ok(options) => self.append_kept(&kept, options, signature),
            Err(damage) if by_force => return Err(damage),
            Err(damage) => Err(Error::refused(damage.to_string())),
        };
        let report = match outcome {
            Err(error) if error.is_not_found() => return Ok(None),
            // Its parts went with it, while it was read.
            Err(_) if !kept.waits(&self.connection)? => return Ok(None),
            Err(error) if error.is_refused() => kept.turned_down(error.to_string()),
            report => report?,
        };
        if let Some(refusal) = &report.refused {
            let put = "UPDATE waiting SET refusal = ?3 WHERE id = ?1 AND hash = ?2";
            self.connection.execute(put, params![id, kept.hash, refusal])?;
        }
        Ok(Some(report))
    }

    fn append_kept(&mut self, kept: &Kept, options: Options, signature: Option<Signature>) -> Result<Report> {
        let unpacked = kept.unpacked(&self.connection);
        let unpacked = unpacked.map_err(|error| Error::internal(format!("cannot unpack a batch: {error}")))?;
        let input = Input::from_reader(&kept.source, unpacked)?;
        let mut rows = Rows::open_mapped(&input, &self.columns_of(Some(&kept.feed))?)?;
        let header = rows.header();
        let counts = options.counts.or(header.counts);
        let limits = Limits {
            reject_share_max: options.reject_share_max,
            churn_share_max: options.churn_share_max,
            quarantine_days: options.quarantine_days,
            force: options.force || signature.is_some(),
        };
        let submission = Submission {
            header: Header {
                feed: Some(kept.feed.clone()),
                seq: Some(kept.feed_seq),
                effective: Some(kept.until.clone()),
                counts,
                ..header
            },
            source: &kept.source,
            hash: input.hash(),
            limits,
            signature: signature.or(options.signature),
            sent_by: options.sent_by,
            content: None,
            columns: ColumnMap::default(),
            releases: Some(kept.id),
            dry_run: false,
        };
        self.append(&submission, &mut rows, &mut |_| {}, &|| Ok(()))
    }
}

/// A waiting batch as it is kept.
struct Kept {
    id: u64,
    feed: String,
    feed_seq: u64,
    until: String,
    source: String,
    /// Of its bytes, when it came.
    hash: Vec<u8>,
    options: String,
}

/// How a batch is to be appended, or what is damaged of it.
type Checked = std::result::Result<Options, Error>;

impl Kept {
    fn find(connection: &Connection, id: u64) -> Result<Option<Kept>> {
        let query = "SELECT feed, feed_seq, until, source, hash, options FROM waiting WHERE id = ?1";
        let found = connection.query_row(query, [id], |row| {
            let (feed, feed_seq, until) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(Kept { id, feed, feed_seq, until, source: row.get(3)?, hash: row.get(4)?, options: row.get(5)? })
        });
        Ok(found.optional()?)
    }

    /// Finds and checks it as both are at one moment: another process may be releasing it.
    fn find_checked(connection: &Connection, id: u64) -> Result<Option<(Kept, Checked)>> {
        let moment = connection.is_autocommit().then(|| connection.unchecked_transaction()).transpose()?;
        let found = Kept::find(connection, id)?;
        let checked = found.map(|kept| kept.check(connection).map(|checked| (kept, checked))).transpose()?;
        moment.map_or(Ok(()), rusqlite::Transaction::commit)?;
        Ok(checked)
    }

    /// Whether it still waits as it was found.
    fn waits(&self, connection: &Connection) -> Result<bool> {
        let query = "SELECT 1 FROM waiting WHERE id = ?1 AND hash = ?2";
        Ok(connection.query_row(query, params![self.id, self.hash], |_| Ok(())).optional()?.is_some())
    }

    fn unpacked<'c>(&self, connection: &'c Connection) -> std::io::Result<impl Read + use<'c>> {
        zstd::Decoder::new(PartReader { connection, waiting: self.id, part: 0, bytes: Vec::new(), at: 0 })
    }

    /// Checks that it is what came, and hands over how it is to be appended, or what is wrong with it. That the ledger
    /// cannot be read is no fault of the batch.
    fn check(&self, connection: &Connection) -> Result<Checked> {
        let Kept { id, feed, feed_seq, .. } = self;
        let damaged = |what: String| {
            Error::damaged(format!(
                "the waiting batch {id}, {feed} #{feed_seq}, is damaged ({what}): take it out with chahao waiting \
                 --withdraw {id}, and import its file again"
            ))
        };
        if self.until.parse::<Date>().is_err() {
            return Ok(Err(damaged(format!("it waits for {:?}", self.until))));
        }
        let mut hasher = blake3::Hasher::new();
        let read = self.unpacked(connection).and_then(|unpacked| hasher.update_reader(unpacked).map(|_| ()));
        if let Err(error) = read {
            return match error.downcast::<rusqlite::Error>() {
                Ok(unread) => Err(unread.into()),
                Err(error) => Ok(Err(damaged(error.to_string()))),
            };
        }
        if hasher.finalize().as_bytes() != self.hash.as_slice() {
            return Ok(Err(damaged("its bytes are not those that came".to_owned())));
        }
        Ok(serde_json::from_str(&self.options).map_err(|error| damaged(error.to_string())))
    }

    fn turned_down(&self, refusal: String) -> Report {
        let Kept { feed, feed_seq, source, .. } = self;
        let (feed, source) = (feed.clone(), source.clone());
        Report { source, feed, feed_seq: *feed_seq, refused: Some(refusal), ..Report::default() }
    }
}

/// Checks, within the transaction that appends it, that a batch still waits, and is the one that was read.
pub(super) fn check_waits(connection: &Connection, id: u64, hash: &blake3::Hash) -> Result<()> {
    let query = "SELECT 1 FROM waiting WHERE id = ?1 AND hash = ?2";
    let waits = connection.query_row(query, params![id, hash.as_bytes()], |_| Ok(())).optional()?;
    waits.ok_or_else(|| Error::not_found(format!("no batch {id} waits any more")))
}

/// Checks every batch that waits; what does not hold is put to `damage`.
pub(super) fn check_kept(connection: &Connection, damage: &mut Vec<String>) -> Result<()> {
    let mut ids = connection.prepare("SELECT id FROM waiting ORDER BY id")?;
    for id in ids.query_map([], |row| row.get::<_, u64>(0))? {
        if let Some((_, Err(error))) = Kept::find_checked(connection, id?)? {
            damage.push(error.to_string());
        }
    }
    let lost = "SELECT count(*) FROM waiting_part WHERE waiting NOT IN (SELECT id FROM waiting)";
    let lost: u64 = connection.query_row(lost, [], |row| row.get(0))?;
    if lost > 0 {
        damage.push(format!("{lost} parts of waiting batches belong to none that waits"));
    }
    Ok(())
}

/// Writes what is flushed to it as one part.
struct PartWriter<'c> {
    connection: &'c Connection,
    waiting: i64,
    part: u64,
}

impl Write for PartWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let bytes = bytes.get(..bytes.len().min(PART_BYTES)).unwrap_or_default();
        let insert = "INSERT INTO waiting_part (waiting, part, bytes) VALUES (?1, ?2, ?3)";
        let inserted = self.connection.execute(insert, params![self.waiting, self.part, bytes]);
        inserted.map_err(std::io::Error::other)?;
        self.part += 1;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Reads part after part.
struct PartReader<'c> {
    connection: &'c Connection,
    waiting: u64,
    part: u64,
    bytes: Vec<u8>,
    at: usize,
}

impl Read for PartReader<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        if self.at == self.bytes.len() {
            let query = "SELECT bytes FROM waiting_part WHERE waiting = ?1 AND part = ?2";
            let next = self.connection.query_row(query, params![self.waiting, self.part], |row| row.get(0));
            self.bytes = next.optional().map_err(std::io::Error::other)?.unwrap_or_default();
            (self.part, self.at) = (self.part + 1, 0);
        }
        let read = self.bytes.get(self.at..).unwrap_or_default().read(out)?;
        self.at += read;
        Ok(read)
    }
}
