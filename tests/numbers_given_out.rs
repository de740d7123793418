//! The number that is given out is the one the office sent, and one that is withheld is nowhere.

use chahao::desk::ExportFormat;
use chahao::progress::Silent;

use crate::desk_in_a_folder::{Folder, add, files_under, ids};

#[test]
fn a_referral_to_a_listing_is_no_number_and_one_to_a_number_keeps_its_extension() {
    let folder = Folder::new();
    let desk = folder.load(
        r#"{"id":"1000234","name":"新店","phones":["020-81380001"]}
{"id":"A1","name":"旧店一","status":"changed","referral":"listing:1000234"}
{"id":"A2","name":"旧店二","status":"changed","referral":"020-81380388转801"}
{"id":"A3","name":"旧店三","status":"changed","referral":{"number":"020-81380006","listing":"1000234"}}"#,
    );
    let referral = |id: &str| desk.listing(id).unwrap().listing.referral.unwrap();
    assert_eq!(referral("A1").number, None);
    assert_eq!(desk.listing("A1").unwrap().referral.unwrap().name, "新店");
    assert_eq!(referral("A2").number.as_deref(), Some("020-81380388转801"));
    assert_eq!((referral("A3").number.is_some(), referral("A3").listing.is_some()), (true, true));
}

#[test]
fn a_referral_is_not_given_after_its_last_day() {
    let folder = Folder::new();
    let desk = folder.load(
        r#"{"id":"A1","name":"旧店一","phones":["020-81380005"],"status":"changed","referral":{"number":"020-81380006","until":"2001-01-01"}}
{"id":"A2","name":"旧店二","phones":["020-81380007"],"status":"changed","referral":{"number":"020-81380008","until":"2999-01-01"}}"#,
    );
    assert_eq!(desk.listing("A1").unwrap().listing.referral, None);
    assert!(desk.listing("A2").unwrap().listing.referral.is_some());
    assert_eq!(desk.number("020-81380005").unwrap().listings[0].referral, None);
    let query = chahao::query::Query::new("旧店").unwrap();
    let given: Vec<bool> = desk.lookup(&query).unwrap().hits.iter().map(|hit| hit.referral.is_some()).collect();
    assert_eq!(given, [false, true]);
}

#[test]
fn a_number_that_becomes_non_published_leaves_every_index_file() {
    let folder = Folder::new();
    let rows: String = (0..50).map(|n| add(&format!("B{n}"), &format!("别的店{n}"), 1.0)).collect();
    let desk = folder.load(&(rows + r#"{"id":"A1","name":"诊所","phones":["020-81396527"]}"#));
    folder.import(&desk, r#"{"op":"change","id":"A1","status":"non_published"}"#);
    desk.compact(false, &mut Silent).unwrap();
    assert_eq!(ids(&desk, "诊所"), ["A1"]);
    assert_eq!(ids(&desk, "81396527"), Vec::<String>::new());
    for file in files_under(&folder.index()) {
        let bytes = std::fs::read(&file).unwrap();
        assert!(!bytes.windows(8).any(|window| window == b"81396527"), "{}", file.display());
        // Records hold two digits to a byte.
        assert!(!bytes.windows(4).any(|window| window == [0x81, 0x39, 0x65, 0x27]), "{}", file.display());
    }
}

#[test]
fn what_a_cell_cannot_say_plainly_is_exported_all_the_same() {
    let rows = r#"{"id":"A1","name":"一","aliases":["甲;乙","short:丙"],"phones":[{"number":"020-81380388","label":"总机;24:00","kind":"fax","ext":"1"}]}
{"id":"A2","name":"二","status":"changed","referral":{"number":"020-81380006转5","listing":"A1"}}
{"id":"A3","name":"三","status":"changed","referral":{"listing":"A1","until":"2999-01-01"},"phones":["总机:24小时:020-81380389"]}"#;
    for format in [ExportFormat::Csv, ExportFormat::Ndjson] {
        let (folder, other) = (Folder::new(), Folder::new());
        let desk = folder.load(rows);
        let (mut first, mut second) = (Vec::new(), Vec::new());
        desk.export(format, true, &mut first).unwrap();
        let copy = other.load(std::str::from_utf8(&first).unwrap());
        copy.export(format, true, &mut second).unwrap();
        assert_eq!(String::from_utf8(first).unwrap(), String::from_utf8(second).unwrap());
        for id in ["A1", "A2", "A3"] {
            assert_eq!(desk.listing(id).unwrap().listing, copy.listing(id).unwrap().listing, "{format:?}");
        }
    }
}

#[test]
fn a_number_is_found_as_people_dial_it() {
    let folder = Folder::new();
    let desk = folder.load(
        r#"{"id":"A1","name":"一","phones":["+86-20-34025728"]}
{"id":"A2","name":"二","phones":["02-2345-6789"]}
{"id":"A3","name":"三","phones":["852 2720 1173"]}"#,
    );
    for (typed, wanted) in [
        ("02034025728", "A1"),
        ("34025728", "A1"),
        ("0223456789", "A2"),
        ("23456789", "A2"),
        ("27201173", "A3"),
        ("85227201173", "A3"),
    ] {
        assert_eq!(ids(&desk, typed), [wanted], "{typed}");
        assert_eq!(desk.number(typed).unwrap().listings[0].id.as_str(), wanted, "{typed}");
    }
    assert_eq!(desk.number("０２０－３４０２５７２８").unwrap().listings.len(), 1, "full width");
}

#[test]
fn a_number_that_was_anothers_a_short_while_ago_is_marked_on_the_hit() {
    let folder = Folder::new();
    let desk = folder.load(
        r#"{"id":"A1","name":"旧茶楼","phones":["020-81380001"]}
{"id":"A2","name":"留下的店","phones":["020-81380002"]}"#,
    );
    folder.import(
        &desk,
        r#"{"op":"delete","id":"A1"}
{"id":"B1","name":"新面馆","phones":["020-81380009","02081380001"]}
{"op":"change","id":"A2","phones":[]}
{"op":"change","id":"A2","phones":["020-81380002"]}"#,
    );
    desk.compact(false, &mut Silent).unwrap();
    let resting = |desk: &chahao::desk::Desk, name: &str| {
        desk.lookup(&chahao::query::Query::new(name).unwrap()).unwrap().hits.remove(0).resting
    };
    let marks = resting(&desk, "新面馆");
    let today = jiff::Zoned::now().date().to_string();
    assert_eq!(marks.len(), 1, "{marks:?}");
    assert_eq!((marks[0].number.as_str(), &marks[0].given_up), ("020-81380001", &today));
    assert!(resting(&desk, "留下的店").is_empty(), "its own number is nobody else's");
    // A desk opened anew tells the same, and one without a ledger answers all the same.
    assert_eq!(resting(&folder.desk(), "新面馆"), marks);
    assert!(folder.prints(0, &["lookup", "新面馆"]).contains("020-81380001 was another listing's until"));
    let alone = chahao::desk::Desk::new(&folder.path("none.db"), &folder.index());
    alone.refresh().unwrap();
    assert!(resting(&alone, "新面馆").is_empty() && !folder.path("none.db").exists());
    let late = "UPDATE given_up SET day = date(day, '-90 days')";
    rusqlite::Connection::open(folder.ledger()).unwrap().execute(late, []).unwrap();
    assert!(resting(&folder.desk(), "新面馆").is_empty(), "the quarantine is over");
}
