//! Keys of syllables of which some were typed whole, some by their initial, the last as far as it got.

use super::shared_steps::SharedSteps;
use crate::index::{KeyIndex, KeyState};
use crate::listing::is_hanzi;
use crate::query::fuel::{Fuel, Price};
use crate::text::{Spelling, syllables_from};

/// Places a walk has open at one letter at most.
const OPEN_MAX: usize = 40;

/// A syllable, and by how many letters of what was typed it may have been typed; 0 where there is no such way.
type Way<'t> = (&'t [u8], [usize; 3]);

/// Letters that stand for syllables, of which some are known, and every way to take them.
#[derive(Debug, Clone)]
pub(in crate::query) struct Syllables<'t> {
    letters: &'t [u8],
    places: Vec<Place<'t>>,
}

/// One place among the letters.
#[derive(Debug, Clone, Default)]
struct Place<'t> {
    /// The syllables that may begin here.
    ways: Vec<Way<'t>>,
    /// By how many letters one may have been typed, whichever it is.
    lengths: Vec<usize>,
    /// Whether the rest can be taken for syllables and digits.
    goes_on: bool,
}

impl<'t> Syllables<'t> {
    /// Letters of which nothing is known.
    pub(in crate::query) fn typed(letters: &'t str) -> Syllables<'t> {
        Syllables::new(letters.as_bytes(), |_| 0)
    }

    /// `text` as it is spelled: the syllables of its hanzi are known.
    pub(in crate::query) fn spelled(text: &str, spelling: &'t Spelling) -> Syllables<'t> {
        let letters = spelling.letters.as_bytes();
        let starts = spelling.letter_starts.iter().map(|&at| at as usize);
        let ends = starts.clone().skip(1).chain([letters.len()]);
        let mut known = vec![0; letters.len()];
        for ((c, start), end) in text.chars().zip(starts).zip(ends) {
            if let Some(known) = known.get_mut(start).filter(|_| is_hanzi(c)) {
                *known = end.saturating_sub(start);
            }
        }
        Syllables::new(letters, |at| known.get(at).copied().unwrap_or(0))
    }

    /// `letters`, of which `known` tells for every one how many of a known syllable begin with it; 0 where none is
    /// known to begin.
    fn new(letters: &'t [u8], known: impl Fn(usize) -> usize) -> Syllables<'t> {
        // From the last one on, so that what lies ahead is known.
        let mut places: Vec<Place<'t>> = Vec::with_capacity(letters.len());
        for at in (0..letters.len()).rev() {
            let rest = letters.get(at..).unwrap_or_default();
            let is_ahead = |length: usize| {
                let behind = rest.len().checked_sub(length + 1);
                length == rest.len() || behind.and_then(|behind| places.get(behind)).is_some_and(|place| place.goes_on)
            };
            let place = Place::new(rest, known(at), is_ahead);
            places.push(place);
        }
        places.reverse();
        Syllables { letters, places }
    }
}

impl<'t> Place<'t> {
    /// The place in front of `rest`, of which the first `known` letters are a known syllable; `is_ahead` tells whether
    /// what lies behind so many letters can be taken for syllables.
    fn new(rest: &'t [u8], known: usize, is_ahead: impl Fn(usize) -> bool) -> Place<'t> {
        let mut ways: Vec<Way<'t>> = Vec::new();
        if known > 0 {
            ways.push((rest.get(..known).unwrap_or(rest), [known, 0, 0]));
        } else if let Some(&first) = rest.first() {
            let syllables = syllables_from(first).iter().map(|syllable| syllable.as_bytes());
            ways.extend(syllables.map(|syllable| (syllable, lengths_of(syllable, rest))));
        }
        let mut lengths: Vec<usize> = Vec::with_capacity(4);
        for length in ways.iter().flat_map(|(_, lengths)| lengths) {
            if *length > 0 && !lengths.contains(length) {
                lengths.push(*length);
            }
        }
        let is_digit = rest.first().is_some_and(u8::is_ascii_digit);
        let goes_on = is_digit && is_ahead(1) || lengths.iter().any(|length| is_ahead(*length));
        if lengths.is_empty() {
            // No syllable begins so: a Latin letter or digit.
            lengths.push(1);
        }
        lengths.sort_unstable();
        Place { ways, lengths, goes_on }
    }
}

/// Places in an index of joined syllables, whose keys are cut behind `key_bytes_max`, where what was typed may end;
/// `None` when there are more ways than it is worth to follow.
pub(in crate::query) fn by_syllables(
    keys: &KeyIndex,
    typed: &Syllables<'_>,
    key_bytes_max: usize,
    fuel: &mut Fuel,
) -> Option<Vec<KeyState>> {
    let letters = typed.letters;
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
        let (rest, place) = (letters.get(at..)?, typed.places.get(at)?);
        let is_last = place.lengths.contains(&rest.len()) && !place.ways.is_empty();
        let leads_on = |length: &usize| {
            (1..rest.len()).contains(length) && typed.places.get(at + length).is_some_and(|place| place.goes_on)
        };
        // A syllable typed by its initial where what follows begins none is no way: most of those that begin so.
        let ways: Vec<&Way<'_>> = place.ways.iter().filter(|(_, lengths)| lengths.iter().any(leads_on)).collect();
        keys.ask_ahead(here.iter().map(|(state, _)| state));
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
                for length in lengths.iter().filter(|length| leads_on(length)) {
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

/// Places in an index of initials where what was typed may end.
pub(in crate::query) fn by_initials(
    keys: &KeyIndex,
    typed: &Syllables<'_>,
    initials_max: usize,
    fuel: &mut Fuel,
) -> Vec<KeyState> {
    let letters = typed.letters;
    let mut open: Vec<Vec<(KeyState, usize)>> = vec![Vec::new(); letters.len() + 1];
    if let Some(first) = open.first_mut() {
        first.push((keys.root(), 0));
    }
    let mut found = Vec::new();
    for at in 0..letters.len() {
        let here = open.get_mut(at).map(std::mem::take).unwrap_or_default();
        let Some(&initial) = letters.get(at) else { break };
        if here.is_empty() {
            continue;
        }
        let Some(lengths) = typed.places.get(at).map(|place| &place.lengths) else { break };
        keys.ask_ahead(here.iter().map(|(state, _)| state));
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
            for length in lengths {
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

/// By how many letters of `rest` a syllable may have been typed: its initial, `zh` `ch` `sh`, all of it or what
/// there is; 0 where there is no such way.
fn lengths_of(syllable: &[u8], rest: &[u8]) -> [usize; 3] {
    let common = syllable.iter().zip(rest).take_while(|(a, b)| a == b).count();
    let initial = if common > 1 && syllable.get(1) == Some(&b'h') { 2 } else { 0 };
    let as_far = if common == syllable.len() || common == rest.len() { common } else { 0 };
    [1, initial, as_far]
}

fn push_new<T: PartialEq>(states: &mut Vec<T>, state: Option<T>) {
    if let Some(state) = state.filter(|state| !states.contains(state)) {
        states.push(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Folded, Lexicon, spellings};

    fn lengths<'s>(syllables: &'s Syllables<'_>) -> Vec<&'s [usize]> {
        syllables.places.iter().map(|place| place.lengths.as_slice()).collect()
    }

    #[test]
    fn only_ways_that_lead_to_the_end_go_on() {
        let typed = Syllables::typed("zhuy");
        // u begins no syllable, so z and zh are no ways; y may be begun.
        assert_eq!(typed.places.iter().map(|place| place.goes_on).collect::<Vec<_>>(), [true, true, false, true]);
        assert_eq!(lengths(&typed), [&[1, 2, 3][..], &[1, 2], &[1], &[1]]);
        assert!(!Syllables::typed("guv").places[0].goes_on);
        assert!(Syllables::typed("g8").places[0].goes_on);
    }

    #[test]
    fn syllables_of_hanzi_are_known() {
        let folded = Folded::new("中山yiy");
        let spelled = spellings(Lexicon::built_in().pinyin(), &folded, 1);
        let syllables = Syllables::spelled(folded.text(), &spelled[0]);
        assert_eq!(syllables.letters, b"zhongshanyiy");
        assert_eq!(lengths(&syllables)[0], [5]);
        assert_eq!(lengths(&syllables)[5], [4]);
        assert_eq!(lengths(&syllables)[9], [1, 2], "y, yi");
    }
}
