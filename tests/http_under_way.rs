//! Hostile clients, a server that is asked to stop, and a new generation under constant lookups.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use chahao::progress::Silent;

use crate::desk_in_a_folder::{Folder, add, ended};
use crate::server_on_a_port::{DEADLINE, Server, agent, get};

fn served() -> (Folder, Server) {
    let folder = Folder::new();
    let desk = folder.load(&add("A1", "广州酒家", 1.0));
    (folder, Server::start(Arc::new(desk)))
}

#[test]
fn a_hostile_request_does_not_harm_the_server() {
    let (_folder, server) = served();
    let header = |size: usize| {
        format!("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: {}\r\nConnection: close\r\n\r\n", "x".repeat(size))
            .into_bytes()
    };
    let lookup =
        |q: &str| format!("GET /v1/lookup?q={q} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").into_bytes();
    let many: String = (0..2_000).map(|n| format!("X{n}: 1\r\n")).collect();
    for (what, bytes, statuses) in [
        ("bytes that are not UTF-8", lookup("%ff%fe%80"), &["400"][..]),
        ("a cut-off escape", lookup("%e5%b9%"), &["400"]),
        ("an escaped NUL", lookup("%00"), &["200"]),
        ("escaped line ends", lookup("%0d%0aX:1"), &["200"]),
        ("raw hanzi", lookup("广州"), &["200", "400"]),
        ("a long query", lookup(&"a".repeat(8_000)), &["400"]),
        ("a head as long as allowed", header(12 << 10), &["200"]),
        ("an over-long head", header(20 << 10), &["431"]),
        ("a far too long head", header(1 << 20), &["431", ""]),
        ("a far too long address", lookup(&"a".repeat(1 << 20)), &["431", "414", ""]),
        ("many headers", format!("GET /healthz HTTP/1.1\r\n{many}\r\n").into_bytes(), &["431", "400"]),
        ("a raw NUL", b"GET /v1/lookup?q=\0 HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec(), &["400"]),
        ("a TLS hello", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(), &["400", ""]),
        ("no HTTP", b"hello\r\n\r\n".to_vec(), &["400", ""]),
        (
            "lengths that contradict each other",
            b"GET /healthz HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n".to_vec(),
            &["400"],
        ),
    ] {
        let answer = server.raw(&bytes);
        let status = answer.strip_prefix("HTTP/1.1 ").map_or("", |rest| rest.get(..3).unwrap_or_default());
        assert!(statuses.contains(&status), "{what}: {answer:?}");
        assert_eq!(server.get("/healthz", &[]).status, 200, "after {what}");
        assert_eq!(server.lookup("gzjj", &[]).ids(), ["A1"], "after {what}");
    }
    for bytes in [&b""[..], b"GET /v1/lookup?q=a HTTP/1.1\r\nHost"] {
        assert_eq!(server.cut_off(bytes), "", "a request that never ends has no answer");
        assert_eq!(server.get("/healthz", &[]).status, 200);
    }
}

#[test]
fn many_silent_connections_do_not_hold_up_the_others() {
    let (_folder, server) = served();
    let silent: Vec<_> = (0..200).map(|_| server.connect()).collect();
    for stream in &silent {
        let mut stream: &std::net::TcpStream = stream;
        stream.write_all(b"GET /v1/look").unwrap();
    }
    assert_eq!(server.lookup("gzjj", &[]).ids(), ["A1"]);
    drop(silent);
    assert_eq!(server.lookup("gzjj", &[]).ids(), ["A1"]);
}

#[test]
fn a_server_that_is_asked_to_stop_finishes_what_it_accepted() {
    let folder = Folder::new();
    let desk = folder.load(&add("A1", "广州酒家", 1.0));
    let mut server = Server::start_in_order(Arc::new(desk));
    let mut accepted = server.connect();
    accepted.write_all(b"GET /v1/lookup?q=gzjj HTTP/1.1\r\nHost: localhost\r\n").unwrap();
    // The server has one thread and reads in order: when this is answered, the beginning above was read.
    let mut idle = server.connect();
    idle.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut answer = [0; 15];
    idle.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200 OK");
    server.ask_to_stop();
    // It has stopped listening once it closes the connection that only waits.
    let mut rest = Vec::new();
    idle.read_to_end(&mut rest).unwrap();
    assert!(std::net::TcpStream::connect(server.address).is_err(), "nothing new is accepted");
    accepted.write_all(b"\r\n").unwrap();
    let mut answer = String::new();
    accepted.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.contains("广州酒家"), "{answer}");
    let asked = Instant::now();
    server.wait_until_ended();
    assert!(asked.elapsed() < DEADLINE / 4, "it ends as soon as everything is answered");
}

