//! Bugs that were found once, so that they do not come back.

use chahao::batch::Report;
use chahao::desk::ImportOptions;
use chahao::ledger::Limits;
use chahao::progress::Silent;
use chahao::query::{MatchKind, Query};
use chahao::text::Folded;

use crate::desk_in_a_folder::{Folder, add, ids, ids_by};

fn import(folder: &Folder, content: &str) -> Report {
    let path = folder.write("batch", content);
    let limits = Limits { force: true, ..Limits::default() };
    folder.desk().import(&path, &ImportOptions { limits, ..ImportOptions::default() }, &mut Silent).unwrap().0
}

#[test]
fn a_simplified_character_outside_the_basic_plane_is_folded_too() {
    assert_eq!(Folded::new("禾輋").text(), Folded::new("禾𪨶").text());
}

#[test]
fn a_number_is_found_with_its_extension_typed() {
    let folder = Folder::new();
    let desk = folder.load(r#"{"id":"A1","name":"清水河县医院","phones":["0471-7913802-8090"]}"#);
    assert_eq!(ids(&desk, "0471-7913802-8090"), ["A1"]);
    assert_eq!(ids(&desk, "7913802"), ["A1"]);
}

#[test]
fn an_index_of_another_ledger_with_the_same_seq_is_rebuilt() {
    let folder = Folder::new();
    folder.load(&add("A1", "广州酒家", 1.0));
    let other = Folder::new();
    other.import(&other.desk(), &add("B1", "陶陶居", 1.0));
    std::fs::rename(other.ledger(), folder.ledger()).unwrap();
    let desk = folder.desk();
    assert!(!desk.verify().unwrap().damage.is_empty(), "the index was made from another ledger");
    desk.compact(false, &mut Silent).unwrap();
    assert_eq!((ids(&desk, "陶陶居"), ids(&desk, "广州酒家")), (vec!["B1".to_owned()], vec![]));
    assert!(desk.verify().unwrap().damage.is_empty());
}

#[test]
fn a_batch_that_is_refused_for_its_rejects_still_names_them() {
    let folder = Folder::new();
    let file = folder.write("batch.csv", "id,name,phone\nA1,一,020-81234567\nA2,,1234567\n");
    let out = folder.path("rejects.csv");
    let arguments = ["import", file.to_str().unwrap(), "--rejects", out.to_str().unwrap(), "--json"];
    let output = folder.run(&arguments);
    assert_eq!(output.status.code(), Some(3));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&report["rejections"][0]["line"], &report["seq"]), (&3.into(), &1.into()));
    assert!(report["refused"].as_str().unwrap().contains("1 of 2 rows"), "{report}");
    assert_eq!(std::fs::read_to_string(out).unwrap(), "id,name,phone\nA2,,1234567\n");
}

#[test]
fn lines_are_counted_in_tables_from_windows_and_after_blank_lines() {
    let rejected = |table: &str| import(&Folder::new(), table).rejections[0].line;
    assert_eq!(rejected("id,name\r\nA,甲\r\nB,\r\nC,丙\r\n"), 3);
    assert_eq!(rejected("\n\nid,name\n\n\nA,甲\n\nB,\n"), 8);
}

#[test]
fn blank_lines_before_a_row_are_not_taken_for_an_open_quote() {
    let report = import(&Folder::new(), &format!("id,name\n{}A,甲\n", "\n".repeat(60)));
    assert_eq!((report.accepted.add, report.rejected), (1, 0), "{:?}", report.rejections);
}

#[test]
fn a_missing_closing_quote_costs_its_own_line_and_not_the_rows_after_it() {
    let rows = |ids: std::ops::Range<u32>| ids.map(|n| format!("Q{n},店{n}\n")).collect::<String>();
    let open = "X1,\"坏\n";
    // Far from the end, near it, and on the last line.
    for after in [500, 20, 0] {
        let report = import(&Folder::new(), &format!("id,name\n{}{open}{}", rows(0..100), rows(100..100 + after)));
        assert_eq!((report.accepted.add, report.rejected), (100 + u64::from(after), 1), "{after} rows after it");
        let rejection = &report.rejections[0];
        assert_eq!((rejection.line, &*rejection.code), (102, "unclosed_quote"));
    }
}

