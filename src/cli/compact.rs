//! `chahao compact`.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use clap::Args;

use super::fold::FoldAfterArgs;
use super::log::LogArgs;
use super::progress::Bar;
use super::serve::stop_on_signal;
use super::{DeskArgs, Outcome, print, print_json, shown};
use crate::compactor::{Built, Compaction, CompactorStatus, FoldedLog, WatchedNow};
use crate::index::Layout;
use crate::{Error, Result};

/// For how long a watching compactor may be silent: longer than a new base takes.
const HEARD_WITHIN_S: u64 = 1_800;

/// Bring the index to the ledger's state.
///
/// What changed since the last base becomes a small delta; when that has grown, or with --full, a new base is
/// built. The index it replaces serves on until the new one is complete.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  chahao compact
  chahao compact --watch      keep in step until stopped
  chahao compact --full       build a new base in any case
  chahao compact --status     tell how far a watching compactor is
  chahao compact --rollback   go back to the generation before")]
pub(super) struct CompactArgs {
    /// Keep the index in step until stopped.
    #[arg(long, conflicts_with = "full")]
    watch: bool,
    /// Build a new base in any case.
    #[arg(long)]
    full: bool,
    /// Go back to the generation that was live before; it stays until compact runs again without --watch.
    #[arg(long, conflicts_with_all = ["full", "watch"])]
    rollback: bool,
    /// Tell how far a watching compactor is.
    #[arg(long, conflicts_with_all = ["full", "watch", "rollback"])]
    status: bool,
    /// Print what was done as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    log: LogArgs,
    #[command(flatten)]
    fold: FoldAfterArgs,
    #[command(flatten)]
    desk: DeskArgs,
}

impl CompactArgs {
    pub(super) fn run(self) -> Result<Outcome> {
        let _log = self.log.start()?;
        if self.watch {
            return self.watch();
        }
        if self.status {
            return self.status();
        }
        if self.rollback {
            let seq = self.desk.desk().roll_back()?;
            print(&format!("went back to seq {seq}; it stays until chahao compact is run\n"))?;
            return Ok(Outcome::Done);
        }
        let mut bar = Bar::new();
        let compacted = self.desk.desk().compact(self.full, &mut bar);
        bar.finish();
        tell(&compacted?, self.json)?;
        Ok(Outcome::Done)
    }

    fn status(self) -> Result<Outcome> {
        // One that no lookup reads is in step with nothing.
        let unread = Layout::new(&self.desk.index).current().err();
        let unread = || unread.as_ref().map(|error| Outcome::Told(Error::busy(error.to_string())));
        let Some(now) = self.desk.desk().watched_now() else {
            print("no compactor has watched here\n")?;
            return Ok(unread().unwrap_or(Outcome::NothingFound));
        };
        if self.json {
            print_json(&now)?;
        } else {
            print(&status_text(&now))?;
        }
        let WatchedNow { status: CompactorStatus { pid, lag_batches, .. }, age_seconds, is_alive, ledger_is_gone } =
            now;
        if ledger_is_gone {
            let ledger = self.desk.ledger.display();
            let text = format!("the ledger at {ledger} is gone: put its file back, or restore its backup");
            return Ok(Outcome::Told(Error::busy(text)));
        }
        if let Some(unread) = unread() {
            return Ok(unread);
        }
        let what = match is_alive {
            false => "is gone".to_owned(),
            true if age_seconds > HEARD_WITHIN_S => format!("was not heard for {age_seconds} s"),
            true => return Ok(Outcome::Done),
        };
        if lag_batches > 0 {
            let text =
                format!("process {pid} {what}, and {lag_batches} batches wait: start chahao compact --watch again");
            return Ok(Outcome::Told(Error::busy(text)));
        }
        Ok(Outcome::Done)
    }

    /// Compacts in a thread of its own and ends as soon as it is told to: what is half built then is swept by
    /// the next run.
    fn watch(self) -> Result<Outcome> {
        const LOOK_EVERY: Duration = Duration::from_millis(50);
        let stop = stop_on_signal()?;
        let (sender, ended) = channel();
        let stopped = Arc::clone(&stop);
        std::thread::spawn(move || {
            let desk = self.desk.desk().with_fold_after(self.fold.fold_after);
            let watched = desk.watch(&|| stopped.is_set(), &mut |outcome| {
                if let Err(error) = outcome.and_then(|compaction| tell(&compaction, self.json)) {
                    tracing::error!(%error, "compaction failed; trying again");
                }
            });
            // Nobody listens any more when the process was told to stop.
            let _ = sender.send(watched);
        });
        while !stop.is_set() {
            match ended.recv_timeout(LOOK_EVERY) {
                Ok(watched) => return watched.map(|()| Outcome::Done),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(Error::internal("the compactor ended unexpectedly")),
            }
        }
        Ok(Outcome::Done)
    }
}

fn status_text(now: &WatchedNow) -> String {
    let WatchedNow { status, age_seconds, is_alive, .. } = now;
    let CompactorStatus { pid, written, seq, ledger_seq, lag_batches, lag_seconds, held, .. } = status;
    let mut text = format!(
        "process {pid}, {written}: index at seq {seq}, ledger at {ledger_seq}; {lag_batches} batches and {lag_seconds} s behind\n"
    );
    if !is_alive {
        text.push_str("that process is gone\n");
    }
    text.push_str(&format!("it was heard {age_seconds} s ago\n"));
    if *held {
        text.push_str("held at an earlier generation: run chahao compact to go on\n");
    }
    if let Some(FoldedLog { at, batch, dropped }) = &status.folded {
        text.push_str(&format!("{at}: folded the log up to batch {batch}, {dropped} changes went\n"));
    }
    if let Some(error) = &status.last_error {
        text.push_str(&format!("last error: {}\n", shown(error)));
    }
    text
}

fn tell(compaction: &Compaction, json: bool) -> Result<()> {
    if json { print_json(compaction) } else { print(&format!("{}\n", sentence(compaction))) }
}

fn sentence(compaction: &Compaction) -> String {
    let Compaction { seq, base, delta, took_ms, .. } = compaction;
    match compaction.built {
        Built::Nothing => format!("index in step at seq {seq}: nothing to do"),
        Built::Delta => format!("index at seq {seq}: delta of {delta} over a base of {base} listings, {took_ms} ms"),
        Built::Base => format!("index at seq {seq}: new base of {base} listings, {took_ms} ms"),
    }
}
