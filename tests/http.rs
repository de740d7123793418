//! What every route answers, to good requests and to bad ones.

use std::sync::Arc;

use serde_json::{Value, json};

use chahao::progress::Silent;

use crate::desk_in_a_folder::{Folder, add};
use crate::server_on_a_port::Server;

/// A desk with listings of every kind, served.
fn served() -> (Folder, Server) {
    let folder = Folder::new();
    let desk = folder.load(
        r#"{"id":"A1","name":"广州酒家(文昌总店)","area_code":"020","locality":"荔湾区","address":"文昌南路2号","category":"餐饮","phones":["订座:020-81380388"],"popularity":900}
{"id":"A2","name":"广州酒家","area_code":"020","locality":"天河区","category":"餐饮","phones":["020-85555555转8"],"popularity":300,"note":"只设外卖"}
{"id":"A3","name":"中山大学附属第一医院","area_code":"020","phones":["020-28823388"],"category":"医疗","popularity":40}
{"id":"A4","name":"急诊科","parent":"A3","phones":["020-28823390"],"popularity":20}
{"id":"A5","name":"抢救室","parent":"A4","phones":["020-28823391"]}
{"id":"A8","name":"老王修车行","phones":["13800138000"],"status":"changed","referral":{"number":"13900139000","listing":"A2","until":"2030-01-01"},"area_code":"0755"}
{"id":"A9","name":"隐名诊所","phones":["020-80245913"],"status":"non_published"}
{"id":"A10","name":"广州酒家","phones":["020-80000010"],"locality":"越秀区","status":"disconnected"}
"#,
    );
    (folder, Server::start(Arc::new(desk)))
}

#[test]
fn a_lookup_answers_with_exactly_the_documented_keys() {
    let (_folder, server) = served();
    let answer = server.lookup("gzjj", &[("limit", "1"), ("locality", "荔湾")]);
    assert_eq!((answer.status, answer.content_type.as_str()), (200, "application/json"));
    let mut json = answer.json();
    let took = json.as_object_mut().unwrap().remove("took_us").unwrap();
    assert!(took.as_u64().unwrap() < 20_000_000, "{took}");
    let expected = json!({"query": "gzjj", "seq": 8, "truncated": false, "hits": [{
        "id": "A1", "name": "广州酒家(文昌总店)", "match": "initials",
        "matched": {"field": "name", "text": "广州酒家(文昌总店)", "spans": [[0, 4]]},
        "phones": [{"number": "020-81380388", "label": "订座", "kind": "fixed"}],
        "locality": "荔湾区", "address": "文昌南路2号", "category": "餐饮", "status": "listed",
        "referral": null, "parent": null, "note": null, "confusable": false,
    }]});
    assert_eq!(json, expected);

    let hits = |q: &str| server.lookup(q, &[]).json()["hits"].clone();
    let child = &hits("急诊科")[0];
    assert_eq!(child["parent"], json!({"id": "A3", "name": "中山大学附属第一医院"}));
    let moved = &hits("老王修车行")[0];
    assert_eq!(moved["status"], "changed");
    assert_eq!(moved["referral"], json!({"number": "13900139000", "listing": "A2", "until": "2030-01-01"}));
    let same: Vec<_> = hits("广州酒家").as_array().unwrap().iter().map(|hit| hit["confusable"].clone()).collect();
    assert_eq!(same, [json!(true), json!(true), json!(false)], "two listings have one name");
    let hidden = &hits("隐名诊所")[0];
    assert_eq!((&hidden["status"], &hidden["phones"]), (&json!("non_published"), &json!([])));
    let noted = &hits("广州酒家")[0];
    assert_eq!((&noted["note"], &noted["phones"][0]["ext"]), (&json!("只设外卖"), &json!("8")));
}

#[test]
fn a_request_that_makes_no_sense_is_told_which_parameter_is_wrong() {
    let (_folder, server) = served();
    let long = "店".repeat(65);
    for (parameters, texts) in [
        (&[][..], &["`q`"][..]),
        (&[("q", "")], &["q has 1 to 64 characters", "it has 0"]),
        (&[("q", "  \u{3000} ")], &["q has 1 to 64 characters", "it has 0"]),
        (&[("q", &long)], &["q has 1 to 64 characters", "it has 65"]),
        (&[("q", "a"), ("q", "b")], &["`q`"]),
        (&[("q", "a"), ("limit", "0")], &["limit is 1 to 50", "it is 0"]),
        (&[("q", "a"), ("limit", "51")], &["limit is 1 to 50", "it is 51"]),
        (&[("q", "a"), ("limit", "abc")], &["limit"]),
        (&[("q", "a"), ("limit", "-1")], &["limit"]),
        (&[("q", "a"), ("limit", "99999999999999999999999")], &["limit"]),
        (&[("q", "a"), ("offset", "201")], &["offset is at most 200", "it is 201"]),
        (&[("q", "a"), ("offset", "x")], &["offset"]),
        (&[("q", "a"), ("modes", "exact,loud")], &["modes is a list of exact, prefix", "\"loud\""]),
        (&[("q", "a"), ("modes", ",")], &["modes"]),
        (&[("q", "a"), ("colour", "red")], &["`colour`", "`limit`"]),
    ] {
        let detail = server.get("/v1/lookup", parameters).problem(400);
        for text in texts {
            assert!(detail.contains(text), "{parameters:?}: {text:?} is not in {detail}");
        }
    }
    assert!(server.get("/v1/numbers/abc", &[]).problem(400).contains("there are none"));
    assert!(server.get("/v1/listings/%ff", &[]).problem(400).contains("UTF-8"));
}

