//! Keys of syllables of which some were typed whole, some by their initial, the last as far as it got.

use super::shared_steps::SharedSteps;
use crate::index::{KeyIndex, KeyState};
use crate::query::fuel::{Fuel, Price};
use crate::text::syllables_from;

/// Places a walk has open at one letter at most.
const OPEN_MAX: usize = 40;

/// Places in an index of joined syllables, whose keys are cut behind `key_bytes_max`, where `letters` may end; `None`
/// when there are more ways than it is worth to follow.
pub(in crate::query) fn by_syllables(
    keys: &KeyIndex,
    letters: &[u8],
    key_bytes_max: usize,
    fuel: &mut Fuel,
) -> Option<Vec<KeyState>> {
    // Places, and how long the keys are there.
    let mut open: Vec<Vec<(KeyState, usize)>> = vec![Vec::new(); letters.len() + 1];
    open.first_mut()?.push((keys.root(), 0));
    let mut found = Vec::new();
    for at in 0..letters.len() {
        let here = std::mem::take(open.get_mut(at)?);
        if here.is_empty() {
            continue;
        }
        if here.len() > OPEN_MAX {
            return None;
        }
        let rest = letters.get(at..)?;
        let ways: Vec<(&[u8], [usize; 3])> = ways(rest).collect();
        let is_last = ways.iter().any(|(_, lengths)| lengths.contains(&rest.len()));
        for (state, bytes) in here {
            let room = key_bytes_max - bytes;
            let mut steps = SharedSteps::new(keys, state);
            if is_last {
                // As far as it got: whatever it goes on with.
                push_new(&mut found, steps.behind(rest.get(..room).unwrap_or(rest), fuel)?);
            }
            for (syllable, lengths) in &ways {
                let whole = syllable.len() < room;
                let step = if whole { syllable } else { syllable.get(..room).unwrap_or(syllable) };
                let Some(behind) = steps.behind(step, fuel)? else { continue };
                for length in lengths.iter().filter(|length| (1..rest.len()).contains(*length)) {
                    if whole {
                        push_new(open.get_mut(at + length)?, Some((behind, bytes + step.len())));
                    } else {
                        // The keys are cut here: what follows is checked against the name.
                        push_new(&mut found, Some(behind));
                    }
                }
            }
            // Digits stand for themselves.
            if rest.first().is_some_and(u8::is_ascii_digit) && room > 0 {
                let behind = keys.steps(state, rest.get(..1)?).map(|behind| (behind, bytes + 1));
                push_new(open.get_mut(at + 1)?, behind);
            }
        }
    }
    found.extend(open.pop().into_iter().flatten().map(|(state, _)| state));
    Some(found)
}

/// Places in an index of initials where `letters` may end.
pub(in crate::query) fn by_initials(
    keys: &KeyIndex,
    letters: &[u8],
    initials_max: usize,
    fuel: &mut Fuel,
) -> Vec<KeyState> {
    let mut open: Vec<Vec<(KeyState, usize)>> = vec![Vec::new(); letters.len() + 1];
    if let Some(first) = open.first_mut() {
        first.push((keys.root(), 0));
    }
    let mut found = Vec::new();
    for at in 0..letters.len() {
        let here = open.get_mut(at).map(std::mem::take).unwrap_or_default();
        let Some((rest, &initial)) = letters.get(at..).and_then(|rest| Some((rest, rest.first()?))) else { break };
        if here.is_empty() {
            continue;
        }
        let lengths = lengths_typed(rest);
        for (state, initials) in here {
            if initials == initials_max {
                // The keys are cut here: what follows is checked against the name.
                push_new(&mut found, Some(state));
                continue;
            }
            if !fuel.spend(Price::InitialStep) {
                return found;
            }
            let Some(behind) = keys.step(state, initial) else { continue };
            for length in &lengths {
                if let Some(there) = open.get_mut(at + length).filter(|there| !there.contains(&(behind, initials + 1)))
                {
                    there.push((behind, initials + 1));
                }
            }
        }
    }
    found.extend(open.pop().into_iter().flatten().map(|(state, _)| state));
    found
}

/// The syllables `rest` may begin with, and how many letters of it each may have been typed by.
fn ways(rest: &[u8]) -> impl Iterator<Item = (&'static [u8], [usize; 3])> {
    let syllables = rest.first().map(|&first| syllables_from(first)).unwrap_or_default();
    syllables.iter().map(move |syllable| (syllable.as_bytes(), lengths_of(syllable.as_bytes(), rest)))
}

/// By how many letters of `rest` a syllable may have been typed: its initial, `zh` `ch` `sh`, all of it or what
/// there is; 0 where there is no such way.
fn lengths_of(syllable: &[u8], rest: &[u8]) -> [usize; 3] {
    let common = syllable.iter().zip(rest).take_while(|(a, b)| a == b).count();
    let initial = if common > 1 && syllable.get(1) == Some(&b'h') { 2 } else { 0 };
    let as_far = if common == syllable.len() || common == rest.len() { common } else { 0 };
    [1, initial, as_far]
}

/// By how many letters the first syllable of `rest` may have been typed, whichever it is.
fn lengths_typed(rest: &[u8]) -> Vec<usize> {
    let mut lengths: Vec<usize> = ways(rest).flat_map(|(_, lengths)| lengths).filter(|length| *length > 0).collect();
    if lengths.is_empty() {
        // No syllable begins so: a Latin letter or digit.
        lengths.push(1);
    }
    lengths.sort_unstable();
    lengths.dedup();
    lengths
}

fn push_new<T: PartialEq>(states: &mut Vec<T>, state: Option<T>) {
    if let Some(state) = state.filter(|state| !states.contains(state)) {
        states.push(state);
    }
}
