//! Checks the ledger against itself.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, OptionalExtension, Statement, TransactionBehavior, params};

use super::chain::{ChangesHasher, Link, hex};
use super::{derived, fold, given_up, kept_reports, read, waiting};
use crate::batch::ColumnMap;
use crate::{Error, Result};

/// Findings listed at most; the first ones tell where to look.
const FINDINGS_MAX: usize = 100;

/// What a check of the ledger found.
#[derive(Debug, Default)]
pub struct LedgerFindings {
    /// The ledger's seq.
    pub seq: u64,
    /// Batches checked.
    pub batches: u64,
    /// Changes checked.
    pub changes: u64,
    /// Listings there are.
    pub listings: u64,
    /// The last batch up to which the log is as it was appended.
    pub sound_batch: u64,
    /// The ledger's seq after it.
    pub sound_seq: u64,
    /// What does not hold, for people; empty when all is well.
    pub damage: Vec<String>,
}

pub(super) fn verify(connection: &mut Connection) -> Result<LedgerFindings> {
    verify_at(&*connection.transaction_with_behavior(TransactionBehavior::Deferred)?)
}

/// What can still be read of the ledger at `path`, which may be cut short; nothing where nothing can. It is not written to.
pub(super) fn salvage(path: &Path) -> LedgerFindings {
    let read = || {
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        // SQLite reads no file that is shorter than it should be, unless it is told that somebody is mending it.
        connection.pragma_update(None, "writable_schema", true)?;
        verify_at(&connection)
    };
    read().unwrap_or_default()
}

/// The newest batch of a ledger at one moment.
#[derive(Debug, Clone)]
pub(super) struct Head {
    batch: u64,
    seq: u64,
    chain: Vec<u8>,
}

impl Head {
    /// Where there is no batch.
    fn none() -> Head {
        Head { batch: 0, seq: 0, chain: vec![0; blake3::OUT_LEN] }
    }

    fn of(connection: &Connection) -> Result<Head> {
        let newest = "SELECT n, last_seq, chain FROM batch ORDER BY n DESC LIMIT 1";
        let head = connection
            .query_row(newest, [], |row| Ok(Head { batch: row.get(0)?, seq: row.get(1)?, chain: row.get(2)? }));
        Ok(head.optional()?.unwrap_or_else(Head::none))
    }

    /// Whether it is still a batch of the ledger.
    fn is_of(&self, connection: &Connection) -> Result<bool> {
        let known = "SELECT 1 FROM batch WHERE n = ?1 AND last_seq = ?2 AND chain = ?3";
        let known = connection.query_row(known, params![self.batch, self.seq, self.chain], |_| Ok(())).optional()?;
        Ok(known.is_some() || self.batch == 0)
    }
}

/// Checks the ledger as it stands at one moment, and says up to which batch that was. Nobody waits for it.
pub(super) fn verify_up_to(connection: &mut Connection) -> Result<(LedgerFindings, Head)> {
    let moment = connection.transaction_with_behavior(TransactionBehavior::Deferred)?;
    Ok((verify_at(&moment)?, Head::of(&moment)?))
}

/// Checks the log of what came behind `head`, up to which the ledger was checked before; what does not hold.
///
/// # Errors
/// Busy where that batch is not in the ledger any more: another one was put in its place.
pub(super) fn verify_behind(connection: &Connection, head: &Head) -> Result<Vec<String>> {
    if !head.is_of(connection)? {
        return Err(Error::busy("the ledger was replaced while it was checked; try again".to_owned()));
    }
    let mut findings = LedgerFindings::default();
    check_seq(connection, &mut findings)?;
    check_chain_behind(connection, head, 0, &mut findings)?;
    check_images_behind(connection, head.seq, &mut findings)?;
    Ok(findings.damage)
}

/// One check, which puts what it finds to the findings.
type Check = fn(&Connection, &mut LedgerFindings) -> Result<()>;

/// Checks what one transaction sees. Where one check comes upon what cannot be read, the others go on.
pub(super) fn verify_at(connection: &Connection) -> Result<LedgerFindings> {
    let mut findings = LedgerFindings::default();
    let checks: [(&str, Check); 11] = [
        ("the newest change", check_seq),
        ("the file", check_file),
        ("the log", check_chain),
        ("the images of changes", check_images),
        ("the listings", check_listings),
        ("the readings and pairs", check_entries),
        ("the batches that wait", |connection, findings| waiting::check_kept(connection, &mut findings.damage)),
        ("the reports that are kept", |connection, findings| kept_reports::check(connection, &mut findings.damage)),
        ("what is remembered", check_remembered),
        ("the keys and captions", |connection, findings| derived::check(connection, &mut findings.damage)),
        ("the numbers that were given up", |connection, findings| given_up::check(connection, &mut findings.damage)),
    ];
    for (what, check) in checks {
        match check(connection, &mut findings) {
            Err(error) if error.is_damaged() => findings.damage.push(format!("{what}: {error}")),
            checked => checked?,
        }
    }
    findings.damage.truncate(FINDINGS_MAX);
    Ok(findings)
}

