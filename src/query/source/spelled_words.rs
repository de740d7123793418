//! Several words of a name, apart, some of them in letters: `kdj thc` for 肯德基餐厅(天河城店), `lnyk ek`, `肯德基 thc`.
//!
//! Every word of letters leads to the names that hold it by its codes or initials; a word of syllables and then initials
//! leads by the syllables; of one of initials and then syllables nothing is known, so nothing is found. Where the fewest that
//! one leads to are more than can be looked at, those that another leads to as well are: their keys stand in other stretches, or they are in a
//! posting list, so filters of bits tell which ranks stand in both. The text decides.

use super::in_both::{Filter, Led, Ranks, best_known, pay_for_both, pay_for_reading};
use super::infix::pairs_of_hanzi;
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
use crate::text::{SchemeNumber, whole_syllables};

/// Letters of a word that leads to names: one stands in nearly all of them.
const LETTERS_MIN: usize = 2;
/// Letters of a word that syllables in front of it lead by, at least: `zh` may be two initials.
const SYLLABLES_MIN: usize = 3;
/// Words that lead to names at most; the others are only looked for in these.
const LEADING_MAX: usize = 6;
/// Names that are looked at without asking what else leads to them.
const LOOKED_AT_MAX: usize = 32;
/// Names that can be looked at whatever it took to come to them, where half of the fuel at hand is enough.
const KEPT_FOR: u64 = 16;
/// Names of each stretch that are looked at where nothing tells which of them hold the other words.
const BEST_OF_EACH: usize = 20;
/// Postings of a list that is read alone for the price of one that others are compared with.
const READ_AT_ONCE: u64 = 4;
/// Texts are gone through from their beginning to their end twice at most, however many words are looked for.
const ALIGNED: usize = 2;

/// What a word of letters leads to; `None` where there is not fuel enough to tell.
fn led_by<'k>(part: &'k Part, letters: &str, fuel: &mut Fuel) -> Option<Led<'k>> {
    let syllables = syllables_in_front(letters);
    let mut is_paid = true;
    let stretches: Vec<(&KeyIndex, Range)> = [
        (CodeKeys::Initials, letters, usize::MAX),
        (CodeKeys::InitialsInfix, letters, INITIALS_INFIX_BYTES_MAX),
        (CodeKeys::Whole, letters, usize::MAX),
        (CodeKeys::Infix, letters, CODE_INFIX_BYTES_MAX),
        (CodeKeys::Whole, syllables, usize::MAX),
        (CodeKeys::Infix, syllables, CODE_INFIX_BYTES_MAX),
    ]
    .into_iter()
    .filter_map(|(keys, letters, bytes_max)| {
        let keys = part.keys(KeyKind::Codes(SchemeNumber::PINYIN, keys));
        let letters = letters.get(..bytes_max).unwrap_or(letters);
        let mut state = keys.root();
        for &letter in letters.as_bytes() {
            is_paid &= fuel.spend(Price::KeyStep);
            state = keys.step(state, letter).filter(|_| is_paid)?;
        }
        (!letters.is_empty()).then(|| (keys, keys.below(state)))
    })
    .collect();
    is_paid.then(|| Led::new(stretches))
}

/// The best of each stretch, so that names that begin with the word are among them.
fn best_of_each(led: &Led<'_>, fuel: &mut Fuel) -> Vec<Rank> {
    if led.stretches.iter().any(|(_, range)| range.len() > BEST_OF_EACH) {
        fuel.refuse();
    }
    let mut best = Vec::with_capacity(led.stretches.len() * BEST_OF_EACH);
    for (keys, range) in &led.stretches {
        best.extend(keys.top(range.clone()).take(BEST_OF_EACH).take_while(|_| fuel.spend(Price::BestRank)));
    }
    best
}

