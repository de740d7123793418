//! Synthetic listings: as many as a desk has, as varied as a city's, and nobody's real number.
//!
//! For trying the desk out, for tests and for benches. Names are put together from word tables written for
//! this project: shops, companies, chains with hundreds of branches, institutions with
//! their departments as caption sets, mixed Chinese and Latin names, other names people ask by. Geography is
//! Guangzhou's; everything else is invented and every telephone number is random.
//!
//! # Invariants
//! 1. The same seed gives the same bytes, on every machine and with every version of the libraries: numbers
//!    are drawn in integers from one portable generator (PCG, [`rand_pcg::Pcg64Mcg`]), seeded here.
//! 2. A row depends on the seed and its own number only, never on the rows before it. So a longer file starts
//!    with the shorter one of the same seed.
//! 3. A parent stands before its children.
//! 4. Popularity is skewed: a Pareto distribution of shape 1.1, with known institutions and large chains at its head.
//!
//! Cost: 200,000 rows a second or more on one core, about 280 bytes a row; memory does not grow with the rows.

mod brand;
mod business;
mod caption_set;
mod chain;
mod contact;
pub(crate) mod dice;
mod institution;
mod lexicon;
mod place;
mod popularity;
mod weekly;

use std::io;

use serde::Serialize;

use crate::listing::{Invalid, Listing, ListingId};

use brand::Brands;
use business::Businesses;
use chain::Chains;
use dice::{Dice, Purpose};
use institution::Institutions;
use place::Places;

pub use weekly::{
    ADDS_PER_TEN_THOUSAND, CHANGES_PER_TEN_THOUSAND, DELETES_PER_TEN_THOUSAND, LISTINGS_MIN, WeeklyCounts, write_weekly,
};

/// Rows between two reports of progress.
const PROGRESS_ROWS: u64 = 10_000;
/// Of a thousand listings, how many have a note.
const NOTE_PER_MILLE: usize = 10;

/// How many listings to make, and from which seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Rows to write.
    pub rows: u64,
    /// Decides every name and number.
    pub seed: u64,
}

/// Makes listings one at a time, in any order.
///
/// # Examples
/// ```
/// use chahao::generate::Generator;
/// let generator = Generator::new(7);
/// let listing = generator.listing(0)?;
/// assert_eq!(listing.id.as_str(), "GZ-0000001");
/// assert_eq!(listing, Generator::new(7).listing(0)?);
/// # Ok::<(), chahao::listing::Invalid>(())
/// ```
pub struct Generator {
    seed: u64,
    brands: Brands,
    places: Places,
    chains: Chains,
    institutions: Institutions,
    businesses: Businesses,
    notes: Vec<&'static str>,
}

impl Generator {
    /// Reads the word tables and invents roads and chains: some milliseconds, under a megabyte.
    pub fn new(seed: u64) -> Generator {
        let mut dice = Dice::new(seed, Purpose::Tables, 0);
        let brands = Brands::new();
        let places = Places::new(&mut dice, &brands);
        let chains = Chains::new(&mut dice, &brands);
        let institutions = Institutions::new(&mut dice, &places);
        let businesses = Businesses::new();
        let notes = lexicon::words(lexicon::NOTES);
        Generator { seed, brands, places, chains, institutions, businesses, notes }
    }

    /// The listing of a row, counted from 0.
    ///
    /// # Errors
    /// None in practice: a name or id that breaks the rules of [`crate::listing`] would be a fault of the tables.
    pub fn listing(&self, row: u64) -> Result<Listing, Invalid> {
        let tables = (&self.institutions, &self.places, &self.brands);
        if let Some(mut listing) = caption_set::member(row, self.seed, tables)? {
            listing.area_code = contact::AREA_CODE.to_owned();
            return Ok(listing);
        }
        self.single(listing_id(row)?, &mut Dice::new(self.seed, Purpose::Row, row))
    }

