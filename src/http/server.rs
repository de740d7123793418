//! The accept loop, and its end: a server that stops leaves no request unanswered, also where another process takes
//! its place on the same port.
//!
//! # Invariants
//! 1. What was accepted, or waits at the listener when it is closed, is answered.
//! 2. Where another process takes over, kept connections are told to close with an answer, not without one; lines at once.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::CONNECTION;
use axum::http::{HeaderValue, Version};
use axum::middleware::Next;
use axum::response::Response;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use socket2::{SockFilter, SockRef};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsAcceptor;

use super::connection::Ending;
use super::crowd::Crowd;
use super::metrics::Metrics;
use super::origin::name_of;
use super::{Options, connection, routes};
use crate::desk::Desk;

/// How long accepted requests may take to end once the server was asked to stop.
const SHUTDOWN_WAIT: Duration = Duration::from_secs(10);
/// How long to wait where the system has nothing left to accept a connection with.
const EXHAUSTED_WAIT: Duration = Duration::from_millis(50);
/// Connections that wait to be accepted at most.
const BACKLOG_MAX: u32 = 1_024;
/// How long nobody must have come before a listener is closed: longer than the way to any client and back.
const DRAIN_QUIET: Duration = Duration::from_millis(50);
/// How long a listener is drained at most.
const DRAIN_WAIT: Duration = Duration::from_secs(1);
/// How often to look whether all connections have ended.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A listener on `address`; with `shared`, beside those of other processes of the same user that share it too.
///
/// # Errors
/// When the address is taken, or not this machine's.
pub fn listen(address: SocketAddr, shared: bool) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // Connections of a process that has just ended must not keep this one from starting.
    socket.set_reuseaddr(true)?;
    socket.set_reuseport(shared)?;
    socket.bind(address)?;
    socket.listen(BACKLOG_MAX)
}

/// Serves `desk` on `listener` until `shutdown` ends, then finishes the requests it accepted.
pub async fn serve(listener: TcpListener, desk: Arc<Desk>, shutdown: impl Future<Output = ()>) {
    serve_with(listener, desk, Options::default(), shutdown).await;
}

/// As [`serve`], with more than answers.
pub async fn serve_with(
    listener: TcpListener,
    desk: Arc<Desk>,
    mut options: Options,
    shutdown: impl Future<Output = ()>,
) {
    // Whoever listens on one address of the machine is asked by it.
    options.hosts.extend(listener.local_addr().map(|address| name_of(address.ip())));
    let (server, linger) = Server::new(desk, options);
    tokio::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, address)) => server.take(stream, address),
            Err(error) => {
                // Out of file handles, or a client that left again: neither must end the server.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(EXHAUSTED_WAIT).await;
            }
        }
    }
    server.drain(listener).await;
    server.leaving.send_replace(true);
    let until = Instant::now() + linger;
    while Instant::now() < until && !server.crowd.is_empty() {
        tokio::time::sleep(LOOK_EVERY).await;
    }
    server.stopping.send_replace(true);
    if timeout(SHUTDOWN_WAIT, server.graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests had not ended when the server stopped");
    }
}

/// What connections are handed to.
struct Server {
    service: TowerToHyperService<Router>,
    crowd: Arc<Crowd>,
    graceful: GracefulShutdown,
    /// Tells connections that the server stops.
    stopping: watch::Sender<bool>,
    /// Tells them that it is about to.
    leaving: watch::Sender<bool>,
    patience: Duration,
    tls: Option<TlsAcceptor>,
}

impl Server {
    fn new(desk: Arc<Desk>, options: Options) -> (Server, Duration) {
        let metrics = Arc::new(Metrics::new());
        let crowd = Arc::new(Crowd::new(options.connections_max, options.connections_each_max, Arc::clone(&metrics)));
        let (patience, linger) = (options.patience, options.linger);
        let tls = options.tls.as_ref().map(|tls| tls.acceptor());
        let (stopping, leaving) = (watch::Sender::new(false), watch::Sender::new(false));
        let mut router = routes(desk, options, metrics);
        if !linger.is_zero() {
            router = router.layer(axum::middleware::from_fn_with_state(leaving.subscribe(), say_goodbye));
        }
        let service = TowerToHyperService::new(router);
        let graceful = GracefulShutdown::new();
        (Server { service, crowd, graceful, stopping, leaving, patience, tls }, linger)
    }

    /// Answers a connection in a task of its own, where there is room.
    fn take(&self, stream: TcpStream, address: SocketAddr) {
        let Some(place) = self.crowd.enter(address.ip()) else {
            self.crowd.turn_away(stream, self.tls.is_none());
            return;
        };
        let (service, patience, tls) = (self.service.clone(), self.patience, self.tls.clone());
        let (stopping, leaving) = (self.stopping.subscribe(), self.leaving.subscribe());
        let ending = Ending { place: Arc::new(place), watcher: self.graceful.watcher(), stopping, leaving };
        tokio::spawn(connection::serve(stream, tls, service, ending, patience));
    }

    /// Takes the connections that wait at a listener, and closes it.
    async fn drain(&self, listener: TcpListener) {
        if let Err(error) = send_newcomers_elsewhere(&listener) {
            tracing::debug!(%error, "connections may come while the listener is closed");
        }
        let until = Instant::now() + DRAIN_WAIT;
        while Instant::now() < until {
            let Ok(Ok((stream, address))) = timeout(DRAIN_QUIET, listener.accept()).await else { break };
            self.take(stream, address);
        }
    }
}

/// Tells a client of HTTP/1.1 with its answer that the connection ends, once the server is about to.
async fn say_goodbye(State(leaving): State<watch::Receiver<bool>>, request: Request, next: Next) -> Response {
    let older = request.version() <= Version::HTTP_11;
    let mut response = next.run(request).await;
    if older && *leaving.borrow() {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// Has the system overlook new connections to this listener: what has begun comes through, and a client that is
/// overlooked tries again in a second, when only the other process listens.
fn send_newcomers_elsewhere(listener: &TcpListener) -> io::Result<()> {
    /// Where a TCP header has its flags, and which of them begins a connection (RFC 9293, 3.1).
    const FLAGS_AT: u32 = 13;
    const SYN: u32 = 0x02;
    /// Instructions of the system's packet filter: load a byte, jump where bits are set, end with so many bytes.
    const LOAD_BYTE: u16 = 0x30;
    const JUMP_IF_SET: u16 = 0x45;
    const TAKE: u16 = 0x06;
    SockRef::from(listener).attach_filter(&[
        SockFilter::new(LOAD_BYTE, 0, 0, FLAGS_AT),
        SockFilter::new(JUMP_IF_SET, 0, 1, SYN),
        SockFilter::new(TAKE, 0, 0, 0),
        SockFilter::new(TAKE, 0, 0, u32::MAX),
    ])
}
