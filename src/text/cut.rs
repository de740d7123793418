//! How a name is cut into words where its readings are asked for.
//!
//! The likeliest cut ([`cost_alone`], [`cost_together`]) into single characters, counted words of two, and words that
//! decide readings. The longest such word from the left would not do: 协和药局 is 协和 and 药局, though 和药 is a word,
//! and 李伯乐器行 has no 伯乐.

use rustc_hash::FxHashMap;

use super::words::{Doublings, cost_alone, cost_together};
use super::{Folded, Readings, Unit};

/// Words and the readings of their characters.
pub(super) type WordReadings = FxHashMap<&'static str, Vec<Readings>>;

/// What a character gains in a word that the makers of names put there whole: more than any cut costs.
const LOCAL_GAIN: Doublings = 100;
/// How much likelier a phrase is than its characters one by one, at the least: most of them are not counted.
const PHRASE_GAIN: Doublings = 4;
/// What a phrase of three characters or more costs at most: as a word seen once in 2^18.
const LONG_PHRASE_COST: Doublings = -18;

/// A word that decides how its characters are read.
#[derive(Debug)]
pub(super) struct KnownWord {
    /// The readings of its characters.
    pub readings: Vec<Readings>,
    cost: Doublings,
}

/// The words that decide how their characters are read.
#[derive(Debug)]
pub(super) struct KnownWords {
    words: FxHashMap<&'static str, KnownWord>,
    /// Characters of the longest word that starts with a character.
    longest: FxHashMap<char, usize>,
}

impl KnownWords {
    /// The general `phrases`, and the `local` words, which replace them and give way to nothing but one another.
    pub(super) fn new(phrases: WordReadings, local: WordReadings) -> KnownWords {
        let mut words: FxHashMap<&'static str, KnownWord> = FxHashMap::default();
        let phrases =
            phrases.into_iter().map(|(word, readings)| (word, KnownWord { readings, cost: phrase_cost(word) }));
        words.extend(phrases);
        let local_cost = |word: &str| LOCAL_GAIN * word.chars().count() as Doublings;
        words.extend(local.into_iter().map(|(word, readings)| (word, KnownWord { readings, cost: local_cost(word) })));
        let mut longest = FxHashMap::default();
        for word in words.keys() {
            let slot = longest.entry(word.chars().next().unwrap_or_default()).or_insert(0);
            *slot = (*slot).max(word.chars().count());
        }
        KnownWords { words, longest }
    }

    /// The words with the readings of their characters, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&'static str, &Vec<Readings>)> {
        self.words.iter().map(|(word, known)| (*word, &known.readings))
    }

    /// The readings of every word, in no order.
    pub(super) fn readings(&self) -> impl Iterator<Item = &Vec<Readings>> {
        self.iter().map(|(_, readings)| readings)
    }

    fn longest_from(&self, first: char) -> usize {
        if first.is_ascii() { 0 } else { self.longest.get(&first).copied().unwrap_or(0) }
    }
}

fn phrase_cost(word: &str) -> Doublings {
    let mut characters = word.chars();
    let apart = characters.clone().map(cost_alone).sum::<Doublings>() + PHRASE_GAIN;
    let counted = match (characters.next(), characters.next(), characters.next()) {
        (Some(first), Some(second), None) => cost_together(first, second),
        _ => Some(LONG_PHRASE_COST),
    };
    counted.map_or(apart, |counted| counted.max(apart))
}

/// One word of a cut.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word<'t> {
    /// Its first unit.
    pub at: usize,
    /// Its units.
    pub length: usize,
    /// What decides how it is read; `None` where nothing does.
    pub found: Option<&'t KnownWord>,
}

/// The likeliest way so far to cut a name up to some unit.
#[derive(Debug, Clone, Copy)]
struct Way<'t> {
    cost: Doublings,
    last: Word<'t>,
}

