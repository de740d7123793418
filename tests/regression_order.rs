//! Bugs in the order of hits that were found once, so that they do not come back.

use serde_json::json;

use chahao::desk::Desk;
use chahao::progress::Silent;
use chahao::query::{MatchKind, Query};

use crate::desk_in_a_folder::{Folder, add, ids, ids_by};

/// 老王 of 荔湾 was not found by `lw lw`: the name was taken for its district said twice.
#[test]
fn a_name_with_the_initials_of_its_district_is_found_there() {
    let folder = Folder::new();
    let rows = r#"{"op":"add","id":"A1","name":"老王","locality":"荔湾区","popularity":1}
{"op":"add","id":"A2","name":"龙文","locality":"天河区","popularity":9}
"#;
    let desk = folder.load(&(rows.to_owned() + &add("A3", "罗湾饭店", 9.0)));
    assert_eq!(ids(&desk, "lw lw").first().map(String::as_str), Some("A1"));
    assert_eq!(ids(&desk, "lw lwq").first().map(String::as_str), Some("A1"));
}

/// `ty` found names with these letters within an English word before those with these initials, in a district too; and
/// letters that stand apart were worth more than in one piece.
#[test]
fn few_letters_are_initials_before_they_are_a_part_of_a_word() {
    let folder = Folder::new();
    let rows = r#"{"op":"add","id":"A1","name":"南粤大学","aliases":[{"text":"Nanyue University","kind":"english"}],"locality":"天河区","popularity":900}
{"op":"add","id":"A2","name":"泰燕披萨店","locality":"天河区","popularity":100}
{"op":"add","id":"A3","name":"Party 书店","locality":"番禺区","popularity":9}
{"op":"add","id":"A4","name":"Y & T 书店","locality":"番禺区","popularity":9}
"#;
    let desk = folder.load(rows);
    for typed in ["ty", "ty th", "th ty"] {
        let found = ids(&desk, typed);
        assert_eq!(found.first().map(String::as_str), Some("A2"), "{typed}: {found:?}");
        assert!(found.contains(&"A1".to_owned()), "{typed}: {found:?}");
    }
    assert_eq!(ids_by(&desk, "t y", &[MatchKind::English]), ["A1", "A3", "A4"]);
}

/// Hits of a narrowed lookup.
fn narrowed(desk: &Desk, typed: &str, locality: &str) -> Vec<String> {
    let query = Query::new(typed).unwrap().narrow(None, Some(locality.to_owned()), None);
    desk.lookup(&query).unwrap().hits.into_iter().map(|hit| hit.id.to_string()).collect()
}

/// A district picked beside the box hid hits one by one, and where few of a great many were in it none was left: typed into
/// the box it found them.
#[test]
fn a_district_of_few_leads_to_its_listings_where_it_is_picked() {
    let folder = Folder::new();
    let rows = |range: std::ops::Range<u32>, locality: &str, popularity: u32| -> String {
        let row = |n| json!({"id": format!("L{n:04}"), "name": format!("第{n}号酒家"), "locality": locality, "popularity": popularity});
        range.map(|n| row(n).to_string() + "\n").collect()
    };
    let desk = folder.load(&(rows(0..4000, "天河区", 9) + &rows(4000..4012, "从化区", 1)));
    let few: Vec<String> = (4000..4012).map(|n| format!("L{n}")).collect();
    for typed in ["酒家", "号酒家", "jiujia", "hjj"] {
        for locality in ["=从化区", "从化"] {
            let found = narrowed(&desk, typed, locality);
            assert!(found.len() == 10 && found.iter().all(|id| few.contains(id)), "{typed} {locality}: {found:?}");
        }
    }
    assert_eq!(narrowed(&desk, "酒家", "=番禺区"), [""; 0]);
}

