//! Regions in front of a name, which callers leave out: 广州市荔湾区 in 广州市荔湾区妇幼保健院.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::Folded;

/// Places in a name after which a caller may start, at most.
const STARTS_MAX: usize = 4;
/// Characters of a region's bare name.
const REGION_CHARS: std::ops::RangeInclusive<usize> = 2..=6;
/// What a district, county or town ends in.
const DISTRICT_ENDS: [&str; 8] = ["街道", "自治县", "区", "县", "市", "镇", "乡", "旗"];

/// Regions by bare name, with the suffixes they are written with.
static REGIONS: LazyLock<HashMap<&'static str, Vec<&'static str>>> = LazyLock::new(|| {
    let lines = include_str!("../../data/regions.tsv").lines().filter(|line| !line.starts_with('#'));
    let rows = lines.filter_map(|line| line.split_once('\t'));
    rows.map(|(name, suffixes)| (name, suffixes.split('|').filter(|suffix| !suffix.is_empty()).collect())).collect()
});

/// The regions of one listing: those of the country, and its own locality.
#[derive(Debug, Default)]
pub struct Regions {
    /// The locality's parts, folded, with and without 区, 县, 镇.
    local: Vec<String>,
}

impl Regions {
    /// The regions a listing in `locality` may have in front of its name.
    pub fn of(locality: &str) -> Regions {
        let mut local = Vec::new();
        for part in locality.split_whitespace() {
            let folded = Folded::new(part);
            for piece in split_regions(folded.text()) {
                for name in [piece, without_region_end(piece)] {
                    if name.chars().count() >= 2 && !local.iter().any(|known| known == name) {
                        local.push(name.to_owned());
                    }
                }
            }
        }
        local.sort_by_key(|name| std::cmp::Reverse(name.len()));
        Regions { local }
    }

    /// The units of `name` at which it starts when regions in front are left out, without 0.
    ///
    /// # Examples
    /// ```
    /// use chahao::text::{Folded, Regions};
    /// let name = Folded::new("广州市荔湾区妇幼保健院");
    /// assert_eq!(Regions::of("荔湾区").starts(&name), [3, 6]);
    /// ```
    pub fn starts(&self, name: &Folded) -> Vec<usize> {
        let mut starts = Vec::new();
        let mut rest = name.text();
        while starts.len() < STARTS_MAX {
            let Some(after) = self.skip_one(rest, !starts.is_empty()) else { break };
            // What is left must still be a name.
            if after.chars().nth(1).is_none() {
                break;
            }
            rest = after;
            starts.push(name.units().len() - rest.chars().count());
        }
        starts
    }

    /// The rest of a name after one region, the longest that fits.
    fn skip_one<'n>(&self, name: &'n str, after_region: bool) -> Option<&'n str> {
        let local = self.local.iter().find_map(|region| name.strip_prefix(region.as_str()));
        let country = REGION_CHARS.rev().find_map(|length| {
            let end = name.char_indices().map(|(at, _)| at).chain([name.len()]).nth(length)?;
            let suffixes = REGIONS.get(name.get(..end)?)?;
            let rest = name.get(end..)?;
            suffixes.iter().find_map(|suffix| rest.strip_prefix(suffix)).or(Some(rest))
        });
        let known = match (local, country) {
            (Some(local), Some(country)) => Some(if local.len() < country.len() { local } else { country }),
            (local, country) => local.or(country),
        };
        known.or_else(|| if after_region { skip_town(name) } else { None })
    }
}

/// What stands behind a region of the country that `text`, folded, begins with: 白云区 in 广州市白云区, nothing in 广州.
pub fn behind_region(text: &str) -> Option<&str> {
    Regions::default().skip_one(text, false)
}

/// 钟落潭镇 in 钟落潭镇竹料幼儿园: a town of two or three characters, believed only behind a region.
fn skip_town(name: &str) -> Option<&str> {
    [2, 3].iter().find_map(|&length| {
        let end = name.char_indices().nth(length).map(|(at, _)| at)?;
        let rest = name.get(end..)?;
        ["街道", "镇", "乡"].iter().find_map(|suffix| rest.strip_prefix(suffix))
    })
}

/// 天河 of 天河区; a name of which less than two characters would be left stays as it is.
pub fn without_region_end(region: &str) -> &str {
    let bare = DISTRICT_ENDS.iter().find_map(|end| region.strip_suffix(end)).unwrap_or(region);
    if bare.chars().nth(1).is_some() { bare } else { region }
}

/// Cuts 台南市佳里区 into 台南市 and 佳里区.
pub fn split_regions(locality: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    for (at, c) in locality.char_indices() {
        let end = at + c.len_utf8();
        let piece = locality.get(start..end).unwrap_or_default();
        if "省市区县镇乡".contains(c) && piece.chars().count() >= 3 {
            pieces.push(piece);
            start = end;
        }
    }
    let tail = locality.get(start..).unwrap_or_default();
    if !tail.is_empty() {
        pieces.push(tail);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cores(locality: &str, name: &str) -> Vec<String> {
        let folded = Folded::new(name);
        let starts = Regions::of(locality).starts(&folded);
        starts.iter().map(|&start| folded.units().iter().skip(start).map(|unit| unit.c).collect()).collect()
    }

    #[test]
    fn regions_in_front_are_left_out_step_by_step() {
        assert_eq!(
            cores("广州市 白云区", "广州市白云区钟落潭镇竹料幼儿园"),
            ["白云区钟落潭镇竹料幼儿园", "钟落潭镇竹料幼儿园", "竹料幼儿园"]
        );
        assert_eq!(cores("臺南市佳里區", "臺南市佳里區衛生所"), ["佳里区卫生所", "卫生所"]);
        assert_eq!(cores("荔湾区", "陶陶居酒家"), Vec::<String>::new());
        assert_eq!(cores("", "广州市"), Vec::<String>::new());
    }
}
