//! What was typed, as a pattern over the characters of a name: hanzi stand for themselves, letters for
//! syllables typed whole, by their initial, or as far as the last one got.
//!
//! The sounds of a character are those it has in any word ([`sounds_of`], and words of the desk): candidates come from keys that were
//! spelled by word, and are only checked here.

use super::rank::Extent;
use crate::index::{Part, Rank};
use crate::listing::is_hanzi;
use crate::text::{Pinyin, sounds_of};

/// Characters of a name that are looked at; more than that nobody types towards.
const NAME_CHARS_MAX: usize = 64;

/// A stretch of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    /// A character that must stand there.
    Hanzi(char),
    /// Letters of one or more syllables, Latin letters and digits.
    Letters(Vec<u8>),
}

/// A pattern.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Pattern {
    pieces: Vec<Piece>,
}

/// Where a pattern fits, in characters of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fit {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Characters of the text.
    pub(super) of: usize,
}

impl Fit {
    /// How much of the text it is, and where; `core_start` is the character behind a region in front of it, or 0.
    pub(super) fn extent(self, core_start: usize) -> Extent {
        match (self.start, self.end == self.of) {
            (0, true) => Extent::Whole,
            (0, false) => Extent::Start,
            (start, true) if start == core_start => Extent::WholeAfterRegion,
            (start, false) if start == core_start => Extent::StartAfterRegion,
            _ => Extent::Within,
        }
    }
}

impl Pattern {
    /// The pattern of folded text; anything but hanzi, Latin letters and digits stands for itself.
    pub(super) fn new(text: &str) -> Pattern {
        let mut pieces: Vec<Piece> = Vec::new();
        for c in text.chars() {
            match (c.is_ascii(), pieces.last_mut()) {
                (true, Some(Piece::Letters(letters))) => letters.push(c as u8),
                (true, _) => pieces.push(Piece::Letters(vec![c as u8])),
                (false, _) => pieces.push(Piece::Hanzi(c)),
            }
        }
        Pattern { pieces }
    }

    /// Whether it holds both hanzi and letters.
    pub(super) fn is_of_both(&self) -> bool {
        let letters = self.pieces.iter().filter(|piece| matches!(piece, Piece::Letters(_))).count();
        letters > 0 && letters < self.pieces.len()
    }

    /// The first place where it fits into `text`. About 20 ns for each character of a text it does not fit.
    pub(super) fn find(&self, text: &str, pinyin: &Pinyin) -> Option<Fit> {
        let (chars, of) = first_chars(text);
        self.find_from(0, chars.get(..of)?, pinyin)
    }

    /// The first place from `from` on where it fits into `chars`.
    fn find_from(&self, from: usize, chars: &[char], pinyin: &Pinyin) -> Option<Fit> {
        let of = chars.len();
        (from..of).find_map(|start| {
            // Inside a Latin word nobody starts.
            let inside = |at: usize| chars.get(at).is_some_and(char::is_ascii_lowercase);
            if start > 0 && inside(start) && inside(start - 1) {
                return None;
            }
            fits(chars, pinyin, start, &self.pieces).map(|end| Fit { start, end, of })
        })
    }
}

/// Where the first of the texts of `rank` that `pattern` fits has it.
pub(super) fn fit_of(part: &Part, rank: Rank, pattern: &Pattern) -> Option<Extent> {
    let pinyin = part.lexicon().pinyin();
    let (at, fit) = part.texts(rank).enumerate().find_map(|(at, text)| Some((at, pattern.find(text, pinyin)?)))?;
    // The official name comes first; only its region is known.
    let core_start = if at == 0 { part.brief(rank).shape.core_start() } else { 0 };
    Some(fit.extent(core_start))
}

/// The characters of `text` that are looked at, and how many they are.
fn first_chars(text: &str) -> ([char; NAME_CHARS_MAX], usize) {
    let mut chars = ['\0'; NAME_CHARS_MAX];
    let mut of = 0;
    for (slot, c) in chars.iter_mut().zip(text.chars()) {
        *slot = c;
        of += 1;
    }
    (chars, of)
}

/// Where `patterns` fit into `text`, one behind the other, from the first to the last or from the last to the first; each
/// where it fits first.
pub(super) fn find_apart(patterns: &[Pattern], text: &str, pinyin: &Pinyin) -> Option<Vec<Fit>> {
    let (chars, of) = first_chars(text);
    let chars = chars.get(..of)?;
    let in_order = |patterns: &mut dyn Iterator<Item = &Pattern>| {
        let mut from = 0;
        let next = |pattern: &Pattern| {
            let fit = pattern.find_from(from, chars, pinyin)?;
            from = fit.end;
            Some(fit)
        };
        patterns.map(next).collect::<Option<Vec<Fit>>>()
    };
    in_order(&mut patterns.iter()).or_else(|| in_order(&mut patterns.iter().rev()))
}

