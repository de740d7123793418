//! The watch loop: compacts whenever there is reason to, for years.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Compaction, CompactorStatus, FoldedLog, compact};
use crate::Result;
use crate::index::{Generation, Layout, WatchLock};
use crate::ledger::Ledger;
use crate::progress::Silent;

/// How often ledger and index are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How long it waits after one error upon another at most.
const WAIT_MAX: Duration = Duration::from_secs(60);
/// How often the status is written where nothing changes.
const STATUS_EVERY: Duration = Duration::from_secs(10);

/// Runs [`compact`] whenever the ledger or the index has moved, until `stop` says so; `report` hears of every run.
/// `before` has its turn each time before the ledger is looked at; where it folded the log, that is told too.
///
/// After an error it waits longer and longer, up to a minute, and goes on. How things stand is told in the index
/// directory ([`CompactorStatus`]).
pub fn watch(
    ledger: &mut Ledger,
    layout: &Layout,
    before: &mut dyn FnMut(&mut Ledger) -> Result<Option<FoldedLog>>,
    stop: &dyn Fn() -> bool,
    report: &mut dyn FnMut(Result<(Compaction, Arc<Generation>)>),
) {
    let mut wait = LOOK_EVERY;
    let mut known: Option<Arc<Generation>> = None;
    let mut status = CompactorStatus::default();
    let mut told: Option<Instant> = None;
    let mut here: Option<WatchLock> = None;
    let mut held = Held::default();
    while !stop() {
        if here.as_ref().is_none_or(|here| !layout.is_seen(here)) {
            here = be_seen(layout);
            // A first base takes its time, and what a process before it said would stand there until then.
            tell(&mut status, ledger, layout);
        }
        let mut folded = None;
        let before = before(ledger).map(|more| folded = more);
        let outcome = match before.and_then(|()| is_due(ledger, layout, known.as_ref(), &mut held)) {
            Ok(false) => None,
            Ok(true) => Some(compact(ledger, layout, false, known.as_ref(), &mut Silent)),
            Err(error) => Some(Err(error)),
        };
        let moved = outcome.is_some() || folded.is_some();
        status.folded = folded.or(status.folded.take());
        match outcome {
            None => {
                wait = LOOK_EVERY;
                status.last_error = None;
            }
            Some(Ok((compaction, generation))) => {
                wait = LOOK_EVERY;
                known = Some(Arc::clone(&generation));
                (status.runs, status.last_error) = (status.runs + 1, None);
                report(Ok((compaction, generation)));
            }
            Some(Err(error)) => {
                wait = (wait * 2).min(WAIT_MAX);
                status.last_error = Some(error.to_string());
                report(Err(error));
            }
        }
        if moved || told.is_none_or(|told| told.elapsed() >= STATUS_EVERY) {
            tell(&mut status, ledger, layout);
            told = Some(Instant::now());
        }
        let until = Instant::now() + wait;
        while !stop() && Instant::now() < until {
            std::thread::sleep(LOOK_EVERY.min(until.saturating_duration_since(Instant::now())));
        }
    }
}

/// The lock by which it is known that a compactor watches; what cannot be told must not stop the work.
fn be_seen(layout: &Layout) -> Option<WatchLock> {
    let taken = layout.watch_lock();
    taken.inspect_err(|error| tracing::debug!(%error, "nobody can see that a compactor watches")).ok()
}

fn tell(status: &mut CompactorStatus, ledger: &Ledger, layout: &Layout) {
    if let Err(error) = status.look(ledger, layout) {
        status.last_error.get_or_insert_with(|| error.to_string());
    }
    status.write(layout);
}

/// A held generation, and up to where the ledger is known to have withheld nothing since: changes are read once.
#[derive(Debug, Default)]
struct Held {
    generation: (u64, String),
    /// The head of the ledger up to which it was looked.
    looked: Option<(u64, String)>,
}

impl Held {
    /// Whether the ledger withheld something after the held generation of `seq` and `chain`.
    fn is_overtaken(&mut self, ledger: &Ledger, seq: u64, chain: &str) -> Result<bool> {
        let generation = (seq, chain.to_owned());
        if self.generation != generation {
            *self = Held { generation, looked: None };
        }
        let head = ledger.head()?;
        if self.looked.as_ref() == Some(&head) {
            return Ok(false);
        }
        let is_overtaken = ledger.withheld_after(seq)?;
        self.looked = (!is_overtaken).then_some(head);
        Ok(is_overtaken)
    }
}

/// Whether the index is not what the ledger says, or not what was opened.
fn is_due(ledger: &Ledger, layout: &Layout, known: Option<&Arc<Generation>>, held: &mut Held) -> Result<bool> {
    let current = layout.current();
    if let Ok(Some(current)) = &current {
        // Whoever went back decides when it goes on, but no number that is withheld by now is given out for that.
        let of_this_ledger = ledger.has_batch(current.seq, &current.chain)?;
        if current.held && of_this_ledger && !held.is_overtaken(ledger, current.seq, &current.chain)? {
            return Ok(false);
        }
    }
    let Some(live) = known else { return Ok(true) };
    let same = current.is_ok_and(|current| current.as_ref() == Some(live.current()));
    // Another ledger may have taken this one's place, with the same seq.
    Ok(!same || live.seq() != ledger.seq()? || !ledger.has_batch(live.seq(), &live.current().chain)?)
}
