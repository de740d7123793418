//! One line in the log for each request, the id that all lines of a request carry, and its place in the counters.
//!
//! # Invariants
//! 1. A line names the route, not the address: neither queries nor numbers that were asked for stand in the log.
//! 2. An id from outside is taken only where it can do no harm in a log; the answer always carries the id.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::Response;
use tracing::Instrument;
use tracing::field::Empty;

use super::metrics::Metrics;

/// The header with a request's id, on the way in and out.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Characters of an id from outside at most.
const ID_CHARS_MAX: usize = 64;
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
}

impl Log {
    pub(super) fn new(metrics: Arc<Metrics>) -> Log {
        let mut bytes = [0; 4];
        // Without random bits ids are told apart by the process's number alone.
        let process = getrandom::fill(&mut bytes).map_or(std::process::id(), |()| u32::from_le_bytes(bytes));
        Log { metrics, process, made: AtomicU64::new(0) }
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
    use super::is_well_formed;

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
