//! Undoing: the inverse of a batch, appended as a batch.

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::about::{About, Signature};
use super::append::{Appender, insert_batch, parse_listing};
use super::chain::LISTING;
use super::fold::check_unfolded;
use super::place::{Place, UNDO_FEED};
use super::{Ledger, Limits, QUARANTINE_DAYS, given_up, read};
use crate::batch::{Header, Op, Report};
use crate::{Error, Result};

/// Rows in the way that are named.
const CONFLICTS_SHOWN_MAX: usize = 10;

/// How a batch is undone.
#[derive(Debug, Clone, Default)]
pub struct UndoOptions {
    /// Also undo rows that later batches touched: what those did to them is lost.
    pub force: bool,
    /// Who answers for it.
    pub signature: Option<Signature>,
    /// Do everything but the writing.
    pub dry_run: bool,
    /// As [`Limits::quarantine_days`]; the desk puts its own here.
    pub quarantine_days: Option<u32>,
}

/// The batch that undid batch `n` last, where nothing undid that one.
pub(super) fn undone_by(connection: &Connection, n: u64) -> Result<Option<u64>> {
    let query = "SELECT max(n) FROM batch WHERE feed = ?1 AND about ->> 'undoes' = ?2";
    let by: Option<u64> = connection.query_row(query, params![UNDO_FEED, n], |row| row.get(0))?;
    Ok(match by {
        Some(by) if undone_by(connection, by)?.is_none() => Some(by),
        _ => None,
    })
}

/// Refuses the undo of an undo whose batch is folded: what that gave up comes back with it, and is not known any more.
fn check_undone_unfolded(connection: &Connection, n: u64) -> Result<()> {
    let undoes = "SELECT about ->> 'undoes' FROM batch WHERE n = ?1 AND feed = ?2";
    let find =
        |n: u64| connection.query_row(undoes, params![n, UNDO_FEED], |row| row.get::<_, Option<u64>>(0)).optional();
    let mut undone = find(n)?.flatten();
    while let Some(earlier) = undone {
        check_unfolded(connection, earlier)
            .map_err(|error| error.context(format!("batch {n} cannot be undone, for it takes batch {earlier} back")))?;
        undone = find(earlier)?.flatten();
    }
    Ok(())
}

/// A batch that is to be undone.
struct Undone {
    chain: [u8; blake3::OUT_LEN],
    /// Seq before its first change, and of its last.
    seqs: (u64, u64),
}

impl Undone {
    fn find(connection: &Connection, n: u64) -> Result<Undone> {
        let query = "SELECT chain, last_seq - added - changed - deleted, last_seq FROM batch WHERE n = ?1";
        let found =
            connection.query_row(query, [n], |row| Ok(Undone { chain: row.get(0)?, seqs: (row.get(1)?, row.get(2)?) }));
        found.optional()?.ok_or_else(|| Error::not_found(format!("there is no batch {n}; see chahao batches")))
    }

    /// Refuses where a later batch touched what this one did.
    fn check_untouched(&self, connection: &Connection, n: u64) -> Result<()> {
        let mut statement = connection.prepare(&format!(
            "SELECT mine.kind, mine.listing, min(later.batch) FROM change AS mine JOIN change AS later
                 ON later.listing = mine.listing AND later.kind = mine.kind AND later.seq > ?2
              WHERE mine.seq > ?1 AND mine.seq <= ?2 GROUP BY mine.kind, mine.listing
              LIMIT {CONFLICTS_SHOWN_MAX}"
        ))?;
        let name = |row: &rusqlite::Row<'_>| {
            let (kind, key, batch): (String, String, u64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(if kind == LISTING { format!("{key} (batch {batch})") } else { format!("{kind} {key} (batch {batch})") })
        };
        let touched: Vec<String> =
            statement.query_map(params![self.seqs.0, self.seqs.1], name)?.collect::<Result<_, _>>()?;
        if touched.is_empty() {
            return Ok(());
        }
        let text = match undone_by(connection, n)? {
            Some(by) => format!("batch {n} is undone already, by batch {by}; undo that one to have it back"),
            None => format!(
                "later batches touched what batch {n} did: {}: undo those first, or lose what they did there with --force",
                touched.join(", ")
            ),
        };
        Err(Error::refused(text))
    }
}

