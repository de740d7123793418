//! Asking a desk every query of a file, and counting what it finds.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::{Question, TOP};
use crate::Result;
use crate::desk::{Desk, HitView};
use crate::listing::{ListingId, NAME_CHARS_MAX};
use crate::progress::Progress;
use crate::query::Query;
use crate::text::Folded;

/// Queries asked between two steps of the progress told.
const STEP: usize = 256;

/// What lookups find of a query file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Evaluation {
    /// The ledger seq it was answered from.
    pub seq: u64,
    /// Hits asked for.
    pub limit: usize,
    /// Each kind of query, in the order of the file.
    pub kinds: Vec<KindScore>,
    /// All kinds together; its kind is `all`.
    pub all: KindScore,
    /// For every question whether its listing is among the first five hits.
    #[serde(skip)]
    in_five: Vec<bool>,
}

/// What lookups find of one kind of query.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct KindScore {
    /// The kind.
    pub kind: String,
    /// Queries of this kind.
    pub queries: usize,
    /// Queries whose listing is the first hit.
    pub found_1: usize,
    /// Queries whose listing is among the first five hits.
    pub found_5: usize,
    /// Queries whose listing is among the first ten hits.
    pub found_10: usize,
    /// Queries with a listing of the same name in the same locality among the first five hits.
    pub alike_5: usize,
    /// Queries with a listing of the same name, wherever it is, among the first five hits.
    pub named_5: usize,
    /// Answers that were cut short.
    pub truncated: usize,
    /// Queries that mean an id no listing of the index has.
    pub unknown: usize,
    /// `found_1` as a share.
    pub success_1: f64,
    /// `found_5` as a share.
    pub success_5: f64,
    /// `found_10` as a share.
    pub success_10: f64,
    /// `alike_5` as a share.
    pub alike_success_5: f64,
    /// `named_5` as a share.
    pub named_success_5: f64,
    /// The share of queries that fewer than five other listings fit as well: what an ideal answer could reach. `None`
    /// where it was not asked for, or cannot be told for this kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bound_5: Option<f64>,
    /// Of those queries alone, the share whose listing is among the first five hits: what the engine makes of what can be
    /// told apart. `None` where the bound is, or is 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clear_success_5: Option<f64>,
    /// Median time of a lookup, in microseconds.
    pub took_us_p50: u64,
    /// Time of a lookup that one in a hundred exceeds, in microseconds.
    pub took_us_p99: u64,
    /// The longest time of a lookup, in microseconds.
    pub took_us_max: u64,
}

/// A kind's score while it is counted.
#[derive(Default)]
struct Tally {
    score: KindScore,
    took_us: Vec<u64>,
}

/// What one answer found.
struct Outcome {
    /// Where the first hit that is meant stands.
    place: Option<usize>,
    /// Where the first hit with the name and locality of what is meant stands.
    alike: Option<usize>,
    /// Where the first hit with the name of what is meant stands.
    named: Option<usize>,
    truncated: bool,
    unknown: bool,
    took_us: u64,
}

/// The listings one question means.
#[derive(Default)]
struct Meant {
    ids: Vec<ListingId>,
    /// Folded names of listings meant by id, with their localities.
    alike: Vec<(String, String)>,
    /// Folded names that were meant as such.
    names: Vec<String>,
    unknown: bool,
}

/// Asks `desk` every question, `limit` hits each, in one thread; times are those of a second pass over all of them.
///
/// # Errors
/// Usage when `limit` is no page; otherwise as [`Desk::lookup`].
pub fn evaluate(desk: &Desk, questions: &[Question], limit: usize, progress: &mut dyn Progress) -> Result<Evaluation> {
    let seq = desk.generation()?.seq();
    progress.begin("warm up", questions.len() as u64);
    for (at, question) in questions.iter().enumerate() {
        desk.lookup(&Query::new(&question.query)?.page(limit, 0)?)?;
        told(progress, at);
    }
    progress.begin("evaluate", questions.len() as u64);
    let mut kinds: Vec<Tally> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut all = Tally::named("all");
    let mut in_five = Vec::with_capacity(questions.len());
    for (at, question) in questions.iter().enumerate() {
        let outcome = ask(desk, question, limit)?;
        let place = *places.entry(question.kind.as_str()).or_insert_with(|| {
            kinds.push(Tally::named(&question.kind));
            kinds.len() - 1
        });
        if let Some(kind) = kinds.get_mut(place) {
            kind.add(&outcome);
        }
        all.add(&outcome);
        in_five.push(within(outcome.place, TOP));
        told(progress, at);
    }
    Ok(Evaluation { seq, limit, kinds: kinds.into_iter().map(Tally::finish).collect(), all: all.finish(), in_five })
}

