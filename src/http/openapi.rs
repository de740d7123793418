//! `GET /openapi.json`: the description of the routes, made from the handlers themselves.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::Method;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use utoipa::OpenApi;
use utoipa::openapi::{ContentBuilder, Ref, ResponseBuilder};

use super::guard::needed;

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

/// A status with what it means.
type Refusal = (&'static str, &'static str);

/// What any route may answer instead of what it is asked for.
const REFUSALS: [Refusal; 5] = [
    ("400", "The request makes no sense"),
    ("414", "The address is too long"),
    ("431", "The headers are too large; over HTTP/2 without a body where they pass what is read"),
    ("500", "The cause is in the log"),
    ("503", "Not ready, or more is asked than can be answered"),
];
/// What is answered where a token may be needed.
const REFUSALS_AT_THE_DOOR: [Refusal; 3] = [
    ("401", "A token is needed"),
    ("421", "It was asked under a name that is not this server's, where there are no tokens"),
    ("429", "Too many requests of one token"),
];
/// And where not every token will do, nor every page of a browser.
const REFUSALS_TO_WRITE: [Refusal; 1] =
    [("403", "Not with this token, a cookie came without the console's header, or a page of another server asked")];

/// What a route may answer before its handler is asked, or where it fails.
fn refusals(method: &Method, path: &str) -> Vec<Refusal> {
    let mut refusals = REFUSALS.to_vec();
    if needed(method, path).is_some() {
        refusals.extend(REFUSALS_AT_THE_DOOR);
        if *method != Method::GET {
            refusals.extend(REFUSALS_TO_WRITE);
        }
    }
    refusals
}

/// The same description with what any route may answer put to each; what a handler says of a status itself stays.
pub(super) fn with_refusals(mut description: utoipa::openapi::OpenApi) -> utoipa::openapi::OpenApi {
    let problem = || ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    for (path, item) in &mut description.paths.paths {
        let operations =
            [(Method::GET, &mut item.get), (Method::POST, &mut item.post), (Method::DELETE, &mut item.delete)];
        for (method, operation) in operations {
            let Some(operation) = operation else { continue };
            for (status, text) in refusals(&method, path) {
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
