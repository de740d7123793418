//! Percentiles of single lookups, as Markdown and as figures for plots.

use chahao::desk::LookupAnswer;
use chahao::evaluate::Question;
use chahao::listing::Listing;

use crate::asked::{family, keystrokes};
use crate::battery::battery;
use crate::figures::{Figures, Memory, Row};

/// Characters of the slowest query that are told.
const SLOWEST_CHARS: usize = 16;

/// How much is asked.
pub struct Settings {
    /// Queries of each kind, and of each set of the battery that is drawn at random.
    pub queries: usize,
    /// Measured passes; the middle one counts for each query.
    pub passes: usize,
    /// The beginning of the names of kinds and sets that are asked.
    pub kind: String,
}

/// One query: its text, and the ids or names it means.
type Asked<'q> = (&'q str, &'q [String]);
/// Asks one query: nanoseconds it took, and the answer.
pub type Ask<'a> = &'a mut dyn FnMut(&str) -> (u64, LookupAnswer);

/// Times of some queries.
#[derive(Default)]
struct Times<'q> {
    times: Vec<(u64, &'q str)>,
    meaning: usize,
    found: usize,
    truncated: usize,
}

/// A run: asks, prints and keeps.
pub struct Report<'s> {
    settings: &'s Settings,
    figures: Figures,
}

impl Report<'_> {
    pub fn new(settings: &Settings, listings: Option<usize>) -> Report<'_> {
        Report { settings, figures: Figures { listings, ..Figures::default() } }
    }

    /// All three tables.
    pub fn run(&mut self, sample: &[Listing], questions: &[Question], ask: Ask<'_>) {
        let mut kinds: Vec<&str> = Vec::new();
        for question in questions {
            if !kinds.contains(&question.kind.as_str()) {
                kinds.push(&question.kind);
            }
        }
        let of = |kind: &str| -> Vec<Asked<'_>> {
            let questions = questions.iter().filter(|question| question.kind == kind);
            questions.map(|question| (question.query.as_str(), question.expected.as_slice())).collect()
        };
        self.table("kinds", "kind", kinds.iter().map(|&kind| (kind.to_owned(), of(kind))), ask);
        let mut families: Vec<&str> = Vec::new();
        for family in kinds.iter().map(|kind| family(kind)) {
            if !families.contains(&family) {
                families.push(family);
            }
        }
        let typed = |name: &str| -> Vec<Asked<'_>> {
            let questions = questions.iter().filter(|question| family(&question.kind) == name);
            questions.flat_map(|question| keystrokes(&question.query)).map(|typed| (typed, [].as_slice())).collect()
        };
        self.table("keystrokes", "every keystroke", families.iter().map(|&name| (name.to_owned(), typed(name))), ask);
        let mut sets = battery(sample, self.settings.queries);
        sets.retain(|(name, _)| name.starts_with(&self.settings.kind));
        let of_sets = sets.iter().map(|(name, queries)| {
            let queries: Vec<Asked<'_>> = queries.iter().map(|query| (query.as_str(), [].as_slice())).collect();
            ((*name).to_owned(), queries)
        });
        self.table("battery", "battery", of_sets, ask);
    }

    /// One table, a row for each set of queries and one for all.
    fn table<'q>(
        &mut self,
        table: &'static str,
        head: &str,
        sets: impl Iterator<Item = (String, Vec<Asked<'q>>)>,
        ask: Ask<'_>,
    ) {
        println!("\n| {head} | queries | p50 µs | p99 µs | p99.9 µs | max µs | found in 5 | cut short | slowest |");
        println!("|---|---|---|---|---|---|---|---|---|");
        let mut all = Times::default();
        for (name, asked) in sets.filter(|(_, asked)| !asked.is_empty()) {
            let mut times = Times::of(&asked, self.settings.passes, ask);
            self.print(times.row(table, name));
            all.times.append(&mut times.times);
            all.truncated += times.truncated;
        }
        if !all.times.is_empty() {
            self.print(all.row(table, "all".to_owned()));
        }
    }

    fn print(&mut self, row: Row) {
        let found = row.found_5.map(|share| format!("{share:.3}")).unwrap_or_default();
        println!(
            "| {} | {} | {:.0} | {:.0} | {:.0} | {:.0} | {found} | {} | {} |",
            row.name, row.queries, row.p50_us, row.p99_us, row.p999_us, row.max_us, row.truncated, row.slowest
        );
        self.figures.rows.push(row);
    }

    /// Measures what is resident now.
    pub fn measure_memory(&mut self) {
        let (Some(memory), Some(listings)) = (memory(), self.figures.listings) else { return };
        let mb = |bytes: u64| bytes / (1 << 20);
        println!(
            "\n{} MB resident after all lookups, {} MB of them mapped files: {} B for each of {listings} listings",
            mb(memory.resident_bytes),
            mb(memory.mapped_bytes),
            memory.resident_bytes / listings.max(1) as u64
        );
        self.figures.memory = Some(memory);
    }

    pub fn figures(self) -> Figures {
        self.figures
    }
}

/// What is resident of this process; nothing where the system does not tell.
fn memory() -> Option<Memory> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let bytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        Some(line.trim().split(' ').next()?.parse::<u64>().ok()? * 1024)
    };
    Some(Memory { resident_bytes: bytes("VmRSS:")?, mapped_bytes: bytes("RssFile:")? })
}

impl<'q> Times<'q> {
    /// Asks all of `asked`: once unmeasured, then `passes` times.
    fn of(asked: &[Asked<'q>], passes: usize, ask: Ask<'_>) -> Times<'q> {
        let mut result = Times::default();
        for (query, expected) in asked {
            let answer = ask(query).1;
            result.meaning += usize::from(!expected.is_empty());
            let is_meant = |name: &str, id: &str| expected.iter().any(|meant| meant == id || meant == name);
            result.found += usize::from(answer.hits.iter().any(|hit| is_meant(&hit.name, hit.id.as_str())));
            result.truncated += usize::from(answer.truncated);
        }
        let mut took = vec![Vec::with_capacity(passes); asked.len()];
        for _ in 0..passes.max(1) {
            took.iter_mut().zip(asked).for_each(|(took, (query, _))| took.push(ask(query).0));
        }
        for (mut took, (query, _)) in took.into_iter().zip(asked) {
            took.sort_unstable();
            result.times.push((took[took.len() / 2], *query));
        }
        result
    }

    fn row(&mut self, table: &'static str, name: String) -> Row {
        self.times.sort_unstable();
        let count = self.times.len();
        let at = |share: f64| self.times[((count as f64 * share).ceil() as usize).clamp(1, count) - 1];
        let us = |share: f64| at(share).0 as f64 / 1_000.0;
        Row {
            table: table.to_owned(),
            name,
            queries: count,
            p50_us: us(0.5),
            p99_us: us(0.99),
            p999_us: us(0.999),
            max_us: us(1.0),
            found_5: (self.meaning > 0).then(|| self.found as f64 / self.meaning as f64),
            truncated: self.truncated,
            slowest: shown(at(1.0).1),
        }
    }
}

/// A query as a cell of a table.
fn shown(query: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || c == ' ' || c.is_ascii_graphic() && !"|`<*_".contains(c);
    let safe = |c: char| if is_plain(c) { c.to_string() } else { c.escape_unicode().to_string() };
    let begin: String = query.chars().take(SLOWEST_CHARS).map(safe).collect();
    let chars = query.chars().count();
    if chars > SLOWEST_CHARS { format!("{begin}… ({chars})") } else { begin }
}
