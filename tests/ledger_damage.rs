//! A disk that flips a byte of the ledger, or a copy that was cut short: it is told, with what is still good, or it did no
//! harm to any listing; never a panic, and never an index built of it unnoticed.

use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

use chahao::desk::{Desk, ExportFormat};
use chahao::ledger::Ledger;
use chahao::progress::Silent;

use crate::batch_model::Model;
use crate::desk_in_a_folder::{Folder, add};

/// Flips tried when nothing else is asked for; `CHAHAO_TEST_FLIPS=all` tries every byte.
const FLIPS: usize = 400;

/// A ledger of three batches in one file, and all it holds.
fn ledger() -> (Folder, String) {
    let folder = Folder::new();
    let desk = folder.desk();
    let mut dice = Pcg64Mcg::seed_from_u64(9);
    let mut model = Model::new(9);
    for rows in [(30, 0, 0), (5, 9, 4), (3, 6, 3)] {
        let batch = model.batch(rows, &mut dice);
        folder.import(&desk, &batch.rows);
        model = batch.after;
    }
    folder.import(&desk, "{\"op\":\"add\",\"kind\":\"reading\",\"word\":\"石碁\",\"reading\":\"shi ji\"}\n");
    drop(desk);
    assert!(!folder.path("ledger.db-wal").exists(), "all of it is in the file");
    let export = exported(&folder.desk()).unwrap();
    (folder, export)
}

fn exported(desk: &Desk) -> chahao::Result<String> {
    let mut out = Vec::new();
    desk.export(ExportFormat::Ndjson, true, &mut out)?;
    Ok(String::from_utf8(out).unwrap())
}

/// Whether damage is told; where it is not, everything must be there.
fn is_told(folder: &Folder, what: &str, export: &str) -> bool {
    let findings = match Ledger::open(&folder.ledger()).and_then(|mut ledger| ledger.verify()) {
        Ok(findings) => findings,
        Err(error) => {
            assert!(
                error.is_damaged() || error.is_refused() || error.to_string().contains("ledger"),
                "{what}: {error:?}"
            );
            return true;
        }
    };
    if !findings.damage.is_empty() {
        assert!(findings.sound_batch <= 4 && findings.sound_seq <= 70, "{what}: {findings:?}");
        return true;
    }
    assert_eq!(exported(&folder.desk()).unwrap(), export, "{what} is not told");
    false
}

#[test]
fn a_flipped_byte_of_the_ledger_is_told_or_harms_no_listing() {
    let (folder, export) = ledger();
    let whole = std::fs::read(folder.ledger()).unwrap();
    let all = std::env::var("CHAHAO_TEST_FLIPS").is_ok_and(|which| which == "all");
    let mut dice = Pcg64Mcg::seed_from_u64(10);
    let places: Vec<usize> = match all {
        true => (0..whole.len()).collect(),
        // The header of the file and of its first page, byte by byte; then anywhere.
        false => (0..120).chain((0..FLIPS).map(|_| dice.random_range(0..whole.len()))).collect(),
    };
    let (mut told, tried) = (0, places.len());
    for place in places {
        let mut damaged = whole.clone();
        damaged[place] ^= dice.random_range(1..=255_u8);
        let copy = Folder::new();
        copy.write("ledger.db", &damaged);
        told += usize::from(is_told(&copy, &format!("a flip at {place} of {}", whole.len()), &export));
    }
    println!("{tried} flipped bytes of a ledger of {}: {told} told, the others did no harm to a listing", whole.len());
    assert!(told > tried / 5, "{told} of {tried}");
}

#[test]
fn a_ledger_that_was_cut_short_is_told() {
    let (folder, export) = ledger();
    let whole = std::fs::read(folder.ledger()).unwrap();
    for length in (1..24).map(|part| whole.len() * part / 24).chain([2, 16, 99, 100, 511, 4_096, whole.len() - 1]) {
        let copy = Folder::new();
        copy.write("ledger.db", &whole[..length]);
        assert!(is_told(&copy, &format!("cut to {length} of {}", whole.len()), &export), "cut to {length} is not told");
    }
}

