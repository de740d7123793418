//! Bugs of the data office's part that were found once, so that they do not come back.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use chahao::desk::ImportOptions;
use chahao::ledger::{Ledger, Limits};
use chahao::progress::Silent;

use crate::desk_in_a_folder::{Folder, add, files_under, ids};

/// How long something may take to come about.
const PATIENCE: Duration = Duration::from_secs(60);

pub fn until(what: impl Fn() -> bool) -> bool {
    let end = Instant::now() + PATIENCE;
    while !what() {
        if Instant::now() > end {
            return false;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    true
}

pub fn in_days(days: i64) -> String {
    jiff::Zoned::now().date().checked_add(jiff::Span::new().days(days)).unwrap().to_string()
}

pub fn json_of(text: &str) -> Value {
    serde_json::from_str(text.lines().next().unwrap_or_default()).unwrap_or_else(|error| panic!("{error}: {text:?}"))
}

/// Keeps `folder`'s index in step while `work` runs; what went wrong meanwhile is handed to it.
fn watching(folder: &Folder, work: impl FnOnce(&Mutex<Vec<String>>)) {
    struct Stop<'a>(&'a AtomicBool);
    impl Drop for Stop<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Release);
        }
    }
    let (stop, failed, desk) = (AtomicBool::new(false), Mutex::new(Vec::new()), folder.desk());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut told =
                |outcome: chahao::Result<_>| failed.lock().unwrap().extend(outcome.err().map(|e| e.to_string()));
            desk.watch(&|| stop.load(Ordering::Acquire), &mut told).unwrap();
        });
        let _stop = Stop(&stop);
        work(&failed);
    });
}

/// A watching compactor began an empty ledger where the file had been moved away, and its log came over the real one.
#[test]
fn a_ledger_that_vanished_is_missed_and_never_begun_anew() {
    let folder = Folder::new();
    folder.load(&add("A1", "一店", 1.0));
    let away = folder.path("away.db");
    watching(&folder, |failed| {
        std::fs::rename(folder.ledger(), &away).unwrap();
        assert!(until(|| failed.lock().unwrap().iter().any(|told| told.contains("is gone"))), "{failed:?}");
        assert!(until(|| folder.run(&["compact", "--status"]).status.code() == Some(5)));
        folder.write("next.ndjson", add("A2", "二店", 1.0));
        let told = folder.ends(3, &["import", "next.ndjson"]);
        assert!(told.contains("stands for seq 1") && told.contains("restore"), "{told}");
        folder.ends(3, &["import", "next.ndjson", "--dry-run"]);
        folder.ends(3, &["token", "add", "desk-1", "--role", "operator"]);
        assert!(folder.desk().lag().unwrap_err().is_not_found());
        let log = std::fs::metadata(folder.path("ledger.db-wal")).map_or(0, |log| log.len());
        assert_eq!((folder.ledger().exists(), log), (false, 0), "a new ledger was begun");
        std::fs::rename(&away, folder.ledger()).unwrap();
        folder.ends(0, &["import", "next.ndjson"]);
        let answers = || ids(&folder.desk(), "二店").contains(&"A2".to_owned());
        assert!(until(answers), "it goes on where the ledger is back: {failed:?}");
    });
    assert_eq!(folder.desk().verify().unwrap().damage, Vec::<String>::new());
    assert_eq!(folder.ledger_state().1, 2);
    // And where the compactor comes to a desk whose ledger is gone.
    std::fs::rename(folder.ledger(), &away).unwrap();
    watching(&folder, |failed| {
        assert!(until(|| failed.lock().unwrap().iter().any(|told| told.contains("is gone"))), "{failed:?}");
        assert!(!folder.ledger().exists());
    });
    std::fs::write(folder.ledger(), b"").unwrap();
    assert!(folder.ends(3, &["import", "next.ndjson"]).contains("the ledger is empty"));
}

/// Logs that lie beside the folder's ledger because theirs was gone.
pub fn logs_aside(folder: &Folder) -> usize {
    let files = files_under(&folder.path("."));
    files.iter().filter(|path| path.to_string_lossy().contains("ledger.db-wal.gone-")).count()
}

