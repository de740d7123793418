//! `GET /openapi.json`: the description of the routes, made from the handlers themselves.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use utoipa::OpenApi;
use utoipa::openapi::{ContentBuilder, Ref, ResponseBuilder};

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

/// What any route may answer before its handler is asked.
const REFUSALS: [(&str, &str); 3] = [
    ("414", "The address is too long"),
    ("431", "The headers are too large"),
    ("503", "Not ready, or more is asked than can be answered"),
];

/// The same description with what any route may answer put to each.
pub(super) fn with_refusals(mut description: utoipa::openapi::OpenApi) -> utoipa::openapi::OpenApi {
    let problem = || ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    for item in description.paths.paths.values_mut() {
        for operation in [&mut item.get, &mut item.post, &mut item.delete].into_iter().flatten() {
            for (status, text) in REFUSALS {
                let refusal = ResponseBuilder::new().description(text).content("application/problem+json", problem());
                operation.responses.responses.entry(status.to_owned()).or_insert_with(|| refusal.build().into());
            }
        }
    }
    description
}

/// The description as it is sent.
#[derive(Debug, Clone)]
pub(super) struct Document(pub(super) Bytes);

pub(super) async fn document(State(Document(text)): State<Document>) -> Response {
    ([(CONTENT_TYPE, "application/json")], text).into_response()
}
