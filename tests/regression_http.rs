//! Faults of HTTP that were found once: what answers let others keep, how requests are read, what errors give away.

use std::sync::Arc;

use serde_json::json;

use crate::desk_in_a_folder::Folder;
use crate::openapi::served;
use crate::server_on_a_port::Server;

const NDJSON: &str = "application/x-ndjson";

/// The whole answer, with its names of headers in small letters.
fn ask(server: &Server, method: &str, target: &str, headers: &str) -> String {
    let request = format!("{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n");
    server.raw(request.as_bytes())
}

fn header(answer: &str, name: &str) -> Option<String> {
    let head = answer.split_once("\r\n\r\n").map_or(answer, |(head, _)| head);
    let values =
        head.lines().filter_map(|line| line.split_once(": ")).filter(|(found, _)| found.eq_ignore_ascii_case(name));
    let values: Vec<&str> = values.map(|(_, value)| value).collect();
    (!values.is_empty()).then(|| values.join(" | "))
}

/// A browser or a proxy could keep numbers, show them to whoever came next, and take one answer for another.
#[test]
fn no_answer_is_kept_by_anybody_but_a_listing_by_whoever_asked() {
    let (folder, server) = served();
    let tag = header(&ask(&server, "GET", "/v1/listings/A1", ""), "etag").unwrap();
    let held = format!("If-None-Match: {tag}\r\n");
    let (no_store, private) = ("no-store", "no-cache, private");
    let (who, lines) = ("authorization, cookie", "accept, authorization, cookie");
    for (method, target, headers, status, keeps, varies) in [
        ("GET", "/v1/lookup?q=gzjj", "", "200", no_store, who),
        ("GET", "/v1/lookup", "", "400", no_store, who),
        ("GET", "/v1/listings/A1", "", "200", private, who),
        ("GET", "/v1/listings/A1?format=text", "", "200", private, who),
        ("GET", "/v1/listings/A1", held.as_str(), "304", private, who),
        ("GET", "/v1/listings/NONE", "", "404", no_store, who),
        ("GET", "/v1/numbers/81380388", "", "200", no_store, who),
        ("GET", "/v1/facets", "", "200", no_store, who),
        ("GET", "/v1/batches", "", "200", no_store, lines),
        ("GET", "/v1/batches", "Accept: application/x-ndjson\r\n", "200", no_store, lines),
        ("POST", "/v1/batches", "", "415", no_store, lines),
        ("GET", "/v1/batches/1", "", "200", no_store, who),
        ("GET", "/v1/changes", "", "200", no_store, who),
        ("GET", "/v1/session", "", "200", no_store, who),
        ("DELETE", "/v1/session", "", "204", no_store, who),
        ("GET", "/v1/nothing", "", "404", no_store, who),
        ("PUT", "/v1/lookup", "", "405", no_store, who),
    ] {
        let answer = ask(&server, method, target, headers);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{method} {target}: {answer}");
        for (name, value) in [("cache-control", keeps), ("vary", varies), ("x-content-type-options", "nosniff")] {
            assert_eq!(header(&answer, name).as_deref(), Some(value), "{method} {target}: {name} in {answer}");
        }
    }
    // Whoever is turned away is, and is told so anew.
    folder.prints(0, &["token", "add", "desk-7", "--role", "operator"]);
    let guarded = Server::start(Arc::new(folder.desk()));
    let refused = ask(&guarded, "GET", "/v1/lookup?q=gzjj", "");
    assert!(refused.starts_with("HTTP/1.1 401 "), "{refused}");
    assert_eq!(header(&refused, "cache-control").as_deref(), Some(no_store));
    // What the console has of its own it keeps.
    let page = ask(&guarded, "GET", "/", "");
    assert_eq!(header(&page, "cache-control").as_deref(), Some("no-cache"));
    let script = page.split("src=\"").nth(1).unwrap().split('"').next().unwrap();
    let script = ask(&guarded, "GET", script, "");
    assert!(header(&script, "cache-control").unwrap().contains("immutable"));
    assert_eq!(header(&script, "x-content-type-options").as_deref(), Some("nosniff"));
}