    /// A listing that stands under no other.
    fn single(&self, id: ListingId, dice: &mut Dice) -> Result<Listing, Invalid> {
        let tables = (&self.places, &self.brands);
        let made = match dice.below(1_000) {
            0..110 => self.chains.branch(id.clone(), &self.places, dice)?,
            110..370 => self.businesses.company(id.clone(), tables, dice)?,
            370..420 => self.businesses.public_place(id.clone(), tables, dice)?,
            _ => self.businesses.shop(id.clone(), tables, dice)?,
        };
        let mut listing = match made {
            Some(listing) => listing,
            // Only were a word table empty.
            None => Listing::new(id, &self.brands.shop(dice))?,
        };
        listing.area_code = contact::AREA_CODE.to_owned();
        contact::settle_status(&mut listing, dice);
        if dice.per_mille(NOTE_PER_MILLE) {
            listing.note = self.note(dice).to_owned();
        }
        Ok(listing)
    }

    fn note(&self, dice: &mut Dice) -> &'static str {
        dice.pick(&self.notes)
    }

    fn brand(&self, dice: &mut Dice) -> String {
        self.brands.two_characters(dice)
    }

    /// Another address in a district; in a district that is not one of the lexicon's, a house number.
    fn address_in(&self, locality: &str, dice: &mut Dice) -> String {
        match self.places.areas.iter().find(|area| area.name == locality) {
            Some(area) => self.places.address(area, area.road(dice), dice),
            None => format!("{locality}{}号", dice.between(1, 300)),
        }
    }
}

/// An `add` row.
#[derive(Serialize)]
struct Added<'a> {
    op: &'static str,
    #[serde(flatten)]
    listing: &'a Listing,
}

/// Writes `settings.rows` listings as NDJSON `add` rows, without a header line.
///
/// `progress` is called with the rows written so far, every 10,000 rows and at the end.
///
/// # Errors
/// Whatever `out` fails with.
///
/// # Examples
/// ```
/// use chahao::generate::{Settings, write_listings};
/// let mut out = Vec::new();
/// write_listings(&Settings { rows: 3, seed: 1 }, &mut |_| {}, &mut out)?;
/// assert!(out.starts_with(br#"{"op":"add","id":"GZ-0000001","name":""#));
/// assert_eq!(out.iter().filter(|&&byte| byte == b'\n').count(), 3);
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn write_listings(settings: &Settings, progress: &mut dyn FnMut(u64), out: &mut dyn io::Write) -> io::Result<()> {
    let generator = Generator::new(settings.seed);
    let mut line = Vec::new();
    for row in 0..settings.rows {
        let listing = generator.listing(row).map_err(|invalid| io::Error::other(invalid.reason))?;
        line.clear();
        serde_json::to_writer(&mut line, &Added { op: "add", listing: &listing })?;
        line.push(b'\n');
        out.write_all(&line)?;
        if (row + 1).is_multiple_of(PROGRESS_ROWS) {
            progress(row + 1);
        }
    }
    progress(settings.rows);
    Ok(())
}

