//! The sounds of single characters, whatever the word: what a candidate can be checked against without spelling it.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::hearing::codes_from;
use super::reading::{Syllable, every_reading};

/// Characters of the basic blocks, where nearly all names are written: one slot each.
const FIRST_SLOT: u32 = 0x3400;
const SLOTS: usize = 0xa000 - 0x3400;

struct Sounds {
    /// Where each slot's sounds begin in `syllables`; one more than there are slots.
    starts: Vec<u32>,
    syllables: Vec<Syllable>,
    /// Characters outside the slots.
    others: HashMap<char, Vec<Syllable>>,
    /// Every syllable there is, in order.
    all: Vec<Syllable>,
}

static SOUNDS: LazyLock<Sounds> = LazyLock::new(|| {
    let mut readings = every_reading();
    let mut all: Vec<Syllable> = readings.values().flatten().copied().collect();
    all.sort_unstable();
    all.dedup();
    let mut sounds = Sounds { starts: vec![0], syllables: Vec::new(), others: HashMap::new(), all };
    for slot in 0..SLOTS as u32 {
        let of_slot = char::from_u32(FIRST_SLOT + slot).and_then(|c| readings.remove(&c));
        sounds.syllables.extend(of_slot.into_iter().flatten());
        sounds.starts.push(sounds.syllables.len() as u32);
    }
    sounds.others = readings.into_iter().collect();
    sounds
});

/// Every sound `c` has in some word; none where it is no hanzi. Takes a few nanoseconds.
///
/// # Examples
/// ```
/// use chahao::text::sounds_of;
/// assert_eq!(sounds_of('行').iter().filter(|s| ["hang", "xing"].contains(s)).count(), 2);
/// assert!(sounds_of('a').is_empty());
/// ```
#[inline]
pub fn sounds_of(c: char) -> &'static [Syllable] {
    let sounds = &*SOUNDS;
    let slot = u32::from(c).wrapping_sub(FIRST_SLOT) as usize;
    match (sounds.starts.get(slot), sounds.starts.get(slot.wrapping_add(1))) {
        (Some(&start), Some(&end)) => sounds.syllables.get(start as usize..end as usize).unwrap_or_default(),
        _ => sounds.others.get(&c).map(Vec::as_slice).unwrap_or_default(),
    }
}

/// Every syllable that begins with the letter `initial`.
pub fn syllables_from(initial: u8) -> &'static [Syllable] {
    codes_from(&SOUNDS.all, initial)
}

/// Every syllable there is, in order.
pub(super) fn every_sound() -> &'static [Syllable] {
    &SOUNDS.all
}

/// Whether `letters` can be read as whole syllables one after the other, the last one as far as it got.
///
/// # Examples
/// ```
/// use chahao::text::is_whole_syllables;
/// assert!(is_whole_syllables(b"guangzhoujiuj"));
/// assert!(!is_whole_syllables(b"guangzjiujia"));
/// ```
pub fn is_whole_syllables(letters: &[u8]) -> bool {
    whole_syllables(letters) == letters.len()
}

/// How many of `letters`, from the first on, can be read as whole syllables one after the other, the last one as far as it
/// got. Linear in their number.
///
/// # Examples
/// ```
/// use chahao::text::whole_syllables;
/// assert_eq!(whole_syllables(b"guangzjiujia"), "guangz".len());
/// ```
pub fn whole_syllables(letters: &[u8]) -> usize {
    let mut reached = vec![false; letters.len() + 1];
    reached.iter_mut().take(1).for_each(|start| *start = true);
    let mut furthest = 0;
    for at in 0..letters.len() {
        let Some((rest, first)) = letters.get(at..).and_then(|rest| Some((rest, *rest.first()?))) else { break };
        if !reached.get(at).is_some_and(|reached| *reached) {
            continue;
        }
        for syllable in syllables_from(first).iter().map(|syllable| syllable.as_bytes()) {
            let common = syllable.iter().zip(rest).take_while(|(a, b)| a == b).count();
            furthest = furthest.max(at + common);
            if common == rest.len() {
                return furthest;
            }
            if common == syllable.len()
                && let Some(end) = reached.get_mut(at + common)
            {
                *end = true;
            }
        }
    }
    furthest
}
