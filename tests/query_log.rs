//! The log of queries tells what was typed in vain, typed anew and chosen, and nothing of who typed it.

use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use chahao::http::{Options, QueryLog};
use serde_json::{Value, json};

use crate::browser::{Browser, ENTER};
use crate::desk_in_a_folder::{Folder, add};
use crate::server_on_a_port::Server;

fn served() -> (Folder, Server, std::path::PathBuf) {
    let folder = Folder::new();
    let desk = folder.load(&(add("A1", "广州酒家", 9.0) + &add("A2", "陶陶居", 1.0) + &add("A3", "81380388号店", 1.0)));
    let path = folder.path("queries.ndjson");
    let options = Options { query_log: Some(Arc::new(QueryLog::open(&path).unwrap())), ..Options::default() };
    (folder, Server::start_with(Arc::new(desk), options), path)
}

/// The log once its server has stopped, without the times.
fn lines(server: Server, path: &std::path::Path) -> Vec<Value> {
    drop(server);
    let log = std::fs::read_to_string(path).unwrap();
    log.lines()
        .map(|line| {
            let mut line: Value = serde_json::from_str(line).unwrap();
            let at = line.as_object_mut().unwrap().remove("at").unwrap();
            assert!(at.as_str().unwrap().ends_with('Z'), "{at}");
            line
        })
        .collect()
}

#[test]
fn what_is_logged_is_what_helps_to_find_better_and_nothing_else() {
    let (folder, server, path) = served();
    let token = folder.prints(0, &["token", "add", "desk-7", "--role", "operator"]).trim().to_owned();
    std::thread::sleep(std::time::Duration::from_millis(300));
    let send = |method: &str, path: &str, tab: &str, body: &str| {
        let answer = server.raw(
            format!(
                "{method} {path} HTTP/1.1\r\nHost: localhost\r\nCookie: chahao={token}\r\n{tab}Content-Type: application/json\r\n\
                 Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            )
            .as_bytes(),
        );
        answer.get(9..12).unwrap().to_owned()
    };
    let tab = "chahao-console: 5ecre7word\r\n";
    for q in ["g", "gz", "gzqq", "gzqqqq", "t", "tt", "ttj"] {
        assert_eq!(send("GET", &format!("/v1/lookup?q={q}"), tab, ""), "200");
    }
    assert_eq!(send("GET", "/v1/lookup?q=nosuchthing", "", ""), "200");
    assert_eq!(send("GET", "/v1/lookup?q=98765432", "", ""), "200");
    let choice = r#"{"query":"ttj","id":"A2","place":1}"#;
    assert_eq!(send("POST", "/v1/choices", "", choice), "403", "another site's page cannot write here");
    assert_eq!(send("POST", "/v1/choices", tab, choice), "204");
    assert_eq!(send("POST", "/v1/choices", tab, r#"{"query":"81380388","id":"A3","place":1}"#), "204");
    let secrets = [token.as_str(), "5ecre7word", "desk-7", "98765432", "81380388", "127.0.0.1"].map(str::to_owned);
    assert_eq!(
        lines(server, &path),
        [
            json!({"outcome": "nothing_found", "query": "gzqqqq"}),
            json!({"outcome": "nothing_found", "query": "nosuchthing"}),
            json!({"outcome": "chosen", "query": "ttj", "id": "A2", "place": 1, "before": ["gzqqqq"]}),
        ]
    );
    let log = std::fs::read_to_string(&path).unwrap();
    assert!(secrets.iter().all(|secret| !log.contains(secret.as_str())), "{log}");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "for nobody else to read");
}

#[test]
fn the_console_tells_what_was_chosen_where_the_server_wants_to_hear_it() {
    let (_folder, server, path) = served();
    let browser = Browser::open(&format!("http://{}/", server.address), (1200, 800));
    browser.wait("return document.activeElement.id === 'box'");
    std::thread::sleep(std::time::Duration::from_millis(300));
    browser.keys("taotao");
    browser.wait("return document.querySelector('#hits').dataset.query === 'taotao'");
    browser.keys(ENTER.to_string());
    browser.wait("return document.querySelector('#answer-name') !== null");
    let until = std::time::Instant::now() + crate::server_on_a_port::DEADLINE;
    while !std::fs::read_to_string(&path).unwrap().contains("chosen") {
        assert!(std::time::Instant::now() < until, "the choice was not told");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    drop(browser);
    assert_eq!(lines(server, &path), [json!({"outcome": "chosen", "query": "taotao", "id": "A2", "place": 1})]);
}

#[test]
fn a_server_that_was_not_told_to_keeps_no_log_and_says_so() {
    let folder = Folder::new();
    let server = Server::start(Arc::new(folder.load(&add("A1", "广州酒家", 1.0))));
    let answer = server.post("/v1/choices", "application/json", br#"{"query":"g","id":"A1","place":1}"#);
    assert!(answer.problem(404).contains("--query-log"));
    assert_eq!(server.get("/v1/session", &[]).json()["choices"], false);
}
