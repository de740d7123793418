//! Who may ask what: tokens, roles, how many requests a second, and the session of the console.
//!
//! # Invariants
//! 1. Where there ever was a token, or the server can be reached from other machines, nobody is answered without one;
//!    the probes, the page itself and signing in excepted.
//! 2. No log line and no answer holds a token.
//! 3. A cookie is only ever sent back by the console's own pages (`SameSite=Strict`), no script can read it
//!    (`HttpOnly`), and what writes needs a header beside it that no other site's page can send unasked.
//! 4. Where no token is asked for, the name a request comes under stands for one: a page of elsewhere whose name leads
//!    to this machine is answered nothing, and what writes comes from a page of this server or from no page.

use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderName, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use rustc_hash::{FxHashMap, FxHasher};
use serde::Serialize;
use utoipa::ToSchema;

use super::access_log::route_of;
use super::origin::{Names, host_of, is_of_this_server};
use super::parameters::{NoParameters, Parameters};
use super::{Options, Problem};
use crate::desk::{Caller, Desk};
use crate::ledger::Role;

/// The console's cookie.
pub(super) const SESSION: &str = "chahao";
/// What the console sends with requests that write: other sites' pages cannot, without being asked first.
pub(super) const CONSOLE: HeaderName = HeaderName::from_static("chahao-console");
/// Requests of one token that may come at once, in seconds of its rate.
const BURST_S: f64 = 2.0;

/// What stands at the door.
#[derive(Debug)]
pub(super) struct Guard {
    desk: Arc<Desk>,
    /// Tokens are asked for though there are none.
    closed: bool,
    /// Under which names it is asked where no token is needed.
    names: Names,
    /// Requests a second of one token at most.
    rate: f64,
    /// The cookie is sent over TLS only.
    secure: bool,
    /// Choices are taken.
    logs_queries: bool,
    /// What each token has left.
    left: Mutex<FxHashMap<i64, Bucket>>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    left: f64,
    at: Instant,
}

impl Guard {
    pub(super) fn new(desk: Arc<Desk>, options: &Options) -> Guard {
        desk.keep_callers();
        Guard {
            desk,
            closed: options.ask_for_tokens,
            names: Names::new(&options.hosts),
            rate: f64::from(options.rate_max),
            secure: options.secure_cookie || options.tls.is_some(),
            logs_queries: options.query_log.is_some(),
            left: Mutex::default(),
        }
    }

    /// Whether a token may ask once more just now.
    fn take(&self, token: i64) -> bool {
        let now = Instant::now();
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let full = self.rate * BURST_S;
        let bucket = left.entry(token).or_insert(Bucket { left: full, at: now });
        bucket.left = (bucket.left + now.duration_since(bucket.at).as_secs_f64() * self.rate).min(full);
        bucket.at = now;
        let enough = bucket.left >= 1.0;
        if enough {
            bucket.left -= 1.0;
        }
        enough
    }
}

/// What a request needs; `None` where it is for everybody.
pub(super) fn needed(method: &Method, path: &str) -> Option<Role> {
    match path {
        "/v1/batches" if method == Method::POST => Some(Role::Editor),
        "/v1/session" => None,
        _ if speaks_of_listings(path) => Some(Role::Operator),
        _ => None,
    }
}

/// Whether what is answered at `path` is for some and not for others.
pub(super) fn speaks_of_listings(path: &str) -> bool {
    path.starts_with("/v1/")
}

/// Whether a request opens a line, over which is asked what needs leave.
fn opens_line(path: &str) -> bool {
    path.starts_with("/console/") && path.ends_with("/line")
}

/// The word by which a console's requests belong together; it says nothing about who it is.
pub(super) fn session_word(headers: &HeaderMap) -> Option<u64> {
    let word = headers.get(CONSOLE)?;
    let mut hasher = FxHasher::default();
    word.as_bytes().hash(&mut hasher);
    Some(hasher.finish())
}

/// A token a request came with, and whether a browser sent it by itself.
fn token_of(headers: &HeaderMap) -> Option<(&str, bool)> {
    let bearer = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let session = cookies.flat_map(|cookies| cookies.split(';')).find_map(|cookie| {
        let (name, value) = cookie.trim().split_once('=')?;
        (name == SESSION).then_some(value)
    });
    bearer.map(|token| (token, false)).or(session.map(|token| (token, true)))
}

/// Lets a request in, to the `rest` of the way, or says why not.
pub(super) async fn check<F: Future<Output = Response>>(
    guard: &Guard,
    mut request: Request,
    rest: impl FnOnce(Request) -> F,
) -> Response {
    let path = request.uri().path();
    let admitted = match needed(request.method(), path) {
        Some(needed) => admit(guard, &request, needed),
        None if opens_line(path) => admit_line(guard, &request),
        None => Ok(None),
    };
    match admitted {
        Ok(caller) => {
            if let Some(caller) = caller {
                tracing::Span::current().record("by", caller.name.as_str());
                request.extensions_mut().insert(caller);
            }
            rest(request).await
        }
        Err(refusal) => refusal.into_response(),
    }
}