#[test]
fn a_query_of_punctuation_alone_finds_nothing() {
    let (_folder, server) = served();
    for q in ["…", "()", "《》", "--", "\u{0}", "\u{200b}", "\u{1f600}"] {
        assert_eq!(server.lookup(q, &[]).ids(), Vec::<String>::new(), "{q:?}");
    }
    assert_eq!(server.lookup(&"店".repeat(64), &[]).ids(), Vec::<String>::new(), "as long as allowed");
    assert_eq!(server.lookup(" 广州酒家(文昌总店) ", &[]).ids(), ["A1"], "spaces around it are nothing");
}

#[test]
fn what_is_not_there_and_what_is_not_allowed_are_problems_too() {
    let (_folder, server) = served();
    for (path, text) in [
        ("/nothing", "/v1/lookup?q="),
        ("/console/0123456789abcdef/main.js", "/console/0123456789abcdef/main.js"),
        ("/v1/lookup/", "/v1/lookup/"),
        ("/v1/listings", "/v1/listings"),
        ("/v1/listings/NONE", "no listing has the id \"NONE\""),
        ("/v1/listings/%E5%BA%97%2F..%2F", "no listing has the id"),
        ("/v1/numbers/11111111", "no listing has the number \"11111111\""),
        ("/v1/numbers/02080245913", "no listing has the number"),
    ] {
        let detail = server.get(path, &[]).problem(404);
        assert!(detail.contains(text), "{path}: {detail}");
    }
    for path in ["/v1/lookup?q=a", "/v1/listings/A1", "/healthz"] {
        for method in ["POST", "PUT", "DELETE", "PATCH"] {
            let request = format!(
                "{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            );
            let answer = server.raw(request.as_bytes()).to_lowercase();
            assert!(answer.starts_with("http/1.1 405"), "{method} {path}: {answer}");
            assert!(answer.contains("content-type: application/problem+json"), "{answer}");
            assert!(answer.contains("allow: get,head"), "{answer}");
        }
    }
    let head = server.raw(b"HEAD /v1/lookup?q=gzjj HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    assert!(head.starts_with("HTTP/1.1 200") && head.ends_with("\r\n\r\n"), "{head}");
}

#[test]
fn a_listing_comes_with_its_captions_parents_and_referral() {
    let (_folder, server) = served();
    let hospital = server.get("/v1/listings/A3", &[]).json();
    assert_eq!(hospital["listing"]["name"], "中山大学附属第一医院");
    let expected = json!([{"id": "A4", "name": "急诊科", "status": "listed",
        "phones": [{"number": "020-28823390", "kind": "fixed"}],
        "captions": [{"id": "A5", "name": "抢救室", "status": "listed",
            "phones": [{"number": "020-28823391", "kind": "fixed"}]}]}]);
    assert_eq!(hospital["captions"], expected);
    assert_eq!((&hospital["parents"], &hospital["referral"], &hospital["seq"]), (&json!([]), &Value::Null, &json!(8)));
    let room = server.get("/v1/listings/A5", &[]).json();
    let above = json!([{"id": "A4", "name": "急诊科"}, {"id": "A3", "name": "中山大学附属第一医院"}]);
    assert_eq!(room["parents"], above);
    let moved = server.get("/v1/listings/A8", &[]).json();
    assert_eq!(moved["referral"]["id"], "A2");
    assert_eq!(moved["referral"]["phones"][0]["number"], "020-85555555");
    assert_eq!(moved["listing"]["referral"]["until"], "2030-01-01");
    let hidden = server.get("/v1/listings/A9", &[]);
    assert!(hidden.status == 200 && !hidden.body.contains("80245913"), "{}", hidden.body);
}

#[test]
fn an_answer_is_told_as_a_text_message_and_to_be_read_out() {
    let (_folder, server) = served();
    let told = |id: &str, parameters: &[(&str, &str)]| {
        let answer = server.get(&format!("/v1/listings/{id}"), parameters);
        assert_eq!(
            (answer.status, answer.content_type.as_str()),
            (200, "text/plain; charset=utf-8"),
            "{}",
            answer.body
        );
        assert!(!answer.body.contains("80245913"), "{}", answer.body);
        answer.body
    };
    for (id, format, lang, text) in [
        ("A1", "text", "zh", "广州酒家(文昌总店)\n订座 020-81380388\n荔湾区文昌南路2号\n"),
        ("A1", "speech", "zh", "广州酒家(文昌总店)。号码：零二零，八幺三八，零三八八。\n"),
        ("A2", "text", "en", "广州酒家\n020-85555555 extension 8\n天河区\n"),
        ("A2", "speech", "yue", "广州酒家。電話號碼：零二零，八五五五，五五五五，內線八。\n"),
        ("A8", "text", "cmn", "老王修车行\n号码已更改，新号码：13900139000 (转告至 2030-01-01)\n"),
        (
            "A8",
            "speech",
            "en",
            "老王修车行. The number has changed. The new number is one three nine, zero zero one three, nine zero zero zero.\n",
        ),
        ("A9", "text", "zh", "隐名诊所\n该用户要求不公开号码，无法提供\n"),
        ("A9", "speech", "yue", "隐名诊所。客戶要求唔公開號碼，未能提供。\n"),
        ("A10", "text", "zh", "广州酒家\n该号码已停用\n越秀区\n"),
    ] {
        assert_eq!(told(id, &[("format", format), ("lang", lang)]), text, "{id} {format} {lang}");
    }
    assert_eq!(told("A9", &[("format", "speech")]), "隐名诊所。该用户要求不公开号码，无法提供。\n");
    assert_eq!(server.get("/v1/listings/A1", &[("format", "json")]).json()["listing"]["id"], "A1");
    for (parameter, value, text) in
        [("format", "xml", "json, text or speech"), ("lang", "fr", "yue (Cantonese)"), ("colour", "red", "`format`")]
    {
        assert!(server.get("/v1/listings/A1", &[(parameter, value)]).problem(400).contains(text));
    }
}

#[test]
fn a_number_is_answered_with_or_without_its_area_code() {
    let (_folder, server) = served();
    for digits in ["81380388", "02081380388", "020-81380388", "(020)8138%200388"] {
        let answer = server.get(&format!("/v1/numbers/{digits}"), &[]).json();
        assert_eq!(answer["listings"][0]["id"], "A1", "{digits}");
        assert_eq!(answer["listings"].as_array().unwrap().len(), 1);
    }
    let moved = server.get("/v1/numbers/13800138000", &[]).json();
    assert_eq!((&moved["digits"], &moved["seq"]), (&json!("13800138000"), &json!(8)));
    assert_eq!(moved["listings"][0]["referral"]["number"], "13900139000");
}

#[test]
fn filters_and_modes_narrow_a_lookup() {
    let (_folder, server) = served();
    for (q, parameters, ids) in [
        ("广州酒家", &[][..], &["A2", "A10", "A1"][..]),
        ("广州酒家", &[("locality", "荔湾")], &["A1"]),
        ("广州酒家", &[("locality", "天河区"), ("category", "餐")], &["A2"]),
        ("广州酒家", &[("category", "医疗")], &[]),
        ("广州酒家", &[("area_code", "020")], &["A2", "A1"]),
        ("广州酒家", &[("area_code", "0755")], &[]),
        ("广州酒家", &[("locality", " ")], &["A2", "A10", "A1"]),
        ("广州酒家", &[("modes", "exact")], &["A2", "A10"]),
        ("广州酒家", &[("modes", "prefix")], &["A1"]),
        ("广州酒家", &[("modes", "pinyin,initials,number")], &[]),
        ("gzjj", &[("modes", "initials"), ("locality", "荔湾")], &["A1"]),
        ("gzjj", &[("modes", "pinyin")], &[]),
        ("81380388", &[("modes", "number")], &["A1"]),
        ("81380388", &[("modes", "exact, infix")], &[]),
    ] {
        assert_eq!(server.lookup(q, parameters).ids(), ids, "{q} {parameters:?}");
    }
}

#[test]
fn pages_put_together_are_the_one_big_page() {
    pages_agree(24);
}

#[test]
fn pages_of_a_common_name_put_together_are_the_one_big_page() {
    pages_agree(600);
}

/// Half of `count` listings are in the base and half in the delta.
fn pages_agree(count: usize) {
    let folder = Folder::new();
    let row = |n: usize| add(&format!("P{n:03}"), &format!("广州{}店", "分".repeat(n * 5 % 7)), (n * 7 % 11) as f32);
    let desk = folder.load(&(0..count / 2).map(row).collect::<String>());
    folder.import(&desk, &(count / 2..count).map(row).collect::<String>());
    desk.compact(false, &mut Silent).unwrap();
    let server = Server::start(Arc::new(desk));
    for q in ["广州", "gz", "店"] {
        let whole = server.lookup(q, &[("limit", "50")]).ids();
        assert_eq!(whole.len(), count.min(50), "{q}");
        for size in [1, 7, 25] {
            let page = |offset: usize| {
                server.lookup(q, &[("limit", &size.to_string()), ("offset", &offset.to_string())]).ids()
            };
            let pages: Vec<String> = (0..50).step_by(size).flat_map(page).take(50).collect();
            assert_eq!(pages, whole, "{q} by {size}");
        }
    }
    let beyond = server.lookup("广州", &[("offset", "200")]).ids().len();
    assert_eq!(beyond, count.saturating_sub(200).min(10));
}

#[test]
fn a_server_is_ready_once_an_index_is_open_and_in_step() {
    let folder = Folder::new();
    let desk = Arc::new(folder.desk());
    let server = Server::start(Arc::clone(&desk));
    let ready = || {
        let answer = server.get("/readyz", &[]);
        (answer.status, answer.json())
    };
    assert_eq!((server.get("/healthz", &[]).status, server.get("/healthz", &[]).body.as_str()), (200, "ok\n"));
    let (status, json) = ready();
    assert_eq!((status, &json["ready"]), (503, &json!(false)));
    assert!(json["reason"].as_str().unwrap().contains("run chahao compact"), "{json}");
    for path in ["/v1/lookup?q=a", "/v1/listings/A1", "/v1/numbers/81380388"] {
        let answer = server.get(path, &[]);
        assert!(answer.problem(503).contains("try again"), "{path}");
        assert_eq!(answer.retry_after.as_deref(), Some("1"), "{path}");
    }
    assert_eq!(server.get("/v1/lookup?q=", &[]).status, 400, "a bad request is bad at any time");
    folder.import(&desk, &add("A0", "零店", 1.0));
    desk.compact(false, &mut Silent).unwrap();
    assert_eq!(ready(), (200, json!({"ready": true, "seq": 1, "lag_batches": 0})));
    for n in 1..=11 {
        folder.import(&desk, &add(&format!("A{n}"), "新店", 1.0));
        let (status, json) = ready();
        assert_eq!(
            (status, &json["lag_batches"], &json["seq"]),
            (if n > 10 { 503 } else { 200 }, &json!(n), &json!(1))
        );
    }
    assert!(ready().1["reason"].as_str().unwrap().contains("behind the ledger"));
    desk.compact(false, &mut Silent).unwrap();
    assert_eq!(ready(), (200, json!({"ready": true, "seq": 12, "lag_batches": 0})));
}

#[test]
fn the_command_line_prints_what_http_answers() {
    let (folder, server) = served();
    let url = format!("http://{}", server.address);
    let untimed = |mut json: Value| {
        json.as_object_mut().unwrap().remove("took_us").unwrap();
        json
    };
    let parse = |text: String| untimed(serde_json::from_str(&text).unwrap());
    for q in ["广州酒家", "gzjj", "8138", "老王", "急诊", "隐名"] {
        let expected = untimed(server.lookup(q, &[]).json());
        assert!(!expected["hits"].as_array().unwrap().is_empty(), "{q}");
        assert_eq!(parse(folder.prints(0, &["lookup", q, "--json"])), expected, "{q}");
        assert_eq!(parse(folder.prints(0, &["lookup", q, "--json", "--server", &url])), expected, "{q}");
        let (here, there) = (folder.prints(0, &["lookup", q]), folder.prints(0, &["lookup", q, "--server", &url]));
        assert_eq!(here, there, "{q}");
    }
    let narrowed = ["lookup", "广州酒家", "--json", "--modes", "exact", "--locality", "天河", "--area-code", "020"];
    let narrowed = [&narrowed[..], &["--category", "餐饮", "--limit", "3"]].concat();
    let (here, there) = (folder.prints(0, &narrowed), folder.prints(0, &[&narrowed[..], &["--server", &url]].concat()));
    assert_eq!(parse(here), parse(there));
    assert_eq!(folder.prints(1, &["lookup", "没有", "--server", &url]), "nothing found for 没有\n");
    for (arguments, path) in [(["show", "A3"], "/v1/listings/A3"), (["number", "81380388"], "/v1/numbers/81380388")] {
        let printed = folder.prints(0, &[&arguments[..], &["--json"]].concat());
        assert_eq!(printed, server.get(path, &[]).body + "\n");
    }
}
