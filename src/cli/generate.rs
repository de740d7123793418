//! `chahao generate`.

use std::io::BufWriter;
use std::path::Path;
use std::sync::mpsc::sync_channel;

use clap::Args;

use super::progress::Bar;
use super::{DeskArgs, Outcome};
use crate::desk::Desk;
use crate::generate::{Settings, write_listings, write_weekly};
use crate::progress::Progress;
use crate::{Error, Result};

/// Listings read ahead of the weekly batch that is written from them.
const READ_AHEAD: usize = 4_096;

/// Write synthetic listings, or a synthetic weekly batch, to standard output.
///
/// The same seed gives the same bytes. With --batch the output is a week's additions, changes and deletions
/// against the ledger as it stands.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  chahao generate --rows 100000 --seed 7 > listings.ndjson
  chahao generate --batch --seed 8 > weekly.ndjson")]
pub(super) struct GenerateArgs {
    /// How many listings.
    #[arg(long, required_unless_present = "batch", conflicts_with = "batch")]
    rows: Option<u64>,
    /// Decides everything that is left to chance.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Write a weekly batch instead.
    #[arg(long)]
    batch: bool,
    #[command(flatten)]
    desk: DeskArgs,
}

impl GenerateArgs {
    pub(super) fn run(self) -> Result<Outcome> {
        let mut out = BufWriter::with_capacity(1 << 20, std::io::stdout().lock());
        match self.rows {
            Some(rows) => {
                let mut bar = Bar::new();
                bar.begin("generate", rows);
                let written =
                    write_listings(&Settings { rows, seed: self.seed }, &mut |done| bar.reached(done), &mut out);
                bar.finish();
                written.map_err(|error| Error::file("write", Path::new("standard output"), error))?;
            }
            None => {
                weekly(&self.desk.desk(), self.seed, &mut out)?;
            }
        }
        Ok(Outcome::Done)
    }
}

/// Reads the ledger in a thread of its own while the batch is written.
fn weekly(desk: &Desk, seed: u64, out: &mut dyn std::io::Write) -> Result<()> {
    std::thread::scope(|scope| {
        let (sender, listings) = sync_channel(READ_AHEAD);
        scope.spawn(move || {
            let gone = || Error::internal("the weekly batch is no longer written");
            // As anybody may see them: what is written goes to whoever reads it.
            let read = desk.each_listing(&mut |listing| sender.send(Ok(listing.published())).map_err(|_| gone()));
            if let Err(error) = read {
                // Nobody listens any more when the writing failed first, and that error is the one told.
                let _ = sender.send(Err(error));
            }
        });
        write_weekly(seed, listings.into_iter(), out).map(|_| ())
    })
}