/// The log of a ledger that is gone was read into the one that was put in its place.
#[test]
fn the_log_of_a_ledger_that_is_gone_is_not_read_into_another() {
    let (folder, other) = (Folder::new(), Folder::new());
    folder.import(&folder.desk(), &add("A1", "一店", 1.0));
    other.import(&other.desk(), &add("B1", "别店", 1.0));
    // One that is still open keeps its log.
    let mut open = Ledger::open(&folder.ledger()).unwrap();
    let writer = Ledger::open(&folder.ledger()).unwrap();
    folder.import(&folder.desk(), &add("A2", "二店", 1.0));
    assert!(std::fs::metadata(folder.path("ledger.db-wal")).unwrap().len() > 0);
    std::fs::rename(other.ledger(), folder.ledger()).unwrap();
    open.follow().unwrap();
    assert_eq!((open.seq().unwrap(), open.verify().unwrap().damage), (1, vec![]));
    assert_eq!(logs_aside(&folder), 1, "what it held can still be looked at");
    let connection = rusqlite::Connection::open(folder.ledger()).unwrap();
    connection.execute("UPDATE batch SET source = 'renamed'", []).unwrap();
    drop(writer);
    assert!(folder.path("ledger.db-wal").exists(), "what was replaced removes no log of its successor");
    assert_eq!(open.snapshot().unwrap().batch(1).unwrap().source, "renamed");
    drop((connection, open));
    // A log alone is no ledger, and none is begun over it.
    std::fs::write(folder.path("ledger.db-wal"), [7; 64]).unwrap();
    std::fs::remove_file(folder.ledger()).unwrap();
    folder.write("next.ndjson", add("A3", "三店", 1.0));
    assert!(folder.ends(3, &["import", "next.ndjson"]).contains("the log of one"));
}

/// Where a ledger was removed and its backup copied to its place, that had its inode, and seemed the same file.
#[test]
fn a_copy_in_the_place_of_a_removed_ledger_is_not_taken_for_it() {
    let (folder, other) = (Folder::new(), Folder::new());
    folder.import(&folder.desk(), &add("A1", "一店", 1.0));
    other.import(&other.desk(), &add("B1", "别店", 1.0));
    let mut open = Ledger::open(&folder.ledger()).unwrap();
    folder.import(&folder.desk(), &add("A2", "二店", 1.0));
    std::fs::remove_file(folder.ledger()).unwrap();
    assert!(open.follow().unwrap_err().is_not_found());
    assert!(std::fs::metadata(folder.path("ledger.db-wal")).unwrap().len() > 0, "its log is left");
    // File systems tell times of making to a few milliseconds.
    std::thread::sleep(Duration::from_millis(50));
    std::fs::copy(other.ledger(), folder.ledger()).unwrap();
    open.follow().unwrap();
    let mut found = Vec::new();
    let mut each = |listing: chahao::listing::Listing| {
        found.push(listing.id.to_string());
        Ok(())
    };
    folder.desk().each_listing(&mut each).unwrap();
    assert_eq!((found, open.verify().unwrap().damage), (vec!["B1".to_owned()], vec![]));
}

/// `restore --replace` of a file of no bytes emptied the ledger, and called it checked.
#[test]
fn what_holds_no_ledger_is_not_restored_and_what_is_lost_is_told() {
    let folder = Folder::new();
    folder.load(&add("A1", "一店", 1.0));
    folder.ends(0, &["backup", "copy.db"]);
    folder.import(&folder.desk(), &add("A2", "二店", 1.0));
    folder.ends(0, &["compact"]);
    folder.write("nothing.db", "");
    let before = folder.ledger_state();
    for arguments in [&["restore", "nothing.db", "--replace"][..], &["restore", "nothing.db"]] {
        assert!(folder.ends(3, arguments).contains("holds no ledger (0 bytes)"));
    }
    assert!(folder.ends(3, &["restore", "copy.db"]).contains("holds 2 batches up to seq 2, the backup 1 up to seq 1"));
    assert_eq!(folder.ledger_state(), before);
    let told = folder.ends(0, &["restore", "copy.db", "--replace"]);
    assert!(told.contains("it held 2 batches up to seq 2 before: what is not in the backup has to be"), "{told}");
    assert!(told.contains("the index stands for seq 2"), "{told}");
    assert!(folder.ends(0, &["restore", "copy.db", "--replace"]).contains("the backup holds them all"));
    folder.write("notes.db", "id,name\n".repeat(1_000));
    folder.ends(4, &["restore", "notes.db", "--replace"]);
    // One that is too damaged to be opened is put aside.
    let whole = std::fs::read(folder.ledger()).unwrap();
    std::fs::write(folder.ledger(), &whole[..whole.len() / 2]).unwrap();
    let told = folder.ends(0, &["restore", "copy.db", "--replace"]);
    assert!(told.contains("could not be read, and is now") && told.contains(".damaged-"), "{told}");
    folder.ends(0, &["compact"]);
    assert_eq!(folder.desk().verify().unwrap().damage, Vec::<String>::new());
    assert_eq!(ids(&folder.desk(), "店"), ["A1"]);
}

