//! What happened: batches, changes of one listing or all, and what a stretch of batches did in sum.
//!
//! Invariant: no number leaves here that a listing had up to the last time it was non-published.

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;

use super::Snapshot;
use super::about::About;
use super::append::parse_listing;
use super::chain::LISTING;
use super::entry::parse_entry;
use super::read::text;
use crate::batch::Report;
use crate::listing::{Listing, Status};
use crate::text::LexiconEntry;
use crate::{Error, Result};

/// One batch as the ledger records it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct BatchRecord {
    /// Its number in the ledger.
    pub batch: u64,
    /// Its feed; those of the ledger's own begin with `chahao:`.
    pub feed: String,
    /// Its number within the feed.
    pub feed_seq: u64,
    /// The day from which it holds, where its header says one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effective: Option<String>,
    /// Where it came from.
    pub source: String,
    /// When it was appended.
    pub received: String,
    /// The day it was appended, where the desk is.
    pub day: String,
    /// Changes that add.
    pub added: u64,
    /// Changes that change.
    pub changed: u64,
    /// Changes that delete.
    pub deleted: u64,
    /// Rows that were rejected.
    pub rejected: u64,
    /// A limit was overridden.
    pub forced: bool,
    /// The ledger's seq before it.
    pub seq_before: u64,
    /// The ledger's seq after it.
    pub seq: u64,
    /// Content hash, in hex.
    pub hash: String,
    /// Chain hash, in hex.
    pub chain: String,
    /// Who answers for it, and what it was made from.
    #[serde(flatten)]
    pub about: About,
    /// What it did, where it had waited for its day; told where one batch is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report: Option<Box<Report>>,
}

/// A listing or an entry of the lexicon at one time.
#[derive(Debug, Clone, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(untagged)]
pub enum Image {
    /// A listing, without numbers that may not be seen.
    Listing(Box<Listing>),
    /// An entry of the lexicon.
    Entry(LexiconEntry),
}

/// One change.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ChangeRecord {
    /// Its number.
    pub seq: u64,
    /// Its batch.
    pub batch: u64,
    /// `add`, `change` or `delete`.
    pub op: String,
    /// `listing`, or the kind of an entry.
    pub kind: String,
    /// The listing's id, or the entry's key.
    pub id: String,
    /// What stood before.
    pub before: Option<Image>,
    /// What stands since.
    pub after: Option<Image>,
}

/// What a stretch of batches did to one listing in sum.
#[derive(Debug, Clone)]
pub struct NetChange {
    /// As it stood before, if it did.
    pub before: Option<Listing>,
    /// As it stood afterwards, if it did.
    pub after: Option<Listing>,
}

const BATCHES: &str = "SELECT n, feed, feed_seq, effective, source, received, coalesce(day, substr(received, 1, 10)),
    added, changed, deleted, rejected, forced, last_seq, lower(hex(hash)), lower(hex(chain)), about FROM batch";
const CHANGES: &str = "SELECT seq, batch, op, kind, listing, before, after FROM change";

/// The changes of some batches: those behind one seq up to another, without those of batches in between.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BatchSpan {
    /// The seq before the first.
    pub from: u64,
    /// The seq of the last.
    pub to: u64,
    /// Numbers of batches that lie between and are left out.
    pub without: Vec<u64>,
}

impl BatchSpan {
    /// The condition on `seq` and `batch`, `from` and `to` being its parameters.
    fn sql(&self) -> String {
        let without: Vec<String> = self.without.iter().map(u64::to_string).collect();
        format!("seq > ?1 AND seq <= ?2 AND batch NOT IN ({})", without.join(", "))
    }
}

