//! Hanzi with one slip: one missing, one too many, a wrong one, two swapped.
//!
//! A slip spares most pairs of neighbours. If it spares the rarest one, the name has that pair; if not, it has
//! every pair out of its reach, and every character but one of those two: three intersections lead to all names
//! with one slip, and the text decides.

use super::CHECKED_MAX;
use crate::Result;
use crate::index::{Part, PostingField, Rank};
use crate::query::MatchKind;
use crate::query::collect::{Collector, Verdict};
use crate::query::fuel::{Fuel, Price};
use crate::query::parse::Parsed;
use crate::query::rank::{Extent, Match, Most};

/// Pairs a slip may touch on either side of one it touches.
const REACH: usize = 2;

pub(super) fn collect(parsed: &Parsed, collector: &mut Collector<'_>) -> Result<()> {
    let typed: Vec<char> = parsed.text.chars().collect();
    for terms in leads(&typed, &parsed.text, collector.part) {
        let cursor =
            collector.part.all_of(PostingField::Name, terms.iter().map(String::as_str)).unfiltered_up_to(CHECKED_MAX);
        let most = Most::Match(Match::new(MatchKind::Typo, Extent::Whole));
        collector.take_postings(cursor, most, |part, rank, fuel| judge(part, rank, &typed, fuel))?;
    }
    Ok(())
}

/// Sets of terms: a name with one slip has all of at least one set.
fn leads(typed: &[char], text: &str, part: &Part) -> Vec<Vec<String>> {
    let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let stretch = |from: usize, to: usize| Some(text.get(*ends.get(from)?..*ends.get(to)?)?.to_owned());
    let pairs: Vec<String> = (0..typed.len()).filter_map(|at| stretch(at, at + 2)).collect();
    let count = |at: &usize| pairs.get(*at).map_or(0, |pair| part.postings_of(PostingField::Name, pair));
    let Some(rarest) = (0..pairs.len()).min_by_key(count) else { return Vec::new() };
    let far = pairs.iter().enumerate().filter(|(at, _)| at.abs_diff(rarest) > REACH);
    let far: Vec<String> = far.map(|(_, pair)| pair.clone()).collect();
    let all_but = |wrong: usize| {
        let others = (0..typed.len()).filter(|at| *at != wrong).filter_map(|at| stretch(at, at + 1));
        far.iter().cloned().chain(others).collect()
    };
    vec![pairs.get(rarest).into_iter().cloned().collect(), all_but(rarest), all_but(rarest + 1)]
}

fn judge(part: &Part, rank: Rank, typed: &[char], fuel: &mut Fuel) -> Verdict {
    part.texts(rank).find_map(|text| {
        if !fuel.spend(Price::Aligned) {
            return None;
        }
        let chars: Vec<char> = text.chars().collect();
        let (start, end) = one_slip(typed, &chars)?;
        let extent = match (start, end == chars.len()) {
            (0, true) => Extent::Whole,
            (0, false) => Extent::Start,
            _ => Extent::Within,
        };
        Some(Match::new(MatchKind::Typo, extent).less(doubt(typed.len())))
    })
}

/// What a slip in so few characters is worth less: many names differ in one of three.
fn doubt(chars: usize) -> f32 {
    match chars {
        0..=3 => 1.5,
        4 => 0.5,
        _ => 0.0,
    }
}

/// Where `typed` stands in `text` with exactly one slip.
fn one_slip(typed: &[char], text: &[char]) -> Option<(usize, usize)> {
    (0..text.len()).find_map(|start| {
        let rest = text.get(start..)?;
        let same = typed.iter().zip(rest).take_while(|(a, b)| a == b).count();
        // Nothing is gained where the slip is the very first thing that is said of a later part.
        if same == 0 && start > 0 {
            return None;
        }
        let (typed, rest) = (typed.get(same..)?, rest.get(same..)?);
        let at = start + same;
        let [first, behind @ ..] = typed else { return None };
        let is_next =
            |wanted: &[char], skipped: usize| rest.get(skipped..).is_some_and(|rest| rest.starts_with(wanted));
        if is_next(typed, 1) {
            // One is missing from what was typed.
            return Some((start, at + 1 + typed.len()));
        }
        if let ([second, later @ ..], [a, b, ..]) = (behind, rest)
            && second == a
            && first == b
            && is_next(later, 2)
        {
            return Some((start, at + typed.len()));
        }
        if is_next(behind, 1) && !rest.is_empty() {
            return Some((start, at + typed.len()));
        }
        is_next(behind, 0).then_some((start, at + behind.len()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slip(typed: &str, text: &str) -> Option<(usize, usize)> {
        one_slip(&typed.chars().collect::<Vec<_>>(), &text.chars().collect::<Vec<_>>())
    }

    #[test]
    fn one_slip_is_seen_wherever_it_is() {
        for (typed, text, expected) in [
            ("广酒家", "广州酒家", Some((0, 4))),
            ("广州大酒家", "广州酒家", Some((0, 4))),
            ("广洲酒家", "广州酒家", Some((0, 4))),
            ("州广酒家", "广州酒家", Some((0, 4))),
            ("黄州酒家", "广州酒家", Some((0, 4))),
            ("广州家酒", "广州酒家", Some((0, 4))),
            ("广州酒店", "广州酒家", Some((0, 4))),
            ("酒家总点", "广州酒家总店", Some((2, 6))),
            ("广州酒家", "广州酒家", None),
            ("黄洲酒家", "广州酒家", None),
        ] {
            assert_eq!(slip(typed, text), expected, "{typed} {text}");
        }
    }
}
