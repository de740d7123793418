//! Telephone numbers, and what became of them.

use crate::listing::{Listing, Phone, PhoneKind, Referral, Status};

use super::dice::Dice;

/// The area code of every synthetic listing.
pub(super) const AREA_CODE: &str = "020";
/// First digits of fixed numbers, the common ones several times.
const FIRST_DIGITS: &[&str] = &["8", "8", "8", "8", "3", "3", "3", "2", "2", "6", "6"];
/// First digits of mobile numbers.
const MOBILE_STARTS: &[&str] = &[
    "130", "131", "132", "133", "134", "135", "136", "137", "138", "138", "139", "139", "150", "151", "152", "153",
    "155", "156", "157", "158", "159", "180", "181", "182", "183", "185", "186", "187", "188", "189",
];

/// Of a thousand first numbers, how many are mobile.
const MOBILE_PER_MILLE: usize = 170;
/// Of a thousand first numbers, how many are 400 numbers.
const SERVICE_PER_MILLE: usize = 30;
/// Of ten thousand listings, how many are non-published, disconnected and changed.
const STATUS_PER_TEN_THOUSAND: [usize; 3] = [20, 15, 15];

/// `020-` and eight digits.
pub(super) fn fixed_number(dice: &mut Dice) -> String {
    format!("{AREA_CODE}-{}{:07}", dice.pick(FIRST_DIGITS), dice.below(10_000_000))
}

fn mobile_number(dice: &mut Dice) -> String {
    format!("{}{:08}", dice.pick(MOBILE_STARTS), dice.below(100_000_000))
}

fn service_number(dice: &mut Dice) -> String {
    format!("400-{}{:02}-{:04}", dice.pick(&["0", "1", "6", "7", "8", "8", "9"]), dice.below(100), dice.below(10_000))
}

/// A fixed line with a label.
pub(super) fn fixed(label: &str, dice: &mut Dice) -> Phone {
    Phone { number: fixed_number(dice), label: label.to_owned(), kind: PhoneKind::Fixed, ext: String::new() }
}

/// One to three numbers, labelled with what answers.
pub(super) fn phones(lines: &[&'static str], dice: &mut Dice) -> Vec<Phone> {
    let count = match dice.below(100) {
        0..80 => 1,
        80..95 => 2,
        _ => 3,
    };
    let mut phones = Vec::with_capacity(count);
    let first_line = if dice.per_mille(700) { dice.below(lines.len()) } else { lines.len() };
    for nth in 0..count {
        // One number needs no label; several are told apart by theirs.
        let label = match (count, lines.get(first_line)) {
            (1, label) => label.copied().unwrap_or_default(),
            _ => lines.get((first_line + nth) % lines.len().max(1)).copied().unwrap_or_default(),
        };
        phones.push(if nth == 2 { fax(dice) } else { line(label, dice) });
    }
    phones
}

fn line(label: &str, dice: &mut Dice) -> Phone {
    let draw = dice.below(1_000);
    let (number, kind) = if draw < MOBILE_PER_MILLE {
        (mobile_number(dice), PhoneKind::Mobile)
    } else if draw < MOBILE_PER_MILLE + SERVICE_PER_MILLE {
        (service_number(dice), PhoneKind::Service)
    } else {
        (fixed_number(dice), PhoneKind::Fixed)
    };
    Phone { number, label: label.to_owned(), kind, ext: String::new() }
}

fn fax(dice: &mut Dice) -> Phone {
    Phone { kind: PhoneKind::Fax, ..fixed("传真", dice) }
}

/// A number to give out instead, and until when.
pub(super) fn referral(dice: &mut Dice) -> Referral {
    let (year, month, day) = (dice.between(2026, 2028), dice.between(1, 12), dice.between(1, 28));
    Referral { number: Some(fixed_number(dice)), listing: None, until: Some(format!("{year}-{month:02}-{day:02}")) }
}

/// Makes a few listings non-published, disconnected or changed.
pub(super) fn settle_status(listing: &mut Listing, dice: &mut Dice) {
    let [non_published, disconnected, changed] = STATUS_PER_TEN_THOUSAND;
    let draw = dice.below(10_000);
    if draw < non_published {
        listing.status = Status::NonPublished;
    } else if draw < non_published + disconnected {
        listing.status = Status::Disconnected;
    } else if draw < non_published + disconnected + changed {
        listing.status = Status::Changed;
        listing.referral = Some(referral(dice));
    }
}
