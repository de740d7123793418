//! A listing's way from a batch file to an answer, and out again.

use chahao::progress::Silent;
use chahao::query::MatchKind;

use crate::desk_in_a_folder::{Folder, add, ids, ids_by};

/// Ten listings a desk could start with.
fn ten() -> String {
    [
        r#"{"id":"A1","name":"广州酒家(文昌总店)","area_code":"020","locality":"荔湾区","address":"文昌南路2号","category":"餐饮","phones":["订座:020-81380388"],"popularity":900}"#,
        r#"{"id":"A2","name":"中山大学","aliases":[{"text":"中大","kind":"short"}],"area_code":"020","phones":["84111111"],"popularity":5000}"#,
        r#"{"id":"A3","name":"中山大学附属第一医院","phones":["020-28823388"],"popularity":4000}"#,
        r#"{"id":"A4","name":"急诊科","parent":"A3","phones":["020-28823390"],"popularity":100}"#,
        r#"{"id":"A5","name":"廣州市番禺區長隆酒店","phones":["020-84786838"],"popularity":800}"#,
        r#"{"id":"A6","name":"广州市第十三中学","phones":["020-83333333"],"popularity":50}"#,
        r#"{"id":"A7","name":"KFC 肯记餐厅(天河城店)","phones":["400-882-3823"],"popularity":300}"#,
        r#"{"id":"A8","name":"老王修车行","phones":["13800138000"],"status":"changed","referral":{"number":"13900139000","until":"2030-01-01"},"popularity":2}"#,
        r#"{"id":"A9","name":"隐名诊所","phones":["020-80245913"],"status":"non_published","popularity":3}"#,
        r#"{"id":"A10","name":"单记银行博物馆","phones":["020-81112222"],"popularity":1}"#,
    ]
    .join("\n")
}

#[test]
fn a_listing_is_found_by_name_pinyin_initials_and_digits() {
    let folder = Folder::new();
    let desk = folder.load(&ten());
    for (query, wanted) in [
        ("广州酒家", "A1"),
        ("廣州酒家", "A1"),
        ("文昌", "A1"),
        ("guangzhoujiujia", "A1"),
        ("guangzhouj", "A1"),
        ("gzjj", "A1"),
        ("81380388", "A1"),
        ("020-81380388", "A1"),
        ("380388", "A1"),
        ("中大", "A2"),
        ("zhongshandaxue", "A2"),
        ("02084111111", "A2"),
        ("番禺区长隆", "A5"),
        ("panyuquchang", "A5"),
        ("changlongjiudian", "A5"),
        ("cljd", "A5"),
        ("13中", "A6"),
        ("十三中学", "A6"),
        ("第13中学", "A6"),
        ("kfc", "A7"),
        ("4008823823", "A7"),
        ("天", "A7"),
        ("shanjiyinhang", "A10"),
        ("danjiyinhang", "A10"),
    ] {
        assert_eq!(ids(&desk, query).first().map(String::as_str), Some(wanted), "{query}");
    }
    assert_eq!(ids_by(&desk, "yinxing", &[MatchKind::Pinyin]), Vec::<String>::new(), "银行 is read yinhang");
    assert_eq!(ids(&desk, "不存在的名字"), Vec::<String>::new());
}

#[test]
fn a_change_and_a_deletion_act_through_the_delta() {
    let folder = Folder::new();
    let desk = folder.load(&ten());
    folder.import(
        &desk,
        r#"{"op":"change","id":"A1","name":"陶陶居"}
{"op":"delete","id":"A2"}
{"op":"add","id":"B1","name":"莲香楼","phones":["020-81811638"],"popularity":700}"#,
    );
    assert_eq!(ids(&desk, "陶陶居"), Vec::<String>::new(), "not before the compactor has run");
    let compaction = desk.compact(false, &mut Silent).unwrap();
    assert_eq!((compaction.delta, compaction.base), (2, 10));
    assert_eq!(ids(&desk, "陶陶居"), ["A1"]);
    assert_eq!(ids(&desk, "81380388"), ["A1"], "what a change does not carry stays");
    assert_eq!(ids(&desk, "广州酒家"), Vec::<String>::new());
    let by_name = [MatchKind::Exact, MatchKind::Prefix, MatchKind::Infix];
    assert_eq!(ids_by(&desk, "中大", &by_name), Vec::<String>::new(), "the alias went with its listing");
    assert_eq!(ids(&desk, "lianxianglou"), ["B1"]);
    assert!(desk.listing("A2").unwrap_err().is_not_found());
    let folded = desk.compact(true, &mut Silent).unwrap();
    assert_eq!((folded.delta, folded.base), (0, 10));
    assert_eq!(ids(&desk, "陶陶居"), ["A1"]);
}