/// A lookup understood a number as a telephone shows it, and asking whose number it is did not.
#[test]
fn whose_number_it_is_is_answered_however_it_is_dialled() {
    let (_folder, server) = served();
    for (number, id) in [
        ("+86%2020%208138%200388", "A1"),
        ("008602081380388", "A1"),
        ("86-20-81380388", "A1"),
        ("020-8138-0388", "A1"),
        ("+8613800138000", "A8"),
        ("013800138000", "A8"),
    ] {
        let answer = server.get(&format!("/v1/numbers/{number}"), &[]);
        assert_eq!(answer.status, 200, "{number}: {}", answer.body);
        assert_eq!(answer.json()["listings"][0]["id"], id, "{number}");
    }
    assert!(server.get("/v1/numbers/+86%2020%201111%201111", &[]).problem(404).contains("+86 20 1111 1111"));
    server.get("/v1/numbers/abc", &[]).problem(400);
}

/// `*` and lists of tags were not read as RFC 9110 says.
#[test]
fn conditions_of_a_request_are_read_as_they_are_written() {
    let (_folder, server) = served();
    for path in ["/v1/listings/A1", "/"] {
        let tag = header(&ask(&server, "GET", path, ""), "etag").unwrap();
        for (condition, status) in [
            ("*".to_owned(), "304"),
            (tag.clone(), "304"),
            (format!("W/{tag}"), "304"),
            (format!("\"x\",W/{tag} , \"y\""), "304"),
            (format!("\"a,b\", {tag}"), "304"),
            (format!("\"a{}", &tag[1..]), "200"),
            (format!("\"a,{},b\"", tag.trim_matches('"')), "200"),
            ("\"x\"".to_owned(), "200"),
        ] {
            let answer = ask(&server, "GET", path, &format!("If-None-Match: {condition}\r\n"));
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{path} {condition}: {answer}");
        }
        let twice = ask(&server, "GET", path, &format!("If-None-Match: \"x\"\r\nIf-None-Match: {tag}\r\n"));
        assert!(twice.starts_with("HTTP/1.1 304 "), "{path}: {twice}");
    }
}

/// Lines came to who said that lines are not wanted.
#[test]
fn what_is_accepted_is_weighed() {
    let (_folder, server) = served();
    for (accept, lines) in [
        (NDJSON, true),
        ("Application/X-NDJSON", true),
        ("application/x-ndjson;q=0", false),
        ("application/x-ndjson;q=0.000, */*", false),
        ("application/json, application/x-ndjson;q=0.5", false),
        ("application/json;q=0.4, application/x-ndjson;q=0.5", true),
        ("application/x-ndjson, application/json;q=0.9", true),
        ("application/x-ndjson, application/json", true),
        ("text/html, application/x-ndjson; charset=utf-8", true),
        ("application/x-ndjson2", false),
        ("*/*", false),
        ("application/*", false),
        ("nonsense", false),
        ("", false),
    ] {
        let answer = ask(&server, "GET", "/v1/batches", &format!("Accept: {accept}\r\n"));
        let expected = if lines { NDJSON } else { "application/json" };
        assert_eq!(header(&answer, "content-type").as_deref(), Some(expected), "{accept:?}");
    }
}

/// Bytes that are no text were looked up as replacement characters.
#[test]
fn a_query_that_is_no_text_is_refused_and_told_so() {
    let (_folder, server) = served();
    for target in
        ["/v1/lookup?q=%FF", "/v1/lookup?q=gz&locality=%C3%28", "/v1/lookup?%FE=1&q=gz", "/v1/batches?after=%FF"]
    {
        let told = server.get(target, &[]).problem(400);
        assert!(told.contains("UTF-8"), "{target}: {told}");
    }
    assert_eq!(server.get("/v1/lookup?q=%E5%B9%BF+%E5%B7%9E", &[]).status, 200);
    assert_eq!(server.get("/v1/lookup?q=%EF%BF%BD%E5%B9%BF", &[]).status, 200, "the sign itself is text");
}

