//! More clients than can be answered, and clients that only mean to be in the way: whoever asks a lookup meanwhile is
//! answered, or told at once to come again.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use chahao::http::Options;

use crate::desk_in_a_folder::{Folder, add};
use crate::server_on_a_port::{DEADLINE, Server, agent, get};

fn served(options: Options) -> (Folder, Server) {
    let folder = Folder::new();
    let rows: String =
        (0..200).map(|n| add(&format!("A{n}"), &format!("广州{}酒家{n}", "分".repeat(n % 5)), 1.0)).collect();
    let desk = folder.load(&rows);
    (folder, Server::start_with(Arc::new(desk), options))
}

fn counted(server: &Server, name: &str) -> f64 {
    let metrics = server.get("/metrics", &[]).body;
    let line = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {name}")).parse().unwrap()
}

#[test]
fn what_is_over_capacity_is_told_at_once_to_come_again_and_the_rest_is_answered() {
    let (_folder, server) = served(Options { waiting_max: 1, ..Options::default() });
    let (answered, shed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let until = Instant::now() + DEADLINE;
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let agent = agent();
                while Instant::now() < until && shed.load(Ordering::Relaxed) < 20 {
                    let answer = get(&agent, server.address, "/v1/lookup", &[("q", "广州")]);
                    if answer.status == 200 {
                        assert_eq!(answer.ids().len(), 10);
                        answered.fetch_add(1, Ordering::Relaxed);
                    } else {
                        assert_eq!(answer.retry_after.as_deref(), Some("1"));
                        assert!(answer.problem(503).contains("try again"));
                        shed.fetch_add(1, Ordering::Relaxed);
                    }
                    assert_eq!(get(&agent, server.address, "/healthz", &[]).status, 200, "probes are no lookups");
                }
            });
        }
    });
    let (answered, shed) = (answered.into_inner(), shed.into_inner());
    assert!(answered > 0 && shed >= 20, "{answered} answered, {shed} told to come again");
    assert_eq!(counted(&server, "chahao_shed_total"), shed as f64);
    assert_eq!(server.lookup("广州", &[]).ids().len(), 10, "every place is free again");
}

