//! What a restore forgot that was no batch to be imported again.

use serde_json::json;

use chahao::progress::Silent;

use crate::desk_in_a_folder::{Folder, add};
use crate::regression_office::in_days;

/// A listing with one number.
fn listed(id: &str, number: &str) -> String {
    json!({"id": id, "name": format!("店{id}"), "phones": [number]}).to_string() + "\n"
}

/// What every listing's status is, by id.
fn statuses(folder: &Folder) -> Vec<(String, String)> {
    let mut statuses = Vec::new();
    let mut each = |listing: chahao::listing::Listing| {
        let status = serde_json::to_value(listing.status).unwrap();
        statuses.push((listing.id.to_string(), status.as_str().unwrap().to_owned()));
        Ok(())
    };
    folder.desk().each_listing(&mut each).unwrap();
    statuses
}

fn is(id: &str, status: &str) -> (String, String) {
    (id.to_owned(), status.to_owned())
}

/// After a restore the numbers were given out again of whoever had asked since that they be not.
#[test]
fn what_was_withheld_since_the_backup_stays_so_when_it_is_put_back() {
    let folder = Folder::new();
    let desk = folder.desk();
    folder.import(&desk, &(1..=6).map(|n| listed(&format!("A{n}"), &format!("020-8138000{n}"))).collect::<String>());
    folder.import(&desk, "{\"op\":\"change\",\"id\":\"A6\",\"status\":\"non_published\"}\n");
    folder.ends(0, &["backup", "copy.db"]);
    let change = |id: &str, status: &str| json!({"op": "change", "id": id, "status": status}).to_string() + "\n";
    folder.import(&desk, &(change("A1", "non_published") + &change("A2", "disconnected")));
    folder.import(&desk, &(change("A3", "non_published") + &change("A4", "non_published")));
    folder.import(&desk, &("{\"op\":\"delete\",\"id\":\"A3\"}\n".to_owned() + &change("A4", "listed")));
    folder
        .import(&desk, &(change("A6", "disconnected") + &listed("B1", "020-81380010") + &change("B1", "disconnected")));
    folder.ends(0, &["compact"]);
    folder.ends(0, &["backup", "newest.db"]);
    let state = folder.ledger_state();
    let told = folder.ends(3, &["restore", "copy.db"]);
    assert!(told.contains("3 listings withheld or disconnected since: A1, A2, A3"), "{told}");
    assert_eq!(folder.ledger_state(), state);
    let told = folder.ends(0, &["restore", "copy.db", "--replace"]);
    assert!(told.contains("batch 3 keeps back 3 listings withheld or disconnected since: A1, A2, A3"), "{told}");
    let withheld = [("A1", "non_published"), ("A2", "disconnected"), ("A3", "non_published"), ("A4", "listed")];
    let expected: Vec<_> =
        withheld.into_iter().chain([("A5", "listed"), ("A6", "non_published")]).map(|(id, s)| is(id, s)).collect();
    assert_eq!(statuses(&folder), expected);
    desk.compact(false, &mut Silent).unwrap();
    assert_eq!(desk.verify().unwrap().damage, Vec::<String>::new());
    for number in ["81380001", "81380003"] {
        folder.ends(1, &["number", number]);
    }
    // What the office sends again goes in as it did, and a mistake can be undone.
    folder.write("again.ndjson", change("A1", "non_published") + "{\"op\":\"delete\",\"id\":\"A3\"}\n");
    let told = folder.ends(0, &["import", "again.ndjson", "--feed", "office", "--max-churn", "100", "--dry-run"]);
    assert!(told.contains("1 changed, 1 deleted, 0 rejected"), "{told}");
    folder.ends(0, &["undo", "3"]);
    assert_eq!(statuses(&folder)[..3], [is("A1", "listed"), is("A2", "listed"), is("A3", "listed")]);
    // A copy that knows more than the ledger is not set back by it.
    let told = folder.ends(0, &["restore", "newest.db", "--replace"]);
    assert!(!told.contains("keeps back"), "{told}");
    assert_eq!(statuses(&folder)[3], is("A5", "listed"));
}

