//! Lookups over HTTP: the routes, and a server that stops without dropping what it accepted.
//!
//! | route | what |
//! |---|---|
//! | `GET /` | the console, its files and its line under `/console/` |
//! | `GET /v1/lookup?q=…` | the one box |
//! | `GET /v1/listings/{id}?format=…` | one whole listing, as JSON, a text message or to be read out |
//! | `GET /v1/numbers/{digits}` | whose number is this |
//! | `GET /v1/facets` | the localities and categories there are |
//! | `GET /v1/batches`, `/v1/batches/{n}` | the ledger's batches |
//! | `GET /v1/changes?since=…` | the ledger's changes, as NDJSON |
//! | `GET /v1/waiting` | batches kept until their day |
//! | `POST /v1/batches?dry_run=…` | a batch, where the server was told to take them |
//! | `POST /v1/choices` | which hit was the one, where queries are logged |
//! | `/v1/session` | who is signed in; signing in and out |
//! | `GET /openapi.json` | what these routes take and answer |
//! | `GET /healthz` | the process lives |
//! | `GET /readyz` | an index is open and in step |
//! | `GET /metrics` | what is counted, for Prometheus |
//!
//! A lookup takes well under a millisecond and never waits, so it runs where its request was read: handing it
//! to another thread would cost more than the lookup.

mod access_log;
mod admission;
mod batches;
mod choices;
mod connection;
mod console;
mod crowd;
mod debts;
mod entrance;
mod etag;
mod facets;
mod guard;
mod health;
mod kept;
mod line;
mod listings;
mod long_answers;
mod lookup;
mod metrics;
mod numbers;
mod openapi;
mod origin;
mod parameters;
mod problem;
mod query_log;
mod server;
mod tls;
mod waiting;
mod worded;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::FromRef;
use axum::routing::get;
use tokio::sync::Semaphore;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::desk::Desk;
use access_log::Log;
use admission::{Admission, Probes, Questions};
use entrance::Entrance;
use guard::Guard;
use long_answers::LongAnswers;
use metrics::Metrics;
use problem::Problem;

pub use query_log::QueryLog;

pub use server::{listen, serve, serve_with};
pub use tls::Tls;

/// Connections open at once.
pub const CONNECTIONS_MAX: usize = 4_096;
/// Connections open at once from one address: a proxy has many, and one client must not have all.
pub const CONNECTIONS_EACH_MAX: usize = 1_024;
/// Lookups that wait for their turn, for each core: a millisecond or two of work. What comes beyond them is read and refused
/// in between; with twice as many, a lookup takes longer than 10 ms at twice what can be answered (`benches/RESULTS.md`).
const WAITING_MAX: usize = 16;
/// How long a client may take over a request's head, or over taking what it is sent.
const PATIENCE: Duration = Duration::from_secs(10);

/// Requests a second of one token at most, where nothing is said: twenty times what the fastest typist asks.
pub const RATE_MAX: u32 = 200;

/// What a server does beside answering.
#[derive(Debug, Clone)]
pub struct Options {
    /// Batches may be sent to it by anybody; editors always may.
    pub accept_batches: bool,
    /// Nobody is answered without a token, though there be none.
    pub ask_for_tokens: bool,
    /// Names under which it is asked where there are no tokens, beside `localhost` and the addresses of loopback and of its
    /// listener: a page of elsewhere whose name leads here is not answered.
    pub hosts: Vec<String>,
    /// The console's cookie is sent over TLS only, though this server speaks none itself: whoever stands before it does.
    pub secure_cookie: bool,
    /// Requests a second of one token at most.
    pub rate_max: u32,
    /// Lookups that are at work or wait for their turn at most; others are told at once to come again.
    pub waiting_max: usize,
    /// Connections open at once.
    pub connections_max: usize,
    /// Connections open at once from one address.
    pub connections_each_max: usize,
    /// How long a client may take over a request's head, or over taking what it is sent.
    pub patience: Duration,
    /// How long kept connections are answered once more after the server was asked to stop, and closed with that answer.
    pub linger: Duration,
    /// Speaks TLS by this certificate, and nothing else.
    pub tls: Option<Arc<Tls>>,
    /// Keeps what was typed in vain, typed anew and chosen.
    pub query_log: Option<Arc<QueryLog>>,
}

impl Default for Options {
    fn default() -> Options {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Options {
            accept_batches: false,
            ask_for_tokens: false,
            hosts: Vec::new(),
            secure_cookie: false,
            rate_max: RATE_MAX,
            waiting_max: WAITING_MAX * cores,
            connections_max: CONNECTIONS_MAX,
            connections_each_max: CONNECTIONS_EACH_MAX,
            patience: PATIENCE,
            linger: Duration::ZERO,
            tls: None,
            query_log: None,
        }
    }
}

