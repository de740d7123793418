//! Folding: what is the same to the ear and eye of a caller becomes the same text.
//!
//! Compatibility forms and accents (NFKD without marks), case, full and half width, traditional and variant
//! characters (`data/readings/simplified.tsv`), 〇 and ○ for 零, & for "and"; punctuation, brackets and
//! spaces are left out.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation;

use crate::listing::is_hanzi;

/// Traditional and variant characters with their simplified ones.
static SIMPLIFIED: LazyLock<FxHashMap<char, char>> = LazyLock::new(|| {
    let lines = include_str!("../../data/readings/simplified.tsv").lines();
    let pairs = lines.filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('\t'));
    pairs.filter_map(|(from, to)| Some((from.chars().next()?, to.chars().next()?))).collect()
});

/// Marks a character of the basic plane whose simplified form is outside it: [`SIMPLIFIED`] has it.
const ELSEWHERE: u16 = u16::MAX;

/// [`SIMPLIFIED`] for the basic plane, by code; 0 where a character stays as it is.
static SIMPLIFIED_BMP: LazyLock<Vec<u16>> = LazyLock::new(|| {
    let mut table = vec![0; 1 << 16];
    for (from, to) in SIMPLIFIED.iter() {
        let slot = u16::try_from(u32::from(*from)).ok().and_then(|from| table.get_mut(usize::from(from)));
        if let Some(slot) = slot {
            *slot = u16::try_from(u32::from(*to)).unwrap_or(ELSEWHERE);
        }
    }
    table
});

/// One character of folded text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unit {
    /// The folded character.
    pub c: char,
    /// The character of the original it comes from: 乾 of 干.
    pub from: char,
    /// Which character of the original it comes from, counted in characters.
    pub origin: u32,
    /// Whether a word starts here: every hanzi, and the first character of a word in another script.
    pub starts_word: bool,
}

/// Folded text with the way back to the original.
///
/// # Examples
///
/// ```
/// use chahao::text::Folded;
/// assert_eq!(Folded::new("廣州酒家（文昌總店）").text(), "广州酒家文昌总店");
/// assert_eq!(Folded::new("Ｃａｆé & Bar").text(), "cafeandbar");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Folded {
    text: String,
    units: Vec<Unit>,
}

impl Folded {
    /// Folds `original`. Time and memory are linear in its length.
    pub fn new(original: &str) -> Folded {
        let mut folded =
            Folded { text: String::with_capacity(original.len()), units: Vec::with_capacity(original.len() / 3 + 1) };
        let mut word_starts = WordStarts::of(original);
        for (origin, (at, c)) in original.char_indices().enumerate() {
            let starts_word = word_starts.at(at);
            folded.push_folded(c, origin as u32, starts_word);
        }
        folded
    }

    fn push_folded(&mut self, c: char, origin: u32, mut starts_word: bool) {
        let mut push = |folded: char| {
            let starts_word = std::mem::replace(&mut starts_word, false) || is_hanzi(folded);
            self.text.push(folded);
            self.units.push(Unit { c: folded, from: c, origin, starts_word });
        };
        // The commonest cases first: most characters of names are plain hanzi or ASCII.
        match c {
            'a'..='z' | '0'..='9' => push(c),
            'A'..='Z' => push(c.to_ascii_lowercase()),
            '&' | '＆' => "and".chars().for_each(push),
            '〇' | '○' | '◯' => push('零'),
            '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' => push(simplified(c)),
            _ if c.is_ascii() => {}
            _ => {
                let plain = std::iter::once(c).nfkd().filter(|c| !is_combining_mark(*c));
                plain.flat_map(char::to_lowercase).filter(|c| c.is_alphanumeric()).map(simplified).for_each(push);
            }
        }
    }

    /// The folded text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The folded characters.
    pub fn units(&self) -> &[Unit] {
        &self.units
    }

    /// Whether anything is left.
    pub fn is_empty(&self) -> bool {
        self.units.is_empty()
    }

    /// Whether it is letters and digits of the Latin script only.
    pub fn is_ascii(&self) -> bool {
        self.text.is_ascii()
    }

    /// Whether it is digits only.
    pub fn is_digits(&self) -> bool {
        !self.is_empty() && self.text.bytes().all(|b| b.is_ascii_digit())
    }
}

/// The simplified form of a character.
fn simplified(c: char) -> char {
    match SIMPLIFIED_BMP.get(u32::from(c) as usize) {
        Some(0) => c,
        Some(&to) if to != ELSEWHERE => char::from_u32(u32::from(to)).unwrap_or(c),
        _ => SIMPLIFIED.get(&c).copied().unwrap_or(c),
    }
}

/// Byte offsets at which words start; nothing is computed for names of hanzi only.
struct WordStarts {
    offsets: Vec<usize>,
    next: usize,
}

impl WordStarts {
    fn of(original: &str) -> WordStarts {
        let mixed = original.bytes().any(|b| b.is_ascii_alphanumeric()) || !original.chars().all(is_hanzi);
        let offsets = if mixed { original.unicode_word_indices().map(|(at, _)| at).collect() } else { Vec::new() };
        WordStarts { offsets, next: 0 }
    }

    /// Whether a word starts at `at`; offsets are asked for in order.
    fn at(&mut self, at: usize) -> bool {
        while self.offsets.get(self.next).is_some_and(|&start| start < at) {
            self.next += 1;
        }
        self.offsets.get(self.next) == Some(&at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_knows_where_it_came_from() {
        let folded = Folded::new("麥記 (Mc Cafe) 店");
        let origins: Vec<u32> = folded.units().iter().map(|unit| unit.origin).collect();
        assert_eq!(folded.text(), "麦记mccafe店");
        assert_eq!(origins, [0, 1, 4, 5, 7, 8, 9, 10, 13]);
        let starts: String = folded.units().iter().filter(|unit| unit.starts_word).map(|unit| unit.c).collect();
        assert_eq!(starts, "麦记mc店");
    }

    #[test]
    fn folding_twice_changes_nothing() {
        for name in ["臺灣藥局", "廣州酒家（總店）", "ＡＢＣ①", "乾隆鬍鬚張", "〇一二", "羣益證券", "綫衞峯"]
        {
            let once = Folded::new(name);
            assert_eq!(Folded::new(once.text()).text(), once.text(), "{name}");
        }
    }
}
