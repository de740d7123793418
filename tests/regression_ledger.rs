//! Bugs of what becomes of a ledger that is gone, emptied or another's, and of what waits in it, that were found once.

use serde_json::{Value, json};

use chahao::ledger::Ledger;

use crate::desk_in_a_folder::{Folder, add};
use crate::regression_office::{in_days, json_of, logs_aside, until};

/// Whatever looked at a ledger that had been emptied made tables in it, and the next import began anew at batch 1.
#[test]
fn an_emptied_ledger_stays_empty_until_it_is_put_back() {
    let folder = Folder::new();
    let desk = folder.load(&add("A1", "一店", 1.0));
    folder.ends(0, &["backup", "copy.db"]);
    folder.write("next.ndjson", add("A2", "二店", 1.0));
    for incident in 1..=2 {
        std::fs::write(folder.ledger(), b"").unwrap();
        std::fs::write(folder.path("ledger.db-wal"), [7; 64]).unwrap();
        for arguments in [&["verify"][..], &["batches"], &["waiting"], &["compact"]] {
            assert!(folder.ends(1, arguments).contains("is empty: put its file back"), "{arguments:?}");
        }
        assert!(desk.lag().is_err());
        for arguments in [&["import", "next.ndjson"][..], &["import", "next.ndjson", "--dry-run"]] {
            assert!(folder.ends(3, arguments).contains("the ledger is empty"));
        }
        let bytes = |name: &str| std::fs::metadata(folder.path(name)).unwrap().len();
        assert_eq!((bytes("ledger.db"), bytes("ledger.db-wal")), (0, 64));
        let told = folder.ends(0, &["restore", "copy.db"]);
        assert!(told.contains("the log of the ledger that was gone is now"), "{told}");
        assert_eq!(logs_aside(&folder), incident, "the log of an incident before is kept");
    }
    assert_eq!(folder.ledger_state().0, 1);
}

/// The ledger of a newer version was called damaged, and `restore --replace` moved it away.
#[test]
fn what_another_program_or_version_wrote_is_refused_and_not_replaced() {
    let folder = Folder::new();
    folder.import(&folder.desk(), &add("A1", "一店", 1.0));
    folder.ends(0, &["backup", "copy.db"]);
    let newer = "PRAGMA user_version = 999; PRAGMA journal_mode = DELETE";
    let other = "PRAGMA application_id = 7; CREATE TABLE other (x)";
    for (change, said) in [(newer, "schema 999"), (other, "not a ledger")] {
        rusqlite::Connection::open(folder.ledger()).unwrap().execute_batch(change).unwrap();
        let before = std::fs::read(folder.ledger()).unwrap();
        for arguments in [&["verify"][..], &["restore", "copy.db", "--replace"], &["compact", "--watch"]] {
            let told = folder.ends(3, arguments);
            assert!(told.contains(said) && !told.contains("restore its last backup"), "{told}");
        }
        assert_eq!(std::fs::read(folder.ledger()).unwrap(), before, "{said}");
    }
}

/// A ledger that could not be read for a moment had the batches that were due turned down as damaged.
#[test]
fn a_ledger_that_cannot_be_read_is_no_damage_of_what_waits() {
    let folder = Folder::new();
    let header = json!({"feed": "w", "effective": in_days(1)});
    folder.write("due.ndjson", format!("{header}\n{}", add("A1", "一店", 1.0)));
    folder.ends(0, &["import", "due.ndjson"]);
    let run = |change: &str| rusqlite::Connection::open(folder.ledger()).unwrap().execute_batch(change).unwrap();
    run("ALTER TABLE waiting_part RENAME TO unread");
    let day = in_days(1).parse().unwrap();
    let failed = Ledger::open(&folder.ledger()).unwrap().release_due(day).unwrap().failed;
    assert!(failed[0].error.to_string().contains("waiting_part"), "{failed:?}");
    // Nor does it keep what is in from being indexed, or other feeds out.
    run("UPDATE waiting SET until = date('now', '-2 days')");
    folder.write("next.ndjson", add("B1", "别家", 1.0));
    let told = folder.ends(5, &["import", "next.ndjson", "--feed", "w"]);
    assert!(told.contains("waiting_part"), "{told}");
    folder.ends(0, &["import", "next.ndjson", "--feed", "other"]);
    let told = folder.ends(5, &["compact"]);
    assert!(told.contains("the index is in step, but a batch of feed w waits on"), "{told}");
    assert_eq!(crate::desk_in_a_folder::ids(&folder.desk(), "别家"), ["B1"]);
    run("UPDATE waiting SET until = date('now', '+1 days')");
    run("ALTER TABLE unread RENAME TO waiting_part");
    let mut ledger = Ledger::open(&folder.ledger()).unwrap();
    assert_eq!(ledger.waiting().unwrap()[0].refusal, None);
    assert_eq!(ledger.release_due(day).unwrap().reports[0].batch, Some(2));
}

