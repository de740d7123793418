//! Briefs: what scoring asks of every listing, side by side, so that a candidate costs one cache line and not six.

use std::path::Path;

use super::files::{BRIEFS, FileSum, write_file};
use super::mapped::{Numbers, bytes_of};
use crate::text::{SHAPE_BITS, Shape};
use crate::{Error, Result};

/// Words of one row: popularity, shape, characters of the name above that, and where its texts start.
const ROW_WORDS: usize = 4;
type Row = [u32; ROW_WORDS];
/// Bytes of all texts of a part at most.
const TEXT_BYTES_MAX: u64 = u32::MAX as u64;

/// What scoring asks of a listing.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Brief {
    /// Calls per week.
    pub popularity: f32,
    /// Characters of the official name, folded; 255 stands for that and more.
    pub name_chars: u8,
    /// The shape of the official name.
    pub shape: Shape,
    /// Where its folded texts start.
    pub(super) text_start: u32,
}

impl Brief {
    fn row(self) -> Row {
        let shape = self.shape.bits() | u64::from(self.name_chars) << SHAPE_BITS;
        [self.popularity.to_bits(), shape as u32, (shape >> u32::BITS) as u32, self.text_start]
    }

    #[inline]
    fn of_row([popularity, low, high, text_start]: Row) -> Brief {
        let shape = u64::from(high) << u32::BITS | u64::from(low);
        Brief {
            popularity: f32::from_bits(popularity),
            name_chars: (shape >> SHAPE_BITS) as u8,
            shape: Shape::from_bits(shape),
            text_start,
        }
    }
}

/// The briefs of a part, mapped; behind the last one stands where all texts end.
#[derive(Debug, Clone)]
pub(super) struct Briefs {
    rows: Numbers<Row>,
}

impl Briefs {
    pub(super) fn open(path: &Path) -> Result<Briefs> {
        Ok(Briefs { rows: Numbers::map(path, BRIEFS)? })
    }

    /// How many listings there are.
    pub(super) fn len(&self) -> usize {
        self.rows.as_slice().len().saturating_sub(1)
    }

    /// The brief at `index`; behind the last one all zeros but where texts start.
    #[inline]
    pub(super) fn get(&self, index: usize) -> Brief {
        self.rows.get(index).map_or_else(Brief::default, Brief::of_row)
    }
}

/// Writes the briefs of a part whose texts take `text_bytes`.
pub(super) fn write_briefs(path: &Path, briefs: impl Iterator<Item = Brief>, text_bytes: u64) -> Result<FileSum> {
    if text_bytes > TEXT_BYTES_MAX {
        return Err(Error::internal(format!("the names of a part take {text_bytes} bytes; at most {TEXT_BYTES_MAX}")));
    }
    let end = Brief { text_start: text_bytes as u32, ..Brief::default() };
    let rows: Vec<Row> = briefs.chain([end]).map(Brief::row).collect();
    write_file(path, BRIEFS, bytes_of(&rows))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn texts_beyond_what_a_row_can_tell_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert!(write_briefs(folder.path(), std::iter::empty(), TEXT_BYTES_MAX).is_ok());
        assert!(write_briefs(folder.path(), std::iter::empty(), TEXT_BYTES_MAX + 1).is_err());
    }

    proptest! {
        #[test]
        fn a_brief_comes_back_from_its_row(
            popularity in 0.0..1e9_f32, name_chars: u8, shape: u64, text_start: u32,
        ) {
            let brief = Brief { popularity, name_chars, shape: Shape::from_bits(shape), text_start };
            prop_assert_eq!(Brief::of_row(brief.row()), brief);
        }
    }
}
