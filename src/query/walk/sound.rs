//! Keys that sound like what was typed: syllables that callers confuse are taken for each other.

use crate::index::{KeyIndex, KeyState};
use crate::query::fuel::{Fuel, Price};
use crate::text::{ConfusablePair, SoundPlace, Syllable, syllable as syllable_of, syllables_from};

/// Places a walk has open at one letter at most.
const OPEN_MAX: usize = 48;
/// Syllables taken for another in one query at most; who confuses more is asked to say it again.
const CHANGES_MAX: u8 = 6;

/// The pairs of sounds that count as the same.
#[derive(Debug, Clone, Default)]
pub(in crate::query) struct SoundRules<'p> {
    pairs: Vec<&'p ConfusablePair>,
}

impl<'p> SoundRules<'p> {
    pub(in crate::query) fn new(pairs: impl Iterator<Item = &'p ConfusablePair>) -> SoundRules<'p> {
        SoundRules { pairs: pairs.collect() }
    }

    pub(in crate::query) fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// The syllables `syllable` may be heard as, with how many pairs stand between, itself left out.
    fn heard_as(&self, syllable: Syllable) -> Vec<(Syllable, u8)> {
        let mut heard: Vec<(String, u8)> = vec![(syllable.to_owned(), 0)];
        // One pair in front, then one behind.
        for final_too in [false, true] {
            for (known, changes) in heard.clone() {
                for other in self.pairs.iter().flat_map(|pair| exchanged(pair, &known, final_too)) {
                    if !heard.iter().any(|(known, _)| *known == other) {
                        heard.push((other, changes + 1));
                    }
                }
            }
        }
        heard.iter().skip(1).filter_map(|(other, changes)| Some((syllable_of(other)?, *changes))).collect()
    }
}

/// `syllable` with the sounds of `pair` exchanged where they stand in it, of finals only or of all else.
fn exchanged(pair: &ConfusablePair, syllable: &str, finals: bool) -> Vec<String> {
    let (first, second) = pair.letters();
    let mut others = Vec::new();
    for (from, to) in [(first, second), (second, first)] {
        match pair.place() {
            SoundPlace::Syllable if !finals && syllable == from => others.push(to.to_owned()),
            SoundPlace::Initial if !finals => {
                let Some(rest) = syllable.strip_prefix(from).filter(|_| is_initial_of(from, syllable)) else {
                    continue;
                };
                others.push(format!("{to}{rest}"));
                // u in front of another vowel is lost or won with it: hui and fei, hun and fen.
                match (from, to, rest) {
                    ("hu", _, "i") => others.push(format!("{to}ei")),
                    ("hu", _, "n") => others.push(format!("{to}en")),
                    ("hu", _, "") => others.push(format!("{to}u")),
                    (_, "hu", "ei") => others.push("hui".to_owned()),
                    (_, "hu", "en") => others.push("hun".to_owned()),
                    (_, "hu", "u") => others.push("hu".to_owned()),
                    _ => {}
                }
            }
            SoundPlace::Final if finals => {
                let initial = initial_of(syllable);
                others.extend(
                    syllable.strip_prefix(initial).filter(|rest| *rest == from).map(|_| format!("{initial}{to}")),
                );
            }
            _ => {}
        }
    }
    others
}

/// The consonants in front: `zh` in `zhang`.
fn initial_of(syllable: &str) -> &str {
    let vowel = syllable.find(['a', 'e', 'i', 'o', 'u', 'v']).unwrap_or(0);
    syllable.get(..vowel).unwrap_or_default()
}

/// Whether `sound` is what is in front of `syllable`: z is not in front of zhang.
fn is_initial_of(sound: &str, syllable: &str) -> bool {
    sound == "hu" || initial_of(syllable) == sound
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
        for syllable in syllables_from(first) {
            let bytes = syllable.as_bytes();
            let whole = rest.starts_with(bytes);
            let half = !whole && bytes.starts_with(rest);
            if whole || half {
                let length = if whole { bytes.len() } else { rest.len() };
                let itself = (rest.get(..length).unwrap_or_default(), length, 0);
                if !ways.contains(&itself) {
                    ways.push(itself);
                }
                ways.extend(rules.heard_as(syllable).into_iter().map(|(other, n)| (other.as_bytes(), length, n)));
            }
        }
        if !ways.iter().any(|(_, _, changes)| *changes == 0) {
            // No syllable: a Latin letter or a digit stands for itself.
            ways.push((rest.get(..1).unwrap_or_default(), 1, 0));
        }
        for (state, before) in here {
            for (bytes, length, more) in &ways {
                if !fuel.spend(Price::SyllableStep) {
                    return found;
                }
                let changes = before + more;
                let Some(behind) = keys.steps(state, bytes).filter(|_| changes <= CHANGES_MAX) else { continue };
                let there = if at + length == letters.len() { Some(&mut found) } else { open.get_mut(at + length) };
                if let Some(there) = there.filter(|there| !there.iter().any(|(known, _)| *known == behind)) {
                    there.push((behind, changes));
                }
            }
        }
    }
    found.retain(|(_, changes)| *changes > 0);
    found.sort_by_key(|(_, changes)| *changes);
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Confusables;

    #[test]
    fn a_syllable_is_heard_as_its_neighbours() {
        let rules = SoundRules::new(Confusables::built_in().pairs().iter());
        for (typed, others) in [
            ("zhang", ["zang", "zhan", "zan"].as_slice()),
            ("fei", &["hei", "hui"]),
            ("hua", &["fa"]),
            ("hun", &["fen"]),
            ("nan", &["lan", "nang", "lang"]),
            ("xin", &["xing"]),
            ("guang", &["guan"]),
            ("ren", &["reng", "leng"]),
        ] {
            let heard: Vec<&str> =
                rules.heard_as(syllable_of(typed).unwrap()).into_iter().map(|(other, _)| other).collect();
            for other in others {
                assert!(heard.contains(other), "{typed} is not heard as {other}, but as {heard:?}");
            }
        }
    }
}
