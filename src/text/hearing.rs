//! What every code of a scheme may be heard as, by the sounds that are confused: a syllable of pinyin as another.

use std::sync::LazyLock;

use super::confusable::{ConfusablePair, ConfusableSet, Confusables, SoundPlace};
use super::reading::Syllable;
use super::sound::every_sound;
use rustc_hash::FxHashMap;

/// A syllable that another is heard as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard {
    /// The other syllable.
    pub syllable: Syllable,
    /// The pairs that stand between.
    pub pairs: ConfusableSet,
}

/// The codes of a scheme, and for every one what it may be heard as: one pair in front, one behind, or both.
///
/// Computed once for the pairs in force, since a walk asks for dozens of codes at every letter; a query that takes
/// only some of the pairs passes the others by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hearing {
    confusables: Confusables,
    /// Every code there is, in order.
    codes: Vec<Syllable>,
    heard: FxHashMap<Syllable, Vec<Heard>>,
}

static BUILT_IN: LazyLock<Hearing> = LazyLock::new(|| Hearing::of_pinyin(Confusables::built_in().clone()));

impl Hearing {
    /// Pinyin by the built-in pairs.
    pub fn built_in() -> &'static Hearing {
        &BUILT_IN
    }

    /// Pinyin by `confusables`.
    pub(super) fn of_pinyin(confusables: Confusables) -> Hearing {
        Hearing::new(every_sound().to_vec(), confusables, initial_of)
    }

    /// `codes` by `confusables`; `initial_of` tells what is in front of a code, where pairs of initials stand. Linear
    /// in the number of codes, times the square of that of the pairs.
    ///
    /// # Examples
    /// ```
    /// use chahao::text::{ConfusablePair, Confusables, Hearing, SoundPlace};
    /// let pair = ConfusablePair::of_scheme("n", "l", SoundPlace::Initial);
    /// let hearing = Hearing::new(vec!["naam", "laam", "lam"], Confusables::of_pairs([pair]), |code| &code[..1]);
    /// let heard: Vec<&str> = hearing.of("naam").iter().map(|heard| heard.syllable).collect();
    /// assert_eq!(heard, ["laam"]);
    /// ```
    pub fn new(mut codes: Vec<Syllable>, confusables: Confusables, initial_of: fn(&str) -> &str) -> Hearing {
        codes.sort_unstable();
        codes.dedup();
        let heard = codes.iter().map(|code| (*code, heard_as(code, &codes, confusables.pairs(), initial_of)));
        Hearing { heard: heard.collect(), codes, confusables }
    }

    /// The pairs in force.
    pub fn confusables(&self) -> &Confusables {
        &self.confusables
    }

    /// Every code that begins with the letter `initial`, in order.
    #[inline]
    pub fn codes_from(&self, initial: u8) -> &[Syllable] {
        codes_from(&self.codes, initial)
    }

    /// What `syllable` may be heard as, itself left out; of several ways the one of the fewest pairs first.
    #[inline]
    pub fn of(&self, syllable: &str) -> &[Heard] {
        self.heard.get(syllable).map(Vec::as_slice).unwrap_or_default()
    }
}

/// Of `codes`, which are in order, those that begin with the letter `initial`.
#[inline]
pub(super) fn codes_from(codes: &[Syllable], initial: u8) -> &[Syllable] {
    let start = codes.partition_point(|code| code.as_bytes().first() < Some(&initial));
    let end = codes.partition_point(|code| code.as_bytes().first() <= Some(&initial));
    codes.get(start..end).unwrap_or_default()
}

fn heard_as(typed: Syllable, codes: &[Syllable], pairs: &[ConfusablePair], initial_of: fn(&str) -> &str) -> Vec<Heard> {
    let mut heard: Vec<(String, ConfusableSet)> = vec![(typed.to_owned(), ConfusableSet::default())];
    // One pair in front, then one behind.
    for final_too in [false, true] {
        for (known, set) in heard.clone() {
            for (number, pair) in pairs.iter().enumerate() {
                let others = exchanged(pair, &known, final_too, initial_of).into_iter();
                heard.extend(others.map(|other| (other, set.and(number))));
            }
        }
    }
    let others = heard.into_iter().filter(|(other, _)| *other != typed);
    let known = |other: &str| codes.binary_search(&other).ok().and_then(|at| codes.get(at)).copied();
    let mut heard: Vec<Heard> =
        others.filter_map(|(other, pairs)| Some(Heard { syllable: known(&other)?, pairs })).collect();
    heard.sort_by_key(|heard| (heard.pairs.len(), heard.syllable, heard.pairs));
    heard.dedup();
    heard
}

/// `syllable` with the sounds of `pair` exchanged where they stand in it, of finals only or of all else.
fn exchanged(pair: &ConfusablePair, syllable: &str, finals: bool, initial_of: fn(&str) -> &str) -> Vec<String> {
    let (first, second) = pair.letters();
    let mut others = Vec::new();
    for (from, to) in [(first, second), (second, first)] {
        match pair.place() {
            SoundPlace::Syllable if !finals && syllable == from => others.push(to.to_owned()),
            // What is in front as a whole: z is not in front of zhang.
            SoundPlace::Initial if !finals => {
                let Some(rest) = syllable.strip_prefix(from).filter(|_| from == "hu" || initial_of(syllable) == from)
                else {
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
