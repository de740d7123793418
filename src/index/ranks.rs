//! Ranks in as many bits each as the greatest of them needs: 22 for a city's.
//!
//! The ranks of all keys are a third of an index. They stand in nodes of [`FAN`], each read at once. The last node is filled
//! up with numbers of all bits set, which no rank has; as many bytes as the widest node takes stand behind it, so that every
//! node is read with one look at where the file ends.

use std::path::Path;

use tantivy::directory::OwnedBytes;

use super::Rank;
use super::files::{FileSum, write_file};
use super::mapped::{ask_ahead, map};
use super::range_min::{FAN, Values};
use crate::{Error, Result};

/// Bytes in front of the ranks: how many there are, and above that the bits of each.
const HEAD_BYTES: usize = 8;
const COUNT_BITS: u32 = 56;
/// Bits of a rank at most.
const BITS_MAX: usize = 32;
/// Bytes of a node whose ranks have that many, and of the window in which its last one is read.
const NODE_BYTES_MAX: usize = FAN * BITS_MAX / 8 + 8;

/// An opened file of ranks.
#[derive(Debug, Clone)]
pub(super) struct Ranks {
    bytes: OwnedBytes,
    count: usize,
    bits: usize,
}

impl Ranks {
    /// Maps `name` in the directory at `path`.
    ///
    /// # Errors
    /// Damaged when the bits of a rank, or its length, cannot be.
    pub(super) fn map(path: &Path, name: &str) -> Result<Ranks> {
        let bytes = map(path, name)?;
        let head = bytes.first_chunk::<HEAD_BYTES>().copied().map_or(0, u64::from_le_bytes);
        let (count, bits) = ((head & ((1 << COUNT_BITS) - 1)) as usize, (head >> COUNT_BITS) as usize);
        if !(1..=BITS_MAX).contains(&bits) || bytes.len() != file_bytes(count, bits) {
            let file = path.join(name);
            return Err(Error::damaged(format!(
                "index file {} holds no ranks; run chahao compact --full",
                file.display()
            )));
        }
        Ok(Ranks { bytes, count, bits })
    }

    /// Has the ranks at `places` fetched, all at once.
    pub(super) fn ask_ahead(&self, places: impl Iterator<Item = u32>) {
        ask_ahead(&self.bytes, places.map(|place| HEAD_BYTES + place as usize * self.bits / 8));
    }
}

impl Values for Ranks {
    fn count(&self) -> usize {
        self.count
    }

    #[inline]
    fn held(&self, number: usize) -> [u32; FAN] {
        let rest = self.bytes.get(HEAD_BYTES + number * node_bytes(self.bits)..);
        let Some(node) = rest.and_then(|rest| rest.first_chunk()) else { return [u32::MAX; FAN] };
        match self.bits {
            // Those of a city and of a province: with a width that is known, no shift is computed.
            21 => unpack(node, 21),
            22 => unpack(node, 22),
            23 => unpack(node, 23),
            24 => unpack(node, 24),
            25 => unpack(node, 25),
            bits => unpack(node, bits),
        }
    }
}

/// The ranks of a node, `bits` each; where all of these are set, none.
#[inline(always)]
fn unpack(node: &[u8; NODE_BYTES_MAX], bits: usize) -> [u32; FAN] {
    let none = none(bits);
    std::array::from_fn(|at| {
        let bit = at * bits;
        let window = node.get(bit / 8..).and_then(|rest| rest.first_chunk()).copied().map_or(0, u64::from_le_bytes);
        let value = (window >> (bit % 8)) as u32 & none;
        if value == none { u32::MAX } else { value }
    })
}

/// The number of `bits` bits that stands for none.
fn none(bits: usize) -> u32 {
    u32::MAX >> (BITS_MAX - bits)
}

fn node_bytes(bits: usize) -> usize {
    FAN * bits / 8
}

fn file_bytes(count: usize, bits: usize) -> usize {
    HEAD_BYTES + count.div_ceil(FAN) * node_bytes(bits) + NODE_BYTES_MAX
}

