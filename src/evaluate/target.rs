//! The name of one listing, as it is written, spoken and typed.

use crate::listing::{Listing, is_hanzi};
use crate::text::{Folded, Readings, Syllable};

/// Divisions a name may begin with, which callers leave out.
const DIVISIONS: &str = "省市区县";
/// Words that end in the character of a division and are none.
const NO_DIVISIONS: [&str; 11] =
    ["超市", "城市", "都市", "门市", "夜市", "上市", "小区", "社区", "园区", "校区", "院区"];
/// What follows the character of a division where it is none: 市场, 市民, 区域.
const NOT_BEHIND: &str = "场民内域政委局府";
/// Divisions left out at most.
const LEFT_OUT_MAX: usize = 3;
/// Characters of a name that must be left behind a division.
const CORE_CHARS_MIN: usize = 3;

/// One character of a name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spoken {
    /// As it stands in the name.
    pub(super) written: char,
    /// As it is folded.
    pub(super) folded: char,
    /// Whether a word starts here: every hanzi, and the first character of a word in another script.
    pub(super) starts_word: bool,
    /// How it is read, if it is a hanzi that has a reading.
    pub(super) syllable: Option<Syllable>,
}

/// A listing that is asked for.
pub(super) struct Target<'l> {
    pub(super) listing: &'l Listing,
    /// The name without punctuation.
    pub(super) units: Vec<Spoken>,
    /// Where the name begins when the divisions in front are left out.
    core_start: usize,
}

impl<'l> Target<'l> {
    pub(super) fn new(listing: &'l Listing) -> Target<'l> {
        let units = spoken(&listing.name);
        let core_start = core_start(&units);
        Target { listing, units, core_start }
    }

    /// The name without the divisions in front of it.
    pub(super) fn core(&self) -> &[Spoken] {
        self.units.get(self.core_start..).unwrap_or_default()
    }

    /// Whether there are divisions in front of the name.
    pub(super) fn has_division(&self) -> bool {
        self.core_start > 0
    }
}

/// The characters of any text, with their readings.
pub(super) fn spoken(text: &str) -> Vec<Spoken> {
    let written: Vec<char> = text.chars().collect();
    let folded = Folded::new(text);
    let readings = Readings::of(&folded);
    let one = |(unit, readings): (&crate::text::Unit, &Readings)| {
        let original = written.get(unit.origin as usize).copied().filter(|&c| is_hanzi(c) || c.is_ascii_alphanumeric());
        let written = original.unwrap_or(unit.c);
        let syllable = readings.as_slice().first().copied();
        Spoken { written, folded: unit.c, starts_word: unit.starts_word, syllable }
    };
    folded.units().iter().zip(&readings).map(one).collect()
}

/// Where a name begins behind 广州市, 荔湾区, 广东省.
fn core_start(units: &[Spoken]) -> usize {
    let mut start = 0;
    for _ in 0..LEFT_OUT_MAX {
        let rest: Vec<char> = units.iter().skip(start).map(|unit| unit.folded).collect();
        let is_end = |&at: &usize| {
            let (Some(before), Some(c)) = (rest.get(at - 1), rest.get(at)) else { return false };
            let word: String = [*before, *c].iter().collect();
            let after = rest.get(at + 1).copied().unwrap_or('场');
            DIVISIONS.contains(*c) && !NO_DIVISIONS.contains(&word.as_str()) && !NOT_BEHIND.contains(after)
        };
        match [2, 3].iter().copied().find(is_end) {
            Some(at) if rest.len() > at + CORE_CHARS_MIN => start += at + 1,
            _ => break,
        }
    }
    start
}

/// Characters as they stand in the name.
pub(super) fn written(units: &[Spoken]) -> String {
    units.iter().map(|unit| unit.written).collect()
}

/// Characters typed in letters, `full` telling which are typed as whole syllables and which as initials; Latin
/// characters and digits stand for themselves. Nothing where a character has no letters.
pub(super) fn typed(units: &[Spoken], full: impl Fn(usize) -> bool) -> Option<String> {
    let mut letters = String::new();
    for (at, unit) in units.iter().enumerate() {
        match unit.syllable {
            Some(syllable) if full(at) => letters.push_str(syllable),
            Some(syllable) => letters.push_str(syllable.get(..1)?),
            None if unit.folded.is_ascii() => letters.push(unit.folded),
            None => return None,
        }
    }
    (!letters.is_empty()).then_some(letters)
}

/// How many characters are hanzi that have a reading.
pub(super) fn syllables(units: &[Spoken]) -> usize {
    units.iter().filter(|unit| unit.syllable.is_some()).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listing::ListingId;

    #[test]
    fn divisions_in_front_are_left_out_and_words_are_not() {
        for (name, core) in [
            ("广州市荔湾区妇幼保健院", "妇幼保健院"),
            ("广东省广州市广雅中学", "广雅中学"),
            ("佳购超市天河店", "佳购超市天河店"),
            ("友谊市场", "友谊市场"),
            ("沙河区域中心", "沙河区域中心"),
            ("廣州酒家(文昌總店)", "廣州酒家文昌總店"),
        ] {
            let listing = Listing::new(ListingId::new("A").unwrap(), name).unwrap();
            assert_eq!(written(Target::new(&listing).core()), core, "{name}");
        }
    }

    #[test]
    fn a_name_is_typed_in_syllables_and_initials() {
        let units = spoken("重庆KTV");
        assert_eq!(typed(&units, |_| true).as_deref(), Some("chongqingktv"));
        assert_eq!(typed(&units, |_| false).as_deref(), Some("cqktv"));
        assert_eq!(typed(&units, |at| at == 0).as_deref(), Some("chongqktv"));
        assert_eq!(syllables(&units), 2);
    }
}
