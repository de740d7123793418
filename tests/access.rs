//! Who is let in: tokens, roles, sessions of the console, and what is told of them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::browser::{Browser, ENTER};
use crate::desk_in_a_folder::{Folder, add};
use crate::regression_office::until;
use crate::server_on_a_port::{DEADLINE, Server};

/// A desk with a listing and a token for each role.
fn guarded() -> (Folder, Server, [String; 3]) {
    let folder = Folder::new();
    let desk = folder.load(&add("A1", "广州酒家", 1.0));
    let tokens = ["operator", "editor", "admin"].map(|role| made(&folder, &format!("{role}-1"), role));
    (folder, Server::start(Arc::new(desk)), tokens)
}

fn made(folder: &Folder, name: &str, role: &str) -> String {
    let told = folder.prints(0, &["token", "add", name, "--role", role, "--by", "chief"]);
    let token = told.trim().to_owned();
    assert!(token.starts_with("chahao_") && token.len() == 71, "{token}");
    token
}

/// Sends a request with these headers; status and whole answer.
fn ask(server: &Server, method: &str, path: &str, headers: &str) -> (u16, String) {
    let body = "{\"id\":\"B1\",\"name\":\"新店\"}\n";
    let length = if method == "POST" && path.contains("batches") { body.len() } else { 0 };
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/x-ndjson\r\n\
         Content-Length: {length}\r\n{headers}\r\n{}",
        &body[..length]
    );
    let answer = server.raw(request.as_bytes());
    (answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0), answer)
}

fn bearer(token: &str) -> String {
    format!("Authorization: Bearer {token}\r\n")
}

