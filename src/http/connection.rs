//! One connection, in whichever version of HTTP its client speaks: 1.1, or 2 from the first byte on.
//!
//! # Invariants
//! 1. A client that sends slowly, never reads, says nothing, or asks nothing holds its own connection only, and not for
//!    long; answering pings does not make it longer.

use std::convert::Infallible;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::Request;
use axum::http::header::UPGRADE;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::rt::{Read, Write};
use hyper::service::Service;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::Watcher;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::TlsAcceptor;

use super::admission::HEADERS_BYTES_MAX;
use super::crowd::Place;
use super::debts::{Debts, Owing, Standing};
use super::tls::HTTP_2;
use super::worded::Worded;

/// Bytes of a request's head that are read.
const HEAD_BYTES_MAX: usize = 2 * HEADERS_BYTES_MAX;
/// Requests under way at once in one connection of HTTP/2.
const STREAMS_MAX: u32 = 64;
/// Bytes of answers held for one stream of HTTP/2 whose client does not read them.
const STREAM_HELD_MAX: usize = 64 << 10;
/// Bytes of one stream of HTTP/2, and of a connection, that came and nobody has read yet.
const STREAM_WINDOW: u32 = 128 << 10;
const CONNECTION_WINDOW: u32 = 256 << 10;
/// Looks at a connection of HTTP/2 while its client may take over anything.
const LOOKS: u32 = 8;
/// Time between two looks at least.
const LOOK_EVERY_MIN: Duration = Duration::from_millis(10);
/// What a client that speaks HTTP/2 says first (RFC 9113, 3.4).
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// How long to wait for more of a preface that has begun.
const PREFACE_WAIT: Duration = Duration::from_millis(5);

/// How a server's connections learn that it stops, and it that they have ended.
pub(super) struct Ending {
    /// Its place among all: what it becomes keeps that.
    pub(super) place: Arc<Place>,
    /// The server waits until it is dropped.
    pub(super) watcher: Watcher,
    /// Becomes true when the server stops.
    pub(super) stopping: Stopping,
    /// Becomes true when the server is about to: whoever can go elsewhere is told to.
    pub(super) leaving: Stopping,
}

/// What a connection hands on to what it becomes.
#[derive(Clone)]
pub(super) struct Upgraded {
    /// It counts as the connection it was.
    _place: Arc<Place>,
    /// The server waits for it.
    _watcher: Arc<Watcher>,
    leaving: Stopping,
}

impl Upgraded {
    /// Waits until the server is about to stop.
    pub(super) async fn left(&mut self) {
        // A server that is not there any more has stopped.
        let _ = self.leaving.wait_for(|leaving| *leaving).await;
    }
}

/// Whether the server stops.
type Stopping = tokio::sync::watch::Receiver<bool>;

