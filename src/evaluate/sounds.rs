//! Names typed by ear: another character of the same sound, and sounds taken for others.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::letters::{mixture, whole_or_core};
use super::names::head_of;
use super::target::{Spoken, Target, spoken, typed};
use crate::generate::dice::Dice;
use crate::text::Syllable;

/// Sounds taken for others in one query at most.
const CONFUSIONS_MAX: usize = 3;
/// Characters of a name typed by ear at least: of two, one of which is another, nobody could tell what is meant.
const HEARD_CHARS_MIN: usize = 3;

/// Characters in common use, by their readings.
struct Common {
    /// By their first reading.
    by_sound: HashMap<Syllable, Vec<char>>,
    /// In the order of their codes.
    characters: Vec<char>,
    /// Every syllable there is.
    syllables: HashSet<Syllable>,
}

/// The characters of the first level of GB 2312, those of common use; the syllables of both levels.
static COMMON: LazyLock<Common> = LazyLock::new(|| {
    let mut common = Common { by_sound: HashMap::new(), characters: Vec::new(), syllables: HashSet::new() };
    for (lead, trail) in (0xb0..=0xf7u8).flat_map(|lead| (0xa1..=0xfeu8).map(move |trail| (lead, trail))) {
        let bytes = [lead, trail];
        let (text, _, failed) = encoding_rs::GBK.decode(&bytes);
        let first = spoken(&text).into_iter().next().filter(|unit| !failed && text.starts_with(unit.folded));
        let Some((c, syllable)) = first.and_then(|unit| Some((unit.folded, unit.syllable?))) else { continue };
        common.syllables.insert(syllable);
        if lead <= 0xd7 {
            common.by_sound.entry(syllable).or_default().push(c);
            common.characters.push(c);
        }
    }
    common
});

/// Any character in common use.
pub(super) fn any_character(dice: &mut Dice) -> char {
    dice.pick(&COMMON.characters)
}

/// The name, or its beginning, with one hanzi written as another that sounds the same.
pub(super) fn homophone(target: &Target<'_>, dice: &mut Dice) -> Option<String> {
    let units = heard(target, dice)?;
    let others = |unit: &Spoken| -> Vec<char> {
        let same = unit.syllable.and_then(|syllable| COMMON.by_sound.get(syllable));
        same.map(|all| all.iter().copied().filter(|&c| c != unit.folded).collect()).unwrap_or_default()
    };
    let places: Vec<usize> =
        units.iter().enumerate().filter(|(_, unit)| !others(unit).is_empty()).map(|(at, _)| at).collect();
    let place = (!places.is_empty()).then(|| dice.pick(&places))?;
    let other = dice.pick(&others(units.get(place)?));
    Some(units.iter().enumerate().map(|(at, unit)| if at == place { other } else { unit.written }).collect())
}

/// The name as it is heard: whole, or its first half or more.
pub(super) fn heard<'t>(target: &'t Target<'_>, dice: &mut Dice) -> Option<&'t [Spoken]> {
    let units = whole_or_core(target, dice);
    let units = if dice.per_mille(500) { units } else { head_of(units, dice, HEARD_CHARS_MIN + 1).unwrap_or(units) };
    (units.len() >= HEARD_CHARS_MIN).then_some(units)
}

/// Where in a syllable a sound stands.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    /// At its beginning.
    Initial,
    /// What follows the initial.
    Final,
}

/// Sounds that are taken for each other.
const CONFUSABLE: [(Place, &str, &str); 13] = [
    (Place::Initial, "zh", "z"),
    (Place::Initial, "ch", "c"),
    (Place::Initial, "sh", "s"),
    (Place::Initial, "n", "l"),
    (Place::Initial, "f", "h"),
    (Place::Initial, "r", "l"),
    (Place::Initial, "r", "y"),
    (Place::Initial, "hu", "f"),
    (Place::Final, "an", "ang"),
    (Place::Final, "en", "eng"),
    (Place::Final, "in", "ing"),
    (Place::Final, "uan", "uang"),
    (Place::Final, "ian", "iang"),
];

/// The joined pinyin of the name, or of its beginning, with one to three sounds taken for others.
pub(super) fn fuzzy(target: &Target<'_>, dice: &mut Dice) -> Option<String> {
    let mut units = heard(target, dice)?.to_vec();
    let count = dice.between(1, CONFUSIONS_MAX);
    confuse(&mut units, count, dice).then(|| typed(&units, |_| true)).flatten()
}

/// Syllables and initials of the name, or of its beginning, with one sound taken for another that is heard in what is typed.
pub(super) fn mixed_heard(target: &Target<'_>, dice: &mut Dice) -> Option<String> {
    let meant = heard(target, dice)?;
    let mut units = meant.to_vec();
    if !confuse(&mut units, 1, dice) {
        return None;
    }
    // The same choices for both, so that they differ by the sound alone.
    let mixtures = [meant, &units].map(|units| mixture(units, &mut dice.clone()));
    let [meant, heard] = mixtures;
    heard.filter(|heard| meant.as_ref() != Some(heard))
}