/// Where `pieces` end when they begin at `at`.
fn fits(chars: &[char], pinyin: &Pinyin, at: usize, pieces: &[Piece]) -> Option<usize> {
    let Some((piece, rest)) = pieces.split_first() else { return Some(at) };
    match piece {
        Piece::Hanzi(c) => (chars.get(at) == Some(c)).then(|| fits(chars, pinyin, at + 1, rest)).flatten(),
        Piece::Letters(letters) => {
            let mut tried = [0_u64; NAME_CHARS_MAX];
            Spelled { chars, pinyin, letters, rest }.ends(at, 0, &mut tried)
        }
    }
}

/// Letters to be found in a text, and what follows them.
struct Spelled<'p> {
    chars: &'p [char],
    pinyin: &'p Pinyin,
    letters: &'p [u8],
    rest: &'p [Piece],
}

impl Spelled<'_> {
    /// Where `letters[typed..]`, and `rest` behind them, end when they begin at `at`; `tried` holds the letters
    /// that were tried in vain at each character.
    fn ends(&self, at: usize, typed: usize, tried: &mut [u64; NAME_CHARS_MAX]) -> Option<usize> {
        let left = self.letters.get(typed..)?;
        let Some(&first) = left.first() else { return fits(self.chars, self.pinyin, at, self.rest) };
        let c = *self.chars.get(at)?;
        let bit = 1_u64 << (typed % 64);
        let slot = tried.get_mut(at)?;
        if *slot & bit != 0 {
            return None;
        }
        *slot |= bit;
        if !is_hanzi(c) {
            return (u32::from(c) == u32::from(first)).then(|| self.ends(at + 1, typed + 1, tried))?;
        }
        for syllable in sounds_of(c).iter().chain(self.pinyin.desk_sounds(c)) {
            let common = syllable.bytes().zip(left).take_while(|(a, b)| a == *b).count();
            if common == 0 {
                continue;
            }
            // As far as the last one got, or whole, or by its initial.
            let whole = common == syllable.len();
            let wide = common > 1 && syllable.as_bytes().get(1) == Some(&b'h');
            for (may, length) in [(common == left.len(), common), (whole, common), (wide, 2), (true, 1)] {
                if let Some(end) = may.then(|| self.ends(at + 1, typed + length, tried)).flatten() {
                    return Some(end);
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Lexicon;

    fn fit(typed: &str, text: &str) -> Option<(usize, usize)> {
        Pattern::new(typed).find(text, Lexicon::built_in().pinyin()).map(|fit| (fit.start, fit.end))
    }

    #[test]
    fn words_are_found_apart_and_in_either_order() {
        let pinyin = Lexicon::built_in().pinyin();
        let apart = |typed: &[&str], text: &str| {
            let patterns: Vec<Pattern> = typed.iter().map(|word| Pattern::new(word)).collect();
            let places = |fit: &Fit| (fit.start, fit.end);
            find_apart(&patterns, text, pinyin).map(|fits| fits.iter().map(places).collect::<Vec<_>>())
        };
        for (typed, text, expected) in [
            (&["kdj", "thc"][..], "肯德基天河城店", Some(vec![(0, 3), (3, 6)])),
            (&["thc", "kdj"], "肯德基天河城店", Some(vec![(0, 3), (3, 6)])),
            (&["quick", "hgs"], "quickstop便利店花果山公园分店", Some(vec![(0, 5), (12, 15)])),
            (&["肯德基", "thc"], "肯德基天河城店", Some(vec![(0, 3), (3, 6)])),
            (&["kdj", "jth"], "肯德基天河城店", None),
            (&["kdj", "kdj"], "肯德基天河城店", None),
            (&["stop", "hgs"], "quickstop便利店花果山公园分店", None),
        ] {
            assert_eq!(apart(typed, text), expected, "{typed:?} {text}");
        }
    }

    #[test]
    fn syllables_are_typed_whole_by_initial_or_half() {
        for (typed, text, expected) in [
            ("gangduxcd", "岗顶西餐店", None),
            ("gangdxcd", "岗顶西餐店", Some((0, 5))),
            ("gangdingxcd", "岗顶西餐店", Some((0, 5))),
            ("zhongshyiy", "中山一院", Some((0, 4))),
            ("zhongshyiyu", "中山一院", Some((0, 4))),
            ("shyiyu", "中山一院", Some((1, 4))),
            ("中山yiy", "中山一院", Some((0, 4))),
            ("yi院", "中山一院", Some((2, 4))),
            ("xian", "西安", Some((0, 2))),
            ("hxktv", "欢喜ktv", Some((0, 5))),
            ("tv", "欢喜ktv", None),
            ("zhongx", "中山一院", None),
        ] {
            assert_eq!(fit(typed, text), expected, "{typed} {text}");
        }
    }
}
