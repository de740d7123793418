//! Whatever is asked, answers are as `/openapi.json` says: requests are made from the description, sensible ones and
//! hostile ones, and every answer is held to it.
//!
//! `CHAHAO_TEST_CONTRACT=100000` asks so many times; the requests are the same at every run.

use std::cell::RefCell;

use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::Value;

use crate::openapi::{Description, served};
use crate::server_on_a_port::{Answer, Server};

/// Requests where nothing is said.
const REQUESTS: u32 = 1_500;
/// Targets longer than this are no HTTP that a server has to take.
const TARGET_MAX: usize = 8 << 10;

/// One parameter, or a piece of a path, as it stands in the request; whether the description takes it, where it tells.
#[derive(Debug, Clone)]
struct Given {
    text: String,
    fits: Option<bool>,
}

#[derive(Debug, Clone)]
struct Parameter {
    name: String,
    required: bool,
    path: bool,
    /// The parameter it cannot be given with, as its description says.
    not_with: Option<String>,
    schema: Value,
}

#[derive(Debug, Clone)]
struct Operation {
    method: String,
    path: String,
    parameters: Vec<Parameter>,
}

#[derive(Debug, Clone)]
struct Request {
    method: String,
    /// The path of the description it was made for.
    path: String,
    target: String,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    /// Whether it is a request that the description takes.
    fits: Option<bool>,
}

fn operations(document: &Value) -> Vec<Operation> {
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let parameters = operation["parameters"].as_array().into_iter().flatten().map(|parameter| Parameter {
                name: parameter["name"].as_str().unwrap().to_owned(),
                required: parameter["required"].as_bool().unwrap_or(false),
                path: parameter["in"] == "path",
                not_with: parameter["description"]
                    .as_str()
                    .and_then(|text| text.split_once("not with `")?.1.split_once('`'))
                    .map(|(name, _)| name.to_owned()),
                schema: parameter["schema"].clone(),
            });
            let parameters = parameters.collect();
            operations.push(Operation { method: method.clone(), path: path.clone(), parameters });
        }
    }
    operations
}

/// `text` as a piece of a target, every byte that means something there written out.
fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            true => char::from(byte).to_string(),
            false => format!("%{byte:02X}"),
        })
        .collect()
}

/// What nobody should send.
fn hostile() -> impl Strategy<Value = String> {
    let odd = [
        "%",
        "%zz",
        "%ff%fe",
        "%c3%28",
        "%00",
        "a%00b",
        "%0d%0aX:1",
        "%e2%80%ae%e5%b9%bf%e5%b7%9e",
        "..%2f..%2f",
        "%2e%2e",
        "null",
        "[]",
        "{}",
        "'",
        "%22",
        "%3Cscript%3E",
        "1e9",
        "0x10",
        "NaN",
        "-1",
        "+5",
        "%205",
        "1.5",
        "18446744073709551616",
        "99999999999999999999999999",
        "-9223372036854775809",
        "true",
        "TRUE",
        "%F0%9F%98%80",
        "%EF%BB%BF",
        "%E2%80%8B",
        "",
    ];
    prop_oneof![
        6 => select(odd.to_vec()).prop_map(str::to_owned),
        4 => any::<String>().prop_map(|text| encoded(&text)),
        1 => (100usize..9_000).prop_map(|length| "a".repeat(length)),
        1 => (1usize..80).prop_map(|length| encoded(&"店".repeat(length))),
    ]
}

fn sensible() -> impl Strategy<Value = String> {
    let words = [
        "A1",
        "A3",
        "A8",
        "A9",
        "gzjj",
        "广州",
        "8138",
        "81380388",
        "zh",
        "json",
        "text",
        "auto",
        "off",
        "zh/z,n/l",
        "exact,prefix",
        "荔湾",
        "020",
        "a",
    ];
    select(words.to_vec()).prop_map(encoded)
}

