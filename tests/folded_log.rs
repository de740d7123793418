//! The log is folded after years: what stands, what verifies and what an index is told stays the same.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use jiff::civil::{Date, date};
use proptest::prelude::*;
use rand::SeedableRng;
use rand_pcg::Pcg64Mcg;
use serde_json::Value;

use chahao::compactor::Built;
use chahao::desk::{Desk, ExportFormat};
use chahao::ledger::{Ledger, Signature, UndoOptions};
use chahao::progress::Silent;

use crate::batch_model::Model;
use crate::desk_in_a_folder::{Folder, add};
use crate::regression_office::until;

fn day(n: u64) -> Date {
    date(2026, 1, 1).checked_add(jiff::Span::new().days(n as i64)).unwrap()
}

/// Gives batch n the n-th day, and what it gave up too.
fn spread(folder: &Folder) {
    let connection = rusqlite::Connection::open(folder.ledger()).unwrap();
    connection.execute("UPDATE batch SET day = date('2026-01-01', '+' || n || ' days')", []).unwrap();
    Ledger::open(&folder.ledger()).unwrap().rebuild_derived().unwrap();
}

fn exported(desk: &Desk) -> String {
    let mut out = Vec::new();
    desk.export(ExportFormat::Ndjson, true, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// What stands once every change after `seq` is done to `from`.
fn replay(folder: &Folder, seq: u64, mut from: BTreeMap<String, Value>) -> BTreeMap<String, Value> {
    let mut ledger = Ledger::open(&folder.ledger()).unwrap();
    let each = |change: chahao::ledger::ChangeRecord| {
        match change.after {
            Some(image) => drop(from.insert(change.id, serde_json::to_value(image).unwrap())),
            None => drop(from.remove(&change.id)),
        }
        Ok(())
    };
    ledger.snapshot().unwrap().each_change_after(seq, u64::from(u32::MAX), each).unwrap();
    from
}

fn fold(folder: &Folder, n: u64) -> chahao::ledger::Folding {
    let signature = Signature::new("Ann", "a test").unwrap();
    Ledger::open(&folder.ledger()).unwrap().fold(day(n), Some(signature), false).unwrap()
}

fn damage(folder: &Folder) -> Vec<String> {
    Ledger::open(&folder.ledger()).unwrap().verify().unwrap().damage
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn replaying_what_is_left_gives_what_replaying_all_gave(seed in any::<u64>(), batches in 2..7_u64, folded in 1..8_u64, again in 1..9_u64) {
        let folder = Folder::new();
        let desk = folder.desk();
        let mut dice = Pcg64Mcg::seed_from_u64(seed);
        let mut model = Model::new(seed % 1_000);
        let mut followed = (0, BTreeMap::new());
        for n in 1..=batches {
            let batch = model.batch((8, if n > 1 { 12 } else { 0 }, if n > 1 { 5 } else { 0 }), &mut dice);
            folder.import(&desk, &batch.rows);
            model = batch.after;
            if n == batches / 2 {
                followed = (model.seq, replay(&folder, 0, BTreeMap::new()));
                desk.compact(false, &mut Silent).unwrap();
            }
        }
        spread(&folder);
        let (all, export) = (replay(&folder, 0, BTreeMap::new()), exported(&desk));
        fold(&folder, folded);
        prop_assert_eq!(damage(&folder), Vec::<String>::new());
        fold(&folder, again);
        prop_assert_eq!(damage(&folder), Vec::<String>::new());
        prop_assert!(replay(&folder, 0, BTreeMap::new()) == all, "from nothing");
        prop_assert!(replay(&folder, followed.0, followed.1) == all, "from where a follower was");
        prop_assert!(exported(&desk) == export);
        let more = model.batch((3, 5, 2), &mut dice);
        folder.import(&desk, &more.rows);
        desk.compact(false, &mut Silent).unwrap();
        prop_assert_eq!(desk.verify().unwrap().damage, Vec::<String>::new());
        desk.compact(true, &mut Silent).unwrap();
        prop_assert_eq!(desk.verify().unwrap().damage, Vec::<String>::new());
    }
}

/// Three batches about A1 and A2, the first two folded.
fn folded() -> Folder {
    let folder = Folder::new();
    let desk = folder.desk();
    folder.import(&desk, &(add("A1", "一店", 1.0) + &add("A2", "二店", 1.0) + &add("A3", "三店", 1.0)));
    folder.import(&desk, "{\"op\":\"change\",\"id\":\"A1\",\"name\":\"新店\"}\n{\"op\":\"delete\",\"id\":\"A3\"}\n");
    folder.import(&desk, "{\"op\":\"change\",\"id\":\"A2\",\"name\":\"后店\"}\n");
    spread(&folder);
    let folding = fold(&folder, 3);
    // A1 and A3 as they were added went, and A2, which batch 3 changed.
    assert_eq!((folding.batch, folding.dropped, folding.kept, folding.checkpoint), (2, 3, 2, Some(4)));
    folder
}

#[test]
fn a_folded_log_tells_what_it_does_not_know_any_more() {
    let folder = folded();
    let desk = folder.desk();
    assert!(desk.undo(2, &UndoOptions::default()).unwrap_err().to_string().contains("folded up to batch 2"));
    let told = folder.ends(3, &["digest", "--since", "2026-01-01", "--until", "2026-01-05"]);
    assert!(told.contains("folded up to batch 2"), "{told}");
    assert!(folder.prints(0, &["digest", "--since", "2026-01-04", "--until", "2026-01-04"]).contains("二店 → 后店"));
    desk.undo(3, &UndoOptions::default()).unwrap();
    assert!(exported(&desk).contains("二店"));
    assert!(desk.undo(4, &UndoOptions::default()).unwrap_err().to_string().contains("nothing of batch 4"));
    assert_eq!(damage(&folder), Vec::<String>::new());
    assert_eq!(
        folder.prints(0, &["fold", "--keep-days", "0", "--dry-run"]),
        "1 changes up to batch 3 would go, 2 stay\n"
    );
    assert_eq!(folder.prints(0, &["fold", "--keep-days", "36000"]), "nothing to fold\n");
    assert!(folder.prints(0, &["batches", "4", "--json"]).contains(r#""by":"Ann""#));
}

#[test]
fn what_is_altered_in_a_folded_log_shows() {
    for (harm, what) in [
        ("UPDATE change SET after = replace(after, '新店', '假店') WHERE listing = 'A1'", "batches up to 2"),
        ("DELETE FROM change WHERE listing = 'A3'", "batches up to 2"),
        ("UPDATE change SET after = replace(after, '后店', '假店') WHERE listing = 'A2'", "batch 3"),
        ("UPDATE batch SET about = replace(about, 'Ann', 'Eve') WHERE n = 4", "batch 4"),
        ("UPDATE batch SET about = replace(about, '\"kept\":2', '\"kept\":3') WHERE n = 4", "batch 4"),
        ("UPDATE batch SET added = added + 1, source = 'x', changes = zeroblob(32) WHERE n = 1", "batch 1"),
        ("DELETE FROM batch WHERE n = 4", "batch 1"),
    ] {
        let folder = folded();
        rusqlite::Connection::open(folder.ledger()).unwrap().execute(harm, []).unwrap();
        let damage = damage(&folder);
        assert!(damage.iter().any(|finding| finding.contains(what)), "{harm}: {damage:?}");
        let error = Ledger::open(&folder.ledger()).unwrap().fold(day(9), None, false).unwrap_err();
        assert!(error.is_damaged(), "a damaged ledger is not folded: {error}");
    }
}

#[test]
fn an_index_from_before_a_fold_is_kept_and_watched_quietly() {
    let folder = Folder::new();
    let desk = folder.desk();
    folder.import(&desk, &add("A1", "一店", 1.0));
    folder.import(&desk, "{\"op\":\"change\",\"id\":\"A1\",\"name\":\"新店\"}\n");
    desk.compact(false, &mut Silent).unwrap();
    spread(&folder);
    assert_eq!(fold(&folder, 9).checkpoint, Some(3));
    assert_eq!(desk.compact(false, &mut Silent).unwrap().built, Built::Nothing);
    assert_eq!(desk.lag_batches().unwrap(), 0);
    let runs = std::sync::atomic::AtomicUsize::new(0);
    let until = std::time::Instant::now() + std::time::Duration::from_millis(600);
    let mut count = |_| {
        runs.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    };
    desk.watch(&|| std::time::Instant::now() > until, &mut count).unwrap();
    assert_eq!(runs.into_inner(), 1, "nothing to do is done once");
    let status = desk.compactor_status().unwrap();
    assert_eq!((status.seq, status.ledger_seq, status.lag_batches, status.last_error), (2, 2, 0, None));
}

/// A desk that runs for years kept every change for ever, unless somebody thought of folding.
#[test]
fn a_watching_compactor_folds_at_a_quiet_moment_where_it_was_asked_to() {
    let folder = Folder::new();
    let desk = folder.load(&add("A1", "一店", 1.0));
    for name in ["二店", "三店", "四店"] {
        folder.import(&desk, &format!("{{\"op\":\"change\",\"id\":\"A1\",\"name\":\"{name}\"}}\n"));
    }
    desk.compact(false, &mut Silent).unwrap();
    let connection = rusqlite::Connection::open(folder.ledger()).unwrap();
    let came = |when: &str| connection.execute("UPDATE batch SET day = '2026-01-01', received = ?1", [when]).unwrap();
    let batches = || folder.ledger_state().1;
    let watched_by = |desk: Desk| {
        let until = Instant::now() + Duration::from_millis(500);
        desk.watch(&|| Instant::now() > until, &mut |outcome| assert!(outcome.is_ok(), "{outcome:?}")).unwrap();
        batches()
    };
    came("2026-01-01T08:00:00Z");
    assert_eq!(watched_by(folder.desk()), 4, "nobody asked for it");
    let asked = || folder.desk().with_fold_after(Some(30));
    came(&jiff::Timestamp::now().to_string());
    assert_eq!(watched_by(asked()), 4, "a batch came just now");
    // A clock that was set back.
    came("2999-01-01T08:00:00Z");
    let later = folder.path("later.db");
    connection.execute("VACUUM INTO ?1", [later.to_str().unwrap()]).unwrap();
    let set_back = Desk::new(&later, &folder.index()).with_fold_after(Some(30));
    watched_by(set_back);
    let folded = "SELECT count(*) FROM batch WHERE feed = 'chahao:fold'";
    let folds: u64 = rusqlite::Connection::open(&later).unwrap().query_row(folded, [], |row| row.get(0)).unwrap();
    assert_eq!(folds, 1, "how long ago it came is not known");
    came("2026-01-01T08:00:00Z");
    let writes = rusqlite::Connection::open(folder.ledger()).unwrap();
    writes.execute_batch("BEGIN IMMEDIATE").unwrap();
    let begun = Instant::now();
    assert_eq!(watched_by(asked()), 4, "a batch is on its way");
    assert!(begun.elapsed() < Duration::from_secs(5), "and it waits for nobody");
    writes.execute_batch("ROLLBACK").unwrap();
    drop((connection, writes));
    let mut command = folder.command(&["compact", "--watch", "--fold-after", "30"]);
    let mut watching = command.stdout(std::process::Stdio::null()).spawn().unwrap();
    let told = || folder.prints(0, &["compact", "--status"]);
    assert!(until(|| batches() == 5 && told().contains("folded the log up to batch 4, 3 changes went")), "{}", told());
    watching.kill().unwrap();
    watching.wait().unwrap();
    assert_eq!(desk.compactor_status().unwrap().folded.unwrap().batch, 4);
    assert_eq!(damage(&folder), Vec::<String>::new());
    assert!(folder.prints(0, &["batches"]).contains("as --fold-after asks"));
    assert_eq!(watched_by(asked()), 5, "there is nothing more to fold");
}
