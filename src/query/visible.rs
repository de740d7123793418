//! What can be seen of a part: not its outdated listings, nor what only these have.

use crate::index::{
    CODE_INFIX_BYTES_MAX, CodeKeys, Facet, INITIALS_INFIX_BYTES_MAX, KeyKind, Part, PostingField, Rank, Tombstones,
};
use crate::text::SchemeNumber;

/// Postings of a place that are walked for a visible listing at most; a place of more has one, surely enough.
const HIDDEN_MAX: u64 = 2_000;
/// Places that are spelled alike of which those are told that most listings have.
const PLACES_COMPARED_MAX: usize = 32;

/// A part, and what hides its outdated listings.
#[derive(Debug, Clone, Copy)]
pub(super) struct Visible<'g> {
    pub(super) part: &'g Part,
    pub(super) tombstones: Option<&'g Tombstones>,
}

/// One value of a facet, and how many visible listings of a part have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FacetCount {
    pub(super) code: u32,
    pub(super) listings: u32,
}

impl<'g> Visible<'g> {
    /// Whether the listing of `rank` can be seen.
    #[inline]
    pub(super) fn is(self, rank: Rank) -> bool {
        !self.tombstones.is_some_and(|tombstones| tombstones.hide(rank))
    }

    /// The values of `facet` that callers call `word`, or, with `begun`, something that begins so, as far as a
    /// visible listing has them.
    pub(super) fn called(self, facet: Facet, word: &str, begun: bool) -> Vec<FacetCount> {
        self.counted(facet, self.part.facet_called(facet, word, begun))
    }

    /// The values of `facet` that a lookup narrowed to `text` accepts, as far as a visible listing has them.
    pub(super) fn narrowed_to(self, facet: Facet, text: &str) -> Vec<FacetCount> {
        self.counted(facet, self.part.facet_accepted(facet, text))
    }

    fn counted(self, facet: Facet, codes: Vec<u32>) -> Vec<FacetCount> {
        let counts = codes.into_iter();
        counts
            .map(|code| {
                let all = self.part.listings_of(facet, code);
                let hidden = self.tombstones.map_or(0, |tombstones| tombstones.hidden_of(facet, code));
                FacetCount { code, listings: all.saturating_sub(hidden) }
            })
            .filter(|count| count.listings > 0)
            .collect()
    }

    /// Whether a name, or a name from some character on, may begin with `letters`: as it is written, in pinyin or by initials.
    pub(super) fn may_begin(self, letters: &str) -> bool {
        let codes = [
            (CodeKeys::Whole, usize::MAX),
            (CodeKeys::Infix, CODE_INFIX_BYTES_MAX),
            (CodeKeys::Initials, usize::MAX),
            (CodeKeys::InitialsInfix, INITIALS_INFIX_BYTES_MAX),
        ]
        .map(|(keys, bytes_max)| (KeyKind::Codes(SchemeNumber::PINYIN, keys), bytes_max));
        [(KeyKind::Name, usize::MAX)].into_iter().chain(codes).any(|(kind, bytes_max)| {
            let letters = letters.as_bytes();
            !self.part.keys(kind).prefix(letters.get(..bytes_max).unwrap_or(letters)).is_empty()
        })
    }

    /// Places that `letters` spell, and how many listings each has, outdated ones too; of a great many with the same initials some.
    pub(super) fn places_spelled(self, letters: &str) -> Vec<(String, u32)> {
        let places = self.part.places_spelled(letters, PLACES_COMPARED_MAX).into_iter();
        places.map(|place| (place.clone(), self.part.postings_of(PostingField::Place, &place))).collect()
    }

    /// Whether the address of a visible listing names `place`.
    pub(super) fn has_place(self, place: &str) -> bool {
        if self.part.postings_of(PostingField::Place, place) == 0 {
            return false;
        }
        if self.tombstones.is_none() {
            return true;
        }
        let mut walk = self.part.all_of_fields(std::iter::once((PostingField::Place, place)));
        let mut steps = HIDDEN_MAX;
        let seen = std::iter::from_fn(|| walk.next_rank(&mut steps).transpose())
            .any(|rank| rank.is_ok_and(|rank| self.is(rank)));
        seen || steps == 0
    }
}