#[test]
fn damage_is_told_with_the_batch_up_to_which_all_is_well() {
    let alter = |sql: &str| {
        let (folder, _) = ledger();
        rusqlite::Connection::open(folder.ledger()).unwrap().execute(sql, []).unwrap();
        folder.ends(4, &["verify"])
    };
    let told = alter("UPDATE change SET after = replace(after, '\"id\"', '\"ID\"') WHERE seq = 31");
    assert!(told.contains("up to batch 1, seq 30") && told.contains("batch 2"), "{told}");
    let told = alter("UPDATE change SET before = replace(before, '\"name\":\"', '\"name\":\"新') WHERE op = 'change'");
    assert!(told.contains("what it replaced of listing") && told.contains("is not what stood there"), "{told}");
    let told = alter("UPDATE batch SET added = added - 1, deleted = deleted + 1 WHERE n = 1");
    assert!(told.contains("by what batches added and deleted there are"), "{told}");
}

#[test]
fn an_emptied_ledger_empties_no_index() {
    let folder = Folder::new();
    let desk = folder.load(&add("A1", "广州酒家", 1.0));
    std::fs::write(folder.ledger(), b"").unwrap();
    assert!(desk.compact(true, &mut Silent).unwrap_err().is_not_found());
    drop(Ledger::open_or_create(&folder.ledger()).unwrap());
    let error = desk.compact(false, &mut Silent).unwrap_err();
    assert!(error.is_damaged() && error.to_string().contains("restore the ledger"), "{error}");
    assert_eq!(crate::desk_in_a_folder::ids(&folder.desk(), "酒家"), ["A1"], "what was there serves on");
    desk.compact(true, &mut Silent).unwrap();
    assert!(desk.generation().unwrap().is_empty());
}

/// A ledger with two feeds' batches that wait, and one that went in.
fn waiting() -> Folder {
    let folder = Folder::new();
    folder.import(&folder.desk(), &add("A1", "一店", 1.0));
    for (feed, id) in [("weekly", "W1"), ("other", "O1")] {
        let header = serde_json::json!({"feed": feed, "effective": "9998-01-01"});
        let row = serde_json::json!({"id": id, "name": "新店", "phones": ["020-81234567"]});
        folder.write("batch.ndjson", format!("{header}\n{row}\n"));
        folder.ends(0, &["import", "batch.ndjson"]);
    }
    folder
}

#[test]
fn a_damaged_batch_that_waits_is_named_gives_out_nothing_and_holds_up_no_other_feed() {
    for damage in [
        "UPDATE waiting_part SET bytes = CAST(replace(bytes, CAST('81234567' AS BLOB), CAST('91234567' AS BLOB)) AS BLOB)
          WHERE waiting = 1",
        "UPDATE waiting_part SET bytes = substr(bytes, 1, length(bytes) - 9) WHERE waiting = 1",
        "DELETE FROM waiting_part WHERE waiting = 1",
        "UPDATE waiting SET hash = zeroblob(32) WHERE id = 1",
        "UPDATE waiting SET options = '{' WHERE id = 1",
    ] {
        let folder = waiting();
        let connection = rusqlite::Connection::open(folder.ledger()).unwrap();
        assert_eq!(connection.execute(damage, []).unwrap(), 1);
        let found = Ledger::open(&folder.ledger()).unwrap().verify().unwrap().damage;
        assert_eq!(found.len(), 1, "{damage}: {found:?}");
        assert!(found[0].contains("batch 1, weekly #1") && found[0].contains("--withdraw 1"), "{found:?}");
        folder.ends(4, &["verify"]);
        connection.execute("UPDATE waiting SET until = date('now', '-2 days')", []).unwrap();
        drop(connection);
        folder.write("next.ndjson", add("N1", "下店", 1.0));
        let told = folder.ends(0, &["import", "next.ndjson", "--feed", "third"]);
        assert!(told.contains("refused") && told.contains("is damaged") && told.contains("--withdraw 1"), "{told}");
        folder.ends(0, &["compact"]);
        assert_eq!(crate::desk_in_a_folder::ids(&folder.desk(), "店"), ["A1", "N1", "O1"], "{damage}");
        assert!(folder.ends(4, &["waiting", "--release", "1", "--reason", "now"]).contains("is damaged"));
        folder.ends(0, &["waiting", "--withdraw", "1"]);
        assert_eq!(folder.desk().verify().unwrap().damage, Vec::<String>::new());
    }
}

