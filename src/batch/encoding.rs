//! Which encoding a batch is in, told from all of its bytes, and rows decoded by it.
//!
//! Both encodings keep line feeds, quotes and the bytes between cells (comma, semicolon, tab) to themselves: a UTF-8
//! continuation byte is ≥ 0x80, and a GB18030 trail byte is 0x30–0x39, 0x40–0x7E or ≥ 0x80 (GB 18030-2022, table 1).
//! So rows and cells are cut before they are decoded.

use std::borrow::Cow;

use encoding_rs::GB18030;

use crate::listing::is_hanzi;

/// The encodings a batch may be in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    Utf8,
    /// GB18030, which GBK and GB 2312 are part of.
    Gb18030,
}

impl Encoding {
    /// The name for people.
    pub fn name(self) -> &'static str {
        match self {
            Encoding::Utf8 => "UTF-8",
            Encoding::Gb18030 => "GB18030",
        }
    }

    /// The text of `bytes`, or `None` where they are not in this encoding.
    pub fn decode(self, bytes: &[u8]) -> Option<Cow<'_, str>> {
        match self {
            Encoding::Utf8 => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
            Encoding::Gb18030 => GB18030.decode_without_bom_handling_and_without_replacement(bytes),
        }
    }
}

/// Bytes that UTF-8 text of hanzi is full of, and that no character of GB 2312 holds: both of its bytes are 0xA1 and above.
const NOT_IN_GB2312: std::ops::RangeInclusive<u8> = 0x80..=0xa0;

impl Encoding {
    /// The text of a cell, or of what stands between two quotes.
    ///
    /// # Errors
    /// Why it is none, as what may be said of it: it is not in this encoding, or it is in the other one, as rows are that were pasted from elsewhere.
    /// GB18030 would make other characters of UTF-8 without complaint; so what reads as UTF-8 and holds a hanzi then is
    /// taken for UTF-8, unless it may be GB 2312.
    pub(super) fn read(self, bytes: &[u8]) -> Result<Cow<'_, str>, String> {
        let other = match self {
            Encoding::Utf8 => Encoding::Gb18030,
            Encoding::Gb18030 => Encoding::Utf8,
        };
        let mixed = || format!("is {} in a file of {}: save all of it in one encoding", other.name(), self.name());
        if self == Encoding::Gb18030 && bytes.iter().any(|byte| NOT_IN_GB2312.contains(byte)) && is_utf8_hanzi(bytes) {
            return Err(mixed());
        }
        self.decode(bytes).ok_or_else(|| match other.decode(bytes) {
            Some(_) => format!("is not valid {}; it {}", self.name(), mixed()),
            None => format!("is not valid {}", self.name()),
        })
    }
}

fn is_utf8_hanzi(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| text.chars().any(is_hanzi))
}

/// Counts the lines that are wrong in each encoding; fewer wrong lines decide.
///
/// A file with a few broken lines is thus still read by its right encoding, and only those lines are refused.
#[derive(Debug, Default)]
pub(super) struct Tally {
    utf8_wrong: u64,
    gb18030_wrong: u64,
}

impl Tally {
    /// Looks at one line.
    pub(super) fn add(&mut self, line: &[u8]) {
        if Encoding::Utf8.decode(line).is_some() {
            // GB18030 would read most UTF-8 text without complaint, so valid UTF-8 speaks for itself,
            // and only text beyond ASCII tells anything.
            self.gb18030_wrong += u64::from(!line.is_ascii());
            return;
        }
        self.utf8_wrong += 1;
        self.gb18030_wrong += u64::from(Encoding::Gb18030.decode(line).is_none());
    }

    /// The encoding with fewer wrong lines, UTF-8 on a tie.
    pub(super) fn decide(&self) -> Encoding {
        if self.gb18030_wrong < self.utf8_wrong { Encoding::Gb18030 } else { Encoding::Utf8 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decided(lines: &[&[u8]]) -> Encoding {
        let mut tally = Tally::default();
        lines.iter().for_each(|line| tally.add(line));
        tally.decide()
    }

    #[test]
    fn one_broken_line_does_not_turn_a_utf8_file_into_gb18030() {
        let lines: [&[u8]; 3] = ["广州酒家".as_bytes(), "陶陶居".as_bytes(), b"\xb9\xe3\xff"];
        assert_eq!(decided(&lines), Encoding::Utf8);
    }

    #[test]
    fn what_is_utf_8_among_gb18030_is_not_read_as_other_characters() {
        for text in ["莲香楼总店", "广州", "中国", "A座3号铺（东门）"] {
            assert!(
                Encoding::Gb18030.read(text.as_bytes()).unwrap_err().contains("UTF-8 in a file of GB18030"),
                "{text}"
            );
            let (gb, _, _) = GB18030.encode(text);
            assert_eq!(Encoding::Gb18030.read(&gb).as_deref(), Ok(text));
            assert!(Encoding::Utf8.read(&gb).unwrap_err().contains("not valid UTF-8"), "{text}");
        }
        // Hanzi whose bytes would do for UTF-8 too.
        for text in ["模特", "闹吧", "鐧惧害"] {
            let (gb, _, _) = GB18030.encode(text);
            let read = Encoding::Gb18030.read(&gb);
            assert_eq!(read.is_ok(), text != "鐧惧害", "{read:?}");
        }
    }

    #[test]
    fn gb18030_is_recognised_among_ascii_lines() {
        let (gb, _, _) = GB18030.encode("广州酒家");
        assert_eq!(decided(&[b"id,name", gb.as_ref(), b"1,2"]), Encoding::Gb18030);
        assert_eq!(Encoding::Gb18030.decode(&gb).as_deref(), Some("广州酒家"));
    }
}
