//! Letters with one slip: `guanzghou`, `starbuks`.

use crate::index::{KeyKind, PINYIN_INFIX_BYTES_MAX, Range};
use crate::query::MatchKind;
use crate::query::collect::Collector;
use crate::query::parse::Parsed;
use crate::query::rank::{Extent, Match};
use crate::query::walk::one_edit;

pub(super) fn collect(parsed: &Parsed, collector: &mut Collector<'_>) {
    let Some(letters) = parsed.letters.as_ref().map(String::as_bytes) else { return };
    for (kind, whole) in [(KeyKind::Pinyin, true), (KeyKind::PinyinInfix, false)] {
        // Keys from later syllables are cut; one letter may be missing from what was typed.
        let letters = if whole { letters } else { letters.get(..PINYIN_INFIX_BYTES_MAX - 1).unwrap_or(letters) };
        let keys = collector.part.keys(kind);
        let states = one_edit(keys, letters, collector.fuel());
        let any = !states.is_empty();
        if whole {
            let exact: Vec<Range> = states.iter().map(|state| keys.whole(*state)).collect();
            collector.take_all(keys, &exact, Match::new(MatchKind::Typo, Extent::Whole));
        }
        let below: Vec<Range> = states.iter().map(|state| keys.below(*state)).collect();
        let extent = if whole { Extent::Start } else { Extent::Within };
        collector.take_all(keys, &below, Match::new(MatchKind::Typo, extent));
        if any {
            return;
        }
    }
}