/// The dry run of a file that waited and was due named a batch that was taken back, and looked for its rejected rows.
#[test]
fn a_dry_run_of_what_is_due_itself_names_no_batch() {
    let folder = Folder::new();
    folder.import(&folder.desk(), &add("A1", "一店", 1.0));
    let (good, bad) = (add("A2", "二店", 1.0), "{\"op\":\"add\",\"id\":\"A3\"}\n");
    folder.write("due.ndjson", format!("{}\n{good}{bad}", json!({"feed": "w", "effective": in_days(1)})));
    let import = ["import", "due.ndjson", "--max-reject", "60"];
    folder.ends(0, &import);
    let due = "UPDATE waiting SET until = date('now', '-2 days')";
    rusqlite::Connection::open(folder.ledger()).unwrap().execute(due, []).unwrap();
    let dry = [&import[..], &["--dry-run", "--rejects", "rejected.ndjson"]].concat();
    let told = folder.ends(0, &dry);
    assert!(told.contains("it would go in first") && !told.contains("already imported"), "{told}");
    let report = json_of(&folder.prints(0, &[&dry[..], &["--json"]].concat()));
    assert_eq!((&report["batch"], &report["released"][0]["accepted"]["add"]), (&Value::Null, &json!(1)));
    assert!(folder.ends(0, &import).contains("already imported as batch 2"));
}

/// Rows were called those that had been rejected, which others were by the columns that were forgotten since.
#[test]
fn rejected_rows_are_not_told_by_other_columns() {
    let folder = Folder::new();
    folder.write("batch.csv", "编号,单位,传真\nA1,一店,020-81234567\nA2,二店,call us\n");
    let import = ["import", "batch.csv", "--feed", "sample", "--max-reject", "60"];
    let map = ["--map", "编号=id", "--map", "单位=name", "--map", "传真=phones"];
    folder.ends(0, &[&import[..], &map[..]].concat());
    folder.ends(0, &["columns", "sample", "--forget", "传真"]);
    let again = [&import[..], &["--rejects", "rejected.csv"]].concat();
    let told = folder.ends(3, &again);
    assert!(told.contains("batch 1 rejected 1 rows, and of its file 0 are rejected now"), "{told}");
    assert!(!folder.path("rejected.csv").exists());
    folder.ends(0, &[&again[..], &map[..]].concat());
    assert!(std::fs::read_to_string(folder.path("rejected.csv")).unwrap().contains("A2,二店,call us"));
}

/// Rows rejected from corrections went into a feed of corrections of corrections.
#[test]
fn corrections_of_corrections_are_corrections() {
    let folder = Folder::new();
    folder.write("batch.csv", "id,name\nA1,一店\n");
    let told = folder.ends(0, &["import", "batch.csv", "--feed", "w/corrections", "--corrections"]);
    assert!(told.contains("w/corrections #1"), "{told}");
}

