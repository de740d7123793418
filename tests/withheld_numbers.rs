//! The number of a non-published listing is in the ledger and nowhere else: every byte of every index file, and all that any
//! command, route or log line tells, is scanned for it.

use std::sync::Arc;

use crate::desk_in_a_folder::{Folder, add, files_under, told};
use crate::server_on_a_port::Server;

/// Digits of numbers that are withheld in the end: always so, with an extension, mobile, since the second batch, in a
/// referral, of a listing that is deleted, and of one that was listed in between; in rows that are rejected, and in texts.
const WITHHELD: [&str; 10] = [
    "80245911",
    "80245912",
    "13902245913",
    "80245914",
    "80245915",
    "80245916",
    "80245917",
    "80245918",
    "80245919",
    "80245920",
];

const FIRST: &str = r#"{"id":"W1","name":"隐名诊所","phones":["订座:020-80245911"],"status":"non_published"}
{"id":"W2","name":"隐名会所","phones":["020-80245912转801","13902245913"],"status":"non_published","parent":"L1"}
{"id":"W3","name":"后来隐名","phones":["020-80245914"]}
{"id":"W4","name":"隐名搬了","status":"non_published","referral":{"number":"020-80245915","until":"2999-01-01"}}
{"id":"W5","name":"隐名关了","phones":["020-80245916"],"status":"non_published"}
{"id":"W6","name":"隐名来去","phones":["020-80245917"],"status":"non_published"}
{"id":"L1","name":"公开大厦","phones":["020-81380388"],"note":"总台"}
"#;
const SECOND: &str = r#"{"op":"change","id":"W3","status":"non_published"}
{"op":"delete","id":"W5"}
{"op":"change","id":"W6","status":"listed"}
{"op":"change","id":"L1","note":"总台二十四小时"}
"#;
const THIRD: &str = r#"{"op":"change","id":"W6","status":"non_published"}
{"op":"change","id":"W1","phones":["020-80245918"]}
{"id":"N1","name":"接了号码","phones":["020-80245911"],"status":"non_published"}
{"id":"X1","name":"写错了","phones":["call us"]}
{"id":"X2","name":"写错隐名","phones":["020-80245919/80245911"],"status":"non_published"}
{"op":"change","id":"W1","phones":["020-80245919/80245911"]}
{"op":"change","id":"W1","note":"老板80245920","address":"后门按80245920","aliases":["隐80245920"]}
"#;

/// Whether `bytes` hold `digits`, as text or two to a byte, wherever in a byte they begin.
fn holds(bytes: &[u8], digits: &str) -> bool {
    let halves: Vec<u8> = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).collect();
    let packed: Vec<u8> = digits.bytes().map(|digit| digit - b'0').collect();
    let has = |bytes: &[u8], needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
    has(bytes, digits.as_bytes()) || has(&halves, &packed)
}

fn scan(what: &str, bytes: &[u8]) {
    for digits in WITHHELD {
        assert!(!holds(bytes, digits), "{what} holds {digits}: {}", String::from_utf8_lossy(bytes));
    }
}

/// Scans all that a command tells, its logs as loud as can be; what was typed is left out.
fn scan_command(folder: &Folder, arguments: &[&str]) {
    let output = folder.command(arguments).env("CHAHAO_LOG", "trace").output().unwrap();
    let mut text = told(&output);
    assert!(!text.is_empty(), "{arguments:?}");
    for typed in arguments {
        text = text.replace(typed, "");
    }
    scan(&format!("{arguments:?}"), text.as_bytes());
}

fn scan_index(folder: &Folder) -> usize {
    let files = files_under(&folder.index());
    for file in &files {
        scan(&file.display().to_string(), &std::fs::read(file).unwrap());
    }
    files.len()
}

