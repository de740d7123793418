//! The description at `/openapi.json` is what the routes do: every route is asked, and what it answers is held to it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::desk_in_a_folder::Folder;
use crate::server_on_a_port::{Answer, Server};

const NDJSON: &str = "application/x-ndjson";

/// A ledger with everything that answers can hold.
pub fn served() -> (Folder, Server) {
    let folder = Folder::new();
    let desk = folder.load(
        r#"{"id":"A1","name":"广州酒家(文昌总店)","aliases":["文昌酒家"],"area_code":"020","locality":"荔湾区","address":"文昌南路2号","category":"餐饮","phones":["订座:020-81380388转801"],"popularity":900,"note":"周一休息"}
{"id":"A3","name":"中山大学附属第一医院","phones":["020-28823388"]}
{"id":"A4","name":"急诊科","parent":"A3","phones":["020-28823390"]}
{"id":"A8","name":"老王修车行","phones":["13800138000"],"status":"changed","referral":{"number":"13900139000","listing":"A1","until":"2099-01-01"}}
{"id":"A9","name":"隐名诊所","phones":["020-80245913"],"status":"non_published"}
"#,
    );
    folder.import(
        &desk,
        r#"{"op":"add","kind":"reading","word":"石碁","reading":"shi ji"}
{"op":"add","kind":"confusable","pair":"wang/huang"}
{"op":"change","id":"A1","note":null}
{"op":"delete","id":"A4"}
"#,
    );
    folder.ends(0, &["undo", "2", "--by", "the office", "--reason", "a trial"]);
    (folder, Server::start_for_editors(Arc::new(desk)))
}

/// Objects may hold what is described and nothing else; parts of one that is put together are judged as one.
fn close_objects(schema: &mut Value, part: bool) {
    let Value::Object(object) = schema else { return };
    let whole = object.contains_key("allOf") || object.contains_key("properties");
    if whole && !part && !object.contains_key("additionalProperties") {
        object.insert("unevaluatedProperties".to_owned(), json!(false));
    }
    for (key, value) in object.iter_mut() {
        match value {
            Value::Array(parts) => parts.iter_mut().for_each(|inner| close_objects(inner, key == "allOf")),
            Value::Object(named) if key == "properties" => {
                named.values_mut().for_each(|inner| close_objects(inner, false))
            }
            inner => close_objects(inner, false),
        }
    }
}

/// Schemas that are only parts of others.
fn parts(schema: &Value, inside: bool, found: &mut BTreeSet<String>) {
    match schema {
        Value::Object(object) => {
            if let Some(name) = object.get("$ref").and_then(Value::as_str).filter(|_| inside) {
                found.insert(name.rsplit('/').next().unwrap().to_owned());
            }
            object.iter().for_each(|(key, value)| parts(value, key == "allOf", found));
        }
        Value::Array(values) => values.iter().for_each(|value| parts(value, inside, found)),
        _ => {}
    }
}

/// What the server says of itself, and which routes were asked.
pub struct Description {
    pub document: Value,
    asked: BTreeSet<(String, String)>,
    /// Schemas of answers, made once: by method, path, status and type.
    validators: BTreeMap<String, jsonschema::Validator>,
}

impl Description {
    pub fn of(server: &Server) -> Description {
        let mut document = server.get("/openapi.json", &[]).json();
        assert!(document["openapi"].as_str().unwrap().starts_with("3.1"), "{}", document["openapi"]);
        let mut found = BTreeSet::new();
        parts(&document["components"], false, &mut found);
        let Value::Object(schemas) = &mut document["components"]["schemas"] else { panic!("there are no schemas") };
        schemas.iter_mut().for_each(|(name, schema)| close_objects(schema, found.contains(name)));
        Description { document, asked: BTreeSet::new(), validators: BTreeMap::new() }
    }

    /// Checks that `answer` of `method` at `path` is described, and is as it is described.
    pub fn check(&mut self, method: &str, path: &str, answer: &Answer) {
        self.asked.insert((method.to_owned(), path.to_owned()));
        let what = format!("{method} {path}: {} {} {}", answer.status, answer.content_type, answer.body);
        let response = &self.document["paths"][path][method]["responses"][answer.status.to_string()];
        assert!(response.is_object(), "this status is not described: {what}");
        let content_type = answer.content_type.split(';').next().unwrap().trim();
        if answer.body.is_empty() && content_type.is_empty() {
            return;
        }
        let schema = &response["content"][content_type]["schema"];
        assert!(schema.is_object(), "this type is not described: {what}");
        let key = format!("{method} {path} {} {content_type}", answer.status);
        let validator = self.validators.entry(key).or_insert_with(|| {
            let mut whole = Map::new();
            whole.insert("allOf".to_owned(), json!([schema]));
            whole.insert("components".to_owned(), self.document["components"].clone());
            jsonschema::validator_for(&Value::Object(whole)).expect("a schema")
        });
        let values: Vec<Value> = match content_type {
            "text/plain" | "application/openmetrics-text" => vec![json!(answer.body)],
            NDJSON => answer.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect(),
            _ => vec![answer.json()],
        };
        for value in values {
            let wrong: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
            assert!(wrong.is_empty(), "{wrong:?}: {what}");
        }
    }
}

