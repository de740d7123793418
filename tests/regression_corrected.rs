//! Bugs on the way of a row that was rejected, and of batches that wait, until it is in.

use serde_json::json;

use chahao::ledger::Ledger;

use crate::desk_in_a_folder::{Folder, add};
use crate::regression_office::{in_days, json_of};

/// How batches of this small a ledger go in.
const FREELY: [&str; 4] = ["--max-reject", "60", "--max-churn", "100"];

fn import(folder: &Folder, code: i32, file: &str, more: &[&str]) -> String {
    folder.ends(code, &[&["import", file, "--feed", "weekly"], &FREELY[..], more].concat())
}

fn name_of(folder: &Folder, id: &str) -> Option<String> {
    let mut name = None;
    let mut each = |listing: chahao::listing::Listing| {
        if listing.id.as_str() == id {
            name = Some(listing.name);
        }
        Ok(())
    };
    folder.desk().each_listing(&mut each).unwrap();
    name
}

/// Makes today the day of everything that waits.
fn days_come(folder: &Folder) {
    let connection = rusqlite::Connection::open(folder.ledger()).unwrap();
    connection.execute("UPDATE waiting SET until = ?1", [in_days(0)]).unwrap();
}

/// The next file of a feed was put behind one that had been turned down, and kept for ever, and the import ended as if
/// all were well.
#[test]
fn a_batch_that_was_turned_down_is_named_to_whoever_sends_the_next_one() {
    let folder = Folder::new();
    folder.write("first.ndjson", add("A1", "一店", 1.0) + &add("A2", "二店", 1.0));
    import(&folder, 0, "first.ndjson", &[]);
    folder.write("second.ndjson", "{\"op\":\"delete\",\"id\":\"A1\"}\n");
    import(&folder, 0, "second.ndjson", &["--effective", &in_days(1)]);
    folder.write("other.ndjson", "{\"op\":\"delete\",\"id\":\"A1\"}\n");
    folder.ends(0, &["import", "other.ndjson", "--feed", "other", "--max-churn", "100"]);
    days_come(&folder);
    folder.write("third.ndjson", add("A3", "三店", 1.0));
    let state = folder.ledger_state();
    // The one that is turned down first, and the one that was.
    for _ in 0..2 {
        let dry = import(&folder, 3, "third.ndjson", &["--dry-run"]);
        assert!(dry.contains("holds up its feed"), "{dry}");
        let told = import(&folder, 3, "third.ndjson", &[]);
        assert!(told.contains("weekly #2 was turned down on its day (1 of 1 rows are rejected"), "{told}");
        assert!(told.contains("--release 1 --reason") && told.contains("--withdraw 1"), "{told}");
        assert_eq!((folder.ledger_state(), folder.prints(0, &["waiting"]).lines().count()), (state.clone(), 2));
    }
    let again = import(&folder, 3, "second.ndjson", &["--effective", &in_days(1)]);
    assert!(again.contains("holds up its feed"), "the same file again: {again}");
    // Other feeds go on, and so does this one once somebody has decided.
    folder.write("fourth.ndjson", add("A4", "四店", 1.0));
    folder.ends(0, &["import", "fourth.ndjson", "--feed", "other"]);
    folder.ends(0, &["waiting", "--withdraw", "1"]);
    assert!(import(&folder, 0, "third.ndjson", &[]).contains("batch 4, weekly #2"));
}

