//! What stands beside a batch: listings by their numbers and by their names, and who stands under whom.
//!
//! # Invariants
//! 1. Whatever number is in service, and whatever name a listing has, leads to it from `listing_key`; what is found there
//!    may be out of date, so it is compared with the listing as it stands.
//! 2. `caption` says exactly which listings stand under which.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::FileExt;

use rusqlite::{Connection, params};

use super::append::parse_listing;
use super::undo::Table;
use crate::listing::{Listing, Status};
use crate::text::Folded;
use crate::{Error, ErrorKind, Result};

/// `part` is 0 for what came in large batches, in the order of keys, and 1 for the rest: a weekly batch touches few pages.
pub(super) const TABLES: &str = "
CREATE TABLE listing_key (
    part    INTEGER NOT NULL,
    key     INTEGER NOT NULL,
    listing TEXT    NOT NULL,
    PRIMARY KEY (part, key, listing)
) STRICT, WITHOUT ROWID;
CREATE TABLE caption (
    parent  TEXT NOT NULL,
    listing TEXT NOT NULL,
    PRIMARY KEY (parent, listing)
) STRICT, WITHOUT ROWID;
";
/// Names the version of what follows.
const VERSION_TABLE: &str = "
CREATE TABLE IF NOT EXISTS key_version (
    version INTEGER NOT NULL
) STRICT;
";
/// Grows whenever a name is folded, or a number dialled, in another way: keys of another version are built anew.
const KEYS_VERSION: i64 = 1;
/// Keys of one batch held in memory at most; more are sorted in runs, in a file of their own, and merged.
const KEYS_HELD_MAX: usize = 200_000;
/// Bytes of a run read at once.
const RUN_BYTES: usize = 32 << 10;
/// Listings told of for one number or name at most: a switchboard's, or branches by the hundred, are no news.
const MET_MAX: usize = 20;
/// Listings looked at for one at most: keys that are out of date stay, and a closed market's stalls had one number.
const LOOKED_AT_MAX: usize = 10_000;
/// Starting value and prime of FNV-1a: keys are in files, so they are made the same by every version.
const FNV: (u64, u64) = (0xcbf2_9ce4_8422_2325, 0x0000_0100_0000_01b3);

fn key(parts: [&str; 2]) -> i64 {
    let bytes = parts.into_iter().flat_map(|part| part.bytes().chain([0xff]));
    let hash = bytes.fold(FNV.0, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(FNV.1));
    hash.cast_signed()
}

/// The key of a number as it is dialled from afar.
pub(super) fn number_key(number: &str) -> i64 {
    key(["", number])
}

/// The key of a name, folded, in its locality.
pub(super) fn name_key(locality: &str, name: &str) -> i64 {
    folded_name_key(locality, Folded::new(name).text())
}

/// The same of a name that is folded.
pub(super) fn folded_name_key(locality: &str, folded: &str) -> i64 {
    key([locality, folded])
}

/// The numbers, as they are dialled from afar, by which callers reach the listing: none of one that is disconnected or
/// has changed its number.
pub(super) fn in_service(listing: Option<&Listing>) -> Vec<String> {
    let listing = listing.filter(|listing| matches!(listing.status, Status::Listed | Status::NonPublished));
    let Some(listing) = listing else { return Vec::new() };
    let mut numbers = Vec::with_capacity(listing.phones.len());
    for phone in &listing.phones {
        let number = phone.dialled_whole(&listing.area_code);
        if !numbers.contains(&number) {
            numbers.push(number);
        }
    }
    numbers
}

/// What becomes of an image that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// Nothing is made of the others either.
    IsRefused,
    /// What was derived of its listing is left as it is, for verify to tell.
    IsLeft,
}

/// Keys a batch adds, until it is through.
#[derive(Debug, Default)]
pub(super) struct NewKeys {
    held: Vec<(i64, String)>,
    /// Where there are more than are held: sorted runs, one behind the other, and where each ends.
    spilled: Option<(BufWriter<File>, Vec<u64>)>,
}

impl NewKeys {
    pub(super) fn put(&mut self, key: i64, id: &str) -> Result<()> {
        self.held.push((key, id.to_owned()));
        if self.held.len() >= KEYS_HELD_MAX {
            self.spill()?;
        }
        Ok(())
    }