fn check_seq(connection: &Connection, findings: &mut LedgerFindings) -> Result<()> {
    findings.seq = read::seq(connection)?;
    Ok(())
}

/// SQLite's own check of pages and indexes.
fn check_file(connection: &Connection, findings: &mut LedgerFindings) -> Result<()> {
    let mut statement = connection.prepare("PRAGMA integrity_check(20)")?;
    let lines = statement.query_map([], |row| row.get::<_, String>(0))?;
    for line in lines {
        let line = line?;
        if line != "ok" {
            findings.damage.push(format!("file: {line}"));
        }
    }
    Ok(())
}

/// Recomputes every batch's hash, count and link to the batch before; where the log is folded, the link alone, and what
/// stayed is compared with the checkpoint.
fn check_chain(connection: &Connection, findings: &mut LedgerFindings) -> Result<()> {
    let checkpoint = fold::checkpoint(connection)?;
    let known = findings.damage.len();
    if let Some(checkpoint) = &checkpoint {
        fold::check_state(connection, checkpoint, &mut findings.damage)?;
        findings.changes += checkpoint.kept;
    }
    check_chain_behind(connection, &Head::none(), known, findings)
}

/// The same of the batches behind `start`; with more findings than `known` nothing is sound.
fn check_chain_behind(
    connection: &Connection,
    start: &Head,
    known: usize,
    findings: &mut LedgerFindings,
) -> Result<()> {
    let mut batches = connection.prepare(
        "SELECT n, feed, feed_seq, hash, changes, chain, added + changed + deleted, last_seq, about
           FROM batch WHERE n > ?1 ORDER BY n",
    )?;
    let mut changes = connection.prepare(
        "SELECT op, listing, after, kind FROM change NOT INDEXED WHERE batch = ?1 AND seq BETWEEN ?2 AND ?3",
    )?;
    let folded = fold::checkpoint(connection)?.map_or(0, |checkpoint| checkpoint.batch);
    let Head { batch, mut seq, chain: mut previous } = start.clone();
    findings.batches = batch;
    let mut rows = batches.query([batch])?;
    while let Some(row) = rows.next()? {
        let n: u64 = row.get(0)?;
        let (feed, feed_seq): (String, u64) = (row.get(1)?, row.get(2)?);
        let (hash, listed, chain): (Vec<u8>, Vec<u8>, Vec<u8>) = (row.get(3)?, row.get(4)?, row.get(5)?);
        let (count, last_seq, about): (u64, u64, Option<String>) = (row.get(6)?, row.get(7)?, row.get(8)?);
        findings.batches += 1;
        if n != findings.batches {
            findings.damage.push(format!("batch {}: missing", findings.batches));
        }
        if n > folded {
            let (found, hash) = hash_of_batch(&mut changes, n, seq + 1, last_seq)?;
            findings.changes += found;
            if found != count || seq + count != last_seq {
                findings.damage.push(format!("batch {n}: {count} changes were appended, {found} are there"));
            }
            if hash.as_bytes() != listed.as_slice() {
                findings.damage.push(format!("batch {n}: its changes are not those that were appended"));
            }
        }
        let link = Link { feed: &feed, feed_seq, hash: &hash, changes: &listed, about: about.as_deref() };
        if link.behind(&previous).as_bytes() != chain.as_slice() {
            findings
                .damage
                .push(format!("batch {n}: its chain hash {} does not follow from the batch before", hex(&chain)));
        }
        previous = chain;
        seq = last_seq;
        if findings.damage.len() == known {
            (findings.sound_batch, findings.sound_seq) = (n, seq);
        }
    }
    if findings.seq != seq {
        findings.damage.push(format!("changes after {seq} belong to no batch"));
    }
    Ok(())
}

/// How many changes batch `n` has between two seqs, and their hash.
fn hash_of_batch(changes: &mut Statement<'_>, n: u64, first: u64, last: u64) -> Result<(u64, blake3::Hash)> {
    let (mut hasher, mut found) = (ChangesHasher::default(), 0);
    let mut of_batch = changes.query([n, first, last])?;
    while let Some(change) = of_batch.next()? {
        let (op, id, after): (String, String, Option<String>) = (change.get(0)?, change.get(1)?, change.get(2)?);
        let kind: String = change.get(3)?;
        hasher.change(&kind, &op, &id, after.as_deref());
        found += 1;
    }
    Ok((found, hasher.finish()))
}

/// What a change replaced is what the change before it left, where the log still has that; undoing goes by these images.
fn check_images(connection: &Connection, findings: &mut LedgerFindings) -> Result<()> {
    check_images_behind(connection, 0, findings)
}

