//! The desk hears a name read otherwise than the tables say: it adds the reading, and finds the name by it at once.

use std::time::{Duration, Instant};

use chahao::batch::Report;
use chahao::compactor::Built;
use chahao::desk::{Desk, ImportOptions};
use chahao::ledger::{Ledger, Limits};
use chahao::progress::Silent;
use chahao::query::{MatchKind, Query};
use chahao::text::{ConfusablePair, FuzzySounds};

use crate::desk_in_a_folder::{Folder, add, generated, ids, ids_by};

const ADD_READING: &str = r#"{"op":"add","kind":"reading","word":"石碁","reading":"shi ji"}"#;
const DELETE_READING: &str = r#"{"op":"delete","kind":"reading","word":"石碁","reading":"shi ji"}"#;

fn listings() -> String {
    [
        add("A1", "石碁大酒楼", 9.0),
        add("A2", "广州市番禺区石碁镇医院", 5.0),
        add("A3", "石楼餐厅", 3.0),
        "{\"id\":\"A4\",\"name\":\"镇上药店\",\"aliases\":[\"石碁药店\"]}\n".to_owned(),
    ]
    .concat()
}

/// What is found by pinyin, in the order of ids.
fn pinyin(desk: &Desk, typed: &str) -> Vec<String> {
    let mut ids = ids_by(desk, typed, &[MatchKind::Pinyin]);
    ids.sort_unstable();
    ids
}

/// Imports without limits, compacts, and says what was built.
fn take_in(folder: &Folder, desk: &Desk, rows: &str) -> (Report, Built) {
    let report = folder.import(desk, rows);
    (report, desk.compact(false, &mut Silent).unwrap().built)
}

fn is_well(desk: &Desk) {
    let verification = desk.verify().unwrap();
    assert!(verification.damage.is_empty(), "{:?}", verification.damage);
}

#[test]
fn a_reading_acts_without_a_rebuild_and_goes_when_it_is_taken_back() {
    let folder = Folder::new();
    let desk = folder.load(&listings());
    let by_table = pinyin(&desk, "shiqi");
    assert_eq!((by_table.as_slice(), pinyin(&desk, "shiji")), (&["A1", "A2", "A4"].map(String::from)[..], vec![]));
    let started = Instant::now();
    let (report, built) = take_in(&folder, &desk, ADD_READING);
    assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
    assert_eq!((report.lexicon.add, report.accepted.total(), built), (1, 0, Built::Delta));
    for _ in 0..2 {
        assert_eq!(pinyin(&desk, "shiji"), by_table, "the beginning, behind a region, an alias");
        assert_eq!(pinyin(&desk, "shiqi"), by_table, "what the tables say stays");
        assert_eq!(pinyin(&desk, "panyuqushijizhenyiyuan"), ["A2"], "longer than an infix key");
        assert_eq!(ids_by(&desk, "sjdjl", &[MatchKind::Initials]), ["A1"]);
        is_well(&desk);
        // The second time with a new base.
        desk.compact(true, &mut Silent).unwrap();
    }
    let answer = desk.lookup(&Query::new("shijida").unwrap()).unwrap();
    assert_eq!(answer.hits[0].matched.spans, [(0, 3)], "highlighted by the same reading");
    // A listing that comes later is spelled so too; and the reading goes from the base it was built into.
    take_in(&folder, &desk, &add("A5", "石碁书店", 1.0));
    assert_eq!(pinyin(&desk, "shijishudian"), ["A5"]);
    let (report, built) = take_in(&folder, &desk, DELETE_READING);
    assert_eq!((report.lexicon.delete, built), (1, Built::Delta));
    assert_eq!(pinyin(&desk, "shiji"), Vec::<String>::new());
    assert_eq!(pinyin(&desk, "shiqi"), ["A1", "A2", "A4", "A5"]);
    is_well(&desk);
    drop(desk);
    std::fs::remove_dir_all(folder.index()).unwrap();
    let desk = folder.desk();
    desk.compact(false, &mut Silent).unwrap();
    assert_eq!((pinyin(&desk, "shiji"), pinyin(&desk, "shiqi").len()), (vec![], 4));
}

