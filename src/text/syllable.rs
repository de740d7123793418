//! The syllables of pinyin that exist, and the sounds they are made of; without tones, with v for ü.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::reading::{Syllable, everyday_syllables};

/// What a syllable may begin with.
const INITIALS: [&str; 23] = [
    "zh", "ch", "sh", "b", "p", "m", "f", "d", "t", "n", "l", "g", "k", "h", "j", "q", "x", "r", "z", "c", "s", "y",
    "w",
];

/// Every syllable some character is read by; sounds without a vowel (嗯 as ng) cannot be typed and do not count.
static SYLLABLES: LazyLock<HashSet<Syllable>> = LazyLock::new(|| {
    let has_vowel = |syllable: &Syllable| syllable.contains(['a', 'e', 'i', 'o', 'u', 'v']);
    let plain = |syllable: &Syllable| syllable.bytes().all(|letter| letter.is_ascii_lowercase());
    everyday_syllables().filter(plain).filter(has_vowel).collect()
});

static FINALS: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| SYLLABLES.iter().map(|syllable| final_of(syllable)).collect());

/// The syllable spelled `letters`, if there is one.
///
/// # Examples
/// ```
/// use chahao::text::syllable;
/// assert_eq!(syllable("che"), Some("che"));
/// assert_eq!(syllable("chx"), None);
/// ```
pub fn syllable(letters: &str) -> Option<Syllable> {
    SYLLABLES.get(letters).copied()
}

/// All of a syllable but its initial.
fn final_of(syllable: Syllable) -> &'static str {
    INITIALS.iter().find_map(|initial| syllable.strip_prefix(initial)).unwrap_or(syllable)
}

pub(super) fn is_initial(letters: &str) -> bool {
    INITIALS.contains(&letters)
}

pub(super) fn is_final(letters: &str) -> bool {
    FINALS.contains(letters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_syllables_are_those_of_pinyin() {
        // Textbooks count about 400 to 410 without tones, and exclamations such as yo and o.
        assert!((395..=425).contains(&SYLLABLES.len()), "{}", SYLLABLES.len());
        for known in ["a", "che", "zhuang", "lv", "nve", "lue", "er", "dia", "xiong"] {
            assert_eq!(syllable(known), Some(known));
        }
        for unknown in ["", "ng", "hm", "lü", "LV", "zhuan g", "fiang", "bong"] {
            assert_eq!(syllable(unknown), None, "{unknown}");
        }
        assert!(is_final("uang") && is_final("a") && !is_final("w") && !is_final(""));
        assert!(is_initial("zh") && is_initial("y") && !is_initial("hu") && !is_initial(""));
    }
}
