//! Names that stand inside of what was typed, whole or by their beginning.

use crate::index::KeyKind;
use crate::query::MatchKind;
use crate::query::collect::Collector;
use crate::query::parse::Parsed;
use crate::query::rank::{Extent, Match};

pub(super) fn collect(parsed: &Parsed, collector: &mut Collector<'_>) {
    let keys = collector.part.keys(KeyKind::Name);
    let name = parsed.text.as_bytes();
    collector.take_all(keys, &[keys.exact(name)], Match::new(MatchKind::Typo, Extent::Whole));
    collector.take_all(keys, &[keys.prefix(name)], Match::new(MatchKind::Typo, Extent::Start));
}