#[test]
fn a_reading_and_changes_of_its_listings_act_together() {
    let folder = Folder::new();
    let desk = folder.load(&listings());
    let rows = format!(
        "{ADD_READING}\n{}\n{}\n{}",
        r#"{"op":"change","id":"A1","name":"石碁茶楼"}"#,
        r#"{"op":"delete","id":"A2"}"#,
        r#"{"op":"change","id":"A4","popularity":50}"#
    );
    take_in(&folder, &desk, &rows);
    assert_eq!(pinyin(&desk, "shiji"), ["A1", "A4"]);
    assert_eq!(pinyin(&desk, "shijichalou"), ["A1"]);
    let as_written = |typed| ids_by(&desk, typed, &[MatchKind::Exact, MatchKind::Prefix, MatchKind::Infix]);
    assert_eq!((as_written("石碁大酒楼"), as_written("石碁镇")), (vec![], vec![]));
    is_well(&desk);
    // Taken back before it ever was in a base: the base's own spelling shows again.
    take_in(&folder, &desk, DELETE_READING);
    assert_eq!((pinyin(&desk, "shiji"), pinyin(&desk, "shiqi")), (vec![], vec!["A1".to_owned(), "A4".to_owned()]));
    is_well(&desk);
}

#[test]
fn a_word_of_too_many_names_makes_a_new_base() {
    let folder = Folder::new();
    let desk = folder.load(&(generated(3_000, 5) + &add("N1", "新桥饭店", 1.0)));
    let of = |built| (built, desk.generation().unwrap().current().delta.is_some());
    let (_, built) = take_in(&folder, &desk, r#"{"kind":"reading","word":"桥","reading":"kao"}"#);
    assert_eq!(of(built), (Built::Delta, true));
    assert_eq!(pinyin(&desk, "xinkaofandian"), ["N1"]);
    let many: String = (0..20_500).map(|n| add(&format!("M{n}"), "新店", 0.0)).collect();
    folder.import(&desk, &many);
    desk.compact(true, &mut Silent).unwrap();
    let (_, built) = take_in(&folder, &desk, r#"{"kind":"reading","word":"店","reading":"tan"}"#);
    assert_eq!(of(built), (Built::Base, false));
    let fan_tan = Query::new("xinqiaofantan").unwrap();
    assert_eq!(desk.lookup(&fan_tan).unwrap().hits[0].id.as_str(), "N1");
}

#[test]
fn a_pair_of_sounds_is_in_force_from_the_next_generation_on() {
    let folder = Folder::new();
    let desk = folder.load(&listings());
    let wang = FuzzySounds::parse("huang/wang").unwrap();
    assert!(desk.generation().unwrap().lexicon().confusables().chosen(&wang).is_err());
    let (report, built) = take_in(&folder, &desk, r#"{"op":"add","kind":"confusable","pair":"wang/huang"}"#);
    assert_eq!((report.lexicon.add, built), (1, Built::Delta));
    for full in [false, true] {
        desk.compact(full, &mut Silent).unwrap();
        let generation = desk.generation().unwrap();
        let known = generation.lexicon().confusables();
        let named: Vec<_> = known.of(known.chosen(&wang).unwrap()).map(ConfusablePair::name).collect();
        assert_eq!(named, ["wang/huang"]);
        is_well(&desk);
    }
    take_in(&folder, &desk, r#"{"op":"delete","kind":"confusable","pair":"huang/wang"}"#);
    assert!(desk.generation().unwrap().lexicon().confusables().chosen(&wang).is_err());
    is_well(&desk);
}

#[test]
fn one_alias_comes_and_goes_and_the_rest_of_the_listing_stays() {
    let folder = Folder::new();
    let desk = folder.load("{\"id\":\"A1\",\"name\":\"中山大学\",\"aliases\":[\"中大\"],\"phones\":[\"020-84111111\"],\"note\":\"总机\"}\n");
    let before = desk.listing("A1").unwrap().listing;
    let row = r#"{"op":"add","kind":"alias","id":"A1","text":"康乐园","alias_kind":"spoken"}"#;
    let (report, _) = take_in(&folder, &desk, row);
    assert_eq!((report.accepted.change, report.accepted.total()), (1, 1), "it changes a listing");
    let with_alias = desk.listing("A1").unwrap().listing;
    assert_eq!((with_alias.aliases.len(), &with_alias.phones, &with_alias.note), (2, &before.phones, &before.note));
    assert_eq!((ids(&desk, "康乐园"), ids(&desk, "kangley"), ids(&desk, "中大")), tripled("A1"));
    take_in(&folder, &desk, r#"{"op":"change","kind":"alias","id":"A1","text":"康乐园","alias_kind":"former"}"#);
    assert_eq!(desk.listing("A1").unwrap().listing.aliases[1].kind, chahao::listing::AliasKind::Former);
    take_in(&folder, &desk, r#"{"op":"delete","kind":"alias","id":"A1","text":"康乐园"}"#);
    assert_eq!(desk.listing("A1").unwrap().listing, before);
    assert_eq!(ids(&desk, "康乐园"), Vec::<String>::new());
    is_well(&desk);
}

fn tripled(id: &str) -> (Vec<String>, Vec<String>, Vec<String>) {
    let one = vec![id.to_owned()];
    (one.clone(), one.clone(), one)
}

/// Imports one row without limits and tells the field and code it was rejected with.
fn rejected(folder: &Folder, desk: &Desk, rows: &str) -> Vec<String> {
    let report = folder.import(desk, rows);
    report.rejections.into_iter().map(|rejection| format!("{}/{}", rejection.field, rejection.code)).collect()
}

#[test]
fn every_wrong_row_is_rejected_with_its_field_and_code() {
    let folder = Folder::new();
    let desk = folder.desk();
    folder.import(&desk, &listings());
    for (row, verdict) in [
        (r#"{"kind":"readings","word":"石碁","reading":"shi ji"}"#, "kind/unknown_kind"),
        (r#"{"kind":"reading","reading":"shi ji"}"#, "word/missing"),
        (r#"{"kind":"reading","word":"石碁"}"#, "reading/syllable_count"),
        (r#"{"kind":"reading","word":"石碁","reading":"shi ji lu"}"#, "reading/syllable_count"),
        (r#"{"kind":"reading","word":"石碁","reading":"shi jx"}"#, "reading/unknown_syllable"),
        (r#"{"kind":"reading","word":"KTV","reading":"ka la ok"}"#, "word/not_hanzi"),
        (r#"{"kind":"reading","word":["石碁"],"reading":"shi ji"}"#, "word/wrong_type"),
        (r#"{"kind":"reading","word":"石碁","reading":"shi ji","id":"A1"}"#, "id/other_kind"),
        (r#"{"op":"change","kind":"reading","word":"石碁","reading":"shi ji"}"#, "op/no_change"),
        (r#"{"op":"delete","kind":"reading","word":"石碁","reading":"shi ji"}"#, "reading/unknown_reading"),
        (r#"{"kind":"confusable","pair":"wang"}"#, "pair/bad_pair"),
        (r#"{"kind":"confusable","pair":"wang/w"}"#, "pair/unknown_sound"),
        (r#"{"kind":"confusable","pair":"z/zh"}"#, "pair/built_in_pair"),
        (r#"{"op":"delete","kind":"confusable","pair":"wang/huang"}"#, "pair/unknown_pair"),
        (r#"{"op":"change","kind":"confusable","pair":"wang/huang"}"#, "op/no_change"),
        (r#"{"kind":"confusable","pair":"wang/huang","word":"王"}"#, "word/other_kind"),
        (r#"{"kind":"alias","text":"石碁楼"}"#, "id/missing"),
        (r#"{"kind":"alias","id":"A1"}"#, "text/missing"),
        (r#"{"kind":"alias","id":"A1","text":"石碁楼","alias_kind":"nick"}"#, "alias_kind/unknown_kind"),
        (r#"{"kind":"alias","id":"A9","text":"石碁楼"}"#, "id/unknown_id"),
        (r#"{"kind":"alias","id":"A4","text":"石碁药店"}"#, "text/existing_alias"),
        (r#"{"op":"delete","kind":"alias","id":"A4","text":"药店"}"#, "text/unknown_alias"),
        (r#"{"op":"change","kind":"alias","id":"A4","text":"药店","alias_kind":"brand"}"#, "text/unknown_alias"),
        (r#"{"op":"change","kind":"alias","id":"A4","text":"石碁药店"}"#, "alias_kind/missing"),
        (r#"{"kind":"alias","id":"A1","text":"石碁楼","name":"石碁酒楼"}"#, "name/other_kind"),
        (r#"{"id":"A8","name":"石碁楼","word":"石碁"}"#, "word/other_kind"),
    ] {
        assert_eq!(rejected(&folder, &desk, row), [verdict], "{row}");
    }
    let twice = format!("{ADD_READING}\n{}", ADD_READING.replace("石碁", "石碁 "));
    assert_eq!(rejected(&folder, &desk, &twice), ["reading/duplicate_reading"]);
    assert_eq!(rejected(&folder, &desk, ADD_READING), ["reading/existing_reading"]);
    let pairs = "{\"kind\":\"confusable\",\"pair\":\"wang/huang\"}\n{\"kind\":\"confusable\",\"pair\":\"huang/wang\"}";
    assert_eq!(rejected(&folder, &desk, pairs), ["pair/duplicate_pair"]);
    let syllables = ["ba", "bi", "bu", "da", "di", "du", "ga", "gu", "ka", "ku", "la"];
    let many = syllables.iter().enumerate().flat_map(|(at, one)| syllables[..at].iter().map(move |other| (one, other)));
    let rows: String =
        many.map(|(one, other)| format!("{{\"kind\":\"confusable\",\"pair\":\"{one}/{other}\"}}\n")).collect();
    let verdicts = rejected(&folder, &desk, &rows);
    assert_eq!((verdicts.len(), verdicts[0].as_str()), (55 - 50, "pair/too_many"));
    is_well(&desk);
}

#[test]
fn a_table_may_mix_the_kinds_and_a_header_counts_its_rows_as_they_say() {
    let folder = Folder::new();
    let desk = folder.desk();
    let csv = "op,kind,id,name,word,reading,text,alias_kind,pair\n\
               add,,C1,石碁书店,,,,,\n\
               add,alias,C1,,,,石碁新书店,former,\n\
               add,reading,,,石碁,shi ji,,,\n\
               add,confusable,,,,,,,wang/huang\n";
    let file = folder.write("mixed.csv", csv);
    let options = ImportOptions { limits: Limits::default(), ..ImportOptions::default() };
    let dry = desk.import(&file, &ImportOptions { dry_run: true, ..options.clone() }, &mut Silent).unwrap().0;
    assert_eq!((dry.seq, dry.batch, folder.ledger().exists()), (4, None, false));
    let report = desk.import(&file, &options, &mut Silent).unwrap().0;
    assert_eq!((report.rejected, report.lexicon.add, report.accepted.change, report.seq), (0, 2, 1, 4));
    assert!(report.to_string().contains("readings and confusable pairs: 2 added, 0 deleted"), "{report}");
    let only = folder.write("readings.csv", "kind,word,reading\nreading,石楼,shi liu\n");
    assert_eq!(desk.import(&only, &options, &mut Silent).unwrap().0.lexicon.add, 1);
    let counted = folder.write(
        "counted.ndjson",
        "{\"seq\":3,\"counts\":{\"add\":1,\"change\":0,\"delete\":1}}\n\
         {\"op\":\"delete\",\"kind\":\"alias\",\"id\":\"C1\",\"text\":\"石碁新书店\"}\n\
         {\"op\":\"add\",\"kind\":\"reading\",\"word\":\"石碁\",\"reading\":\"dan ji\"}\n",
    );
    let limits = Limits { churn_share_max: 1.0, ..Limits::default() };
    let report = desk.import(&counted, &ImportOptions { limits, ..options }, &mut Silent).unwrap().0;
    assert_eq!((report.refused, report.written.delete), (None, 1));
    desk.compact(false, &mut Silent).unwrap();
    assert_eq!((pinyin(&desk, "shiji"), pinyin(&desk, "danji")), (vec!["C1".to_owned()], vec!["C1".to_owned()]));
    is_well(&desk);
}

#[test]
fn an_export_is_read_back_with_its_readings_and_pairs() {
    let folder = Folder::new();
    let desk =
        folder.load(&format!("{}{ADD_READING}\n{{\"kind\":\"confusable\",\"pair\":\"wang/huang\"}}", listings()));
    let mut exported = Vec::new();
    desk.export(chahao::desk::ExportFormat::Ndjson, true, &mut exported).unwrap();
    let other = Folder::new();
    let copy = other.load(std::str::from_utf8(&exported).unwrap());
    assert_eq!(copy.lexicon_entries().unwrap(), desk.lexicon_entries().unwrap());
    assert_eq!((copy.lexicon_entries().unwrap().len(), pinyin(&copy, "shiji")), (2, pinyin(&desk, "shiji")));
}

#[test]
fn an_entry_altered_behind_the_ledgers_back_is_found() {
    let folder = Folder::new();
    let desk = folder.load(&listings());
    take_in(&folder, &desk, ADD_READING);
    is_well(&desk);
    for (alter, undo, finding) in [
        (
            "UPDATE change SET kind = 'confusable' WHERE seq = 5",
            "UPDATE change SET kind = 'reading' WHERE seq = 5",
            "batch 2",
        ),
        ("DELETE FROM entry", "INSERT INTO entry VALUES (5, 'reading', '石碁 shi ji')", "reading 石碁 shi ji"),
        ("INSERT INTO entry VALUES (4, 'reading', '石楼 a b')", "DELETE FROM entry WHERE seq = 4", "reading 石楼 a b"),
    ] {
        let connection = rusqlite::Connection::open(folder.ledger()).unwrap();
        connection.execute_batch(alter).unwrap();
        let mut ledger = Ledger::open(&folder.ledger()).unwrap();
        let damage = ledger.verify().unwrap().damage;
        assert!(damage.iter().any(|found| found.contains(finding)), "{alter}: {damage:?}");
        connection.execute_batch(undo).unwrap();
    }
    is_well(&desk);
}

/// Districts were spelled by the tables alone, whatever the desk had added.
#[test]
fn a_district_is_called_as_the_desk_reads_it_from_the_next_base_on() {
    let folder = Folder::new();
    let row = "{\"id\":\"A1\",\"name\":\"肯德基\",\"locality\":\"大石镇\"}\n";
    let desk = folder.load(&(row.to_owned() + &add("A2", "肯德基", 9.0)));
    folder.import(&desk, r#"{"op":"add","kind":"reading","word":"大石","reading":"da dan"}"#);
    desk.compact(true, &mut Silent).unwrap();
    for typed in ["kdj dadan", "kdj dashi", "dadankdj"] {
        assert_eq!(ids(&desk, typed), ["A1"], "{typed}");
    }
}
