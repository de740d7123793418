//! The data office sends nonsense: it is told what was wrong with it, and the ledger stays as it was.

use proptest::prelude::*;
use serde_json::{Value, json};

use chahao::batch::{Input, Rows};
use chahao::ledger::{Ledger, Limits, Submission};

use crate::desk_in_a_folder::{Folder, add, ended};

/// A ledger with the listings S1 to S10 in it.
pub fn seeded() -> Folder {
    let folder = Folder::new();
    let rows: String = (1..=10).map(|n| add(&format!("S{n}"), &format!("老店{n}"), 1.0)).collect();
    folder.import(&folder.desk(), &rows);
    folder
}

/// Imports the file with the program and expects it to be refused whole, with these texts in the message.
pub fn is_refused(folder: &Folder, file: &str, more: &[&str], texts: &[&str]) {
    let before = folder.ledger_state();
    let told = folder.ends(3, &[&["import", file], more].concat());
    for text in texts {
        assert!(told.contains(text), "{file}: {text:?} is not in {told}");
    }
    assert_eq!(folder.ledger_state(), before, "{file} left something behind");
    let verification = folder.desk().verify().unwrap();
    assert!(verification.damage.is_empty(), "{file}: {:?}", verification.damage);
}

#[test]
fn a_file_that_is_no_batch_is_refused_with_what_it_is() {
    let folder = seeded();
    let expected = "expected NDJSON, or CSV with a header line, in UTF-8 or GB18030";
    let gzip = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0];
    let pack = |bytes: &[u8]| {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut packer, bytes).unwrap();
        packer.finish().unwrap()
    };
    let twice = pack(&pack(b"id,name\nA,B\n"));
    let junk: Vec<u8> = (0..4_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8 | 0x80).collect();
    let files: [(&str, &[u8], &[&str]); 13] = [
        ("empty.ndjson", b"", &["the file is empty", expected]),
        ("blank.ndjson", b"\n  \r\n\t\n\n", &["only blank lines", expected]),
        ("batch.ndjson.gz", &gzip, &["gzip", "cannot be unpacked"]),
        ("batch.zst", b"\x28\xb5\x2f\xfdrest of a file", &["zstd", "cannot be unpacked"]),
        ("twice.gz", &twice, &["packed twice", expected]),
        ("batch.xlsx", b"PK\x03\x04rest of a workbook", &["no workbook", "save the sheet as CSV"]),
        ("utf16be.csv", b"\xfe\xff\x00n\x00o", &["column named id"]),
        ("program", b"\x7fELF\x02\x01\x01\x00\x00\x00", &["the file is binary", expected]),
        ("zeros", &[0; 5_000], &["the file is binary"]),
        ("junk", &junk, &["column named id"]),
        ("no_id.csv", "name,phone\n老店,84111111\n".as_bytes(), &["column named id", "name, phone"]),
        ("twice.csv", b"id,name,phone,phones\nA,B,84111111,\n", &["two columns are the same field", "phones"]),
        ("array.json", b"[\n {\"id\":\"A\",\"name\":\"B\"}\n]\n", &["line 1", "one JSON object a line was expected"]),
    ];
    for (name, bytes, texts) in files {
        folder.write(name, bytes);
        is_refused(&folder, name, &[], texts);
        is_refused(&folder, name, &[], &[name]);
    }
    is_refused(&folder, ".", &[], &["is a directory", "one by one"]);
    is_refused(&folder, "nowhere.csv", &[], &["cannot read the batch file nowhere.csv"]);
}

#[test]
fn standard_input_is_refused_like_any_file() {
    let folder = seeded();
    let before = folder.ledger_state();
    for (input, text) in [
        (&b""[..], "standard input: the file is empty"),
        (b"\x1f\x8b\x08", "standard input: the file is gzip and cannot be unpacked"),
        (b"{\"id\":\"X\"}\n", "standard input: 1 of 1 rows are rejected"),
    ] {
        let told = ended(3, &["import", "-"], &folder.run_with_input(&["import", "-"], input));
        assert!(told.contains(text), "{told}");
        assert_eq!(folder.ledger_state(), before);
    }
}

