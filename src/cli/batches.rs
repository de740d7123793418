//! `chahao batches`.

use clap::Args;

use super::{DeskArgs, Outcome, print, print_json, shown, shown_lines};
use crate::Result;
use crate::ledger::BatchRecord;

/// Show the batches of the ledger, or one of them: with its report, where it had waited for its day.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  chahao batches
  chahao batches 12 --json")]
pub(super) struct BatchesArgs {
    /// The batch's number in the ledger [default: all].
    #[arg(value_name = "BATCH", conflicts_with_all = ["after", "limit"])]
    batch: Option<u64>,
    /// Only those after this number.
    #[arg(long, value_name = "BATCH", default_value_t = 0)]
    after: u64,
    /// At most so many.
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Print JSON, one line a batch.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    desk: DeskArgs,
}

impl BatchesArgs {
    pub(super) fn run(self) -> Result<Outcome> {
        let desk = self.desk.desk();
        let batches = match self.batch {
            Some(n) => vec![desk.batch(n)?],
            None => desk.batches(self.after, self.limit.unwrap_or(usize::MAX))?,
        };
        for batch in &batches {
            if self.json { print_json(batch)? } else { print(&text(batch))? }
        }
        Ok(if batches.is_empty() { Outcome::NothingFound } else { Outcome::Done })
    }
}

fn text(batch: &BatchRecord) -> String {
    let report = batch.report.as_ref().map(|report| shown_lines(&report.to_string())).unwrap_or_default();
    line(batch) + &report
}

fn line(batch: &BatchRecord) -> String {
    let BatchRecord { batch: n, feed, feed_seq, day, added, changed, deleted, rejected, seq, source, .. } = batch;
    let mut text = format!(
        "{n}: {day} {} #{feed_seq}, {}: {added} added, {changed} changed, {deleted} deleted, {rejected} rejected; seq {seq}\n",
        shown(feed),
        shown(source)
    );
    if let Some(signature) = &batch.about.signature {
        text.push_str(&format!("   by {}: {}\n", shown(&signature.by), shown(&signature.reason)));
    }
    if let Some(sender) = &batch.about.sent_by {
        text.push_str(&format!("   sent by {}\n", shown(sender)));
    }
    text
}
