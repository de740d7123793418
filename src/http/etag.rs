//! Answers that a client who has them already need not be sent again.

use axum::http::header::{CACHE_CONTROL, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};

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
    let known = request.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let held = known.flat_map(|tags| tags.split(',')).any(|known| known.trim().trim_start_matches("W/") == tag);
    // A number may change with the next batch: it is asked for again each time, and is for whoever asked alone.
    let common = [(ETAG, tag.as_str()), (CACHE_CONTROL, "no-cache, private")];
    match held {
        true => (StatusCode::NOT_MODIFIED, common).into_response(),
        false => (common, head, body).into_response(),
    }
}
