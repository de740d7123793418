//! Several words of a name, in any order: `酒家 广州`, `coffee starbucks`.

use crate::Result;
use crate::index::PostingField;
use crate::query::MatchKind;
use crate::query::collect::Collector;
use crate::query::parse::Parsed;
use crate::query::rank::{Extent, Match};

pub(super) fn collect(parsed: &Parsed, collector: &mut Collector<'_>) -> Result<()> {
    let words = &parsed.words;
    let terms = words.iter().flat_map(|word| super::infix::neighbours(word));
    let cursor = collector.part.all_of(PostingField::Name, terms);
    let kind = if parsed.has_hanzi { MatchKind::Word } else { MatchKind::English };
    collector.take_postings(cursor, None, |part, rank, _| {
        let holds_all = |text: &str| words.iter().all(|word| text.contains(word.as_str()));
        part.texts(rank).any(holds_all).then_some(Match::new(kind, Extent::Within))
    })
}
