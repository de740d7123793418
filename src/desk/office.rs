//! What the data office does with the ledger: importing, undoing, batches that wait.

use std::path::Path;

use jiff::civil::Date;

use super::{Desk, ImportOptions, without_place};
use crate::batch::{Header, Input, Report, Rows};
use crate::ledger::{
    BatchRecord, ChangeRecord, FeedColumn, Folding, Ledger, LedgerFindings, Limits, Released, Restored, Restoring,
    Signature, Submission, UndoOptions, Unreleased, WaitingBatch, WithdrawnBatch, corrections_of, today,
};
use crate::progress::Progress;
use crate::{Error, Result};

/// Logs what became of batches whose day had come; whether all of them could be read.
pub(super) fn tell_released(released: &Released) -> bool {
    for Unreleased { feed, error, .. } in &released.failed {
        tracing::error!(feed, %error, "a batch that waits could not be read or appended, and waits on");
    }
    for report in &released.reports {
        let Report { batch, feed, rejected, .. } = report;
        match &report.refused {
            None if *rejected > 0 => {
                tracing::warn!(
                    batch,
                    feed,
                    rejected,
                    "a batch that waited was appended, and some of its rows were rejected"
                )
            }
            None => tracing::info!(batch, feed, "a batch that waited was appended"),
            Some(reason) => tracing::error!(source = report.source, reason, "a batch that waited was turned down"),
        }
    }
    released.failed.is_empty()
}

impl Desk {
    /// The ledger, or an empty one where there is none yet. None is begun where an index says that there was one.
    ///
    /// # Errors
    /// Refused when the index stands for batches and the ledger is gone or empty; otherwise when it cannot be opened or
    /// made.
    pub(super) fn open_or_begin(&self) -> Result<Ledger> {
        self.check_begun()?;
        Ledger::open_or_create(&self.ledger_path).map_err(without_place)
    }

    /// Whether no file stands where the ledger should, or one of no bytes.
    pub(super) fn is_ledger_gone(&self) -> bool {
        std::fs::metadata(&self.ledger_path).map_or(0, |meta| meta.len()) == 0
    }

    /// Checks that the ledger holds something, or that the index stands for nothing.
    fn check_begun(&self) -> Result<()> {
        let path = &self.ledger_path;
        let what = match std::fs::metadata(path) {
            Ok(meta) if meta.len() > 0 => return Ok(()),
            Ok(_) => "the ledger is empty at",
            Err(_) => "there is no ledger at",
        };
        match self.layout.current()?.map_or(0, |current| current.seq) {
            0 => Ok(()),
            seq => Err(without_place(Error::refused(format!(
                "{what} {}, and the index at {} stands for seq {seq}: put the ledger back, or restore its backup with chahao \
                 restore; for a new ledger, name another index with --index",
                path.display(),
                self.layout.root().display()
            )))),
        }
    }

    /// Imports an opened batch file, as [`Desk::import`] does.
    ///
    /// # Errors
    /// As [`Desk::import`].
    pub fn import_input(&self, input: &Input, options: &ImportOptions, progress: &mut dyn Progress) -> Result<Report> {
        let options = &self.with_own_limits(options);
        if !options.dry_run {
            let mut ledger = self.open_or_begin()?;
            self.check_whole(&ledger)?;
            options.wait_max.map_or(Ok(()), |wait| ledger.wait_at_most(wait))?;
            return import_into(&mut ledger, input, options, progress);
        }
        self.check_begun()?;
        let mut ledger = match self.ledger() {
            // A dry run leaves nothing behind, not even an empty ledger.
            Err(error) if error.is_not_found() => Ledger::in_memory()?,
            opened => opened?,
        };
        self.check_whole(&ledger)?;
        options.wait_max.map_or(Ok(()), |wait| ledger.wait_at_most(wait))?;
        // What is due goes in before it, as it would, and is taken back with it.
        let (newest, mut report) = ledger.trial(|ledger| {
            let newest = ledger.newest_batch()?;
            Ok((newest, import_into(ledger, input, options, progress)?))
        })?;
        report.batch = report.batch.filter(|batch| *batch <= newest);
        for released in &mut report.released {
            (released.dry_run, released.batch) = (true, None);
        }
        Ok(report)
    }