#[test]
fn every_route_answers_as_the_description_says() {
    let (_folder, server) = served();
    let mut description = Description::of(&server);
    for (path, asked) in [
        (
            "/v1/lookup",
            &[
                "/v1/lookup?q=gzjj",
                "/v1/lookup?q=%E8%80%81%E7%8E%8B",
                "/v1/lookup?q=8138",
                "/v1/lookup",
                "/v1/lookup?q=a&x=1",
            ][..],
        ),
        (
            "/v1/listings/{id}",
            &[
                "/v1/listings/A1",
                "/v1/listings/A8",
                "/v1/listings/A3",
                "/v1/listings/A9",
                "/v1/listings/NONE",
                "/v1/listings/%ff",
                "/v1/listings/A8?format=text",
                "/v1/listings/A8?format=speech&lang=en",
                "/v1/listings/A8?format=x",
            ],
        ),
        (
            "/v1/numbers/{digits}",
            &["/v1/numbers/81380388", "/v1/numbers/13800138000", "/v1/numbers/11111111", "/v1/numbers/abc"],
        ),
        ("/v1/batches", &["/v1/batches", "/v1/batches?after=1&limit=1", "/v1/batches?limit=0", "/v1/batches?before=3"]),
        ("/v1/waiting", &["/v1/waiting"]),
        ("/v1/facets", &["/v1/facets"]),
        ("/v1/batches/{n}", &["/v1/batches/1", "/v1/batches/3", "/v1/batches/9", "/v1/batches/x"]),
        ("/v1/changes", &["/v1/changes?since=0", "/v1/changes?since=99", "/v1/changes?limit=0"]),
        ("/v1/session", &["/v1/session"]),
        ("/healthz", &["/healthz"]),
        ("/readyz", &["/readyz"]),
        ("/metrics", &["/metrics"]),
    ] {
        for one in asked {
            description.check("get", path, &server.get(one, &[]));
        }
    }
    let send = |parameters: &str, content_type: &str, body: &str| {
        server.post(&format!("/v1/batches{parameters}"), content_type, body.as_bytes())
    };
    let alike = "{\"id\":\"N1\",\"name\":\"光长帆客运站\",\"phones\":[\"020-80000001\"]}\n\
                 {\"id\":\"N2\",\"name\":\"光长帆客运站\",\"phones\":[\"020-80000001\"]}\n";
    for (answer, status) in [
        (send("?dry_run=true&feed=new", NDJSON, alike), 200),
        (send("?feed=new", NDJSON, alike), 200),
        (send("?feed=new", NDJSON, alike), 200),
        (send("", NDJSON, "{\"id\":\"X\"}\n"), 422),
        (send("", "text/plain", "x"), 415),
        (send("?x=1", NDJSON, "x"), 400),
    ] {
        assert_eq!(answer.status, status, "{}", answer.body);
        description.check("post", "/v1/batches", &answer);
    }
    let closed = Folder::new();
    let not_ready = Server::start(Arc::new(closed.desk()));
    description.check("post", "/v1/batches", &not_ready.post("/v1/batches", NDJSON, b"{}"));
    for path in ["/v1/lookup", "/readyz", "/v1/batches", "/v1/changes", "/v1/facets"] {
        description.check("get", path, &not_ready.get(path, if path == "/v1/lookup" { &[("q", "a")] } else { &[] }));
    }
    description.check("post", "/v1/choices", &server.post("/v1/choices", "application/json", b"{}"));
    let log = Arc::new(chahao::http::QueryLog::open(&closed.path("queries.ndjson")).unwrap());
    let logs = Server::start_with(
        Arc::new(closed.desk()),
        chahao::http::Options { query_log: Some(log), ..Default::default() },
    );
    for (content_type, body, status) in [
        ("application/json", r#"{"query":"gzjj","id":"A1","place":1}"#, 204),
        ("application/json", r#"{"query":"","id":"A1","place":1}"#, 400),
        ("application/json", r#"{"query":"gzjj","id":"#, 400),
        ("text/plain", "{}", 415),
    ] {
        let answer = logs.post("/v1/choices", content_type, body.as_bytes());
        assert_eq!(answer.status, status, "{}", answer.body);
        description.check("post", "/v1/choices", &answer);
    }
    description.check("post", "/v1/session", &server.post("/v1/session", NDJSON, b""));
    description.asked.insert(("delete".to_owned(), "/v1/session".to_owned()));
    let described: BTreeSet<(String, String)> = description.document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, methods)| methods.as_object().unwrap().keys().map(|method| (method.clone(), path.clone())))
        .collect();
    assert_eq!(described, description.asked, "what is described, and what was asked");
}

#[test]
fn the_description_holds_answers_to_what_it_says() {
    let (_folder, server) = served();
    let mut description = Description::of(&server);
    let mut answer = server.get("/v1/lookup?q=gzjj", &[]);
    answer.body = answer.body.replace("\"seq\":", "\"sequence\":");
    let told =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| description.check("get", "/v1/lookup", &answer)));
    assert!(told.is_err(), "a key of another name passed for what is described");
}

