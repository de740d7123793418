//! Lookup latency by kind of query, in the server's own time, with what was found.
//!
//! ```text
//! cargo bench --bench latency -- --listings FILE.ndjson [--server http://127.0.0.1:8114 | --index DIR] [--queries N]
//! ```
//!
//! Queries are cut from listings drawn evenly from FILE. With `--server` they go over one kept-alive connection
//! and `took_us` of the answers is told; with `--index` a published index is asked in process; without both, a desk
//! is made of FILE, or of `data/listings.ndjson`, and asked in process. `--kind WORD` asks the kinds named so alone.
//! Percentiles are of single queries, after one unmeasured pass. The report is Markdown, on standard output.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a bench stops at the first surprise"
)]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::time::Instant;

use chahao::desk::{Desk, ImportOptions, LookupAnswer};
use chahao::listing::{Listing, is_hanzi};
use chahao::progress::Silent;
use chahao::query::Query;
use chahao::text::{Folded, Lexicon, spellings};
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

/// Queries of one kind where nothing else is said.
const QUERIES: usize = 2_000;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let value = |name: &str| arguments.iter().position(|a| a == name).map(|at| arguments[at + 1].clone());
    let queries = value("--queries").map_or(QUERIES, |text| text.parse().expect("--queries N"));
    let file = value("--listings").map_or_else(|| PathBuf::from("data/listings.ndjson"), PathBuf::from);
    // Without arguments cargo runs this as a test: a few queries of every kind then.
    let queries = if arguments.iter().any(|a| a == "--bench") { queries } else { queries.min(50) };
    let sample = draw(&file, queries);
    let kinds = value("--kind").unwrap_or_default();
    match (value("--server"), value("--index")) {
        (None, Some(index)) => {
            let desk = Desk::new(Path::new("no ledger"), Path::new(&index));
            let opened = Instant::now();
            desk.refresh().expect("a published index");
            let before = resident_mb();
            eprintln!("opened in {} ms, {before} MB resident", opened.elapsed().as_millis());
            report(&sample, &kinds, &mut |query| desk.lookup(&Query::new(query).unwrap().page(5, 0).unwrap()).unwrap());
            eprintln!("{} MB resident after all lookups", resident_mb());
        }
        (Some(server), _) => {
            let agent = ureq::Agent::new_with_defaults();
            let url = format!("{server}/v1/lookup");
            report(&sample, &kinds, &mut |query| {
                let mut response = agent.get(&url).query("q", query).query("limit", "5").call().expect("an answer");
                serde_json::from_str(&response.body_mut().read_to_string().unwrap()).expect("a lookup's answer")
            });
        }
        (None, None) => {
            let folder = tempfile::tempdir().unwrap();
            let desk = Desk::new(&folder.path().join("ledger.db"), &folder.path().join("index"));
            desk.import(&file, &ImportOptions::default(), &mut Silent).expect("an import");
            desk.compact(false, &mut Silent).expect("a compaction");
            report(&sample, &kinds, &mut |query| desk.lookup(&Query::new(query).unwrap().page(5, 0).unwrap()).unwrap());
        }
    }
}

/// Memory of this process that is resident, mapped files included.
fn resident_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().split(' ').next()?.parse::<u64>().ok()).unwrap_or(0) / 1024
}

/// Draws `count` listings evenly from an NDJSON file.
fn draw(file: &Path, count: usize) -> Vec<Listing> {
    let open = || BufReader::new(std::fs::File::open(file).expect("the listings file"));
    let rows = open().lines().count();
    let step = (rows / count).max(1);
    let lines = open().lines().map(|line| line.unwrap()).step_by(step).take(count);
    lines.filter_map(|line| serde_json::from_str(&line).ok()).collect()
}

