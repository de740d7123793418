//! Batches over HTTP: the same verdicts as on the command line, and changes for whoever follows.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::sync::Arc;

use serde_json::{Value, json};

use crate::desk_in_a_folder::{Folder, add};
use crate::server_on_a_port::Server;

const NDJSON: &str = "application/x-ndjson";

#[test]
fn a_batch_that_is_sent_is_told_of_like_one_that_is_imported() {
    let folder = Folder::new();
    let server = Server::start_for_editors(Arc::new(folder.desk()));
    let rows = add("A1", "一店", 1.0) + &add("A2", "二店", 1.0);
    let dry = server.post("/v1/batches?dry_run=true&feed=weekly", NDJSON, rows.as_bytes()).json();
    assert_eq!((&dry["dry_run"], &dry["accepted"]["add"], &dry["batch"]), (&json!(true), &json!(2), &Value::Null));
    assert!(!folder.ledger().exists(), "a dry run makes no ledger");
    let answer = server.post("/v1/batches?feed=weekly", NDJSON, rows.as_bytes());
    let report = answer.json();
    assert_eq!((answer.status, &report["batch"], &report["chain"]), (200, &json!(1), &dry["chain"]));
    let again = server.post("/v1/batches?feed=weekly", "text/csv; charset=utf-8", rows.as_bytes()).json();
    assert_eq!(again["already_imported"], true);
    let refused = server.post("/v1/batches", NDJSON, b"{\"id\":\"X\"}\n");
    assert_eq!((refused.status, refused.content_type.as_str()), (422, "application/problem+json"));
    let problem = refused.json();
    assert!(problem["detail"].as_str().unwrap().contains("1 of 1 rows are rejected"), "{problem}");
    assert_eq!(problem["report"]["rejections"][0]["field"], "name");
    assert!(
        server.post("/v1/batches?feed=weekly&seq=9", NDJSON, b"{\"id\":\"X\"}").problem(422).contains("batch 2 next")
    );
    assert!(server.post("/v1/batches?force=true", NDJSON, b"{}").problem(400).contains("force"));
    assert!(server.post("/v1/batches", NDJSON, b"").problem(422).contains("empty"));
    for simple in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
        assert!(server.post("/v1/batches", simple, rows.as_bytes()).problem(415).contains("text/csv"));
    }
    assert_eq!((folder.ledger_state().0, folder.ledger_state().1), (2, 1));
}

