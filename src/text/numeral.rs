//! Numerals said one way and written another: 十三中 = 13中 = 第十三中.
//!
//! Names are indexed in every way; queries stay as typed, so typing on never changes what was typed before.

use std::ops::Range;

use chinese_number::{ChineseCase, ChineseCountMethod, ChineseToNumber, ChineseVariant, NumberToChinese};

/// Digits of a number that is read as one number; longer ones are read digit by digit or not at all.
const DIGITS_MAX: usize = 4;

/// The other ways in which the numerals of folded `text` may be said or written, without `text` itself.
///
/// At most five: Arabic digits as Chinese numerals, Chinese numerals as digits, and both without 第.
///
/// # Examples
/// ```
/// use chahao::text::numeral_variants;
/// assert_eq!(numeral_variants("第13中学"), ["第十三中学", "十三中学", "13中学"]);
/// assert!(numeral_variants("四海酒家").is_empty());
/// ```
pub fn numeral_variants(text: &str) -> Vec<String> {
    let runs = numeral_runs(text);
    if runs.is_empty() {
        return Vec::new();
    }
    let mut variants: Vec<String> = Vec::new();
    let spoken = rewrite(text, &runs, to_chinese);
    let written = rewrite(text, &runs, to_digits);
    for variant in [&spoken, &written, &without_ordinal(&spoken), &without_ordinal(&written), &without_ordinal(text)] {
        if variant != text && !variants.contains(variant) {
            variants.push(variant.clone());
        }
    }
    variants
}

/// Whether `c` is a numeral, Chinese or Arabic.
pub fn is_numeral(c: char) -> bool {
    matches!(c, '0'..='9' | '零' | '一' | '二' | '三' | '四' | '五' | '六' | '七' | '八' | '九' | '十' | '百' | '千')
}

/// Folded `text` as it is spoken, digits as Chinese numerals: every character, and the characters of `text` it
/// stands for.
///
/// # Examples
/// ```
/// use chahao::text::spoken;
/// assert_eq!(spoken("21中").map(|(c, of)| format!("{c}{}-{} ", of.start, of.end)).collect::<String>(), "二0-2 十0-2 一0-2 中2-3 ");
/// ```
pub fn spoken(text: &str) -> impl Iterator<Item = (char, Range<usize>)> {
    let mut spoken = Vec::with_capacity(text.len() / 3 + 1);
    let mut chars = text.char_indices().enumerate().peekable();
    let runs = if text.bytes().any(|byte| byte.is_ascii_digit()) { numeral_runs(text) } else { Vec::new() };
    while let Some((at, (byte, c))) = chars.next() {
        let run = runs.iter().find(|run| run.0 == byte).and_then(|&(start, end)| text.get(start..end));
        match run.and_then(|run| Some((run.len(), to_chinese(run)?))) {
            Some((length, numerals)) => {
                while chars.next_if(|(_, (ahead, _))| *ahead < byte + length).is_some() {}
                spoken.extend(numerals.chars().map(|c| (c, at..at + length)));
            }
            None => spoken.push((c, at..at + 1)),
        }
    }
    spoken.into_iter()
}

/// Byte ranges of the numerals that are worth a second form: digits, and Chinese numerals of two or more
/// characters or after 第 (a lone 四 in 四海 is no number).
fn numeral_runs(text: &str) -> Vec<(usize, usize)> {
    let class = |c: char| match c {
        '0'..='9' => 1,
        '零' | '一' | '二' | '三' | '四' | '五' | '六' | '七' | '八' | '九' | '十' | '百' | '千' => 2,
        _ => 0,
    };
    let mut runs: Vec<(usize, usize, i32)> = Vec::new();
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        match runs.last_mut() {
            Some(run) if run.1 == at && run.2 == class(c) => run.1 = end,
            _ if class(c) > 0 => runs.push((at, end, class(c))),
            _ => {}
        }
    }
    let one_hanzi = '一'.len_utf8();
    let counts = |&(start, end, class): &(usize, usize, i32)| {
        let ordinal = text.get(..start).is_some_and(|before| before.ends_with('第'));
        class == 1 || ordinal || end - start > one_hanzi
    };
    runs.into_iter().filter(counts).map(|(start, end, _)| (start, end)).collect()
}

fn rewrite(text: &str, runs: &[(usize, usize)], convert: fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for &(start, end) in runs {
        let run = text.get(start..end).unwrap_or_default();
        out.push_str(text.get(done..start).unwrap_or_default());
        out.push_str(&convert(run).unwrap_or_else(|| run.to_owned()));
        done = end;
    }
    out.push_str(text.get(done..).unwrap_or_default());
    out
}

/// 13 → 十三; a leading zero (007) or a long number is read digit by digit.
fn to_chinese(run: &str) -> Option<String> {
    let value: u64 = run.parse().ok()?;
    if run.len() <= DIGITS_MAX && !run.starts_with('0') {
        let spoken =
            value.to_chinese(ChineseVariant::Simple, ChineseCase::Lower, ChineseCountMethod::TenThousand).ok()?;
        // 10 is said 十, and 一十 only inside larger numbers.
        return Some(
            spoken.strip_prefix('一').filter(|rest| rest.starts_with('十')).map_or(spoken.clone(), str::to_owned),
        );
    }
    run.chars().map(|digit| "零一二三四五六七八九".chars().nth(digit.to_digit(10)? as usize)).collect()
}

/// 十三 → 13; 二零二四 → 2024.
fn to_digits(run: &str) -> Option<String> {
    if run.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if run.contains(['十', '百', '千']) {
        let value: u64 = run.to_number(ChineseCountMethod::TenThousand).ok()?;
        return Some(value.to_string());
    }
    let digit = |c| "零一二三四五六七八九".chars().position(|known| known == c).and_then(|n| u32::try_from(n).ok());
    run.chars().map(|c| digit(c).and_then(|n| char::from_digit(n, 10))).collect()
}

/// 第十三中学 → 十三中学.
fn without_ordinal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let numeral_next = chars.peek().is_some_and(|next| "0123456789零一二三四五六七八九十百".contains(*next));
        if !(c == '第' && numeral_next) {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_however_they_are_written() {
        assert_eq!(numeral_variants("广州市第十三中学"), ["广州市第13中学", "广州市十三中学", "广州市13中学"]);
        assert!(numeral_variants("7天酒店").contains(&"七天酒店".to_owned()));
        assert!(numeral_variants("二零二四年").contains(&"2024年".to_owned()));
        assert!(numeral_variants("110报警").contains(&"一百一十报警".to_owned()));
        assert!(numeral_variants("第一医院").contains(&"一医院".to_owned()));
        assert!(numeral_variants("3000000000000000000000号").is_empty());
    }
}