    /// What the import of `input`, which is in as batch `n`, said of its rows; nothing is written.
    ///
    /// # Errors
    /// As [`Ledger::report_again`], and not found when there is no ledger.
    pub fn report_again(&self, input: &Input, n: u64, options: &ImportOptions) -> Result<Report> {
        let mut ledger = self.ledger()?;
        let (submission, mut rows) = submission(&ledger, input, &self.with_own_limits(options))?;
        ledger.report_again(n, &submission, &mut rows)
    }

    /// Whether the file `input` was imported, into whichever feed, and none of its rows was rejected.
    ///
    /// # Errors
    /// Not found when there is no ledger; otherwise when it cannot be read.
    pub fn took_all_of(&self, input: &Input) -> Result<bool> {
        Ledger::open(&self.ledger_path)?.took_all_of(&input.hash())
    }

    /// The same, with the days for which numbers rest at this desk.
    fn with_own_limits(&self, options: &ImportOptions) -> ImportOptions {
        let limits = Limits { quarantine_days: self.quarantine_days, ..options.limits };
        ImportOptions { limits, ..options.clone() }
    }

    /// Appends the inverse of batch `n`.
    ///
    /// # Errors
    /// As [`Ledger::undo`], and not found when there is no ledger.
    pub fn undo(&self, n: u64, options: &UndoOptions) -> Result<Report> {
        let options = UndoOptions { quarantine_days: Some(self.quarantine_days), ..options.clone() };
        self.ledger()?.undo(n, &options)
    }

    /// The batches that wait for their day.
    ///
    /// # Errors
    /// Not found when there is no ledger; otherwise when it cannot be read.
    pub fn waiting(&self) -> Result<Vec<WaitingBatch>> {
        self.ledger()?.waiting()
    }

    /// Takes a waiting batch out again, and keeps who did so and why.
    ///
    /// # Errors
    /// As [`Ledger::withdraw`], and not found when there is no ledger.
    pub fn withdraw(&self, id: u64, by: &str, reason: Option<&str>) -> Result<WaitingBatch> {
        self.ledger()?.withdraw(id, by, reason)
    }

    /// The batches that were taken out before they went in.
    ///
    /// # Errors
    /// Not found when there is no ledger; otherwise when it cannot be read.
    pub fn withdrawn(&self) -> Result<Vec<WithdrawnBatch>> {
        self.ledger()?.withdrawn()
    }

    /// Lets in a waiting batch that was turned down on its day.
    ///
    /// # Errors
    /// As [`Ledger::release_by_force`], and not found when there is no ledger.
    pub fn release_by_force(&self, id: u64, signature: Signature) -> Result<Report> {
        self.ledger()?.release_by_force(id, signature)
    }

    /// What is remembered of the columns of `feed`'s files, or of every feed's.
    ///
    /// # Errors
    /// Not found when there is no ledger; otherwise when it cannot be read.
    pub fn columns(&self, feed: Option<&str>) -> Result<Vec<FeedColumn>> {
        self.ledger()?.columns(feed)
    }

    /// Forgets what the columns `titles` of `feed`'s files are.
    ///
    /// # Errors
    /// As [`Ledger::forget_columns`], and not found when there is no ledger.
    pub fn forget_columns(&self, feed: &str, titles: &[String]) -> Result<()> {
        self.ledger()?.forget_columns(feed, titles)
    }

    /// The ledger's batches after number `after`, `limit` at most.
    ///
    /// # Errors
    /// Not found when there is no ledger; otherwise when it cannot be read.
    pub fn batches(&self, after: u64, limit: usize) -> Result<Vec<BatchRecord>> {
        self.ledger()?.snapshot()?.batches(after, limit)
    }

    /// The ledger's batches before number `before`, the newest first and `limit` at most.
    ///
    /// # Errors
    /// Not found when there is no ledger; otherwise when it cannot be read.
    pub fn batches_before(&self, before: u64, limit: usize) -> Result<Vec<BatchRecord>> {
        self.ledger()?.snapshot()?.batches_before(before, limit)
    }

    /// One batch of the ledger, with its report where it had waited for its day.
    ///
    /// # Errors
    /// Not found when there is no such batch, or no ledger; otherwise when it cannot be read.
    pub fn batch(&self, n: u64) -> Result<BatchRecord> {
        let mut ledger = self.ledger()?;
        let snapshot = ledger.snapshot()?;
        let report = snapshot.released_report(n)?.map(Box::new);
        Ok(BatchRecord { report, ..snapshot.batch(n)? })
    }

