//! What may be asked, and the limits of asking.

use serde::{Deserialize, Serialize};

use crate::text::FuzzySounds;
use crate::{Error, Result};

/// Characters of a query at most, after trimming.
pub const QUERY_CHARS_MAX: usize = 64;
/// Hits of one answer at most.
pub const LIMIT_MAX: usize = 50;
/// Hits of one answer where nothing is said.
pub const LIMIT_DEFAULT: usize = 10;
/// Hits that may be skipped at most: nobody pages further, and every skipped hit is work.
pub const OFFSET_MAX: usize = 200;

/// How a hit was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MatchKind {
    /// The whole name or alias.
    Exact,
    /// The beginning of the name, or of what follows the region in front.
    Prefix,
    /// Several words of the name, in any order; letters stand for what they spell, where other words stand between.
    Word,
    /// Some part of the name.
    Infix,
    /// Characters of the name, in order, as a caller shortens it: 华工 for 华南理工大学.
    ShortForm,
    /// Joined pinyin, from any syllable on.
    Pinyin,
    /// Initials, from any syllable on.
    Initials,
    /// Syllables typed whole, by their initial or half, or hanzi and letters.
    Mixed,
    /// Other hanzi that sound the same.
    Homophone,
    /// Letters of sounds that are confused with each other.
    FuzzySound,
    /// One letter or hanzi too many, missing, wrong, or two swapped.
    Typo,
    /// Words in Latin letters that stand in the name.
    English,
    /// Digits of a number.
    Number,
    /// Joined codes of another reading scheme than pinyin, from any character on.
    Code,
}

impl MatchKind {
    /// Every kind.
    pub const ALL: [MatchKind; 14] = [
        MatchKind::Exact,
        MatchKind::Prefix,
        MatchKind::Word,
        MatchKind::Infix,
        MatchKind::ShortForm,
        MatchKind::Pinyin,
        MatchKind::Initials,
        MatchKind::Mixed,
        MatchKind::Homophone,
        MatchKind::FuzzySound,
        MatchKind::Typo,
        MatchKind::English,
        MatchKind::Number,
        MatchKind::Code,
    ];

    /// Its name in requests and answers.
    pub fn name(self) -> &'static str {
        match self {
            MatchKind::Exact => "exact",
            MatchKind::Prefix => "prefix",
            MatchKind::Word => "word",
            MatchKind::Infix => "infix",
            MatchKind::ShortForm => "short_form",
            MatchKind::Pinyin => "pinyin",
            MatchKind::Initials => "initials",
            MatchKind::Mixed => "mixed",
            MatchKind::Homophone => "homophone",
            MatchKind::FuzzySound => "fuzzy_sound",
            MatchKind::Typo => "typo",
            MatchKind::English => "english",
            MatchKind::Number => "number",
            MatchKind::Code => "code",
        }
    }

    /// Reads a comma-separated list of kinds.
    ///
    /// # Errors
    /// Usage when a word is none of them.
    pub fn parse_list(list: &str) -> Result<Vec<MatchKind>> {
        let one = |word: &str| {
            MatchKind::ALL.into_iter().find(|kind| kind.name() == word).ok_or_else(|| {
                let known: Vec<&str> = MatchKind::ALL.iter().map(|kind| kind.name()).collect();
                Error::usage(format!("modes is a list of {}; it holds {word:?}", known.join(", ")))
            })
        };
        list.split(',').map(|word| one(word.trim())).collect()
    }
}

/// What an operator asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// What was typed, trimmed.
    pub(super) text: String,
    pub(super) limit: usize,
    pub(super) offset: usize,
    pub(super) modes: Vec<MatchKind>,
    pub(super) sounds: FuzzySounds,
    pub(super) area_code: Option<String>,
    pub(super) locality: Option<String>,
    pub(super) category: Option<String>,
}

impl Query {
    /// A query for `text`, all kinds of match, the first ten hits.
    ///
    /// # Errors
    /// Usage unless `text` has 1 to [`QUERY_CHARS_MAX`] characters after trimming.
    pub fn new(text: &str) -> Result<Query> {
        let text = text.trim();
        let chars = text.chars().count();
        if !(1..=QUERY_CHARS_MAX).contains(&chars) {
            return Err(Error::usage(format!("q has 1 to {QUERY_CHARS_MAX} characters; it has {chars}")));
        }
        Ok(Query {
            text: text.to_owned(),
            limit: LIMIT_DEFAULT,
            offset: 0,
            modes: MatchKind::ALL.to_vec(),
            sounds: FuzzySounds::Auto,
            area_code: None,
            locality: None,
            category: None,
        })
    }

    /// The same query for `limit` hits after the first `offset`.
    ///
    /// # Errors
    /// Usage unless `limit` is 1 to [`LIMIT_MAX`] and `offset` at most [`OFFSET_MAX`].
    pub fn page(mut self, limit: usize, offset: usize) -> Result<Query> {
        if !(1..=LIMIT_MAX).contains(&limit) {
            return Err(Error::usage(format!("limit is 1 to {LIMIT_MAX}; it is {limit}")));
        }
        if offset > OFFSET_MAX {
            return Err(Error::usage(format!(
                "offset is at most {OFFSET_MAX}; it is {offset}: narrow the query instead"
            )));
        }
        (self.limit, self.offset) = (limit, offset);
        Ok(self)
    }

    /// The same query for some kinds of match only.
    #[must_use]
    pub fn modes(mut self, modes: Vec<MatchKind>) -> Query {
        self.modes = modes;
        self
    }

    /// The same query with these confusable sounds taken for the same.
    #[must_use]
    pub fn fuzzy(mut self, sounds: FuzzySounds) -> Query {
        self.sounds = sounds;
        self
    }

    /// The same query among listings with this area code, and with localities and categories that contain these
    /// texts; with `=` in front a text is meant as the whole value.
    #[must_use]
    pub fn narrow(mut self, area_code: Option<String>, locality: Option<String>, category: Option<String>) -> Query {
        (self.area_code, self.locality, self.category) = (area_code, locality, category);
        self
    }

    /// What was typed.
    pub fn text(&self) -> &str {
        &self.text
    }
}
