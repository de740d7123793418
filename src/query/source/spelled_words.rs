//! Several words of a name, apart, some of them in letters: `kdj thc` for 肯德基餐厅(天河城店), `lnyk ek`, `肯德基 thc`.
//!
//! Every word of letters leads to the names that hold it by its codes or initials; syllables and then initials lead by the
//! syllables. Where the fewest that one leads to are more than can be looked at, those that another leads to as well are:
//! their keys stand in other stretches, or they are in a posting list, so filters of bits tell which ranks stand in both,
//! and let next to no others pass. The text decides.

use super::infix::neighbours;
use crate::Result;
use crate::index::{
    CODE_INFIX_BYTES_MAX, CodeKeys, INITIALS_INFIX_BYTES_MAX, KeyIndex, KeyKind, Part, PostingCursor, PostingField,
    Range, Rank,
};
use crate::query::collect::{Collector, Verdict};
use crate::query::fuel::{Fuel, Price};
use crate::query::parse::Parsed;
use crate::query::pattern::find_apart;
use crate::query::rank::{Match, Most};
use crate::text::{SchemeNumber, is_whole_syllables};

/// Letters of a word that leads to names: one stands in nearly all of them.
const LETTERS_MIN: usize = 2;
/// Letters of syllables in front of initials, and of the first of these: `zh` may be two initials.
const SYLLABLES_MIN: usize = 3;
/// Words that lead to names at most; the others are only looked for in these.
const LEADING_MAX: usize = 6;
/// Names that are looked at without asking what else leads to them.
const LOOKED_AT_MAX: usize = 32;
/// Ranks that are compared for one [`Price::Ranks`].
const RANKS_AT_ONCE: usize = 32;
/// Of the fuel at hand, the percentage that comparing may take: what is left is for looking.
const COMPARED_PERCENT: u64 = 70;
/// Names of each stretch that are looked at where nothing tells which of them hold the other words.
const BEST_OF_EACH: usize = 16;
/// Ranks that are put in order at most, the best known of all, some of them several times: there is never fuel to look at
/// more.
const OFFERED_MAX: usize = 512;
/// Postings of a list that is read alone for the price of one that others are compared with.
const READ_AT_ONCE: u64 = 4;
/// Bits of a filter: half a processor's nearest cache.
const FILTER_BITS: u32 = 17;
/// Odd numbers that spread ranks over a filter, so that those that fall together by one do not by the other: from the golden
/// ratio and from the square root of three.
const SPREADS: (u32, u32) = (0x9E37_79B1, 0xBB67_AE85);

/// What a word of letters leads to.
struct Led<'k> {
    stretches: Vec<(&'k KeyIndex, Range)>,
    /// Ranks of all of them.
    count: usize,
}

