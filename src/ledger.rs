//! The ledger: the truth, and the only thing that has to be backed up.
//!
//! One SQLite file. Every accepted row of a batch is a change with the listing, or the entry of the lexicon, before
//! and after it; listings and entries as they stand now are kept beside the log as pointers to their newest change.
//!
//! # Invariants
//! 1. A batch is one transaction with `synchronous=FULL`: after `append` returns, all of it is on disk;
//!    before, none of it can be seen.
//! 2. `seq` counts changes from 1 without gaps, but where the log is folded; a reader at seq *n* sees every change up to *n*.
//! 3. Every batch carries the hash of its changes and of the batch before it, so a log that was tampered
//!    with or torn does not verify.
//! 4. A listing that exists has exactly one row in `listing`, and it points to its newest change.
//! 5. Several processes may have it open; readers never wait, writers wait for each other.

mod about;
mod access;
mod again;
mod alike;
mod append;
mod backup;
mod captions;
mod chain;
mod columns;
mod derived;
mod entry;
mod file;
mod fold;
mod forgotten;
mod given_up;
mod history;
mod kept_reports;
mod kept_tokens;
mod limits;
mod place;
mod read;
mod ready;
mod reconcile;
mod restored;
mod review;
mod schema;
mod standing;
mod step;
mod taken;
mod undo;
mod verify;
mod waiting;
mod withdrawn;
mod withheld;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension};
use rustix::fd::OwnedFd;

use crate::{Error, Result};
use file::{Identity, identity, is_orphaned, keep_for_owner, log_of, pinned};

pub use about::{About, Signature};
pub use access::{Role, TokenHash, TokenInForce, TokenRecord, token_hash};
pub use append::Submission;
pub(crate) use append::parse_listing;
pub use backup::{Restored, Restoring};
pub use columns::FeedColumn;
pub use fold::{Checkpoint, Folding};
pub use forgotten::Forgotten;
pub use history::{BatchRecord, BatchSpan, ChangeRecord, Image, NetChange};
pub use kept_tokens::KeptTokens;
pub use limits::{Limits, QUARANTINE_DAYS, QUARANTINE_DAYS_MAX};
pub(crate) use place::{corrections_of, today};
pub use read::Snapshot;
pub use undo::UndoOptions;
pub use verify::LedgerFindings;
pub use waiting::{Released, Unreleased, WaitingBatch};
pub use withdrawn::WithdrawnBatch;

/// How long a process waits for another one's write: longer than a full import of a province takes.
const BUSY_WAIT: Duration = Duration::from_secs(600);
/// How long it waits before it tries to open a ledger again that another process is just making.
const OPEN_AGAIN: Duration = Duration::from_millis(2);
/// How long a file may be empty after it was written: somebody may be making a ledger of it.
const EMPTY_WITHIN: Duration = Duration::from_secs(1);
/// Page cache of one connection, in KiB: the id index of a city's listings stays in it while importing.
const CACHE_KIB: i64 = 128 << 10;
/// Bytes the write-ahead log is cut back to after a large batch.
const WAL_BYTES_KEPT: i64 = 64 << 20;

/// An open ledger.
#[derive(Debug)]
pub struct Ledger {
    connection: Connection,
    path: PathBuf,
    /// Device and inode of the file, to notice that another one has taken its place.
    identity: Option<Identity>,
    /// The same of its write-ahead log, which must not be read into another file.
    log: Option<Identity>,
    /// Keeps the file's inode from being given out again, where its identity needs that.
    #[expect(dead_code, reason = "it is held, not asked")]
    pin: Option<OwnedFd>,
    /// The file was gone when it was looked for: nothing is open.
    is_closed: bool,
}

/// What is to become of a file without tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tables {
    /// They are made.
    Made,
    /// They have to be there.
    There,
}

/// Whether the file holds not a single byte.
fn is_of_no_bytes(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|meta| meta.len() == 0)
}

