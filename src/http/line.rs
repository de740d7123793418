//! `GET /console/{version}/line`: the console's line, a WebSocket over which lookups are asked and answered.
//!
//! From key press to answer a browser takes four milliseconds less over it than over a request of its own, which is more
//! than the lookup and the network together. Where there is none, the console asks by requests.
//!
//! A question is a text `17 /v1/lookup?q=gzjj`: a number of the asker's choosing and the address of a lookup. Its answer
//! is `{"id":17,"status":200,"body":…}`, the number again with status and body of the answer to that request.
//!
//! # Invariants
//! 1. A question passes all that a request passes (`entrance`), with the cookie its line was opened with: over a line
//!    nothing is asked that could not be asked without, and a token that is revoked is revoked here too.
//! 2. Only pages of this server open one: browsers let any page open a WebSocket to any server, with its cookies. Under
//!    which names that is told where no token is asked for (`guard`).
//! 3. A line whose server is about to stop is closed as going away (1001), behind the answers to what has come: the console
//!    asks by requests until it has another, which a server that took over opens.
//! 4. Who does not take answers, or is no longer there, is let go; lines that say nothing cost a ping every half minute.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade, close_code};
use axum::extract::{Path, Request, State};
use axum::http::header::COOKIE;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use axum::{Extension, Router};
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use serde::Deserialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::connection::Upgraded;
use super::guard::CONSOLE;
use super::metrics::Metrics;
use super::origin::is_of_this_server;
use super::parameters::Parameters;
use super::{Problem, problem};
use crate::console;

/// Lines open at once: more than the connections one address may have.
const LINES_MAX: usize = 2_048;
/// Bytes of a question at most: as of a request's address, and its number.
const QUESTION_BYTES_MAX: usize = (8 << 10) + 32;
/// Bytes of an answer at most; a page of fifty hits has a tenth of them.
const ANSWER_BYTES_MAX: usize = 1 << 20;
/// Bytes held for a line that says nothing, each way: a few questions, most of an answer.
const BUFFER_BYTES: usize = 4 << 10;
/// How long a line may be silent until it is asked whether somebody is there, and then until it is taken for dead.
const SILENCE: Duration = Duration::from_secs(30);
/// How long a client may take to close a line in its turn.
const GOODBYE_WAIT: Duration = Duration::from_secs(1);
/// What can be asked.
const LOOKUP: &str = "/v1/lookup";

/// What lines are opened to.
#[derive(Debug, Clone)]
pub(super) struct Exchange {
    /// The routes with all that stands before them.
    routes: TowerToHyperService<Router>,
    lines: Arc<Semaphore>,
    metrics: Arc<Metrics>,
}

impl Exchange {
    pub(super) fn new(routes: Router, metrics: Arc<Metrics>) -> Exchange {
        let lines = Arc::new(Semaphore::new(LINES_MAX));
        Exchange { routes: TowerToHyperService::new(routes), lines, metrics }
    }
}

/// How a line is opened.
#[derive(Debug, Deserialize)]
pub(super) struct Opening {
    /// As the console's header: what the requests of one tab have in common.
    tab: Option<String>,
}

/// Opens a line.
pub(super) async fn open(
    State(exchange): State<Exchange>,
    Path(version): Path<String>,
    opening: Result<Parameters<Opening>, Problem>,
    uri: Uri,
    headers: HeaderMap,
    connection: Option<Extension<Upgraded>>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    if version != console::version() {
        // A page of another version asks by requests, which stay as they are.
        return Err(problem::no_such_route(uri).await);
    }
    let Parameters(opening) = opening?;
    let upgrade = upgrade.map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
    if !is_of_this_server(&headers, uri.authority()) {
        tracing::warn!("a line was turned away: it was asked for by a page of another server");
        let detail = "only pages of this server open a line".to_owned();
        return Err(Problem::new(StatusCode::FORBIDDEN, "urn:chahao:forbidden", "Not allowed", detail));
    }
    let Ok(place) = Arc::clone(&exchange.lines).try_acquire_owned() else {
        let detail = format!("there are {LINES_MAX} lines open; ask by requests");
        let status = StatusCode::SERVICE_UNAVAILABLE;
        return Err(Problem::new(status, "urn:chahao:overloaded", "Too many lines", detail));
    };
    let mut common = HeaderMap::new();
    common.extend(headers.get_all(COOKIE).iter().map(|cookie| (COOKIE, cookie.clone())));
    if let Some(tab) = opening.tab.and_then(|tab| tab.parse().ok()) {
        common.insert(CONSOLE, tab);
    }
    exchange.metrics.lines.inc();
    let line = Line { routes: exchange.routes, common, metrics: exchange.metrics, _place: place };
    let connection = connection.map(|Extension(connection)| connection);
    let upgrade = upgrade.max_message_size(QUESTION_BYTES_MAX).max_frame_size(QUESTION_BYTES_MAX);
    let upgrade = upgrade.read_buffer_size(BUFFER_BYTES).write_buffer_size(BUFFER_BYTES);
    Ok(upgrade.on_upgrade(|socket| line.hold(socket, connection)))
}

