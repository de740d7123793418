//! A desk is upgraded: the ledger an older version wrote is opened and goes on where it ended.

use chahao::ledger::Ledger;
use chahao::progress::Silent;

use crate::desk_in_a_folder::{Folder, ids};

/// Written by the version whose tables knew listings only: two batches, five changes, two listings that stand.
const SCHEMA_1: &[u8] = include_bytes!("fixtures/ledger-schema-1.db");
/// As the version wrote it that knew readings and pairs, but not yet whose day a batch waits for: two batches, eight
/// changes, two listings and a reading that stand.
const SCHEMA_2: &[u8] = include_bytes!("fixtures/ledger-schema-2.db");

/// Before numbers and names led to listings: two batches, four changes, three listings that stand, one of them a caption.
const SCHEMA_3: &[u8] = include_bytes!("fixtures/ledger-schema-3.db");

/// Before keys said of which version they are: two batches, five changes, three listings that stand, one of them a caption,
/// a reading, a number that was given up, and a batch that waits.
const SCHEMA_4: &[u8] = include_bytes!("fixtures/ledger-schema-4.db");
const SCHEMA_NOW: i64 = 5;

fn schema_of(folder: &Folder) -> i64 {
    let connection = rusqlite::Connection::open(folder.ledger()).unwrap();
    connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
}

#[test]
fn a_ledger_of_the_first_schema_is_brought_up_and_goes_on() {
    let folder = Folder::new();
    folder.write("ledger.db", SCHEMA_1);
    assert_eq!(schema_of(&folder), 1);
    let findings = Ledger::open(&folder.ledger()).unwrap().verify().unwrap();
    assert_eq!((findings.damage, findings.batches, findings.seq, findings.listings), (vec![], 2, 5, 2));
    assert_eq!(schema_of(&folder), SCHEMA_NOW);
    let desk = folder.desk();
    desk.compact(false, &mut Silent).unwrap();
    assert_eq!((ids(&desk, "大酒楼"), ids(&desk, "旧店")), (vec!["A1".to_owned()], vec![]));
    assert_eq!(desk.listing("A2").unwrap().listing.note, "换了招牌");
    let rows = "{\"op\":\"add\",\"kind\":\"reading\",\"word\":\"宾馆\",\"reading\":\"ban gun\"}\n{\"op\":\"delete\",\"id\":\"A1\"}";
    folder.import(&desk, rows);
    desk.compact(false, &mut Silent).unwrap();
    assert_eq!((ids(&desk, "bangun"), ids(&desk, "大酒楼")), (vec!["A2".to_owned()], vec![]));
    assert!(desk.verify().unwrap().damage.is_empty());
}

#[test]
fn a_ledger_of_the_second_schema_is_brought_up_with_its_lexicon_and_goes_on() {
    let folder = Folder::new();
    folder.write("ledger.db", SCHEMA_2);
    assert_eq!(schema_of(&folder), 2);
    let findings = Ledger::open(&folder.ledger()).unwrap().verify().unwrap();
    assert_eq!((findings.damage, findings.batches, findings.seq, findings.listings), (vec![], 2, 8, 2));
    assert_eq!(schema_of(&folder), SCHEMA_NOW);
    let desk = folder.desk();
    desk.compact(false, &mut Silent).unwrap();
    assert_eq!((ids(&desk, "shiji"), ids(&desk, "旧店")), (vec!["A3".to_owned()], vec![]));
    assert_eq!(desk.listing("A1").unwrap().listing.note, "换了招牌");
    assert_eq!(desk.lexicon_entries().unwrap().len(), 1);
    // What older batches did is told and undone like that of newer ones.
    assert_eq!(folder.prints(0, &["history", "A2", "--json"]).lines().count(), 2);
    folder.ends(0, &["undo", "2"]);
    desk.compact(false, &mut Silent).unwrap();
    assert_eq!((ids(&desk, "旧店"), desk.lexicon_entries().unwrap().len()), (vec!["A2".to_owned()], 2));
    assert!(desk.verify().unwrap().damage.is_empty());
}

