//! The tables, and the check that a file is a ledger this version can read.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use super::standing::Unreadable;
use super::{given_up, standing};
use crate::{Error, Result};

/// Marks an SQLite file as a ledger: "chah" in ASCII.
const APPLICATION_ID: i64 = 0x6368_6168;
/// Where it stands in the file.
const APPLICATION_ID_AT: u64 = 68;
/// Grows with every change to the tables.
const SCHEMA_VERSION: i64 = 5;

/// `change.after` is the listing as JSON, NULL for a deletion; `change.before` what it replaced, NULL for
/// an addition. `listing` holds no copy of that JSON, only the number of the listing's newest change.
/// References say what belongs to what; they are not enforced, for which `Ledger::prepare` has the reason.
/// A change of another `kind` is of the lexicon: `change.listing` is the entry's key then, and [`ENTRIES`] has its
/// newest change.
const TABLES: &str = "
CREATE TABLE batch (
    n         INTEGER PRIMARY KEY,
    feed      TEXT    NOT NULL,
    feed_seq  INTEGER NOT NULL,
    effective TEXT,
    source    TEXT    NOT NULL,
    received  TEXT    NOT NULL,
    added     INTEGER NOT NULL,
    changed   INTEGER NOT NULL,
    deleted   INTEGER NOT NULL,
    rejected  INTEGER NOT NULL,
    forced    INTEGER NOT NULL,
    last_seq  INTEGER NOT NULL,
    hash      BLOB    NOT NULL,
    changes   BLOB    NOT NULL,
    chain     BLOB    NOT NULL,
    UNIQUE (feed, feed_seq)
) STRICT;
CREATE INDEX batch_by_hash ON batch (feed, hash);
CREATE INDEX batch_by_last_seq ON batch (last_seq);
CREATE TABLE change (
    seq     INTEGER PRIMARY KEY,
    batch   INTEGER NOT NULL REFERENCES batch (n) DEFERRABLE INITIALLY DEFERRED,
    op      TEXT    NOT NULL CHECK (op IN ('add', 'change', 'delete')),
    listing TEXT    NOT NULL,
    before  TEXT,
    after   TEXT,
    kind    TEXT    NOT NULL DEFAULT 'listing'
) STRICT;
CREATE TABLE listing (
    seq INTEGER PRIMARY KEY,
    id  TEXT NOT NULL UNIQUE
) STRICT;
";

/// The entries of the lexicon as they stand now.
const ENTRIES: &str = "
CREATE TABLE entry (
    seq  INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    key  TEXT NOT NULL,
    UNIQUE (kind, key)
) STRICT;
";

/// Makes the tables of version 1 those of version 2; no row of theirs is written.
const FROM_1_TO_2: &str = "ALTER TABLE change ADD COLUMN kind TEXT NOT NULL DEFAULT 'listing';";

/// What batches say beside their changes, and a way from a listing to its changes. `batch.about` is JSON,
/// `batch.day` the day it was appended, where the desk is.
/// `feed_column` says what columns of a feed's files are, `given_up` when a listing last gave up a number.
/// `waiting` holds batches whose day has not come, or whose feed has one that waits: their bytes, packed, in parts.
const FROM_2_TO_3: &str = "
ALTER TABLE batch ADD COLUMN about TEXT;
ALTER TABLE batch ADD COLUMN day TEXT;
CREATE INDEX change_by_listing ON change (listing);
CREATE TABLE waiting (
    id        INTEGER PRIMARY KEY,
    feed      TEXT    NOT NULL,
    feed_seq  INTEGER NOT NULL,
    until     TEXT    NOT NULL,
    source    TEXT    NOT NULL,
    received  TEXT    NOT NULL,
    hash      BLOB    NOT NULL,
    options   TEXT    NOT NULL,
    refusal   TEXT,
    UNIQUE (feed, feed_seq)
) STRICT;
CREATE TABLE feed_column (
    feed  TEXT NOT NULL,
    title TEXT NOT NULL,
    field TEXT NOT NULL,
    PRIMARY KEY (feed, title)
) STRICT, WITHOUT ROWID;
CREATE TABLE given_up (
    number   TEXT    NOT NULL,
    listing  TEXT    NOT NULL,
    day      TEXT    NOT NULL,
    withheld INTEGER NOT NULL,
    PRIMARY KEY (number, listing)
) STRICT, WITHOUT ROWID;
CREATE TABLE waiting_part (
    waiting INTEGER NOT NULL REFERENCES waiting (id) ON DELETE CASCADE,
    part    INTEGER NOT NULL,
    bytes   BLOB    NOT NULL,
    UNIQUE (waiting, part)
) STRICT;
";

