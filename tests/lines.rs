//! The console's line: what is asked over it is answered as a request is, to whom a request would be.

use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chahao::http::Options;
use serde_json::Value;
use tungstenite::handshake::client::generate_key;
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::{Error, Message, WebSocket, client, http};

use crate::browser::{Browser, ENTER, ESCAPE};
use crate::desk_in_a_folder::Folder;
use crate::server_on_a_port::{DEADLINE, Server};

const LISTINGS: &str = "{\"id\":\"A1\",\"name\":\"广州酒家\",\"phones\":[\"020-81380388\"]}\n\
                        {\"id\":\"A2\",\"name\":\"天河城\",\"phones\":[\"020-81380399\"]}\n";

fn served(options: Options) -> (Folder, Server) {
    let folder = Folder::new();
    let server = Server::start_with(Arc::new(folder.load(LISTINGS)), options);
    (folder, server)
}

/// The path under which this server has its line: beside the console's files.
fn path(server: &Server) -> String {
    let page = server.get("/", &[]).body;
    let from = page.find("/console/").unwrap();
    let version = page[from + 9..].split('/').next().unwrap();
    format!("/console/{version}/line")
}

/// A line to `path`, with these headers beside those it needs; or the status it was turned away with.
fn line(server: &Server, path: &str, headers: &[(&str, &str)]) -> Result<WebSocket<TcpStream>, u16> {
    let host = server.address.to_string();
    let mut request = http::Request::get(format!("ws://{host}{path}"))
        .header("connection", "upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", generate_key());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    if headers.iter().all(|(name, _)| *name != "host") {
        request = request.header("host", &host);
    }
    let stream = TcpStream::connect(server.address).unwrap();
    match client(request.body(()).unwrap(), stream) {
        Ok((line, _)) => Ok(line),
        Err(tungstenite::HandshakeError::Failure(Error::Http(answer))) => Err(answer.status().as_u16()),
        Err(error) => panic!("{error}"),
    }
}

fn ask(line: &mut WebSocket<TcpStream>, question: &str) -> Value {
    line.send(Message::text(question)).unwrap();
    serde_json::from_str(line.read().unwrap().to_text().unwrap()).unwrap()
}

/// Without what differs from one lookup to the next.
fn without_time(mut answer: Value) -> Value {
    answer["took_us"] = Value::Null;
    answer
}

#[test]
fn a_line_answers_as_requests_are_answered() {
    let (_folder, server) = served(Options::default());
    let mut line = line(&server, &path(&server), &[("origin", &format!("http://{}", server.address))]).unwrap();
    for (id, query) in
        [(1, "q=gzjj"), (2, "q=thc&limit=3"), (9_007_199_254_740_991_u64, "q=%E5%A4%A9"), (3, "limit=1"), (4, "q=")]
    {
        let answer = ask(&mut line, &format!("{id} /v1/lookup?{query}"));
        let request = server.get(&format!("/v1/lookup?{query}"), &[]);
        assert_eq!(answer["id"], id);
        assert_eq!(answer["status"], request.status, "{query}");
        assert_eq!(without_time(answer["body"].clone()), without_time(request.json()), "{query}");
    }
    let metrics = server.get("/metrics", &[]).body;
    assert!(metrics.contains("chahao_lines 1\n"), "{metrics}");
    assert!(metrics.contains("route=\"/v1/lookup\",status=\"200\"} 6"), "what a line asks is counted: {metrics}");
}

#[test]
fn what_is_no_lookup_ends_a_line() {
    let (_folder, server) = served(Options { accept_batches: true, ..Options::default() });
    let path = path(&server);
    let long = format!("1 /v1/lookup?q={}", "a".repeat(9_000));
    for wrong in [
        "",
        "gzjj",
        "x /v1/lookup?q=a",
        "1 /v1/batches",
        "1 /v1/lookup/../batches",
        "1 http://",
        "-1 /v1/lookup?q=a",
        &long,
    ] {
        let mut line = line(&server, &path, &[]).unwrap();
        line.send(Message::text(wrong)).unwrap();
        match line.read() {
            Ok(Message::Close(frame)) => {
                let frame = frame.unwrap();
                assert_eq!(frame.code, CloseCode::Policy, "{wrong}");
                assert!(frame.reason.contains("expected a number"), "{}", frame.reason);
            }
            Err(_) => assert!(wrong.len() > 9_000, "{wrong}: closed without a word"),
            other => panic!("{wrong}: {other:?}"),
        }
    }
    assert_eq!(server.get("/v1/lookup?q=gzjj", &[]).ids(), ["A1"], "the server goes on");
    assert!(server.get("/metrics", &[]).body.contains("chahao_lines 0\n"), "who left has left");
}

#[test]
fn lines_are_opened_by_this_console_only() {
    let (_folder, server) = served(Options::default());
    let path = path(&server);
    assert_eq!(line(&server, &path, &[("origin", "https://evil.example")]).err(), Some(403));
    assert_eq!(line(&server, &path, &[("origin", "null")]).err(), Some(403));
    let rebound = line(&server, &path, &[("host", "evil.example"), ("origin", "http://evil.example")]);
    assert_eq!(rebound.err(), Some(421), "a page whose name was made to lead here");
    assert_eq!(line(&server, "/console/0123456789abcdef/line", &[]).err(), Some(404), "a console of another version");
    assert!(server.get(&path, &[]).problem(400).contains("upgrade"), "a request is none");
}

