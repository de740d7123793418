//! Where a batch stands: after which batch of its feed, and after which of the ledger.

use rusqlite::{Connection, OptionalExtension, params};

use jiff::civil::Date;

use super::chain::{Link, hex};
use super::{Submission, read};
use crate::batch::{Counts, DoneThen, Header, Report};
use crate::{Error, Result};

/// The feed of a batch that names none.
pub(super) const DEFAULT_FEED: &str = "main";
/// How the names of feeds end that rows go into that were rejected from a feed and corrected.
pub(super) const CORRECTIONS: &str = "/corrections";
/// Bytes of a feed's name at most.
const FEED_BYTES_MAX: usize = 64;
/// How the names of feeds begin whose batches the ledger makes itself.
const OWN_FEEDS: &str = "chahao:";
/// Inverses of batches.
pub(super) const UNDO_FEED: &str = "chahao:undo";
/// Checkpoints of a folded log.
pub(super) const FOLD_FEED: &str = "chahao:fold";
/// Differences between full files and the ledger.
pub(super) const RECONCILE_FEED: &str = "chahao:reconcile";
/// What was withheld since the backup that a restore put in the ledger's place.
pub(super) const RESTORE_FEED: &str = "chahao:restore";

/// The feed of rows that were rejected from `feed`, the default one where it has no name, and corrected; those of such a
/// feed go into it again.
pub(crate) fn corrections_of(feed: Option<&str>) -> String {
    let feed = feed.unwrap_or(DEFAULT_FEED).trim();
    let feed = corrected(feed).unwrap_or(feed);
    format!("{feed}{CORRECTIONS}")
}

/// The feed whose rejected rows, corrected, go into `feed`, if there is one.
pub(super) fn corrected(feed: &str) -> Option<&str> {
    feed.strip_suffix(CORRECTIONS)
}

/// Where a batch stands in the ledger and in its feed.
pub(super) struct Place {
    pub(super) n: u64,
    pub(super) feed: String,
    pub(super) feed_seq: u64,
    /// The ledger's seq before the batch.
    pub(super) last_seq: u64,
    /// The day it is appended.
    pub(super) day: Date,
    /// The chain hash of the batch before, all zero for the first.
    pub(super) previous: Vec<u8>,
}

impl Place {
    /// Finds the batch's place; a batch that is in the ledger, or waits in it, already is answered with its report, and so
    /// is one whose feed is held up by a batch that was turned down.
    pub(super) fn find(connection: &Connection, submission: &Submission<'_>) -> Result<Result<Found, Report>> {
        let header = &submission.header;
        let feed = feed_of(header)?;
        let day = effective(header)?;
        if let Some(report) = known(connection, submission, &feed)? {
            return Ok(Err(report));
        }
        if let Some(report) = held_up(connection, submission, &feed)? {
            return Ok(Err(report));
        }
        let appended = "SELECT feed_seq, hash, NULL FROM batch WHERE feed = ?1 ORDER BY feed_seq DESC LIMIT 1";
        let kept = "SELECT feed_seq, hash, until FROM waiting WHERE feed = ?1 ORDER BY feed_seq DESC LIMIT 1";
        let last = |query: &str| {
            connection.query_row(query, [&feed], |row| Ok(Last(row.get(0)?, row.get(1)?, row.get(2)?))).optional()
        };
        let kept = if submission.releases.is_some() { None } else { last(kept)? };
        let corrects = waiting_to_be_corrected(connection, submission, &feed)?;
        let behind = kept.is_some() || corrects.is_some();
        let last = match kept {
            None => last(appended)?,
            kept => kept,
        };
        let feed_seq = check_order(&feed, header, last.as_ref())?;
        let day_of = |until: Option<String>| until.and_then(|until| until.parse::<Date>().ok());
        let corrects = day_of(corrects);
        let until = day_of(last.and_then(|last| last.2)).max(day).max(corrects);
        let waits = submission.releases.is_none() && until.is_some_and(|until| behind || until > today());
        let with_corrected = corrects.is_some();
        let wait = if waits { until.map(|until| Wait { until, behind, with_corrected }) } else { None };
        Ok(Ok(Found { place: Place::next(connection, feed, Some(feed_seq))?, wait }))
    }