/// The same of the changes behind `seq`.
fn check_images_behind(connection: &Connection, seq: u64, findings: &mut LedgerFindings) -> Result<()> {
    let folded = fold::checkpoint(connection)?.map_or(0, |checkpoint| checkpoint.seq).max(seq);
    let before = "SELECT was.after FROM change AS was
                   WHERE was.listing = change.listing AND was.kind = change.kind AND was.seq < change.seq
                   ORDER BY was.seq DESC LIMIT 1";
    let mut statement = connection.prepare(&format!(
        "SELECT batch, kind, listing FROM change NOT INDEXED
          WHERE seq > ?1 AND CASE op WHEN 'add' THEN before IS NOT NULL
                                     ELSE before IS NULL OR before <> ({before}) END
          LIMIT {FINDINGS_MAX}"
    ))?;
    let changes = statement
        .query_map([folded], |row| Ok((row.get::<_, u64>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?)))?;
    for change in changes {
        let (batch, kind, key) = change?;
        let damage = format!("batch {batch}: what it replaced of {kind} {key} is not what stood there");
        findings.damage.push(damage);
    }
    Ok(())
}

/// Every listing points to its newest change, and every newest change that is no deletion has its listing.
fn check_listings(connection: &Connection, findings: &mut LedgerFindings) -> Result<()> {
    findings.listings = connection.query_row("SELECT count(*) FROM listing", [], |row| row.get(0))?;
    let counted = read::listings_by_batches(connection, read::entries(connection)?)?;
    if counted != findings.listings {
        let there = findings.listings;
        findings.damage.push(format!("by what batches added and deleted there are {counted} listings; {there} stand"));
    }
    let newest = "SELECT listing AS id, max(seq) AS seq, op FROM change WHERE kind = 'listing' GROUP BY listing";
    let mut statement = connection.prepare(&format!(
        "SELECT newest.id FROM ({newest}) AS newest LEFT JOIN listing USING (id)
          WHERE (newest.op = 'delete') = (listing.seq IS NOT NULL) OR listing.seq <> newest.seq
         UNION ALL
         SELECT listing.id FROM listing LEFT JOIN change ON change.seq = listing.seq AND change.listing = listing.id
          WHERE change.seq IS NULL
         LIMIT {FINDINGS_MAX}"
    ))?;
    let ids = statement.query_map([], |row| row.get::<_, String>(0))?;
    for id in ids {
        findings.damage.push(format!("listing {}: its state is not that of its newest change", id?));
    }
    Ok(())
}

/// The same of the entries of the lexicon.
fn check_entries(connection: &Connection, findings: &mut LedgerFindings) -> Result<()> {
    let mut statement = connection.prepare(&format!(
        "WITH newest AS (SELECT kind, listing AS key, max(seq) AS seq, op FROM change WHERE kind <> 'listing'
                          GROUP BY kind, listing)
         SELECT newest.kind, newest.key FROM newest LEFT JOIN entry USING (kind, key)
          WHERE (newest.op = 'delete') = (entry.seq IS NOT NULL) OR entry.seq <> newest.seq
         UNION ALL
         SELECT entry.kind, entry.key FROM entry LEFT JOIN newest USING (kind, key) WHERE newest.seq IS NULL
         LIMIT {FINDINGS_MAX}"
    ))?;
    let entries = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
    for entry in entries {
        let (kind, key) = entry?;
        findings.damage.push(format!("{kind} {key}: its state is not that of its newest change"));
    }
    Ok(())
}

/// What no hash covers: the numbers that were given up are of listings there were, on days there are; columns are of fields
/// there are.
fn check_remembered(connection: &Connection, findings: &mut LedgerFindings) -> Result<()> {
    let mut statement = connection.prepare(&format!(
        "SELECT listing FROM given_up
          WHERE day IS NOT date(day) OR withheld NOT IN (0, 1) OR number = '' OR number GLOB '*[^0-9]*'
             OR NOT EXISTS (SELECT 1 FROM change WHERE change.listing = given_up.listing AND change.kind = 'listing')
          LIMIT {FINDINGS_MAX}"
    ))?;
    for listing in statement.query_map([], |row| row.get::<_, String>(0))? {
        findings.damage.push(format!("a number that listing {} gave up is not what was remembered", listing?));
    }
    let mut statement = connection.prepare("SELECT feed, title, field FROM feed_column")?;
    let mut columns = statement.query([])?;
    while let Some(row) = columns.next()? {
        let (feed, title, field): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        if ColumnMap::new([(title.as_str(), field.as_str())]).is_err() {
            findings.damage.push(format!("feed {feed}: column {title} is remembered as {field}, which is no field"));
        }
    }
    Ok(())
}
