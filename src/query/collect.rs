//! Gathers the candidates of all sources in one part: each listing once, by its best match.

use std::cmp::Ordering;

use super::MatchKind;
use super::among::Among;
use super::best::Best;
use super::fuel::{Fuel, Price};
use super::plan::Source;
use super::rank::{Match, Most};
use crate::Result;
use crate::index::{Brief, KeyIndex, Part, PostingCursor, Range, Rank, Tombstones};
use crate::text::{Lexicon, SchemeNumber};

/// Listings of a part that stays in the processor's caches, as most deltas do.
const SMALL_PART: usize = 50_000;

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
    /// It was looked at; if not, it stands for its place in the stream only.
    is_seen: bool,
    /// How many of its stream count in all parts together.
    depth: usize,
    /// Which stretch or posting list offered it, counted over all sources; the same in every part.
    stream: u16,
    popularity: f32,
    name_chars: u32,
}

/// A rank a stream comes to.
#[derive(Clone, Copy)]
struct Offered<'q> {
    rank: Rank,
    brief: Brief,
    /// What it is worth at most.
    most: Most<'q>,
    /// How many of its stream count.
    depth: usize,
    /// What judging it costs.
    price: Price,
}

/// What a source says of a rank it found: how it matches, or that it does not after all.
pub(super) type Verdict = Option<Match>;

/// Collects candidates of one part.
pub(super) struct Collector<'c> {
    pub(super) part: &'c Part,
    tombstones: Option<&'c Tombstones>,
    pub(super) among: &'c Among,
    /// What the query is spelled by: the newest, also where the part's own is older.
    pub(super) lexicon: &'c Lexicon,
    /// Candidates one source may offer.
    depth: usize,
    modes: &'c [MatchKind],
    fuel: &'c mut Fuel,
    /// The best scores of the whole search so far.
    best: &'c mut Best,
    /// What the part asked before offered to the same source; `None` where another part is still to be asked.
    beside: Option<&'c [Candidate]>,
    /// Every match of every source: a rank may stand here several times.
    found: Vec<Candidate>,
    /// The number of the part.
    number: usize,
    /// The number of what is asked.
    asked: u8,
    /// The stream at hand.
    stream: u16,
    /// Where in `found` it begins.
    stream_start: usize,
}

impl<'c> Collector<'c> {
    pub(super) fn new(
        (number, part, tombstones): (usize, &'c Part, Option<&'c Tombstones>),
        (asked, among): (u8, &'c Among),
        depth: usize,
        (modes, lexicon): (&'c [MatchKind], &'c Lexicon),
        (fuel, best): (&'c mut Fuel, &'c mut Best),
        beside: Option<&'c [Candidate]>,
    ) -> Collector<'c> {
        Collector {
            part,
            tombstones,
            among,
            lexicon,
            depth,
            modes,
            fuel,
            best,
            beside,
            found: Vec::new(),
            number,
            asked,
            stream: 0,
            stream_start: 0,
        }
    }

    /// Begins a source, of whose kind `waiting` have still to be asked: gives it its share of the fuel, and numbers
    /// its streams from behind `stream` on, so that they have the same numbers in every part.
    pub(super) fn next_source(&mut self, source: Source, waiting: usize, stream: u16) {
        self.fuel.next_share(waiting, source == Source::Placed);
        self.fuel.spend(if self.part.len() > SMALL_PART { Price::Source } else { Price::SmallSource });
        self.stream = stream;
    }

    /// What is left to spend.
    pub(super) fn fuel(&mut self) -> &mut Fuel {
        self.fuel
    }

    /// Takes the best ranks of `ranges`, which all match as `found` says, as long as they may come among the best.
    pub(super) fn take_all(&mut self, keys: &KeyIndex, ranges: &[Range], found: Match) {
        self.take_best(keys, ranges, Most::Match(found), |_, _, _| Some(found));
    }

    /// Takes the best ranks of `ranges`, as one stream, until enough are accepted by `judge`, the fuel is gone, or a
    /// match that is worth `most` would be too little.
    pub(super) fn take_best(
        &mut self,
        keys: &KeyIndex,
        ranges: &[Range],
        most: Most<'_>,
        mut judge: impl FnMut(&Part, Rank, &mut Fuel) -> Verdict,
    ) {
        let mut accepted = 0;
        self.next_stream();
        for rank in keys.top_of(ranges) {
            if accepted == self.depth || !self.fuel.spend(Price::BestRank) {
                return;
            }
            let brief = self.part.brief(rank);
            if self.best.is_beyond(most.score_of(brief.popularity)) {
                return;
            }
            if self.is_visible(rank) {
                let offered = Offered { rank, brief, most, depth: self.depth, price: Price::Candidate };
                accepted += usize::from(self.offer(offered, &mut judge));
            }
        }
    }

    /// Takes the ranks of `cursor` until enough are accepted by `judge`, the fuel is gone, or a match that is worth
    /// `most` would be too little.
    pub(super) fn take_postings(
        &mut self,
        cursor: PostingCursor<'_>,
        most: Most<'_>,
        judge: impl FnMut(&Part, Rank, &mut Fuel) -> Verdict,
    ) -> Result<()> {
        self.take_postings_deep(cursor, most, (self.depth, Price::Candidate), judge)
    }

