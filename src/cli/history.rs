//! `chahao history`.

use clap::Args;
use serde_json::Value;

use super::{DeskArgs, Outcome, print, print_json, shown};
use crate::ledger::{ChangeRecord, Image};
use crate::{Error, Result};

/// Show every change of one listing, deleted ones too.
///
/// Numbers a listing had up to the last time it was non-published are left out.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  chahao history GZ-0001234")]
pub(super) struct HistoryArgs {
    /// The listing's id.
    id: String,
    /// Print JSON, one line a change.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    desk: DeskArgs,
}

impl HistoryArgs {
    pub(super) fn run(self) -> Result<Outcome> {
        for change in self.desk.desk().history(&self.id)? {
            if self.json { print_json(&change)? } else { print(&text(&change)?)? }
        }
        Ok(Outcome::Done)
    }
}

/// One change with the fields that differ.
fn text(change: &ChangeRecord) -> Result<String> {
    let ChangeRecord { seq, batch, op, .. } = change;
    let mut text = format!("seq {seq}, batch {batch}: {op}\n");
    let fields = |image: &Option<Image>| -> Result<serde_json::Map<String, Value>> {
        let value = image.as_ref().map(serde_json::to_value).transpose();
        let value = value.map_err(|error| Error::internal(format!("cannot write JSON: {error}")))?;
        Ok(value.and_then(|value| value.as_object().cloned()).unwrap_or_default())
    };
    let (before, after) = (fields(&change.before)?, fields(&change.after)?);
    for (field, was) in before.iter().filter(|(field, was)| after.get(*field) != Some(was)) {
        text.push_str(&format!("  - {field}: {}\n", shown(&was.to_string())));
    }
    for (field, is) in after.iter().filter(|(field, is)| before.get(*field) != Some(is)) {
        text.push_str(&format!("  + {field}: {}\n", shown(&is.to_string())));
    }
    Ok(text)
}