    /// The place behind the newest batch, for one of `feed`; without a number it is the feed's next.
    pub(super) fn next(connection: &Connection, feed: String, feed_seq: Option<u64>) -> Result<Place> {
        let feed_seq = match feed_seq {
            Some(feed_seq) => feed_seq,
            None => {
                let last = "SELECT coalesce(max(feed_seq), 0) FROM batch WHERE feed = ?1";
                connection.query_row(last, [&feed], |row| row.get::<_, u64>(0))? + 1
            }
        };
        let (n, previous) = connection
            .query_row("SELECT n, chain FROM batch ORDER BY n DESC LIMIT 1", [], |row| {
                Ok((row.get::<_, u64>(0)? + 1, row.get::<_, Vec<u8>>(1)?))
            })
            .optional()?
            .unwrap_or((1, vec![0; blake3::OUT_LEN]));
        Ok(Place { n, feed, feed_seq, last_seq: read::seq(connection)?, day: today(), previous })
    }

    pub(super) fn chain(&self, hash: &blake3::Hash, changes: &blake3::Hash, about: Option<&str>) -> blake3::Hash {
        let (hash, changes) = (hash.as_bytes(), changes.as_bytes());
        Link { feed: &self.feed, feed_seq: self.feed_seq, hash, changes, about }.behind(&self.previous)
    }
}

/// The newest batch of a feed: its number, its content hash, and the day it waits for.
struct Last(u64, Vec<u8>, Option<String>);

/// A batch's place, and whether it has to wait for it.
pub(super) struct Found {
    pub(super) place: Place,
    pub(super) wait: Option<Wait>,
}

/// Why and how long a batch waits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wait {
    pub(super) until: Date,
    /// Another batch of its feed waits before it, or the one that it corrects.
    pub(super) behind: bool,
    /// It is the one that it corrects.
    pub(super) with_corrected: bool,
}

/// Today, where the desk is.
pub(crate) fn today() -> Date {
    jiff::Zoned::now().date()
}

/// The report of a batch that is in the ledger, or waits in it, already.
fn known(connection: &Connection, submission: &Submission<'_>, feed: &str) -> Result<Option<Report>> {
    let wanted = |seq: u64| submission.header.seq.is_none_or(|wanted| wanted == seq);
    // Corrections are not numbered by anybody.
    let feed_seq_next = match submission.header.seq {
        None if corrected(feed).is_none() => Some(next_feed_seq(connection, feed)?),
        _ => None,
    };
    let key = params![feed, submission.hash.as_bytes()];
    let mut report = Report {
        source: submission.source.to_owned(),
        feed: feed.to_owned(),
        seq: read::seq(connection)?,
        already_imported: true,
        feed_seq_next,
        dry_run: submission.dry_run,
        hash: submission.hash.to_hex().to_string(),
        ..Report::default()
    };
    let newest = "SELECT n, feed_seq, added, changed, deleted, rejected FROM batch
                   WHERE feed = ?1 AND hash = ?2 ORDER BY n DESC LIMIT 1";
    let same = connection
        .query_row(newest, key, |row| {
            let accepted = Counts { add: row.get(2)?, change: row.get(3)?, delete: row.get(4)? };
            Ok((row.get::<_, u64>(0)?, row.get::<_, u64>(1)?, DoneThen { accepted, rejected: row.get(5)? }))
        })
        .optional()?;
    // Corrections of which nothing went in, for what they correct was not there yet, are tried again.
    let is_told = |done: &DoneThen| corrected(feed).is_none() || !done.accepted.is_zero();
    if let Some((n, feed_seq, done)) = same.filter(|(_, seq, done)| wanted(*seq) && is_told(done)) {
        report.undone_by = super::undo::undone_by(connection, n)?;
        return Ok(Some(Report { feed_seq, batch: Some(n), done_then: Some(done), ..report }));
    }
    if submission.releases.is_some() {
        return Ok(None);
    }
    let same = connection
        .query_row(
            "SELECT feed_seq, until FROM waiting WHERE feed = ?1 AND hash = ?2 AND refusal IS NULL LIMIT 1",
            key,
            |row| Ok((row.get::<_, u64>(0)?, row.get::<_, String>(1)?)),
        )
        .optional()?;
    let same = same.filter(|(seq, _)| wanted(*seq));
    Ok(same.map(|(feed_seq, until)| Report { feed_seq, waits_until: Some(until), ..report }))
}

