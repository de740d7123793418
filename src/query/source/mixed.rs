//! Syllables typed whole, by their initial or half (`gangdxc`), and hanzi mixed with letters (`中山yiy`).

use crate::Result;
use crate::index::{CODE_INFIX_BYTES_MAX, CodeKeys, INITIALS_INFIX_BYTES_MAX, KeyKind, Part, PostingField, Rank};
use crate::query::MatchKind;
use crate::query::collect::{Collector, Verdict};
use crate::query::parse::Parsed;
use crate::query::pattern::Pattern;
use crate::query::rank::{Extent, Match, Most};
use crate::query::walk::{Syllables, by_initials, by_syllables};
use crate::text::SchemeNumber;

/// Ranks with such initials up to which it is cheaper to look at each than to walk the syllables.
const LOOKED_AT_MAX: usize = 60;

pub(super) fn collect(parsed: &Parsed, collector: &mut Collector<'_>) -> Result<()> {
    if let Some(letters) = &parsed.letters {
        collect_letters(&Syllables::typed(letters), &parsed.pattern, collector);
        return Ok(());
    }
    // What hanzi and letters sound like together is rarer than the hanzi alone.
    // One way to read them, however many there are: streams are numbered.
    for spelling in parsed.spelled(collector.lexicon).iter().take(1) {
        collect_letters(&Syllables::spelled(&parsed.text, spelling), &parsed.pattern, collector);
    }
    // The hanzi lead to the names too, as many as stand together; the pattern decides.
    let cursor = collector.part.all_of(PostingField::Name, super::infix::pairs_of_hanzi(&parsed.text));
    collector.take_postings(cursor, most(), |part, rank, _| judge(part, rank, &parsed.pattern))
}

fn collect_letters(typed: &Syllables<'_>, pattern: &Pattern, collector: &mut Collector<'_>) {
    for (syllables, syllables_max, initials, initials_max) in [
        (CodeKeys::Whole, usize::MAX, CodeKeys::Initials, usize::MAX),
        (CodeKeys::Infix, CODE_INFIX_BYTES_MAX, CodeKeys::InitialsInfix, INITIALS_INFIX_BYTES_MAX),
    ] {
        let [syllables, initials] =
            [syllables, initials].map(|keys| collector.part.keys(KeyKind::Codes(SchemeNumber::PINYIN, keys)));
        let (mut keys, mut states) = (initials, by_initials(initials, typed, initials_max, collector.fuel()));
        let listings: usize = keys.below_all(&states).iter().map(|range| range.len()).sum();
        if listings > LOOKED_AT_MAX
            && let Some(walked) = by_syllables(syllables, typed, syllables_max, collector.fuel())
        {
            (keys, states) = (syllables, walked);
        }
        collector.take_best(keys, &keys.below_all(&states), most(), |part, rank, _| judge(part, rank, pattern));
    }
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
