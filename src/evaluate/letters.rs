//! Names typed in letters: syllables, initials, and mixtures of the two and of hanzi.

use super::names::head_of;
use super::target::{Spoken, Target, spoken, syllables, typed, written};
use crate::generate::dice::Dice;

/// Letters or initials that are typed at least.
const INITIALS_MIN: usize = 3;
/// Syllables of which a mixture is made at least.
const MIXED_SYLLABLES: usize = 3;
/// Tones, but the neutral one.
const TONES: usize = 4;

/// The whole name, or what is left of it without divisions in front.
pub(super) fn whole_or_core<'t>(target: &'t Target<'_>, dice: &mut Dice) -> &'t [Spoken] {
    if target.has_division() && dice.per_mille(500) { target.core() } else { &target.units }
}

/// All syllables joined up.
pub(super) fn pinyin(target: &Target<'_>, dice: &mut Dice) -> Option<String> {
    let units = whole_or_core(target, dice);
    (syllables(units) >= 2).then(|| typed(units, |_| true)).flatten()
}

/// Joined syllables, stopped at any letter of the second half.
pub(super) fn pinyin_partial(target: &Target<'_>, dice: &mut Dice) -> Option<String> {
    let letters = pinyin(target, dice)?;
    let least = (letters.len() / 2).max(4);
    (letters.len() > least).then(|| letters.chars().take(dice.between(least, letters.len() - 1)).collect())
}

/// All initials.
pub(super) fn initials(target: &Target<'_>, dice: &mut Dice) -> Option<String> {
    let units = whole_or_core(target, dice);
    (syllables(units) >= INITIALS_MIN).then(|| typed(units, |_| false)).flatten()
}

/// Initials, stopped in the second half.
pub(super) fn initials_partial(target: &Target<'_>, dice: &mut Dice) -> Option<String> {
    let letters = initials(target, dice)?;
    let least = (letters.len() / 2).max(INITIALS_MIN);
    (letters.len() > least).then(|| letters.chars().take(dice.between(least, letters.len() - 1)).collect())
}

/// Some syllables whole, some as initials, the last one perhaps half typed: gangduxcd.
pub(super) fn mixed(target: &Target<'_>, dice: &mut Dice) -> Option<String> {
    let core = whole_or_core(target, dice);
    let units = if dice.per_mille(500) { core } else { head_of(core, dice, MIXED_SYLLABLES)? };
    mixture(units, dice)
}

pub(super) fn mixture(units: &[Spoken], dice: &mut Dice) -> Option<String> {
    if syllables(units) < MIXED_SYLLABLES {
        return None;
    }
    let full: Vec<bool> = units.iter().map(|_| dice.per_mille(500)).collect();
    let of_two = |want: bool| {
        units.iter().zip(&full).any(|(unit, &full)| full == want && unit.syllable.is_some_and(|s| s.len() > 1))
    };
    if !(of_two(true) && of_two(false)) {
        return None;
    }
    let letters = typed(units, |at| full.get(at).copied().unwrap_or_default())?;
    let last = units.last().and_then(|unit| unit.syllable).map_or(0, str::len);
    let half_typed = full.last().copied().unwrap_or_default() && last > 2 && dice.per_mille(500);
    let left_out = if half_typed { dice.between(1, last - 2) } else { 0 };
    Some(letters.chars().take(letters.len() - left_out).collect())
}

/// Hanzi, going on in letters: 中山yiy.
pub(super) fn hanzi_letters(target: &Target<'_>, dice: &mut Dice) -> Option<String> {
    let units = whole_or_core(target, dice);
    let split = dice.between(1, 3).min(units.len().saturating_sub(2));
    let (hanzi, rest) = units.split_at_checked(split)?;
    if syllables(hanzi) == 0 || syllables(rest) < 2 {
        return None;
    }
    let rest = if rest.len() > 3 { head_of(rest, dice, 2).unwrap_or(rest) } else { rest };
    let letters = match dice.below(3) {
        0 => typed(rest, |_| false)?,
        1 => typed(rest, |_| true)?,
        _ => mixture(rest, dice).or_else(|| typed(rest, |at| at % 2 == 0))?,
    };
    let space = if dice.per_mille(250) { " " } else { "" };
    Some(format!("{}{space}{letters}", written(hanzi)))
}

