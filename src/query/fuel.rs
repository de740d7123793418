//! The work one query may do.
//!
//! One unit is ten to fifty nanoseconds at 3.3 million listings on the machine of `benches/RESULTS.md`, by what is in
//! the caches; [`FULL`] is what a query may cost at the very most.

/// What every query starts with.
const FULL: u64 = 16_000;

/// What every source may spend as long as there is as much: most need less, and a share of many would be too little.
const SHARE_MIN: u64 = 2_000;

/// What remains to be spent.
///
/// Invariant: what one source leaves over is there for those after it.
/// Invariant: it cannot spend more than its even share or [`SHARE_MIN`], whichever is more.
#[derive(Debug)]
pub(super) struct Fuel {
    /// What there was.
    full: u64,
    /// All that is left.
    left: u64,
    /// What the stage at hand may still spend of it.
    stage: u64,
    /// What the source at hand may still spend of that.
    share: u64,
    ran_out: bool,
}

/// What the steps of a query cost.
#[derive(Debug, Clone, Copy)]
pub(super) enum Price {
    /// The next best rank of a stretch.
    BestRank = 12,
    /// Looking at one candidate: its text and its popularity.
    Candidate = 25,
    /// One byte further in a key index.
    KeyStep = 3,
    /// One syllable further in a key index.
    SyllableStep = 10,
    /// Comparing one text with what was typed, slips and all.
    Aligned = 15,
    /// Laying a short form over one candidate's name, and scoring it.
    ShortForm = 20,
    /// Spelling one candidate's name.
    Spelling = 300,
}

impl Fuel {
    /// The fuel of a query, `times` over.
    pub(super) fn full(times: u64) -> Fuel {
        let full = FULL * times;
        Fuel { full, left: full, stage: full, share: full, ran_out: false }
    }

    /// Begins a stage that may spend `tenths` of what there was at most.
    pub(super) fn next_stage(&mut self, tenths: u64) {
        self.stage = self.left.min(self.full * tenths / 10);
    }

    /// Gives the next source its share, where `waiting` sources, itself among them, are still to be asked.
    pub(super) fn next_share(&mut self, waiting: usize) {
        self.share = (self.stage / waiting.max(1) as u64).max(self.stage.min(SHARE_MIN));
    }

    /// Lets the source at hand spend `most` of its share at most.
    pub(super) fn limit_share(&mut self, most: u64) {
        self.share = self.share.min(most);
    }

    /// Pays for a step; false when there is not enough left.
    pub(super) fn spend(&mut self, price: Price) -> bool {
        let price = price as u64;
        if self.share < price {
            self.ran_out = true;
            return false;
        }
        self.share -= price;
        self.burn(price);
        true
    }

    /// Lets `walk` spend units one by one.
    pub(super) fn lend<T>(&mut self, walk: impl FnOnce(&mut u64) -> T) -> T {
        let before = self.share;
        let outcome = walk(&mut self.share);
        self.burn(before - self.share);
        self.ran_out |= self.share == 0;
        outcome
    }

    fn burn(&mut self, units: u64) {
        self.left -= units;
        self.stage -= units;
    }

    pub(super) fn ran_out(&self) -> bool {
        self.ran_out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_that_spends_all_it_may_leaves_the_others_their_share() {
        let mut fuel = Fuel::full(1);
        fuel.next_share(2);
        while fuel.spend(Price::Candidate) {}
        assert!(fuel.ran_out());
        fuel.next_share(1);
        let left = fuel.lend(std::mem::take);
        assert!(left >= FULL / 2, "{left}");
        assert!(!fuel.spend(Price::BestRank));
    }
}
