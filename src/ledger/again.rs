//! What the import of a batch said, said again: its rejected rows, where the file they were written to is lost.

use rusqlite::Connection;

use super::append::{Appender, Submission, apply_rows};
use super::fold::check_unfolded;
use super::place::{Place, UNDO_FEED};
use super::{Ledger, Limits, Snapshot};
use crate::batch::{Report, Rows};
use crate::{Error, Result};

impl Ledger {
    /// The report of batch `n`, whose file is read again, as it was when the batch was appended: on a ledger in which all
    /// is undone since then, for as long as it takes. Takes time in proportion to what was appended since.
    ///
    /// # Errors
    /// Not found when there is no such batch; refused when the log is folded so far, or other rows are rejected now, as
    /// where the columns of its feed are mapped otherwise since; otherwise when something cannot be read.
    pub fn report_again(&mut self, n: u64, submission: &Submission<'_>, rows: &mut Rows) -> Result<Report> {
        let record = Snapshot::begin(&mut self.connection)?.batch(n)?;
        if record.rejected == 0 {
            return Ok(Report { dry_run: true, ..Report::default() });
        }
        check_unfolded(&self.connection, n)?;
        self.trial(|ledger| {
            let connection = &ledger.connection;
            go_back(connection, record.seq_before)?;
            let place = Place::next(connection, record.feed, Some(record.feed_seq))?;
            let (report, _) = apply_rows(connection, submission, &place, None, rows, &mut |_| {})?;
            if report.rejected != record.rejected {
                return Err(Error::refused(format!(
                    "batch {n} rejected {} rows, and of its file {} are rejected now: the columns of its feed are mapped \
                     otherwise, or forgotten, since; say with --map what they were then",
                    record.rejected, report.rejected
                )));
            }
            Ok(Report { dry_run: true, ..report })
        })
    }
}

/// Makes everything stand as it did after the change `seq`.
fn go_back(connection: &Connection, seq: u64) -> Result<()> {
    let place = Place::next(connection, UNDO_FEED.to_owned(), None)?;
    let mut appender = Appender::new(connection, &place, &Limits::default())?;
    appender.reviewer.takes_back();
    appender.take_back((seq, place.last_seq), &mut Report::default())
}
