//! Hanzi typed for others that sound the same: 广洲九家 for 广州酒家.

use crate::index::{KeyKind, Part, Rank};
use crate::query::MatchKind;
use crate::query::collect::{Collector, Verdict};
use crate::query::parse::Parsed;
use crate::query::plan::Reach;
use crate::query::rank::{Extent, Match, Most};
use crate::text::SchemeNumber;

pub(super) fn collect(parsed: &Parsed, reach: Reach, collector: &mut Collector<'_>) {
    let spelled = parsed.spelled(collector.lexicon);
    let typed: Vec<char> = parsed.text.chars().collect();
    let keys = collector.part.keys(KeyKind::Codes(SchemeNumber::PINYIN, reach.code_keys()));
    let letters = spelled.iter().map(|spelling| spelling.letters.as_bytes());
    // What is longer than a key cannot be compared with all of it.
    let states: Vec<_> = letters
        .filter(|letters| reach.comparable(letters, 0) == *letters)
        .filter_map(|letters| keys.steps(keys.root(), letters))
        .collect();
    if reach == Reach::Beginning {
        let exact = keys.whole_all(&states);
        let most = Match::new(MatchKind::Homophone, Extent::Whole);
        collector.take_sure(keys, &exact, Most::Match(most), |part, rank, _| judge(part, rank, &typed, Extent::Whole));
    }
    let below = keys.below_all(&states);
    let most = Match::new(MatchKind::Homophone, reach.extent());
    collector.take_sure(keys, &below, Most::Match(most), |part, rank, _| judge(part, rank, &typed, reach.extent()));
}

/// What hanzi that stand for others are worth less where they are so few: two syllables begin many names.
pub(super) fn doubt(chars: usize) -> f32 {
    if chars <= 2 { 1.5 } else { 0.0 }
}

/// The more characters of the name are others than were typed, the less it is worth.
fn judge(part: &Part, rank: Rank, typed: &[char], extent: Extent) -> Verdict {
    let others = part.texts(rank).map(|text| others_of(typed, text)).min()?;
    Some(Match::new(MatchKind::Homophone, extent).less_by(others).less(doubt(typed.len())))
}

/// How many of the characters typed are others in `text`, where it agrees best.
fn others_of(typed: &[char], text: &str) -> u8 {
    let mut fewest = typed.len();
    let mut from = text;
    while !from.is_empty() {
        let same = typed.iter().zip(from.chars()).filter(|(a, b)| **a == *b).count();
        fewest = fewest.min(typed.len() - same);
        let mut chars = from.chars();
        chars.next();
        from = chars.as_str();
    }
    fewest.min(usize::from(u8::MAX)) as u8
}
