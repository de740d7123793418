//! The ledger written out as a batch of adds, in a form `import` reads back: its listings, and as NDJSON the
//! readings and confusable pairs of the desk too.

use std::io::Write;
use std::path::Path;

use serde::Serialize;

use super::Desk;
use super::digest::inert;
use crate::listing::{Alias, Listing, Phone, Status};
use crate::{Error, Result};

/// The columns of an exported table.
const COLUMNS: [&str; 14] = [
    "id",
    "name",
    "aliases",
    "category",
    "area_code",
    "locality",
    "address",
    "phones",
    "status",
    "referral",
    "referral_until",
    "parent",
    "popularity",
    "note",
];

/// How listings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFormat {
    /// One JSON object a line.
    Ndjson,
    /// A table with a header line.
    Csv,
    /// The same, where no cell is taken for a formula by a spreadsheet: not what import would read back alike.
    CsvGuarded,
}

/// A listing, or an entry of the lexicon, as a row of a batch.
#[derive(Serialize)]
struct Add<'l, T> {
    op: &'static str,
    #[serde(flatten)]
    of: &'l T,
}

/// Writes one row that adds `of`.
fn write_row(of: &impl Serialize, out: &mut dyn Write) -> Result<()> {
    serde_json::to_writer(&mut *out, &Add { op: "add", of }).map_err(|error| write_failed(error.into()))?;
    out.write_all(b"\n").map_err(write_failed)
}

impl Desk {
    /// Writes every listing in the order of ids; the numbers of non-published ones only where `confidential`.
    ///
    /// # Errors
    /// Not found when there is no ledger; otherwise when it cannot be read or `out` not written.
    pub fn export(&self, format: ExportFormat, confidential: bool, out: &mut dyn Write) -> Result<u64> {
        let shown = |listing: Listing| if confidential { listing } else { listing.published() };
        let mut count = 0;
        match format {
            ExportFormat::Ndjson => {
                self.each_listing(&mut |listing| {
                    count += 1;
                    write_row(&shown(listing), out)
                })?;
                self.lexicon_entries()?.iter().try_for_each(|entry| write_row(entry, out))?;
            }
            ExportFormat::Csv | ExportFormat::CsvGuarded => {
                let mut writer = csv::Writer::from_writer(&mut *out);
                let write = |writer: &mut csv::Writer<_>, row: &[String]| {
                    writer.write_record(row).map_err(|error| write_failed(error.into()))
                };
                write(&mut writer, &COLUMNS.map(str::to_owned))?;
                self.each_listing(&mut |listing| {
                    count += 1;
                    let row = cells(&shown(listing));
                    let row = if format == ExportFormat::CsvGuarded { row.map(inert) } else { row };
                    write(&mut writer, &row)
                })?;
                writer.flush().map_err(write_failed)?;
            }
        }
        out.flush().map_err(write_failed)?;
        Ok(count)
    }
}

fn cells(listing: &Listing) -> [String; COLUMNS.len()] {
    let referral = listing.referral.clone().unwrap_or_default();
    let referred = match (referral.number, referral.listing) {
        (Some(number), Some(id)) => serde_json::json!({"number": number, "listing": id}).to_string(),
        (Some(number), None) => number,
        (None, Some(id)) => format!("listing:{id}"),
        (None, None) => String::new(),
    };
    let status = if listing.status == Status::Listed { String::new() } else { word(&listing.status) };
    [
        listing.id.to_string(),
        listing.name.clone(),
        alias_cell(&listing.aliases),
        listing.category.clone(),
        listing.area_code.clone(),
        listing.locality.clone(),
        listing.address.clone(),
        phone_cell(&listing.phones),
        status,
        referred,
        referral.until.unwrap_or_default(),
        listing.parent.as_ref().map(ToString::to_string).unwrap_or_default(),
        listing.popularity.to_string(),
        listing.note.clone(),
    ]
}

/// Aliases as `kind:text` parted by `;`, or as JSON where a text holds what parts them.
fn alias_cell(aliases: &[Alias]) -> String {
    let plain = |alias: &Alias| !alias.text.contains([';', '；']) && !alias.text.starts_with(['[', '{']);
    if aliases.iter().all(plain) {
        let one = |alias: &Alias| format!("{}:{}", word(&alias.kind), alias.text);
        return aliases.iter().map(one).collect::<Vec<_>>().join(";");
    }
    json(&aliases)
}

/// Phones as `label:number转ext` parted by `;`, or as JSON where that would not be read back the same.
fn phone_cell(phones: &[Phone]) -> String {
    let one = |phone: &Phone| {
        let label = if phone.label.is_empty() { String::new() } else { format!("{}:", phone.label) };
        let ext = if phone.ext.is_empty() { String::new() } else { format!("转{}", phone.ext) };
        format!("{label}{}{ext}", phone.number)
    };
    let plain = |phone: &Phone| {
        let cell = one(phone);
        !cell.contains([';', '；']) && !cell.starts_with(['[', '{']) && Phone::parse(&cell).as_ref() == Ok(phone)
    };
    if phones.iter().all(plain) { phones.iter().map(one).collect::<Vec<_>>().join(";") } else { json(&phones) }
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// The word a value is written as.
fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

fn write_failed(error: std::io::Error) -> Error {
    Error::file("write", Path::new("the export"), error)
}