#[test]
fn a_line_counts_as_the_connection_it_was() {
    let (_folder, server) = served(Options { connections_each_max: 4, ..Options::default() });
    let path = path(&server);
    // One of the four is that of the requests.
    let mut lines: Vec<_> = (0..3).map(|_| line(&server, &path, &[]).unwrap()).collect();
    assert_eq!(line(&server, &path, &[]).err(), Some(503));
    assert_eq!(ask(&mut lines[0], "1 /v1/lookup?q=gzjj")["status"], 200);
    lines.pop();
    let until = Instant::now() + DEADLINE;
    while line(&server, &path, &[]).is_err() {
        assert!(Instant::now() < until, "a line that is closed keeps its place");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_line_needs_the_token_a_request_needs() {
    let (folder, server) = served(Options { ask_for_tokens: true, ..Options::default() });
    let path = path(&server);
    // Lines are few: whoever is not known holds none.
    for headers in [&[][..], &[("cookie", "chahao=nobody")]] {
        assert_eq!(line(&server, &path, headers).err(), Some(401));
    }
    let token = folder.prints(0, &["token", "add", "front", "--role", "operator", "--by", "chief"]);
    let token = token.trim();
    let cookie = format!("chahao={token}");
    let until = Instant::now() + DEADLINE;
    let mut known = loop {
        match line(&server, &path, &[("cookie", &cookie)]) {
            Ok(line) => break line,
            Err(refused) => assert!(Instant::now() < until, "a token that was made is not in force: {refused}"),
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    assert_eq!(ask(&mut known, "2 /v1/lookup?q=gzjj")["body"]["hits"][0]["id"], "A1");
    folder.ends(0, &["token", "revoke", "front", "--by", "chief"]);
    let until = Instant::now() + DEADLINE;
    while ask(&mut known, "3 /v1/lookup?q=gzjj")["status"] != 401 {
        assert!(Instant::now() < until, "a revoked token is still in force");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A stop cut lines off in the middle: questions went unanswered until the console took the line for dead.
#[test]
fn a_server_that_stops_answers_what_has_come_and_closes_its_lines_as_going_away() {
    for linger in [Duration::ZERO, Duration::from_millis(500)] {
        let (_folder, mut server) = served(Options { linger, ..Options::default() });
        let path = path(&server);
        let mut lines: Vec<_> = (0..8).map(|_| line(&server, &path, &[]).unwrap()).collect();
        for (id, line) in lines.iter_mut().enumerate() {
            line.get_ref().set_read_timeout(Some(DEADLINE)).unwrap();
            assert_eq!(ask(line, &format!("{id} /v1/lookup?q=gzjj"))["status"], 200);
        }
        for line in &mut lines[..4] {
            line.send(Message::text("7 /v1/lookup?q=thc")).unwrap();
        }
        // They have come, and may be answered.
        std::thread::sleep(Duration::from_millis(100));
        let begun = Instant::now();
        server.ask_to_stop();
        for (number, line) in lines.iter_mut().enumerate() {
            if number < 4 {
                let answer: Value = serde_json::from_str(line.read().unwrap().to_text().unwrap()).unwrap();
                assert_eq!(answer["body"]["hits"][0]["id"], "A2");
            }
            match line.read() {
                Ok(Message::Close(Some(frame))) => assert_eq!(frame.code, CloseCode::Away),
                other => panic!("a line ends with {other:?}"),
            }
            // Its client closes it in its turn.
            assert!(matches!(line.read(), Err(Error::ConnectionClosed)), "and then for good");
        }
        server.wait_until_ended();
        assert!(begun.elapsed() < Duration::from_secs(5), "nobody holds it up: {:?}", begun.elapsed());
    }
}

/// Lookups the page has asked for by requests.
const REQUESTS: &str =
    "return performance.getEntriesByType('resource').filter((e) => e.name.includes('/v1/lookup')).length";

#[test]
fn the_console_asks_over_its_line_and_by_requests_where_that_says_nothing() {
    let (_folder, server) = served(Options::default());
    let browser = Browser::open(&format!("http://{}/", server.address), (1_000, 700));
    let lines = || server.get("/metrics", &[]).body.contains("chahao_lines 1\n");
    let until = Instant::now() + DEADLINE;
    while !lines() {
        assert!(Instant::now() < until, "the console opens no line");
        std::thread::sleep(Duration::from_millis(20));
    }
    browser.keys("gzjj");
    browser.wait("return document.querySelector('#hits').dataset.query === 'gzjj'");
    assert_eq!(browser.run(REQUESTS, &[]), 0);
    // From now on nothing gets through, and nobody says so.
    browser.run("WebSocket.prototype.send = () => {}", &[]);
    browser.keys(ESCAPE.to_string() + "thc");
    browser.wait("return document.querySelector('#hits').dataset.query === 'thc'");
    assert_ne!(browser.run(REQUESTS, &[]), 0);
    browser.keys(ENTER.to_string());
    browser.wait("return document.querySelector('#answer').dataset.id === 'A2'");
}
