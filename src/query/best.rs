//! The best scores so far: what cannot come among them need not be looked at.

use crate::index::Rank;

/// The best scores of different listings.
#[derive(Debug)]
pub(super) struct Best {
    /// How many are wanted.
    wanted: usize,
    /// The worst first.
    scores: Vec<(f32, usize, Rank)>,
}

impl Best {
    pub(super) fn new(wanted: usize) -> Best {
        Best { wanted, scores: Vec::with_capacity(wanted + 1) }
    }

    /// Whether `score` is worse than all of the best, and these are as many as are wanted.
    #[inline]
    pub(super) fn is_beyond(&self, score: f32) -> bool {
        self.scores.len() >= self.wanted && self.scores.first().is_some_and(|(worst, ..)| score < *worst)
    }

    /// Counts the score of a listing, told by the number of its part and its rank; of several its best.
    pub(super) fn add(&mut self, score: f32, part: usize, rank: Rank) {
        if self.is_beyond(score) {
            return;
        }
        if let Some(at) = self.scores.iter().position(|(_, p, r)| (*p, *r) == (part, rank)) {
            if self.scores.get(at).is_some_and(|(known, ..)| *known >= score) {
                return;
            }
            self.scores.remove(at);
        }
        let at = self.scores.partition_point(|(known, ..)| *known < score);
        self.scores.insert(at, (score, part, rank));
        if self.scores.len() > self.wanted {
            self.scores.remove(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_counts_once_and_the_worst_gives_way() {
        let mut best = Best::new(2);
        best.add(1.0, 0, 7);
        assert!(!best.is_beyond(-9.0), "one of two is known");
        best.add(3.0, 0, 7);
        assert!(!best.is_beyond(-9.0), "it is the same listing");
        best.add(2.0, 1, 7);
        assert!(best.is_beyond(1.9) && !best.is_beyond(2.0));
        best.add(2.5, 0, 8);
        assert!(best.is_beyond(2.4) && !best.is_beyond(2.5));
        best.add(2.0, 0, 7);
        assert!(best.is_beyond(2.4), "the better score of a listing stays");
    }
}
