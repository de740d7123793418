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

/// Bytes of a tag that tell what it is.
const TAG_BYTES_READ: usize = 16;

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
            if is_sheet && measure.has_others {
                return refused("a sheet of this workbook holds comments or sections that no office writes".to_owned());
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

/// Counts what is written, and the most of it that a reader of XML holds at once: a stretch without a tag, a tag, or all
/// of a cell, whose pieces are put together.
#[derive(Default)]
struct Measure {
    bytes: u64,
    run: usize,
    run_max: usize,
    place: Place,
    in_cell: bool,
    /// The first bytes of the tag at hand, behind its `<`.
    tag: Vec<u8>,
    /// The byte before the one at hand.
    last: u8,
    /// Comments, sections and instructions inside of the sheet: no office writes them, and any may hold what it likes.
    has_others: bool,
}

/// Where in the text of a sheet a byte stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Place {
    #[default]
    Text,
    Tag,
    /// Inside of an attribute's value, behind this quotation mark.
    Quoted(u8),
}

impl Measure {
    fn take(&mut self, byte: u8) {
        self.run += 1;
        match (self.place, byte) {
            (Place::Text, b'<') => {
                self.end_run();
                self.place = Place::Tag;
                self.tag.clear();
            }
            (Place::Tag, b'>') => {
                self.place = Place::Text;
                self.end_tag();
                self.end_run();
            }
            (Place::Tag, b'"' | b'\'') => self.place = Place::Quoted(byte),
            (Place::Quoted(mark), _) if mark == byte => self.place = Place::Tag,
            (Place::Tag, _) if self.tag.len() < TAG_BYTES_READ => self.tag.push(byte),
            _ => {}
        }
        self.run_max = self.run_max.max(self.run);
        self.last = byte;
    }

    fn end_run(&mut self) {
        if !self.in_cell {
            self.run = 0;
        }
    }

    fn end_tag(&mut self) {
        let is_declaration = self.tag.starts_with(b"?xml ") && self.last == b'?';
        self.has_others |= matches!(self.tag.first(), Some(b'!' | b'?')) && !is_declaration;
        let (is_end, name) = match self.tag.split_first() {
            Some((b'/', name)) => (true, name),
            _ => (false, self.tag.as_slice()),
        };
        let name = name.split(|byte| !byte.is_ascii_alphanumeric() && *byte != b':').next().unwrap_or_default();
        // Some offices write a prefix: x:c.
        if name.rsplit(|byte| *byte == b':').next() == Some(b"c") {
            self.in_cell = !is_end && self.last != b'/';
            self.run = 0;
        }
    }
}

impl Write for Measure {
    fn write(&mut self, piece: &[u8]) -> std::io::Result<usize> {
        self.bytes += piece.len() as u64;
        piece.iter().for_each(|byte| self.take(*byte));
        Ok(piece.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(pieces: &[&str]) -> Measure {
        let mut measure = Measure::default();
        pieces.iter().for_each(|piece| measure.write_all(piece.as_bytes()).unwrap());
        measure
    }

    #[test]
    fn stretches_without_a_tag_are_measured_over_pieces() {
        let measure = measured(&["<v>123", "4567", "89</v><v>", "", "12<"]);
        assert_eq!((measure.bytes, measure.run_max, measure.has_others), (22, 9, false));
    }

    #[test]
    fn what_a_reader_puts_together_is_measured_together() {
        let long = "<is><r><t>ab</t></r><r><t>cd</t></r></is>";
        assert!(measured(&["<row><x:c r=\"A1\">", long, "</x:c></row>"]).run_max >= long.len());
        assert!(measured(&["<a b=\"<<<<<<<<<<\">"]).run_max > 10, "marks in a value end nothing");
        assert!(measured(&["<row><c>12</c><c/><v>", "</v><c>34</c></row>"]).run_max < 8, "cells come one by one");
    }

    #[test]
    fn what_no_office_writes_is_seen() {
        for text in ["<c><![CDATA[<<<<]]></c>", "<!-- <<<< -->", "<?x <<<<?>", "<?xml ><<<<?>"] {
            assert!(measured(&["<?xml version=\"1.0\"?>", text]).has_others, "{text}");
        }
        assert!(!measured(&["<?xml version=\"1.0\"?><c/>"]).has_others);
    }
}
