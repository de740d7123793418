//! Keys to the first five: the fewest letters typed after which a listing is among the first five hits and stays there.
//!
//! The operator types initials, letter by letter. Where all of them do not do it, whichever narrows with the fewest keys:
//! whole syllables instead of initials from the start on, or a space and the initials of the district, or both. Who
//! narrows as soon as it helps goes on behind some initials with whole syllables, the district or both, or, where all of
//! that takes many keys, with a space and the initials of a later word: `lnyk ek`. Every key counts, the space too.
//! Regions in front of the name, as lookups know them, are typed or left out, whichever is shorter.

use serde::{Deserialize, Serialize};

use super::check_in_step;
use super::letters::district_typed;
use super::population::{Census, Draw};
use super::target::{Spoken, Target, typed};
use crate::Result;
use crate::desk::Desk;
use crate::listing::{Listing, ListingId};
use crate::progress::Progress;
use crate::query::{QUERY_CHARS_MAX, Query};
use crate::text::{Folded, Regions};

/// The hits an operator sees without looking down.
pub const TOP: usize = 5;
/// Bits one key can tell: log2 of 26 letters.
const BITS_PER_KEY: f64 = 4.7;
/// Up to so many initials nobody narrows: it could save one key at most.
const NARROWED_KEYS_MIN: usize = 4;
/// Up to so many keys nobody leaves out what stands between two words of a name.
const PARTED_KEYS_MIN: usize = 6;
/// Initials of the first word that are typed then, and of the later one at most.
const FIRST_WORD: std::ops::RangeInclusive<usize> = 2..=5;
const LATER_WORD_MAX: usize = 6;
/// Listings counted between two steps of the progress told.
const STEP: usize = 64;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeysSettings {
    /// Listings drawn, once by calls and once evenly.
    pub sample: usize,
    /// Decides which.
    pub seed: u64,
}

/// Keys to the first five, beside what could be reached.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct KeysReport {
    /// The ledger seq it was answered from.
    pub seq: u64,
    /// Listings of the ledger.
    pub listings: usize,
    /// The entropy of the calls over all of them, in bits.
    pub entropy_bits: f64,
    /// Keys a perfect code would take to leave five: (entropy − log2 5) / 4.7 bits a key.
    pub bound_keys: f64,
    /// Listings drawn by calls, and evenly.
    pub draws: Vec<KeysOfDraw>,
}

/// Keys of the listings of one draw.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct KeysOfDraw {
    /// How they were drawn.
    pub draw: Draw,
    /// Listings drawn.
    pub sample: usize,
    /// Listings that come among the first five at all.
    pub reached: usize,
    /// Mean keys of those.
    pub mean_keys: f64,
    /// `mean_keys` as a multiple of the bound.
    pub over_bound: f64,
    /// Share that never comes among the first five.
    pub never: f64,
    /// Share that initials alone bring among the first five.
    pub by_initials: f64,
    /// Mean keys of those.
    pub by_initials_mean_keys: f64,
    /// Mean keys where the operator narrows as soon as it helps, not only after all initials.
    pub best_mean_keys: f64,
    /// Listings by keys: the nth number is of those that take n keys.
    pub distribution: Vec<usize>,
    /// Listings with a name no other of their locality has.
    pub own_names: OwnNames,
}

/// Keys of the listings with a name of their own in their locality.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct OwnNames {
    /// How many.
    pub sample: usize,
    /// Mean keys of those that come among the first five.
    pub mean_keys: f64,
    /// The most keys one of them takes.
    pub max_keys: usize,
    /// The most keys one takes where the operator narrows as soon as it helps.
    pub best_max_keys: usize,
    /// The listing that takes the most.
    pub max_id: Option<ListingId>,
    /// The listing that takes the most where the operator narrows as soon as it helps.
    pub best_max_id: Option<ListingId>,
    /// How many never come among the first five.
    pub never: usize,
}

/// Keys of one listing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Keys {
    initials: Option<usize>,
    fewest: Option<usize>,
    /// The fewest where the operator narrows as soon as it helps.
    best: Option<usize>,
}

