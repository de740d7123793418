//! Bugs of the data office's part that were found once, so that they do not come back.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use chahao::ledger::Ledger;

use crate::desk_in_a_folder::{Folder, add, ids};

/// How long something may take to come about.
const PATIENCE: Duration = Duration::from_secs(60);

fn until(what: impl Fn() -> bool) -> bool {
    let end = Instant::now() + PATIENCE;
    while !what() {
        if Instant::now() > end {
            return false;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    true
}

fn json_of(text: &str) -> Value {
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
        assert!(until(|| folder.run(&["compact", "--status"]).status.code() == Some(1)));
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
    assert!(folder.path("ledger.db-wal.gone").exists(), "what it held can still be looked at");
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
    let told = json_of(&folder.prints(1, &["compact", "--status", "--json"]));
    assert_eq!(told["ledger_is_gone"], true);
}
