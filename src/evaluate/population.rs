//! The listings of a ledger, drawn evenly or as they are called.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::{Deserialize, Serialize};

use crate::Result;
use crate::desk::Desk;
use crate::generate::dice::{Dice, Purpose};
use crate::listing::Listing;
use crate::text::Folded;

/// How listings are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Draw {
    /// In proportion to popularity, as calls come; the same listing may come several times.
    Calls,
    /// Each listing as likely as any other, none of them twice.
    Evenly,
}

/// What is known of all listings of a ledger, in the order of ids: 12 bytes a listing.
pub(super) struct Census {
    /// Calls a week.
    popularity: Vec<f32>,
    /// A hash of folded name and locality.
    names: Vec<u64>,
    /// `names` in order.
    sorted_names: Vec<u64>,
}

impl Census {
    /// Counts every listing of the ledger.
    pub(super) fn of(desk: &Desk) -> Result<Census> {
        let (mut popularity, mut names) = (Vec::new(), Vec::new());
        desk.each_listing(&mut |listing| {
            popularity.push(listing.popularity);
            names.push(name_in_place(&listing));
            Ok(())
        })?;
        // Where nothing is known of the calls, every listing is as likely.
        if popularity.iter().all(|&calls| calls <= 0.0) {
            popularity.fill(1.0);
        }
        let mut sorted_names = names.clone();
        sorted_names.sort_unstable();
        Ok(Census { popularity, names, sorted_names })
    }

    /// How many listings there are.
    pub(super) fn len(&self) -> usize {
        self.popularity.len()
    }

    /// Whether no other listing of its locality has the name of the listing at `position`.
    pub(super) fn has_own_name(&self, position: usize) -> bool {
        let Some(name) = self.names.get(position) else { return false };
        let first = self.sorted_names.partition_point(|other| other < name);
        self.sorted_names.get(first + 1) != Some(name)
    }

    /// The entropy of the calls, in bits.
    pub(super) fn entropy_bits(&self) -> f64 {
        let total: f64 = self.popularity.iter().map(|&calls| f64::from(calls)).sum();
        let shares = self.popularity.iter().map(|&calls| f64::from(calls) / total).filter(|&share| share > 0.0);
        shares.map(|share| -share * share.log2()).sum()
    }

    /// `count` positions, in order; fewer where there are not so many listings to be drawn evenly.
    pub(super) fn draw(&self, draw: Draw, count: usize, seed: u64) -> Vec<usize> {
        let mut dice = Dice::new(seed, Purpose::Drawn, draw as u64);
        match draw {
            Draw::Calls => self.draw_calls(count, &mut dice),
            Draw::Evenly => {
                // Floyd's draw without repetition.
                let count = count.min(self.len());
                let mut drawn = BTreeSet::new();
                for last in self.len() - count..self.len() {
                    let position = dice.below(last + 1);
                    if !drawn.insert(position) {
                        drawn.insert(last);
                    }
                }
                drawn.into_iter().collect()
            }
        }
    }

    fn draw_calls(&self, count: usize, dice: &mut Dice) -> Vec<usize> {
        let total: f64 = self.popularity.iter().map(|&calls| f64::from(calls)).sum();
        let mut calls: Vec<f64> = (0..count).map(|_| share(dice) * total).collect();
        calls.sort_unstable_by(f64::total_cmp);
        let mut drawn = Vec::with_capacity(count);
        let mut waiting = calls.into_iter().peekable();
        let mut sum = 0.0;
        for (position, &popularity) in self.popularity.iter().enumerate() {
            sum += f64::from(popularity);
            while waiting.next_if(|&call| call < sum).is_some() {
                drawn.push(position);
            }
        }
        drawn
    }

    /// The listings at `positions`, which are in order, without what nobody may see; each as often as its position
    /// is named.
    pub(super) fn listings(desk: &Desk, positions: &[usize]) -> Result<Vec<Listing>> {
        let mut listings = Vec::with_capacity(positions.len());
        let mut waiting = positions.iter().peekable();
        let mut position = 0;
        desk.each_listing(&mut |listing| {
            while waiting.next_if(|&&wanted| wanted == position).is_some() {
                listings.push(listing.clone().published());
            }
            position += 1;
            Ok(())
        })?;
        Ok(listings)
    }
}

/// A number in `0.0..1.0`.
fn share(dice: &mut Dice) -> f64 {
    (dice.bits() >> 11) as f64 / (1u64 << 53) as f64
}

fn name_in_place(listing: &Listing) -> u64 {
    let mut hasher = DefaultHasher::new();
    (Folded::new(&listing.name).text(), &listing.locality).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn census(popularity: Vec<f32>) -> Census {
        let names: Vec<u64> = (0..popularity.len() as u64).map(|n| n / 2).collect();
        Census { popularity, sorted_names: names.clone(), names }
    }

    #[test]
    fn calls_are_drawn_in_proportion_and_even_draws_never_repeat() {
        let census = census(vec![0.0, 30.0, 0.0, 10.0]);
        let calls = census.draw(Draw::Calls, 4_000, 7);
        let often = calls.iter().filter(|&&position| position == 1).count();
        assert!((2_850..3_150).contains(&often) && calls.len() == 4_000, "{often} of {}", calls.len());
        assert!(calls.iter().all(|position| [1, 3].contains(position)));
        assert_eq!(census.draw(Draw::Evenly, 9, 7), [0, 1, 2, 3]);
        assert_eq!(census.draw(Draw::Evenly, 2, 7).len(), 2);
        assert_eq!(census.draw(Draw::Calls, 50, 7), census.draw(Draw::Calls, 50, 7));
        assert_ne!(census.draw(Draw::Calls, 50, 7), census.draw(Draw::Calls, 50, 8));
    }

    #[test]
    fn entropy_is_that_of_the_calls() {
        assert!((census(vec![1.0; 64]).entropy_bits() - 6.0).abs() < 1e-9);
        assert!((census(vec![2.0, 1.0, 1.0, 0.0]).entropy_bits() - 1.5).abs() < 1e-9);
        assert!(!census(vec![1.0; 5]).has_own_name(0));
        assert!(census(vec![1.0; 5]).has_own_name(4));
    }
}
