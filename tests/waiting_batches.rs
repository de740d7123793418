//! The office sends next week's batch today: it is kept, and goes in on its day, in order.

use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::{Value, json};

use chahao::ledger::Ledger;

use crate::desk_in_a_folder::{Folder, add, ids};

fn in_days(days: i64) -> Date {
    jiff::Zoned::now().date().checked_add(days.days()).unwrap()
}

fn batch(folder: &Folder, name: &str, header: Value, rows: &str) {
    folder.write(name, format!("{header}\n{rows}"));
}

fn names(folder: &Folder) -> Vec<String> {
    let mut names = Vec::new();
    folder
        .desk()
        .each_listing(&mut |listing| {
            names.push(listing.name);
            Ok(())
        })
        .unwrap();
    names
}

#[test]
fn a_batch_waits_for_its_day_and_those_of_its_feed_wait_behind_it() {
    let folder = Folder::new();
    folder.write("first.ndjson", add("A1", "一店", 1.0));
    folder.ends(0, &["import", "first.ndjson", "--feed", "weekly"]);
    let day = in_days(3).to_string();
    let change = "{\"op\":\"change\",\"id\":\"A1\",\"name\":\"二店\"}\n";
    batch(
        &folder,
        "second.ndjson",
        json!({"feed": "weekly", "seq": 2, "effective": day}),
        &(add("A2", "新店", 1.0) + change),
    );
    folder.write("third.ndjson", "{\"op\":\"change\",\"id\":\"A2\",\"name\":\"三店\"}\n");
    folder.write("other.ndjson", add("B1", "别家", 1.0));
    let state = folder.ledger_state();
    let limits = ["--max-churn", "100"];
    let dry = folder.ends(0, &[&["import", "second.ndjson", "--dry-run"], &limits[..]].concat());
    assert!(dry.contains(&format!("dry run of weekly #2, would wait until {day}")), "{dry}");
    assert_eq!(folder.prints(0, &["waiting"]), "no batch waits\n");
    let kept = folder.ends(0, &[&["import", "second.ndjson"], &limits[..]].concat());
    assert!(kept.contains(&format!("kept until {day} as weekly #2")) && kept.contains("1 added, 1 changed"), "{kept}");
    let again = folder.ends(0, &["import", "second.ndjson"]);
    assert!(again.contains("kept already"), "{again}");
    let behind = folder.ends(0, &[&["import", "third.ndjson", "--feed", "weekly"], &limits[..]].concat());
    assert!(behind.contains("another batch of its feed waits before it"), "{behind}");
    assert_eq!(folder.ledger_state(), state, "nothing is applied before its day");
    folder.ends(0, &["import", "other.ndjson", "--feed", "other"]);
    let waiting: Value = serde_json::from_str(&folder.prints(0, &["waiting", "--json"])).unwrap();
    assert_eq!(
        (&waiting[0]["feed_seq"], &waiting[1]["feed_seq"], &waiting[1]["until"]),
        (&json!(2), &json!(3), &json!(day))
    );

    let mut ledger = Ledger::open(&folder.ledger()).unwrap();
    assert!(ledger.release_due(in_days(2)).unwrap().reports.is_empty());
    assert_eq!(names(&folder), ["一店", "别家"]);
    let released = ledger.release_due(in_days(3)).unwrap().reports;
    let numbers: Vec<_> = released.iter().map(|report| (report.batch, report.feed_seq)).collect();
    assert_eq!(numbers, [(Some(3), 2), (Some(4), 3)]);
    assert_eq!(names(&folder), ["二店", "三店", "别家"]);
    assert!(ledger.waiting().unwrap().is_empty());
    assert!(ledger.verify().unwrap().damage.is_empty());
    assert!(folder.ends(0, &["import", "second.ndjson"]).contains("already imported as batch 3"));
}