/// The import of the same file again emptied the file its rejected rows were in, and a full disk took the report with it.
#[test]
fn rejected_rows_outlive_a_second_import_and_a_full_disk() {
    let folder = Folder::new();
    folder.write("first.csv", "id,name,phone\nA1,一,020-81234567\nA4,四,\n");
    folder.ends(0, &["import", "first.csv"]);
    folder.write("batch.csv", "id,name,phone\nA2,,1234567\nA1,二,\nA3,三,call us\nA5,五,\n");
    let arguments = ["import", "batch.csv", "--max-reject", "90", "--rejects", "rejects.csv"];
    let rejected = "id,name,phone\nA2,,1234567\nA1,二,\nA3,三,call us\n";
    // The reasons cannot take their name: a directory that is not empty has it.
    std::fs::create_dir_all(folder.path("rejects.csv/in the way")).unwrap();
    let told = folder.ends(5, &arguments);
    assert!(told.contains("1 added, 0 changed, 0 deleted, 3 rejected; ledger seq 3"), "the report: {told}");
    assert!(told.contains("is in as batch 2") && told.contains("with --rejects again"), "{told}");
    std::fs::remove_dir_all(folder.path("rejects.csv")).unwrap();
    let parts = || files_under(folder.path("").as_path()).iter().filter(|path| is_part(path)).count();
    fn is_part(path: &Path) -> bool {
        path.to_string_lossy().contains("part")
    }
    assert_eq!(parts(), 0, "nothing is left beside it");
    // Whatever was appended since, the rows are those that were rejected then.
    folder.import(&folder.desk(), "{\"op\":\"delete\",\"id\":\"A1\"}\n{\"op\":\"delete\",\"id\":\"A5\"}\n");
    let state = folder.ledger_state();
    assert!(folder.ends(0, &arguments).contains("already imported as batch 2"));
    let read = |name: &str| std::fs::read_to_string(folder.path(name)).unwrap();
    assert_eq!(read("rejects.csv"), rejected);
    assert!(read("rejects.csv.reasons.ndjson").contains("existing_id"));
    assert_eq!(folder.ledger_state(), state);
    assert_eq!(folder.desk().verify().unwrap().damage, Vec::<String>::new());
    // What somebody is correcting there stays.
    folder.write("rejects.csv", "half mended");
    folder.write("rejects.csv.chahao-part", "of a process that was killed");
    folder.ends(0, &arguments);
    assert_eq!((read("rejects.csv").as_str(), parts()), ("half mended", 0));
}

/// Rows that were rejected, corrected and fed again took the feed's next number, which was then refused to its office.
#[test]
fn corrected_rows_leave_the_offices_own_numbers_alone() {
    let folder = Folder::new();
    folder.write("first.csv", "编号,单位\nA1,一店\nA2,\n");
    let map = ["--map", "编号=id", "--map", "单位=name"];
    let first = ["import", "first.csv", "--feed", "sample", "--max-reject", "60", "--rejects", "rejects.csv"];
    folder.ends(0, &[&first[..], &map].concat());
    folder.write("rejects.csv", "编号,单位\nA2,二店\n");
    let told = folder.ends(0, &["import", "rejects.csv", "--feed", "sample", "--corrections"]);
    assert!(told.contains("batch 2, sample/corrections #1") && told.contains("1 added"), "{told}");
    let columns = Ledger::open(&folder.ledger()).unwrap().columns_of(Some("sample/corrections")).unwrap();
    assert_eq!(columns.pairs().count(), 2, "where one waits for its day, it is read by them too");
    assert!(
        folder.ends(0, &["import", "rejects.csv", "--feed", "sample", "--corrections"]).contains("already imported")
    );
    folder.write("second.csv", "编号,单位\nA3,三店\n");
    let told = folder.ends(0, &["import", "second.csv", "--feed", "sample", "--seq", "2"]);
    assert!(told.contains("batch 3, sample #2"), "{told}");
    folder.ends(2, &["import", "rejects.csv", "--corrections", "--seq", "3"]);
}

