//! The smallest rank in any stretch of an array, in a handful of cache lines.
//!
//! Above the array stands a tree of minima, [`FAN`] values to a node: one node is one cache line. For *n* values
//! the tree takes *n*/15 more; a query reads at most two nodes a level on the way up and one on the way down.

use std::ops::Range;

/// Values to a node: 16 × 4 bytes is a cache line of every processor in use.
const FAN: usize = 16;

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

    /// A position of the smallest value of `values[range]`; `None` when the range is empty.
    pub(super) fn position(&self, values: &[u32], tree: &[u32], range: Range<usize>) -> Option<usize> {
        let (mut lo, mut hi) = (range.start, range.end);
        if lo >= hi {
            return None;
        }
        // The best so far: its value, its height in the tree (0 is the array) and its position there.
        let mut best = (u32::MAX, 0, lo);
        let mut level = values;
        let mut height = 0;
        while hi - lo > 2 * FAN {
            let (lo_up, hi_up) = (lo.div_ceil(FAN), hi / FAN);
            best = better(best, level, height, lo..lo_up * FAN)?;
            best = better(best, level, height, hi_up * FAN..hi)?;
            level = tree.get(self.levels.get(height)?.clone())?;
            (lo, hi, height) = (lo_up, hi_up, height + 1);
        }
        let (min, mut height, mut at) = better(best, level, height, lo..hi)?;
        while height > 0 {
            height -= 1;
            let below = match height {
                0 => values,
                _ => tree.get(self.levels.get(height - 1)?.clone())?,
            };
            let node = at * FAN..(at * FAN + FAN).min(below.len());
            at = node.start + below.get(node)?.iter().position(|&value| value == min)?;
        }
        Some(at)
    }
}

/// `best`, or the smallest value of `level[range]` where that is smaller.
#[inline]
fn better(best: (u32, usize, usize), level: &[u32], height: usize, range: Range<usize>) -> Option<(u32, usize, usize)> {
    let values = level.get(range.clone())?;
    let min = min_of(values);
    if values.is_empty() || min >= best.0 {
        return Some(best);
    }
    Some((min, height, range.start + values.iter().position(|&value| value == min)?))
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
        fn the_tree_agrees_with_looking_at_every_value(
            values in prop::collection::vec(0..500_u32, 1..3_000),
            ends in prop::collection::vec((0..3_000_usize, 0..3_000_usize), 20),
        ) {
            let shape = RangeMin::over(values.len());
            let tree = shape.build(&values);
            prop_assert_eq!(tree.len(), shape.tree_len());
            for (a, b) in ends {
                let range = a.min(b).min(values.len())..a.max(b).min(values.len());
                let found = shape.position(&values, &tree, range.clone()).map(|at| (range.contains(&at), values[at]));
                let expected = values[range.clone()].iter().min().map(|&min| (true, min));
                prop_assert_eq!(found, expected);
            }
        }
    }
}