#[test]
fn an_over_long_table_row_is_called_over_long() {
    let report = import(&Folder::new(), &format!("id,name\nA,{}\nB,乙\n", "x".repeat(1 << 20)));
    assert_eq!((report.accepted.add, report.rejected), (1, 1));
    assert_eq!((report.rejections[0].line, &*report.rejections[0].code), (2, "too_long"));
}

#[test]
fn rejected_rows_of_a_table_that_begins_with_blank_lines_keep_its_titles() {
    let folder = Folder::new();
    folder.write("batch.csv", "\n\nid,name\nA,甲\nB,\n");
    folder.ends(0, &["import", "batch.csv", "--force", "--reason", "test", "--rejects", "rejects"]);
    assert_eq!(std::fs::read_to_string(folder.path("rejects")).unwrap(), "id,name\nB,\n");
}

#[test]
fn a_table_without_an_id_column_is_told_all_its_titles() {
    let folder = Folder::new();
    folder.write("batch.csv", "name,phone,colour\n甲,84111111,red\n");
    let told = folder.ends(3, &["import", "batch.csv"]);
    assert!(told.contains("the first line holds name, phone, colour"), "{told}");
}

#[test]
fn an_unknown_id_is_written_as_it_came() {
    let report = import(&Folder::new(), "{\"op\":\"delete\",\"id\":\"GZ-9\"}\n".repeat(2).as_str());
    assert_eq!(report.rejections[0].reason, "no listing has the id \"GZ-9\", so there is nothing to delete");
}

#[test]
fn an_over_long_id_does_not_flood_the_report() {
    let report = import(&Folder::new(), &add(&"x".repeat(500_000), "甲", 1.0));
    assert_eq!(report.rejections[0].id.as_ref().map(String::len), Some(64));
}

#[test]
fn an_empty_end_of_a_referral_is_no_end() {
    for row in [
        r#"{"id":"A","name":"甲","referral_until":null}"#,
        r#"{"id":"A","name":"甲","referral":"13900139000","referral_until":""}"#,
        "op,id,name,referral,referral_until\nadd,A,甲,13900139000,<clear>\n",
    ] {
        let report = import(&Folder::new(), row);
        assert_eq!((report.accepted.add, report.rejected), (1, 0), "{row}: {:?}", report.rejections);
    }
}

#[test]
fn a_referral_that_cannot_be_read_is_called_a_referral() {
    for referral in ["\"call them\"", r#"{"number":"12"}"#, r#"{"listing":"no id"}"#] {
        let report = import(&Folder::new(), &format!("{{\"id\":\"A\",\"name\":\"甲\",\"referral\":{referral}}}\n"));
        assert_eq!(report.rejections[0].field, "referral", "{referral}: {:?}", report.rejections[0]);
    }
}

#[test]
fn a_database_that_is_no_ledger_is_not_turned_to_another_journal_mode() {
    let folder = Folder::new();
    let other = rusqlite::Connection::open(folder.path("other.db")).unwrap();
    other.execute_batch("CREATE TABLE mine (a)").unwrap();
    drop(other);
    let before = std::fs::read(folder.path("other.db")).unwrap();
    folder.ends(3, &["verify", "--ledger", "other.db"]);
    assert!(std::fs::read(folder.path("other.db")).unwrap() == before, "the file was written to");
}

#[test]
fn titles_ids_and_file_names_cannot_steer_the_terminal() {
    let folder = Folder::new();
    folder.write("a\u{1b}[2Jb.csv", "na\u{1b}[2Jme,\u{202e}x\nA,B\n");
    let told = folder.ends(3, &["import", "a\u{1b}[2Jb.csv"]);
    assert!(told.contains("a\\u{1b}[2Jb.csv") && told.contains("na\\u{1b}[2Jme, \\u{202e}x"), "{told:?}");
    assert!(!told.contains(['\u{1b}', '\u{202e}']), "{told:?}");
}

