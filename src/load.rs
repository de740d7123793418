//! Load over HTTP: how fast a server answers, and how long the slowest requests take.
//!
//! A *closed loop* asks on every connection as soon as the answer before has come: it finds the throughput. An *open
//! loop* asks at a fixed rate, whatever the server does, and counts every latency from the moment at which the request
//! was due: a server that stalls for a second makes all the callers of that second wait, and the percentiles say so.
//!
//! # Invariants
//! 1. No latency is left out: a request that was due and could not be sent before the end counts with as long as it had waited.
//! 2. The same loop, connections and order of queries ask the server and the no-op route, in turns within one run.
//! 3. Connections are threads that write a request made beforehand and read an answer: what measures costs little, and
//!    wakes when it should.

mod client;
mod drive;
mod no_op;
mod plan;
mod tally;

use std::time::Duration;

use serde::Serialize;

use crate::evaluate::Question;
use crate::progress::Progress;
use crate::remote::{Remote, Trust};
use crate::{Error, Result};
use client::{Connection, Target};
use drive::{Outcome, drive};
use no_op::NoOp;
use plan::Plan;
use tally::Tally;

pub use tally::{Figures, KindFigures};

/// Connections at most.
pub const CONNECTIONS_MAX: usize = 1_024;
/// Requests a second of an open loop at most.
pub const RATE_MAX: f64 = 1_000_000.0;
/// And at least: one in a quarter of an hour.
const RATE_MIN: f64 = 0.001;
/// Turns in which server and no-op route are asked: what drifts during a run falls on both.
const TURNS: u32 = 2;
/// Answers looked at before the run; the no-op route answers the bytes of the middling one.
const ANSWERS_LOOKED_AT: usize = 100;

/// When requests are sent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pace {
    /// As soon as the answer before has come.
    Closed,
    /// So many a second, whatever the server does.
    Open(f64),
}

/// What is asked, how often and for how long.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadSettings {
    /// The server.
    pub server: Remote,
    /// Connections, each with one request under way at most.
    pub connections: usize,
    /// When requests are sent.
    pub pace: Pace,
    /// How long latencies are taken.
    pub duration: Duration,
    /// How long is asked before.
    pub warm_up: Duration,
    /// Ask a route as well that does nothing but answer, over plain HTTP.
    pub no_op: bool,
    /// Kinds of query with their shares; every query as often as any other where there are none.
    pub mix: Vec<(String, u64)>,
    /// Ask every beginning of each query, as the console does.
    pub keystrokes: bool,
    /// Decides the order of queries.
    pub seed: u64,
}

/// What came of it.
#[derive(Debug, Clone, Serialize)]
pub struct LoadReport {
    /// The server that was asked.
    pub server: String,
    /// Requests a second that were due; absent in a closed loop.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<f64>,
    /// Connections.
    pub connections: usize,
    /// Different queries.
    pub queries: usize,
    /// The server, by kind of query.
    pub kinds: Vec<KindFigures>,
    /// The server in all.
    pub all: Figures,
    /// The no-op route.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_op: Option<Figures>,
    /// The server's throughput as a share of the no-op route's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub throughput_of_no_op: Option<f64>,
    /// The server's p99 by the no-op route's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p99_of_no_op: Option<f64>,
}

/// Asks `settings.server` the `questions` and tells how long answers took.
///
/// # Errors
/// Usage when the settings make no sense, or the mix names a kind of which there is no question; otherwise when the
/// server cannot be reached, or does not answer a lookup.
pub fn load(questions: &[Question], settings: &LoadSettings, progress: &mut dyn Progress) -> Result<LoadReport> {
    check(settings)?;
    let target = Target::new(settings.server.clone())?;
    let plan = Plan::new(questions, settings, &target)?;
    let sample = middling_answer(&target, &plan)?;
    let no_op = settings.no_op.then(|| NoOp::start(sample)).transpose()?;
    let mut sides = vec![(target, Tally::new(plan.kinds.len()))];
    if let Some(no_op) = &no_op {
        let remote = Remote::new(&no_op.address().to_string(), None, Trust::System)?;
        sides.push((Target::new(remote)?, Tally::new(plan.kinds.len())));
    }
    progress.begin("warm up", 0);
    for (target, _) in &sides {
        let unheard = Tally::new(plan.kinds.len());
        drive(target, &plan, settings, settings.warm_up, 0, &unheard);
    }
    progress.begin("measure", 0);
    let mut asked = vec![0; sides.len()];
    for _ in 0..TURNS {
        for ((target, tally), asked) in sides.iter().zip(&mut asked) {
            // Each goes on in the order of queries where its last turn ended.
            let Outcome { turns, elapsed } = drive(target, &plan, settings, settings.duration / TURNS, *asked, tally);
            *asked += turns;
            tally.ran_for(elapsed);
        }
    }
    drop(no_op);
    Ok(report(settings, &plan, &sides))
}

fn check(settings: &LoadSettings) -> Result<()> {
    if !(1..=CONNECTIONS_MAX).contains(&settings.connections) {
        return Err(Error::usage(format!("connections is 1 to {CONNECTIONS_MAX}; it is {}", settings.connections)));
    }
    if let Pace::Open(rate) = settings.pace
        && !(RATE_MIN..=RATE_MAX).contains(&rate)
    {
        return Err(Error::usage(format!("the rate is {RATE_MIN} to {RATE_MAX} requests a second; it is {rate}")));
    }
    if settings.duration.is_zero() {
        return Err(Error::usage("the duration is longer than nothing"));
    }
    Ok(())
}

/// The answer of middling length among the first few: what the no-op route answers with.
fn middling_answer(target: &Target, plan: &Plan) -> Result<Vec<u8>> {
    let mut connection = Connection::new(target);
    let mut bodies = Vec::new();
    for turn in 0..ANSWERS_LOOKED_AT.min(plan.requests.len()) {
        let Some((request, _)) = plan.request(turn as u64) else { break };
        let status = connection.ask(request).map_err(|error| target.failed(error))?;
        match status {
            200 => bodies.push(connection.body().to_vec()),
            // A server that has enough to do already is measured all the same.
            503 => {}
            _ => {
                let said = String::from_utf8_lossy(connection.body()).trim().to_owned();
                return Err(Error::refused(format!("{} answers a lookup with {status}: {said}", target.name())));
            }
        }
    }
    bodies.sort_by_key(Vec::len);
    let middle = bodies.len() / 2;
    match bodies.into_iter().nth(middle) {
        Some(body) => Ok(body),
        None => Err(Error::busy(format!("{} answers every lookup with 503", target.name()))),
    }
}

fn report(settings: &LoadSettings, plan: &Plan, sides: &[(Target, Tally)]) -> LoadReport {
    let server = sides.first().map(|(_, tally)| tally);
    let no_op = sides.get(1).map(|(_, tally)| tally.all());
    let all = server.map(Tally::all).unwrap_or_default();
    let ratio = |one: f64, other: f64| (other > 0.0).then(|| one / other);
    LoadReport {
        server: settings.server.url(),
        rate: match settings.pace {
            Pace::Closed => None,
            Pace::Open(rate) => Some(rate),
        },
        connections: settings.connections,
        queries: plan.requests.len(),
        kinds: server.map(|tally| tally.by_kind(&plan.kinds)).unwrap_or_default(),
        throughput_of_no_op: no_op.as_ref().and_then(|no_op| ratio(all.per_second, no_op.per_second)),
        p99_of_no_op: no_op.as_ref().and_then(|no_op| ratio(all.p99_us, no_op.p99_us)),
        all,
        no_op,
    }
}
