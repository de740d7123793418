//! Names of one batch that are one character apart.

use std::collections::BTreeSet;
use std::collections::hash_map::Entry;
use std::hash::Hasher;

use rustc_hash::{FxHashMap, FxHasher};

/// Names of one batch that share a part that is compared at most: 分店 by the hundred are no news.
const ALIKE_MAX: usize = 20;

/// Names by the hash of their locality and what is left of them without one character, or all of them.
#[derive(Default)]
pub(super) struct Alike {
    /// The place in `names` of the last one that has a hash.
    last: FxHashMap<u64, u32>,
    /// Names, each with the place of the one before it that has the same hash.
    names: Vec<(u32, Option<u32>)>,
}

impl Alike {
    /// Puts `name` under `hash`, and to `met` what stands there already; neither where that is a crowd.
    pub(super) fn meet(&mut self, hash: u64, name: u32, met: &mut BTreeSet<u32>) {
        let slot = self.last.entry(hash);
        let last = match &slot {
            Entry::Occupied(last) => Some(*last.get()),
            Entry::Vacant(_) => None,
        };
        let entry = |at: u32| self.names.get(at as usize);
        let before = std::iter::successors(last.and_then(entry), |(_, before)| before.and_then(entry));
        let before: Vec<u32> = before.map(|(name, _)| *name).take(ALIKE_MAX).collect();
        if before.len() < ALIKE_MAX {
            met.extend(before);
            slot.insert_entry(self.names.len() as u32);
            self.names.push((name, last));
        }
    }
}

/// Hashes of a name in its locality: of all of it, and of what is left without each of its characters. Names one
/// character apart have one in common.
pub(super) fn parts(locality: &str, name: &[char]) -> BTreeSet<u64> {
    let hash = |without: Option<usize>| {
        let mut hasher = FxHasher::default();
        hasher.write(locality.as_bytes());
        for (_, c) in name.iter().enumerate().filter(|(at, _)| Some(*at) != without) {
            hasher.write_u32(u32::from(*c));
        }
        hasher.finish()
    };
    (0..name.len()).map(Some).chain([None]).map(hash).collect()
}

/// Whether two names are the same but for one character put in, left out or changed.
pub(super) fn one_apart(a: &[char], b: &[char]) -> bool {
    let head = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let tail = a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count();
    let (short, long) = (a.len().min(b.len()), a.len().max(b.len()));
    long - short <= 1 && head + tail + 1 >= long
}
