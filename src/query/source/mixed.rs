//! Syllables typed whole, by their initial or half (`gangdxc`), and hanzi mixed with letters (`中山yiy`).

use crate::Result;
use crate::index::{INITIALS_INFIX_BYTES_MAX, KeyKind, KeyState, PostingField, Range, Rank};
use crate::query::MatchKind;
use crate::query::collect::{Collector, Verdict};
use crate::query::fuel::Fuel;
use crate::query::parse::Parsed;
use crate::query::pattern::Pattern;
use crate::query::rank::{Extent, Match};
use crate::query::walk::{by_initials, by_syllables};
use crate::text::{Folded, spellings};

/// Ranks it is cheaper to look at one by one than to walk the syllables for.
const LOOKED_AT_MAX: u32 = 150;

pub(super) fn collect(parsed: &Parsed, collector: &mut Collector<'_>) -> Result<()> {
    if let Some(letters) = &parsed.letters {
        collect_letters(letters, &parsed.pattern, collector);
        return Ok(());
    }
    // What hanzi and letters sound like together is rarer than the hanzi alone.
    // One way to read them, however many there are: streams are numbered.
    for spelling in spellings(collector.lexicon.pinyin(), &Folded::new(&parsed.text), 1).into_iter().take(1) {
        collect_letters(&spelling.letters, &parsed.pattern, collector);
    }
    // The hanzi lead to the names too, as many as stand together; the pattern decides.
    let hanzi: Vec<&str> = parsed.text.split(|c: char| c.is_ascii()).filter(|piece| !piece.is_empty()).collect();
    let pairs = hanzi.iter().flat_map(|piece| super::infix::neighbours(piece));
    let cursor = collector.part.all_of(PostingField::Name, pairs);
    collector.take_postings(cursor, None, |part, rank, _| judge(part, rank, &parsed.pattern))
}

fn collect_letters(letters: &str, pattern: &Pattern, collector: &mut Collector<'_>) {
    let letters = letters.as_bytes();
    for (syllables, initials, initials_max) in [
        (KeyKind::Pinyin, KeyKind::Initials, usize::MAX),
        (KeyKind::PinyinInfix, KeyKind::InitialsInfix, INITIALS_INFIX_BYTES_MAX),
    ] {
        let keys = collector.part.keys(initials);
        let states = by_initials(keys, letters, initials_max, collector.fuel());
        let ranges: Vec<Range> = states.into_iter().map(|state| keys.below(state)).collect();
        let many = ranges.iter().map(|range| range.len() as u32).sum::<u32>() > LOOKED_AT_MAX;
        let walked: Option<Vec<KeyState>> = match many {
            true => by_syllables(collector.part.keys(syllables), letters, collector.fuel()),
            false => None,
        };
        let judge = |part: &crate::index::Part, rank, _: &mut Fuel| judge(part, rank, pattern);
        match walked {
            Some(states) => {
                let keys = collector.part.keys(syllables);
                let ranges: Vec<Range> = states.into_iter().map(|state| keys.below(state)).collect();
                collector.take_best(keys, &ranges, Some(Match::new(MatchKind::Mixed, Extent::Whole)), judge);
            }
            None => collector.take_best(keys, &ranges, Some(Match::new(MatchKind::Mixed, Extent::Whole)), judge),
        }
    }
}

/// Whether a text of `rank` fits the pattern.
fn judge(part: &crate::index::Part, rank: Rank, pattern: &Pattern) -> Verdict {
    let fit = part.texts(rank).find_map(|text| pattern.find(text, part.lexicon().pinyin()))?;
    Some(Match::new(MatchKind::Mixed, fit.extent()))
}
