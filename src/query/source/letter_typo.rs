//! Letters with one slip: `guanzghou`, `starbuks`.

use crate::index::KeyKind;
use crate::query::MatchKind;
use crate::query::collect::Collector;
use crate::query::parse::Parsed;
use crate::query::plan::Reach;
use crate::query::rank::{Extent, Match};
use crate::query::walk::one_edit;
use crate::text::SchemeNumber;

pub(super) fn collect(parsed: &Parsed, scheme: SchemeNumber, reach: Reach, collector: &mut Collector<'_>) {
    let Some(letters) = parsed.letters.as_ref().map(String::as_bytes) else { return };
    let keys = collector.part.keys(KeyKind::Codes(scheme, reach.code_keys()));
    let found = |extent| Match::new(MatchKind::Typo, extent).by(scheme);
    // One letter may be missing from what was typed.
    let states = one_edit(keys, reach.comparable(letters, 1), collector.fuel());
    if reach == Reach::Beginning {
        let exact = keys.whole_all(&states);
        collector.take_all(keys, &exact, found(Extent::Whole));
    }
    let below = keys.below_all(&states);
    collector.take_all(keys, &below, found(reach.extent()));
}
