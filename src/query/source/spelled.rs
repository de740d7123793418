//! What pinyin and initials have in common: whole keys, keys from the beginning, keys from a later syllable.

use crate::index::{KeyKind, Part, Range, Rank};
use crate::query::MatchKind;
use crate::query::collect::Collector;
use crate::query::fuel::{Fuel, Price};
use crate::query::pattern::Pattern;
use crate::query::rank::{Extent, Match, Most};
use crate::text::{Folded, INFIX_SPELLINGS_MAX, Spelling, spellings};

/// One of the two ways to spell a name.
pub(super) struct Scheme {
    pub(super) kind: MatchKind,
    /// Keys of whole names and of what follows a region.
    pub(super) whole: KeyKind,
    /// Keys from every later syllable on.
    pub(super) infix: KeyKind,
    /// Where those keys are cut.
    pub(super) infix_bytes_max: usize,
    /// This scheme's letters of a spelled name, and where its syllables begin.
    pub(super) spelled: Spelled,
}

/// Letters of a spelled name, and where its syllables begin.
type Spelled = fn(&Spelling) -> (&str, &[u32]);

/// Offers the names whose spelling holds `typed` at the start of a syllable.
pub(super) fn collect(scheme: &Scheme, typed: &str, pattern: &Pattern, collector: &mut Collector<'_>) {
    let part = collector.part;
    let whole = part.keys(scheme.whole);
    let kind = scheme.kind;
    collector.take_all(whole, &[whole.exact(typed.as_bytes())], Match::new(kind, Extent::Whole));
    collector.take_all(whole, &[whole.prefix(typed.as_bytes())], Match::new(kind, Extent::Start));
    let infix = part.keys(scheme.infix);
    let within = Match::new(kind, Extent::Within);
    if typed.len() <= scheme.infix_bytes_max {
        collector.take_all(infix, &[infix.prefix(typed.as_bytes())], within);
        return;
    }
    // The keys are cut. Where there is one that begins what was typed, of all stretches that are as long as a key
    // the one with the fewest ranks is looked through; those that begin inside a syllable are no keys.
    let stretches: Vec<Range> =
        typed.as_bytes().windows(scheme.infix_bytes_max).map(|window| infix.prefix(window)).collect();
    if stretches.first().is_none_or(|first| first.is_empty()) {
        return;
    }
    let fewest = stretches.into_iter().filter(|range| !range.is_empty()).min_by_key(|range| range.len());
    collector.take_best(infix, &[fewest.unwrap_or(0..0)], Most::Match(within), |part, rank, fuel| {
        is_spelled(part, rank, (typed, pattern), scheme.spelled, fuel).then_some(within)
    });
}

/// Whether a word or syllable of a name of `rank` begins what was typed: what a cut key cannot tell.
///
/// Spelling a name by its words is dear, so its characters are looked at first.
fn is_spelled(part: &Part, rank: Rank, (typed, pattern): (&str, &Pattern), spelled: Spelled, fuel: &mut Fuel) -> bool {
    part.texts(rank).any(|text| {
        if !fuel.spend(Price::Aligned)
            || pattern.find(text, part.lexicon().pinyin()).is_none()
            || !fuel.spend(Price::Spelling)
        {
            return false;
        }
        let folded = Folded::new(text);
        spellings(part.lexicon().pinyin(), &folded, INFIX_SPELLINGS_MAX).iter().any(|spelling| {
            let (letters, starts) = spelled(spelling);
            let begins = |at: u32| letters.get(at as usize..).is_some_and(|rest| rest.starts_with(typed));
            folded.units().iter().zip(starts).any(|(unit, &at)| unit.starts_word && begins(at))
        })
    })
}
