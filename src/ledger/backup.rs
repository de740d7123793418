//! Copies of the ledger, made while it is in use, and put back.
//!
//! Both ways go through SQLite's online backup: a reader sees the whole copy or none of it, and what is killed half-way
//! leaves what was there.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

use super::file::{aside, beside, is_orphaned, keep_for_owner, rename_to_free, set_log_aside};
use super::forgotten::Forgotten;
use super::kept_tokens::{KeptTokens, Tokens};
use super::{BUSY_WAIT, Ledger, LedgerFindings, restored, schema, waiting};
use crate::{Error, Result};

/// How the folders begin in which a copy is made or looked at.
const BACKUP: &str = ".chahao-backup-";
const RESTORE: &str = ".chahao-restore-";
/// The copy in such a folder.
const COPY: &str = "ledger";
/// The file in such a folder that is locked for as long as anybody works there.
const LOCK: &str = "LOCK";
/// How long a restore waits for the right to write: whoever writes for longer appends something that it would overwrite.
const RESTORE_WAIT: Duration = Duration::from_secs(1);
/// A folder without a lock is somebody's who is just making it, unless it is older than this.
const UNLOCKED_KEPT: Duration = Duration::from_secs(3_600);

/// A folder of its own for a copy in the making: gone with all SQLite puts there, whatever happens; where the process is
/// killed, by the next backup or restore in the same place.
struct Workplace {
    directory: TempDir,
    _lock: File,
}

impl Workplace {
    fn make(beside: &Path, prefix: &str) -> io::Result<Workplace> {
        sweep(beside);
        let directory = tempfile::Builder::new().prefix(prefix).tempdir_in(beside)?;
        let lock = File::create(directory.path().join(LOCK))?;
        lock.lock()?;
        Ok(Workplace { directory, _lock: lock })
    }
}

/// Removes what killed processes left in `beside`, as far as that can be done.
fn sweep(beside: &Path) {
    let Ok(entries) = fs::read_dir(beside) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if [BACKUP, RESTORE].iter().any(|prefix| name.starts_with(prefix)) && is_left(&entry.path()) {
            // What cannot be removed is in nobody's way but for its room.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Whether nobody works in the folder any more.
fn is_left(folder: &Path) -> bool {
    match File::open(folder.join(LOCK)) {
        Ok(lock) => lock.try_lock().is_ok(),
        Err(_) => {
            let modified = fs::metadata(folder).and_then(|meta| meta.modified());
            modified.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > UNLOCKED_KEPT))
        }
    }
}

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
        // A copy takes its name once it is whole.
        let workplace = Workplace::make(directory, BACKUP).map_err(failed)?;
        let copy = workplace.directory.path().join(COPY);
        let mut into = Connection::open(&copy)?;
        copy_whole(&self.connection, &mut into)?;
        drop(into);
        let findings = Ledger::open(&copy)?.verify()?;
        check(&findings, &self.path)?;
        keep_for_owner(&copy).map_err(failed)?;
        File::open(&copy).and_then(|file| file.sync_all()).map_err(failed)?;
        take_name(&copy, destination).map_err(failed)?;
        File::open(directory).and_then(|directory| directory.sync_all()).map_err(failed)?;
        Ok(findings)
    }

    /// Puts the copy at `source` in the place of the ledger at `path`, whose file stays the same one: whoever has it
    /// open sees the copy from then on. With `replace` also where the ledger holds batches, or is damaged so that it cannot
    /// be opened: its file is put aside then. The batches that are given up by that are remembered, and so is `stands_for`,
    /// the seq and chain hash an index stands for, which goes back with the ledger. Listings and
    /// numbers withheld since the copy was made stay so, by a batch behind those of the copy, and so do tokens made and
    /// revoked since.
    ///
    /// # Errors
    /// Not found when there is no such copy, damaged when it does not verify; refused when it holds no ledger, the
    /// ledger holds batches and `replace` is not set, or batches wait in it that the copy does not have and
    /// `lose_waiting` is not set; otherwise when it cannot be written.
    pub fn restore(
        source: &Path,
        path: &Path,
        restoring: Restoring,
        stands_for: Option<(u64, String)>,
    ) -> Result<Restored> {
        check_is_another(source, path)?;
        let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let failed = |error| Error::file("write", directory, error);
        fs::create_dir_all(directory).map_err(failed)?;
        let workplace = Workplace::make(directory, RESTORE).map_err(failed)?;
        let (mut copy, findings) = checked_copy(source, &workplace)?;
        let log_aside = is_orphaned(path).then(|| set_log_aside(path)).transpose()?;
        let (mut ledger, damaged) = match Ledger::open_or_create(path) {
            Err(error) if error.is_damaged() && restoring.replace => {
                let aside = set_damaged_aside(path, error)?;
                (Ledger::open_or_create(path)?, Some(aside))
            }
            opened => (opened?, None),
        };
        let (known, batches_before) = (Known::of(&ledger)?, ledger.batches_since(0, "")?);
        let mut untold = Vec::new();
        let forgotten = match Forgotten::find(&ledger, &copy) {
            Err(error) if error.is_damaged() => {
                untold.push(format!("what was withheld since the backup, and which batches waited: {error}"));
                Forgotten::default()
            }
            forgotten => forgotten?,
        };
        if let Some(text) = restoring.refusal(&ledger, &findings, &forgotten)? {
            return Err(Error::refused(text));
        }
        // In the copy, so that what is given up is known as soon as it is.
        let mut given_up = restored::ends_behind(&ledger.connection, findings.seq)?;
        given_up.extend(stands_for.filter(|(seq, _)| *seq > findings.seq));
        restored::give_up(&copy.connection, &given_up)?;
        let withheld_by = copy.withhold_still(&forgotten, &known.head.1)?;
        copy.hold_back(&forgotten.waiting_again)?;
        let tokens = copy.take_over(known.tokens.as_ref().unwrap_or(&Tokens::default()))?;
        untold.extend(tokens.unread.iter().map(|error| format!("which tokens the backup has: {error}")));
        if let Err(error) = &known.tokens {
            untold.push(format!("which tokens were made and revoked since the backup: {error}"));
        }
        drop(copy);
        let checked = workplace.directory.path().join(COPY);
        let from = Connection::open_with_flags(&checked, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        put_in_place(&from, &mut ledger, &known)?;
        schema::check(&ledger.connection)?;
        ledger.connection.pragma_update(None, "journal_mode", "WAL")?;
        let (seq_before, chain) = known.head;
        let holds_all = chain.is_empty() || ledger.has_batch(seq_before, &chain)?;
        Ok(Restored {
            findings,
            seq_before,
            batches_before,
            holds_all,
            forgotten,
            tokens,
            untold,
            withheld_by,
            damaged,
            log_aside,
        })
    }
}

