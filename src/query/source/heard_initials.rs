//! Initials of which one was heard as another: `nwm` for 龙旺门.
//!
//! Three or four initials are some names' almost always, so this cannot wait until nothing is found by those that were typed.
//! What is found so is worth less, and comes among the hits where callers ask for it much more often.

use crate::index::{CodeKeys, KeyIndex, KeyKind, KeyState};
use crate::query::MatchKind;
use crate::query::collect::Collector;
use crate::query::fuel::{Fuel, Price};
use crate::query::parse::Parsed;
use crate::query::rank::{Extent, Match};
use crate::query::walk::SoundRules;
use crate::text::SchemeNumber;

pub(super) fn collect(
    parsed: &Parsed,
    (scheme, rules): (SchemeNumber, &SoundRules<'_>),
    collector: &mut Collector<'_>,
) {
    let Some(typed) = parsed.letters.as_deref() else { return };
    let keys = collector.part.keys(KeyKind::Codes(scheme, CodeKeys::Initials));
    let states = heard(keys, typed, rules, collector.fuel());
    let found = |extent| Match::new(MatchKind::FuzzySound, extent).by(scheme).less_by(1);
    collector.take_all(keys, &keys.whole_all(&states), found(Extent::Whole));
    collector.take_all(keys, &keys.below_all(&states), found(Extent::Start));
}

/// The places behind `typed` where one of its letters is another that it is heard as.
fn heard(keys: &KeyIndex, typed: &str, rules: &SoundRules<'_>, fuel: &mut Fuel) -> Vec<KeyState> {
    let mut found: Vec<KeyState> = Vec::new();
    let mut before = keys.root();
    for at in 0..typed.len() {
        let (Some(letter), Some(rest)) = (typed.get(at..=at), typed.get(at + 1..)) else { break };
        for other in rules.initial_heard(letter) {
            let steps = (1 + rest.len()) as u64;
            if !(0..steps).all(|_| fuel.spend(Price::InitialStep)) {
                return found;
            }
            let behind = keys.steps(before, other.as_bytes()).and_then(|behind| keys.steps(behind, rest.as_bytes()));
            found.extend(behind.filter(|behind| !found.contains(behind)));
        }
        let Some(next) = keys.steps(before, letter.as_bytes()) else { break };
        before = next;
    }
    found
}
