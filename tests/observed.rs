//! What a server tells about itself: counters that are right, requests that can be followed through the log, and a
//! log that holds nothing of what was asked.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::sync::Arc;

use serde_json::Value;

use crate::desk_in_a_folder::{Folder, add};
use crate::server_on_a_port::{Server, agent};

/// The value of one line of the metrics.
fn value(metrics: &str, name: &str) -> f64 {
    let line = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {name} in {metrics}")).parse().unwrap()
}

#[test]
fn counters_agree_with_what_was_asked() {
    let folder = Folder::new();
    let desk = folder.load(&(add("A1", "广州酒家", 9.0) + &add("A2", "陶陶居", 1.0)));
    let desk = Arc::new(desk);
    let server = Server::start(Arc::clone(&desk));
    let asked = ["gzjj", "广州酒家", "gzj", "没有这个", "taotaoju", "陶陶居"];
    let slowest = asked.map(|q| server.lookup(q, &[]).json()["took_us"].as_u64().unwrap()).into_iter().max().unwrap();
    assert_eq!(server.lookup("", &[]).status, 400);
    assert_eq!(server.get("/v1/numbers/8138", &[]).status, 404);
    assert_eq!(server.get("/nowhere", &[]).status, 404);
    let answer = server.get("/metrics", &[]);
    assert_eq!(
        (answer.status, answer.content_type.as_str()),
        (200, "application/openmetrics-text; version=1.0.0; charset=utf-8")
    );
    let metrics = answer.body;
    for (name, expected) in [
        ("chahao_lookup_seconds_count{kind=\"initials\"}", 2.0),
        ("chahao_lookup_seconds_count{kind=\"exact\"}", 2.0),
        ("chahao_lookup_seconds_count{kind=\"pinyin\"}", 1.0),
        ("chahao_lookup_seconds_count{kind=\"none\"}", 1.0),
        ("chahao_lookup_seconds_count{kind=\"typo\"}", 0.0),
        ("chahao_lookup_seconds_bucket{le=\"+Inf\",kind=\"initials\"}", 2.0),
        ("chahao_lookups_total{found=\"yes\"}", 5.0),
        ("chahao_lookups_total{found=\"no\"}", 1.0),
        ("chahao_lookups_truncated_total", 0.0),
        ("chahao_requests_total{route=\"/v1/lookup\",status=\"200\"}", 6.0),
        ("chahao_requests_total{route=\"/v1/lookup\",status=\"400\"}", 1.0),
        ("chahao_requests_total{route=\"/v1/numbers/{digits}\",status=\"404\"}", 1.0),
        ("chahao_requests_total{route=\"none\",status=\"404\"}", 1.0),
        ("chahao_request_seconds_count", 9.0),
        ("chahao_seq", 2.0),
        ("chahao_lag_batches", 0.0),
        ("chahao_lag_seconds", 0.0),
    ] {
        assert_eq!(value(&metrics, name), expected, "{name} in {metrics}");
    }
    let summed: f64 = metrics
        .lines()
        .filter(|line| line.starts_with("chahao_lookup_seconds_sum"))
        .map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap())
        .sum();
    assert!(summed * 1e6 >= slowest as f64 - 1.0, "{summed} s over all, {slowest} µs for one");
    assert!(metrics.contains("{le=\"0.00005\",") || metrics.contains("{le=\"5e-5\","), "from 50 µs on: {metrics}");
    assert!(value(&metrics, "process_resident_memory_bytes") > 1e6);
    assert!(value(&metrics, "chahao_connections") >= 1.0);
    let generation = value(&metrics, "chahao_generation");
    folder.import(&desk, &add("A3", "莲香楼", 1.0));
    assert_eq!(value(&server.get("/metrics", &[]).body, "chahao_lag_batches"), 1.0);
    desk.compact(false, &mut chahao::progress::Silent).unwrap();
    let metrics = server.get("/metrics", &[]).body;
    assert_eq!((value(&metrics, "chahao_lag_batches"), value(&metrics, "chahao_seq")), (0.0, 3.0));
    assert!(value(&metrics, "chahao_generation") > generation);
    assert!(!metrics.contains("没有这个") && !metrics.contains("/nowhere"), "{metrics}");
}

#[test]
fn a_request_carries_its_id_in_and_out() {
    let folder = Folder::new();
    let server = Server::start(Arc::new(folder.load(&add("A1", "广州酒家", 1.0))));
    let id = |path: &str, header: &str| {
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{header}Connection: close\r\n\r\n");
        let answer = server.raw(request.as_bytes());
        let head = answer.split_once("x-request-id: ").unwrap_or_else(|| panic!("no id: {answer}")).1;
        head.split("\r\n").next().unwrap().to_owned()
    };
    for path in ["/v1/lookup?q=gzjj", "/v1/lookup", "/nowhere", "/healthz", "/"] {
        assert_eq!(id(path, "X-Request-Id: call-7.a_B\r\n"), "call-7.a_B", "{path}");
    }
    let made = id("/healthz", "");
    assert_ne!(made, id("/healthz", ""), "each has its own");
    for forged in ["X-Request-Id: a b\r\n", "X-Request-Id: \r\n", "X-Request-Id: \u{1f600}\r\n"] {
        let given = id("/healthz", forged);
        assert_eq!(given.split('-').next(), made.split('-').next(), "{forged} was taken: {given}");
    }
    assert_ne!(id("/healthz", &format!("X-Request-Id: {}\r\n", "a".repeat(65))).len(), 65);
}

