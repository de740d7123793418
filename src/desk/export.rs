//! The ledger written out as a batch of adds, in a form `import` reads back: its listings, and as NDJSON the
//! readings and confusable pairs of the desk too.

use std::io::Write;
use std::path::Path;

use serde::Serialize;

use super::Desk;
use super::digest::inert;
use crate::listing::{Alias, Listing, ListingId, Phone, Referral, Status};
use crate::{Error, Result};

/// What every row does.
const ADD: &str = "add";
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
    /// Of a listing that is listed: a full file names every status, for one that is not named stays as it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Status>,
}

/// A listing with every field, empty ones too: the first row of a full file says which fields it speaks of.
#[derive(Serialize)]
struct WholeAdd<'l> {
    op: &'static str,
    id: &'l str,
    name: &'l str,
    aliases: &'l [Alias],
    category: &'l str,
    area_code: &'l str,
    locality: &'l str,
    address: &'l str,
    phones: &'l [Phone],
    status: Status,
    referral: &'l Option<Referral>,
    parent: &'l Option<ListingId>,
    popularity: f32,
    note: &'l str,
}

impl<'l> WholeAdd<'l> {
    fn of(listing: &'l Listing) -> WholeAdd<'l> {
        WholeAdd {
            op: ADD,
            id: listing.id.as_str(),
            name: &listing.name,
            aliases: &listing.aliases,
            category: &listing.category,
            area_code: &listing.area_code,
            locality: &listing.locality,
            address: &listing.address,
            phones: &listing.phones,
            status: listing.status,
            referral: &listing.referral,
            parent: &listing.parent,
            popularity: listing.popularity,
            note: &listing.note,
        }
    }
}

/// Writes one row.
fn write_row(row: &impl Serialize, out: &mut dyn Write) -> Result<()> {
    serde_json::to_writer(&mut *out, row).map_err(|error| write_failed(error.into()))?;
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
                    let listing = shown(listing);
                    if count == 1 {
                        return write_row(&WholeAdd::of(&listing), out);
                    }
                    let status = Some(listing.status).filter(|status| *status == Status::Listed);
                    write_row(&Add { op: ADD, of: &listing, status }, out)
                })?;
                let write_entry = |entry| write_row(&Add { op: ADD, of: entry, status: None }, out);
                self.lexicon_entries()?.iter().try_for_each(write_entry)?;
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
    [
        listing.id.to_string(),
        listing.name.clone(),
        alias_cell(&listing.aliases),
        listing.category.clone(),
        listing.area_code.clone(),
        listing.locality.clone(),
        listing.address.clone(),
        phone_cell(&listing.phones),
        word(&listing.status),
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
