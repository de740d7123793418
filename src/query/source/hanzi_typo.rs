//! Hanzi with one slip: one missing, one too many, a wrong one, two swapped.
//!
//! A slip spares most pairs of neighbours. If it spares the rarest one, the name has that pair. If not, one of its two characters
//! is wrong or too many, and the name has every pair but those it stands in; or it is swapped with its neighbour, and the name
//! has every character, and every pair but those the two stand in. So a few intersections lead to all names with one slip, and
//! the text decides.

use std::ops::Range;

use super::CHECKED_MAX;
use crate::Result;
use crate::index::{KeyIndex, KeyKind, KeyState, Part, PostingField, Rank};
use crate::query::MatchKind;
use crate::query::collect::{Collector, Verdict};
use crate::query::fuel::{Fuel, Price};
use crate::query::parse::Parsed;
use crate::query::rank::{Extent, Match, Most};

/// Terms of one set that are looked up at most: the rarest leave little for the others to remove.
const OPENED_MAX: usize = 4;

pub(super) fn collect(parsed: &Parsed, collector: &mut Collector<'_>) -> Result<()> {
    let typed: Vec<char> = parsed.text.chars().collect();
    take_swapped(&typed, collector);
    if !typed.iter().all(|_| collector.fuel().spend(Price::Term)) {
        return Ok(());
    }
    for terms in leads(&typed, &parsed.text, collector.part) {
        if !terms.iter().all(|_| collector.fuel().spend(Price::Term)) {
            break;
        }
        let cursor =
            collector.part.all_of(PostingField::Name, terms.iter().map(String::as_str)).unfiltered_up_to(CHECKED_MAX);
        let most = Most::Match(Match::new(MatchKind::Typo, Extent::Whole));
        collector.take_postings(cursor, most, |part, rank, fuel| judge(part, rank, &typed, fuel))?;
    }
    Ok(())
}

/// Takes the names that begin with what was typed but for two characters, which are swapped: there are so few of these
/// beginnings that each is looked up.
fn take_swapped(typed: &[char], collector: &mut Collector<'_>) {
    let keys = collector.part.keys(KeyKind::Name);
    let mut swapped: Vec<KeyState> = Vec::new();
    // Where the characters lead that are spared.
    let mut spared = keys.root();
    for (first, two) in typed.windows(2).enumerate() {
        if let [one, other] = two
            && one != other
        {
            let behind = typed.iter().skip(first + 2);
            swapped.extend(led_to(keys, spared, [other, one].into_iter().chain(behind), collector.fuel()));
        }
        let Some(next) = led_to(keys, spared, two.iter().take(1), collector.fuel()) else { break };
        spared = next;
    }
    let found = |extent| Match::new(MatchKind::Typo, extent).less(doubt(typed.len()));
    collector.take_all(keys, &keys.whole_all(&swapped), found(Extent::Whole));
    collector.take_all(keys, &keys.below_all(&swapped), found(Extent::Start));
}

/// Where `chars` lead from `state` on, if any key goes on so and there is fuel enough.
fn led_to<'c>(
    keys: &KeyIndex,
    mut state: KeyState,
    chars: impl Iterator<Item = &'c char>,
    fuel: &mut Fuel,
) -> Option<KeyState> {
    let mut bytes = [0; 4];
    for c in chars {
        for &byte in c.encode_utf8(&mut bytes).as_bytes() {
            state = keys.step(state, byte).filter(|_| fuel.spend(Price::KeyStep))?;
        }
    }
    Some(state)
}

/// Sets of terms, each of which some name has: a name with one slip has all of at least one set.
fn leads(typed: &[char], text: &str, part: &Part) -> Vec<Vec<String>> {
    let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let stretch = |from: usize, to: usize| Some(text.get(*ends.get(from)?..*ends.get(to)?)?.to_owned());
    let pairs: Vec<(String, u32)> = (0..typed.len())
        .filter_map(|at| stretch(at, at + 2))
        .map(|pair| {
            let count = part.postings_of(PostingField::Name, &pair);
            (pair, count)
        })
        .collect();
    let Some(rarest) = (0..pairs.len()).min_by_key(|at| pairs.get(*at).map(|(_, count)| *count)) else {
        return Vec::new();
    };
    // The pairs from `touched` on are not what was meant, nor is the character `wrong`.
    let spared = |touched: Range<usize>, wrong: Option<usize>| {
        let is_spared = |at: usize| !touched.contains(&at) && pairs.get(at).is_some();
        let spared = pairs.iter().enumerate().filter(|(at, _)| is_spared(*at)).map(|(_, pair)| pair);
        // A pair no name has leads to none; of many the rarest tell.
        let mut spared =
            spared.map(|(pair, count)| (*count > 0).then_some((*count, pair))).collect::<Option<Vec<_>>>()?;
        spared.sort_unstable();
        let is_in_pair = |at: usize| is_spared(at) || at.checked_sub(1).is_some_and(is_spared);
        let others = (0..typed.len()).filter(|at| Some(*at) != wrong && !is_in_pair(*at));
        let pairs = spared.into_iter().map(|(_, pair)| pair.clone());
        let terms: Vec<String> = pairs.chain(others.filter_map(|at| stretch(at, at + 1))).take(OPENED_MAX).collect();
        (!terms.is_empty()).then_some(terms)
    };
    let alone = pairs.get(rarest).filter(|(_, count)| *count > 0).map(|(pair, _)| vec![pair.clone()]);
    let wrong = [rarest, rarest + 1].map(|at| spared(at.saturating_sub(1)..at + 1, Some(at)));
    let swapped = [rarest.checked_sub(1), Some(rarest), Some(rarest + 1)].map(|first| {
        let first = first.filter(|first| first + 1 < typed.len())?;
        spared(first.saturating_sub(1)..first + 2, None)
    });
    alone.into_iter().chain(wrong.into_iter().flatten()).chain(swapped.into_iter().flatten()).collect()
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
