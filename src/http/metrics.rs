//! `GET /metrics`: what the server counts, as Prometheus reads it.
//!
//! # Invariants
//! 1. No label holds anything a client or a batch chose: routes, statuses and kinds of match are few and known.
//! 2. Counting takes no lock that anything slow is done under.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use super::Problem;
use super::admission::Probes;
use crate::Error;
use crate::desk::{Desk, LookupAnswer};
use crate::query::MatchKind;

/// Upper bounds of latencies, in seconds: from half of what a lookup takes to what is no lookup any more.
const LATENCIES_S: [f64; 14] =
    [50e-6, 75e-6, 100e-6, 150e-6, 250e-6, 350e-6, 500e-6, 750e-6, 1e-3, 2.5e-3, 10e-3, 50e-3, 250e-3, 1.0];
/// The kind of a lookup that found nothing.
const NOTHING: &str = "none";
/// What `GET /metrics` answers in.
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Kind {
    kind: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Found {
    found: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteStatus {
    route: String,
    status: u32,
}

/// What the server counts.
#[derive(Debug)]
pub(super) struct Metrics {
    registry: Registry,
    /// Time in the desk, by the kind of the first hit: one for each of [`MatchKind::ALL`], the last for none.
    lookups: Vec<Histogram>,
    found: Counter,
    not_found: Counter,
    truncated: Counter,
    requests: Family<RouteStatus, Counter>,
    /// From a request's head to its answer's.
    answered: Histogram,
    /// Requests and connections that were told at once to come again.
    pub(super) shed: Counter,
    /// Lines the log of queries had no room for.
    pub(super) query_log_dropped: Counter,
    /// Connections open now.
    pub(super) connections: Gauge,
    /// Lines of consoles open now.
    pub(super) lines: Gauge,
    /// As the ones below, brought up to date whenever somebody asks.
    generation: Gauge,
    seq: Gauge,
    lag_batches: Gauge,
    lag_seconds: Gauge,
    memory: Gauge<u64, AtomicU64>,
}

impl Metrics {
    pub(super) fn new() -> Metrics {
        let mut registry = Registry::default();
        let mut process = |name: &str, help: &str| {
            let gauge = Gauge::<u64, AtomicU64>::default();
            registry.register_with_unit(name, help, Unit::Bytes, gauge.clone());
            gauge
        };
        let memory = process("process_resident_memory", "Memory the process has in use");
        let ours = registry.sub_registry_with_prefix("chahao");
        let histogram = || Histogram::new(LATENCIES_S);
        let family = Family::<Kind, Histogram>::new_with_constructor(histogram);
        let kinds = MatchKind::ALL.iter().map(|kind| kind.name()).chain([NOTHING]);
        let lookups = kinds.map(|kind| family.get_or_create(&Kind { kind }).clone()).collect();
        ours.register_with_unit("lookup", "Time of a lookup, by how its first hit was found", Unit::Seconds, family);
        let outcomes = Family::<Found, Counter>::default();
        let [found, not_found] = ["yes", "no"].map(|found| outcomes.get_or_create(&Found { found }).clone());
        ours.register("lookups", "Lookups, by whether they found anything", outcomes);
        let mut counter = |name: &str, help: &str| {
            let counter = Counter::default();
            ours.register(name, help, counter.clone());
            counter
        };
        let truncated = counter("lookups_truncated", "Lookups whose work was cut short");
        let query_log_dropped = counter("query_log_dropped", "Queries and choices the log of queries had no room for");
        let shed = counter("shed", "Requests and connections told at once to come again");
        let mut gauge = |name: &str, help: &str| {
            let gauge = Gauge::default();
            ours.register(name, help, gauge.clone());
            gauge
        };
        let connections = gauge("connections", "Connections open");
        let lines = gauge("lines", "Lines of consoles open");
        let generation = gauge("generation", "The generation lookups are answered from");
        let seq = gauge("seq", "The ledger seq lookups are answered from");
        let lag_batches = gauge("lag_batches", "Batches the ledger is ahead; -1 where it cannot be read");
        let lag_seconds = gauge("lag_seconds", "Seconds since the oldest of these came");
        let requests = Family::<RouteStatus, Counter>::default();
        ours.register("requests", "Requests answered, by route and status", requests.clone());
        let answered = histogram();
        ours.register_with_unit("request", "From a request's head to its answer's", Unit::Seconds, answered.clone());
        Metrics {
            registry,
            lookups,
            found,
            not_found,
            truncated,
            requests,
            answered,
            shed,
            query_log_dropped,
            connections,
            lines,
            generation,
            seq,
            lag_batches,
            lag_seconds,
            memory,
        }
    }

    /// Counts a lookup.
    pub(super) fn looked_up(&self, answer: &LookupAnswer) {
        let first = answer.hits.first().map(|hit| hit.kind);
        let kind = MatchKind::ALL.iter().position(|kind| Some(*kind) == first).unwrap_or(MatchKind::ALL.len());
        if let Some(latency) = self.lookups.get(kind) {
            latency.observe(answer.took_us as f64 / 1e6);
        }
        let outcome = if first.is_some() { &self.found } else { &self.not_found };
        outcome.inc();
        if answer.truncated {
            self.truncated.inc();
        }
    }

    /// Counts a request; `route` is a pattern, not an address.
    pub(super) fn answered(&self, route: &str, status: StatusCode, took: Duration) {
        let labels = RouteStatus { route: route.to_owned(), status: status.as_u16().into() };
        self.requests.get_or_create(&labels).inc();
        self.answered.observe(took.as_secs_f64());
    }

    /// Looks how the desk stands, and writes it all down.
    fn written(&self, desk: &Desk) -> Result<String, Error> {
        let as_gauge = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        if let Some(current) = desk.current() {
            self.generation.set(as_gauge(current.generation));
            self.seq.set(as_gauge(current.seq));
        }
        let lag = desk.lag().ok();
        self.lag_batches.set(lag.map_or(-1, |lag| as_gauge(lag.batches)));
        self.lag_seconds.set(lag.map_or(-1, |lag| as_gauge(lag.seconds)));
        if let Some(bytes) = resident_bytes() {
            self.memory.set(bytes);
        }
        let mut text = String::new();
        encode(&mut text, &self.registry)
            .map_err(|error| Error::internal(format!("the metrics cannot be written: {error}")))?;
        Ok(text)
    }
}

/// Memory this process has in use, as the system counts it.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? << 10)
}

/// What the server counts, as Prometheus reads it.
#[utoipa::path(
    get,
    path = "/metrics",
    operation_id = "metrics",
    responses(
        (status = 200, description = "Counters, gauges and histograms", body = String, content_type = "application/openmetrics-text")
    )
)]
pub(super) async fn get(
    State(desk): State<Arc<Desk>>,
    State(metrics): State<Arc<Metrics>>,
    State(Probes(questions)): State<Probes>,
) -> Result<Response, Problem> {
    // How far the index is behind stands in a file on disk.
    let text = questions.ask(move || metrics.written(&desk)).await?;
    Ok(([(CONTENT_TYPE, OPENMETRICS)], text).into_response())
}
