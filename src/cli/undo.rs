//! `chahao undo`.

use clap::Args;

use super::signature::{ForceArgs, SignatureArgs};
use super::{DeskArgs, Outcome, print, print_json, shown_lines, told};
use crate::Result;
use crate::ledger::UndoOptions;

/// Append the inverse of a batch: what it added is gone, what it changed or deleted stands as before.
///
/// Refused where a later batch touched the same listings, unless forced. An undo is a batch and can be undone.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  chahao undo 12 --dry-run
  chahao undo 12 --reason 'the wrong file was sent'")]
pub(super) struct UndoArgs {
    /// The batch's number in the ledger.
    #[arg(value_name = "BATCH")]
    batch: u64,
    /// Report what would happen and write nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    force: ForceArgs,
    #[command(flatten)]
    signature: SignatureArgs,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    desk: DeskArgs,
}

impl UndoArgs {
    pub(super) fn run(self) -> Result<Outcome> {
        let options = UndoOptions {
            force: self.force.force,
            signature: self.signature.signature()?,
            dry_run: self.dry_run,
            quarantine_days: None,
        };
        let undone = self.desk.desk().undo(self.batch, &options);
        let report = match told(self.json, &format!("batch {}", self.batch), undone)? {
            Ok(report) => report,
            Err(ended) => return Ok(ended),
        };
        if self.json {
            print_json(&report)?
        } else {
            print(&shown_lines(&report.to_string()))?
        }
        Ok(Outcome::Done)
    }
}