#[test]
fn deleting_the_index_and_compacting_gives_the_same_answers() {
    let folder = Folder::new();
    let desk = folder.load(&ten());
    folder.import(&desk, &add("C1", "广州酒家分店", 5.0));
    desk.compact(false, &mut Silent).unwrap();
    let queries = ["广州", "酒家", "g", "gz", "zhong", "020", "8", "13", "中", "kfc", "店"];
    let before: Vec<_> = queries.iter().map(|query| ids(&desk, query)).collect();
    assert!(before.iter().all(|ids| !ids.is_empty()));
    drop(desk);
    std::fs::remove_dir_all(folder.index()).unwrap();
    let desk = folder.desk();
    assert!(desk.generation().unwrap_err().is_busy());
    desk.compact(false, &mut Silent).unwrap();
    let after: Vec<_> = queries.iter().map(|query| ids(&desk, query)).collect();
    assert_eq!(before, after);
}

#[test]
fn a_non_published_number_is_in_no_answer_and_no_index_file() {
    let folder = Folder::new();
    let desk = folder.load(&ten());
    assert_eq!(ids(&desk, "隐名诊所"), ["A9"], "its existence may be announced");
    assert!(desk.listing("A9").unwrap().listing.phones.is_empty());
    assert!(desk.number("02080245913").unwrap_err().is_not_found());
    assert_eq!(ids(&desk, "80245913"), Vec::<String>::new());
    for file in crate::desk_in_a_folder::files_under(&folder.index()) {
        let bytes = std::fs::read(&file).unwrap();
        for digits in ["80245913", "020-80245913"] {
            let held = bytes.windows(digits.len()).any(|window| window == digits.as_bytes());
            assert!(!held, "{} holds {digits}", file.display());
        }
        // Records hold two digits to a byte.
        assert!(!bytes.windows(4).any(|window| window == [0x80, 0x24, 0x59, 0x13]), "{}", file.display());
    }
}

#[test]
fn a_changed_number_answers_with_its_referral_and_a_department_under_its_caption() {
    let folder = Folder::new();
    let desk = folder.load(&ten());
    let answer = desk.number("138-0013-8000").unwrap();
    assert_eq!(answer.listings.len(), 1);
    let referral = answer.listings[0].referral.clone().unwrap();
    assert_eq!(referral.number.as_deref(), Some("13900139000"));
    let view = desk.listing("A3").unwrap();
    assert_eq!(view.captions.iter().map(|caption| caption.name.as_str()).collect::<Vec<_>>(), ["急诊科"]);
    let department = desk.listing("A4").unwrap();
    assert_eq!(department.parents[0].name, "中山大学附属第一医院");
}

#[test]
fn an_exported_ledger_imports_as_the_same_listings() {
    for format in [chahao::desk::ExportFormat::Ndjson, chahao::desk::ExportFormat::Csv] {
        let folder = Folder::new();
        let desk = folder.load(&ten());
        let (mut first, mut second) = (Vec::new(), Vec::new());
        desk.export(format, true, &mut first).unwrap();
        let other = Folder::new();
        let copy = other.load(std::str::from_utf8(&first).unwrap());
        copy.export(format, true, &mut second).unwrap();
        assert_eq!(String::from_utf8(first).unwrap(), String::from_utf8(second).unwrap());
        assert!(desk.verify().unwrap().damage.is_empty());
        assert!(copy.verify().unwrap().damage.is_empty());
    }
}

#[test]
fn the_sample_listings_are_found_by_what_operators_type() {
    let data = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    let folder = Folder::new();
    let desk = folder.load(&std::fs::read_to_string(data.join("listings.ndjson")).unwrap());
    let queries = std::fs::read_to_string(data.join("queries.tsv")).unwrap();
    let rows: Vec<Vec<&str>> =
        queries.lines().filter(|line| !line.starts_with('#')).map(|line| line.split('\t').collect()).collect();
    assert!(rows.len() > 20);
    for row in rows {
        let found = ids(&desk, row[0]);
        assert!(found.iter().take(5).any(|id| id == row[1]), "{} finds {found:?}, not {}", row[0], row[1]);
    }
}
