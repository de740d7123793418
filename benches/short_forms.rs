//! How well short forms find their names, through the engine: success at 1, 5 and 10 by kind, and what it takes.
//!
//! ```text
//! cargo bench --bench short_forms -- --listings FILE.ndjson [--pairs FILE.csv] [--others FILE.csv]
//!     [--twins N] [--work DIR] [--terms OUT.tsv]
//! ```
//!
//! The targets of `--pairs` (columns query, target, kind) become listings among those of `--listings`, without
//! aliases, with popularities drawn from the top fifth of theirs. Every right target of a query counts. `--others`
//! (columns id, name, locality among them) are real names: they become listings too, 500 beginnings of them are
//! asked with and without short forms, and whole ones must come first. `--twins` adds names in which one or two
//! words of a target are another target's. `--work` keeps the index for a second run. `--terms` writes what every
//! candidate of every pair looks like, for `scripts/learn-weights`. Without `--pairs`, the short aliases of the
//! listings are the pairs.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a bench stops at the first surprise"
)]

#[path = "short_forms/corpus.rs"]
mod corpus;
#[path = "short_forms/terms.rs"]
mod terms;

use std::collections::BTreeMap;
use std::path::PathBuf;

use chahao::desk::{Desk, HitView};
use chahao::query::{MatchKind, MatchedField, Query};
use corpus::{Corpus, Pair};

/// Kinds of pair that are told and not counted: other names altogether, which take an alias.
const OTHER_NAMES: [&str; 2] = ["brand-script-variant", "hospital-second-name"];
/// Hits looked at.
const HITS: usize = 10;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let value = |name: &str| arguments.iter().position(|a| a == name).map(|at| arguments[at + 1].clone());
    let path = |name: &str| value(name).map(PathBuf::from);
    let corpus = Corpus::read(
        &path("--listings").unwrap_or_else(|| PathBuf::from("data/listings.ndjson")),
        path("--pairs").as_deref(),
        path("--others").as_deref(),
        value("--twins").map_or(0, |text| text.parse().expect("--twins N")),
    );
    let folder = tempfile::tempdir().unwrap();
    let desk = corpus.desk(&path("--work").unwrap_or_else(|| folder.path().to_owned()));
    if let Some(out) = path("--terms") {
        terms::write(&desk, &corpus.pairs, &out);
    }
    let listings = desk.generation().unwrap().len();
    println!("{} pairs among {listings} listings\n", corpus.pairs.len());
    report_pairs(&desk, &corpus.pairs);
    report_others(&desk, &corpus);
}

/// Places found: of 1, of 5, of 10, of all.
#[derive(Debug, Default, Clone, Copy)]
struct Found {
    within: [usize; 3],
    all: usize,
}

impl Found {
    fn add(&mut self, place: Option<usize>) {
        for (count, within) in self.within.iter_mut().zip([1, 5, HITS]) {
            *count += usize::from(place.is_some_and(|place| place < within));
        }
        self.all += 1;
    }

    fn row(&self, name: &str) {
        let share = |count: usize| 100.0 * count as f64 / self.all.max(1) as f64;
        let [first, five, ten] = self.within.map(share);
        println!("| {name} | {} | {first:.1} | {five:.1} | {ten:.1} |", self.all);
    }
}

/// The place of the first hit with one of `names`, and the time taken.
fn ask(desk: &Desk, query: &str, names: &[String], modes: &[MatchKind]) -> (Option<usize>, u64, bool) {
    let asked = Query::new(query).unwrap().page(HITS, 0).unwrap().modes(modes.to_vec());
    let answer = desk.lookup(&asked).unwrap();
    // The pairs have no aliases; those of the others, drawn at random, are left out too.
    let named = |hit: &&HitView| names.contains(&hit.name) || hit.matched.field != MatchedField::Alias;
    let place = answer.hits.iter().filter(named).position(|hit| names.contains(&hit.name));
    (place, answer.took_us, answer.truncated)
}

fn report_pairs(desk: &Desk, pairs: &[Pair]) {
    let mut targets: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for pair in pairs {
        targets.entry(&pair.query).or_default().push(pair.target.clone());
    }
    // Once without looking at the clock.
    targets.iter().for_each(|(query, names)| {
        ask(desk, query, names, &MatchKind::ALL);
    });
    let (mut kinds, mut lengths): (BTreeMap<&str, Found>, BTreeMap<usize, Found>) = Default::default();
    let (mut times, mut counted, mut truncated) = (Vec::new(), Found::default(), 0);
    for pair in pairs {
        let (place, took_us, cut) = ask(desk, &pair.query, &targets[pair.query.as_str()], &MatchKind::ALL);
        kinds.entry(&pair.kind).or_default().add(place);
        if std::env::var_os("MISSES").is_some() && place.is_none_or(|place| place > 4) {
            eprintln!("{}\t{}\t{}\t{place:?}", pair.kind, pair.query, pair.target);
        }
        if OTHER_NAMES.contains(&pair.kind.as_str()) {
            continue;
        }
        counted.add(place);
        let chars = pair.query.chars().count();
        lengths.entry(chars).or_default().add(place);
        if (2..=4).contains(&chars) {
            times.push(took_us);
            truncated += usize::from(cut);
        }
    }
    println!("| short forms | pairs | @1 | @5 | @10 |\n|---|---|---|---|---|");
    counted.row("all but other names");
    kinds.iter().for_each(|(kind, found)| found.row(kind));
    lengths.iter().for_each(|(chars, found)| found.row(&format!("{chars} characters")));
    print_times("2 to 4 characters", &mut times);
    println!("{truncated} were cut short");
}

fn report_others(desk: &Desk, corpus: &Corpus) {
    let plain = [MatchKind::Exact, MatchKind::Prefix];
    println!("\n| real names | queries | @1 | @5 | @10 |\n|---|---|---|---|---|");
    for (name, modes) in [("beginnings, all modes", &MatchKind::ALL[..]), ("beginnings, exact and prefix", &plain)] {
        let mut found = Found::default();
        for (query, name) in &corpus.beginnings {
            found.add(ask(desk, query, std::slice::from_ref(name), modes).0);
        }
        found.row(name);
    }
    let mut whole = Found::default();
    for name in &corpus.whole {
        whole.add(ask(desk, name, std::slice::from_ref(name), &MatchKind::ALL).0);
    }
    whole.row("whole names");
    let mut times = Vec::new();
    for query in &corpus.frequent {
        ask(desk, query, &[], &MatchKind::ALL);
        times.push(ask(desk, query, &[], &MatchKind::ALL).1);
    }
    print_times("two to four frequent characters", &mut times);
}

fn print_times(name: &str, times: &mut [u64]) {
    times.sort_unstable();
    let at = |share: f64| times.get(((times.len() as f64 * share) as usize).min(times.len().max(1) - 1)).unwrap_or(&0);
    println!("\n{name}: {} queries, p50 {} µs, p99 {} µs, max {} µs", times.len(), at(0.5), at(0.99), at(1.0));
}