/// `GZ-0000001` for row 0. Ids past seven digits get an X and stand behind all others, so that the order of ids
/// is the order of rows however many there are.
fn listing_id(row: u64) -> Result<ListingId, Invalid> {
    let number = row.saturating_add(1);
    ListingId::new(&if number < 10_000_000 { format!("GZ-{number:07}") } else { format!("GZ-X{number:011}") })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::error::Error;

    use super::*;
    use crate::listing::{Alias, Phone, PhoneKind, Status, checked_name, checked_popularity};

    type Tested = std::result::Result<(), Box<dyn Error>>;

    fn written(rows: u64, seed: u64) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        write_listings(&Settings { rows, seed }, &mut |_| {}, &mut out)?;
        Ok(out)
    }

    fn listings(rows: u64, seed: u64) -> Vec<Listing> {
        let generator = Generator::new(seed);
        (0..rows).filter_map(|row| generator.listing(row).ok()).collect()
    }

    fn parsed(bytes: &[u8]) -> std::result::Result<Vec<serde_json::Value>, Box<dyn Error>> {
        Ok(std::str::from_utf8(bytes)?.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
    }

    /// Two desks compare their numbers on what they believe is the same data.
    #[test]
    fn the_same_seed_gives_the_same_bytes_and_a_longer_file_starts_with_the_shorter() -> Tested {
        let (short, long) = (written(2_000, 7)?, written(3_000, 7)?);
        assert_eq!(short, written(2_000, 7)?);
        assert!(long.starts_with(&short));
        assert_ne!(short, written(2_000, 8)?);
        Ok(())
    }

    /// A library update changes how numbers are drawn, and every recorded result with it.
    #[test]
    fn draws_are_those_of_every_earlier_version() {
        let mut dice = Dice::new(7, Purpose::Row, 42);
        let drawn = [dice.bits(), dice.bits(), dice.below(1_000) as u64];
        assert_eq!(drawn, [2_771_074_516_630_818_662, 3_382_666_046_399_510_018, 739]);
    }

    /// A generated file is full of rejected rows.
    #[test]
    fn every_row_is_one_the_listing_rules_accept() -> Tested {
        let rows = parsed(&written(20_000, 3)?)?;
        assert_eq!(rows.len(), 20_000);
        let mut ids = HashSet::new();
        for row in rows {
            assert_eq!(row.get("op").and_then(|op| op.as_str()), Some("add"));
            let listing: Listing = serde_json::from_value(row)?;
            assert_eq!(ListingId::new(listing.id.as_str()).as_ref(), Ok(&listing.id));
            assert!(ids.insert(listing.id.clone()), "{} comes twice", listing.id);
            assert_eq!(checked_name(&listing.name).as_ref(), Ok(&listing.name));
            assert_eq!(checked_popularity(f64::from(listing.popularity)), Ok(listing.popularity));
            assert!(listing.popularity > 0.0 && listing.popularity <= 100_000.0);
            assert!(listing.address.starts_with(&listing.locality) && listing.locality.ends_with('区'));
            for alias in &listing.aliases {
                assert_eq!(Alias::new(&alias.text, Some(alias.kind)).as_ref(), Ok(alias));
            }
            assert!((1..=3).contains(&listing.phones.len()));
            for phone in &listing.phones {
                let ext = if phone.ext.is_empty() { String::new() } else { format!("转{}", phone.ext) };
                let kind = if phone.kind == PhoneKind::Fax { PhoneKind::Fixed } else { phone.kind };
                let read = Phone::parse(&format!("{}:{}{ext}", phone.label, phone.number));
                assert_eq!(read, Ok(Phone { kind, ..phone.clone() }));
            }
            assert_eq!(listing.status == Status::Changed, listing.referral.is_some());
        }
        Ok(())
    }

    /// A department is read before the hospital it belongs to, and is refused.
    #[test]
    fn a_parent_stands_before_its_children() {
        let listings = listings(30_000, 5);
        let mut earlier = HashSet::new();
        let mut children = 0;
        for listing in &listings {
            if let Some(parent) = &listing.parent {
                children += 1;
                assert!(earlier.contains(parent), "{} stands under {parent}, which is not there yet", listing.id);
            }
            earlier.insert(listing.id.clone());
        }
        assert!((600..6_000).contains(&children), "{children} of 30,000 stand under another");
    }

    /// Rows past the seventh digit sort between earlier ones, and a set's head loses sight of its departments.
    #[test]
    fn the_order_of_ids_is_the_order_of_rows() {
        let rows = [0, 8, 9, 99_999, 9_999_998, 9_999_999, 10_000_000, 99_999_999, 100_000_000];
        let ids: Vec<ListingId> = rows.into_iter().flat_map(listing_id).collect();
        assert!(ids.len() == rows.len() && ids.is_sorted(), "{ids:?}");
    }

    /// On flat popularity every ranking looks good.
    #[test]
    fn a_hundredth_of_the_listings_has_more_than_a_fifth_of_the_calls() {
        for seed in [1, 7] {
            let mut calls: Vec<f64> = listings(50_000, seed).iter().map(|l| f64::from(l.popularity)).collect();
            calls.sort_by(|a, b| b.total_cmp(a));
            let (top, all): (f64, f64) = (calls.iter().take(500).sum(), calls.iter().sum());
            assert!(top / all > 0.2, "{top} of {all}");
        }
    }

    /// The corpus is a thousand names over and over, and finding one is no feat.
    #[test]
    fn names_are_varied() {
        let listings = listings(50_000, 7);
        let names: HashSet<&str> = listings.iter().map(|listing| listing.name.as_str()).collect();
        let categories: HashSet<&str> = listings.iter().map(|listing| listing.category.as_str()).collect();
        let statuses = listings.iter().filter(|listing| listing.status != Status::Listed).count();
        assert!(names.len() > 45_000, "{} names", names.len());
        assert!(categories.len() >= 10, "{categories:?}");
        assert!((100..500).contains(&statuses), "{statuses} of 50,000 not plainly listed");
    }

    /// A weekly batch churns so much that the import refuses it, or nothing at all.
    #[test]
    fn a_weekly_batch_touches_about_the_documented_shares() -> Tested {
        let current = listings(40_000, 7);
        let mut out = Vec::new();
        let counts = write_weekly(1, current.iter().cloned().map(Ok), &mut out)?;
        assert_eq!(counts.adds, 160);
        assert!((90..200).contains(&counts.changes), "{counts:?}");
        assert!((60..150).contains(&counts.deletes), "{counts:?}");
        let rows = parsed(&out)?;
        assert_eq!(rows.len() as u64, counts.adds + counts.changes + counts.deletes);
        let with_op =
            |op: &str| rows.iter().filter(|row| row.get("op").is_some_and(|value| value == op)).count() as u64;
        assert_eq!(
            (with_op("add"), with_op("change"), with_op("delete")),
            (counts.adds, counts.changes, counts.deletes)
        );
        for row in rows {
            let fields = row.as_object().map_or(0, |object| object.len());
            match row.get("op").and_then(|op| op.as_str()) {
                Some("delete") => assert_eq!(fields, 2, "{row}"),
                Some("change") => assert!(fields > 2, "{row}"),
                _ => assert!(serde_json::from_value::<Listing>(row).is_ok()),
            }
        }
        let mut again = Vec::new();
        write_weekly(1, current.into_iter().map(Ok), &mut again)?;
        assert_eq!(out, again);
        Ok(())
    }

    /// A hospital is deleted and its departments are left under nothing.
    #[test]
    fn a_weekly_batch_never_deletes_the_head_of_a_caption_set() -> Tested {
        let current = listings(20_000, 7);
        let parents: HashSet<&str> = current.iter().filter_map(|l| l.parent.as_ref()).map(ListingId::as_str).collect();
        let mut deleted = 0;
        for seed in 0..40 {
            let mut out = Vec::new();
            write_weekly(seed, current.iter().cloned().map(Ok), &mut out)?;
            for row in parsed(&out)?.iter().filter(|row| row.get("op").is_some_and(|op| op == "delete")) {
                deleted += 1;
                let id = row.get("id").and_then(|id| id.as_str()).unwrap_or_default();
                assert!(!parents.contains(id), "{id} has departments");
            }
        }
        assert!(deleted > 1_000, "{deleted} deleted");
        Ok(())
    }

    /// The demo has ten listings and its weekly batch is empty.
    #[test]
    fn a_small_desk_gets_a_weekly_batch_too_and_the_next_one_has_new_ids() -> Tested {
        let mut current = listings(10, 7);
        let mut out = Vec::new();
        let counts = write_weekly(2, current.iter().cloned().map(Ok), &mut out)?;
        assert_eq!(counts.adds, 1);
        assert!(counts.changes + counts.deletes >= 1);
        let added: Listing = parsed(&out)?.pop().map(serde_json::from_value).transpose()?.ok_or("no row")?;
        assert_eq!(added.id.as_str(), "GZ-W2-1");
        current.push(added);
        out.clear();
        write_weekly(2, current.into_iter().map(Ok), &mut out)?;
        assert!(String::from_utf8(out)?.contains(r#""id":"GZ-W2-2""#));
        let nothing = write_weekly(2, std::iter::empty(), &mut io::sink())?;
        assert_eq!(nothing, WeeklyCounts::default());
        Ok(())
    }
}
