//! The program as it is run: what it prints and how it ends.

use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use chahao::index::Layout;

use crate::desk_in_a_folder::{Folder, add, ended, files_under, ids, told};

/// A compacted desk with a hospital, its emergency room and a business that moved.
fn seeded() -> Folder {
    let folder = Folder::new();
    folder.load(
        r#"{"id":"A1","name":"广州酒家","locality":"荔湾区","address":"文昌南路2号","phones":["订座:020-81380388"],"popularity":900}
{"id":"A3","name":"第一医院","aliases":["市一"],"phones":["020-28823388"],"popularity":40,"note":"周日休息"}
{"id":"A4","name":"急诊科","parent":"A3","phones":["020-28823390"]}
{"id":"A8","name":"老王修车行","phones":["13800138000"],"status":"changed","referral":"13900139000","referral_until":"2030-01-01"}
{"id":"A9","name":"隐名诊所","phones":["020-80245913"],"status":"non_published"}
"#,
    );
    folder
}

#[test]
fn a_batch_piped_in_is_found_by_the_next_command() {
    let folder = Folder::new();
    let imported = folder.run_with_input(&["import", "-", "--feed", "piped"], add("A1", "广州酒家", 1.0).as_bytes());
    assert!(ended(0, &["import"], &imported).contains("1 added"), "{}", told(&imported));
    folder.ends(0, &["compact"]);
    assert!(folder.prints(0, &["lookup", "gzjj"]).contains("广州酒家"));
    assert!(folder.prints(1, &["lookup", "没有"]).contains("nothing found for 没有"));
}

#[test]
fn every_kind_of_end_has_its_exit_code() {
    let folder = seeded();
    folder.write("bad.ndjson", "{\"id\":\"X\"}\n");
    for (code, arguments, text) in [
        (0, &["lookup", "gzjj"][..], "广州酒家"),
        (0, &["--version"], "chahao 0."),
        (1, &["lookup", "没有"], "nothing found for 没有"),
        (1, &["show", "NONE"], "no listing has the id \"NONE\""),
        (1, &["number", "11111111"], "no listing has the number \"11111111\""),
        (1, &["number", "02080245913"], "no listing has the number"),
        (5, &["lookup", "gzjj", "--index", "elsewhere"], "run chahao compact"),
        (1, &["compact", "--ledger", "elsewhere.db"], "there is no ledger at elsewhere.db"),
        (1, &["export", "--ledger", "elsewhere.db"], "import a batch first"),
        (2, &[], "Usage"),
        (2, &["dial"], "unrecognized subcommand 'dial'"),
        (2, &["lookup"], "<QUERY>"),
        (2, &["lookup", ""], "q has 1 to 64 characters; it has 0"),
        (2, &["lookup", &"店".repeat(65)], "q has 1 to 64 characters; it has 65"),
        (2, &["lookup", "a", "--limit", "0"], "limit is 1 to 50; it is 0"),
        (2, &["lookup", "a", "--limit", "51"], "limit is 1 to 50; it is 51"),
        (2, &["lookup", "a", "--limit", "ten"], "ten"),
        (2, &["lookup", "a", "--modes", "exact,telepathy"], "\"telepathy\""),
        (2, &["number", "abc"], "there are none"),
        (2, &["import"], "<FILE>"),
        (2, &["import", "bad.ndjson", "--max-reject", "101"], "0 to 100"),
        (2, &["import", "bad.ndjson", "bad.ndjson", "--seq", "1"], "one file at a time"),
        (2, &["compact", "--watch", "--full"], "cannot be used with"),
        (2, &["generate"], "--rows"),
        (2, &["generate", "--rows", "1", "--batch"], "cannot be used with"),
        (2, &["serve", "--listen", "0.0.0.0:0"], "can be reached from other machines"),
        (3, &["import", "bad.ndjson"], "1 of 1 rows are rejected"),
        (3, &["import", "nowhere.csv"], "cannot read the batch file nowhere.csv"),
        (5, &["import", "bad.ndjson", "--ledger", "."], "."),
        (5, &["lookup", "a", "--server", "http://127.0.0.1:1"], "cannot ask http://127.0.0.1:1"),
    ] {
        let told = folder.ends(code, arguments);
        assert!(told.contains(text), "{arguments:?}: {text:?} is not in {told}");
    }
    assert!(!folder.path("elsewhere.db").exists(), "reading makes no ledger");
}