/// The routes over `desk`.
pub fn router(desk: Arc<Desk>) -> Router {
    router_with(desk, Options::default())
}

/// The routes over `desk`, with more than answers.
pub fn router_with(desk: Arc<Desk>, options: Options) -> Router {
    routes(desk, options, Arc::new(Metrics::new()))
}

fn routes(desk: Arc<Desk>, options: Options, metrics: Arc<Metrics>) -> Router {
    // Batches are appended one after the other anyway.
    let (turn, uploads) = (Arc::new(Semaphore::new(1)), Semaphore::new(batches::UPLOADS_MAX));
    let door = Arc::new(batches::Door { open: options.accept_batches, turn, uploads });
    let guard = Arc::new(Guard::new(Arc::clone(&desk), &options));
    let questions = Arc::new(Questions::new(Arc::clone(&metrics)));
    let probes = Probes(Arc::new(Questions::new(Arc::clone(&metrics))));
    let log = Log::new(Arc::clone(&metrics));
    let admission = Admission::new(options.waiting_max, Arc::clone(&metrics));
    let long_answers = admission.long_answers();
    let entrance = Arc::new(Entrance { log, admission, guard: Arc::clone(&guard) });
    let (described, description) = OpenApiRouter::with_openapi(openapi::Description::openapi())
        .routes(routes!(lookup::get))
        .routes(routes!(listings::get))
        .routes(routes!(numbers::get))
        .routes(routes!(facets::get))
        .routes(routes!(batches::list, batches::post))
        .routes(routes!(batches::one))
        .routes(routes!(waiting::list))
        .routes(routes!(batches::changes))
        .routes(routes!(choices::post))
        .routes(routes!(guard::session, guard::sign_in, guard::sign_out))
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(metrics::get))
        .split_for_parts();
    let description =
        openapi::Document(serde_json::to_string(&openapi::with_refusals(description)).unwrap_or_default().into());
    let entered = axum::middleware::from_fn_with_state(entrance, entrance::pass);
    let routes = described
        .route("/", get(console::page))
        .route("/console/{version}/{file}", get(console::file))
        .route("/openapi.json", get(openapi::document).with_state(description))
        .fallback(problem::no_such_route)
        .method_not_allowed_fallback(problem::no_such_method)
        .layer(entered.clone())
        .with_state(Served {
            desk,
            door,
            guard,
            questions,
            probes,
            last_look: Arc::default(),
            long_answers,
            metrics: Arc::clone(&metrics),
            query_log: options.query_log,
        });
    let line = get(line::open).fallback(problem::no_such_method).layer(entered);
    let line = line.with_state(line::Exchange::new(routes.clone(), metrics));
    routes.route("/console/{version}/line", line)
}

/// What handlers answer from.
#[derive(Debug, Clone)]
struct Served {
    desk: Arc<Desk>,
    door: Arc<batches::Door>,
    guard: Arc<Guard>,
    questions: Arc<Questions>,
    probes: Probes,
    last_look: Arc<health::LastLook>,
    long_answers: LongAnswers,
    metrics: Arc<Metrics>,
    query_log: Option<Arc<QueryLog>>,
}

impl FromRef<Served> for Probes {
    fn from_ref(served: &Served) -> Probes {
        served.probes.clone()
    }
}

impl FromRef<Served> for Arc<health::LastLook> {
    fn from_ref(served: &Served) -> Arc<health::LastLook> {
        Arc::clone(&served.last_look)
    }
}

impl FromRef<Served> for LongAnswers {
    fn from_ref(served: &Served) -> LongAnswers {
        served.long_answers.clone()
    }
}

impl FromRef<Served> for Option<Arc<QueryLog>> {
    fn from_ref(served: &Served) -> Option<Arc<QueryLog>> {
        served.query_log.clone()
    }
}

impl FromRef<Served> for Arc<Questions> {
    fn from_ref(served: &Served) -> Arc<Questions> {
        Arc::clone(&served.questions)
    }
}

impl FromRef<Served> for Arc<Guard> {
    fn from_ref(served: &Served) -> Arc<Guard> {
        Arc::clone(&served.guard)
    }
}

impl FromRef<Served> for Arc<Metrics> {
    fn from_ref(served: &Served) -> Arc<Metrics> {
        Arc::clone(&served.metrics)
    }
}

impl FromRef<Served> for Arc<Desk> {
    fn from_ref(served: &Served) -> Arc<Desk> {
        Arc::clone(&served.desk)
    }
}

impl FromRef<Served> for Arc<batches::Door> {
    fn from_ref(served: &Served) -> Arc<batches::Door> {
        Arc::clone(&served.door)
    }
}
