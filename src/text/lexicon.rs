//! The lexicon: what is built in about readings and sounds, and what a desk has put beside it.
//!
//! Invariant: a lexicon never changes; whoever spells names is handed the one that is in force.
//! Invariant: an entry adds. What the built-in tables say of a name stays, and taking the entry back leaves just that.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::confusable::check_named;
use super::reading::Syllable;
use super::{ConfusablePair, Confusables, Folded, FuzzySounds, Pinyin, ReadingScheme, SchemeNumber, Schemes, syllable};
use crate::listing::{Invalid, is_hanzi};

/// Characters of a word that has a reading of its own at most.
pub const WORD_CHARS_MAX: usize = 12;

static BUILT_IN: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::new(Vec::new()));

/// A word and how it is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(try_from = "WrittenReading", into = "WrittenReading")]
pub struct WordReading {
    word: String,
    #[schema(value_type = String, rename = "reading")]
    syllables: Vec<Syllable>,
}

/// [`WordReading`] as it is stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct WrittenReading {
    word: String,
    reading: String,
}

impl WordReading {
    /// `word`, folded, read as `reading`: one syllable for each of its characters, parted by spaces.
    ///
    /// # Errors
    /// `missing`, `too_long` or `not_hanzi` for the word; `unknown_syllable` or `syllable_count` for the reading.
    ///
    /// # Examples
    /// ```
    /// use chahao::text::WordReading;
    /// let reading = WordReading::new("車陂", "che bei")?;
    /// assert_eq!((reading.word(), reading.reading().as_str()), ("车陂", "che bei"));
    /// assert_eq!(WordReading::new("车陂", "che").unwrap_err().code, "syllable_count");
    /// # Ok::<(), chahao::listing::Invalid>(())
    /// ```
    pub fn new(word: &str, reading: &str) -> Result<WordReading, Invalid> {
        let folded = Folded::new(word).text().to_owned();
        let chars = folded.chars().count();
        let refuse = |field, code, reason: String| Err(Invalid::new(field, code, reason));
        if chars == 0 {
            return refuse("word", "missing", format!("a reading needs the word it is of; it is {word:?}"));
        }
        if chars > WORD_CHARS_MAX {
            return refuse("word", "too_long", format!("at most {WORD_CHARS_MAX} characters; there are {chars}"));
        }
        if let Some(other) = folded.chars().find(|&c| !is_hanzi(c)) {
            return refuse("word", "not_hanzi", format!("a word is made of hanzi only; it holds {other:?}"));
        }
        let plain = reading.to_lowercase().replace('ü', "v");
        let mut syllables = Vec::with_capacity(chars);
        for letters in plain.split_whitespace() {
            match syllable(letters) {
                Some(syllable) => syllables.push(syllable),
                None => {
                    let reason =
                        format!("syllables of pinyin without tones, parted by spaces; {letters:?} is none of them");
                    return refuse("reading", "unknown_syllable", reason);
                }
            }
        }
        if syllables.len() != chars {
            let reason = format!("one syllable a character: {folded} has {chars}, the reading {}", syllables.len());
            return refuse("reading", "syllable_count", reason);
        }
        Ok(WordReading { word: folded, syllables })
    }

    /// The word, folded.
    pub fn word(&self) -> &str {
        &self.word
    }

    /// A syllable for each of its characters.
    pub fn syllables(&self) -> &[Syllable] {
        &self.syllables
    }

    /// Its syllables parted by spaces.
    pub fn reading(&self) -> String {
        self.syllables.join(" ")
    }
}

impl TryFrom<WrittenReading> for WordReading {
    type Error = String;

    fn try_from(written: WrittenReading) -> Result<WordReading, String> {
        WordReading::new(&written.word, &written.reading).map_err(|invalid| invalid.reason)
    }
}

impl From<WordReading> for WrittenReading {
    fn from(reading: WordReading) -> WrittenReading {
        WrittenReading { reading: reading.reading(), word: reading.word }
    }
}

/// What a desk puts beside what is built in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum LexiconEntry {
    /// A word is read this way too.
    Reading(WordReading),
    /// Two sounds are confused.
    Confusable {
        /// The two sounds.
        #[schema(value_type = String)]
        pair: ConfusablePair,
    },
}

impl LexiconEntry {
    /// The word for its kind in batch files and in the ledger.
    pub fn kind(&self) -> &'static str {
        match self {
            LexiconEntry::Reading(_) => "reading",
            LexiconEntry::Confusable { .. } => "confusable",
        }
    }

    /// What tells it from every other entry of its kind; a pair is the same either way round.
    pub fn key(&self) -> String {
        match self {
            LexiconEntry::Reading(reading) => format!("{} {}", reading.word, reading.reading()),
            LexiconEntry::Confusable { pair } => {
                let (first, second) = pair.letters();
                if first < second { format!("{first}/{second}") } else { format!("{second}/{first}") }
            }
        }
    }
}

