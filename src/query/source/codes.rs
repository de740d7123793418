//! Codes of a reading scheme, however far they are typed: joined pinyin `guangzhoujiujia`, and initials `gzjj`.
//!
//! Keys are joined letters, so xian and xi'an, half a syllable and half a letter need no parsing. Codes and initials
//! have the same three: whole keys, keys from the beginning, keys from a later character.

use crate::index::{CODE_INFIX_BYTES_MAX, CodeKeys, INITIALS_INFIX_BYTES_MAX, KeyKind, Part, Range, Rank};
use crate::query::MatchKind;
use crate::query::collect::Collector;
use crate::query::fuel::{Fuel, Price};
use crate::query::parse::Parsed;
use crate::query::pattern::Pattern;
use crate::query::rank::{Extent, Match, Most};
use crate::text::{Folded, INFIX_SPELLINGS_MAX, SchemeNumber, Spelling, spellings};

/// One of the two ways to spell a name in a scheme.
pub(super) struct Way {
    /// Keys of whole names and of what follows a region.
    whole: CodeKeys,
    /// Keys from every later character on.
    infix: CodeKeys,
    /// Where those keys are cut.
    infix_bytes_max: usize,
    /// The letters of a spelled name, and where its characters begin.
    spelled: Spelled,
}

/// Letters of a spelled name, and where its characters begin.
type Spelled = fn(&Spelling) -> (&str, &[u32]);

/// By all of the codes.
pub(super) const WHOLE: Way = Way {
    whole: CodeKeys::Whole,
    infix: CodeKeys::Infix,
    infix_bytes_max: CODE_INFIX_BYTES_MAX,
    spelled: |spelling| (&spelling.letters, &spelling.letter_starts),
};

/// By their initials.
pub(super) const INITIALS: Way = Way {
    whole: CodeKeys::Initials,
    infix: CodeKeys::InitialsInfix,
    infix_bytes_max: INITIALS_INFIX_BYTES_MAX,
    spelled: |spelling| (&spelling.initials, &spelling.initial_starts),
};

/// Offers the names whose spelling in `scheme` holds what was typed at the start of a character.
pub(super) fn collect(way: &Way, scheme: SchemeNumber, parsed: &Parsed, collector: &mut Collector<'_>) {
    let Some(typed) = parsed.letters.as_deref() else { return };
    let kind = match way.whole {
        CodeKeys::Initials => MatchKind::Initials,
        _ if scheme == SchemeNumber::PINYIN => MatchKind::Pinyin,
        _ => MatchKind::Code,
    };
    let found = |extent| Match::new(kind, extent).by(scheme);
    let part = collector.part;
    let whole = part.keys(KeyKind::Codes(scheme, way.whole));
    let (exact, longer) = whole.exact_and_longer(typed.as_bytes());
    collector.take_all(whole, &[exact], found(Extent::Whole));
    collector.take_all(whole, &[longer], found(Extent::Start));
    let infix = part.keys(KeyKind::Codes(scheme, way.infix));
    let within = found(Extent::Within);
    if typed.len() <= way.infix_bytes_max {
        collector.take_all(infix, &[infix.prefix(typed.as_bytes())], within);
        return;
    }
    // The keys are cut. Where there is one that begins what was typed, of all stretches that are as long as a key
    // the one with the fewest ranks is looked through; those that begin inside a code are no keys.
    let stretches: Vec<Range> =
        typed.as_bytes().windows(way.infix_bytes_max).map(|window| infix.prefix(window)).collect();
    if stretches.first().is_none_or(|first| first.is_empty()) {
        return;
    }
    let fewest = stretches.into_iter().filter(|range| !range.is_empty()).min_by_key(|range| range.len());
    collector.take_best(infix, &[fewest.unwrap_or(0..0)], Most::Match(within), |part, rank, fuel| {
        is_spelled(part, rank, (typed, &parsed.pattern), (scheme, way.spelled), fuel).then_some(within)
    });
}

/// Whether a word or character of a name of `rank` begins what was typed: what a cut key cannot tell.
///
/// Spelling a name by its words is dear, so in pinyin its characters are looked at first.
fn is_spelled(
    part: &Part,
    rank: Rank,
    (typed, pattern): (&str, &Pattern),
    (number, spelled): (SchemeNumber, Spelled),
    fuel: &mut Fuel,
) -> bool {
    let (pinyin, scheme) = (part.lexicon().pinyin(), part.lexicon().scheme(number));
    let may_fit = |text: &str| number != SchemeNumber::PINYIN || pattern.find(text, pinyin).is_some();
    part.texts(rank).any(|text| {
        if !fuel.spend(Price::Aligned) || !may_fit(text) || !fuel.spend(Price::Spelling) {
            return false;
        }
        let folded = Folded::new(text);
        spellings(scheme, &folded, INFIX_SPELLINGS_MAX).iter().any(|spelling| {
            let (letters, starts) = spelled(spelling);
            let begins = |at: u32| letters.get(at as usize..).is_some_and(|rest| rest.starts_with(typed));
            folded.units().iter().zip(starts).any(|(unit, &at)| unit.starts_word && begins(at))
        })
    })
}
