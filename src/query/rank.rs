//! One score for every candidate of every source.
//!
//! score = what kind of match it is − ½ ln(characters of the name) + log10(1 + calls a week)
//!
//! so that a name that is covered further stands higher, and ten times the calls count as much as one step in
//! the quality of the match. A whole name stands above everything. Initials leave more of every name untyped than they
//! cover, so its length counts less for them; in names of more than some fifteen characters they stand before a beginning.
//!
//! What a short form is worth is a sum of its own; names that hold what was typed in one piece are worth a share of
//! that besides, so that both stand on one scale.

use std::sync::LazyLock;

use super::MatchKind;
use super::short_form::{Alignment, ShortForm, Terms};
use crate::index::Brief;
use crate::text::SchemeNumber;

/// How much of the name was matched, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// All of it.
    Whole,
    /// All that follows a region in front.
    WholeAfterRegion,
    /// Its beginning.
    Start,
    /// The beginning of what follows a region in front.
    StartAfterRegion,
    /// Some part of it.
    Within,
}

/// Above every sum of the other terms: popularity adds at most 9.
const WHOLE_NAME: f32 = 1_000.0;

/// What Latin words that stand apart are worth less than the same in one piece: short ones stand in many others.
pub(super) const LATIN_WORDS_APART: f32 = 1.0;
/// What words apart are worth less where letters stand for one of them, in a name that begins with one, or does not.
const SPELLED: f32 = 0.4;
const SPELLED_WITHIN: f32 = 1.2;
/// What letters are worth less where the initials of a district are taken off that nothing parts from them.
const RUN_TOGETHER: f32 = 1.5;
/// Letters that are likelier a part of a Latin word than initials.
const LETTERS_ENOUGH: usize = 4;
/// What a part of a name is worth less for each letter that lacks of these.
const LETTER_LACKING: f32 = 0.75;
/// What one sound or character costs that is another than was typed.
const DIFFERENCE: f32 = 0.4;
/// What the terms of a short form weigh. `scripts/learn-weights` proposes them for one corpus; these were chosen by hand
/// between what it proposes for names with near-twins and without, and word_starts so that beginnings lose little.
pub(super) const SHORT_FORM: Terms = Terms {
    word_starts: 1.5,
    word_ends: -1.0,
    name_start: 2.25,
    words: 1.75,
    words_skipped_inside: -0.25,
    words_skipped_after: -0.75,
    ln_chars: -1.75,
    institution: 2.25,
    branch: -1.5,
    // Not learned: pairs hold next to none. 二中 is never short for 二十四中学.
    numeral_broken: -5.0,
};

/// No short form is worth more.
const WORTH_MOST: f32 = SHORT_FORM.word_starts + SHORT_FORM.name_start + SHORT_FORM.words + SHORT_FORM.institution;

/// Of a short form's worth, what counts where the name holds it in one piece.
const SHORT_FORM_SHARE: f32 = 0.2;

/// What every score takes off for the logarithm of the name's characters.
const LN_CHARS: f32 = 0.5;
/// What it takes off for initials.
const LN_CHARS_OF_INITIALS: f32 = 0.1;

/// How a listing matches.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Match {
    pub(super) kind: MatchKind,
    /// What the match is worth, whatever the length of the name and its popularity.
    weight: f32,
    /// The whole name was typed, in hanzi, pinyin or initials, or a whole number.
    pub(super) is_whole: bool,
    /// The reading scheme it was found by, where it was found by one.
    pub(super) scheme: SchemeNumber,
}

impl Match {
    /// A match of `extent`.
    pub(super) fn new(kind: MatchKind, extent: Extent) -> Match {
        let is_whole = extent == Extent::Whole
            && matches!(
                kind,
                MatchKind::Exact | MatchKind::Pinyin | MatchKind::Code | MatchKind::Initials | MatchKind::Number
            );
        Match { kind, weight: weight(kind, extent), is_whole, scheme: SchemeNumber::PINYIN }
    }