pub(super) fn collect(parsed: &Parsed, collector: &mut Collector<'_>) -> Result<()> {
    let part = collector.part;
    let (letters, written): (Vec<&str>, Vec<&str>) =
        parsed.words.iter().map(String::as_str).partition(|word| word.is_ascii());
    let leading = letters.iter().filter(|word| word.len() >= LETTERS_MIN).take(LEADING_MAX);
    let mut led: Vec<Led<'_>> = leading.filter_map(|word| led_by(part, word, collector.fuel())).collect();
    led.sort_by_key(|led| led.count);
    let ranks = match led.as_slice() {
        [fewest, ..] if fewest.count <= LOOKED_AT_MAX => fewest.all(),
        // Hanzi tell more than letters do.
        letters if !written.is_empty() => return take_written(&written, letters.first(), parsed, collector),
        [fewest, other, ..] => {
            pay_for_both(fewest, other, collector.fuel()).unwrap_or_else(|| best_of_each(fewest, collector.fuel()))
        }
        [fewest] => best_of_each(fewest, collector.fuel()),
        [] => return Ok(()),
    };
    let mut ranks = best_known(ranks).into_iter();
    take(parsed, collector, |_| Ok(ranks.next()))
}

/// The syllables that `letters` begin with and the initial behind them, where more initials follow: `kend` of `kendjct`.
fn syllables_in_front(letters: &str) -> &str {
    let end = whole_syllables(letters.as_bytes());
    letters.get(..end).filter(|_| (SYLLABLES_MIN..letters.len()).contains(&end)).unwrap_or_default()
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
    let mut pairs: Vec<&str> = written.iter().flat_map(|word| pairs_of_hanzi(word)).collect();
    pairs.sort_unstable();
    pairs.dedup();
    let part = collector.part;
    let mut cursor = part.all_of(PostingField::Name, pairs.iter().copied());
    let mut first = Vec::with_capacity(LOOKED_AT_MAX);
    let kept = collector.fuel().hold(Price::Candidate, KEPT_FOR);
    while first.len() < LOOKED_AT_MAX
        && let Some(rank) = next_held(&mut cursor, 1, collector.fuel(), |_| true)?
    {
        first.push(rank);
    }
    let are_all = first.len() < LOOKED_AT_MAX && collector.fuel().affords(Price::Posting);
    collector.fuel().release(kept);
    let letters = letters.filter(|letters| !are_all && pay_for_reading(letters.count, collector.fuel()));
    let Some(letters) = letters else {
        let mut first = first.into_iter();
        return take(parsed, collector, |fuel| match first.next() {
            Some(rank) => Ok(Some(rank)),
            None => next_held(&mut cursor, 1, fuel, |_| true),
        });
    };
    // The filter leaves less than other hanzi would: the rarest pair is read alone.
    let filter = Filter::of(letters);
    let mut cursor = part.all_of(PostingField::Name, pairs.iter().copied()).unfiltered_up_to(u32::MAX);
    take(parsed, collector, |fuel| next_held(&mut cursor, READ_AT_ONCE, fuel, |rank| filter.passes(rank)))
}

/// The next rank of `cursor` that `passes`; `at_once` postings are read for the price of one.
fn next_held(
    cursor: &mut PostingCursor<'_>,
    at_once: u64,
    fuel: &mut Fuel,
    passes: impl Fn(Rank) -> bool,
) -> Result<Option<Rank>> {
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

fn judge(part: &Part, rank: Rank, parsed: &Parsed, fuel: &mut Fuel) -> Verdict {
    let pinyin = part.lexicon().pinyin();
    let holds_all = |text: &str| parsed.words.iter().all(|word| text.contains(word.as_str()));
    if part.texts(rank).any(holds_all) {
        // These are words as they are written.
        return None;
    }
    // The official name comes first; callers leave out the region in front of it.
    let core_start = part.brief(rank).shape.core_start();
    let fits = part.texts(rank).enumerate().filter_map(|(at, text)| {
        if !(0..ALIGNED).all(|_| fuel.spend(Price::Aligned)) {
            return None;
        }
        let fits = find_apart(&parsed.word_patterns, text, pinyin)?;
        Some(fits.iter().any(|fit| fit.start == 0 || at == 0 && fit.start == core_start))
    });
    // Of several texts, one that begins with a word.
    fits.max().map(Match::spelled_words)
}
