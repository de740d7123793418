//! Sounds that callers, or the operators who hear them, confuse: 黄 and 王, 南 and 兰, 是 and 四.
//!
//! [`Confusables`] lists the pairs in force: the built-in ones, then those the desk has added. A query picks a
//! [`ConfusableSet`] of them, by [`FuzzySounds`].

use std::borrow::Cow;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::syllable::{is_final, is_initial, syllable};
use crate::listing::Invalid;
use crate::{Error, Result};

/// Pairs in force at most, the built-in ones included: one bit each in a [`ConfusableSet`].
pub const CONFUSABLE_PAIRS_MAX: usize = 64;

/// Where in a syllable the letters of a pair stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SoundPlace {
    /// In front: `zh` in `zhang`. Of `hu` the `u` counts with what is in front: `hui` and `fei`, `huang` and `fang`.
    Initial,
    /// All that follows the initial: `uan` in `guan`, which is no `an`.
    Final,
    /// The whole syllable: `wang`.
    Syllable,
}

/// The built-in pairs, by speakers of Cantonese, Hakka, Teochew, Sichuan and Wu heard speaking Mandarin.
const BUILT_IN: [(&str, &str, SoundPlace); 13] = [
    ("zh", "z", SoundPlace::Initial),
    ("ch", "c", SoundPlace::Initial),
    ("sh", "s", SoundPlace::Initial),
    ("n", "l", SoundPlace::Initial),
    ("f", "h", SoundPlace::Initial),
    ("r", "l", SoundPlace::Initial),
    ("r", "y", SoundPlace::Initial),
    ("an", "ang", SoundPlace::Final),
    ("en", "eng", SoundPlace::Final),
    ("in", "ing", SoundPlace::Final),
    ("uan", "uang", SoundPlace::Final),
    ("ian", "iang", SoundPlace::Final),
    ("hu", "f", SoundPlace::Initial),
];

static BUILT_IN_PAIRS: LazyLock<Confusables> = LazyLock::new(|| {
    let pair =
        |(first, second, place)| ConfusablePair { first: Cow::Borrowed(first), second: Cow::Borrowed(second), place };
    Confusables { pairs: BUILT_IN.into_iter().map(pair).collect() }
});

/// Two sounds that are confused with each other, either way.
///
/// # Examples
/// ```
/// use chahao::text::{ConfusablePair, SoundPlace};
/// let pair = ConfusablePair::parse("wang/huang")?;
/// assert_eq!((pair.letters(), pair.place()), (("wang", "huang"), SoundPlace::Syllable));
/// assert_eq!(ConfusablePair::parse("zz/qq").unwrap_err().code, "unknown_sound");
/// # Ok::<(), chahao::listing::Invalid>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ConfusablePair {
    first: Cow<'static, str>,
    second: Cow<'static, str>,
    place: SoundPlace,
}

impl ConfusablePair {
    /// Reads `a/b`: two initials, two finals or two syllables, the initials and finals of pinyin going before
    /// syllables that are spelled alike.
    ///
    /// # Errors
    /// `bad_pair` unless there are two different sounds; `unknown_sound` where they are no sounds of one kind.
    pub fn parse(name: &str) -> Result<ConfusablePair, Invalid> {
        let name = name.trim().to_ascii_lowercase();
        let two = name.split_once('/').map(|(first, second)| (first.trim(), second.trim()));
        let Some((first, second)) = two.filter(|(first, second)| first != second) else {
            let reason = format!("two different sounds parted by a slash, such as wang/huang; it is {name:?}");
            return Err(Invalid::new("pair", "bad_pair", reason));
        };
        if let Some(pair) = BUILT_IN_PAIRS.pairs.iter().find(|pair| pair.is_of(first, second)) {
            return Ok(pair.clone());
        }
        let are = |is: fn(&str) -> bool| is(first) && is(second);
        let place = if are(is_initial) {
            SoundPlace::Initial
        } else if are(is_final) {
            SoundPlace::Final
        } else if are(|sound| syllable(sound).is_some()) {
            SoundPlace::Syllable
        } else {
            let reason = format!("two initials, two finals or two syllables of pinyin; it is {name:?}");
            return Err(Invalid::new("pair", "unknown_sound", reason));
        };
        Ok(ConfusablePair { first: Cow::Owned(first.to_owned()), second: Cow::Owned(second.to_owned()), place })
    }

    /// Two sounds of another scheme than pinyin, or two codes of it.
    pub fn of_scheme(first: &'static str, second: &'static str, place: SoundPlace) -> ConfusablePair {
        ConfusablePair { first: Cow::Borrowed(first), second: Cow::Borrowed(second), place }
    }

