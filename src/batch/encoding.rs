//! Which encoding a batch is in, told from all of its bytes, and rows decoded by it.
//!
//! Both encodings keep line feeds, quotes and the bytes between cells (comma, semicolon, tab) to themselves: a UTF-8
//! continuation byte is ≥ 0x80, and a GB18030 trail byte is 0x30–0x39, 0x40–0x7E or ≥ 0x80 (GB 18030-2022, table 1).
//! So rows and cells are cut before they are decoded.

use std::borrow::Cow;

use encoding_rs::GB18030;

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
    fn gb18030_is_recognised_among_ascii_lines() {
        let (gb, _, _) = GB18030.encode("广州酒家");
        assert_eq!(decided(&[b"id,name", gb.as_ref(), b"1,2"]), Encoding::Gb18030);
        assert_eq!(Encoding::Gb18030.decode(&gb).as_deref(), Some("广州酒家"));
    }
}