/// 先饭店 and 西安饭店 are typed by the same letters, but a syllable starts at 安 in one of them only: where a
/// listing had both names, the second one's syllables were left out of the index.
#[test]
fn names_of_one_listing_that_are_spelled_alike_keep_their_own_syllables() {
    let folder = Folder::new();
    let desk = folder.load(r#"{"id":"A1","name":"先饭店","aliases":["西安饭店"],"popularity":1}"#);
    for query in ["xianfandian", "fandian", "anfandian", "anfan"] {
        assert_eq!(ids_by(&desk, query, &[MatchKind::Pinyin]), ["A1"], "{query}");
    }
}

#[test]
fn a_row_that_gives_a_field_twice_is_rejected() {
    let folder = Folder::new();
    let desk = folder.desk();
    let rows = r#"{"id":"A1","name":"一","phone":"020-81234567","phones":["020-81234568"]}"#;
    let report = folder.import(&desk, rows);
    assert_eq!(report.rejected_by_code.keys().collect::<Vec<_>>(), ["phones/duplicate_field"]);
}

#[test]
fn a_dry_run_leaves_no_ledger_behind() {
    let folder = Folder::new();
    let file = folder.write("batch.ndjson", add("A1", "广州酒家", 1.0));
    let output = folder.run(&["import", file.to_str().unwrap(), "--dry-run"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(!folder.ledger().exists());
}

#[test]
fn a_long_spelling_from_a_later_syllable_finds_its_branch_among_hundreds() {
    let folder = Folder::new();
    let places = ["吉林西", "天河北", "体育东", "昌岗中", "新港西", "五羊新城", "龙口东", "石牌桥"];
    let row = |n: usize| add(&format!("P{n:03}"), &format!("好工商银行广州{}第{n}支行", places[n % 8]), 1.0);
    let desk = folder.load(&(0..240).map(row).collect::<String>());
    let (none, kinds) = (Vec::<String>::new(), [MatchKind::Pinyin, MatchKind::Initials]);
    assert_eq!(ids_by(&desk, "gongshangyinhangguangzhoujilinxidi240zhihang", &kinds), none);
    assert_eq!(ids_by(&desk, "gongshangyinhangguangzhoujilinxidi232zhihang", &kinds), ["P232"]);
    assert_eq!(ids_by(&desk, "gsyhgzjlxd232zh", &kinds), ["P232"]);
}

#[test]
fn a_serving_desk_goes_on_when_its_index_is_deleted() {
    let folder = Folder::new();
    let desk = folder.load(&add("A1", "广州酒家", 1.0));
    std::fs::remove_dir_all(folder.index()).unwrap();
    assert!(!desk.refresh().unwrap());
    assert_eq!(ids(&desk, "gzjj"), ["A1"]);
}

#[test]
fn an_unreadable_current_removes_nothing() {
    let folder = Folder::new();
    let desk = folder.load(&add("A1", "广州酒家", 1.0));
    let current = folder.index().join("CURRENT");
    std::fs::remove_file(&current).unwrap();
    std::fs::create_dir(&current).unwrap();
    let error = desk.compact(false, &mut Silent).unwrap_err();
    assert_eq!(error.kind(), chahao::ErrorKind::Io);
    assert!(folder.index().join("base-00000001/MANIFEST").exists());
}

#[test]
fn rejected_rows_are_all_written_and_never_over_the_batch() {
    let folder = Folder::new();
    let rows: String = (0..12_000).map(|n| format!("A{n},,020-81380388\n")).collect();
    let file = folder.write("batch.csv", format!("id,name,phone\n{rows}"));
    let path = file.to_str().unwrap();
    let over = folder.run(&["import", path, "--rejects", path]);
    assert_eq!(over.status.code(), Some(2));
    assert_eq!(std::fs::read_to_string(&file).unwrap().lines().count(), 12_001);
    let nowhere = folder.run(&["import", path, "--force", "--reason", "test", "--rejects", "no/such/folder.csv"]);
    assert_eq!(nowhere.status.code(), Some(5));
    assert!(!folder.ledger().exists(), "found out before anything was imported");
    let out = folder.path("rejects.csv");
    let written = folder.run(&["import", path, "--force", "--reason", "test", "--rejects", out.to_str().unwrap()]);
    assert_eq!(written.status.code(), Some(0));
    assert_eq!(std::fs::read_to_string(out).unwrap(), format!("id,name,phone\n{rows}"));
}

#[test]
fn a_name_nothing_of_which_can_be_typed_is_rejected() {
    let folder = Folder::new();
    let report = folder.import(&folder.desk(), &add("A1", "🍜🍜", 1.0));
    assert_eq!(report.rejected_by_code.keys().collect::<Vec<_>>(), ["name/no_letters"]);
}

/// 餐饮 was the trade of two listings, in two ways to write it, and one of them closed: until the next rebuild both
/// ways were looked through.
#[test]
fn what_only_listings_that_are_gone_had_narrows_nothing() {
    let folder = Folder::new();
    let rows = r#"{"op":"add","id":"A1","name":"长隆十三","category":"餐饮;酒家","popularity":3}
{"op":"add","id":"A2","name":"中山药店","category":"餐饮","address":"文昌南路2号","popularity":3}
"#;
    let desk = folder.load(rows);
    folder.import(&desk, r#"{"op":"delete","id":"A2"}"#);
    desk.compact(false, &mut Silent).unwrap();
    assert!(desk.current().unwrap().delta.is_some());
    let answers = || {
        ["clss 餐饮", "餐饮clss", "长隆 文昌南路", "文昌南路长隆"].map(|typed| {
            let hits = desk.lookup(&Query::new(typed).unwrap()).unwrap().hits;
            hits.into_iter().map(|hit| (hit.id.to_string(), hit.kind)).collect::<Vec<_>>()
        })
    };
    let before = answers();
    assert_eq!(before[0], [("A1".to_owned(), MatchKind::Mixed)], "the place leads to it");
    desk.compact(true, &mut Silent).unwrap();
    assert_eq!(before, answers());
}

/// Of many terms the rarest are looked up, and nobody looked whether a listing is where the caller said.
#[test]
fn a_long_name_is_not_found_at_a_place_where_it_is_not() {
    let folder = Folder::new();
    let rows = r#"{"op":"add","id":"A1","name":"荔湾行银行十三","address":"中山一路5号","popularity":3}
{"op":"add","id":"A2","name":"药店","address":"文昌南路2号","popularity":3}
{"op":"add","id":"A3","name":"药房","address":"文昌南路8号","popularity":3}
"#;
    let desk = folder.load(rows);
    assert_eq!(ids(&desk, "荔湾行银行十三 中山一路"), ["A1"]);
    // It may be offered as a guess, since nothing else is; it is not where the caller says it is.
    let as_typed: Vec<MatchKind> = MatchKind::ALL.into_iter().filter(|kind| *kind != MatchKind::Typo).collect();
    assert_eq!(ids_by(&desk, "荔湾行银行十三 文昌南路", &as_typed), Vec::<String>::new());
}

/// Café was not found by `c C`, and then by `c Ca`.
#[test]
fn a_word_that_begins_like_the_one_before_it_loses_nothing_on_the_way() {
    let folder = Folder::new();
    let desk = folder.load(&add("A1", "Café", 1.0));
    for typed in ["c", "c C", "c Ca", "c Caf"] {
        assert_eq!(ids_by(&desk, typed, &[MatchKind::Infix, MatchKind::English]), ["A1"], "{typed}");
    }
}

/// A disk that failed under a thread of the index writer was told as a thread that was killed or panicked.
#[test]
fn a_disk_that_fails_under_the_index_writer_is_told_as_that() {
    let killed =
        "An index writer was killed.. A worker thread encountered an error (io::Error most likely) or panicked.";
    let error = chahao::Error::from(tantivy::TantivyError::ErrorInThread(killed.to_owned()));
    assert_eq!(error.kind(), chahao::ErrorKind::Io);
    let text = error.to_string();
    assert!(text.contains("disk is full or failing") && !text.contains("panicked"), "{text}");
}

/// +852 0 2720 1173 became 852-027201173, which nobody can dial, and +886 02 … was turned down.
#[test]
fn a_superfluous_zero_behind_the_code_of_a_region_is_left_out() {
    let folder = Folder::new();
    let rows = r#"{"op":"add","id":"A1","name":"香港茶楼","phones":["+852 0 2720 1173"]}
{"op":"add","id":"A2","name":"台北茶楼","phones":["+886 (0)2 2345-6789"]}
{"op":"add","id":"A3","name":"广州茶楼","phones":["+86 (0)20 8138 0388"]}
"#;
    let desk = folder.load(rows);
    for (id, number) in [("A1", "852-27201173"), ("A2", "886-223456789"), ("A3", "020-81380388")] {
        assert_eq!(desk.listing(id).unwrap().listing.phones[0].number, number);
    }
    assert_eq!(ids(&desk, "27201173"), ["A1"]);
}

/// A table of listings left the desk's readings out and said nothing.
#[test]
fn a_table_says_what_is_not_in_it() {
    let folder = Folder::new();
    folder.load(&add("A1", "石碁饭店", 1.0));
    let csv = |folder: &Folder| folder.run(&["export", "--format", "csv"]);
    assert!(csv(&folder).stderr.is_empty(), "there is nothing else");
    folder.load("{\"op\":\"add\",\"kind\":\"reading\",\"word\":\"石碁\",\"reading\":\"shi ji\"}\n");
    let told = String::from_utf8(csv(&folder).stderr).unwrap();
    assert!(told.starts_with("1 readings and confusable pairs") && told.contains("--format ndjson"), "{told}");
    let lines = folder.run(&["export"]);
    assert!(lines.stderr.is_empty() && String::from_utf8(lines.stdout).unwrap().contains("shi ji"));
}

/// A workbook of some kilobytes unpacked to gigabytes of texts, all of them held in memory.
#[test]
fn a_workbook_that_unpacks_to_more_than_memory_holds_is_refused() {
    use std::io::{Cursor, Write};
    let workbook = |part: &str, piece: &[u8], pieces: usize| {
        let mut parts = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let packed = zip::write::SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Deflated)
            .compression_level(Some(1));
        parts.start_file(part, packed).unwrap();
        (0..pieces).for_each(|_| parts.write_all(piece).unwrap());
        parts.finish().unwrap().into_inner()
    };
    let folder = Folder::new();
    let zeros = vec![b'0'; 1 << 20];
    for (part, pieces, told) in [
        ("xl/sharedStrings.xml", 257, "texts of this workbook unpack to more than 268435456 bytes"),
        ("xl/worksheets/sheet1.xml", 2, "a cell of this workbook unpacks to more than 1048576 bytes"),
    ] {
        let bomb = workbook(part, &zeros, pieces);
        assert!(bomb.len() < 4 << 20, "{} bytes", bomb.len());
        folder.write("bomb.xlsx", bomb);
        let refused = folder.ends(3, &["import", "bomb.xlsx"]);
        assert!(refused.contains(told), "{refused}");
    }
    // As much in cells of a usual size is no bomb; it is no workbook either.
    folder.write("cells.xlsx", workbook("xl/worksheets/sheet1.xml", &b"<c><v>1</v></c>".repeat(1 << 16), 4));
    assert!(folder.ends(3, &["import", "cells.xlsx"]).contains("no workbook that can be read"));
}

/// A number beyond what the ledger counts to was answered with 500, and told as a fault of the server.
#[test]
fn numbers_beyond_all_counting_are_the_clients_mistake() {
    let folder = Folder::new();
    let server = crate::server_on_a_port::Server::start(std::sync::Arc::new(folder.load(&add("A1", "广州酒家", 1.0))));
    let huge = u64::MAX;
    for path in [
        format!("/v1/batches?after={huge}"),
        format!("/v1/changes?since={huge}"),
        format!("/v1/batches/{huge}"),
        format!("/v1/batches?after={}", 1u64 << 63),
    ] {
        server.get(&path, &[]).problem(400);
    }
    assert_eq!(server.get(&format!("/v1/batches?before={huge}"), &[]).json()["batches"][0]["batch"], 1);
    assert_eq!(server.get(&format!("/v1/changes?since={}", i64::MAX), &[]).status, 409);
}

/// `/v1/session` said it takes GET and HEAD, and takes POST and DELETE too.
#[test]
fn a_method_that_is_not_taken_is_told_those_that_are() {
    let folder = Folder::new();
    let server = crate::server_on_a_port::Server::start(std::sync::Arc::new(folder.load(&add("A1", "广州酒家", 1.0))));
    let told = server.raw(b"PUT /v1/session HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    assert!(told.starts_with("HTTP/1.1 405") && told.contains("it takes GET, HEAD, POST and DELETE"), "{told}");
}

/// A certificate without a key in the settings file served plain HTTP and said nothing.
#[test]
fn half_of_tls_is_refused_wherever_it_was_set() {
    let folder = Folder::new();
    folder.load(&add("A1", "广州酒家", 1.0));
    folder.write("chahao.toml", "tls_cert = \"cert.pem\"\n");
    let told = folder.ends(2, &["serve", "--listen", "127.0.0.1:0"]);
    assert!(told.contains("--tls-cert and --tls-key go together"), "{told}");
}

/// Popular names with the letters of what was typed here and there were passed by for their length, yet counted as if
/// they matched: their list ended before it came to a name that does and belongs above all that was shown.
#[test]
fn what_was_passed_by_and_does_not_match_keeps_no_place() {
    let decoy =
        |number: u32| add(&format!("D{number}"), &format!("东方{}方红{number:03}", "酒家饭店".repeat(45)), 2_002.0);
    let rows = |numbers: std::ops::Range<u32>| numbers.map(decoy).collect::<String>();
    let beginnings: String =
        (0..12).map(|number| add(&format!("P{number:02}"), &format!("东方红{number}号店"), 6.0)).collect();
    let target = add("A1", "老东方红", 2_000.0);
    let weaker = add("A2", "新东方红酒家", 1_900.0);
    let kinds = [MatchKind::Exact, MatchKind::Prefix, MatchKind::Infix];
    for (base, delta) in [
        (beginnings.clone() + &rows(0..40) + &target + &weaker, String::new()),
        (beginnings.clone() + &rows(0..15) + &target, rows(15..30) + &weaker),
        (beginnings.clone() + &rows(0..15) + &weaker, rows(15..30) + &target),
        (rows(0..20) + &target + &weaker, beginnings.clone() + &rows(20..40)),
        (rows(0..30) + &target, beginnings.clone() + &rows(30..60) + &weaker),
    ] {
        let folder = Folder::new();
        let desk = folder.load(&base);
        if !delta.is_empty() {
            folder.import(&desk, &delta);
            desk.compact(false, &mut Silent).unwrap();
            assert_eq!(desk.generation().unwrap().parts().count(), 2);
        }
        for _ in 0..2 {
            let found = ids_by(&desk, "东方红", &kinds);
            assert_eq!(&found[..2], ["A1", "A2"], "{found:?}");
            desk.compact(true, &mut Silent).unwrap();
        }
    }
}

/// The end of what was typed was taken for a district, a listing there was found by the rest of it, and nobody asked
/// for the names that hold all of it.
#[test]
fn a_mixture_found_beside_a_district_hides_no_name_that_holds_all_of_it() {
    let folder = Folder::new();
    let there = r#"{"id":"A2","name":"广东省广州市番禺区广州KFC","locality":"番禺区","popularity":4000}"#;
    let desk = folder.load(&(add("A1", "广东省广州市番禺区广州", 3.0) + there));
    for typed in ["广dongsheng广州shi番禺", "广dongsheng广州shi 番禺"] {
        assert_eq!(ids_by(&desk, typed, &[MatchKind::Mixed]), ["A2", "A1"], "{typed}");
    }
}

/// A name inside of what was typed found a page of names, and those behind it as if it alone had been typed: better
/// matches stood below weaker ones.
#[test]
fn every_page_of_a_name_inside_of_what_was_typed_is_found_alike() {
    let folder = Folder::new();
    let rows: String =
        (0..14).map(|number| add(&format!("A{number:02}"), &format!("广州酒家{number}号分店"), 5.0)).collect();
    let desk = folder.load(&(rows + &add("B1", "广州酒家", 1.0)));
    let query = Query::new("无名巷口广州酒家").unwrap();
    let all = desk.lookup(&query.clone().page(50, 0).unwrap()).unwrap().hits;
    assert_eq!(all.len(), 15);
    assert!(
        all.iter().all(|hit| hit.kind == MatchKind::Typo),
        "{:?}",
        all.iter().map(|hit| hit.kind).collect::<Vec<_>>()
    );
    let second = desk.lookup(&query.page(5, 10).unwrap()).unwrap().hits;
    let ids = |hits: &[chahao::desk::HitView]| hits.iter().map(|hit| hit.id.to_string()).collect::<Vec<_>>();
    assert_eq!(ids(&second), ids(&all[10..]));
}

/// "army ng" stood first in names that have ARMY in one place and "ng" in another, in KING or PING.
#[test]
fn latin_words_in_one_piece_stand_before_the_same_apart() {
    let folder = Folder::new();
    let row = |id: &str, name: &str, english: &str| {
        format!(
            r#"{{"id":"{id}","name":"{name}","aliases":[{{"text":"{english}","kind":"english"}}],"phones":["2345678{}"],"popularity":9}}"#,
            &id[1..]
        ) + "\n"
    };
    let desk = folder.load(
        &(row("A1", "明灯会恩光学校", "THE LANTERN ARMY KING LIGHT SCHOOL")
            + &row("A2", "明灯会平安园", "THE LANTERN ARMY PING ON NURSERY")
            + &row("A3", "明灯会吴氏纪念幼儿园中心", "THE LANTERN ARMY NG FAMILY MEMORIAL NURSERY CENTRE")),
    );
    assert_eq!(ids(&desk, "army ng")[0], "A3");
}