#[test]
fn from_the_first_token_on_nobody_is_answered_without_one() {
    let folder = Folder::new();
    let server = Server::start(Arc::new(folder.load(&add("A1", "广州酒家", 1.0))));
    assert_eq!(ask(&server, "GET", "/v1/lookup?q=gzjj", "").0, 200, "a desk without tokens asks for none");
    let token = made(&folder, "desk-7", "operator");
    let until = Instant::now() + DEADLINE;
    while ask(&server, "GET", "/v1/lookup?q=gzjj", "").0 != 401 {
        assert!(Instant::now() < until, "the token was not noticed");
        std::thread::sleep(Duration::from_millis(20));
    }
    let (_, refused) = ask(&server, "GET", "/v1/lookup?q=gzjj", "");
    assert!(refused.to_lowercase().contains("www-authenticate: bearer"), "{refused}");
    assert!(refused.contains("urn:chahao:unauthorized"), "{refused}");
    for path in ["/v1/listings/A1", "/v1/numbers/81380388", "/v1/batches", "/v1/batches/1", "/v1/changes", "/v1/none"] {
        assert_eq!(ask(&server, "GET", path, "").0, 401, "{path}");
    }
    for path in ["/", "/healthz", "/readyz", "/openapi.json", "/v1/session"] {
        assert_eq!(ask(&server, "GET", path, "").0, 200, "{path} is for everybody");
    }
    for wrong in [&token[..70], &token.to_uppercase(), "chahao_", "", "x y"] {
        assert_eq!(ask(&server, "GET", "/v1/lookup?q=gzjj", &bearer(wrong)).0, 401, "{wrong}");
    }
    let (status, answer) = ask(&server, "GET", "/v1/lookup?q=gzjj", &bearer(&token));
    assert_eq!(status, 200, "{answer}");
    assert!(!answer.to_lowercase().contains("access-control"), "other sites get no leave: {answer}");
    folder.ends(0, &["token", "revoke", "desk-7", "--by", "chief"]);
    let until = Instant::now() + Duration::from_secs(5);
    while ask(&server, "GET", "/v1/lookup?q=gzjj", &bearer(&token)).0 != 401 {
        assert!(Instant::now() < until, "a revoked token is let in");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(ask(&server, "GET", "/v1/lookup?q=gzjj", "").0, 401, "with its last token revoked a desk is not open");
}

#[test]
fn a_role_allows_what_it_says_and_no_more() {
    let (folder, server, [operator, editor, admin]) = guarded();
    for (token, sending) in [(&operator, 403), (&editor, 200), (&admin, 200)] {
        assert_eq!(ask(&server, "GET", "/v1/lookup?q=gzjj", &bearer(token)).0, 200);
        let (status, answer) = ask(&server, "POST", "/v1/batches?dry_run=true", &bearer(token));
        assert_eq!(status, sending, "{answer}");
    }
    let (_, refused) = ask(&server, "POST", "/v1/batches", &bearer(&operator));
    assert!(refused.contains("needs the role editor; this token has operator"), "{refused}");
    assert_eq!(folder.ledger_state().1, 1, "nothing was appended");
    assert_eq!(ask(&server, "POST", "/v1/batches", &bearer(&editor)).0, 200);
    assert_eq!(folder.ledger_state().1, 2);
}

#[test]
fn the_ledger_tells_who_made_and_revoked_tokens_and_holds_none() {
    let (folder, _server, tokens) = guarded();
    folder.ends(3, &["token", "add", "operator-1", "--role", "admin"]);
    folder.ends(2, &["token", "add", " ", "--role", "admin"]);
    folder.ends(2, &["token", "add", "x", "--role", "king"]);
    folder.ends(1, &["token", "revoke", "nobody"]);
    folder.ends(0, &["token", "revoke", "operator-1", "--by", "deputy"]);
    folder.ends(1, &["token", "revoke", "operator-1"]);
    let again = made(&folder, "operator-1", "operator");
    assert_ne!(again, tokens[0]);
    let listed = folder.prints(0, &["token", "list", "--json"]);
    let rows: Vec<serde_json::Value> = listed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len(), 4);
    assert_eq!((&rows[0]["name"], &rows[0]["by"]), (&json!("operator-1"), &json!(["chief", "deputy"])));
    assert!(rows[0]["revoked"].is_string() && rows[3]["revoked"].is_null());
    let told = folder.prints(0, &["token", "list"]);
    assert!(told.contains("editor-1 editor: made") && told.contains("by chief, then deputy"), "{told}");
    for file in crate::desk_in_a_folder::files_under(&folder.path("")) {
        let bytes = std::fs::read(&file).unwrap();
        for token in &tokens {
            let secret = token.trim_start_matches("chahao_").as_bytes();
            assert!(!bytes.windows(secret.len()).any(|window| window == secret), "{} holds a token", file.display());
        }
    }
    let ledger = rusqlite::Connection::open(folder.ledger()).unwrap();
    for change in ["DELETE FROM token_event", "UPDATE token_event SET by = 'nobody'"] {
        assert!(ledger.execute(change, []).unwrap_err().to_string().contains("stays told"), "{change}");
    }
    folder.ends(0, &["verify"]);
}

#[test]
fn a_server_others_can_reach_needs_tokens() {
    let folder = Folder::new();
    folder.load(&add("A1", "广州酒家", 1.0));
    let told = folder.ends(2, &["serve", "--listen", "0.0.0.0:0"]);
    assert!(told.contains("chahao token add NAME"), "{told}");
    made(&folder, "desk-7", "operator");
    folder.ends(0, &["token", "revoke", "desk-7"]);
    folder.ends(2, &["serve", "--listen", "[::]:0"]);
}

#[test]
fn a_token_that_asks_too_often_is_told_to_wait_and_no_other_is() {
    let folder = Folder::new();
    let desk = folder.load(&add("A1", "广州酒家", 1.0));
    let (hasty, calm) = (made(&folder, "hasty", "operator"), made(&folder, "calm", "operator"));
    let options = chahao::http::Options { rate_max: 5, ..Default::default() };
    let server = Server::start_with(Arc::new(desk), options);
    let answers: Vec<(u16, String)> =
        (0..40).map(|_| ask(&server, "GET", "/v1/lookup?q=gzjj", &bearer(&hasty))).collect();
    let waits: Vec<&String> = answers.iter().filter(|(status, _)| *status == 429).map(|(_, answer)| answer).collect();
    assert!(!waits.is_empty() && waits[0].contains("retry-after: 1\r\n"), "{waits:?}");
    assert!(answers.iter().take(5).all(|(status, _)| *status == 200), "a burst is answered");
    assert_eq!(ask(&server, "GET", "/v1/lookup?q=gzjj", &bearer(&calm)).0, 200);
}