/// A batch that waited in the copy, whose day had come meanwhile, went in again by itself, and published what was withheld
/// behind it.
#[test]
fn what_waits_again_publishes_nothing_by_itself() {
    let folder = Folder::new();
    folder.write("first.ndjson", listed("A1", "020-81380001"));
    let next =
        listed("A2", "020-81380002") + "{\"op\":\"change\",\"id\":\"A1\",\"status\":\"listed\",\"note\":\"二楼\"}\n";
    folder.write("next.ndjson", &next);
    folder.ends(0, &["import", "first.ndjson", "--feed", "weekly"]);
    folder.ends(0, &["import", "next.ndjson", "--feed", "weekly", "--effective", &in_days(0), "--max-churn", "100"]);
    let is_waiting = folder.prints(0, &["waiting"]).contains("weekly #2");
    assert!(!is_waiting, "a batch of today waits for nothing");
    // As it waited yesterday: a copy of then is a copy of before.
    let before = Folder::new();
    before.write("first.ndjson", listed("A1", "020-81380001"));
    before.write("next.ndjson", &next);
    before.ends(0, &["import", "first.ndjson", "--feed", "weekly"]);
    before.ends(0, &["import", "next.ndjson", "--feed", "weekly", "--effective", &in_days(1), "--max-churn", "100"]);
    before.ends(0, &["backup", "copy.db"]);
    rusqlite::Connection::open(before.path("copy.db"))
        .unwrap()
        .execute("UPDATE waiting SET until = ?1", [in_days(0)])
        .unwrap();
    std::fs::copy(before.path("copy.db"), folder.path("copy.db")).unwrap();
    let withheld = "{\"op\":\"change\",\"id\":\"A1\",\"status\":\"non_published\"}\n{\"op\":\"change\",\"id\":\"A2\",\"status\":\"non_published\"}\n";
    folder.write("withheld.ndjson", withheld);
    folder.ends(0, &["import", "withheld.ndjson", "--feed", "office", "--max-churn", "100"]);
    let told = folder.ends(0, &["restore", "copy.db", "--replace"]);
    assert!(told.contains("until they are let in or taken out: 1 (weekly #2"), "{told}");
    folder.ends(0, &["compact"]);
    for number in ["02081380001", "02081380002"] {
        folder.ends(1, &["number", number]);
    }
}

/// A batch that waited for its day in the ledger alone was gone with it, and nobody was told.
#[test]
fn batches_that_wait_are_not_lost_without_a_word() {
    let folder = Folder::new();
    folder.write("first.ndjson", add("A1", "一店", 1.0));
    folder.write("next.ndjson", add("A2", "二店", 1.0));
    folder.write("later.ndjson", add("A3", "三店", 1.0));
    folder.ends(0, &["import", "first.ndjson", "--feed", "weekly"]);
    let day = in_days(3);
    let waits = |file: &str, feed: &str| {
        folder.ends(0, &["import", file, "--feed", feed, "--effective", &day]);
    };
    waits("next.ndjson", "weekly");
    folder.ends(0, &["backup", "copy.db"]);
    waits("later.ndjson", "monthly");
    let before = folder.prints(0, &["waiting"]);
    let named = format!("2 (monthly #1 from {day} on, later.ndjson)");
    // Though the copy holds every batch.
    for arguments in [&["restore", "copy.db"][..], &["restore", "copy.db", "--replace"]] {
        let told = folder.ends(3, arguments);
        assert!(told.contains(&named) && !told.contains("weekly"), "{told}");
        assert_eq!(folder.prints(0, &["waiting"]), before);
    }
    folder.ends(0, &["waiting", "--withdraw", "1"]);
    let told = folder.ends(0, &["restore", "copy.db", "--replace", "--lose-waiting"]);
    assert!(told.contains(&format!("are lost: {named}")), "{told}");
    let again = format!("until they are let in or taken out: 1 (weekly #2 from {day} on");
    assert!(told.contains(&again), "{told}");
    assert!(folder.prints(0, &["waiting"]).contains("after the backup that was put back"));
    assert!(!folder.prints(0, &["waiting"]).contains("monthly"));
    // A ledger with nothing but such a batch is none that may be overwritten.
    let other = Folder::new();
    other.write("first.ndjson", add("B1", "别店", 1.0));
    other.ends(0, &["import", "first.ndjson", "--effective", &day]);
    std::fs::copy(folder.path("copy.db"), other.path("copy.db")).unwrap();
    assert!(other.ends(3, &["restore", "copy.db"]).contains("main #1"));
}

/// A restore let in again whoever had been shut out since, shut out whoever had been let in, and forgot what was told of it.
#[test]
fn who_may_ask_stays_as_it_was() {
    let folder = Folder::new();
    let make = |name: &str| folder.ends(0, &["token", "add", name, "--role", "operator"]);
    let tokens = || -> Vec<(String, bool, usize)> {
        let tokens = folder.desk().tokens().unwrap();
        tokens.into_iter().map(|token| (token.name, token.revoked.is_none(), token.by.len())).collect()
    };
    folder.import(&folder.desk(), &listed("A1", "020-81380001"));
    for name in ["an", "bei", "chen", "ding"] {
        make(name);
    }
    folder.ends(0, &["backup", "copy.db"]);
    folder.ends(0, &["token", "revoke", "an"]);
    folder.ends(0, &["token", "revoke", "bei"]);
    make("bei");
    make("er");
    folder.ends(0, &["token", "revoke", "chen"]);
    let before = tokens();
    let told = folder.ends(0, &["restore", "copy.db", "--replace"]);
    assert!(told.contains("tokens that stay revoked: an, bei, chen\n"), "{told}");
    assert!(told.contains("tokens that stay in force: bei, er\n"), "{told}");
    assert_eq!(tokens(), before, "each stands once, and what was done with it is told");
    let told = folder.ends(0, &["restore", "copy.db", "--replace"]);
    assert!(told.contains("stay revoked: an, bei, chen\n"), "{told}");
    assert_eq!(tokens(), before);
    // Where a name has one token here and another one in the copy, the one that is known here is in force.
    let other = Folder::new();
    other.ends(0, &["token", "add", "ding", "--role", "editor"]);
    let made = other.desk().tokens().unwrap()[0].created.clone();
    std::fs::copy(folder.path("copy.db"), other.path("copy.db")).unwrap();
    let told = other.ends(0, &["restore", "copy.db", "--replace"]);
    assert!(!told.contains("knew nothing: ding"), "{told}");
    let tokens = other.desk().tokens().unwrap();
    let in_force: Vec<&String> = tokens
        .iter()
        .filter(|token| token.name == "ding" && token.revoked.is_none())
        .map(|token| &token.created)
        .collect();
    assert_eq!(in_force, [&made]);
    // Where there is no ledger to tell, it is said whom the copy lets in.
    let lost = Folder::new();
    std::fs::copy(folder.path("copy.db"), lost.path("copy.db")).unwrap();
    let told = lost.ends(0, &["restore", "copy.db"]);
    assert!(
        told.contains("knew nothing: an, bei, chen, ding; what was revoked since has to be revoked again"),
        "{told}"
    );
}