    /// Reads `a/b` as a query names a pair, whichever scheme it is of.
    fn named(name: &str) -> Result<ConfusablePair, Invalid> {
        ConfusablePair::parse(name).or_else(|invalid| {
            let name = name.trim().to_ascii_lowercase();
            let plain = |sound: &&str| !sound.is_empty() && sound.bytes().all(|byte| byte.is_ascii_alphanumeric());
            let two = name.split_once('/').filter(|(first, second)| first != second);
            let (first, second) = two.filter(|(first, second)| plain(first) && plain(second)).ok_or(invalid)?;
            // Where they stand is told by the pair in force that it names.
            let (first, second) = (Cow::Owned(first.to_owned()), Cow::Owned(second.to_owned()));
            Ok(ConfusablePair { first, second, place: SoundPlace::Syllable })
        })
    }

    /// Its stable name: `zh/z`.
    pub fn name(&self) -> String {
        format!("{}/{}", self.first, self.second)
    }

    /// The letters of both sounds.
    pub fn letters(&self) -> (&str, &str) {
        (&self.first, &self.second)
    }

    /// Where in a syllable they stand.
    pub fn place(&self) -> SoundPlace {
        self.place
    }

    /// Whether it is of these two sounds, in either order.
    fn is_of(&self, one: &str, other: &str) -> bool {
        self.letters() == (one, other) || self.letters() == (other, one)
    }

    /// Whether it is in force without any desk adding it.
    pub fn is_built_in(&self) -> bool {
        BUILT_IN_PAIRS.position(self).is_some()
    }

    /// Whether `other` names the same two sounds.
    pub fn is_same(&self, other: &ConfusablePair) -> bool {
        self.is_of(&other.first, &other.second)
    }
}

impl TryFrom<String> for ConfusablePair {
    type Error = String;

    fn try_from(name: String) -> Result<ConfusablePair, String> {
        ConfusablePair::parse(&name).map_err(|invalid| invalid.reason)
    }
}

impl From<ConfusablePair> for String {
    fn from(pair: ConfusablePair) -> String {
        pair.name()
    }
}

/// The pairs in force, the built-in ones first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confusables {
    pairs: Vec<ConfusablePair>,
}

impl Confusables {
    /// The built-in pairs alone.
    pub fn built_in() -> &'static Confusables {
        &BUILT_IN_PAIRS
    }

    /// The built-in pairs and those of a desk; what is known already, and what is too many, is left out.
    pub fn with(desk: impl IntoIterator<Item = ConfusablePair>) -> Confusables {
        BUILT_IN_PAIRS.clone().and(desk)
    }

    /// These pairs alone, of another scheme than pinyin; what is too many is left out.
    pub fn of_pairs(pairs: impl IntoIterator<Item = ConfusablePair>) -> Confusables {
        Confusables { pairs: Vec::new() }.and(pairs)
    }

    fn and(mut self, pairs: impl IntoIterator<Item = ConfusablePair>) -> Confusables {
        for pair in pairs {
            if self.pairs.len() < CONFUSABLE_PAIRS_MAX && self.position(&pair).is_none() {
                self.pairs.push(pair);
            }
        }
        self
    }

    /// All pairs, in the order of their bits.
    pub fn pairs(&self) -> &[ConfusablePair] {
        &self.pairs
    }

    /// The number of `pair`, whichever way round it is.
    fn position(&self, pair: &ConfusablePair) -> Option<usize> {
        self.pairs.iter().position(|known| known.is_same(pair))
    }

    /// The pairs a query asks for.
    ///
    /// # Errors
    /// Usage when it names a pair that is not in force.
    pub fn chosen(&self, sounds: &FuzzySounds) -> Result<ConfusableSet> {
        check_named(sounds, &[self])?;
        Ok(self.those_of(sounds))
    }

    /// The pairs a query asks for, as far as they are among these.
    pub fn those_of(&self, sounds: &FuzzySounds) -> ConfusableSet {
        let none = ConfusableSet::default();
        match sounds {
            FuzzySounds::Off => none,
            FuzzySounds::Auto => (0..self.pairs.len()).fold(none, ConfusableSet::and),
            FuzzySounds::Pairs(named) => {
                named.iter().filter_map(|pair| self.position(pair)).fold(none, ConfusableSet::and)
            }
        }
    }

    /// The pairs of `set`.
    pub fn of(&self, set: ConfusableSet) -> impl Iterator<Item = &ConfusablePair> {
        self.pairs.iter().enumerate().filter(move |(at, _)| set.holds(*at)).map(|(_, pair)| pair)
    }
}

/// Checks that each pair that `sounds` names is in force in one of `schemes`.
pub(super) fn check_named(sounds: &FuzzySounds, schemes: &[&Confusables]) -> Result<()> {
    let FuzzySounds::Pairs(named) = sounds else { return Ok(()) };
    let unknown = |pair: &&ConfusablePair| schemes.iter().all(|known| known.position(pair).is_none());
    let Some(pair) = named.iter().find(unknown) else { return Ok(()) };
    let known: Vec<String> = schemes.iter().flat_map(|known| known.pairs()).map(ConfusablePair::name).collect();
    Err(Error::usage(format!("fuzzy names the pair {:?}; known are {}", pair.name(), known.join(", "))))
}

