//! Names that hold what was typed anywhere.

use memchr::memmem::Finder;

use super::CHECKED_MAX;
use crate::Result;
use crate::index::{Part, PostingField, Rank};
use crate::query::collect::Collector;
use crate::query::fuel::Fuel;
use crate::query::parse::Parsed;
use crate::query::rank::{Match, Most};

/// Pairs of one text that are looked up at most.
const PAIRS_MAX: usize = 8;

pub(super) fn collect(parsed: &Parsed, collector: &mut Collector<'_>) -> Result<()> {
    let typed = parsed.text.as_str();
    let part = collector.part;
    let pairs = neighbours(typed);
    let is_one = matches!(pairs.as_slice(), [pair] if *pair == typed);
    let cursor = part.all_of(PostingField::Name, pairs.into_iter()).unfiltered_up_to(CHECKED_MAX);
    let found = Match::part_of_name(parsed.latin_letters());
    let finder = Finder::new(typed);
    let judge = |part: &Part, rank: Rank, _: &mut Fuel| {
        part.texts(rank).any(|text| finder.find(text.as_bytes()).is_some()).then_some(found)
    };
    // One pair, or one character, stands in every name that is listed under it.
    match is_one {
        true => collector.take_postings_sure(cursor, Most::Match(found), judge),
        false => collector.take_postings(cursor, Most::Match(found), judge),
    }
}

/// The pairs of neighbours of `text`, or its only character.
pub(super) fn neighbours(text: &str) -> Vec<&str> {
    let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    if ends.len() <= 2 {
        return vec![text];
    }
    // Of a long text some pairs, evenly spread, do: what is found is compared with all of it.
    let step = ends.len().div_ceil(PAIRS_MAX);
    let mut pairs: Vec<&str> =
        ends.windows(3).step_by(step).filter_map(|three| text.get(*three.first()?..*three.last()?)).collect();
    pairs.sort_unstable();
    pairs.dedup();
    pairs
}

/// The pairs of neighbours of what `text` has between its letters and digits.
pub(in crate::query) fn pairs_of_hanzi(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_ascii()).filter(|piece| !piece.is_empty()).flat_map(neighbours)
}

#[cfg(test)]
mod tests {
    use super::neighbours;

    #[test]
    fn a_text_is_asked_for_by_its_pairs() {
        assert_eq!(neighbours("酒"), ["酒"]);
        assert_eq!(neighbours("州酒家"), ["州酒", "酒家"]);
        assert_eq!(neighbours("aaab"), ["aa", "ab"]);
    }
}