/// Before there was a ledger, its place on the server's disk was told to whoever asked.
#[test]
fn no_answer_names_a_place_on_the_servers_disk() {
    let folder = Folder::new();
    let server = Server::start_for_editors(Arc::new(folder.desk()));
    let place = folder.path("").display().to_string();
    let place = place.trim_end_matches('/');
    let check = |state: &str| {
        for target in [
            "/v1/lookup?q=a",
            "/v1/listings/A1",
            "/v1/numbers/1",
            "/v1/facets",
            "/v1/batches",
            "/v1/batches?before=9",
            "/v1/batches/1",
            "/v1/changes",
            "/v1/waiting",
            "/v1/session",
            "/readyz",
            "/metrics",
        ] {
            let answer = server.get(target, &[]);
            assert!(
                !answer.body.contains(place) && !answer.body.contains("ledger.db"),
                "{state} {target}: {}",
                answer.body
            );
        }
        for target in ["/v1/batches", "/v1/batches?dry_run=true"] {
            let answer = server.post(target, NDJSON, b"{\"op\":\"add\",\"id\":\"\"}\n");
            assert!(
                !answer.body.contains(place) && !answer.body.contains("ledger.db"),
                "{state} {target}: {}",
                answer.body
            );
        }
    };
    let told = server.get("/v1/batches", &[]).problem(404);
    assert!(told.contains("no ledger"), "it says what is missing: {told}");
    check("nothing");
    std::fs::write(folder.ledger(), "").unwrap();
    check("an empty ledger");
    for name in ["ledger.db", "ledger.db-wal", "ledger.db-shm"] {
        let _ = std::fs::remove_file(folder.path(name));
    }
    folder.load("{\"id\":\"A1\",\"name\":\"一店\"}\n");
    for name in ["ledger.db", "ledger.db-wal", "ledger.db-shm"] {
        let _ = std::fs::remove_file(folder.path(name));
    }
    check("a ledger that is gone");
    std::fs::write(folder.path("ledger.db-wal"), "x".repeat(100)).unwrap();
    check("the log of one");
    std::fs::write(folder.ledger(), "no ledger at all".repeat(500)).unwrap();
    check("something else");
    // Who works at the machine is told where to look.
    let _ = std::fs::remove_file(folder.ledger());
    let _ = std::fs::remove_file(folder.path("ledger.db-wal"));
    assert!(folder.ends(1, &["batches"]).contains(place));
}

/// Which formats, kinds and languages there are was told in prose alone.
#[test]
fn what_can_be_chosen_from_is_listed_in_the_description() {
    let (_folder, server) = served();
    let document = server.get("/openapi.json", &[]).json();
    // A schema as it stands, or as it is called.
    let named = |schema: &serde_json::Value| match schema["$ref"].as_str() {
        Some(name) => document["components"]["schemas"][name.rsplit('/').next().unwrap()].clone(),
        None => schema.clone(),
    };
    let schema = |path: &str, name: &str| {
        let parameters = document["paths"][path]["get"]["parameters"].as_array().unwrap();
        named(&parameters.iter().find(|parameter| parameter["name"] == name).expect("a parameter")["schema"])
    };
    let values = |schema: &serde_json::Value| -> Vec<String> {
        serde_json::from_value(schema["enum"].clone()).unwrap_or_default()
    };
    assert_eq!(values(&schema("/v1/listings/{id}", "format")), ["json", "text", "speech"]);
    assert_eq!(values(&schema("/v1/listings/{id}", "lang")), ["zh", "zh-Hant", "yue", "en"]);
    let kinds = chahao::query::MatchKind::ALL.map(|kind| kind.name());
    let modes = schema("/v1/lookup", "modes");
    assert_eq!((&modes["type"], values(&named(&modes["items"]))), (&json!("array"), kinds.map(str::to_owned).to_vec()));
    for (name, property, words) in [
        ("ChangeRecord", "op", &["add", "change", "delete"][..]),
        ("ChangeRecord", "kind", &["listing", "reading", "confusable"]),
        ("Session", "role", &["operator", "editor", "admin"]),
    ] {
        let described = &document["components"]["schemas"][name]["properties"][property];
        assert_eq!(values(described), words, "{name} {property}");
    }
    let shown = &document["components"]["schemas"]["HitView"]["properties"]["match"];
    assert_eq!(values(&named(shown)), kinds);
    let sent = document["paths"]["/v1/batches"]["post"]["requestBody"]["content"].as_object().unwrap();
    for kind in sent.keys() {
        let answer = server.post("/v1/batches?dry_run=true", kind, b"");
        assert_ne!(answer.status, 415, "{kind} is described and not taken");
    }
    let refused = server.post("/v1/batches", "text/plain", b"x").problem(415);
    let taken: Vec<&str> = refused.split_once("one of ").unwrap().1.split(';').next().unwrap().split(", ").collect();
    assert_eq!(json!(sent.keys().collect::<Vec<_>>()), json!(taken.iter().collect::<std::collections::BTreeSet<_>>()));
}