/// The program, serving with these more arguments; its process and where it listens.
fn serving(folder: &Folder, arguments: &[&str]) -> (Child, String) {
    let arguments = [&["serve", "--listen", "127.0.0.1:0"], arguments].concat();
    let mut command = folder.command(&arguments);
    command.stdout(Stdio::piped()).stderr(std::fs::File::create(folder.path("server.log")).unwrap());
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (child, line.trim().strip_prefix("listening on ").expect("where it listens").to_owned())
}

/// Asks a process to stop and hands over what it logged.
fn log_of(folder: &Folder, mut child: Child) -> String {
    let asked = std::process::Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(asked.success() && child.wait().unwrap().success());
    std::fs::read_to_string(folder.path("server.log")).unwrap()
}

#[test]
fn the_loudest_log_tells_every_request_and_nothing_of_what_was_asked() {
    let folder = Folder::new();
    let withheld = "80245913";
    let rows = add("A1", "广州酒家", 1.0)
        + &format!(
            "{{\"id\":\"A9\",\"name\":\"隐名诊所\",\"phones\":[\"020-{withheld}\"],\"status\":\"non_published\"}}\n"
        );
    folder.load(&rows);
    let made = |name: &str, role: &str| folder.prints(0, &["token", "add", name, "--role", role]).trim().to_owned();
    let (operator, editor) = (made("desk-7", "operator"), made("office", "editor"));
    let (child, url) = serving(&folder, &["--log-format", "json", "--log-level", "trace", "--with-compactor"]);
    let agent = agent();
    let ask = |token: &str, path: &str, id: &str| {
        let request = agent.get(format!("{url}{path}")).header("authorization", format!("Bearer {token}"));
        request.header("x-request-id", id).call().unwrap().status().as_u16()
    };
    let paths = ["/v1/lookup?q=yinmingzhensuo", "/v1/numbers/02080245913", "/v1/listings/A9", "/v1/lookup?q=80245913"];
    for (n, path) in paths.iter().enumerate() {
        assert_ne!(ask(&operator, path, &format!("known-{n}")), 401);
        assert_eq!(ask("chahao_0badc0de", path, &format!("guess-{n}")), 401);
    }
    let batch = rows.replace("A1", "B1").replace("广州酒家", "新来的店").replace("A9", "B9");
    let request = agent.post(format!("{url}/v1/batches")).content_type("application/x-ndjson");
    let sent = request.header("authorization", format!("Bearer {editor}")).send(batch.as_bytes()).unwrap();
    assert_eq!(sent.status().as_u16(), 200);
    let log = log_of(&folder, child);
    for held in [withheld, &operator, &editor, "0badc0de", "yinming", "隐名", "新来的店", "q="] {
        assert!(!log.contains(held), "the log holds {held}: {log}");
    }
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).expect("an object a line")).collect();
    let answered = |id: &str| {
        let about = lines.iter().filter(|line| line["span"]["id"] == id && line["message"] == "answered");
        about.cloned().collect::<Vec<_>>()
    };
    for n in 0..paths.len() {
        let [line] = &answered(&format!("known-{n}"))[..] else { panic!("one line a request: {log}") };
        assert_eq!((&line["method"], &line["span"]["by"]), (&"GET".into(), &"desk-7".into()), "{line}");
        assert!(line["took_us"].is_u64() && line["status"].is_u64() && line["route"].is_string(), "{line}");
        assert_eq!(answered(&format!("guess-{n}"))[0]["status"], 401);
    }
    assert_eq!(answered("known-1")[0]["route"], "/v1/numbers/{digits}");
    let refused = |line: &&Value| line["message"] == "a request was turned away" && line["span"]["id"] == "guess-0";
    assert_eq!(lines.iter().filter(refused).count(), 1, "what a request was refused for carries its id");
}

#[test]
fn as_much_is_logged_as_was_asked_for() {
    let folder = Folder::new();
    folder.load(&add("A1", "广州酒家", 1.0));
    for (arguments, lines) in [
        (&[][..], 3),
        (&["--log-level", "warn"], 0),
        (&["--log-level", "chahao=info,chahao::access=off"], 0),
        (&["--log-level", "OFF"], 0),
    ] {
        let (child, url) = serving(&folder, arguments);
        for _ in 0..3 {
            assert_eq!(agent().get(format!("{url}/v1/lookup?q=gzjj")).call().unwrap().status().as_u16(), 200);
        }
        let log = log_of(&folder, child);
        assert_eq!(log.matches("answered").count(), lines, "{arguments:?}: {log}");
        assert!(!log.contains('\u{1b}'), "no colours in a file: {log:?}");
    }
    let told = folder.ends(2, &["serve", "--log-level", "chahao=loud"]);
    assert!(told.contains("chahao=loud"), "{told}");
}
