//! Offices save the same table in whatever way their software does: the listings that come out are the same.

use std::collections::BTreeMap;

use chahao::batch::Report;
use chahao::desk::{ExportFormat, ImportOptions};
use chahao::ledger::Limits;
use chahao::progress::Silent;

use crate::desk_in_a_folder::Folder;

const TITLES: [&str; 6] = ["id", "name", "phones", "locality", "popularity", "note"];
const LISTINGS: [[&str; 6]; 4] = [
    ["E1", "广州酒家(文昌总店)", "订座:020-81380388;020-81380389转801", "荔湾区", "900", ""],
    ["E2", "陶陶居, 第十甫店", "020-81396111", "荔湾区", "12.5", "只收现金; 不收卡"],
    ["E3", "镕记\"小馆\"", "13800138000", "", "", ""],
    ["E4", "㐀记士多", "", "天河区", "3", ""],
];

/// The listings as a table.
fn table(delimiter: char, quote_all: bool, end: &str) -> String {
    let cell = |text: &&str| {
        let quoted = quote_all || text.contains([delimiter, '"', '\n', ';']);
        if quoted { format!("\"{}\"", text.replace('"', "\"\"")) } else { (*text).to_owned() }
    };
    let line = |cells: &[&str; 6]| cells.iter().map(cell).collect::<Vec<_>>().join(&delimiter.to_string()) + end;
    line(&TITLES) + &LISTINGS.iter().map(line).collect::<String>()
}

/// The table with a column no field is made of, and line feeds, delimiters and quotes in its cells.
fn with_remark(table: &str) -> String {
    let line = |(at, line): (usize, &str)| match at {
        0 => format!("{line},remark\r\n"),
        _ => format!("{line},\"one\r\n\r\n, \"\"two\"\"\n;\"\r\n"),
    };
    table.lines().enumerate().map(line).collect()
}

/// The listings as JSON, one a line.
fn lines(end: &str) -> String {
    let line = |cells: &[&str; 6]| {
        let object = TITLES.iter().zip(cells).map(|(title, cell)| ((*title).to_owned(), (*cell).into()));
        serde_json::Value::Object(object.collect()).to_string() + end
    };
    LISTINGS.iter().map(line).collect()
}

fn gb18030(text: &str) -> Vec<u8> {
    let (bytes, _, lost) = encoding_rs::GB18030.encode(text);
    assert!(!lost);
    bytes.into_owned()
}

fn with_bom(text: &str) -> Vec<u8> {
    [b"\xef\xbb\xbf".as_slice(), text.as_bytes()].concat()
}

fn import(folder: &Folder, bytes: &[u8]) -> Report {
    let path = folder.write("batch", bytes);
    let limits = Limits { force: true, ..Limits::default() };
    folder.desk().import(&path, &ImportOptions { limits, ..ImportOptions::default() }, &mut Silent).unwrap().0
}

