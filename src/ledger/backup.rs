//! Copies of the ledger, made while it is in use, and put back.
//!
//! Both ways go through SQLite's online backup: a reader sees the whole copy or none of it, and what is killed half-way
//! leaves what was there.

use std::fs::{self, File};
use std::path::Path;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use super::{BUSY_WAIT, Ledger, LedgerFindings, schema};
use crate::{Error, Result};

impl Ledger {
    /// Copies the ledger as it stands to a new file, and checks the copy. Writers need not wait.
    ///
    /// # Errors
    /// Usage when `destination` exists; damaged when the copy does not verify, as it then does not here; otherwise when
    /// it cannot be written.
    pub fn backup(&self, destination: &Path) -> Result<LedgerFindings> {
        if destination.exists() {
            let text = format!("{} exists already: name a file that does not", destination.display());
            return Err(Error::usage(text));
        }
        let directory = destination.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let failed = |error| Error::file("write", destination, error);
        // Gone with all SQLite puts beside it, whatever happens; a copy takes its name once it is whole.
        let workplace = tempfile::Builder::new().prefix(".chahao-backup-").tempdir_in(directory).map_err(failed)?;
        let copy = workplace.path().join("ledger");
        let mut into = Connection::open(&copy)?;
        copy_whole(&self.connection, &mut into)?;
        drop(into);
        let findings = Ledger::open(&copy)?.verify()?;
        check(&findings, &self.path)?;
        File::open(&copy).and_then(|file| file.sync_all()).map_err(failed)?;
        // A link is made only where nothing stands, a rename would replace it.
        fs::hard_link(&copy, destination).map_err(failed)?;
        File::open(directory).and_then(|directory| directory.sync_all()).map_err(failed)?;
        Ok(findings)
    }

    /// Puts the copy at `source` in the place of the ledger at `path`, whose file stays the same one: whoever has it
    /// open sees the copy from then on.
    ///
    /// # Errors
    /// Not found when there is no such copy, damaged when it does not verify; refused when the ledger holds batches and
    /// `replace` is not set; otherwise when it cannot be written.
    pub fn restore(source: &Path, path: &Path, replace: bool) -> Result<LedgerFindings> {
        if !source.exists() {
            return Err(Error::not_found(format!("there is no backup at {}", source.display())));
        }
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let failed = |error| Error::file("write", directory, error);
        fs::create_dir_all(directory).map_err(failed)?;
        let workplace = tempfile::Builder::new().prefix(".chahao-restore-").tempdir_in(directory).map_err(failed)?;
        let checked = workplace.path().join("ledger");
        // The copy is looked at in a copy: opening a ledger may write to it.
        fs::copy(source, &checked).map_err(|error| Error::file("read", source, error))?;
        let copy = Ledger::open(&checked).map_err(|error| error.context(source.display()))?;
        let findings = { copy }.verify()?;
        check(&findings, source)?;
        let ledger = Ledger::open_or_create(path)?;
        let (seq, chain) = ledger.head()?;
        if !chain.is_empty() && !replace {
            let text = format!(
                "the ledger at {} holds changes up to {seq}, the backup up to {}: back it up first, then use --replace",
                path.display(),
                findings.seq
            );
            return Err(Error::refused(text));
        }
        let from = Connection::open_with_flags(&checked, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let mut into = ledger.connection;
        copy_whole(&from, &mut into)?;
        schema::check(&into)?;
        into.pragma_update(None, "journal_mode", "WAL")?;
        Ok(findings)
    }
}

fn check(findings: &LedgerFindings, path: &Path) -> Result<()> {
    match findings.damage.first() {
        None => Ok(()),
        Some(first) => {
            let count = findings.damage.len();
            Err(Error::damaged(format!("{} is damaged: {first}; {count} findings in all", path.display())))
        }
    }
}

/// Copies all pages in one step, so that no writer makes it begin again.
fn copy_whole(from: &Connection, into: &mut Connection) -> Result<()> {
    into.busy_timeout(BUSY_WAIT)?;
    let backup = Backup::new(from, into)?;
    match backup.step(-1)? {
        StepResult::Done => Ok(()),
        other => Err(Error::busy(format!("the ledger could not be copied ({other:?}); try again"))),
    }
}