/// Some of the pairs of one [`Confusables`], a bit each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConfusableSet(u64);

impl ConfusableSet {
    /// The set with pair number `at` in it too.
    pub(super) fn and(self, at: usize) -> ConfusableSet {
        ConfusableSet(self.0 | 1_u64.checked_shl(at as u32).unwrap_or(0))
    }

    /// Whether it holds pair number `at`.
    pub fn holds(self, at: usize) -> bool {
        1_u64.checked_shl(at as u32).is_some_and(|bit| self.0 & bit != 0)
    }

    /// How many it holds.
    #[inline]
    pub fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// Whether all its pairs are in `other` too.
    #[inline]
    pub fn is_within(self, other: ConfusableSet) -> bool {
        self.0 & !other.0 == 0
    }

    /// Whether it holds none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// Which confusable sounds a query takes for the same: `fuzzy=off|auto|<pairs>`.
///
/// # Examples
/// ```
/// use chahao::text::{Confusables, FuzzySounds};
/// let sounds = FuzzySounds::parse("zh/z,l/n")?;
/// let known = Confusables::built_in();
/// let names: Vec<String> = known.of(known.chosen(&sounds)?).map(|pair| pair.name()).collect();
/// assert_eq!(names, ["zh/z", "n/l"]);
/// # Ok::<(), chahao::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum FuzzySounds {
    /// None.
    Off,
    /// All pairs in force, behind what matches as it was typed.
    #[default]
    Auto,
    /// These pairs.
    Pairs(Vec<ConfusablePair>),
}

impl FuzzySounds {
    /// Reads `off`, `auto`, or pairs parted by commas.
    ///
    /// # Errors
    /// Usage when it is none of these.
    pub fn parse(text: &str) -> Result<FuzzySounds> {
        match text.trim() {
            "off" => Ok(FuzzySounds::Off),
            "auto" => Ok(FuzzySounds::Auto),
            list => {
                let pairs = list.split(',').map(ConfusablePair::named).collect::<Result<_, _>>();
                pairs.map(FuzzySounds::Pairs).map_err(|invalid| {
                    Error::usage(format!("fuzzy is off, auto or a list of pairs such as zh/z,n/l: {}", invalid.reason))
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_pair_is_named_by_its_sounds_either_way_round() {
        let known = Confusables::built_in();
        for (at, pair) in known.pairs().iter().enumerate() {
            let (first, second) = pair.letters();
            for name in [format!("{first}/{second}"), format!(" {second} / {first}").to_uppercase()] {
                let set = known.chosen(&FuzzySounds::parse(&name).unwrap()).unwrap();
                assert_eq!(known.of(set).collect::<Vec<_>>(), [pair], "{name}");
                assert!(set.holds(at) && !set.holds(at + 1) && !set.holds(99), "{name}");
            }
        }
        assert!(known.chosen(&FuzzySounds::Off).unwrap().is_empty());
        assert_eq!(known.of(known.chosen(&FuzzySounds::default()).unwrap()).count(), known.pairs().len());
    }

    #[test]
    fn a_desk_adds_pairs_of_one_kind_of_sound() {
        for (name, place) in
            [("k/h", SoundPlace::Initial), ("ui/ei", SoundPlace::Final), ("wang/huang", SoundPlace::Syllable)]
        {
            assert_eq!(ConfusablePair::parse(name).unwrap().place(), place, "{name}");
        }
        for (name, code) in [
            ("", "bad_pair"),
            ("wang", "bad_pair"),
            ("wang/wang", "bad_pair"),
            ("wang/", "unknown_sound"),
            ("b/ang", "unknown_sound"),
            ("wang/huanq", "unknown_sound"),
            ("王/黄", "unknown_sound"),
            ("a/b/c", "unknown_sound"),
        ] {
            assert_eq!(ConfusablePair::parse(name).unwrap_err().code, code, "{name}");
        }
        let wang = ConfusablePair::parse("wang/huang").unwrap();
        let turned = ConfusablePair::parse("huang/wang").unwrap();
        let known = Confusables::with([wang.clone(), turned.clone(), ConfusablePair::parse("z/zh").unwrap()]);
        assert_eq!(known.pairs().len(), BUILT_IN.len() + 1);
        assert!(!known.chosen(&FuzzySounds::Pairs(vec![turned])).unwrap().is_empty());
        let unknown = Confusables::built_in().chosen(&FuzzySounds::Pairs(vec![wang])).unwrap_err();
        assert!(unknown.to_string().contains("wang/huang"), "{unknown}");
    }
}