#[test]
fn of_several_files_those_before_a_refused_one_stay_and_those_after_it_stay_out() {
    let folder = seeded();
    folder.write("1.ndjson", add("M1", "一店", 1.0));
    folder.write("2.ndjson", "{\"id\":\"M2\"}\n");
    folder.write("3.ndjson", add("M3", "三店", 1.0));
    let told = folder.ends(3, &["import", "1.ndjson", "2.ndjson", "3.ndjson"]);
    assert!(told.contains("1.ndjson: batch 2") && told.contains("2.ndjson: 1 of 1 rows are rejected"), "{told}");
    assert_eq!((folder.ledger_state().0, folder.ledger_state().1), (11, 2));
    let told = folder.ends(0, &["import", "1.ndjson", "3.ndjson"]);
    assert!(told.contains("already imported as batch 2") && told.contains("3.ndjson: batch 3"), "{told}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_file_is_read_or_refused_and_no_row_is_lost_without_a_word(
        table in any::<bool>(),
        damage in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>(), 0..3_u8), 1..8),
    ) {
        let mut bytes = if table {
            (0..40).fold("op,id,name,phones,note\r\n".to_owned(), |text, n| text + &format!("add,C{n},\"店{n}\",84111111,\"备;注\"\r\n"))
        } else {
            (0..40).map(|n| add(&format!("C{n}"), &format!("店{n}"), 1.0)).collect()
        }
        .into_bytes();
        for (at, byte, how) in damage {
            let at = at.index(bytes.len());
            match how {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, b"\"\n{},\\"[usize::from(byte) % 6]),
                _ => drop(bytes.drain(at..(at + usize::from(byte)).min(bytes.len() - 1))),
            }
        }
        let folder = Folder::new();
        let path = folder.write("damaged", &bytes);
        let Ok(input) = Input::open(&path) else { return Ok(()) };
        let mut rows = match Rows::open(&input) {
            Ok(rows) => rows,
            Err(error) => {
                prop_assert!(error.is_refused(), "{error}");
                return Ok(());
            }
        };
        // Rows and rejections lie one behind the other, and only blank bytes and the header between them.
        let mut reached = 0;
        let mut line = 0;
        while let Some(row) = rows.next_row().unwrap() {
            let origin = row.as_ref().map_or_else(|r| (r.line, r.span), |row| (row.origin.line, row.origin.span));
            prop_assert!(origin.0 > line && origin.1.0 >= reached && origin.1.1 > 0, "{origin:?} after {line}, {reached}");
            let between = &bytes[reached as usize..origin.1.0 as usize];
            prop_assert!(line == 0 || between.trim_ascii().is_empty(), "lost: {:?}", String::from_utf8_lossy(between));
            (line, reached) = (origin.0, origin.1.0 + origin.1.1);
        }
        prop_assert!(bytes[reached as usize..].trim_ascii().is_empty() || line == 0);
    }
}