fn given(parameter: &Parameter) -> BoxedStrategy<Given> {
    let of_type = |name: &str| match &parameter.schema["type"] {
        Value::String(one) => one == name,
        Value::Array(some) => some.iter().any(|one| one == name),
        _ => false,
    };
    let untold = |text| Given { text, fits: None };
    if of_type("integer") {
        let bound = |key: &str| parameter.schema[key].as_f64().map(|bound| bound as i128);
        let (least, most) = (bound("minimum").unwrap_or(0), bound("maximum").unwrap_or(1_000_000));
        let judged =
            move |number: i128| Given { text: number.to_string(), fits: Some((least..=most).contains(&number)) };
        return prop_oneof![
            4 => (least..=most).prop_map(judged),
            // Beyond a bound that is not described nothing is told.
            2 => select(vec![least, most]).prop_map(judged),
            2 => select(bound("minimum").map(|least| least - 1).into_iter().chain(bound("maximum").map(|most| most + 1)).chain([least]).collect::<Vec<_>>()).prop_map(judged),
            3 => hostile().prop_map(untold),
        ]
        .boxed();
    }
    if of_type("boolean") {
        let known = select(vec!["true", "false"]).prop_map(|text| Given { text: text.to_owned(), fits: Some(true) });
        return prop_oneof![2 => known, 1 => hostile().prop_map(untold)].boxed();
    }
    if let Some(words) = parameter.schema["enum"].as_array() {
        let known: Vec<String> = words.iter().filter_map(|word| word.as_str().map(encoded)).collect();
        let known = select(known).prop_map(|text| Given { text, fits: Some(true) });
        return prop_oneof![2 => known, 1 => hostile().prop_map(untold)].boxed();
    }
    let longest = parameter.schema["maxLength"].as_u64();
    let sensible = sensible().prop_map(untold);
    match longest {
        None => prop_oneof![3 => sensible, 3 => hostile().prop_map(untold)].boxed(),
        Some(longest) => {
            let of_length = (0..=longest + 2).prop_map(move |length| Given {
                text: encoded(&"店".repeat(length as usize)),
                fits: Some((1..=longest).contains(&length)),
            });
            prop_oneof![3 => sensible, 2 => of_length, 3 => hostile().prop_map(untold)].boxed()
        }
    }
}

fn headers() -> impl Strategy<Value = Vec<(&'static str, String)>> {
    let header = prop_oneof![
        select(vec!["application/x-ndjson", "*/*", "text/html;q=0", "\u{1}", "a/b/c,,;"])
            .prop_map(|value| ("Accept", value.to_owned())),
        select(vec!["*", "\"x\"", "W/\"", ",,,"]).prop_map(|value| ("If-None-Match", value.to_owned())),
        select(vec!["Bearer", "Bearer x", "Basic eA==", "Bearer \u{fc}", ""])
            .prop_map(|value| ("Authorization", value.to_owned())),
        select(vec!["chahao=", "chahao=x; chahao=y", ";;=;"]).prop_map(|value| ("Cookie", value.to_owned())),
        select(vec!["text/plain", "application/json", "", "application/x-ndjson; charset=gbk", "x"])
            .prop_map(|value| ("Content-Type", value.to_owned())),
        "[a-zA-Z0-9]{0,300}".prop_map(|value| ("X-Anything", value)),
    ];
    prop::collection::vec(header, 0..3)
}

fn body() -> impl Strategy<Value = (Vec<u8>, &'static str)> {
    let rows = select(vec![
        "{\"id\":\"N1\",\"name\":\"新店\"}\n".as_bytes().to_vec(),
        b"{\"op\":\"delete\",\"id\":\"A3\"}\n".to_vec(),
        b"{\"feed\":\"x\",\"seq\":0}\n".to_vec(),
        b"{\"feed\":\"x\",\"seq\":18446744073709551615}\n{\"id\":\"N2\",\"name\":\"x\"}\n".to_vec(),
        b"{\"id\":\"N3\",\"name\":\"x\",\"popularity\":1e999}\n".to_vec(),
        b"{\"id\":\"N4\",\"name\":\"\\ud800\"}\n".to_vec(),
        "id,name,phone\nN5,\u{202e}店,020-81234567\n".as_bytes().to_vec(),
        "\u{feff}id,name\n\"N6,x\n".as_bytes().to_vec(),
        b"\x1f\x8b\x08\0garbage".to_vec(),
        b"PK\x03\x04garbage".to_vec(),
        b"\x28\xb5\x2f\xfdgarbage".to_vec(),
        b"\xff\xfe\x00\xd8".to_vec(),
        b"[[[[[[[[".to_vec(),
        b"\0\0\0\0".to_vec(),
        Vec::new(),
    ]);
    let any = prop::collection::vec(any::<u8>(), 0..400);
    let types = [
        "application/x-ndjson",
        "text/csv",
        "application/gzip",
        "application/json",
        "text/plain",
        "application/octet-stream",
    ];
    (prop_oneof![3 => rows, 1 => any], select(types.to_vec()))
}

