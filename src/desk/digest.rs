//! The digest: what the batches of some days did to the listings, for the desk to read and print.
//!
//! Invariant: the same ledger and days give the same bytes, on any machine and at any time; numbers that may not be
//! given out are not in them.

mod csv;
mod html;
mod text;

pub(super) use csv::inert;

use std::io::Write;
use std::path::Path;

use jiff::civil::Date;

use super::Desk;
use crate::ledger::{BatchRecord, BatchSpan, NetChange, Snapshot};
use crate::listing::{Listing, Phone};
use crate::text::{Lexicon, reading_of};
use crate::{Error, Result};

/// Listings in one digest at most: it is a booklet, and is put together in memory.
const DIGEST_LISTINGS_MAX: u64 = 500_000;

/// How a digest is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DigestFormat {
    /// For a terminal.
    Text,
    /// A table, a line for each listing.
    Csv,
    /// A booklet to be printed.
    Html,
}

/// Which batches a digest is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DigestDays {
    /// The first day.
    pub since: Date,
    /// The last day.
    pub until: Date,
}

/// What the batches of some days did.
#[derive(Debug)]
struct Digest {
    days: DigestDays,
    batches: Vec<BatchRecord>,
    /// By category, locality, name and id, like what follows.
    new: Vec<Listing>,
    changed: Vec<(Listing, Listing)>,
    deleted: Vec<Listing>,
    tricky: Vec<Tricky>,
    /// Readings and pairs, in the order in which they came.
    entries: Vec<EntryLine>,
    /// Listings of which nothing but their calls a week changed.
    recounted: u64,
}

/// A reading or a pair that was added or taken away.
#[derive(Debug)]
struct EntryLine {
    op: String,
    kind: String,
    key: String,
}

/// A new name that may be said in several ways, or is asked for by others.
#[derive(Debug)]
struct Tricky {
    id: String,
    name: String,
    /// Its syllables, `/` between the ways to read one.
    reading: String,
    aliases: Vec<String>,
}

impl Desk {
    /// Writes what the batches of `days` did: new, changed and deleted listings by category, and tricky names.
    ///
    /// # Errors
    /// Not found when there is no ledger; refused when batches of these days touched more than
    /// 500,000 listings or the log is folded there; otherwise when the ledger cannot be read or `out` not written.
    pub fn digest(&self, days: DigestDays, format: DigestFormat, out: &mut dyn Write) -> Result<()> {
        let mut ledger = self.ledger()?;
        let digest = Digest::of(&ledger.snapshot()?, days)?;
        let written = match format {
            DigestFormat::Text => text::write(&digest, out),
            DigestFormat::Csv => csv::write(&digest, out),
            DigestFormat::Html => html::write(&digest, out),
        };
        written.and_then(|()| out.flush()).map_err(|error| Error::file("write", Path::new("the digest"), error))
    }
}

impl Digest {
    fn of(snapshot: &Snapshot<'_>, days: DigestDays) -> Result<Digest> {
        let DigestDays { since, until } = days;
        let within = |batch: &BatchRecord| batch.day.parse().is_ok_and(|day: Date| (since..=until).contains(&day));
        // Where a clock went back, batches of other days lie between those of these.
        let (batches, others): (Vec<_>, Vec<_>) = snapshot.batches(0, usize::MAX)?.into_iter().partition(within);
        let mut digest = Digest { days, batches, ..Digest::none(days) };
        let (Some(first), Some(last)) = (digest.batches.first(), digest.batches.last()) else { return Ok(digest) };
        snapshot.check_unfolded(first.batch)?;
        let between = others.iter().filter(|other| (first.batch..last.batch).contains(&other.batch));
        let without = between.map(|batch| batch.batch).collect();
        let span = BatchSpan { from: first.seq_before, to: last.seq, without };
        let touched = snapshot.touched_in(&span)?;
        if touched > DIGEST_LISTINGS_MAX {
            let text = format!(
                "{touched} listings were touched from {since} to {until}; a digest has at most {DIGEST_LISTINGS_MAX}: \
                 name fewer days, or use chahao export"
            );
            return Err(Error::refused(text));
        }
        snapshot.each_net_change(&span, |NetChange { before, after }| {
            match (before, after) {
                (None, Some(new)) => digest.new.push(new),
                (Some(before), Some(after)) if before == after => {}
                (Some(before), Some(after))
                    if before == (Listing { popularity: before.popularity, ..after.clone() }) =>
                {
                    digest.recounted += 1;
                }
                (Some(before), Some(after)) => digest.changed.push((before, after)),
                (Some(gone), None) => digest.deleted.push(gone),
                _ => {}
            }
            Ok(())
        })?;
        digest.new.sort_by(|a, b| place(a).cmp(&place(b)));
        digest.changed.sort_by(|a, b| place(&a.1).cmp(&place(&b.1)));
        digest.deleted.sort_by(|a, b| place(a).cmp(&place(b)));
        let entries = snapshot.entry_changes_in(&span)?.into_iter();
        digest.entries = entries.map(|(op, kind, key)| EntryLine { op, kind, key }).collect();
        let lexicon = Lexicon::new(snapshot.lexicon_entries()?);
        let renamed = digest
            .changed
            .iter()
            .filter(|(before, after)| before.name != after.name || before.aliases != after.aliases);
        let named = digest.new.iter().chain(renamed.map(|(_, after)| after));
        digest.tricky = named.filter_map(|listing| tricky(&lexicon, listing)).collect();
        Ok(digest)
    }

