//! Gathers what the streams of a source offer in one part.

use super::MatchKind;
use super::among::Among;
use super::best::Best;
use super::fuel::{Fuel, Price};
use super::plan::Source;
use super::rank::{Match, Most, worth_of_calls};
use super::stream::{Look, Offer, hangs_on_unsure, not_behind};
use crate::Result;
use crate::index::{Brief, KeyIndex, Part, PostingCursor, Range, Rank, Tombstones};
use crate::text::Lexicon;

/// Listings of a part that stays in the processor's caches, as most deltas do.
const SMALL_PART: usize = 50_000;

/// Ranks that are compared by what they promise before they are judged.
const TURN: usize = 64;

/// So many of them can be judged, whatever it cost to come to them, where half of the fuel at hand is enough.
const JUDGED: u64 = 5;

/// A rank a stream comes to.
#[derive(Clone, Copy)]
struct Offered {
    rank: Rank,
    brief: Brief,
    /// What its calls are worth.
    calls: f32,
    /// What it is worth at most.
    bound: f32,
    /// How many of its stream count.
    depth: usize,
    /// What judging it costs.
    price: Price,
    /// What it is where nobody looks.
    passed: Look,
}

/// What a source says of a rank it found: how it matches, or that it does not after all.
pub(super) type Verdict = Option<Match>;

