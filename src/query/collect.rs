//! Gathers the candidates of all sources in one part: each listing once, by its best match.

use super::MatchKind;
use super::among::Among;
use super::fuel::{Fuel, Price};
use super::rank::Match;
use crate::Result;
use crate::index::{KeyIndex, Part, PostingCursor, Range, Rank, Tombstones};

/// A listing that may be a hit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate {
    /// The number of its part in the generation.
    pub(super) part: usize,
    pub(super) rank: Rank,
    pub(super) kind: MatchKind,
    pub(super) score: f32,
    /// The number of what was asked that it answers.
    pub(super) asked: u8,
    /// How many of its stream count in all parts together.
    depth: usize,
    /// Which stretch or posting list offered it, counted over all sources; the same in every part.
    stream: u16,
    popularity: f32,
    name_chars: u32,
}

/// What a source says of a rank it found: how it matches, or that it does not after all.
pub(super) type Verdict = Option<Match>;

/// Collects candidates of one part.
pub(super) struct Collector<'c> {
    pub(super) part: &'c Part,
    tombstones: Option<&'c Tombstones>,
    pub(super) among: &'c Among,
    /// Candidates one source may offer.
    depth: usize,
    modes: &'c [MatchKind],
    fuel: &'c mut Fuel,
    /// Every match of every source: a rank may stand here several times.
    found: Vec<Candidate>,
    /// The number of the part.
    number: usize,
    /// The number of what is asked.
    asked: u8,
    /// The stream at hand.
    stream: u16,
}

impl<'c> Collector<'c> {
    pub(super) fn new(
        (number, part, tombstones): (usize, &'c Part, Option<&'c Tombstones>),
        (asked, among): (u8, &'c Among),
        depth: usize,
        modes: &'c [MatchKind],
        fuel: &'c mut Fuel,
    ) -> Collector<'c> {
        Collector { part, tombstones, among, depth, modes, fuel, found: Vec::new(), number, asked, stream: 0 }
    }

    /// Begins a source, of whose kind `waiting` have still to be asked: gives it its share of the fuel, and numbers
    /// its streams from behind `stream` on, so that they have the same numbers in every part.
    pub(super) fn next_source(&mut self, waiting: usize, stream: u16) {
        self.fuel.next_share(waiting);
        self.stream = stream;
    }

    /// What is left to spend.
    pub(super) fn fuel(&mut self) -> &mut Fuel {
        self.fuel
    }

    /// Takes the best ranks of `range` until enough are accepted by `judge` or the fuel is gone.
    pub(super) fn take_best(
        &mut self,
        keys: &KeyIndex,
        range: Range,
        judge: impl FnMut(&Part, Rank, &mut Fuel) -> Verdict,
    ) {
        self.take_best_of(keys, &[range], judge);
    }

    /// The same of several ranges, as one stream.
    pub(super) fn take_best_of(
        &mut self,
        keys: &KeyIndex,
        ranges: &[Range],
        mut judge: impl FnMut(&Part, Rank, &mut Fuel) -> Verdict,
    ) {
        let mut accepted = 0;
        self.stream += 1;
        for rank in keys.top_of(ranges) {
            if accepted == self.depth || !self.fuel.spend(Price::BestRank) {
                return;
            }
            if !self.is_visible(rank) {
                continue;
            }
            accepted += usize::from(self.offer(rank, self.depth, Price::Candidate, &mut judge));
        }
    }

    /// Takes the ranks of `cursor` until enough are accepted by `judge` or the fuel is gone.
    pub(super) fn take_postings(
        &mut self,
        cursor: PostingCursor<'_>,
        judge: impl FnMut(&Part, Rank, &mut Fuel) -> Verdict,
    ) -> Result<()> {
        self.take_postings_deep(cursor, self.depth, Price::Candidate, judge)
    }

    /// The same until `depth` are accepted, where judging one costs `price`.
    pub(super) fn take_postings_deep(
        &mut self,
        mut cursor: PostingCursor<'_>,
        depth: usize,
        price: Price,
        mut judge: impl FnMut(&Part, Rank, &mut Fuel) -> Verdict,
    ) -> Result<()> {
        let mut accepted = 0;
        self.stream += 1;
        while accepted < depth {
            let Some(rank) = self.fuel.lend(|steps| cursor.next_rank(steps))? else { return Ok(()) };
            if self.is_visible(rank) {
                accepted += usize::from(self.offer(rank, depth, price, &mut judge));
            }
        }
        Ok(())
    }

    /// Lets the source at hand spend `most` at most.
    pub(super) fn limit_share(&mut self, most: u64) {
        self.fuel.limit_share(most);
    }

    fn is_visible(&self, rank: Rank) -> bool {
        !self.tombstones.is_some_and(|tombstones| tombstones.hide(rank)) && self.part.accepts(&self.among.filter, rank)
    }

    /// Judges `rank` and keeps it where it matches; whether it does.
    fn offer(
        &mut self,
        rank: Rank,
        depth: usize,
        price: Price,
        judge: &mut impl FnMut(&Part, Rank, &mut Fuel) -> Verdict,
    ) -> bool {
        if !self.fuel.spend(price) {
            return false;
        }
        let Some(found) = judge(self.part, rank, self.fuel) else { return false };
        if !self.modes.contains(&found.kind) {
            return false;
        }
        let name_chars = self.part.name_chars(rank);
        let popularity = self.part.popularity(rank);
        self.found.push(Candidate {
            part: self.number,
            rank,
            asked: self.asked,
            kind: found.kind,
            score: found.score(name_chars, popularity),
            depth,
            stream: self.stream,
            popularity,
            name_chars: name_chars as u32,
        });
        true
    }

    /// Everything that was found, a rank as often as a stream offered it.
    pub(super) fn into_found(self) -> Vec<Candidate> {
        self.found
    }
}

/// The candidates of all parts as one part would have offered them: of every stream the first in rank order,
/// as many as count, then every listing once, by its best match.
pub(super) fn merge<'i>(mut found: Vec<Candidate>, id: impl Fn(&Candidate) -> &'i str) -> Vec<Candidate> {
    let first_part = found.first().map(|candidate| candidate.part);
    if found.iter().any(|candidate| Some(candidate.part) != first_part) {
        found.sort_unstable_by(|a, b| {
            let by_rank = b.popularity.total_cmp(&a.popularity).then(a.name_chars.cmp(&b.name_chars));
            a.stream.cmp(&b.stream).then(by_rank).then_with(|| id(a).cmp(id(b)))
        });
        let (mut stream, mut taken) = (0, 0);
        found.retain(|candidate| {
            taken = if candidate.stream == stream { taken + 1 } else { 1 };
            stream = candidate.stream;
            taken <= candidate.depth
        });
    }
    found.sort_unstable_by(|a, b| (a.part, a.rank).cmp(&(b.part, b.rank)).then(b.score.total_cmp(&a.score)));
    found.dedup_by_key(|candidate| (candidate.part, candidate.rank));
    found
}
