//! Answers that a client who has them already need not be sent again.

use axum::http::header::{CACHE_CONTROL, ETAG};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use headers::{HeaderMapExt, IfNoneMatch};

/// Hex digits of a tag: enough that no two answers ever share one by chance.
const TAG_DIGITS: usize = 32;

/// `body` under a tag made of it; only the head where the client holds this very answer.
pub(super) fn tagged<const N: usize>(
    request: &HeaderMap,
    head: [(HeaderName, &'static str); N],
    body: Vec<u8>,
) -> Response {
    let hash = blake3::hash(&body).to_hex();
    let tag = format!("\"{}\"", hash.chars().take(TAG_DIGITS).collect::<String>());
    // A number may change with the next batch: it is asked for again each time, and is for whoever asked alone.
    let common = [(ETAG, tag.as_str()), (CACHE_CONTROL, "no-cache, private")];
    match is_held(request, &tag) {
        true => (StatusCode::NOT_MODIFIED, common).into_response(),
        false => (common, head, body).into_response(),
    }
}

/// Whether the client holds the answer that is called `tag`: by its name, in a list or by `*` (RFC 9110, 13.1.2).
pub(super) fn is_held(request: &HeaderMap, tag: &str) -> bool {
    let condition = request.typed_get::<IfNoneMatch>();
    let tag = tag.parse::<headers::ETag>();
    matches!((condition, tag), (Some(condition), Ok(tag)) if !condition.precondition_passes(&tag))
}