#[test]
fn a_head_that_is_too_large_is_told_so() {
    let (_folder, server) = served(Options::default());
    let ask = |address: &str, headers: &str| {
        server
            .raw(format!("GET {address} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n").as_bytes())
    };
    for (answer, status, text) in [
        (ask(&format!("/v1/lookup?q={}", "a".repeat(9_000)), ""), 414, "an address has at most 8192 bytes"),
        (ask("/healthz", &format!("X: {}\r\n", "x".repeat(20_000))), 431, "headers have at most 16384 bytes"),
    ] {
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
        assert!(answer.contains("content-type: application/problem+json") && answer.contains(text), "{answer}");
    }
    // What is larger still is refused while it is read; the answer comes through though the client goes on sending.
    let many: String = (0..10_000).map(|n| format!("X{n}: 1\r\n")).collect();
    let endless = format!("X: {}\r\n", "x".repeat(200 << 10));
    let query = format!("/v1/lookup?q={}", "a".repeat(100 << 10));
    for (address, headers) in [("/healthz", many.as_str()), (&query, ""), ("/healthz", &endless)] {
        let answer = ask(address, headers);
        let (head, body) = answer.split_once("\r\n\r\n").expect("an answer");
        assert!(head.starts_with("HTTP/1.1 431 ") && head.contains("content-type: application/problem+json"), "{head}");
        let problem: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!((&problem["status"], &problem["type"]), (&431.into(), &"urn:chahao:headers-too-large".into()));
        assert!(head.contains(&format!("content-length: {}", body.len())), "{head}");
    }
    // Whoever sends far more than that may hear nothing, and nothing else either.
    let answer = ask(&format!("/v1/lookup?q={}", "a".repeat(3 << 20)), "");
    assert!(answer.is_empty() || answer.contains("urn:chahao:headers-too-large"), "{answer}");
    let answer = server.raw(b"NO HTTP\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("urn:chahao:bad-request"), "{answer}");
    assert_eq!(server.get("/healthz", &[]).status, 200);
}

#[test]
fn whoever_sends_too_slowly_or_never_reads_is_let_go() {
    let (_folder, server) = served(Options { patience: Duration::from_millis(300), ..Options::default() });
    let begun = Instant::now();
    let mut slow = server.connect();
    slow.write_all(b"GET /v1/lookup?q=gz HTTP/1.1\r\n").unwrap();
    let mut reader = slow.try_clone().unwrap();
    let dripping = std::thread::spawn(move || {
        while slow.write_all(b"X").is_ok() && begun.elapsed() < DEADLINE {
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    let _ = reader.read_to_end(&mut Vec::new());
    dripping.join().unwrap();
    assert!(begun.elapsed() < DEADLINE / 2, "a head that never ends ended after {:?}", begun.elapsed());

    let mut deaf = server.connect();
    let request = "GET /v1/lookup?q=%E5%B9%BF%E5%B7%9E&limit=50 HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(50);
    let begun = Instant::now();
    let error = loop {
        if let Err(error) = deaf.write_all(request.as_bytes()) {
            break error;
        }
        assert!(begun.elapsed() < DEADLINE, "a client that never reads is still written to");
    };
    use std::io::ErrorKind::{BrokenPipe, ConnectionReset};
    assert!([BrokenPipe, ConnectionReset].contains(&error.kind()), "it was closed, not left waiting: {error}");
    assert_eq!(server.lookup("广州", &[]).ids().len(), 10);
}

#[test]
fn one_address_cannot_take_all_connections() {
    let (_folder, server) = served(Options { connections_each_max: 6, ..Options::default() });
    let address = server.address;
    let from_elsewhere = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let stream = runtime.block_on(async {
            let socket = tokio::net::TcpSocket::new_v4().unwrap();
            socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
            socket.connect(address).await.unwrap().into_std().unwrap()
        });
        stream.set_nonblocking(false).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream
    };
    let answer_to = |mut stream: TcpStream| {
        let _ = stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        answer
    };
    let greedy: Vec<TcpStream> = (0..6).map(|_| from_elsewhere()).collect();
    let turned_away = answer_to(from_elsewhere());
    assert!(turned_away.starts_with("HTTP/1.1 503 ") && turned_away.contains("retry-after: 1\r\n"), "{turned_away}");
    assert!(turned_away.contains("urn:chahao:overloaded"), "{turned_away}");
    assert_eq!(server.lookup("广州", &[]).ids().len(), 10, "others have connections");
    drop(greedy);
    let until = Instant::now() + DEADLINE;
    while !answer_to(from_elsewhere()).starts_with("HTTP/1.1 200 ") {
        assert!(Instant::now() < until, "who left takes no place any more");
    }
}

/// How long lookups take on one connection, in microseconds: the median and the slowest but one in ten.
fn latencies(address: SocketAddr) -> (u64, u64) {
    let agent = agent();
    let mut took: Vec<u64> = (0..300)
        .map(|_| {
            let begun = Instant::now();
            assert_eq!(get(&agent, address, "/v1/lookup", &[("q", "广州酒家")]).ids().len(), 10);
            begun.elapsed().as_micros() as u64
        })
        .collect();
    took.sort_unstable();
    (took[150], took[270])
}

/// Sends these bytes on new connections again and again, and waits for what comes.
fn again_and_again(address: SocketAddr, bytes: &[u8], done: &AtomicBool) -> usize {
    let mut sent = 0;
    while !done.load(Ordering::Relaxed) {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        let _ = stream.write_all(bytes);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let _ = stream.read(&mut [0; 512]);
        sent += 1;
        std::thread::sleep(Duration::from_millis(5));
    }
    sent
}

#[test]
fn a_crowd_of_hostile_clients_does_not_slow_the_others() {
    let (_folder, server) = served(Options::default());
    let address = server.address;
    latencies(address);
    let quiet = latencies(address);
    let many: String = (0..10_000).map(|n| format!("X{n}: 1\r\n")).collect();
    let ask =
        |q: &[u8]| [b"GET /v1/lookup?q=", q, b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"].concat();
    let hostile = [
        format!("GET /healthz HTTP/1.1\r\n{many}\r\n").into_bytes(),
        ask(&vec![b'a'; 1 << 20]),
        ask(b"\0%00"),
        ask(b"%ff%fe\xff"),
        ask("%E2%80%AEabc%E2%81%A6\u{202e}".as_bytes()),
        b"GET /v1/changes?since=0&limit=10000 HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec(),
        b"GET /v1/lookup?q=gz HTT".to_vec(),
    ];
    let done = AtomicBool::new(false);
    let (under, sent) = std::thread::scope(|scope| {
        let senders: Vec<_> =
            hostile.iter().map(|bytes| scope.spawn(|| again_and_again(address, bytes, &done))).collect();
        let slow = scope.spawn(|| {
            let mut streams: Vec<TcpStream> = (0..200).map(|_| server.connect()).collect();
            // These never read: what they are sent fills up and stays.
            let mut deaf: Vec<TcpStream> = (0..10).map(|_| server.connect()).collect();
            let request = "GET /v1/lookup?q=gz&limit=50 HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(20);
            deaf.iter().for_each(|stream| stream.set_nonblocking(true).unwrap());
            while !done.load(Ordering::Relaxed) {
                streams.iter_mut().for_each(|stream| drop(stream.write_all(b"G")));
                deaf.iter_mut().for_each(|stream| drop(stream.write(request.as_bytes())));
                std::thread::sleep(Duration::from_millis(50));
            }
        });
        let under = latencies(address);
        done.store(true, Ordering::Relaxed);
        slow.join().unwrap();
        (under, senders.into_iter().map(|sender| sender.join().unwrap()).collect::<Vec<_>>())
    });
    assert!(sent.iter().all(|sent| *sent > 0), "{sent:?}");
    // The crowd takes its share of the cores; nobody waits for one of its connections to end.
    let bound = |quiet: u64| (quiet * 25).max(25_000);
    let quiet_again = latencies(address);
    assert!(quiet_again.0 <= bound(quiet.0), "{quiet_again:?} afterwards, {quiet:?} before");
    // What else the machine is busy with shows before and afterwards too.
    let alone = (quiet.0.max(quiet_again.0), quiet.1.max(quiet_again.1));
    let is_soon = under.0 <= bound(alone.0) && under.1 <= bound(alone.1);
    assert!(is_soon, "µs before {quiet:?}, among the crowd {under:?}, afterwards {quiet_again:?}");
}

/// Long answers of listings and numbers were held without bound for clients that never read them.
#[test]
fn whole_listings_wait_for_their_clients_up_to_a_bound() {
    const CLIENTS: usize = 48;
    let folder = Folder::new();
    let label = "总".repeat(90);
    let row = |n: usize| {
        let phones: Vec<String> = (0..50).map(|p| format!("{label}{p}:020-8{:07}", n * 50 + p)).collect();
        // As much as one answer holds: two hundred under it, three hundred under one of these.
        let parent = [None, Some("P0"), Some("P1")][usize::from(n > 0) + usize::from(n > 200)];
        serde_json::json!({"id": format!("P{n}"), "name": format!("岭南医院{n}"), "parent": parent, "phones": phones})
            .to_string()
            + "\n"
    };
    let server = Server::start(Arc::new(folder.load(&(0..=500).map(row).collect::<String>())));
    let length = server.get("/v1/listings/P0", &[]).body.len();
    // The system takes some four megabytes of each off the server's hands.
    assert!((length - (4 << 20)) * CLIENTS > 160 << 20, "{length} bytes");
    // Each reads what became of its request, and nothing more.
    let greedy = || {
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        socket.set_recv_buffer_size(16 << 10).unwrap();
        socket.connect(&server.address.into()).unwrap();
        let mut stream = TcpStream::from(socket);
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream.write_all(b"GET /v1/listings/P0 HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        let mut status = [0; 12];
        stream.read_exact(&mut status).unwrap();
        (stream, String::from_utf8_lossy(&status[9..]).into_owned())
    };
    let clients: Vec<_> = (0..CLIENTS).map(|_| greedy()).collect();
    let refused = clients.iter().filter(|(_, status)| status == "503").count();
    assert!(refused > 0 && refused < CLIENTS, "{refused} of {CLIENTS} are told to come again");
    assert_eq!(server.lookup("岭南", &[]).status, 200, "lookups are answered meanwhile");
    assert!(counted(&server, "chahao_shed_total") >= refused as f64);
    drop(clients);
    let until = Instant::now() + DEADLINE;
    while server.get("/v1/listings/P0", &[]).status != 200 {
        assert!(Instant::now() < until, "who left takes no room any more");
        std::thread::sleep(Duration::from_millis(20));
    }
}
