//! Ranks in three bytes each, or in four where there are more of them than three can tell.
//!
//! The ranks of all keys are a third of an index; a city's need 22 bits. Behind the width, in one byte, they stand one
//! after the other, the lowest byte first.

use std::path::Path;

use tantivy::directory::OwnedBytes;

use super::Rank;
use super::files::{FileSum, write_file};
use super::mapped::{ask_ahead, map};
use super::range_min::{FAN, Values};
use crate::{Error, Result};

/// Bytes in front of the ranks: their width.
const HEAD: usize = 1;
/// The widths, in bytes.
const NARROW: usize = 3;
const WIDE: usize = 4;

/// An opened file of ranks.
#[derive(Debug, Clone)]
pub(super) struct Ranks {
    bytes: OwnedBytes,
    width: usize,
}

impl Ranks {
    /// Maps `name` in the directory at `path`.
    ///
    /// # Errors
    /// Damaged when its width or length cannot be.
    pub(super) fn map(path: &Path, name: &str) -> Result<Ranks> {
        let bytes = map(path, name)?;
        let width = bytes.first().copied().map_or(0, usize::from);
        if ![NARROW, WIDE].contains(&width) || !(bytes.len() - HEAD).is_multiple_of(width) {
            let file = path.join(name);
            return Err(Error::damaged(format!(
                "index file {} holds no ranks; run chahao compact --full",
                file.display()
            )));
        }
        Ok(Ranks { bytes, width })
    }

    /// Has the ranks at `places` fetched, all at once.
    pub(super) fn ask_ahead(&self, places: impl Iterator<Item = u32>) {
        ask_ahead(&self.bytes, places.map(|place| HEAD + place as usize * self.width));
    }

    fn one(&self, bytes: &[u8]) -> Rank {
        let mut value = [0; WIDE];
        value.iter_mut().zip(bytes).for_each(|(slot, byte)| *slot = *byte);
        Rank::from_le_bytes(value)
    }
}

impl Values for Ranks {
    fn count(&self) -> usize {
        (self.bytes.len() - HEAD) / self.width
    }

    #[inline]
    fn held(&self, number: usize) -> [u32; FAN] {
        let rest = self.bytes.get(HEAD + number * FAN * self.width..).unwrap_or_default();
        let mut held = [u32::MAX; FAN];
        if let Some(whole) = rest.first_chunk::<{ NARROW * FAN }>().filter(|_| self.width == NARROW) {
            for (slot, three) in held.iter_mut().zip(whole.chunks_exact(NARROW)) {
                let [low, middle, high] = three else { continue };
                *slot = Rank::from_le_bytes([*low, *middle, *high, 0]);
            }
            return held;
        }
        held.iter_mut().zip(rest.chunks_exact(self.width)).for_each(|(slot, bytes)| *slot = self.one(bytes));
        held
    }
}

/// Writes `ranks` as the file `name` of the directory at `path`.
pub(super) fn write_ranks(path: &Path, name: &str, ranks: &[Rank]) -> Result<FileSum> {
    let is_wide = ranks.iter().any(|rank| *rank >= 1 << (8 * NARROW));
    let width = if is_wide { WIDE } else { NARROW };
    let mut bytes = Vec::with_capacity(HEAD + ranks.len() * width);
    bytes.push(width as u8);
    ranks.iter().for_each(|rank| bytes.extend(rank.to_le_bytes().iter().take(width)));
    write_file(path, name, &bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_come_back_in_whichever_width() {
        let folder = tempfile::tempdir().unwrap();
        let narrow: Vec<Rank> = (0..37).map(|rank| rank * 400_000).collect();
        let wide: Vec<Rank> = (0..33).map(|rank| rank * 100_000_000).collect();
        for (ranks, width) in [(Vec::new(), NARROW), (narrow, NARROW), (wide, WIDE)] {
            write_ranks(folder.path(), "ranks", &ranks).unwrap();
            let opened = Ranks::map(folder.path(), "ranks").unwrap();
            assert_eq!((opened.width, opened.count()), (width, ranks.len()));
            let held = (0..=ranks.len() / FAN).flat_map(|number| opened.held(number));
            assert_eq!(held.take(ranks.len()).collect::<Vec<_>>(), ranks);
            assert_eq!(opened.held(ranks.len() / FAN).last(), Some(&u32::MAX), "nothing stands behind the last");
        }
    }

    #[test]
    fn what_cannot_be_ranks_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        for bytes in [&b""[..], b"\x02ab", b"\x03abcd", b"\x04abc"] {
            std::fs::write(folder.path().join("ranks"), bytes).unwrap();
            assert!(Ranks::map(folder.path(), "ranks").is_err_and(|error| error.is_damaged()), "{bytes:?}");
        }
    }
}