#[test]
fn a_header_that_does_not_hold_is_refused_with_what_was_expected() {
    let folder = seeded();
    let first = "{\"feed\":\"weekly\",\"seq\":1}\n".to_owned() + &add("W1", "周店", 1.0);
    folder.write("first.ndjson", &first);
    folder.ends(0, &["import", "first.ndjson"]);
    let hash = blake3::hash(first.as_bytes()).to_hex().to_string();
    let rows = add("W2", "新店", 1.0);
    let wrong = "0".repeat(64);
    for (header, texts) in [
        (json!({"feed": "weekly", "seq": 3}), vec!["expects batch 2 next", "this is batch 3", "missing one"]),
        (json!({"feed": "weekly", "seq": 1}), vec!["has its batch 1 already", "the next is batch 2"]),
        (json!({"feed": "weekly", "seq": 0}), vec!["has its batch 0 already", "the next is batch 2"]),
        (json!({"feed": "fresh", "seq": 2}), vec!["expects batch 1 next", "this is batch 2"]),
        (json!({"feed": "weekly", "prev": wrong}), vec![wrong.as_str(), hash.as_str()]),
        (json!({"feed": "fresh", "prev": hash}), vec!["last batch of feed fresh"]),
        (json!({"feed": "weekly", "counts": {"add": 2}}), vec!["announces 2 adds", "holds 1 rows", "cut off"]),
        (json!({"feed": "weekly", "effective": "next week"}), vec!["YYYY-MM-DD", "next week"]),
        (json!({"feed": "weekly", "sequence": 2}), vec!["line 1", "feed, seq, effective, prev and counts"]),
        (json!({"feed": "weekly", "seq": "two"}), vec!["line 1", "two"]),
        (json!({"feed": "  "}), vec!["1 to 64 bytes"]),
        (json!({"feed": "chahao:undo"}), vec!["the ledger's own"]),
        (json!({"feed": "f".repeat(65)}), vec!["1 to 64 bytes"]),
    ] {
        folder.write("next.ndjson", format!("{header}\n{rows}"));
        is_refused(&folder, "next.ndjson", &[], &texts);
        is_refused(&folder, "next.ndjson", &["--force", "--reason", "test"], &texts);
    }
    folder.write("next.ndjson", format!("{}\n{rows}", json!({"feed": "weekly", "seq": 2})));
    is_refused(&folder, "next.ndjson", &["--seq", "3"], &["feed weekly expects batch 2 next", "this is batch 3"]);
    is_refused(&folder, "next.ndjson", &["--feed", "fresh"], &["feed fresh expects batch 1 next"]);
    folder.write("next.ndjson", format!("{}\n", json!({"feed": "weekly", "seq": 2, "counts": {"add": 1}})));
    is_refused(&folder, "next.ndjson", &[], &["announces 1 adds", "holds 0 rows", "cut off"]);
    let good = json!({"feed": "weekly", "seq": 2, "prev": hash, "effective": "2020-02-29", "counts": {"add": 1}});
    folder.write("next.ndjson", format!("{good}\n{rows}"));
    assert!(folder.ends(0, &["import", "next.ndjson"]).contains("weekly #2"));
}

#[test]
fn the_same_batch_again_is_a_no_op_and_says_so() {
    let folder = seeded();
    folder.write("twice.ndjson", add("T1", "两次", 1.0));
    folder.ends(0, &["import", "twice.ndjson"]);
    let before = folder.ledger_state();
    let again = folder.ends(0, &["import", "twice.ndjson"]);
    assert!(again.contains("already imported as batch 2; nothing to do"), "{again}");
    let json: Value = serde_json::from_str(&folder.prints(0, &["import", "twice.ndjson", "--json"])).unwrap();
    assert_eq!((&json["already_imported"], &json["batch"], &json["seq"]), (&json!(true), &json!(2), &json!(11)));
    assert_eq!(folder.ledger_state(), before);
    is_refused(&folder, "twice.ndjson", &["--feed", "another"], &["id: a listing with the id \"T1\" exists"]);
}

#[test]
fn a_dry_run_tells_the_same_numbers_and_writes_nothing() {
    let folder = seeded();
    let mut rows: String = (0..300).map(|n| add(&format!("D{n}"), &format!("新店{n}"), 1.0)).collect();
    rows += "{\"op\":\"change\",\"id\":\"S1\",\"phone\":\"84111111\"}\n{\"op\":\"delete\",\"id\":\"S2\"}\n";
    rows += "{\"op\":\"delete\",\"id\":\"NONE\"}\n";
    folder.write("dry.ndjson", rows);
    let before = folder.ledger_state();
    let told = folder.ends(0, &["import", "dry.ndjson", "--dry-run"]);
    for text in ["dry run", "nothing written", "300 added, 1 changed, 1 deleted, 1 rejected", "line 303 (NONE)"] {
        assert!(told.contains(text), "{told}");
    }
    let report = |arguments: &[&str]| -> Value { serde_json::from_str(&folder.prints(0, arguments)).unwrap() };
    let mut dry = report(&["import", "dry.ndjson", "--dry-run", "--json"]);
    assert_eq!(folder.ledger_state(), before, "a dry run wrote something");
    assert!(folder.desk().verify().unwrap().damage.is_empty());
    let mut real = report(&["import", "dry.ndjson", "--json"]);
    assert_eq!((&dry["dry_run"], &real["dry_run"]), (&json!(true), &json!(false)));
    assert_eq!((&dry["batch"], &real["batch"]), (&Value::Null, &json!(2)));
    for report in [&mut dry, &mut real] {
        for differs in ["dry_run", "batch", "rows_per_second"] {
            report.as_object_mut().unwrap().remove(differs);
        }
    }
    assert_eq!(dry, real, "seq, hash, chain, counts and rejections");
    let chain: String = folder.ledger_state().2.unwrap().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(real["chain"], chain.as_str());
}

