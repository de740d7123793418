//! `chahao waiting`.

use clap::Args;

use super::signature::SignatureArgs;
use super::{DeskArgs, Outcome, print, print_json, shown, shown_lines};
use crate::ledger::{WaitingBatch, WithdrawnBatch};
use crate::{Error, Result};

/// Show the batches that wait for their day, or decide about one.
///
/// A batch waits where its header's effective day has not come, or one of its feed waits before it. import and compact
/// append it on its day. One that is turned down then stays here with the reason, and holds up its feed: import refuses the
/// feed's next file until this one is let in (--release) or taken out (--withdraw). Corrected rows of a batch that waits
/// wait with it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  chahao waiting
  chahao waiting --withdraw 3 --reason 'sent twice'
  chahao waiting --withdrawn
  chahao waiting --release 3 --reason 'the district was renamed, so all of it changes'")]
pub(super) struct WaitingArgs {
    /// Take this batch out again; who did so stays told, and with --reason why.
    #[arg(long, value_name = "ID", conflicts_with = "release")]
    withdraw: Option<u64>,
    /// Show the batches that were taken out, by whom and why.
    #[arg(long, conflicts_with_all = ["withdraw", "release"])]
    withdrawn: bool,
    /// Let in this batch, turned down on its day, whatever limits it passes.
    #[arg(long, value_name = "ID", requires = "reason")]
    release: Option<u64>,
    #[command(flatten)]
    signature: SignatureArgs,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    desk: DeskArgs,
}

impl WaitingArgs {
    pub(super) fn run(self) -> Result<Outcome> {
        let desk = self.desk.desk();
        if let Some(id) = self.withdraw {
            let (signature, by) = (self.signature.signature()?, self.signature.by());
            let batch = desk.withdraw(id, by, signature.as_ref().map(|signature| signature.reason.as_str()))?;
            if self.json {
                print_json(&batch)?
            } else {
                print(&format!("withdrawn: {}", line(&batch)))?
            }
            return Ok(Outcome::Done);
        }
        if let (Some(id), Some(signature)) = (self.release, self.signature.signature()?) {
            let report = desk.release_by_force(id, signature)?;
            if self.json {
                print_json(&report)?
            } else {
                print(&shown_lines(&report.to_string()))?
            }
            return match report.refused {
                Some(reason) => Ok(Outcome::Told(Error::refused(reason).context(&report.source))),
                None => Ok(Outcome::Done),
            };
        }
        if self.withdrawn {
            let withdrawn = desk.withdrawn()?;
            if self.json {
                print_json(&withdrawn)?;
            } else if withdrawn.is_empty() {
                print("no batch was taken out\n")?;
            } else {
                print(&withdrawn.iter().map(withdrawn_line).collect::<String>())?;
            }
            return Ok(Outcome::Done);
        }
        let waiting = desk.waiting()?;
        if self.json {
            print_json(&waiting)?;
        } else if waiting.is_empty() {
            print("no batch waits\n")?;
        } else {
            print(&waiting.iter().map(line).collect::<String>())?;
        }
        Ok(Outcome::Done)
    }
}

fn withdrawn_line(batch: &WithdrawnBatch) -> String {
    let WithdrawnBatch { id, feed, feed_seq, until, source, withdrawn, by, reason, .. } = batch;
    let reason = reason.as_ref().map(|reason| format!(": {}", shown(reason))).unwrap_or_default();
    let (feed, source, by) = (shown(feed), shown(source), shown(by));
    format!("{id}: {feed} #{feed_seq} from {until} on, {source}\n   taken out {withdrawn} by {by}{reason}\n")
}

fn line(batch: &WaitingBatch) -> String {
    let WaitingBatch { id, feed, feed_seq, until, source, .. } = batch;
    let refusal = batch.refusal.as_ref().map(|refusal| format!("\n   turned down: {}", shown(refusal)));
    format!("{id}: {} #{feed_seq} from {until} on, {}{}\n", shown(feed), shown(source), refusal.unwrap_or_default())
}
