//! Telephone numbers: from their beginning with or without area code, and any four or more digits of them.

use crate::Result;
use crate::index::{KeyKind, NUMBER_GRAM_DIGITS, PostingField};
use crate::query::MatchKind;
use crate::query::collect::Collector;
use crate::query::parse::Parsed;
use crate::query::rank::{Extent, Match, Most};

pub(super) fn collect(parsed: &Parsed, collector: &mut Collector<'_>) -> Result<()> {
    let Some(digits) = parsed.digits.as_deref() else { return Ok(()) };
    let part = collector.part;
    let keys = part.keys(KeyKind::Number);
    collector.take_all(keys, &[keys.exact(digits.as_bytes())], Match::new(MatchKind::Number, Extent::Whole));
    collector.take_all(keys, &[keys.prefix(digits.as_bytes())], Match::new(MatchKind::Number, Extent::Start));
    if digits.len() < NUMBER_GRAM_DIGITS {
        return Ok(());
    }
    let within = Match::new(MatchKind::Number, Extent::Within);
    let grams = (0..=digits.len() - NUMBER_GRAM_DIGITS).filter_map(|at| digits.get(at..at + NUMBER_GRAM_DIGITS));
    collector.take_postings(part.all_of(PostingField::Number, grams), Most::Match(within), |part, rank, _| {
        part.is_dialled(rank, digits).unwrap_or(false).then_some(within)
    })
}
