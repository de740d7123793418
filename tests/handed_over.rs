//! A server is replaced by another process while everybody goes on asking, and nobody notices.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::browser::{Browser, ESCAPE};
use crate::desk_in_a_folder::{Folder, add};
use crate::regression_office::until;
use crate::server_on_a_port::{DEADLINE, agent, get};

/// The program, serving beside others at `address`; and where it listens, once it does.
fn serving(folder: &Folder, address: &str) -> (Child, SocketAddr) {
    let mut command = folder.command(&["serve", "--reuse-port", "--listen", address, "--log-level", "warn"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (child, line.trim().strip_prefix("listening on http://").expect("where it listens").parse().unwrap())
}

/// A client that fails at the first thing that is not a whole answer.
struct Client {
    address: SocketAddr,
    kept: Option<BufReader<TcpStream>>,
}

impl Client {
    /// Looks something up; which process answered.
    fn ask(&mut self, keep: bool) -> std::io::Result<String> {
        let mut stream = match self.kept.take() {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(self.address)?;
                stream.set_read_timeout(Some(DEADLINE))?;
                BufReader::new(stream)
            }
        };
        let ending = if keep { "" } else { "Connection: close\r\n" };
        let request = format!("GET /v1/lookup?q=gzjj HTTP/1.1\r\nHost: localhost\r\n{ending}\r\n");
        stream.get_mut().write_all(request.as_bytes())?;
        let (mut length, mut closes, mut process, mut head) = (None, false, String::new(), String::new());
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line)? == 0 {
                return Err(std::io::Error::other(format!("no answer but {head:?}")));
            }
            head.push_str(&line);
            match line.trim().to_ascii_lowercase().split_once(": ") {
                Some(("content-length", value)) => length = value.parse::<usize>().ok(),
                Some(("connection", "close")) => closes = true,
                Some(("x-request-id", id)) => process = id.split('-').next().unwrap_or_default().to_owned(),
                _ if line == "\r\n" => break,
                _ => {}
            }
        }
        let mut body = vec![0; length.ok_or_else(|| std::io::Error::other(head.clone()))?];
        stream.read_exact(&mut body)?;
        if !head.starts_with("HTTP/1.1 200") || !String::from_utf8_lossy(&body).contains("广州酒家") {
            return Err(std::io::Error::other(head));
        }
        self.kept = (keep && !closes).then_some(stream);
        Ok(process)
    }
}

#[test]
fn a_server_is_replaced_under_steady_lookups_and_none_fails() {
    const RESTARTS: usize = 3;
    let folder = Folder::new();
    folder.load(&add("A1", "广州酒家", 1.0));
    let (mut serves, address) = serving(&folder, "127.0.0.1:0");
    let (done, answered_by) = (AtomicBool::new(false), Mutex::new(BTreeSet::new()));
    let slowest = std::thread::scope(|scope| {
        // Some keep their connection, others make a new one for each lookup.
        let ask = |keep: bool, every: Duration| {
            let (mut client, mut slowest) = (Client { address, kept: None }, Duration::ZERO);
            while !done.load(Ordering::Relaxed) {
                let begun = Instant::now();
                let process = client.ask(keep).unwrap_or_else(|error| panic!("a lookup failed: {error}"));
                slowest = slowest.max(begun.elapsed());
                answered_by.lock().unwrap().insert(process);
                std::thread::sleep(every);
            }
            slowest
        };
        let clients: Vec<_> = [(true, 2), (true, 5), (true, 40), (false, 1), (false, 3), (false, 10)]
            .map(|(keep, every)| scope.spawn(move || ask(keep, Duration::from_millis(every))))
            .into();
        for _ in 0..RESTARTS {
            let (next, there) = serving(&folder, &address.to_string());
            assert_eq!(there, address);
            let asked = std::process::Command::new("kill").args(["-TERM", &serves.id().to_string()]).status().unwrap();
            let begun = Instant::now();
            assert!(asked.success() && serves.wait().unwrap().success(), "it ends well");
            assert!(begun.elapsed() < DEADLINE, "and soon");
            serves = next;
        }
        std::thread::sleep(Duration::from_millis(100));
        done.store(true, Ordering::Relaxed);
        clients.into_iter().map(|client| client.join().expect("no lookup failed")).max().unwrap()
    });
    serves.kill().unwrap();
    serves.wait().unwrap();
    assert_eq!(answered_by.into_inner().unwrap().len(), RESTARTS + 1, "each process answered");
    // A connection that is begun while a listener is closed is begun again after a second or three.
    assert!(slowest < Duration::from_secs(8), "{slowest:?}");
}

#[test]
fn a_console_is_answered_by_the_next_server_without_a_word_lost() {
    let folder = Folder::new();
    folder.load(&(add("A1", "广州酒家", 1.0) + &add("A2", "天河城", 1.0)));
    let (mut serves, address) = serving(&folder, "127.0.0.1:0");
    let lines = || {
        let metrics = get(&agent(), address, "/metrics", &[]).body;
        metrics.lines().find_map(|line| line.strip_prefix("chahao_lines ")).unwrap().to_owned()
    };
    let browser = Browser::open(&format!("http://{address}/"), (1_000, 700));
    assert!(until(|| lines() == "1"), "the console opens a line");
    let (mut next, _) = serving(&folder, &address.to_string());
    let asked = std::process::Command::new("kill").args(["-TERM", &serves.id().to_string()]).status().unwrap();
    let answers = |browser: &Browser, typed: &str| {
        browser.keys(format!("{ESCAPE}{typed}"));
        browser.wait(&format!("return document.querySelector('#hits').dataset.query === '{typed}'"));
    };
    for _ in 0..20 {
        answers(&browser, "gzjj");
        answers(&browser, "thc");
    }
    assert!(asked.success() && serves.wait().unwrap().success(), "it ends well");
    assert!(until(|| lines() == "1"), "the console has a line to the next one");
    answers(&browser, "gz");
    next.kill().unwrap();
    next.wait().unwrap();
}

#[test]
fn nobody_takes_a_port_that_was_not_shared() {
    let folder = Folder::new();
    folder.load(&add("A1", "广州酒家", 1.0));
    let server = crate::server_on_a_port::Server::start(std::sync::Arc::new(folder.desk()));
    let told = folder.ends(5, &["serve", "--reuse-port", "--listen", &server.address.to_string()]);
    assert!(told.contains("is another server running?"), "{told}");
}
