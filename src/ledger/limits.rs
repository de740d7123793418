//! What a batch may do at most before it is turned down whole.

use rusqlite::Connection;

use super::place::RECONCILE_FEED;
use super::{Submission, read};
use crate::Result;
use crate::batch::{Counts, Report};

/// Days for which a number rests before another listing should have it.
pub const QUARANTINE_DAYS: u32 = 90;

/// Days of quarantine at most: a hundred years.
pub const QUARANTINE_DAYS_MAX: u32 = 36_500;

/// What a batch may do at most before it is turned down whole.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Rejected rows as a share of all rows.
    pub reject_share_max: f64,
    /// Changes and deletions as a share of the listings there are.
    pub churn_share_max: f64,
    /// Days for which a number that was given up is told of where another listing takes it; more than
    /// [`QUARANTINE_DAYS_MAX`] are as many. A desk puts its own here.
    pub quarantine_days: u32,
    /// Neither limit is enforced; the ledger records that.
    pub force: bool,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { reject_share_max: 0.01, churn_share_max: 0.20, quarantine_days: QUARANTINE_DAYS, force: false }
    }
}

/// Why a batch is turned down whole: its counts do not hold, or it passes a limit.
pub(super) fn passed_limit(
    connection: &Connection,
    submission: &Submission<'_>,
    report: &Report,
) -> Result<Option<String>> {
    let accepted = report.accepted;
    let written = report.written;
    let rows = written.total() + report.rejected;
    if let Some(Counts { add, change, delete }) = submission.header.counts {
        // Whatever a header says, its sum has room here.
        let announced = [add, change, delete].map(u128::from).iter().sum::<u128>();
        // A rejected row may have been of any kind, so kinds can only be found to be too many.
        if announced != u128::from(rows) || written.add > add || written.change > change || written.delete > delete {
            let text = format!(
                "the header announces {add} adds, {change} changes and {delete} deletes; the file holds {rows} rows, \
                 {} adds, {} changes, {} deletes and {} rejected: it may be cut off",
                written.add, written.change, written.delete, report.rejected
            );
            return Ok(Some(text));
        }
    }
    if rows == 0 && report.feed == RECONCILE_FEED {
        return Ok(Some("the full file holds no rows, so all listings would be deleted".to_owned()));
    }
    if submission.limits.force {
        return Ok(None);
    }
    if rows == 0 {
        // A week in which nothing changed, or a file that was cut off: only counts tell, and a number that is stated is taken for
        // good.
        let may_be_cut_off = submission.header.seq.is_some() && submission.header.counts.is_none();
        return Ok(may_be_cut_off.then(|| {
            "the file holds no rows and states its number without counts: it may be cut off; where nothing changed, say so by \
             --expect-add 0 --expect-change 0 --expect-delete 0, or --force"
                .to_owned()
        }));
    }
    let over = |part: u64, whole: u64, share: f64| part as f64 > whole as f64 * share;
    let Limits { reject_share_max, churn_share_max, .. } = submission.limits;
    if over(report.rejected, rows, reject_share_max) {
        let text = format!(
            "{} of {rows} rows are rejected, more than {:.2} % (--max-reject): mend them, or let the rest go in with --force",
            report.rejected,
            reject_share_max * 100.0,
        );
        return Ok(Some(text));
    }
    let churn = accepted.change + accepted.delete;
    if churn > 0 {
        // The batch's own row is not written yet, its entries are.
        let entries = (read::entries(connection)? + report.lexicon.delete).saturating_sub(report.lexicon.add);
        let before = read::listings_by_batches(connection, entries)?;
        // The first batch can only change what it has just added.
        if before > 0 && over(churn, before, churn_share_max) {
            let text = format!(
                "{churn} changes and deletions among {before} listings are more than {:.0} % (--max-churn): check that it \
                 is the right file, or use --force",
                churn_share_max * 100.0
            );
            return Ok(Some(text));
        }
    }
    Ok(None)
}