    /// The same until `depth` are accepted, where judging one costs `price`.
    pub(super) fn take_postings_deep(
        &mut self,
        mut cursor: PostingCursor<'_>,
        most: Most<'_>,
        (depth, price): (usize, Price),
        mut judge: impl FnMut(&Part, Rank, &mut Fuel) -> Verdict,
    ) -> Result<()> {
        let mut accepted = 0;
        self.next_stream();
        while accepted < depth {
            let Some(rank) = self.fuel.lend(Price::Posting, |steps| cursor.next_rank(steps))? else { return Ok(()) };
            if !self.fuel.spend(Price::Brief) {
                return Ok(());
            }
            let brief = self.part.brief(rank);
            if self.best.is_beyond(most.score_of(brief.popularity)) {
                return Ok(());
            }
            if self.is_visible(rank) {
                accepted += usize::from(self.offer(Offered { rank, brief, most, depth, price }, &mut judge));
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

    /// Judges a rank and keeps it where it matches; whether it does, or cannot come among the best if it did.
    fn offer(&mut self, offered: Offered<'_>, judge: &mut impl FnMut(&Part, Rank, &mut Fuel) -> Verdict) -> bool {
        let Offered { rank, brief, most, price, .. } = offered;
        let bound = most.score(brief);
        if self.best.is_beyond(bound) {
            // It counts in its stream as it would if it were looked at.
            self.keep(offered, None, bound);
            return true;
        }
        if !self.fuel.spend(price) {
            return false;
        }
        let Some(found) = judge(self.part, rank, self.fuel) else { return false };
        if !self.modes.contains(&found.kind) {
            return false;
        }
        let score = found.score(usize::from(brief.name_chars), brief.popularity);
        debug_assert!(score <= bound + 1e-3, "{found:?} has {score}, not {bound} at most");
        self.keep(offered, Some(found), score);
        true
    }

    fn keep(&mut self, offered: Offered<'_>, found: Verdict, score: f32) {
        let Offered { rank, brief, depth, .. } = offered;
        let candidate = Candidate {
            part: self.number,
            rank,
            asked: self.asked,
            kind: found.map_or(MatchKind::Infix, |found| found.kind),
            scheme: found.map_or(SchemeNumber::PINYIN, |found| found.scheme),
            score,
            is_whole: found.is_some_and(|found| found.is_whole),
            is_seen: found.is_some(),
            depth,
            stream: self.stream,
            popularity: brief.popularity,
            name_chars: u32::from(brief.name_chars),
        };
        let own = self.found.len() - self.stream_start;
        if candidate.is_seen && self.beside.is_some() && own + not_behind(&candidate, self.beside_stream()) < depth {
            self.best.add(score, self.number, rank);
        }
        self.found.push(candidate);
    }

    /// What the part asked before offered to the stream at hand, in its order.
    fn beside_stream(&self) -> &'c [Candidate] {
        let beside = self.beside.unwrap_or_default();
        let start = beside.partition_point(|candidate| candidate.stream < self.stream);
        let end = beside.partition_point(|candidate| candidate.stream <= self.stream);
        beside.get(start..end).unwrap_or_default()
    }

    /// Ends the stream at hand, and begins the next one. What the part asked before offered counts among the best
    /// only now that it is known to have a place beside what this part offered.
    fn next_stream(&mut self) {
        let own = self.found.get(self.stream_start..).unwrap_or_default();
        for (place, candidate) in self.beside_stream().iter().enumerate() {
            if candidate.is_seen && place + not_behind(candidate, own) < candidate.depth {
                self.best.add(candidate.score, candidate.part, candidate.rank);
            }
        }
        self.stream_start = self.found.len();
        self.stream += 1;
    }

    /// Everything that was found, a rank as often as a stream offered it.
    pub(super) fn into_found(mut self) -> Vec<Candidate> {
        self.next_stream();
        self.found
    }
}

/// The order of ranks of different parts, as far as it can be told without their ids.
fn rank_order(a: &Candidate, b: &Candidate) -> Ordering {
    b.popularity.total_cmp(&a.popularity).then(a.name_chars.cmp(&b.name_chars))
}

/// How many of `stream`, which is in rank order, may stand before `candidate`.
fn not_behind(candidate: &Candidate, stream: &[Candidate]) -> usize {
    stream.partition_point(|other| rank_order(other, candidate) != Ordering::Greater)
}

/// The candidates of all parts as one part would have offered them: of every stream the first in rank order,
/// as many as count, then every listing once, by its best match.
pub(super) fn merge<'i>(mut found: Vec<Candidate>, id: impl Fn(&Candidate) -> &'i str) -> Vec<Candidate> {
    let first_part = found.first().map(|candidate| candidate.part);
    if found.iter().any(|candidate| Some(candidate.part) != first_part) {
        found.sort_unstable_by(|a, b| a.stream.cmp(&b.stream).then(rank_order(a, b)).then_with(|| id(a).cmp(id(b))));
        let (mut stream, mut taken) = (0, 0);
        found.retain(|candidate| {
            taken = if candidate.stream == stream { taken + 1 } else { 1 };
            stream = candidate.stream;
            taken <= candidate.depth
        });
    }
    found.retain(|candidate| candidate.is_seen);
    found.sort_unstable_by(|a, b| {
        (a.part, a.rank).cmp(&(b.part, b.rank)).then(b.score.total_cmp(&a.score)).then(a.stream.cmp(&b.stream))
    });
    found.dedup_by_key(|candidate| (candidate.part, candidate.rank));
    found
}
