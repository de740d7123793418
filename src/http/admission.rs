//! What is answered when more is asked than can be: as much as is answered soon, and a word at once to the rest.
//!
//! A lookup runs where its request was read and never waits, so no more are at work than there are cores; what grows
//! under load is the number of requests that were read and wait for their turn. Beyond a bound they are told to come
//! again, before anything else is done for them (`entrance`), which costs a tenth of a lookup.
//!
//! # Invariants
//! 1. At most `waiting_max` lookups are at work or wait for their turn, and so none waits long.
//! 2. Long answers to other questions wait for their clients up to a bound (`long_answers`).
//! 3. At most [`QUESTIONS_MAX`] threads ask the ledger, whose answers take longer; lookups always have a core.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Bytes;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::response::{IntoResponse, Response};
use tokio::sync::Semaphore;

use super::Problem;
use super::long_answers::LongAnswers;
use super::metrics::Metrics;
use super::problem::{PROBLEM_TYPE, RETRY_AFTER_S};
use crate::{Error, Result};

/// Bytes of a request's address at most: a query of 64 characters has less than 1 KB however it is written.
const ADDRESS_BYTES_MAX: usize = 8 << 10;
/// Bytes of a request's headers at most.
pub(super) const HEADERS_BYTES_MAX: usize = 16 << 10;
/// What the wire adds to a header: a colon, a space and the end of the line.
const HEADER_EXTRA: usize = 4;
/// Questions to the ledger asked at once.
const QUESTIONS_MAX: usize = 2;
/// Questions to the ledger that wait for their turn at most.
const QUESTIONS_WAITING_MAX: usize = 32;

/// The lookups that are under way.
#[derive(Debug)]
pub(super) struct Admission {
    inside: AtomicUsize,
    waiting_max: usize,
    /// Lookups that are at work at once.
    cores: usize,
    /// Answers of other routes that wait for their clients.
    long_answers: LongAnswers,
    /// What lookups beyond the bound are told.
    refusal: Bytes,
    metrics: Arc<Metrics>,
}

impl Admission {
    pub(super) fn new(waiting_max: usize, metrics: Arc<Metrics>) -> Admission {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let refusal = serde_json::to_vec(&overloaded()).unwrap_or_default().into();
        let (inside, long_answers) = (AtomicUsize::new(0), LongAnswers::default());
        Admission { inside, waiting_max, cores, long_answers, refusal, metrics }
    }

    /// The answers that wait for their clients, of all routes.
    pub(super) fn long_answers(&self) -> LongAnswers {
        self.long_answers.clone()
    }

    /// Whether as many lookups wait as may.
    pub(super) fn is_full(&self) -> bool {
        self.inside.load(Ordering::Acquire) >= self.waiting_max
    }

    /// What a lookup is told that does not even wait. Its words are made once.
    pub(super) fn refuse(&self) -> Response {
        self.metrics.shed.inc();
        let head = [(CONTENT_TYPE, PROBLEM_TYPE), (RETRY_AFTER, RETRY_AFTER_S)];
        (StatusCode::SERVICE_UNAVAILABLE, head, self.refusal.clone()).into_response()
    }

    /// A place, and whether all cores are at work.
    fn enter(&self) -> Option<(Place<'_>, bool)> {
        let place = Place(&self.inside);
        // Counted first, so that two requests never take one place.
        let before = self.inside.fetch_add(1, Ordering::AcqRel);
        (before < self.waiting_max).then_some((place, before + 1 >= self.cores))
    }
}

/// A lookup's place; given back when dropped, also where its client left.
struct Place<'a>(&'a AtomicUsize);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Lets a request in, to the `rest` of the way, or tells it to come again.
pub(super) async fn admit<F: Future<Output = Response>>(
    admission: &Admission,
    request: Request,
    rest: impl FnOnce(Request) -> F,
) -> Response {
    if let Err(problem) = check_head(&request) {
        return problem.into_response();
    }
    if !is_lookup(request.uri().path()) {
        let answer = rest(request).await;
        return let_out(&admission.long_answers, &admission.metrics, answer).unwrap_or_else(Problem::into_response);
    }
    let Some((_place, all_at_work)) = admission.enter() else {
        return admission.refuse();
    };
    if all_at_work {
        // Whatever else has come is read first: only then does the count say how many wait.
        tokio::task::yield_now().await;
    }
    rest(request).await
}