/// A request for `operation`, with parameters left out, doubled and unknown.
fn request(operation: Operation) -> BoxedStrategy<Request> {
    let parameters: Vec<_> = operation
        .parameters
        .iter()
        .map(|parameter| {
            let given = given(parameter);
            let given = match (parameter.path, parameter.required) {
                (true, _) => given.prop_map(Some).boxed(),
                (false, true) => prop::option::weighted(0.9, given).boxed(),
                (false, false) => prop::option::weighted(0.4, given).boxed(),
            };
            (Just(parameter.clone()), given)
        })
        .collect();
    let extra = prop::option::weighted(0.15, (select(vec!["x", "Q", "q", "limit", "%00", "", "a[b]"]), hostile()));
    (parameters, extra, headers(), body())
        .prop_map(move |(parameters, extra, mut headers, (body, content_type))| {
            let mut target = operation.path.clone();
            let mut query: Vec<String> = Vec::new();
            let mut fits = Some(extra.is_none() && headers.is_empty());
            if fits == Some(false) {
                fits = None;
            }
            let names: Vec<String> = parameters
                .iter()
                .filter(|(_, given)| given.is_some())
                .map(|(parameter, _)| parameter.name.clone())
                .collect();
            for (parameter, given) in parameters {
                let excluded = parameter.not_with.is_some_and(|other| names.contains(&other));
                if excluded && given.is_some() {
                    fits = Some(false);
                }
                let one = match &given {
                    Some(given) => given.fits,
                    None => Some(!parameter.required),
                };
                // One that does not fit decides; one of which nothing is told leaves it open.
                fits = match (fits, one) {
                    (Some(false), _) | (_, Some(false)) => Some(false),
                    (Some(true), Some(true)) => Some(true),
                    _ => None,
                };
                match given {
                    Some(given) if parameter.path => {
                        target = target.replace(&format!("{{{}}}", parameter.name), &given.text);
                        fits = fits.filter(|fits| !fits);
                    }
                    Some(given) => query.push(format!("{}={}", parameter.name, given.text)),
                    None => {}
                }
            }
            if let Some((name, value)) = extra {
                // It may stand for one that was left out, or double one.
                fits = None;
                query.push(format!("{name}={value}"));
            }
            if !query.is_empty() {
                target = format!("{target}?{}", query.join("&"));
            }
            let posts = operation.method == "post";
            if posts && headers.iter().all(|(name, _)| *name != "Content-Type") {
                headers.push(("Content-Type", content_type.to_owned()));
            }
            let fits = if posts { fits.filter(|fits| !fits) } else { fits };
            let body = if posts { body } else { Vec::new() };
            let method = operation.method.to_uppercase();
            Request { method, path: operation.path.clone(), target, headers, body, fits }
        })
        .boxed()
}

/// Whether nothing but bytes of a target stand in `target`.
fn is_target(target: &str) -> bool {
    target.len() <= TARGET_MAX && target.bytes().all(|byte| byte.is_ascii_graphic())
}

fn send(server: &Server, request: &Request) -> Option<(Answer, String)> {
    let headers: String = request.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let head = format!(
        "{} {} HTTP/1.1\r\nHost: localhost\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n",
        request.method,
        request.target,
        request.body.len()
    );
    let came = server.raw(&[head.as_bytes(), &request.body].concat());
    let (head, body) = came.split_once("\r\n\r\n")?;
    let header = |name: &str| {
        let lines = head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned()).next()
    };
    let answer = Answer {
        status: head.split(' ').nth(1)?.parse().ok()?,
        content_type: header("content-type").unwrap_or_default(),
        retry_after: header("retry-after"),
        seq: header("chahao-seq"),
        body: body.to_owned(),
    };
    Some((answer, header("allow").unwrap_or_default()))
}