fn admit(guard: &Guard, request: &Request, needed: Role) -> Result<Option<Arc<Caller>>, Problem> {
    let callers = guard.desk.callers()?;
    if !guard.closed && !callers.ask_for_tokens() {
        return check_page(guard, request).map(|()| None);
    }
    let refused = |name: &str, why: &str| {
        tracing::warn!(method = %request.method(), route = route_of(request), name, why, "a request was turned away");
    };
    let Some((token, by_itself)) = token_of(request.headers()) else {
        refused("", "no token");
        return Err(unknown("a token is needed: send it as Authorization: Bearer …, or sign in"));
    };
    let Some(caller) = callers.find(token) else {
        refused("", "unknown or revoked token");
        return Err(unknown("this token is not in force"));
    };
    let writes = !matches!(*request.method(), Method::GET | Method::HEAD);
    if writes && by_itself && !request.headers().contains_key(CONSOLE) {
        refused(&caller.name, "a cookie without the console's header");
        return Err(forbidden("a request that writes and comes with a cookie needs the header chahao-console"));
    }
    if caller.role < needed {
        refused(&caller.name, "the role does not allow it");
        let text = format!("this needs the role {}; this token has {}", needed.name(), caller.role.name());
        return Err(forbidden(&text));
    }
    if !guard.take(caller.token) {
        refused(&caller.name, "too many requests");
        return Err(too_many(guard.rate));
    }
    Ok(Some(caller))
}

/// Lets a line be opened, whose questions come without the name it was opened under. Where tokens are asked for, whoever has
/// none holds no line: there are so many and no more.
fn admit_line(guard: &Guard, request: &Request) -> Result<Option<Arc<Caller>>, Problem> {
    let callers = guard.desk.callers()?;
    if !guard.closed && !callers.ask_for_tokens() {
        check_page(guard, request)?;
    } else if token_of(request.headers()).and_then(|(token, _)| callers.find(token)).is_none() {
        return Err(unknown("a line is opened by whoever has signed in"));
    }
    Ok(None)
}

/// Checks, where no token is asked for, that no page of elsewhere asks.
fn check_page(guard: &Guard, request: &Request) -> Result<(), Problem> {
    let refused = |why: &str| {
        tracing::warn!(method = %request.method(), route = route_of(request), why, "a request was turned away");
    };
    let authority = request.uri().authority();
    if !guard.names.has(host_of(request.headers(), authority)) {
        refused("under a name that is not this server's");
        let detail = "without tokens a server is asked as localhost or by its address; start it with --host NAME for \
                      another name, or make tokens";
        let (status, kind) = (StatusCode::MISDIRECTED_REQUEST, "urn:chahao:misdirected");
        return Err(Problem::new(status, kind, "Not under this name", detail.to_owned()));
    }
    let writes = !matches!(*request.method(), Method::GET | Method::HEAD);
    if writes && !is_of_this_server(request.headers(), authority) {
        refused("a page of another server");
        return Err(forbidden("pages of other servers send nothing here"));
    }
    Ok(())
}

fn unknown(detail: &str) -> Problem {
    let kind = "urn:chahao:unauthorized";
    Problem::new(StatusCode::UNAUTHORIZED, kind, "A token is needed", detail.to_owned())
}

fn forbidden(detail: &str) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "urn:chahao:forbidden", "Not allowed", detail.to_owned())
}

fn too_many(rate: f64) -> Problem {
    let detail = format!("a token may ask {rate} times a second; wait a second");
    Problem::new(StatusCode::TOO_MANY_REQUESTS, "urn:chahao:too-many", "Too many requests", detail)
}

/// Who is signed in.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Session {
    /// A token is needed.
    needed: bool,
    /// The server wants to hear which hit was chosen.
    choices: bool,
    /// Whose token it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// `operator`, `editor` or `admin`.
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
}

fn session_of(guard: &Guard, token: Option<&str>) -> Result<Session, Problem> {
    let callers = guard.desk.callers()?;
    let needed = guard.closed || callers.ask_for_tokens();
    let caller = token.and_then(|token| callers.find(token));
    let (name, role) = caller.map(|caller| (caller.name.clone(), caller.role.name())).unzip();
    Ok(Session { needed, choices: guard.logs_queries, name, role })
}

/// Who is signed in, and whether anybody needs to.
#[utoipa::path(
    get,
    path = "/v1/session",
    operation_id = "session",
    responses(
        (status = 200, description = "Who is signed in", body = Session)
    )
)]
pub(super) async fn session(
    State(guard): State<Arc<Guard>>,
    _: Parameters<NoParameters>,
    headers: HeaderMap,
) -> Result<Json<Session>, Problem> {
    session_of(&guard, token_of(&headers).map(|(token, _)| token)).map(Json)
}

/// Signs a browser in with the token in its `Authorization` header; it keeps it in a cookie no script can read.
#[utoipa::path(
    post,
    path = "/v1/session",
    operation_id = "sign_in",
    responses(
        (status = 200, description = "Who is signed in now", body = Session),
        (status = 401, description = "No such token", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn sign_in(
    State(guard): State<Arc<Guard>>,
    _: Parameters<NoParameters>,
    headers: HeaderMap,
) -> Response {
    // Only a header signs in: another site's page cannot sign somebody in as somebody else.
    let token = token_of(&headers).filter(|(_, by_itself)| !by_itself).map(|(token, _)| token);
    match session_of(&guard, token) {
        Ok(session) if session.name.is_some() => {
            let secure = if guard.secure { "; Secure" } else { "" };
            let cookie = format!("{SESSION}={}; Path=/; HttpOnly; SameSite=Strict{secure}", token.unwrap_or_default());
            ([(SET_COOKIE, cookie)], Json(session)).into_response()
        }
        Ok(_) => {
            tracing::warn!("somebody could not sign in");
            unknown("this token is not in force").into_response()
        }
        Err(problem) => problem.into_response(),
    }
}

/// Signs a browser out.
#[utoipa::path(delete, path = "/v1/session", operation_id = "sign_out", responses((status = 204, description = "Nobody is signed in any more")))]
pub(super) async fn sign_out(_: Parameters<NoParameters>) -> Response {
    let cookie = format!("{SESSION}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
    (StatusCode::NO_CONTENT, [(SET_COOKIE, cookie)]).into_response()
}