/// The same answer, counted where it is long; refused where too much waits for clients already.
pub(super) fn let_out(all: &LongAnswers, metrics: &Metrics, answer: Response) -> Result<Response, Problem> {
    all.take(answer).ok_or_else(|| {
        metrics.shed.inc();
        overloaded()
    })
}

/// Whether a request is answered from the index where it was read.
pub(super) fn is_lookup(path: &str) -> bool {
    path == "/v1/lookup" || path.starts_with("/v1/listings/") || path.starts_with("/v1/numbers/")
}

fn overloaded() -> Problem {
    let detail = "more is asked just now than can be answered; try again in a second".to_owned();
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "urn:chahao:overloaded", "Too much is asked", detail)
}

/// Checks a request's size. What is larger than is read at all is refused before, without a word.
fn check_head(request: &Request) -> Result<(), Problem> {
    let address = request.uri().path_and_query().map_or(0, |address| address.as_str().len());
    if address > ADDRESS_BYTES_MAX {
        let detail = format!("an address has at most {ADDRESS_BYTES_MAX} bytes; it has {address}");
        let status = StatusCode::URI_TOO_LONG;
        return Err(Problem::new(status, "urn:chahao:address-too-long", "The address is too long", detail));
    }
    let headers = request.headers().iter();
    let bytes: usize = headers.map(|(name, value)| name.as_str().len() + value.len() + HEADER_EXTRA).sum();
    if bytes > HEADERS_BYTES_MAX {
        let detail = format!("headers have at most {HEADERS_BYTES_MAX} bytes; these have {bytes}");
        let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
        return Err(Problem::new(status, "urn:chahao:headers-too-large", "The headers are too large", detail));
    }
    Ok(())
}

/// Questions to the ledger, which is a file on disk: asked in threads of their own, a few at once.
#[derive(Debug)]
pub(super) struct Questions {
    slots: Arc<Semaphore>,
    waiting: AtomicUsize,
    metrics: Arc<Metrics>,
}

impl Questions {
    pub(super) fn new(metrics: Arc<Metrics>) -> Questions {
        Questions { slots: Arc::new(Semaphore::new(QUESTIONS_MAX)), waiting: AtomicUsize::new(0), metrics }
    }

    /// Asks where that holds up no lookup.
    ///
    /// # Errors
    /// Those of `ask`; overloaded where too many wait already.
    pub(super) async fn ask<T: Send + 'static>(
        &self,
        ask: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<T, Problem> {
        let waits = Place(&self.waiting);
        if self.waiting.fetch_add(1, Ordering::AcqRel) >= QUESTIONS_WAITING_MAX {
            self.metrics.shed.inc();
            return Err(overloaded());
        }
        let slot = Arc::clone(&self.slots).acquire_owned().await;
        drop(waits);
        let asked = tokio::task::spawn_blocking(move || {
            // Held until the question is answered, also where whoever asked has left.
            let _slot = slot;
            ask()
        });
        let answer = asked.await.map_err(|error| Error::internal(format!("a question ended early: {error}")))?;
        Ok(answer?)
    }
}

/// Questions of those who look after the server, which must be answered when others ask too much: apart from theirs.
#[derive(Debug, Clone)]
pub(super) struct Probes(pub(super) Arc<Questions>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_that_is_left_is_free_again() {
        let admission = Admission::new(2, Arc::new(Metrics::new()));
        let (first, second) = (admission.enter(), admission.enter());
        assert!(first.is_some() && second.is_some() && admission.enter().is_none());
        assert!(admission.enter().is_none(), "being refused takes no place");
        drop(first);
        let third = admission.enter();
        assert!(third.is_some() && admission.enter().is_none());
        drop((second, third));
        assert_eq!(admission.inside.load(Ordering::Acquire), 0);
    }
}
