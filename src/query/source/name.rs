//! Names and aliases from their beginning, or from behind the region in front.

use crate::index::KeyKind;
use crate::query::MatchKind;
use crate::query::collect::Collector;
use crate::query::parse::Parsed;
use crate::query::rank::{Extent, Match, Most};
use crate::query::source::short_form::aligned;

pub(super) fn collect(parsed: &Parsed, collector: &mut Collector<'_>) {
    let keys = collector.part.keys(KeyKind::Name);
    let typed = parsed.text.as_str();
    let judge = |whole: bool| {
        move |part: &crate::index::Part, rank, _: &mut _| {
            let extent = if part.texts(rank).any(|text| text == typed) {
                // Whole names have a stream of their own.
                return whole.then_some(Match::new(MatchKind::Exact, Extent::Whole));
            } else if part.all_texts(rank).starts_with(typed) || part.texts(rank).any(|text| text.starts_with(typed)) {
                Extent::Start
            } else if whole {
                Extent::WholeAfterRegion
            } else {
                Extent::StartAfterRegion
            };
            Some(Match::new(MatchKind::Prefix, extent).with_short_form(aligned(parsed, part, rank)))
        }
    };
    // Whole names first: the most popular names that merely begin so must not use up the depth.
    let (exact, longer) = keys.exact_and_longer(typed.as_bytes());
    collector.take_sure(keys, &[exact], Most::Anything, judge(true));
    let most = Most::WithShortForm(Match::new(MatchKind::Prefix, Extent::Start), parsed.short_form.as_ref());
    collector.take_sure(keys, &[longer], most, judge(false));
}
