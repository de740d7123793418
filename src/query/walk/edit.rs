//! Keys that begin with what was typed but for one letter: one too many, one missing, a wrong one, two swapped.

use crate::index::{KeyIndex, KeyState};
use crate::query::fuel::{Fuel, Price};

/// The places in `keys` behind `letters` with exactly one edit before their end.
///
/// Beside the exact path every place costs its children twice: the walks behind them mostly end at once.
pub(in crate::query) fn one_edit(keys: &KeyIndex, letters: &[u8], fuel: &mut Fuel) -> Vec<KeyState> {
    let mut found: Vec<KeyState> = Vec::new();
    let mut exact = keys.root();
    for (at, &letter) in letters.iter().enumerate() {
        let rest = letters.get(at + 1..).unwrap_or_default();
        // The letter is one too many.
        found.extend(follow(keys, exact, rest, fuel));
        if let Some((&next, behind)) = rest.split_first().filter(|(next, _)| **next != letter) {
            let swapped = keys.steps(exact, &[next, letter]);
            found.extend(swapped.and_then(|state| follow(keys, state, behind, fuel)));
        }
        for (other, state) in keys.children(exact) {
            if !fuel.spend(Price::KeyStep) {
                return found;
            }
            // A letter is missing, or this one is wrong.
            found.extend(follow(keys, state, letters.get(at..).unwrap_or_default(), fuel));
            if other != letter {
                found.extend(follow(keys, state, rest, fuel));
            }
        }
        match keys.step(exact, letter) {
            Some(state) => exact = state,
            None => break,
        }
    }
    let as_typed = keys.steps(keys.root(), letters);
    found.retain(|state| Some(*state) != as_typed);
    found.dedup();
    found
}

/// The place `letters` further.
fn follow(keys: &KeyIndex, state: KeyState, letters: &[u8], fuel: &mut Fuel) -> Option<KeyState> {
    letters.iter().try_fold(state, |state, &letter| {
        if !fuel.spend(Price::KeyStep) {
            return None;
        }
        keys.step(state, letter)
    })
}