/// Built-in tables and the entries of a desk.
#[derive(Debug, Clone)]
pub struct Lexicon {
    entries: Vec<LexiconEntry>,
    pinyin: Pinyin,
    /// The other schemes that names are read by.
    schemes: Schemes,
}

impl Lexicon {
    /// What is built in, and `entries`. Linear in their number.
    ///
    /// # Examples
    /// ```
    /// use chahao::text::{Folded, Lexicon, LexiconEntry, WordReading, spellings};
    /// let entry = LexiconEntry::Reading(WordReading::new("大石", "da dan")?);
    /// let lexicon = Lexicon::new(vec![entry]);
    /// let letters = |lexicon: &Lexicon| {
    ///     spellings(lexicon.pinyin(), &Folded::new("大石餐厅"), 4).into_iter().map(|s| s.letters).collect::<Vec<_>>()
    /// };
    /// assert!(letters(&lexicon).contains(&"dadancanting".to_owned()));
    /// assert!(letters(&lexicon).starts_with(&letters(Lexicon::built_in())));
    /// # Ok::<(), chahao::listing::Invalid>(())
    /// ```
    pub fn new(entries: Vec<LexiconEntry>) -> Lexicon {
        Lexicon::with_schemes(entries, Schemes::built_in())
    }

    /// The same, where names are read by `schemes` beside pinyin.
    pub fn with_schemes(entries: Vec<LexiconEntry>, schemes: Schemes) -> Lexicon {
        let words = entries.iter().filter_map(|entry| match entry {
            LexiconEntry::Reading(reading) => Some(reading),
            LexiconEntry::Confusable { .. } => None,
        });
        let pairs = entries.iter().filter_map(|entry| match entry {
            LexiconEntry::Confusable { pair } => Some(pair.clone()),
            LexiconEntry::Reading(_) => None,
        });
        let pinyin = Pinyin::new(words, pairs);
        Lexicon { entries, pinyin, schemes }
    }

