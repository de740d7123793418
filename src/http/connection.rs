//! One connection, in whichever version of HTTP its client speaks: 1.1, or 2 from the first byte on.

use std::io;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::Watcher;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;

/// Bytes of a request's head at most.
const HEAD_BYTES_MAX: usize = 16 << 10;
/// How long a client may take to send a request's head.
const HEAD_WAIT: Duration = Duration::from_secs(10);
/// Requests under way at once in one connection of HTTP/2.
const STREAMS_MAX: u32 = 64;
/// What a client that speaks HTTP/2 says first (RFC 9113, 3.4).
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// How long to wait for more of a preface that has begun.
const PREFACE_WAIT: Duration = Duration::from_millis(5);

/// Answers the requests of `stream` until it ends or the server stops.
pub(super) async fn serve(stream: TcpStream, service: TowerToHyperService<Router>, watcher: Watcher) {
    let newer = match tokio::time::timeout(HEAD_WAIT, speaks_http2(&stream)).await {
        Ok(Ok(newer)) => newer,
        Ok(Err(error)) => {
            tracing::debug!(%error, "a connection ended before its first request");
            return;
        }
        // As slow as a head that never ends.
        Err(_) => return,
    };
    let io = TokioIo::new(stream);
    let ended = if newer {
        let mut builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
        builder.timer(TokioTimer::new()).max_concurrent_streams(STREAMS_MAX);
        builder.max_header_list_size(HEAD_BYTES_MAX as u32);
        // A client that vanished is noticed though it sends nothing.
        builder.keep_alive_interval(HEAD_WAIT).keep_alive_timeout(HEAD_WAIT);
        watcher.watch(builder.serve_connection(io, service)).await
    } else {
        let mut builder = hyper::server::conn::http1::Builder::new();
        // A client may close its sending half and still wait for the answer.
        builder.half_close(true);
        builder.timer(TokioTimer::new()).header_read_timeout(HEAD_WAIT).max_buf_size(HEAD_BYTES_MAX);
        watcher.watch(builder.serve_connection(io, service)).await
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// Whether the connection begins with the preface of HTTP/2; nothing of it is taken.
async fn speaks_http2(stream: &TcpStream) -> io::Result<bool> {
    let mut first = [0; PREFACE.len()];
    loop {
        let length = stream.peek(&mut first).await?;
        let begun = first.get(..length).unwrap_or_default();
        if length == 0 || !PREFACE.starts_with(begun) {
            return Ok(false);
        }
        if length == PREFACE.len() {
            return Ok(true);
        }
        tokio::time::sleep(PREFACE_WAIT).await;
    }
}
