//! What pinyin and initials have in common: whole keys, keys from the beginning, keys from a later syllable.

use crate::index::{KeyKind, Part, Rank};
use crate::query::MatchKind;
use crate::query::collect::Collector;
use crate::query::fuel::{Fuel, Price};
use crate::query::rank::Extent;
use crate::text::{Folded, Spelling, spellings};

/// One of the two ways to spell a name.
pub(super) struct Scheme {
    pub(super) kind: MatchKind,
    /// Keys of whole names and of what follows a region.
    pub(super) whole: KeyKind,
    /// Keys from every later syllable on.
    pub(super) infix: KeyKind,
    /// Where those keys are cut.
    pub(super) infix_bytes_max: usize,
    /// This scheme's letters of a spelled name.
    pub(super) letters: fn(&Spelling) -> &str,
}

/// Offers the names whose spelling holds `typed` at the start of a syllable.
pub(super) fn collect(scheme: &Scheme, typed: &str, collector: &mut Collector<'_>) {
    let part = collector.part;
    let whole = part.keys(scheme.whole);
    let kind = scheme.kind;
    collector.take_best(whole, whole.exact(typed.as_bytes()), |_, _, _| Some((kind, Extent::Whole)));
    collector.take_best(whole, whole.prefix(typed.as_bytes()), |_, _, _| Some((kind, Extent::Start)));
    let infix = part.keys(scheme.infix);
    let cut = typed.get(..scheme.infix_bytes_max).unwrap_or(typed);
    let is_cut = cut.len() < typed.len();
    collector.take_best(infix, infix.prefix(cut.as_bytes()), |part, rank, fuel| {
        let holds = !is_cut || is_spelled(part, rank, typed, scheme.letters, fuel);
        holds.then_some((kind, Extent::Within))
    });
}

/// Whether a name of `rank` is spelled with `typed` in it: what a cut key could not tell.
fn is_spelled(part: &Part, rank: Rank, typed: &str, letters: fn(&Spelling) -> &str, fuel: &mut Fuel) -> bool {
    const SPELLINGS_MAX: usize = 2;
    part.texts(rank).any(|text| {
        fuel.spend(Price::Spelling)
            && spellings(&Folded::new(text), SPELLINGS_MAX).iter().any(|spelling| letters(spelling).contains(typed))
    })
}