/// Writes `ranks` as the file `name` of the directory at `path`.
pub(super) fn write_ranks(path: &Path, name: &str, ranks: &[Rank]) -> Result<FileSum> {
    let greatest = ranks.iter().max().map_or(0, |rank| rank + 1);
    let bits = (u32::BITS - greatest.leading_zeros()).max(1) as usize;
    let mut bytes = Vec::with_capacity(file_bytes(ranks.len(), bits));
    bytes.extend((ranks.len() as u64 | (bits as u64) << COUNT_BITS).to_le_bytes());
    for node in ranks.chunks(FAN) {
        let (mut waiting, mut held) = (0_u64, 0);
        for rank in node.iter().copied().chain(std::iter::repeat(none(bits))).take(FAN) {
            waiting |= u64::from(rank) << held;
            held += bits;
            while held >= 8 {
                bytes.push(waiting as u8);
                waiting >>= 8;
                held -= 8;
            }
        }
    }
    bytes.extend([u8::MAX; NODE_BYTES_MAX]);
    write_file(path, name, &bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn round_trip(ranks: &[Rank]) -> Ranks {
        let folder = tempfile::tempdir().unwrap();
        let sum = write_ranks(folder.path(), "ranks", ranks).unwrap();
        let opened = Ranks::map(folder.path(), "ranks").unwrap();
        assert_eq!(sum.bytes as usize, file_bytes(ranks.len(), opened.bits));
        opened
    }

    proptest! {
        #[test]
        fn ranks_come_back_in_whichever_width(
            most in prop_oneof![0..4_u32, 0..1_u32 << 23, 0..u32::MAX],
            drawn in prop::collection::vec(any::<u32>(), 0..70),
        ) {
            let ranks: Vec<Rank> = drawn.into_iter().map(|rank| rank % (most + 1).max(1)).collect();
            let opened = round_trip(&ranks);
            let held: Vec<Rank> = (0..ranks.len().div_ceil(FAN)).flat_map(|number| opened.held(number)).collect();
            let (own, behind) = held.split_at(ranks.len());
            prop_assert_eq!((opened.count(), own), (ranks.len(), ranks.as_slice()));
            prop_assert!(behind.iter().all(|none| *none == u32::MAX), "nothing stands behind the last");
            for beyond in [0, 1, 9] {
                prop_assert_eq!(opened.held(ranks.len().div_ceil(FAN) + beyond), [u32::MAX; FAN]);
            }
        }
    }

    #[test]
    fn a_rank_takes_the_bits_it_needs() {
        for (greatest, bits) in [(0, 1), (1, 2), (3_300_000, 22), ((1 << 22) - 1, 23), (30_000_000, 25)] {
            assert_eq!(round_trip(&[greatest]).bits, bits, "{greatest}");
        }
    }

    #[test]
    fn what_cannot_be_ranks_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        write_ranks(folder.path(), "ranks", &[1, 2, 3]).unwrap();
        let whole = std::fs::read(folder.path().join("ranks")).unwrap();
        let with_head = |count: u64, bits: u64| {
            let mut bytes = whole.clone();
            bytes[..HEAD_BYTES].copy_from_slice(&(count | bits << COUNT_BITS).to_le_bytes());
            bytes
        };
        let heads = [(3, 33), (3, 0), (3, 255), (200, 2), ((1 << COUNT_BITS) - 1, 32)];
        let hostile = heads.map(|(count, bits)| with_head(count, bits));
        let cut = [&b""[..], &whole[..7], &whole[..whole.len() - 1]];
        for bytes in cut.into_iter().chain(hostile.iter().map(Vec::as_slice)) {
            std::fs::write(folder.path().join("ranks"), bytes).unwrap();
            assert!(Ranks::map(folder.path(), "ranks").is_err_and(|error| error.is_damaged()), "{bytes:?}");
        }
    }
}
