//! Keys that begin with what was typed but for one letter: one too many, one missing, a wrong one, two swapped.

use crate::index::{KeyIndex, KeyState};
use crate::query::fuel::{Fuel, Price};

/// The places in `keys` behind `letters` with exactly one edit before their end.
///
/// Beside the exact path every place costs its children once: the walks behind them mostly end at once. The last places
/// of that path come first: what was mistyped there is why it ends.
pub(in crate::query) fn one_edit(keys: &KeyIndex, letters: &[u8], fuel: &mut Fuel) -> Vec<KeyState> {
    let mut found: Vec<KeyState> = Vec::new();
    let mut exact = Vec::with_capacity(letters.len() + 1);
    exact.push(keys.root());
    for &letter in letters {
        let next = exact.last().and_then(|state| keys.step(*state, letter));
        match next.filter(|_| fuel.spend(Price::KeyStep)) {
            Some(next) => exact.push(next),
            None => break,
        }
    }
    for (at, &state) in exact.iter().enumerate().take(letters.len()).rev() {
        let Some((&letter, rest)) = letters.get(at..).and_then(|left| left.split_first()) else { continue };
        // The letter is one too many.
        let mut open = vec![(state, rest)];
        if let Some((&next, behind)) = rest.split_first().filter(|(next, _)| **next != letter) {
            let swapped = keys.steps(state, &[next, letter]);
            open.extend(swapped.map(|state| (state, behind)));
        }
        for (other, state) in keys.children(state) {
            if !fuel.spend(Price::KeyStep) {
                return found;
            }
            // A letter is missing, or this one is wrong.
            let [missing, wrong] = keys.step_two(state, letter, rest.first().copied());
            open.extend(missing.map(|state| (state, rest)));
            if other != letter {
                match rest.split_first() {
                    Some((_, behind)) => open.extend(wrong.map(|state| (state, behind))),
                    None => found.push(state),
                }
            }
        }
        follow(keys, open, &mut found, fuel);
    }
    let as_typed = keys.steps(keys.root(), letters);
    found.retain(|state| Some(*state) != as_typed);
    found.sort_unstable();
    found.dedup();
    found
}

/// Takes every place of `open` as far as its letters, letter by letter: those that get there are `found`.
fn follow(keys: &KeyIndex, mut open: Vec<(KeyState, &[u8])>, found: &mut Vec<KeyState>, fuel: &mut Fuel) {
    while !open.is_empty() {
        keys.ask_ahead(open.iter().map(|(state, _)| state));
        open.retain_mut(|(state, letters)| {
            let Some((&letter, rest)) = letters.split_first() else {
                found.push(*state);
                return false;
            };
            if !fuel.spend(Price::KeyStep) {
                return false;
            }
            let Some(next) = keys.step(*state, letter) else { return false };
            (*state, *letters) = (next, rest);
            true
        });
    }
}