/// What a restore found in the ledger it replaces.
#[derive(Debug, PartialEq, Eq)]
struct Known {
    head: (u64, String),
    /// Batches that wait.
    waiting: Vec<u64>,
    /// Who may ask, or why that cannot be read.
    tokens: std::result::Result<Tokens, String>,
}

impl Known {
    fn of(ledger: &Ledger) -> Result<Known> {
        let tokens = match ledger.who_may_ask() {
            Err(error) if error.is_damaged() => Err(error.to_string()),
            tokens => Ok(tokens?),
        };
        let waiting = ledger.waiting()?.iter().map(|batch| batch.id).collect();
        Ok(Known { head: ledger.head()?, waiting, tokens })
    }
}

/// Copies the checked copy over the ledger, where that is still as it was `known`: looked at again with the right to write,
/// so that nothing that came in between is overwritten.
fn put_in_place(from: &Connection, ledger: &mut Ledger, known: &Known) -> Result<()> {
    let path = ledger.path.clone();
    let busy = |what: &str| Error::busy(format!("{what} {}: restore it again", path.display()));
    ledger.connection.busy_timeout(RESTORE_WAIT)?;
    let backup = Backup::new(from, &mut ledger.connection)?;
    if backup.step(0)? != StepResult::More {
        return Err(busy("somebody writes just now into"));
    }
    if Known::of(&Ledger::open(&path)?)? != *known {
        return Err(busy("batches or tokens came, while the backup was checked, into"));
    }
    if backup.step(-1)? != StepResult::Done {
        return Err(busy("somebody uses just now"));
    }
    drop(backup);
    Ok(ledger.connection.busy_timeout(BUSY_WAIT)?)
}

/// What a restore may give up.
#[derive(Debug, Clone, Copy, Default)]
pub struct Restoring {
    /// The batches the ledger holds.
    pub replace: bool,
    /// Batches that wait in it, and not in the copy.
    pub lose_waiting: bool,
}

impl Restoring {
    /// Why `ledger` is not replaced by a copy in which these were the findings, if it is not.
    fn refusal(self, ledger: &Ledger, findings: &LedgerFindings, forgotten: &Forgotten) -> Result<Option<String>> {
        let (seq, chain) = ledger.head()?;
        let path = ledger.path.display();
        let is_empty = chain.is_empty() && forgotten.waiting.is_empty();
        if !is_empty && !self.replace {
            let (held, LedgerFindings { batches, seq: to, .. }) = (ledger.batches_since(0, "")?, findings);
            return Ok(Some(format!(
                "the ledger at {path} holds {held} batches up to seq {seq}, the backup {batches} up to seq {to}{forgotten}: \
                 back it up first, then use --replace"
            )));
        }
        if !forgotten.waiting.is_empty() && !self.lose_waiting {
            let waiting = waiting::named(&forgotten.waiting);
            return Ok(Some(format!(
                "batches wait in the ledger at {path} that the backup does not have: {waiting}: have their files at hand to \
                 import them again, then use --lose-waiting"
            )));
        }
        Ok(None)
    }
}