#[test]
fn lookups_see_no_error_and_no_older_seq_while_generations_are_swapped() {
    const SWAPS: u64 = 6;
    let folder = Folder::new();
    let desk = Arc::new(folder.load(&add("A0", "广州酒家", 1.0)));
    let mut server = Server::start(Arc::clone(&desk));
    let (done, newest) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                // One client keeps one connection.
                let (agent, mut last) = (agent(), 0);
                while !done.load(Ordering::Acquire) {
                    let answer = get(&agent, server.address, "/v1/lookup", &[("q", "广州"), ("limit", "50")]);
                    let ids = answer.ids();
                    let seq = answer.json()["seq"].as_u64().unwrap();
                    assert!(seq >= last, "seq went from {last} back to {seq}");
                    assert_eq!(ids.len() as u64, seq, "an answer from seq {seq} holds what was there then");
                    last = seq;
                    newest.fetch_max(seq, Ordering::AcqRel);
                }
            });
        }
        let until = Instant::now() + DEADLINE;
        for n in 1..=SWAPS {
            folder.import(&desk, &add(&format!("A{n}"), "广州分店", 1.0));
            desk.compact(n % 3 == 0, &mut Silent).unwrap();
            while newest.load(Ordering::Acquire) < n + 1 && Instant::now() < until {
                std::thread::yield_now();
            }
        }
        done.store(true, Ordering::Release);
    });
    assert_eq!(newest.load(Ordering::Acquire), SWAPS + 1, "every generation was seen");
    server.ask_to_stop();
    server.wait_until_ended();
}

#[test]
fn another_process_compacts_and_the_server_follows_when_told() {
    let (folder, server) = {
        let folder = Folder::new();
        folder.load(&add("A1", "广州酒家", 1.0));
        let desk = Arc::new(folder.desk());
        let server = Server::start(Arc::clone(&desk));
        folder.import(&desk, &add("A2", "陶陶居", 1.0));
        folder.ends(0, &["compact"]);
        assert_eq!(server.lookup("陶陶居", &[]).ids(), Vec::<String>::new(), "not before it is told");
        assert!(desk.refresh().unwrap(), "there is a newer generation");
        assert!(!desk.refresh().unwrap(), "and only one");
        (folder, server)
    };
    assert_eq!(server.lookup("陶陶居", &[]).ids(), ["A2"]);
    assert_eq!(folder.ends(0, &["verify"]).matches("all is well").count(), 1);
}

#[test]
fn the_program_serves_keeps_in_step_and_stops_when_it_is_told() {
    let folder = Folder::new();
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--with-compactor"];
    let mut command = folder.command(&arguments);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program runs");
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    let address = first.trim().strip_prefix("listening on http://").expect("where it listens").parse().unwrap();
    folder.write("batch.ndjson", add("A1", "广州酒家", 1.0));
    folder.ends(0, &["import", "batch.ndjson"]);
    let (agent, until) = (agent(), Instant::now() + DEADLINE);
    let found = || get(&agent, address, "/v1/lookup", &[("q", "gzjj")]);
    while found().status != 200 || found().ids().is_empty() {
        assert!(Instant::now() < until, "imported, and not answered in time");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert_eq!(found().ids(), ["A1"]);
    let told = folder.ends(5, &["serve", "--listen", &address.to_string()]);
    assert!(told.contains("is another server running?"), "{told}");
    let killed = std::process::Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    ended(0, &arguments, &child.wait_with_output().unwrap());
    assert!(std::net::TcpStream::connect(address).is_err(), "nobody listens any more");
}
