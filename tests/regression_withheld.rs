//! Bugs that let out what is withheld, or let its report go under, that were found once.

use serde_json::{Value, json};

use crate::desk_in_a_folder::{Folder, add};

/// Imports `rows` without limits and hands over the report.
fn report(folder: &Folder, rows: &str, more: &[&str]) -> Value {
    folder.write("batch.ndjson", rows);
    let arguments = ["import", "batch.ndjson", "--force", "--reason", "a test", "--json"];
    serde_json::from_str(&folder.prints(0, &[&arguments, more].concat())).unwrap()
}

fn shop(op: &str, id: &str, number: &str, status: &str) -> String {
    json!({"op": op, "id": id, "name": format!("店{id}"), "phones": [number], "status": status}).to_string() + "\n"
}

fn status(id: &str, status: &str) -> String {
    json!({"op": "change", "id": id, "status": status}).to_string() + "\n"
}

fn delete(id: &str) -> String {
    json!({"op": "delete", "id": id}).to_string() + "\n"
}

fn run(folder: &Folder, change: &str) {
    rusqlite::Connection::open(folder.ledger()).unwrap().execute_batch(change).unwrap();
}

/// Makes all batches, and what they gave up, `days` older.
fn age(folder: &Folder, days: u32) {
    run(folder, &format!("UPDATE batch SET day = date(day, '-{days} days')"));
    folder.ends(0, &["verify", "--repair"]);
}

fn fold(folder: &Folder) {
    let told = folder.ends(0, &["fold", "--keep-days", "1", "--reason", "a test", "--by", "Ann"]);
    assert!(!told.contains("nothing to fold"), "{told}");
}

/// The newest change judged both images: a number from before a listing was withheld was printed once it was listed again.
#[test]
fn a_digest_tells_no_number_from_before_it_was_withheld() {
    let folder = Folder::new();
    let old = "020-81110001";
    let first = shop("add", "A", old, "listed") + &shop("add", "D", old, "listed");
    let same = shop("add", "E", "020-81110005", "listed") + &shop("add", "F", "020-83330006", "listed");
    report(&folder, &(first + &same), &[]);
    age(&folder, 30);
    report(&folder, &["A", "D", "E", "F"].map(|id| status(id, "non_published")).concat(), &[]);
    let again = shop("change", "A", "020-82220002", "listed") + &shop("change", "D", "020-82220003", "listed");
    report(&folder, &(again + &status("E", "listed") + &status("F", "listed")), &[]);
    let renamed = "{\"op\":\"change\",\"id\":\"F\",\"name\":\"新店F\"}\n";
    report(&folder, &(delete("D") + renamed), &[]);
    let today = jiff::Zoned::now().date().to_string();
    for format in ["text", "csv", "html"] {
        let told = folder.prints(0, &["digest", "--since", &today, "--until", &today, "--format", format]);
        assert!(told.contains("店A") && told.contains("店D") && told.contains("新店F"), "{told}");
        assert!(!told.contains("8111000"), "a withheld number, or one that stayed: {told}");
        assert!(told.contains("82220002"), "what is given out now: {told}");
        assert!(!told.contains("店E"), "nothing of it changed: {told}");
        assert!(format != "text" || !told.contains("83330006"), "nor this: {told}");
    }
    for id in ["A", "D"] {
        assert!(!folder.prints(0, &["history", id]).contains("8111000"));
    }
}

