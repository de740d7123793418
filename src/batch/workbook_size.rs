//! How much a workbook unpacks to, found out before anything of it is held in memory: a zip says of its parts what it
//! likes, so they are unpacked to nowhere and counted.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom, Write};

use super::ROW_BYTES_MAX;
use crate::{Error, Result};

/// Parts of a workbook at most.
const PARTS_MAX: usize = 10_000;
/// Where sheets are; they are read cell by cell.
const SHEETS: &str = "xl/worksheets/";
/// Bytes the sheets unpack to at most: a million rows of two kilobytes.
const SHEET_BYTES_MAX: u64 = 2 << 30;
/// Bytes all else unpacks to at most: texts and styles are held in memory.
const HELD_BYTES_MAX: u64 = 256 << 20;

/// Refuses a workbook that unpacks to more than its office can mean; `file` is left at its start.
pub(super) fn check_unpacked_size(file: &mut File) -> Result<()> {
    let refused = |text: String| Err(Error::refused(format!("{text}: save the sheet as CSV")));
    // What is no zip is told by whoever reads the sheet.
    if let Ok(mut parts) = zip::ZipArchive::new(BufReader::new(&mut *file)) {
        if parts.len() > PARTS_MAX {
            return refused(format!("a workbook has at most {PARTS_MAX} parts; this one has {}", parts.len()));
        }
        let (mut sheets, mut held) = (SHEET_BYTES_MAX, HELD_BYTES_MAX);
        for at in 0..parts.len() {
            // A part that cannot be unpacked takes no memory; whether it is needed shows later.
            let Ok(part) = parts.by_index(at) else { continue };
            let is_sheet = part.name().is_ok_and(|name| name.starts_with(SHEETS));
            let left = if is_sheet { &mut sheets } else { &mut held };
            let mut measure = Measure::default();
            let _ = std::io::copy(&mut part.take(*left + 1), &mut measure);
            if measure.bytes > *left {
                let (what, most) = if is_sheet { ("sheets", SHEET_BYTES_MAX) } else { ("texts", HELD_BYTES_MAX) };
                return refused(format!("the {what} of this workbook unpack to more than {most} bytes"));
            }
            if is_sheet && measure.run_max > ROW_BYTES_MAX {
                return refused(format!("a cell of this workbook unpacks to more than {ROW_BYTES_MAX} bytes"));
            }
            *left -= measure.bytes;
        }
    }
    let rewound = file.seek(SeekFrom::Start(0));
    rewound.map(drop).map_err(|error| Error::new(crate::ErrorKind::Io, format!("cannot read it: {error}")))
}

/// Counts what is written, and the longest stretch without a tag: what a reader of XML holds at once.
#[derive(Default)]
struct Measure {
    bytes: u64,
    run: usize,
    run_max: usize,
}

impl Write for Measure {
    fn write(&mut self, piece: &[u8]) -> std::io::Result<usize> {
        self.bytes += piece.len() as u64;
        let mut stretches = memchr::memchr_iter(b'<', piece);
        let mut from = 0;
        loop {
            let end = stretches.next();
            self.run += end.unwrap_or(piece.len()) - from;
            self.run_max = self.run_max.max(self.run);
            match end {
                Some(at) => (self.run, from) = (0, at + 1),
                None => return Ok(piece.len()),
            }
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_without_a_tag_are_measured_over_pieces() {
        let mut measure = Measure::default();
        for piece in ["<c>123", "4567", "89</c><c>", "", "12<"] {
            measure.write_all(piece.as_bytes()).unwrap();
        }
        // c>123456789
        assert_eq!((measure.bytes, measure.run_max), (22, 11));
    }
}