/// What a column had been mapped to could be neither seen nor taken back.
#[test]
fn what_columns_are_can_be_seen_and_forgotten() {
    let folder = Folder::new();
    folder.write("first.csv", "编号,单位,传真\nA1,一店,020-81234567\n");
    let map = ["--map", "编号=id", "--map", "单位=name", "--map", "传真=phones"];
    folder.ends(0, &[&["import", "first.csv", "--feed", "sample"], &map[..]].concat());
    assert_eq!(folder.prints(0, &["columns"]), "sample: 传真 = phones\nsample: 单位 = name\nsample: 编号 = id\n");
    folder.ends(1, &["columns", "other"]);
    folder.ends(1, &["columns", "sample", "--forget", "传真", "--forget", "电传"]);
    assert_eq!(folder.prints(0, &["columns", "sample"]).lines().count(), 3, "all of them or none");
    let left = folder.prints(0, &["columns", "sample", "--forget", "传真", "--json"]);
    assert_eq!(json_of(&left), json!({"feed": "sample", "title": "单位", "field": "name"}));
    folder.write("second.csv", "编号,单位,传真\nA2,二店,020-81234567\n");
    let told = folder.ends(0, &["import", "second.csv", "--feed", "sample"]);
    assert!(told.contains("columns ignored: 传真") && told.contains("1 added"), "{told}");
}

/// Bytes that had been in once were a no-op for ever, and nobody was told how to have them in again.
#[test]
fn who_sends_the_same_bytes_is_told_which_batch_they_are_and_how_to_have_them_in_again() {
    let folder = Folder::new();
    folder.write("add.csv", "id,name\nA1,一店\n");
    folder.write("delete.csv", "op,id\ndelete,A1\n");
    folder.ends(0, &["import", "add.csv"]);
    folder.ends(0, &["import", "delete.csv", "--max-churn", "100"]);
    let told = folder.ends(0, &["import", "add.csv"]);
    assert!(told.contains("already imported as batch 1") && told.contains("main #1 is these very bytes"), "{told}");
    assert!(told.contains("--seq 3 would have them go in once more"), "{told}");
    assert_eq!(json_of(&folder.prints(0, &["import", "add.csv", "--json"]))["feed_seq_next"], 3);
    assert!(folder.ends(0, &["import", "add.csv", "--seq", "3"]).contains("batch 3, main #3"));
    assert!(!folder.ends(0, &["import", "add.csv", "--seq", "3"]).contains("once more"), "it has its number");
}

/// A full file with an id that is none deleted the listing that was meant, and its rejections were not told.
#[test]
fn a_full_file_deletes_nothing_it_does_not_name_for_certain() {
    let folder = Folder::new();
    folder.import(&folder.desk(), &(add("L-20", "一店", 1.0) + &add("L-30", "二店", 1.0)));
    let state = folder.ledger_state();
    let reconcile = ["import", "full.csv", "--reconcile", "--max-reject", "60", "--max-churn", "60"];
    folder.write("full.csv", "id,name,popularity\nL-20,一店,1\nL-3０,二店,1\n");
    let told = folder.ends(3, &reconcile);
    assert!(told.contains("line 3") && told.contains("whose row it is cannot be told"), "{told}");
    folder.write("full.csv", format!("id,name,popularity\nL-20,一店,1\nL-30{},二店,1\n", "0".repeat(80)));
    folder.ends(3, &reconcile);
    assert_eq!(folder.ledger_state(), state);
    folder.write("full.csv", "id,name,popularity,phone\nL-20,一店,1,\nL-30,二店,1,call us\n");
    let told = folder.ends(0, &reconcile);
    assert!(told.contains("all but 1 rejected rows") && told.contains("line 3 (L-30)"), "{told}");
    let day = in_days(2);
    folder.write("full.ndjson", format!("{}\n{}", json!({"effective": day}), add("L-20", "一店", 1.0)));
    let told = folder.ends(3, &["import", "full.ndjson", "--reconcile", "--max-churn", "60"]);
    assert!(told.contains(&day) && told.contains("import it on that day"), "{told}");
    assert_eq!(folder.ledger_state(), state);
    folder.write("full.csv", "id,name,popularity\nL-20,一店,1\nL-3０,二店,1\n");
    let told = folder.ends(0, &[&reconcile[..], &["--force", "--reason", "it is closed"]].concat());
    assert!(told.contains("1 deleted, 1 rejected"), "{told}");
}

