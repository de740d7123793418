//! Bugs that were found once, so that they do not come back.

use chahao::text::Folded;

use crate::desk_in_a_folder::{Folder, add, ids};

#[test]
fn a_simplified_character_outside_the_basic_plane_is_folded_too() {
    assert_eq!(Folded::new("禾輋").text(), Folded::new("禾𪨶").text());
}

#[test]
fn a_number_is_found_with_its_extension_typed() {
    let folder = Folder::new();
    let desk = folder.load(r#"{"id":"A1","name":"清水河县医院","phones":["0471-7913802-8090"]}"#);
    assert_eq!(ids(&desk, "0471-7913802-8090"), ["A1"]);
    assert_eq!(ids(&desk, "7913802"), ["A1"]);
}

#[test]
fn an_index_of_another_ledger_with_the_same_seq_is_rebuilt() {
    let folder = Folder::new();
    folder.load(&add("A1", "广州酒家", 1.0));
    for file in ["ledger.db", "ledger.db-wal", "ledger.db-shm"] {
        let _ = std::fs::remove_file(folder.path(file));
    }
    let desk = folder.desk();
    folder.import(&desk, &add("B1", "陶陶居", 1.0));
    assert!(!desk.verify().unwrap().damage.is_empty(), "the index was made from another ledger");
    desk.compact(false, &mut chahao::progress::Silent).unwrap();
    assert_eq!((ids(&desk, "陶陶居"), ids(&desk, "广州酒家")), (vec!["B1".to_owned()], vec![]));
    assert!(desk.verify().unwrap().damage.is_empty());
}

#[test]
fn a_batch_that_is_refused_for_its_rejects_still_names_them() {
    let folder = Folder::new();
    let file = folder.write("batch.csv", "id,name,phone\nA1,一,020-81234567\nA2,,1234567\n");
    let out = folder.path("rejects.csv");
    let arguments = ["import", file.to_str().unwrap(), "--rejects", out.to_str().unwrap(), "--json"];
    let output = folder.run(&arguments);
    assert_eq!(output.status.code(), Some(3));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&report["rejections"][0]["line"], &report["seq"]), (&3.into(), &1.into()));
    assert!(report["refused"].as_str().unwrap().contains("1 of 2 rows"), "{report}");
    assert_eq!(std::fs::read_to_string(out).unwrap(), "id,name,phone\nA2,,1234567\n");
}
