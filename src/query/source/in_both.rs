//! Which ranks stand in two collections that have no order, told by filters of bits.

use crate::index::{KeyIndex, Range, Rank};
use crate::query::fuel::{Fuel, Price};

/// Ranks that are compared for one [`Price::Ranks`].
const RANKS_AT_ONCE: usize = 32;
/// Of the fuel at hand, the percentage that comparing may take: what is left is for looking.
const COMPARED_PERCENT: u64 = 70;
/// Ranks that are put in order at most, the best known of all, some of them several times: more than the pages asked for hold.
const OFFERED_MAX: usize = 1_024;

/// Bits of a filter for every rank in it, at least: of 32 others one passes by chance.
const BITS_EACH: usize = 32;
/// Binary logarithms of the bits of a filter: 4 KiB, in which what came by chance seldom falls together again, and 2 MiB, as
/// further pages may need; what one page can pay for takes 128 KiB.
const LOG_BITS: std::ops::RangeInclusive<u32> = 15..=24;
/// Odd numbers that spread ranks over a filter, so that those that fall together by one do not by the other: from the golden
/// ratio and from the square root of three.
const SPREADS: (u32, u32) = (0x9E37_79B1, 0xBB67_AE85);

/// Ranks in no order, some several times.
pub(super) trait Ranks {
    /// How many they are, each as often as it comes.
    fn count(&self) -> usize;

    /// Hands all of them to `each`.
    fn each_rank(&self, each: impl FnMut(Rank));

    /// All of them.
    fn all(&self) -> Vec<Rank> {
        let mut all = Vec::with_capacity(self.count());
        self.each_rank(|rank| all.push(rank));
        all
    }
}

/// Ranks of stretches of keys, of one key index or several.
pub(super) struct Led<'k> {
    pub(super) stretches: Vec<(&'k KeyIndex, Range)>,
    /// How many they are in all.
    pub(super) count: usize,
}

impl<'k> Led<'k> {
    pub(super) fn new(stretches: Vec<(&'k KeyIndex, Range)>) -> Led<'k> {
        let count = stretches.iter().map(|(_, range)| range.len()).sum();
        Led { stretches, count }
    }
}

impl Ranks for Led<'_> {
    fn count(&self) -> usize {
        self.count
    }

    fn each_rank(&self, mut each: impl FnMut(Rank)) {
        self.stretches.iter().for_each(|(keys, range)| keys.each_rank(range.clone(), &mut each));
    }
}

impl Ranks for Vec<Rank> {
    fn count(&self) -> usize {
        self.len()
    }

    fn each_rank(&self, each: impl FnMut(Rank)) {
        self.iter().copied().for_each(each);
    }
}

/// The ranks that stand in `fewest` and in `other`, in no order, some several times, and next to no others. Reads `fewest` twice.
fn in_both(fewest: &impl Ranks, other: &impl Ranks) -> Vec<Rank> {
    let filter = Filter::of(fewest);
    let mut back = Filter::new(fewest.count(), SPREADS.1);
    let mut both = Vec::new();
    other.each_rank(|rank| {
        if filter.passes(rank) {
            both.push(rank);
            back.add(rank);
        }
    });
    // Of those that fell together with one of the fewest, next to none does so again with one that came back.
    let mut filter = Filter::new(fewest.count(), SPREADS.0);
    fewest.each_rank(|rank| {
        if back.passes(rank) {
            filter.add(rank);
        }
    });
    both.retain(|rank| filter.passes(*rank));
    both
}

/// Pays for reading `count` ranks, where enough is left for looking at what comes of it; whether it did.
pub(super) fn pay_for_reading(count: usize, fuel: &mut Fuel) -> bool {
    let needed = count.div_ceil(RANKS_AT_ONCE) as u64;
    fuel.lend(Price::Ranks, |steps| {
        let is_enough = needed < *steps * COMPARED_PERCENT / 100;
        *steps -= if is_enough { needed } else { 0 };
        is_enough
    })
}

/// Pays for [`in_both`] and does it, where enough is left for looking at what comes of it.
pub(super) fn pay_for_both(fewest: &impl Ranks, other: &impl Ranks, fuel: &mut Fuel) -> Option<Vec<Rank>> {
    pay_for_reading(2 * fewest.count() + other.count(), fuel).then(|| in_both(fewest, other))
}

/// The best known of `ranks` in order, each once.
pub(super) fn best_known(mut ranks: Vec<Rank>) -> Vec<Rank> {
    if ranks.len() > OFFERED_MAX {
        ranks.select_nth_unstable(OFFERED_MAX);
        ranks.truncate(OFFERED_MAX);
    }
    ranks.sort_unstable();
    ranks.dedup();
    ranks
}

/// Tells ranks that were added from nearly all others.
pub(super) struct Filter {
    words: Vec<u64>,
    log_bits: u32,
    spread: u32,
}

impl Filter {
    /// A filter of `ranks`.
    pub(super) fn of(ranks: &impl Ranks) -> Filter {
        let mut filter = Filter::new(ranks.count(), SPREADS.0);
        ranks.each_rank(|rank| filter.add(rank));
        filter
    }

    fn new(count: usize, spread: u32) -> Filter {
        let log_bits = (count * BITS_EACH).next_power_of_two().ilog2().clamp(*LOG_BITS.start(), *LOG_BITS.end());
        Filter { words: vec![0; 1 << (log_bits - u64::BITS.ilog2())], log_bits, spread }
    }

    fn add(&mut self, rank: Rank) {
        let (word, bit) = self.place(rank);
        self.words.get_mut(word).into_iter().for_each(|word| *word |= bit);
    }

    /// Whether `rank` was added, or falls together with one that was.
    pub(super) fn passes(&self, rank: Rank) -> bool {
        let (word, bit) = self.place(rank);
        self.words.get(word).is_some_and(|word| word & bit != 0)
    }

    /// The word and the bit in it that stand for `rank`, and for some others.
    fn place(&self, rank: Rank) -> (usize, u64) {
        let place = rank.wrapping_mul(self.spread) >> (u32::BITS - self.log_bits);
        (place as usize / 64, 1 << (place % 64))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use rand::{Rng, SeedableRng};
    use rand_pcg::Pcg64Mcg;

    use super::*;

    #[test]
    fn all_that_stand_in_both_are_told_and_next_to_no_others() {
        let mut random = Pcg64Mcg::seed_from_u64(114);
        for (listings, fewest, other) in [
            (3_300_000, 9_000, 9_000),
            (30_000_000, 200, 20_000),
            (30_000_000, 150_000, 150_000),
            (5_000, 100, 4_000),
            (9, 0, 5),
        ] {
            let mut drawn = |count: usize| (0..count).map(|_| random.random_range(0..listings)).collect::<Vec<Rank>>();
            let (fewest, other) = (drawn(fewest), drawn(other));
            let known: HashSet<Rank> = fewest.iter().copied().collect();
            let standing: Vec<Rank> = other.iter().copied().filter(|rank| known.contains(rank)).collect();
            let expected: HashSet<Rank> = standing.iter().copied().collect();
            let found: HashSet<Rank> = in_both(&fewest, &other).into_iter().collect();
            assert!(expected.is_subset(&found), "{listings}");
            assert!(
                found.len() <= expected.len() + 3 + other.len() / 1_000,
                "{listings}: {} and {}",
                found.len(),
                expected.len()
            );
            let filter = Filter::of(&fewest);
            let passing = other.iter().filter(|rank| filter.passes(**rank)).count();
            assert!(passing <= standing.len() + other.len() / 16, "{listings}: {passing} of {} pass", other.len());
        }
    }
}
