//! Names of which a caller keeps some characters, in order.
//!
//! Most are said from the beginning of the name or of its core, and an index of their own leads to those. The others
//! are among the names with all of the characters, which are many: the best known of them are looked through.

use std::collections::BTreeSet;

use super::CHECKED_MAX;
use crate::Result;
use crate::index::{Part, PostingField, Rank, short_form_term};
use crate::query::collect::Collector;
use crate::query::fuel::Price;
use crate::query::parse::Parsed;
use crate::query::plan::Reach;
use crate::query::rank::{Match, Most};
use crate::query::short_form::Alignment;

/// Names that hold the characters in order, the most popular first, of which the best is sought: more find nothing
/// better.
const HITS_MAX: u16 = 1_000;
/// What looking from the beginning may cost, and from anywhere: two frequent characters that rarely meet must not keep
/// the operator waiting.
const SHARE_MAX: u64 = 8_000;
const SHARE_WITHIN_MAX: u64 = 4_000;

pub(super) fn collect(parsed: &Parsed, reach: Reach, collector: &mut Collector<'_>) -> Result<()> {
    let Some(short_form) = &parsed.short_form else { return Ok(()) };
    let [first, later @ ..] = short_form.chars() else { return Ok(()) };
    // What is said from the beginning is found there.
    let judge = |part: &Part, rank| {
        let found = aligned(parsed, part, rank)?;
        (reach == Reach::Beginning || found.terms.name_start == 0.0).then(|| Match::short_form(found))
    };
    match reach {
        Reach::Beginning => {
            collector.limit_share(SHARE_MAX);
            for is_likely in [true, false] {
                let terms: BTreeSet<String> =
                    later.iter().map(|&later| short_form_term(*first, later, is_likely)).collect();
                let cursor = collector
                    .part
                    .all_of(PostingField::ShortForm, terms.iter().map(String::as_str))
                    .unfiltered_up_to(CHECKED_MAX);
                let most = Most::ShortForm(short_form);
                collector
                    .take_promising(cursor, most, (HITS_MAX, Price::ShortForm), |part, rank, _| judge(part, rank))?;
            }
            Ok(())
        }
        Reach::Within => {
            collector.limit_share(SHARE_WITHIN_MAX);
            let terms: BTreeSet<String> = short_form.chars().iter().map(char::to_string).collect();
            let cursor = collector
                .part
                .all_of(PostingField::Name, terms.iter().map(String::as_str))
                .unfiltered_up_to(CHECKED_MAX);
            let most = Most::ShortFormWithin(short_form);
            collector.take_promising(cursor, most, (HITS_MAX, Price::ShortForm), |part, rank, _| judge(part, rank))
        }
    }
}

/// How what was typed lies in the official name of `rank` as a short form.
pub(super) fn aligned(parsed: &Parsed, part: &Part, rank: Rank) -> Option<Alignment> {
    let (name, shape) = part.spoken_name(rank);
    parsed.short_form.as_ref()?.align(name, shape)
}