#[test]
fn what_is_remembered_beside_the_log_is_checked_as_far_as_it_can_be() {
    let folder = Folder::new();
    folder.write("batch.csv", "编号,name,phone\nA1,一店,020-81234567\n");
    folder.ends(0, &["import", "batch.csv", "--map", "编号=id"]);
    folder.import(&folder.desk(), "{\"op\":\"change\",\"id\":\"A1\",\"phones\":[\"020-81234568\"]}\n");
    for (damage, finding) in [
        ("UPDATE given_up SET listing = 'B1'", "a number that listing B1 gave up"),
        ("UPDATE given_up SET day = '2026-02-31'", "a number that listing A1 gave up"),
        ("UPDATE feed_column SET field = 'nome'", "remembered as nome"),
    ] {
        let ledger = Ledger::open(&folder.ledger()).unwrap();
        assert_eq!(folder.desk().verify().unwrap().damage, Vec::<String>::new());
        let copy = Folder::new();
        ledger.backup(&copy.ledger()).unwrap();
        assert_eq!(rusqlite::Connection::open(copy.ledger()).unwrap().execute(damage, []).unwrap(), 1);
        let found = Ledger::open(&copy.ledger()).unwrap().verify().unwrap().damage;
        assert!(found.first().is_some_and(|found| found.contains(finding)), "{damage}: {found:?}");
    }
}

/// A ledger whose second batch is in its log alone, an index that stands for it, and what either ledger holds.
fn in_the_log_alone() -> (Folder, [String; 2]) {
    let (folder, copy) = (Folder::new(), Folder::new());
    let mut dice = Pcg64Mcg::seed_from_u64(11);
    let first = Model::new(11).batch((30, 0, 0), &mut dice);
    let second = first.after.batch((5, 9, 4), &mut dice);
    folder.import(&folder.desk(), &first.rows);
    let before = exported(&folder.desk()).unwrap();
    // Whoever has it open keeps the log.
    let _open = Ledger::open(&folder.ledger()).unwrap();
    folder.load(&second.rows);
    let after = exported(&folder.desk()).unwrap();
    crate::desk_in_a_folder::copy_directory(&folder.index(), &copy.index());
    for name in ["ledger.db", "ledger.db-wal"] {
        std::fs::copy(folder.path(name), copy.path(name)).unwrap();
    }
    (copy, [before, after])
}

/// A log is read as far as it is whole: what is behind that was acknowledged, and the index tells that it is gone.
#[test]
fn what_a_damaged_log_loses_is_missed() {
    let (folder, [before, after]) = in_the_log_alone();
    let (ledger, log) = (std::fs::read(folder.ledger()).unwrap(), std::fs::read(folder.path("ledger.db-wal")).unwrap());
    let all = std::env::var("CHAHAO_TEST_FLIPS").is_ok_and(|which| which == "all");
    let mut dice = Pcg64Mcg::seed_from_u64(13);
    let cuts = [0, 1, 31, 32, 33, 32 + 24 + 4096, log.len() / 2, log.len() - 1].map(|length| (length, None));
    let flips = if all { log.len() } else { 150 };
    let flips = (0..flips).map(|n| if all { n } else { dice.random_range(0..log.len()) });
    let flips: Vec<_> = flips.map(|at| (log.len(), Some(at))).collect();
    let (mut missed, mut whole) = (0, 0);
    for (length, flip) in cuts.into_iter().chain(flips) {
        let what = format!("cut at {length}, flipped at {flip:?}");
        let mut damaged = log[..length].to_vec();
        flip.into_iter().for_each(|at| damaged[at] ^= 1 << dice.random_range(0..8));
        let _ = std::fs::remove_file(folder.path("ledger.db-shm"));
        std::fs::write(folder.ledger(), &ledger).unwrap();
        std::fs::write(folder.path("ledger.db-wal"), &damaged).unwrap();
        assert_eq!(Ledger::open(&folder.ledger()).unwrap().verify().unwrap().damage, Vec::<String>::new(), "{what}");
        let desk = folder.desk();
        let holds = exported(&desk).unwrap();
        let (damage, compacted) = (desk.verify().unwrap().damage, desk.compact(false, &mut Silent));
        if holds == after {
            whole += 1;
            assert!(damage.is_empty() && compacted.is_ok(), "{what}: {damage:?}, {compacted:?}");
            continue;
        }
        missed += 1;
        assert!(holds == before, "{what}: half a batch");
        assert!(damage.iter().any(|told| told.contains("the ledger ends at 30")), "{what}: {damage:?}");
        let told = compacted.unwrap_err();
        assert!(told.is_damaged() && told.to_string().contains("the index stands for seq"), "{what}: {told}");
    }
    println!("{} logs damaged: {missed} told, {whole} did no harm", missed + whole);
    assert!(missed > 50, "{missed} missed, {whole} whole");
}
