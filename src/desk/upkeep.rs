//! Folding the log by itself, at a quiet moment.
//!
//! It is off where nobody asked for it: what is folded can be neither undone nor told in a digest any more.
//!
//! # Invariants
//! 1. It waits for nobody, and begins only where nobody has sent a batch for a while and none is left to be indexed. One
//!    that is sent meanwhile waits until it is done.
//! 2. What cannot be folded keeps nothing from being indexed.

use std::time::{Duration, Instant};

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use crate::compactor::FoldedLog;
use crate::index::Layout;
use crate::ledger::{Ledger, Signature, today};
use crate::{Error, Result};

/// For how long no batch must have come.
const QUIET: Duration = Duration::from_secs(3_600);
/// How often it is looked whether there is something to fold.
const LOOK_EVERY: Duration = Duration::from_secs(600);
/// How long after it failed: a ledger that does not verify is not verified again and again.
const LOOK_AFTER_ERROR: Duration = Duration::from_secs(24 * 3_600);
/// Who answers for it.
const BY: &str = "compactor";

/// When the log is folded, and how far that was tried.
#[derive(Debug)]
pub(super) struct Upkeep {
    keep_days: u32,
    not_before: Option<Instant>,
    /// The last batch that was there to be folded: where nothing of it went, there is no use in trying again.
    tried: u64,
}

impl Upkeep {
    /// Batches of so many days are left alone.
    pub(super) fn new(keep_days: u32) -> Upkeep {
        Upkeep { keep_days, not_before: None, tried: 0 }
    }

    /// Folds the log where there is something to fold and the moment is quiet; what was folded.
    pub(super) fn look(&mut self, ledger: &mut Ledger, layout: &Layout) -> Option<FoldedLog> {
        if self.not_before.is_some_and(|then| Instant::now() < then) {
            return None;
        }
        let folded = self.fold(ledger, layout);
        let pause = if folded.is_ok() { LOOK_EVERY } else { LOOK_AFTER_ERROR };
        self.not_before = Instant::now().checked_add(pause);
        folded.inspect_err(|error| tracing::error!(%error, "the log cannot be folded")).ok().flatten()
    }

    fn fold(&mut self, ledger: &mut Ledger, layout: &Layout) -> Result<Option<FoldedLog>> {
        let first_kept = today().checked_sub(i64::from(self.keep_days).days());
        let first_kept = first_kept.map_err(|error| Error::internal(format!("no such day: {error}")))?;
        let Some(last) = ledger.foldable(first_kept)?.filter(|last| *last > self.tried) else { return Ok(None) };
        if !is_quiet(ledger, layout)? {
            // It is looked again soon: the moment counts, not the day.
            return Ok(None);
        }
        let Some(folding) = ledger.fold_if_idle(first_kept, signature(first_kept)?)? else { return Ok(None) };
        // Where nothing of it could go, nothing can until another batch is old enough.
        self.tried = last;
        tracing::info!(batch = folding.batch, dropped = folding.dropped, kept = folding.kept, "the log was folded");
        Ok(folding.checkpoint.map(|_| FoldedLog {
            at: Timestamp::now().to_string(),
            batch: folding.batch,
            dropped: folding.dropped,
        }))
    }
}

fn signature(first_kept: Date) -> Result<Signature> {
    Signature::new(BY, &format!("batches before {first_kept}, as --fold-after asks"))
}

/// Whether the index is in step, and no batch came for a while. Where the newest one came in the future, the clock was set
/// back, and nothing tells how long that is ago.
fn is_quiet(ledger: &Ledger, layout: &Layout) -> Result<bool> {
    let in_step = layout.current()?.is_some_and(|current| ledger.head().is_ok_and(|(seq, _)| seq == current.seq));
    let newest = ledger.newest_received()?.and_then(|received| received.parse::<Timestamp>().ok());
    let age = newest.map(|newest| Timestamp::now().as_second() - newest.as_second());
    Ok(in_step && age.is_none_or(|age| age < 0 || age >= QUIET.as_secs() as i64))
}
