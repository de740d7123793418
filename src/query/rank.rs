//! One score for every candidate of every source.
//!
//! score = what kind of match it is − ½ ln(characters of the name) + log10(1 + calls a week)
//!
//! so that a name that is covered further stands higher, and ten times the calls count as much as one step in
//! the quality of the match. A whole name stands above everything.

use super::MatchKind;

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

/// What one sound or character costs that is another than was typed.
const DIFFERENCE: f32 = 0.4;

/// How a listing matches.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Match {
    pub(super) kind: MatchKind,
    /// What the match is worth, whatever the length of the name and its popularity.
    weight: f32,
}

impl Match {
    /// A match of `extent`.
    pub(super) fn new(kind: MatchKind, extent: Extent) -> Match {
        Match { kind, weight: weight(kind, extent) }
    }

    /// The same match with `differences` sounds or characters that are others than were typed.
    pub(super) fn less_by(self, differences: u8) -> Match {
        Match { weight: self.weight - DIFFERENCE * f32::from(differences), ..self }
    }

    /// What it is worth.
    pub(super) fn weight(self) -> f32 {
        self.weight
    }

    /// Its score in a name of `name_chars` characters that is asked for `popularity` times a week.
    pub(super) fn score(self, name_chars: usize, popularity: f32) -> f32 {
        self.weight - 0.5 * (name_chars.max(1) as f32).ln() + (1.0 + popularity).log10()
    }
}

/// The weight of a kind of match.
fn weight(kind: MatchKind, extent: Extent) -> f32 {
    use Extent::{Start, StartAfterRegion, Whole, WholeAfterRegion};
    match (kind, extent) {
        (MatchKind::Exact, _) | (MatchKind::Number, Whole) => WHOLE_NAME,
        (MatchKind::Prefix, WholeAfterRegion) => 4.0,
        (MatchKind::Prefix, StartAfterRegion) => 3.3,
        (MatchKind::Prefix | MatchKind::Number, _) => 4.0,
        (MatchKind::Infix | MatchKind::English, _) => 2.0,
        (MatchKind::Word, _) => 1.8,
        (MatchKind::Pinyin, Whole) => 6.0,
        (MatchKind::Pinyin, Start) => 4.0,
        (MatchKind::Pinyin, _) => 2.0,
        (MatchKind::Initials, Whole) => 5.0,
        (MatchKind::Initials, Start) => 3.0,
        (MatchKind::Initials, _) => 1.5,
        (MatchKind::Mixed, Whole | WholeAfterRegion) => 4.5,
        (MatchKind::Mixed, Start) => 3.0,
        (MatchKind::Mixed, _) => 1.5,
        (MatchKind::Homophone, Whole | WholeAfterRegion) => 3.0,
        (MatchKind::Homophone, Start) => 2.0,
        (MatchKind::Homophone, _) => 1.0,
        (MatchKind::FuzzySound | MatchKind::Typo, Whole | WholeAfterRegion) => 2.5,
        (MatchKind::FuzzySound | MatchKind::Typo, Start) => 1.5,
        (MatchKind::FuzzySound | MatchKind::Typo, _) => 0.5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listing::{NAME_CHARS_MAX, POPULARITY_MAX};

    #[test]
    fn no_popularity_lifts_another_match_above_a_whole_name() {
        let whole = Match::new(MatchKind::Exact, Extent::Whole).score(NAME_CHARS_MAX * 18, 0.0);
        for kind in MatchKind::ALL.into_iter().filter(|kind| *kind != MatchKind::Exact) {
            for extent in [Extent::WholeAfterRegion, Extent::Start, Extent::StartAfterRegion, Extent::Within] {
                assert!(Match::new(kind, extent).score(1, POPULARITY_MAX) < whole, "{kind:?} {extent:?}");
            }
        }
    }
}
