//! Names with one slip: a hanzi left out, put in, exchanged or swapped; a letter likewise.

use super::letters::pinyin;
use super::names::head_of;
use super::sounds::{any_character, heard};
use super::target::{Target, typed, written};
use crate::generate::dice::Dice;
use crate::listing::is_hanzi;

/// Characters of a name with a slip at least.
const CHARS_MIN: usize = 4;
/// Letters of a name with a slip at least.
const LETTERS_MIN: usize = 6;

/// The characters of the name as it is heard, where a slip leaves enough of it.
fn characters(target: &Target<'_>, dice: &mut Dice) -> Option<Vec<char>> {
    let units = heard(target, dice)?;
    let enough = units.len() >= CHARS_MIN && units.iter().all(|unit| is_hanzi(unit.written));
    enough.then(|| units.iter().map(|unit| unit.written).collect())
}

/// One hanzi left out; neither the first nor, where that would be a mere beginning, the last.
pub(super) fn missing(target: &Target<'_>, dice: &mut Dice) -> Option<String> {
    let mut characters = characters(target, dice)?;
    characters.remove(dice.between(1, characters.len() - 2));
    slip(target, characters)
}

/// One hanzi too many: any character, or one said twice.
pub(super) fn extra(target: &Target<'_>, dice: &mut Dice) -> Option<String> {
    let mut characters = characters(target, dice)?;
    let at = dice.between(1, characters.len() - 1);
    let twice = characters.get(at).copied().filter(|_| dice.per_mille(300));
    characters.insert(at, twice.unwrap_or_else(|| any_character(dice)));
    slip(target, characters)
}

/// One hanzi exchanged for any other.
pub(super) fn wrong(target: &Target<'_>, dice: &mut Dice) -> Option<String> {
    let mut characters = characters(target, dice)?;
    let (at, other) = (dice.below(characters.len()), any_character(dice));
    let slot = characters.get_mut(at).filter(|slot| **slot != other)?;
    *slot = other;
    slip(target, characters)
}

/// Two hanzi side by side swapped.
pub(super) fn swapped(target: &Target<'_>, dice: &mut Dice) -> Option<String> {
    slip(target, swap(characters(target, dice)?, 0, dice)?)
}

fn swap(mut characters: Vec<char>, first: usize, dice: &mut Dice) -> Option<Vec<char>> {
    let differ = |&at: &usize| characters.get(at) != characters.get(at + 1);
    let places: Vec<usize> = (first..characters.len().saturating_sub(1)).filter(differ).collect();
    let at = (!places.is_empty()).then(|| dice.pick(&places))?;
    characters.swap(at, at + 1);
    Some(characters)
}

/// What was typed with a slip, unless it is a part of the name all the same: 宝宝 less one 宝.
fn slip(target: &Target<'_>, characters: Vec<char>) -> Option<String> {
    let typed: String = characters.into_iter().collect();
    (!written(&target.units).contains(&typed)).then_some(typed)
}

/// Joined pinyin, whole or its first half or more, with one letter left out, put in, exchanged or swapped; half of the
/// time anywhere, else never the first letter.
pub(super) fn letter_typo(target: &Target<'_>, dice: &mut Dice) -> Option<String> {
    let whole = match dice.per_mille(500) {
        true => pinyin(target, dice)?,
        false => typed(head_of(target.core(), dice, 3)?, |_| true)?,
    };
    let mut letters: Vec<char> = whole.chars().collect();
    if letters.len() < LETTERS_MIN {
        return None;
    }
    let first = usize::from(dice.per_mille(500));
    let at = dice.between(first, letters.len() - 1);
    let letter = char::from(b'a' + dice.below(26) as u8);
    match dice.below(4) {
        0 => drop(letters.remove(at)),
        1 => letters.insert(at, letter),
        2 => *letters.get_mut(at)? = letter,
        _ => letters = swap(letters, first, dice)?,
    }
    let slipped: String = letters.into_iter().collect();
    (slipped != whole).then_some(slipped)
}
