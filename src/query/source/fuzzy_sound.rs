//! Letters or hanzi heard as others that sound nearly the same: `zongsan` for 中山.

use super::homophone::doubt;
use crate::index::KeyKind;
use crate::query::MatchKind;
use crate::query::collect::Collector;
use crate::query::parse::Parsed;
use crate::query::plan::Reach;
use crate::query::rank::{Extent, Match};
use crate::query::walk::{SoundRules, alike};
use crate::text::SchemeNumber;

/// Numbers of differing sounds that are told apart: the more differ, the less the match is worth.
const DIFFERENCES: [u8; 3] = [1, 2, 3];
/// Letters by which a sound that is confused may be longer, over all syllables of a cut key.
const LETTERS_MISSING_MAX: usize = 6;

pub(super) fn collect(
    parsed: &Parsed,
    (scheme, rules): (SchemeNumber, &SoundRules<'_>),
    reach: Reach,
    collector: &mut Collector<'_>,
) {
    if rules.is_empty() {
        return;
    }
    let spelled = match &parsed.letters {
        Some(letters) => letters.as_str(),
        None => parsed.spelled(collector.lexicon).first().map_or("", |spelling| &spelling.letters),
    };
    let keys = collector.part.keys(KeyKind::Codes(scheme, reach.code_keys()));
    // Sounds that are confused differ by some letters.
    let states = alike(keys, reach.comparable(spelled.as_bytes(), LETTERS_MISSING_MAX), rules, collector.fuel());
    let doubt = if parsed.has_hanzi { doubt(parsed.chars) } else { 0.0 };
    for differences in DIFFERENCES {
        let last = differences == DIFFERENCES.len() as u8;
        let is_of = |changes: u8| changes == differences || last && changes > differences;
        let found = |extent| Match::new(MatchKind::FuzzySound, extent).by(scheme).less_by(differences).less(doubt);
        let of: Vec<_> = states.iter().filter(|(_, changes)| is_of(*changes)).map(|(state, _)| *state).collect();
        if reach == Reach::Beginning {
            let exact = keys.whole_all(&of);
            collector.take_all(keys, &exact, found(Extent::Whole));
        }
        let below = keys.below_all(&of);
        collector.take_all(keys, &below, found(reach.extent()));
    }
}
