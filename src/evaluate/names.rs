//! Names typed in hanzi or in English: whole, in part, in the other script, as a short form.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::letters::whole_or_core;
use super::target::{Spoken, Target, spoken, written};
use crate::generate::dice::Dice;
use crate::listing::{AliasKind, is_hanzi};
use crate::text::Folded;

/// Characters of a part of a name at least.
const PART_CHARS_MIN: usize = 2;

/// The whole name as it is written.
pub(super) fn exact(target: &Target<'_>, _: &mut Dice) -> Option<String> {
    Some(target.listing.name.clone())
}

/// Simplified characters, each with the traditional ones in common use it stands for.
static TRADITIONAL: LazyLock<HashMap<char, Vec<char>>> = LazyLock::new(|| {
    let mut table: HashMap<char, Vec<char>> = HashMap::new();
    let lines = include_str!("../../data/readings/simplified.tsv").lines();
    let rows = lines.filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('\t'));
    for (from, to) in rows.filter_map(|(from, to)| Some((from.chars().next()?, to.chars().next()?))) {
        if is_common_traditional(from) {
            table.entry(to).or_default().push(from);
        }
    }
    table
});

/// Whether Big5 has the character on its first level, that of common use.
fn is_common_traditional(c: char) -> bool {
    let mut buffer = [0; 4];
    let (bytes, _, failed) = encoding_rs::BIG5.encode(c.encode_utf8(&mut buffer));
    !failed && matches!(bytes.as_ref(), [0xa4..=0xc6, _])
}

/// The whole name in the other script: traditional for simplified, simplified for traditional.
pub(super) fn other_script(target: &Target<'_>, dice: &mut Dice) -> Option<String> {
    let name = &target.listing.name;
    let mut other = |c: char| {
        let mut folded = Folded::new(c.encode_utf8(&mut [0; 4])).text().chars().next().unwrap_or(c);
        if is_hanzi(c) && folded == c {
            folded = TRADITIONAL.get(&c).map_or(c, |all| dice.pick(all));
        }
        if is_hanzi(c) { folded } else { c }
    };
    let is_traditional = |c: char| is_hanzi(c) && Folded::new(c.encode_utf8(&mut [0; 4])).text() != c.to_string();
    // A name that mixes the two goes to simplified.
    let typed: String = match name.chars().any(is_traditional) {
        true => name.chars().map(|c| if is_traditional(c) { other(c) } else { c }).collect(),
        false => name.chars().map(other).collect(),
    };
    (typed != *name).then_some(typed)
}

/// The beginning of `units`, at least `least` of them and half, and not all.
pub(super) fn head_of<'u>(units: &'u [Spoken], dice: &mut Dice, least: usize) -> Option<&'u [Spoken]> {
    let least = units.len().div_ceil(2).max(least);
    if units.len() <= least {
        return None;
    }
    units.get(..dice.between(least, units.len() - 1))
}

/// The first half of the name or more, with or without the divisions in front.
pub(super) fn prefix(target: &Target<'_>, dice: &mut Dice) -> Option<String> {
    Some(written(head_of(whole_or_core(target, dice), dice, PART_CHARS_MIN)?))
}

/// Three characters or more, at least half of the name, from anywhere but its beginning.
pub(super) fn infix(target: &Target<'_>, dice: &mut Dice) -> Option<String> {
    let units = target.core();
    let longest = units.len().checked_sub(1).filter(|&longest| longest >= 3)?;
    let length = dice.between(units.len().div_ceil(2).max(3), longest);
    let last = units.len() - length;
    let start = dice.between(1, last);
    Some(written(units.get(start..start + length)?)).filter(|part| !is_general(part))
}

/// Whether a part of a name says no more than what kind of business it is: no listing could be meant by it.
fn is_general(part: &str) -> bool {
    let folded = Folded::new(part);
    TAILS.iter().any(|tail| tail.contains(folded.text()))
}

/// One word of the name: what stands in brackets, what is parted off by a change of script, or what is left between the
/// divisions in front and the kind of business behind.
pub(super) fn word(target: &Target<'_>, dice: &mut Dice) -> Option<String> {
    let name = &target.listing.name;
    let mut words: Vec<String> = Vec::new();
    let mut script = None;
    for c in name.chars() {
        let of = if is_hanzi(c) { Some(0) } else { c.is_alphanumeric().then_some(1) };
        match (of, words.last_mut()) {
            (Some(_), Some(word)) if of == script => word.push(c),
            (Some(_), _) => words.push(c.to_string()),
            (None, _) => {}
        }
        script = of;
    }
    if words.len() < 2 {
        let core = written(target.core());
        let body = TAILS.iter().find_map(|tail| core.strip_suffix(tail)).unwrap_or(&core);
        words = vec![body.to_owned()];
    }
    words.retain(|word| word.chars().count() >= PART_CHARS_MIN && word != name && !is_general(word));
    (!words.is_empty()).then(|| words.swap_remove(dice.below(words.len())))
}