    /// Every change of one listing, without numbers that may not be seen.
    ///
    /// # Errors
    /// Not found when there was never a listing of this id, or there is no ledger; otherwise when it cannot be read.
    pub fn history(&self, id: &str) -> Result<Vec<ChangeRecord>> {
        let changes = self.ledger()?.snapshot()?.history(id)?;
        if changes.is_empty() {
            return Err(Error::not_found(format!("there was never a listing with the id {id:?}")));
        }
        Ok(changes)
    }

    /// Hands the changes after `seq`, `limit` at most, to `each`, without numbers that may not be seen.
    ///
    /// # Errors
    /// Not found when there is no ledger; otherwise when it cannot be read or `each` fails.
    pub fn each_change_after(
        &self,
        seq: u64,
        limit: u64,
        each: &mut dyn FnMut(ChangeRecord) -> Result<()>,
    ) -> Result<()> {
        self.ledger()?.snapshot()?.each_change_after(seq, limit, each)
    }

    /// Drops what later changes supersede of the batches before `day`.
    ///
    /// # Errors
    /// As [`Ledger::fold`], and not found when there is no ledger.
    pub fn fold(&self, day: Date, signature: Signature, dry_run: bool) -> Result<Folding> {
        self.ledger()?.fold(day, Some(signature), dry_run)
    }

    /// Copies the ledger, while it is in use, to a new file.
    ///
    /// # Errors
    /// As [`Ledger::backup`], and not found when there is no ledger.
    pub fn backup(&self, destination: &Path) -> Result<LedgerFindings> {
        self.ledger()?.backup(destination)
    }

    /// Puts a copy in the place of the ledger; the index goes back with it.
    ///
    /// # Errors
    /// As [`Ledger::restore`].
    pub fn restore(&self, source: &Path, restoring: Restoring) -> Result<Restored> {
        // One that is damaged is built anew in any case.
        let current = self.layout.current().ok().flatten();
        let stands_for = current.map(|current| (current.seq, current.chain));
        Ledger::restore(source, &self.ledger_path, restoring, stands_for)
    }

    /// Where the ledger is.
    pub fn ledger_path(&self) -> &Path {
        &self.ledger_path
    }
}

/// Appends what is due, then the batch.
fn import_into(
    ledger: &mut Ledger,
    input: &Input,
    options: &ImportOptions,
    progress: &mut dyn Progress,
) -> Result<Report> {
    let Released { reports: released, failed } = ledger.release_due(today())?;
    let (submission, mut rows) = submission(ledger, input, options)?;
    for Unreleased { feed, error, .. } in failed {
        // Its own feed goes on behind it; the others do not wait for it.
        if submission.is_held_up_by(&feed) {
            return Err(error);
        }
        tracing::error!(feed, %error, "a batch that waits could not be read or appended, and waits on");
    }
    progress.begin("import", input.len_bytes());
    let (mut reached, check) = (|offset| progress.reached(offset), || input.check_unchanged());
    let report = match options.reconcile {
        true => ledger.reconcile(&submission, &mut rows, &mut reached, &check),
        false => ledger.append(&submission, &mut rows, &mut reached, &check),
    };
    Ok(Report { released, ..report.map_err(|error| error.context(input.name()))? })
}

/// The file as a batch of its feed, and its rows.
fn submission<'i>(ledger: &Ledger, input: &'i Input, options: &ImportOptions) -> Result<(Submission<'i>, Rows)> {
    let feed = options.feed.clone().or(Rows::header_of(input)?.feed);
    let feed = if options.corrections { Some(corrections_of(feed.as_deref())) } else { feed };
    let columns = ledger.columns_of(feed.as_deref())?.with(&options.columns);
    let rows = Rows::open_mapped(input, &columns)?;
    let header = rows.header().with(&options.stated).map_err(|error| error.context(input.name()))?;
    let header = match options.corrections {
        // The office knows nothing of it: its own series goes on as it counts.
        true => Header { feed, seq: None, prev: None, counts: options.stated.counts, ..header },
        false => Header { feed, seq: options.seq.or(header.seq), ..header },
    };
    let submission = Submission {
        header,
        source: input.name(),
        hash: input.hash(),
        limits: options.limits,
        signature: options.signature.clone(),
        sent_by: options.sent_by.clone(),
        content: Some(input),
        columns: options.columns.clone(),
        releases: None,
        dry_run: options.dry_run,
    };
    Ok((submission, rows))
}