/// A number and the listing that had given it up were named together, though that was withheld since.
#[test]
fn a_number_that_a_listing_gave_up_before_it_was_withheld_is_not_told() {
    for (folded, quarantine) in [(false, "90"), (true, "90"), (false, "1"), (true, "1")] {
        let folder = Folder::new();
        report(&folder, &(shop("add", "A", "020-81110001", "listed") + &add("B", "别店", 1.0)), &[]);
        report(&folder, "{\"op\":\"change\",\"id\":\"A\",\"phones\":[]}\n", &[]);
        report(&folder, &status("A", "non_published"), &[]);
        report(&folder, &shop("change", "A", "020-81110002", "listed"), &[]);
        age(&folder, 5);
        if folded {
            report(&folder, &status("A", "disconnected"), &[]);
            fold(&folder);
        }
        let told = report(&folder, &shop("add", "C", "020-81110001", "listed"), &["--quarantine-days", quarantine]);
        let kind = if quarantine == "90" { "early_numbers" } else { "reassigned_numbers" };
        let case = &told["review"][kind]["cases"][0];
        assert_eq!((&case["id"], &case["from"], case.get("number")), (&json!("C"), &json!("A"), None), "{told}");
        assert_eq!(folder.desk().verify().unwrap().damage, Vec::<String>::new());
    }
    // Before it gave the number up is another matter.
    let folder = Folder::new();
    report(&folder, &shop("add", "A", "020-81110001", "non_published"), &[]);
    report(&folder, &shop("change", "A", "020-81110002", "listed"), &[]);
    age(&folder, 5);
    report(&folder, "{\"op\":\"change\",\"id\":\"A\",\"phones\":[]}\n", &[]);
    let told = report(&folder, &shop("add", "C", "020-81110002", "listed"), &[]);
    assert_eq!(told["review"]["early_numbers"]["cases"][0]["number"], "020-81110002", "{told}");
    // By a later row of the same batch.
    let folder = Folder::new();
    report(&folder, &shop("add", "A", "020-81110001", "listed"), &[]);
    let rows = shop("change", "A", "020-81110002", "listed") + &shop("add", "C", "020-81110001", "listed");
    let told = report(&folder, &(rows + &status("A", "non_published")), &[]);
    let case = &told["review"]["early_numbers"]["cases"][0];
    assert_eq!((&case["from"], case.get("number")), (&json!("A"), None), "{told}");
}

/// A listing that was withheld, deleted one week and added the next by a table without its status, was published.
#[test]
fn what_was_withheld_when_it_was_deleted_is_withheld_when_it_is_added_again() {
    for (folded, reconcile) in [(false, false), (true, false), (false, true), (true, true)] {
        let folder = Folder::new();
        let listed = shop("add", "B", "020-81110002", "listed");
        report(&folder, &(shop("add", "A", "020-81110001", "non_published") + &listed), &[]);
        report(&folder, &delete("A"), &[]);
        age(&folder, 5);
        if folded {
            report(&folder, "{\"op\":\"change\",\"id\":\"B\",\"note\":\"x\"}\n", &[]);
            age(&folder, 5);
            fold(&folder);
        }
        folder.write("next.csv", "id,name,phone\nA,店A,020-81110001\nB2,店B2,020-81110003\n");
        folder.write("full.csv", "id,name,phone\nA,店A,020-81110001\nB,店B,020-81110002\n");
        let arguments: &[&str] =
            if reconcile { &["import", "full.csv", "--reconcile"] } else { &["import", "next.csv"] };
        let told = folder.ends(0, arguments);
        assert!(told.contains("left as they stand, for the file does not say") && told.contains("status 1"), "{told}");
        folder.ends(0, &["compact"]);
        let shown = folder.prints(0, &["show", "A"]);
        assert!(!shown.contains("8111000"), "the number went out: {shown}");
        assert!(folder.prints(0, &["show", "B"]).contains("81110002"));
        // A rejected row of it quotes nothing either.
        report(&folder, &delete("A"), &[]);
        let bad = "{\"id\":\"A\",\"name\":\"店A\",\"phones\":[\"020-81110001/81110002\"]}\n";
        assert!(!report(&folder, bad, &["--dry-run"]).to_string().contains("8111000"), "folded: {folded}");
        assert_eq!(folder.desk().verify().unwrap().damage, Vec::<String>::new());
    }
}

