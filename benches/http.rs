//! What a lookup over HTTP costs beside a route that does nothing: both answer the same bytes, in one run.
//!
//! ```text
//! cargo bench --bench http -- [--index DIR] [--questions FILE.tsv] [--seconds N] [--rounds N] [--connections N]
//! ```
//!
//! A desk is served as `chahao serve` serves it, on a port of its own; beside it an axum router with one route hands out the
//! answers that desk gave, ready made. Both are asked the same queries by the same client over kept connections, turn by
//! turn: as fast as they answer, then 200 times a second whether they have answered or not, where an answer's time
//! counts from when it was due. Listings are those of `data/listings.ndjson` where there is no `--index`, and
//! questions are beginnings of their names. The report is Markdown, on standard output.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a bench stops at the first surprise"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::serve::ListenerExt;
use chahao::desk::{Desk, ImportOptions};
use chahao::progress::Silent;
use tokio::net::TcpListener;

/// The program's own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Lookups a second of a busy desk.
const OPEN_LOOP_RATE: u64 = 200;
/// Queries asked for in turn.
const QUERIES_MAX: usize = 2_000;

struct Settings {
    index: Option<PathBuf>,
    questions: Option<PathBuf>,
    seconds: f64,
    rounds: usize,
    connections: usize,
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let value = |name: &str| arguments.iter().position(|given| given == name).map(|at| arguments[at + 1].clone());
    // Without arguments cargo runs this as a test: a moment of each then.
    let is_bench = arguments.iter().any(|argument| argument == "--bench");
    let number = |name: &str, bench: f64, test: f64| {
        value(name).map_or(if is_bench { bench } else { test }, |text| text.parse().expect("a number"))
    };
    let settings = Settings {
        index: value("--index").map(PathBuf::from),
        questions: value("--questions").map(PathBuf::from),
        seconds: number("--seconds", 4.0, 0.2),
        rounds: number("--rounds", 5.0, 1.0) as usize,
        connections: number("--connections", 16.0, 4.0) as usize,
    };
    let directory = tempfile::tempdir().expect("a temporary folder");
    let desk = Arc::new(match &settings.index {
        Some(index) => Desk::new(&directory.path().join("none.db"), index),
        None => sample(directory.path()),
    });
    desk.refresh().expect("the index opens");
    let queries = queries(&settings);
    run(&settings, desk, &queries);
}

/// A desk of the sample listings.
fn sample(directory: &std::path::Path) -> Desk {
    let desk = Desk::new(&directory.join("ledger.db"), &directory.join("index"));
    let listings = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("data/listings.ndjson");
    desk.import(&listings, &ImportOptions::default(), &mut Silent).expect("import");
    desk.compact(false, &mut Silent).expect("compaction");
    desk
}

/// What is asked: the first column of the questions, or beginnings of the sample's names.
fn queries(settings: &Settings) -> Vec<String> {
    let read = |path: &std::path::Path| BufReader::new(std::fs::File::open(path).expect("a file")).lines();
    let all: Vec<String> = match &settings.questions {
        Some(path) => read(path)
            .map(|line| line.expect("text").split('\t').next().expect("a query").to_owned())
            .filter(|query| !query.is_empty() && !query.starts_with('#'))
            .collect(),
        None => read(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("data/listings.ndjson"))
            .enumerate()
            .filter_map(|(n, line)| {
                let row: serde_json::Value = serde_json::from_str(&line.expect("text")).expect("a row");
                Some(row["name"].as_str()?.chars().take(2 + n % 5).collect())
            })
            .collect(),
    };
    // Kinds come one after the other in a file: a step that is prime mixes them.
    (0..all.len().min(QUERIES_MAX)).map(|n| all[n * 7919 % all.len()].clone()).collect()
}

