//! The digest as a table: a line for each listing, those of tricky names at the end.

use std::io::{Result, Write};

use super::{Digest, aliases, differences, phones};
use crate::listing::Listing;

const TITLES: [&str; 10] =
    ["section", "id", "category", "locality", "name", "aliases", "phones", "address", "parent", "detail"];

pub(super) fn write(digest: &Digest, out: &mut dyn Write) -> Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(TITLES)?;
    for listing in &digest.new {
        writer.write_record(cells("new", listing, String::new()))?;
    }
    for (before, after) in &digest.changed {
        let detail = differences(before, after).into_iter().map(|(field, was, is)| format!("{field}: {was} → {is}"));
        writer.write_record(cells("changed", after, detail.collect::<Vec<_>>().join("; ")))?;
    }
    for listing in &digest.deleted {
        writer.write_record(cells("deleted", listing, String::new()))?;
    }
    for tricky in &digest.tricky {
        let mut row: [String; TITLES.len()] = Default::default();
        let [section, id, _, _, name, aliases, .., detail] = &mut row;
        (*section, *id) = ("tricky".to_owned(), tricky.id.clone());
        (*name, *aliases) = (inert(tricky.name.clone()), inert(tricky.aliases.join("; ")));
        detail.clone_from(&tricky.reading);
        writer.write_record(row)?;
    }
    for entry in &digest.entries {
        let mut row: [String; TITLES.len()] = Default::default();
        let [section, _, _, _, name, .., detail] = &mut row;
        (*section, *name, *detail) = (entry.kind.clone(), inert(entry.key.clone()), entry.op.clone());
        writer.write_record(row)?;
    }
    writer.flush()
}

fn cells(section: &str, listing: &Listing, detail: String) -> [String; TITLES.len()] {
    [
        section.to_owned(),
        listing.id.to_string(),
        listing.category.clone(),
        listing.locality.clone(),
        listing.name.clone(),
        aliases(listing),
        phones(listing),
        listing.address.clone(),
        listing.parent.as_ref().map(ToString::to_string).unwrap_or_default(),
        detail,
    ]
    .map(inert)
}

/// A cell no spreadsheet takes for a formula.
pub(in crate::desk) fn inert(cell: String) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t']) { format!("'{cell}") } else { cell }
}
