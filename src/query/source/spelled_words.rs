//! Several words of a name, apart, some of them in letters: `kdj thc` for 肯德基餐厅(天河城店), `lnyk ek`, `肯德基 thc`.
//!
//! Every word of letters leads to the names that hold it by its codes or initials. Where the fewest that one leads to are
//! more than can be looked at, those that another leads to as well are: their keys stand in other stretches, so a
//! filter of bits tells which ranks may stand in both, and lets few others pass. The text decides. A word must be whole
//! syllables or initials throughout.

use crate::Result;
use crate::index::{
    CODE_INFIX_BYTES_MAX, CodeKeys, INITIALS_INFIX_BYTES_MAX, KeyIndex, KeyKind, Part, PostingField, Range, Rank,
};
use crate::listing::is_hanzi;
use crate::query::collect::{Collector, Verdict};
use crate::query::fuel::{Fuel, Price};
use crate::query::parse::Parsed;
use crate::query::pattern::find_apart;
use crate::query::rank::{Match, Most};
use crate::text::SchemeNumber;

/// Letters of a word that leads to names: one stands in nearly all of them.
const LETTERS_MIN: usize = 2;
/// Names that are looked at without asking what else leads to them.
const LOOKED_AT_MAX: usize = 48;
/// Ranks that are compared with those a word leads to, at most, and how many of those there are: 30 µs.
const SCANNED_MAX: usize = 24_000;
/// Names of each stretch that are looked at where nothing tells which of them hold the other words.
const BEST_OF_EACH: usize = 16;
/// Ranks that are put in order at most, the best known of all: there is never fuel to look at more.
const OFFERED_MAX: usize = 256;
/// Names a word of hanzi leads to that are compared.
const HELD_MAX: usize = 4_000;
/// Bits of the filter: half a processor's nearest cache.
const FILTER_BITS: usize = 1 << 17;

/// What a word of letters leads to.
struct Led<'k> {
    stretches: Vec<(&'k KeyIndex, Range)>,
    /// Ranks of all of them.
    count: usize,
}

