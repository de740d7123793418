//! Names with something around them: where it is, what it is, and what callers say besides.

use super::letters::{bare, district, district_typed, whole_or_core};
use super::names::head_of;
use super::target::{self, Spoken, Target, syllables, typed, written};
use crate::generate::dice::Dice;
use crate::listing::is_hanzi;

/// What a street's name ends in.
const STREET_ENDS: [&str; 9] = ["大道", "大街", "公路", "路", "街", "巷", "道", "里", "胡同"];
/// What a landmark's name ends in.
const LANDMARK_ENDS: [&str; 12] =
    ["广场", "廣場", "大厦", "大廈", "商场", "商場", "中心", "花园", "花園", "市场", "公园", "酒店"];
/// Characters of a street's or landmark's own name.
const PLACE_CHARS: std::ops::RangeInclusive<usize> = 2..=6;

/// Where or what a listing is, as a caller says it.
fn qualifier(target: &Target<'_>, dice: &mut Dice) -> Option<String> {
    let listing = target.listing;
    let said = [
        district(target).map(|district| if dice.per_mille(500) { bare(&district) } else { district }),
        place(&listing.address, &STREET_ENDS),
        place(&listing.address, &LANDMARK_ENDS),
        listing.category.split([';', '；']).next_back().map(str::to_owned),
    ];
    let name = &listing.name;
    let new: Vec<String> =
        said.into_iter().flatten().filter(|said| said.chars().count() >= 2 && !name.contains(said.as_str())).collect();
    new.get(dice.below(new.len())).cloned()
}

/// The street or landmark of an address: what ends so, back to the division, digit or other sign in front of it.
fn place(address: &str, ends: &[&str]) -> Option<String> {
    let mut places = ends.iter().filter_map(|end| Some((address.find(end)?, *end)));
    let (at, end) = places.next()?;
    let before: Vec<char> = address.get(..at)?.chars().rev().collect();
    let parts = |c: char| !is_hanzi(c) || "省市区區县縣镇鎮乡鄉号號路街道".contains(c);
    let own: Vec<char> = before.into_iter().take_while(|&c| !parts(c)).collect();
    let text: String = own.into_iter().rev().chain(end.chars()).collect();
    PLACE_CHARS.contains(&text.chars().count()).then_some(text)
}

fn put_together(qualifier: &str, name: &str, dice: &mut Dice) -> String {
    let space = if dice.per_mille(500) { " " } else { "" };
    if dice.per_mille(700) { format!("{qualifier}{space}{name}") } else { format!("{name}{space}{qualifier}") }
}

/// The name with its district, street, landmark or category before or behind it.
pub(super) fn qualified(target: &Target<'_>, dice: &mut Dice) -> Option<String> {
    let name = written(whole_or_core(target, dice));
    Some(put_together(&qualifier(target, dice)?, &name, dice))
}

/// The beginning of the name, likewise.
pub(super) fn qualified_prefix(target: &Target<'_>, dice: &mut Dice) -> Option<String> {
    let name = written(head_of(target.core(), dice, 2)?);
    Some(put_together(&qualifier(target, dice)?, &name, dice))
}

/// The name in letters with the district in letters before or behind it, parted by a space.
pub(super) fn qualified_letters(target: &Target<'_>, dice: &mut Dice) -> Option<String> {
    let core: &[Spoken] = target.core();
    if syllables(core) < 2 {
        return None;
    }
    let district = district_typed(target, dice.per_mille(300))?;
    let full = dice.per_mille(300);
    let name = typed(core, |_| full)?;
    Some(if dice.per_mille(300) { format!("{district} {name}") } else { format!("{name} {district}") })
}

/// The name and the district in letters, with nothing between them: thkdj, kendejitianhe.
pub(super) fn district_joined(target: &Target<'_>, dice: &mut Dice) -> Option<String> {
    if syllables(target.core()) < 2 {
        return None;
    }
    let district = district_typed(target, dice.per_mille(500))?;
    let full = dice.per_mille(500);
    let name = typed(target.core(), |_| full)?;
    Some(if dice.per_mille(700) { format!("{district}{name}") } else { format!("{name}{district}") })
}

/// The name and a street or landmark in letters, parted by a space: zhongshanlu kdj.
pub(super) fn street_letters(target: &Target<'_>, dice: &mut Dice) -> Option<String> {
    let address = &target.listing.address;
    let place = place(address, &STREET_ENDS).or_else(|| place(address, &LANDMARK_ENDS))?;
    if syllables(target.core()) < 2 {
        return None;
    }
    let (full, full_name) = (dice.per_mille(500), dice.per_mille(500));
    let (place, name) = (typed(&target::spoken(&place), |_| full)?, typed(target.core(), |_| full_name)?);
    Some(if dice.per_mille(500) { format!("{place} {name}") } else { format!("{name} {place}") })
}

/// What callers say before a name.
const BEFORE: [&str; 12] = [
    "请问",
    "请问一下",
    "帮我查一下",
    "帮我查",
    "我想问",
    "我想问一下",
    "麻烦你",
    "麻烦你查一下",
    "你好我要",
    "我要",
    "查一下",
    "请帮我查",
];
/// What callers say behind a name.
const BEHIND: [&str; 9] =
    ["的电话", "电话号码是多少", "的电话号码", "电话", "的电话是多少", "的号码", "电话多少", "怎么打", "的联系电话"];

/// The name with what callers say before it, behind it or both.
pub(super) fn spoken(target: &Target<'_>, dice: &mut Dice) -> Option<String> {
    let name = written(whole_or_core(target, dice));
    let (before, behind) = (dice.pick(&BEFORE), dice.pick(&BEHIND));
    Some(match dice.below(3) {
        0 => format!("{before}{name}"),
        1 => format!("{name}{behind}"),
        _ => format!("{before}{name}{behind}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streets_and_landmarks_are_taken_from_addresses() {
        assert_eq!(place("海珠区泰沙东路180号", &STREET_ENDS).as_deref(), Some("泰沙东路"));
        assert_eq!(place("渝中区大坪长江路174号龙湖时代广场3楼", &LANDMARK_ENDS).as_deref(), Some("龙湖时代广场"));
        assert_eq!(place("180号", &STREET_ENDS), None);
    }
}
