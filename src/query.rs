//! Queries: what was typed, to the listings meant.
//!
//! `parse` folds what was typed and says what it may be; `plan` lists the sources to ask; each source offers
//! candidates of both parts to one collector; `rank` scores them all on one scale; the page asked for is then
//! read and highlighted.
//!
//! # Invariants
//! 1. `query` never writes.
//! 2. Every query has a fuel counter, and a second one for pages beyond the first candidates; when one runs out,
//!    what was found is returned, and said to be cut unless only further guesses at what was meant are missing.
//! 3. Hidden listings never become candidates, whatever the source.
//! 4. A listing is in an answer once, by its best match; equal scores stand in the order of ids.

mod among;
mod best;
mod collect;
pub(crate) mod dialled;
mod filler;
mod fuel;
mod highlight;
mod inner_name;
mod parse;
mod pattern;
mod plan;
mod qualify;
mod rank;
mod request;
mod respelled;
mod search;
mod short_form;
mod source;
mod stream;
mod visible;
mod walk;

use crate::index::{Generation, KeyKind, Rank};
use crate::listing::{Alias, Listing};
use crate::text::Folded;
use crate::{Error, Result};

use search::Search;

pub use highlight::{Matched, MatchedField};
pub use parse::Parsed;
pub use request::{LIMIT_DEFAULT, LIMIT_MAX, MatchKind, OFFSET_MAX, QUERY_CHARS_MAX, Query};
pub use short_form::{Alignment, SHORT_FORM_CHARS_MAX, ShortForm, Terms};

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
    /// The reading scheme beside pinyin it was found by; `None` where it was pinyin, or no reading at all.
    pub scheme: Option<&'static str>,
    /// What of it was found.
    pub matched: Matched,
    /// Another hit of this answer has the same name: ask the caller which one.
    pub confusable: bool,
}

/// Answers `query` from `generation`.
///
/// # Errors
/// Usage when `fuzzy` names a pair of sounds that is not in force; damaged when the index cannot be read.
pub fn lookup(generation: &Generation, query: &Query) -> Result<Answer> {
    let mut search = Search::new(generation, query)?;
    let (found, truncated) = search.candidates()?;
    let mut hits = Vec::with_capacity(query.limit);
    let mut names = Vec::with_capacity(query.limit);
    for candidate in found.into_iter().skip(query.offset).take(query.limit) {
        let Some(part) = search.part(&candidate) else { continue };
        let listing = part.listing(candidate.rank)?;
        let by = highlight::By { kind: candidate.kind, scheme: candidate.scheme, lexicon: part.lexicon() };
        let known = highlight::Known::of(part, candidate.rank);
        let matched = highlight::matched(&listing, &known, search.asked(&candidate), &by);
        let scheme = part.lexicon().further().get(candidate.scheme).map(|scheme| scheme.name());
        hits.push(Hit { listing, kind: candidate.kind, scheme, matched, confusable: false });
        names.push(known.folded);
    }
    mark_confusable(&mut hits, &names);
    Ok(Answer { hits, truncated, seq: generation.seq() })
}

/// Marks the hits whose folded name, one of `names` each, another hit has too.
fn mark_confusable(hits: &mut [Hit], names: &[&str]) {
    for (hit, name) in hits.iter_mut().zip(names) {
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
    let folded = Folded::new(digits);
    let digits: String = folded.text().chars().filter(char::is_ascii_digit).collect();
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
