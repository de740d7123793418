//! Faults of tables as offices send them, each seen once: rows that were lost, fields that were cleared, numbers nobody dials.

use std::os::unix::fs::{PermissionsExt, symlink};

use crate::desk_in_a_folder::{Folder, add};

/// A ledger with `rows`, and what importing `table` beside it tells.
fn imported(rows: &[String], table: &str) -> (Folder, String) {
    let folder = Folder::new();
    folder.write("first.ndjson", rows.join("\n"));
    folder.ends(0, &["import", "first.ndjson", "--feed", "office"]);
    folder.write("table.csv", table);
    let told = folder.run(&["import", "table.csv", "--feed", "office", "--max-reject", "100", "--max-churn", "100"]);
    folder.run(&["compact"]);
    (folder, crate::desk_in_a_folder::told(&told))
}

#[test]
fn two_stray_quotes_cost_their_own_line_and_not_the_rows_between() {
    let table = "id,name,phones,备注\nA1,甲店,020-81380001,\"特价\nA2,乙店,020-81380002,无\nA3,丙店,020-81380003,无\n\
                 A4,丁店,020-81380004,好\"\nA5,戊店,020-81380005,无\n";
    let (folder, told) = imported(&[add("A0", "老店", 1.0)], table);
    assert!(told.contains("4 added") && told.contains("1 rejected"), "{told}");
    assert!(told.contains("line 2: row:") && told.contains("line 3, which is a row of its own"), "{told}");
    assert!(folder.ends(0, &["show", "A3"]).contains("丙店"));
    // A cell of several lines is one cell, also where a line of it has as many commas as a row.
    for table in
        ["id,remark,name\nB1,\"Mon,Tue\nWed,Thu\",甲店\n", "id,name,remark\nB1,甲店,\"hours\nMon,Tue,Wed\nor not\"\n"]
    {
        let (folder, told) = imported(&[add("A0", "老店", 1.0)], table);
        assert!(told.contains("1 added") && told.contains("0 rejected"), "{told}");
        assert!(folder.ends(0, &["show", "B1"]).contains("甲店"));
    }
    let table = "id,name,备注,address\nB1,甲店,\"上午,下午\n晚上\",一路1号\n";
    let (folder, told) = imported(&[add("A0", "老店", 1.0)], table);
    assert!(told.contains("1 added") && told.contains("0 rejected"), "{told}");
    assert!(folder.ends(0, &["show", "B1"]).contains("一路1号"));
}

#[test]
fn a_cell_that_only_looks_empty_changes_nothing() {
    let row = r#"{"op":"add","id":"A1","name":"甲店","phones":["020-81380001"],"note":"晚上休息","aliases":["老甲"]}"#;
    let table = "op,id,name,phones,note,aliases,address\nchange,A1,\u{3000},;；,\u{a0},\u{200b},一路1号\n";
    let (folder, told) = imported(&[row.to_owned()], table);
    assert!(told.contains("1 changed"), "{told}");
    let shown = folder.ends(0, &["show", "A1"]);
    for kept in ["甲店", "020-81380001", "晚上休息", "老甲", "一路1号"] {
        assert!(shown.contains(kept), "{kept}: {shown}");
    }
}

#[test]
fn numbers_that_lost_a_zero_or_got_decimals_are_refused() {
    let bad = [
        "75582903320",
        "1081380388",
        "7582233445",
        "20-81380388",
        "755-82903320",
        "10-81380388",
        "2081380388",
        "81380388.0",
        "13800138000.0",
        "82903320.00",
    ];
    let good = [
        "81380388",
        "020-81380388",
        "4008823823",
        "400-882-3823",
        "800-820-8820",
        "13800138000",
        "95588",
        "852-23456789",
        "+85223456789",
        "+12125550100",
        "020.8138.0388",
    ];
    let rows = bad.iter().chain(&good).enumerate().map(|(n, number)| format!("R{n},店{n},{number}\n"));
    let table: String = std::iter::once("id,name,phones\n".to_owned()).chain(rows).collect();
    let (folder, told) = imported(&[add("A0", "老店", 1.0)], &table);
    for (n, number) in bad.iter().enumerate() {
        assert!(told.contains(&format!("{number:?}")), "{number}: {told}");
        assert!(!folder.run(&["show", &format!("R{n}")]).status.success(), "{number}");
    }
    assert!(told.contains(&format!("{} added", good.len())), "{told}");
}

