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
    let error = desk.compact(false, &mut Silent).unwrap_err();
    assert!(error.is_damaged() && error.to_string().contains("restore the ledger"), "{error}");
    assert_eq!(crate::desk_in_a_folder::ids(&folder.desk(), "酒家"), ["A1"], "what was there serves on");
    desk.compact(true, &mut Silent).unwrap();
    assert!(desk.generation().unwrap().is_empty());
}