/// What the part asked before offered to the same source.
#[derive(Clone, Copy)]
pub(super) struct Beside<'c> {
    pub(super) part: &'c Part,
    pub(super) offers: &'c [Offer],
}

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
    beside: Option<Beside<'c>>,
    /// What streams offered: a rank may stand here several times.
    found: Vec<Offer>,
    /// Streams and ranks of that other part that do not match after all.
    withdrawn: Vec<(u16, Rank)>,
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
        beside: Option<Beside<'c>>,
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
            withdrawn: Vec::new(),
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
        self.fuel.next_part(self.part.len() <= SMALL_PART);
        self.fuel.spend(Price::Source);
        self.stream = stream;
    }

    /// What is left to spend.
    pub(super) fn fuel(&mut self) -> &mut Fuel {
        self.fuel
    }

    /// Takes the best ranks of `ranges`, which all match as `found` says, as long as they may come among the best.
    pub(super) fn take_all(&mut self, keys: &KeyIndex, ranges: &[Range], found: Match) {
        self.take_sure(keys, ranges, Most::Match(found), |_, _, _| Some(found));
    }

    /// Takes the best ranks of `ranges`, as one stream, until enough are accepted by `judge`, the fuel is gone, or a
    /// match that is worth `most` would be too little.
    pub(super) fn take_best(
        &mut self,
        keys: &KeyIndex,
        ranges: &[Range],
        most: Most<'_>,
        judge: impl FnMut(&Part, Rank, &mut Fuel) -> Verdict,
    ) {
        self.take_ranges((keys, ranges), most, Look::Unsure, judge);
    }

    /// The same where all ranks match, and `judge` tells how.
    pub(super) fn take_sure(
        &mut self,
        keys: &KeyIndex,
        ranges: &[Range],
        most: Most<'_>,
        judge: impl FnMut(&Part, Rank, &mut Fuel) -> Verdict,
    ) {
        self.take_ranges((keys, ranges), most, Look::PassedBy, judge);
    }

    fn take_ranges(
        &mut self,
        (keys, ranges): (&KeyIndex, &[Range]),
        most: Most<'_>,
        passed: Look,
        mut judge: impl FnMut(&Part, Rank, &mut Fuel) -> Verdict,
    ) {
        let (mut accepted, price, depth) = (0, Price::Candidate, self.depth);
        self.next_stream();
        for rank in keys.top_of(ranges) {
            if accepted == depth {
                accepted -= self.withdraw(price, &mut judge);
            }
            if accepted == depth || !self.fuel.spend(Price::BestRank) {
                break;
            }
            let brief = self.part.brief(rank);
            let calls = worth_of_calls(brief.popularity);
            if self.best.is_beyond(most.score_of(calls)) {
                break;
            }
            if self.is_visible(rank) {
                let offered = Offered { rank, brief, calls, bound: most.score(brief, calls), depth, price, passed };
                accepted += usize::from(self.offer(offered, &mut judge));
            }
        }
        self.settle(price, &mut judge);
    }

    /// Takes the ranks of `cursor` until enough are accepted by `judge`, the fuel is gone, or a match that is worth
    /// `most` would be too little.
    pub(super) fn take_postings(
        &mut self,
        cursor: PostingCursor<'_>,
        most: Most<'_>,
        judge: impl FnMut(&Part, Rank, &mut Fuel) -> Verdict,
    ) -> Result<()> {
        self.take_cursor(cursor, most, (self.depth, Price::Candidate, Look::Unsure), judge)
    }

    /// The same where all ranks match, and `judge` tells how.
    pub(super) fn take_postings_sure(
        &mut self,
        cursor: PostingCursor<'_>,
        most: Most<'_>,
        judge: impl FnMut(&Part, Rank, &mut Fuel) -> Verdict,
    ) -> Result<()> {
        self.take_cursor(cursor, most, (self.depth, Price::Candidate, Look::PassedBy), judge)
    }

    /// Takes the ranks of `cursor` until `depth` match or are passed by, the fuel is gone, or a match that is worth
    /// `most` would be too little: so many that they bound the work, and not what is found. Of every few in turn those are
    /// judged first that promise most by their briefs, so that the others need not be; judging one costs `price`.
    pub(super) fn take_promising(
        &mut self,
        mut cursor: PostingCursor<'_>,
        most: Most<'_>,
        (depth, price): (usize, Price),
        mut judge: impl FnMut(&Part, Rank, &mut Fuel) -> Verdict,
    ) -> Result<()> {
        let mut accepted = 0;
        let mut promising: Vec<Offered> = Vec::with_capacity(TURN);
        self.next_stream();
        loop {
            let held = self.fuel.hold(price, JUDGED);
            let is_last = !self.gather(&mut cursor, most, (depth, price), &mut promising)?;
            self.fuel.release(held);
            promising.sort_unstable_by(|a, b| b.bound.total_cmp(&a.bound).then(a.rank.cmp(&b.rank)));
            let turn_start = self.found.len();
            for offered in promising.drain(..) {
                accepted += usize::from(accepted < depth && self.offer(offered, &mut judge));
            }
            if let Some(turn) = self.found.get_mut(turn_start..) {
                turn.sort_unstable_by_key(|offer| offer.rank);
            }
            if is_last || accepted >= depth {
                return Ok(());
            }
        }
    }

    /// Fills `promising` with the next ranks of `cursor`, each with what it is worth at most; whether there are more.
    fn gather(
        &mut self,
        cursor: &mut PostingCursor<'_>,
        most: Most<'_>,
        (depth, price): (usize, Price),
        promising: &mut Vec<Offered>,
    ) -> Result<bool> {
        while promising.len() < TURN {
            let Some(rank) = self.fuel.lend(Price::Posting, |steps| cursor.next_rank(steps))? else { return Ok(false) };
            if !self.fuel.spend(Price::Brief) {
                return Ok(false);
            }
            let brief = self.part.brief(rank);
            let calls = worth_of_calls(brief.popularity);
            if self.best.is_beyond(most.score_of(calls)) {
                return Ok(false);
            }
            if self.is_visible(rank) {
                let bound = most.score(brief, calls);
                promising.push(Offered { rank, brief, calls, bound, depth, price, passed: Look::PassedBy });
            }
        }
        Ok(true)
    }

    fn take_cursor(
        &mut self,
        mut cursor: PostingCursor<'_>,
        most: Most<'_>,
        (depth, price, passed): (usize, Price, Look),
        mut judge: impl FnMut(&Part, Rank, &mut Fuel) -> Verdict,
    ) -> Result<()> {
        let mut accepted = 0;
        self.next_stream();
        loop {
            if accepted == depth {
                accepted -= self.withdraw(price, &mut judge);
            }
            if accepted == depth {
                break;
            }
            let Some(rank) = self.fuel.lend(Price::Posting, |steps| cursor.next_rank(steps))? else { break };
            if !self.fuel.spend(Price::Brief) {
                break;
            }
            let brief = self.part.brief(rank);
            let calls = worth_of_calls(brief.popularity);
            if self.best.is_beyond(most.score_of(calls)) {
                break;
            }
            if self.is_visible(rank) {
                let offered = Offered { rank, brief, calls, bound: most.score(brief, calls), depth, price, passed };
                accepted += usize::from(self.offer(offered, &mut judge));
            }
        }
        self.settle(price, &mut judge);
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
    fn offer(&mut self, offered: Offered, judge: &mut impl FnMut(&Part, Rank, &mut Fuel) -> Verdict) -> bool {
        let Offered { rank, brief, calls, bound, price, .. } = offered;
        if self.best.is_beyond(bound) {
            // It counts in its stream as it would if it were looked at.
            self.keep(offered, offered.passed);
            return true;
        }
        if !self.fuel.spend(price) {
            return false;
        }
        let Some(found) = judge(self.part, rank, self.fuel).filter(|found| self.modes.contains(&found.kind)) else {
            return false;
        };
        let score = found.score(usize::from(brief.name_chars), calls);
        debug_assert!(score <= bound + 1e-3, "{found:?} has {score}, not {bound} at most");
        self.keep(offered, Look::Found(found, score));
        true
    }

    fn keep(&mut self, offered: Offered, look: Look) {
        let Offered { rank, brief: Brief { popularity, name_chars, .. }, depth, .. } = offered;
        let (part, asked, stream) = (self.number, self.asked, self.stream);
        let offer = Offer { part, rank, look, asked, stream, depth, popularity, name_chars };
        let own = self.found.len() - self.stream_start;
        if let Look::Found(_, score) = look
            && self.beside.is_some()
            && own + not_behind(&offer, self.beside_stream()) < depth
        {
            self.best.add(score, part, rank);
        }
        self.found.push(offer);
    }

    /// Looks at what the stream at hand passed by, where it may not match, and takes out what does not; returns how
    /// many these are. All of it never costs more than if nothing had been passed by.
    fn withdraw(&mut self, price: Price, judge: &mut impl FnMut(&Part, Rank, &mut Fuel) -> Verdict) -> usize {
        if !self.own_stream().iter().any(Offer::is_unsure) {
            return 0;
        }
        let mut stream = self.found.split_off(self.stream_start);
        let before = stream.len();
        stream.retain_mut(|offer| {
            if !offer.is_unsure() || !self.fuel.spend(price) {
                return true;
            }
            offer.look = Look::PassedBy;
            judge(self.part, offer.rank, self.fuel).is_some_and(|found| self.modes.contains(&found.kind))
        });
        let withdrawn = before - stream.len();
        self.found.append(&mut stream);
        withdrawn
    }

    /// Where something found in either part has no place only for something that was passed by and may not match,
    /// looks at all of that in both.
    fn settle(&mut self, price: Price, judge: &mut impl FnMut(&Part, Rank, &mut Fuel) -> Verdict) {
        let Some(beside) = self.beside.filter(|beside| !beside.offers.is_empty()) else { return };
        let stream = self.beside_stream();
        if !hangs_on_unsure(self.own_stream(), stream) {
            return;
        }
        self.withdraw(price, judge);
        for offer in stream.iter().filter(|offer| offer.is_unsure()) {
            if !self.fuel.spend(price) {
                return;
            }
            let found = judge(beside.part, offer.rank, self.fuel);
            if !found.is_some_and(|found| self.modes.contains(&found.kind)) {
                self.withdrawn.push((offer.stream, offer.rank));
            }
        }
    }

    /// What this part offered to the stream at hand so far.
    fn own_stream(&self) -> &[Offer] {
        self.found.get(self.stream_start..).unwrap_or_default()
    }

    /// What the part asked before offered to the stream at hand, in its order.
    fn beside_stream(&self) -> &'c [Offer] {
        let beside = self.beside.map_or(&[][..], |beside| beside.offers);
        let start = beside.partition_point(|offer| offer.stream < self.stream);
        let end = beside.partition_point(|offer| offer.stream <= self.stream);
        beside.get(start..end).unwrap_or_default()
    }

    /// Ends the stream at hand, and begins the next one. What the part asked before offered counts among the best
    /// only now that it is known to have a place beside what this part offered.
    fn next_stream(&mut self) {
        let own = self.found.get(self.stream_start..).unwrap_or_default();
        for (place, offer) in self.beside_stream().iter().enumerate() {
            if let Look::Found(_, score) = offer.look
                && place + not_behind(offer, own) < offer.depth
            {
                self.best.add(score, offer.part, offer.rank);
            }
        }
        self.stream_start = self.found.len();
        self.stream += 1;
    }

    /// Everything that was offered, a rank as often as a stream did, and what the other part is to take back.
    pub(super) fn into_offers(mut self) -> (Vec<Offer>, Vec<(u16, Rank)>) {
        self.next_stream();
        (self.found, self.withdrawn)
    }
}