/// The report of a batch that cannot go in before somebody decides about one of its feed, or about the one it corrects,
/// that was turned down on its day. Corrections whose day is stated are of another batch.
fn held_up(connection: &Connection, submission: &Submission<'_>, feed: &str) -> Result<Option<Report>> {
    if submission.releases.is_some() {
        return Ok(None);
    }
    let corrected = corrected(feed).filter(|_| submission.header.effective.is_none());
    let first = "SELECT id, feed, feed_seq, refusal FROM waiting WHERE feed IN (?1, ?2) AND refusal IS NOT NULL
                  ORDER BY feed_seq LIMIT 1";
    let found = connection.query_row(first, params![feed, corrected.unwrap_or(feed)], |row| {
        let (id, feed, seq): (u64, String, u64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let refusal: String = row.get(3)?;
        Ok(format!(
            "{feed} #{seq} was turned down on its day ({refusal}) and holds up its feed: let it in with chahao waiting \
             --release {id} --reason TEXT, or take it out with chahao waiting --withdraw {id}; then import this file again"
        ))
    });
    let Some(reason) = found.optional()? else { return Ok(None) };
    Ok(Some(Report {
        source: submission.source.to_owned(),
        feed: feed.to_owned(),
        feed_seq: next_feed_seq(connection, feed)?,
        seq: read::seq(connection)?,
        dry_run: submission.dry_run,
        hash: submission.hash.to_hex().to_string(),
        refused: Some(reason),
        ..Report::default()
    }))
}

/// The day of the first waiting batch of the feed whose rejected rows these are, corrected: only the first was read, so
/// they are of that one or of one that is in. Where their own day is stated, they are of one that is in.
fn waiting_to_be_corrected(connection: &Connection, submission: &Submission<'_>, feed: &str) -> Result<Option<String>> {
    let Some(corrected) = corrected(feed) else { return Ok(None) };
    if submission.releases.is_some() || submission.header.effective.is_some() {
        return Ok(None);
    }
    let first = "SELECT until FROM waiting WHERE feed = ?1 ORDER BY feed_seq LIMIT 1";
    Ok(connection.query_row(first, [corrected], |row| row.get(0)).optional()?)
}

/// The number of the feed's next batch, behind those that wait.
fn next_feed_seq(connection: &Connection, feed: &str) -> Result<u64> {
    let next = "SELECT 1 + max((SELECT coalesce(max(feed_seq), 0) FROM batch WHERE feed = ?1),
                               (SELECT coalesce(max(feed_seq), 0) FROM waiting WHERE feed = ?1))";
    Ok(connection.query_row(next, [feed], |row| row.get(0))?)
}

/// The feed a batch says it is of, the default one where it says none.
pub(super) fn feed_of(header: &Header) -> Result<String> {
    let feed = header.feed.as_deref().unwrap_or(DEFAULT_FEED).trim().to_owned();
    if feed.is_empty() || feed.len() > FEED_BYTES_MAX || feed.chars().any(char::is_control) {
        let text = format!("a feed's name has 1 to {FEED_BYTES_MAX} bytes; it is {feed:?}");
        return Err(Error::refused(text));
    }
    if feed.starts_with(OWN_FEEDS) {
        let text = format!("feeds whose names begin with {OWN_FEEDS} are the ledger's own; it is {feed:?}");
        return Err(Error::refused(text));
    }
    Ok(feed)
}

/// The day from which a batch holds.
pub(super) fn effective(header: &Header) -> Result<Option<Date>> {
    let Some(effective) = &header.effective else { return Ok(None) };
    let day = effective
        .parse()
        .map_err(|_| Error::refused(format!("the header's effective is a day, YYYY-MM-DD; it is {effective:?}")))?;
    Ok(Some(day))
}

/// The batch's number in its feed, checked against the feed's last batch.
fn check_order(feed: &str, header: &Header, last: Option<&Last>) -> Result<u64> {
    let next = last.map_or(1, |last| last.0 + 1);
    let feed_seq = header.seq.unwrap_or(next);
    if feed_seq < next {
        let text =
            format!("feed {feed} has its batch {feed_seq} already, with other contents: the next is batch {next}");
        return Err(Error::refused(text));
    }
    if feed_seq > next {
        let text =
            format!("feed {feed} expects batch {next} next; this is batch {feed_seq}: import the missing one first");
        return Err(Error::refused(text));
    }
    let Some(prev) = &header.prev else { return Ok(feed_seq) };
    let expected = last.map_or(String::new(), |last| hex(&last.1));
    if !prev.eq_ignore_ascii_case(&expected) {
        let text =
            format!("the header's prev is {prev:?}, but the last batch of feed {feed} has the hash {expected:?}");
        return Err(Error::refused(text));
    }
    Ok(feed_seq)
}