/// Counts the keys of listings drawn from `desk`'s ledger. Reads the ledger three times; some 20 to 200 lookups a listing.
///
/// # Errors
/// Busy when there is no index or it is not in step, not found when there is no ledger; otherwise when one cannot be read.
pub fn keys(desk: &Desk, settings: KeysSettings, progress: &mut dyn Progress) -> Result<KeysReport> {
    let seq = desk.generation()?.seq();
    check_in_step(desk)?;
    progress.begin("read the ledger", 0);
    let census = Census::of(desk)?;
    let entropy_bits = census.entropy_bits();
    let bound_keys = ((entropy_bits - (TOP as f64).log2()) / BITS_PER_KEY).max(0.0);
    let mut draws = Vec::new();
    for draw in [Draw::Calls, Draw::Evenly] {
        let positions = census.draw(draw, settings.sample, settings.seed);
        progress.begin("read the ledger", 0);
        let listings = Census::listings(desk, &positions)?;
        progress.begin("count keys", listings.len() as u64);
        let mut tally = Tally::default();
        let mut last: Option<(usize, Keys)> = None;
        for (at, (listing, &position)) in listings.iter().zip(&positions).enumerate() {
            let keys = match last {
                Some((known, keys)) if known == position => keys,
                _ => keys_of(desk, listing)?,
            };
            last = Some((position, keys));
            tally.add(listing, keys, census.has_own_name(position));
            if at.is_multiple_of(STEP) {
                progress.reached(at as u64);
            }
        }
        draws.push(tally.finish(draw, bound_keys));
    }
    Ok(KeysReport { seq, listings: census.len(), entropy_bits, bound_keys, draws })
}

fn keys_of(desk: &Desk, listing: &Listing) -> Result<Keys> {
    let target = Target::new(listing);
    let starts = Regions::of(&listing.locality).starts(&Folded::new(&listing.name));
    let from = |start: usize| typeable(target.units.get(start..).unwrap_or_default());
    let names: Vec<&[Spoken]> = [0].into_iter().chain(starts).map(from).collect();
    let mut initials = None;
    for name in &names {
        initials = fewer(initials, keys_typed(desk, &listing.id, name, |_| false, "")?);
    }
    if initials.is_some_and(|keys| keys <= NARROWED_KEYS_MIN) {
        return Ok(Keys { initials, fewest: initials, best: initials });
    }
    let district = district_typed(&target, false);
    let (mut narrowed, mut early) = (None, None);
    for &name in &names {
        for full in 0..=name.len() {
            for district in [Some(""), district.as_deref()].into_iter().flatten() {
                let typed = keys_typed(desk, &listing.id, name, |at| at < full, district)?;
                narrowed = fewer(narrowed, typed);
                if (1..name.len()).contains(&full) {
                    early = fewer(early, keys_typed(desk, &listing.id, name, |at| at >= full, district)?);
                }
            }
        }
        for (stop, district) in (1..name.len()).flat_map(|stop| district.iter().map(move |district| (stop, district))) {
            let head = name.get(..stop).unwrap_or_default();
            early = fewer(early, keys_typed(desk, &listing.id, head, |_| false, district)?);
        }
    }
    let mut best = fewer(early, fewer(narrowed, initials));
    if best.is_none_or(|keys| keys > PARTED_KEYS_MIN) {
        for name in names {
            best = fewer(best, keys_of_words_apart(desk, &listing.id, name)?);
        }
    }
    Ok(Keys { initials, fewest: initials.or(narrowed), best })
}

/// The fewest keys where some initials of `name` are typed and, behind a space, those of a later word.
fn keys_of_words_apart(desk: &Desk, id: &ListingId, name: &[Spoken]) -> Result<Option<usize>> {
    let mut fewest = None;
    let words = name.iter().enumerate().filter(|(_, unit)| unit.starts_word).map(|(at, _)| at);
    for (stop, at) in FIRST_WORD.flat_map(|stop| words.clone().filter(move |at| *at >= stop).map(move |at| (stop, at)))
    {
        let later = name.get(at..).unwrap_or_default();
        let later = typed(later.get(..LATER_WORD_MAX).unwrap_or(later), |_| false);
        let first = name.get(..stop).unwrap_or_default();
        fewest = fewer(fewest, keys_typed(desk, id, first, |_| false, &later.unwrap_or_default())?);
    }
    Ok(fewest)
}