/// Seconds after the ledger was gone every lookup ended as "not found", naming where the ledger should be.
#[test]
fn who_never_asked_for_tokens_goes_on_answering_where_the_ledger_is_gone() {
    let (open, guarded) = (Folder::new(), Folder::new());
    let desks = [&open, &guarded].map(|folder| folder.load(&add("A1", "一店", 1.0)));
    guarded.ends(0, &["token", "add", "desk-1", "--role", "operator", "--by", "chief"]);
    assert_eq!(desks.each_ref().map(|desk| desk.asks_for_tokens().unwrap()), [false, true]);
    for folder in [&open, &guarded] {
        std::fs::rename(folder.ledger(), folder.path("away.db")).unwrap();
    }
    assert!(until(|| desks[1].asks_for_tokens().is_err()), "tokens that cannot be read hold for ever");
    let error = desks[1].asks_for_tokens().unwrap_err();
    assert!(error.is_busy() && !error.to_string().contains("ledger.db"), "{error}");
    assert!(!desks[0].asks_for_tokens().unwrap(), "that desk's were read before, and are as old");
    std::fs::rename(guarded.path("away.db"), guarded.ledger()).unwrap();
    assert!(desks[1].asks_for_tokens().unwrap());
}

/// Every batch read the whole log, for the changes that wait for its row: a weekly one a gigabyte.
#[test]
fn what_a_batch_reads_does_not_grow_with_the_log() {
    let folder = Folder::new();
    let note = "一".repeat(200);
    let row =
        |n: usize| json!({"op": "add", "id": format!("L{n}"), "name": format!("店{n}"), "note": note}).to_string();
    folder.write("full.ndjson", (0..20_000).map(|n| row(n) + "\n").collect::<String>());
    folder.ends(0, &["import", "full.ndjson", "--max-churn", "100"]);
    let desk = folder.desk();
    // Of this thread alone, which is the one that writes.
    let read = || -> u64 {
        let io = std::fs::read_to_string("/proc/thread-self/io").unwrap();
        io.lines().find_map(|line| line.strip_prefix("rchar: ")).unwrap().parse().unwrap()
    };
    let before = read();
    folder.import(&desk, &add("B1", "新店", 1.0));
    let read = read() - before;
    let log = std::fs::metadata(folder.ledger()).unwrap().len();
    assert!(log > 12 << 20 && read < log / 8, "{read} bytes read of a ledger of {log}");
}

/// A ledger that had lost its newest batches was taken for another one: the index was built anew from it, and nothing told of
/// them any more.
#[test]
fn a_ledger_that_lost_what_the_index_stands_for_is_missed_and_not_followed() {
    let folder = Folder::new();
    let desk = folder.load(&add("A1", "一店", 1.0));
    folder.ends(0, &["backup", "copy.db"]);
    folder.import(&desk, &add("A2", "二店", 1.0));
    folder.ends(0, &["compact"]);
    folder.ends(0, &["backup", "whole.db"]);
    let put = |copy: &str| {
        for ending in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(folder.path(&format!("ledger.db{ending}")));
        }
        std::fs::copy(folder.path(copy), folder.ledger()).unwrap();
    };
    put("copy.db");
    let index = || std::fs::read(folder.index().join("CURRENT")).unwrap();
    let before = index();
    folder.write("next.ndjson", add("A3", "三店", 1.0));
    for arguments in [&["compact"][..], &["import", "next.ndjson"], &["import", "next.ndjson", "--dry-run"]] {
        let told = folder.ends(4, arguments);
        assert!(told.contains("ends at seq 1, and the index stands for seq 2"), "{told}");
        assert!(told.contains("-wal") && told.contains("compact --full"), "{told}");
    }
    assert_eq!((folder.ledger_state().1, index()), (1, before.clone()), "what tells of it is there still");
    // A watching compactor says so, and goes on once it is back.
    let (stop, failed) = (std::sync::atomic::AtomicBool::new(false), std::sync::Mutex::new(String::new()));
    let watching = folder.desk();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut told = |outcome: chahao::Result<_>| {
                outcome.err().into_iter().for_each(|error| *failed.lock().unwrap() = error.to_string());
            };
            watching.watch(&|| stop.load(std::sync::atomic::Ordering::Acquire), &mut told).unwrap();
        });
        let missed = until(|| failed.lock().unwrap().contains("the index stands for seq 2"));
        put("whole.db");
        folder.import(&folder.desk(), &add("A3", "三店", 1.0));
        let goes_on = until(|| folder.desk().current().is_some_and(|current| current.seq == 3));
        stop.store(true, std::sync::atomic::Ordering::Release);
        assert!(missed && goes_on, "{failed:?}");
    });
    // Who wants the older one says so.
    put("copy.db");
    folder.ends(4, &["compact"]);
    folder.ends(0, &["compact", "--full"]);
    assert_eq!(desk.verify().unwrap().damage, Vec::<String>::new());
}