/// What any route may answer is put to each in one place; it must be put to those that answer so, and to no others.
#[test]
fn refusals_stand_at_the_routes_that_give_them_and_at_no_others() {
    let (folder, open) = served();
    let document = open.get("/openapi.json", &[]).json();
    folder.prints(0, &["token", "add", "desk-7", "--role", "operator"]);
    let guarded = Server::start(Arc::new(folder.desk()));
    let mut at_the_door = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        let target = path.replace("{id}", "A1").replace("{digits}", "81380388").replace("{n}", "1");
        for (method, operation) in methods.as_object().unwrap() {
            let described = |status: &str| operation["responses"][status].is_object();
            for status in ["400", "414", "431", "500", "503"] {
                assert!(described(status), "{method} {path}: {status}");
            }
            let writes = method != "get";
            let answer = guarded.raw(
                format!("{} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", method.to_uppercase())
                    .as_bytes(),
            );
            let asked_for = answer.starts_with("HTTP/1.1 401 ");
            at_the_door += usize::from(asked_for);
            assert_eq!(described("401"), asked_for, "{method} {path}: {answer}");
            let signs_in = path == "/v1/session";
            assert_eq!(described("429"), asked_for && !signs_in, "{method} {path}");
            assert_eq!(described("403"), asked_for && writes && !signs_in, "{method} {path}");
        }
    }
    assert!(at_the_door >= 10, "{at_the_door} routes ask for a token");
}

/// Clients that are made from the description name their methods by it.
#[test]
fn every_operation_has_a_name_of_its_own() {
    let (_folder, server) = served();
    let description = server.get("/openapi.json", &[]).json();
    let paths = description["paths"].as_object().unwrap().values();
    let names: Vec<&str> = paths
        .flat_map(|path| path.as_object().unwrap().values())
        .map(|operation| operation["operationId"].as_str().expect("every operation has one"))
        .collect();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
}

