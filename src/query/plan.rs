//! Which sources a query asks, and in what order.
//!
//! Sources that take what was typed as it stands come first. Only where they find few do those follow that take
//! it for something else: a mixture of syllables and initials, another sound, a slip.

use super::MatchKind;
use super::parse::Parsed;
use super::qualify::Guess;
use super::rank::Extent;
use crate::index::{CODE_INFIX_BYTES_MAX, CodeKeys};
use crate::text::{Lexicon, SchemeNumber, is_whole_syllables};

/// A way to find listings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// Names from their beginning.
    Name,
    /// Names from anywhere.
    Infix,
    /// Characters of names, in order.
    ShortForm(Reach),
    /// Joined codes of a reading scheme.
    Codes(SchemeNumber),
    /// Initials of its codes.
    Initials(SchemeNumber),
    /// Digits of numbers.
    Number,
    /// Names among the listings of a place.
    Placed,
    /// Several words, in any order.
    Word,
    /// Several words, some of them in letters.
    SpelledWords,
    /// Syllables and initials, hanzi and letters.
    Mixed,
    /// Hanzi that sound the same.
    Homophone(Reach),
    /// Sounds that are confused.
    FuzzySound(Reach, SchemeNumber),
    /// Initials, one of them heard as another.
    HeardInitials(SchemeNumber),
    /// Syllables and initials, one of them heard as another.
    HeardMixture,
    /// One letter wrong.
    LetterTypo(Reach, SchemeNumber),
    /// One hanzi wrong.
    HanziTypo,
    /// A name, which all that was typed beside it is no part of.
    Inner,
}

impl Source {
    /// Whether it may spend all of its stage that the others need not keep: what it asks for is what was meant.
    pub(super) fn comes_first(self) -> bool {
        matches!(self, Source::Placed | Source::Number)
    }

    /// Whether all it finds of hanzi has their pairs of neighbours, and is found by these as well.
    pub(super) fn asks_by_pairs(self) -> bool {
        matches!(self, Source::Infix | Source::Word)
    }
}

/// Where in names a source looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// At their beginning, and behind regions.
    Beginning,
    /// At every later syllable.
    Within,
}

impl Reach {
    /// The keys of codes that begin there.
    pub(super) fn code_keys(self) -> CodeKeys {
        match self {
            Reach::Beginning => CodeKeys::Whole,
            Reach::Within => CodeKeys::Infix,
        }
    }

    /// The beginning of `letters` that keys can be compared with, where up to `missing` letters may lack: keys from
    /// later syllables are cut.
    pub(super) fn comparable(self, letters: &[u8], missing: usize) -> &[u8] {
        match self {
            Reach::Beginning => letters,
            Reach::Within => letters.get(..CODE_INFIX_BYTES_MAX - missing).unwrap_or(letters),
        }
    }

    /// How much of a name that is that goes on behind it.
    pub(super) fn extent(self) -> Extent {
        match self {
            Reach::Beginning => Extent::Start,
            Reach::Within => Extent::Within,
        }
    }
}

/// Letters from which on something is worth taking for a mixture, and for a slip.
const MIXED_LETTERS_MIN: usize = 3;
const TYPO_LETTERS_MIN: usize = 4;
/// Initials one of which may have been misheard.
const HEARD_INITIALS: std::ops::RangeInclusive<usize> = 3..=8;
/// Letters of a mixture of which a sound may have been misheard: of fewer some names have all initials, and more are not typed.
const HEARD_LETTERS: std::ops::RangeInclusive<usize> = 5..=24;
/// Letters of a mixture at most, and syllables for each of its initials at most: more of either is syllables with a slip.
const MIXTURE_LETTERS_MAX: usize = 14;
const SYLLABLES_OF_AN_INITIAL: usize = 3;
/// Hanzi from which on one of them may be wrong.
const TYPO_HANZI_MIN: usize = 3;

/// How far from what was typed the sources of a stage go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// As it was typed.
    AsTyped,
    /// The same, divided at its spaces into a name and what narrows it.
    Divided,
    /// As it was typed, but that an initial was heard as another.
    Heard,
    /// Letters that stand for syllables in more ways than one.
    Mixed,
    /// Letters that stand for words of a name that are apart.
    Apart,
    /// Something else was typed than was meant.
    Mistaken,
    /// The same, from a later syllable on.
    MistakenWithin,
    /// Letters that stand for syllables in more ways than one, and for others than were meant.
    MistakenMixture,
    /// Something stands beside the name that belongs to nothing known.
    Inner,
}