#[test]
fn a_change_of_nothing_is_told_and_not_counted() {
    let (_, told) = imported(&[add("A1", "甲店", 1.0)], "op,id,电话号\nchange,A1,020-81380001\n");
    assert!(told.contains("0 changed") && told.contains("no_fields") && told.contains("--map"), "{told}");
}

#[test]
fn what_has_not_changed_any_more_refers_nobody() {
    let row = r#"{"op":"add","id":"A1","name":"甲店","phones":["020-81380001"],"status":"changed","referral":{"number":"020-88880000"}}"#;
    let (folder, told) = imported(&[row.to_owned()], "op,id,status\nchange,A1,listed\n");
    assert!(told.contains("1 changed"), "{told}");
    let shown = folder.ends(0, &["show", "A1"]);
    assert!(!shown.contains("88880000") && shown.contains("81380001"), "{shown}");
}

#[test]
fn rejected_rows_replace_no_device_and_no_link() {
    let folder = Folder::new();
    folder.write("bad.csv", "id,name\nA1,甲店\nA2,\n");
    symlink(folder.path("kept.csv"), folder.path("link.csv")).unwrap();
    folder.write("kept.csv", "");
    folder.run(&["import", "bad.csv", "--max-reject", "100", "--rejects", "link.csv"]);
    assert!(folder.path("link.csv").symlink_metadata().unwrap().is_symlink());
    assert!(std::fs::read_to_string(folder.path("kept.csv")).unwrap().contains("A2"));
    assert!(std::process::Command::new("mkfifo").arg(folder.path("pipe")).status().unwrap().success());
    let told = folder.ends(3, &["import", "bad.csv", "--feed", "again", "--max-reject", "100", "--rejects", "pipe"]);
    assert!(told.contains("no file that may be replaced"), "{told}");
}

#[test]
fn a_ledger_is_for_its_owner_alone() {
    let (folder, _) = imported(&[add("A0", "老店", 1.0)], "id,name\nA1,甲店\n");
    folder.ends(0, &["backup", "backup.db"]);
    for file in [folder.ledger(), folder.path("backup.db")] {
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{}", file.display());
    }
}

#[test]
fn a_restore_takes_the_log_beside_a_copy_too_and_no_ledger_for_its_own_backup() {
    let (folder, _) = imported(&[add("A0", "老店", 1.0)], "id,name\nA1,甲店\n");
    // A ledger that is open elsewhere has its newest batches in its log, as after the machine died.
    let reader = rusqlite::Connection::open(folder.ledger()).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM batch").unwrap();
    folder.write("third.ndjson", add("A2", "丙店", 1.0));
    folder.ends(0, &["import", "third.ndjson", "--feed", "office"]);
    for (from, to) in [("", "copy.db"), ("-wal", "copy.db-wal")] {
        let mut name = folder.ledger().into_os_string();
        name.push(from);
        std::fs::copy(&name, folder.path(to)).unwrap();
    }
    assert!(folder.path("copy.db-wal").metadata().unwrap().len() > 0, "the log holds nothing");
    let told = folder.ends(0, &["restore", "copy.db", "--ledger", "other.db"]);
    assert!(told.contains("3 listings"), "{told}");
    let own = folder.ledger();
    let told = folder.ends(3, &["restore", own.to_str().unwrap(), "--replace"]);
    assert!(told.contains("the ledger itself"), "{told}");
}

#[test]
fn show_gives_out_no_number_of_a_department_that_has_none_to_give() {
    let rows = [
        r#"{"op":"add","id":"P","name":"总院","phones":["020-82222222"]}"#,
        r#"{"op":"add","id":"C1","name":"总院急诊科","parent":"P","phones":["020-82222223"],"status":"disconnected"}"#,
        r#"{"op":"add","id":"C2","name":"总院儿科","parent":"P","phones":["020-82222224"],"status":"changed","referral":{"number":"020-82222225"}}"#,
        r#"{"op":"add","id":"C3","name":"总院内科","parent":"P","phones":["020-82222226"]}"#,
    ];
    let (folder, _) = imported(&rows.map(str::to_owned), "id,name\nA1,甲店\n");
    let shown = folder.ends(0, &["show", "P"]);
    assert!(!shown.contains("82222223") && !shown.contains("82222224"), "{shown}");
    assert!(shown.contains("disconnected") && shown.contains("changed") && shown.contains("82222226"), "{shown}");
}
