//! Ascending numbers in a few bits each, any of them read at once.
//!
//! Numbers stand in blocks of [`BLOCK`]. A block keeps its first number, the least step from one of its numbers to
//! the next, and of each number only what it is above that line, in as many bits as the block's last needs. Where
//! every step is the same, that is none.

use std::path::Path;

use super::files::{FileSum, write_file};
use super::mapped::{Numbers, ask_ahead, bytes_of};
use crate::{Error, Result};

/// Numbers that share one head.
const BLOCK: usize = 64;
/// Words before the first head: how many numbers there are.
const COUNT_WORDS: usize = 1;
/// Words of a block's head: its first number; then where its bits begin, their width and the step.
const HEAD_WORDS: usize = 2;
const WIDTH_BITS: u32 = 6;
const STEP_BITS: u32 = 20;

/// An opened file of ascending numbers.
#[derive(Debug, Clone)]
pub(super) struct Ascending {
    words: Numbers<u64>,
    count: usize,
}

impl Ascending {
    /// Maps `name` in the directory at `path`.
    pub(super) fn open(path: &Path, name: &str) -> Result<Ascending> {
        let words = Numbers::<u64>::map(path, name)?;
        let count = words.get(0).unwrap_or(0) as usize;
        let heads = COUNT_WORDS + count.div_ceil(BLOCK).saturating_mul(HEAD_WORDS);
        if words.as_slice().len() < heads {
            let file = path.join(name);
            return Err(Error::damaged(format!("{} is too short; run chahao compact --full", file.display())));
        }
        Ok(Ascending { words, count })
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// Has what is read of the numbers at `indices` first fetched, all at once.
    pub(super) fn ask_ahead(&self, indices: impl Iterator<Item = u64>) {
        ask_ahead(self.words.as_slice(), indices.map(|index| COUNT_WORDS + index as usize / BLOCK * HEAD_WORDS));
    }

    /// The number at `index`. Two cache lines.
    #[inline]
    pub(super) fn get(&self, index: usize) -> Option<u64> {
        if index >= self.count {
            return None;
        }
        let words = self.words.as_slice();
        let head = COUNT_WORDS + index / BLOCK * HEAD_WORDS;
        let (first, meta) = (*words.get(head)?, *words.get(head + 1)?);
        let (width, step) = (meta & ((1 << WIDTH_BITS) - 1), meta >> WIDTH_BITS & ((1 << STEP_BITS) - 1));
        let nth = (index % BLOCK) as u64;
        let line = first + step * nth;
        if width == 0 {
            return Some(line);
        }
        let bit = nth * width;
        let at = (meta >> (WIDTH_BITS + STEP_BITS)) as usize + (bit / 64) as usize;
        let shift = bit % 64;
        let mut above = *words.get(at)? >> shift;
        if shift + width > 64 {
            above |= *words.get(at + 1)? << (64 - shift);
        }
        Some(line + (above & ((1 << width) - 1)))
    }
}

/// Writes `numbers`, which must ascend and be less than 2⁶² apart, as the file `name` in the directory at `path`.
pub(super) fn write_ascending(path: &Path, name: &str, numbers: &[u64]) -> Result<FileSum> {
    let blocks = numbers.len().div_ceil(BLOCK);
    let mut heads = Vec::with_capacity(COUNT_WORDS + blocks * HEAD_WORDS);
    heads.push(numbers.len() as u64);
    let mut bits: Vec<u64> = Vec::new();
    for block in numbers.chunks(BLOCK) {
        let first = block.first().copied().unwrap_or(0);
        let steps = block.iter().zip(block.iter().skip(1)).map(|(a, b)| b - a);
        let step = steps.min().unwrap_or(0).min((1 << STEP_BITS) - 1);
        let above = |(nth, &number): (usize, &u64)| number - first - step * nth as u64;
        let last = block.iter().enumerate().map(above).next_back().unwrap_or(0);
        let width = u64::from(u64::BITS - last.leading_zeros());
        let start = (COUNT_WORDS + blocks * HEAD_WORDS + bits.len()) as u64;
        heads.extend([first, start << (WIDTH_BITS + STEP_BITS) | step << WIDTH_BITS | width]);
        let mut used = 64;
        for value in block.iter().enumerate().map(above).take(if width > 0 { BLOCK } else { 0 }) {
            if used == 64 {
                bits.push(0);
                used = 0;
            }
            if let Some(word) = bits.last_mut() {
                *word |= value << used;
            }
            used += width;
            if used > 64 {
                used -= 64;
                bits.push(value >> (width - used));
            }
        }
    }
    heads.extend(bits);
    write_file(path, name, bytes_of(&heads))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn round_trip(numbers: &[u64]) -> (Vec<u64>, u64) {
        let folder = tempfile::tempdir().unwrap();
        let sum = write_ascending(folder.path(), "numbers", numbers).unwrap();
        let opened = Ascending::open(folder.path(), "numbers").unwrap();
        assert_eq!((opened.len(), opened.get(numbers.len())), (numbers.len(), None));
        ((0..numbers.len()).filter_map(|at| opened.get(at)).collect(), sum.bytes)
    }

    proptest! {
        #[test]
        fn every_number_comes_back(
            steps in prop::collection::vec(prop_oneof![0..3_u64, 0..200_u64, 0..1_u64 << 40], 0..400),
        ) {
            let numbers: Vec<u64> = steps.iter().scan(0, |sum, step| { *sum += step; Some(*sum) }).collect();
            prop_assert_eq!(round_trip(&numbers).0, numbers);
        }
    }

    #[test]
    fn even_steps_take_no_bits() {
        let numbers: Vec<u64> = (0..64_000).map(|n| 7 + 3 * n).collect();
        let (read, bytes) = round_trip(&numbers);
        assert_eq!((read == numbers, bytes), (true, 8 * (1 + 2 * 1_000)));
    }
}
