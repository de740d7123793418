//! A weekly batch: what a telephone company would send a week later.

use serde::Serialize;

use crate::error::{Error, ErrorKind, Result};
use crate::listing::{Alias, AliasKind, Invalid, Listing, ListingId, Phone, Referral, Status, VALUES_MAX};

use super::dice::{Dice, Purpose};
use super::{Added, Generator, contact, popularity};

/// New listings for ten thousand current ones.
pub const ADDS_PER_TEN_THOUSAND: u64 = 40;
/// Changed listings in ten thousand.
pub const CHANGES_PER_TEN_THOUSAND: usize = 35;
/// Deleted listings in ten thousand.
pub const DELETES_PER_TEN_THOUSAND: usize = 25;
/// With at least this many current listings, at least one is touched and one added.
pub const LISTINGS_MIN: u64 = 10;

/// What stands before the trade name and stays when a business is renamed.
const REGIONS: &[&str] = &["广州市", "广州", "广东省", "广东"];

/// How many rows of each kind a weekly batch has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WeeklyCounts {
    /// New listings.
    pub adds: u64,
    /// Changed listings.
    pub changes: u64,
    /// Deleted listings.
    pub deletes: u64,
}

/// A `change` row: the id and what changes.
#[derive(Default, Serialize)]
struct Change<'a> {
    op: &'static str,
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aliases: Option<Vec<Alias>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phones: Option<Vec<Phone>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Status>,
    #[serde(skip_serializing_if = "Option::is_none")]
    referral: Option<Referral>,
    #[serde(skip_serializing_if = "Option::is_none")]
    popularity: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'static str>,
}

/// Writes a weekly batch against the current listings, as NDJSON rows without a header: changes and deletes in
/// the order of `current`, then adds.
///
/// `current` yields the ledger's listings in order of id. Shares are [`ADDS_PER_TEN_THOUSAND`],
/// [`CHANGES_PER_TEN_THOUSAND`] and [`DELETES_PER_TEN_THOUSAND`]. A listing whose next one stands under it is
/// not deleted, so caption sets of synthetic listings keep their heads. New ids are `GZ-W{seed}-{n}`; n goes
/// on where an earlier batch of the same seed stopped. The same seed and listings give the same bytes.
///
/// Time is proportional to the listings read; memory does not depend on how many there are.
///
/// # Errors
/// Whatever `current` fails with, and `Io` when `out` cannot be written.
pub fn write_weekly(
    seed: u64,
    current: impl Iterator<Item = Result<Listing>>,
    out: &mut dyn std::io::Write,
) -> Result<WeeklyCounts> {
    let generator = Generator::new(seed);
    let prefix = format!("GZ-W{seed}-");
    let mut counts = WeeklyCounts::default();
    let (mut seen, mut added_before) = (0, 0);
    let mut spare: Option<Listing> = None;
    let mut listings = current.peekable();
    while let Some(listing) = listings.next() {
        let listing = listing?;
        let mut dice = Dice::new(seed, Purpose::Touched, seen);
        seen += 1;
        if let Some(Ok(number)) = listing.id.as_str().strip_prefix(&prefix).map(str::parse::<u64>) {
            added_before = added_before.max(number);
        }
        let draw = dice.below(10_000);
        let heads_a_set = matches!(listings.peek(), Some(Ok(next)) if next.parent.as_ref() == Some(&listing.id));
        if draw < DELETES_PER_TEN_THOUSAND && !heads_a_set {
            counts.deletes += 1;
            write_row(&Change { op: "delete", id: listing.id.as_str(), ..Change::default() }, out)?;
        } else if draw < DELETES_PER_TEN_THOUSAND + CHANGES_PER_TEN_THOUSAND {
            counts.changes += 1;
            write_row(&changed(&listing, &generator, &mut dice), out)?;
        } else if counts.changes == 0 && dice.below(seen as usize) == 0 {
            spare = Some(listing);
        }
    }
    if let (0, 0, Some(listing)) = (counts.changes, counts.deletes, spare.filter(|_| seen >= LISTINGS_MIN)) {
        counts.changes = 1;
        write_row(&changed(&listing, &generator, &mut Dice::new(seed, Purpose::Touched, seen)), out)?;
    }
    let least = u64::from(seen >= LISTINGS_MIN);
    counts.adds = (seen.saturating_mul(ADDS_PER_TEN_THOUSAND) / 10_000).max(least);
    for number in added_before + 1..=added_before + counts.adds {
        let mut dice = Dice::new(seed, Purpose::Added, number);
        let made = ListingId::new(&format!("{prefix}{number}")).and_then(|id| generator.single(id, &mut dice));
        write_row(&Added { op: "add", listing: &made.map_err(refused_by_own_rules)? }, out)?;
    }
    Ok(counts)
}

