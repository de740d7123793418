//! Clients of HTTP/2 that answer pings and otherwise only mean to be in the way are let go in a bounded time, and others
//! are answered meanwhile.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Bytes;
use chahao::http::{Options, QueryLog, Tls};
use h2::client::{Connection, SendRequest};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::desk_in_a_folder::{Folder, add};
use crate::server_on_a_port::{DEADLINE, Server};

const PATIENCE: Duration = Duration::from_millis(400);
/// Streams one connection may have.
const STREAMS: usize = 64;

fn served(options: Options) -> (Folder, Server) {
    let folder = Folder::new();
    let rows: String =
        (0..200).map(|n| add(&format!("A{n}"), &format!("广州{}酒家{n}", "分".repeat(n % 5)), 1.0)).collect();
    let desk = folder.load(&rows);
    (folder, Server::start_with(Arc::new(desk), Options { patience: PATIENCE, ..options }))
}

type Client = (SendRequest<Bytes>, Connection<tokio::net::TcpStream, Bytes>);

async fn connected(server: &Server, window: u32) -> Client {
    let stream = tokio::net::TcpStream::connect(server.address).await.unwrap();
    h2::client::Builder::new().initial_window_size(window).handshake(stream).await.unwrap()
}

fn request(method: &str, path: &str) -> axum::http::Request<()> {
    let request = axum::http::Request::builder().method(method).uri(format!("http://localhost{path}"));
    request.header("content-type", "application/json").body(()).unwrap()
}

fn lookup() -> axum::http::Request<()> {
    request("GET", "/v1/lookup?q=%E5%B9%BF%E5%B7%9E&limit=50")
}

fn run<T>(hostile: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(DEADLINE, hostile).await.expect("it is let go in time") })
}