#[test]
fn a_batch_that_is_cut_off_or_too_large_leaves_nothing() {
    let folder = Folder::new();
    folder.import(&folder.desk(), &add("A1", "一店", 1.0));
    let server = Server::start_for_editors(Arc::new(folder.desk()));
    let head = |length: u64| {
        format!(
            "POST /v1/batches HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: {NDJSON}\r\ncontent-length: {length}\r\n\r\n"
        )
    };
    let mut stream = server.connect();
    stream.write_all(format!("{}{}", head(5_000), add("B1", "半店", 1.0)).as_bytes()).unwrap();
    drop(stream);
    let told = server.raw(head(2 << 30).as_bytes());
    assert!(told.starts_with("HTTP/1.1 413"), "{told}");
    // The slot is free again: what was cut off ended.
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    loop {
        let answer = server.post("/v1/batches", NDJSON, add("C1", "三店", 1.0).as_bytes());
        if answer.status == 200 {
            break;
        }
        assert!(answer.status == 503 && std::time::Instant::now() < deadline, "{}", answer.body);
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert_eq!((folder.ledger_state().0, folder.ledger_state().1), (2, 2));
}

#[test]
fn a_server_takes_no_batches_unless_it_was_told_to() {
    let folder = Folder::new();
    let server = Server::start(Arc::new(folder.desk()));
    assert!(server.post("/v1/batches", NDJSON, b"{}").problem(403).contains("--accept-batches"));
    assert!(!folder.ledger().exists());
}

#[test]
fn whoever_follows_the_changes_has_what_stands() {
    let folder = Folder::new();
    let desk = folder.desk();
    folder.import(&desk, &(0..30).map(|n| add(&format!("A{n}"), &format!("店{n}"), 1.0)).collect::<String>());
    folder.import(
        &desk,
        "{\"op\":\"delete\",\"id\":\"A3\"}\n{\"op\":\"change\",\"id\":\"A4\",\"name\":\"新店\"}\n\
         {\"id\":\"A9x\",\"name\":\"隐店\",\"phones\":[\"020-80245913\"],\"status\":\"non_published\"}\n",
    );
    let server = Server::start(Arc::new(folder.desk()));
    let (mut since, mut standing) = (0_u64, BTreeMap::new());
    loop {
        let answer = server.get("/v1/changes", &[("since", &since.to_string()), ("limit", "7")]);
        assert_eq!((answer.status, answer.content_type.as_str()), (200, "application/x-ndjson"));
        assert!(!answer.body.contains("80245913"), "{}", answer.body);
        let reached: u64 = answer.seq.unwrap().parse().unwrap();
        if reached == since {
            assert_eq!(answer.body, "");
            break;
        }
        for line in answer.body.lines() {
            let change: Value = serde_json::from_str(line).unwrap();
            let id = change["id"].as_str().unwrap().to_owned();
            if change["after"].is_null() {
                standing.remove(&id)
            } else {
                standing.insert(id, change["after"].clone())
            };
        }
        since = reached;
    }
    assert_eq!((since, standing.len(), &standing["A4"]["name"]), (33, 30, &json!("新店")));
    assert!(!standing.contains_key("A3"));
    let page = server.get("/v1/batches", &[("limit", "1")]).json();
    assert_eq!((&page["next"], &page["batches"][0]["added"]), (&json!(1), &json!(30)));
    let rest = server.get("/v1/batches", &[("after", "1")]).json();
    assert_eq!((&rest["next"], &rest["batches"][0]["batch"]), (&Value::Null, &json!(2)));
    assert_eq!(server.get("/v1/batches/2", &[]).json()["deleted"], 1);
    assert!(server.get("/v1/batches/9", &[]).problem(404).contains("no batch 9"));
    assert!(server.get("/v1/batches/x", &[]).problem(400).contains("x"));
    assert!(server.get("/v1/changes", &[("limit", "10001")]).problem(400).contains("1 to 10000"));
    assert!(server.get("/v1/batches", &[("limit", "0")]).problem(400).contains("1 to 1000"));
}

/// A second batch was told at once that the desk was not ready.
#[test]
fn a_second_batch_waits_its_turn_and_is_told_whose_turn_it_is() {
    let folder = Folder::new();
    let server = Server::start_for_editors(Arc::new(folder.desk()));
    let (first, second) = (add("A1", "一店", 1.0), add("B1", "二店", 1.0));
    // One that takes its time keeps nobody waiting.
    let mut slow = server.connect();
    let length = first.len();
    let head = format!(
        "POST /v1/batches?feed=slow HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: {NDJSON}\r\ncontent-length: {length}\r\n\r\n"
    );
    slow.write_all(head.as_bytes()).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(300));
    let answer = server.post("/v1/batches", NDJSON, second.as_bytes());
    assert_eq!((answer.status, &answer.json()["batch"]), (200, &json!(1)), "{}", answer.body);
    // One that is applied does, for a while.
    let other = rusqlite::Connection::open(folder.ledger()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    slow.write_all(first.as_bytes()).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(300));
    let third = add("C1", "三店", 1.0);
    let refused = server.post("/v1/batches", NDJSON, third.as_bytes());
    assert_eq!(refused.retry_after.as_deref(), Some("1"));
    assert_eq!(refused.json()["type"], "urn:chahao:batch-under-way");
    assert!(refused.problem(503).contains("another batch is being applied"));
    std::thread::scope(|scope| {
        let waits = scope.spawn(|| server.post("/v1/batches", NDJSON, third.as_bytes()));
        std::thread::sleep(std::time::Duration::from_millis(300));
        other.execute_batch("ROLLBACK").unwrap();
        let answer = waits.join().unwrap();
        assert_eq!((answer.status, &answer.json()["batch"]), (200, &json!(2)), "{}", answer.body);
    });
    let mut told = String::new();
    slow.read_to_string(&mut told).unwrap();
    assert!(
        told.starts_with("HTTP/1.1 503"),
        "it waited for the other process no longer than the next one for it: {told}"
    );
    assert_eq!((folder.ledger_state().0, folder.ledger_state().1), (2, 2));
}