#[test]
fn a_session_cannot_be_used_by_other_sites() {
    let (folder, server, [_, editor, _]) = guarded();
    let (status, signed) = ask(&server, "POST", "/v1/session", &bearer(&editor));
    assert_eq!(status, 200, "{signed}");
    let cookie = signed.split("set-cookie: ").nth(1).unwrap().split("\r\n").next().unwrap();
    for guard in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(guard), "{cookie}");
    }
    let session = format!("Cookie: other=1; {}\r\n", cookie.split(';').next().unwrap());
    assert_eq!(ask(&server, "GET", "/v1/lookup?q=gzjj", &session).0, 200);
    let (status, refused) = ask(&server, "POST", "/v1/batches", &session);
    assert_eq!(status, 403, "{refused}");
    assert!(refused.contains("chahao-console"), "{refused}");
    assert_eq!(ask(&server, "POST", "/v1/session", &session).0, 401, "a cookie signs nobody in");
    assert_eq!(ask(&server, "POST", "/v1/session", &bearer("chahao_0")).0, 401);
    assert_eq!(folder.ledger_state().1, 1);
    assert_eq!(ask(&server, "POST", "/v1/batches", &format!("{session}chahao-console: 1\r\n")).0, 200);
    // A page of another site asks first whether it may send that header, and gets no leave.
    let asked = "Origin: http://evil.example\r\nAccess-Control-Request-Method: POST\r\n\
                 Access-Control-Request-Headers: chahao-console\r\n";
    let (_, answer) = ask(&server, "OPTIONS", "/v1/batches", asked);
    assert!(!answer.to_lowercase().contains("access-control-allow"), "{answer}");
    let (status, out) = ask(&server, "DELETE", "/v1/session", &session);
    assert!(status == 204 && out.contains("Max-Age=0"), "{out}");
}

#[test]
fn a_server_behind_a_proxy_that_speaks_tls_has_its_cookie_sent_over_tls_only() {
    let (folder, _server, [operator, ..]) = guarded();
    let signed = |secure_cookie: bool| {
        let options = chahao::http::Options { secure_cookie, ..Default::default() };
        ask(&Server::start_with(Arc::new(folder.desk()), options), "POST", "/v1/session", &bearer(&operator)).1
    };
    assert!(signed(true).contains("SameSite=Strict; Secure\r\n"));
    assert!(!signed(false).contains("Secure"));
    assert!(folder.prints(0, &["serve", "--help"]).contains("CHAHAO_SECURE_COOKIE"));
}