/// Any one hanzi of the name.
pub(super) fn character(target: &Target<'_>, dice: &mut Dice) -> Option<String> {
    let hanzi: Vec<char> = target.units.iter().map(|unit| unit.written).filter(|&c| is_hanzi(c)).collect();
    (!hanzi.is_empty()).then(|| dice.pick(&hanzi).to_string())
}

/// What businesses and institutions are, at the end of their names.
const TAILS: [&str; 28] = [
    "股份有限公司",
    "人民医院",
    "卫生所",
    "药局",
    "影城",
    "有限责任公司",
    "有限公司",
    "集团公司",
    "公司",
    "幼儿园",
    "委员会",
    "管理局",
    "公安局",
    "派出所",
    "卫生院",
    "医院",
    "大学",
    "学院",
    "中学",
    "小学",
    "学校",
    "银行",
    "酒店",
    "餐厅",
    "药房",
    "药店",
    "商店",
    "中心",
];

/// Institutions as they end, and how short forms call them.
const HEADS: [(&str, &str); 11] = [
    ("人民医院", "医院"),
    ("医院", "院"),
    ("卫生院", "卫生院"),
    ("大学", "大"),
    ("学院", "院"),
    ("中学", "中"),
    ("小学", "小"),
    ("幼儿园", "幼"),
    ("委员会", "委"),
    ("公安局", "公安"),
    ("银行", "行"),
];

/// A short form made by rule: the first characters of the first two words of the institution's own name (taken two by two), or
/// its number, and what it is called for short; the division in front is left out. 岭南医科大学 → 岭医大, 广州市第二十一中学 → 二十一中.
pub(super) fn short_form(target: &Target<'_>, dice: &mut Dice) -> Option<String> {
    let core = written(target.core());
    let (own, head) = HEADS
        .iter()
        .find_map(|(tail, head)| Some((Folded::new(&core).text().strip_suffix(tail)?.to_owned(), *head)))?;
    let own: Vec<char> = own.chars().collect();
    let is_numeral = |c: &char| "零一二三四五六七八九十百0123456789".contains(*c);
    let start: String = match own.split_first() {
        Some(('第', number)) if !number.is_empty() && number.iter().all(is_numeral) => number.iter().collect(),
        Some(_) if own.iter().all(is_numeral) => own.iter().collect(),
        _ => {
            let words: Vec<&[char]> = own.chunks(2).collect();
            let taken = if dice.per_mille(300) { 1 } else { words.len().min(2) };
            words.iter().take(taken).filter_map(|word| word.first()).collect()
        }
    };
    let short = format!("{start}{head}");
    let chars = short.chars().count();
    (chars >= 2 && !start.is_empty() && chars < spoken(&core).len()).then_some(short)
}

/// Two or three words of an English name, from any word on, or all of it, or its beginning; or a Latin word of a Chinese name.
pub(super) fn english(target: &Target<'_>, dice: &mut Dice) -> Option<String> {
    let is_latin = |text: &str| text.chars().any(|c| c.is_ascii_alphabetic()) && !text.chars().any(is_hanzi);
    let aliases =
        target.listing.aliases.iter().filter(|alias| alias.kind == AliasKind::English || is_latin(&alias.text));
    let mut texts: Vec<&str> = aliases.map(|alias| alias.text.as_str()).collect();
    let name = target.listing.name.as_str();
    let latin_parts: Vec<&str> = name.split(|c: char| !(c.is_ascii_alphanumeric() || " '&.-".contains(c))).collect();
    texts.extend(latin_parts.iter().map(|part| part.trim()).filter(|part| part.len() > 2 && is_latin(part)));
    if texts.is_empty() {
        return None;
    }
    let text = dice.pick(&texts);
    let words: Vec<&str> = text.split_whitespace().collect();
    // A single word is a brand that dozens of branches share: no listing could be meant by it.
    if words.len() < 2 {
        return None;
    }
    let chars = text.chars().count();
    let typed = match dice.below(4) {
        0 => words.join(" "),
        // From the beginning, perhaps in the middle of a word.
        1 if chars > 5 => text.chars().take(dice.between(chars.div_ceil(2), chars - 1)).collect(),
        _ => {
            // One word of many, such as University, tells too little.
            let least = words.len().min(2);
            let start = dice.below(words.len() + 1 - least);
            let count = dice.between(least, (words.len() - start).min(3));
            words.iter().skip(start).take(count).copied().collect::<Vec<_>>().join(" ")
        }
    };
    let typed = if dice.per_mille(500) { typed.to_lowercase() } else { typed };
    (typed.chars().filter(char::is_ascii_alphanumeric).count() >= 3).then_some(typed)
}
