//! Letters or hanzi heard as others that sound nearly the same: `zongsan` for 中山.

use crate::index::{KeyKind, PINYIN_INFIX_BYTES_MAX, Range};
use crate::query::MatchKind;
use crate::query::collect::Collector;
use crate::query::parse::Parsed;
use crate::query::rank::{Extent, Match};
use crate::query::walk::{SoundRules, alike};
use crate::text::{Folded, spellings};

/// Numbers of differing sounds that are told apart: the more differ, the less the match is worth.
const DIFFERENCES: [u8; 3] = [1, 2, 3];

pub(super) fn collect(parsed: &Parsed, rules: &SoundRules<'_>, collector: &mut Collector<'_>) {
    if rules.is_empty() {
        return;
    }
    let spelled = match &parsed.letters {
        Some(letters) => letters.clone(),
        None => spellings(collector.lexicon.pinyin(), &Folded::new(&parsed.text), 1)
            .into_iter()
            .next()
            .map(|spelling| spelling.letters)
            .unwrap_or_default(),
    };
    for (kind, whole) in [(KeyKind::Pinyin, true), (KeyKind::PinyinInfix, false)] {
        let letters = spelled.as_bytes();
        // Keys from later syllables are cut: as much as all of them have is compared.
        let letters = if whole { letters } else { letters.get(..PINYIN_INFIX_BYTES_MAX - 6).unwrap_or(letters) };
        let keys = collector.part.keys(kind);
        let states = alike(keys, letters, rules, collector.fuel());
        for differences in DIFFERENCES {
            let last = differences == DIFFERENCES.len() as u8;
            let is_of = |changes: u8| changes == differences || last && changes > differences;
            let of: Vec<_> = states.iter().filter(|(_, changes)| is_of(*changes)).map(|(state, _)| *state).collect();
            let below: Vec<Range> = of.iter().map(|state| keys.below(*state)).collect();
            if whole {
                let exact: Vec<Range> = of.iter().map(|state| keys.whole(*state)).collect();
                let found = Match::new(MatchKind::FuzzySound, Extent::Whole).less_by(differences);
                collector.take_all(keys, &exact, found);
            }
            let extent = if whole { Extent::Start } else { Extent::Within };
            let found = Match::new(MatchKind::FuzzySound, extent).less_by(differences);
            collector.take_all(keys, &below, found);
        }
        if !states.is_empty() {
            return;
        }
    }
}