/// Answers the requests of `stream` until it ends, its client takes longer than `patience` over a request's head or
/// over taking what it is sent, or the server stops.
pub(super) async fn serve(
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    service: TowerToHyperService<Router>,
    ending: Ending,
    patience: Duration,
) {
    // Answers are small and waited for: do not hold them back to fill a packet.
    let _ = stream.set_nodelay(true);
    let ended = match tls {
        None => plain(stream, service, ending, patience).await,
        Some(tls) => secured(stream, tls, service, ending, patience).await,
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// What goes wrong with a connection.
type Ended = Result<(), Box<dyn std::error::Error + Send + Sync>>;

async fn plain(stream: TcpStream, service: TowerToHyperService<Router>, ending: Ending, patience: Duration) -> Ended {
    // A client that says nothing is as slow as a head that never ends.
    let newer = timeout(patience, speaks_http2(&stream)).await??;
    let stream = patient(stream, patience);
    match newer {
        true => newer_http(TokioIo::new(stream), service, ending, patience).await,
        false => Ok(http(TokioIo::new(Worded::new(stream)), service, ending, patience).await?),
    }
}

async fn secured(
    stream: TcpStream,
    tls: TlsAcceptor,
    service: TowerToHyperService<Router>,
    ending: Ending,
    patience: Duration,
) -> Ended {
    let stream = timeout(patience, tls.accept(patient(stream, patience))).await??;
    let newer = stream.get_ref().1.alpn_protocol() == Some(HTTP_2);
    match newer {
        true => newer_http(TokioIo::new(stream), service, ending, patience).await,
        false => Ok(http(TokioIo::new(Worded::new(stream)), service, ending, patience).await?),
    }
}

/// A stream that fails where its client takes too long to take what it is sent.
fn patient(stream: TcpStream, patience: Duration) -> Pin<Box<TimeoutStream<TcpStream>>> {
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(patience));
    Box::pin(stream)
}

async fn http(
    io: impl Read + Write + Unpin + Send + 'static,
    service: TowerToHyperService<Router>,
    ending: Ending,
    patience: Duration,
) -> hyper::Result<()> {
    // The server waits for this connection as long as it is held.
    let Ending { place, watcher, mut stopping, leaving } = ending;
    let upgraded = Upgraded { _place: place, _watcher: Arc::new(watcher), leaving };
    let service = Placed { service, upgraded };
    let mut builder = hyper::server::conn::http1::Builder::new();
    // A client may close its sending half and still wait for the answer.
    builder.half_close(true);
    builder.timer(TokioTimer::new()).header_read_timeout(patience).max_buf_size(HEAD_BYTES_MAX);
    let mut connection = pin!(builder.serve_connection(io, service).with_upgrades());
    tokio::select! {
        ended = connection.as_mut() => return ended,
        Ok(_) = stopping.wait_for(|stopping| *stopping) => connection.as_mut().graceful_shutdown(),
    }
    connection.await
}

/// Hands a connection's place on to the request that makes something else of it.
struct Placed {
    service: TowerToHyperService<Router>,
    upgraded: Upgraded,
}

impl Service<Request<Incoming>> for Placed {
    type Response = Response;
    type Error = Infallible;
    type Future = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Future;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        if request.headers().contains_key(UPGRADE) {
            request.extensions_mut().insert(self.upgraded.clone());
        }
        self.service.call(request)
    }
}

async fn newer_http(
    io: impl Read + Write + Unpin + Send + 'static,
    service: TowerToHyperService<Router>,
    ending: Ending,
    patience: Duration,
) -> Ended {
    // The server waits for this connection as long as it is held.
    let Ending { place: _held, watcher: _waited_for, mut stopping, leaving: _ } = ending;
    let mut builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
    builder.timer(TokioTimer::new()).max_concurrent_streams(STREAMS_MAX).max_send_buf_size(STREAM_HELD_MAX);
    builder.max_header_list_size(HEAD_BYTES_MAX as u32);
    builder.initial_stream_window_size(STREAM_WINDOW).initial_connection_window_size(CONNECTION_WINDOW);
    // A client that vanished is noticed though it sends nothing.
    builder.keep_alive_interval(patience).keep_alive_timeout(patience);
    let debts = Arc::new(Debts::new());
    let owing = Owing { service, debts: Arc::clone(&debts) };
    let mut connection = pin!(builder.serve_connection(io, owing));
    let mut looks = tokio::time::interval((patience / LOOKS).max(LOOK_EVERY_MIN));
    let (mut told, mut idle_until) = (false, None);
    loop {
        tokio::select! {
            ended = connection.as_mut() => return Ok(ended?),
            Ok(_) = stopping.wait_for(|stopping| *stopping), if !told => {
                connection.as_mut().graceful_shutdown();
                told = true;
            }
            _ = looks.tick() => match debts.standing(Instant::now(), patience) {
                Standing::Good => {}
                Standing::Late => return Err("its client does not take what it asked for".into()),
                Standing::Idle => {
                    let until = *idle_until.get_or_insert_with(|| Instant::now() + patience);
                    if !told {
                        connection.as_mut().graceful_shutdown();
                        told = true;
                    } else if Instant::now() > until {
                        return Err("its client asks nothing and does not leave".into());
                    }
                }
            },
        }
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
