//! Keys to ranks: any prefix is a stretch of ranks, and the best of it come first, however many match.
//!
//! An `fst` maps each distinct key to its ordinal in key order. `starts[ordinal]..starts[ordinal + 1]` is the
//! key's stretch of `ranks`, which hold the ranks of all keys sorted by (key, rank); so the keys under one
//! prefix are one stretch. A [`RangeMin`] tree over `ranks` gives the best of a stretch in O(log n).
//!
//! # Invariants
//! 1. Values of the `fst` are 0, 1, 2, … in key order.
//! 2. Within one key, ranks ascend without repeats.

use std::path::Path;

use fst::raw::{CompiledAddr, Fst, Node};
use tantivy::directory::OwnedBytes;

use super::Rank;
use super::keys::KeyFiles;
use super::mapped::{Numbers, ask_ahead, map};
use super::packed::Ascending;
use super::range_min::{Ascent, FAN, RangeMin, Values};
use super::ranks::Ranks;
use crate::{Error, Result};

/// A stretch of an index's ranks.
pub type Range = std::ops::Range<u32>;

/// An opened key index.
pub struct KeyIndex {
    fst: Fst<OwnedBytes>,
    starts: Ascending,
    ranks: Ranks,
    mins: Numbers<u32>,
    shape: RangeMin,
}

/// A place in the key automaton: all keys below it are the ordinals `first..end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyState {
    address: CompiledAddr,
    first: u64,
    end: u64,
}

impl KeyIndex {
    /// Opens the key index called `name` in the part at `path`.
    ///
    /// # Errors
    /// Damaged when a file is missing or its parts do not fit together.
    pub(super) fn open(path: &Path, name: &str) -> Result<KeyIndex> {
        let files = KeyFiles::of(name);
        let damaged = |what: &dyn std::fmt::Display| {
            let text = format!("key index {name} in {}: {what}; run chahao compact --full", path.display());
            Error::damaged(text)
        };
        let fst = Fst::new(map(path, &files.fst)?).map_err(|error| damaged(&error))?;
        let starts = Ascending::open(path, &files.starts)?;
        let ranks = Ranks::map(path, &files.ranks)?;
        let mins: Numbers<u32> = Numbers::map(path, &files.mins)?;
        let shape = RangeMin::over(ranks.count());
        let fits = starts.len() == fst.len() + 1
            && starts.get(fst.len()) == Some(ranks.count() as u64)
            && mins.as_slice().len() == shape.tree_len();
        if !fits {
            return Err(damaged(&"its files do not belong together"));
        }
        Ok(KeyIndex { fst, starts, ranks, mins, shape })
    }

    /// How many distinct keys there are.
    pub fn key_count(&self) -> usize {
        self.fst.len()
    }

    /// The ranks whose key is `key`. O(length of the key).
    pub fn exact(&self, key: &[u8]) -> Range {
        self.walk(key).map_or(0..0, |state| self.whole(state))
    }

    /// The ranks with a key that starts with `prefix`. O(length of the prefix).
    pub fn prefix(&self, prefix: &[u8]) -> Range {
        self.walk(prefix).map_or(0..0, |state| self.below(state))
    }

    /// The ranks whose key is `key`, and those whose key goes on from it: [`KeyIndex::exact`] and what else [`KeyIndex::prefix`]
    /// has, for the price of one.
    pub fn exact_and_longer(&self, key: &[u8]) -> (Range, Range) {
        let Some(state) = self.walk(key) else { return (0..0, 0..0) };
        // A key that ends here is the first of all keys below.
        let (exact, below) = (self.whole(state), self.below(state));
        let longer = below.start + exact.len() as u32..below.end;
        (exact, longer)
    }

