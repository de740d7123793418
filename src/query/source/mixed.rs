//! Syllables typed whole, by their initial or half (`gangdxc`), and hanzi mixed with letters (`中山yiy`).

use super::in_both::{Led, Ranks, best_known, pay_for_both};
use crate::Result;
use crate::index::{
    CODE_INFIX_BYTES_MAX, CodeKeys, INITIALS_INFIX_BYTES_MAX, KeyIndex, KeyKind, Part, PostingField, Rank,
};
use crate::query::MatchKind;
use crate::query::collect::{Collector, Verdict};
use crate::query::fuel::{Fuel, Price};
use crate::query::parse::Parsed;
use crate::query::pattern::{Pattern, fit_of};
use crate::query::rank::{Extent, Match, Most};
use crate::query::walk::{Syllables, Ways, by_initials};
use crate::text::SchemeNumber;

/// Ranks that are looked at each, sooner than anything else is asked for.
const LOOKED_AT_MAX: usize = 60;
/// Streams where more have such initials: by whole syllables, by some of these, by initials alone.
const STREAMS_OF_MANY: usize = 3;
/// So few are looked at without asking what else leads to them.
const ENOUGH: usize = 16;
/// Where the likeliest syllables lead to fewer, those that some name has are asked too.
const FEW: usize = 5;

/// Where in a name what was typed begins.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Begins {
    /// With the name, or behind its region.
    First,
    /// With a later character.
    Later,
}

impl Begins {
    /// The keys of initials that begin there, and where they are cut.
    fn initials(self) -> (CodeKeys, usize) {
        match self {
            Begins::First => (CodeKeys::Initials, usize::MAX),
            Begins::Later => (CodeKeys::InitialsInfix, INITIALS_INFIX_BYTES_MAX),
        }
    }

    /// What the initials of `typed`, in its likely ways, lead to.
    pub(super) fn led_by_initials<'k>(self, part: &'k Part, typed: &Syllables, fuel: &mut Fuel) -> Led<'k> {
        let (keys, initials_max) = self.initials();
        let initials = part.keys(KeyKind::Codes(SchemeNumber::PINYIN, keys));
        let states = by_initials(initials, typed, Ways::Likely, initials_max, fuel);
        Led::new(initials.below_all(&states).into_iter().map(|range| (initials, range)).collect())
    }

    /// The keys of codes that begin with the letter `start` of what was typed; what stands behind a region is a beginning too.
    pub(super) fn keys_of_codes(self, start: usize) -> &'static [CodeKeys] {
        match self {
            Begins::First if start == 0 => &[CodeKeys::Whole],
            Begins::First => &[CodeKeys::Whole, CodeKeys::Infix],
            Begins::Later => &[CodeKeys::Infix],
        }
    }
}

pub(super) fn collect(parsed: &Parsed, collector: &mut Collector<'_>) -> Result<()> {
    if let Some(typed) = parsed.syllables() {
        return collect_letters(typed, &parsed.pattern, collector);
    }
    // What hanzi and letters sound like together is rarer than the hanzi alone.
    // One way to read them, however many there are: streams are numbered.
    for spelling in parsed.spelled(collector.lexicon).iter().take(1) {
        collect_letters(&Syllables::spelled(&parsed.text_with_v, spelling), &parsed.pattern, collector)?;
    }
    // The hanzi lead to the names too, as many as stand together; the pattern decides.
    let cursor = collector.part.all_of(PostingField::Name, super::infix::pairs_of_hanzi(&parsed.text));
    collector.take_postings(cursor, most(), |part, rank, _| judge(part, rank, &parsed.pattern))
}

fn collect_letters(typed: &Syllables, pattern: &Pattern, collector: &mut Collector<'_>) -> Result<()> {
    [Begins::First, Begins::Later].into_iter().try_for_each(|begins| collect_from(begins, typed, pattern, collector))
}

/// Takes the names that have what was typed where it `begins`: those with such initials, where these are few; else first
/// those that its whole syllables lead to as well.
fn collect_from(begins: Begins, typed: &Syllables, pattern: &Pattern, collector: &mut Collector<'_>) -> Result<()> {
    let part = collector.part;
    let (keys, initials_max) = begins.initials();
    let initials = part.keys(KeyKind::Codes(SchemeNumber::PINYIN, keys));
    let by_initials =
        |ways, fuel: &mut Fuel| initials.below_all(&by_initials(initials, typed, ways, initials_max, fuel));
    let judge = |part: &Part, rank: Rank, _: &mut Fuel| judge(part, rank, pattern);
    let all = by_initials(Ways::All, collector.fuel());
    let is_few = all.iter().map(|range| range.len()).sum::<usize>() <= LOOKED_AT_MAX;
    if is_few {
        collector.take_best(initials, &all, most(), judge);
        (0..STREAMS_OF_MANY).for_each(|_| collector.skip_stream());
        return Ok(());
    }
    collector.skip_stream();
    let likely = by_initials(Ways::Likely, collector.fuel());
    // Where the likeliest syllables are not those that were meant, those in front of the one no name has may be.
    for (initials_of, backs_off) in [(&likely, false), (&all, true)] {
        let by_initials = Led::new(initials_of.iter().map(|range| (initials, range.clone())).collect());
        let ranks = by_whole_and_initials(part, (begins, backs_off), typed, by_initials, collector.fuel());
        let are_few = ranks.len() < FEW;
        let mut ranks = best_known(ranks).into_iter();
        let next = |fuel: &mut Fuel| Ok(ranks.next().filter(|_| fuel.spend(Price::Brief)));
        collector.take_next(next, most(), judge)?;
        if !are_few && !backs_off {
            collector.skip_stream();
            break;
        }
    }
    collector.take_best(initials, &likely, most(), judge);
    Ok(())
}