#[test]
fn a_withheld_number_is_in_no_file_no_answer_no_report_and_no_log() {
    let folder = Folder::new();
    let many: String = (0..40).map(|n| add(&format!("M{n}"), &format!("别的店{n}"), 1.0)).collect();
    folder.write("first.ndjson", many + FIRST);
    folder.write("second.ndjson", SECOND);
    folder.write("third.ndjson", THIRD);
    let import = |file: &'static str| ["import", file, "--max-reject", "90", "--max-churn", "100"];
    folder.ends(0, &import("first.ndjson"));
    folder.ends(0, &["compact"]);
    folder.ends(0, &import("second.ndjson"));
    folder.ends(0, &["compact"]);
    scan_command(&folder, &[&import("third.ndjson")[..], &["--dry-run"]].concat());
    scan_command(&folder, &[&import("third.ndjson")[..], &["--json"]].concat());
    scan_command(&folder, &["compact"]);
    let mut files = scan_index(&folder);
    scan_command(&folder, &["compact", "--full"]);
    files += scan_index(&folder);
    let today = jiff::Zoned::now().date().to_string();
    for format in ["text", "csv", "html"] {
        scan_command(&folder, &["digest", "--since", "2000-01-01", "--until", &today, "--format", format]);
    }
    for arguments in
        [&["export"][..], &["export", "--format", "csv"], &["batches"], &["batches", "--json"], &["verify"]]
    {
        scan_command(&folder, arguments);
    }
    let ids = ["W1", "W2", "W3", "W4", "W5", "W6", "L1", "N1"];
    for id in ids {
        scan_command(&folder, &["history", id]);
        scan_command(&folder, &["history", id, "--json"]);
        scan_command(&folder, &["show", id]);
    }
    for query in ["隐名", "yinming", "ym", "接了号码", "公开大厦"].iter().chain(&WITHHELD) {
        scan_command(&folder, &["lookup", query, "--json"]);
        scan_command(&folder, &["number", query]);
    }
    let server = Server::start_for_editors(Arc::new(folder.desk()));
    let mut answers = 0;
    let mut ask = |path: &str, parameters: &[(&str, &str)], typed: &str| {
        let answer = server.get(path, parameters);
        assert!(answer.status < 500, "{path}: {}", answer.body);
        scan(path, answer.body.replace(typed, "").as_bytes());
        answers += 1;
    };
    for path in ["/v1/batches", "/v1/changes", "/v1/batches/1", "/v1/batches/3", "/healthz", "/readyz", "/metrics", "/"]
    {
        ask(path, &[], "-");
    }
    for id in ids {
        ask(&format!("/v1/listings/{id}"), &[], "-");
    }
    for query in ["隐名", "ym", "接了号码"].iter().chain(&WITHHELD) {
        ask("/v1/lookup", &[("q", query), ("limit", "50")], query);
        ask(&format!("/v1/numbers/{query}"), &[], query);
    }
    let sent = server.post("/v1/batches?dry_run=true", "application/x-ndjson", THIRD.as_bytes());
    scan("POST /v1/batches", sent.body.as_bytes());
    scan_command(&folder, &["undo", "3", "--dry-run", "--json"]);
    scan_command(&folder, &["fold", "--keep-days", "0", "--reason", "a test", "--by", "Ann", "--dry-run"]);
    // The scan finds what is there to be found.
    let confidential = folder.prints(0, &["export", "--confidential"]);
    assert!(holds(confidential.as_bytes(), "80245918") && holds(&[0x28, 0x02, 0x45, 0x91, 0x80], "80245918"));
    println!("{files} index files, {answers} answers and every command scanned for {} numbers", WITHHELD.len());
    assert!(files > 60 && answers > 30, "{files} files, {answers} answers");
}

/// What a listing of the base had stays in its files where that is deleted and another one has its number withheld, or where
/// it is withheld and deleted before anybody looks.
#[test]
fn a_number_that_is_withheld_leaves_the_files_whatever_became_of_the_listing_that_had_it() {
    let listed = |id: &str, number: &str| {
        serde_json::json!({"id": id, "name": format!("店{id}"), "phones": [number]}).to_string() + "\n"
    };
    let withheld = |id: &str, number: &str| {
        serde_json::json!({"id": id, "name": format!("店{id}"), "phones": [number], "status": "non_published"})
            .to_string()
            + "\n"
    };
    let delete = |id: &str| format!("{{\"op\":\"delete\",\"id\":\"{id}\"}}\n");
    let hide = |id: &str| format!("{{\"op\":\"change\",\"id\":\"{id}\",\"status\":\"non_published\"}}\n");
    let show = |id: &str, number: &str| {
        format!("{{\"op\":\"change\",\"id\":\"{id}\",\"status\":\"listed\",\"phones\":[\"{number}\"]}}\n")
    };
    let number = "020-80245911";
    let batches: [&[String]; 5] = [
        &[delete("A") + &withheld("A2", number)],
        &[delete("A"), withheld("A2", number)],
        &[hide("A"), delete("A")],
        &[hide("A"), show("A", "020-81380388")],
        // It was withheld before the base was built, and another one gave it out then.
        &[delete("A") + "{\"op\":\"change\",\"id\":\"W\",\"note\":\"x\"}\n"],
    ];
    for (batches, compacted_between) in batches.into_iter().flat_map(|batches| [(batches, false), (batches, true)]) {
        let folder = Folder::new();
        let many: String = (0..40).map(|n| add(&format!("M{n}"), &format!("别的店{n}"), 1.0)).collect();
        let desk = folder.load(&(many + &listed("A", number) + &withheld("W", number)));
        assert!(folder.prints(0, &["number", "02080245911"]).contains("店A"));
        for rows in batches {
            folder.import(&desk, rows);
            if compacted_between {
                folder.ends(0, &["compact"]);
            }
        }
        folder.ends(0, &["compact"]);
        scan_index(&folder);
        assert_eq!(desk.verify().unwrap().damage, Vec::<String>::new());
    }
    // Who gives it out still keeps it: a switchboard is several listings', and no new base is built for it.
    let folder = Folder::new();
    let many: String = (0..40).map(|n| add(&format!("M{n}"), &format!("别的店{n}"), 1.0)).collect();
    let desk = folder.load(&(many + &listed("A", number) + &listed("B", number)));
    folder.import(&desk, &(withheld("A2", number) + "{\"op\":\"change\",\"id\":\"B\",\"note\":\"x\"}\n"));
    assert!(folder.ends(0, &["compact"]).contains("delta of 2 over a base of 42"));
    assert!(folder.prints(0, &["number", "02080245911"]).contains("店B"));
}