#[test]
fn a_batch_over_its_limits_is_refused_whole_unless_forced() {
    let folder = seeded();
    let rows: String = (0..98).map(|n| add(&format!("M{n}"), &format!("限店{n}"), 1.0)).collect();
    folder.write("rejects.ndjson", rows + "{\"id\":\"M98\"}\n{\"id\":\"M99\"}\n");
    let texts = ["2 of 100 rows are rejected", "1.00 %", "line 99 (M98)", "line 100 (M99)", "--force"];
    is_refused(&folder, "rejects.ndjson", &[], &texts);
    is_refused(&folder, "rejects.ndjson", &["--max-reject", "1.99"], &["1.99 %"]);
    let told = folder.ends(0, &["import", "rejects.ndjson", "--max-reject", "2"]);
    assert!(told.contains("98 added, 0 changed, 0 deleted, 2 rejected"), "{told}");

    let deletes: String = (0..22).map(|n| format!("{{\"op\":\"delete\",\"id\":\"M{n}\"}}\n")).collect();
    folder.write("churn.ndjson", deletes);
    let texts = ["22 changes and deletions among 108 listings", "20 %", "--max-churn", "--force"];
    is_refused(&folder, "churn.ndjson", &[], &texts);
    is_refused(&folder, "churn.ndjson", &["--max-churn", "20.3"], &[]);
    let json: Value = serde_json::from_str(
        &folder.prints(0, &["import", "churn.ndjson", "--force", "--reason", "a test", "--by", "Ann", "--json"]),
    )
    .unwrap();
    assert_eq!((&json["forced"], &json["accepted"]["delete"]), (&json!(true), &json!(22)));
    let forced = rusqlite::Connection::open(folder.ledger()).unwrap().query_row(
        "SELECT forced FROM batch ORDER BY n DESC LIMIT 1",
        [],
        |row| row.get::<_, bool>(0),
    );
    assert!(forced.unwrap(), "the ledger records that the limits were overridden");
    let about: String = rusqlite::Connection::open(folder.ledger())
        .unwrap()
        .query_row("SELECT about FROM batch ORDER BY n DESC LIMIT 1", [], |row| row.get(0))
        .unwrap();
    assert_eq!(serde_json::from_str::<Value>(&about).unwrap(), json!({"by": "Ann", "reason": "a test"}));
    folder.ends(2, &["import", "churn.ndjson", "--force"]);
    assert!(folder.ends(0, &["verify"]).contains("all is well"));
}

/// What befalls a file.
type Harm = fn(&std::path::Path);

#[test]
fn a_file_that_grows_or_vanishes_while_it_is_read_is_refused() {
    let folder = seeded();
    let harms: [(&str, Harm); 3] = [
        ("grows", |path| {
            let mut file = std::fs::File::options().append(true).open(path).unwrap();
            std::io::Write::write_all(&mut file, add("G2", "后来", 1.0).as_bytes()).unwrap();
        }),
        ("is cut off", |path| std::fs::File::options().write(true).open(path).unwrap().set_len(10).unwrap()),
        ("vanishes", |path| std::fs::remove_file(path).unwrap()),
    ];
    let before = folder.ledger_state();
    for (harm, act) in harms {
        let path = folder.write("moving.ndjson", add("G1", "先来", 1.0));
        let input = Input::open(&path).unwrap();
        let mut rows = Rows::open(&input).unwrap();
        let limits = Limits { force: true, ..Limits::default() };
        let submission = Submission {
            header: rows.header(),
            source: input.name(),
            hash: input.hash(),
            limits,
            signature: None,
            sent_by: None,
            content: None,
            columns: chahao::batch::ColumnMap::default(),
            releases: None,
            dry_run: false,
        };
        act(&path);
        let mut ledger = Ledger::open(&folder.ledger()).unwrap();
        let error = ledger.append(&submission, &mut rows, &mut |_| {}, &|| input.check_unchanged()).unwrap_err();
        assert!(error.is_refused(), "{harm}: {error}");
        assert!(error.to_string().contains("changed or vanished while it was read"), "{harm}: {error}");
        assert_eq!(folder.ledger_state(), before, "{harm}");
        assert!(ledger.verify().unwrap().damage.is_empty(), "{harm}");
    }
}