#[test]
fn a_ledger_of_the_third_schema_is_brought_up_and_what_stands_in_it_is_met() {
    let folder = Folder::new();
    folder.write("ledger.db", SCHEMA_3);
    assert_eq!(schema_of(&folder), 3);
    let findings = Ledger::open(&folder.ledger()).unwrap().verify().unwrap();
    assert_eq!((findings.damage, findings.batches, findings.seq, findings.listings), (vec![], 2, 4, 3));
    assert_eq!(schema_of(&folder), SCHEMA_NOW);
    let rows = r#"{"id":"B1","name":"大酒楼","locality":"荔湾区","phones":["020-81380001"]}
{"op":"delete","id":"A1"}
"#;
    let report = folder.import(&folder.desk(), rows);
    assert_eq!(report.review.shared_numbers.cases[0].ids, ["A1", "B1"]);
    assert_eq!(report.review.look_alikes.cases[0].ids, ["A1", "B1"]);
    assert_eq!(report.rejections[0].code, "has_captions");
}

#[test]
fn a_ledger_of_the_fourth_schema_is_brought_up_with_what_waits_in_it_and_what_was_given_up() {
    let folder = Folder::new();
    folder.write("ledger.db", SCHEMA_4);
    assert_eq!(schema_of(&folder), 4);
    let mut ledger = Ledger::open(&folder.ledger()).unwrap();
    let findings = ledger.verify().unwrap();
    assert_eq!((findings.damage, findings.batches, findings.seq, findings.listings), (vec![], 2, 5, 3));
    assert_eq!(schema_of(&folder), SCHEMA_NOW);
    let given_up = ledger.given_up_after("2020-01-01".parse().unwrap()).unwrap();
    let given_up: Vec<_> = given_up.iter().map(|(number, listing, _)| (number.as_str(), listing.as_str())).collect();
    assert_eq!(given_up, [("02081380003", "A3")]);
    let released = ledger.release_due("2999-01-01".parse().unwrap()).unwrap().reports;
    assert_eq!((released.len(), released[0].batch, released[0].accepted.add), (1, Some(3), 1));
    let report = folder.import(
        &folder.desk(),
        "{\"id\":\"B1\",\"name\":\"大酒楼\",\"locality\":\"荔湾区\",\"phones\":[\"020-81380001\"]}\n",
    );
    assert_eq!(report.review.shared_numbers.cases[0].ids, ["A1", "B1"]);
    assert_eq!(report.review.look_alikes.cases[0].ids, ["A1", "B1"]);
    let desk = folder.desk();
    desk.compact(false, &mut Silent).unwrap();
    assert_eq!((ids(&desk, "shiji"), ids(&desk, "明店")), (vec![], vec!["A4".to_owned()]));
    assert_eq!((desk.lexicon_entries().unwrap().len(), desk.verify().unwrap().damage), (1, vec![]));
}

#[test]
fn numbers_given_up_before_they_were_compared_as_dialled_rest_on() {
    let folder = Folder::new();
    folder.write("ledger.db", SCHEMA_3);
    let connection = rusqlite::Connection::open(folder.ledger()).unwrap();
    // A1 gave up its number without its area code.
    let gone = "INSERT INTO change (seq, batch, op, listing, before) SELECT 5, 2, 'delete', 'A1', after FROM change WHERE seq = 1;
                DELETE FROM listing WHERE id = 'A1';
                INSERT INTO given_up VALUES ('81380001', 'A1', '2999-01-01', 0), ('81389999', 'A1', '2999-01-01', 0)";
    connection.execute_batch(gone).unwrap();
    drop(connection);
    let numbers = Ledger::open(&folder.ledger()).unwrap().given_up_after("2020-01-01".parse().unwrap()).unwrap();
    let numbers: Vec<&str> = numbers.iter().map(|(number, ..)| number.as_str()).collect();
    // What no batch gave up was not given up.
    assert_eq!(numbers, ["02081380001"]);
}

#[test]
fn a_ledger_of_a_newer_schema_is_left_alone() {
    let folder = Folder::new();
    folder.write("ledger.db", SCHEMA_1);
    rusqlite::Connection::open(folder.ledger()).unwrap().pragma_update(None, "user_version", 999).unwrap();
    let error = Ledger::open(&folder.ledger()).unwrap_err();
    assert!(error.is_refused() && error.to_string().contains("schema 999"), "{error}");
    assert_eq!(schema_of(&folder), 999);
}