#[test]
fn the_description_says_how_a_token_is_sent_and_which_headers_answers_have() {
    let (_folder, server) = served();
    let document = server.get("/openapi.json", &[]).json();
    let schemes = &document["components"]["securitySchemes"];
    assert_eq!((&schemes["token"]["type"], &schemes["token"]["scheme"]), (&json!("http"), &json!("bearer")));
    assert_eq!((&schemes["session"]["in"], &schemes["session"]["name"]), (&json!("cookie"), &json!("chahao")));
    let leave = |method: &str, path: &str| document["paths"][path][method]["security"].clone();
    assert_eq!(leave("get", "/v1/lookup"), json!([{}, {"token": []}, {"session": []}]));
    assert_eq!(leave("post", "/v1/session"), json!([{"token": []}]));
    assert_eq!(leave("get", "/healthz"), Value::Null);
    let q = &document["paths"]["/v1/lookup"]["get"]["parameters"][0];
    assert_eq!(
        (&q["name"], &q["schema"]["minLength"], &q["schema"]["maxLength"]),
        (&json!("q"), &json!(1), &json!(64))
    );
    for (path, target, status, names) in [
        ("/v1/lookup", "/v1/lookup?q=gzjj", "200", &["server-timing"][..]),
        ("/v1/listings/{id}", "/v1/listings/A1", "200", &["etag", "cache-control"]),
        ("/v1/listings/{id}", "/v1/listings/A1?format=text", "200", &["content-language"]),
        ("/v1/changes", "/v1/changes", "200", &["chahao-seq", "chahao-chain"]),
        ("/v1/batches/{n}", "/v1/batches/99", "404", &["x-request-id"]),
    ] {
        let request = format!("GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        let answer = server.raw(request.as_bytes());
        let described = &document["paths"][path]["get"]["responses"][status]["headers"];
        for name in names.iter().chain(&["x-request-id"]) {
            assert!(described[name]["description"].is_string(), "{path} {status}: {name} is not described");
            assert!(answer.contains(&format!("\r\n{name}: ")), "{target}: {name} is not in {answer}");
        }
    }
    assert!(document["paths"]["/v1/lookup"]["get"]["responses"]["503"]["headers"]["retry-after"].is_object());
}

#[test]
fn a_listing_that_a_client_holds_is_not_sent_again() {
    let (folder, server) = served();
    let ask = |path: &str, tag: &str| {
        server.raw(
            format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nIf-None-Match: {tag}\r\nConnection: close\r\n\r\n")
                .as_bytes(),
        )
    };
    for path in ["/v1/listings/A1", "/v1/listings/A1?format=text"] {
        let first = ask(path, "\"other\"").to_lowercase();
        let tag = first.split_once("etag: ").unwrap().1.split("\r\n").next().unwrap().to_owned();
        assert!(first.starts_with("http/1.1 200"), "{first}");
        for held in [tag.clone(), format!("\"x\", W/{tag}")] {
            let again = ask(path, &held);
            assert!(again.starts_with("HTTP/1.1 304") && again.ends_with("\r\n\r\n"), "{again}");
        }
        let desk = folder.desk();
        let note = format!("{{\"op\":\"change\",\"id\":\"A1\",\"address\":\"{} 号\"}}\n", path.len());
        folder.import(&desk, &note);
        desk.compact(false, &mut chahao::progress::Silent).unwrap();
        let changed = Server::start(Arc::new(desk));
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nIf-None-Match: {tag}\r\nConnection: close\r\n\r\n");
        assert!(changed.raw(request.as_bytes()).starts_with("HTTP/1.1 200"), "what changed is sent");
    }
}

#[test]
fn long_lists_come_line_by_line_and_lookups_tell_their_time() {
    let (_folder, server) = served();
    let ask = |path: &str| {
        server.raw(
            format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: {NDJSON}\r\nConnection: close\r\n\r\n")
                .as_bytes(),
        )
    };
    let page = ask("/v1/batches?limit=2");
    assert!(page.contains("chahao-next: 2\r\n") && page.contains("content-type: application/x-ndjson\r\n"), "{page}");
    let numbers = |answer: &str| -> Vec<Value> {
        let lines = answer.split_once("\r\n\r\n").unwrap().1.lines().filter(|line| line.starts_with('{'));
        lines.map(|line| serde_json::from_str::<Value>(line).unwrap()["batch"].clone()).collect()
    };
    assert_eq!(numbers(&page), [json!(1), json!(2)]);
    let rest = ask("/v1/batches?after=2");
    assert!(!rest.contains("chahao-next"), "{rest}");
    assert_eq!(numbers(&rest), [json!(3)]);
    let lookup = ask("/v1/lookup?q=gzjj");
    let timing = lookup.split_once("server-timing: lookup;dur=").expect("a timing").1;
    assert!(timing.split("\r\n").next().unwrap().parse::<f64>().unwrap() < 20_000.0, "{lookup}");
}

#[test]
fn whoever_speaks_http_2_is_answered_in_it() {
    let (_folder, server) = served();
    let address = server.address;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let (mut client, connection) = h2::client::handshake(stream).await.unwrap();
        tokio::spawn(connection);
        let ask = |q: &str| {
            let uri = format!("http://{address}/v1/lookup?q={q}");
            client.send_request(axum::http::Request::get(uri).body(()).unwrap(), true).unwrap().0
        };
        // Asked before any is answered: one connection carries them all.
        for (answer, name) in ["gzjj", "zsdx", "gzjj"].map(ask).into_iter().zip(["广州酒家", "中山大学", "广州酒家"])
        {
            let answer = answer.await.unwrap();
            assert_eq!(answer.status(), 200);
            let mut body = answer.into_body();
            let mut bytes = Vec::new();
            while let Some(piece) = body.data().await {
                bytes.extend(piece.unwrap());
            }
            assert!(String::from_utf8(bytes).unwrap().contains(name));
        }
    });
    // What only begins like the preface is a request of HTTP/1.1 that makes no sense.
    assert!(server.raw(b"PRI * HTTP/1.1\r\nHost: localhost\r\n\r\n").starts_with("HTTP/1.1 4"));
}
