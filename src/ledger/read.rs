//! Reading the ledger at one moment.

use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior};

use super::Ledger;
use super::append::parse_listing;
use super::entry::parse_entry;
use super::undo::Table;
use crate::listing::{Listing, ListingId};
use crate::text::LexiconEntry;
use crate::{Error, Result};

/// The ledger as it stood at one moment, whatever is appended meanwhile.
#[derive(Debug)]
pub struct Snapshot<'c> {
    pub(super) transaction: Transaction<'c>,
    seq: u64,
}

impl<'c> Snapshot<'c> {
    pub(super) fn begin(connection: &'c mut Connection) -> Result<Snapshot<'c>> {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Deferred)?;
        // The first read is what fixes the moment.
        let seq = seq(&transaction)?;
        Ok(Snapshot { transaction, seq })
    }

    /// The number of the newest change in view.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// The chain hash, in hex, of the newest batch in view; empty where there is none.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn chain(&self) -> Result<String> {
        Ok(head(&self.transaction)?.1)
    }

    /// Whether a batch with this chain hash ends at `seq`: whether what was made then was made from this ledger.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn has_batch(&self, seq: u64, chain: &str) -> Result<bool> {
        has_batch(&self.transaction, seq, chain)
    }

    /// Whether a change after `seq` left a listing non-published.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn withheld_after(&self, seq: u64) -> Result<bool> {
        withheld_after(&self.transaction, seq)
    }

    /// Refuses where the log is folded so far that what batch `n` did is not known any more.
    ///
    /// # Errors
    /// Refused then; otherwise when the file cannot be read.
    pub fn check_unfolded(&self, n: u64) -> Result<()> {
        super::fold::check_unfolded(&self.transaction, n)
    }

    /// How many listings there are.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn count(&self) -> Result<u64> {
        Ok(self.transaction.query_row("SELECT count(*) FROM listing", [], |row| row.get(0))?)
    }

    /// The listing `id` names.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn listing(&self, id: &str) -> Result<Option<Listing>> {
        let image: Option<String> = self
            .transaction
            .query_row("SELECT after FROM listing JOIN change USING (seq) WHERE id = ?1", [id], |row| row.get(0))
            .optional()?;
        image.map(|image| parse_listing(&image)).transpose()
    }

    /// What the desk has put into its lexicon, in the order in which it came.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn lexicon_entries(&self) -> Result<Vec<LexiconEntry>> {
        lexicon_entries(&self.transaction)
    }

    /// Hands every listing's JSON image to `each`, in the order of their newest changes.
    ///
    /// # Errors
    /// When the file cannot be read, or `each` fails.
    pub fn each_image(&self, mut each: impl FnMut(&str) -> Result<()>) -> Result<()> {
        let mut statement = self
            .transaction
            .prepare("SELECT after FROM listing CROSS JOIN change ON change.seq = listing.seq ORDER BY listing.seq")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            each(text(row.get_ref(0)?)?)?;
        }
        Ok(())
    }

    /// Hands every listing to `each`, in the order of their ids.
    ///
    /// # Errors
    /// When the file cannot be read, or `each` fails.
    pub fn each_by_id(&self, mut each: impl FnMut(Listing) -> Result<()>) -> Result<()> {
        let mut statement = self
            .transaction
            .prepare("SELECT after FROM listing CROSS JOIN change ON change.seq = listing.seq ORDER BY listing.id")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            each(parse_listing(text(row.get_ref(0)?)?)?)?;
        }
        Ok(())
    }

    /// Hands every listing touched after `seq` to `each`, once: as it stands, or `None` where it is gone.
    ///
    /// # Errors
    /// When the file cannot be read, or `each` fails.
    pub fn each_touched_after(
        &self,
        seq: u64,
        mut each: impl FnMut(ListingId, Option<Listing>) -> Result<()>,
    ) -> Result<()> {
        let mut statement = self.transaction.prepare(
            "SELECT change.listing, change.after FROM change
             JOIN (SELECT max(seq) AS newest FROM change NOT INDEXED WHERE seq > ?1 AND kind = 'listing' GROUP BY listing) ON change.seq = newest
             ORDER BY change.seq",
        )?;
        let mut rows = statement.query([seq])?;
        while let Some(row) = rows.next()? {
            let id = ListingId::new(text(row.get_ref(0)?)?).map_err(|invalid| Error::damaged(invalid.reason))?;
            let after = row.get_ref(1)?.as_str_or_null().map_err(|error| Error::damaged(error.to_string()))?;
            each(id, after.map(parse_listing).transpose()?)?;
        }
        Ok(())
    }

    /// Hands every image of a non-published listing to `each` that a change after `seq` made or replaced.
    ///
    /// # Errors
    /// When the file cannot be read, or `each` fails.
    pub fn each_withheld_after(&self, seq: u64, each: impl FnMut(Listing) -> Result<()>) -> Result<()> {
        each_withheld_after(&self.transaction, seq, each)
    }

    /// How many listings were touched after `seq`.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn touched_after(&self, seq: u64) -> Result<u64> {
        let count = "SELECT count(DISTINCT listing) FROM change NOT INDEXED WHERE seq > ?1 AND kind = 'listing'";
        Ok(self.transaction.query_row(count, [seq], |row| row.get(0))?)
    }
}

/// The image of a listing or entry as it stands.
pub(super) fn image(connection: &Connection, table: Table, kind: &str, key: &str) -> Result<Option<String>> {
    let query = match table {
        Table::Listing => "SELECT after FROM listing JOIN change USING (seq) WHERE listing.id = ?2",
        Table::Entry => "SELECT after FROM entry JOIN change USING (seq) WHERE entry.kind = ?1 AND entry.key = ?2",
    };
    Ok(connection.prepare_cached(query)?.query_row([kind, key], |row| row.get(0)).optional()?)
}

