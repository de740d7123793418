//! Lookups over HTTP: the routes, and a server that stops without dropping what it accepted.
//!
//! | route | what |
//! |---|---|
//! | `GET /v1/lookup?q=…` | the one box |
//! | `GET /v1/listings/{id}` | one whole listing |
//! | `GET /v1/numbers/{digits}` | whose number is this |
//! | `GET /healthz` | the process lives |
//! | `GET /readyz` | an index is open and in step |
//!
//! A lookup takes well under a millisecond and never waits, so it runs where its request was read: handing it
//! to another thread would cost more than the lookup.

mod health;
mod listings;
mod lookup;
mod numbers;
mod problem;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use crate::desk::Desk;
use problem::Problem;

/// Connections served at once; more wait in the listener's queue.
const CONNECTIONS_MAX: usize = 1_024;
/// Bytes of a request's head at most.
const HEAD_BYTES_MAX: usize = 16 << 10;
/// How long a client may take to send a request's head.
const HEAD_WAIT: Duration = Duration::from_secs(10);
/// How long accepted requests may take to end once the server was asked to stop.
const SHUTDOWN_WAIT: Duration = Duration::from_secs(10);

/// The routes over `desk`.
pub fn router(desk: Arc<Desk>) -> Router {
    Router::new()
        .route("/v1/lookup", get(lookup::get))
        .route("/v1/listings/{id}", get(listings::get))
        .route("/v1/numbers/{digits}", get(numbers::get))
        .route("/healthz", get(health::live))
        .route("/readyz", get(health::ready))
        .fallback(problem::no_such_route)
        .method_not_allowed_fallback(problem::no_such_method)
        .with_state(desk)
}

/// Serves `desk` on `listener` until `shutdown` ends, then finishes the requests it accepted.
pub async fn serve(listener: TcpListener, desk: Arc<Desk>, shutdown: impl Future<Output = ()>) {
    let service = TowerToHyperService::new(router(desk));
    let mut builder = hyper::server::conn::http1::Builder::new();
    // A client may close its sending half and still wait for the answer.
    builder.half_close(true);
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD_WAIT).max_buf_size(HEAD_BYTES_MAX);
    let graceful = GracefulShutdown::new();
    let slots = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    tokio::pin!(shutdown);
    loop {
        let accepted = async {
            let slot = Arc::clone(&slots).acquire_owned().await;
            (slot, listener.accept().await)
        };
        let (slot, stream) = tokio::select! {
            () = &mut shutdown => break,
            (slot, accepted) = accepted => match accepted {
                Ok((stream, _)) => (slot, stream),
                Err(error) => {
                    // Out of file handles, or a client that left again: neither must end the server.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
        };
        // Answers are small and waited for: do not hold them back to fill a packet.
        let _ = stream.set_nodelay(true);
        let connection = graceful.watch(builder.serve_connection(TokioIo::new(stream), service.clone()));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
            drop(slot);
        });
    }
    drop(listener);
    if tokio::time::timeout(SHUTDOWN_WAIT, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests had not ended when the server stopped");
    }
}