impl<'k> Led<'k> {
    fn new(part: &'k Part, letters: &str, fuel: &mut Fuel) -> Led<'k> {
        let syllables = syllables_in_front(letters);
        let stretches: Vec<(&KeyIndex, Range)> = [
            (CodeKeys::Initials, letters, usize::MAX),
            (CodeKeys::InitialsInfix, letters, INITIALS_INFIX_BYTES_MAX),
            (CodeKeys::Whole, letters, usize::MAX),
            (CodeKeys::Infix, letters, CODE_INFIX_BYTES_MAX),
            (CodeKeys::Whole, syllables, usize::MAX),
            (CodeKeys::Infix, syllables, CODE_INFIX_BYTES_MAX),
        ]
        .into_iter()
        .filter(|(_, letters, _)| !letters.is_empty())
        .map(|(keys, letters, bytes_max)| {
            let keys = part.keys(KeyKind::Codes(SchemeNumber::PINYIN, keys));
            let letters = letters.get(..bytes_max).unwrap_or(letters);
            fuel.lend(Price::KeyStep, |steps| *steps = steps.saturating_sub(letters.len() as u64));
            (keys, keys.prefix(letters.as_bytes()))
        })
        .filter(|(_, range)| !range.is_empty())
        .collect();
        let count = stretches.iter().map(|(_, range)| range.len()).sum();
        Led { stretches, count }
    }

    /// Hands all its ranks to `each`, in no order.
    fn each_rank(&self, mut each: impl FnMut(Rank)) {
        self.stretches.iter().for_each(|(keys, range)| keys.each_rank(range.clone(), &mut each));
    }

    /// All its ranks.
    fn all(&self) -> Vec<Rank> {
        let mut all = Vec::with_capacity(self.count);
        self.each_rank(|rank| all.push(rank));
        all
    }

    /// The best of each stretch.
    fn best(&self, fuel: &mut Fuel) -> Vec<Rank> {
        let mut best = Vec::with_capacity(self.stretches.len() * BEST_OF_EACH);
        for (keys, range) in &self.stretches {
            best.extend(keys.top(range.clone()).take(BEST_OF_EACH).take_while(|_| fuel.spend(Price::BestRank)));
        }
        best
    }
}

pub(super) fn collect(parsed: &Parsed, collector: &mut Collector<'_>) -> Result<()> {
    let part = collector.part;
    let (letters, written): (Vec<&str>, Vec<&str>) =
        parsed.words.iter().map(String::as_str).partition(|word| word.is_ascii());
    let leading = letters.iter().filter(|word| word.len() >= LETTERS_MIN).take(LEADING_MAX);
    let mut led: Vec<Led<'_>> = leading.map(|word| Led::new(part, word, collector.fuel())).collect();
    led.sort_by_key(|led| led.count);
    let ranks = match (led.as_slice(), written.is_empty()) {
        ([fewest, ..], _) if fewest.count <= LOOKED_AT_MAX => fewest.all(),
        // Hanzi tell more than letters do.
        (_, false) => return take_written(&written, led.first(), parsed, collector),
        ([fewest, other, ..], _) if is_paid(2 * fewest.count + other.count, collector.fuel()) => of_both(fewest, other),
        ([fewest, ..], _) => fewest.best(collector.fuel()),
        ([], _) => return Ok(()),
    };
    let mut ranks = best_known(ranks).into_iter();
    take(parsed, collector, |_| Ok(ranks.next()))
}

/// The syllables that `letters` begin with and the initial behind them, where more initials follow: `kend` of `kendjct`.
fn syllables_in_front(letters: &str) -> &str {
    let heads = (SYLLABLES_MIN..=letters.len()).rev().filter_map(|end| letters.get(..end));
    let longest = heads.into_iter().find(|head| is_whole_syllables(head.as_bytes()));
    longest.filter(|head| head.len() < letters.len()).unwrap_or_default()
}

/// Takes what `next` gives, best known first.
fn take(
    parsed: &Parsed,
    collector: &mut Collector<'_>,
    mut next: impl FnMut(&mut Fuel) -> Result<Option<Rank>>,
) -> Result<()> {
    let most = Most::Match(Match::spelled_words(true));
    let next = |fuel: &mut Fuel| Ok(next(fuel)?.filter(|_| fuel.spend(Price::Brief)));
    collector.take_next(next, most, |part, rank, fuel| judge(part, rank, parsed, fuel))
}

/// Takes what holds the words `written` in hanzi, and may hold what `letters` lead to.
fn take_written(
    written: &[&str],
    letters: Option<&Led<'_>>,
    parsed: &Parsed,
    collector: &mut Collector<'_>,
) -> Result<()> {
    let runs = written.iter().flat_map(|word| word.split(|c: char| c.is_ascii())).filter(|run| !run.is_empty());
    let mut pairs: Vec<&str> = runs.flat_map(neighbours).collect();
    pairs.sort_unstable();
    pairs.dedup();
    let is_one = pairs.len() == 1;
    let mut cursor = collector.part.all_of(PostingField::Name, pairs.into_iter());
    let mut first = Vec::with_capacity(LOOKED_AT_MAX);
    while first.len() < LOOKED_AT_MAX
        && let Some(rank) = next_held(&mut cursor, is_one, collector.fuel(), |_| true)?
    {
        first.push(rank);
    }
    let letters = letters.filter(|letters| first.len() == LOOKED_AT_MAX && is_paid(letters.count, collector.fuel()));
    let filter = letters.map(|letters| {
        let mut filter = Filter::new(SPREADS.0);
        letters.each_rank(|rank| filter.add(rank));
        filter
    });
    let passes = |rank: Rank| filter.as_ref().is_none_or(|filter| filter.passes(rank));
    let mut first = first.into_iter().filter(|rank| passes(*rank));
    take(parsed, collector, |fuel| match first.next() {
        Some(rank) => Ok(Some(rank)),
        None => next_held(&mut cursor, is_one, fuel, passes),
    })
}

/// The next rank of `cursor`, which reads one list alone or compares several, that `passes`.
fn next_held(
    cursor: &mut PostingCursor<'_>,
    is_one: bool,
    fuel: &mut Fuel,
    passes: impl Fn(Rank) -> bool,
) -> Result<Option<Rank>> {
    let at_once = if is_one { READ_AT_ONCE } else { 1 };
    fuel.lend(Price::Posting, |steps| {
        let mut postings = *steps * at_once;
        let next = loop {
            match cursor.next_rank(&mut postings)? {
                Some(rank) if !passes(rank) => {}
                next => break next,
            }
        };
        *steps = postings / at_once;
        Ok(next)
    })
}

/// The ranks that both lead to, in no order, some several times, and next to no others.
fn of_both(fewest: &Led<'_>, other: &Led<'_>) -> Vec<Rank> {
    let (first, second) = SPREADS;
    let mut filter = Filter::new(first);
    fewest.each_rank(|rank| filter.add(rank));
    let mut both = Vec::new();
    let mut back = Filter::new(second);
    other.each_rank(|rank| {
        if filter.passes(rank) {
            both.push(rank);
            back.add(rank);
        }
    });
    // Of those that fell together with one of the fewest, next to none does so again with one that came back.
    let mut filter = Filter::new(first);
    fewest.each_rank(|rank| {
        if back.passes(rank) {
            filter.add(rank);
        }
    });
    both.retain(|rank| filter.passes(*rank));
    both
}

/// The best known of `ranks` in order, each once.
fn best_known(mut ranks: Vec<Rank>) -> Vec<Rank> {
    if ranks.len() > OFFERED_MAX {
        ranks.select_nth_unstable(OFFERED_MAX);
        ranks.truncate(OFFERED_MAX);
    }
    ranks.sort_unstable();
    ranks.dedup();
    ranks
}

/// Tells ranks that were added from nearly all others.
struct Filter {
    words: Vec<u64>,
    spread: u32,
}

impl Filter {
    fn new(spread: u32) -> Filter {
        Filter { words: vec![0; 1 << (FILTER_BITS - 6)], spread }
    }