/// A restore gives batches up on purpose: the index goes back with the ledger, whatever was there before.
#[test]
fn an_index_goes_back_with_a_ledger_that_was_restored() {
    for (twice, gone) in [(false, false), (true, false), (false, true)] {
        let folder = Folder::new();
        let desk = folder.load(&add("A1", "一店", 1.0));
        folder.ends(0, &["backup", "first.db"]);
        folder.import(&desk, &add("A2", "二店", 1.0));
        folder.ends(0, &["backup", "second.db"]);
        folder.import(&desk, &add("A3", "三店", 1.0));
        folder.ends(0, &["compact"]);
        // An index beside it, of another server, that is not as far.
        let other = folder.index();
        crate::desk_in_a_folder::copy_directory(&other, &folder.path("other"));
        folder.import(&desk, &add("A4", "四店", 1.0));
        if gone {
            std::fs::remove_file(folder.ledger()).unwrap();
            let _ = std::fs::remove_file(folder.path("ledger.db-wal"));
        }
        if twice {
            folder.ends(0, &["restore", "second.db", "--replace"]);
        }
        let told = folder.ends(0, &["restore", "first.db", "--replace"]);
        assert!(told.contains("the index stands for seq 3"), "{told}");
        assert!(folder.ends(0, &["compact"]).contains("index at seq 1"), "twice: {twice}");
        folder.ends(0, &["compact", "--index", folder.path("other").to_str().unwrap()]);
        assert_eq!(folder.desk().verify().unwrap().damage, Vec::<String>::new());
        // What is appended to it now is acknowledged anew, and missed where it is lost.
        folder.import(&folder.desk(), &add("B2", "别店", 1.0));
        folder.ends(0, &["compact"]);
        std::fs::copy(folder.path("first.db"), folder.ledger()).unwrap();
        assert!(folder.ends(4, &["compact"]).contains("the index stands for seq 2"));
    }
}

/// Where a file system knows no hard links a backup was made, checked, and thrown away.
#[test]
fn a_backup_takes_its_name_where_there_are_no_links() {
    let folder = Folder::new();
    folder.import(&folder.desk(), &add("A1", "一店", 1.0));
    let not_permitted = 1;
    let (output, links, _) = crate::faults::run(&folder, &["backup", "copy.db"], ("link", not_permitted, false), 1);
    assert!(output.status.success() && links == 1, "{}", crate::desk_in_a_folder::told(&output));
    assert_eq!(Ledger::open(&folder.path("copy.db")).unwrap().verify().unwrap().batches, 1);
    let (output, ..) = crate::faults::run(&folder, &["backup", "copy.db"], ("link", not_permitted, false), 1);
    assert_eq!(output.status.code(), Some(2), "what is there stays");
}

/// An undo, folded away between what it undid and itself, was undone: numbers that had been given up were forgotten.
#[test]
fn an_undo_is_not_undone_where_what_it_took_back_is_folded() {
    let folder = Folder::new();
    let shop = json!({"id": "A", "name": "甲", "phones": ["020-85550001"]}).to_string();
    folder.import(&folder.desk(), &(shop + "\n" + &add("B", "乙", 1.0)));
    folder.import(&folder.desk(), "{\"op\":\"delete\",\"id\":\"A\"}\n");
    let run = |change: &str| rusqlite::Connection::open(folder.ledger()).unwrap().execute_batch(change).unwrap();
    run("UPDATE batch SET day = date(day, '-9 days')");
    folder.ends(0, &["verify", "--repair"]);
    folder.ends(0, &["undo", "2"]);
    folder.ends(0, &["undo", "3", "--dry-run"]);
    folder.ends(0, &["fold", "--keep-days", "1", "--reason", "a test", "--by", "Ann"]);
    let told = folder.ends(3, &["undo", "3"]);
    assert!(told.contains("it takes batch 2 back") && told.contains("folded up to batch 2"), "{told}");
    assert_eq!(Ledger::open(&folder.ledger()).unwrap().verify().unwrap().damage, Vec::<String>::new());
}
