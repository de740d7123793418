//! What the interface says, to the page and to the desk in a terminal alike: `words.js` has a row for each text.
//!
//! # Invariants
//! 1. There is one table. The page takes it as a module, the program reads it as text: a row is a name and a JSON list.

use clap::ValueEnum;
use rustc_hash::FxHashMap;

/// The table, as the page has it.
const TABLE: &str = include_str!("words.js");
/// Where its rows begin and end.
const ROWS: (&str, &str) = ("const WORDS = {", "\n};");

/// A language of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Language {
    /// Simplified Chinese.
    #[value(name = "zh-Hans")]
    Simplified,
    /// Traditional Chinese.
    #[value(name = "zh-Hant")]
    Traditional,
    /// English.
    #[value(name = "en")]
    English,
}

impl Language {
    /// The language of a locale such as `zh_TW.UTF-8`; English where there is none for it.
    ///
    /// # Examples
    /// ```
    /// use chahao::console::Language;
    /// assert_eq!(Language::of_locale("zh_CN.UTF-8"), Language::Simplified);
    /// assert_eq!(Language::of_locale("zh_HK"), Language::Traditional);
    /// assert_eq!(Language::of_locale("C.UTF-8"), Language::English);
    /// ```
    pub fn of_locale(locale: &str) -> Language {
        let locale = locale.to_ascii_lowercase();
        let mut words = locale.split(['_', '-', '.', '@']);
        if words.next() != Some("zh") {
            return Language::English;
        }
        match words.any(|word| matches!(word, "hant" | "tw" | "hk" | "mo")) {
            true => Language::Traditional,
            false => Language::Simplified,
        }
    }

    /// Its place in the rows.
    fn column(self) -> usize {
        match self {
            Language::Simplified => 0,
            Language::Traditional => 1,
            Language::English => 2,
        }
    }
}

/// What is said in one language.
#[derive(Debug)]
pub struct Phrases {
    language: Language,
    texts: FxHashMap<&'static str, String>,
}

impl Phrases {
    /// The texts in `language`.
    pub fn new(language: Language) -> Phrases {
        let column = language.column();
        let of_column =
            |(key, mut row): (&'static str, Vec<String>)| (column < row.len()).then(|| (key, row.swap_remove(column)));
        Phrases { language, texts: rows().into_iter().filter_map(of_column).collect() }
    }

    /// The language.
    pub fn language(&self) -> Language {
        self.language
    }

    /// The text called `key`; the key itself where there is none.
    pub fn say<'a>(&'a self, key: &'a str) -> &'a str {
        self.texts.get(key).map_or(key, String::as_str)
    }

    /// The text called `key`, with `values` in the places of {0}, {1}, …
    pub fn say_of(&self, key: &str, values: &[&str]) -> String {
        let mut said = String::new();
        let mut rest = self.say(key);
        while let Some((before, mark)) = rest.split_once('{') {
            said.push_str(before);
            let place = mark.split_once('}').and_then(|(place, after)| Some((place.parse::<usize>().ok()?, after)));
            match place {
                Some((at, after)) => {
                    said.push_str(values.get(at).copied().unwrap_or_default());
                    rest = after;
                }
                None => {
                    said.push('{');
                    rest = mark;
                }
            }
        }
        said + rest
    }
}

/// The rows of the table: each a name and a text for each language.
fn rows() -> Vec<(&'static str, Vec<String>)> {
    let table = TABLE.split_once(ROWS.0).and_then(|(_, table)| table.split_once(ROWS.1));
    let mut rest = table.map_or("", |(rows, _)| rows);
    let mut rows = Vec::new();
    while let Some((key, list)) = rest.split_once(':') {
        let mut lists = serde_json::Deserializer::from_str(list).into_iter::<Vec<String>>();
        let Some(Ok(row)) = lists.next() else { break };
        rows.push((key.trim_matches(|c: char| c == ',' || c.is_whitespace()), row));
        rest = list.get(lists.byte_offset()..).unwrap_or_default();
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::MatchKind;

    #[test]
    fn every_row_of_the_table_is_read_and_has_a_text_in_each_language() {
        let rows = rows();
        let lines = TABLE.lines().filter(|line| line.starts_with("  ") && line.contains(": [")).count();
        assert!(lines > 150 && rows.len() == lines, "{} rows of {lines}", rows.len());
        for (key, row) in &rows {
            assert!(row.len() == 3 && row.iter().all(|text| !text.is_empty()), "{key}: {row:?}");
            assert!(key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{key}");
            let places = |text: &str| (0..4).filter(|at| text.contains(&format!("{{{at}}}"))).collect::<Vec<_>>();
            assert!(row.iter().all(|text| places(text) == places(&row[0])), "{key}: {row:?}");
        }
    }

    #[test]
    fn there_is_a_word_for_every_way_to_find_a_listing() {
        let phrases = Phrases::new(Language::Traditional);
        for kind in MatchKind::ALL {
            let key = format!("why_{}", kind.name());
            assert_ne!(phrases.say(&key), key);
        }
    }

    #[test]
    fn values_stand_where_the_text_has_their_places_and_are_taken_as_they_are() {
        let phrases = Phrases::new(Language::Simplified);
        assert_eq!(phrases.say_of("count", &["7"]), "7 条");
        let told = phrases.say_of("resting_say", &["{1}", "2026-01-02"]);
        assert!(told.starts_with("{1} 至 2026-01-02 属"), "{told}");
        assert_eq!(phrases.say("no such"), "no such");
        assert_eq!(Phrases::new(Language::English).say("hits"), "Hits");
    }
}
