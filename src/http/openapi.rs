//! `GET /openapi.json`: the description of the routes, made from the handlers themselves.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::Method;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use utoipa::OpenApi;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{
    Components, ContentBuilder, Header, Object, Ref, RefOr, Response as Described, ResponseBuilder, Schema, Type,
};

use super::guard::{SESSION, needed, speaks_of_listings};

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

/// Texts that are one of a few words: schema, property, the words.
const WORDS: [(&str, &str, &[&str]); 3] = [
    ("ChangeRecord", "op", &["add", "change", "delete"]),
    ("ChangeRecord", "kind", &["listing", "reading", "confusable"]),
    ("Session", "role", &["operator", "editor", "admin"]),
];

/// How tokens are sent: as a header, or by a browser that has signed in.
const TOKEN: &str = "token";
const COOKIE: &str = "session";

/// What any answer may say in a header, by its status: where none is said, every one does.
const HEADERS: [(&str, &str, &str); 5] = [
    ("", "x-content-type-options", "`nosniff`: it is of the type it says"),
    ("", "x-request-id", "The id it was asked with, or a new one; the log has it too"),
    ("401", "www-authenticate", "`Bearer`"),
    ("429", "retry-after", "Seconds after which to ask again"),
    ("503", "retry-after", "Seconds after which to ask again"),
];
/// What any answer says there that is for some and not for others.
const HEADERS_OF_LISTINGS: [(&str, &str); 2] =
    [("cache-control", "`no-store`: nobody keeps it"), ("vary", "What else than the address it may depend on")];
/// What some routes say there: method, path, status, header.
const OWN_HEADERS: [(&str, &str, &str, &str, &str); 11] = [
    ("GET", "/v1/lookup", "200", "server-timing", "How long the lookup took, in milliseconds: `lookup;dur=0.061`"),
    ("GET", "/v1/listings/{id}", "200", "etag", "Names this very answer, for If-None-Match"),
    ("GET", "/v1/listings/{id}", "200", "cache-control", "`no-cache, private`: it may change with the next batch"),
    ("GET", "/v1/listings/{id}", "200", "content-language", "The language of a text"),
    ("GET", "/v1/listings/{id}", "304", "etag", "Names the answer that still holds"),
    ("GET", "/v1/listings/{id}", "304", "cache-control", "`no-cache, private`: it may change with the next batch"),
    ("GET", "/v1/batches", "200", "chahao-next", "Of lines: the batch to go on after, or before; absent at the end"),
    ("GET", "/v1/changes", "200", "chahao-seq", "Up to which seq they go"),
    (
        "GET",
        "/v1/changes",
        "200",
        "chahao-chain",
        "The hash by which the ledger is known there; absent before its first batch",
    ),
    ("POST", "/v1/session", "200", "set-cookie", "The session, for browsers"),
    ("DELETE", "/v1/session", "204", "set-cookie", "Ends the session"),
];

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

/// The same description with what any route may answer put to each, and who may ask; what a handler says of a status itself
/// stays.
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
            for (status, response) in &mut operation.responses.responses {
                if let RefOr::T(response) = response {
                    describe_headers(&method, path, status, response);
                }
            }
            operation.security = leave(&method, path);
        }
    }
    if let Some(components) = &mut description.components {
        for (schema, property, words) in WORDS {
            if let Some(text) = property_of(components, schema, property) {
                text.enum_values = Some(words.iter().map(|word| (*word).into()).collect());
            }
        }
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer);
        let bearer = bearer.description(Some("A token, as chahao token add shows it")).build();
        components.add_security_scheme(TOKEN, SecurityScheme::Http(bearer));
        let cookie = "The token of a browser that has signed in; what writes needs the header chahao-console beside it";
        let cookie = ApiKeyValue::with_description(SESSION, cookie);
        components.add_security_scheme(COOKIE, SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    }
    description
}

/// What a property of a schema is described as.
fn property_of<'a>(components: &'a mut Components, schema: &str, property: &str) -> Option<&'a mut Object> {
    let Some(RefOr::T(Schema::Object(described))) = components.schemas.get_mut(schema) else { return None };
    match described.properties.get_mut(property) {
        Some(RefOr::T(Schema::Object(described))) => Some(described),
        _ => None,
    }
}

/// What an answer says in its headers.
fn describe_headers(method: &Method, path: &str, status: &str, response: &mut Described) {
    let any = HEADERS.iter().filter(|(of, ..)| of.is_empty() || *of == status).map(|(_, name, text)| (*name, *text));
    let own = OWN_HEADERS.iter().filter(|(of_method, of_path, of_status, ..)| {
        (*of_method, *of_path, *of_status) == (method.as_str(), path, status)
    });
    let kept = HEADERS_OF_LISTINGS.into_iter().filter(|_| speaks_of_listings(path));
    for (name, text) in any.chain(kept).chain(own.map(|(.., name, text)| (*name, *text))) {
        response.headers.insert(name.to_owned(), RefOr::T(header(text)));
    }
}

fn header(text: &str) -> Header {
    HeaderBuilder::new().schema(Some(Object::with_type(Type::String))).description(Some(text)).build()
}

/// By what a request is let in; where there are no tokens, by nothing.
fn leave(method: &Method, path: &str) -> Option<Vec<SecurityRequirement>> {
    let one = |name: &str| SecurityRequirement::new(name, Vec::<String>::new());
    match path {
        "/v1/session" if *method == Method::POST => Some(vec![one(TOKEN)]),
        _ => needed(method, path).map(|_| vec![SecurityRequirement::default(), one(TOKEN), one(COOKIE)]),
    }
}

/// The description as it is sent.
#[derive(Debug, Clone)]
pub(super) struct Document(pub(super) Bytes);

pub(super) async fn document(State(Document(text)): State<Document>) -> Response {
    ([(CONTENT_TYPE, "application/json")], text).into_response()
}
