//! A bad batch went in, or the ledger drifted: undoing gives back what stood, a full file makes it so.

use proptest::prelude::*;
use rand::SeedableRng;
use rand_pcg::Pcg64Mcg;
use serde_json::Value;

use chahao::desk::{Desk, ExportFormat, ImportOptions};
use chahao::ledger::{Ledger, Limits, Signature, UndoOptions};
use chahao::progress::Silent;

use crate::batch_model::Model;
use crate::desk_in_a_folder::{Folder, add};

fn exported(desk: &Desk) -> String {
    let mut out = Vec::new();
    desk.export(ExportFormat::Ndjson, true, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn whole(desk: &Desk) {
    assert_eq!(desk.verify().unwrap().damage, Vec::<String>::new());
}

/// Listings A1 and A2 in batch 1; batch 2 changes A1 twice, deletes A2, adds A3 and a reading.
fn two_batches() -> Folder {
    let folder = Folder::new();
    let desk = folder.desk();
    folder.import(&desk, &(add("A1", "老店", 1.0) + &add("A2", "旧店", 2.0)));
    let rows = "{\"op\":\"change\",\"id\":\"A1\",\"name\":\"新店\"}\n{\"op\":\"change\",\"id\":\"A1\",\"note\":\"两次\"}\n\
                {\"op\":\"delete\",\"id\":\"A2\"}\n{\"id\":\"A3\",\"name\":\"三店\"}\n\
                {\"op\":\"add\",\"kind\":\"reading\",\"word\":\"石碁\",\"reading\":\"shi ji\"}\n";
    folder.import(&desk, rows);
    folder
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn undoing_a_batch_gives_back_what_stood_before_it(seed in any::<u64>(), adds in 0..30_usize, changes in 0..30_usize, deletes in 0..20_usize) {
        let folder = Folder::new();
        let desk = folder.desk();
        let mut dice = Pcg64Mcg::seed_from_u64(seed);
        let first = Model::new(seed % 1_000).batch((25, 0, 0), &mut dice);
        folder.import(&desk, &first.rows);
        let before = exported(&desk);
        let second = first.after.batch((adds, changes, deletes), &mut dice);
        prop_assume!(!second.rows.is_empty());
        folder.import(&desk, &second.rows);
        let after = exported(&desk);
        match desk.undo(2, &UndoOptions::default()) {
            Ok(report) => prop_assert_eq!(report.batch, Some(3)),
            // Every row of it happened to say what stood already.
            Err(error) => prop_assert!(error.to_string().contains("nothing of batch 2 is left"), "{error}"),
        }
        prop_assert!(exported(&desk) == before);
        desk.compact(false, &mut Silent).unwrap();
        whole(&desk);
        if before != after {
            desk.undo(3, &UndoOptions::default()).unwrap();
            prop_assert!(exported(&desk) == after, "an undo is undone like any batch");
        }
        whole(&desk);
    }

    #[test]
    fn a_full_file_makes_the_ledger_equal_to_it(seed in any::<u64>(), changes in 0..30_usize, deletes in 0..20_usize) {
        let (there, here) = (Folder::new(), Folder::new());
        let mut dice = Pcg64Mcg::seed_from_u64(seed);
        let first = Model::new(seed % 1_000).batch((25, 0, 0), &mut dice);
        let second = first.after.batch((5, changes, deletes), &mut dice);
        let desk = here.desk();
        for rows in [&first.rows, &second.rows] {
            there.import(&there.desk(), rows);
        }
        here.import(&desk, &first.rows);
        let before = exported(&desk);
        let full = exported(&there.desk());
        let path = here.write("full.ndjson", &full);
        let limits = Limits { churn_share_max: 1.0, ..Limits::default() };
        let options = ImportOptions { limits, reconcile: true, ..ImportOptions::default() };
        let dry = desk.import(&path, &ImportOptions { dry_run: true, ..options.clone() }, &mut Silent).unwrap().0;
        let report = desk.import(&path, &options, &mut Silent).unwrap().0;
        prop_assert_eq!((&dry.chain, dry.seq, dry.accepted, dry.batch), (&report.chain, report.seq, report.accepted, None));
        prop_assert!(exported(&desk) == full);
        let again = desk.import(&path, &options, &mut Silent).unwrap().0;
        prop_assert!(again.in_step && again.batch.is_none());
        whole(&desk);
        desk.undo(2, &UndoOptions::default()).unwrap();
        prop_assert!(exported(&desk) == before);
    }
}

#[test]
fn an_undo_takes_back_every_kind_of_row_and_tells_the_same_when_dry() {
    let folder = two_batches();
    let before = folder.ledger_state();
    let told = |arguments: &[&str]| -> Value { serde_json::from_str(&folder.prints(0, arguments)).unwrap() };
    let mut dry = told(&["undo", "2", "--dry-run", "--json"]);
    assert_eq!(folder.ledger_state(), before, "a dry run wrote something");
    let signed = told(&["undo", "2", "--reason", "the wrong week", "--by", "Ann", "--json", "--dry-run"]);
    assert_ne!(dry["chain"], signed["chain"], "who answers for it is part of the chain");
    let mut real = told(&["undo", "2", "--json"]);
    for report in [&mut dry, &mut real] {
        for differs in ["dry_run", "batch"] {
            report.as_object_mut().unwrap().remove(differs);
        }
    }
    assert_eq!(dry, real);
    assert_eq!(
        (&real["accepted"]["add"], &real["accepted"]["change"], &real["accepted"]["delete"]),
        (&1.into(), &2.into(), &1.into())
    );
    assert_eq!((&real["lexicon"]["delete"], &real["feed"]), (&1.into(), &"chahao:undo".into()));
    let told = folder.ends(3, &["undo", "2"]);
    assert!(told.contains("undone already, by batch 3"), "{told}");
    let told = folder.ends(0, &["import", "batch.ndjson"]);
    assert!(told.contains("already imported as batch 2, and undone by batch 3"), "{told}");
    folder.ends(0, &["undo", "3"]);
    let told = folder.ends(0, &["import", "batch.ndjson"]);
    assert!(told.contains("already imported as batch 2; nothing to do"), "{told}");
    assert!(folder.ends(1, &["undo", "9"]).contains("there is no batch 9"));
    whole(&folder.desk());
}

#[test]
fn what_a_later_batch_touched_is_undone_by_force_only() {
    let folder = two_batches();
    folder.write("later.ndjson", "{\"op\":\"change\",\"id\":\"A3\",\"name\":\"三家店\"}\n");
    folder.ends(0, &["import", "later.ndjson", "--max-churn", "100"]);
    let before = folder.ledger_state();
    let told = folder.ends(3, &["undo", "2"]);
    assert!(told.contains("A3 (batch 3)") && told.contains("--force"), "{told}");
    assert_eq!(folder.ledger_state(), before);
    folder.ends(2, &["undo", "2", "--force"]);
    folder.ends(0, &["undo", "2", "--force", "--reason", "all of it was wrong", "--by", "Ann"]);
    assert!(!exported(&folder.desk()).contains("三家店"));
    let about: String = rusqlite::Connection::open(folder.ledger())
        .unwrap()
        .query_row("SELECT about FROM batch WHERE n = 4", [], |row| row.get(0))
        .unwrap();
    assert_eq!(about, r#"{"by":"Ann","reason":"all of it was wrong","undoes":2}"#);
    whole(&folder.desk());
    rusqlite::Connection::open(folder.ledger())
        .unwrap()
        .execute("UPDATE batch SET about = replace(about, 'Ann', 'Eve') WHERE n = 4", [])
        .unwrap();
    let damage = Ledger::open(&folder.ledger()).unwrap().verify().unwrap().damage;
    assert!(
        damage.iter().any(|finding| finding.contains("batch 4")),
        "who answered for it is in the chain: {damage:?}"
    );
}

#[test]
fn a_rejected_row_of_a_full_file_deletes_nothing() {
    let folder = two_batches();
    let limits = Limits { reject_share_max: 1.0, churn_share_max: 1.0, ..Limits::default() };
    let options = ImportOptions { limits, reconcile: true, ..ImportOptions::default() };
    let bad = folder.write("full.csv", "id,name,phone,note\nA1,新店,,\nA3,三店,call us,\n");
    let report = folder.desk().import(&bad, &options, &mut Silent).unwrap().0;
    assert_eq!((report.rejected, report.accepted.delete, report.accepted.change), (1, 0, 1));
    assert!(exported(&folder.desk()).contains("三店"));
    let nameless = folder.write("full.csv", "id,name,phone\nA1,新店,\nA3;三店;\n");
    let error = folder.desk().import(&nameless, &options, &mut Silent).unwrap_err();
    assert!(error.is_refused() && error.to_string().contains("line 3"), "{error}");
    let partial = folder.write("full.csv", "id,name,phone\nA1,新店,\n");
    let strict = ImportOptions { limits: Limits::default(), ..options };
    let report = folder.desk().import(&partial, &strict, &mut Silent).unwrap().0;
    assert!(report.refused.unwrap().contains("--max-churn"));
    whole(&folder.desk());
}

#[test]
fn a_signature_is_one_line() {
    for (by, reason) in [("", "x"), ("x", " "), ("x", "a\nb"), ("x", &"r".repeat(501))] {
        assert!(Signature::new(by, reason).unwrap_err().is_usage());
    }
    assert_eq!(Signature::new(" Ann ", " it was right ").unwrap().by, "Ann");
}
