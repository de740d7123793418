//! What others may keep of an answer, and by what it may differ.
//!
//! # Invariants
//! 1. Nobody keeps what a route of `/v1` answers, refusals included: a number may be withheld a moment later, and the next at
//!    a browser may be somebody else. Where a route says otherwise itself, that stands (`etag`).
//! 2. No browser takes an answer for another type than it says.

use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, VARY, X_CONTENT_TYPE_OPTIONS};
use axum::response::Response;

use super::guard::speaks_of_listings;

/// Not kept by anybody.
pub(super) const NO_STORE: &str = "no-store";
/// What is told of types.
pub(super) const NO_SNIFF: &str = "nosniff";
/// Who asks decides what is answered.
const BY_WHO: &str = "authorization, cookie";
/// And in which form it is wanted.
const BY_WHO_AND_FORM: &str = "accept, authorization, cookie";

/// By what answers at `path` may differ; `None` where they are the same for everybody.
pub(super) fn varies_by(path: &str) -> Option<&'static str> {
    match path {
        "/v1/batches" => Some(BY_WHO_AND_FORM),
        _ => speaks_of_listings(path).then_some(BY_WHO),
    }
}

/// Says so in `answer`, which differs by `varies`.
pub(super) fn mark(varies: Option<&'static str>, answer: &mut Response) {
    let headers = answer.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static(NO_SNIFF));
    if let Some(varies) = varies {
        headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static(NO_STORE));
        headers.insert(VARY, HeaderValue::from_static(varies));
    }
}
