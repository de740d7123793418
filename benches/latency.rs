//! Lookup latency: by kind of query, at every keystroke, and over the worst cases we know of.
//!
//! ```text
//! cargo bench --bench latency -- [--index DIR | --server http://127.0.0.1:8114 | --listings FILE.ndjson]
//!     [--questions FILE.tsv] [--queries N] [--passes N] [--kind WORD] [--json FILE]
//! ```
//!
//! With `--index` a published index is asked in process; with `--server` queries go over one kept-alive connection
//! and `took_us` of the answers is told; without both, a desk is made of the listings and asked in process. Listings
//! are those of `--listings` (`data/listings.ndjson` where there is no `--index`), or are drawn from the index.
//! Questions are those of a file that `chahao eval --make` wrote, or are made as that command makes them from N × 40
//! of the listings; the battery is made of the listings' characters and places. `--kind` asks the kinds and sets
//! named so alone. One thread; one unmeasured pass, then `--passes` measured ones, of which the middle one counts for
//! each query; in process, a lookup in which the thread had to wait for a core is asked again. The report is
//! Markdown, on standard output; `--json` writes the same figures for `--bench plot`.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a bench stops at the first surprise"
)]

#[path = "latency/asked.rs"]
mod asked;
#[path = "latency/battery.rs"]
mod battery;
#[path = "latency/figures.rs"]
mod figures;
#[path = "latency/report.rs"]
mod report;
#[path = "latency/waits.rs"]
mod waits;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::time::Instant;

use chahao::desk::{Desk, ImportOptions, LookupAnswer};
use chahao::index::Generation;
use chahao::listing::Listing;
use chahao::progress::Silent;
use chahao::query::Query;
use figures::Figures;
use report::{Report, Settings};
use waits::Waits;

/// The program's own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Queries of one kind where nothing else is said.
const QUERIES: usize = 2_000;
/// Listings drawn for each query of a kind: not every listing can be asked for in every way.
const LISTINGS_PER_QUERY: usize = 40;
/// Hits asked for: what the console shows at once.
const HITS: usize = chahao::query::LIMIT_DEFAULT;

/// The command line: `--name value`.
struct Arguments(Vec<String>);

impl Arguments {
    fn value(&self, name: &str) -> Option<String> {
        self.0.iter().position(|argument| argument == name).map(|at| self.0[at + 1].clone())
    }

    fn path(&self, name: &str) -> Option<PathBuf> {
        self.value(name).map(PathBuf::from)
    }

    fn count(&self, name: &str, otherwise: usize) -> usize {
        self.value(name).map_or(otherwise, |text| text.parse().expect("a number"))
    }
}

fn main() {
    let arguments = Arguments(std::env::args().collect());
    // Without arguments cargo runs this as a test: a few queries of every kind then.
    let is_bench = arguments.0.iter().any(|argument| argument == "--bench");
    let settings = Settings {
        queries: if is_bench { arguments.count("--queries", QUERIES) } else { 5 },
        passes: arguments.count("--passes", 1),
        kind: arguments.value("--kind").unwrap_or_default(),
    };
    let file = arguments.path("--listings").unwrap_or_else(|| PathBuf::from("data/listings.ndjson"));
    let figures = match (arguments.value("--server"), arguments.path("--index")) {
        (Some(server), _) => {
            let sample = draw(&file, settings.queries * LISTINGS_PER_QUERY);
            let agent = ureq::Agent::new_with_defaults();
            let url = format!("{server}/v1/lookup");
            let mut report = Report::new(&settings, None);
            report.run(&sample, &asked::questions(&arguments, &sample, &settings), &mut |query| {
                let mut response =
                    agent.get(&url).query("q", query).query("limit", HITS.to_string()).call().expect("an answer");
                let answer = serde_json::from_str(&response.body_mut().read_to_string().unwrap());
                let answer: LookupAnswer = answer.expect("a lookup's answer");
                (answer.took_us * 1_000, answer)
            });
            report.figures()
        }
        (None, Some(index)) => {
            let desk = Desk::new(Path::new("no ledger"), &index);
            let opened = Instant::now();
            desk.refresh().expect("a published index");
            eprintln!("opened in {} ms", opened.elapsed().as_millis());
            in_process(&desk, &arguments, &settings)
        }
        (None, None) => {
            let folder = tempfile::tempdir().unwrap();
            in_process(&desk_of(&file, folder.path()), &arguments, &settings)
        }
    };
    if let Some(out) = arguments.path("--json") {
        std::fs::write(&out, serde_json::to_vec_pretty(&figures).unwrap()).expect("the figures' file");
    }
}

/// Asks `desk` in this process; tells its memory too.
fn in_process(desk: &Desk, arguments: &Arguments, settings: &Settings) -> Figures {
    let generation = desk.generation().expect("a generation");
    let count = settings.queries * LISTINGS_PER_QUERY;
    let sample = match arguments.path("--listings") {
        Some(file) => draw(&file, count),
        None => draw_of(&generation, count),
    };
    let mut report = Report::new(settings, Some(generation.len()));
    let questions = asked::questions(arguments, &sample, settings);
    let mut waits = Waits::new();
    report.run(&sample, &questions, &mut |query| {
        let query = Query::new(query).unwrap().page(HITS, 0).unwrap();
        waits.time(|| desk.lookup(&query).unwrap())
    });
    println!("\n{} lookups were asked again, {} had to wait for a core every time", waits.again, waits.waited);
    // What the bench itself holds is not the index's.
    drop((sample, questions));
    report.measure_memory();
    report.figures()
}

/// A desk of the listings in `file`, made in `folder`.
fn desk_of(file: &Path, folder: &Path) -> Desk {
    let desk = Desk::new(&folder.join("ledger.db"), &folder.join("index"));
    desk.import(file, &ImportOptions::default(), &mut Silent).expect("an import");
    desk.compact(false, &mut Silent).expect("a compaction");
    desk
}

/// Draws `count` listings evenly from an NDJSON file.
fn draw(file: &Path, count: usize) -> Vec<Listing> {
    let open = || BufReader::new(std::fs::File::open(file).expect("the listings file"));
    let rows = open().lines().count();
    let step = (rows / count).max(1);
    let lines = open().lines().map(|line| line.unwrap()).step_by(step).take(count);
    lines.filter_map(|line| serde_json::from_str(&line).ok()).collect()
}

/// Draws `count` listings evenly from the base of a generation.
fn draw_of(generation: &Generation, count: usize) -> Vec<Listing> {
    let base = generation.base();
    let step = (base.len() / count).max(1);
    let ranks = (0..base.len()).step_by(step).take(count);
    ranks.map(|rank| base.listing(rank as u32).expect("a listing of the base")).collect()
}