    fn spill(&mut self) -> Result<()> {
        let (file, ends) = match &mut self.spilled {
            Some(spilled) => spilled,
            none => none.insert((BufWriter::new(tempfile::tempfile().map_err(spill_failed)?), Vec::new())),
        };
        self.held.sort_unstable();
        let mut end = ends.last().copied().unwrap_or(0);
        for (key, id) in self.held.drain(..) {
            let length = u8::try_from(id.len()).map_err(|_| Error::internal("a listing's id is over-long"))?;
            file.write_all(&key.to_le_bytes()).map_err(spill_failed)?;
            file.write_all(&[length]).map_err(spill_failed)?;
            file.write_all(id.as_bytes()).map_err(spill_failed)?;
            end += size_of::<i64>() as u64 + 1 + u64::from(length);
        }
        ends.push(end);
        Ok(())
    }

    /// Writes them, in their order, so that pages of the table are written one after the other.
    pub(super) fn write(self, connection: &Connection) -> Result<()> {
        let mut insert =
            connection.prepare_cached("INSERT OR IGNORE INTO listing_key (part, key, listing) VALUES (?1, ?2, ?3)")?;
        self.each(&mut |key, id, is_large| {
            insert.execute(params![i64::from(!is_large), key, id])?;
            Ok(())
        })
    }

    /// Hands them to `each` in their order, with whether they are more than are held.
    pub(super) fn each(mut self, each: &mut dyn FnMut(i64, &str, bool) -> Result<()>) -> Result<()> {
        if self.spilled.is_some() {
            self.spill()?;
        }
        let Some((file, ends)) = self.spilled else {
            self.held.sort_unstable();
            return self.held.iter().try_for_each(|(key, id)| each(*key, id, false));
        };
        let file = file.into_inner().map_err(|error| spill_failed(error.into_error()))?;
        let starts = std::iter::once(0).chain(ends.iter().copied());
        let runs =
            starts.zip(&ends).map(|(at, end)| BufReader::with_capacity(RUN_BYTES, Run { file: &file, at, end: *end }));
        let mut runs: Vec<_> = runs.collect();
        let mut next = BinaryHeap::with_capacity(runs.len());
        for (number, run) in runs.iter_mut().enumerate() {
            next.extend(next_key(run)?.map(|(key, id)| Reverse((key, id, number))));
        }
        while let Some(Reverse((key, id, number))) = next.pop() {
            each(key, &id, true)?;
            let Some(run) = runs.get_mut(number) else { continue };
            next.extend(next_key(run)?.map(|(key, id)| Reverse((key, id, number))));
        }
        Ok(())
    }
}

fn spill_failed(error: std::io::Error) -> Error {
    Error::new(ErrorKind::Io, format!("cannot sort the batch's numbers and names in a temporary file: {error}"))
        .caused_by(error)
}

/// One sorted run of keys in a file.
struct Run<'f> {
    file: &'f File,
    at: u64,
    end: u64,
}

impl Read for Run<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let left = usize::try_from(self.end - self.at).unwrap_or(usize::MAX).min(out.len());
        let read = self.file.read_at(out.get_mut(..left).unwrap_or_default(), self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}

/// The next key of a run and its listing; `None` at the end.
fn next_key(run: &mut BufReader<Run<'_>>) -> Result<Option<(i64, String)>> {
    if run.fill_buf().map_err(spill_failed)?.is_empty() {
        return Ok(None);
    }
    let (mut key, mut length) = ([0; size_of::<i64>()], [0; 1]);
    run.read_exact(&mut key).map_err(spill_failed)?;
    run.read_exact(&mut length).map_err(spill_failed)?;
    let mut id = vec![0; usize::from(length[0])];
    run.read_exact(&mut id).map_err(spill_failed)?;
    let id = String::from_utf8(id).map_err(|_| Error::internal("a key's listing is no text"))?;
    Ok(Some((i64::from_le_bytes(key), id)))
}

/// Whether anything stands.
pub(super) fn is_empty(connection: &Connection) -> Result<bool> {
    Ok(connection.query_row("SELECT NOT EXISTS (SELECT 1 FROM listing_key)", [], |row| row.get(0))?)
}