/// Holds one answer to the description.
fn judge(description: &RefCell<Description>, server: &Server, request: &Request) -> Result<(), TestCaseError> {
    let Some((answer, _)) = send(server, request) else {
        // More than a server has to read may be cut off without a word.
        prop_assert!(!is_target(&request.target), "there is no answer");
        return Ok(());
    };
    let what = format!("{} {} {}", answer.status, answer.content_type, answer.body);
    prop_assert!(answer.status < 500, "{what}");
    if !request.target.contains("80245913") {
        prop_assert!(!answer.body.contains("80245913"), "a number that may not be given out: {what}");
    }
    match request.fits {
        // A seq the ledger has not come to is described by its answer.
        Some(true) if answer.status == 409 => {
            prop_assert!(answer.body.contains("urn:chahao:not-followed"), "the description takes it: {what}");
        }
        Some(true) => prop_assert!(answer.status < 300, "the description takes it: {what}"),
        Some(false) => prop_assert!((400..500).contains(&answer.status), "the description does not take it: {what}"),
        None => {}
    }
    if answer.status >= 400 {
        prop_assert_eq!(&answer.content_type, "application/problem+json", "{}", what);
        prop_assert_eq!(&answer.json()["status"], answer.status, "{}", what);
    }
    // A piece of a path may lead to another route, or to none.
    let pieces = request.path.split('/').count();
    let path = request.target.split(['?', '#']).next().unwrap_or_default();
    if path.split('/').count() != pieces || path.ends_with('/') {
        return Ok(());
    }
    let checked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        description.borrow_mut().check(&request.method.to_lowercase(), &request.path, &answer);
    }));
    prop_assert!(checked.is_ok(), "not as it is described: {what}");
    Ok(())
}

fn runner(cases: u32) -> TestRunner {
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 400, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

#[test]
fn whatever_is_asked_is_answered_as_described() {
    let requests = std::env::var("CHAHAO_TEST_CONTRACT").ok().map(|count| count.parse().expect("a number"));
    let (_folder, server) = served();
    let description = Description::of(&server);
    let operations = operations(&description.document);
    assert!(operations.len() >= 11, "{operations:?}");
    let description = RefCell::new(description);
    let strategy = select(operations).prop_flat_map(request);
    let fitting = RefCell::new((0, 0));
    let told = runner(requests.unwrap_or(REQUESTS)).run(&strategy, |request| {
        let mut counts = fitting.borrow_mut();
        counts.0 += u32::from(request.fits == Some(true));
        counts.1 += u32::from(request.fits == Some(false));
        drop(counts);
        judge(&description, &server, &request)
    });
    if let Err(failure) = told {
        panic!("{failure}");
    }
    let (fit, unfit) = *fitting.borrow();
    assert!(fit > 50 && unfit > 50, "{fit} requests that fit and {unfit} that do not are too few to tell anything");
}

#[test]
fn methods_that_are_not_described_are_refused_with_those_that_are() {
    let (_folder, server) = served();
    let description = Description::of(&server);
    for (path, methods) in description.document["paths"].as_object().unwrap() {
        let taken: Vec<String> = methods.as_object().unwrap().keys().map(|method| method.to_uppercase()).collect();
        let target = path.replace("{id}", "A1").replace("{digits}", "81380388").replace("{n}", "1");
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW", "get"] {
            if taken.iter().any(|taken| taken == method) {
                continue;
            }
            let request = Request {
                method: method.to_owned(),
                path: path.clone(),
                target: target.clone(),
                headers: vec![("Content-Type", "application/x-ndjson".to_owned())],
                body: Vec::new(),
                fits: None,
            };
            let (answer, allow) = send(&server, &request).expect("an answer");
            let detail = answer.problem(405);
            for taken in &taken {
                assert!(allow.contains(taken.as_str()), "{method} {path}: Allow: {allow}");
                assert!(detail.contains(taken.as_str()), "{method} {path}: {detail}");
            }
            assert!(!allow.contains(method), "{method} {path}: Allow: {allow}");
        }
    }
}

#[test]
fn paths_that_are_not_described_are_not_found() {
    let (_folder, server) = served();
    let paths = [
        "/v1",
        "/v1/",
        "/v2/lookup",
        "//v1/lookup",
        "/v1/lookup/",
        "/v1/listings",
        "/v1/listings/",
        "/v1/listings/A1/x",
        "/v1/batches/",
        "/..",
        "/%2e%2e/etc/passwd",
        "/console",
        "/console/x/main.js",
        "/console/x/..%2fmain.rs",
        "/%00",
        "/%ff",
        "/v1/lookup%3fq=a",
        "/healthz/",
    ];
    for target in paths {
        let request = Request {
            method: "GET".to_owned(),
            path: String::new(),
            target: target.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
            fits: None,
        };
        send(&server, &request).expect("an answer").0.problem(404);
    }
    let huge = Request {
        method: "GET".to_owned(),
        path: String::new(),
        target: format!("/v1/lookup?q={}", "a".repeat(1 << 20)),
        headers: Vec::new(),
        body: Vec::new(),
        fits: None,
    };
    // So much is not read to its end, and may be cut off.
    if let Some((answer, _)) = send(&server, &huge) {
        answer.problem(431);
    }
    assert_eq!(server.get("/healthz", &[]).status, 200, "it goes on after that");
}
