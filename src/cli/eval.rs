//! `chahao eval`.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::progress::Bar;
use super::{DeskArgs, Outcome, print, print_json, shown};
use crate::evaluate::{
    Draw, Evaluation, KeysOfDraw, KeysReport, KeysSettings, KindScore, MakeSettings, ambiguous, evaluate, keys, make,
    read_questions,
};
use crate::query::LIMIT_DEFAULT;
use crate::{Error, Result};

/// Measure how well lookups find what operators mean.
///
/// Asks every query of a file and tells, by kind, how often the listing that is meant is first, among five and among
/// ten. A line is a query, the id or name of what is meant (several parted by |) and the kind of query, parted by tabs.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  chahao eval data/queries.tsv
  chahao eval --make 500 --seed 7 > queries.tsv
  chahao eval --make 500 --kinds prefix,initials --draw evenly
  chahao eval --keys --sample 2000 --json")]
pub(super) struct EvalArgs {
    /// The query file.
    #[arg(value_name = "QUERIES", required_unless_present_any = ["make", "keys"], conflicts_with_all = ["make", "keys"])]
    queries: Option<PathBuf>,
    /// Hits asked for.
    #[arg(long, default_value_t = LIMIT_DEFAULT)]
    limit: usize,
    /// Tell beside @5 for how many queries an ideal answer could reach it; looks at every listing for every query.
    #[arg(long, conflicts_with_all = ["make", "keys"])]
    bound: bool,
    /// Write N queries of each kind for the ledger's listings to standard output instead.
    #[arg(long, value_name = "N", conflicts_with = "keys")]
    make: Option<usize>,
    /// Kinds of query to make, comma-separated [default: all].
    #[arg(long, requires = "make", value_delimiter = ',')]
    kinds: Vec<String>,
    /// How listings are drawn for the queries that are made.
    #[arg(long, requires = "make", value_enum, default_value_t = DrawArg::Calls)]
    draw: DrawArg,
    /// Count the keys an operator types until a listing is among the first five instead.
    #[arg(long)]
    keys: bool,
    /// Listings whose keys are counted, drawn by calls and once more evenly.
    #[arg(long, requires = "keys", default_value_t = 2_000)]
    sample: usize,
    /// Decides everything that is left to chance.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print figures as JSON.
    #[arg(long, conflicts_with = "make")]
    json: bool,
    #[command(flatten)]
    desk: DeskArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum DrawArg {
    /// As calls come: in proportion to popularity.
    Calls,
    /// Each listing as likely as any other.
    Evenly,
}

impl EvalArgs {
    pub(super) fn run(self) -> Result<Outcome> {
        if let Some(per_kind) = self.make {
            return self.write_queries(per_kind);
        }
        let mut bar = Bar::new();
        if self.keys {
            let settings = KeysSettings { sample: self.sample, seed: self.seed };
            let report = keys(&self.desk.open_desk()?, settings, &mut bar)?;
            bar.finish();
            return if self.json { print_json(&report) } else { print(&keys_text(&report)) }.map(|()| Outcome::Done);
        }
        let path = self.queries.as_deref().unwrap_or(Path::new("-"));
        let file = File::open(path).map_err(|error| Error::file("read", path, error))?;
        let questions =
            read_questions(BufReader::new(file)).map_err(|error| error.context(shown(&path.display().to_string())))?;
        let desk = self.desk.open_desk()?;
        // Refused before anything is asked where it cannot be told.
        let ambiguous = self.bound.then(|| ambiguous(&desk, &questions, &mut bar)).transpose()?;
        let mut evaluation = evaluate(&desk, &questions, self.limit, &mut bar)?;
        if let Some(ambiguous) = ambiguous {
            evaluation = evaluation.with_bounds(&questions, &ambiguous);
        }
        bar.finish();
        if self.json { print_json(&evaluation) } else { print(&scores(&evaluation)) }.map(|()| Outcome::Done)
    }