/// Whether the file was written a moment ago.
fn is_fresh(path: &Path) -> bool {
    let modified = std::fs::metadata(path).and_then(|meta| meta.modified());
    let age = modified.map(|modified| SystemTime::now().duration_since(modified));
    age.is_ok_and(|age| age.is_ok_and(|age| age < EMPTY_WITHIN))
}

fn empty(path: &Path) -> Error {
    Error::not_found(format!(
        "the ledger at {} is empty: put its file back, or restore its backup with chahao restore",
        path.display()
    ))
}

impl Ledger {
    /// Opens the ledger at `path`, making an empty one if there is none.
    ///
    /// # Errors
    /// Refused when there is only the log of a ledger that is gone; otherwise when the file cannot be made, is no ledger,
    /// or was written by a newer version.
    pub fn open_or_create(path: &Path) -> Result<Ledger> {
        if is_orphaned(path) {
            return Err(Error::refused(format!(
                "there is no ledger at {0}, or an empty file, but the log of one, {0}-wal: put the ledger back beside it, or restore a backup \
                 with chahao restore",
                path.display()
            )));
        }
        if let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) {
            std::fs::create_dir_all(directory).map_err(|error| Error::file("make the directory", directory, error))?;
        }
        Ledger::connect(path, Tables::Made)
    }

    /// An empty ledger that is gone when it is dropped: what a first batch would do can be tried on it.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub fn in_memory() -> Result<Ledger> {
        let mut ledger = Ledger::gone(Path::new(":memory:"))?;
        ledger.is_closed = false;
        schema::prepare(&ledger.connection)?;
        Ok(ledger)
    }

    /// Opens the ledger at `path`, which must exist. Nothing is made of a file that holds none.
    ///
    /// # Errors
    /// Not found when there is no such file, or it is empty; otherwise as [`Ledger::open_or_create`].
    pub fn open(path: &Path) -> Result<Ledger> {
        if !path.exists() {
            let text = format!(
                "there is no ledger at {}; import a batch first, or name another with --ledger",
                path.display()
            );
            return Err(Error::not_found(text));
        }
        loop {
            match Ledger::connect(path, Tables::There) {
                // Another process may be making it.
                Err(error) if error.is_not_found() && is_fresh(path) => std::thread::sleep(OPEN_AGAIN),
                opened => return opened,
            }
        }
    }

    fn connect(path: &Path, tables: Tables) -> Result<Ledger> {
        let in_context = |error: Error| error.context(path.display());
        let made = match tables {
            Tables::Made => OpenFlags::SQLITE_OPEN_CREATE,
            // SQLite would remove the log beside an empty file.
            Tables::There if is_of_no_bytes(path) => return Err(empty(path)),
            Tables::There => OpenFlags::empty(),
        };
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | made;
        let is_new = !path.exists();
        let connection = Connection::open_with_flags(path, flags).map_err(|error| in_context(error.into()))?;
        if is_new {
            // The log beside it is made alike.
            keep_for_owner(path).map_err(|error| Error::file("write", path, error))?;
        }
        let identity = identity(path);
        let pin = pinned(path, identity);
        let mut ledger = Ledger { connection, path: path.to_owned(), identity, log: None, pin, is_closed: false };
        let configured = ledger.configure(tables);
        configured.map_err(|error| if error.is_not_found() { error } else { in_context(error) })?;
        ledger.log = log_of(path);
        Ok(ledger)
    }

    fn configure(&self, tables: Tables) -> Result<()> {
        self.connection.busy_timeout(BUSY_WAIT)?;
        let until = Instant::now() + BUSY_WAIT;
        loop {
            match self.prepare(tables) {
                // Where two processes make one file a ledger, SQLite tells one of them to begin again.
                Err(error) if error.is_busy() && Instant::now() < until => std::thread::sleep(OPEN_AGAIN),
                done => return done,
            }
        }
    }

    fn prepare(&self, tables: Tables) -> Result<()> {
        if tables == Tables::There && schema::is_empty(&self.connection)? {
            return Err(empty(&self.path));
        }
        // Before anything is set: setting the journal mode writes into the file, and the file may be another's.
        schema::check(&self.connection)?;
        self.connection.pragma_update(None, "journal_mode", "WAL")?;
        self.connection.pragma_update(None, "synchronous", "FULL")?;
        // A batch's row comes behind its changes: were they tied to it, all changes there are would be read for those of it.
        self.connection.pragma_update(None, "foreign_keys", false)?;
        // Statements asked row by row are planned once, not for every value.
        self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        self.connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
        self.connection.pragma_update(None, "journal_size_limit", WAL_BYTES_KEPT)?;
        schema::prepare(&self.connection)
    }

    /// Has it wait no longer than so for another process that writes.
    ///
    /// # Errors
    /// When that cannot be set.
    pub fn wait_at_most(&self, wait: Duration) -> Result<()> {
        Ok(self.connection.busy_timeout(wait)?)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The number of the newest change; 0 when empty.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn seq(&self) -> Result<u64> {
        read::seq(&self.connection)
    }

    /// The number of the newest batch; 0 when there is none.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn newest_batch(&self) -> Result<u64> {
        Ok(self.connection.query_row("SELECT coalesce(max(n), 0) FROM batch", [], |row| row.get(0))?)
    }

    /// When the newest batch came, as an RFC 3339 timestamp.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn newest_received(&self) -> Result<Option<String>> {
        let newest = "SELECT received FROM batch ORDER BY n DESC LIMIT 1";
        Ok(self.connection.query_row(newest, [], |row| row.get(0)).optional()?)
    }

    /// How many batches came after the one that ends at `seq` with this chain hash; all of them where there is none.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn batches_since(&self, seq: u64, chain: &str) -> Result<u64> {
        let from = if read::has_batch(&self.connection, seq, chain)? { seq } else { 0 };
        let count = "SELECT count(*) FROM batch WHERE last_seq > ?1";
        Ok(self.connection.query_row(count, [from], |row| row.get(0))?)
    }

    /// The number of the newest change, and the chain hash, in hex, of the newest batch: two ledgers that agree in both
    /// hold the same.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn head(&self) -> Result<(u64, String)> {
        read::head(&self.connection)
    }

    /// Whether a batch with this chain hash ends at `seq`.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn has_batch(&self, seq: u64, chain: &str) -> Result<bool> {
        read::has_batch(&self.connection, seq, chain)
    }

    /// Whether a batch of these very bytes is in, and none of its rows was rejected.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn took_all_of(&self, hash: &blake3::Hash) -> Result<bool> {
        let all = "SELECT EXISTS (SELECT 1 FROM batch WHERE hash = ?1 AND rejected = 0)";
        Ok(self.connection.query_row(all, [hash.as_bytes()], |row| row.get(0))?)
    }

    /// When the oldest batch came that is not among those up to `seq`, as an RFC 3339 timestamp.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn oldest_after(&self, seq: u64) -> Result<Option<String>> {
        read::oldest_after(&self.connection, seq)
    }

    /// Whether a change after `seq` left a listing non-published.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn withheld_after(&self, seq: u64) -> Result<bool> {
        read::withheld_after(&self.connection, seq)
    }

    /// An unchanging view of the ledger as it stands now.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn snapshot(&mut self) -> Result<Snapshot<'_>> {
        Snapshot::begin(&mut self.connection)
    }

    /// Checks the file, the chain of batches, their counts and the listings against the log.
    ///
    /// # Errors
    /// When the file cannot be read at all; everything else is a finding.
    pub fn verify(&mut self) -> Result<LedgerFindings> {
        verify::verify(&mut self.connection)
    }

    /// What can still be told of the ledger at `path`, which is too damaged to be opened. Nothing is written.
    pub fn salvage(path: &Path) -> LedgerFindings {
        verify::salvage(path)
    }
}
