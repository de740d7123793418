//! Bugs of what offices paste together: cells of spreadsheets, files of several encodings, header lines among rows.

use serde_json::{Value, json};

use crate::batch_forms::{workbook_of, xml_of};
use crate::desk_in_a_folder::{Folder, add};
use crate::regression_office::json_of;

/// Imports `bytes` into a desk of their own, whatever is rejected: its report.
fn imported(name: &str, bytes: impl AsRef<[u8]>) -> (Folder, Value) {
    let folder = Folder::new();
    folder.write(name, bytes);
    let told = folder.prints(0, &["import", name, "--feed", "office", "--max-reject", "100", "--json"]);
    (folder, json_of(&told))
}

/// Line, field and code of every rejection.
fn verdicts(report: &Value) -> Vec<(u64, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let verdict = |r: &Value| (r["line"].as_u64().unwrap(), text(&r["field"]), text(&r["code"]));
    report["rejections"].as_array().unwrap().iter().map(verdict).collect()
}

fn is(line: u64, field: &str, code: &str) -> (u64, String, String) {
    (line, field.to_owned(), code.to_owned())
}

/// `#N/A` became the name of a listing, and so did a name of which a wrong encoding had left U+FFFD.
#[test]
fn errors_of_a_spreadsheet_and_lost_characters_are_no_names() {
    let table = "id,name,aliases,locality\nA1,#N/A,,\nA2,好店,#REF!,\nA3,好\u{fffd}店,,\nA4,一店,短;#NAME?,\nA5,二店,短\u{fffd},\n\
                 A6,#1店,,\nA7,三店,,#VALUE!\n#NULL!,四店,,\n";
    let (_folder, report) = imported("table.csv", table);
    let expected = [
        is(2, "name", "spreadsheet_error"),
        is(3, "aliases", "spreadsheet_error"),
        is(4, "name", "lost_character"),
        is(5, "aliases", "spreadsheet_error"),
        is(6, "aliases", "lost_character"),
        is(8, "locality", "spreadsheet_error"),
        is(9, "id", "bad_character"),
    ];
    assert_eq!(verdicts(&report), expected);
    let reason = report["rejections"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("#N/A is an error of a spreadsheet"), "{reason}");
    // What a table looks up for a listing that closed is an error by right.
    let folder = Folder::new();
    folder.write("first.ndjson", add("A1", "一店", 1.0));
    folder.ends(0, &["import", "first.ndjson"]);
    folder.write("gone.csv", "op,id,name\ndelete,A1,#N/A\n");
    assert!(folder.ends(0, &["import", "gone.csv", "--max-churn", "100"]).contains("1 deleted"));
    let sheet = xml_of(&[&["id", "name"], &["A1", "店"]])
        .replace("<c r=\"B2\" t=\"inlineStr\"><is><t>店</t></is></c>", "<c r=\"B2\" t=\"e\"><v>#DIV/0!</v></c>");
    let (_folder, report) = imported("sheet.xlsx", workbook_of(&sheet));
    assert_eq!(verdicts(&report), [is(2, "name", "spreadsheet_error")]);
}

/// A misspelt key within a phone took its extension away without a word.
#[test]
fn a_key_that_is_none_within_a_value_is_refused() {
    let row = |id: &str, extra: Value| {
        let mut row = json!({"id": id, "name": "店"});
        extra.as_object().unwrap().iter().for_each(|(key, value)| row[key] = value.clone());
        row.to_string() + "\n"
    };
    let phone = |key: &str| json!({"number": "020-81380388", key: "801"});
    let rows = [
        row("A1", json!({"phones": [phone("ext")]})),
        row("A2", json!({"phones": [phone("ext"), phone("extn")]})),
        row("A3", json!({"phones": phone("Label")})),
        row("A4", json!({"aliases": [{"text": "短", "knd": "spoken"}]})),
        row("A5", json!({"referral": {"number": "110", "untill": "2030-01-01"}})),
        row("A6", json!({"referral": {"number": "110", "until": "2030-01-01"}, "colour": "red"})),
    ];
    let (folder, report) = imported("rows.ndjson", rows.concat());
    let unknown = |line, field| is(line, field, "unknown_key");
    assert_eq!(
        verdicts(&report),
        [unknown(2, "phones"), unknown(3, "phones"), unknown(4, "aliases"), unknown(5, "referral")]
    );
    let reason = report["rejections"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("number, label, kind, ext") && reason.contains("\"extn\""), "{reason}");
    // What an export writes is read again.
    let exported = folder.prints(0, &["export", "--format", "ndjson", "--confidential"]);
    assert_eq!(imported("again.ndjson", exported).1["accepted"]["add"], 2);
}

/// A mobile number written in groups, as it is read out, was no number.
#[test]
fn a_number_in_groups_is_one_number() {
    let (folder, report) =
        imported("table.csv", "id,name,phones\nA1,一店,138 0013 8000;400 800 8820\nA2,二店,+86 138-0013 8000\n");
    assert_eq!(report["rejected"], 0, "{report}");
    folder.ends(0, &["compact"]);
    for (number, listings) in [("13800138000", 2), ("4008008820", 1)] {
        assert_eq!(folder.prints(0, &["number", number]).matches("店 (A").count(), listings, "{number}");
    }
    assert_eq!(folder.desk().listing("A1").unwrap().listing.phones.len(), 2);
}
