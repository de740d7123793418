//! Which sources a query asks, and in what order.
//!
//! Sources that take what was typed as it stands come first. Only where they find few do those follow that take
//! it for something else: a mixture of syllables and initials, another sound, a slip.

use super::MatchKind;
use super::parse::Parsed;

/// A way to find listings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// Names from their beginning.
    Name,
    /// Names from anywhere.
    Infix,
    /// Characters of names, in order.
    ShortForm,
    /// Joined pinyin.
    Pinyin,
    /// Initials.
    Initials,
    /// Digits of numbers.
    Number,
    /// Names among the listings of a place.
    Placed,
    /// Several words, in any order.
    Word,
    /// Syllables and initials, hanzi and letters.
    Mixed,
    /// Hanzi that sound the same.
    Homophone,
    /// Sounds that are confused.
    FuzzySound,
    /// One letter wrong.
    LetterTypo,
    /// One hanzi wrong.
    HanziTypo,
}

/// Letters from which on something is worth taking for a mixture, and for a slip.
const MIXED_LETTERS_MIN: usize = 3;
const TYPO_LETTERS_MIN: usize = 4;
/// Hanzi from which on one of them may be wrong.
const TYPO_HANZI_MIN: usize = 3;

/// How far from what was typed the sources of a stage go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// As it was typed.
    AsTyped,
    /// Letters that stand for syllables in more ways than one.
    Mixed,
    /// Something else was typed than was meant.
    Mistaken,
}

impl Stage {
    /// Tenths of the fuel that its sources may spend together.
    pub(super) fn tenths(self) -> u64 {
        match self {
            Stage::AsTyped => 6,
            Stage::Mixed => 4,
            Stage::Mistaken => 5,
        }
    }
}

/// The sources of `stage` that may have something for `parsed` under `modes`.
pub(super) fn sources(stage: Stage, parsed: &Parsed, modes: &[MatchKind]) -> Vec<Source> {
    let candidates: &[(Source, &[MatchKind], bool)] = match stage {
        _ if parsed.chars == 0 => &[],
        Stage::AsTyped => &[
            (Source::Number, &[MatchKind::Number], parsed.digits.is_some()),
            (Source::Name, &[MatchKind::Exact, MatchKind::Prefix], true),
            (Source::Infix, &[MatchKind::Infix, MatchKind::English], true),
            (Source::ShortForm, &[MatchKind::ShortForm], parsed.short_form.is_some()),
            (Source::Word, &[MatchKind::Word, MatchKind::English], parsed.words.len() > 1),
            (Source::Initials, &[MatchKind::Initials], parsed.letters.is_some()),
            // Last, and with what the others leave: long spellings are looked for one by one.
            (Source::Pinyin, &[MatchKind::Pinyin], parsed.letters.is_some()),
        ],
        Stage::Mixed => &[(Source::Mixed, &[MatchKind::Mixed], is_mixture(parsed))],
        Stage::Mistaken => &[
            (Source::Homophone, &[MatchKind::Homophone], parsed.has_hanzi && parsed.chars > 1),
            (Source::FuzzySound, &[MatchKind::FuzzySound], parsed.has_hanzi || is_spelled(parsed, 2)),
            (Source::LetterTypo, &[MatchKind::Typo], is_spelled(parsed, TYPO_LETTERS_MIN)),
            (Source::HanziTypo, &[MatchKind::Typo], parsed.has_hanzi && parsed.chars >= TYPO_HANZI_MIN),
        ],
    };
    let asked = |kinds: &[MatchKind]| kinds.iter().any(|kind| modes.contains(kind));
    candidates.iter().filter(|(_, kinds, may)| *may && asked(kinds)).map(|(source, ..)| *source).collect()
}

/// Whether it may be syllables of which some are typed by their initial, or hanzi and letters.
fn is_mixture(parsed: &Parsed) -> bool {
    parsed.pattern.is_of_both() || is_spelled(parsed, MIXED_LETTERS_MIN)
}

/// Whether it is letters, `letters_min` of them at least, and not digits alone.
fn is_spelled(parsed: &Parsed, letters_min: usize) -> bool {
    parsed.digits.is_none() && parsed.letters.as_ref().is_some_and(|letters| letters.len() >= letters_min)
}