impl Stage {
    /// Whether it is asked for what may not have been meant: guesses leave further ones to what was typed.
    pub(super) fn follows(self, guess: Guess) -> bool {
        match guess {
            Guess::None => true,
            Guess::Likely => matches!(self, Stage::AsTyped | Stage::Divided | Stage::Mixed),
            Guess::Unlikely => matches!(self, Stage::AsTyped | Stage::Divided),
        }
    }

    /// Percent of the fuel that its sources may spend together: what is taken as it was typed finds no more with more
    /// at 3.3 million listings, slips do.
    pub(super) fn percent(self) -> u64 {
        match self {
            Stage::AsTyped => 47,
            Stage::Divided => 28,
            Stage::Heard => 10,
            Stage::Mixed => 33,
            Stage::Apart => 36,
            Stage::Mistaken => 60,
            Stage::MistakenWithin => 27,
            Stage::MistakenMixture => 20,
            Stage::Inner => 10,
        }
    }
}

/// The sources of `stage` that may have something for `parsed` under `modes`, names being spelled by `lexicon`.
pub(super) fn sources(stage: Stage, parsed: &Parsed, modes: &[MatchKind], lexicon: &Lexicon) -> Vec<Source> {
    const PINYIN: SchemeNumber = SchemeNumber::PINYIN;
    let candidates: &[(Source, &[MatchKind], bool)] = match stage {
        _ if parsed.chars == 0 => &[],
        Stage::AsTyped | Stage::Divided => &[
            (Source::Number, &[MatchKind::Number], parsed.digits.is_some()),
            (Source::Name, &[MatchKind::Exact, MatchKind::Prefix], true),
            (Source::Infix, &[MatchKind::Infix, MatchKind::English], true),
            (Source::ShortForm(Reach::Beginning), &[MatchKind::ShortForm], parsed.short_form.is_some()),
            (Source::ShortForm(Reach::Within), &[MatchKind::ShortForm], parsed.short_form.is_some()),
            (Source::Word, &[MatchKind::Word, MatchKind::English], !parsed.words.is_empty()),
            (Source::Initials(PINYIN), &[MatchKind::Initials], parsed.letters.is_some()),
            // Last, and with what the others leave: long spellings are looked for one by one.
            (Source::Codes(PINYIN), &[MatchKind::Pinyin], parsed.letters.is_some()),
        ],
        Stage::Heard => &[(Source::HeardInitials(PINYIN), &[MatchKind::FuzzySound], may_be_initials(parsed))],
        Stage::Mixed => &[(Source::Mixed, &[MatchKind::Mixed], is_mixture(parsed))],
        Stage::Apart => &[(Source::SpelledWords, &[MatchKind::Word], has_spelled_word(parsed))],
        Stage::Mistaken => &[
            (Source::Homophone(Reach::Beginning), &[MatchKind::Homophone], is_homophone(parsed)),
            (Source::FuzzySound(Reach::Beginning, PINYIN), &[MatchKind::FuzzySound], is_sound(parsed)),
            (Source::HeardMixture, &[MatchKind::FuzzySound], is_heard_mixture_surely(parsed)),
            (Source::LetterTypo(Reach::Beginning, PINYIN), &[MatchKind::Typo], is_spelled(parsed, TYPO_LETTERS_MIN)),
            (Source::HanziTypo, &[MatchKind::Typo], parsed.has_hanzi && parsed.chars >= TYPO_HANZI_MIN),
        ],
        Stage::MistakenWithin => &[
            (Source::Homophone(Reach::Within), &[MatchKind::Homophone], is_homophone(parsed)),
            (Source::FuzzySound(Reach::Within, PINYIN), &[MatchKind::FuzzySound], is_sound(parsed)),
            (Source::LetterTypo(Reach::Within, PINYIN), &[MatchKind::Typo], is_spelled(parsed, TYPO_LETTERS_MIN)),
        ],
        Stage::MistakenMixture => {
            let was_asked = is_heard_mixture_surely(parsed);
            &[(Source::HeardMixture, &[MatchKind::FuzzySound], is_heard_mixture(parsed) && !was_asked)]
        }
        Stage::Inner => &[(Source::Inner, &[MatchKind::Typo], modes.contains(&MatchKind::Prefix))],
    };
    let asked = |kinds: &[MatchKind]| kinds.iter().any(|kind| modes.contains(kind));
    let asked = candidates.iter().filter(|(_, kinds, may)| *may && asked(kinds)).map(|(source, ..)| *source);
    asked.chain(by_further_schemes(stage, parsed, modes, lexicon)).collect()
}

