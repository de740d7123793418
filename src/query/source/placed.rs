//! Names among the listings of one place: the place leads to them, the text decides.
//!
//! For places of few listings, where going through names in the order of popularity would pass them by.

use crate::Result;
use crate::index::{Part, PostingField, Rank};
use crate::query::MatchKind;
use crate::query::collect::{Collector, Verdict};
use crate::query::fuel::{Fuel, Price};
use crate::query::parse::Parsed;
use crate::query::rank::{Extent, Match, Most};

pub(super) fn collect(parsed: &Parsed, collector: &mut Collector<'_>) -> Result<()> {
    let places = collector.among.terms.iter().map(|term| (PostingField::Place, term.as_str()));
    let names = super::infix::pairs_of_hanzi(&parsed.text).map(|pair| (PostingField::Name, pair));
    let cursor = collector.part.all_of_fields(places.chain(names));
    collector.take_postings(cursor, Most::Anything, |part, rank, fuel| judge(part, rank, parsed, fuel))
}

fn judge(part: &Part, rank: Rank, parsed: &Parsed, fuel: &mut Fuel) -> Verdict {
    let mut best: Verdict = None;
    for (at, text) in part.texts(rank).enumerate() {
        if !fuel.spend(Price::Aligned) {
            break;
        }
        let found = match text.find(&parsed.text) {
            Some(0) if text.len() == parsed.text.len() => Some(Match::new(MatchKind::Exact, Extent::Whole)),
            Some(0) => Some(Match::new(MatchKind::Prefix, Extent::Start)),
            Some(_) => Some(Match::part_of_name(parsed.latin_letters())),
            None => parsed.pattern.find(text, part.lexicon().pinyin()).map(|fit| {
                let core_start = if at == 0 { part.brief(rank).shape.core_start() } else { 0 };
                Match::new(MatchKind::Mixed, fit.extent(core_start))
            }),
        };
        best = best.into_iter().chain(found).max_by(|a, b| a.weight().total_cmp(&b.weight()));
    }
    best
}
