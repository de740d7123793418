//! Where a batch stands: after which batch of its feed, and after which of the ledger.

use rusqlite::{Connection, OptionalExtension, params};

use super::chain::{chain_hash, hex};
use super::{Submission, read};
use crate::batch::{Header, Report};
use crate::{Error, Result};

/// The feed of a batch that names none.
const DEFAULT_FEED: &str = "main";
/// Bytes of a feed's name at most.
const FEED_BYTES_MAX: usize = 64;

/// Where a batch stands in the ledger and in its feed.
pub(super) struct Place {
    pub(super) n: u64,
    pub(super) feed: String,
    pub(super) feed_seq: u64,
    /// The ledger's seq before the batch.
    pub(super) last_seq: u64,
    /// The chain hash of the batch before, all zero for the first.
    pub(super) previous: Vec<u8>,
}

impl Place {
    /// Finds the batch's place; a batch that is in the ledger already is answered with its report.
    pub(super) fn find(connection: &Connection, submission: &Submission<'_>) -> Result<Result<Place, Report>> {
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

    pub(super) fn chain(&self, submission: &Submission<'_>, changes: &blake3::Hash) -> blake3::Hash {
        chain_hash(&self.previous, &self.feed, self.feed_seq, submission.hash.as_bytes(), changes.as_bytes())
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
    let expected = last.map_or(String::new(), |(_, hash)| hex(hash));
    if !prev.eq_ignore_ascii_case(&expected) {
        let text =
            format!("the header's prev is {prev:?}, but the last batch of feed {feed} has the hash {expected:?}");
        return Err(Error::refused(text));
    }
    Ok(feed_seq)
}
