//! What the ledger is asked for: its batches, a listing's history, the digest, copies of itself. None of it tells a
//! number that may not be given out.

use serde_json::Value;

use chahao::desk::Desk;
use chahao::ledger::Ledger;
use chahao::progress::Silent;

use crate::desk_in_a_folder::{Folder, add, files_under, generated, ids};

/// Two batches of which the second is of another day; `A9` and `A8` are withheld, the one always, the other since.
fn told_of() -> Folder {
    let folder = Folder::new();
    let desk = folder.desk();
    folder.import(
        &desk,
        r#"{"id":"A1","name":"<b>好&店</b>","category":"餐饮","locality":"荔湾区","phones":["020-81380388"]}
{"id":"A2","name":"旧店","category":"购物","phones":["020-81380389"]}
{"id":"A3","name":"第一医院","category":"医疗","phones":["020-28823388"]}
{"id":"A8","name":"后隐店","phones":["020-80245918"]}
{"id":"A9","name":"隐名诊所","phones":["020-80245919"],"status":"non_published"}
"#,
    );
    folder.import(
        &desk,
        r#"{"op":"change","id":"A1","phones":["020-81380390"],"note":"x"}
{"op":"delete","id":"A2"}
{"op":"change","id":"A3","popularity":5}
{"op":"change","id":"A3","popularity":0}
{"op":"change","id":"A8","status":"non_published"}
{"op":"change","id":"A9","phones":["020-80245917"]}
{"id":"B1","name":"仇记<script>行","aliases":["=老仇"],"category":"餐饮","phones":["020-81380391"]}
{"id":"B2","name":"急诊科","parent":"A3","category":"医疗","phones":["+852 28823388"]}
{"id":"B9","name":"隐店","phones":["020-80245916"],"status":"non_published"}
"#,
    );
    days(&folder);
    folder
}

/// Gives the two batches days of their own.
fn days(folder: &Folder) {
    let connection = rusqlite::Connection::open(folder.ledger()).unwrap();
    connection.execute("UPDATE batch SET day = '2026-11-0' || n", []).unwrap();
}

const WITHHELD: [&str; 4] = ["80245918", "80245919", "80245917", "80245916"];

fn tells_no_withheld_number(text: &str) {
    for number in WITHHELD {
        assert!(!text.contains(number), "{number} in {text}");
    }
}

#[test]
fn the_digest_tells_what_a_stretch_of_days_did_the_same_each_time() {
    let folder = told_of();
    let ask = |format: &str| {
        folder.prints(0, &["digest", "--since", "2026-11-02", "--until", "2026-11-09", "--format", format])
    };
    for (format, texts) in [
        (
            "text",
            &[
                "3 new, 2 changed, 1 deleted",
                "仇记<script>行 (B1)  020-81380391",
                "phones: 020-81380388 → 020-81380390",
                "旧店 (A2)",
                "急诊科 (B2)",
                "under A3",
                "qiu",
                "= =老仇",
            ][..],
        ),
        ("csv", &["new,B1,餐饮,,仇记<script>行,'=老仇,020-81380391", "deleted,A2,购物", "tricky,B1"]),
        (
            "html",
            &[
                "<h3><bdi>餐饮</bdi> (1)</h3>",
                "仇记&lt;script&gt;行",
                "&lt;b&gt;好&amp;店&lt;/b&gt;",
                "<del><bdi>020-81380388</bdi></del>",
                "Content-Security-Policy",
            ],
        ),
    ] {
        let digest = ask(format);
        for text in texts {
            assert!(digest.contains(text), "{format}: {text:?} is not in {digest}");
        }
        tells_no_withheld_number(&digest);
        assert!(!digest.contains("<script>行") || format != "html", "{digest}");
        assert!(!digest.contains("第一医院"), "what ends as it began is no change: {digest}");
        assert_eq!(digest, ask(format), "the same bytes");
        // What comes after the days does not change what they were.
        assert!(digest.contains("A8"), "that it is withheld now is told: {digest}");
    }
    let before = ask("html");
    folder.import(&folder.desk(), &add("C1", "后来", 1.0));
    assert_eq!(ask("html"), before);
    assert!(folder.ends(0, &["digest", "--since", "2020-01-01", "--until", "2020-02-01"]).contains("no batch"));
    folder.ends(2, &["digest", "--since", "2026-11-02", "--until", "2026-11-01"]);
}