    /// The ranks of `range` from the best (smallest) on, each once however many of its keys are in the range.
    pub fn top(&self, range: Range) -> Top<'_> {
        self.top_of(&[range])
    }

    /// The same over several ranges.
    pub fn top_of(&self, ranges: &[Range]) -> Top<'_> {
        let mut top = Top { index: self, ascent: Ascent::default(), last: None };
        if ranges.len() > 1 {
            self.ranks.ask_ahead(ranges.iter().flat_map(|range| [range.start, range.end.saturating_sub(1)]));
        }
        ranges.iter().for_each(|range| top.push(range.clone()));
        top
    }

    /// Hands the ranks of `range` to `each` in the order of their keys, as often as they stand there; a nanosecond or two for
    /// one.
    pub fn each_rank(&self, range: Range, mut each: impl FnMut(Rank)) {
        let (start, end) = (range.start as usize, (range.end as usize).min(self.ranks.count()));
        for number in start / FAN..end.div_ceil(FAN) {
            let held = self.ranks.held(number);
            let first = number * FAN;
            let own = start.saturating_sub(first)..(end - first).min(FAN);
            held.get(own).unwrap_or_default().iter().for_each(|rank| each(*rank));
        }
    }

    /// Where every key begins.
    pub fn root(&self) -> KeyState {
        KeyState { address: self.fst.root().addr(), first: 0, end: self.fst.len() as u64 }
    }

    /// The place one byte further; `None` where no key goes on so.
    #[inline]
    pub fn step(&self, state: KeyState, byte: u8) -> Option<KeyState> {
        let node = self.fst.node(state.address);
        let at = node.find_input(byte)?;
        Some(child(state, &node, at))
    }

    /// The places one byte further by either of two bytes, for the price of one look.
    #[inline]
    pub fn step_two(&self, state: KeyState, first: u8, second: Option<u8>) -> [Option<KeyState>; 2] {
        let node = self.fst.node(state.address);
        let step = |byte| Some(child(state, &node, node.find_input(byte)?));
        [step(first), second.and_then(step)]
    }

    /// The places `bytes` further.
    pub fn steps(&self, state: KeyState, bytes: &[u8]) -> Option<KeyState> {
        bytes.iter().try_fold(state, |state, &byte| self.step(state, byte))
    }

    /// Every byte a key may go on with, and the place behind it.
    pub fn children(&self, state: KeyState) -> impl Iterator<Item = (u8, KeyState)> + '_ {
        let node = self.fst.node(state.address);
        ask_ahead(self.fst.as_bytes(), (0..node.len()).map(|at| node.transition_addr(at)));
        (0..node.len()).map(move |at| (node.transition(at).inp, child(state, &node, at)))
    }

    /// Has the nodes of `states` fetched, all at once: steps from each of them follow.
    pub fn ask_ahead<'s>(&self, states: impl Iterator<Item = &'s KeyState>) {
        ask_ahead(self.fst.as_bytes(), states.map(|state| state.address));
    }

    /// The ranks of every key that goes through `state`.
    pub fn below(&self, state: KeyState) -> Range {
        self.stretch(state.first, state.end)
    }

    /// [`KeyIndex::below`] of each of `states`.
    pub fn below_all(&self, states: &[KeyState]) -> Vec<Range> {
        self.starts.ask_ahead(states.iter().flat_map(|state| [state.first, state.end]));
        states.iter().map(|state| self.below(*state)).collect()
    }

    /// [`KeyIndex::whole`] of each of `states`.
    pub fn whole_all(&self, states: &[KeyState]) -> Vec<Range> {
        self.ask_ahead(states.iter());
        states.iter().map(|state| self.whole(*state)).collect()
    }

    /// The ranks of the key that ends at `state`.
    pub fn whole(&self, state: KeyState) -> Range {
        // A key that ends here is the first of all keys below.
        if self.fst.node(state.address).is_final() { self.stretch(state.first, state.first + 1) } else { 0..0 }
    }

    fn walk(&self, key: &[u8]) -> Option<KeyState> {
        self.steps(self.root(), key)
    }

    fn stretch(&self, first: u64, end: u64) -> Range {
        let start = |ordinal: u64| self.starts.get(ordinal as usize).unwrap_or(0) as u32;
        start(first)..start(end)
    }
}

/// The place behind the transition `at` of `state`'s node.
#[inline]
fn child(state: KeyState, node: &Node<'_>, at: usize) -> KeyState {
    let transition = node.transition(at);
    // Outputs accumulate to the smallest ordinal below; the next sibling's is where this one ends.
    let end = if at + 1 < node.len() { state.first + node.transition(at + 1).out.value() } else { state.end };
    KeyState { address: transition.addr, first: state.first + transition.out.value(), end }
}

impl std::fmt::Debug for KeyIndex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeyIndex({} keys)", self.key_count())
    }
}

/// Ranks of a stretch, ascending.
///
/// The next one costs a few cache lines and about as many heap steps.
pub struct Top<'i> {
    index: &'i KeyIndex,
    ascent: Ascent,
    /// The rank given out last: equal ranks come one after the other.
    last: Option<Rank>,
}

impl Top<'_> {
    fn push(&mut self, range: Range) {
        let KeyIndex { ranks, mins, shape, .. } = self.index;
        self.ascent.add(shape, ranks, mins.as_slice(), range.start as usize..range.end as usize);
    }
}

impl Iterator for Top<'_> {
    type Item = Rank;

    fn next(&mut self) -> Option<Rank> {
        let KeyIndex { ranks, mins, shape, .. } = self.index;
        loop {
            let rank = self.ascent.next(shape, ranks, mins.as_slice())?;
            if self.last.replace(rank) != Some(rank) {
                return Some(rank);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::KeyKind;
    use crate::index::keys::KeyBuilder;
    use crate::text::Schemes;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        #[test]
        fn a_stretch_is_read_in_the_order_of_keys_and_from_the_best_rank_on(
            keys in prop::collection::vec(("[a-c]{1,4}", 0..90 as Rank), 0..120),
            prefix in "[a-c]{0,2}",
        ) {
            let folder = tempfile::tempdir().unwrap();
            let mut builder = KeyBuilder::new(KeyKind::Id, &Schemes::default());
            for (key, rank) in &keys {
                builder.add(key, [0], *rank).unwrap();
            }
            builder.write(folder.path()).unwrap();
            let opened = KeyIndex::open(folder.path(), "id").unwrap();
            let mut below: Vec<(&str, Rank)> = keys.iter().map(|(key, rank)| (key.as_str(), *rank)).collect();
            below.retain(|(key, _)| key.starts_with(&prefix));
            below.sort_unstable();
            below.dedup();
            let range = opened.prefix(prefix.as_bytes());
            let mut ranks: Vec<Rank> = below.iter().map(|(_, rank)| *rank).collect();
            let mut read = Vec::new();
            opened.each_rank(range.clone(), |rank| read.push(rank));
            prop_assert_eq!(&read, &ranks);
            ranks.sort_unstable();
            ranks.dedup();
            prop_assert_eq!(opened.top(range).collect::<Vec<_>>(), ranks);
        }
    }
}
