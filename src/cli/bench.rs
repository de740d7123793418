//! `chahao bench`.

use std::fs::File;
use std::io::{BufReader, IsTerminal};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::client::ConnectArgs;
use super::progress::Bar;
use super::{DeskArgs, Outcome, print, print_json, shown};
use crate::evaluate::{Draw, MakeSettings, Question, make, read_questions};
use crate::load::{Figures, LoadReport, LoadSettings, Pace, load};
use crate::{Error, Result};

/// Measure how fast a server answers lookups.
///
/// Without --rate each connection asks again as soon as it has its answer: that finds the throughput. With --rate
/// requests are due at a fixed rate, and latencies count from when they were due, so a server that stalls shows it.
/// Prints a table in a terminal, JSON in a pipe. Exit code 0 also where requests fail: they are counted.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  chahao bench --duration 30 --no-op
  chahao bench --rate 200 --connections 32 --queries data/queries.tsv
  chahao bench --mix initials=6,prefix=3,number=1 --keystrokes --json")]
pub(super) struct BenchArgs {
    /// The server, over http or https.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8114")]
    server: String,
    #[command(flatten)]
    connect: ConnectArgs,
    /// A query file as `chahao eval` reads it [default: queries made from the ledger].
    #[arg(long, value_name = "FILE")]
    queries: Option<PathBuf>,
    /// Queries of each kind that are made from the ledger.
    #[arg(long, value_name = "N", default_value_t = 100, conflicts_with = "queries")]
    make: usize,
    /// Kinds of query with their shares, such as initials=6,prefix=3 [default: each query as often as any other].
    #[arg(long, value_name = "KIND=SHARE", value_delimiter = ',', value_parser = share)]
    mix: Vec<(String, u64)>,
    /// Ask every beginning of each query, as the console does while it is typed.
    #[arg(long)]
    keystrokes: bool,
    /// Connections, each with one request under way at most.
    #[arg(long, value_name = "N", default_value_t = 16)]
    connections: usize,
    /// Requests a second, whatever the server does [default: as many as it answers].
    #[arg(long, value_name = "PER_SECOND")]
    rate: Option<f64>,
    /// Seconds during which latencies are taken.
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    duration: Duration,
    /// Seconds of asking before.
    #[arg(long, value_name = "SECONDS", default_value = "2", value_parser = seconds)]
    warm_up: Duration,
    /// Ask in turns a route here that does nothing but answer with as many bytes over plain HTTP,
    /// and tell the ratios.
    #[arg(long)]
    no_op: bool,
    /// Decides the queries and their order.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print JSON in a terminal too.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    desk: DeskArgs,
}

impl BenchArgs {
    pub(super) fn run(self) -> Result<Outcome> {
        let server = self.connect.remote(&self.server)?;
        let questions = self.questions()?;
        let settings = LoadSettings {
            server,
            connections: self.connections,
            pace: self.rate.map_or(Pace::Closed, Pace::Open),
            duration: self.duration,
            warm_up: self.warm_up,
            no_op: self.no_op,
            mix: self.mix,
            keystrokes: self.keystrokes,
            seed: self.seed,
        };
        let mut bar = Bar::new();
        let report = load(&questions, &settings, &mut bar)?;
        bar.finish();
        match self.json || !std::io::stdout().is_terminal() {
            true => print_json(&report)?,
            false => print(&table(&report, &settings))?,
        }
        Ok(Outcome::Done)
    }

    fn questions(&self) -> Result<Vec<Question>> {
        if let Some(path) = &self.queries {
            let file = File::open(path).map_err(|error| Error::file("read", path, error))?;
            return read_questions(BufReader::new(file))
                .map_err(|error| error.context(shown(&path.display().to_string())));
        }
        let kinds = self.mix.iter().map(|(kind, _)| kind.clone()).collect();
        let settings = MakeSettings { per_kind: self.make, seed: self.seed, draw: Draw::Calls, kinds };
        let mut questions = Vec::new();
        let made = make(&self.desk.desk(), &settings, &mut |question| {
            questions.push(question);
            Ok(())
        });
        made.map_err(|error| error.context("queries are made from the ledger where --queries names no file"))?;
        Ok(questions)
    }
}

/// One kind of a mix with its share.
fn share(text: &str) -> Result<(String, u64), String> {
    let (kind, share) = text.split_once('=').unwrap_or((text, "1"));
    let share = share.parse().map_err(|_| format!("a share is a whole number; it is {share:?}"))?;
    // More than a percent of a percent of a percent is nobody's share.
    if share > 1_000_000 { Err("a share is at most 1000000".to_owned()) } else { Ok((kind.trim().to_owned(), share)) }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let day = Duration::from_secs(86_400);
    seconds.filter(|seconds| *seconds <= day).ok_or_else(|| "seconds, a day of them at most, were expected".to_owned())
}

/// A table of latencies, a line a kind.
fn table(report: &LoadReport, settings: &LoadSettings) -> String {
    let pace = report.rate.map_or("closed loop".to_owned(), |rate| format!("open loop at {rate} a second"));
    let mut text = format!(
        "{}: {pace}, {} connections, {} s; {} queries\n",
        shown(&report.server),
        report.connections,
        settings.duration.as_secs_f64(),
        report.queries
    );
    let head = ["answered", "a second", "p50 µs", "p99 µs", "p99.9 µs", "max µs", "503", "wrong"];
    let columns: String = head.iter().map(|head| format!("{head:>11}")).collect();
    text.push_str(&format!("{:<20}{columns}\n", "kind"));
    for kind in &report.kinds {
        text.push_str(&line(&shown(&kind.kind), &kind.figures));
    }
    text.push_str(&line("all", &report.all));
    if let Some(no_op) = &report.no_op {
        text.push_str(&line("no-op", no_op));
    }
    let ratio = |ratio: Option<f64>| ratio.map_or("-".to_owned(), |ratio| format!("{ratio:.2}"));
    if report.no_op.is_some() {
        text.push_str(&format!(
            "of the no-op's: throughput {}, p99 {}\n",
            ratio(report.throughput_of_no_op),
            ratio(report.p99_of_no_op)
        ));
    }
    text.push_str(&wrongs(&report.all));
    text
}

fn line(name: &str, figures: &Figures) -> String {
    format!(
        "{name:<20}{:>11}{:>11.0}{:>11.1}{:>11.1}{:>11.1}{:>11.1}{:>11}{:>11}\n",
        figures.answered,
        figures.per_second,
        figures.p50_us,
        figures.p99_us,
        figures.p999_us,
        figures.max_us,
        figures.overloaded,
        figures.wrong(),
    )
}

/// What went wrong, in a line each.
fn wrongs(all: &Figures) -> String {
    let mut text = String::new();
    if all.overloaded > 0 {
        let untold = all.overloaded_untold;
        text.push_str(&format!("503: p99 {:.1} µs; {untold} without Retry-After\n", all.overloaded_p99_us));
    }
    for (status, count) in &all.errors {
        text.push_str(&format!("status {status}: {count}\n"));
    }
    if all.failed > 0 {
        text.push_str(&format!("without an answer: {}\n", all.failed));
    }
    if all.not_sent > 0 {
        text.push_str(&format!(
            "due and not sent before the end: {}; they count with as long as they had waited\n",
            all.not_sent
        ));
    }
    text
}
