//! `chahao backup` and `chahao restore`.

use std::path::PathBuf;

use clap::Args;

use super::{DeskArgs, Outcome, print, shown};
use crate::Result;
use crate::index::Layout;
use crate::ledger::{LedgerFindings, Restored, Restoring};

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
/// Listings that were withheld or disconnected since the copy was made stay so, by a batch behind those of the copy; tokens
/// stay as the ledger has them. Where it knew of none, those of the copy are in force.
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
    /// Give up batches that wait for their day in the ledger, and that the copy does not have.
    #[arg(long, requires = "replace")]
    lose_waiting: bool,
    #[command(flatten)]
    desk: DeskArgs,
}

impl RestoreArgs {
    pub(super) fn run(self) -> Result<Outcome> {
        let desk = self.desk.desk();
        let restoring = Restoring { replace: self.replace, lose_waiting: self.lose_waiting };
        let restored = desk.restore(&self.source, restoring)?;
        let mut text = format!("{}: {}", desk.ledger_path().display(), sentence(&restored.findings));
        text.push_str(&kept_and_lost(&restored));
        let Restored { findings, seq_before, batches_before, holds_all, damaged, log_aside, .. } = restored;
        if let Some(log) = log_aside {
            text.push_str(&format!("the log of the ledger that was gone is now {}\n", log.display()));
        }
        if let Some(aside) = damaged {
            text.push_str(&format!(
                "the ledger there was could not be read, and is now {}: what was withheld since the backup is given out again, \
                 and batches that waited are lost\n",
                aside.display()
            ));
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

/// What was known beside the batches, and what became of it.
fn kept_and_lost(restored: &Restored) -> String {
    let Restored { forgotten, tokens, untold, withheld_by, .. } = restored;
    let mut text = String::new();
    for (what, batch) in
        [forgotten.withheld(), forgotten.taken_off()].into_iter().flatten().zip(withheld_by.iter().cycle())
    {
        text.push_str(&format!("batch {batch} keeps back {what}; undo it where that was a mistake\n"));
    }
    if let Some(waiting) = forgotten.waiting() {
        text.push_str(&format!("batches that waited and are lost: {waiting}\n"));
    }
    if let Some(waiting) = forgotten.waiting_again() {
        text.push_str(&format!(
            "batches that wait again, appended or withdrawn since the backup, until they are let in or taken out: {waiting}; see \
             chahao waiting\n"
        ));
    }
    for (names, so) in [(&tokens.revoked, "revoked"), (&tokens.added, "in force")] {
        if !names.is_empty() {
            text.push_str(&format!("tokens that stay {so}: {}\n", shown(&names.join(", "))));
        }
    }
    if !tokens.of_backup.is_empty() {
        text.push_str(&format!(
            "tokens in force as on the backup's day, of which the ledger there was knew nothing: {}; what was revoked since has to \
             be revoked again\n",
            shown(&tokens.of_backup.join(", "))
        ));
    }
    for what in untold {
        text.push_str(&format!("cannot be told of the ledger there was: {what}\n"));
    }
    text
}

fn sentence(findings: &LedgerFindings) -> String {
    let LedgerFindings { seq, batches, listings, .. } = findings;
    format!("seq {seq}, {batches} batches, {listings} listings, checked\n")
}
