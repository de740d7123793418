//! Syllables typed whole, by their initial or half (`gangdxc`), and hanzi mixed with letters (`中山yiy`).

use super::in_both::{Ranks, best_known, pay_for_both};
use crate::Result;
use crate::index::{
    CODE_INFIX_BYTES_MAX, CodeKeys, INITIALS_INFIX_BYTES_MAX, KeyIndex, KeyKind, Part, PostingField, Range, Rank,
};
use crate::query::MatchKind;
use crate::query::collect::{Collector, Verdict};
use crate::query::fuel::{Fuel, Price};
use crate::query::parse::Parsed;
use crate::query::pattern::Pattern;
use crate::query::rank::{Extent, Match, Most};
use crate::query::walk::{Syllables, Ways, by_initials};
use crate::text::SchemeNumber;

/// Ranks that are looked at each, sooner than anything else is asked for.
const LOOKED_AT_MAX: usize = 60;
/// So few are looked at without asking what else leads to them.
const ENOUGH: usize = 16;
/// Where the likeliest ways lead to fewer, what all likely ones have in common is asked too.
const FEW: usize = 5;

/// What some of the letters lead to.
struct Lead<'k> {
    stretches: Vec<(&'k KeyIndex, Range)>,
    count: usize,
}

impl<'k> Lead<'k> {
    fn new(stretches: Vec<(&'k KeyIndex, Range)>) -> Lead<'k> {
        let count = stretches.iter().map(|(_, range)| range.len()).sum();
        Lead { stretches, count }
    }
}

impl Ranks for Lead<'_> {
    fn count(&self) -> usize {
        self.count
    }

    fn each_rank(&self, mut each: impl FnMut(Rank)) {
        self.stretches.iter().for_each(|(keys, range)| keys.each_rank(range.clone(), &mut each));
    }
}

/// Where in a name what was typed begins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Begins {
    /// With the name, or behind its region.
    First,
    /// With a later character.
    Later,
}

pub(super) fn collect(parsed: &Parsed, collector: &mut Collector<'_>) -> Result<()> {
    if let Some(letters) = &parsed.letters {
        return collect_letters(&Syllables::typed(letters), &parsed.pattern, collector);
    }
    // What hanzi and letters sound like together is rarer than the hanzi alone.
    // One way to read them, however many there are: streams are numbered.
    for spelling in parsed.spelled(collector.lexicon).iter().take(1) {
        collect_letters(&Syllables::spelled(&parsed.text, spelling), &parsed.pattern, collector)?;
    }
    // The hanzi lead to the names too, as many as stand together; the pattern decides.
    let cursor = collector.part.all_of(PostingField::Name, super::infix::pairs_of_hanzi(&parsed.text));
    collector.take_postings(cursor, most(), |part, rank, _| judge(part, rank, &parsed.pattern))
}

fn collect_letters(typed: &Syllables<'_>, pattern: &Pattern, collector: &mut Collector<'_>) -> Result<()> {
    [Begins::First, Begins::Later].into_iter().try_for_each(|begins| collect_from(begins, typed, pattern, collector))
}

/// Takes the names that have what was typed where it `begins`: those with such initials, where these are few; else first
/// those that its whole syllables lead to as well.
fn collect_from(begins: Begins, typed: &Syllables<'_>, pattern: &Pattern, collector: &mut Collector<'_>) -> Result<()> {
    let part = collector.part;
    let (keys, initials_max) = match begins {
        Begins::First => (CodeKeys::Initials, usize::MAX),
        Begins::Later => (CodeKeys::InitialsInfix, INITIALS_INFIX_BYTES_MAX),
    };
    let initials = part.keys(KeyKind::Codes(SchemeNumber::PINYIN, keys));
    let by_initials =
        |ways, fuel: &mut Fuel| initials.below_all(&by_initials(initials, typed, ways, initials_max, fuel));
    let judge = |part: &Part, rank: Rank, _: &mut Fuel| judge(part, rank, pattern);
    let all = by_initials(Ways::All, collector.fuel());
    let is_few = all.iter().map(|range| range.len()).sum::<usize>() <= LOOKED_AT_MAX;
    if is_few {
        collector.take_best(initials, &all, most(), judge);
        return Ok(());
    }
    let likely = by_initials(Ways::Likely, collector.fuel());
    for ways in [Ways::Likeliest, Ways::Likely] {
        let by_initials = Lead::new(likely.iter().map(|range| (initials, range.clone())).collect());
        let ranks = by_whole_and_initials(part, begins, (typed, ways), by_initials, collector.fuel());
        let are_few = ranks.len() < FEW;
        let mut ranks = best_known(ranks).into_iter();
        let next = |fuel: &mut Fuel| Ok(ranks.next().filter(|_| fuel.spend(Price::Brief)));
        collector.take_next(next, most(), judge)?;
        if !are_few {
            break;
        }
    }
    collector.take_best(initials, &likely, most(), judge);
    Ok(())
}

/// Ranks that `by_initials` and the stretches of whole syllables all lead to, or as many of these as it takes until the ranks are
/// few, from those on that lead to the fewest; none where there is no such stretch, or not fuel enough.
fn by_whole_and_initials(
    part: &Part,
    begins: Begins,
    (typed, ways): (&Syllables<'_>, Ways),
    by_initials: Lead<'_>,
    fuel: &mut Fuel,
) -> Vec<Rank> {
    let stretches = typed.whole(ways).into_iter();
    let mut leads: Vec<Lead<'_>> = stretches
        .filter_map(|stretch| by_whole(part, begins, stretch.start == 0, typed.letters(stretch), fuel))
        .collect();
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

/// What a stretch of whole syllables leads to, where it is the first that was typed or not; `None` where there is not fuel enough
/// to tell.
fn by_whole<'k>(part: &'k Part, begins: Begins, is_first: bool, letters: &[u8], fuel: &mut Fuel) -> Option<Lead<'k>> {
    // What stands behind a region is a beginning too.
    let keys: &[(CodeKeys, usize)] = match (begins, is_first) {
        (Begins::First, true) => &[(CodeKeys::Whole, usize::MAX)],
        (Begins::First, false) => &[(CodeKeys::Whole, usize::MAX), (CodeKeys::Infix, CODE_INFIX_BYTES_MAX)],
        (Begins::Later, _) => &[(CodeKeys::Infix, CODE_INFIX_BYTES_MAX)],
    };
    let stretches = keys.iter().map(|&(keys, bytes_max)| {
        let (keys, letters) =
            (part.keys(KeyKind::Codes(SchemeNumber::PINYIN, keys)), letters.get(..bytes_max).unwrap_or(letters));
        letters.iter().all(|_| fuel.spend(Price::KeyStep)).then(|| (keys, keys.prefix(letters)))
    });
    Some(Lead::new(stretches.collect::<Option<Vec<_>>>()?))
}

/// What a mixture is worth at most.
fn most() -> Most<'static> {
    Most::Match(Match::new(MatchKind::Mixed, Extent::Whole))
}

/// Whether a text of `rank` fits the pattern.
fn judge(part: &Part, rank: Rank, pattern: &Pattern) -> Verdict {
    let fit = part.texts(rank).find_map(|text| pattern.find(text, part.lexicon().pinyin()))?;
    Some(Match::new(MatchKind::Mixed, fit.extent()))
}