#[test]
fn a_listing_has_its_history_and_a_batch_its_record() {
    let folder = told_of();
    let history = folder.prints(0, &["history", "A1"]);
    assert!(history.contains("seq 1, batch 1: add") && history.contains("seq 6, batch 2: change"), "{history}");
    assert!(history.contains("- phones") && history.contains("+ note: \"x\""), "{history}");
    for id in ["A8", "A9", "B9"] {
        let (text, json) = (folder.prints(0, &["history", id]), folder.prints(0, &["history", id, "--json"]));
        tells_no_withheld_number(&text);
        tells_no_withheld_number(&json);
        assert!(json.contains("\"op\":\"add\""), "{json}");
    }
    assert!(folder.prints(0, &["history", "A2"]).contains("seq 7, batch 2: delete"));
    assert!(folder.ends(1, &["history", "NONE"]).contains("never a listing"));
    // Published again under another number: that one is shown, and not those from before.
    folder.import(
        &folder.desk(),
        "{\"op\":\"change\",\"id\":\"A8\",\"status\":\"listed\",\"phones\":[\"020-81380395\"]}\n",
    );
    let again = folder.prints(0, &["history", "A8", "--json"]);
    tells_no_withheld_number(&again);
    assert!(again.contains("81380395"), "{again}");
    let batches = folder.prints(0, &["batches"]);
    assert!(
        batches.contains("2: 2026-11-02 main #2") && batches.contains("3 added, 5 changed, 1 deleted"),
        "{batches}"
    );
    let one: Value = serde_json::from_str(&folder.prints(0, &["batches", "2", "--json"])).unwrap();
    assert_eq!((&one["seq_before"], &one["seq"], &one["day"]), (&5.into(), &14.into(), &"2026-11-02".into()));
    assert!(folder.ends(1, &["batches", "9"]).contains("there is no batch 9"));
    folder.ends(0, &["undo", "3", "--reason", "not yet", "--by", "Ann"]);
    assert!(folder.prints(0, &["batches", "--after", "3"]).contains("by Ann: not yet"));
}

/// Stops a watching thread, also where the test fails.
struct StopAtEnd<'s>(&'s std::sync::atomic::AtomicBool);

impl Drop for StopAtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, std::sync::atomic::Ordering::Release);
    }
}

fn whole(desk: &Desk) {
    assert_eq!(desk.verify().unwrap().damage, Vec::<String>::new());
}

#[test]
fn a_backup_is_made_while_the_ledger_is_written_and_put_back_whole() {
    let folder = Folder::new();
    let desk = folder.load(&generated(2_000, 3));
    let writing = std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for n in 0..20 {
                folder.import(&folder.desk(), &add(&format!("W{n}"), "同时", 1.0));
            }
        });
        let mut made = 0;
        while !writer.is_finished() || made == 0 {
            let copy = folder.path(&format!("copy-{made}.db"));
            let findings = desk.backup(&copy).unwrap();
            assert!(findings.damage.is_empty());
            assert_eq!(findings.seq, Ledger::open(&copy).unwrap().seq().unwrap());
            made += 1;
        }
        made
    });
    assert!(writing > 0);
    assert!(folder.ends(2, &["backup", "copy-0.db"]).contains("exists already"));
    let left = files_under(&folder.path("."));
    assert!(!left.iter().any(|path| path.to_string_lossy().contains("chahao-backup")), "{left:?}");
    let seq = Ledger::open(&folder.path("copy-0.db")).unwrap().seq().unwrap();
    assert!(folder.ends(3, &["restore", "copy-0.db"]).contains("--replace"));
    folder.ends(0, &["restore", "copy-0.db", "--replace"]);
    assert_eq!(folder.ledger_state().0, seq);
    desk.compact(false, &mut Silent).unwrap();
    whole(&desk);
    folder.write("torn.db", &std::fs::read(folder.path("copy-0.db")).unwrap()[..50_000]);
    folder.ends(4, &["restore", "torn.db", "--replace"]);
    assert_eq!(folder.ledger_state().0, seq, "a copy that is damaged is not put back");
    assert!(folder.ends(1, &["restore", "none.db"]).contains("there is no backup"));
}