impl Snapshot<'_> {
    /// The batches after number `after`, `limit` at most.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn batches(&self, after: u64, limit: usize) -> Result<Vec<BatchRecord>> {
        let mut statement = self.transaction.prepare(&format!("{BATCHES} WHERE n > ?1 ORDER BY n LIMIT ?2"))?;
        let mut rows = statement.query(params![after, i64::try_from(limit).unwrap_or(i64::MAX)])?;
        let mut batches = Vec::new();
        while let Some(row) = rows.next()? {
            batches.push(batch_record(row)?);
        }
        Ok(batches)
    }

    /// The batches before number `before`, the newest first and `limit` at most.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn batches_before(&self, before: u64, limit: usize) -> Result<Vec<BatchRecord>> {
        let mut statement = self.transaction.prepare(&format!("{BATCHES} WHERE n < ?1 ORDER BY n DESC LIMIT ?2"))?;
        let bound = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let mut rows = statement.query(params![bound(before), bound(limit as u64)])?;
        let mut batches = Vec::new();
        while let Some(row) = rows.next()? {
            batches.push(batch_record(row)?);
        }
        Ok(batches)
    }

    /// One batch.
    ///
    /// # Errors
    /// Not found when there is none of this number; otherwise when the file cannot be read.
    pub fn batch(&self, n: u64) -> Result<BatchRecord> {
        let mut statement = self.transaction.prepare(&format!("{BATCHES} WHERE n = ?1"))?;
        let mut rows = statement.query([n])?;
        match rows.next()? {
            Some(row) => batch_record(row),
            None => Err(Error::not_found(format!("there is no batch {n}; see chahao batches"))),
        }
    }

    /// Hands the changes after `seq`, in order and `limit` at most, to `each`.
    ///
    /// # Errors
    /// When the file cannot be read, or `each` fails.
    pub fn each_change_after(
        &self,
        seq: u64,
        limit: u64,
        mut each: impl FnMut(ChangeRecord) -> Result<()>,
    ) -> Result<()> {
        let query = format!("{CHANGES} NOT INDEXED WHERE seq > ?1 ORDER BY seq LIMIT ?2");
        let mut statement = self.transaction.prepare(&query)?;
        let mut rows = statement.query(params![seq, limit])?;
        while let Some(row) = rows.next()? {
            each(self.change_record(row)?)?;
        }
        Ok(())
    }

    /// Every change of the listing `id`, the first one first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn history(&self, id: &str) -> Result<Vec<ChangeRecord>> {
        let query = format!("{CHANGES} WHERE listing = ?1 AND kind = '{LISTING}' ORDER BY seq");
        let mut statement = self.transaction.prepare(&query)?;
        let mut rows = statement.query([id])?;
        let mut changes = Vec::new();
        while let Some(row) = rows.next()? {
            changes.push(self.change_record(row)?);
        }
        Ok(changes)
    }

    /// Why nobody can follow from `seq`, where that is so: the ledger ends before it, or `chain` is not the hash of the
    /// batch that holds it. Nothing is compared where nothing was followed yet.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn unfollowed(&self, seq: u64, chain: Option<&str>) -> Result<Option<String>> {
        let end = self.seq();
        // SQLite compares them: what is beyond its counting is the asker's mistake, as everywhere.
        if self.transaction.query_row("SELECT ?1 > ?2", [seq, end], |row| row.get(0))? {
            return Ok(Some(format!(
                "the ledger ends at seq {end}, so nothing of it is behind {seq}: an older copy was put in its place; begin anew"
            )));
        }
        let Some(chain) = chain.filter(|chain| seq > 0 && !chain.is_empty()) else { return Ok(None) };
        let known = "SELECT 1 FROM batch WHERE lower(hex(chain)) = lower(?1)
                      AND last_seq = (SELECT min(last_seq) FROM batch WHERE last_seq >= ?2)";
        let known = self.transaction.query_row(known, params![chain, seq], |_| Ok(())).optional()?;
        Ok(known.is_none().then(|| {
            format!(
                "the ledger's chain at seq {seq} is not {chain:?}: what was followed is not this ledger; begin anew"
            )
        }))
    }

    /// The chain hash, in hex, of the batch that holds the change `seq`; empty where there is none.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn chain_at(&self, seq: u64) -> Result<String> {
        let holds = "SELECT lower(hex(chain)) FROM batch WHERE last_seq >= ?1 AND ?1 > 0 ORDER BY last_seq, n LIMIT 1";
        Ok(self.transaction.query_row(holds, [seq], |row| row.get(0)).optional()?.unwrap_or_default())
    }

    /// How many listings the changes of `span` touched.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn touched_in(&self, span: &BatchSpan) -> Result<u64> {
        let count =
            format!("SELECT count(DISTINCT listing) FROM change NOT INDEXED WHERE {} AND kind = 'listing'", span.sql());
        Ok(self.transaction.query_row(&count, [span.from, span.to], |row| row.get(0))?)
    }

    /// Hands to `each` what the changes of `span` did to every listing they touched.
    ///
    /// # Errors
    /// When the file cannot be read, or `each` fails.
    pub fn each_net_change(&self, span: &BatchSpan, mut each: impl FnMut(NetChange) -> Result<()>) -> Result<()> {
        let mut statement = self.transaction.prepare(&format!(
            "SELECT first.before, last.after, touched.listing, touched.oldest, touched.newest FROM
               (SELECT listing, min(seq) AS oldest, max(seq) AS newest FROM change NOT INDEXED
                 WHERE {} AND kind = 'listing' GROUP BY listing) AS touched
             JOIN change AS first ON first.seq = touched.oldest JOIN change AS last ON last.seq = touched.newest",
            span.sql()
        ))?;
        let mut rows = statement.query([span.from, span.to])?;
        while let Some(row) = rows.next()? {
            let image = |at| -> Result<Option<Listing>> {
                row.get_ref(at)?.as_str_or_null().map_err(not_text)?.map(parse_listing).transpose()
            };
            let withheld = self.last_withheld(text(row.get_ref(2)?)?)?;
            // Each by its own change: what was withheld in between is in the older image, not in the newer one.
            let (was_hidden, is_hidden) = (row.get::<_, u64>(3)? <= withheld, row.get::<_, u64>(4)? <= withheld);
            let after = image(1)?.map(|after| seen(after, is_hidden));
            let before = image(0)?.map(|before| match &after {
                Some(after) if was_hidden => seen_since(before, after),
                _ => seen(before, was_hidden),
            });
            each(NetChange { before, after })?;
        }
        Ok(())
    }

    /// The readings and pairs that the changes of `span` added and took away, as they came: what was done, the kind, and
    /// the entry's key.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn entry_changes_in(&self, span: &BatchSpan) -> Result<Vec<(String, String, String)>> {
        let mut statement = self.transaction.prepare(&format!(
            "SELECT op, kind, listing FROM change NOT INDEXED WHERE {} AND kind <> 'listing' ORDER BY seq",
            span.sql()
        ))?;
        let entries = statement.query_map([span.from, span.to], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        Ok(entries.collect::<Result<_, _>>()?)
    }

    fn change_record(&self, row: &Row<'_>) -> Result<ChangeRecord> {
        let (seq, kind, id): (u64, String, String) = (row.get(0)?, row.get(3)?, row.get(4)?);
        let hidden = kind == LISTING && seq <= self.last_withheld(&id)?;
        let image = |at| -> Result<Option<Image>> {
            let Some(image) = row.get_ref(at)?.as_str_or_null().map_err(not_text)? else { return Ok(None) };
            if kind != LISTING {
                return Ok(Some(Image::Entry(parse_entry(image)?)));
            }
            Ok(Some(Image::Listing(Box::new(seen(parse_listing(image)?, hidden)))))
        };
        let (before, after) = (image(5)?, image(6)?);
        Ok(ChangeRecord { seq, batch: row.get(1)?, op: row.get(2)?, kind, id, before, after })
    }

    /// As [`last_withheld`].
    fn last_withheld(&self, id: &str) -> Result<u64> {
        last_withheld(&self.transaction, id)
    }
}