/// The listings as they stand that `key` led to when the batch began and that are `wanted`; [`MET_MAX`] at most.
pub(super) fn listings_by(
    connection: &Connection,
    key: i64,
    wanted: &dyn Fn(&Listing) -> bool,
) -> Result<Vec<Listing>> {
    let mut find = connection.prepare_cached(
        "SELECT change.after FROM listing_key
           JOIN listing ON listing.id = listing_key.listing JOIN change ON change.seq = listing.seq
          WHERE listing_key.part IN (0, 1) AND listing_key.key = ?1 LIMIT ?2",
    )?;
    let mut rows = find.query(params![key, LOOKED_AT_MAX])?;
    let mut listings = Vec::new();
    while listings.len() < MET_MAX
        && let Some(row) = rows.next()?
    {
        let listing = parse_listing(super::read::text(row.get_ref(0)?)?)?;
        if wanted(&listing) {
            listings.push(listing);
        }
    }
    Ok(listings)
}

/// Whether there is a listing `id`.
pub(super) fn stands(connection: &Connection, id: &str) -> Result<bool> {
    let mut find = connection.prepare_cached("SELECT 1 FROM listing WHERE id = ?1")?;
    Ok(find.exists([id])?)
}

/// Whether `id` stands under `parent`.
pub(super) fn stands_under(connection: &Connection, parent: &str, id: &str) -> Result<bool> {
    let mut find = connection.prepare_cached("SELECT 1 FROM caption WHERE parent = ?1 AND listing = ?2")?;
    Ok(find.exists([parent, id])?)
}

/// Whether `id` stands and sends callers to the listing `other`.
pub(super) fn refers_to(connection: &Connection, id: &str, other: &str) -> Result<bool> {
    let Some(image) = super::read::image(connection, Table::Listing, "", id)? else { return Ok(false) };
    let listing = parse_listing(&image)?;
    let referral = listing.referral.filter(|_| listing.status != Status::NonPublished);
    Ok(referral.and_then(|referral| referral.listing).is_some_and(|referred| referred.as_str() == other))
}

/// Puts the listing under its parent, from the one it stood under before.
pub(super) fn move_caption(connection: &Connection, before: Option<&Listing>, after: Option<&Listing>) -> Result<()> {
    let parent = |listing: Option<&Listing>| listing.and_then(|listing| listing.parent.clone());
    let Some(id) = after.or(before).map(|listing| &listing.id) else { return Ok(()) };
    let (was, is) = (parent(before), parent(after));
    if was == is {
        return Ok(());
    }
    for (parent, query) in [
        (was, "DELETE FROM caption WHERE parent = ?1 AND listing = ?2"),
        (is, "INSERT OR IGNORE INTO caption (parent, listing) VALUES (?1, ?2)"),
    ] {
        if let Some(parent) = parent {
            connection.prepare_cached(query)?.execute([parent.as_str(), id.as_str()])?;
        }
    }
    Ok(())
}

/// The ids of the listings that stand under `parent`, `limit` at most.
pub(super) fn captions(connection: &Connection, parent: &str, limit: usize) -> Result<Vec<String>> {
    let mut find =
        connection.prepare_cached("SELECT listing FROM caption WHERE parent = ?1 ORDER BY listing LIMIT ?2")?;
    let ids = find.query_map(params![parent, limit], |row| row.get(0))?;
    Ok(ids.collect::<Result<_, _>>()?)
}

/// Makes the tables, for what stands already too.
pub(super) fn prepare(connection: &Connection) -> Result<()> {
    connection.execute_batch(TABLES)?;
    rebuild(connection, Unreadable::IsLeft)?;
    dial_given_up(connection)
}