/// A kind of query: its name, and the text an operator who wants a listing would type.
type Kind = (&'static str, fn(&Listing, &mut Pcg64Mcg) -> Option<String>);

const KINDS: [Kind; 11] = [
    ("exact", |listing, _| Some(listing.name.clone())),
    ("exact, traditional in simplified", |listing, _| {
        let hanzi = |text: &str| text.chars().filter(|&c| is_hanzi(c)).collect::<String>();
        let folded = Folded::new(&listing.name).text().to_owned();
        (hanzi(&folded) != hanzi(&listing.name)).then_some(folded)
    }),
    ("prefix", |listing, random| Some(cut(&listing.name, random, 2))),
    ("infix", |listing, random| {
        let units: Vec<char> = Folded::new(&listing.name).text().chars().collect();
        let start = random.random_range(0..units.len());
        let end = (start + random.random_range(2..=4)).min(units.len());
        Some(units[start..end].iter().collect())
    }),
    ("one character", |listing, random| {
        let units: Vec<char> = Folded::new(&listing.name).text().chars().collect();
        Some(units[random.random_range(0..units.len())].to_string())
    }),
    ("pinyin", |listing, _| Some(spelled(listing).0)),
    ("pinyin prefix", |listing, random| Some(cut(&spelled(listing).0, random, 3))),
    ("initials", |listing, _| Some(spelled(listing).1)),
    ("initials prefix", |listing, random| Some(cut(&spelled(listing).1, random, 2))),
    ("number", |listing, _| listing.phones.first().map(|phone| phone.digits())),
    ("number middle", |listing, random| {
        let digits = listing.phones.first()?.digits();
        let start = random.random_range(0..=digits.len().checked_sub(5)?);
        Some(digits[start..start + 5].to_owned())
    }),
];

/// Joined pinyin and initials of a listing's name.
fn spelled(listing: &Listing) -> (String, String) {
    let spelling = spellings(Lexicon::built_in().pinyin(), &Folded::new(&listing.name), 1).swap_remove(0);
    (spelling.letters, spelling.initials)
}

/// A beginning of `text` of at least `min` characters.
fn cut(text: &str, random: &mut Pcg64Mcg, min: usize) -> String {
    let chars: Vec<char> = text.chars().collect();
    let length = random.random_range(min.min(chars.len())..=chars.len());
    chars[..length].iter().collect()
}

fn report(sample: &[Listing], kinds: &str, ask: &mut dyn FnMut(&str) -> LookupAnswer) {
    println!("| kind | queries | p50 µs | p99 µs | p99.9 µs | max µs | found in 5 | cut short |");
    println!("|---|---|---|---|---|---|---|---|");
    let started = Instant::now();
    let mut all = Vec::new();
    for (name, type_for) in KINDS.into_iter().filter(|(name, _)| name.starts_with(kinds)) {
        let mut random = Pcg64Mcg::seed_from_u64(114);
        let typed: Vec<(&Listing, String)> = sample
            .iter()
            .filter_map(|listing| Some((listing, type_for(listing, &mut random)?)))
            .map(|(listing, typed)| (listing, typed.chars().take(64).collect()))
            .collect();
        if typed.is_empty() {
            continue;
        }
        typed.iter().for_each(|(_, query)| drop(ask(query)));
        let (mut times, mut found, mut truncated) = (Vec::new(), 0, 0);
        for (listing, query) in &typed {
            let answer = ask(query);
            times.push(answer.took_us);
            found += usize::from(answer.hits.iter().any(|hit| hit.id == listing.id));
            truncated += usize::from(answer.truncated);
        }
        print_row(name, &mut times, found, truncated);
        all.extend(times);
    }
    print_row("all", &mut all, 0, 0);
    eprintln!("{:.0} s in all", started.elapsed().as_secs_f64());
}

fn print_row(name: &str, times: &mut [u64], found: usize, truncated: usize) {
    times.sort_unstable();
    let count = times.len();
    let at = |share: f64| times[((count as f64 * share) as usize).min(count - 1)];
    let share = if found > 0 { format!("{:.3}", found as f64 / count as f64) } else { String::new() };
    let (p50, p99, p999, max) = (at(0.5), at(0.99), at(0.999), times[count - 1]);
    println!("| {name} | {count} | {p50} | {p99} | {p999} | {max} | {share} | {truncated} |");
}
