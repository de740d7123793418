//! What came of requests, by kind: latencies to three digits, and what went wrong counted apart.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

/// Digits latencies are kept to.
const DIGITS: u8 = 3;

/// How one request ended.
#[derive(Debug, Clone, Copy)]
pub(super) enum Ended {
    /// With an answer of this status.
    Answered(u16),
    /// With status 503, which perhaps said when to come again.
    Overloaded { retry_after: bool },
    /// Without an answer.
    Failed,
    /// It was due, and could not be sent before the end.
    NotSent,
}

/// Counts and latencies while requests are under way.
#[derive(Debug)]
pub(super) struct Tally {
    kinds: Vec<Mutex<Counts>>,
    ran: Mutex<Duration>,
}

#[derive(Debug, Default, Clone)]
struct Counts {
    /// Nanoseconds of answers with 200, and of what was not sent; nothing while there is none.
    latency: Option<Histogram<u64>>,
    /// Nanoseconds of answers with 503.
    overloaded_latency: Option<Histogram<u64>>,
    answered: u64,
    overloaded: u64,
    overloaded_untold: u64,
    /// Answers with any other status.
    statuses: BTreeMap<u16, u64>,
    failed: u64,
    not_sent: u64,
}

/// Figures of one kind of query.
#[derive(Debug, Clone, Serialize)]
pub struct KindFigures {
    /// The kind.
    pub kind: String,
    /// Its figures.
    #[serde(flatten)]
    pub figures: Figures,
}

/// How many requests ended how, and how long answers took. Latencies are those of answers with status 200 and, in an
/// open loop, of requests that could not be sent before the end.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Figures {
    /// Answers with status 200.
    pub answered: u64,
    /// Of these a second.
    pub per_second: f64,
    /// Half of the latencies are at most so long, in microseconds.
    pub p50_us: f64,
    /// 99 of 100 are.
    pub p99_us: f64,
    /// 999 of 1,000 are.
    pub p999_us: f64,
    /// The longest.
    pub max_us: f64,
    /// Answers with status 503: the server had more to do than it takes on.
    pub overloaded: u64,
    /// Of these, answers that did not say when to come again.
    pub overloaded_untold: u64,
    /// 99 of 100 of these came within so many microseconds.
    pub overloaded_p99_us: f64,
    /// Answers with any other status.
    pub errors: BTreeMap<u16, u64>,
    /// Requests without an answer.
    pub failed: u64,
    /// Requests of an open loop that were due before the end and could not be sent.
    pub not_sent: u64,
}

impl Tally {
    pub(super) fn new(kinds: usize) -> Tally {
        Tally { kinds: (0..kinds).map(|_| Mutex::default()).collect(), ran: Mutex::default() }
    }

    /// Counts a request of `kind`.
    pub(super) fn count(&self, kind: usize, ended: Ended, took: Duration) {
        let Some(counts) = self.kinds.get(kind) else { return };
        let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
        match ended {
            Ended::Answered(200) => {
                counts.answered += 1;
                record(&mut counts.latency, took);
            }
            Ended::Overloaded { retry_after } => {
                counts.overloaded += 1;
                counts.overloaded_untold += u64::from(!retry_after);
                record(&mut counts.overloaded_latency, took);
            }
            Ended::Answered(status) => *counts.statuses.entry(status).or_default() += 1,
            Ended::Failed => {
                counts.failed += 1;
                record(&mut counts.latency, took);
            }
            Ended::NotSent => {
                counts.not_sent += 1;
                record(&mut counts.latency, took);
            }
        }
    }

    /// Requests were sent for `elapsed` more.
    pub(super) fn ran_for(&self, elapsed: Duration) {
        *self.ran.lock().unwrap_or_else(PoisonError::into_inner) += elapsed;
    }

    pub(super) fn by_kind(&self, names: &[String]) -> Vec<KindFigures> {
        let ran = *self.ran.lock().unwrap_or_else(PoisonError::into_inner);
        let figures = self.counts().map(|counts| counts.figures(ran));
        let kinds = names.iter().zip(figures).map(|(kind, figures)| KindFigures { kind: kind.clone(), figures });
        // Kinds that a mix leaves out were not asked for.
        kinds.filter(|kind| kind.figures.requests() > 0).collect()
    }

    pub(super) fn all(&self) -> Figures {
        let ran = *self.ran.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all = Counts::default();
        self.counts().for_each(|counts| all.add(&counts));
        all.figures(ran)
    }

    fn counts(&self) -> impl Iterator<Item = Counts> {
        self.kinds.iter().map(|counts| counts.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

impl Figures {
    fn requests(&self) -> u64 {
        self.answered + self.overloaded + self.wrong()
    }

    /// Requests that ended with neither 200 nor 503.
    pub fn wrong(&self) -> u64 {
        self.errors.values().sum::<u64>() + self.failed + self.not_sent
    }
}

impl Counts {
    fn add(&mut self, other: &Counts) {
        add(&mut self.latency, &other.latency);
        add(&mut self.overloaded_latency, &other.overloaded_latency);
        self.answered += other.answered;
        self.overloaded += other.overloaded;
        self.overloaded_untold += other.overloaded_untold;
        other.statuses.iter().for_each(|(status, count)| *self.statuses.entry(*status).or_default() += count);
        self.failed += other.failed;
        self.not_sent += other.not_sent;
    }

    fn figures(&self, ran: Duration) -> Figures {
        let at = |latency: &Option<Histogram<u64>>, quantile| {
            latency.as_ref().map_or(0.0, |latency| latency.value_at_quantile(quantile) as f64 / 1_000.0)
        };
        let seconds = ran.as_secs_f64();
        Figures {
            answered: self.answered,
            per_second: if seconds > 0.0 { self.answered as f64 / seconds } else { 0.0 },
            p50_us: at(&self.latency, 0.5),
            p99_us: at(&self.latency, 0.99),
            p999_us: at(&self.latency, 0.999),
            max_us: self.latency.as_ref().map_or(0.0, |latency| latency.max() as f64 / 1_000.0),
            overloaded: self.overloaded,
            overloaded_untold: self.overloaded_untold,
            overloaded_p99_us: at(&self.overloaded_latency, 0.99),
            errors: self.statuses.clone(),
            failed: self.failed,
            not_sent: self.not_sent,
        }
    }
}

fn record(latency: &mut Option<Histogram<u64>>, took: Duration) {
    if latency.is_none() {
        // It grows with the longest latency: 200 KB for one of a minute.
        *latency = Histogram::new(DIGITS).ok();
    }
    if let Some(latency) = latency {
        // It takes any value up to some centuries.
        let _ = latency.record(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
    }
}

fn add(sum: &mut Option<Histogram<u64>>, other: &Option<Histogram<u64>>) {
    let Some(other) = other else { return };
    match sum {
        // Both grow by themselves and keep the same digits, so one always takes the other in.
        Some(sum) => drop(sum.add(other)),
        None => *sum = Some(other.clone()),
    }
}
