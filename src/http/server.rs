//! The accept loop, and its end.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;

use super::crowd::Crowd;
use super::metrics::Metrics;
use super::{Options, connection, routes};
use crate::desk::Desk;

/// How long accepted requests may take to end once the server was asked to stop.
const SHUTDOWN_WAIT: Duration = Duration::from_secs(10);
/// How long to wait where the system has nothing left to accept a connection with.
const EXHAUSTED_WAIT: Duration = Duration::from_millis(50);

/// Serves `desk` on `listener` until `shutdown` ends, then finishes the requests it accepted.
pub async fn serve(listener: TcpListener, desk: Arc<Desk>, shutdown: impl Future<Output = ()>) {
    serve_with(listener, desk, Options::default(), shutdown).await;
}

/// As [`serve`], with more than answers.
pub async fn serve_with(listener: TcpListener, desk: Arc<Desk>, options: Options, shutdown: impl Future<Output = ()>) {
    let metrics = Arc::new(Metrics::new());
    let crowd = Arc::new(Crowd::new(options.connections_max, options.connections_each_max, Arc::clone(&metrics)));
    let patience = options.patience;
    let service = TowerToHyperService::new(routes(desk, options, metrics));
    let graceful = GracefulShutdown::new();
    tokio::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            accepted = listener.accept() => accepted,
        };
        let (stream, address) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file handles, or a client that left again: neither must end the server.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(EXHAUSTED_WAIT).await;
                continue;
            }
        };
        let Some(place) = crowd.enter(address.ip()) else {
            crowd.turn_away(stream, true);
            continue;
        };
        let (service, watcher) = (service.clone(), graceful.watcher());
        tokio::spawn(async move {
            connection::serve(stream, service, watcher, patience).await;
            drop(place);
        });
    }
    drop(listener);
    if tokio::time::timeout(SHUTDOWN_WAIT, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests had not ended when the server stopped");
    }
}
