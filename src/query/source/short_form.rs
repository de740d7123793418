//! Names of which a caller keeps some characters, in order.

use crate::Result;
use crate::index::{Part, PostingField, Rank};
use crate::query::collect::Collector;
use crate::query::fuel::Price;
use crate::query::parse::Parsed;
use crate::query::rank::{Match, Most};
use crate::query::short_form::Alignment;

/// Names that hold the characters in order, the most popular first, of which the best is sought: more find nothing
/// better.
const HITS_MAX: usize = 1_000;
/// What the walk may cost: two frequent characters that rarely meet must not keep the operator waiting.
const SHARE_MAX: u64 = 12_000;

pub(super) fn collect(parsed: &Parsed, collector: &mut Collector<'_>) -> Result<()> {
    let Some(short_form) = &parsed.short_form else { return Ok(()) };
    let mut characters: Vec<String> = short_form.chars().iter().map(char::to_string).collect();
    characters.sort_unstable();
    characters.dedup();
    let cursor = collector.part.all_of(PostingField::Name, characters.iter().map(String::as_str));
    collector.limit_share(SHARE_MAX);
    collector.take_postings_deep(cursor, Most::ShortForm(short_form), (HITS_MAX, Price::ShortForm), |part, rank, _| {
        aligned(parsed, part, rank).map(Match::short_form)
    })
}

/// How what was typed lies in the official name of `rank` as a short form.
pub(super) fn aligned(parsed: &Parsed, part: &Part, rank: Rank) -> Option<Alignment> {
    let (name, shape) = part.spoken_name(rank);
    parsed.short_form.as_ref()?.align(name, shape)
}