    /// What is built in alone.
    pub fn built_in() -> &'static Lexicon {
        &BUILT_IN
    }

    /// What the desk has put beside it.
    pub fn entries(&self) -> &[LexiconEntry] {
        &self.entries
    }

    /// How names are read in Mandarin.
    pub fn pinyin(&self) -> &Pinyin {
        &self.pinyin
    }

    /// The schemes beside pinyin.
    pub fn further(&self) -> &Schemes {
        &self.schemes
    }

    /// Every scheme that names are read by, pinyin first.
    pub fn schemes(&self) -> impl Iterator<Item = (SchemeNumber, &dyn ReadingScheme)> {
        let pinyin: &dyn ReadingScheme = &self.pinyin;
        std::iter::once((SchemeNumber::PINYIN, pinyin)).chain(self.schemes.further())
    }

    /// The scheme `number`; pinyin where there is none of that number.
    pub fn scheme(&self, number: SchemeNumber) -> &dyn ReadingScheme {
        self.schemes.get(number).unwrap_or(&self.pinyin)
    }

    /// The confusable sounds of pinyin in force.
    pub fn confusables(&self) -> &Confusables {
        self.pinyin.hearing().confusables()
    }

    /// Checks that every pair that `sounds` names is in force in some scheme.
    ///
    /// # Errors
    /// Usage when one is not.
    pub fn check_sounds(&self, sounds: &FuzzySounds) -> crate::Result<()> {
        let FuzzySounds::Pairs(_) = sounds else { return Ok(()) };
        check_named(sounds, &self.schemes().map(|(_, scheme)| scheme.hearing().confusables()).collect::<Vec<_>>())
    }

    /// The words, folded, that are read otherwise by `other`: names that hold none of them are read alike by both.
    pub fn words_changed_to(&self, other: &Lexicon) -> BTreeSet<String> {
        let readings = |lexicon: &Lexicon| -> BTreeSet<(String, String)> {
            let of = |entry: &LexiconEntry| match entry {
                LexiconEntry::Reading(reading) => Some((reading.word.clone(), reading.reading())),
                LexiconEntry::Confusable { .. } => None,
            };
            lexicon.entries.iter().filter_map(of).collect()
        };
        let (ours, theirs) = (readings(self), readings(other));
        ours.symmetric_difference(&theirs).map(|(word, _)| word.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{SPELLINGS_MAX, spellings};

    fn reading(word: &str, reading: &str) -> LexiconEntry {
        LexiconEntry::Reading(WordReading::new(word, reading).unwrap())
    }

    fn letters(entries: &[LexiconEntry], name: &str) -> Vec<String> {
        let lexicon = Lexicon::new(entries.to_vec());
        let spelled = spellings(lexicon.pinyin(), &Folded::new(name), SPELLINGS_MAX);
        spelled.into_iter().map(|spelling| spelling.letters).collect()
    }

    #[test]
    fn every_word_of_the_desk_is_read_its_way_beside_the_tables() {
        let entries =
            [reading("石牌", "dan pa"), reading("大楼", "tai lou"), reading("行", "hong"), reading("石牌", "shi pa")];
        let tables = letters(&[], "石牌行大楼");
        let all = letters(&entries, "石牌行大楼");
        assert!(all.starts_with(&tables), "{all:?}");
        let first = |word: &str| letters(&[], word)[0].clone();
        for (shi_pai, hang, da_lou) in [
            ("danpa", "hang", "dalou"),
            ("shipa", "hang", "dalou"),
            ("shipai", "hong", "dalou"),
            ("shipai", "hang", "tailou"),
            ("danpa", "hong", "dalou"),
        ] {
            let wanted = format!("{shi_pai}{hang}{da_lou}");
            assert!(all.contains(&wanted), "{wanted} is not among {all:?}");
        }
        assert_eq!(letters(&entries, "银牌大石"), letters(&[], "银牌大石"), "{}", first("银牌大石"));
        let lexicon = Lexicon::new(entries.to_vec());
        assert_eq!(lexicon.pinyin().desk_sounds('石'), ["dan", "shi"]);
        assert!(lexicon.pinyin().desk_sounds('银').is_empty());
        let mut once = all.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), all.len(), "a spelling stands there once: {all:?}");
        // More words of the desk than any name has cost no more than a few ways to spell it.
        assert!(letters(&entries, &"石牌行大楼".repeat(30)).len() <= 80);
    }

    #[test]
    fn words_that_changed_are_those_whose_readings_differ() {
        let (one, two) = (reading("石牌", "dan pa"), reading("石牌", "shi pa"));
        let of = |entries: &[LexiconEntry]| Lexicon::new(entries.to_vec());
        let changed = |from: &[LexiconEntry], to: &[LexiconEntry]| Vec::from_iter(of(from).words_changed_to(&of(to)));
        assert_eq!(changed(&[], &[one.clone(), two.clone()]), ["石牌"]);
        assert_eq!(changed(&[one.clone(), reading("行", "hong")], std::slice::from_ref(&two)), ["石牌", "行"]);
        assert!(changed(&[one.clone(), two.clone()], &[two, one]).is_empty());
    }

    #[test]
    fn a_word_that_is_none_is_refused_with_what_was_expected() {
        for (word, syllables, field, code) in [
            ("", "a", "word", "missing"),
            ("（）", "a", "word", "missing"),
            ("KTV", "a a a", "word", "not_hanzi"),
            ("车陂x", "che bei x", "word", "not_hanzi"),
            ("一二三四五六七八九十一二三", "", "word", "too_long"),
            ("车陂", "", "reading", "syllable_count"),
            ("车陂", "che bei lu", "reading", "syllable_count"),
            ("车陂", "che1 bei1", "reading", "unknown_syllable"),
            ("车陂", "chebei", "reading", "unknown_syllable"),
            ("车陂", "che 陂", "reading", "unknown_syllable"),
        ] {
            let invalid = WordReading::new(word, syllables).unwrap_err();
            assert_eq!((invalid.field, invalid.code), (field, code), "{word} {syllables}");
        }
        assert_eq!(WordReading::new("绿岛", " LÜ  dao ").unwrap().reading(), "lv dao");
    }

    #[test]
    fn entries_are_stored_as_they_are_written_in_batches() {
        for (entry, written) in [
            (reading("車陂", "che bei"), r#"{"kind":"reading","word":"车陂","reading":"che bei"}"#),
            (
                LexiconEntry::Confusable { pair: ConfusablePair::parse("wang/huang").unwrap() },
                r#"{"kind":"confusable","pair":"wang/huang"}"#,
            ),
        ] {
            assert_eq!(serde_json::to_string(&entry).unwrap(), written);
            assert_eq!(serde_json::from_str::<LexiconEntry>(written).unwrap(), entry);
        }
        assert!(serde_json::from_str::<LexiconEntry>(r#"{"kind":"reading","word":"车陂","reading":"xx"}"#).is_err());
    }
}