    /// One of days on which nothing happened.
    fn none(days: DigestDays) -> Digest {
        Digest {
            days,
            batches: vec![],
            new: vec![],
            changed: vec![],
            deleted: vec![],
            tricky: vec![],
            entries: vec![],
            recounted: 0,
        }
    }

    /// One line that says what it is.
    fn title(&self) -> String {
        let DigestDays { since, until } = self.days;
        format!("变动摘要 Digest {since} – {until}")
    }

    /// One line that says how much there is.
    fn summary(&self) -> String {
        if self.batches.is_empty() {
            return "no batch was appended on these days".to_owned();
        }
        let recounted = match self.recounted {
            0 => String::new(),
            count => format!("; calls a week alone of {count} more"),
        };
        let number = |batch: Option<&BatchRecord>| batch.map_or(0, |batch| batch.batch);
        format!(
            "batches {}–{} (ledger seq {}): {} new, {} changed, {} deleted{recounted}",
            number(self.batches.first()),
            number(self.batches.last()),
            self.batches.last().map_or(0, |batch| batch.seq),
            self.new.len(),
            self.changed.len(),
            self.deleted.len()
        )
    }
}

/// Where a listing stands in its section.
fn place(listing: &Listing) -> (&str, &str, &str, &str) {
    (&listing.category, &listing.locality, &listing.name, listing.id.as_str())
}

/// What is tricky about the listing's name, if anything.
fn tricky(lexicon: &Lexicon, listing: &Listing) -> Option<Tricky> {
    let (reading, ambiguous) = reading_of(lexicon, &listing.name);
    if !ambiguous && listing.aliases.is_empty() {
        return None;
    }
    let aliases = listing.aliases.iter().map(|alias| alias.text.clone()).collect();
    Some(Tricky { id: listing.id.to_string(), name: listing.name.clone(), reading, aliases })
}

/// A phone as it is printed.
fn phone(phone: &Phone) -> String {
    let ext = if phone.ext.is_empty() { String::new() } else { format!(" 转 {}", phone.ext) };
    let label = if phone.label.is_empty() { String::new() } else { format!(" {}", phone.label) };
    format!("{}{ext}{label}", phone.number)
}

fn phones(listing: &Listing) -> String {
    listing.phones.iter().map(phone).collect::<Vec<_>>().join("; ")
}

fn aliases(listing: &Listing) -> String {
    listing.aliases.iter().map(|alias| alias.text.as_str()).collect::<Vec<_>>().join("; ")
}

/// The kinds of its numbers and aliases.
fn kinds(listing: &Listing) -> String {
    let phones = listing.phones.iter().map(|phone| serde_json::to_value(phone.kind));
    let kinds = phones.chain(listing.aliases.iter().map(|alias| serde_json::to_value(alias.kind)));
    let word = |kind: serde_json::Result<serde_json::Value>| kind.ok()?.as_str().map(str::to_owned);
    kinds.filter_map(word).collect::<Vec<_>>().join("; ")
}

/// What is different, field by field: its name, what it was, what it is.
fn differences(before: &Listing, after: &Listing) -> Vec<(&'static str, String, String)> {
    let status = |listing: &Listing| match serde_json::to_value(listing.status) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    };
    let referral = |listing: &Listing| {
        let Some(referral) = &listing.referral else { return String::new() };
        let to = referral.number.clone().or_else(|| referral.listing.as_ref().map(ToString::to_string));
        let until = referral.until.as_ref().map(|until| format!(" until {until}")).unwrap_or_default();
        format!("{}{until}", to.unwrap_or_default())
    };
    let parent = |listing: &Listing| listing.parent.as_ref().map(ToString::to_string).unwrap_or_default();
    let fields: [(&'static str, String, String); 11] = [
        ("name", before.name.clone(), after.name.clone()),
        ("aliases", aliases(before), aliases(after)),
        ("category", before.category.clone(), after.category.clone()),
        ("area_code", before.area_code.clone(), after.area_code.clone()),
        ("locality", before.locality.clone(), after.locality.clone()),
        ("address", before.address.clone(), after.address.clone()),
        ("phones", phones(before), phones(after)),
        ("status", status(before), status(after)),
        ("referral", referral(before), referral(after)),
        ("parent", parent(before), parent(after)),
        ("note", before.note.clone(), after.note.clone()),
    ];
    let differ: Vec<_> = fields.into_iter().filter(|(_, before, after)| before != after).collect();
    // Texts that stayed may be of another kind: a fax that was a telephone.
    match differ.is_empty() {
        true => vec![("kinds", kinds(before), kinds(after))],
        false => differ,
    }
}
