//! Several words of a name, in any order: `酒家 广州`, `coffee starbucks`.

use memchr::memmem::Finder;

use super::CHECKED_MAX;
use crate::Result;
use crate::index::PostingField;
use crate::query::MatchKind;
use crate::query::collect::Collector;
use crate::query::parse::Parsed;
use crate::query::rank::{Extent, LATIN_WORDS_APART, Match, Most};

pub(super) fn collect(parsed: &Parsed, collector: &mut Collector<'_>) -> Result<()> {
    let words = &parsed.words;
    let terms = words.iter().flat_map(|word| super::infix::neighbours(word));
    let finders: Vec<Finder<'_>> = words.iter().map(Finder::new).collect();
    let cursor = collector.part.all_of(PostingField::Name, terms).unfiltered_up_to(CHECKED_MAX);
    let found = match parsed.has_hanzi {
        true => Match::new(MatchKind::Word, Extent::Within),
        false => Match::part_of_name(Some(parsed.chars)).less(LATIN_WORDS_APART),
    };
    collector.take_postings(cursor, Most::Match(found), |part, rank, _| {
        let holds_all = |text: &str| finders.iter().all(|finder| finder.find(text.as_bytes()).is_some());
        part.texts(rank).any(holds_all).then_some(found)
    })
}
