//! `chahao backup` and `chahao restore`.

use std::path::PathBuf;

use clap::Args;

use super::{DeskArgs, Outcome, print};
use crate::Result;
use crate::ledger::LedgerFindings;

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
        let findings = desk.restore(&self.source, self.replace)?;
        print(&format!("{}: {}", desk.ledger_path().display(), sentence(&findings)))?;
        Ok(Outcome::Done)
    }
}

fn sentence(findings: &LedgerFindings) -> String {
    let LedgerFindings { seq, batches, listings, .. } = findings;
    format!("seq {seq}, {batches} batches, {listings} listings, checked\n")
}
