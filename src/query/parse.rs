//! What was typed, folded, and what it may be.

use std::cell::OnceCell;

use super::pattern::Pattern;
use super::short_form::ShortForm;
use super::walk::Syllables;
use crate::listing::is_hanzi;
use crate::text::{Folded, Lexicon, SPELLINGS_MAX, Spelling, is_whole_syllables, spellings};

/// Letters of a syllable in the mean.
const LETTERS_OF_HANZI: usize = 3;

/// A query's text in the forms its sources ask by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed {
    /// Folded like names are.
    pub(super) text: String,
    /// Characters of `text`.
    pub(super) chars: usize,
    /// Set when it is Latin letters and digits only: it may be pinyin or initials. ü has become v.
    pub(super) letters: Option<String>,
    /// Set when it is digits and separators only: it may be a number.
    pub(super) digits: Option<String>,
    /// Whether a hanzi is in it.
    pub(super) has_hanzi: bool,
    /// What stood between spaces, folded, each once; empty where it was one piece.
    pub(super) words: Vec<String>,
    /// `words`, as each may be spelled by a part of a name.
    pub(super) word_patterns: Vec<Pattern>,
    /// `text`, or `letters`, as it may be spelled by a name.
    pub(super) pattern: Pattern,
    /// `text`, but for ü, which has become v.
    pub(super) text_with_v: String,
    /// Set when it may be a short form.
    pub(super) short_form: Option<ShortForm>,
    /// The syllables `letters` stand for, once that was asked.
    syllables: OnceCell<Option<Syllables>>,
    /// How it is spelled, once a source has asked.
    spelled: OnceCell<Vec<Spelling>>,
}

impl Parsed {
    /// What `typed` may be. Linear in its length.
    pub fn new(typed: &str) -> Parsed {
        let folded = Folded::new(typed);
        let text = folded.text().to_owned();
        let with_v = typed.replace(['ü', 'Ü', 'ǖ', 'ǘ', 'ǚ', 'ǜ'], "v");
        let spelled = Folded::new(&with_v);
        let letters = (spelled.is_ascii() && !spelled.is_empty()).then(|| spelled.text().to_owned());
        let digits = folded.is_digits().then(|| text.clone());
        let words = words_of(&with_v);
        Parsed {
            chars: folded.units().len(),
            pattern: Pattern::new(spelled.text()),
            text_with_v: spelled.text().to_owned(),
            has_hanzi: folded.units().iter().any(|unit| is_hanzi(unit.c)),
            word_patterns: words.iter().map(|word| Pattern::new(word)).collect(),
            words,
            short_form: ShortForm::new(&text),
            text,
            letters,
            digits,
            syllables: OnceCell::new(),
            spelled: OnceCell::new(),
        }
    }

    /// How many letters it is worth: a hanzi counts for three; digits alone are a number and worth none.
    pub(super) fn letters_typed(&self) -> usize {
        let letters = self.text.chars().map(|c| if c.is_ascii() { 1 } else { LETTERS_OF_HANZI });
        if self.digits.is_some() { 0 } else { letters.sum() }
    }

    /// How many Latin letters and digits it is, where it is nothing else and no number.
    pub(super) fn latin_letters(&self) -> Option<usize> {
        (self.letters.is_some() && self.digits.is_none()).then_some(self.chars)
    }

    /// Whether it is several words, each of them syllables, the last one as far as it got: a name misheard, perhaps, with
    /// spaces in it.
    pub(super) fn is_syllables_apart(&self) -> bool {
        self.words.len() > 1 && self.words.iter().all(|word| is_whole_syllables(word.as_bytes()))
    }

    /// The syllables `letters` stand for, where there are letters.
    pub(super) fn syllables(&self) -> Option<&Syllables> {
        self.syllables.get_or_init(|| self.letters.as_deref().map(Syllables::typed)).as_ref()
    }

    /// The ways `text_with_v` is spelled by the one lexicon of the search, the likeliest first.
    pub(super) fn spelled(&self, lexicon: &Lexicon) -> &[Spelling] {
        self.spelled.get_or_init(|| spellings(lexicon.pinyin(), &Folded::new(&self.text_with_v), SPELLINGS_MAX))
    }
}

/// What stands between spaces, folded, each once, where there is more than one piece. The same word twice is still being
/// typed: `c c` may go on to be `c ca`.
fn words_of(typed: &str) -> Vec<String> {
    let pieces = pieces(typed);
    if pieces.len() < 2 {
        return Vec::new();
    }
    let mut words: Vec<String> = Vec::new();
    for word in pieces {
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words
}

/// What stands between spaces, folded, in order.
pub(super) fn pieces(typed: &str) -> Vec<String> {
    let folded = typed.split_whitespace().map(|piece| Folded::new(piece).text().to_owned());
    folded.filter(|piece| !piece.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_may_be_several_things() {
        let parsed = Parsed::new("xi'an 女");
        assert_eq!((parsed.text.as_str(), parsed.letters, parsed.digits), ("xian女", None, None));
        assert_eq!(parsed.words, ["xian", "女"]);
        assert!(parsed.has_hanzi && parsed.pattern.is_of_both());
        assert_eq!(Parsed::new("LÜ dao").letters.as_deref(), Some("lvdao"));
        assert_eq!(Parsed::new("020-8138 0388").digits.as_deref(), Some("02081380388"));
        assert_eq!(Parsed::new("……").chars, 0);
        assert!(Parsed::new(" 广州酒家 ").words.is_empty());
        assert_eq!(Parsed::new("c C").words, ["c"]);
    }
}
