//! Faults of HTTP that were found once: what answers let others keep, how requests are read, what errors give away.

use std::sync::Arc;

use crate::openapi::served;
use crate::server_on_a_port::Server;

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
