//! Listings that operators hardly reach: which new names of a batch no code of a few keys brings among the first hits.

use super::Desk;
use crate::batch::{HardToReach, REACH_KEYS, REACH_LISTINGS_MAX, REACH_TOP, Reach};
use crate::ledger::{BatchSpan, NetChange};
use crate::listing::Listing;
use crate::query::{self, Query};
use crate::text::{Folded, Lexicon, ReadingScheme, Regions, Syllable, without_region_end};
use crate::{Error, Result};

/// Names of one listing that are typed at most: its own and the first aliases.
const NAMES_MAX: usize = 6;

impl Desk {
    /// Looks up the listings that batch `n` added or gave another name, [`REACH_LISTINGS_MAX`] of them at most, by every code
    /// of up to [`REACH_KEYS`] keys an operator would try: initials, syllables, initials and those of the district, from the
    /// start of each name and from behind the regions in front of it. Some ten lookups a listing.
    ///
    /// # Errors
    /// Busy when the index is not as far as the batch; refused when the log is folded there; not found when there is no such
    /// batch; otherwise when ledger or index cannot be read.
    pub fn reach(&self, n: u64) -> Result<Reach> {
        let mut ledger = self.ledger()?;
        let snapshot = ledger.snapshot()?;
        let batch = snapshot.batch(n)?;
        snapshot.check_unfolded(n)?;
        let generation = self.generation()?;
        if generation.seq() < batch.seq {
            let text = format!("the index is at seq {}, batch {n} ends at {}", generation.seq(), batch.seq);
            return Err(Error::busy(text));
        }
        let (mut reach, mut named) = (Reach::default(), Vec::new());
        let span = BatchSpan { from: batch.seq_before, to: batch.seq, without: Vec::new() };
        snapshot.each_net_change(&span, |NetChange { before, after }| {
            let is_new = |after: &Listing| before.as_ref().is_none_or(|before| before.name != after.name);
            if let Some(after) = after.filter(is_new) {
                reach.named += 1;
                if named.len() < REACH_LISTINGS_MAX {
                    named.push(after);
                }
            }
            Ok(())
        })?;
        for listing in named {
            reach.looked_at += 1;
            let codes = codes(&listing, generation.lexicon());
            let is_hit = |code: &String| -> Result<bool> {
                let answer = query::lookup(&generation, &Query::new(code)?.page(REACH_TOP, 0)?)?;
                Ok(answer.hits.iter().any(|hit| hit.listing.id == listing.id))
            };
            let mut reached = false;
            for code in &codes {
                reached = reached || is_hit(code)?;
            }
            if !reached {
                let code = codes.into_iter().next().unwrap_or_default();
                reach.hard.push(HardToReach { id: listing.id.to_string(), name: listing.name, code });
            }
        }
        Ok(reach)
    }
}

/// What operators would type for a listing in at most [`REACH_KEYS`] keys, each once, the initials of its name first.
fn codes(listing: &Listing, lexicon: &Lexicon) -> Vec<String> {
    let mut codes: Vec<String> = Vec::new();
    let mut put = |code: String| {
        if !code.trim().is_empty() && !codes.contains(&code) {
            codes.push(code);
        }
    };
    let district = listing.locality.split_whitespace().last().map(without_region_end).unwrap_or_default();
    let district: String = letters(&units(lexicon, &Folded::new(district)), false).chars().take(2).collect();
    let regions = Regions::of(&listing.locality);
    let names = std::iter::once(listing.name.as_str()).chain(listing.aliases.iter().map(|alias| alias.text.as_str()));
    for name in names.take(NAMES_MAX) {
        let folded = Folded::new(name);
        let units = units(lexicon, &folded);
        for start in std::iter::once(0).chain(regions.starts(&folded)) {
            let units = units.get(start..).unwrap_or_default();
            let first = |letters: String, keys: usize| -> String { letters.chars().take(keys).collect() };
            put(first(letters(units, false), REACH_KEYS));
            put(first(letters(units, true), REACH_KEYS));
            if !district.is_empty() {
                put(format!("{} {district}", first(letters(units, false), REACH_KEYS - 1 - district.len())));
            }
        }
    }
    codes
}

/// Every character of a name with the syllable it is read by, where it is.
fn units(lexicon: &Lexicon, name: &Folded) -> Vec<(char, Option<Syllable>)> {
    let mut syllables: Vec<Option<Syllable>> = Vec::new();
    lexicon.pinyin().each_reading(name, &mut |readings| {
        // The first way to say the name is how the tables have it.
        if syllables.is_empty() {
            syllables = readings.iter().map(|readings| readings.as_slice().first().copied()).collect();
        }
    });
    syllables.resize(name.units().len(), None);
    name.units().iter().map(|unit| unit.c).zip(syllables).collect()
}

/// The units as typed in letters: whole syllables or initials, and what is no hanzi as it is.
fn letters(units: &[(char, Option<Syllable>)], whole: bool) -> String {
    let mut letters = String::new();
    for (c, syllable) in units {
        match syllable {
            Some(syllable) if whole => letters.push_str(syllable),
            Some(syllable) => letters.extend(syllable.chars().next()),
            None => letters.push(*c),
        }
    }
    letters
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listing::ListingId;

    #[test]
    fn a_listing_is_typed_by_its_initials_its_syllables_and_its_district() {
        let mut listing = Listing::new(ListingId::new("A1").unwrap(), "广州市荔湾区妇幼保健院").unwrap();
        listing.locality = "荔湾区".to_owned();
        let codes = codes(&listing, &Lexicon::new(Vec::new()));
        for code in ["gzslwqfy", "guangzho", "gzslw lw", "fybjy", "fuyoubao", "fybjy lw"] {
            assert!(codes.iter().any(|known| known == code), "{code} is not in {codes:?}");
        }
        assert!(codes.iter().all(|code| code.chars().count() <= REACH_KEYS), "{codes:?}");
    }
}
