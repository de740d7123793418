//! `chahao number`.

use clap::Args;

use super::show::pretty_listing;
use super::{DeskArgs, Outcome, print, print_json};
use crate::Result;

/// Whose number is this?
#[derive(Debug, Args)]
#[command(after_help = "Example:
  chahao number 020-81380388")]
pub(super) struct NumberArgs {
    /// The number, with or without area code and separators.
    digits: String,
    /// Print what HTTP answers.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    desk: DeskArgs,
}

impl NumberArgs {
    pub(super) fn run(self) -> Result<Outcome> {
        let answer = self.desk.open_desk()?.number(&self.digits)?;
        if self.json {
            print_json(&answer)?;
        } else {
            print(&answer.listings.iter().map(pretty_listing).collect::<String>())?;
        }
        Ok(Outcome::Done)
    }
}
