//! `chahao compact`.

use clap::Args;

use super::progress::Bar;
use super::serve::stop_on_signal;
use super::{DeskArgs, Outcome, print, print_json};
use crate::Result;
use crate::compactor::{Built, Compaction};

/// Bring the index to the ledger's state.
///
/// What changed since the last base becomes a small delta; when that has grown, or with --full, a new base is
/// built. The index it replaces serves on until the new one is complete.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  chahao compact
  chahao compact --watch      keep in step until stopped
  chahao compact --full       build a new base in any case")]
pub(super) struct CompactArgs {
    /// Keep the index in step until stopped.
    #[arg(long, conflicts_with = "full")]
    watch: bool,
    /// Build a new base in any case.
    #[arg(long)]
    full: bool,
    /// Print what was done as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    desk: DeskArgs,
}

impl CompactArgs {
    pub(super) fn run(self) -> Result<Outcome> {
        let desk = self.desk.desk();
        let tell = |compaction: &Compaction| {
            if self.json { print_json(compaction) } else { print(&format!("{}\n", sentence(compaction))) }
        };
        if self.watch {
            let stop = stop_on_signal()?;
            desk.watch(&|| stop.is_set(), &mut |outcome| {
                let told = outcome.and_then(|compaction| tell(&compaction));
                if let Err(error) = told {
                    tracing::error!(%error, "compaction failed; trying again");
                }
            })?;
            return Ok(Outcome::Done);
        }
        let mut bar = Bar::new();
        let compacted = desk.compact(self.full, &mut bar);
        bar.finish();
        tell(&compacted?)?;
        Ok(Outcome::Done)
    }
}

fn sentence(compaction: &Compaction) -> String {
    let Compaction { seq, base, delta, took_ms, .. } = compaction;
    match compaction.built {
        Built::Nothing => format!("index in step at seq {seq}: nothing to do"),
        Built::Delta => format!("index at seq {seq}: delta of {delta} over a base of {base} listings, {took_ms} ms"),
        Built::Base => format!("index at seq {seq}: new base of {base} listings, {took_ms} ms"),
    }
}
