//! Errors as RFC 9457 problems: the one place that maps kinds of error to HTTP statuses.

use axum::Json;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::batch::Report;
use crate::{Error, ErrorKind};

/// Seconds after which a client may try again what is not ready yet, or was asked too often.
pub(super) const RETRY_AFTER_S: HeaderValue = HeaderValue::from_static("1");

/// The media type of problems.
pub(super) const PROBLEM_TYPE: HeaderValue = HeaderValue::from_static("application/problem+json");

/// An error as clients see it (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Problem {
    /// What kind of problem it is: a stable word behind `urn:chahao:`.
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    status: u16,
    detail: String,
    /// What came of a batch that was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    report: Option<Box<Report>>,
}

impl Problem {
    pub(super) fn new(status: StatusCode, kind: &'static str, title: &'static str, detail: String) -> Problem {
        Problem { kind, title, status: status.as_u16(), detail, report: None }
    }

    /// The same with what came of the batch.
    pub(super) fn with_report(self, report: Report) -> Problem {
        Problem { report: Some(Box::new(report)), ..self }
    }

    /// A request that makes no sense.
    pub(super) fn bad_request(detail: String) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, "urn:chahao:bad-request", "The request makes no sense", detail)
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Problem {
        let told = error.text_elsewhere();
        if told != error.to_string() {
            tracing::warn!(%error, "a client was told less");
        }
        match error.kind() {
            ErrorKind::Usage => Problem::bad_request(told.to_owned()),
            ErrorKind::NotFound => {
                Problem::new(StatusCode::NOT_FOUND, "urn:chahao:not-found", "Nothing found", told.to_owned())
            }
            ErrorKind::Refused => Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "urn:chahao:refused",
                "The input was refused",
                told.to_owned(),
            ),
            ErrorKind::Busy => {
                tracing::warn!(%error, "not ready");
                let detail = "the desk is not ready; try again in a moment".to_owned();
                Problem::new(StatusCode::SERVICE_UNAVAILABLE, "urn:chahao:not-ready", "Not ready", detail)
            }
            // The cause is for the log, not for the client.
            ErrorKind::Damaged | ErrorKind::Io | ErrorKind::Internal => {
                tracing::error!(%error, "a request failed");
                let detail = "the request could not be answered; the cause is in the server's log".to_owned();
                Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "urn:chahao:internal", "Internal error", detail)
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(self)).into_response();
        response.headers_mut().insert(CONTENT_TYPE, PROBLEM_TYPE);
        match status {
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => {
                response.headers_mut().insert(RETRY_AFTER, RETRY_AFTER_S);
            }
            StatusCode::UNAUTHORIZED => {
                response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            _ => {}
        }
        response
    }
}

pub(super) async fn no_such_route(uri: Uri) -> Problem {
    let detail = format!("there is nothing at {}; lookups are at /v1/lookup?q=…", uri.path());
    Problem::new(StatusCode::NOT_FOUND, "urn:chahao:not-found", "Nothing found", detail)
}

pub(super) async fn no_such_method(method: Method, uri: Uri) -> Problem {
    let taken = match uri.path() {
        "/v1/batches" => "GET, HEAD and POST",
        "/v1/session" => "GET, HEAD, POST and DELETE",
        "/v1/choices" => "POST",
        _ => "GET and HEAD",
    };
    let detail = format!("{} does not take {method}; it takes {taken}", uri.path());
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "urn:chahao:method", "Method not allowed", detail)
}