    fn add(&mut self, rank: Rank) {
        let (word, bit) = self.place(rank);
        self.words.get_mut(word).into_iter().for_each(|word| *word |= bit);
    }

    fn passes(&self, rank: Rank) -> bool {
        let (word, bit) = self.place(rank);
        self.words.get(word).is_some_and(|word| word & bit != 0)
    }

    /// The word of the filter and the bit in it that stand for `rank`, and for some others.
    fn place(&self, rank: Rank) -> (usize, u64) {
        let place = rank.wrapping_mul(self.spread) >> (u32::BITS - FILTER_BITS);
        (place as usize / 64, 1 << (place % 64))
    }
}

/// Whether reading `count` ranks can be paid for beside looking at what comes of it, and is.
fn is_paid(count: usize, fuel: &mut Fuel) -> bool {
    let needed = count.div_ceil(RANKS_AT_ONCE) as u64;
    let is_paid = fuel.lend(Price::Ranks, |steps| {
        let is_enough = needed < *steps * COMPARED_PERCENT / 100;
        *steps -= if is_enough { needed } else { 0 };
        is_enough
    });
    if !is_paid {
        fuel.refuse();
    }
    is_paid
}

fn judge(part: &Part, rank: Rank, parsed: &Parsed, fuel: &mut Fuel) -> Verdict {
    let pinyin = part.lexicon().pinyin();
    let holds_all = |text: &str| parsed.words.iter().all(|word| text.contains(word.as_str()));
    if part.texts(rank).any(holds_all) {
        // These are words as they are written.
        return None;
    }
    let shape = part.brief(rank).shape;
    let core_start = if shape.is_spoken() { 0 } else { shape.core_start() };
    part.texts(rank).enumerate().find_map(|(at, text)| {
        if !parsed.words.iter().all(|_| fuel.spend(Price::Aligned)) {
            return None;
        }
        let fits = find_apart(&parsed.word_patterns, text, pinyin)?;
        // The official name comes first; callers leave out the region in front of it.
        let begins = |start: usize| start == 0 || at == 0 && start == core_start;
        Some(Match::spelled_words(fits.iter().any(|fit| begins(fit.start))))
    })
}