impl Evaluation {
    /// The same with the bound of every kind, and what was found of the queries within it, where `ambiguous` tells it for
    /// each of `questions`.
    #[must_use]
    pub fn with_bounds(mut self, questions: &[Question], ambiguous: &[Option<bool>]) -> Evaluation {
        let share = |part: usize, of: usize| (of > 0).then(|| part as f64 / of as f64);
        for kind in &mut self.kinds {
            let outcomes = questions.iter().zip(ambiguous).zip(&self.in_five);
            let of_kind = outcomes.filter(|((question, _), _)| question.kind == kind.kind);
            let told: Vec<(bool, bool)> =
                of_kind.filter_map(|((_, ambiguous), found)| Some(((*ambiguous)?, *found))).collect();
            let clear: Vec<bool> = told.iter().filter(|(ambiguous, _)| !ambiguous).map(|(_, found)| *found).collect();
            kind.bound_5 = share(clear.len(), told.len());
            kind.clear_success_5 = share(clear.iter().filter(|found| **found).count(), clear.len());
        }
        self
    }
}

fn told(progress: &mut dyn Progress, at: usize) {
    if at.is_multiple_of(STEP) {
        progress.reached(at as u64);
    }
}

fn ask(desk: &Desk, question: &Question, limit: usize) -> Result<Outcome> {
    let meant = Meant::of(desk, &question.expected)?;
    let answer = desk.lookup(&Query::new(&question.query)?.page(limit, 0)?)?;
    let names: Vec<String> = answer.hits.iter().map(|hit| folded(&hit.name)).collect();
    let place =
        |is: &dyn Fn(&HitView, &String) -> bool| answer.hits.iter().zip(&names).position(|(hit, name)| is(hit, name));
    let is_meant = |hit: &HitView, name: &String| meant.ids.contains(&hit.id) || meant.names.contains(name);
    let is_alike = |hit: &HitView, name: &String| {
        is_meant(hit, name) || meant.alike.iter().any(|(known, locality)| known == name && *locality == hit.locality)
    };
    let has_name =
        |hit: &HitView, name: &String| is_meant(hit, name) || meant.alike.iter().any(|(known, _)| known == name);
    Ok(Outcome {
        place: place(&is_meant),
        alike: place(&is_alike),
        named: place(&has_name),
        truncated: answer.truncated,
        unknown: meant.unknown,
        took_us: answer.took_us,
    })
}

impl Meant {
    fn of(desk: &Desk, expected: &[String]) -> Result<Meant> {
        let mut meant = Meant::default();
        for one in expected {
            let Ok(id) = ListingId::new(one) else {
                meant.names.push(folded(one));
                continue;
            };
            match desk.listing(id.as_str()) {
                Ok(view) => {
                    meant.alike.push((folded(&view.listing.name), view.listing.locality));
                    meant.ids.push(id);
                }
                Err(error) if error.is_not_found() => {
                    // A Latin name looks like an id too.
                    meant.names.push(folded(one));
                    meant.unknown = true;
                }
                Err(error) => return Err(error),
            }
        }
        // A name that folds to nothing would be that of no listing.
        meant.names.retain(|name| !name.is_empty() && name.chars().count() <= NAME_CHARS_MAX);
        Ok(meant)
    }
}

/// Whether a hit stands among the first `first`.
fn within(place: Option<usize>, first: usize) -> bool {
    place.is_some_and(|place| place < first)
}

fn folded(name: &str) -> String {
    Folded::new(name).text().to_owned()
}

impl Tally {
    fn named(kind: &str) -> Tally {
        Tally { score: KindScore { kind: kind.to_owned(), ..KindScore::default() }, took_us: Vec::new() }
    }

    fn add(&mut self, outcome: &Outcome) {
        let within = |place, first| usize::from(within(place, first));
        self.score.queries += 1;
        self.score.found_1 += within(outcome.place, 1);
        self.score.found_5 += within(outcome.place, TOP);
        self.score.found_10 += within(outcome.place, 10);
        self.score.alike_5 += within(outcome.alike, 5);
        self.score.named_5 += within(outcome.named, 5);
        self.score.truncated += usize::from(outcome.truncated);
        self.score.unknown += usize::from(outcome.unknown && outcome.place.is_none());
        self.took_us.push(outcome.took_us);
    }

    fn finish(mut self) -> KindScore {
        self.took_us.sort_unstable();
        let at = |share: usize| {
            let place = (self.took_us.len() * share).div_ceil(100).saturating_sub(1);
            self.took_us.get(place).copied().unwrap_or_default()
        };
        let share = |count: usize| count as f64 / self.score.queries.max(1) as f64;
        KindScore {
            success_1: share(self.score.found_1),
            success_5: share(self.score.found_5),
            success_10: share(self.score.found_10),
            alike_success_5: share(self.score.alike_5),
            named_success_5: share(self.score.named_5),
            took_us_p50: at(50),
            took_us_p99: at(99),
            took_us_max: at(100),
            ..self.score.clone()
        }
    }
}