#[test]
fn a_watching_desk_notices_that_another_ledger_with_the_same_seq_took_the_place() {
    let (folder, other) = (Folder::new(), Folder::new());
    folder.import(&folder.desk(), &add("A1", "一店", 1.0));
    other.import(&other.desk(), &add("B1", "别店", 1.0));
    other.desk().backup(&folder.path("other.db")).unwrap();
    let desk = folder.desk();
    let stop = std::sync::atomic::AtomicBool::new(false);
    let until = |name: &str| {
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
        loop {
            let found = desk.current().is_some() && !ids(&desk, name).is_empty();
            if found || std::time::Instant::now() > deadline {
                return found;
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    };
    let desk_ref = &desk;
    let failed = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        let mut told = |outcome: chahao::Result<_>| failed.lock().unwrap().extend(outcome.err().map(|e| e.to_string()));
        scope.spawn({
            let stop = &stop;
            move || desk_ref.watch(&|| stop.load(std::sync::atomic::Ordering::Acquire), &mut told)
        });
        let _stopped = StopAtEnd(&stop);
        assert!(until("一店"));
        folder.ends(0, &["restore", "other.db", "--replace"]);
        assert!(until("别店"), "restored in place: {:?}", failed.lock().unwrap());
        // And where the file itself is another one.
        let third = Folder::new();
        third.import(&third.desk(), &add("C1", "三店", 1.0));
        third.desk().backup(&folder.path("third.db")).unwrap();
        for name in ["ledger.db-wal", "ledger.db-shm"] {
            let _ = std::fs::remove_file(folder.path(name));
        }
        std::fs::rename(folder.path("third.db"), folder.ledger()).unwrap();
        assert!(until("三店"), "replaced by another file: {:?}", failed.lock().unwrap());
        assert_eq!(desk.lag_batches().unwrap(), 0);
    });
}

#[test]
fn what_a_killed_backup_left_is_swept_and_what_another_works_in_is_not() {
    let folder = Folder::new();
    folder.import(&folder.desk(), &add("A1", "一店", 1.0));
    for name in
        [".chahao-backup-left", ".chahao-restore-left", ".chahao-backup-busy", ".chahao-backup-new", "backup-mine"]
    {
        std::fs::create_dir(folder.path(name)).unwrap();
        std::fs::write(folder.path(name).join("ledger"), "half").unwrap();
    }
    let lock = |name: &str| std::fs::File::create(folder.path(name).join("LOCK")).unwrap();
    drop((lock(".chahao-backup-left"), lock(".chahao-restore-left")));
    let busy = lock(".chahao-backup-busy");
    busy.lock().unwrap();
    folder.ends(0, &["backup", "copy.db"]);
    let there = |name: &str| folder.path(name).exists();
    assert!(!there(".chahao-backup-left") && !there(".chahao-restore-left"));
    assert!(there(".chahao-backup-busy") && there(".chahao-backup-new") && there("backup-mine"));
    drop(busy);
    folder.ends(0, &["restore", "copy.db", "--replace"]);
    assert!(!there(".chahao-backup-busy") && there(".chahao-backup-new"));
}