/// Of these, those that ask the reading schemes beside pinyin.
pub(super) fn by_further_schemes(
    stage: Stage,
    parsed: &Parsed,
    modes: &[MatchKind],
    lexicon: &Lexicon,
) -> impl Iterator<Item = Source> {
    lexicon.further().further().flat_map(move |(number, scheme)| {
        let letters = parsed.letters.as_deref().filter(|letters| scheme.may_be_typed(letters));
        let may_slip = letters.is_some_and(|letters| letters.len() >= TYPO_LETTERS_MIN);
        let sources: [(Source, MatchKind, bool); 2] = match stage {
            Stage::AsTyped | Stage::Divided => [
                (Source::Initials(number), MatchKind::Initials, letters.is_some()),
                (Source::Codes(number), MatchKind::Code, letters.is_some()),
            ],
            Stage::Mistaken => mistaken(Reach::Beginning, number, (letters.is_some(), may_slip)),
            Stage::MistakenWithin => mistaken(Reach::Within, number, (letters.is_some(), may_slip)),
            Stage::Heard | Stage::Mixed | Stage::Apart | Stage::MistakenMixture | Stage::Inner => {
                mistaken(Reach::Beginning, number, (false, false))
            }
        };
        sources.into_iter().filter(|(_, kind, may)| *may && modes.contains(kind)).map(|(source, ..)| source)
    })
}

/// What asks a scheme for codes that are confused, and for codes with a slip, and whether either may be.
fn mistaken(reach: Reach, number: SchemeNumber, (confused, slip): (bool, bool)) -> [(Source, MatchKind, bool); 2] {
    [
        (Source::FuzzySound(reach, number), MatchKind::FuzzySound, confused),
        (Source::LetterTypo(reach, number), MatchKind::Typo, slip),
    ]
}

/// Whether it is several words, in one of which letters may stand for what they spell.
fn has_spelled_word(parsed: &Parsed) -> bool {
    let has_letters = |word: &String| word.bytes().any(|byte| byte.is_ascii_alphabetic());
    parsed.words.len() > 1 && parsed.words.iter().any(has_letters)
}

/// Whether it may be hanzi typed for others.
fn is_homophone(parsed: &Parsed) -> bool {
    parsed.has_hanzi && parsed.chars > 1
}

/// Whether it may be something misheard.
fn is_sound(parsed: &Parsed) -> bool {
    parsed.has_hanzi || is_spelled(parsed, 2)
}

/// Whether it may be syllables of which some are typed by their initial, or hanzi and letters. Whole syllables may be too: ye
/// and y for 幼儿园.
fn is_mixture(parsed: &Parsed) -> bool {
    parsed.pattern.is_of_both() || is_spelled(parsed, MIXED_LETTERS_MIN)
}

/// Whether it may be initials alone that some names have: fewer are typed on.
fn may_be_initials(parsed: &Parsed) -> bool {
    let letters = parsed.letters.as_ref().filter(|_| is_spelled(parsed, *HEARD_INITIALS.start()));
    letters.is_some_and(|letters| HEARD_INITIALS.contains(&letters.len()) && !is_whole_syllables(letters.as_bytes()))
}

/// Whether it may be such a mixture, of letters alone, of which a sound was misheard: whole syllables are looked for otherwise.
fn is_heard_mixture(parsed: &Parsed) -> bool {
    let letters = parsed.letters.as_ref().filter(|_| is_spelled(parsed, *HEARD_LETTERS.start()));
    letters.is_some_and(|letters| HEARD_LETTERS.contains(&letters.len()) && !is_whole_syllables(letters.as_bytes()))
}

/// Whether it is that rather than syllables with a slip, which leaves few initials, and vowels that stand alone.
fn is_heard_mixture_surely(parsed: &Parsed) -> bool {
    let letters = parsed.letters.as_deref().filter(|letters| letters.len() <= MIXTURE_LETTERS_MAX);
    let Some(letters) = letters.filter(|_| is_heard_mixture(parsed)) else { return false };
    let syllables = parsed.syllables().map(|typed| typed.likeliest_syllables()).unwrap_or_default();
    let alone = || syllables.iter().filter(|(start, end)| end - start == 1);
    let is_vowel = |at: usize| matches!(letters.as_bytes().get(at), Some(b'a' | b'e' | b'i' | b'o' | b'u' | b'v'));
    alone().count() * SYLLABLES_OF_AN_INITIAL >= syllables.len() && !alone().any(|(at, _)| is_vowel(*at))
}

/// Whether it is letters, `letters_min` of them at least, and not digits alone.
fn is_spelled(parsed: &Parsed, letters_min: usize) -> bool {
    parsed.digits.is_none() && parsed.letters.as_ref().is_some_and(|letters| letters.len() >= letters_min)
}
