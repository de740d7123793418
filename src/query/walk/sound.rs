//! Keys that sound like what was typed: syllables that callers confuse are taken for each other.

use super::shared_steps::SharedSteps;
use crate::index::{KeyIndex, KeyState};
use crate::query::fuel::Fuel;
use crate::text::{
    ConfusablePair, ConfusableSet, FuzzySounds, Hearing, Lexicon, SchemeNumber, SoundPlace, Syllable, syllable,
};

/// Places a walk has open at one letter at most.
const OPEN_MAX: usize = 48;
/// Syllables taken for another in one query at most; who confuses more is asked to say it again.
const CHANGES_MAX: u8 = 6;

/// Which sounds count as the same, in every reading scheme.
#[derive(Debug)]
pub(in crate::query) struct Rules<'h> {
    pinyin: SoundRules<'h>,
    /// Those of the schemes beside it.
    further: Vec<SoundRules<'h>>,
}

impl<'h> Rules<'h> {
    /// What `sounds` asks for of the schemes of `lexicon`.
    pub(in crate::query) fn new(lexicon: &'h Lexicon, sounds: &FuzzySounds) -> Rules<'h> {
        let rules = |hearing: &'h Hearing| SoundRules { hearing, pairs: hearing.confusables().those_of(sounds) };
        let further = lexicon.further().further().map(|(_, scheme)| rules(scheme.hearing()));
        Rules { pinyin: rules(lexicon.scheme(SchemeNumber::PINYIN).hearing()), further: further.collect() }
    }

    /// Those of one scheme.
    pub(in crate::query) fn of(&self, scheme: SchemeNumber) -> &SoundRules<'h> {
        let further = scheme.index().checked_sub(1).and_then(|at| self.further.get(at));
        further.unwrap_or(&self.pinyin)
    }
}

/// Which sounds of one scheme count as the same.
#[derive(Debug, Clone, Copy)]
pub(in crate::query) struct SoundRules<'h> {
    hearing: &'h Hearing,
    pairs: ConfusableSet,
}

impl<'h> SoundRules<'h> {
    pub(in crate::query) fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// The syllables that letters which are one may be heard as, with how many pairs stand between.
    pub(in crate::query) fn heard(&self, letters: &str) -> impl Iterator<Item = (Syllable, u8)> {
        syllable(letters).into_iter().flat_map(|syllable| self.heard_as(syllable))
    }

    /// The first letters that the letter `initial`, which stands for a syllable, may be heard as.
    pub(in crate::query) fn initial_heard(&self, initial: &str) -> impl Iterator<Item = &'h str> {
        let pairs = self.hearing.confusables().of(self.pairs).filter(|pair| pair.place() == SoundPlace::Initial);
        let of_pair = move |pair: &'h ConfusablePair| {
            let first = |letters: &'h str| letters.get(..1).unwrap_or_default();
            let (one, other) = pair.letters();
            let (one, other) = (first(one), first(other));
            match () {
                () if one == other => None,
                () if one == initial => Some(other),
                () if other == initial => Some(one),
                () => None,
            }
        };
        pairs.filter_map(of_pair)
    }

    /// The syllables `syllable` may be heard as, with how many pairs stand between, itself left out.
    fn heard_as(&self, syllable: Syllable) -> impl Iterator<Item = (Syllable, u8)> {
        let heard = self.hearing.of(syllable).iter().filter(|heard| heard.pairs.is_within(self.pairs));
        heard.map(|heard| (heard.syllable, heard.pairs.len() as u8))
    }
}

/// The places in `keys` behind syllables that sound like `letters`, with how many sounds differ; what is
/// spelled the same is left out.
pub(in crate::query) fn alike(
    keys: &KeyIndex,
    letters: &[u8],
    rules: &SoundRules<'_>,
    fuel: &mut Fuel,
) -> Vec<(KeyState, u8)> {
    let mut open: Vec<Vec<(KeyState, u8)>> = vec![Vec::new(); letters.len() + 1];
    if let Some(first) = open.first_mut() {
        first.push((keys.root(), 0));
    }
    let mut found: Vec<(KeyState, u8)> = Vec::new();
    for at in 0..letters.len() {
        let mut here = open.get_mut(at).map(std::mem::take).unwrap_or_default();
        let Some((rest, first)) = letters.get(at..).and_then(|rest| Some((rest, *rest.first()?))) else { break };
        if here.is_empty() {
            continue;
        }
        here.sort_unstable_by_key(|(_, changes)| *changes);
        here.truncate(OPEN_MAX);
        let mut ways: Vec<(&[u8], usize, u8)> = Vec::new();
        for syllable in rules.hearing.codes_from(first) {
            let bytes = syllable.as_bytes();
            let whole = rest.starts_with(bytes);
            let half = !whole && bytes.starts_with(rest);
            if whole || half {
                let length = if whole { bytes.len() } else { rest.len() };
                let itself = (rest.get(..length).unwrap_or_default(), length, 0);
                if !ways.contains(&itself) {
                    ways.push(itself);
                }
                ways.extend(rules.heard_as(syllable).map(|(other, n)| (other.as_bytes(), length, n)));
            }
        }
        if !ways.iter().any(|(_, _, changes)| *changes == 0) {
            // No syllable: a Latin letter or a digit stands for itself.
            ways.push((rest.get(..1).unwrap_or_default(), 1, 0));
        }
        ways.sort_unstable();
        keys.ask_ahead(here.iter().map(|(state, _)| state));
        for (state, before) in here {
            let mut steps = SharedSteps::new(keys, state);
            for (bytes, length, more) in &ways {
                let changes = before + more;
                if changes > CHANGES_MAX {
                    continue;
                }
                let Some(behind) = steps.behind(bytes, fuel) else { return found };
                let there = if at + length == letters.len() { Some(&mut found) } else { open.get_mut(at + length) };
                let (Some(behind), Some(there)) = (behind, there) else { continue };
                match there.iter_mut().find(|(known, _)| *known == behind) {
                    Some((_, known)) => *known = changes.min(*known),
                    None => there.push((behind, changes)),
                }
            }
        }
    }
    found.retain(|(_, changes)| *changes > 0);
    found.sort_by_key(|(_, changes)| *changes);
    found
}
