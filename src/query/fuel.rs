//! The work one query may do.
//!
//! One unit was about ten nanoseconds at 3.3 million listings when prices were made, by a regression of the time of 22,000
//! lookups on their steps. [`FULL`] bounds what is counted here: the steps of sources. Dividing a query, reading it and
//! showing what was found are bounded by its length and the page, and take the rest of the time `benches/RESULTS.md` tells.

/// What every query starts with.
const FULL: u64 = 15_000;

/// What every source may spend as long as there is as much: most need less, and a share of many would be too little.
const SHARE_MIN: u64 = 2_500;

/// What every source that waits may count on beside those that spend all they may: a key is looked up for it.
const SHARE_KEPT: u64 = 600;
const SHARE_KEPT_CACHED: u64 = 60;
/// What is kept for the last stage.
const LAST_STAGE: u64 = 1_500;

/// Steps in a part that stays in the processor's caches are cheaper by so much; asking a source there costs this.
const CACHED: u64 = 2;
const SOURCE_CACHED: u64 = 40;
const TERM_CACHED: u64 = 8;

/// What remains to be spent.
///
/// Invariant: what one source leaves over is there for those after it.
/// Invariant: it cannot spend more than its even share, or [`SHARE_MIN`] as long as all that wait keep [`SHARE_KEPT`].
#[derive(Debug)]
pub(super) struct Fuel {
    /// What there was.
    full: u64,
    /// All that is left.
    left: u64,
    /// What is kept of it for a stage to come.
    kept: u64,
    /// What the stage at hand may still spend of it.
    stage: u64,
    /// What the source at hand may still spend of that.
    share: u64,
    /// Whether the part at hand stays in the processor's caches.
    is_cached: bool,
    ran_out: bool,
}

/// The steps of a query that are paid for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Price {
    /// Asking a source: its terms or keys are looked up.
    Source,
    /// Looking a term up, or opening its list.
    Term,
    /// One posting of one list.
    Posting,
    /// The next best rank of a stretch, and its brief.
    BestRank,
    /// Thirty-two ranks of a key index in the order of their keys, each put into a filter or held against one:
    /// 24,000 took 30 µs.
    Ranks,
    /// The brief of a rank that postings lead to.
    Brief,
    /// Counting one candidate that matches whatever its texts are.
    Sure,
    /// Looking at one candidate: its texts.
    Candidate,
    /// One byte further in a key index.
    KeyStep,
    /// One initial further in a key index.
    InitialStep,
    /// Comparing one text with what was typed, slips and all.
    Aligned,
    /// Laying a short form over one candidate's name, and scoring it.
    ShortForm,
    /// Spelling one candidate's name.
    Spelling,
}

impl Price {
    /// What such a step costs.
    const fn units(self) -> u64 {
        match self {
            Price::Source => 400,
            Price::Term => 60,
            Price::Posting => 2,
            Price::BestRank => 20,
            Price::Ranks => 4,
            Price::Brief => 12,
            Price::Sure => 4,
            Price::Candidate => 70,
            Price::KeyStep => 6,
            Price::InitialStep => 21,
            Price::Aligned => 15,
            Price::ShortForm => 60,
            Price::Spelling => 500,
        }
    }
}

impl Fuel {
    /// The fuel of a query, `times` over.
    pub(super) fn full(times: u64) -> Fuel {
        let full = FULL * times;
        Fuel { full, left: full, kept: 0, stage: full, share: full, is_cached: false, ran_out: false }
    }

    /// Keeps `percent` of what there was for a stage to come: those that begin before it is told otherwise leave so much.
    pub(super) fn keep(&mut self, percent: u64) {
        self.kept = self.full * percent / 100;
    }

    /// Begins a stage that may spend `percent` of what there was at most.
    pub(super) fn next_stage(&mut self, percent: u64) {
        let left = self.left.saturating_sub(LAST_STAGE + self.kept);
        self.stage = left.min(self.full * percent / 100);
    }

    /// Begins the last stage, which may spend all there is.
    pub(super) fn last_stage(&mut self) {
        self.stage = self.left;
    }

    /// Gives the next source its share, where `waiting` sources, itself among them, are still to be asked; all that
    /// those need not keep where the next one `leads` to what was asked for alone.
    pub(super) fn next_share(&mut self, waiting: usize, leads: bool) {
        let kept = if self.is_cached { SHARE_KEPT_CACHED } else { SHARE_KEPT } * waiting.saturating_sub(1) as u64;
        let most = self.stage.saturating_sub(kept).min(if leads { u64::MAX } else { SHARE_MIN });
        self.share = (self.stage / waiting.max(1) as u64).max(most);
    }

    /// Begins with a part: what its steps cost depends on whether it stays in the processor's caches.
    pub(super) fn next_part(&mut self, is_cached: bool) {
        self.is_cached = is_cached;
    }

    fn cost(&self, price: Price) -> u64 {
        match (self.is_cached, price) {
            (false, price) => price.units(),
            (true, Price::Source) => SOURCE_CACHED,
            (true, Price::Term) => TERM_CACHED,
            (true, price) => price.units() / CACHED,
        }
    }

    /// Lets the source at hand spend `most` of its share at most.
    pub(super) fn limit_share(&mut self, most: u64) {
        self.share = self.share.min(most);
    }

    /// Puts what `steps` of `price` cost aside, half of the share at most, until it is given to [`Fuel::release`].
    pub(super) fn hold(&mut self, price: Price, steps: u64) -> u64 {
        let held = (self.cost(price) * steps).min(self.share / 2);
        self.share -= held;
        held
    }

    /// Lets what was put aside be spent.
    pub(super) fn release(&mut self, held: u64) {
        self.share += held;
    }

    /// Pays for a step; false when there is not enough left.
    pub(super) fn spend(&mut self, price: Price) -> bool {
        let price = self.cost(price);
        if self.share < price {
            self.ran_out = true;
            return false;
        }
        self.share -= price;
        self.burn(price);
        true
    }

    /// Lets `walk` pay for steps of `price` one by one.
    pub(super) fn lend<T>(&mut self, price: Price, walk: impl FnOnce(&mut u64) -> T) -> T {
        let price = self.cost(price);
        let before = self.share / price;
        let mut steps = before;
        let outcome = walk(&mut steps);
        let spent = (before - steps) * price;
        self.share -= spent;
        self.burn(spent);
        self.ran_out |= steps == 0;
        outcome
    }

    /// Whether the source at hand has enough left for a step.
    pub(super) fn affords(&self, price: Price) -> bool {
        self.share >= self.cost(price)
    }

    /// Something is not done because too little is left for it.
    pub(super) fn refuse(&mut self) {
        self.ran_out = true;
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
        fuel.next_share(2, false);
        while fuel.spend(Price::Candidate) {}
        assert!(fuel.ran_out());
        fuel.next_share(1, false);
        let left = fuel.lend(Price::Posting, std::mem::take) * Price::Posting.units();
        assert!(left >= FULL / 2, "{left}");
        assert!(!fuel.spend(Price::BestRank));
    }

    #[test]
    fn what_is_kept_for_a_stage_is_there_when_it_comes() {
        let mut fuel = Fuel::full(1);
        fuel.keep(18);
        for _ in 0..3 {
            fuel.next_stage(60);
            fuel.next_share(1, false);
            while fuel.spend(Price::Candidate) {}
        }
        fuel.keep(0);
        fuel.next_stage(36);
        fuel.next_share(1, false);
        let left = fuel.lend(Price::Posting, std::mem::take) * Price::Posting.units();
        assert!((FULL * 18 / 100..FULL * 20 / 100).contains(&left), "{left}");
    }
}