fn exported(folder: &Folder) -> String {
    let mut out = Vec::new();
    folder.desk().export(ExportFormat::Ndjson, true, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn the_same_listings_come_out_of_every_encoding_delimiter_and_line_end() {
    let mut outcomes = Vec::new();
    for (what, bytes) in [
        ("UTF-8", table(',', false, "\n").into_bytes()),
        ("byte order mark", with_bom(&table(',', false, "\n"))),
        ("GB18030", gb18030(&table(',', false, "\n"))),
        ("quoted", table(',', true, "\n").into_bytes()),
        ("semicolons", table(';', false, "\n").into_bytes()),
        ("semicolons, GB18030", gb18030(&table(';', false, "\r\n"))),
        ("tabs", table('\t', false, "\n").into_bytes()),
        ("tabs, GB18030", gb18030(&table('\t', true, "\n"))),
        ("CRLF", table(',', false, "\r\n").into_bytes()),
        ("byte order mark, CRLF, quoted", with_bom(&table(',', true, "\r\n"))),
        ("blank lines between", table(',', false, "\n\n\n").into_bytes()),
        ("line feeds in a column that is ignored", with_remark(&table(',', false, "\r\n")).into_bytes()),
        ("line feeds around a cell", table(',', true, "\n").replace("陶陶居, ", "\n\n陶陶居, ").into_bytes()),
        ("no line end at the end", table(',', false, "\n").trim_end().as_bytes().to_vec()),
        ("NDJSON", lines("\n").into_bytes()),
        ("NDJSON, byte order mark, CRLF", with_bom(&lines("\r\n"))),
        ("NDJSON, GB18030", gb18030(&lines("\n"))),
        ("NDJSON, blank lines between", lines("\n \n\n").into_bytes()),
    ] {
        let folder = Folder::new();
        let report = import(&folder, &bytes);
        assert_eq!((report.accepted.add, report.rejected), (4, 0), "{what}: {:?}", report.rejections);
        outcomes.push((what, exported(&folder)));
    }
    let (_, first) = &outcomes[0];
    assert!(first.contains("镕记\\\"小馆\\\"") && first.contains("㐀记士多") && first.contains("陶陶居, 第十甫店"));
    for (what, exported) in &outcomes {
        assert_eq!(exported, first, "{what}");
    }
}

#[test]
fn a_quoted_cell_keeps_its_delimiters_and_is_refused_for_its_line_feeds() {
    let folder = Folder::new();
    let report =
        import(&folder, "id,name,note\nN1,\"甲,店\",\"一;\"\"二\"\"\"\nN2,乙店,\"一\n二\"\nN3,丙店,三\n".as_bytes());
    let verdicts: Vec<_> = report.rejections.iter().map(|r| (r.line, r.id.as_deref(), &*r.field, &*r.code)).collect();
    assert_eq!(verdicts, [(3, Some("N2"), "note", "control_character")]);
    assert_eq!(report.accepted.add, 2);
    let exported = exported(&folder);
    assert!(exported.contains("甲,店") && exported.contains("一;\\\"二\\\"") && exported.contains("N3"), "{exported}");
}

#[test]
fn one_broken_row_is_rejected_alone_in_either_encoding() {
    let broken: &[u8] = b"E5,\xff\xff\xff,,,,\n";
    for (what, table) in
        [("UTF-8", table(',', false, "\n").into_bytes()), ("GB18030", gb18030(&table(',', false, "\n")))]
    {
        let folder = Folder::new();
        let report = import(&folder, &[&table, broken, b"E6,last,,,,\n"].concat());
        assert_eq!((report.accepted.add, report.rejected), (5, 1), "{what}");
        let rejection = &report.rejections[0];
        assert_eq!((rejection.line, &*rejection.field, &*rejection.code), (6, "name", "bad_encoding"), "{what}");
        assert_eq!(rejection.reason, format!("the cell is not valid {what}"));
        assert!(exported(&folder).contains("广州酒家(文昌总店)"), "{what}");
    }
}

/// One listing with a value in every field, and the desk it is in.
fn full() -> Folder {
    let folder = Folder::new();
    let row = r#"{"id":"K1","name":"满记","aliases":["老满"],"category":"餐饮","area_code":"020","locality":"越秀区",
"address":"北京路1号","phones":["84111111"],"referral":"84222222","parent":"K0","popularity":5,"note":"早茶"}"#;
    assert_eq!(import(&folder, row.replace('\n', "").as_bytes()).accepted.add, 1);
    folder
}

/// The row of a listing that is alone, as it is exported, without the fields that have nothing in them.
fn told(folder: &Folder) -> String {
    let row: BTreeMap<String, serde_json::Value> = serde_json::from_str(&exported(folder)).unwrap();
    let empty = |value: &serde_json::Value| matches!(value.to_string().as_str(), "null" | "\"\"" | "[]" | "0.0");
    let told = row.into_iter().filter(|(_, value)| !empty(value));
    serde_json::to_string(&told.collect::<BTreeMap<_, _>>()).unwrap()
}

#[test]
fn an_empty_cell_keeps_what_is_there_and_clear_clears_it() {
    const CLEARABLE: [&str; 9] =
        ["aliases", "category", "area_code", "locality", "address", "phones", "referral", "parent", "note"];
    let header = format!("op,id,name,popularity,{}\n", CLEARABLE.join(","));
    let folder = full();
    let before = exported(&folder);
    let report = import(&folder, format!("{header}change,K1,满记茶楼,{}\n", ",".repeat(9)).as_bytes());
    assert_eq!((report.accepted.change, report.rejected), (1, 0));
    assert_eq!(exported(&folder), before.replace("满记", "满记茶楼"), "only the name was carried");
    let cleared = format!("{header}change,K1,,<clear>,{}\n", CLEARABLE.map(|_| "<clear>").join(","));
    assert_eq!(import(&folder, cleared.as_bytes()).accepted.change, 1);
    assert_eq!(told(&folder), r#"{"id":"K1","name":"满记茶楼","op":"add","status":"listed"}"#);
    let report = import(&folder, b"op,id,name\nchange,K1,<clear>\n");
    assert_eq!((report.rejected, &*report.rejections[0].field), (1, "name"), "a name cannot be cleared");
}

#[test]
fn null_the_empty_text_and_the_empty_array_clear_in_ndjson() {
    for empty in ["null", "\"\""] {
        let folder = full();
        let row = format!(
            r#"{{"op":"change","id":"K1","aliases":[],"category":{empty},"area_code":{empty},"locality":{empty},
"address":{empty},"phones":{empty},"referral":{empty},"parent":{empty},"popularity":{empty},"note":{empty}}}"#
        );
        let report = import(&folder, row.replace('\n', "").as_bytes());
        assert_eq!((report.accepted.change, report.rejected), (1, 0), "{:?}", report.rejections);
        assert_eq!(told(&folder), r#"{"id":"K1","name":"满记","op":"add","status":"listed"}"#, "{empty}");
    }
    let folder = full();
    let before = exported(&folder);
    assert_eq!(import(&folder, br#"{"op":"change","id":"K1","popularity":5}"#).accepted.change, 1);
    assert_eq!(exported(&folder), before, "what is not carried stays");
}

#[test]
fn a_referral_a_changed_number_needs_cannot_be_cleared() {
    let folder = full();
    assert_eq!(import(&folder, br#"{"op":"change","id":"K1","status":"changed"}"#).accepted.change, 1);
    let before = exported(&folder);
    let report = import(&folder, br#"{"op":"change","id":"K1","referral":null}"#);
    assert_eq!((&*report.rejections[0].field, &*report.rejections[0].code), ("referral", "missing"));
    assert_eq!(exported(&folder), before);
    assert_eq!(import(&folder, br#"{"op":"change","id":"K1","referral":null,"status":"listed"}"#).accepted.change, 1);
    assert!(!told(&folder).contains("referral"));
}