/// Nobody was told which listings a batch published that had been withheld.
#[test]
fn listings_that_are_published_and_were_withheld_are_named() {
    let folder = Folder::new();
    let ids = ["A", "B", "C", "D", "E"];
    report(&folder, &ids.map(|id| shop("add", id, "020-81110001", "non_published")).concat(), &[]);
    report(&folder, &delete("B"), &[]);
    let rows = [
        status("A", "disconnected"),
        shop("add", "B", "020-81110001", "listed"),
        status("C", "listed") + &status("C", "non_published"),
        status("D", "listed") + &delete("D"),
        delete("E") + &shop("add", "E", "020-81110001", "listed"),
        shop("add", "F", "020-81110009", "listed"),
    ];
    let told = report(&folder, &rows.concat(), &["--dry-run"]);
    assert_eq!(told["review"]["published"], json!({"count": 3, "cases": ["A", "B", "E"]}), "{told}");
    let told = folder.ends(0, &["import", "batch.ndjson", "--force", "--reason", "a test"]);
    assert!(told.contains("listings published that were withheld: 3: A; B; E"), "{told}");
    // By an undo, and by a full file.
    let folder = Folder::new();
    report(&folder, &shop("add", "A", "020-81110001", "listed"), &[]);
    report(&folder, &status("A", "non_published"), &[]);
    let told: Value = serde_json::from_str(&folder.prints(0, &["undo", "2", "--json"])).unwrap();
    assert_eq!(told["review"]["published"]["cases"], json!(["A"]), "{told}");
    report(&folder, &(status("A", "non_published") + &delete("A")), &[]);
    report(&folder, &add("B", "别店", 1.0), &[]);
    folder.write("full.ndjson", shop("add", "A", "020-81110001", "listed"));
    let reconcile = ["import", "full.ndjson", "--reconcile", "--max-churn", "100", "--json"];
    let told: Value = serde_json::from_str(&folder.prints(0, &reconcile)).unwrap();
    assert_eq!(told["review"]["published"]["cases"], json!(["A"]), "{told}");
}

/// What a batch did on its day was told to nobody; and what is kept of it must not tell what was withheld since.
#[test]
fn what_a_waiting_batch_did_is_kept_without_what_was_withheld_since() {
    let folder = Folder::new();
    report(&folder, &(shop("add", "A", "020-81110001", "listed") + &shop("add", "G", "020-81110004", "listed")), &[]);
    report(&folder, "{\"op\":\"change\",\"id\":\"G\",\"phones\":[]}\n", &[]);
    let rows = [
        shop("add", "B", "020-81110001", "listed"),
        shop("add", "C", "020-81110004", "listed"),
        json!({"id": "X", "name": "写错", "phones": ["020-81110002/81110003"]}).to_string() + "\n",
        json!({"op": "change", "id": "none", "note": "x"}).to_string() + "\n",
    ];
    let header = json!({"feed": "w", "effective": crate::regression_office::in_days(1)});
    folder.write("due.ndjson", format!("{header}\n{}", rows.concat()));
    folder.ends(0, &["import", "due.ndjson", "--max-reject", "60"]);
    run(&folder, "UPDATE waiting SET until = date('now', '-2 days')");
    let told = folder.ends(0, &["compact"]);
    assert!(told.contains("WARN") && told.contains("rejected=2"), "{told}");
    let told = folder.ends(0, &["batches", "3"]);
    assert!(told.contains("w #1") && told.contains("nothing to change [unknown_id]"), "{told}");
    assert!(told.contains("02081110001: A, B") && told.contains("020-81110004, given up by G"), "{told}");
    let kept = |folder: &Folder| -> Value {
        let server = crate::server_on_a_port::Server::start_for_editors(std::sync::Arc::new(folder.desk()));
        let http: Value = serde_json::from_str(&server.get("/v1/batches/3", &[]).body).unwrap();
        let mut told: Value = serde_json::from_str(&folder.prints(0, &["batches", "3", "--json"])).unwrap();
        assert_eq!(http, told);
        told["report"].take()
    };
    let report_of_3 = kept(&folder);
    assert_eq!((&report_of_3["batch"], &report_of_3["rejected_by_code"]["id/unknown_id"]), (&json!(3), &json!(1)));
    assert!(report_of_3.to_string().contains("81110002/81110003"), "{report_of_3}");
    let hide = status("B", "non_published") + &status("G", "non_published");
    report(&folder, &(hide + &shop("add", "X", "020-81110002", "non_published")), &[]);
    let report_of_3 = kept(&folder);
    assert!(!report_of_3.to_string().contains("8111000"), "{report_of_3}");
    assert!(!folder.ends(0, &["batches", "3"]).contains("8111000"));
    assert_eq!(report_of_3["review"]["early_numbers"]["cases"][0]["from"], "G");
    assert!(folder.prints(0, &["batches", "1", "--json"]).find("\"report\"").is_none());
    assert_eq!(folder.desk().verify().unwrap().damage, Vec::<String>::new());
    run(&folder, "UPDATE released_report SET report = '{'");
    assert!(folder.ends(4, &["verify"]).contains("the report that was kept of batch 3 cannot be read"));
}