/// Ranks that `typed` leads to where it `begins`, in no order, as far as there is fuel for: those with such initials, where these are
/// few, else those of them that its whole syllables lead to as well.
pub(super) fn leads_of(begins: Begins, typed: &Syllables, collector: &mut Collector<'_>) -> Vec<Rank> {
    let led = begins.led_by_initials(collector.part, typed, collector.fuel());
    if led.count <= LOOKED_AT_MAX {
        return led.all();
    }
    by_whole_and_initials(collector.part, (begins, false), typed, led, collector.fuel())
}

/// Ranks that `by_initials` and the stretches of whole syllables all lead to, or as many of these as it takes until the ranks are
/// few, from those on that lead to the fewest; none where there is no such stretch, or not fuel enough.
fn by_whole_and_initials(
    part: &Part,
    (begins, backs_off): (Begins, bool),
    typed: &Syllables,
    by_initials: Led<'_>,
    fuel: &mut Fuel,
) -> Vec<Rank> {
    let stretches = typed.whole().into_iter();
    let mut leads: Vec<Led<'_>> =
        stretches.filter_map(|stretch| by_whole(part, (begins, backs_off), &stretch, typed.letters(), fuel)).collect();
    if leads.is_empty() {
        return Vec::new();
    }
    leads.push(by_initials);
    leads.sort_by_key(|lead| lead.count);
    let mut leads = leads.iter();
    let Some(fewest) = leads.next() else { return Vec::new() };
    let mut held = if fewest.count <= LOOKED_AT_MAX { Some(fewest.all()) } else { None };
    for lead in leads {
        let both = match &held {
            Some(ranks) if ranks.len() <= ENOUGH => break,
            Some(ranks) => pay_for_both(ranks, lead, fuel),
            None => pay_for_both(fewest, lead, fuel),
        };
        let Some(both) = both else { break };
        held = Some(both);
    }
    held.unwrap_or_default()
}

/// What a stretch of whole syllables leads to, told by where its syllables begin and where it ends; where it `backs_off` and no
/// name has all of it, what those syllables lead to that stand in front of the last one some name has. `None` where there is
/// none, or not fuel enough to tell.
fn by_whole<'k>(
    part: &'k Part,
    (begins, backs_off): (Begins, bool),
    stretch: &[usize],
    letters: &[u8],
    fuel: &mut Fuel,
) -> Option<Led<'k>> {
    let (&start, &(mut end)) = (stretch.first()?, stretch.last()?);
    let bytes_max = |keys| if keys == CodeKeys::Infix { CODE_INFIX_BYTES_MAX } else { usize::MAX };
    let keys = begins.keys_of_codes(start).iter();
    let keys: Vec<(&KeyIndex, usize)> =
        keys.map(|&keys| (part.keys(KeyKind::Codes(SchemeNumber::PINYIN, keys)), bytes_max(keys))).collect();
    if backs_off {
        let known = keys.iter().map(|(keys, bytes_max)| known(keys, letters.get(start..end)?, *bytes_max, fuel));
        let known = start + known.collect::<Option<Vec<_>>>()?.into_iter().max()?;
        if known < end {
            end = *stretch.iter().rev().find(|at| **at < known)?;
        }
    }
    let letters = letters.get(start..end).filter(|letters| !letters.is_empty())?;
    let stretches = keys.into_iter().map(|(keys, bytes_max)| {
        let letters = letters.get(..bytes_max).unwrap_or(letters);
        letters.iter().all(|_| fuel.spend(Price::KeyStep)).then(|| (keys, keys.prefix(letters)))
    });
    Some(Led::new(stretches.collect::<Option<Vec<_>>>()?))
}

/// How many of `letters` some of `keys`, which are cut behind `bytes_max`, begin with; `None` where there is not fuel enough.
fn known(keys: &KeyIndex, letters: &[u8], bytes_max: usize, fuel: &mut Fuel) -> Option<usize> {
    let mut state = keys.root();
    for (at, &letter) in letters.iter().take(bytes_max).enumerate() {
        if !fuel.spend(Price::KeyStep) {
            return None;
        }
        match keys.step(state, letter) {
            Some(behind) => state = behind,
            None => return Some(at),
        }
    }
    Some(letters.len())
}

/// What a mixture is worth at most.
fn most() -> Most<'static> {
    Most::Match(Match::new(MatchKind::Mixed, Extent::Whole))
}

/// Whether a text of `rank` fits the pattern.
fn judge(part: &Part, rank: Rank, pattern: &Pattern) -> Verdict {
    fit_of(part, rank, pattern).map(|extent| Match::new(MatchKind::Mixed, extent))
}
