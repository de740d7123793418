//! The digest for a terminal.

use std::io::{Result, Write};

use super::{Digest, aliases, differences, phones};
use crate::listing::Listing;

pub(super) fn write(digest: &Digest, out: &mut dyn Write) -> Result<()> {
    writeln!(out, "{}\n{}", digest.title(), digest.summary())?;
    section(out, "New", &digest.new)?;
    if !digest.changed.is_empty() {
        writeln!(out, "\nChanged ({})", digest.changed.len())?;
    }
    for (before, after) in &digest.changed {
        writeln!(out, "  {} ({})", after.name, after.id)?;
        for (field, was, is) in differences(before, after) {
            writeln!(out, "    {field}: {} → {}", or_none(&was), or_none(&is))?;
        }
    }
    section(out, "Deleted", &digest.deleted)?;
    if !digest.tricky.is_empty() {
        writeln!(out, "\nTricky names ({})", digest.tricky.len())?;
    }
    for tricky in &digest.tricky {
        let aliases =
            if tricky.aliases.is_empty() { String::new() } else { format!(" = {}", tricky.aliases.join("; ")) };
        writeln!(out, "  {} ({}): {}{aliases}", tricky.name, tricky.id, tricky.reading)?;
    }
    if !digest.entries.is_empty() {
        writeln!(out, "\nReadings and pairs ({})", digest.entries.len())?;
    }
    digest.entries.iter().try_for_each(|entry| writeln!(out, "  {} {}: {}", entry.op, entry.kind, entry.key))
}

/// Listings under the headings of their categories.
fn section(out: &mut dyn Write, title: &str, listings: &[Listing]) -> Result<()> {
    if listings.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{title} ({})", listings.len())?;
    for group in listings.chunk_by(|a, b| a.category == b.category) {
        let category = group.first().map(|listing| listing.category.as_str()).unwrap_or_default();
        writeln!(out, " {} ({})", or_none(category), group.len())?;
        for listing in group {
            writeln!(out, "  {} ({})  {}", listing.name, listing.id, or_none(&phones(listing)))?;
            let place = [&listing.locality, &listing.address].map(String::as_str).concat();
            let under = listing.parent.as_ref().map(|parent| format!("under {parent}")).unwrap_or_default();
            let more: Vec<String> =
                [place, aliases(listing), under].into_iter().filter(|text| !text.is_empty()).collect();
            if !more.is_empty() {
                writeln!(out, "    {}", more.join(" · "))?;
            }
        }
    }
    Ok(())
}

fn or_none(text: &str) -> &str {
    if text.is_empty() { "—" } else { text }
}