/// A page whose name was made to lead to this machine read the directory of a desk without tokens, and sent batches to it.
#[test]
fn a_desk_without_tokens_answers_no_page_of_elsewhere() {
    let folder = Folder::new();
    let desk = Arc::new(folder.load(&add("A1", "广州酒家", 1.0)));
    let hosts = vec!["desk.example".to_owned()];
    let options = chahao::http::Options { accept_batches: true, hosts, ..Default::default() };
    let server = Server::start_with(Arc::clone(&desk), options);
    let body = add("B1", "新店", 1.0);
    let ask = |method: &str, path: &str, host: &str, more: &str| {
        let length = if method == "POST" { body.len() } else { 0 };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: application/x-ndjson\r\n\
             Content-Length: {length}\r\n{more}\r\n{}",
            &body[..length]
        );
        let answer = server.raw(request.as_bytes());
        (answer[9..12].to_owned(), answer)
    };
    for own in ["localhost:8114", "127.0.0.1", "[::1]:8114", "desk.example", "desk.example:443"] {
        assert_eq!(ask("GET", "/v1/lookup?q=gzjj", own, "").0, "200", "{own}");
    }
    for other in ["evil.example:8114", "localhost.evil.example", "10.0.0.1"] {
        for path in ["/v1/lookup?q=gzjj", "/v1/listings/A1", "/v1/changes"] {
            let (status, answer) = ask("GET", path, other, "");
            assert!(status == "421" && answer.contains("--host NAME"), "{other}: {answer}");
        }
        assert_eq!(ask("POST", "/v1/batches", other, &format!("Origin: http://{other}\r\n")).0, "421");
        assert_eq!(ask("GET", "/healthz", other, "").0, "200", "probes are for everybody");
    }
    for page in ["http://evil.example", "http://localhost:1", "null"] {
        let (status, answer) = ask("POST", "/v1/batches", "localhost", &format!("Origin: {page}\r\n"));
        assert!(status == "403" && answer.contains("pages of other servers"), "{page}: {answer}");
    }
    assert_eq!(folder.ledger_state().1, 1, "nothing was appended");
    assert_eq!(ask("POST", "/v1/batches", "localhost", "Origin: http://localhost\r\n").0, "200");
    // Where there are tokens, they say who asks.
    let token = made(&folder, "desk-7", "operator");
    let until = Instant::now() + DEADLINE;
    while ask("GET", "/v1/lookup?q=gzjj", "any.example", &bearer(&token)).0 != "200" {
        assert!(Instant::now() < until, "the token was not noticed");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn the_console_signs_in_and_is_out_once_its_token_is_revoked() {
    let (folder, server, [operator, _, _]) = guarded();
    let browser = Browser::open(&format!("http://{}/", server.address), (1200, 800));
    browser.wait("return document.querySelector('#sign-in').open");
    browser.keys(format!("chahao_wrong{ENTER}"));
    browser.wait("return document.querySelector('#sign-in-failed').textContent !== ''");
    browser.keys(format!("{operator}{ENTER}"));
    browser.wait("return !document.querySelector('#sign-in').open && document.activeElement.id === 'box'");
    assert!(browser.text("#caller").contains("operator-1"));
    browser.keys("gzjj");
    browser.wait("return document.querySelector('#hits').dataset.query === 'gzjj'");
    let kept = browser.run("return document.cookie + JSON.stringify([{...localStorage}, {...sessionStorage}])", &[]);
    assert!(!kept.as_str().unwrap().contains("chahao_"), "a script can read the token: {kept}");
    browser.go(&format!("http://{}/", server.address));
    browser.wait("return document.querySelector('#caller-name').textContent === 'operator-1'");
    folder.ends(0, &["token", "revoke", "operator-1"]);
    std::thread::sleep(Duration::from_millis(300));
    browser.keys("g");
    browser.wait("return document.querySelector('#sign-in').open");
}

#[test]
fn a_log_tells_who_was_turned_away_and_no_token() {
    let (folder, _server, [operator, ..]) = guarded();
    let log = folder.path("server.log");
    let mut command = folder.command(&["serve", "--listen", "127.0.0.1:0"]);
    command.stdout(std::process::Stdio::piped()).stderr(std::fs::File::create(&log).unwrap());
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(child.stdout.take().unwrap()), &mut line).unwrap();
    let url = line.trim().strip_prefix("listening on ").unwrap().to_owned();
    let status = |token: &str, path: &str| {
        let agent = crate::server_on_a_port::agent();
        let request = agent.get(format!("{url}{path}")).header("authorization", format!("Bearer {token}"));
        request.call().unwrap().status().as_u16()
    };
    let guess = "chahao_5ecre7";
    assert_eq!((status(guess, "/v1/lookup?q=gzjj"), status(&operator, "/v1/lookup?q=gzjj")), (401, 200));
    let asked = folder.command(&["lookup", "gzjj", "--server", &url]).env("CHAHAO_TOKEN", &operator).output().unwrap();
    // A thread of its own writes the log.
    assert!(until(|| std::fs::read_to_string(&log).unwrap().contains("turned away")), "nothing was logged");
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(asked.status.code(), Some(0), "{}", crate::desk_in_a_folder::told(&asked));
    let told = std::fs::read_to_string(log).unwrap();
    assert!(told.contains("turned away") && told.contains("unknown or revoked token"), "{told}");
    assert!(!told.contains(guess) && !told.contains(&operator) && !told.contains("gzjj"), "{told}");
}