/// Checks, without writing, that a file is empty or a ledger of this version or an older one.
pub(super) fn check(connection: &Connection) -> Result<()> {
    match version(connection)? {
        Some(SCHEMA_VERSION) => standing::are_current(connection).map(drop),
        None | Some(1..SCHEMA_VERSION) => Ok(()),
        Some(other) => Err(unread(other)),
    }
}

/// Another version's ledger is whole, and no backup's to replace.
fn unread(found: i64) -> Error {
    let text = format!(
        "the ledger has schema {found}; this version reads {SCHEMA_VERSION}: use the version of chahao that wrote it"
    );
    if found > SCHEMA_VERSION { Error::refused(text) } else { Error::damaged(text) }
}

/// Whether a file holds no tables at all.
pub(super) fn is_empty(connection: &Connection) -> Result<bool> {
    version(connection).map(|version| version.is_none())
}

/// Whether the header of the file at `path` says that it is a ledger, however damaged the rest is.
pub(super) fn is_marked(path: &Path) -> bool {
    let mut mark = [0; 4];
    let read = File::open(path).and_then(|file| file.read_exact_at(&mut mark, APPLICATION_ID_AT));
    read.is_ok() && i64::from(u32::from_be_bytes(mark)) == APPLICATION_ID
}

/// Makes the tables in an empty file, brings those of an older version up to this one, or checks that they are ours.
pub(super) fn prepare(connection: &Connection) -> Result<()> {
    if version(connection)? == Some(SCHEMA_VERSION) && standing::are_current(connection)? {
        return Ok(());
    }
    // Two processes may find the file empty at once: look again under the write lock.
    let transaction = rusqlite::Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    let found = version(&transaction)?;
    match found {
        Some(SCHEMA_VERSION) if standing::are_current(&transaction)? => return Ok(()),
        Some(found @ 1..=SCHEMA_VERSION) => {
            let path = connection.path().unwrap_or_default();
            let what = if found < SCHEMA_VERSION { "" } else { " with keys as names are folded now" };
            tracing::info!("bringing the ledger at {path} to schema {SCHEMA_VERSION}{what}: its log is read once");
        }
        Some(other) => return Err(unread(other)),
        None => {
            transaction.execute_batch(TABLES)?;
            transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        }
    }
    if found == Some(1) {
        transaction.execute_batch(FROM_1_TO_2)?;
    }
    if found.is_none_or(|found| found < 2) {
        transaction.execute_batch(ENTRIES)?;
    }
    if found.is_none_or(|found| found < 3) {
        transaction.execute_batch(FROM_2_TO_3)?;
    }
    match found {
        None | Some(1..=3) => standing::prepare(&transaction)?,
        Some(4) => standing::stamp(&transaction)?,
        // Names are folded, or numbers dialled, otherwise than when the keys were made.
        Some(_) => standing::rebuild(&transaction, Unreadable::IsLeft)?,
    }
    // Numbers given up are as they are dialled, like keys.
    given_up::rebuild(&transaction, Unreadable::IsLeft)?;
    transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    Ok(transaction.commit()?)
}

/// The schema version; `None` for an empty file.
fn version(connection: &Connection) -> Result<Option<i64>> {
    // Both answers must be of one moment: another process may be making the tables.
    let moment = connection.is_autocommit().then(|| connection.unchecked_transaction()).transpose()?;
    let pragma = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let found = match (pragma("application_id")?, tables) {
        (APPLICATION_ID, _) => Ok(Some(pragma("user_version")?)),
        (0, 0) => Ok(None),
        _ => Err(Error::refused("the file is an SQLite database but not a ledger; name another with --ledger")),
    };
    moment.map_or(Ok(()), rusqlite::Transaction::commit)?;
    found
}
