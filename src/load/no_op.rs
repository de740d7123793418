//! A route that does nothing but answer: what a lookup is measured against.

use std::net::SocketAddr;
use std::thread::JoinHandle;

use axum::Router;
use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::{Error, Result};

/// An axum server of one route on a free port of this machine; stopped when dropped.
#[derive(Debug)]
pub(super) struct NoOp {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl NoOp {
    /// A server that answers every lookup with `body`, on as many threads as `chahao serve` has.
    pub(super) fn start(body: Vec<u8>) -> Result<NoOp> {
        let failed = |error: std::io::Error| {
            Error::new(crate::ErrorKind::Io, format!("cannot serve a no-op route: {error}")).caused_by(error)
        };
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(failed)?;
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let body = Bytes::from(body);
        let answer = move || async move { ([(CONTENT_TYPE, "application/json")], body) };
        let router = Router::new().route("/v1/lookup", get(answer));
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            runtime.block_on(async {
                let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
                let served = axum::serve(listener, router).into_future();
                tokio::select! { _ = served => {}, _ = stopped => {} }
            });
        });
        Ok(NoOp { address, stop: Some(stop), thread: Some(thread) })
    }

    /// Where it listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for NoOp {
    fn drop(&mut self) {
        self.stop.take().map(|stop| stop.send(()));
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}