#[test]
fn corrected_rows_are_sent_as_they_are_imported() {
    let folder = Folder::new();
    let server = Server::start_for_editors(Arc::new(folder.desk()));
    let good = server.post("/v1/batches?feed=weekly", "text/csv", "id,name\nA1,一店\n".as_bytes());
    assert_eq!(good.status, 200, "{}", good.body);
    let path = "/v1/batches?feed=weekly&corrections=true";
    let report = server.post(path, "text/csv", "id,name\nA2,二店\n".as_bytes()).json();
    assert_eq!((&report["feed"], &report["feed_seq"]), (&json!("weekly/corrections"), &json!(1)));
    let next = server.post("/v1/batches?feed=weekly&seq=2", "text/csv", "id,name\nA3,三店\n".as_bytes()).json();
    assert_eq!((&next["feed"], &next["feed_seq"]), (&json!("weekly"), &json!(2)), "its office counts on");
    for of_the_office in ["seq=3", "prev=00"] {
        let answer = server.post(&format!("{path}&{of_the_office}"), "text/csv", b"id,name\nA4,x\n");
        assert!(answer.problem(400).contains("numbered by the ledger"));
    }
    assert_eq!(folder.ledger_state().1, 3);
}

/// The ledger did not say who had sent a batch, unless limits were overridden.
#[test]
fn a_batch_says_whose_token_it_was_sent_with() {
    let folder = Folder::new();
    folder.import(&folder.desk(), &add("A1", "一店", 1.0));
    let token = folder.prints(0, &["token", "add", "office <1>", "--role", "editor"]).trim().to_owned();
    let server = Server::start(Arc::new(folder.desk()));
    let agent = crate::server_on_a_port::agent();
    let url = format!("http://{}/v1/batches", server.address);
    let send = |rows: &str| {
        let request = agent.post(&url).content_type(NDJSON).header("authorization", format!("Bearer {token}"));
        let mut answer = request.send(rows.as_bytes()).unwrap();
        assert_eq!(answer.status().as_u16(), 200, "{}", answer.body_mut().read_to_string().unwrap());
    };
    send(&add("B1", "二店", 1.0));
    send(&format!("{{\"feed\":\"w\",\"seq\":1,\"effective\":\"2999-01-01\"}}\n{}", add("C1", "三店", 1.0)));
    let ledger = rusqlite::Connection::open(folder.ledger()).unwrap();
    ledger.execute("UPDATE waiting SET until = '2020-01-01'", []).unwrap();
    drop(ledger);
    folder.ends(0, &["compact"]);
    let batches = folder.prints(0, &["batches", "--json"]);
    let senders: Vec<Value> =
        batches.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["sent_by"].clone()).collect();
    assert_eq!(senders, [Value::Null, json!("office <1>"), json!("office <1>")]);
    assert!(folder.prints(0, &["batches"]).contains("sent by office <1>"));
    let request = agent.get(format!("{url}/3")).header("authorization", format!("Bearer {token}"));
    assert!(request.call().unwrap().body_mut().read_to_string().unwrap().contains("\"sent_by\":\"office <1>\""));
    folder.ends(0, &["verify"]);
    // It is part of the chain: nobody else sent it afterwards.
    let ledger = rusqlite::Connection::open(folder.ledger()).unwrap();
    ledger.execute("UPDATE batch SET about = replace(about, 'office', 'nobody') WHERE n = 2", []).unwrap();
    folder.ends(4, &["verify"]);
}
