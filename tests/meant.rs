//! What was typed is not what the name says, and the listing that was meant is found all the same.

use chahao::progress::Silent;
use chahao::query::{MatchKind, Query};
use chahao::text::FuzzySounds;

use crate::desk_in_a_folder::{Folder, add, ids, ids_by};

const LISTINGS: &str = r#"{"op":"add","id":"A1","name":"广州酒家(文昌总店)","locality":"荔湾区","category":"餐饮","address":"文昌南路2号","phones":["020-81380388"],"popularity":90}
{"op":"add","id":"A2","name":"中山大学附属第一医院","locality":"越秀区","category":"医疗","address":"中山二路58号","popularity":80}
{"op":"add","id":"A3","name":"岗顶西餐店","locality":"天河区","category":"餐饮","address":"天河路598号摩登百货3楼","popularity":5}
{"op":"add","id":"A4","name":"福建会馆","locality":"越秀区","category":"社团","address":"广仁路1号","popularity":4}
{"op":"add","id":"A5","name":"爱心幼儿园","locality":"海珠区","category":"教育","address":"土华村东华大路6号","popularity":3}
{"op":"add","id":"A6","name":"爱心幼儿园","locality":"黄埔区","category":"教育","address":"双沙街1号","popularity":2}
{"op":"add","id":"A7","name":"星巴克(天河城店)","aliases":[{"text":"Starbucks Coffee Teemall","kind":"english"}],"locality":"天河区","category":"餐饮","address":"天河路208号天河城","popularity":30}
"#;

#[test]
fn every_way_to_be_mistaken_leads_to_the_listing_meant() {
    let folder = Folder::new();
    let desk = folder.load(LISTINGS);
    for (typed, meant, kind) in [
        ("gangdingxcd", "A3", MatchKind::Mixed),
        ("zhongshdxfshudiyi", "A2", MatchKind::Mixed),
        ("广州jiuj", "A1", MatchKind::Mixed),
        ("广洲酒家", "A1", MatchKind::Homophone),
        ("附建会馆", "A4", MatchKind::Homophone),
        ("zongsandaxue", "A2", MatchKind::FuzzySound),
        ("hujianhuiguan", "A4", MatchKind::FuzzySound),
        ("guanzghoujiujia", "A1", MatchKind::Typo),
        ("gangdngxicandian", "A3", MatchKind::Typo),
        ("岗顶餐西店", "A3", MatchKind::Typo),
        ("岗底西餐店", "A3", MatchKind::Typo),
        ("岗顶大西餐店", "A3", MatchKind::Typo),
        ("coffee starbucks", "A7", MatchKind::English),
        ("第一医院 中山", "A2", MatchKind::Word),
    ] {
        assert_eq!(ids(&desk, typed).first().map(String::as_str), Some(meant), "{typed}");
        let by_kind = ids_by(&desk, typed, &[kind]);
        let there = by_kind.iter().any(|id| id == meant) || kind == MatchKind::Word;
        assert!(there, "{typed} is not found as {kind:?}: {by_kind:?}");
    }
}

#[test]
fn a_name_is_found_by_where_it_is_and_what_it_does() {
    let folder = Folder::new();
    let desk = folder.load(LISTINGS);
    for (typed, meant) in [
        ("海珠 爱心幼儿园", "A5"),
        ("爱心幼儿园 黄埔", "A6"),
        ("黄埔区的爱心幼儿园", "A6"),
        ("爱心幼儿园土华村", "A5"),
        ("双沙街 幼儿园", "A6"),
        ("axyey hp", "A6"),
        ("天河 gdxcd", "A3"),
        ("天河路 西餐", "A3"),
        ("餐饮 岗顶", "A3"),
        ("请问海珠区的爱心幼儿园的电话是多少", "A5"),
        ("帮我查一下广州酒家电话", "A1"),
    ] {
        assert_eq!(ids(&desk, typed).first().map(String::as_str), Some(meant), "{typed}");
    }
}

