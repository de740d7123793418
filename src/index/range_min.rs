//! The smallest ranks in any stretch of an array, in a handful of cache lines each.
//!
//! Above the array stands a tree of minima, [`FAN`] values to a node: one node is one cache line. For *n* values
//! the tree takes *n*/15 more; a stretch is at most two nodes a level, and each next value one walk down from a node.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;

/// Values to a node: 16 × 4 bytes is a cache line of every processor in use.
pub(super) const FAN: usize = 16;

/// An array that is read a node at a time.
pub(super) trait Values {
    /// Its values.
    fn count(&self) -> usize;

    /// The values of its `number`th node; where there are fewer, the greatest number stands.
    fn held(&self, number: usize) -> [u32; FAN];
}

impl Values for [u32] {
    fn count(&self) -> usize {
        self.len()
    }

    #[inline]
    fn held(&self, number: usize) -> [u32; FAN] {
        let rest = self.get(number * FAN..).unwrap_or_default();
        if let Some(whole) = rest.first_chunk() {
            return *whole;
        }
        let mut held = [u32::MAX; FAN];
        held.iter_mut().zip(rest).for_each(|(slot, value)| *slot = *value);
        held
    }
}

/// The shape of the tree over an array of a given length.
#[derive(Debug, Clone)]
pub(super) struct RangeMin {
    /// Where each level stands in the tree, lowest first.
    levels: Vec<Range<usize>>,
}

impl RangeMin {
    /// The shape for `count` values.
    pub(super) fn over(count: usize) -> RangeMin {
        let mut levels: Vec<Range<usize>> = Vec::new();
        let (mut start, mut width) = (0, count);
        while width > 1 {
            width = width.div_ceil(FAN);
            levels.push(start..start + width);
            start += width;
        }
        RangeMin { levels }
    }

    /// Values of the whole tree.
    pub(super) fn tree_len(&self) -> usize {
        self.levels.last().map_or(0, |level| level.end)
    }

    /// Computes the tree over `values`.
    pub(super) fn build(&self, values: &[u32]) -> Vec<u32> {
        let mut tree: Vec<u32> = values.chunks(FAN).map(min_of).take(self.tree_len()).collect();
        for pair in self.levels.windows(2) {
            let [below, _] = pair else { continue };
            let above: Vec<u32> = tree.get(below.clone()).unwrap_or_default().chunks(FAN).map(min_of).collect();
            tree.extend(above);
        }
        tree
    }

    /// The node `number` of `height`, 0 being that of `values`.
    #[inline]
    fn held<V: Values + ?Sized>(&self, values: &V, tree: &[u32], height: usize, number: usize) -> [u32; FAN] {
        match height.checked_sub(1) {
            None => values.held(number),
            Some(above) => {
                self.levels.get(above).and_then(|level| tree.get(level.clone())).unwrap_or_default().held(number)
            }
        }
    }
}

/// The values of some stretches of an array, from the smallest on, equal ones one after the other.
///
/// It holds nodes of the tree by the smallest value that is left in them. The next value is found by going down from
/// the best node, one cache line a level, and every node passed is kept for what else it has; so the first values
/// cost a walk from the top, and those after them only the levels that are theirs alone.
#[derive(Debug, Default)]
pub(super) struct Ascent {
    nodes: BinaryHeap<Reverse<Node>>,
}

/// A node and which of its values are left; ordered by the smallest of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Node {
    min: u32,
    /// Which node of its level.
    number: u32,
    /// 0 for those of the array.
    height: u8,
    left: u16,
}

impl Ascent {
    /// Adds the values of `values[range]`.
    pub(super) fn add<V: Values + ?Sized>(&mut self, shape: &RangeMin, values: &V, tree: &[u32], range: Range<usize>) {
        let (mut lo, mut hi, mut height) = (range.start, range.end.min(values.count()), 0);
        while lo < hi {
            let held = |number: usize| shape.held(values, tree, height, number);
            let part =
                |start: usize, end: usize| (u16::MAX << (start % FAN)) & (u16::MAX >> (FAN - 1 - (end - 1) % FAN));
            if hi - lo <= 2 * FAN || height == shape.levels.len() {
                for number in lo / FAN..=(hi - 1) / FAN {
                    let (start, end) = (lo.max(number * FAN), hi.min((number + 1) * FAN));
                    self.keep(held(number), number, height, part(start, end));
                }
                return;
            }
            let (lo_up, hi_up) = (lo.div_ceil(FAN), hi / FAN);
            if lo < lo_up * FAN {
                self.keep(held(lo / FAN), lo / FAN, height, part(lo, lo_up * FAN));
            }
            if hi_up * FAN < hi {
                self.keep(held(hi_up), hi_up, height, part(hi_up * FAN, hi));
            }
            (lo, hi, height) = (lo_up, hi_up, height + 1);
        }
    }

    /// The next value; the arguments are those of [`Ascent::add`].
    pub(super) fn next<V: Values + ?Sized>(&mut self, shape: &RangeMin, values: &V, tree: &[u32]) -> Option<u32> {
        let Reverse(Node { min, number, height, left }) = self.nodes.pop()?;
        let (mut number, mut height, mut left) = (number as usize, usize::from(height), left);
        loop {
            let held = shape.held(values, tree, height, number);
            let is_it = |(at, value): (usize, u32)| value == min && left >> at & 1 == 1;
            let at = held.into_iter().enumerate().position(is_it)?;
            self.keep(held, number, height, left & !(1 << at));
            if height == 0 {
                return Some(min);
            }
            (number, height, left) = (number * FAN + at, height - 1, u16::MAX);
        }
    }

    /// Keeps a node, unless nothing is left in it.
    #[inline]
    fn keep(&mut self, held: [u32; FAN], number: usize, height: usize, left: u16) {
        let held = held.into_iter().enumerate();
        // What is not left counts as the greatest value.
        let min = held.map(|(at, value)| value | u32::from(left >> at & 1).wrapping_sub(1)).min();
        if let Some(min) = min.filter(|&min| min < u32::MAX) {
            self.nodes.push(Reverse(Node { min, number: number as u32, height: height as u8, left }));
        }
    }
}

#[inline]
fn min_of(values: &[u32]) -> u32 {
    values.iter().copied().min().unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_ascent_agrees_with_sorting_the_values(
            values in prop::collection::vec(0..500_u32, 1..3_000),
            ends in prop::collection::vec((0..3_000_usize, 0..3_000_usize), 20),
        ) {
            let shape = RangeMin::over(values.len());
            let tree = shape.build(&values);
            prop_assert_eq!(tree.len(), shape.tree_len());
            for (a, b) in ends {
                let range = a.min(b).min(values.len())..a.max(b).min(values.len());
                let other = (b / 2).min(values.len())..b.min(values.len());
                let mut ascent = Ascent::default();
                for range in [&range, &other] {
                    ascent.add(&shape, values.as_slice(), &tree, range.clone());
                }
                let mut expected = [&values[range], &values[other]].concat();
                expected.sort_unstable();
                let found: Vec<u32> = std::iter::from_fn(|| ascent.next(&shape, values.as_slice(), &tree)).collect();
                prop_assert_eq!(found, expected);
            }
        }
    }
}