impl<'k> Led<'k> {
    fn new(part: &'k Part, letters: &str) -> Led<'k> {
        let cut = |bytes_max: usize| letters.get(..bytes_max).unwrap_or(letters).as_bytes();
        let stretches: Vec<(&KeyIndex, Range)> = [
            (CodeKeys::Initials, usize::MAX),
            (CodeKeys::InitialsInfix, INITIALS_INFIX_BYTES_MAX),
            (CodeKeys::Whole, usize::MAX),
            (CodeKeys::Infix, CODE_INFIX_BYTES_MAX),
        ]
        .into_iter()
        .map(|(keys, bytes_max)| {
            let keys = part.keys(KeyKind::Codes(SchemeNumber::PINYIN, keys));
            (keys, keys.prefix(cut(bytes_max)))
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
    let mut ranks = in_question(parsed, collector)?;
    if ranks.len() > OFFERED_MAX {
        ranks.select_nth_unstable(OFFERED_MAX);
        ranks.truncate(OFFERED_MAX);
    }
    ranks.sort_unstable();
    ranks.dedup();
    let most = Most::Match(Match::spelled_words(true));
    collector.take_ranks(ranks.into_iter(), most, |part, rank, fuel| judge(part, rank, parsed, fuel));
    Ok(())
}

/// The ranks that may hold all words, as far as they can be looked at; the best known where they cannot all be.
fn in_question(parsed: &Parsed, collector: &mut Collector<'_>) -> Result<Vec<Rank>> {
    let part = collector.part;
    let (hanzi, letters): (Vec<&str>, Vec<&str>) =
        parsed.words.iter().map(String::as_str).partition(|word| word.chars().any(is_hanzi));
    let letters = letters.iter().filter(|word| word.len() >= LETTERS_MIN);
    let mut led: Vec<Led<'_>> = letters.map(|word| Led::new(part, word)).collect();
    if led.iter().any(|led| led.count == 0) {
        return Ok(Vec::new());
    }
    led.sort_by_key(|led| led.count);
    let (fewest, other) = (led.first(), led.get(1));
    if let Some(fewest) = fewest.filter(|fewest| fewest.count <= LOOKED_AT_MAX) {
        let mut all = Vec::with_capacity(fewest.count);
        fewest.each_rank(|rank| all.push(rank));
        return Ok(all);
    }
    if !hanzi.is_empty() {
        // Hanzi tell more than letters do.
        let held = held_by(&hanzi, collector)?;
        let is_read = |letters: &&Led<'_>| held.len() > LOOKED_AT_MAX && is_paid(letters.count, collector.fuel());
        return Ok(match fewest.filter(is_read) {
            Some(letters) => Filter::of(held.iter().copied()).passed_by(letters),
            None => held,
        });
    }
    let Some(fewest) = fewest else { return Ok(Vec::new()) };
    Ok(match other.filter(|other| is_paid(fewest.count + other.count, collector.fuel())) {
        Some(other) => {
            let mut filter = Filter::of(std::iter::empty());
            fewest.each_rank(|rank| filter.add(rank));
            filter.passed_by(other)
        }
        None => fewest.best(collector.fuel()),
    })
}

/// Tells ranks that stand in one stretch from nearly all others.
struct Filter(Vec<u64>);

impl Filter {
    fn of(ranks: impl Iterator<Item = Rank>) -> Filter {
        let mut filter = Filter(vec![0; FILTER_BITS / 64]);
        ranks.for_each(|rank| filter.add(rank));
        filter
    }

    fn add(&mut self, rank: Rank) {
        let (word, bit) = Filter::place(rank);
        self.0.get_mut(word).into_iter().for_each(|word| *word |= bit);
    }

    /// The word of the filter and the bit in it that stand for `rank`, and for every rank as many further as there are bits.
    fn place(rank: Rank) -> (usize, u64) {
        (rank as usize % FILTER_BITS / 64, 1 << (rank % 64))
    }

    /// The ranks `led` leads to that it lets pass.
    fn passed_by(&self, led: &Led<'_>) -> Vec<Rank> {
        let mut passed = Vec::new();
        led.each_rank(|rank| {
            let (word, bit) = Filter::place(rank);
            if self.0.get(word).is_some_and(|word| word & bit != 0) {
                passed.push(rank);
            }
        });
        passed
    }
}

/// The best known ranks that hold all of these `words`.
fn held_by(words: &[&str], collector: &mut Collector<'_>) -> Result<Vec<Rank>> {
    let pairs = words.iter().flat_map(|word| super::infix::neighbours(word));
    let mut cursor = collector.part.all_of(PostingField::Name, pairs);
    let mut ranks = Vec::new();
    while ranks.len() < HELD_MAX
        && let Some(rank) = collector.fuel().lend(Price::Posting, |steps| cursor.next_rank(steps))?
    {
        ranks.push(rank);
    }
    Ok(ranks)
}

/// Whether reading `count` ranks can be paid for, and is.
fn is_paid(count: usize, fuel: &mut Fuel) -> bool {
    let nodes = KeyIndex::nodes_of(count) as u64;
    count <= SCANNED_MAX
        && fuel.lend(Price::Ranks, |steps| {
            let is_enough = *steps > nodes;
            *steps -= if is_enough { nodes } else { 0 };
            is_enough
        })
}

fn judge(part: &Part, rank: Rank, parsed: &Parsed, fuel: &mut Fuel) -> Verdict {
    let pinyin = part.lexicon().pinyin();
    let holds_all = |text: &str| parsed.words.iter().all(|word| text.contains(word.as_str()));
    if part.texts(rank).any(holds_all) {
        // These are words as they are written.
        return None;
    }
    part.texts(rank).find_map(|text| {
        if !fuel.spend(Price::Aligned) {
            return None;
        }
        let fits = find_apart(&parsed.word_patterns, text, pinyin)?;
        Some(Match::spelled_words(fits.iter().any(|fit| fit.start == 0)))
    })
}