#[test]
fn every_help_shows_examples() {
    let folder = Folder::new();
    let commands =
        ["import", "undo", "waiting", "compact", "serve", "lookup", "show", "number", "export", "verify", "generate"];
    let overview = folder.prints(0, &["--help"]);
    for command in commands {
        assert!(overview.contains(&format!("  {command}")), "{overview}");
        let help = folder.prints(0, &[command, "--help"]);
        let examples = help.split_once("Example").unwrap_or_else(|| panic!("no example in {help}")).1;
        assert!(examples.contains(&format!("chahao {command}")), "{help}");
    }
}

#[test]
fn a_flipped_byte_in_the_index_is_refused_and_compact_repairs_it() {
    for file in ["records.bytes", "texts.bytes", "MANIFEST", "CURRENT"] {
        let folder = seeded();
        let before = folder.prints(0, &["lookup", "gzjj"]);
        let files = files_under(&folder.index());
        let path = files.iter().find(|path| path.ends_with(file)).unwrap_or_else(|| panic!("{file} in {files:?}"));
        let mut bytes = std::fs::read(path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0x01;
        std::fs::write(path, bytes).unwrap();
        for arguments in [&["lookup", "gzjj"][..], &["show", "A1"], &["number", "81380388"]] {
            let told = folder.ends(4, arguments);
            assert!(told.contains("compact --full") && told.contains(file), "{file}: {told}");
        }
        let findings = folder.prints(4, &["verify"]);
        assert!(findings.contains("1 findings") && findings.contains(file), "{findings}");
        folder.ends(0, &["compact"]);
        assert_eq!(folder.prints(0, &["lookup", "gzjj"]), before, "{file}");
        assert!(folder.prints(0, &["verify"]).contains("all is well"), "{file}");
    }
}

#[test]
fn a_file_that_is_no_ledger_is_refused_and_left_as_it_was() {
    let folder = Folder::new();
    folder.write("batch.ndjson", add("A1", "广州酒家", 1.0));
    folder.write("notes.txt", "not a ledger at all\n".repeat(100));
    let other = rusqlite::Connection::open(folder.path("other.db")).unwrap();
    other.execute_batch("CREATE TABLE mine (a); INSERT INTO mine VALUES (1);").unwrap();
    drop(other);
    let other = "an SQLite database but not a ledger";
    for (code, file, text) in [(4, "notes.txt", "not a database"), (3, "other.db", other)] {
        let before = std::fs::read(folder.path(file)).unwrap();
        for command in [&["import", "batch.ndjson"][..], &["compact"], &["export"], &["verify"]] {
            let told = folder.ends(code, &[command, &["--ledger", file]].concat());
            assert!(told.contains(text) && told.contains(file), "{command:?}: {told}");
        }
        assert!(std::fs::read(folder.path(file)).unwrap() == before, "{file} was written to");
    }
}

#[test]
fn a_second_compactor_is_told_that_one_is_at_work() {
    let folder = seeded();
    let lock = Layout::new(&folder.index()).lock().unwrap();
    let told = folder.ends(5, &["compact", "--full"]);
    assert!(told.contains("another compactor works on"), "{told}");
    assert!(folder.prints(0, &["lookup", "gzjj"]).contains("广州酒家"), "lookups do not wait for it");
    drop(lock);
    assert!(folder.prints(0, &["compact", "--full"]).contains("new base of 5 listings"));
}

#[test]
fn a_reader_that_leaves_early_is_no_failure() {
    let folder = Folder::new();
    let rows: String = (0..3_000).map(|n| add(&format!("P{n}"), &format!("长名商店第{n}分店"), 1.0)).collect();
    folder.import(&folder.desk(), &rows);
    for arguments in [&["export"][..], &["export", "--format", "csv"], &["generate", "--rows", "20000"]] {
        let mut child =
            folder.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program runs");
        let mut start = [0; 10];
        child.stdout.take().unwrap().read_exact(&mut start).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(ended(0, arguments, &output), "", "{arguments:?} says nothing");
    }
}

#[test]
fn generated_listings_are_the_same_each_time_and_go_in_without_a_rejection() {
    let folder = Folder::new();
    let rows = ["generate", "--rows", "2000", "--seed", "7"];
    let first = folder.prints(0, &rows);
    assert_eq!(first, folder.prints(0, &rows), "the same seed");
    assert_ne!(first, folder.prints(0, &["generate", "--rows", "2000", "--seed", "8"]), "another seed");
    folder.write("listings.ndjson", &first);
    let told = folder.ends(0, &["import", "listings.ndjson"]);
    assert!(told.contains("2000 added, 0 changed, 0 deleted, 0 rejected"), "{told}");
    let weekly = folder.prints(0, &["generate", "--batch", "--seed", "9"]);
    assert_eq!(weekly, folder.prints(0, &["generate", "--batch", "--seed", "9"]), "the same ledger and seed");
    folder.write("weekly.ndjson", &weekly);
    let report: Value = serde_json::from_str(&folder.prints(0, &["import", "weekly.ndjson", "--json"])).unwrap();
    assert_eq!(report["rejected"], 0, "{report}");
    for op in ["add", "change", "delete"] {
        assert!(report["accepted"][op].as_u64() > Some(0), "{op}: {report}");
    }
    folder.ends(0, &["compact"]);
    let told = folder.prints(0, &["verify"]);
    assert!(told.contains("compared with the ledger both ways") && told.contains("all is well"), "{told}");
}

#[test]
fn show_and_number_tell_the_whole_listing() {
    let folder = seeded();
    let hospital = folder.prints(0, &["show", "A3"]);
    for text in ["第一医院 (A3)", "020-28823388", "市一", "周日休息", "→ 急诊科 (A4) 020-28823390"] {
        assert!(hospital.contains(text), "{text}: {hospital}");
    }
    assert!(folder.prints(0, &["show", "A4"]).contains("under     第一医院 (A3)"));
    let moved = folder.prints(0, &["number", "138-0013-8000"]);
    for text in ["老王修车行 (A8)", "status    changed", "referral  13900139000 until 2030-01-01"] {
        assert!(moved.contains(text), "{text}: {moved}");
    }
    let hidden = folder.prints(0, &["show", "A9"]);
    assert!(hidden.contains("may not be given out") && !hidden.contains("80245913"), "{hidden}");
    let json: Value = serde_json::from_str(&folder.prints(0, &["number", "81380388", "--json"])).unwrap();
    assert_eq!((&json["listings"][0]["id"], &json["digits"]), (&"A1".into(), &"81380388".into()));
    let json: Value = serde_json::from_str(&folder.prints(0, &["show", "A3", "--json"])).unwrap();
    assert_eq!((&json["seq"], &json["captions"][0]["name"]), (&5.into(), &"急诊科".into()));
}

#[test]
fn verify_tells_how_far_ledger_and_index_are() {
    let folder = seeded();
    let told = folder.prints(0, &["verify"]);
    assert!(told.starts_with("ledger: seq 5, 1 batches, 5 changes, 5 listings\nindex: seq 5, compared"), "{told}");
    folder.import(&folder.desk(), &add("B1", "新店", 1.0));
    assert!(folder.prints(0, &["verify"]).contains("index: seq 5, not in step (run chahao compact)"));
    let json: Value = serde_json::from_str(&folder.prints(0, &["verify", "--json"])).unwrap();
    assert_eq!((&json["seq"], &json["index_seq"], &json["damage"]), (&6.into(), &5.into(), &Value::Array(vec![])));
    std::fs::remove_dir_all(folder.index()).unwrap();
    assert!(folder.prints(0, &["verify"]).contains("index: none\nall is well"));
    let ledger = rusqlite::Connection::open(folder.ledger()).unwrap();
    ledger.execute("UPDATE change SET after = replace(after, '广州', '扬州') WHERE seq = 1", []).unwrap();
    drop(ledger);
    let told = folder.prints(4, &["verify"]);
    assert!(told.contains("batch 1: its changes are not those") && told.contains("listing A1"), "{told}");
}

#[test]
fn text_that_steers_a_terminal_is_written_out() {
    let folder = Folder::new();
    folder.load(
        "{\"id\":\"U1\",\"name\":\"正\u{202e}反\u{2066}店\",\"note\":\"\u{200f}注\",\"address\":\"路\u{202d}1号\",\
         \"phones\":[\"\u{202e}座:84111111\"]}\n{\"id\":\"U2\",\"name\":\"科\u{202e}室\",\"parent\":\"U1\"}\n",
    );
    let hostile = "{\"id\":\"E\u{1b}[2J\",\"name\":\"x\",\"col\u{1b}[2J\u{202e}\":1}\n".replace('\u{1b}', "\\u001b");
    folder.write("hostile.ndjson", hostile + &add("U3", "好店", 1.0));
    folder.write("hostile.csv", "na\u{1b}[2Jme,\u{202e}x\nA,B\n");
    for (code, arguments, text) in [
        (0, &["lookup", "84111111"][..], "正\\u{202e}反\\u{2066}店"),
        (0, &["show", "U1"], "\\u{200f}注"),
        (0, &["show", "U2"], "科\\u{202e}室"),
        (0, &["number", "84111111"], "\\u{202e}座"),
        (1, &["lookup", "\u{1b}[2J\u{202e}"], "\\u{1b}[2J\\u{202e}"),
        (1, &["show", "\u{1b}[2J\u{202e}"], "\\u{1b}[2J\\u{202e}"),
        (3, &["import", "hostile.csv"], "na\\u{1b}[2Jme, \\u{202e}x"),
        (3, &["import", "hostile.ndjson"], "E\\u{1b}[2J"),
        (0, &["import", "hostile.ndjson", "--force", "--reason", "test"], "col\\u{1b}[2J\\u{202e}"),
    ] {
        let told = folder.ends(code, arguments);
        assert!(told.contains(text), "{arguments:?}: {text:?} is not in {told}");
        let steers = |c: char| c == '\u{1b}' || ('\u{202a}'..='\u{202e}').contains(&c) || c == '\u{2066}';
        assert!(!told.contains(steers), "{arguments:?}: {told:?}");
    }
}

#[test]
fn a_watching_compactor_keeps_in_step_and_ends_when_it_is_told() {
    let folder = Folder::new();
    let desk = folder.desk();
    folder.import(&desk, &add("A1", "广州酒家", 1.0));
    let mut watching = folder.command(&["compact", "--watch"]).stdout(Stdio::null()).spawn().unwrap();
    let found = |name: &str| {
        let deadline = Instant::now() + Duration::from_secs(20);
        while folder.desk().generation().map_or(true, |_| ids(&folder.desk(), name).is_empty()) {
            assert!(Instant::now() < deadline, "{name} is not found in time");
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    found("广州酒家");
    folder.import(&desk, &add("A2", "陶陶居", 1.0));
    found("陶陶居");
    let told = Command::new("kill").arg(watching.id().to_string()).status().unwrap();
    assert!(told.success());
    let deadline = Instant::now() + Duration::from_secs(10);
    let ended = loop {
        if let Some(status) = watching.try_wait().unwrap() {
            break status;
        }
        assert!(Instant::now() < deadline, "it goes on");
        std::thread::sleep(Duration::from_millis(20));
    };
    assert_eq!(ended.code(), Some(0));
}

#[test]
fn a_lookup_prints_lines_in_a_terminal_and_json_in_a_pipe() {
    let folder = seeded();
    let lookup = |arguments: &[&str], pretty: Option<&str>| {
        let mut command = folder.command(&[&["lookup", "gzjj"], arguments].concat());
        match pretty {
            Some(value) => command.env("CHAHAO_PRETTY", value),
            None => command.env_remove("CHAHAO_PRETTY"),
        };
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    for (arguments, pretty) in [(&[][..], None), (&[], Some("0")), (&["--json"], Some("1")), (&["--json"], None)] {
        let answer: Value = serde_json::from_str(&lookup(arguments, pretty)).unwrap();
        assert_eq!(answer["hits"][0]["name"], "广州酒家", "{arguments:?}");
    }
    for (arguments, pretty) in [(&["--pretty"][..], None), (&[], Some("1"))] {
        assert!(lookup(arguments, pretty).starts_with(" 1. 广州酒家  020-81380388 订座\n"), "{arguments:?}");
    }
    assert!(folder.ends(2, &["lookup", "-i"]).contains("needs a terminal"));
    assert!(folder.ends(2, &["lookup", "gzjj", "-i"]).contains("cannot be used with"));
}
