//! Callers shorten names; the desk knows the whole name and no alias.

use chahao::query::{MatchKind, Query};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::Config;

use crate::desk_in_a_folder::{Folder, add, ids};

/// Names and the short form callers use.
const SHORT: [(&str, &str); 8] = [
    ("华南理工大学", "华工"),
    ("广州市第二十一中学", "二十一中"),
    ("广州市第21中学", "二十一中"),
    ("广州市第二十一中学", "21中"),
    ("广东省人民医院", "省医"),
    ("中山大学附属第一医院", "中山一院"),
    ("北京医科大学", "北医大"),
    ("金陵女子大学", "金陵女大"),
];

/// The caller says 华工 and nothing is found, for nobody has entered the alias.
#[test]
fn short_forms_find_their_names_without_an_alias() {
    for (name, short) in SHORT {
        let folder = Folder::new();
        let others = [("O-1", "阿强五金行"), ("O-2", "大新华路理发店"), ("O-3", "工人文化宫")];
        let rows: String = others.iter().map(|(id, name)| add(id, name, 500.0)).collect();
        let desk = folder.load(&(rows + &add("T-1", name, 40.0)));
        assert_eq!(ids(&desk, short).first().map(String::as_str), Some("T-1"), "{short} for {name}");
    }
}

/// Callers say the last character of 银行, begin behind 中华, and leave 联合会 out; better known names hold the
/// characters too.
#[test]
fn words_are_shortened_as_callers_do() {
    for (name, short, other) in [
        ("中国建设银行", "建行", "建业五金行"),
        ("香港大学", "港大", "港湾老人大学"),
        ("中华全国青年联合会", "青联", "青联尚货运部"),
        ("妇女联合会", "妇联", "妇幼联合门诊部"),
        ("上海第二医科大学", "二医大", "二马路医药大楼"),
        ("北京电影制片厂", "北影厂", "北江影视器材厂"),
        ("第五中学", "五中", "五星体检中心"),
        ("长春第一汽车制造厂", "一汽", "一路汽车租赁公司"),
    ] {
        let folder = Folder::new();
        let desk = folder.load(&(add("O-1", other, 90.0) + &add("T-1", name, 40.0)));
        assert_eq!(ids(&desk, short)[0], "T-1", "{short} for {name}, not {other}");
    }
}

/// What is lit up on the screen is not what was typed.
#[test]
fn the_characters_kept_are_told() {
    let folder = Folder::new();
    let desk = folder.load(&(add("T-1", "華南(理工)大學", 4.0) + &add("T-2", "广州市第21职业中学", 4.0)));
    let told = |query: &str| {
        let asked = Query::new(query).unwrap().modes(vec![MatchKind::ShortForm]);
        let hit = desk.lookup(&asked).unwrap().hits.swap_remove(0);
        (hit.id.to_string(), hit.kind, hit.matched.spans)
    };
    assert_eq!(told("华工"), ("T-1".to_owned(), MatchKind::ShortForm, vec![(0, 1), (4, 5)]));
    assert_eq!(told("广二十一中"), ("T-2".to_owned(), MatchKind::ShortForm, vec![(0, 1), (4, 6), (8, 9)]));
}

/// 二中 is asked for, and the number of the better known 二十四中 is given out.
#[test]
fn a_part_of_a_numeral_is_no_numeral() {
    let folder = Folder::new();
    let rows = add("T-24", "广州市第二十四中学", 400.0) + &add("T-2", "广州市第二中学", 20.0);
    let desk = folder.load(&(rows + &add("T-22", "广州市第二十二职业中学", 400.0)));
    assert_eq!(ids(&desk, "二中")[0], "T-2");
    assert_eq!(ids(&desk, "广二中")[0], "T-2");
    assert_eq!(ids(&desk, "二十四中")[0], "T-24");
}

proptest! {
    #![proptest_config(Config { cases: 24, ..Config::default() })]

    /// A page is full of better known shops whose names begin with what was typed, and the university is on none.
    #[test]
    fn a_page_of_weak_beginnings_does_not_hide_a_better_short_form(
        (name, short) in select(&[("中山大学", "中大"), ("华南农业大学", "华农"), ("南方电视台", "南台")][..]),
        trade in select(&["五金行", "百货商店", "汽车美容服务部", "美发店"][..]),
        shops in 1_usize..80,
        calls in 1_u32..60,
    ) {
        let folder = Folder::new();
        let mut rows = add("T-1", name, 60.0);
        for number in 0..shops {
            rows += &add(&format!("S-{number}"), &format!("{short}{}{trade}", ["新", "老", "永", "利"][number % 4]), calls as f32);
        }
        let desk = folder.load(&rows);
        let found = ids(&desk, short);
        prop_assert_eq!(found.first().map(String::as_str), Some("T-1"), "{:?}", found);
    }
}