/// Takes `count` sounds of `units` for others, as far as there are so many; whether there was one.
fn confuse(units: &mut [Spoken], count: usize, dice: &mut Dice) -> bool {
    let mut changed: Vec<usize> = Vec::new();
    for _ in 0..count {
        // A pair first, so that the rare ones are not lost among the frequent ones.
        let by_pair: Vec<Vec<(usize, Syllable)>> =
            CONFUSABLE.iter().map(|pair| confusions(units, pair, &changed)).collect();
        let applicable: Vec<&Vec<(usize, Syllable)>> = by_pair.iter().filter(|places| !places.is_empty()).collect();
        let Some(places) = applicable.get(dice.below(applicable.len())) else { break };
        let (at, syllable) = dice.pick(places);
        if let Some(unit) = units.get_mut(at) {
            unit.syllable = Some(syllable);
            changed.push(at);
        }
    }
    !changed.is_empty()
}

/// The syllables that a pair makes others of, with what they become; none that were changed before.
fn confusions(units: &[Spoken], pair: &(Place, &str, &str), changed: &[usize]) -> Vec<(usize, Syllable)> {
    let free = units.iter().enumerate().filter(|(at, _)| !changed.contains(at));
    free.filter_map(|(at, unit)| Some((at, unit.syllable?)))
        .flat_map(|(at, syllable)| confused(syllable, pair).into_iter().map(move |other| (at, other)))
        .collect()
}

/// What a syllable becomes when one sound of a pair is taken for the other, in either direction.
fn confused(syllable: &str, (place, one, other): &(Place, &str, &str)) -> Vec<Syllable> {
    let mut heard = Vec::new();
    for (from, to) in [(one, other), (other, one)] {
        let changed = match place {
            Place::Initial => {
                // zh is no z, and hu no h: the longer one is looked for first.
                let longer = to.len() > from.len() && to.starts_with(*from) && syllable.starts_with(*to);
                // Of hu the vowel goes with it, but where nothing follows: hua is fa, hu is fu.
                match syllable.strip_prefix(*from) {
                    Some("") if *from == "hu" => Some("fu".to_owned()),
                    Some("u") if *to == "hu" => Some("hu".to_owned()),
                    Some(rest) if !longer => Some(format!("{to}{rest}")),
                    _ => None,
                }
            }
            Place::Final => {
                let (initial, rest) = split(syllable);
                (rest == *from).then(|| format!("{initial}{to}"))
            }
        };
        // hui and fei, hun and fen are written with another vowel.
        let respelled = changed.map(|text| match text.as_str() {
            "fi" => "fei".to_owned(),
            "fn" => "fen".to_owned(),
            "huei" => "hui".to_owned(),
            "huen" => "hun".to_owned(),
            _ => text,
        });
        heard.extend(respelled.and_then(|text| COMMON.syllables.get(text.as_str()).copied()));
    }
    heard
}

/// A syllable's initial and final.
fn split(syllable: &str) -> (&str, &str) {
    let at = syllable.find(|c| "aeiouv".contains(c)).unwrap_or(0);
    syllable.split_at_checked(at).unwrap_or(("", syllable))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sounds_are_taken_for_others_in_both_directions_and_stay_syllables() {
        let all = |syllable: &str| {
            let heard = CONFUSABLE.iter().flat_map(|pair| confused(syllable, pair));
            let mut heard: Vec<&str> = heard.collect();
            heard.sort_unstable();
            heard.dedup();
            heard.join(" ")
        };
        for (syllable, heard) in [
            ("zhang", "zang zhan"),
            ("zan", "zang zhan"),
            ("niang", "liang nian"),
            ("guan", "guang"),
            ("hua", "fa"),
            ("huang", "fang huan"),
            ("hui", "fei"),
            ("fei", "hei hui"),
            ("fu", "hu"),
            ("hun", "fen"),
            ("rou", "lou you"),
            ("yin", "ying"),
            ("lan", "lang nan ran"),
            ("ba", ""),
        ] {
            for one in heard.split_whitespace() {
                assert!(
                    all(syllable).split(' ').any(|other| other == one),
                    "{syllable}: {} without {one}",
                    all(syllable)
                );
            }
            assert!(heard.is_empty() == all(syllable).is_empty(), "{syllable}: {}", all(syllable));
        }
        assert_eq!(all("zhang"), "zang zhan");
        assert_eq!(all("hui"), "fei");
    }

    #[test]
    fn common_characters_have_homophones() {
        // All but those that are folded into others.
        assert!((3_745..=3_755).contains(&COMMON.characters.len()), "{}", COMMON.characters.len());
        assert!((390..430).contains(&COMMON.syllables.len()), "{}", COMMON.syllables.len());
        assert!(COMMON.by_sound["zhong"].contains(&'钟') && COMMON.by_sound["zhong"].contains(&'中'));
    }
}