/// The words of `name`, in order, whose units start at the bytes `offsets`. Linear in its length.
///
/// Of cuts that cost the same the one whose last word is longer, then the one whose last word decides readings. No word
/// reaches over a bracket or a space, except where every character stands alone.
pub(super) fn cut<'t>(name: &Folded, offsets: &[usize], known: &'t KnownWords) -> Vec<Word<'t>> {
    let units = name.units();
    let mut ways: Vec<Option<Way<'t>>> = vec![None; units.len()];
    for at in 0..units.len() {
        let before = at.checked_sub(1).and_then(|last| *ways.get(last)?).map_or(0, |way| way.cost);
        each_word(name, offsets, known, at, |word, cost| {
            let way = Way { cost: before + cost, last: word };
            if let Some(slot) = ways.get_mut(at + word.length - 1)
                && slot.is_none_or(|known| way.cost > known.cost)
            {
                *slot = Some(way);
            }
        });
    }
    let mut words = Vec::with_capacity(units.len());
    let mut end = units.len();
    while let Some(way) = end.checked_sub(1).and_then(|last| *ways.get(last)?) {
        words.push(way.last);
        end = way.last.at;
    }
    words.reverse();
    words
}

/// Calls `each` with every word that may start at the unit `at`, and what it costs.
fn each_word<'t>(
    name: &Folded,
    offsets: &[usize],
    known: &'t KnownWords,
    at: usize,
    mut each: impl FnMut(Word<'t>, Doublings),
) {
    let units = name.units();
    let Some(unit) = units.get(at) else { return };
    each(Word { at, length: 1, found: None }, cost_alone(unit.c));
    let longest = known.longest_from(unit.c).max(2).min(units.len() - at);
    let room = (1..longest).find(|&ahead| starts_part(units, at + ahead)).unwrap_or(longest);
    for length in 2..=room {
        let bytes = offsets.get(at).zip(offsets.get(at + length));
        let word = bytes.and_then(|(&start, &end)| known.words.get(name.text().get(start..end)?));
        if let Some(word) = word {
            each(Word { at, length, found: Some(word) }, word.cost);
        }
    }
    let next = units.get(at + 1).filter(|_| room > 1);
    if let Some(cost) = next.and_then(|next| cost_together(unit.c, next.c)) {
        each(Word { at, length: 2, found: None }, cost);
    }
}

/// Whether something was left out in front of the unit `at`, behind one that stands beside its own neighbour.
fn starts_part(units: &[Unit], at: usize) -> bool {
    let origin = |at: usize| units.get(at).map(|unit| unit.origin);
    let follows =
        |at: usize| at.checked_sub(1).and_then(origin).zip(origin(at)).is_some_and(|(before, here)| here <= before + 1);
    !follows(at) && at > 1 && follows(at - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(name: &str, known: &KnownWords) -> String {
        let folded = Folded::new(name);
        let offsets: Vec<usize> = folded.text().char_indices().map(|(at, _)| at).chain([folded.text().len()]).collect();
        let texts = cut(&folded, &offsets, known).into_iter().map(|word| {
            let end = word.at + word.length;
            &folded.text()[offsets[word.at]..offsets[end]]
        });
        texts.collect::<Vec<_>>().join("/")
    }

    fn readings(words: &[&'static str]) -> WordReadings {
        words.iter().map(|&word| (word, vec![Readings::default(); word.chars().count()])).collect()
    }

    #[test]
    fn a_phrase_gives_way_to_likelier_words_and_a_local_word_to_none() {
        let phrases = KnownWords::new(readings(&["和药", "行长"]), WordReadings::default());
        assert_eq!(words("协和药局", &phrases), "协和/药/局");
        assert_eq!(words("和药行", &phrases), "和药/行");
        let local = KnownWords::new(WordReadings::default(), readings(&["和药"]));
        assert_eq!(words("协和药局", &local), "协/和药/局");
    }

    #[test]
    fn no_word_reaches_over_a_bracket_or_a_space_unless_every_character_stands_alone() {
        let known = KnownWords::new(WordReadings::default(), readings(&["行长", "重庆"]));
        assert_eq!(words("寄卖行长隆", &known).matches("行长").count(), 1);
        assert_eq!(words("寄卖行（长隆）", &known).matches("行长").count(), 0);
        assert_eq!(words("重 庆 路", &known).matches("重庆").count(), 1);
    }
}
