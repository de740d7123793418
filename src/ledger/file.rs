//! The file under an open ledger: whether it is there, and is still the one that was opened.
//!
//! SQLite finds a ledger's write-ahead log by the file's name. Where a ledger is moved away by hand, or another one put in
//! its place, the log that lies there may be of the one that is gone: it is never read into the other.
//!
//! # Invariants
//! 1. A ledger that was open is never begun anew: it is gone until its file, or another ledger, stands there again.
//! 2. What is closed removes nothing that belongs to a ledger that came after it.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use super::Ledger;
use crate::{Error, Result};

/// How the name ends, before its time stamp, that the write-ahead log of a ledger gets that is gone.
const LOG_ASIDE: &str = "-wal.gone";

/// Device and inode, and when the file was made, where the file system tells: inodes of removed files are given out again.
pub(super) type Identity = (u64, u64, Option<SystemTime>);

pub(super) fn identity(path: &Path) -> Option<Identity> {
    fs::metadata(path).map(|meta| (meta.dev(), meta.ino(), meta.created().ok())).ok()
}

/// The path of what SQLite keeps beside the file.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    PathBuf::from(name)
}

/// The identity of the log beside the ledger at `path`.
pub(super) fn log_of(path: &Path) -> Option<Identity> {
    identity(&beside(path, "-wal"))
}

/// A name beside the file, with `ending` and a time stamp, that nothing has yet.
pub(super) fn aside(path: &Path, ending: &str) -> PathBuf {
    let mut stamp = jiff::Timestamp::now().as_second();
    loop {
        let name = beside(path, &format!("{ending}-{stamp}"));
        if fs::symlink_metadata(&name).is_err() {
            return name;
        }
        stamp += 1;
    }
}

/// Whether the log of a ledger lies at `path`, and no ledger, or a file of no bytes.
pub(super) fn is_orphaned(path: &Path) -> bool {
    // A ledger is there, and is more than no bytes, before its log is there, and after it.
    let log = fs::metadata(beside(path, "-wal"));
    log.is_ok_and(|log| log.len() > 0) && fs::metadata(path).map_or(0, |meta| meta.len()) == 0
}

/// Puts a log that belongs to no file that is there out of the way, where it can still be looked at; where that is.
pub(super) fn set_log_aside(path: &Path) -> Result<PathBuf> {
    let (log, gone) = (beside(path, "-wal"), aside(path, LOG_ASIDE));
    fs::rename(&log, &gone).map_err(|error| Error::file("rename", &log, error))?;
    tracing::warn!(log = %gone.display(), "the log of a ledger that is gone was put aside");
    match fs::remove_file(beside(path, "-shm")) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::file("remove", path, error)),
        _ => Ok(gone),
    }
}

impl Ledger {
    /// A ledger whose file is gone; [`Ledger::follow`] opens it once it is there.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub fn gone(path: &Path) -> Result<Ledger> {
        let connection = Connection::open_in_memory()?;
        Ok(Ledger { connection, path: path.to_owned(), identity: None, log: None, is_closed: true })
    }

    /// Whether another file, or none, stands where the one that is open stood.
    pub fn is_replaced(&self) -> bool {
        self.is_closed || (self.identity.is_some() && identity(&self.path) != self.identity)
    }

    /// Opens what has taken the place of the file that is open; where nothing has, closes that and waits for it: the next
    /// call looks again. Does nothing where the file is still the same.
    ///
    /// # Errors
    /// Not found as long as no file stands there; otherwise when it cannot be opened.
    pub fn follow(&mut self) -> Result<()> {
        if !self.is_replaced() {
            return Ok(());
        }
        if !self.is_closed {
            self.leave_what_stands_there();
            // Closed before another is opened: what SQLite does at closing it does by the file's name.
            self.connection = Connection::open_in_memory()?;
            self.is_closed = true;
        }
        let Some(now) = identity(&self.path) else {
            return Err(Error::not_found(format!(
                "the ledger at {} is gone: put its file back, or restore its backup with chahao restore",
                self.path.display()
            )));
        };
        if self.identity.is_some_and(|was| was != now) && self.log.is_some() && self.log == log_of(&self.path) {
            set_log_aside(&self.path)?;
        }
        *self = Ledger::open(&self.path)?;
        Ok(())
    }

    /// Where another ledger stands under the name, closing this one does nothing there.
    fn leave_what_stands_there(&self) {
        let other = identity(&self.path).is_some_and(|now| self.identity.is_some_and(|was| was != now));
        if other && let Err(error) = self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true) {
            tracing::warn!(%error, "a ledger that was replaced closes as if it stood there");
        }
    }
}

impl Drop for Ledger {
    fn drop(&mut self) {
        self.leave_what_stands_there();
    }
}
