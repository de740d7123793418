//! Bugs of what offices paste together: cells of spreadsheets, files of several encodings, header lines among rows.

use encoding_rs::GB18030;
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

/// Rows of UTF-8 in a file of GB18030 went in under other characters.
#[test]
fn rows_of_another_encoding_are_refused_and_not_misread() {
    let gb = |text: &str| GB18030.encode(text).0.into_owned();
    let rows = "A1,广州酒家,文昌南路\nA2,陶陶居,第十甫路\nA3,模特,\n";
    let pasted = "A4,莲香楼总店,第十甫路六十七号\nA5,中国,\n";
    let file = [&b"id,name,address\n"[..], &gb(rows), pasted.as_bytes()].concat();
    let (folder, report) = imported("gb.csv", file);
    assert_eq!(verdicts(&report), [is(5, "name", "bad_encoding"), is(6, "name", "bad_encoding")]);
    let reason = report["rejections"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("UTF-8 in a file of GB18030") && reason.contains("one encoding"), "{reason}");
    assert!(folder.prints(0, &["export", "--format", "csv"]).contains("A3,模特"));
    let file = ["id,name,address\n".as_bytes(), rows.as_bytes(), &gb("A6,莲香楼,\n")].concat();
    let (_folder, report) = imported("utf8.csv", file);
    assert_eq!(verdicts(&report), [is(5, "name", "bad_encoding")]);
    let reason = report["rejections"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("not valid UTF-8") && reason.contains("GB18030 in a file of UTF-8"), "{reason}");
    let line = |id: &str, name: &str| json!({"id": id, "name": name}).to_string() + "\n";
    let file = [gb(&line("A1", "广州酒家")), gb(&line("A2", "陶陶居")), line("A3", "莲香楼总店").into_bytes()].concat();
    let (_folder, report) = imported("gb.ndjson", file);
    assert_eq!(verdicts(&report), [is(3, "row", "bad_encoding")]);
}

/// The file of a week in which nothing changed was refused, and its number missed by that of the week after.
#[test]
fn a_week_without_changes_is_a_batch_and_a_full_file_without_rows_is_none() {
    let folder = Folder::new();
    folder.write("first.ndjson", add("A1", "一店", 1.0));
    folder.ends(0, &["import", "first.ndjson", "--feed", "weekly", "--seq", "1"]);
    folder.write("empty.csv", "op,id,name\n");
    let dry = folder.ends(0, &["import", "empty.csv", "--feed", "weekly", "--dry-run"]);
    assert!(dry.contains("the file holds no rows: a batch of no changes"), "{dry}");
    // What states its number takes it for good: counts tell that nothing was cut off.
    let none = ["--expect-add", "0", "--expect-change", "0", "--expect-delete", "0"];
    let numbered = |n| ["import", "empty.csv", "--feed", "weekly", "--seq", n];
    assert!(folder.ends(3, &numbered("2")).contains("it may be cut off"));
    let told = folder.ends(0, &[&numbered("2")[..], &none].concat());
    assert!(told.contains("batch 2, weekly #2") && told.contains("a batch of no changes"), "{told}");
    assert!(
        folder
            .ends(3, &["import", "empty.csv", "--feed", "weekly", "--seq", "3", "--expect-add", "1"])
            .contains("cut off")
    );
    folder.write("empty.ndjson", "{\"feed\":\"weekly\",\"seq\":3,\"counts\":{\"add\":0,\"change\":0,\"delete\":0}}\n");
    assert!(folder.ends(0, &["import", "empty.ndjson"]).contains("batch 3, weekly #3"));
    folder.write("next.ndjson", add("A2", "二店", 1.0));
    assert!(folder.ends(0, &["import", "next.ndjson", "--feed", "weekly", "--seq", "4"]).contains("batch 4"));
    folder.ends(0, &["compact"]);
    folder.ends(0, &[&numbered("5")[..], &["--force", "--reason", "nothing changed"]].concat());
    folder.ends(0, &["compact"]);
    assert_eq!(folder.desk().verify().unwrap().damage, Vec::<String>::new());
    let told = folder.ends(3, &["import", "empty.csv", "--reconcile", "--max-churn", "100"]);
    assert!(told.contains("all listings would be deleted"), "{told}");
}

/// Where two files had been pasted together, the second one's header line was a listing called "name".
#[test]
fn a_header_line_among_rows_is_no_listing() {
    let table = "id,name,colour\nA1,一店,\n\u{feff}id, name,colour\nA2,二店,\nid,name,colour\nid,正名,\n";
    let (folder, report) = imported("table.csv", table);
    assert_eq!((&report["accepted"]["add"], &report["rejected"]), (&json!(3), &json!(0)), "{report}");
    assert_eq!(report["repeated_headers"], 2);
    let told = folder.ends(0, &["import", "table.csv", "--feed", "again", "--dry-run", "--max-reject", "100"]);
    assert!(told.contains("header line left out where it stands again: 2 times"), "{told}");
    // Behind one of other columns every row would be misread.
    folder.write("other.csv", "id,name,address\nB1,一店,\nid,address,name\nB2,路,店\n");
    let told = folder.ends(3, &["import", "other.csv", "--feed", "other"]);
    assert!(told.contains("line 3 is a header line of other columns"), "{told}");
    folder.write("shorter.csv", "id,name,address\nB1,一店,\nid,phones\nB2,020-81380388\n");
    assert!(folder.ends(3, &["import", "shorter.csv", "--feed", "other"]).contains("line 3 is a header line"));
    let lines =
        "{\"feed\":\"office\",\"seq\":1}\n".to_owned() + &add("A1", "一店", 1.0) + "{\"feed\":\"office\",\"seq\":2}\n";
    let (_folder, report) = imported("two.ndjson", lines);
    assert_eq!(verdicts(&report), [is(3, "row", "second_header")]);
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

/// Of cells merged over several rows all but the first row lost what they said.
#[test]
fn a_sheet_with_cells_merged_over_rows_is_refused() {
    let rows = xml_of(&[&["id", "name", "locality"], &["A1", "一店", "荔湾区"], &["A2", "二店"]]);
    let merged = |ranges: &[&str]| {
        let cells: String = ranges.iter().map(|range| format!("<mergeCell ref=\"{range}\"/>")).collect();
        workbook_of(&format!("{rows}</sheetData><mergeCells>{cells}</mergeCells><sheetData>"))
    };
    let folder = Folder::new();
    folder.write("merged.xlsx", merged(&["E1:F1", "C2:C3"]));
    let told = folder.ends(3, &["import", "merged.xlsx"]);
    assert!(told.contains("the cells C2:C3 are merged") && told.contains("part them"), "{told}");
    // Nothing is lost in one row, nor where nothing stands.
    folder.write("plain.xlsx", merged(&["C2:D2", "AB4:AC9"]));
    assert!(folder.ends(0, &["import", "plain.xlsx"]).contains("2 added"));
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

/// A day was checked and then kept as it had been typed: what compares days took it for another one.
#[test]
fn the_last_day_of_a_referral_is_kept_as_days_are_written() {
    let folder = crate::desk_in_a_folder::Folder::new();
    let rows = "{\"id\":\"A1\",\"name\":\"一店\",\"status\":\"changed\",\"referral\":{\"number\":\"020-81380001\",\"until\":\"29990131\"}}\n";
    folder.load(rows);
    assert!(folder.prints(0, &["show", "A1", "--json"]).contains("\"until\":\"2999-01-31\""));
}
