//! One line in the log for each request, the id that all lines of a request carry, and its place in the counters.
//!
//! # Invariants
//! 1. A line names the route, not the address: neither queries nor numbers that were asked for stand in the log.
//! 2. An id from outside is taken only where it can do no harm in a log; the answer always carries the id.
//! 3. What is told to come again costs little: it is counted, and told to the log together, once a second.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::Response;
use tracing::Instrument;
use tracing::field::Empty;

use super::admission::Admission;
use super::metrics::Metrics;

/// The header with a request's id, on the way in and out.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Characters of an id from outside at most.
const ID_CHARS_MAX: usize = 64;
/// How often the log hears of lookups that were told to come again.
const SAY_EVERY_MS: u64 = 1_000;
/// The route of what has none.
const NO_ROUTE: &str = "none";

/// What requests are counted by.
#[derive(Debug)]
pub(super) struct Log {
    metrics: Arc<Metrics>,
    /// Tells the ids of this process from those of another.
    process: u32,
    /// Ids made so far.
    made: AtomicU64,
    /// Lookups told to come again that the log has not heard of.
    unsaid: AtomicU64,
    /// Milliseconds from `begun` until the log may hear of them.
    say_at_ms: AtomicU64,
    begun: Instant,
}

impl Log {
    pub(super) fn new(metrics: Arc<Metrics>) -> Log {
        let mut bytes = [0; 4];
        // Without random bits ids are told apart by the process's number alone.
        let process = getrandom::fill(&mut bytes).map_or(std::process::id(), |()| u32::from_le_bytes(bytes));
        let zero = || AtomicU64::new(0);
        Log { metrics, process, made: zero(), unsaid: zero(), say_at_ms: zero(), begun: Instant::now() }
    }

    /// Tells a lookup to come again, before anything is done for it.
    pub(super) fn tell_to_come_again(&self, admission: &Admission, request: &Request) -> Response {
        let begun = Instant::now();
        let mut response = admission.refuse();
        response.headers_mut().insert(REQUEST_ID, self.id(request.headers()));
        self.metrics.answered(route_of(request), response.status(), begun.elapsed());
        let more = self.unsaid.fetch_add(1, Ordering::Relaxed) + 1;
        let (now, say_at) = (self.begun.elapsed().as_millis() as u64, self.say_at_ms.load(Ordering::Relaxed));
        let next = now + SAY_EVERY_MS;
        if now >= say_at && self.say_at_ms.compare_exchange(say_at, next, Ordering::Relaxed, Ordering::Relaxed).is_ok()
        {
            self.unsaid.fetch_sub(more, Ordering::Relaxed);
            tracing::warn!(lookups = more, "more is asked than can be answered: told to come again");
        }
        response
    }

    /// The id a request came with, where it is well formed; otherwise a new one.
    fn id(&self, headers: &HeaderMap) -> HeaderValue {
        if let Some(given) = headers.get(REQUEST_ID).filter(|given| is_well_formed(given.as_bytes())) {
            return given.clone();
        }
        let made = format!("{:08x}-{:x}", self.process, self.made.fetch_add(1, Ordering::Relaxed));
        HeaderValue::try_from(made).unwrap_or(HeaderValue::from_static("unknown"))
    }
}

fn is_well_formed(id: &[u8]) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
    (1..=ID_CHARS_MAX).contains(&id.len()) && id.iter().all(plain)
}

/// The pattern of a request's route.
pub(super) fn route_of(request: &Request) -> &str {
    request.extensions().get::<MatchedPath>().map_or(NO_ROUTE, MatchedPath::as_str)
}

/// Answers a request by the `rest` of the way, counts it and tells it to the log.
pub(super) async fn observe<F: Future<Output = Response>>(
    log: &Log,
    request: Request,
    rest: impl FnOnce(Request) -> F,
) -> Response {
    let begun = Instant::now();
    let id = log.id(request.headers());
    let route = request.extensions().get::<MatchedPath>().cloned();
    let method = request.method().clone();
    let span = tracing::info_span!("request", id = id.to_str().unwrap_or_default(), by = Empty);
    let mut response = rest(request).instrument(span.clone()).await;
    let (took, status) = (begun.elapsed(), response.status());
    let route = route.as_ref().map_or(NO_ROUTE, MatchedPath::as_str);
    log.metrics.answered(route, status, took);
    span.in_scope(|| {
        let (status, took_us) = (status.as_u16(), took.as_micros() as u64);
        tracing::info!(target: "chahao::access", method = method_name(&method), route, status, took_us, "answered");
    });
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

/// A method as the log names it: any word may come as one.
fn method_name(method: &axum::http::Method) -> &str {
    match method.as_str() {
        known @ ("GET" | "HEAD" | "POST" | "PUT" | "DELETE" | "OPTIONS" | "PATCH") => known,
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[test]
    fn what_is_told_to_come_again_has_an_id_and_is_counted() {
        let metrics = Arc::new(Metrics::new());
        let (log, admission) = (Log::new(Arc::clone(&metrics)), Admission::new(0, Arc::clone(&metrics)));
        assert!(admission.is_full());
        let request = Request::get("/v1/lookup?q=a").header(REQUEST_ID, "abc-1").body(Body::empty()).unwrap();
        for _ in 0..3 {
            let answer = log.tell_to_come_again(&admission, &request);
            assert_eq!((answer.status().as_u16(), &answer.headers()["x-request-id"]), (503, &"abc-1".parse().unwrap()));
            assert_eq!(answer.headers()["retry-after"], "1");
            assert_eq!(answer.headers()["content-type"], "application/problem+json");
        }
        assert_eq!(metrics.shed.get(), 3);
        assert_eq!(
            log.unsaid.load(Ordering::Relaxed),
            2,
            "the log heard of the first at once, and of no more for a while"
        );
    }

    #[test]
    fn an_id_that_could_forge_a_log_line_is_not_taken() {
        let longest = "x".repeat(64);
        for good in ["a", "7f3e-1", "A.b_c-9", &longest] {
            assert!(is_well_formed(good.as_bytes()), "{good}");
        }
        let over = "x".repeat(65);
        for bad in ["", " ", "a b", "a\"b", "a\nb", "号", "a=b", "a\u{1b}[31m", &over] {
            assert!(!is_well_formed(bad.as_bytes()), "{bad:?}");
        }
    }
}
