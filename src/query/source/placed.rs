//! Names among the listings of one place: the place leads to them, the text decides.
//!
//! For places of which going through names in the order of popularity would pass the listings by.

use super::in_both::{Filter, Led, pay_for_reading};
use crate::Result;
use crate::index::{CODE_INFIX_BYTES_MAX, CodeKeys, INITIALS_INFIX_BYTES_MAX, KeyKind, Part, PostingField, Rank};
use crate::query::MatchKind;
use crate::query::collect::{Collector, Verdict};
use crate::query::fuel::{Fuel, Price};
use crate::query::parse::Parsed;
use crate::query::rank::{Extent, Match, Most};
use crate::text::SchemeNumber;

pub(super) fn collect(parsed: &Parsed, collector: &mut Collector<'_>) -> Result<()> {
    collect_begun(parsed, collector)?;
    if parsed.letters.is_some() && collector.among.is_of_many && !collector.among.is_at_place {
        // Of a district of many all else is asked for by name.
        return Ok(());
    }
    let places = collector.among.terms.iter().map(|term| (PostingField::Place, term.as_str()));
    let names = super::infix::pairs_of_hanzi(&parsed.text).map(|pair| (PostingField::Name, pair));
    let cursor = collector.part.all_of_fields(places.chain(names));
    collector.take_postings(cursor, Most::Anything, |part, rank, fuel| judge(part, rank, parsed, fuel))
}

/// Takes the listings of a place of many whose names, or names from some character on, begin with the letters that were typed, in pinyin
/// or by initials: going through all of them would not come to the less known.
fn collect_begun(parsed: &Parsed, collector: &mut Collector<'_>) -> Result<()> {
    let part = collector.part;
    let begun = match &parsed.letters {
        Some(letters) if collector.among.is_of_many => Some(begun(part, letters.as_bytes())),
        _ => None,
    };
    let Some(begun) = begun.filter(|begun| begun.count > 0 && pay_for_reading(begun.count, collector.fuel())) else {
        collector.skip_stream();
        return Ok(());
    };
    let filter = Filter::of(&begun);
    let places = collector.among.terms.iter().map(|term| (PostingField::Place, term.as_str()));
    let mut cursor = part.all_of_fields(places);
    let next = |fuel: &mut Fuel| loop {
        match fuel.lend(Price::Posting, |steps| cursor.next_rank(steps))? {
            Some(rank) if !filter.passes(rank) => {}
            rank => return Ok(rank.filter(|_| fuel.spend(Price::Brief))),
        }
    };
    collector.take_next(next, Most::Anything, |part, rank, fuel| judge(part, rank, parsed, fuel))
}

/// What begins with `letters`.
fn begun<'p>(part: &'p Part, letters: &[u8]) -> Led<'p> {
    let cut = |bytes_max: usize| letters.get(..bytes_max).unwrap_or(letters);
    let of_codes = |keys, letters| (KeyKind::Codes(SchemeNumber::PINYIN, keys), letters);
    let keys = [
        (KeyKind::Name, letters),
        of_codes(CodeKeys::Whole, letters),
        of_codes(CodeKeys::Infix, cut(CODE_INFIX_BYTES_MAX)),
        of_codes(CodeKeys::Initials, letters),
        of_codes(CodeKeys::InitialsInfix, cut(INITIALS_INFIX_BYTES_MAX)),
    ];
    let stretches = keys.into_iter().map(|(kind, letters)| (part.keys(kind), part.keys(kind).prefix(letters)));
    Led::new(stretches.collect())
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
