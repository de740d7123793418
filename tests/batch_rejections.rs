//! A bad row costs itself alone: it is told with its line, its field and its bytes, and goes in once it is mended.

use serde_json::{Value, json};

use chahao::desk::ImportOptions;
use chahao::ledger::Limits;
use chahao::progress::Silent;

use crate::batch_refusals::{is_refused, seeded};
use crate::desk_in_a_folder::{Folder, add};

#[test]
fn a_nul_far_down_in_a_file_costs_its_row_alone() {
    let folder = seeded();
    let mut file: Vec<u8> = (0..1_200)
        .flat_map(|n| {
            format!("{}\n", json!({"id": format!("F{n}"), "name": "远店", "note": "x".repeat(950)})).into_bytes()
        })
        .collect();
    assert!(file.len() > 1 << 20, "past the bytes by which a binary file is told");
    file.extend_from_slice(b"{\"id\":\"N\",\"name\":\"\0\"}\n");
    folder.write("nul.ndjson", file);
    let told = folder.ends(0, &["import", "nul.ndjson"]);
    assert!(told.contains("1200 added") && told.contains("line 1201: row:") && told.contains("bad_json"), "{told}");
}

/// Rows that are wrong each in its own way: the row, then field, code and parts of the reason.
fn bad_rows() -> Vec<(Vec<u8>, &'static str, &'static str, Vec<&'static str>)> {
    let named = |extra: Value| {
        let mut row = json!({"id": "B", "name": "坏店"});
        extra.as_object().unwrap().iter().for_each(|(key, value)| row[key] = value.clone());
        row.to_string().into_bytes()
    };
    let deep = format!("{{\"id\":\"B\",\"name\":\"坏店\",\"x\":{}1{}}}", "[".repeat(500), "]".repeat(500));
    vec![
        (br#"{"id":"B","name":"#.to_vec(), "row", "bad_json", vec!["one JSON object a line was expected"]),
        (b"[1,2]".to_vec(), "row", "bad_json", vec!["one JSON object", "sequence"]),
        (b"\"text\"".to_vec(), "row", "bad_json", vec!["string"]),
        (named(json!({"referral": "call them"})), "referral", "bad_referral", vec!["listing:", "id", "' '"]),
        (b"{\"id\":\"B\",\"name\":\"\\ud800\"}".to_vec(), "row", "bad_json", vec![]),
        (deep.into_bytes(), "row", "bad_json", vec!["recursion limit"]),
        (b"{\"id\":\"B\",\"name\":\"\xb9\xff\"}".to_vec(), "row", "bad_encoding", vec!["not valid UTF-8"]),
        (named(json!({"note": "x".repeat(1 << 20)})), "row", "too_long", vec!["1048576 bytes"]),
        (br#"{"id":"B"}"#.to_vec(), "name", "missing", vec!["carries none"]),
        (named(json!({"name": " "})), "name", "missing", vec!["empty"]),
        (named(json!({"name": "店".repeat(300)})), "name", "too_long", vec!["at most 200", "there are 300"]),
        (named(json!({"name": "a\u{7}b"})), "name", "control_character", vec!["U+0007"]),
        (named(json!({"name": "a\u{0}b"})), "name", "control_character", vec!["U+0000"]),
        (named(json!({"name": ["x"]})), "name", "wrong_type", vec!["a text was expected", "an array"]),
        (named(json!({"phones": ["call us"]})), "phones", "bad_phone", vec!["3 to 12 digits", "call us"]),
        (named(json!({"phone": "12"})), "phones", "bad_phone", vec!["\"12\""]),
        (named(json!({"phones": true})), "phones", "wrong_type", vec!["true or false"]),
        (named(json!({"phones": vec!["84111111"; 51]})), "phones", "too_many", vec!["at most 50", "51"]),
        (
            named(json!({"phones": {"number": "84111111", "kind": "pager"}})),
            "phones",
            "unknown_kind",
            vec!["fixed, mobile, service or fax", "pager"],
        ),
        (named(json!({"aliases": {"text": "别名", "kind": "odd"}})), "aliases", "unknown_kind", vec!["odd"]),
        (named(json!({"status": "closed"})), "status", "unknown_status", vec!["disconnected", "closed"]),
        (named(json!({"status": "changed"})), "referral", "missing", vec!["the new number or listing"]),
        (named(json!({"referral": {}})), "referral", "missing", vec!["it has neither"]),
        (named(json!({"referral": {"number": "110", "until": "soon"}})), "referral", "bad_date", vec!["soon"]),
        (named(json!({"referral_until": "2030-01-01"})), "referral", "missing", vec!["needs a referral"]),
        (named(json!({"popularity": "many"})), "popularity", "not_a_number", vec!["a number", "many"]),
        (named(json!({"popularity": -1})), "popularity", "out_of_range", vec!["0 to 1000000000", "-1"]),
        (named(json!({"popularity": "NaN"})), "popularity", "out_of_range", vec!["NaN"]),
        (named(json!({"popularity": 1e12})), "popularity", "out_of_range", vec!["1000000000000"]),
        (named(json!({"area_code": "广州"})), "area_code", "bad_area_code", vec!["such as 020", "广州"]),
        (named(json!({"address": "路".repeat(1_001)})), "address", "too_long", vec!["1000", "1001"]),
        (named(json!({"parent": "B"})), "parent", "own_parent", vec!["under itself"]),
        (named(json!({"parent": "某店"})), "parent", "bad_character", vec!["A-Z a-z 0-9", "某"]),
        (named(json!({"id": "B 7"})), "id", "bad_character", vec!["A-Z a-z 0-9", "' '"]),
        (named(json!({"id": "B".repeat(65)})), "id", "too_long", vec!["at most 64", "65"]),
        (named(json!({"id": ""})), "id", "missing", vec!["needs an id"]),
        (named(json!({"op": "replace"})), "op", "unknown_op", vec!["add, change or delete", "replace"]),
        (named(json!({"id": "S1"})), "id", "existing_id", vec!["\"S1\" exists", "op change"]),
        (named(json!({"id": "GOOD"})), "id", "duplicate_id", vec!["earlier row", "\"GOOD\""]),
        (named(json!({"op": "change", "id": "NONE"})), "id", "unknown_id", vec!["id \"NONE\"", "change"]),
        (br#"{"op":"delete","id":"NONE"}"#.to_vec(), "id", "unknown_id", vec!["id \"NONE\"", "delete"]),
        (br#"{"op":"change","id":"S2","name":""}"#.to_vec(), "name", "missing", vec![]),
    ]
}

#[test]
fn every_bad_row_is_rejected_with_its_line_field_reason_and_original_bytes() {
    let folder = seeded();
    let mut file = add("GOOD", "好店", 1.0).into_bytes();
    for (row, ..) in bad_rows() {
        file.extend_from_slice(&row);
        file.push(b'\n');
    }
    let path = folder.write("bad.ndjson", &file);
    is_refused(&folder, "bad.ndjson", &[], &["42 of 43 rows are rejected", "--max-reject", "name/missing"]);
    let limits = Limits { force: true, ..Limits::default() };
    let options = ImportOptions { limits, ..ImportOptions::default() };
    let (report, input) = folder.desk().import(&path, &options, &mut Silent).unwrap();
    assert_eq!((report.accepted.add, report.accepted.total(), report.rejected), (1, 1, 42));
    for (at, (row, field, code, parts)) in bad_rows().into_iter().enumerate() {
        let rejection = &report.rejections[at];
        let shown = String::from_utf8_lossy(&row[..row.len().min(200)]).into_owned();
        assert_eq!(rejection.line, at as u64 + 2, "{shown}");
        assert_eq!((&*rejection.field, &*rejection.code), (field, code), "{shown}: {rejection:?}");
        for part in parts {
            assert!(rejection.reason.contains(part), "{shown}: {part:?} is not in {:?}", rejection.reason);
        }
        assert!(
            input.original(rejection.span).unwrap() == row[..row.len().min(chahao::batch::ROW_BYTES_MAX)],
            "{shown}"
        );
        assert!(report.rejected_by_code[&format!("{field}/{code}")] > 0, "{shown}");
    }
    assert!(folder.desk().verify().unwrap().damage.is_empty());
}

#[test]
fn a_bad_table_row_is_rejected_alone_with_its_line() {
    for end in ["\n", "\r\n"] {
        let folder = seeded();
        let lines = [
            "op,id,name,phone,status,colour",
            "add,C1,甲店,84111111,,red",
            "add,C2,乙店,84111111",
            "add,C3,丙店,84111111,,red,more",
            "add,C4,丁店,call us,,red",
            "add,C5,戊店,,closed,red",
            "change,C9,己店,,,red",
            "add,C1,庚店,,,",
            "change,S1,,,changed,",
            "add,C6,\"辛\n店\",,,",
            "add,C7,\"壬\"\"店\",84111111,,red",
        ];
        let path = folder.write("table.csv", lines.join(end));
        let limits = Limits { force: true, ..Limits::default() };
        let options = ImportOptions { limits, ..ImportOptions::default() };
        let (report, input) = folder.desk().import(&path, &options, &mut Silent).unwrap();
        let verdicts: Vec<_> = report.rejections.iter().map(|r| (r.line, &*r.field, &*r.code)).collect();
        let expected = [
            (3, "row", "column_count"),
            (4, "row", "column_count"),
            (5, "phones", "bad_phone"),
            (6, "status", "unknown_status"),
            (7, "id", "unknown_id"),
            (8, "id", "duplicate_id"),
            (9, "referral", "missing"),
            (10, "name", "control_character"),
        ];
        assert_eq!(verdicts, expected, "lines that end in {end:?}");
        assert_eq!(report.rejections[0].reason, "the header has 6 columns; this row has 4");
        assert_eq!(report.rejections[1].reason, "the header has 6 columns; this row has 7");
        assert_eq!(report.ignored_columns, ["colour"]);
        for (rejection, line) in report.rejections.iter().zip(&lines[2..]) {
            let original = input.original(rejection.span).unwrap();
            assert_eq!(String::from_utf8(original).unwrap(), *line, "{end:?}");
        }
        let names: Vec<String> = ["C1", "C7"].map(|id| name_of(&folder, id)).into();
        assert_eq!(names, ["甲店", "壬\"店"]);
    }
}

fn name_of(folder: &Folder, id: &str) -> String {
    let mut name = None;
    let mut each = |listing: chahao::listing::Listing| {
        if listing.id.as_str() == id {
            name = Some(listing.name);
        }
        Ok(())
    };
    folder.desk().each_listing(&mut each).unwrap();
    name.unwrap_or_else(|| panic!("no listing {id}"))
}

#[test]
fn a_missing_closing_quote_is_named_and_does_not_go_in() {
    let folder = seeded();
    let mut table = "id,name,note\n".to_owned();
    (1..=100).for_each(|n| table.push_str(&format!("Q{n},店{n},\n")));
    table.push_str("Q101,\"店101,\n");
    (102..=200).for_each(|n| table.push_str(&format!("Q{n},店{n},\n")));
    folder.write("quote.csv", table);
    is_refused(&folder, "quote.csv", &["--max-reject", "0"], &["line 102", "closing quote is missing"]);
    folder.write("long.csv", format!("id,name,note\nL1,长店,{}\n", "x".repeat((1 << 20) + 1)));
    is_refused(&folder, "long.csv", &[], &["line 2", "1048576 bytes"]);
}

#[test]
fn rejected_rows_go_in_once_they_are_mended() {
    let table = "id,name,phone\nR1,甲店,84111111\nR2,乙店,call us\nR3,,84111111\n";
    let lines = format!(
        "{}{{\"id\":\"R2\",\"name\":\"乙店\",\"phone\":\"call us\"}}\n{{\"id\":\"R3\"}}\n",
        add("R1", "甲店", 1.0)
    );
    for (name, content, mended) in [
        ("batch.csv", table, [("call us", "84111112"), ("R3,,", "R3,丙店,")]),
        ("batch.ndjson", &lines, [("call us", "84111112"), ("\"R3\"", "\"R3\",\"name\":\"丙店\"")]),
    ] {
        let folder = seeded();
        folder.write(name, content);
        let read = |name: &str| std::fs::read_to_string(folder.path(name)).unwrap();
        is_refused(&folder, name, &["--rejects", "refused"], &["2 of 3 rows are rejected"]);
        folder.ends(0, &["import", name, "--max-reject", "70", "--rejects", "rejects"]);
        assert_eq!(read("rejects"), read("refused"), "a refused batch tells its rows too");
        let reasons = read("rejects.reasons.ndjson");
        let reasons: Vec<Value> = reasons.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let fields: Vec<_> = reasons.iter().map(|reason| (&reason["id"], &reason["field"])).collect();
        assert_eq!(fields, [(&json!("R2"), &json!("phones")), (&json!("R3"), &json!("name"))], "{name}");
        let rejects = read("rejects");
        is_refused(&folder, "rejects", &[], &["2 of 2 rows are rejected"]);
        folder.write("mended", mended.iter().fold(rejects, |text, (from, to)| text.replace(from, to)));
        let told = folder.ends(0, &["import", "mended"]);
        assert!(told.contains("2 added, 0 changed, 0 deleted, 0 rejected"), "{name}: {told}");
        assert_eq!(["R1", "R2", "R3"].map(|id| name_of(&folder, id)), ["甲店", "乙店", "丙店"]);
    }
}
