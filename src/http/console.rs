//! `GET /` and the files of the console.

use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, REFERRER_POLICY};
use axum::http::{HeaderMap, HeaderName, StatusCode, Uri};
use axum::response::{IntoResponse, Response};

use super::Problem;
use super::etag::is_held;
use super::problem::no_such_route;
use crate::console;

/// What holds for all of the console beside its policy.
const GUARDS: [(HeaderName, &str); 3] = [
    (REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];
/// A file's path changes with its content.
const FOR_GOOD: &str = "public, max-age=31536000, immutable";

/// The page itself is asked for anew each time, and sent where it has changed.
pub(super) async fn page(headers: HeaderMap) -> Response {
    let etag = format!("\"{}\"", console::version());
    let head = [
        (CONTENT_SECURITY_POLICY, console::CONTENT_SECURITY_POLICY),
        (CACHE_CONTROL, "no-cache"),
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (ETAG, &etag),
    ];
    match is_held(&headers, &etag) {
        true => (StatusCode::NOT_MODIFIED, GUARDS, head).into_response(),
        false => (GUARDS, head, console::page()).into_response(),
    }
}

pub(super) async fn file(Path((version, name)): Path<(String, String)>, uri: Uri) -> Result<Response, Problem> {
    let Some(file) = console::file(&version, &name) else { return Err(no_such_route(uri).await) };
    let head = [
        (CONTENT_SECURITY_POLICY, console::CONTENT_SECURITY_POLICY),
        (CACHE_CONTROL, FOR_GOOD),
        (CONTENT_TYPE, file.content_type),
    ];
    Ok((GUARDS, head, file.text).into_response())
}
