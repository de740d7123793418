//! Texts of non-published listings without what may be their numbers.

use unicode_normalization::UnicodeNormalization;

/// Digits in a row from which they may be a number: house numbers and floors are shorter.
const DIGITS_MIN: usize = 5;
/// Digits in all, with separators between, from which they may be one: `8999 0001`, but not `385-387号`.
const PARTED_DIGITS_MIN: usize = 7;
/// Fields that hold ids.
const FIELDS_OF_IDS: [&str; 2] = ["id", "parent"];
/// Fields that hold words of ours, and a number only where columns were shifted.
const FIELDS_OF_WORDS: [&str; 3] = ["op", "kind", "status"];
/// Separators in a row at most between two digits of a number.
const SEPARATORS_MAX: usize = 4;
/// Digits as they are written in words.
const HANZI_DIGITS: &str = "〇零一二三四五六七八九";
/// What stands for a digit.
const MASK: char = '*';

/// Whether the character is a digit, however it is written.
fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
        || HANZI_DIGITS.contains(c)
        || (c.is_numeric() && !c.is_alphabetic() && c.nfkc().all(|c| c.is_ascii_digit()))
}

/// Whether the character may stand between digits of one number.
fn is_separator(c: char) -> bool {
    c == '转' || (!c.is_alphanumeric() && !";；,，。、".contains(c))
}

/// `text` with every digit masked that may belong to a number; `None` where there is none.
pub(super) fn without_numbers(text: &str) -> Option<String> {
    let chars: Vec<char> = text.chars().collect();
    let mut masked = String::with_capacity(text.len());
    let (mut at, mut found) = (0, false);
    while let Some(&c) = chars.get(at) {
        if !is_digit(c) {
            masked.push(c);
            at += 1;
            continue;
        }
        let rest = chars.get(at..).unwrap_or_default();
        // Digits, and separators with a digit behind them.
        let parts = |(n, c): &(usize, &char)| {
            let next =
                || rest.get(n + 1..).unwrap_or_default().iter().take(SEPARATORS_MAX).find(|c| !is_separator(**c));
            is_digit(**c) || (is_separator(**c) && next().is_some_and(|c| is_digit(*c)))
        };
        let run: Vec<char> = rest.iter().enumerate().take_while(parts).map(|(_, c)| *c).collect();
        let longest = run.split(|c| !is_digit(*c)).map(<[char]>::len).max().unwrap_or(0);
        let digits = run.iter().filter(|c| is_digit(**c)).count();
        let number = longest >= DIGITS_MIN || digits >= PARTED_DIGITS_MIN;
        found |= number;
        masked.extend(run.iter().map(|c| if number && is_digit(*c) { MASK } else { *c }));
        at += run.len().max(1);
    }
    found.then_some(masked)
}

/// A field's reason without the value it quotes; fields that hold no number keep theirs.
pub(crate) fn withheld_reason(field: &str, reason: String) -> String {
    if FIELDS_OF_IDS.contains(&field) {
        return reason;
    }
    if FIELDS_OF_WORDS.contains(&field) {
        return without_numbers(&reason).unwrap_or(reason);
    }
    let before = reason.split(['"', '`']).next().unwrap_or_default();
    let told = without_numbers(before).unwrap_or_else(|| before.to_owned());
    if before.len() == reason.len() {
        return told;
    }
    format!("{} withheld (it is, or may be, a non-published listing's)", told.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_masked_and_house_numbers_are_not() {
        for (text, masked) in [
            ("内线89990004,勿外传", Some("内线********,勿外传")),
            ("020-8999 0004", Some("***-**** ****")),
            ("(020) 8999-0004", Some("(***) ****-****")),
            ("８９９９０００４", Some("********")),
            ("95533", Some("*****")),
            ("8999 - 0004", Some("**** - ****")),
            ("八九九九〇〇〇四", Some("********")),
            ("8999转0004", Some("****转****")),
            ("中山七路五十八号", None),
            ("天河路385-387号3楼", None),
            ("文昌南路2号301、302", None),
            ("", None),
        ] {
            assert_eq!(without_numbers(text).as_deref(), masked, "{text}");
        }
    }

    #[test]
    fn a_reason_says_what_was_expected_and_not_what_came() {
        let told =
            withheld_reason("phones", "one number of 3 to 12 digits; it is \"020-89990001/89990003\"".to_owned());
        assert!(told.starts_with("one number of 3 to 12 digits; it is") && !told.contains("8999"), "{told}");
        assert_eq!(withheld_reason("phones", "at most 50 values".to_owned()), "at most 50 values");
        assert_eq!(withheld_reason("note", "it is 89990001".to_owned()), "it is ********");
        assert_eq!(withheld_reason("status", "it is \"closed\"".to_owned()), "it is \"closed\"");
        let shifted = withheld_reason("status", "it is \"020-89990001\"".to_owned());
        assert_eq!(shifted, "it is \"***-********\"");
    }
}
