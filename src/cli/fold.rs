//! `chahao fold`.

use clap::Args;
use jiff::ToSpan;

use super::signature::SignatureArgs;
use super::{DeskArgs, Outcome, print, print_json};
use crate::ledger::{Signature, today};
use crate::{Error, Result};

/// Drop the changes of old batches that later ones supersede.
///
/// The newest state of every listing stays, and so do the batches' records. Digests, undos and histories reach back as
/// far as the log is not folded. The ledger is verified first.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  chahao fold --dry-run
  chahao fold --keep-days 400")]
pub(super) struct FoldArgs {
    /// Leave the batches of so many days alone.
    #[arg(long, value_name = "DAYS", default_value_t = 120, value_parser = clap::value_parser!(u32).range(0..=36_500))]
    keep_days: u32,
    /// Tell what would go and write nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    signature: SignatureArgs,
    /// Print what was done as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    desk: DeskArgs,
}

/// Folding the log without being asked each time.
#[derive(Debug, Args)]
pub(super) struct FoldAfterArgs {
    /// While keeping the index in step, fold the log too, but the batches of so many days: once no batch came for an hour.
    ///
    /// One that is sent while it folds waits until it is done. Nothing is folded where this is not set: what is folded can
    /// be neither undone nor told in a digest any more.
    #[arg(long, value_name = "DAYS", env = "CHAHAO_FOLD_AFTER", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    pub(super) fold_after: Option<u32>,
}

impl FoldArgs {
    pub(super) fn run(self) -> Result<Outcome> {
        let first_kept = today().checked_sub(i64::from(self.keep_days).days());
        let first_kept = first_kept.map_err(|error| Error::usage(format!("--keep-days goes too far back: {error}")))?;
        let signature = match self.signature.signature()? {
            Some(signature) => signature,
            None => Signature::new(self.signature.by(), &format!("batches before {first_kept}"))?,
        };
        let folding = self.desk.desk().fold(first_kept, signature, self.dry_run)?;
        if self.json {
            print_json(&folding)?;
            return Ok(Outcome::Done);
        }
        let text = match (folding.dropped, folding.dry_run) {
            (0, _) => "nothing to fold\n".to_owned(),
            (dropped, true) => {
                format!("{dropped} changes up to batch {} would go, {} stay\n", folding.batch, folding.kept)
            }
            (dropped, false) => {
                format!("folded up to batch {}: {dropped} changes went, {} stay\n", folding.batch, folding.kept)
            }
        };
        print(&text)?;
        Ok(Outcome::Done)
    }
}