/// What a restore put in the place of what.
#[derive(Debug)]
pub struct Restored {
    /// What the check of the copy found.
    pub findings: LedgerFindings,
    /// The seq of the ledger there was.
    pub seq_before: u64,
    /// Batches it held.
    pub batches_before: u64,
    /// The copy holds them all.
    pub holds_all: bool,
    /// What it held beside them that the copy does not have.
    pub forgotten: Forgotten,
    /// Tokens that stay as they were, and the copy had otherwise.
    pub tokens: KeptTokens,
    /// What of that cannot be told, and why, where the ledger is damaged.
    pub untold: Vec<String>,
    /// The batch behind those of the copy by which what was withheld since stays so.
    pub withheld_by: Option<u64>,
    /// Where it was put, if it was too damaged to tell.
    pub damaged: Option<PathBuf>,
    /// Where the log was put that lay there without its ledger.
    pub log_aside: Option<PathBuf>,
}

/// Gives a file a name that nothing has. A link is made only where nothing stands; file systems that know no links have
/// renames that replace nothing.
fn take_name(file: &Path, name: &Path) -> io::Result<()> {
    use io::ErrorKind::{InvalidInput, PermissionDenied, Unsupported};
    match fs::hard_link(file, name) {
        Err(error) if matches!(error.kind(), PermissionDenied | Unsupported | InvalidInput) => {
            rename_to_free(file, name)
        }
        linked => linked,
    }
}

/// Turns down a copy that is not there, or is the ledger itself.
fn check_is_another(source: &Path, path: &Path) -> Result<()> {
    if !source.exists() {
        return Err(Error::not_found(format!("there is no backup at {}", source.display())));
    }
    if fs::canonicalize(source).is_ok_and(|source| fs::canonicalize(path).is_ok_and(|path| source == path)) {
        let text = format!("{} is the ledger itself; name a backup of it", source.display());
        return Err(Error::refused(text));
    }
    Ok(())
}

/// A copy of the copy in the workplace, for opening a ledger may write to it; and what its check found.
fn checked_copy(source: &Path, workplace: &Workplace) -> Result<(Ledger, LedgerFindings)> {
    let checked = workplace.directory.path().join(COPY);
    fs::copy(source, &checked).map_err(|error| Error::file("read", source, error))?;
    // A copy of a ledger that was not closed has its newest batches in the log beside it.
    let log = beside(source, "-wal");
    if log.metadata().is_ok_and(|log| log.len() > 0) {
        fs::copy(&log, beside(&checked, "-wal")).map_err(|error| Error::file("read", &log, error))?;
    }
    check_is_ledger(&checked, source)?;
    let mut copy = Ledger::open(&checked).map_err(|error| error.context(source.display()))?;
    let findings = copy.verify()?;
    check(&findings, source)?;
    Ok((copy, findings))
}

/// Turns down what holds no tables: an empty ledger would be made of it.
fn check_is_ledger(copy: &Path, source: &Path) -> Result<()> {
    let connection = Connection::open_with_flags(copy, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    if schema::is_empty(&connection).map_err(|error| error.context(source.display()))? {
        let bytes = fs::metadata(source).map_or(0, |meta| meta.len());
        let text = format!("{} holds no ledger ({bytes} bytes): name a file that chahao backup made", source.display());
        return Err(Error::refused(text));
    }
    Ok(())
}

/// Puts a ledger that cannot be opened out of the way, with its log; where.
fn set_damaged_aside(path: &Path, damage: Error) -> Result<PathBuf> {
    // Whatever else an SQLite file is, it is not ours to move.
    if !schema::is_marked(path) {
        return Err(damage.context("it is not known for a ledger: move it away first"));
    }
    let aside = aside(path, ".damaged");
    for ending in ["", "-wal"] {
        let file = beside(path, ending);
        match fs::rename(&file, beside(&aside, ending)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(Error::file("rename", &file, error)),
            _ => {}
        }
    }
    // It is of no use without the others.
    let _ = fs::remove_file(beside(path, "-shm"));
    Ok(aside)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Role;

    /// What came between the look at the ledger and the copy was overwritten: a token revoked just then was in force again.
    #[test]
    fn what_comes_while_a_backup_is_checked_is_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        let mut ledger = Ledger::open_or_create(&path).unwrap();
        ledger.add_token("an", Role::Operator, "test").unwrap();
        ledger.backup(&folder.path().join("copy.db")).unwrap();
        let from = Connection::open(folder.path().join("copy.db")).unwrap();
        let known = Known::of(&ledger).unwrap();
        Ledger::open(&path).unwrap().revoke_token("an", "test").unwrap();
        assert!(put_in_place(&from, &mut ledger, &known).unwrap_err().is_busy());
        assert!(Ledger::open(&path).unwrap().tokens_in_force().unwrap().unwrap().is_empty());
        put_in_place(&from, &mut ledger, &Known::of(&Ledger::open(&path).unwrap()).unwrap()).unwrap();
        assert_eq!(ledger.tokens_in_force().unwrap().unwrap().len(), 1);
    }
}
