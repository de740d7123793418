//! What streams of a source offer: the ranks they come to, in order, of which only so many count.

use std::cmp::Ordering;

use super::MatchKind;
use super::rank::Match;
use crate::index::Rank;
use crate::text::SchemeNumber;

/// A listing that may be a hit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate {
    /// The number of its part in the generation.
    pub(super) part: usize,
    pub(super) rank: Rank,
    pub(super) kind: MatchKind,
    /// The reading scheme it was found by, where it was found by one.
    pub(super) scheme: SchemeNumber,
    pub(super) score: f32,
    /// The whole name was typed, in hanzi, pinyin or initials, or a whole number.
    pub(super) is_whole: bool,
    /// The number of what was asked that it answers.
    pub(super) asked: u8,
    /// Which stretch or posting list offered it, counted over all sources; the same in every part.
    stream: u16,
}

/// What is known of a rank that a stream came to.
#[derive(Debug, Clone, Copy)]
pub(super) enum Look {
    /// It matches, and has this score.
    Found(Match, f32),
    /// It could not come among the best, so nobody looked; it counts in its stream as it would have.
    PassedBy,
    /// The same, where it may not match at all.
    Unsure,
}

/// One place of a stream.
#[derive(Debug, Clone, Copy)]
pub(super) struct Offer {
    /// The number of the part.
    pub(super) part: u8,
    pub(super) rank: Rank,
    pub(super) look: Look,
    /// The number of what was asked.
    pub(super) asked: u8,
    pub(super) stream: u16,
    /// How many of its stream count in all parts together.
    pub(super) depth: u16,
    pub(super) popularity: f32,
    pub(super) name_chars: u8,
}

impl Offer {
    /// The order of ranks of different parts, as far as it can be told without their ids.
    fn rank_order(&self, other: &Offer) -> Ordering {
        other.popularity.total_cmp(&self.popularity).then(self.name_chars.cmp(&other.name_chars))
    }

    pub(super) fn is_unsure(&self) -> bool {
        matches!(self.look, Look::Unsure)
    }

    fn is_found(&self) -> bool {
        matches!(self.look, Look::Found(..))
    }

    fn candidate(&self) -> Option<Candidate> {
        let Offer { part, rank, asked, stream, .. } = *self;
        let part = usize::from(part);
        let Look::Found(Match { kind, scheme, is_whole, .. }, score) = self.look else { return None };
        Some(Candidate { part, rank, kind, scheme, score, is_whole, asked, stream })
    }
}

/// How many of `stream`, which is in rank order, may stand before `offer`.
pub(super) fn not_behind(offer: &Offer, stream: &[Offer]) -> usize {
    stream.partition_point(|other| other.rank_order(offer) != Ordering::Greater)
}

/// Whether something that was found in one of two streams, which are one in two parts, has no place in it only
/// because of something that may not match.
pub(super) fn hangs_on_unsure(own: &[Offer], beside: &[Offer]) -> bool {
    let is_cut = |(one, other): (&[Offer], &[Offer])| {
        let mut found = one.iter().enumerate().filter(|(_, offer)| offer.is_found());
        found.any(|(place, offer)| place + not_behind(offer, other) >= usize::from(offer.depth))
    };
    own.iter().chain(beside).any(Offer::is_unsure) && [(own, beside), (beside, own)].into_iter().any(is_cut)
}

/// The candidates among what one source offered in all parts, as one part would have offered them: of every stream the
/// first in rank order, as many as count.
pub(super) fn cut<'i>(mut offers: Vec<Offer>, id: impl Fn(usize, Rank) -> &'i str) -> impl Iterator<Item = Candidate> {
    let first_part = offers.first().map(|offer| offer.part);
    if offers.iter().any(|offer| Some(offer.part) != first_part) {
        offers.sort_unstable_by(|a, b| {
            let by_id = || id(usize::from(a.part), a.rank).cmp(id(usize::from(b.part), b.rank));
            a.stream.cmp(&b.stream).then(a.rank_order(b)).then_with(by_id)
        });
        let (mut stream, mut taken) = (0, 0);
        offers.retain(|offer| {
            taken = if offer.stream == stream { taken + 1 } else { 1 };
            stream = offer.stream;
            taken <= offer.depth
        });
    }
    offers.into_iter().filter_map(|offer| offer.candidate())
}

/// Every listing once, by its best match.
pub(super) fn merge(mut found: Vec<Candidate>) -> Vec<Candidate> {
    found.sort_unstable_by(|a, b| {
        (a.part, a.rank).cmp(&(b.part, b.rank)).then(b.score.total_cmp(&a.score)).then(a.stream.cmp(&b.stream))
    });
    found.dedup_by_key(|candidate| (candidate.part, candidate.rank));
    found
}
