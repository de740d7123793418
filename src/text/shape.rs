//! A name's shape: its words, its core and what kind of name it is, in seven bytes.
//!
//! Short forms are scored by it; it is computed once, when a part is built.

use super::{Folded, Regions, Shortened, spoken, word_starts};

/// Characters of a name whose words are kept; short forms take nothing from behind them.
pub const SHAPE_CHARS: usize = 37;

/// Bits of a shape; those above are 0.
pub const SHAPE_BITS: u32 = 56;
/// Bits of a place in the name.
const PLACE_BITS: u32 = 6;
const CORE_START: u32 = SHAPE_CHARS as u32;
const CORE_END: u32 = CORE_START + PLACE_BITS;
const INSTITUTION: u32 = CORE_END + PLACE_BITS;
const BRANCH: u32 = INSTITUTION + 1;
const SPOKEN: u32 = BRANCH + 1;
const NEEDLESS: u32 = SPOKEN + 1;
/// As many words that need not be said as can be kept.
const NEEDLESS_MAX: u32 = (1 << (SHAPE_BITS - NEEDLESS)) - 1;

/// Characters and needed words of the names that are likely to be shortened, at most (`benches/RESULTS.md`).
const LIKELY_CHARS_MAX: usize = 10;
const LIKELY_WORDS_MAX: u32 = 3;
const LIKELY_WORDS_BEHIND_REGION_MAX: u32 = 1;

/// What a company's name ends in and a caller leaves out, the longest first.
const COMPANY_ENDS: [&str; 5] = ["股份有限公司", "有限责任公司", "集团有限公司", "有限公司", "公司"];
/// What the name of an institution, that callers shorten, ends in.
const INSTITUTION_ENDS: [&str; 54] = [
    "大学",
    "学院",
    "学校",
    "中学",
    "小学",
    "医院",
    "医学院",
    "幼儿园",
    "局",
    "委员会",
    "银行",
    "所",
    "协会",
    "公司",
    "集团",
    "办公室",
    "中心",
    "政府",
    "部",
    "厅",
    "院",
    "会",
    "处",
    "科",
    "厂",
    "站",
    "馆",
    "社",
    "台",
    "署",
    "法院",
    "检察院",
    "党",
    "团",
    "队",
    "军",
    "系",
    "组",
    "库",
    "校",
    "办",
    "委",
    "室",
    "联",
    "盟",
    "宫",
    "园",
    "机场",
    "港",
    "司",
    "行",
    "基金",
    "剧院",
    "报",
];

/// The shape of an official name, over its characters as [`spoken`] gives them.
///
/// # Invariants
/// 1. Places behind [`SHAPE_CHARS`] are cut to it; a name of which nothing is left when it is folded has no core.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Shape(u64);

impl Shape {
    /// The shape of the name `folded` was folded from, `original`, with the regions that may stand in front of it.
    pub fn of(original: &str, folded: &Folded, regions: &Regions) -> Shape {
        let chars: Vec<(char, usize)> = spoken(folded.text()).map(|(c, of)| (c, of.start)).collect();
        let text: Vec<char> = chars.iter().map(|(c, _)| *c).collect();
        let place = |unit: usize| chars.iter().position(|(_, of)| *of >= unit).unwrap_or(chars.len());
        let branch = branch_start(original, folded).map(place).filter(|&start| start > 0);
        let head_end = branch.unwrap_or(text.len());
        let core_start = regions.starts(folded).last().map_or(0, |&unit| place(unit)).min(head_end);
        let head: String = text.get(..head_end).unwrap_or_default().iter().collect();
        let company = COMPANY_ENDS.iter().find(|end| head.ends_with(*end)).map_or(0, |end| end.chars().count());
        let core_end = Some(head_end - company).filter(|&end| end > 0).unwrap_or(head_end);
        // 广州有限公司 has nothing else between its region and its end.
        let core_start = if core_start < core_end { core_start } else { 0 };
        let words = word_starts(&text).into_iter().take(SHAPE_CHARS).enumerate();
        let starts = words.fold(0, |bits, (at, starts)| bits | u64::from(starts) << at);
        let place_bits = |place: usize| place.min(SHAPE_CHARS) as u64;
        let institution = INSTITUTION_ENDS.iter().any(|end| head.ends_with(end));
        let is_spoken =
            chars.len() != folded.units().len() || chars.iter().zip(folded.units()).any(|(a, b)| a.0 != b.c);
        let shape = Shape(
            starts
                | place_bits(core_start) << CORE_START
                | place_bits(core_end) << CORE_END
                | u64::from(institution) << INSTITUTION
                | u64::from(branch.is_some()) << BRANCH
                | u64::from(is_spoken) << SPOKEN,
        );
        let needless = shape.shortened(&text).needless(starts & shape.core());
        Shape(shape.0 | u64::from(needless.min(NEEDLESS_MAX)) << NEEDLESS)
    }