    /// A part of a name: of `latin` letters, which are worth less the fewer they are, or of anything else.
    pub(super) fn part_of_name(latin: Option<usize>) -> Match {
        let Some(letters) = latin else { return Match::new(MatchKind::Infix, Extent::Within) };
        let lacking = LETTERS_ENOUGH.saturating_sub(letters) as f32;
        Match::new(MatchKind::English, Extent::Within).less(LETTER_LACKING * lacking)
    }

    /// Words of a name, apart, some of them in letters; the name begins with one of them, or does not.
    pub(super) fn spelled_words(is_begun: bool) -> Match {
        Match::new(MatchKind::Word, Extent::Within).less(if is_begun { SPELLED } else { SPELLED_WITHIN })
    }

    /// The same match by the codes of `scheme`.
    pub(super) fn by(self, scheme: SchemeNumber) -> Match {
        Match { scheme, ..self }
    }

    /// The same match with `differences` sounds or characters that are others than were typed.
    pub(super) fn less_by(self, differences: u8) -> Match {
        Match { weight: self.weight - DIFFERENCE * f32::from(differences), ..self }
    }

    /// The same match, worth `much` less.
    pub(super) fn less(self, much: f32) -> Match {
        Match { weight: self.weight - much, ..self }
    }

    /// The same match of what may well not have been meant: a whole name is worth what it is in pinyin, and ends nothing.
    pub(super) fn doubtful(self) -> Match {
        let most = weight(MatchKind::Pinyin, Extent::Whole);
        let worth = if self.weight >= WHOLE_NAME / 2.0 { most } else { self.weight };
        Match { weight: worth - RUN_TOGETHER, is_whole: false, ..self }
    }

    /// What it is worth.
    pub(super) fn weight(self) -> f32 {
        self.weight
    }

    /// The same, where the name may be meant by a short form too.
    pub(super) fn with_short_form(self, alignment: Option<Alignment>) -> Match {
        Match { weight: self.weight + SHORT_FORM_SHARE * alignment.map_or(0.0, |alignment| alignment.worth()), ..self }
    }

    /// A short form; in one piece it is worth no more than as a part of the name, unless the name begins with something
    /// that callers do not say: 五中 of 第五中学.
    pub(super) fn short_form(alignment: Alignment) -> Match {
        let in_one_piece = Match::in_one_piece(alignment.terms.name_start == 1.0).with_short_form(Some(alignment));
        // The terms hold the length of the name themselves.
        let weight = alignment.worth() + LN_CHARS * alignment.terms.ln_chars;
        match (alignment.is_contiguous, alignment.is_begun_later) {
            (true, false) => in_one_piece,
            (true, true) => Match { weight: weight.max(in_one_piece.weight), ..in_one_piece },
            (false, _) => Match { weight, ..in_one_piece },
        }
    }

    /// A short form in one piece, from where callers begin or from elsewhere.
    fn in_one_piece(is_begun: bool) -> Match {
        Match::new(MatchKind::ShortForm, if is_begun { Extent::StartAfterRegion } else { Extent::Within })
    }

    /// Its score in a name of `name_chars` characters, where its calls are worth `calls`.
    pub(super) fn score(self, name_chars: usize, calls: f32) -> f32 {
        let ln_chars = if self.kind == MatchKind::Initials { LN_CHARS_OF_INITIALS } else { LN_CHARS };
        self.weight - ln_chars * ln_of(name_chars) + calls
    }
}

/// What being asked for `popularity` times a week adds to a score.
pub(super) fn worth_of_calls(popularity: f32) -> f32 {
    (1.0 + popularity).log10()
}

/// Logarithms of what a brief can tell of a name's length.
static LN: LazyLock<[f32; 256]> = LazyLock::new(|| std::array::from_fn(|chars| (chars.max(1) as f32).ln()));

/// The logarithm of `chars`, and of 1 where they are none.
pub(super) fn ln_of(chars: usize) -> f32 {
    LN.get(chars).copied().unwrap_or_else(|| (chars as f32).ln())
}