/// Joined pinyin as other keyboards write it: with u for ü where there is one, else with the digits of tones.
pub(super) fn respelled(target: &Target<'_>, dice: &mut Dice) -> Option<String> {
    let units = whole_or_core(target, dice);
    let letters = typed(units, |_| true).filter(|_| syllables(units) >= 2)?;
    if has_v(units) {
        return Some(letters.replace("lv", "lu").replace("nv", "nu"));
    }
    let toned = |unit: &Spoken| Some(format!("{}{}", unit.syllable?, dice.between(1, TONES)));
    units.iter().map(toned).collect()
}

/// Whether a syllable of these is spelled with ü.
fn has_v(units: &[Spoken]) -> bool {
    units.iter().any(|unit| unit.syllable.is_some_and(|syllable| syllable.contains('v')))
}

/// Initials of the beginning and of a later word, with some of the name left out between or behind them: kdj thc.
pub(super) fn words_apart(target: &Target<'_>, dice: &mut Dice) -> Option<String> {
    let (first, later) = two_words(target, dice)?;
    Some(format!("{} {}", typed(first, |_| false)?, typed(later, |_| false)?))
}

/// One of two such words in hanzi, the other one by its initials: 肯德基 thc, kdj 天河.
pub(super) fn hanzi_apart(target: &Target<'_>, dice: &mut Dice) -> Option<String> {
    let (first, later) = two_words(target, dice)?;
    let (hanzi, letters, is_first) = if dice.per_mille(700) { (first, later, true) } else { (later, first, false) };
    if syllables(hanzi) < 2 || syllables(letters) < 2 {
        return None;
    }
    let (hanzi, letters) = (written(hanzi), typed(letters, |_| false)?);
    Some(if is_first { format!("{hanzi} {letters}") } else { format!("{letters} {hanzi}") })
}

/// The beginning of a name and the beginning of a later word, with some of the name left out between or behind them.
fn two_words<'t>(target: &'t Target<'_>, dice: &mut Dice) -> Option<(&'t [Spoken], &'t [Spoken])> {
    let units = target.core();
    let stop = dice.between(2, 4);
    let later: Vec<usize> = (stop + 1..units.len().saturating_sub(1))
        .filter(|&at| units.get(at).is_some_and(|unit| unit.starts_word))
        .collect();
    let at = *later.get(dice.below(later.len().max(1)))?;
    let later = units.get(at..(at + dice.between(2, 4)).min(units.len()))?;
    Some((units.get(..stop)?, later))
}

/// The district in hanzi, the name in letters: 天河 fsjl.
pub(super) fn district_letters(target: &Target<'_>, dice: &mut Dice) -> Option<String> {
    let district = district(target)?;
    let bare = bare(&district);
    let letters = match dice.below(3) {
        0 => typed(target.core(), |_| true)?,
        _ => typed(target.core(), |_| false)?,
    };
    let space = if dice.per_mille(800) { " " } else { "" };
    (syllables(target.core()) >= 2).then(|| format!("{bare}{space}{letters}"))
}

/// The last part of the locality: 荔湾区 of 广州市 荔湾区.
pub(super) fn district(target: &Target<'_>) -> Option<String> {
    let locality = target.listing.locality.split_whitespace().last()?;
    let chars: Vec<char> = locality.chars().collect();
    // 台南市佳里区 is written without a space.
    let inner =
        chars.iter().enumerate().rev().skip(1).find(|(_, c)| "省市縣县".contains(**c)).map_or(0, |(at, _)| at + 1);
    let district: String = chars.iter().skip(if chars.len() - inner >= 2 { inner } else { 0 }).collect();
    (district.chars().count() >= 2).then_some(district)
}

/// 荔湾区 as callers say it: 荔湾.
pub(super) fn bare(district: &str) -> String {
    let bare: String = district.trim_end_matches(['区', '區', '县', '縣', '市', '镇', '鎮']).to_owned();
    if bare.chars().count() >= 2 { bare } else { district.to_owned() }
}

/// A district typed in letters: its initials or its whole syllables.
pub(super) fn district_typed(target: &Target<'_>, full: bool) -> Option<String> {
    let units = spoken(&bare(&district(target)?));
    (syllables(&units) >= 2).then(|| typed(&units, |_| full)).flatten()
}