fn write_row(row: &impl Serialize, out: &mut dyn std::io::Write) -> Result<()> {
    let failed = |source: std::io::Error| {
        Error::new(ErrorKind::Io, format!("cannot write the weekly batch: {source}")).caused_by(source)
    };
    let mut line = serde_json::to_vec(row).map_err(|source| failed(source.into()))?;
    line.push(b'\n');
    out.write_all(&line).map_err(failed)
}

fn refused_by_own_rules(invalid: Invalid) -> Error {
    Error::internal(format!("a synthetic listing breaks a rule: {}: {}", invalid.field, invalid.reason))
}

/// What happens to a listing: mostly its number changes.
fn changed<'a>(listing: &'a Listing, generator: &Generator, dice: &mut Dice) -> Change<'a> {
    let mut change = Change { op: "change", id: listing.id.as_str(), ..Change::default() };
    let draw = match listing.status {
        Status::Listed => dice.below(100),
        // Back in service under a number of its own.
        Status::NonPublished | Status::Disconnected => {
            change.status = Some(Status::Listed);
            30
        }
        Status::Changed => 80,
    };
    match draw {
        0..25 => {
            change.status = Some(Status::Changed);
            change.referral = Some(contact::referral(dice));
        }
        25..50 => change.phones = Some(renumbered(&listing.phones, dice)),
        50..62 if listing.parent.is_none() => {
            change.address = Some(generator.address_in(&listing.locality, dice));
        }
        62..74 if listing.parent.is_none() && listing.aliases.len() < VALUES_MAX => {
            let former = Alias { text: listing.name.clone(), kind: AliasKind::Former };
            change.name = Some(renamed(listing, &generator.brand(dice)));
            change.aliases = Some(listing.aliases.iter().cloned().chain([former]).collect());
        }
        90..94 => change.status = Some(Status::Disconnected),
        94..96 => change.status = Some(Status::NonPublished),
        96..100 => change.note = Some(generator.note(dice)),
        _ => change.popularity = Some(drifted(listing.popularity, dice)),
    }
    change
}

/// A week with up to a third fewer calls, or half as many again.
fn drifted(popularity: f32, dice: &mut Dice) -> f32 {
    let hundredths = (f64::from(popularity) * 100.0) as u64;
    popularity::calls(hundredths.saturating_mul(dice.between(67, 150) as u64) / 100 + 1)
}

/// The same lines, the first with a new number.
fn renumbered(phones: &[Phone], dice: &mut Dice) -> Vec<Phone> {
    let label = phones.first().map_or("", |phone| phone.label.as_str());
    let mut renumbered = vec![contact::fixed(label, dice)];
    renumbered.extend(phones.iter().skip(1).cloned());
    renumbered
}

/// `广州市荔湾区福兴贸易有限公司` under the brand 永利: `广州市荔湾区永利贸易有限公司`.
fn renamed(listing: &Listing, brand: &str) -> String {
    let (name, locality) = (listing.name.as_str(), listing.locality.as_str());
    let mut rest = name;
    for region in REGIONS.iter().copied().chain([locality, locality.trim_end_matches('区')]) {
        rest = rest.strip_prefix(region).unwrap_or(rest);
    }
    let region = name.strip_suffix(rest).unwrap_or_default();
    let behind_latin = rest.trim_start_matches(|c: char| c.is_ascii());
    let ending: String =
        if behind_latin.len() < rest.len() { behind_latin.to_owned() } else { rest.chars().skip(2).collect() };
    format!("{region}{brand}{ending}")
}