/// What the matches of a stream are worth at most: whether a listing is worth a look is told by its brief alone.
#[derive(Debug, Clone, Copy)]
pub(super) enum Most<'q> {
    /// There is no telling.
    Anything,
    /// This match.
    Match(Match),
    /// This match, and the share of a short form.
    WithShortForm(Match, Option<&'q ShortForm>),
    /// A short form.
    ShortForm(&'q ShortForm),
    /// A short form that leaves out the beginning of the name.
    ShortFormWithin(&'q ShortForm),
}

impl Most<'_> {
    /// No match of the listing, whose calls are worth `calls`, has a greater score.
    pub(super) fn score(self, brief: Brief, calls: f32) -> f32 {
        let chars = usize::from(brief.name_chars);
        match self {
            Most::Anything => f32::INFINITY,
            Most::Match(found) => found.score(chars, calls),
            Most::WithShortForm(found, short_form) => {
                let worth = short_form.map_or(0.0, |short_form| short_form.worth_most(brief.shape, chars, true));
                found.score(chars, calls) + SHORT_FORM_SHARE * worth.max(0.0)
            }
            Most::ShortForm(short_form) | Most::ShortFormWithin(short_form) => {
                let worth = short_form.worth_most(brief.shape, chars, self.is_begun());
                let infix = Match::in_one_piece(self.is_begun()).score(chars, calls);
                // A short form counts the characters that are spoken.
                let spoken = LN_CHARS * (ln_of(short_form.chars_min(brief.shape, chars)) - ln_of(chars));
                (infix + SHORT_FORM_SHARE * worth).max(worth + spoken + calls)
            }
        }
    }

    /// No listing whose calls are worth `calls` or less has a greater score, whatever its name.
    pub(super) fn score_of(self, calls: f32) -> f32 {
        match self {
            Most::Anything => f32::INFINITY,
            Most::Match(found) => found.score(1, calls),
            Most::WithShortForm(found, _) => found.score(1, calls) + SHORT_FORM_SHARE * WORTH_MOST,
            Most::ShortForm(short_form) | Most::ShortFormWithin(short_form) => {
                // A name has as many characters as are spoken of it at least, and one as it is written.
                let spoken = (SHORT_FORM.ln_chars + LN_CHARS) * ln_of(short_form.chars().len());
                let begun = if self.is_begun() { 0.0 } else { SHORT_FORM.name_start };
                let infix = Match::in_one_piece(self.is_begun()).weight + SHORT_FORM_SHARE * WORTH_MOST;
                (WORTH_MOST - begun + spoken).max(infix) + calls
            }
        }
    }

    /// Whether a short form may lie where callers begin.
    fn is_begun(self) -> bool {
        !matches!(self, Most::ShortFormWithin(_))
    }
}

/// The weight of a kind of match.
fn weight(kind: MatchKind, extent: Extent) -> f32 {
    use Extent::{Start, StartAfterRegion, Whole, WholeAfterRegion};
    match (kind, extent) {
        (MatchKind::Exact, _) | (MatchKind::Number, Whole) => WHOLE_NAME,
        (MatchKind::Prefix, WholeAfterRegion) => 4.0,
        (MatchKind::Prefix, StartAfterRegion) => 3.3,
        (MatchKind::Prefix, _) => 3.7,
        (MatchKind::Number, _) => 4.0,
        (MatchKind::Infix | MatchKind::English, _) => 2.0,
        // A hair less, so that a part of a name is told as such.
        (MatchKind::ShortForm, StartAfterRegion) => 3.299,
        (MatchKind::ShortForm, _) => 1.999,
        (MatchKind::Word, _) => 1.8,
        (MatchKind::Pinyin | MatchKind::Code, Whole) => 5.0,
        (MatchKind::Pinyin | MatchKind::Code, Start) => 3.75,
        (MatchKind::Pinyin | MatchKind::Code, _) => 2.0,
        (MatchKind::Initials, Whole) => 2.8,
        (MatchKind::Initials, Start) => 2.6,
        (MatchKind::Initials, _) => 1.0,
        (MatchKind::Mixed, Whole | WholeAfterRegion) => 4.5,
        (MatchKind::Mixed, Start | StartAfterRegion) => 3.0,
        (MatchKind::Mixed, _) => 1.5,
        (MatchKind::Homophone, Whole | WholeAfterRegion) => 3.0,
        (MatchKind::Homophone, Start) => 2.0,
        (MatchKind::Homophone, _) => 1.0,
        // A sound that callers confuse is likelier than a slip.
        (MatchKind::FuzzySound, Whole | WholeAfterRegion) => 2.95,
        (MatchKind::FuzzySound, Start) => 1.95,
        (MatchKind::FuzzySound, _) => 0.95,
        (MatchKind::Typo, Whole | WholeAfterRegion) => 2.5,
        (MatchKind::Typo, Start) => 1.5,
        (MatchKind::Typo, _) => 0.5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listing::{NAME_CHARS_MAX, POPULARITY_MAX};
    use crate::query::short_form::SHORT_FORM_CHARS_MAX;
    use crate::text::{Folded, Regions, Shape, spoken};
    use proptest::prelude::*;

    proptest! {
        /// What is passed by for its brief could not have come among the best.
        #[test]
        fn no_match_is_worth_more_than_its_brief_tells(
            name in prop_oneof![
                "[广州市中山大学附属第一二三医院有限公司国银行电影制片厂学校人民联合会0-9酒家()店]{1,24}",
                "[广州市中山大学附属第一二三医院有限公司国银行电影制片厂学校人民联合会0-9酒家()店]{40,70}",
                "[会人和与厂社国军党酒]{12,40}",
            ],
            picked in prop::collection::vec(prop::bool::weighted(0.25), 70),
            popularity in 0.0..1e6_f32,
        ) {
            let folded = Folded::new(&name);
            let shape = Shape::of(&name, &folded, &Regions::of(""));
            let said: Vec<char> = spoken(folded.text()).map(|(c, _)| c).collect();
            let kept = said.iter().zip(picked).filter(|(_, kept)| *kept).map(|(c, _)| *c);
            let typed: String = kept.take(SHORT_FORM_CHARS_MAX).collect();
            let Some(short_form) = ShortForm::new(&typed) else { return Ok(()) };
            let text: String = said.iter().collect();
            let Some(alignment) = short_form.align(&text, shape) else { return Ok(()) };
            let chars = folded.units().len();
            let mut brief = Brief::default();
            (brief.popularity, brief.name_chars, brief.shape) = (popularity, chars as u8, shape);
            let prefix = Match::new(MatchKind::Prefix, Extent::Start);
            let initials = Match::new(MatchKind::Initials, Extent::Start);
            let is_within = alignment.terms.name_start == 0.0;
            let most_within = if is_within { Most::ShortFormWithin(&short_form) } else { Most::Anything };
            for (found, most) in [
                (Match::short_form(alignment), Most::ShortForm(&short_form)),
                (Match::short_form(alignment), most_within),
                (prefix.with_short_form(Some(alignment)), Most::WithShortForm(prefix, Some(&short_form))),
                (initials, Most::Match(initials)),
            ] {
                let calls = worth_of_calls(popularity);
                let (score, bound) = (found.score(chars, calls), most.score(brief, calls));
                prop_assert!(score <= bound + 1e-3, "{score} {most:?} {bound}");
                prop_assert!(bound <= most.score_of(calls) + 1e-3);
            }
        }
    }

    #[test]
    fn for_initials_calls_tell_more_than_the_length_of_a_name() {
        let [short, long] = [(5, 100.0), (20, 200.0)];
        let score = |kind, (chars, calls)| Match::new(kind, Extent::Start).score(chars, worth_of_calls(calls));
        assert!(score(MatchKind::Initials, long) > score(MatchKind::Initials, short));
        assert!(score(MatchKind::Pinyin, long) < score(MatchKind::Pinyin, short));
    }

    #[test]
    fn no_popularity_lifts_another_match_above_a_whole_name() {
        let whole = Match::new(MatchKind::Exact, Extent::Whole).score(NAME_CHARS_MAX * 18, 0.0);
        for kind in MatchKind::ALL.into_iter().filter(|kind| *kind != MatchKind::Exact) {
            for extent in [Extent::WholeAfterRegion, Extent::Start, Extent::StartAfterRegion, Extent::Within] {
                assert!(
                    Match::new(kind, extent).score(1, worth_of_calls(POPULARITY_MAX)) < whole,
                    "{kind:?} {extent:?}"
                );
            }
        }
    }
}