/// A row that was rejected from a batch that waited, once corrected, was in force days before its batch.
#[test]
fn corrected_rows_of_a_batch_that_waits_wait_with_it() {
    let folder = Folder::new();
    folder.write("first.csv", "op,id,name\nadd,A1,一店\nadd,A2,\n");
    import(&folder, 0, "first.csv", &["--rejects", "old.csv"]);
    folder.write("second.csv", "op,id,name\nadd,B1,新店\nchange,B2,改名\n");
    let day = in_days(3);
    import(&folder, 0, "second.csv", &["--effective", &day, "--rejects", "new.csv"]);
    folder.write("new.csv", "op,id,name\nchange,A1,改名\n");
    let told = import(&folder, 0, "new.csv", &["--corrections"]);
    assert!(told.contains(&format!("kept until {day} as weekly/corrections #1")), "{told}");
    assert!(told.contains("the batch whose rows are corrected waits before it"), "{told}");
    assert_eq!(name_of(&folder, "A1").as_deref(), Some("一店"));
    assert!(import(&folder, 0, "new.csv", &["--corrections"]).contains("kept already"));
    // What is of a batch that is in need not wait.
    folder.write("old.csv", "op,id,name\nadd,A2,二店\n");
    let told = folder.ends(0, &["import", "old.csv", "--feed", "other", "--corrections", "--effective", &in_days(0)]);
    assert!(told.contains("batch 2, other/corrections #1"), "{told}");
    // It is not taken out before what waits for it, and goes in behind it.
    assert!(folder.ends(3, &["waiting", "--withdraw", "1"]).contains("batch 2 of its feed waits behind it"));
    let mut ledger = Ledger::open(&folder.ledger()).unwrap();
    let released = ledger.release_due(day.parse().unwrap()).unwrap().reports;
    let feeds: Vec<_> = released.iter().map(|report| (report.feed.as_str(), report.accepted.total())).collect();
    assert_eq!(feeds, [("weekly", 1), ("weekly/corrections", 1)]);
    assert_eq!(name_of(&folder, "A1").as_deref(), Some("改名"));
}

/// As above, where the batch is turned down on its day.
#[test]
fn corrected_rows_of_a_batch_that_is_turned_down_wait_on() {
    let folder = Folder::new();
    folder.write("first.ndjson", add("A1", "一店", 1.0) + &add("A2", "二店", 1.0));
    import(&folder, 0, "first.ndjson", &[]);
    folder.write("second.ndjson", "{\"op\":\"delete\",\"id\":\"A1\"}\n");
    let day = in_days(3);
    import(&folder, 0, "second.ndjson", &["--effective", &day]);
    folder.write("fixed.ndjson", "{\"op\":\"delete\",\"id\":\"A2\"}\n");
    import(&folder, 0, "fixed.ndjson", &["--corrections"]);
    folder.write("other.ndjson", "{\"op\":\"delete\",\"id\":\"A1\"}\n");
    folder.ends(0, &["import", "other.ndjson", "--feed", "other", "--max-churn", "100"]);
    let mut ledger = Ledger::open(&folder.ledger()).unwrap();
    let released = ledger.release_due(day.parse().unwrap()).unwrap().reports;
    assert_eq!((released.len(), released[0].refused.is_some()), (1, true));
    assert_eq!(name_of(&folder, "A2").as_deref(), Some("二店"));
    days_come(&folder);
    assert!(folder.ends(3, &["waiting", "--release", "2", "--reason", "now"]).contains("batch 1 of its feed waits"));
    folder.write("late.ndjson", add("A3", "三店", 1.0));
    assert!(import(&folder, 3, "late.ndjson", &["--corrections"]).contains("weekly #2 was turned down"));
    folder.ends(0, &["waiting", "--release", "1", "--reason", "it is right"]);
    folder.ends(0, &["compact"]);
    assert_eq!(folder.prints(0, &["waiting"]), "no batch waits\n");
    assert_eq!(name_of(&folder, "A2"), None, "and follow it once it is in");
}