/// Waits until the server has no connection but one: that of whoever asks.
fn until_all_have_left(server: &Server) {
    let until = Instant::now() + DEADLINE;
    loop {
        let metrics = server.get("/metrics", &[]).body;
        let open = metrics.lines().find_map(|line| line.strip_prefix("chahao_connections ")).unwrap();
        if open == "1" {
            return;
        }
        assert!(Instant::now() < until, "{open} connections are still open");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn whoever_opens_no_window_for_what_it_asked_is_let_go_and_others_are_answered() {
    let (_folder, server) = served(Options { waiting_max: STREAMS, ..Options::default() });
    let (ended, answered) = run(async {
        let (client, connection) = connected(&server, 0).await;
        let connected = tokio::spawn(connection);
        let mut client = client;
        let mut answers = Vec::new();
        for _ in 0..STREAMS {
            client = client.ready().await.unwrap();
            answers.push(client.send_request(lookup(), true).unwrap().0);
        }
        let begun = Instant::now();
        let mut bodies = Vec::new();
        for head in answers {
            let answer = head.await.expect("the head of an answer needs no window");
            assert_eq!(answer.status(), 200);
            bodies.push(answer.into_body());
        }
        let mut answered = 0;
        while !connected.is_finished() {
            assert_eq!(server.lookup("广州", &[]).ids().len(), 10);
            answered += 1;
            // The hostile client goes on answering pings.
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        drop(bodies);
        (begun.elapsed(), answered)
    });
    assert!(ended >= PATIENCE / 2 && ended < PATIENCE * 10, "it was let go after {ended:?}");
    assert!(answered > 3, "{answered} lookups of others");
    until_all_have_left(&server);
}

#[test]
fn whoever_opens_its_window_byte_by_byte_is_let_go() {
    let (_folder, server) = served(Options::default());
    run(async {
        let (client, connection) = connected(&server, 1).await;
        tokio::spawn(connection);
        let mut client = client.ready().await.unwrap();
        let answer = client.send_request(lookup(), true).unwrap().0.await.unwrap();
        let mut body = answer.into_body();
        let mut taken = 0;
        while let Some(Ok(piece)) = body.data().await {
            taken += piece.len();
            tokio::time::sleep(Duration::from_millis(20)).await;
            let _ = body.flow_control().release_capacity(piece.len());
        }
        assert!((1..1_000).contains(&taken), "{taken} bytes were taken of an answer that has more");
    });
    until_all_have_left(&server);
}

/// Such a client is told to go, so that one who was about to ask knows that it must ask elsewhere.
#[test]
fn whoever_only_answers_pings_is_told_to_go() {
    let (_folder, server) = served(Options::default());
    run(async {
        let (client, connection) = connected(&server, 65_535).await;
        let mut client = client.ready().await.unwrap();
        let begun = Instant::now();
        let connected = tokio::spawn(connection);
        let answer = client.send_request(lookup(), true).unwrap().0.await.unwrap();
        assert_eq!(answer.status(), 200);
        drop(answer);
        connected.await.unwrap().expect("a connection that was told to end, not cut");
        let took = begun.elapsed();
        assert!(took > PATIENCE * 3 && took < PATIENCE * 20, "it ended after {took:?}");
    });
    until_all_have_left(&server);
}

#[test]
fn requests_whose_bodies_never_end_take_no_place_for_long() {
    let folder = Folder::new();
    let log = Arc::new(QueryLog::open(&folder.path("queries.ndjson")).unwrap());
    let (_folder, server) = served(Options { query_log: Some(log), ..Options::default() });
    run(async {
        let (mut client, connection) = connected(&server, 65_535).await;
        tokio::spawn(connection);
        // A lookup has no body that anybody waits for: three times as many as there are places are answered.
        let mut open = Vec::new();
        for _ in 0..3 * STREAMS {
            client = client.ready().await.unwrap();
            let (answer, sending) = client.send_request(lookup(), false).unwrap();
            let answer = answer.await.unwrap();
            assert_eq!(answer.status(), 200);
            let mut body = answer.into_body();
            while let Some(piece) = body.data().await {
                let length = piece.unwrap().len();
                body.flow_control().release_capacity(length).unwrap();
            }
            open.push(sending);
        }
        // A choice has one, and a time in which it comes.
        client = client.ready().await.unwrap();
        let (answer, mut sending) = client.send_request(request("POST", "/v1/choices"), false).unwrap();
        sending.send_data(Bytes::from_static(b"{\"query\":"), false).unwrap();
        assert_eq!(answer.await.unwrap().status(), 408);
    });
}

/// A client of TLS that agrees on HTTP/2 and then says nothing has no stream, answers no ping, and sends no head that
/// could be late.
#[test]
fn whoever_agrees_on_the_newer_version_and_says_nothing_is_let_go() {
    let folder = Folder::new();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate = folder.write("cert.pem", made.cert.pem());
    let key = folder.write("key.pem", made.signing_key.serialize_pem());
    let tls = Some(Arc::new(Tls::open(&certificate, &key).unwrap()));
    let (_folder, server) = served(Options { tls, ..Options::default() });
    let mut stream = agreed(&server, made.cert.der());
    let begun = Instant::now();
    let mut said = Vec::new();
    let _ = stream.read_to_end(&mut said);
    assert!(begun.elapsed() < PATIENCE * 20, "it was let go after {:?}", begun.elapsed());
}

fn agreed(server: &Server, certificate: &CertificateDer<'static>) -> StreamOwned<ClientConnection, TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let client = ClientConnection::new(Arc::new(config), ServerName::try_from("localhost").unwrap()).unwrap();
    let mut stream = StreamOwned::new(client, server.connect());
    stream.flush().unwrap();
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(&mut stream.sock).unwrap();
    }
    assert_eq!(stream.conn.alpn_protocol(), Some(&b"h2"[..]));
    stream
}

/// The words that begin HTTP/2, and nothing more: not even what every client says first.
#[test]
fn whoever_begins_and_never_goes_on_is_let_go() {
    let (_folder, server) = served(Options::default());
    let mut stream = server.connect();
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").unwrap();
    let begun = Instant::now();
    let _ = stream.read_to_end(&mut Vec::new());
    assert!(begun.elapsed() < PATIENCE * 20, "it was let go after {:?}", begun.elapsed());
    until_all_have_left(&server);
}