fn run(settings: &Settings, desk: Arc<Desk>, queries: &[String]) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let bind = || runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
    let (real, ready_made) = (bind(), bind());
    let at = [real.local_addr().unwrap(), ready_made.local_addr().unwrap()];
    runtime.spawn(chahao::http::serve(real, desk, std::future::pending()));
    let lookups: Vec<String> = queries.iter().map(|query| format!("/v1/lookup?q={}", escaped(query))).collect();
    let mut client = Client::connect(at[0]);
    let answers: Vec<Vec<u8>> = lookups.iter().map(|path| client.ask(path).to_vec()).collect();
    let bytes = answers.iter().map(Vec::len).sum::<usize>() / answers.len();
    let answers: Arc<Vec<axum::body::Bytes>> = Arc::new(answers.into_iter().map(Into::into).collect());
    let nothing = axum::Router::new().route("/{n}", axum::routing::get(hand_out)).with_state(answers);
    let listener = ready_made.tap_io(|stream| stream.set_nodelay(true).expect("a socket"));
    runtime.spawn(async move { axum::serve(listener, nothing).await });
    let handed: Vec<String> = (0..lookups.len()).map(|n| format!("/{n}")).collect();
    let sides = [("lookup", at[0], lookups), ("no-op", at[1], handed)];

    println!("{} queries, {bytes} bytes an answer, {} connections\n", queries.len(), settings.connections);
    println!("| as fast as they answer | answers a second |\n|---|---|");
    let mut rates = [Vec::new(), Vec::new()];
    for round in 0..=settings.rounds {
        for (side, (_, address, paths)) in sides.iter().enumerate() {
            let rate = closed_loop(settings, *address, paths);
            // The first round warms up.
            if round > 0 {
                rates[side].push(rate);
            }
        }
    }
    let middle = rates.map(|mut rates| {
        rates.sort_by(f64::total_cmp);
        rates[rates.len() / 2]
    });
    for ((name, ..), rate) in sides.iter().zip(middle) {
        println!("| {name} | {rate:.0} |");
    }
    println!("| share | {:.3} |\n", middle[0] / middle[1]);
    println!("| {OPEN_LOOP_RATE} a second | p50 µs | p99 µs | p99.9 µs | max µs |\n|---|---|---|---|---|");
    let mut tails = [0, 0];
    for (side, (name, address, paths)) in sides.iter().enumerate() {
        let took = open_loop(settings, *address, paths);
        let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize];
        tails[side] = at(0.99);
        println!("| {name} | {} | {} | {} | {} |", at(0.5), at(0.99), at(0.999), took[took.len() - 1]);
    }
    println!("| ratio | | {:.2} | | |", tails[0] as f64 / tails[1] as f64);
    assert!(middle.iter().all(|rate| *rate > 0.0), "both answered");
}

async fn hand_out(State(answers): State<Arc<Vec<axum::body::Bytes>>>, Path(n): Path<usize>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], answers[n].clone())
}

/// Answers a second, where each connection asks again as soon as it is answered.
fn closed_loop(settings: &Settings, address: SocketAddr, paths: &[String]) -> f64 {
    let (begun, answered) = (Instant::now(), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for connection in 0..settings.connections {
            let answered = &answered;
            scope.spawn(move || {
                let mut client = Client::connect(address);
                let mut n = connection * 101;
                while begun.elapsed().as_secs_f64() < settings.seconds {
                    client.ask(&paths[n % paths.len()]);
                    answered.fetch_add(1, Ordering::Relaxed);
                    n += 1;
                }
            });
        }
    });
    answered.into_inner() as f64 / begun.elapsed().as_secs_f64()
}

/// How long answers took from when they were due, in µs and in order, at a steady rate.
fn open_loop(settings: &Settings, address: SocketAddr, paths: &[String]) -> Vec<u64> {
    let count = (settings.seconds * settings.rounds as f64 * OPEN_LOOP_RATE as f64) as usize;
    let (begun, next) = (Instant::now() + Duration::from_millis(50), AtomicUsize::new(0));
    let mut took: Vec<u64> = std::thread::scope(|scope| {
        let ask = || {
            let (mut client, mut took) = (Client::connect(address), Vec::new());
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= count {
                    return took;
                }
                let due = begun + Duration::from_micros(n as u64 * 1_000_000 / OPEN_LOOP_RATE);
                std::thread::sleep(due.saturating_duration_since(Instant::now()));
                client.ask(&paths[n % paths.len()]);
                took.push(due.elapsed().as_micros() as u64);
            }
        };
        let clients: Vec<_> = (0..settings.connections).map(|_| scope.spawn(ask)).collect();
        clients.into_iter().flat_map(|client| client.join().expect("a client")).collect()
    });
    took.sort_unstable();
    took
}

/// One kept connection.
struct Client {
    stream: BufReader<TcpStream>,
    line: String,
    body: Vec<u8>,
}

impl Client {
    fn connect(address: SocketAddr) -> Client {
        let stream = TcpStream::connect(address).expect("a server");
        stream.set_nodelay(true).expect("a socket");
        Client { stream: BufReader::with_capacity(1 << 16, stream), line: String::new(), body: Vec::new() }
    }

    /// The body that `path` answers.
    fn ask(&mut self, path: &str) -> &[u8] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        self.stream.get_mut().write_all(request.as_bytes()).expect("a request");
        let mut length = 0;
        loop {
            self.line.clear();
            self.stream.read_line(&mut self.line).expect("an answer");
            if self.line == "\r\n" {
                break;
            }
            assert!(!self.line.starts_with("HTTP/1.1 ") || self.line.starts_with("HTTP/1.1 200"), "{}", self.line);
            if let Some(value) = self.line.strip_prefix("content-length: ") {
                length = value.trim().parse().expect("a length");
            }
        }
        self.body.resize(length, 0);
        self.stream.read_exact(&mut self.body).expect("a body");
        &self.body
    }
}

/// A query as it stands in an address.
fn escaped(query: &str) -> String {
    query.bytes().fold(String::new(), |text, byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => text + &char::from(byte).to_string(),
        _ => text + &format!("%{byte:02X}"),
    })
}