    /// The shape kept as these bits; those that are none of its are left out.
    #[inline]
    pub fn from_bits(bits: u64) -> Shape {
        Shape(bits & ((1 << SHAPE_BITS) - 1))
    }

    /// The bits it is kept as.
    pub fn bits(self) -> u64 {
        self.0
    }

    /// A bit for every character that starts a word, the first character lowest.
    #[inline]
    pub fn word_starts(self) -> u64 {
        self.0 & ((1 << SHAPE_CHARS) - 1)
    }

    /// Where the core starts: behind the regions in front.
    #[inline]
    pub fn core_start(self) -> usize {
        (self.0 >> CORE_START) as usize & ((1 << PLACE_BITS) - 1)
    }

    /// Where the core ends: in front of 有限公司 and of a branch in brackets.
    #[inline]
    pub fn core_end(self) -> usize {
        (self.0 >> CORE_END) as usize & ((1 << PLACE_BITS) - 1)
    }

    /// A bit for every character of the core, the first character of the name lowest.
    #[inline]
    pub fn core(self) -> u64 {
        (u64::MAX << self.core_start()) & !(u64::MAX << self.core_end())
    }

    /// How callers shorten the name of this shape, by its characters as they are spoken.
    pub fn shortened(self, name: &[char]) -> Shortened {
        Shortened::of(name, self.word_starts(), self.core_start()..self.core_end())
    }

    /// Words of the core that are missing where they are not said, whatever else is: one at least.
    #[inline]
    pub fn words_needed(self) -> u32 {
        match (self.0 >> NEEDLESS) as u32 {
            NEEDLESS_MAX => 1,
            needless => (self.word_starts() & self.core()).count_ones().saturating_sub(needless).max(1),
        }
    }

    /// Whether it ends like an institution's name: 大学, 局, 公司.
    #[inline]
    pub fn is_institution(self) -> bool {
        self.0 >> INSTITUTION & 1 == 1
    }

    /// Whether it is like most of those of which callers use a short form that begins at `at`, where the name has `chars`
    /// characters as it is spoken.
    pub fn is_likely_shortened(self, chars: usize, at: usize) -> bool {
        // Regions are said where there is little else: 广大 is 广州大学 and not 广州康宁大药房.
        let words = if at < self.core_start() { LIKELY_WORDS_BEHIND_REGION_MAX } else { LIKELY_WORDS_MAX };
        self.is_institution() && !self.is_branch() && chars <= LIKELY_CHARS_MAX && self.words_needed() <= words
    }

    /// Whether a branch follows in brackets: (文昌总店).
    #[inline]
    pub fn is_branch(self) -> bool {
        self.0 >> BRANCH & 1 == 1
    }

    /// Whether the name has digits that are spoken as numerals.
    #[inline]
    pub fn is_spoken(self) -> bool {
        self.0 >> SPOKEN & 1 == 1
    }
}

/// The unit at which a branch in brackets starts, at the end of a name.
fn branch_start(original: &str, folded: &Folded) -> Option<usize> {
    let inside = original.trim_end().strip_suffix([')', '）'])?;
    let open = inside.rfind(['(', '（'])?;
    if !inside.ends_with(['店', '铺', '舖', '鋪']) {
        return None;
    }
    let open = original.get(..open)?.chars().count();
    folded.units().iter().position(|unit| unit.origin as usize > open)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(name: &str) -> (Shape, String) {
        let folded = Folded::new(name);
        let shape = Shape::of(name, &folded, &Regions::of("荔湾区"));
        let text: Vec<char> = spoken(folded.text()).map(|(c, _)| c).collect();
        (shape, text.get(shape.core_start()..shape.core_end()).unwrap_or_default().iter().collect())
    }

    #[test]
    fn the_core_is_what_a_caller_says() {
        assert_eq!(shape("广州市荔湾区妇幼保健院").1, "妇幼保健院");
        assert_eq!(shape("广州酒家集团股份有限公司").1, "酒家集团");
        assert_eq!(shape("陶陶居酒家（第十甫总店）").1, "陶陶居酒家");
        assert_eq!(shape("广州有限公司").1, "广州");
        assert_eq!(shape("……").1, "");
    }

    #[test]
    fn kinds_of_names_are_told_apart() {
        let told = |name| {
            let shape = shape(name).0;
            (shape.is_institution(), shape.is_branch(), shape.is_spoken())
        };
        assert_eq!(told("广州市第21中学"), (true, false, true));
        assert_eq!(told("中山大学"), (true, false, false));
        assert_eq!(told("中大五金行(海珠店)"), (true, true, false));
        assert_eq!(told("阿强发廊"), (false, false, false));
    }

    #[test]
    fn a_name_longer_than_its_shape_is_cut() {
        let long = shape(&"中山大学".repeat(50)).0;
        assert_eq!((long.core_end(), long.word_starts().count_ones()), (SHAPE_CHARS, 19));
    }
}