/// A fold took away what told that a listing had been withheld: the report of a batch that had waited named its number again.
#[test]
fn a_report_that_is_kept_tells_no_withheld_number_when_the_log_is_folded() {
    for is_folded_whole in [false, true] {
        let folder = Folder::new();
        report(&folder, &shop("add", "A", "020-81110001", "listed"), &[]);
        let header = json!({"feed": "w", "effective": crate::regression_office::in_days(1)});
        let bad = json!({"id": "X", "name": "写错", "phones": ["020-81110002/81110003"]}).to_string() + "\n";
        folder.write("due.ndjson", format!("{header}\n{}{bad}", shop("add", "B", "020-81110001", "listed")));
        folder.ends(0, &["import", "due.ndjson", "--max-reject", "60"]);
        run(&folder, "UPDATE waiting SET until = date('now', '-2 days')");
        folder.ends(0, &["compact"]);
        assert!(folder.ends(0, &["batches", "2"]).contains("8111000"));
        let hidden = shop("add", "X", "020-81110002", "non_published");
        report(&folder, &(status("A", "non_published") + &status("B", "non_published") + &hidden), &[]);
        age(&folder, 5);
        let listed = |id: &str| shop("change", id, "020-82220001", "listed");
        report(&folder, &["A", "B", "X"].map(listed).concat(), &[]);
        if is_folded_whole {
            age(&folder, 5);
        }
        report(&folder, "{\"op\":\"change\",\"id\":\"A\",\"note\":\"x\"}\n", &[]);
        fold(&folder);
        let told = folder.prints(0, &["batches", "2", "--json"]);
        assert!(told.contains("\"rejections\"") && !told.contains("8111000"), "whole: {is_folded_whole}: {told}");
        assert_eq!(folder.desk().verify().unwrap().damage, Vec::<String>::new());
    }
}

/// A rejected row quoted the number of a listing that a later row of the same batch withheld.
#[test]
fn a_rejected_row_quotes_no_number_that_a_later_row_withholds() {
    let folder = Folder::new();
    report(&folder, &shop("add", "A", "020-81110001", "listed"), &[]);
    let bad = |id: &str| json!({"op": "change", "id": id, "phones": ["020-81110001/81110002"]}).to_string() + "\n";
    let rows =
        bad("A") + &bad("B") + &status("A", "non_published") + &shop("add", "B", "020-81110002", "non_published");
    let told = report(&folder, &rows, &["--dry-run"]);
    assert_eq!(told["rejected"], 2);
    assert!(!told.to_string().contains("8111000"), "{told}");
    // Nor does the report that is kept of it.
    let header = json!({"feed": "w", "effective": crate::regression_office::in_days(1)});
    folder.write("due.ndjson", format!("{header}\n{rows}"));
    folder.ends(0, &["import", "due.ndjson", "--force", "--reason", "a test"]);
    run(&folder, "UPDATE waiting SET until = date('now', '-2 days')");
    folder.ends(0, &["compact"]);
    let told = folder.prints(0, &["batches", "2", "--json"]);
    assert!(told.contains("\"rejections\"") && !told.contains("8111000"), "{told}");
}

/// A synthetic weekly batch, which anybody may get, had numbers of listings that are not published.
#[test]
fn a_generated_weekly_batch_tells_no_withheld_number() {
    let folder = Folder::new();
    let withheld = |n: u32| {
        let phones = [format!("020-8111{n:04}"), format!("020-8222{n:04}")];
        json!({"id": format!("A{n}"), "name": format!("店{n}"), "phones": phones, "status": "non_published"})
            .to_string()
            + "\n"
    };
    report(&folder, &(0..400).map(withheld).collect::<String>(), &[]);
    let told = folder.prints(0, &["generate", "--batch", "--seed", "3"]);
    assert!(told.contains("\"change\"") && !told.contains("020-8222") && !told.contains("020-8111"), "{told}");
}
