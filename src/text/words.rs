//! Where words start in folded text: short forms take characters that start a word (华南理工大学 → 华工).
//!
//! The likeliest cut into words of one or two characters by `data/readings/words.tsv`. Longer words are left out
//! on purpose: 北京大学 as one word would say nothing of what a caller keeps of it. A numeral of several characters, or
//! one behind 第, is one word, and 第 in front of it is none.

use std::sync::LazyLock;

use super::numeral::is_numeral;
use rustc_hash::FxHashMap;

/// How often a word is used, in doublings; 0 is once.
pub(super) type Doublings = i32;

/// Doublings of all words together: what every further word costs.
const ALL_WORDS: Doublings = 26;

struct Table {
    characters: FxHashMap<char, Doublings>,
    pairs: FxHashMap<(char, char), Doublings>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table { characters: FxHashMap::default(), pairs: FxHashMap::default() };
    let doublings = |letter: char| letter as Doublings - 'a' as Doublings;
    for line in include_str!("../../data/readings/words.tsv").lines().filter(|line| !line.starts_with('#')) {
        let mut columns = line.split('\t');
        let mut next = || columns.next().unwrap_or_default();
        let (Some(first), Some(own), mut rest) = (next().chars().next(), next().chars().next(), next().chars()) else {
            continue;
        };
        table.characters.insert(first, doublings(own));
        while let (Some(second), Some(letter)) = (rest.next(), rest.next()) {
            table.pairs.insert((first, second), doublings(letter));
        }
    }
    table
});

/// What a word of its own costs that is `c`, in doublings of how much rarer it is than all words; never above 0.
pub(super) fn cost_alone(c: char) -> Doublings {
    TABLE.characters.get(&c).copied().unwrap_or(0) - ALL_WORDS
}

/// What the word of two characters costs, as [`cost_alone`] counts; `None` where they are no word.
pub(super) fn cost_together(first: char, second: char) -> Option<Doublings> {
    TABLE.pairs.get(&(first, second)).map(|pair| pair - ALL_WORDS)
}

/// Whether a word starts at each of `text`'s characters; linear in their number, about 40 ns each.
///
/// Letters and digits of other scripts make one word as long as they stand together.
///
/// # Examples
/// ```
/// use chahao::text::word_starts;
/// let starts = |text: &str| word_starts(&text.chars().collect::<Vec<_>>());
/// assert_eq!(starts("华南理工大学"), [true, false, true, false, true, false]);
/// assert_eq!(starts("第二十一中学"), [false, true, false, false, true, false]);
/// ```
pub fn word_starts(text: &[char]) -> Vec<bool> {
    let mut starts = vec![false; text.len()];
    let mut at = 0;
    while let Some(&c) = text.get(at) {
        let run = Run::of(text, at);
        let length = text.iter().skip(at).enumerate().take_while(|(ahead, _)| Run::of(text, at + ahead) == run).count();
        let end = at + length.max(1);
        match run {
            Run::Hanzi => cut(text.get(at..end).unwrap_or_default(), starts.get_mut(at..end).unwrap_or_default()),
            Run::Ordinal if c == '第' => {}
            _ => mark(&mut starts, at),
        }
        at = end;
    }
    starts
}

/// What is cut into words together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Run {
    Hanzi,
    /// 第 in front of a numeral.
    Ordinal,
    Numeral,
    Other,
}

impl Run {
    fn of(text: &[char], at: usize) -> Run {
        match text.get(at) {
            Some('第') if text.get(at + 1).is_some_and(|&next| is_numeral(next)) => Run::Ordinal,
            Some(&c) if is_numeral(c) => {
                // A lone 四 in 四川 is part of a word.
                let beside = at.checked_sub(1).and_then(|before| text.get(before)).into_iter().chain(text.get(at + 1));
                let counts = c.is_ascii() || beside.copied().any(|beside| is_numeral(beside) || beside == '第');
                if counts { Run::Numeral } else { Run::Hanzi }
            }
            Some(c) if c.is_ascii() => Run::Other,
            _ => Run::Hanzi,
        }
    }
}

fn mark(starts: &mut [bool], at: usize) {
    if let Some(start) = starts.get_mut(at) {
        *start = true;
    }
}

/// Marks the word starts of the likeliest cut of `hanzi`.
fn cut(hanzi: &[char], starts: &mut [bool]) {
    // The best cut of the first n characters: what it is worth, and how long its last word is.
    let (mut before, mut last) = (0, 0);
    let mut lengths = Vec::with_capacity(hanzi.len());
    let mut previous: Option<char> = None;
    for &c in hanzi {
        let alone = last + cost_alone(c);
        let pair = previous.and_then(|previous| cost_together(previous, c));
        let best = match pair.map(|pair| before + pair) {
            Some(paired) if paired >= alone => (paired, 2),
            _ => (alone, 1),
        };
        (before, last) = (last, best.0);
        lengths.push(best.1);
        previous = Some(c);
    }
    let mut end = hanzi.len();
    while let Some(&length) = end.checked_sub(1).and_then(|at| lengths.get(at)) {
        end -= length;
        mark(starts, end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> String {
        let chars: Vec<char> = text.chars().collect();
        let starts = word_starts(&chars);
        let part = |(at, &c): (usize, &char)| if starts[at] && at > 0 { format!("/{c}") } else { c.to_string() };
        chars.iter().enumerate().map(part).collect()
    }

    #[test]
    fn names_are_cut_where_a_caller_would() {
        for cut in ["中山/大学/附属第/一/医院", "华南/理工/大学", "北京/医科/大学", "金陵/女子/大学", "四川/大学"]
        {
            assert_eq!(words(&cut.replace('/', "")), cut);
        }
    }

    #[test]
    fn numerals_and_latin_words_are_one_word_each() {
        assert_eq!(words("第二十四中学"), "第/二十四/中学");
        assert_eq!(words("麦记mccafe店"), "麦/记/mccafe/店");
        assert_eq!(words(""), "");
    }

    #[test]
    fn every_character_is_in_one_word_of_at_most_two() {
        let text: Vec<char> = "广州市第一商业局联合诊所乙级分店暨南大学".chars().filter(|&c| !is_numeral(c)).collect();
        let starts = word_starts(&text);
        assert!(starts[0]);
        assert!(starts.windows(2).all(|pair| pair.contains(&true)), "{}", words(&String::from_iter(text)));
    }
}
