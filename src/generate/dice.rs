//! Seeded draws that come out the same everywhere.
//!
//! Only the generator's raw 64-bit output is used; how it becomes a number below a bound, a word or a
//! choice is spelled here, in integers, so that no version of a library can change it.

use rand::RngCore;
use rand_pcg::Pcg64Mcg;

/// A source of draws for one thing: a row, a caption set, a table.
#[derive(Clone)]
pub(crate) struct Dice(Pcg64Mcg);

/// What draws are for; each purpose has draws of its own.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purpose {
    /// Tables made once per seed.
    Tables = 1,
    /// One row.
    Row,
    /// One caption set.
    Family,
    /// The additions of a weekly batch.
    Added,
    /// The changes and deletions of a weekly batch.
    Touched,
    /// The listings queries are made for.
    Drawn,
    /// The queries of one kind.
    Asked,
}

impl Dice {
    /// The draws of the `number`th thing of a purpose: they depend on nothing else.
    pub(crate) fn new(seed: u64, purpose: Purpose, number: u64) -> Dice {
        let high = mixed(seed ^ mixed(purpose as u64));
        let low = mixed(high.wrapping_add(number));
        Dice(Pcg64Mcg::new((u128::from(mixed(low ^ high)) << 64) | u128::from(low)))
    }

    /// 64 random bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number in `0..bound`; 0 when `bound` is 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.bits()) * bound as u128) >> 64) as usize
    }

    /// A number in `low..=high`.
    pub(crate) fn between(&mut self, low: usize, high: usize) -> usize {
        low + self.below((high + 1).saturating_sub(low))
    }

    /// True `parts` times in a thousand.
    pub(crate) fn per_mille(&mut self, parts: usize) -> bool {
        self.below(1_000) < parts
    }

    /// One of `choices`, each as likely; the default when there are none.
    pub(crate) fn pick<T: Copy + Default>(&mut self, choices: &[T]) -> T {
        choices.get(self.below(choices.len())).copied().unwrap_or_default()
    }
}

/// Spreads a number over all 64 bits (the finaliser of SplitMix64).
fn mixed(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Slots of a [`Weighted`] table: shares are kept to about one part in this many.
const SLOTS: u64 = 16_384;

/// A choice among positions of a table by weight, in one draw and one look-up.
pub(super) struct Weighted(Vec<u16>);

impl Weighted {
    /// A choice where position n has the nth weight.
    pub(super) fn new(weights: impl IntoIterator<Item = u64>) -> Weighted {
        let weights: Vec<u64> = weights.into_iter().collect();
        let total: u64 = weights.iter().sum::<u64>().max(1);
        let mut slots = Vec::with_capacity(SLOTS as usize);
        let mut sum = 0;
        for (position, weight) in (0u16..).zip(&weights) {
            sum += weight;
            slots.resize((sum * SLOTS / total) as usize, position);
        }
        Weighted(slots)
    }

    /// A position.
    pub(super) fn draw(&self, dice: &mut Dice) -> usize {
        usize::from(dice.pick(&self.0))
    }
}
