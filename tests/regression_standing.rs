//! Bugs of what stands beside a batch (caption sets, shared and given-up numbers, keys) that were found once.

use serde_json::{Value, json};

use crate::desk_in_a_folder::{Folder, add};

/// Imports `rows` without limits and hands over the report.
fn report(folder: &Folder, rows: &str, more: &[&str]) -> Value {
    folder.write("batch.ndjson", rows);
    let arguments = ["import", "batch.ndjson", "--max-reject", "100", "--max-churn", "100", "--json"];
    serde_json::from_str(&folder.prints(0, &[&arguments, more].concat())).unwrap()
}

fn cases(report: &Value, kind: &str) -> (u64, Value) {
    let cases = &report["review"][kind];
    (cases["count"].as_u64().unwrap_or(0), cases["cases"].clone())
}

fn under(op: &str, id: &str, parent: &str) -> String {
    json!({"op": op, "id": id, "name": format!("店{id}"), "parent": parent}).to_string() + "\n"
}

/// A ring of more levels than are followed was let in, and so was one that a full file or an undo left.
#[test]
fn a_ring_is_found_however_long_and_whoever_leaves_it() {
    let folder = Folder::new();
    let chain: String = (1..100).map(|n| under("add", &format!("L{n:03}"), &format!("L{:03}", n - 1))).collect();
    report(&folder, &(add("L000", "头", 1.0) + &chain), &[]);
    let told = report(&folder, &under("change", "L000", "L099"), &[]);
    assert_eq!(told["rejected_by_code"], json!({"parent/caption_ring": 1}), "{told}");
    // By a full file.
    let folder = Folder::new();
    report(&folder, &(add("A", "甲", 1.0) + &under("add", "B", "A")), &[]);
    folder.write("full.ndjson", under("add", "A", "B") + &under("add", "B", "A"));
    let reconcile = ["import", "full.ndjson", "--reconcile", "--max-churn", "100"];
    let told: Value =
        serde_json::from_str(&folder.prints(0, &[&reconcile[..], &["--json", "--dry-run"]].concat())).unwrap();
    assert_eq!(cases(&told, "caption_rings"), (1, json!([{"ids": ["A", "B"]}])));
    let told = folder.ends(0, &reconcile);
    assert!(told.contains("listings that stand under each other: 1: A → B"), "{told}");
    // By an undo, forced over what came later.
    let folder = Folder::new();
    report(&folder, &(add("A", "甲", 1.0) + &add("C", "丙", 1.0) + &under("add", "B", "A")), &[]);
    report(&folder, &under("change", "B", "C"), &[]);
    assert_eq!(report(&folder, &under("change", "A", "B"), &[])["rejected"], 0);
    let told: Value = serde_json::from_str(&folder.prints(0, &["undo", "2", "--json"])).unwrap();
    assert_eq!(cases(&told, "caption_rings").0, 1, "{told}");
}

/// A new listing was rejected for a ring that the next row opened.
#[test]
fn a_ring_in_the_middle_of_a_batch_is_none() {
    let folder = Folder::new();
    report(&folder, &under("add", "A", "N"), &[]);
    let rows = under("add", "N", "A") + &under("change", "A", "");
    let told = report(&folder, &rows, &[]);
    assert_eq!((&told["rejected"], &told["accepted"]["add"]), (&json!(0), &json!(1)), "{told}");
    // A chain turned round, its rows in the worst order.
    let folder = Folder::new();
    let name = |n: usize| format!("L{n:03}");
    let down: String = (1..60).map(|n| under("add", &name(n), &name(n - 1))).collect();
    report(&folder, &(add("L000", "头", 1.0) + &down), &[]);
    let up: String = (0..59).rev().map(|n| under("change", &name(n), &name(n + 1))).collect();
    let told = report(&folder, &(up + &under("change", "L059", "")), &[]);
    assert_eq!((&told["rejected"], &told["accepted"]["change"]), (&json!(0), &json!(60)), "{told}");
    assert_eq!(cases(&told, "caption_rings").0, 0);
    // One that nothing opens is rejected still.
    let folder = Folder::new();
    report(&folder, &under("add", "A", "N"), &[]);
    let told = report(&folder, &(under("add", "N", "A") + &add("O", "别", 1.0)), &[]);
    assert_eq!(told["rejected_by_code"], json!({"parent/caption_ring": 1}), "{told}");
}

/// A referral that a later row took back was told as one to a listing that is not there.
#[test]
fn a_referral_that_is_taken_back_is_missed_by_nobody() {
    let folder = Folder::new();
    report(&folder, &(add("A", "甲", 1.0) + &add("B", "乙", 1.0)), &[]);
    let refer = |listing: Value| json!({"op": "change", "id": "A", "referral": listing}).to_string() + "\n";
    let told = report(&folder, &(refer(json!({"listing": "NONE"})) + &refer(Value::Null)), &["--dry-run"]);
    assert_eq!(cases(&told, "missing_listings").0, 0, "{told}");
    let told = report(&folder, &refer(json!({"listing": "NONE"})), &[]);
    assert_eq!(cases(&told, "missing_listings").0, 1, "{told}");
}

/// A listing whose number was shown from then on was not compared with those that have it too.
#[test]
fn a_number_that_is_shown_again_is_compared_with_others() {
    let folder = Folder::new();
    let shop = |id: &str, status: &str| {
        json!({"id": id, "name": format!("店{id}"), "phones": ["020-85550001"], "status": status}).to_string() + "\n"
    };
    report(&folder, &(shop("A", "listed") + &shop("H", "non_published")), &[]);
    let told = report(&folder, "{\"op\":\"change\",\"id\":\"H\",\"status\":\"listed\"}\n", &[]);
    assert_eq!(cases(&told, "shared_numbers"), (1, json!([{"number": "02085550001", "ids": ["A", "H"]}])), "{told}");
}

/// A library's desk of a quarantine without end ended in a panic.
#[test]
fn a_quarantine_is_a_hundred_years_at_most() {
    let folder = Folder::new();
    report(&folder, "{\"id\":\"A\",\"name\":\"甲\",\"phones\":[\"020-85550001\"]}\n", &[]);
    report(
        &folder,
        "{\"op\":\"delete\",\"id\":\"A\"}\n{\"id\":\"B\",\"name\":\"乙\",\"phones\":[\"020-85550001\"]}\n",
        &[],
    );
    folder.ends(0, &["compact"]);
    let desk = folder.desk().with_quarantine_days(u32::MAX);
    desk.refresh().unwrap();
    assert_eq!(desk.listing("B").unwrap().resting.len(), 1);
}

/// More deletions than are looked at were not told to be so many.
#[test]
fn deletions_beyond_those_that_are_looked_at_are_told() {
    let folder = Folder::new();
    let count = chahao::batch::REVIEW_ROWS_MAX + 1;
    report(&folder, &(0..count).map(|n| add(&format!("L{n}"), "店", 1.0)).collect::<String>(), &[]);
    let gone =
        |count: usize| (0..count).map(|n| format!("{{\"op\":\"delete\",\"id\":\"L{n}\"}}\n")).collect::<String>();
    let told = report(&folder, &gone(count - 1), &["--dry-run"]);
    assert_eq!(told["review"].get("cut_short").unwrap_or(&json!(false)), &json!(false), "{told}");
    assert_eq!(report(&folder, &gone(count), &["--dry-run"])["review"]["cut_short"], true);
}
