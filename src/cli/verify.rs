//! `chahao verify`.

use clap::Args;

use super::{DeskArgs, Outcome, print, print_json, told};
use crate::Result;
use crate::desk::Verification;

/// Check the ledger against itself and the index against the ledger.
///
/// Exit code 4 when anything is damaged. A damaged index is repaired by `chahao compact --full`; a damaged
/// ledger from its backup, or, where that is told beside the finding, by --repair.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  chahao verify")]
pub(super) struct VerifyArgs {
    /// Print the findings as JSON.
    #[arg(long)]
    json: bool,
    /// First build anew what the ledger derives: keys of numbers and names, captions, numbers given up.
    #[arg(long)]
    repair: bool,
    #[command(flatten)]
    desk: DeskArgs,
}

impl VerifyArgs {
    pub(super) fn run(self) -> Result<Outcome> {
        let desk = self.desk.desk();
        let repaired = if self.repair { desk.rebuild_derived() } else { Ok(()) };
        let verified = repaired.and_then(|()| desk.verify());
        let verification = match told(self.json, &desk.ledger_path().display().to_string(), verified)? {
            Ok(verification) => verification,
            Err(ended) => return Ok(ended),
        };
        if self.json {
            print_json(&verification)?
        } else {
            print(&pretty(&verification))?
        }
        Ok(if verification.damage.is_empty() { Outcome::Done } else { Outcome::Damaged })
    }
}

fn pretty(verification: &Verification) -> String {
    let Verification { seq, batches, changes, listings, index_seq, damage, .. } = verification;
    let mut text = format!("ledger: seq {seq}, {batches} batches, {changes} changes, {listings} listings\n");
    text.push_str(&match index_seq {
        Some(index) if index == seq => format!("index: seq {index}, compared with the ledger both ways\n"),
        Some(index) => format!("index: seq {index}, not in step (run chahao compact); its files are whole\n"),
        None if damage.is_empty() => "index: none\n".to_owned(),
        None => "index: not compared\n".to_owned(),
    });
    match damage.len() {
        0 => text.push_str("all is well\n"),
        count => {
            let Verification { sound_batch, sound_seq, .. } = verification;
            text.push_str(&format!("the log is as it was appended up to batch {sound_batch}, seq {sound_seq}\n"));
            text.push_str(&format!("{count} findings:\n"));
        }
    }
    damage.iter().for_each(|finding| text.push_str(&format!("  {finding}\n")));
    text
}
