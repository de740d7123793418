//! Districts, streets and addresses.

use std::fmt::Write;

use super::brand::Brands;
use super::dice::{Dice, Weighted};
use super::lexicon::places::{AVENUE_ENDINGS, DISTRICTS, HOUSE_PARTS, LANE_ENDINGS, ROAD_ENDINGS};
use super::lexicon::words;

/// Roads with invented names in each district, besides those of the lexicon.
const LANES_PER_DISTRICT: usize = 160;

/// Districts, from the start of the lexicon's, in the middle of the city.
const CENTRAL_DISTRICTS: usize = 5;

/// The words for places in one district.
pub(super) struct Area {
    /// With its 区.
    pub(super) name: &'static str,
    /// Without it.
    pub(super) short: &'static str,
    /// Subdistricts, and towns with their 镇.
    pub(super) towns: Vec<&'static str>,
    /// First parts of road names, without 大道.
    pub(super) roots: Vec<&'static str>,
    /// What a branch is named after.
    pub(super) spots: Vec<&'static str>,
    /// The roads of the lexicon, with their endings.
    roads: Vec<String>,
    /// Roads with invented names.
    lanes: Vec<String>,
}

/// All districts, made once per seed.
pub(super) struct Places {
    pub(super) areas: Vec<Area>,
    by_weight: Weighted,
    house_parts: Vec<&'static str>,
}

impl Places {
    /// Reads the lexicon and invents the roads that are not in it.
    pub(super) fn new(dice: &mut Dice, brands: &Brands) -> Places {
        let lane_endings = words(LANE_ENDINGS);
        let area = |district: &super::lexicon::places::District| Area {
            name: district.name,
            short: district.name.trim_end_matches('区'),
            towns: words(district.towns),
            roots: words(district.roads).into_iter().map(|road| road.trim_end_matches("大道")).collect(),
            spots: words(district.spots),
            roads: named_roads(district.roads),
            lanes: (0..LANES_PER_DISTRICT)
                .map(|_| format!("{}{}", brands.two_characters(dice), dice.pick(&lane_endings)))
                .collect(),
        };
        Places {
            areas: DISTRICTS.iter().map(area).collect(),
            by_weight: Weighted::new(DISTRICTS.iter().map(|district| district.weight)),
            house_parts: words(HOUSE_PARTS),
        }
    }

    /// A district, the large ones more often.
    pub(super) fn area(&self, dice: &mut Dice) -> Option<&Area> {
        self.areas.get(self.by_weight.draw(dice))
    }

    /// A district in the middle of the city, where the well-known institutions stand.
    pub(super) fn central_area(&self, dice: &mut Dice) -> Option<&Area> {
        self.areas.get(dice.below(CENTRAL_DISTRICTS))
    }

    /// An address such as `荔湾区文昌南路2号首层`, on the road given.
    pub(super) fn address(&self, area: &Area, road: &str, dice: &mut Dice) -> String {
        let town = if dice.per_mille(60) { area.town_with_kind(dice) } else { String::new() };
        let mut text = format!("{}{town}{road}{}号", area.name, house_number(dice));
        // Writing to a String cannot fail.
        match dice.below(100) {
            0..30 => {}
            30..55 => text.push_str(dice.pick(&self.house_parts)),
            55..80 => {
                let (floor, room) = (dice.between(1, 40), dice.between(1, 40));
                let _ = write!(text, "{floor}楼{floor}{room:02}室");
            }
            80..90 => {
                let _ = write!(text, "{}铺", dice.between(1, 480));
            }
            90..95 => {
                let _ = write!(text, "自编{}号", dice.between(1, 60));
            }
            _ => {
                let (block, room) = (dice.pick(&["A", "B", "C", "D", "1", "2", "3"]), dice.between(101, 2_805));
                let _ = write!(text, "{block}栋{room}房");
            }
        }
        text
    }
}

impl Area {
    /// An address with nothing behind the house number, on a road of the lexicon: an institution has the house.
    pub(super) fn whole_house(&self, dice: &mut Dice) -> String {
        let road = self.roads.get(dice.below(self.roads.len())).map_or("", String::as_str);
        format!("{}{road}{}号", self.name, house_number(dice))
    }

    /// A road, with a name from the lexicon in most cases.
    pub(super) fn road(&self, dice: &mut Dice) -> &str {
        let roads = if dice.per_mille(620) { &self.roads } else { &self.lanes };
        roads.get(dice.below(roads.len())).map_or("", String::as_str)
    }

    /// A subdistrict as it stands in addresses: 石牌街, 人和镇.
    fn town_with_kind(&self, dice: &mut Dice) -> String {
        let town = dice.pick(&self.towns);
        if town.ends_with('镇') { town.to_owned() } else { format!("{town}街") }
    }
}

/// House numbers are small more often than not: a draw below a draw.
fn house_number(dice: &mut Dice) -> usize {
    let bound = dice.between(2, 1_000);
    1 + dice.below(bound)
}

/// Every first part with every ending it can take; the plain road stands several times, being commonest.
fn named_roads(table: &'static str) -> Vec<String> {
    let mut roads = Vec::new();
    for root in words(table) {
        if root.ends_with("大道") || root.ends_with("公路") || root.ends_with("国道") {
            roads.extend(std::iter::repeat_n(root.to_owned(), 3));
            if root.ends_with("大道") {
                roads.extend(words(AVENUE_ENDINGS).into_iter().map(|ending| format!("{root}{ending}")));
            }
        } else {
            roads.extend(std::iter::repeat_n(format!("{root}路"), 4));
            roads.extend(words(ROAD_ENDINGS).into_iter().map(|ending| joined(root, ending)));
        }
    }
    roads
}

/// 北京 + 路; but 大南 + 南路 is 大南路.
fn joined(root: &str, ending: &str) -> String {
    match (root.chars().last(), ending.chars().next()) {
        (Some(last), Some(first)) if last == first => format!("{root}路"),
        _ => format!("{root}{ending}"),
    }
}