    fn write_queries(self, per_kind: usize) -> Result<Outcome> {
        let (draw, how) = match self.draw {
            DrawArg::Calls => (Draw::Calls, "by calls"),
            DrawArg::Evenly => (Draw::Evenly, "evenly"),
        };
        let head = format!(
            "# What operators may type for listings drawn {how}: {per_kind} queries of each kind, seed {}.\n\
             # Columns: query, id of the listing that is meant, kind of query.",
            self.seed
        );
        let settings = MakeSettings { per_kind, seed: self.seed, draw, kinds: self.kinds };
        let failed = |error| Error::file("write", Path::new("standard output"), error);
        let mut out = BufWriter::new(std::io::stdout().lock());
        // Nothing is written where there is nothing to draw from.
        let mut head = Some(head);
        let made = make(&self.desk.desk(), &settings, &mut |question| {
            if let Some(head) = head.take() {
                writeln!(out, "{head}").map_err(failed)?;
            }
            writeln!(out, "{question}").map_err(failed)
        })?;
        out.flush().map_err(failed)?;
        for (kind, count) in made.iter().filter(|(_, count)| *count < per_kind) {
            let _ = writeln!(std::io::stderr(), "{kind}: {count} queries only; few listings can be asked for so");
        }
        Ok(if made.iter().all(|(_, count)| *count == 0) { Outcome::NothingFound } else { Outcome::Done })
    }
}

/// A table of what was found, a line a kind.
fn scores(evaluation: &Evaluation) -> String {
    let limit = evaluation.limit;
    let head = ["@1", "@5", "bound@5", "clear@5", "@10", "alike@5", "named@5", "p50 µs", "p99 µs", "max µs", "cut"];
    let columns: String = head.iter().map(|head| format!("{head:>8}")).collect();
    let mut text = format!("{:<20}{:>8}{columns}\n", "kind", "queries");
    for score in evaluation.kinds.iter().chain([&evaluation.all]) {
        text.push_str(&score_line(score, limit));
    }
    text.push_str("@n: the listing is among the first n hits; alike: or one of its name and locality; named: or one of its name\n");
    if evaluation.kinds.iter().any(|kind| kind.bound_5.is_some()) {
        text.push_str(
            "bound@5: fewer than five other listings fit as well, have no longer name and are asked for as often; clear@5: \
             of these queries alone, the listing is among the first 5 hits\n",
        );
    }
    if evaluation.all.unknown > 0 {
        text.push_str(&format!("{} queries mean an id that is not in the index\n", evaluation.all.unknown));
    }
    text
}

fn score_line(score: &KindScore, limit: usize) -> String {
    let share = |value: f64, first: usize| if first <= limit { format!("{value:>8.3}") } else { format!("{:>8}", "-") };
    let told = |value: Option<f64>| value.map_or_else(|| format!("{:>8}", "-"), |value| format!("{value:>8.3}"));
    format!(
        "{:<20}{:>8}{}{}{}{}{}{}{}{:>8}{:>8}{:>8}{:>8}\n",
        shown(&score.kind),
        score.queries,
        share(score.success_1, 1),
        share(score.success_5, 5),
        told(score.bound_5),
        told(score.clear_success_5),
        share(score.success_10, 10),
        share(score.alike_success_5, 5),
        share(score.named_success_5, 5),
        score.took_us_p50,
        score.took_us_p99,
        score.took_us_max,
        score.truncated,
    )
}

fn keys_text(report: &KeysReport) -> String {
    let mut text = format!(
        "{} listings; calls of {:.2} bits: at best {:.2} keys to the first five\n",
        report.listings, report.entropy_bits, report.bound_keys
    );
    for draw in &report.draws {
        text.push_str(&keys_of_draw(draw));
    }
    text
}

fn keys_of_draw(keys: &KeysOfDraw) -> String {
    let percent = |share: f64| format!("{:.1} %", share * 100.0);
    let (how, bound) = match keys.draw {
        Draw::Calls => ("drawn by calls", format!(", {:.2} times the bound", keys.over_bound)),
        Draw::Evenly => ("drawn evenly", String::new()),
    };
    let own = &keys.own_names;
    let [longest, best_longest] =
        [&own.max_id, &own.best_max_id].map(|id| id.as_ref().map(|id| format!(" ({id})")).unwrap_or_default());
    let distribution: Vec<String> = keys.distribution.iter().skip(1).map(usize::to_string).collect();
    format!(
        "{} {how}\n  mean keys      {:.2}{bound}; never among the first five: {}\n  initials alone {} of the listings, mean keys {:.2}\n  \
         at best        {:.2} mean keys, narrowing as soon as it helps\n  by keys 1, 2 … {}\n  \
         own names      {}: mean keys {:.2}, most {}{longest}, at best {}{best_longest}; never: {}\n",
        keys.sample,
        keys.mean_keys,
        percent(keys.never),
        percent(keys.by_initials),
        keys.by_initials_mean_keys,
        keys.best_mean_keys,
        distribution.join(" "),
        own.sample,
        own.mean_keys,
        own.max_keys,
        own.best_max_keys,
        own.never,
    )
}
