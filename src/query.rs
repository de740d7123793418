//! Queries: what was typed, to the listings meant.
//!
//! `parse` folds what was typed and says what it may be; `plan` lists the sources to ask; each source offers
//! candidates of both parts to one collector; `rank` scores them all on one scale; the page asked for is then
//! read and highlighted.
//!
//! # Invariants
//! 1. `query` never writes.
//! 2. Every query has one fuel counter; when it runs out, what was found is returned and said to be cut.
//! 3. Hidden listings never become candidates, whatever the source.
//! 4. A listing is in an answer once, by its best match; equal scores stand in the order of ids.

mod collect;
mod fuel;
mod highlight;
mod parse;
mod plan;
mod rank;
mod source;

use serde::{Deserialize, Serialize};

use crate::index::{Generation, KeyKind, Rank};
use crate::listing::{Alias, Listing};
use crate::{Error, Result};

use collect::{Candidate, Collector};
use fuel::Fuel;
use parse::Parsed;

pub use highlight::{Matched, MatchedField};

/// Characters of a query at most, after trimming.
pub const QUERY_CHARS_MAX: usize = 64;
/// Hits of one answer at most.
pub const LIMIT_MAX: usize = 50;
/// Hits of one answer where nothing is said.
pub const LIMIT_DEFAULT: usize = 10;
/// Hits that may be skipped at most: nobody pages further, and every skipped hit is work.
pub const OFFSET_MAX: usize = 200;

/// How a hit was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MatchKind {
    /// The whole name or alias.
    Exact,
    /// The beginning of the name, or of what follows the region in front.
    Prefix,
    /// Some part of the name.
    Infix,
    /// Joined pinyin, from any syllable on.
    Pinyin,
    /// Initials, from any syllable on.
    Initials,
    /// Digits of a number.
    Number,
}

impl MatchKind {
    /// Every kind.
    pub const ALL: [MatchKind; 6] = [
        MatchKind::Exact,
        MatchKind::Prefix,
        MatchKind::Infix,
        MatchKind::Pinyin,
        MatchKind::Initials,
        MatchKind::Number,
    ];

    /// Its name in requests and answers.
    pub fn name(self) -> &'static str {
        match self {
            MatchKind::Exact => "exact",
            MatchKind::Prefix => "prefix",
            MatchKind::Infix => "infix",
            MatchKind::Pinyin => "pinyin",
            MatchKind::Initials => "initials",
            MatchKind::Number => "number",
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
    text: String,
    limit: usize,
    offset: usize,
    modes: Vec<MatchKind>,
    area_code: Option<String>,
    locality: Option<String>,
    category: Option<String>,
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

    /// The same query among listings with this area code, and with localities and categories that contain these texts.
    #[must_use]
    pub fn narrow(mut self, area_code: Option<String>, locality: Option<String>, category: Option<String>) -> Query {
        (self.area_code, self.locality, self.category) = (area_code, locality, category);
        self
    }

    /// What was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Candidates each source offers: enough that the order by score is not cut short by the order by popularity.
    fn depth(&self) -> usize {
        const SPARE: usize = 32;
        self.limit + self.offset + SPARE
    }
}

/// What was found.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The hits, the best first.
    pub hits: Vec<Hit>,
    /// Fuel ran out before everything was looked at.
    pub truncated: bool,
    /// The ledger seq it was answered from.
    pub seq: u64,
}

/// One listing found, and why.
#[derive(Debug, Clone)]
pub struct Hit {
    /// The listing, without the numbers nobody may see.
    pub listing: Listing,
    /// How it was found.
    pub kind: MatchKind,
    /// What of it was found.
    pub matched: Matched,
    /// Another hit of this answer has the same name: ask the caller which one.
    pub confusable: bool,
}