/// Counts that add up to more than there are numbers were wrong and passed; days before all calendars were a panic.
#[test]
fn numbers_beyond_all_measure_are_told_and_no_panic() {
    let folder = Folder::new();
    let header = json!({"feed": "t", "counts": {"add": u64::MAX, "change": 1, "delete": 1}});
    folder.write("batch.ndjson", format!("{header}\n{}", add("A1", "一店", 1.0)));
    assert!(folder.ends(3, &["import", "batch.ndjson"]).contains("it may be cut off"));
    folder.import(&folder.desk(), &add("A1", "一店", 1.0));
    assert!(folder.ends(2, &["fold", "--keep-days", "99999999"]).contains("0..=36500"));
    assert!(folder.ends(2, &["import", "batch.ndjson", "--quarantine-days", "4294967295"]).contains("0..=36500"));
    let limits = Limits { quarantine_days: u32::MAX, ..Limits::default() };
    let file = folder.write("next.ndjson", add("A2", "二店", 1.0));
    let options = ImportOptions { limits, ..ImportOptions::default() };
    assert_eq!(folder.desk().import(&file, &options, &mut Silent).unwrap().0.batch, Some(2));
    for arguments in [&["undo", "18446744073709551615"][..], &["waiting", "--withdraw", "18446744073709551615"]] {
        let told = folder.ends(if arguments[0] == "undo" { 2 } else { 1 }, arguments);
        assert!(!told.contains("integral"), "{told}");
    }
    assert!(folder.ends(2, &["undo", "18446744073709551615"]).contains("go up to 9223372036854775807"));
}

/// A dry run left out what waited and was due, and so told another result than the import after it.
#[test]
fn a_dry_run_tells_what_the_batches_that_are_due_make_of_it() {
    let folder = Folder::new();
    folder.import(&folder.desk(), &add("A1", "一店", 1.0));
    folder
        .write("due.ndjson", format!("{}\n{}", json!({"feed": "w", "effective": in_days(1)}), add("A2", "二店", 1.0)));
    folder.ends(0, &["import", "due.ndjson"]);
    let due = "UPDATE waiting SET until = date('now', '-2 days')";
    rusqlite::Connection::open(folder.ledger()).unwrap().execute(due, []).unwrap();
    folder.write("next.ndjson", "{\"op\":\"change\",\"id\":\"A2\",\"name\":\"新店\"}\n");
    let state = folder.ledger_state();
    let import = ["import", "next.ndjson", "--max-churn", "100", "--json"];
    let mut dry = json_of(&folder.prints(0, &[&import[..], &["--dry-run"]].concat()));
    assert_eq!(folder.ledger_state(), state, "a dry run wrote something");
    assert_eq!(Ledger::open(&folder.ledger()).unwrap().waiting().unwrap().len(), 1);
    let mut real = json_of(&folder.prints(0, &import));
    assert_eq!(real["released"][0]["accepted"]["add"], 1);
    for report in [&mut dry, &mut real] {
        for differs in ["dry_run", "batch", "rows_per_second"] {
            report.as_object_mut().unwrap().remove(differs);
            report["released"][0].as_object_mut().unwrap().remove(differs);
        }
    }
    assert_eq!(dry, real);
}

/// Scripts that read JSON were told nothing of batches out of order, files that cannot be read, undos of nothing.
#[test]
fn every_refusal_is_told_to_scripts_too() {
    let folder = Folder::new();
    folder.import(&folder.desk(), &add("A1", "一店", 1.0));
    folder.write("gap.ndjson", format!("{}\n{}", json!({"feed": "w", "seq": 7}), add("A2", "二店", 1.0)));
    folder.write("prev.ndjson", format!("{}\n{}", json!({"feed": "w", "prev": "00"}), add("A2", "二店", 1.0)));
    for (code, word, said, arguments) in [
        (3, "refused", "expects batch 1", &["import", "gap.ndjson", "--json"][..]),
        (3, "refused", "the header's prev", &["import", "prev.ndjson", "--json"]),
        (3, "refused", "cannot read", &["import", "none.ndjson", "--json"]),
        (1, "not_found", "there is no batch 9", &["undo", "9", "--json"]),
    ] {
        let told = json_of(&folder.prints(code, arguments));
        assert_eq!(told["error"]["code"], word, "{told}");
        assert!(told["error"]["message"].as_str().unwrap().contains(said), "{told}");
    }
    assert_eq!(folder.ledger_state().1, 1);
}