/// A file of corrected rows of which nothing went in could never be imported again, and was said to be in.
#[test]
fn corrected_rows_that_came_too_early_are_tried_again_and_others_tell_what_they_did() {
    let folder = Folder::new();
    folder.write("first.csv", "op,id,name\nadd,A1,一店\nadd,A2,\n");
    import(&folder, 0, "first.csv", &[]);
    let told = import(&folder, 0, "first.csv", &[]);
    assert!(told.contains("done then: 1 added, 0 changed, 0 deleted, 1 rejected"), "{told}");
    assert!(told.contains("--rejects") && told.contains("--corrections"), "{told}");
    let json = json_of(&folder.prints(0, &["import", "first.csv", "--feed", "weekly", "--json"]));
    assert_eq!(json["done_then"], json!({"accepted": {"add": 1, "change": 0, "delete": 0}, "rejected": 1}));
    folder.write("fixed.csv", "op,id,name\nchange,B1,改名\n");
    let corrections = ["--corrections", "--max-reject", "100"];
    let too_early = folder.ends(0, &[&["import", "fixed.csv", "--feed", "weekly"], &corrections[..]].concat());
    assert!(too_early.contains("batch 2, weekly/corrections #1") && too_early.contains("unknown_id"), "{too_early}");
    folder.write("second.csv", "op,id,name\nadd,B1,新店\n");
    import(&folder, 0, "second.csv", &[]);
    let told = import(&folder, 0, "fixed.csv", &["--corrections"]);
    assert!(told.contains("batch 4, weekly/corrections #2") && told.contains("1 changed"), "{told}");
    let told = import(&folder, 0, "fixed.csv", &["--corrections"]);
    assert!(told.contains("already imported as batch 4") && told.contains("0 added, 1 changed, 0 deleted, 0 rejected"));
    assert_eq!(name_of(&folder, "B1").as_deref(), Some("改名"));
}

/// Rejected rows of last week were overwritten by those of this week, mended or not.
#[test]
fn rejected_rows_that_are_not_in_yet_are_kept_beside_the_new_ones() {
    let folder = Folder::new();
    let read = |name: &str| std::fs::read_to_string(folder.path(name)).unwrap_or_default();
    let week = |n: u32, rows: &str| {
        let name = format!("week-{n}.csv");
        folder.write(&name, format!("op,id,name\nadd,G{n},好店\n{rows}"));
        import(&folder, 0, &name, &["--rejects", "rejects.csv"])
    };
    week(1, "add,B1,\n");
    let told = week(2, "add,B2,\n");
    assert!(told.contains("they are now in") && told.contains("/rejects.csv.1\n"), "{told}");
    assert_eq!(read("rejects.csv.1"), "op,id,name\nadd,B1,\n");
    assert!(read("rejects.csv.1.reasons.ndjson").contains("B1") && read("rejects.csv.reasons.ndjson").contains("B2"));
    // Where they are in by now, and where there are none, nothing is kept.
    folder.write("rejects.csv", "op,id,name\nadd,B2,二店\n");
    import(&folder, 0, "rejects.csv", &["--corrections"]);
    assert!(!week(3, "").contains("they are now in"));
    assert_eq!(read("rejects.csv"), "op,id,name\n");
    assert!(!week(4, "add,B4,\n").contains("they are now in"));
    // Half of them are not: those of the first week are still there too.
    folder.write("rejects.csv", "op,id,name\nadd,B4,\nadd,B5,五店\n");
    import(&folder, 0, "rejects.csv", &["--corrections"]);
    assert!(week(5, "add,B6,\n").contains("/rejects.csv.2\n"));
    assert_eq!((read("rejects.csv.1").lines().count(), read("rejects.csv.2").lines().count()), (2, 3));
    // The same rows once more are the same rows.
    folder.write("refused.csv", "op,id,name\nadd,B7,\n");
    import(&folder, 3, "refused.csv", &["--rejects", "other.csv"]);
    let told = import(&folder, 3, "refused.csv", &["--rejects", "other.csv"]);
    assert!(!told.contains("they are now in") && !folder.path("other.csv.1").exists(), "{told}");
    // What is no file of rows is nobody's to overwrite either.
    folder.write("notes.txt", "call the office");
    let told = import(&folder, 3, "refused.csv", &["--rejects", "notes.txt"]);
    assert!(told.contains("notes.txt.1") && read("notes.txt.1") == "call the office", "{told}");
}