/// One token that could not be read, and what was withheld since was given out again.
#[test]
fn a_token_that_cannot_be_read_costs_nothing_else() {
    let folder = Folder::new();
    folder.import(&folder.desk(), &listed("A1", "020-81380001"));
    folder.ends(0, &["token", "add", "an", "--role", "operator"]);
    folder.ends(0, &["backup", "copy.db"]);
    folder.import(&folder.desk(), "{\"op\":\"change\",\"id\":\"A1\",\"status\":\"non_published\"}\n");
    let connection = rusqlite::Connection::open(folder.ledger()).unwrap();
    connection.execute("UPDATE token SET hash = x'00'", []).unwrap();
    let told = folder.ends(0, &["restore", "copy.db", "--replace"]);
    assert!(told.contains("which tokens were made and revoked since the backup"), "{told}");
    assert!(told.contains("knew nothing: an;"), "{told}");
    assert_eq!(statuses(&folder), [is("A1", "non_published")]);
    // One of the copy's keeps it from nobody.
    rusqlite::Connection::open(folder.path("copy.db")).unwrap().execute("UPDATE token SET hash = x'00'", []).unwrap();
    folder.ends(0, &["restore", "copy.db", "--replace"]);
}

/// A restore waited for an import that was under way, and overwrote what that had acknowledged.
#[test]
fn a_restore_overwrites_nothing_that_is_being_written() {
    let folder = Folder::new();
    folder.import(&folder.desk(), &listed("A1", "020-81380001"));
    folder.ends(0, &["backup", "copy.db"]);
    let mut connection = rusqlite::Connection::open(folder.ledger()).unwrap();
    let held = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).unwrap();
    held.execute("UPDATE batch SET source = 'an import'", []).unwrap();
    let told = folder.ends(5, &["restore", "copy.db", "--replace"]);
    assert!(told.contains("somebody writes just now into") && told.contains("restore it again"), "{told}");
    held.commit().unwrap();
    assert_eq!(folder.desk().batches(0, 1).unwrap()[0].source, "an import");
    folder.ends(0, &["restore", "copy.db", "--replace"]);
    assert_ne!(folder.desk().batches(0, 1).unwrap()[0].source, "an import");
}

/// A number that had gone from a listing to one that is non-published was given out again as the first one's.
#[test]
fn a_number_that_another_listing_withholds_since_is_not_given_out_again() {
    let folder = Folder::new();
    let phones = |op: &str, id: &str, numbers: &[&str], status: &str| {
        json!({"op": op, "id": id, "name": format!("店{id}"), "phones": numbers, "status": status}).to_string() + "\n"
    };
    let (gone, stays, shared) = ("020-81380001", "020-81380002", "020-81380003");
    let first = phones("add", "A", &[gone, stays], "listed") + &phones("add", "C", &[shared], "listed");
    folder.import(&folder.desk(), &(first + &phones("add", "D", &["020-81380004"], "listed")));
    folder.ends(0, &["backup", "copy.db"]);
    let moved = phones("change", "A", &[stays], "listed") + &phones("add", "B", &[gone, shared], "non_published");
    // Withheld for a while, and listed again with another number.
    let renumbered = "{\"op\":\"change\",\"id\":\"D\",\"status\":\"non_published\"}\n".to_owned();
    folder.import(&folder.desk(), &(moved + &renumbered + &phones("change", "D", &["020-81380005"], "listed")));
    let told = folder.ends(3, &["restore", "copy.db"]);
    assert!(told.contains("2 listings that lose numbers withheld since: A, D"), "{told}");
    let told = folder.ends(0, &["restore", "copy.db", "--replace"]);
    assert!(told.contains("batch 2 keeps back 2 listings that lose numbers withheld since: A, D"), "{told}");
    folder.ends(0, &["compact"]);
    for (number, code) in [("02081380001", 1), ("02081380002", 0), ("02081380003", 0), ("02081380004", 1)] {
        folder.ends(code, &["number", number]);
    }
    assert_eq!(statuses(&folder), ["A", "C", "D"].map(|id| is(id, "listed")));
    assert_eq!(folder.desk().verify().unwrap().damage, Vec::<String>::new());
}