/// A ledger that was cut short was told with one line, and scripts were told nothing.
#[test]
fn a_ledger_that_is_cut_short_is_told_with_what_is_sound_and_what_to_do() {
    let folder = Folder::new();
    let desk = folder.desk();
    let rows =
        |from: usize| (from..from + 200).map(|n| add(&format!("A{n}"), "一家很长名字的店", 1.0)).collect::<String>();
    folder.import(&desk, &rows(0));
    folder.import(&desk, &rows(200));
    drop(desk);
    let whole = std::fs::read(folder.ledger()).unwrap();
    for length in [30_000, whole.len() - 4_096] {
        std::fs::write(folder.ledger(), &whole[..length]).unwrap();
        let told = json_of(&folder.prints(4, &["verify", "--json"]));
        assert!(told["damage"][0].as_str().unwrap().contains("chahao restore"), "{told}");
        assert!(told["sound_batch"].as_u64().unwrap() <= 2, "{told}");
        assert!(folder.ends(4, &["verify"]).contains("restore its last backup"));
        assert_eq!(std::fs::read(folder.ledger()).unwrap().len(), length, "the file was written to");
    }
}

/// `compact --status` went on telling what a compactor that was dead by then had said: 0 batches behind.
#[test]
fn the_status_tells_that_its_compactor_is_dead_and_how_things_stand() {
    let folder = Folder::new();
    folder.import(&folder.desk(), &add("A1", "一店", 1.0));
    let mut watching = folder.command(&["compact", "--watch"]).stdout(std::process::Stdio::null()).spawn().unwrap();
    assert!(until(|| folder.run(&["compact", "--status"]).status.code() == Some(0)));
    let told = json_of(&folder.prints(0, &["compact", "--status", "--json"]));
    assert_eq!((&told["is_alive"], &told["pid"]), (&json!(true), &json!(watching.id())));
    watching.kill().unwrap();
    watching.wait().unwrap();
    folder.ends(0, &["compact"]);
    assert!(folder.ends(0, &["compact", "--status"]).contains("that process is gone"), "dead, but nothing waits");
    folder.import(&folder.desk(), &add("A2", "二店", 1.0));
    let told = folder.ends(5, &["compact", "--status"]);
    assert!(told.contains("ledger at 2; 1 batches") && told.contains("that process is gone"), "{told}");
    std::fs::rename(folder.ledger(), folder.path("away.db")).unwrap();
    let told = json_of(&folder.prints(5, &["compact", "--status", "--json"]));
    assert_eq!(told["ledger_is_gone"], true);
}

/// The most memory the program had while it imported `rows` rejected rows of UTF-16, in KB.
#[cfg(target_os = "linux")]
fn peak_of_rejecting(rows: usize) -> u64 {
    let folder = Folder::new();
    let note = "一".repeat(400);
    let text: String =
        (0..rows).map(|n| json!({"id": format!("A{n}"), "name": "", "note": note}).to_string() + "\n").collect();
    let units = "\u{feff}".encode_utf16().chain(text.encode_utf16());
    folder.write("batch.ndjson", units.flat_map(u16::to_le_bytes).collect::<Vec<u8>>());
    let arguments = ["import", "batch.ndjson", "--force", "--reason", "a test", "--rejects", "rejects.ndjson"];
    let mut child = folder.command(&arguments).stdout(std::process::Stdio::null()).spawn().unwrap();
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let now = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let now = now.and_then(|now| now.trim().trim_end_matches(" kB").parse().ok());
        peak = now.unwrap_or(0).max(peak);
        std::thread::sleep(Duration::from_millis(2));
    }
    let bytes = std::fs::metadata(folder.path("rejects.ndjson")).unwrap().len();
    assert_eq!(
        bytes,
        std::fs::metadata(folder.path("batch.ndjson")).unwrap().len(),
        "every row was rejected as it came"
    );
    peak
}

/// All rejected rows of a UTF-16 file were held in memory, and held once more to be encoded.
#[cfg(target_os = "linux")]
#[test]
fn memory_does_not_grow_with_the_rows_that_are_rejected() {
    let (few, many) = (peak_of_rejecting(10_000), peak_of_rejecting(80_000));
    println!("{few} KB for 10,000 rejected rows, {many} KB for 80,000");
    assert!(few > 0 && many < few + (24 << 10), "{few} KB, and {many} KB for eight times as much");
}