/// An open line.
struct Line {
    routes: TowerToHyperService<Router>,
    /// What every question comes with.
    common: HeaderMap,
    metrics: Arc<Metrics>,
    _place: OwnedSemaphorePermit,
}

impl Drop for Line {
    fn drop(&mut self) {
        self.metrics.lines.dec();
    }
}

impl Line {
    /// Answers what comes, one question after the other, until the line is closed or dead, or the server leaves.
    async fn hold(self, mut socket: WebSocket, mut connection: Option<Upgraded>) {
        let mut asked_whether_there = false;
        loop {
            let heard = tokio::select! {
                // What has come is answered first.
                biased;
                heard = timeout(SILENCE, socket.recv()) => heard,
                () = left(&mut connection) => return say_goodbye(socket).await,
            };
            let said = match heard {
                Ok(Some(Ok(said))) => said,
                Ok(_) => return,
                Err(_) if asked_whether_there => return,
                Err(_) => {
                    asked_whether_there = true;
                    if socket.send(Message::Ping("".into())).await.is_err() {
                        return;
                    }
                    continue;
                }
            };
            asked_whether_there = false;
            let answer = match said {
                Message::Text(question) => match self.answer(&question).await {
                    Some(answer) => Message::Text(answer.into()),
                    None => {
                        let reason = Utf8Bytes::from_static("expected a number, a space and the address of a lookup");
                        Message::Close(Some(CloseFrame { code: close_code::POLICY, reason }))
                    }
                },
                Message::Binary(_) => Message::Close(None),
                // What is to be answered to these has been.
                Message::Ping(_) | Message::Pong(_) => continue,
                Message::Close(_) => return,
            };
            let ends = matches!(answer, Message::Close(_));
            if socket.send(answer).await.is_err() || ends {
                return;
            }
        }
    }

    /// The answer to `question`; `None` where it is none.
    async fn answer(&self, question: &str) -> Option<String> {
        let (id, address) = question.split_once(' ')?;
        let id: u64 = id.parse().ok()?;
        let address: Uri = address.parse().ok().filter(|address: &Uri| address.path() == LOOKUP)?;
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = address;
        *request.headers_mut() = self.common.clone();
        let Ok(response) = self.routes.call(request).await;
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), ANSWER_BYTES_MAX).await.ok()?;
        Some(format!("{{\"id\":{id},\"status\":{status},\"body\":{}}}", std::str::from_utf8(&body).ok()?))
    }
}

/// Waits until the server is about to stop; for ever where nobody tells.
async fn left(connection: &mut Option<Upgraded>) {
    match connection {
        Some(connection) => connection.left().await,
        None => std::future::pending().await,
    }
}

/// Closes a line because its server goes away.
async fn say_goodbye(mut socket: WebSocket) {
    let reason = Utf8Bytes::from_static("the server goes away; open another line");
    let close = Message::Close(Some(CloseFrame { code: close_code::AWAY, reason }));
    let told = async {
        // Where something came that nobody reads, the system would take the word back from the client.
        if socket.send(close).await.is_ok() {
            while let Some(Ok(_)) = socket.recv().await {}
        }
    };
    let _ = timeout(GOODBYE_WAIT, told).await;
}
