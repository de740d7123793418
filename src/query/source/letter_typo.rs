//! Letters with one slip: `guanzghou`, `starbuks`.

use crate::query::MatchKind;
use crate::query::collect::Collector;
use crate::query::parse::Parsed;
use crate::query::plan::Reach;
use crate::query::rank::{Extent, Match};
use crate::query::walk::one_edit;

pub(super) fn collect(parsed: &Parsed, reach: Reach, collector: &mut Collector<'_>) {
    let Some(letters) = parsed.letters.as_ref().map(String::as_bytes) else { return };
    let keys = collector.part.keys(reach.pinyin_keys());
    // One letter may be missing from what was typed.
    let states = one_edit(keys, reach.comparable(letters, 1), collector.fuel());
    if reach == Reach::Beginning {
        let exact = keys.whole_all(&states);
        collector.take_all(keys, &exact, Match::new(MatchKind::Typo, Extent::Whole));
    }
    let below = keys.below_all(&states);
    collector.take_all(keys, &below, Match::new(MatchKind::Typo, reach.extent()));
}