pub(super) fn has_batch(connection: &Connection, seq: u64, chain: &str) -> Result<bool> {
    let known = "SELECT 1 FROM batch WHERE last_seq = ?1 AND lower(hex(chain)) = ?2";
    let found = connection.query_row(known, rusqlite::params![seq, chain], |_| Ok(())).optional()?;
    Ok(found.is_some() || (seq == 0 && chain.is_empty()))
}

/// SQL that tells whether an image, `before` or `after`, is of a non-published listing. Few images hold the word, and looking
/// for it costs a fraction of reading them as JSON.
fn is_withheld(image: &str) -> String {
    format!("(instr({image}, '\"non_published\"') AND {image} ->> 'status' = 'non_published')")
}

/// See [`Snapshot::each_withheld_after`].
pub(super) fn each_withheld_after(
    connection: &Connection,
    seq: u64,
    mut each: impl FnMut(Listing) -> Result<()>,
) -> Result<()> {
    let (before, after) = (is_withheld("before"), is_withheld("after"));
    let mut statement = connection.prepare(&format!(
        "SELECT iif({before}, before, NULL), iif({after}, after, NULL) FROM change NOT INDEXED
          WHERE seq > ?1 AND kind = 'listing' AND ({before} OR {after})"
    ))?;
    let mut rows = statement.query([seq])?;
    while let Some(row) = rows.next()? {
        for at in 0..2 {
            let image = row.get_ref(at)?.as_str_or_null().map_err(|error| Error::damaged(error.to_string()))?;
            image.map_or(Ok(()), |image| each(parse_listing(image)?))?;
        }
    }
    Ok(())
}

/// Whether a change after `seq` left a listing non-published. Where the log is folded beyond `seq`, a change that is gone may
/// have: what came behind it tells by the image before.
pub(super) fn withheld_after(connection: &Connection, seq: u64) -> Result<bool> {
    let (before, after) = (is_withheld("before"), is_withheld("after"));
    let is_first = "NOT EXISTS (SELECT 1 FROM change AS one WHERE one.listing = change.listing AND one.kind = 'listing'
                                   AND one.seq < change.seq)";
    let query = format!(
        "SELECT EXISTS (SELECT 1 FROM change NOT INDEXED WHERE seq > ?1 AND kind = 'listing'
                           AND ({after} OR (?2 AND {before} AND {is_first})))"
    );
    let is_folded = super::fold::checkpoint(connection)?.is_some_and(|checkpoint| checkpoint.seq > seq);
    Ok(connection.query_row(&query, rusqlite::params![seq, is_folded], |row| row.get(0))?)
}

pub(super) fn lexicon_entries(connection: &Connection) -> Result<Vec<LexiconEntry>> {
    let mut statement = connection.prepare("SELECT after FROM entry JOIN change USING (seq) ORDER BY entry.seq")?;
    let mut rows = statement.query([])?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        entries.push(parse_entry(text(row.get_ref(0)?)?)?);
    }
    Ok(entries)
}

pub(super) fn oldest_after(connection: &Connection, seq: u64) -> Result<Option<String>> {
    let oldest = "SELECT received FROM batch WHERE last_seq > ?1 ORDER BY last_seq LIMIT 1";
    Ok(connection.prepare_cached(oldest)?.query_row([seq], |row| row.get(0)).optional()?)
}

impl Ledger {
    /// Numbers given up after `day`: their digits, by which listing, and when.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn given_up_after(&self, day: Date) -> Result<Vec<(String, String, Date)>> {
        let mut statement =
            self.connection.prepare_cached("SELECT number, listing, day FROM given_up WHERE day > ?1")?;
        let mut rows = statement.query([day.to_string()])?;
        let mut given_up = Vec::new();
        while let Some(row) = rows.next()? {
            let day = text(row.get_ref(2)?)?.parse();
            let day = day.map_err(|_| Error::damaged("the ledger holds a day that is none: run chahao verify"))?;
            given_up.push((row.get(0)?, row.get(1)?, day));
        }
        Ok(given_up)
    }
}

/// How many listings there are by what batches added and deleted, where `entries` of that are of the lexicon; counting them
/// would read the index of all ids.
pub(super) fn listings_by_batches(connection: &Connection, entries: u64) -> Result<u64> {
    let standing = "SELECT max(0, coalesce(sum(added - deleted), 0) - ?1) FROM batch";
    Ok(connection.query_row(standing, [entries], |row| row.get(0))?)
}

/// How many readings and pairs there are.
pub(super) fn entries(connection: &Connection) -> Result<u64> {
    Ok(connection.query_row("SELECT count(*) FROM entry", [], |row| row.get(0))?)
}

/// The newest change's number and the newest batch's chain hash.
pub(super) fn head(connection: &Connection) -> Result<(u64, String)> {
    let newest = "SELECT last_seq, lower(hex(chain)) FROM batch ORDER BY n DESC LIMIT 1";
    let head = connection.prepare_cached(newest)?.query_row([], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    Ok(head.unwrap_or_default())
}

pub(super) fn seq(connection: &Connection) -> Result<u64> {
    Ok(connection.query_row("SELECT coalesce(max(seq), 0) FROM change", [], |row| row.get(0))?)
}

pub(super) fn text(value: rusqlite::types::ValueRef<'_>) -> Result<&str> {
    value.as_str().map_err(|error| Error::damaged(format!("the ledger holds a row that is no text: {error}")))
}
