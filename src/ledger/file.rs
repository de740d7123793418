//! The file under an open ledger: whether it is there, and is still the one that was opened.
//!
//! SQLite finds a ledger's write-ahead log by the file's name. Where a ledger is moved away by hand, or another one put in
//! its place, the log that lies there may be of the one that is gone: it is never read into the other.
//!
//! # Invariants
//! 1. A ledger that was open is never begun anew: it is gone until its file, or another ledger, stands there again.
//! 2. What is closed removes nothing that belongs to a ledger that came after it.
//! 3. Of several that miss a ledger, one puts its log aside, and none of them that of the ledger that came after it.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use rustix::fd::OwnedFd;

use super::Ledger;
use crate::{Error, Result};

/// How the name ends, before its time stamp, that the write-ahead log of a ledger gets that is gone.
const LOG_ASIDE: &str = "-wal.gone";

/// Device and inode, and when the file was made, where the file system tells: inodes of removed files are given out again.
pub(super) type Identity = (u64, u64, Option<SystemTime>);

pub(super) fn identity(path: &Path) -> Option<Identity> {
    fs::metadata(path).map(|meta| (meta.dev(), meta.ino(), meta.created().ok())).ok()
}

/// Holds the inode of the file that has this identity where nothing else tells it from one that is given the same number
/// later: as long as it is held, the number is not given out. It is no descriptor that SQLite's locks go with.
#[cfg(target_os = "linux")]
pub(super) fn pinned(path: &Path, identity: Option<Identity>) -> Option<OwnedFd> {
    use rustix::fs::{Mode, OFlags, open};
    let (.., made) = identity?;
    if made.is_some() {
        return None;
    }
    open(path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty()).ok()
}

/// Other systems tell when files were made, or have to do without.
#[cfg(not(target_os = "linux"))]
pub(super) fn pinned(_: &Path, _: Option<Identity>) -> Option<OwnedFd> {
    None
}

/// Leaves the file at `path` to its owner alone: it holds non-published numbers.
pub(super) fn keep_for_owner(path: &Path) -> io::Result<()> {
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))
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
    let log = beside(path, "-wal");
    let gone = loop {
        let gone = aside(path, LOG_ASIDE);
        match rename_to_free(&log, &gone) {
            // Somebody took the name just now.
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            renamed => break renamed.map(|()| gone).map_err(|error| Error::file("rename", &log, error))?,
        }
    };
    tracing::warn!(log = %gone.display(), "the log of a ledger that is gone was put aside");
    match fs::remove_file(beside(path, "-shm")) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::file("remove", path, error)),
        _ => Ok(gone),
    }
}

/// Puts the log beside the ledger at `path` aside where it is the one known by `log`; whether it was.
///
/// Processes that miss one ledger come to its log together: who is second finds the log of the ledger that came after it.
fn set_that_log_aside(path: &Path, log: Identity) -> Result<bool> {
    let name = beside(path, "-wal");
    let file = match File::open(&name) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        opened => opened.map_err(|error| Error::file("open", &name, error))?,
    };
    // SQLite has no locks on logs, so none goes with this descriptor.
    file.lock().map_err(|error| Error::file("lock", &name, error))?;
    if log_of(path) != Some(log) {
        return Ok(false);
    }
    set_log_aside(path)?;
    Ok(true)
}

/// Renames a file, and replaces nothing by that.
#[cfg(any(target_os = "linux", target_vendor = "apple"))]
pub(super) fn rename_to_free(from: &Path, to: &Path) -> std::io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    use rustix::io::Errno;
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // Not every file system knows how.
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => fs::rename(from, to),
        renamed => Ok(renamed?),
    }
}

#[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
pub(super) fn rename_to_free(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::rename(from, to)
}

impl Ledger {
    /// A ledger whose file is gone; [`Ledger::follow`] opens it once it is there.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub fn gone(path: &Path) -> Result<Ledger> {
        let connection = Connection::open_in_memory()?;
        Ok(Ledger { connection, path: path.to_owned(), identity: None, log: None, pin: None, is_closed: true })
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
        if let Some(log) = self.log.filter(|_| self.identity.is_some_and(|was| was != now)) {
            set_that_log_aside(&self.path, log)?;
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

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    #[test]
    fn of_many_that_miss_a_ledger_one_puts_its_log_aside_and_none_that_of_the_next() {
        for _ in 0..50 {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("ledger.db");
            let log = beside(&path, "-wal");
            fs::write(&log, "of the one that is gone").unwrap();
            let (known, start) = (log_of(&path).unwrap(), Barrier::new(4));
            let put_aside = || {
                start.wait();
                let mine = set_that_log_aside(&path, known).unwrap();
                // Whoever did goes on with the next ledger, which has a log and what it shares.
                if mine {
                    fs::write(&log, "of the next").unwrap();
                    fs::write(beside(&path, "-shm"), "of the next").unwrap();
                }
                mine
            };
            let did = std::thread::scope(|scope| {
                let all: Vec<_> = (0..4).map(|_| scope.spawn(put_aside)).collect();
                all.into_iter().map(|one| usize::from(one.join().unwrap())).sum::<usize>()
            });
            assert_eq!(did, 1);
            assert_eq!(fs::read(&log).unwrap(), b"of the next");
            assert!(beside(&path, "-shm").exists());
        }
    }

    #[test]
    fn a_log_that_is_put_aside_takes_no_name_that_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("log"), folder.path().join("taken"));
        fs::write(&from, "log").unwrap();
        fs::write(&to, "there").unwrap();
        assert_eq!(rename_to_free(&from, &to).unwrap_err().kind(), std::io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&to).unwrap(), b"there");
        rename_to_free(&from, &folder.path().join("free")).unwrap();
        assert!(!from.exists());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn an_inode_that_is_held_is_given_to_no_other_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        fs::write(&path, "first").unwrap();
        let (device, inode, made) = identity(&path).unwrap();
        assert!(pinned(&path, Some((device, inode, made))).is_none() || made.is_none(), "only where it is needed");
        let pin = pinned(&path, Some((device, inode, None))).expect("held");
        fs::remove_file(&path).unwrap();
        for number in 0..200 {
            let next = folder.path().join(number.to_string());
            fs::write(&next, "next").unwrap();
            let (_, given, _) = identity(&next).unwrap();
            assert_ne!(given, inode);
        }
        drop(pin);
    }
}
