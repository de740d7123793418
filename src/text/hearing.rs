//! What every syllable may be heard as, by the sounds that are confused.

use std::sync::LazyLock;

use super::confusable::{ConfusablePair, ConfusableSet, Confusables, SoundPlace};
use super::reading::Syllable;
use super::syllable::{every_syllable, syllable};
use rustc_hash::FxHashMap;

/// A syllable that another is heard as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard {
    /// The other syllable.
    pub syllable: Syllable,
    /// The pairs that stand between.
    pub pairs: ConfusableSet,
}

/// For every syllable what it may be heard as: one pair in front, one behind, or both.
///
/// Computed once for the pairs in force, since a walk asks for dozens of syllables at every letter; a query that
/// takes only some of the pairs passes the others by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hearing {
    heard: FxHashMap<Syllable, Vec<Heard>>,
}

static BUILT_IN: LazyLock<Hearing> = LazyLock::new(|| Hearing::new(Confusables::built_in().pairs()));

impl Hearing {
    /// By the built-in pairs.
    pub fn built_in() -> &'static Hearing {
        &BUILT_IN
    }

    /// By `pairs`, whose places are their bits.
    pub(super) fn new(pairs: &[ConfusablePair]) -> Hearing {
        Hearing { heard: every_syllable().map(|syllable| (syllable, heard_as(syllable, pairs))).collect() }
    }

    /// What `syllable` may be heard as, itself left out; of several ways the one of the fewest pairs first.
    #[inline]
    pub fn of(&self, syllable: &str) -> &[Heard] {
        self.heard.get(syllable).map(Vec::as_slice).unwrap_or_default()
    }
}

fn heard_as(typed: Syllable, pairs: &[ConfusablePair]) -> Vec<Heard> {
    let mut heard: Vec<(String, ConfusableSet)> = vec![(typed.to_owned(), ConfusableSet::default())];
    // One pair in front, then one behind.
    for final_too in [false, true] {
        for (known, set) in heard.clone() {
            for (number, pair) in pairs.iter().enumerate() {
                let others = exchanged(pair, &known, final_too).into_iter();
                heard.extend(others.map(|other| (other, set.and(number))));
            }
        }
    }
    let others = heard.into_iter().filter(|(other, _)| *other != typed);
    let mut heard: Vec<Heard> =
        others.filter_map(|(other, pairs)| Some(Heard { syllable: syllable(&other)?, pairs })).collect();
    heard.sort_by_key(|heard| (heard.pairs.len(), heard.syllable, heard.pairs));
    heard.dedup();
    heard
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_syllable_is_heard_as_its_neighbours() {
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
            let heard: Vec<&str> = Hearing::built_in().of(typed).iter().map(|heard| heard.syllable).collect();
            for other in others {
                assert!(heard.contains(other), "{typed} is not heard as {other}, but as {heard:?}");
            }
            assert!(!heard.contains(&typed), "{heard:?}");
        }
    }

    #[test]
    fn what_a_syllable_is_heard_as_tells_by_which_pairs() {
        let known = Confusables::built_in();
        let zan = Hearing::built_in().of("zhang").iter().find(|heard| heard.syllable == "zan");
        let names: Vec<String> = known.of(zan.map(|heard| heard.pairs).unwrap_or_default()).map(|p| p.name()).collect();
        assert_eq!(names, ["zh/z", "an/ang"]);
    }
}