/// A batch waited ten minutes for another process that wrote, and the server's end with it.
#[test]
fn a_batch_does_not_wait_long_for_another_process() {
    let folder = Folder::new();
    folder.import(&folder.desk(), &crate::desk_in_a_folder::add("A1", "一店", 1.0));
    let server = Server::start_for_editors(Arc::new(folder.desk()));
    let writes = rusqlite::Connection::open(folder.ledger()).unwrap();
    writes.execute_batch("BEGIN IMMEDIATE").unwrap();
    let rows = crate::desk_in_a_folder::add("B1", "二店", 1.0);
    for target in ["/v1/batches", "/v1/batches?dry_run=true"] {
        let answer = server.post(target, NDJSON, rows.as_bytes());
        assert!(answer.problem(503).contains("another batch"), "{}", answer.body);
        assert_eq!(answer.retry_after.as_deref(), Some("1"));
    }
    writes.execute_batch("ROLLBACK").unwrap();
    assert_eq!(server.post("/v1/batches", NDJSON, rows.as_bytes()).status, 200);
}

/// A parameter that was misspelled did nothing, and nobody was told.
#[test]
fn a_parameter_that_is_not_taken_is_refused_on_every_route() {
    let (_folder, server) = served();
    for path in ["/v1/numbers/02081380388", "/v1/facets", "/v1/waiting", "/v1/batches/1", "/v1/session"] {
        assert_ne!(server.get(path, &[]).status, 400, "{path}");
        let told = server.get(path, &[("limti", "5")]).problem(400);
        assert!(told.contains("limti"), "{path}: {told}");
    }
    for method in ["POST", "DELETE"] {
        assert!(ask(&server, method, "/v1/session?limti=5", "").starts_with("HTTP/1.1 400"), "{method}");
    }
}

/// Anybody could have probes told that the server is not ready, by asking as they do many times at once.
#[test]
fn many_that_ask_whether_it_is_ready_are_all_told() {
    let (folder, server) = served();
    let mut watching = folder.command(&["compact", "--watch"]).stdout(std::process::Stdio::null()).spawn().unwrap();
    let is_alive = || server.get("/readyz", &[]).json()["compactor_is_alive"] == true;
    assert!(crate::regression_office::until(is_alive));
    let address = server.address;
    let told: Vec<u16> = std::thread::scope(|scope| {
        let ask = || crate::server_on_a_port::get(&crate::server_on_a_port::agent(), address, "/readyz", &[]).status;
        let asking: Vec<_> = (0..80).map(|_| scope.spawn(ask)).collect();
        asking.into_iter().map(|one| one.join().unwrap()).collect()
    });
    watching.kill().unwrap();
    watching.wait().unwrap();
    assert!(told.iter().all(|status| *status == 200), "{told:?}");
}

/// A method that the console's line does not take was refused without a word.
#[test]
fn a_method_that_the_line_does_not_take_is_told_so() {
    let (_folder, server) = served();
    let told = ask(&server, "POST", "/console/1/line", "Content-Length: 0\r\n");
    assert!(told.starts_with("HTTP/1.1 405"), "{told}");
    assert_eq!(header(&told, "content-type").as_deref(), Some("application/problem+json"), "{told}");
}