#[test]
fn a_name_inside_of_what_was_typed_is_found_where_all_of_it_finds_nothing() {
    let folder = Folder::new();
    let desk = folder.load(LISTINGS);
    for (typed, meant) in [
        ("不知何路 岗顶西餐店", "A3"),
        ("福建会馆旁边那间铺头后门", "A4"),
        ("城西大街中山大学附属第一医院住院部楼下", "A2"),
        ("Starbucks Coffee Teemall somewhere", "A7"),
    ] {
        assert_eq!(ids(&desk, typed).first().map(String::as_str), Some(meant), "{typed}");
    }
    assert!(ids(&desk, "不知何路 无此商铺").is_empty());
    folder.import(&desk, "{\"op\":\"delete\",\"id\":\"A4\"}\n");
    desk.compact(false, &mut Silent).unwrap();
    assert!(ids(&desk, "福建会馆旁边那间铺头后门").is_empty(), "it is gone");
}

#[test]
fn confusable_sounds_count_only_as_far_as_they_are_asked_for() {
    let folder = Folder::new();
    let desk = folder.load(LISTINGS);
    let asked = |typed: &str, fuzzy: &str| {
        let query = Query::new(typed).unwrap().modes(vec![MatchKind::FuzzySound]);
        let answer = desk.lookup(&query.fuzzy(FuzzySounds::parse(fuzzy).unwrap())).unwrap();
        answer.hits.into_iter().map(|hit| hit.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(asked("hujianhuiguan", "auto"), ["A4"]);
    assert_eq!(asked("hujianhuiguan", "off"), Vec::<String>::new());
    assert_eq!(asked("hujianhuiguan", "f/h"), ["A4"]);
    assert_eq!(asked("hujianhuiguan", "zh/z,n/l"), Vec::<String>::new());
    assert_eq!(asked("zongsandaxue", "zh/z"), Vec::<String>::new(), "two pairs are needed");
    assert_eq!(asked("zongsandaxue", "zh/z,sh/s"), ["A2"]);
    let unknown = Query::new("x").unwrap().fuzzy(FuzzySounds::parse("wang/huang").unwrap());
    assert!(desk.lookup(&unknown).unwrap_err().is_usage());
}

#[test]
fn no_mistake_stands_above_what_was_typed() {
    let folder = Folder::new();
    let rows = r#"{"op":"add","id":"B1","name":"黄州酒家","popularity":40}
{"op":"add","id":"B2","name":"广州酒家","popularity":1}
{"op":"add","id":"B3","name":"广州酒家天河店","popularity":40}
"#;
    let desk = folder.load(rows);
    assert_eq!(ids(&desk, "广州酒家").first().map(String::as_str), Some("B2"));
    assert_eq!(ids(&desk, "广州酒家天"), ["B3"], "a name that holds all that was typed is enough");
    assert_eq!(ids(&desk, "广洲酒家"), ["B3", "B2"], "the same sound; 黄州 is too far");
}

/// Operators who heard n for l type an initial that many names have: who is asked for much more often is among them all the same.
#[test]
fn initials_of_which_one_was_misheard_find_who_is_often_asked_for() {
    let folder = Folder::new();
    let others: String = (0..20).map(|n| add(&format!("B{n:02}"), &format!("南无门{n}号店"), 2.0)).collect();
    let desk = folder.load(&(others + &add("A1", "龙王门酒店", 900.0) + &add("A2", "龙王门分店", 1.0)));
    assert!(ids(&desk, "nwm").iter().take(5).any(|id| id == "A1"), "{:?}", ids(&desk, "nwm"));
    assert_eq!(ids_by(&desk, "nwm", &[MatchKind::FuzzySound]), ["A1", "A2"]);
    let query = Query::new("nwm").unwrap().fuzzy(FuzzySounds::parse("off").unwrap());
    assert!(desk.lookup(&query).unwrap().hits.iter().all(|hit| hit.id.as_str().starts_with('B')));
}
