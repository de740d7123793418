//! Telephone numbers, whole and in part.

use super::target::Target;
use crate::generate::dice::Dice;

/// Digits of a part of a number at least, but at its end.
const PART_DIGITS_MIN: usize = 5;
/// Digits of the end of a number at least.
const END_DIGITS_MIN: usize = 4;
/// Digits of a number of which parts are asked for at least.
const NUMBER_DIGITS_MIN: usize = 7;

/// One number of the listing: area code, if it has one, and the digits behind it.
fn number(target: &Target<'_>, dice: &mut Dice) -> Option<(String, String)> {
    let phones = &target.listing.phones;
    let phone = phones.get(dice.below(phones.len()))?;
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    match phone.number.split_once('-') {
        Some((area, local)) if area.starts_with('0') => Some((digits(area), digits(local))),
        _ => Some((String::new(), digits(&phone.number))),
    }
    .filter(|(_, local)| local.len() >= 3)
}

/// The whole number, with or without area code, joined up or parted as people part it.
pub(super) fn whole(target: &Target<'_>, dice: &mut Dice) -> Option<String> {
    let (area, local) = number(target, dice)?;
    let (front, back) = local.split_at_checked(local.len() / 2)?;
    let area = if dice.per_mille(500) { area } else { String::new() };
    let separator = ["", "", "-", " "].get(dice.below(4))?;
    let local = if dice.per_mille(700) { local.clone() } else { format!("{front}{separator}{back}") };
    Some(if area.is_empty() { local } else { format!("{area}{separator}{local}") })
}

/// The local digits of a number of which parts can be asked for, and its area code.
fn long(target: &Target<'_>, dice: &mut Dice) -> Option<(String, String)> {
    number(target, dice).filter(|(_, local)| local.len() >= NUMBER_DIGITS_MIN)
}

/// The first digits, sometimes behind the area code.
pub(super) fn prefix(target: &Target<'_>, dice: &mut Dice) -> Option<String> {
    let (area, local) = long(target, dice)?;
    let part = local.get(..dice.between(PART_DIGITS_MIN, local.len() - 1))?;
    let separator = if dice.per_mille(500) { "-" } else { "" };
    Some(if dice.per_mille(300) && !area.is_empty() { format!("{area}{separator}{part}") } else { part.to_owned() })
}

/// The last digits.
pub(super) fn suffix(target: &Target<'_>, dice: &mut Dice) -> Option<String> {
    let (_, local) = long(target, dice)?;
    local.get(local.len() - dice.between(END_DIGITS_MIN, local.len() - 1)..).map(str::to_owned)
}

/// Digits that neither begin nor end it.
pub(super) fn middle(target: &Target<'_>, dice: &mut Dice) -> Option<String> {
    let (_, local) = long(target, dice)?;
    let length = dice.between(PART_DIGITS_MIN, local.len() - 2);
    let start = dice.between(1, local.len() - length - 1);
    local.get(start..start + length).map(str::to_owned)
}