impl Ledger {
    /// Appends the inverse of batch `n` as a new batch: what it added is gone, what it changed or deleted stands as
    /// before.
    ///
    /// # Errors
    /// Not found when there is no such batch; refused, with nothing written, when a later batch touched the same rows
    /// and `force` is not set, nothing of it is left to undo, or the log is folded so far, for an undo also where it is for
    /// the batch that it took back.
    pub fn undo(&mut self, n: u64, options: &UndoOptions) -> Result<Report> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let undone = Undone::find(&transaction, n)?;
        check_unfolded(&transaction, n)?;
        check_undone_unfolded(&transaction, n)?;
        if !options.force {
            undone.check_untouched(&transaction, n)?;
        }
        let place = Place::next(&transaction, UNDO_FEED.to_owned(), None)?;
        let hash = blake3::Hash::from_bytes(undone.chain);
        let mut report = Report {
            source: format!("undo of batch {n}"),
            feed: place.feed.clone(),
            feed_seq: place.feed_seq,
            forced: options.force,
            dry_run: options.dry_run,
            hash: hash.to_hex().to_string(),
            ..Report::default()
        };
        let quarantine_days = options.quarantine_days.unwrap_or(QUARANTINE_DAYS);
        let limits = Limits { quarantine_days, ..Limits::default() };
        let mut appender = Appender::new(&transaction, &place, &limits)?;
        appender.reviewer.takes_back();
        appender.take_back(undone.seqs, &mut report)?;
        given_up::go_back(&transaction, undone.seqs.0, place.last_seq)?;
        appender.reviewer.has_taken_back();
        let changes = appender.finish(&mut report)?;
        if report.seq == place.last_seq {
            return Err(Error::refused(format!("nothing of batch {n} is left to undo")));
        }
        let about = About { signature: options.signature.clone(), undoes: Some(n), ..About::default() }.text()?;
        report.chain = place.chain(&hash, &changes, about.as_deref()).to_hex().to_string();
        if options.dry_run {
            return Ok(report);
        }
        insert_batch(&transaction, &Header::default(), &hash, &place, &report, &changes, about.as_deref())?;
        transaction.commit()?;
        report.batch = Some(place.n);
        Ok(report)
    }
}

impl Appender<'_> {
    /// Puts back every image that stood before the changes behind `seqs.0` up to `seqs.1`, and counts that.
    pub(super) fn take_back(&mut self, seqs: (u64, u64), report: &mut Report) -> Result<()> {
        // Backwards: where a batch touched a listing twice, the first touch is undone last.
        let mut changes = self
            .transaction
            .prepare("SELECT kind, listing, before FROM change WHERE seq > ?1 AND seq <= ?2 ORDER BY seq DESC")?;
        let mut rows = changes.query(params![seqs.0, seqs.1])?;
        while let Some(row) = rows.next()? {
            let (kind, key): (String, String) = (row.get(0)?, row.get(1)?);
            let before: Option<String> = row.get(2)?;
            let Some(op) = self.put(&kind, &key, before.as_deref())? else { continue };
            if kind == LISTING { report.accepted.add_one(op) } else { report.lexicon.add_one(op) }
        }
        Ok(())
    }

    /// Makes the listing or entry `key` stand as `image` says, `None` for not at all; what that took, if anything.
    pub(super) fn put(&mut self, kind: &str, key: &str, image: Option<&str>) -> Result<Option<Op>> {
        let seq = self.seq + 1;
        let table = if kind == LISTING { Table::Listing } else { Table::Entry };
        let before = read::image(self.transaction, table, kind, key)?;
        let op = match (&before, image) {
            (None, None) => return Ok(None),
            (Some(before), Some(image)) if before == image => return Ok(None),
            (None, Some(_)) => Op::Add,
            (Some(_), Some(_)) => Op::Change,
            (Some(_), None) => Op::Delete,
        };
        let query = match (table, op) {
            (Table::Listing, Op::Add) => "INSERT INTO listing (seq, id) VALUES (?1, ?3)",
            (Table::Listing, Op::Change) => "UPDATE listing SET seq = ?1 WHERE id = ?3",
            (Table::Listing, Op::Delete) => "DELETE FROM listing WHERE id = ?3",
            (Table::Entry, Op::Add) => "INSERT INTO entry (seq, kind, key) VALUES (?1, ?2, ?3)",
            (Table::Entry, Op::Change) => "UPDATE entry SET seq = ?1 WHERE kind = ?2 AND key = ?3",
            (Table::Entry, Op::Delete) => "DELETE FROM entry WHERE kind = ?2 AND key = ?3",
        };
        self.transaction.prepare_cached(query)?.execute(params![seq, kind, key])?;
        self.write_change(kind, op, key, before.as_deref(), image)?;
        if kind == LISTING {
            let parsed = |image: Option<&str>| image.map(parse_listing).transpose();
            let (before, after) = (parsed(before.as_deref())?, parsed(image)?);
            self.reviewer.look(self.transaction, before.as_ref(), after.as_ref(), None)?;
        }
        Ok(Some(op))
    }
}

/// Where the state of a kind is kept.
#[derive(Debug, Clone, Copy)]
pub(super) enum Table {
    Listing,
    Entry,
}
