//! Offices pack their files, save them as UTF-16 or send the workbook itself: the same listings go in, and what was
//! rejected comes back so that it can be mended and sent again.

use std::io::Write;

use serde_json::Value;

use chahao::batch::{Form, Input};

use crate::desk_in_a_folder::{Folder, add, ended};

const TABLE: &str =
    "id,单位名称,电话,note\nE1,广州酒家,020-81380388,\nE2,陶陶居,call us,\nE3,莲香楼,020-81396111,只收现金\n";

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    format!("\u{feff}{text}").encode_utf16().flat_map(bytes).collect()
}

/// A zip of files that are not packed.
fn zip(files: &[(&str, String)]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in files {
        let (crc, size) = (crc32fast::hash(content.as_bytes()).to_le_bytes(), (content.len() as u32).to_le_bytes());
        let offset = (out.len() as u32).to_le_bytes();
        let head =
            [&[20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0][..], &crc, &size, &size, &(name.len() as u16).to_le_bytes(), &[0, 0]];
        let head = head.concat();
        out.extend([b"PK\x03\x04".as_slice(), &head, name.as_bytes(), content.as_bytes()].concat());
        directory.extend([b"PK\x01\x02\x14\0".as_slice(), &head, &[0; 10], &offset, name.as_bytes()].concat());
    }
    let (count, size) = ((files.len() as u16).to_le_bytes(), (directory.len() as u32).to_le_bytes());
    let offset = (out.len() as u32).to_le_bytes();
    out.extend([directory.as_slice(), b"PK\x05\x06\0\0\0\0", &count, &count, &size, &offset, &[0, 0]].concat());
    out
}

/// A workbook of one sheet.
fn workbook(rows: &[&[&str]]) -> Vec<u8> {
    workbook_of(&xml_of(rows))
}

/// The rows of a sheet; a cell that begins with `#` is a number.
pub fn xml_of(rows: &[&[&str]]) -> String {
    let mut sheet = String::new();
    for (at, row) in rows.iter().enumerate().filter(|(_, row)| !row.is_empty()) {
        sheet += &format!("<row r=\"{}\">", at + 1);
        for (column, cell) in row.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
            let place = format!("{}{}", char::from(b'A' + column as u8), at + 1);
            sheet += &match cell.strip_prefix('#') {
                Some(number) => format!("<c r=\"{place}\"><v>{number}</v></c>"),
                None => format!("<c r=\"{place}\" t=\"inlineStr\"><is><t>{cell}</t></is></c>"),
            };
        }
        sheet += "</row>";
    }
    sheet
}

/// A workbook whose one sheet holds these rows.
pub fn workbook_of(sheet: &str) -> Vec<u8> {
    workbook_of_sheets(&[("一", "visible", sheet)])
}

/// A workbook of sheets: their names, states and rows.
pub fn workbook_of_sheets(sheets: &[(&str, &str, &str)]) -> Vec<u8> {
    let xml = |body: &str| format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>{body}");
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006";
    let relations =
        |inside: &str| xml(&format!("<Relationships xmlns=\"{package}/relationships\">{inside}</Relationships>"));
    let relation = |n: usize, kind: &str, target: &str| {
        format!("<Relationship Id=\"r{n}\" Type=\"{office}/{kind}\" Target=\"{target}\"/>")
    };
    let (mut names, mut targets, mut files) = (String::new(), String::new(), Vec::new());
    for (at, (name, state, rows)) in sheets.iter().enumerate() {
        let n = at + 1;
        names += &format!("<sheet name=\"{name}\" sheetId=\"{n}\" state=\"{state}\" r:id=\"r{n}\"/>");
        targets += &relation(n, "worksheet", &format!("worksheets/sheet{n}.xml"));
        let rows = xml(&format!("<worksheet xmlns=\"{main}\"><sheetData>{rows}</sheetData></worksheet>"));
        files.push((format!("xl/worksheets/sheet{n}.xml"), rows));
    }
    let workbook = format!("<workbook xmlns=\"{main}\" xmlns:r=\"{office}\"><sheets>{names}</sheets></workbook>");
    let mut parts = vec![
        ("[Content_Types].xml", xml(&format!("<Types xmlns=\"{package}/content-types\"/>"))),
        ("_rels/.rels", relations(&relation(1, "officeDocument", "xl/workbook.xml"))),
        ("xl/workbook.xml", xml(&workbook)),
        ("xl/_rels/workbook.xml.rels", relations(&targets)),
    ];
    parts.extend(files.iter().map(|(name, rows)| (name.as_str(), rows.clone())));
    zip(&parts)
}

