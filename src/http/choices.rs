//! `POST /v1/choices`: a console tells which hit was the one, where the desk keeps a log of queries.

use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;
use utoipa::ToSchema;

use super::Problem;
use super::guard::session_word;
use super::metrics::Metrics;
use super::query_log::{Event, QueryLog};
use crate::Error;
use crate::listing::ListingId;
use crate::query::Query;

/// Bytes of a choice at most.
const CHOICE_BYTES_MAX: usize = 4 << 10;
/// How long a choice may take to come.
const CHOICE_WAIT: Duration = Duration::from_secs(5);
/// Only what a page of another site cannot send without being asked first.
const JSON: &str = "application/json";

/// Which hit was the one.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Choice {
    /// What was typed.
    query: String,
    /// The listing that was chosen.
    id: String,
    /// Where it stood among the hits, from 1 on.
    #[schema(minimum = 1)]
    #[schema(value_type = u16)]
    place: NonZeroU16,
}

/// Takes a choice into the log of queries.
#[utoipa::path(
    post,
    path = "/v1/choices",
    operation_id = "tell_choice",
    request_body = Choice,
    responses(
        (status = 204, description = "It was taken"),
        (status = 404, description = "This server keeps no log of queries", body = Problem, content_type = "application/problem+json"),
        (status = 408, description = "The choice did not come in time", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The type is not taken", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn post(
    State(log): State<Option<Arc<QueryLog>>>,
    State(metrics): State<Arc<Metrics>>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Problem> {
    let Some(log) = log else {
        return Err(Error::not_found("this server keeps no log of queries; start it with --query-log FILE").into());
    };
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(JSON)) {
        let detail = format!("a choice is sent as {JSON}; it came as {kind:?}");
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return Err(Problem::new(status, "urn:chahao:media-type", "The type is not taken", detail));
    }
    let Ok(bytes) = tokio::time::timeout(CHOICE_WAIT, to_bytes(body, CHOICE_BYTES_MAX)).await else {
        let detail = format!("a choice has {} s to come", CHOICE_WAIT.as_secs());
        let status = StatusCode::REQUEST_TIMEOUT;
        return Err(Problem::new(status, "urn:chahao:timeout", "The choice did not come", detail));
    };
    let bytes = bytes.map_err(|error| Problem::bad_request(format!("the choice cannot be read: {error}")))?;
    let choice: Choice = serde_json::from_slice(&bytes)
        .map_err(|error| Problem::bad_request(format!("a choice has query, id and place: {error}")))?;
    let query = Query::new(&choice.query)?.text().to_owned();
    let id = ListingId::new(&choice.id).map_err(|invalid| Problem::bad_request(invalid.reason))?;
    let session = session_word(&headers);
    if !log.tell(Event::Chosen { session, query, id, place: choice.place.get() }) {
        metrics.query_log_dropped.inc();
    }
    Ok(StatusCode::NO_CONTENT)
}
