//! The work one query may do.
//!
//! One unit is about ten nanoseconds on the machine of `benches/RESULTS.md`; [`FULL`] is what a query may cost at
//! the very most.

/// What every query starts with.
const FULL: u64 = 40_000;

/// What remains to be spent.
#[derive(Debug)]
pub(super) struct Fuel {
    left: u64,
    ran_out: bool,
}

/// What the steps of a query cost.
#[derive(Debug, Clone, Copy)]
pub(super) enum Price {
    /// The next best rank of a stretch.
    BestRank = 12,
    /// Looking at one candidate: its text and its popularity.
    Candidate = 25,
    /// Spelling one candidate's name.
    Spelling = 300,
}

impl Fuel {
    pub(super) fn full() -> Fuel {
        Fuel { left: FULL, ran_out: false }
    }

    /// Pays for a step; false when there is not enough left.
    pub(super) fn spend(&mut self, price: Price) -> bool {
        match self.left.checked_sub(price as u64) {
            Some(left) => {
                self.left = left;
                true
            }
            None => {
                self.ran_out = true;
                false
            }
        }
    }

    /// Lets `walk` spend units one by one.
    pub(super) fn lend<T>(&mut self, walk: impl FnOnce(&mut u64) -> T) -> T {
        let outcome = walk(&mut self.left);
        self.ran_out |= self.left == 0;
        outcome
    }

    pub(super) fn ran_out(&self) -> bool {
        self.ran_out
    }
}
