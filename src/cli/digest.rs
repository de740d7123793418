//! `chahao digest`.

use clap::{Args, ValueEnum};
use jiff::civil::Date;

use super::{DeskArgs, Outcome, print, shown_lines};
use crate::desk::{DigestDays, DigestFormat};
use crate::ledger::today;
use crate::{Error, Result};

/// Write what the batches of some days did, as a booklet for the desk.
///
/// New, changed and deleted listings by category, then names that are read in several ways or have aliases. The same
/// ledger and days give the same bytes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  chahao digest --since 2026-11-11 --until 2026-11-20
  chahao digest --since 2026-11-11 --until 2026-11-20 --format html > digest.html")]
pub(super) struct DigestArgs {
    /// The first day on which batches were appended.
    #[arg(long, value_name = "DAY")]
    since: Date,
    /// The last day [default: today].
    #[arg(long, value_name = "DAY")]
    until: Option<Date>,
    /// How it is written.
    #[arg(long, value_enum, default_value_t = FormatArg::Text)]
    format: FormatArg,
    #[command(flatten)]
    desk: DeskArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FormatArg {
    /// For a terminal.
    Text,
    /// A table.
    Csv,
    /// A booklet to be printed.
    Html,
}

impl DigestArgs {
    pub(super) fn run(self) -> Result<Outcome> {
        let days = DigestDays { since: self.since, until: self.until.unwrap_or_else(today) };
        if days.until < days.since {
            let text = format!("--until is not before --since; they are {} and {}", days.until, days.since);
            return Err(Error::usage(text));
        }
        let format = match self.format {
            FormatArg::Text => DigestFormat::Text,
            FormatArg::Csv => DigestFormat::Csv,
            FormatArg::Html => DigestFormat::Html,
        };
        let mut out = Vec::new();
        self.desk.desk().digest(days, format, &mut out)?;
        let text = String::from_utf8_lossy(&out);
        match format {
            DigestFormat::Text => print(&shown_lines(&text))?,
            DigestFormat::Csv | DigestFormat::Html => print(&text)?,
        }
        Ok(Outcome::Done)
    }
}
