//! Gathers what the streams of a source offer in one part.

use std::convert::Infallible;

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

/// What holds for every rank of a stream.
#[derive(Clone, Copy)]
struct Stream<'q> {
    /// What its matches are worth at most.
    most: Most<'q>,
    /// How many of its ranks count.
    depth: u16,
    /// What judging one costs.
    price: Price,
    /// What one is where nobody looks.
    passed: Look,
}

/// A rank a stream comes to.
#[derive(Clone, Copy)]
struct Offered {
    rank: Rank,
    brief: Brief,
    /// What its calls are worth.
    calls: f32,
    /// What it is worth at most.
    bound: f32,
}

/// What a rank's brief says of it.
enum Weighed {
    /// It may be offered.
    Offered(Offered),
    /// Nobody may see it, or it is not among those that are asked for.
    Hidden,
    /// Neither it nor any rank behind it comes among the best.
    Beyond,
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
    depth: u16,
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
    number: u8,
    /// The number of what is asked.
    asked: u8,
    /// The stream at hand.
    stream: u16,
    /// Where in `found` it begins.
    stream_start: usize,
}

impl<'c> Collector<'c> {
    pub(super) fn new(
        (number, part, tombstones): (u8, &'c Part, Option<&'c Tombstones>),
        (asked, among): (u8, &'c Among),
        depth: u16,
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
        self.fuel.next_part(self.part.len() <= SMALL_PART);
        self.fuel.next_share(waiting, source.comes_first());
        self.fuel.spend(Price::Source);
        self.stream = stream;
    }

    /// What is left to spend.
    pub(super) fn fuel(&mut self) -> &mut Fuel {
        self.fuel
    }

    /// Takes the best ranks of `ranges`, which all match as `found` says, as long as they may come among the best.
    pub(super) fn take_all(&mut self, keys: &KeyIndex, ranges: &[Range], found: Match) {
        let stream = (Most::Match(found), Look::PassedBy, Price::Sure);
        self.take_ranges((keys, ranges), stream, |_, _, _| Some(found));
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
        self.take_ranges((keys, ranges), (most, Look::Unsure, Price::Candidate), judge);
    }

    /// The same where all ranks match, and `judge` tells how.
    pub(super) fn take_sure(
        &mut self,
        keys: &KeyIndex,
        ranges: &[Range],
        most: Most<'_>,
        judge: impl FnMut(&Part, Rank, &mut Fuel) -> Verdict,
    ) {
        self.take_ranges((keys, ranges), (most, Look::PassedBy, Price::Candidate), judge);
    }

    /// Takes the ranks `next` gives, which ascend, as one stream, until enough are accepted by `judge`, there is no next one,
    /// or a match that is worth `most` would be too little.
    pub(super) fn take_next(
        &mut self,
        next: impl FnMut(&mut Fuel) -> Result<Option<Rank>>,
        most: Most<'_>,
        judge: impl FnMut(&Part, Rank, &mut Fuel) -> Verdict,
    ) -> Result<()> {
        let stream = Stream { most, depth: self.depth, price: Price::Candidate, passed: Look::Unsure };
        self.take(stream, next, judge)
    }

    fn take_ranges(
        &mut self,
        (keys, ranges): (&KeyIndex, &[Range]),
        (most, passed, price): (Most<'_>, Look, Price),
        judge: impl FnMut(&Part, Rank, &mut Fuel) -> Verdict,
    ) {
        let mut top = keys.top_of(ranges);
        let next = |fuel: &mut Fuel| Ok(top.next().filter(|_| fuel.spend(Price::BestRank)));
        let stream = Stream { most, depth: self.depth, price, passed };
        self.take(stream, next, judge).unwrap_or_else(|never: Infallible| match never {});
    }

    /// Takes the ranks of `cursor` until enough are accepted by `judge`, the fuel is gone, or a match that is worth
    /// `most` would be too little.
    pub(super) fn take_postings(
        &mut self,
        cursor: PostingCursor<'_>,
        most: Most<'_>,
        judge: impl FnMut(&Part, Rank, &mut Fuel) -> Verdict,
    ) -> Result<()> {
        self.take_cursor(cursor, (most, Look::Unsure), judge)
    }

    /// The same where all ranks match, and `judge` tells how.
    pub(super) fn take_postings_sure(
        &mut self,
        cursor: PostingCursor<'_>,
        most: Most<'_>,
        judge: impl FnMut(&Part, Rank, &mut Fuel) -> Verdict,
    ) -> Result<()> {
        self.take_cursor(cursor, (most, Look::PassedBy), judge)
    }

    fn take_cursor(
        &mut self,
        mut cursor: PostingCursor<'_>,
        (most, passed): (Most<'_>, Look),
        judge: impl FnMut(&Part, Rank, &mut Fuel) -> Verdict,
    ) -> Result<()> {
        let stream = Stream { most, depth: self.depth, price: Price::Candidate, passed };
        self.take(stream, |fuel| next_of(&mut cursor, fuel), judge)
    }

    /// Takes the ranks `next` gives, as one stream, until enough are accepted by `judge`, there is no next one, or none could
    /// come among the best.
    fn take<E>(
        &mut self,
        stream: Stream<'_>,
        mut next: impl FnMut(&mut Fuel) -> Result<Option<Rank>, E>,
        mut judge: impl FnMut(&Part, Rank, &mut Fuel) -> Verdict,
    ) -> Result<(), E> {
        let (mut accepted, depth) = (0, usize::from(stream.depth));
        self.next_stream();
        loop {
            if accepted == depth {
                accepted -= self.withdraw(stream.price, &mut judge);
            }
            if accepted == depth {
                break;
            }
            let Some(rank) = next(self.fuel)? else { break };
            match self.weigh(rank, stream.most) {
                Weighed::Hidden => {}
                Weighed::Beyond => break,
                Weighed::Offered(offered) => {
                    if let Some(look) = self.look(offered, stream, self.own_stream().len(), &mut judge) {
                        self.keep(offered, stream, look);
                        accepted += 1;
                    }
                }
            }
        }
        self.settle(stream.price, &mut judge);
        Ok(())
    }

    /// Takes the ranks of `cursor` until `depth` match or are passed by, the fuel is gone, or a match that is worth
    /// `most` would be too little: so many that they bound the work, and not what is found. Of every few in turn those are
    /// judged first that promise most by their briefs, so that the others need not be; judging one costs `price`.
    pub(super) fn take_promising(
        &mut self,
        mut cursor: PostingCursor<'_>,
        most: Most<'_>,
        (depth, price): (u16, Price),
        mut judge: impl FnMut(&Part, Rank, &mut Fuel) -> Verdict,
    ) -> Result<()> {
        let stream = Stream { most, depth, price, passed: Look::PassedBy };
        let mut turn: Vec<Offered> = Vec::with_capacity(TURN);
        let mut looks: Vec<Option<Look>> = Vec::with_capacity(TURN);
        let mut promising: Vec<(f32, usize)> = Vec::with_capacity(TURN);
        let (mut accepted, depth) = (0, usize::from(depth));
        self.next_stream();
        loop {
            let held = self.fuel.hold(price, JUDGED);
            let is_last = !self.gather(&mut cursor, most, &mut turn)?;
            self.fuel.release(held);
            let bounds = turn.iter().map(|offered| offered.bound).enumerate();
            promising.extend(bounds.filter(|(_, bound)| !self.best.is_beyond(*bound)).map(|(at, bound)| (bound, at)));
            promising.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            // What promises too little counts behind all that is judged.
            looks.resize(turn.len(), Some(stream.passed));
            let passed = turn.len() - promising.len();
            for (_, at) in promising.drain(..) {
                let (Some(offered), Some(slot)) = (turn.get(at), looks.get_mut(at)) else { continue };
                *slot = None;
                if accepted < depth {
                    *slot = self.look(*offered, stream, accepted, &mut judge);
                    accepted += usize::from(slot.is_some());
                }
            }
            accepted += passed;
            for (offered, look) in turn.drain(..).zip(looks.drain(..)) {
                if let Some(look) = look {
                    self.keep(offered, stream, look);
                }
            }
            if is_last || accepted >= depth {
                return Ok(());
            }
        }
    }

    /// Fills `turn` with the next ranks of `cursor`; whether there are more.
    fn gather(&mut self, cursor: &mut PostingCursor<'_>, most: Most<'_>, turn: &mut Vec<Offered>) -> Result<bool> {
        while turn.len() < TURN {
            let Some(rank) = next_of(cursor, self.fuel)? else { return Ok(false) };
            match self.weigh(rank, most) {
                Weighed::Hidden => {}
                Weighed::Beyond => return Ok(false),
                Weighed::Offered(offered) => turn.push(offered),
            }
        }
        Ok(true)
    }

    /// What the brief of `rank` says of it, where no match is worth more than `most`.
    #[inline]
    fn weigh(&self, rank: Rank, most: Most<'_>) -> Weighed {
        let brief = self.part.brief(rank);
        let calls = worth_of_calls(brief.popularity);
        if self.best.is_beyond(most.score_of(calls)) {
            return Weighed::Beyond;
        }
        if !self.is_visible(rank) {
            return Weighed::Hidden;
        }
        Weighed::Offered(Offered { rank, brief, calls, bound: most.score(brief, calls) })
    }

    /// Lets the source at hand spend `most` at most.
    pub(super) fn limit_share(&mut self, most: u64) {
        self.fuel.limit_share(most);
    }

    fn is_visible(&self, rank: Rank) -> bool {
        !self.tombstones.is_some_and(|tombstones| tombstones.hide(rank)) && self.part.accepts(&self.among.filter, rank)
    }

    /// Judges a rank before which `own` of its stream count, where it may come among the best; `None` where it does not
    /// match, or there is not fuel enough.
    fn look(
        &mut self,
        offered: Offered,
        stream: Stream<'_>,
        own: usize,
        judge: &mut impl FnMut(&Part, Rank, &mut Fuel) -> Verdict,
    ) -> Option<Look> {
        let Offered { rank, brief, calls, bound } = offered;
        if self.best.is_beyond(bound) {
            // It counts in its stream as it would if it were looked at.
            return Some(stream.passed);
        }
        if !self.fuel.spend(stream.price) {
            return None;
        }
        let found = judge(self.part, rank, self.fuel).filter(|found| self.modes.contains(&found.kind))?;
        let found = if self.among.is_doubtful { found.doubtful() } else { found };
        let score = found.score(usize::from(brief.name_chars), calls);
        debug_assert!(score <= bound + 1e-3, "{found:?} has {score}, not {bound} at most");
        let look = Look::Found(found, score);
        if self.beside.is_some() {
            let offer = self.offer(offered, stream, look);
            if own + not_behind(&offer, self.beside_stream()) < usize::from(stream.depth) {
                self.best.add(score, usize::from(self.number), rank);
            }
        }
        Some(look)
    }

    fn offer(&self, offered: Offered, stream: Stream<'_>, look: Look) -> Offer {
        let Offered { rank, brief: Brief { popularity, name_chars, .. }, .. } = offered;
        let (part, asked, depth) = (self.number, self.asked, stream.depth);
        Offer { part, rank, look, asked, stream: self.stream, depth, popularity, name_chars }
    }

    /// Keeps what was seen of a rank.
    fn keep(&mut self, offered: Offered, stream: Stream<'_>, look: Look) {
        // What was passed by only takes a place from what another part offers.
        if matches!(look, Look::PassedBy) && self.beside.is_some_and(|beside| beside.offers.is_empty()) {
            return;
        }
        self.found.push(self.offer(offered, stream, look));
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

    /// Leaves a stream out that another part may have: streams have the same numbers in every part.
    pub(super) fn skip_stream(&mut self) {
        self.next_stream();
    }

    /// Ends the stream at hand, and begins the next one. What the part asked before offered counts among the best
    /// only now that it is known to have a place beside what this part offered.
    fn next_stream(&mut self) {
        let own = self.found.get(self.stream_start..).unwrap_or_default();
        for (place, offer) in self.beside_stream().iter().enumerate() {
            if let Look::Found(_, score) = offer.look
                && place + not_behind(offer, own) < usize::from(offer.depth)
            {
                self.best.add(score, usize::from(offer.part), offer.rank);
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

/// The next rank of `cursor`, its brief paid for; `None` behind the last one, or where there is not fuel enough.
fn next_of(cursor: &mut PostingCursor<'_>, fuel: &mut Fuel) -> Result<Option<Rank>> {
    let next = fuel.lend(Price::Posting, |steps| cursor.next_rank(steps))?;
    Ok(next.filter(|_| fuel.spend(Price::Brief)))
}
