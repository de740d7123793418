//! Places in an address: its streets, villages, buildings and stations, as callers name them.

use std::collections::BTreeSet;

/// What the name of a street ends in; another name starts behind it.
const STREET_ENDS: [&str; 7] = ["大道", "公路", "路", "街", "道", "巷", "里"];
/// What the name of another place ends in; it may go on to be the name of a street (新城东路).
const PLACE_ENDS: [&str; 25] = [
    "工业园",
    "科技园",
    "商业城",
    "广场",
    "大厦",
    "花园",
    "中心",
    "市场",
    "商场",
    "酒店",
    "公园",
    "大院",
    "小区",
    "新村",
    "山庄",
    "医院",
    "村",
    "镇",
    "城",
    "苑",
    "站",
    "桥",
    "门",
    "园",
    "楼",
];
/// What a province, city or district ends in: another name starts behind it, and it is none of these places.
const REGION_ENDS: [&str; 4] = ["省", "市", "区", "县"];
/// Characters of a place's name at most: what is longer is a sentence.
const NAME_CHARS_MAX: usize = 9;
/// Characters before the ending at least.
const STEM_CHARS_MIN: usize = 2;

/// The places that folded `address` names, each with its ending and, where enough is left, without it.
///
/// House numbers, floors and rooms are left out. Linear in the length of the address.
///
/// # Examples
/// ```
/// use chahao::text::{Folded, place_names};
/// let address = Folded::new("体育西路103号维多利广场B塔3楼");
/// assert_eq!(place_names(address.text()).into_iter().collect::<Vec<_>>(), ["体育西", "体育西路", "维多利", "维多利广场"]);
/// ```
pub fn place_names(address: &str) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    for run in address.split(|c: char| c.is_ascii_alphanumeric() || "号號栋幢座层室铺房".contains(c)) {
        if !run.is_empty() {
            add_names(run, &mut names);
        }
    }
    names
}

/// Adds the places named in one stretch of hanzi.
fn add_names<'t>(run: &'t str, names: &mut BTreeSet<&'t str>) {
    // Where the name at hand may have begun: behind the last street, and behind every place since.
    let mut starts = vec![0];
    for (at, c) in run.char_indices() {
        let (so_far, rest) = run.split_at(at + c.len_utf8());
        let ends_in = |endings: &[&'static str]| endings.iter().copied().find(|ending| so_far.ends_with(ending));
        let street = ends_in(&STREET_ENDS);
        let Some(ending) = street.or_else(|| ends_in(&PLACE_ENDS)).or_else(|| ends_in(&REGION_ENDS)) else { continue };
        // 文明里大街 is one street, and 环市东路 and 市场 are no cities.
        if STREET_ENDS.iter().any(|next| rest.starts_with(next)) || (ending == "市" && rest.starts_with('场')) {
            continue;
        }
        let is_region = REGION_ENDS.contains(&ending);
        let stems = starts.iter().filter_map(|&start| so_far.get(start..)?.strip_suffix(ending));
        let longest = stems.map(|stem| stem.chars().count()).max().unwrap_or(0);
        if is_region && longest < STEM_CHARS_MIN {
            continue;
        }
        if !is_region {
            starts.iter().filter_map(|&start| so_far.get(start..)).for_each(|name| add_name(name, ending, names));
        }
        if is_region || street.is_some() {
            starts.clear();
        }
        starts.push(at + c.len_utf8());
    }
}

/// Adds `name` with and without its ending, unless too much or too little of it is left.
fn add_name<'t>(name: &'t str, ending: &str, names: &mut BTreeSet<&'t str>) {
    let stem = name.strip_suffix(ending).unwrap_or_default();
    let stem_chars = stem.chars().count();
    let is_whole_word = stem_chars >= STEM_CHARS_MIN || (stem_chars == 1 && ending.chars().count() > 1);
    if !is_whole_word || name.chars().count() > NAME_CHARS_MAX {
        return;
    }
    names.insert(name);
    if stem_chars >= STEM_CHARS_MIN {
        names.insert(stem);
    }
}

#[cfg(test)]
mod tests {
    use super::place_names;

    fn names(address: &str) -> String {
        place_names(address).into_iter().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn streets_and_buildings_are_found_without_their_numbers() {
        assert_eq!(names("广州市荔湾区石牌街文昌南路2号首层"), "文昌南 文昌南路 石牌 石牌街");
        assert_eq!(names("花城大道85号高德置地广场"), "花城 花城大道 高德置地 高德置地广场");
        assert_eq!(names("新城东路1号"), "新城东 新城东路");
        assert_eq!(names("人和镇鹤龙一路"), "人和 人和镇 人和镇鹤龙一 人和镇鹤龙一路 鹤龙一 鹤龙一路");
        assert_eq!(names("越秀区环市东路368号"), "环市东 环市东路");
        assert_eq!(names("2号首层"), "");
        assert_eq!(names(""), "");
    }
}
