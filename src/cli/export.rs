//! `chahao export`.

use std::io::{BufWriter, Write};

use clap::{Args, ValueEnum};

use super::{DeskArgs, Outcome};
use crate::desk::ExportFormat;
use crate::{Error, Result};

/// Write all listings to standard output, in a form import reads back.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  chahao export --format csv > listings.csv")]
pub(super) struct ExportArgs {
    /// How listings are written.
    #[arg(long, value_enum, default_value_t = FormatArg::Ndjson)]
    format: FormatArg,
    /// Put a ' before cells of a table that a spreadsheet would take for formulas. Without it a table is what import reads
    /// back the same; one that people open should be guarded, for listing text comes from elsewhere.
    #[arg(long)]
    guard: bool,
    /// Also write the numbers of non-published listings: the output is then as confidential as the ledger.
    #[arg(long)]
    confidential: bool,
    #[command(flatten)]
    desk: DeskArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FormatArg {
    /// One JSON object a line.
    Ndjson,
    /// A table of the listings with a header line; readings and confusable pairs are not in it.
    Csv,
}

impl ExportArgs {
    pub(super) fn run(self) -> Result<Outcome> {
        if self.guard && matches!(self.format, FormatArg::Ndjson) {
            return Err(Error::usage("--guard goes with --format csv: no spreadsheet opens NDJSON"));
        }
        let format = match self.format {
            FormatArg::Ndjson => ExportFormat::Ndjson,
            FormatArg::Csv if self.guard => ExportFormat::CsvGuarded,
            FormatArg::Csv => ExportFormat::Csv,
        };
        let mut out = BufWriter::with_capacity(1 << 20, std::io::stdout().lock());
        let desk = self.desk.desk();
        desk.export(format, self.confidential, &mut out)?;
        let entries = if matches!(format, ExportFormat::Csv | ExportFormat::CsvGuarded) {
            desk.lexicon_entries()?.len()
        } else {
            0
        };
        if entries > 0 {
            let text = format!(
                "{entries} readings and confusable pairs of the desk are not in this table; --format ndjson writes them too\n"
            );
            let _ = std::io::stderr().write_all(text.as_bytes());
        }
        Ok(Outcome::Done)
    }
}