/// Whether the keys are of this version. Any ledger that has keys says of which they are.
///
/// # Errors
/// Refused where they are of a newer one, which this version would take for its own.
pub(super) fn are_current(connection: &Connection) -> Result<bool> {
    let query = "SELECT count(*), max(version) FROM key_version";
    let (count, newest): (u64, Option<i64>) = connection.query_row(query, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if let Some(newest) = newest.filter(|newest| *newest > KEYS_VERSION) {
        return Err(Error::refused(format!(
            "the ledger has keys of version {newest}; this version makes {KEYS_VERSION}: use the version of chahao that \
             wrote it"
        )));
    }
    Ok(count == 1 && newest == Some(KEYS_VERSION))
}

/// Says that the keys are of this version.
pub(super) fn stamp(connection: &Connection) -> Result<()> {
    connection.execute_batch(VERSION_TABLE)?;
    connection.execute("DELETE FROM key_version", [])?;
    connection.execute("INSERT INTO key_version (version) VALUES (?1)", [KEYS_VERSION])?;
    Ok(())
}

/// Puts the keys of a listing that stands.
pub(super) fn put_keys(listing: &Listing, keys: &mut NewKeys) -> Result<()> {
    for number in in_service(Some(listing)) {
        keys.put(number_key(&number), listing.id.as_str())?;
    }
    keys.put(name_key(&listing.locality, &listing.name), listing.id.as_str())
}

/// Who stands under whom, and whose listing cannot be read, while listings are read. SQLite keeps them in a file of their
/// own once they are many.
const READ: &str = "
    CREATE TEMP TABLE under (parent TEXT, listing TEXT, PRIMARY KEY (parent, listing)) WITHOUT ROWID;
    CREATE TEMP TABLE unread (listing TEXT PRIMARY KEY) WITHOUT ROWID;";
const NOT_READ: &str = "DROP TABLE IF EXISTS temp.under; DROP TABLE IF EXISTS temp.unread;";
/// Drops what was derived of all listings.
const ALL_STALE: &str = "DELETE FROM caption; DELETE FROM listing_key;";
/// The same of all but those that cannot be read, which takes longer.
const STALE: &str = "
    DELETE FROM caption WHERE listing NOT IN (SELECT listing FROM temp.unread);
    DELETE FROM listing_key WHERE listing NOT IN (SELECT listing FROM temp.unread);";
const PUT_UNDER: &str = "
    INSERT OR IGNORE INTO caption (parent, listing) SELECT parent, listing FROM temp.under ORDER BY parent, listing;";

/// Builds the tables anew from what stands.
///
/// # Errors
/// Damaged where a listing cannot be read and that [is refused](Unreadable::IsRefused).
pub(super) fn rebuild(connection: &Connection, unreadable: Unreadable) -> Result<()> {
    connection.execute_batch(NOT_READ)?;
    connection.execute_batch(READ)?;
    let keys = read_standing(connection, unreadable)?;
    let all_read = "SELECT NOT EXISTS (SELECT 1 FROM temp.unread)";
    let all_read: bool = connection.query_row(all_read, [], |row| row.get(0))?;
    connection.execute_batch(if all_read { ALL_STALE } else { STALE })?;
    connection.execute_batch(PUT_UNDER)?;
    connection.execute_batch(NOT_READ)?;
    stamp(connection)?;
    keys.write(connection)
}

/// Reads what stands: its keys, and into the tables made for it the rest.
fn read_standing(connection: &Connection, unreadable: Unreadable) -> Result<NewKeys> {
    let mut keys = NewKeys::default();
    let mut under = connection.prepare("INSERT INTO temp.under (parent, listing) VALUES (?1, ?2)")?;
    let mut unread = connection.prepare("INSERT INTO temp.unread (listing) VALUES (?1)")?;
    let mut statement = connection.prepare("SELECT listing.id, after FROM listing JOIN change USING (seq)")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let listing = match super::read::text(row.get_ref(1)?).and_then(parse_listing) {
            Ok(listing) => listing,
            Err(error) if unreadable == Unreadable::IsRefused => return Err(error),
            Err(_) => {
                unread.execute([super::read::text(row.get_ref(0)?)?])?;
                continue;
            }
        };
        if let Some(parent) = &listing.parent {
            under.execute([parent.as_str(), listing.id.as_str()])?;
        }
        put_keys(&listing, &mut keys)?;
    }
    Ok(keys)
}

/// Numbers given up so far stand as their listings had them; from now on they are compared as they are dialled from afar.
fn dial_given_up(connection: &Connection) -> Result<()> {
    let mut given_up = connection.prepare("SELECT number, listing FROM given_up ORDER BY number, listing")?;
    let rows = given_up.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
    let rows: Vec<_> = rows.collect::<Result<_, _>>()?;
    let mut images = connection.prepare(
        "SELECT before FROM change WHERE listing = ?1 AND kind = 'listing' AND before IS NOT NULL ORDER BY seq DESC",
    )?;
    let mut rename =
        connection.prepare("UPDATE OR REPLACE given_up SET number = ?3 WHERE number = ?1 AND listing = ?2")?;
    for (number, id) in rows {
        let mut images = images.query([&id])?;
        while let Some(row) = images.next()? {
            let Ok(listing) = super::read::text(row.get_ref(0)?).and_then(parse_listing) else { continue };
            if let Some(phone) = listing.phones.iter().find(|phone| phone.digits() == number) {
                rename.execute(params![number, id, phone.dialled_whole(&listing.area_code)])?;
                break;
            }
        }
    }
    Ok(())
}