/// The name as far as it can be typed in letters.
fn typeable(name: &[Spoken]) -> &[Spoken] {
    let end = name.iter().position(|unit| unit.syllable.is_none() && !unit.folded.is_ascii());
    name.get(..end.unwrap_or(name.len())).unwrap_or(name)
}

fn fewer(one: Option<usize>, other: Option<usize>) -> Option<usize> {
    one.into_iter().chain(other).min()
}

/// Keys after which the listing is among the first five and stays there, when `name` and, behind a space, `beside` are
/// typed key by key.
fn keys_typed(
    desk: &Desk,
    id: &ListingId,
    name: &[Spoken],
    full: impl Fn(usize) -> bool,
    beside: &str,
) -> Result<Option<usize>> {
    let Some(mut keys) = typed(name, full) else { return Ok(None) };
    if !beside.is_empty() {
        keys.push(' ');
        keys.push_str(beside);
        if keys.len() > QUERY_CHARS_MAX {
            return Ok(None);
        }
    }
    keys.truncate(QUERY_CHARS_MAX);
    // Backwards from the last key: typing on must not lose it again.
    let mut fewest = None;
    for count in (1..=keys.len()).rev() {
        if !is_in_top(desk, id, keys.get(..count).unwrap_or_default())? {
            break;
        }
        fewest = Some(count);
    }
    Ok(fewest)
}

fn is_in_top(desk: &Desk, id: &ListingId, query: &str) -> Result<bool> {
    let answer = desk.lookup(&Query::new(query)?.page(TOP, 0)?)?;
    Ok(answer.hits.iter().any(|hit| hit.id == *id))
}

/// The keys of one draw while they are counted.
#[derive(Default)]
struct Tally {
    sample: usize,
    fewest: Vec<usize>,
    best: Vec<usize>,
    initials: Vec<usize>,
    own: Vec<usize>,
    own_names: OwnNames,
}

impl Tally {
    fn add(&mut self, listing: &Listing, keys: Keys, own_name: bool) {
        self.sample += 1;
        self.fewest.extend(keys.fewest);
        self.best.extend(keys.best);
        self.initials.extend(keys.initials);
        if !own_name {
            return;
        }
        let own = &mut self.own_names;
        own.sample += 1;
        own.never += usize::from(keys.fewest.is_none());
        if keys.best.is_some_and(|best| best > own.best_max_keys) {
            own.best_max_keys = keys.best.unwrap_or(0);
            own.best_max_id = Some(listing.id.clone());
        }
        if keys.fewest.is_some_and(|fewest| fewest > own.max_keys) {
            own.max_keys = keys.fewest.unwrap_or(0);
            own.max_id = Some(listing.id.clone());
        }
        self.own.extend(keys.fewest);
    }

    fn finish(self, draw: Draw, bound_keys: f64) -> KeysOfDraw {
        let mean = |keys: &[usize]| keys.iter().sum::<usize>() as f64 / keys.len().max(1) as f64;
        let share = |count: usize| count as f64 / self.sample.max(1) as f64;
        let most = self.fewest.iter().copied().max().unwrap_or(0);
        let with = |keys: usize| self.fewest.iter().filter(|&&fewest| fewest == keys).count();
        let mean_keys = mean(&self.fewest);
        KeysOfDraw {
            draw,
            sample: self.sample,
            reached: self.fewest.len(),
            mean_keys,
            over_bound: if bound_keys > 0.0 { mean_keys / bound_keys } else { 0.0 },
            never: share(self.sample - self.fewest.len()),
            by_initials: share(self.initials.len()),
            by_initials_mean_keys: mean(&self.initials),
            best_mean_keys: mean(&self.best),
            distribution: (0..=most).map(with).collect(),
            own_names: OwnNames { mean_keys: mean(&self.own), ..self.own_names },
        }
    }
}
