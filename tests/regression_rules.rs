//! Bugs in the rules of listings that were found once, so that they do not come back: of the same kind as `regression`.

use serde_json::{Value, json};

use crate::desk_in_a_folder::Folder;

/// Imports `rows` without limits and hands over the report.
fn report(folder: &Folder, rows: &str, more: &[&str]) -> Value {
    folder.write("batch.ndjson", rows);
    let arguments = ["import", "batch.ndjson", "--max-reject", "100", "--max-churn", "100", "--json"];
    serde_json::from_str(&folder.prints(0, &[&arguments, more].concat())).unwrap()
}

/// Codes of the rejections, in order.
fn codes(report: &Value) -> Vec<String> {
    let rejections = report["rejections"].as_array().unwrap();
    rejections.iter().map(|one| format!("{}/{}", one["id"].as_str().unwrap(), one["code"].as_str().unwrap())).collect()
}

/// How many cases of a kind the report names, and the first of them.
fn cases(report: &Value, kind: &str) -> (u64, Value) {
    let cases = &report["review"][kind];
    (cases["count"].as_u64().unwrap_or(0), cases["cases"][0].clone())
}

fn row(id: &str, number: &str) -> String {
    json!({"id": id, "name": format!("店{id}"), "phones": [number]}).to_string() + "\n"
}

