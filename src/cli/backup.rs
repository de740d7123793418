//! `chahao backup` and `chahao restore`.

use std::path::PathBuf;

use clap::Args;

use super::{DeskArgs, Outcome, print};
use crate::Result;
use crate::index::Layout;
use crate::ledger::{LedgerFindings, Restored};

/// Copy the ledger while it is in use.
///
/// The copy is checked before it takes its name. It holds the numbers of non-published listings, like the ledger.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  chahao backup /backup/ledger-2026-11-23.db")]
pub(super) struct BackupArgs {
    /// The file to write; it must not exist.
    #[arg(value_name = "DEST")]
    destination: PathBuf,
    #[command(flatten)]
    desk: DeskArgs,
}

impl BackupArgs {
    pub(super) fn run(self) -> Result<Outcome> {
        let findings = self.desk.desk().backup(&self.destination)?;
        print(&format!("{}: {}", self.destination.display(), sentence(&findings)))?;
        Ok(Outcome::Done)
    }
}

/// Put a copy in the place of the ledger.
///
/// The copy is checked first. Compactors and servers that run notice it, and build what they need anew.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  chahao restore /backup/ledger-2026-11-23.db
  chahao restore /backup/ledger-2026-11-23.db --replace")]
pub(super) struct RestoreArgs {
    /// The copy.
    #[arg(value_name = "SOURCE")]
    source: PathBuf,
    /// Give up the batches the ledger holds.
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    desk: DeskArgs,
}

impl RestoreArgs {
    pub(super) fn run(self) -> Result<Outcome> {
        let desk = self.desk.desk();
        let restored = desk.restore(&self.source, self.replace)?;
        let mut text = format!("{}: {}", desk.ledger_path().display(), sentence(&restored.findings));
        let Restored { findings, seq_before, batches_before, holds_all, damaged, log_aside } = restored;
        if let Some(log) = log_aside {
            text.push_str(&format!("the log of the ledger that was gone is now {}\n", log.display()));
        }
        if let Some(aside) = damaged {
            text.push_str(&format!("the ledger there was could not be read, and is now {}\n", aside.display()));
        } else if batches_before > 0 {
            text.push_str(&format!("it held {batches_before} batches up to seq {seq_before} before: "));
            text.push_str(match holds_all {
                true => "the backup holds them all\n",
                false => "what is not in the backup has to be imported again\n",
            });
        }
        if let Ok(Some(current)) = Layout::new(desk.index_path()).current()
            && current.seq > findings.seq
        {
            text.push_str(&format!(
                "the index stands for seq {}, and goes back with the next compaction\n",
                current.seq
            ));
        }
        print(&text)?;
        Ok(Outcome::Done)
    }
}

fn sentence(findings: &LedgerFindings) -> String {
    let LedgerFindings { seq, batches, listings, .. } = findings;
    format!("seq {seq}, {batches} batches, {listings} listings, checked\n")
}