/// Nothing told that a batch had been there, who took it out, or why.
#[test]
fn a_batch_that_is_taken_out_stays_told() {
    let folder = Folder::new();
    assert_eq!(folder.ends(1, &["waiting", "--withdrawn"]).matches("no ledger").count(), 1);
    batch(&folder, "later.ndjson", json!({"effective": in_days(1).to_string()}), &add("A1", "明店", 1.0));
    folder.ends(0, &["import", "later.ndjson"]);
    assert_eq!(folder.prints(0, &["waiting", "--withdrawn"]), "no batch was taken out\n");
    folder.ends(0, &["waiting", "--withdraw", "1", "--by", "Ann", "--reason", "sent twice"]);
    folder.ends(0, &["import", "later.ndjson"]);
    folder.ends(0, &["waiting", "--withdraw", "1", "--by", "Bob"]);
    let told = folder.prints(0, &["waiting", "--withdrawn"]);
    assert!(told.contains("1: main #1 from") && told.contains("by Ann: sent twice\n"), "{told}");
    let told: Value = serde_json::from_str(&folder.prints(0, &["waiting", "--withdrawn", "--json"])).unwrap();
    assert_eq!((&told[0]["by"], &told[1]["by"], told[1].get("reason")), (&json!("Ann"), &json!("Bob"), None));
    assert_eq!(told[0]["hash"], told[1]["hash"]);
    assert_eq!(folder.desk().verify().unwrap().damage, Vec::<String>::new());
}

#[test]
fn compact_appends_what_is_due() {
    let folder = Folder::new();
    let today = in_days(0).to_string();
    batch(&folder, "tomorrow.ndjson", json!({"effective": in_days(1).to_string()}), &add("A1", "明店", 1.0));
    folder.ends(0, &["import", "tomorrow.ndjson"]);
    rusqlite::Connection::open(folder.ledger()).unwrap().execute("UPDATE waiting SET until = ?1", [today]).unwrap();
    assert!(folder.ends(0, &["compact"]).contains("new base of 1 listings"));
    assert_eq!(ids(&folder.desk(), "明店"), ["A1"]);
}

#[test]
fn a_batch_that_is_turned_down_on_its_day_holds_up_its_feed_until_somebody_decides() {
    let folder = Folder::new();
    folder.write("first.ndjson", (0..10).map(|n| add(&format!("A{n}"), "店", 1.0)).collect::<String>());
    folder.ends(0, &["import", "first.ndjson", "--feed", "weekly"]);
    let deletes: String = (0..2).map(|n| format!("{{\"op\":\"delete\",\"id\":\"A{n}\"}}\n")).collect();
    batch(&folder, "second.ndjson", json!({"feed": "weekly", "effective": in_days(1).to_string()}), &deletes);
    folder.ends(0, &["import", "second.ndjson"]);
    folder.write("third.ndjson", add("C1", "后店", 1.0));
    folder.ends(0, &["import", "third.ndjson", "--feed", "weekly"]);
    assert!(folder.ends(3, &["waiting", "--withdraw", "1"]).contains("waits behind it"));
    assert!(folder.ends(3, &["waiting", "--release", "1", "--reason", "now"]).contains("waits for"));
    // Another feed deletes one of the two before: half of the batch is rejected on its day.
    folder.write("other.ndjson", "{\"op\":\"delete\",\"id\":\"A0\"}\n");
    folder.ends(0, &["import", "other.ndjson", "--feed", "other"]);
    let mut ledger = Ledger::open(&folder.ledger()).unwrap();
    let reports = ledger.release_due(in_days(1)).unwrap().reports;
    assert_eq!(reports.len(), 1);
    assert!(reports[0].refused.as_ref().unwrap().contains("1 of 2 rows are rejected"));
    assert!(ledger.release_due(in_days(1)).unwrap().reports.is_empty(), "it is not tried over and over");
    assert!(folder.ends(0, &["waiting"]).contains("turned down: 1 of 2 rows"));
    let today = in_days(0).to_string();
    rusqlite::Connection::open(folder.ledger()).unwrap().execute("UPDATE waiting SET until = ?1", [today]).unwrap();
    let told = folder.ends(0, &["waiting", "--release", "1", "--reason", "the rest is right", "--by", "Ann"]);
    assert!(told.contains("batch 3, weekly #2"), "{told}");
    assert!(folder.ends(0, &["compact"]).contains("new base of 9 listings"), "the one behind it followed");
    assert_eq!(folder.prints(0, &["waiting"]), "no batch waits\n");
    batch(
        &folder,
        "fourth.ndjson",
        json!({"feed": "weekly", "effective": in_days(1).to_string()}),
        &add("D1", "店", 1.0),
    );
    folder.ends(0, &["import", "fourth.ndjson"]);
    assert!(folder.ends(0, &["waiting", "--withdraw", "1"]).contains("withdrawn"));
    assert!(folder.desk().verify().unwrap().damage.is_empty());
}