#[test]
fn a_status_that_is_cleared_does_not_publish_a_withheld_number() {
    let folder = Folder::new();
    report(&folder, r#"{"id":"S-1","name":"隐店","phones":["020-89990001"],"status":"non_published"}"#, &[]);
    for empty in ["null", "\"\"", "\" \""] {
        let told = report(&folder, &format!(r#"{{"op":"change","id":"S-1","status":{empty}}}"#), &[]);
        assert_eq!(codes(&told), ["S-1/bad_status"], "{told}");
    }
    folder.write("clear.csv", "op,id,status\nchange,S-1,<clear>\n");
    let told = folder.ends(0, &["import", "clear.csv", "--max-reject", "100"]);
    assert!(told.contains("a status cannot be cleared") && told.contains("bad_status"), "{told}");
    folder.ends(0, &["compact"]);
    assert!(!folder.prints(0, &["show", "S-1"]).contains("8999"), "the number went out");
}

#[test]
fn a_rejected_row_of_a_listing_that_is_withheld_tells_no_digits() {
    let folder = Folder::new();
    report(&folder, r#"{"id":"S-1","name":"隐店","phones":["020-89990001"],"status":"non_published"}"#, &[]);
    let rows = r#"{"op":"change","id":"S-1","phones":["020-89990002/89990003"]}
{"id":"S-2","name":"隐二","phones":["020-89990002/89990003"],"status":"non_published"}
{"id":"S-3","name":"隐三","phones":["020-89990002/89990003"],"status":"non-published"}
{"op":"change","id":"S-1","referral":{"number":89990002}}
{"op":"change","id":"S-1","area_code":"8999000"}
{"id":"S-4","name":"明四","phones":["020-81380002/81380003"]}
"#;
    let told = report(&folder, rows, &["--rejects", "rejects", "--dry-run"]);
    assert_eq!(told["rejected"], 6, "{told}");
    let reasons = std::fs::read_to_string(folder.path("rejects.reasons.ndjson")).unwrap();
    for text in [told.to_string(), reasons] {
        assert!(!text.contains("8999000"), "{text}");
        assert!(text.contains("81380002/81380003"), "what anyone may see is shown: {text}");
    }
    assert!(told["rejections"][0]["reason"].as_str().unwrap().contains("withheld"), "{told}");
}

#[test]
fn a_number_in_the_texts_of_a_listing_that_is_withheld_is_masked() {
    let folder = Folder::new();
    let listing = json!({"id": "S-1", "name": "隐店", "status": "non_published", "note": "老板 8999 0004,勿外传",
        "address": "天河路385-387号", "aliases": ["隐店89990004", "小隐"]});
    let desk = folder.load(&listing.to_string());
    let shown = desk.listing("S-1").unwrap().listing;
    assert_eq!((shown.note.as_str(), shown.address.as_str()), ("老板 **** ****,勿外传", "天河路385-387号"));
    assert_eq!(shown.aliases.iter().map(|alias| alias.text.as_str()).collect::<Vec<_>>(), ["小隐"]);
    assert!(desk.verify().unwrap().damage.is_empty());
    for arguments in [&["history", "S-1"][..], &["export"], &["lookup", "隐店", "--json"]] {
        let told = folder.prints(0, arguments);
        assert!(!told.contains("89990004") && !told.contains("8999 0004"), "{told}");
    }
    assert!(folder.prints(0, &["export", "--confidential"]).contains("8999 0004"), "the ledger has all");
}

#[test]
fn a_number_of_a_listing_out_of_service_is_given_up_on_that_day() {
    let folder = Folder::new();
    report(&folder, &(row("L-1", "020-85550001") + &row("L-2", "020-85550002") + &row("L-3", "020-85550003")), &[]);
    let rows = r#"{"op":"change","id":"L-1","status":"disconnected"}
{"op":"change","id":"L-2","status":"changed","referral":"020-85559999"}
{"op":"change","id":"L-3","status":"disconnected"}
"#;
    report(&folder, rows, &[]);
    let back = "{\"op\":\"change\",\"id\":\"L-3\",\"status\":\"listed\"}\n";
    assert_eq!(cases(&report(&folder, back, &[]), "early_numbers").0, 0, "it is its own again");
    let taken = row("N-1", "020-85550001") + &row("N-2", "020-85550002") + &row("N-3", "020-85550003");
    let told = report(&folder, &taken, &[]);
    let today = jiff::Zoned::now().date().to_string();
    assert_eq!(
        cases(&told, "early_numbers"),
        (2, json!({"id": "N-1", "number": "020-85550001", "from": "L-1", "given_up": today}))
    );
    assert_eq!(cases(&told, "shared_numbers"), (1, json!({"number": "02085550003", "ids": ["L-3", "N-3"]})));
}

#[test]
fn a_number_is_given_up_and_taken_in_one_batch_in_either_order() {
    for (first, second) in [("add", "delete"), ("delete", "add")] {
        let folder = Folder::new();
        report(&folder, &row("L-1", "020-85550001"), &[]);
        let (add, delete) = (row("N-1", "020-85550001"), "{\"op\":\"delete\",\"id\":\"L-1\"}\n".to_owned());
        let rows = if first == "add" { add + &delete } else { delete + &add };
        assert_eq!(cases(&report(&folder, &rows, &[]), "early_numbers").0, 1, "{first}, then {second}");
    }
}

#[test]
fn a_number_is_the_same_with_its_area_code_and_without() {
    let folder = Folder::new();
    let local = |id: &str| json!({"id": id, "name": format!("店{id}"), "phones": ["85552222"], "area_code": "020"});
    let told = report(&folder, &(local("L-1").to_string() + "\n" + &row("L-2", "020-85552222")), &[]);
    assert_eq!(cases(&told, "shared_numbers"), (1, json!({"number": "02085552222", "ids": ["L-1", "L-2"]})));
    report(&folder, "{\"op\":\"delete\",\"id\":\"L-1\"}\n{\"op\":\"delete\",\"id\":\"L-2\"}\n", &[]);
    assert_eq!(cases(&report(&folder, &local("L-3").to_string(), &[]), "early_numbers").0, 2);
    folder.ends(0, &["compact"]);
    let told: Value = serde_json::from_str(&folder.prints(0, &["lookup", "店L-3", "--json"])).unwrap();
    assert_eq!(told["hits"][0]["resting"][0]["number"], "85552222", "{told}");
}

#[test]
fn an_undone_mistake_gives_no_number_up() {
    let folder = Folder::new();
    report(&folder, &row("X-1", "020-85550001"), &[]);
    folder.ends(0, &["undo", "1"]);
    assert_eq!(cases(&report(&folder, &row("X-2", "020-85550001"), &[]), "early_numbers").0, 0);
    folder.ends(0, &["compact"]);
    assert!(!folder.prints(0, &["show", "X-2"]).contains("resting"));
}

#[test]
fn a_number_that_rests_is_marked_wherever_it_is_shown_for_as_long_as_it_is_set() {
    let folder = Folder::new();
    report(&folder, &row("L-1", "020-85550001"), &[]);
    report(&folder, "{\"op\":\"delete\",\"id\":\"L-1\"}\n", &[]);
    report(&folder, &row("N-1", "020-85550001"), &[]);
    folder.ends(0, &["compact"]);
    let age = "UPDATE given_up SET day = date(day, '-30 days')";
    rusqlite::Connection::open(folder.ledger()).unwrap().execute(age, []).unwrap();
    for arguments in [["show", "N-1"], ["number", "85550001"], ["lookup", "店N-1"]] {
        for (days, marked) in [("31", true), ("30", false)] {
            let told = folder.prints(0, &[&arguments[..], &["--quarantine-days", days]].concat());
            assert_eq!(told.contains("was another listing's until"), marked, "{arguments:?} {days}: {told}");
        }
    }
    let number: Value = serde_json::from_str(&folder.prints(0, &["number", "85550001", "--json"])).unwrap();
    assert_eq!(number["resting"][0]["number"], "020-85550001", "{number}");
}

#[test]
fn a_new_listing_is_compared_with_those_that_stand() {
    let folder = Folder::new();
    let shop = |id: &str, name: &str, status: &str| {
        json!({"id": id, "name": name, "locality": "荔湾区", "phones": ["020-85550001"], "status": status}).to_string()
            + "\n"
    };
    report(&folder, &(shop("S-1", "好味飯店", "listed") + &shop("H-1", "隐店", "non_published")), &[]);
    for number in 2..4 {
        let told = report(&folder, &shop(&format!("S-{number}"), "好味饭店", "listed"), &["--dry-run"]);
        assert_eq!(
            cases(&told, "shared_numbers"),
            (1, json!({"number": "02085550001", "ids": ["S-1", format!("S-{number}")]}))
        );
        assert_eq!(cases(&told, "look_alikes").1["ids"], json!(["S-1", format!("S-{number}")]));
    }
    assert_eq!(cases(&report(&folder, &shop("S-4", "别的店", "non_published"), &[]), "shared_numbers").0, 0);
    // What stands no more, or under another number, is not met.
    report(&folder, r#"{"op":"change","id":"S-1","phones":["020-85550009"],"name":"改名"}"#, &[]);
    let told = report(&folder, &shop("S-5", "好味饭店", "listed"), &[]);
    assert_eq!((cases(&told, "shared_numbers").0, cases(&told, "look_alikes").0), (0, 0), "{told}");
}

#[test]
fn listings_of_a_large_batch_are_met_by_those_of_the_next() {
    let folder = Folder::new();
    let rows: String = (0..120_000).map(|n| row(&format!("L-{n}"), &format!("020-8{n:07}"))).collect();
    assert_eq!(report(&folder, &rows, &[])["accepted"]["add"], 120_000);
    let told = report(&folder, &(row("N-1", "020-80000007") + &row("N-2", "020-80119999")), &[]);
    assert_eq!(cases(&told, "shared_numbers"), (2, json!({"number": "02080000007", "ids": ["L-7", "N-1"]})));
}

#[test]
fn a_caption_set_keeps_its_head_whatever_the_order_of_a_batch() {
    let hospital = "{\"id\":\"L-11\",\"name\":\"医院\"}\n{\"id\":\"C-1\",\"name\":\"急诊科\",\"parent\":\"L-11\"}\n\
                    {\"id\":\"C-2\",\"name\":\"抢救室\",\"parent\":\"C-1\"}\n";
    let delete = |id: &str| format!("{{\"op\":\"delete\",\"id\":\"{id}\"}}\n");
    let folder = Folder::new();
    report(&folder, hospital, &[]);
    let told = report(&folder, &(delete("L-11") + &delete("C-2")), &[]);
    assert_eq!((codes(&told), &told["accepted"]["delete"]), (vec!["L-11/has_captions".to_owned()], &json!(1)));
    assert!(told["rejections"][0]["reason"].as_str().unwrap().contains("C-1"), "{told}");
    let moved = "{\"op\":\"change\",\"id\":\"C-1\",\"parent\":null}\n";
    assert_eq!(report(&folder, &(delete("L-11") + moved), &[])["rejected"], 0);
    // All of a set, the head first.
    let folder = Folder::new();
    report(&folder, hospital, &[]);
    let told = report(&folder, &["L-11", "C-1", "C-2"].map(delete).concat(), &[]);
    assert_eq!((&told["rejected"], &told["accepted"]["delete"]), (&json!(0), &json!(3)));
    // A head that is replaced keeps what stands under it, and what is to be deleted is gone for the rows behind.
    let folder = Folder::new();
    report(&folder, hospital, &[]);
    let anew = "{\"id\":\"L-11\",\"name\":\"新医院\"}\n";
    assert_eq!(report(&folder, &(delete("L-11") + anew), &[])["rejected"], 0);
    let told = report(&folder, &(delete("L-11") + "{\"op\":\"change\",\"id\":\"L-11\",\"note\":\"x\"}\n"), &[]);
    assert_eq!(codes(&told), ["L-11/has_captions", "L-11/unknown_id"]);
    assert!(folder.desk().verify().unwrap().damage.is_empty());
}

#[test]
fn a_row_that_is_put_off_overtakes_no_later_row_of_its_listing() {
    let folder = Folder::new();
    let others: String = (0..3).map(|n| row(&format!("L-{n}"), &format!("020-8555222{n}"))).collect();
    report(
        &folder,
        &("{\"id\":\"A\",\"name\":\"甲\"}\n{\"id\":\"B\",\"name\":\"乙\",\"parent\":\"A\"}\n".to_owned() + &others),
        &[],
    );
    let first = "{\"op\":\"change\",\"id\":\"A\",\"parent\":\"B\",\"note\":\"早\"}\n";
    let free = "{\"op\":\"change\",\"id\":\"B\",\"parent\":null}\n";
    let later = "{\"op\":\"change\",\"id\":\"A\",\"note\":\"晚\"}\n";
    assert_eq!(report(&folder, &[first, free, later].concat(), &[])["accepted"]["change"], 3);
    let note =
        |folder: &Folder| serde_json::from_str::<Value>(folder.prints(0, &["export"]).lines().next().unwrap()).unwrap();
    assert_eq!((note(&folder)["note"].as_str(), note(&folder)["parent"].as_str()), (Some("晚"), Some("B")));
    // A ring that nothing mended by then is rejected, and the later row holds.
    let back = "{\"op\":\"change\",\"id\":\"B\",\"parent\":\"A\",\"note\":\"x\"}\n";
    let told = report(&folder, &(back.to_owned() + "{\"op\":\"change\",\"id\":\"B\",\"note\":\"y\"}\n"), &[]);
    assert_eq!((codes(&told), &told["accepted"]["change"]), (vec!["B/caption_ring".to_owned()], &json!(1)));
}

#[test]
fn listings_do_not_stand_under_each_other_and_lost_parents_are_told() {
    let folder = Folder::new();
    let ring = "{\"id\":\"L-12\",\"name\":\"甲\",\"parent\":\"L-13\"}\n{\"id\":\"L-13\",\"name\":\"乙\",\"parent\":\"L-12\"}\n";
    let told = report(&folder, ring, &[]);
    assert_eq!(codes(&told), ["L-13/caption_ring"]);
    assert_eq!(cases(&told, "missing_listings"), (1, json!({"id": "L-12", "field": "parent", "missing": "L-13"})));
    report(&folder, "{\"id\":\"L-13\",\"name\":\"乙\"}\n", &[]);
    let change = |id: &str, parent: &str| format!("{{\"op\":\"change\",\"id\":\"{id}\",\"parent\":\"{parent}\"}}\n");
    assert_eq!(codes(&report(&folder, &change("L-13", "L-12"), &[])), ["L-13/caption_ring"]);
    // The other way round, the row that makes room for it behind it.
    assert_eq!(report(&folder, &(change("L-13", "L-12") + &change("L-12", "")), &[])["rejected"], 0);
    let referral = r#"{"id":"R-1","name":"丙","status":"changed","referral":{"listing":"NONE"}}"#;
    let told = report(&folder, referral, &[]);
    assert_eq!(cases(&told, "missing_listings").1, json!({"id": "R-1", "field": "referral", "missing": "NONE"}));
}

#[test]
fn a_changed_number_whose_referral_has_expired_is_not_shown_as_a_good_one() {
    let folder = Folder::new();
    let moved = |until: &str| {
        json!({"id": format!("M-{until}"), "name": "商行", "phones": ["020-81000004"], "status": "changed",
            "referral": {"number": "020-81000005", "until": until}})
    };
    folder.load(&format!("{}\n{}\n", moved("2001-01-01"), moved("2999-01-01")));
    let told = folder.prints(0, &["lookup", "商行"]);
    assert!(told.contains("商行  changed; there is no referral"), "{told}");
    assert!(told.contains("商行  changed → 020-81000005"), "{told}");
    assert!(!told.contains("81000004"), "{told}");
}

#[test]
fn a_table_is_stated_what_its_header_cannot_say() {
    let folder = Folder::new();
    folder.write("week.csv", "id,name\nA-1,甲\nA-2,乙\n");
    let import = |more: &[&'static str]| [&["import", "week.csv"], more].concat();
    assert!(folder.ends(3, &import(&["--expect-add", "3"])).contains("may be cut off"));
    assert!(folder.ends(3, &import(&["--expect-add", "2", "--prev", "00"])).contains("the header's prev"));
    let told = folder.ends(0, &import(&["--expect-add", "2", "--effective", "2999-01-01", "--dry-run"]));
    assert!(told.contains("would wait until 2999-01-01"), "{told}");
    assert!(folder.ends(0, &import(&["--expect-add", "2"])).contains("2 added"));
    folder.write(
        "head.ndjson",
        "{\"effective\":\"2999-01-01\",\"counts\":{\"add\":1}}\n{\"id\":\"B\",\"name\":\"丙\"}\n",
    );
    for stated in [["--effective", "2999-01-02"], ["--expect-add", "2"]] {
        let told = folder.ends(3, &[&["import", "head.ndjson"], &stated[..]].concat());
        assert!(told.contains("was stated beside the file"), "{told}");
    }
    let server = crate::server_on_a_port::Server::start_for_editors(std::sync::Arc::new(folder.desk()));
    let sent = |query: &str| {
        server.post(&format!("/v1/batches?dry_run=true&{query}"), "text/csv", b"id,name\nC-1,\xe4\xb8\x99\n")
    };
    assert_eq!((sent("expect_add=2").status, sent("expect_add=1").status), (422, 200));
    assert!(sent("effective=2999-01-01").body.contains("\"waits_until\":\"2999-01-01\""));
}

#[test]
fn a_digest_tells_what_happened_on_its_days_and_nothing_else() {
    let folder = Folder::new();
    let word = "{\"op\":\"add\",\"kind\":\"reading\",\"word\":\"宾馆\",\"reading\":\"ban gun\"}\n";
    report(&folder, &(row("L-1", "020-85550001") + &row("L-2", "020-85550002") + word), &[]);
    report(&folder, "{\"op\":\"change\",\"id\":\"L-1\",\"note\":\"夹在中间\"}\n", &[]);
    report(&folder, "{\"op\":\"change\",\"id\":\"L-2\",\"popularity\":7}\n", &[]);
    report(&folder, "{\"op\":\"change\",\"id\":\"L-1\",\"address\":\"新街\"}\n", &[]);
    // The clock went back for the second batch.
    let days = "UPDATE batch SET day = CASE n WHEN 1 THEN '2026-01-01' WHEN 2 THEN '2025-01-01' ELSE '2026-01-02' END";
    rusqlite::Connection::open(folder.ledger()).unwrap().execute(days, []).unwrap();
    let digest = |since: &str, format: &str| {
        folder.prints(0, &["digest", "--since", since, "--until", "2026-01-03", "--format", format])
    };
    for format in ["text", "csv", "html"] {
        assert!(!digest("2026-01-02", format).contains("店L-2"), "calls a week alone are no change: {format}");
        assert!(digest("2026-01-01", format).contains("宾馆 ban gun"), "{format}");
        assert!(digest("2026-01-03", format).len() > 20, "{format}");
    }
    let text = digest("2026-01-02", "text");
    assert!(text.contains("calls a week alone of 1 more") && text.contains("address: — → 新街"), "{text}");
    assert!(digest("2026-01-03", "text").contains("no batch was appended on these days"));
    let between = digest("2026-01-01", "text");
    assert!(between.contains("2 new, 0 changed"), "{between}");
    let connection = rusqlite::Connection::open(folder.ledger()).unwrap();
    connection.execute("UPDATE batch SET day = '2025-01-01' WHERE n = 4", []).unwrap();
    assert!(
        digest("2026-01-01", "text").contains("2 new, 0 changed") && !digest("2026-01-01", "text").contains("新街")
    );
}

#[test]
fn a_follower_is_told_that_the_ledger_was_put_back() {
    let folder = Folder::new();
    report(&folder, &row("L-1", "020-85550001"), &[]);
    report(&folder, &row("L-2", "020-85550002"), &[]);
    let server = crate::server_on_a_port::Server::start(std::sync::Arc::new(folder.desk()));
    let ask = |since: &str, hash: &str| server.get("/v1/changes", &[("since", since), ("hash", hash)]);
    let first = server.get("/v1/changes", &[("since", "0"), ("limit", "1")]);
    assert_eq!((first.status, first.seq.as_deref()), (200, Some("1")));
    let records = folder.desk().batches(0, 10).unwrap();
    assert_eq!(ask("0", "").status, 200, "who begins knows nothing");
    assert_eq!(ask("1", &records[0].chain).status, 200);
    assert_eq!(ask("2", &records[1].chain).status, 200);
    for (since, hash) in [("1", records[1].chain.as_str()), ("2", "00"), ("3", records[1].chain.as_str())] {
        let told = ask(since, hash);
        assert_eq!(told.status, 409, "{since} {hash}");
        assert!(told.content_type.starts_with("application/problem+json") && told.body.contains("begin anew"));
    }
}

#[test]
fn a_page_that_ends_within_a_batch_is_known_by_that_batch() {
    let (folder, other) = (Folder::new(), Folder::new());
    let both = |first: &str| row(first, "020-85550001") + &row("L-2", "020-85550002");
    report(&folder, &row("L-0", "020-85550000"), &[]);
    report(&other, &row("L-0", "020-85550000"), &[]);
    report(&folder, &both("L-1"), &[]);
    report(&other, &both("L-9"), &[]);
    let chain = |folder: &Folder| folder.desk().batches(0, 10).unwrap()[1].chain.clone();
    let server = crate::server_on_a_port::Server::start(std::sync::Arc::new(folder.desk()));
    let ask = |hash: &str| server.get("/v1/changes", &[("since", "2"), ("hash", hash)]).status;
    assert_eq!((ask(&chain(&folder)), ask(&chain(&other))), (200, 409));
    let early = folder.desk().batches(0, 10).unwrap()[0].chain.clone();
    assert_eq!(ask(&early), 409, "the batch before says nothing of this one");
}

#[test]
fn what_a_later_row_withholds_no_earlier_row_tells() {
    let folder = Folder::new();
    report(&folder, &(0..5).map(|n| row(&format!("L-{n}"), &format!("020-8666000{n}"))).collect::<String>(), &[]);
    report(&folder, &[row("X", "020-85550001"), row("Y", "020-85550001"), row("Z", "020-85550003")].concat(), &[]);
    report(&folder, "{\"op\":\"delete\",\"id\":\"Z\"}\n", &[]);
    let hide = |id: &str| json!({"op": "change", "id": id, "status": "non_published"}).to_string() + "\n";
    let note = "{\"op\":\"change\",\"id\":\"X\",\"note\":\"x\"}\n{\"op\":\"change\",\"id\":\"Y\",\"note\":\"y\"}\n";
    let told = report(&folder, &[note, &hide("X"), &row("W", "020-85550003"), &hide("W")].concat(), &[]);
    assert_eq!(told["accepted"], json!({"add": 1, "change": 4, "delete": 0}));
    assert!(!told.to_string().contains("8555000"), "{told}");
    assert_eq!(cases(&told, "early_numbers").0, 1, "counted all the same");
}

#[test]
fn a_head_is_not_deleted_for_a_row_that_is_rejected() {
    let folder = Folder::new();
    report(&folder, "{\"id\":\"X\",\"name\":\"甲\"}\n{\"id\":\"Y\",\"name\":\"乙\",\"parent\":\"X\"}\n", &[]);
    let rows = "{\"op\":\"delete\",\"id\":\"X\"}\n{\"op\":\"add\",\"id\":\"X\",\"name\":\"新\",\"parent\":\"Y\"}\n";
    let told = report(&folder, rows, &[]);
    assert_eq!(told["accepted"]["delete"], 0);
    assert_eq!(codes(&told), ["X/has_captions", "X/caption_ring"], "in the order of the batch");
    assert!(folder.prints(0, &["export"]).contains("甲"));
}

#[test]
fn a_change_of_kind_alone_is_no_matter_of_calls() {
    let folder = Folder::new();
    report(&folder, "{\"id\":\"L\",\"name\":\"店\",\"phones\":[\"020-85550001\"]}\n", &[]);
    let day = "UPDATE batch SET day = '2026-01-01'";
    rusqlite::Connection::open(folder.ledger()).unwrap().execute(day, []).unwrap();
    report(
        &folder,
        "{\"op\":\"change\",\"id\":\"L\",\"phones\":[{\"number\":\"020-85550001\",\"kind\":\"fax\"}]}\n",
        &[],
    );
    let text = folder.prints(0, &["digest", "--since", "2026-01-02", "--until", "2099-01-01"]);
    assert!(text.contains("0 new, 1 changed, 0 deleted") && text.contains("kinds: ") && text.contains("fax"), "{text}");
}

#[test]
fn corrections_are_stated_by_their_own_counts() {
    let folder = Folder::new();
    report(&folder, &row("L-1", "020-85550001"), &["--feed", "office"]);
    folder.write("fixed.ndjson", row("L-2", "020-85550002"));
    let import = ["import", "fixed.ndjson", "--feed", "office", "--corrections"];
    folder.ends(2, &[&import[..], &["--prev", &"0".repeat(64)]].concat());
    folder.ends(3, &[&import[..], &["--expect-add", "2"]].concat());
    folder.ends(0, &[&import[..], &["--expect-add", "1"]].concat());
}

#[test]
fn a_table_for_people_holds_no_formulas_and_one_for_import_is_as_it_was() {
    let folder = Folder::new();
    report(&folder, "{\"id\":\"L-1\",\"name\":\"=1+1店\"}\n", &[]);
    assert!(folder.prints(0, &["export", "--format", "csv"]).contains("L-1,=1+1店"));
    assert!(folder.prints(0, &["export", "--format", "csv", "--guard"]).contains("L-1,'=1+1店"));
    folder.ends(2, &["export", "--guard"]);
}

#[test]
fn a_line_break_in_a_cell_is_called_so() {
    let folder = Folder::new();
    folder.write("batch.csv", "id,name\nA-1,\"甲\n乙\"\n");
    assert!(folder.ends(3, &["import", "batch.csv"]).contains("line breaks are not allowed"));
}

#[test]
fn a_workbook_with_several_tables_is_asked_which_is_meant() {
    let folder = Folder::new();
    let rows = |id: &str| crate::batch_forms::xml_of(&[&["id", "name"], &[id, "店"]]);
    let notes = crate::batch_forms::xml_of(&[&["请勿改动"]]);
    let book = |sheets: &[(&str, &str, &str)]| crate::batch_forms::workbook_of_sheets(sheets);
    folder.write("two.xlsx", book(&[("天河", "visible", &rows("A")), ("越秀", "visible", &rows("B"))]));
    let told = folder.ends(3, &["import", "two.xlsx"]);
    assert!(told.contains("天河") && told.contains("越秀") && told.contains("--sheet"), "{told}");
    let told = folder.ends(3, &["import", "two.xlsx", "--sheet", "番禺"]);
    assert!(told.contains("no sheet") && told.contains("越秀"), "{told}");
    assert!(folder.ends(0, &["import", "two.xlsx", "--sheet", "越秀"]).contains("1 added"));
    assert!(folder.prints(0, &["export"]).contains("\"id\":\"B\""));
    let server = crate::server_on_a_port::Server::start_for_editors(std::sync::Arc::new(folder.desk()));
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    let sent = |query: &str| {
        server.post(&format!("/v1/batches?{query}"), kind, &std::fs::read(folder.path("two.xlsx")).unwrap())
    };
    assert_eq!((sent("dry_run=true").status, sent("dry_run=true&sheet=%E5%A4%A9%E6%B2%B3").status), (422, 200));
    // Empty sheets, and those nobody sees, are no tables; the table need not stand first.
    let some = [("空", "visible", ""), ("表", "visible", &rows("C")), ("选项", "hidden", &notes)];
    folder.write("one.xlsx", book(&some));
    assert!(folder.ends(0, &["import", "one.xlsx"]).contains("1 added"));
    folder.write("plain.csv", "id,name\nD,丁\n");
    folder.ends(2, &["import", "plain.csv", "--sheet", "表"]);
}

#[test]
fn a_zero_that_a_spreadsheet_dropped_is_missed() {
    let folder = Folder::new();
    folder.write(
        "batch.csv",
        "id,name,area_code,phones\nA,甲,20,81110006\nB,乙,020,2081110006\nC,丙,852,23456789\nD,丁,020,81110006\n",
    );
    let told = folder.ends(0, &["import", "batch.csv", "--max-reject", "60"]);
    assert!(told.contains("2 added") && told.contains("2 rejected"), "{told}");
    for text in
        ["(A): area_code: an area code begins with 0", "(B): phones: the 0 of the area code is missing", "as text"]
    {
        assert!(told.contains(text), "{text}: {told}");
    }
}

#[test]
fn rejected_rows_come_back_with_the_mark_and_the_line_ends_of_their_file() {
    let folder = Folder::new();
    for (mark, end) in [("\u{feff}", "\r\n"), ("", "\r\n"), ("\u{feff}", "\n"), ("", "\n")] {
        folder.write("batch.csv", format!("{mark}id,name,phones{end}A,甲,call us{end}"));
        folder.ends(0, &["import", "batch.csv", "--rejects", "rejects.csv", "--max-reject", "100", "--dry-run"]);
        let rejects = std::fs::read_to_string(folder.path("rejects.csv")).unwrap();
        assert_eq!(rejects, format!("{mark}id,name,phones{end}A,甲,call us{end}"));
    }
}

#[test]
fn an_undo_that_is_undone_gives_the_number_up_after_all() {
    let folder = Folder::new();
    report(&folder, &(row("L-1", "020-85550001") + &row("L-2", "020-85550002")), &[]);
    report(&folder, "{\"op\":\"delete\",\"id\":\"L-1\"}\n", &[]);
    folder.ends(0, &["undo", "2"]);
    assert_eq!(cases(&report(&folder, &row("N-1", "020-85550001"), &["--dry-run"]), "early_numbers").0, 0);
    folder.ends(0, &["undo", "3"]);
    assert_eq!(cases(&report(&folder, &row("N-1", "020-85550001"), &[]), "early_numbers").0, 1);
}
