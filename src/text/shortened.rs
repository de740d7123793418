//! How callers shorten a name's words: which they begin behind, which they leave out, and of which they keep the last
//! character.
//!
//! The words are those that `scripts/learn-weights --words` finds to be shortened otherwise than most, as far as they
//! are words of names in general; words have two characters at most, as [`word_starts`](super::word_starts) cuts them.
//!
//! What an index holds goes by these tables: `INDEX_FORMAT` grows with every change to them.

use std::ops::Range;
use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::SHAPE_CHARS;

/// What stands in front of a name besides regions, and callers begin behind: 青联 for 中华全国青年联合会.
const BEGUN_BEHIND: [&str; 18] = [
    "中国", "中华", "全国", "国家", "国际", "世界", "亚洲", "中央", "国民", "人民", "共和", "国", "共产", "党", "解放",
    "军", "共青", "对外",
];
/// What callers leave out, so that nothing is missing where it is not said: 妇联 for 妇女联合会, 北影厂 for
/// 北京电影制片厂.
const LEFT_OUT: [&str; 42] = [
    "会", "大学", "学院", "研究", "委员", "人民", "政府", "联合", "厂", "工业", "制片", "社", "总", "建设", "工程",
    "运动", "技术", "事业", "者", "人", "和", "与", "街道", "建筑", "对外", "艺术", "经济", "管理", "机", "供应",
    "干部", "通讯", "专业", "业余", "出版", "指挥", "党", "教育", "公司", "制造", "进", "出口",
];
/// Words of which the last character stands for them: 建行 for 建设银行, 港大 for 香港大学.
const LAST_KEPT: [&str; 13] =
    ["银行", "学校", "学院", "电影", "电视", "政府", "最高", "对外", "华侨", "香港", "北京", "四川", "台北"];

/// What is usual of one word.
#[derive(Debug, Clone, Copy, Default)]
struct Usage {
    begun_behind: bool,
    left_out: bool,
    last_kept: bool,
}

/// The words by their one or two characters ([`word_key`]).
static USAGES: LazyLock<FxHashMap<u64, Usage>> = LazyLock::new(|| {
    let mut usages: FxHashMap<u64, Usage> = FxHashMap::default();
    let mut mark = |words: &[&str], set: fn(&mut Usage)| {
        for word in words {
            let mut chars = word.chars();
            let first = chars.next().unwrap_or_default();
            set(usages.entry(word_key(first, chars.next())).or_default());
        }
    };
    mark(&BEGUN_BEHIND, |usage| usage.begun_behind = true);
    mark(&LEFT_OUT, |usage| usage.left_out = true);
    mark(&LAST_KEPT, |usage| usage.last_kept = true);
    usages
});

/// A word of one or two characters as one number.
fn word_key(first: char, second: Option<char>) -> u64 {
    u64::from(first) << u32::BITS | second.map_or(0, u64::from)
}

/// How callers shorten a name: a bit for every character, the first character lowest.
///
/// Invariant: characters from [`SHAPE_CHARS`] on have none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shortened {
    /// Where they may begin: at its first character, behind regions and what else stands in front, behind a 第.
    pub beginnings: u64,
    /// The first characters of the words they leave out.
    pub left_out: u64,
    /// The last characters that stand for their word.
    pub last_kept: u64,
}

impl Shortened {
    /// How a name is shortened, by its characters as they are spoken, a bit for every one that starts a word, and where
    /// its core lies; about 10 ns a word.
    pub(super) fn of(name: &[char], starts: u64, core: Range<usize>) -> Shortened {
        let name = name.get(..SHAPE_CHARS).unwrap_or(name);
        let usages = &*USAGES;
        // A 第 in front of the first word, or of the core's first one, may be left out too.
        let behind_ordinal = |place: usize| match name.get(place) {
            Some('第') => lowest(starts & (u64::MAX << place)),
            _ => 0,
        };
        let beginnings = 1 | 1 << core.start | behind_ordinal(0) | behind_ordinal(core.start);
        let mut shortened = Shortened { beginnings, left_out: 0, last_kept: 0 };
        let mut is_front = true;
        let mut rest = starts;
        while rest != 0 {
            let first = lowest(rest);
            rest &= !first;
            let (start, end) = (first.trailing_zeros() as usize, (rest.trailing_zeros() as usize).min(name.len()));
            // A 第 in front of the next word is no part of this one.
            let word = name.get(start..end).unwrap_or_default();
            let word = if rest == 0 { word } else { word.strip_suffix(&['第']).unwrap_or(word) };
            let usage = match *word {
                [one] => usages.get(&word_key(one, None)),
                [one, two] => usages.get(&word_key(one, Some(two))),
                _ => None,
            };
            let usage = usage.copied().unwrap_or_default();
            if usage.left_out {
                shortened.left_out |= first;
            }
            let last = if usage.last_kept { first << (word.len() - 1) } else { 0 };
            shortened.last_kept |= last;
            if start < core.start || is_front {
                shortened.beginnings |= last;
            }
            if start >= core.start && is_front {
                is_front = usage.begun_behind;
                if is_front {
                    shortened.beginnings |= first << word.len() | lowest(rest);
                }
            }
        }
        shortened.beginnings &= !(u64::MAX << core.end) | 1;
        shortened
    }

    /// Of the words that start at `core_starts`, those that need not be said where all others are: left out, or in front
    /// of where callers begin.
    pub(super) fn needless(self, core_starts: u64) -> u32 {
        let last_beginning = 63 - (self.beginnings | 1).leading_zeros();
        (core_starts & (self.left_out | !(u64::MAX << last_beginning))).count_ones()
    }
}

/// The lowest bit of `bits` alone.
fn lowest(bits: u64) -> u64 {
    bits & bits.wrapping_neg()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Folded, Regions, Shape, spoken};

    fn shortened(name: &str) -> (Vec<char>, Shortened) {
        let folded = Folded::new(name);
        let text: Vec<char> = spoken(folded.text()).map(|(c, _)| c).collect();
        let shape = Shape::of(name, &folded, &Regions::of(""));
        let shortened = shape.shortened(&text);
        (text, shortened)
    }

    fn marked(name: &str, bits: fn(&Shortened) -> u64) -> String {
        let (text, shortened) = shortened(name);
        text.iter().enumerate().filter(|(at, _)| bits(&shortened) >> at & 1 == 1).map(|(_, c)| *c).collect()
    }

    #[test]
    fn callers_begin_behind_what_stands_in_front() {
        let beginnings = |name| marked(name, |shortened| shortened.beginnings);
        assert_eq!(beginnings("华南理工大学"), "华");
        assert_eq!(beginnings("中华全国青年联合会"), "中全青");
        assert_eq!(beginnings("香港大学"), "香港大");
        assert_eq!(beginnings("上海第二医科大学"), "上第二");
        assert_eq!(beginnings("第九小学"), "第九");
        assert_eq!(beginnings("最高人民检察院"), "最高");
        assert_eq!(beginnings("中国"), "中");
        assert_eq!(beginnings("国际有限公司"), "国", "nobody begins with what a company is");
        assert_eq!(shortened("中国").1.beginnings, 1, "nor behind its end");
    }

    #[test]
    fn some_words_are_left_out_and_some_are_kept_by_their_last_character() {
        assert_eq!(marked("妇女联合会", |shortened| shortened.left_out), "联会");
        assert_eq!(marked("北京电影制片厂", |shortened| shortened.left_out), "制厂");
        assert_eq!(marked("中国建设银行", |shortened| shortened.last_kept), "行");
        assert_eq!(marked("……", |shortened| shortened.left_out), "");
    }
}