/// The newest change that left the listing non-published; 0 where none did. Where that one is folded away, the change before
/// the first that is left, which tells so by its image before.
pub(super) fn last_withheld(connection: &Connection, id: &str) -> Result<u64> {
    let mut newest = connection.prepare_cached(
        "SELECT coalesce(
           (SELECT seq FROM change WHERE listing = ?1 AND kind = 'listing' AND after ->> 'status' = 'non_published'
             ORDER BY seq DESC LIMIT 1),
           (SELECT iif(before ->> 'status' = 'non_published', seq - 1, 0) FROM change
             WHERE listing = ?1 AND kind = 'listing' ORDER BY seq LIMIT 1),
           0)",
    )?;
    Ok(newest.query_row([id], |row| row.get(0))?)
}

/// The listing as anybody may see it: `hidden` where it was non-published at that time or later.
fn seen(listing: Listing, hidden: bool) -> Listing {
    if hidden { without_numbers(listing) } else { listing.published() }
}

/// A hidden image of a listing beside what is seen of it now: what anybody reads there is no secret in the older one.
fn seen_since(before: Listing, now: &Listing) -> Listing {
    let mut seen = without_numbers(before.clone());
    if before.phones == now.phones {
        seen.phones = before.phones;
    }
    if before.referral == now.referral {
        seen.referral = before.referral;
    }
    if before.aliases == now.aliases {
        seen.aliases = before.aliases;
    }
    if before.note == now.note {
        seen.note = before.note;
    }
    if before.address == now.address {
        seen.address = before.address;
    }
    seen
}

fn without_numbers(listing: Listing) -> Listing {
    let status = listing.status;
    Listing { status, ..Listing { status: Status::NonPublished, ..listing }.published() }
}

fn batch_record(row: &Row<'_>) -> Result<BatchRecord> {
    let (added, changed, deleted, seq): (u64, u64, u64, u64) = (row.get(7)?, row.get(8)?, row.get(9)?, row.get(12)?);
    Ok(BatchRecord {
        batch: row.get(0)?,
        feed: row.get(1)?,
        feed_seq: row.get(2)?,
        effective: row.get(3)?,
        source: row.get(4)?,
        received: row.get(5)?,
        day: row.get(6)?,
        added,
        changed,
        deleted,
        rejected: row.get(10)?,
        forced: row.get(11)?,
        seq_before: seq.saturating_sub(added + changed + deleted),
        seq,
        hash: row.get(13)?,
        chain: row.get(14)?,
        about: About::parse(row.get_ref(15)?.as_str_or_null().map_err(not_text)?)?,
        report: None,
    })
}

fn not_text(error: rusqlite::types::FromSqlError) -> Error {
    Error::damaged(format!("the ledger holds a row that is no text: {error}"))
}
