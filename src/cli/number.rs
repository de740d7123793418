//! `chahao number`.

use clap::Args;

use super::client::{ServerArgs, part_of_path};
use super::lookup::pretty_resting;
use super::show::pretty_listing;
use super::{DeskArgs, Outcome, print, print_json, shown};
use crate::Result;
use crate::desk::NumberAnswer;

/// Whose number is this?
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  chahao number 020-81380388
  chahao number 020-81380388 --server https://desk.example:8114")]
pub(super) struct NumberArgs {
    /// The number, with or without area code and separators.
    digits: String,
    /// Print what HTTP answers.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    server: ServerArgs,
    #[command(flatten)]
    desk: DeskArgs,
}

impl NumberArgs {
    pub(super) fn run(self) -> Result<Outcome> {
        let answer: NumberAnswer = match self.server.client()? {
            Some(client) => client.get(&format!("/v1/numbers/{}", part_of_path(&self.digits)), &[])?,
            None => self.desk.open_desk()?.number(&self.digits)?,
        };
        if self.json {
            print_json(&answer)?;
        } else {
            let resting = answer.resting.iter().map(|one| format!("  resting   {}\n", shown(&pretty_resting(one))));
            print(&answer.listings.iter().map(pretty_listing).chain(resting).collect::<String>())?;
        }
        Ok(Outcome::Done)
    }
}