const MAP: [&str; 6] = ["--map", "单位名称=name", "--map", "电话=phones", "--max-reject", "50"];

fn exported(folder: &Folder) -> String {
    folder.prints(0, &["export", "--format", "csv"])
}

#[test]
fn every_form_gives_the_same_listings_and_rejects_that_can_be_mended() {
    let mut outcomes = Vec::new();
    let sheet = workbook(&[
        &["id", "单位名称", "电话", "note"],
        &["E1", "广州酒家", "020-81380388"],
        &["E2", "陶陶居", "call us"],
        &["E3", "莲香楼", "020-81396111", "只收现金"],
    ]);
    for (what, bytes) in [
        ("plain", TABLE.as_bytes().to_vec()),
        ("tabs", TABLE.replace(',', "\t").into_bytes()),
        ("gzip", gzip(TABLE.as_bytes())),
        ("gzip in two members", [gzip(&TABLE.as_bytes()[..50]), gzip(&TABLE.as_bytes()[50..])].concat()),
        ("zstd", zstd::encode_all(TABLE.as_bytes(), 3).unwrap()),
        ("UTF-16, low byte first", utf16(TABLE, u16::to_le_bytes)),
        ("UTF-16, high byte first", utf16(TABLE, u16::to_be_bytes)),
        ("UTF-16 in gzip", gzip(&utf16(TABLE, u16::to_le_bytes))),
        ("workbook", sheet),
    ] {
        let folder = Folder::new();
        folder.write("batch", &bytes);
        let told =
            folder.ends(0, &[&["import", "batch", "--feed", "office", "--rejects", "rejects"], &MAP[..]].concat());
        assert!(told.contains("2 added, 0 changed, 0 deleted, 1 rejected"), "{what}: {told}");
        assert!(told.contains("line 3 (E2): phones"), "{what}: {told}");
        let form = Input::open(&folder.path("batch")).unwrap().form();
        let rejects = std::fs::read(folder.path("rejects")).unwrap();
        assert!(form != Form::Utf16Le || rejects.starts_with(b"\xff\xfe"), "{what}");
        // The office mends the file it got back with the program it uses.
        let mended = match form {
            Form::Utf16Le | Form::Utf16Be => {
                let charset = if form == Form::Utf16Le { encoding_rs::UTF_16LE } else { encoding_rs::UTF_16BE };
                let (text, _, wrong) = charset.decode(&rejects);
                assert!(!wrong, "{what}");
                let bytes = if form == Form::Utf16Le { u16::to_le_bytes } else { u16::to_be_bytes };
                utf16(&text.replace("call us", "020-81396112"), bytes)
            }
            _ => String::from_utf8(rejects).unwrap().replace("call us", "020-81396112").into_bytes(),
        };
        folder.write("rejects", mended);
        // The map is remembered for the feed.
        let told = folder.ends(0, &["import", "rejects", "--feed", "office"]);
        assert!(told.contains("1 added, 0 changed, 0 deleted, 0 rejected"), "{what}: {told}");
        outcomes.push((what, exported(&folder)));
    }
    for (what, outcome) in &outcomes {
        assert_eq!(outcome, &outcomes[0].1, "{what}");
    }
    assert!(outcomes[0].1.contains("陶陶居,,,,,,020-81396112"), "{}", outcomes[0].1);
}

#[test]
fn a_workbook_keeps_its_row_numbers_its_numbers_and_its_line_breaks_apart() {
    let folder = Folder::new();
    let rows: [&[&str]; 6] = [
        &[],
        &["id", "name", "phones", "popularity"],
        &["E1", "广州酒家", "#81380388", "#12.5"],
        &[],
        &["E2", "两\n行"],
        &["#3", "三店", "#13800138000", "", "beyond"],
    ];
    folder.write("sheet.xlsx", workbook(&rows));
    let told = folder.ends(0, &["import", "sheet.xlsx", "--max-reject", "70"]);
    assert!(told.contains("line 5 (E2): name") && told.contains("control_character"), "{told}");
    assert!(told.contains("line 6: row") && told.contains("column_count"), "{told}");
    assert!(exported(&folder).contains("E1,广州酒家,,,,,,81380388,listed,,,,12.5"), "{}", exported(&folder));
}

