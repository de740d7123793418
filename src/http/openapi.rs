//! `GET /openapi.json`: the description of the routes, made from the handlers themselves.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use utoipa::OpenApi;

/// What stands above the routes.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "chahao 查号",
        description = "The number-lookup server of a directory-assistance desk. Times are in microseconds; every answer \
                       names the ledger seq it was answered from; errors are problems as RFC 9457 has them.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    servers((url = "/"))
)]
pub(super) struct Description;

/// The description as it is sent.
#[derive(Debug, Clone)]
pub(super) struct Document(pub(super) Arc<str>);

pub(super) async fn document(State(Document(text)): State<Document>) -> Response {
    ([(CONTENT_TYPE, "application/json")], text.to_string()).into_response()
}