/// Answers `query` from `generation`.
///
/// # Errors
/// Damaged when the index cannot be read.
pub fn lookup(generation: &Generation, query: &Query) -> Result<Answer> {
    let parsed = Parsed::new(&query.text);
    let plan = plan::sources(&parsed, &query.modes);
    let mut fuel = Fuel::full();
    let mut candidates: Vec<(usize, Candidate)> = Vec::new();
    for (at, (part, tombstones)) in generation.parts().enumerate() {
        let filter = part.filter(query.category.as_deref(), query.area_code.as_deref(), query.locality.as_deref());
        let mut collector = Collector::new(part, tombstones, &filter, query.depth(), &query.modes, &mut fuel);
        for source in &plan {
            source::collect(*source, &parsed, &mut collector)?;
        }
        candidates.extend(collector.into_candidates().into_iter().map(|candidate| (at, candidate)));
    }
    let parts: Vec<_> = generation.parts().map(|(part, _)| part).collect();
    let id = |at: &usize, rank: Rank| parts.get(*at).and_then(|part| part.id(rank).ok()).unwrap_or_default();
    candidates.sort_unstable_by(|(part_a, a), (part_b, b)| {
        b.score.total_cmp(&a.score).then_with(|| id(part_a, a.rank).cmp(id(part_b, b.rank)))
    });
    let mut hits = Vec::with_capacity(query.limit);
    for (at, candidate) in candidates.into_iter().skip(query.offset).take(query.limit) {
        let Some(part) = parts.get(at) else { continue };
        let listing = part.listing(candidate.rank)?;
        let matched = highlight::matched(&listing, &parsed, candidate.kind);
        hits.push(Hit { listing, kind: candidate.kind, matched, confusable: false });
    }
    mark_confusable(&mut hits);
    Ok(Answer { hits, truncated: fuel.ran_out(), seq: generation.seq() })
}

/// Marks the hits whose folded name another hit has too.
fn mark_confusable(hits: &mut [Hit]) {
    let names: Vec<String> =
        hits.iter().map(|hit| crate::text::Folded::new(&hit.listing.name).text().to_owned()).collect();
    for (hit, name) in hits.iter_mut().zip(&names) {
        hit.confusable = names.iter().filter(|other| *other == name).count() > 1;
    }
}

/// The listing `id` names, with the listings that stand under it, `children_max` of them at most.
///
/// # Errors
/// Not found when there is none.
pub fn listing(generation: &Generation, id: &str, children_max: usize) -> Result<(Listing, Vec<Listing>)> {
    let Some((part, rank)) = generation.find(id) else {
        return Err(Error::not_found(format!("no listing has the id {id:?}")));
    };
    Ok((part.listing(rank)?, under_key(generation, KeyKind::Parent, id, children_max)?))
}

/// The listings that have a number with these digits, with or without area code, the best known first.
///
/// # Errors
/// Usage when `digits` holds no digit.
pub fn number(generation: &Generation, digits: &str, limit: usize) -> Result<Vec<Listing>> {
    let digits: String = digits.chars().filter(char::is_ascii_digit).collect();
    if digits.is_empty() {
        return Err(Error::usage("a number is looked up by its digits; there are none"));
    }
    under_key(generation, KeyKind::Number, &digits, limit)
}

/// Visible listings under exactly `key`, the most popular first.
fn under_key(generation: &Generation, kind: KeyKind, key: &str, limit: usize) -> Result<Vec<Listing>> {
    let mut listings = Vec::new();
    for (part, tombstones) in generation.parts() {
        let keys = part.keys(kind);
        let visible = |rank: &Rank| !tombstones.is_some_and(|tombstones| tombstones.hide(*rank));
        for rank in keys.top(keys.exact(key.as_bytes())).filter(visible).take(limit) {
            listings.push(part.listing(rank)?);
        }
    }
    listings.sort_by(|a, b| b.popularity.total_cmp(&a.popularity).then_with(|| a.id.cmp(&b.id)));
    listings.truncate(limit);
    Ok(listings)
}

/// The texts of a listing that are searched, as they were written.
fn written_names(listing: &Listing) -> impl Iterator<Item = &str> {
    std::iter::once(listing.name.as_str()).chain(listing.aliases.iter().map(|Alias { text, .. }| text.as_str()))
}