#[test]
fn the_same_batch_packed_otherwise_is_the_same_batch() {
    let folder = Folder::new();
    let rows = add("A1", "一店", 1.0);
    folder.write("batch.ndjson", &rows);
    folder.ends(0, &["import", "batch.ndjson"]);
    for packed in [gzip(rows.as_bytes()), zstd::encode_all(rows.as_bytes(), 1).unwrap()] {
        let again = folder.run_with_input(&["import", "-"], &packed);
        assert!(ended(0, &["import", "-"], &again).contains("already imported as batch 1"));
    }
    let cut = gzip(rows.repeat(50).as_bytes());
    folder.write("cut.gz", &cut[..cut.len() - 9]);
    assert!(folder.ends(3, &["import", "cut.gz"]).contains("cannot be unpacked"));
    assert_eq!(folder.ledger_state().1, 1);
}

#[test]
fn what_is_no_utf_16_costs_its_row_alone() {
    let folder = Folder::new();
    let mut bytes = utf16("id,name\nA1,一店\nA2,", u16::to_le_bytes);
    bytes.extend([0x00, 0xd8]);
    bytes.extend(&utf16("店\nA3,三店\n", u16::to_le_bytes)[2..]);
    folder.write("batch.csv", bytes);
    let told = folder.ends(0, &["import", "batch.csv", "--max-reject", "40"]);
    assert!(told.contains("2 added") && told.contains("line 3") && told.contains("bad_encoding"), "{told}");
}

#[test]
fn a_map_that_makes_no_sense_is_told_and_a_good_one_is_kept_only_with_its_batch() {
    let folder = Folder::new();
    folder.write("batch.csv", TABLE);
    for (map, text) in [("单位名称=title", "no field is named"), ("单位名称", "COLUMN=FIELD"), ("=name", "named once")]
    {
        assert!(folder.ends(2, &["import", "batch.csv", "--map", map]).contains(text));
    }
    folder.ends(0, &[&["import", "batch.csv", "--dry-run"], &MAP[..]].concat());
    assert!(folder.ends(3, &["import", "batch.csv"]).contains("name: every listing needs a name"));
    folder.ends(0, &[&["import", "batch.csv"], &MAP[..]].concat());
    // Keys of NDJSON are mapped alike, by the feed its header names.
    let line = "{\"feed\":\"main\"}\n{\"id\":\"N1\",\"单位名称\":\"四店\",\"电话\":\"020-81380399\"}\n";
    folder.write("next.ndjson", line);
    let report: Value = serde_json::from_str(&folder.prints(0, &["import", "next.ndjson", "--json"])).unwrap();
    assert_eq!((&report["accepted"]["add"], &report["ignored_columns"]), (&1.into(), &serde_json::json!([])));
}

#[test]
fn a_workbook_whose_cells_stand_nowhere_is_refused_whole() {
    let folder = Folder::new();
    let titles = xml_of(&[&["id", "name"]]);
    for (what, place) in [
        ("a column beyond all numbers", "LISTINGAB2"),
        ("a row beyond all", "A4000000000"),
        ("a row gone back to", "A1"),
    ] {
        let row = format!("<row r=\"2\"><c r=\"B2\"><v>7</v></c><c r=\"{place}\"><v>8</v></c></row>");
        folder.write("sheet.xlsx", workbook_of(&(titles.clone() + &row)));
        let output = folder.run(&["import", "sheet.xlsx"]);
        assert_eq!(output.status.code(), Some(3), "{what}: {}", crate::desk_in_a_folder::told(&output));
    }
    let last = "<row r=\"1048576\"><c r=\"A1048576\"><v>7</v></c><c r=\"B1048576\"><v>8</v></c></row>";
    folder.write("sheet.xlsx", workbook_of(&(titles + last)));
    assert!(folder.ends(0, &["import", "sheet.xlsx"]).contains("1 added"));
}
