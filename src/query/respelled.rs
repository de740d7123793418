//! Pinyin as textbooks and other keyboards write it: tones in digits, u for ü and the other way round.

use crate::text::syllable;

/// Digits of tones; 5 is the neutral one.
const TONES: std::ops::RangeInclusive<u8> = b'1'..=b'5';
/// Initials behind which ü is written u: no other u can follow.
const ALWAYS_U: [u8; 4] = [b'j', b'q', b'x', b'y'];
/// Initials behind which u and ü are different sounds.
const U_OR_V: [u8; 2] = [b'l', b'n'];

/// `letters` without the digits, where each is the tone of a whole syllable in front of it and only the last syllable has none.
pub(super) fn without_tones(letters: &str) -> Option<String> {
    let syllables: Vec<&str> = letters.split_inclusive(|c: char| c.is_ascii_digit()).collect();
    let (last, others) = syllables.split_last()?;
    let of_tone = |text: &&str| {
        let (letters, tone) = text.split_at(text.len().saturating_sub(1));
        tone.bytes().all(|tone| TONES.contains(&tone)) && syllable(letters).is_some()
    };
    let is_begun = |text: &str| !text.bytes().any(|letter| letter.is_ascii_digit());
    let is_toned = !others.is_empty() && others.iter().all(of_tone) && (of_tone(last) || is_begun(last));
    is_toned.then(|| letters.chars().filter(|c| !c.is_ascii_digit()).collect())
}

/// `letters` with v for a u that may be ü (`lu`), and u for a v that can be nothing else (`yv`), where there is one.
pub(super) fn with_v(letters: &str) -> Option<String> {
    let bytes = letters.as_bytes();
    let spelled = bytes.iter().enumerate().map(|(at, &letter)| {
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        // No ü stands in front of these: luo, nuan, and lun, but for luneng.
        let is_vowel = |at: usize| matches!(bytes.get(at), Some(b'a' | b'e' | b'i' | b'o' | b'u' | b'v'));
        let goes_on = match bytes.get(at + 1) {
            Some(b'n') => !is_vowel(at + 2),
            next => matches!(next, Some(b'o' | b'a')),
        };
        match letter {
            b'v' if before.is_some_and(|before| ALWAYS_U.contains(before)) => 'u',
            b'u' if !goes_on && before.is_some_and(|before| U_OR_V.contains(before)) => 'v',
            _ => char::from(letter),
        }
    });
    Some(spelled.collect::<String>()).filter(|spelled| spelled != letters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tones_are_digits_behind_whole_syllables() {
        for (typed, expected) in [
            ("zhong1shan1yi1yuan4", Some("zhongshanyiyuan")),
            ("zhong1shan", Some("zhongshan")),
            ("zhong1sh", Some("zhongsh")),
            ("mp3", None),
            ("zhongshan7", None),
            ("zhong11", None),
            ("360", None),
            ("zhongshan", None),
        ] {
            assert_eq!(without_tones(typed).as_deref(), expected, "{typed}");
        }
    }

    #[test]
    fn u_is_v_where_both_are_sounds_and_v_is_u_where_it_is_none() {
        for (typed, expected) in [
            ("yvexiu", Some("yuexiu")),
            ("lusejy", Some("lvsejy")),
            ("luneng", Some("lvneng")),
            ("lunjiao", None),
            ("nvzxx", None),
            ("luojiang", None),
            ("nuanq", None),
        ] {
            assert_eq!(with_v(typed).as_deref(), expected, "{typed}");
        }
    }
}