/// What leads to the listings of a picked district must not take the place of the other ways to find them there.
#[test]
fn every_kind_of_match_is_found_in_a_picked_district() {
    let folder = Folder::new();
    let row = |id: &str, name: &str, locality: &str, number: &str| {
        json!({"id": id, "name": name, "locality": locality, "phones": [number], "popularity": 9}).to_string() + "\n"
    };
    let others = (0..90).map(|n| row(&format!("X{n:02}"), &format!("{n}号店"), "荔湾区", "020-81111111"));
    let rows =
        row("A1", "中国建设银行广州分行", "荔湾区", "020-81380388") + &row("A2", "广州酒家", "荔湾区", "020-81380399");
    let desk =
        folder.load(&(others.collect::<String>() + &rows + &row("B1", "中国建设银行", "天河区", "020-81380388")));
    for (typed, kind, id) in [
        ("广州酒家", MatchKind::Exact, "A2"),
        ("广州酒", MatchKind::Prefix, "A2"),
        ("酒家 广州", MatchKind::Word, "A2"),
        ("设银行", MatchKind::Infix, "A1"),
        ("建行", MatchKind::ShortForm, "A1"),
        ("guangzhoujiu", MatchKind::Pinyin, "A2"),
        ("zgjsyh", MatchKind::Initials, "A1"),
        ("guangzjj", MatchKind::Mixed, "A2"),
        ("广舟酒家", MatchKind::Homophone, "A2"),
        ("guanzoujiujia", MatchKind::FuzzySound, "A2"),
        ("guangzhuojiujia", MatchKind::Typo, "A2"),
        ("81380388", MatchKind::Number, "A1"),
    ] {
        let query = Query::new(typed).unwrap().narrow(None, Some("=荔湾区".to_owned()), None);
        assert!(narrowed(&desk, typed, "=荔湾区").contains(&id.to_owned()), "{typed}");
        let hits = desk.lookup(&query.modes(vec![kind])).unwrap().hits;
        let found: Vec<&str> = hits.iter().map(|hit| hit.id.as_str()).collect();
        assert_eq!(found, [id], "{typed} by {kind:?}");
    }
}

/// A hit by a misheard initial kept what was meant from being asked for: a street in letters.
#[test]
fn a_misheard_initial_ends_nothing() {
    let folder = Folder::new();
    let kfc = json!({"id": "A1", "name": "肯德基", "address": "中山路8号", "popularity": 1}).to_string() + "\n";
    let desk = folder.load(&(kfc + &add("A2", "早上南京肯德基俱乐部", 9.0)));
    assert!(ids(&desk, "zsl kdj").contains(&"A1".to_owned()), "{:?}", ids(&desk, "zsl kdj"));
}

/// Letters that nothing parts from a district found a name that begins so before the one they spell.
#[test]
fn a_whole_name_stands_first_where_it_is_a_guess_too() {
    let folder = Folder::new();
    let row = |id: &str, name: &str| json!({"id": id, "name": name, "locality": "沙湾镇"}).to_string() + "\n";
    let desk = folder.load(&(row("A1", "KTV之王") + &row("A2", "KTV")));
    assert_eq!(ids(&desk, "swktv"), ["A2", "A1"]);
}

/// What a place of many is asked for hung on how many of its listings a part has: a new listing moved when it came into the base.
#[test]
fn a_place_of_many_is_asked_alike_in_base_and_delta() {
    let folder = Folder::new();
    let row = |id: &str, name: &str, popularity: u32| {
        json!({"id": id, "name": name, "address": "中山路8号", "popularity": popularity}).to_string() + "\n"
    };
    let known = (0..90).map(|n| row(&format!("K{n:02}"), &format!("新雅达{n}店"), 900));
    let desk = folder.load(&known.collect::<String>());
    folder.import(&desk, &row("N1", "雅店", 1));
    desk.compact(false, &mut Silent).unwrap();
    let in_delta = ids(&desk, "zhongshanlu yd");
    assert!(in_delta.contains(&"N1".to_owned()), "{in_delta:?}");
    desk.compact(true, &mut Silent).unwrap();
    assert_eq!(ids(&desk, "zhongshanlu yd"), in_delta);
}

/// ü typed behind hanzi led to names by lu and was held against them as lü.
#[test]
fn an_umlaut_behind_hanzi_is_one() {
    let folder = Folder::new();
    let desk = folder.load(&(add("A1", "中山绿店", 1.0) + &add("A2", "中山路店", 1.0)));
    for typed in ["中山lü", "中山lv", "中山lüdian"] {
        assert_eq!(ids_by(&desk, typed, &[MatchKind::Mixed]), ["A1"], "{typed}");
    }
}
