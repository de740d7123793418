//! Several words of a name, apart, some of them in letters: `kdj thc` for 肯德基餐厅(天河城店).

use std::collections::BTreeSet;

use chahao::query::{MatchKind, Query};
use chahao::text::{Lexicon, sounds_of, spellings};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::desk_in_a_folder::{Folder, ids, ids_by};
use crate::oracle::{Form, forms, is_narrowed_to};
use crate::small_ledgers::{Entry, small_ledger, tries};

/// Where fewer names hold the words as they are written, letters are taken for what they spell.
const FEW: usize = 5;
/// Ledgers tried.
const LEDGERS: u32 = 24;
/// Queries put to one ledger.
const QUERIES: usize = 60;

const LISTINGS: &str = r#"{"op":"add","id":"A1","name":"肯德基餐厅(天河城店)","locality":"天河区","category":"餐饮","popularity":30}
{"op":"add","id":"A2","name":"肯德基餐厅(体育中心店)","locality":"天河区","category":"餐饮","popularity":90}
{"op":"add","id":"A3","name":"QuickStop便利店(花果山公园分店)","locality":"越秀区","category":"购物","popularity":1}
{"op":"add","id":"A4","name":"QuickStop便利店(天河城店)","locality":"天河区","category":"购物","popularity":2}
{"op":"add","id":"A5","name":"岭南医科大学附属第一医院儿科","locality":"白云区","category":"医疗","popularity":5}
{"op":"add","id":"A6","name":"岭南医科大学附属第一医院","locality":"白云区","category":"医疗","popularity":80}
"#;

#[test]
fn a_brand_and_its_branch_are_typed_by_a_few_letters_each() {
    let folder = Folder::new();
    let desk = folder.load(LISTINGS);
    for (typed, meant) in [
        ("kdj thc", "A1"),
        ("thc kdj", "A1"),
        ("kendeji tianhecheng", "A1"),
        ("肯德基 thc", "A1"),
        ("kdj 天河城", "A1"),
        ("kdj tyzx", "A2"),
        ("quick hgs", "A3"),
        ("qu hgs", "A3"),
        ("quick thc", "A4"),
        ("lnyk ek", "A5"),
        ("岭南 ek", "A5"),
        ("lnyk yiyuan ek", "A5"),
    ] {
        assert_eq!(ids(&desk, typed).first().map(String::as_str), Some(meant), "{typed}");
        assert_eq!(ids_by(&desk, typed, &[MatchKind::Word]).first().map(String::as_str), Some(meant), "{typed}");
    }
    for typed in ["kdj hgs", "thc thc", "hgs tyzx", "jd thc kdj"] {
        assert!(ids_by(&desk, typed, &[MatchKind::Word]).is_empty(), "{typed}");
    }
}

#[test]
fn words_in_letters_are_shown_where_they_stand() {
    let folder = Folder::new();
    let desk = folder.load(LISTINGS);
    let spans = |typed: &str| desk.lookup(&Query::new(typed).unwrap()).unwrap().hits[0].matched.spans.clone();
    assert_eq!(spans("kdj thc"), [(0, 3), (6, 9)]);
    assert_eq!(spans("thc kdj"), [(0, 3), (6, 9)]);
    assert_eq!(spans("quick hgs"), [(0, 5), (13, 16)]);
}

#[test]
fn words_are_shown_where_they_are_written_before_where_they_are_spelled() {
    let folder = Folder::new();
    let row = r#"{"op":"add","id":"A1","name":"肯德基餐厅(天河城店)","aliases":["肯德基餐厅(THC广场)"]}"#;
    let desk = folder.load(&format!("{row}\n"));
    let matched = desk.lookup(&Query::new("肯德基 thc").unwrap()).unwrap().hits[0].matched.clone();
    assert_eq!((matched.text.as_str(), matched.spans), ("肯德基餐厅(THC广场)", vec![(0, 3), (6, 9)]));
}

#[test]
fn of_several_texts_one_that_begins_with_a_word_counts_and_is_shown() {
    let folder = Folder::new();
    let rows = [
        r#"{"op":"add","id":"A1","name":"天地肯德基餐厅天河城店","aliases":["肯德基的天河城店"],"popularity":3}"#,
        r#"{"op":"add","id":"A2","name":"天地口袋京味餐厅天河城店","popularity":12}"#,
    ];
    let desk = folder.load(&rows.map(|row| format!("{row}\n")).concat());
    assert_eq!(ids(&desk, "kdj thc"), ["A1", "A2"]);
    let matched = desk.lookup(&Query::new("kdj thc").unwrap()).unwrap().hits[0].matched.clone();
    assert_eq!((matched.text.as_str(), matched.spans), ("肯德基的天河城店", vec![(0, 3), (4, 7)]));
}

#[test]
fn a_name_behind_its_region_is_begun_too() {
    let folder = Folder::new();
    let rows = [
        r#"{"op":"add","id":"A1","name":"广州市越秀区肯德基餐厅天河城店","locality":"越秀区","popularity":3}"#,
        r#"{"op":"add","id":"A2","name":"越好口袋京味餐厅天河城分店","locality":"越秀区","popularity":12}"#,
    ];
    let desk = folder.load(&rows.map(|row| format!("{row}\n")).concat());
    assert_eq!(ids(&desk, "kdj thc"), ["A1", "A2"]);
}

#[test]
fn what_hanzi_go_on_with_in_letters_is_a_word_too() {
    let folder = Folder::new();
    let desk = folder.load(LISTINGS);
    assert_eq!(ids_by(&desk, "天河c kdj", &[MatchKind::Word]), ["A1"]);
    assert_eq!(ids_by(&desk, "天河c 肯德基", &[MatchKind::Word]), ["A1"]);
    assert_eq!(ids_by(&desk, "kendej thc", &[MatchKind::Word]), ["A1"]);
    assert_eq!(ids_by(&desk, "kendj thc", &[MatchKind::Word]), ["A1"], "half in syllables, half in initials");
}

#[test]
fn a_name_that_holds_short_syllables_apart_does_not_hide_one_that_was_misheard() {
    let folder = Folder::new();
    let chance = r#"{"op":"add","id":"B1","name":"林氏南方艺术科技","popularity":50}"#;
    let desk = folder.load(&format!("{LISTINGS}{chance}\n"));
    let found = ids(&desk, "lin nan yi ke");
    assert!(found.iter().any(|id| id == "A6") && found.iter().any(|id| id == "B1"), "{found:?}");
}

/// Where `typed`, hanzi or letters, may end when it begins at the first of `chars`.
fn ends(typed: &[char], chars: &[char]) -> BTreeSet<usize> {
    let Some(&first) = typed.first() else { return BTreeSet::from([0]) };
    let Some((&c, behind)) = chars.split_first() else { return BTreeSet::new() };
    let mut all = BTreeSet::new();
    let mut go_on = |taken: usize| all.extend(ends(&typed[taken..], behind).iter().map(|end| end + 1));
    if first == c {
        go_on(1);
    }
    let letters: String = typed.iter().take_while(|c| c.is_ascii()).collect();
    for sound in sounds_of(c) {
        let wide = if sound.get(1..2) == Some("h") { 2 } else { 1 };
        for length in BTreeSet::from([1, wide, sound.len()]) {
            if letters.starts_with(&sound[..length]) {
                go_on(length);
            }
        }
        if !letters.is_empty() && letters.len() < sound.len() && sound.starts_with(&letters) {
            go_on(letters.len());
        }
    }
    all
}

/// Every place where `word` may stand in `form`: not inside a Latin word.
fn places(word: &str, form: &Form) -> Vec<(usize, BTreeSet<usize>)> {
    let (typed, chars): (Vec<char>, Vec<char>) = (word.chars().collect(), form.folded.text().chars().collect());
    let inside = |at: usize| at > 0 && chars[at - 1..=at].iter().all(char::is_ascii_lowercase);
    let starts = (0..chars.len()).filter(|&at| !inside(at));
    let of = |at: usize| (at, ends(&typed, &chars[at..]).iter().map(|end| at + end).collect::<BTreeSet<usize>>());
    starts.map(of).filter(|(_, ends)| !ends.is_empty()).collect()
}

/// Whether `first` and, behind it, `second` may stand in `form`; `surely` where that holds wherever `first`, at its
/// earliest, ends.
fn stand_in_order(first: &str, second: &str, form: &Form, surely: bool) -> bool {
    let (firsts, seconds) = (places(first, form), places(second, form));
    let is_behind = |end: usize| seconds.iter().any(|(start, _)| *start >= end);
    match surely {
        true => firsts.first().is_some_and(|(_, ends)| ends.iter().all(|end| is_behind(*end))),
        false => firsts.iter().any(|(_, ends)| ends.iter().any(|end| is_behind(*end))),
    }
}

fn stand_in(words: [&str; 2], entry: &Entry, surely: bool) -> bool {
    let [one, two] = words;
    forms(entry).iter().any(|form| stand_in_order(one, two, form, surely) || stand_in_order(two, one, form, surely))
}

fn are_written_in(words: [&str; 2], entry: &Entry) -> bool {
    forms(entry).iter().any(|form| words.iter().all(|word| form.folded.text().contains(word)))
}

/// Two words of a name that stand apart, one of them at least by its initials.
fn two_words(entry: &Entry, picks: &(Index, Index, Index, u8)) -> Option<[String; 2]> {
    let (which, first, second, die) = picks;
    let all = forms(entry);
    let form = which.get(&all);
    let units = form.folded.units();
    let mut begin: Vec<usize> = form.later_words();
    begin.push(0);
    begin.sort_unstable();
    let a = begin[first.index(begin.len())];
    let behind: Vec<usize> = begin.iter().copied().filter(|at| *at >= a + 2).collect();
    let b = *behind.get(second.index(behind.len().max(1)))?;
    let spelling = spellings(Lexicon::built_in().pinyin(), &form.folded, 1).pop()?;
    let initials = |from: usize, to: usize| {
        let end = spelling.initial_starts.get(to).map_or(spelling.initials.len(), |&at| at as usize);
        spelling.initials.get(spelling.initial_starts[from] as usize..end).map(str::to_owned)
    };
    let until = |from: usize, end: usize| (from + 2 + usize::from(*die) % 3).min(end);
    let written: String = units[a..until(a, b)].iter().map(|unit| unit.c).collect();
    let one = if die % 2 == 0 { initials(a, until(a, b))? } else { written };
    let two = initials(b, until(b, units.len()))?;
    let words = [one, two];
    let is_fit =
        |word: &String| word.chars().count() >= 2 && (!word.is_ascii() || !word.bytes().all(|b| b.is_ascii_digit()));
    (words[0] != words[1] && words.iter().all(is_fit)).then_some(words)
}

proptest! {
    #![proptest_config(tries(LEDGERS, 60))]

    /// A branch is called by its brand and its street, and the keys of one of them lead past it.
    #[test]
    fn words_apart_find_what_looking_at_every_name_finds(
        ledger in small_ledger(),
        picks in vec((any::<Index>(), any::<(Index, Index, Index, u8)>()), QUERIES),
    ) {
        let loaded = ledger.load();
        let entries: Vec<&Entry> = loaded.model.values().collect();
        let mut found = 0;
        let kinds = [MatchKind::Word, MatchKind::English];
        for (which, picks) in picks.iter().filter(|_| !entries.is_empty()) {
            let entry = *which.get(&entries);
            let Some([one, two]) = two_words(entry, picks) else { continue };
            let words = [one.as_str(), two.as_str()];
            if words.iter().all(|word| !word.bytes().any(|byte| byte.is_ascii_alphabetic())) {
                continue;
            }
            let query = format!("{one} {two}");
            let engine: BTreeSet<String> = ids_by(&loaded.desk, &query, &kinds).into_iter().collect();
            let of = |test: &dyn Fn(&Entry) -> bool| -> BTreeSet<String> {
                loaded.model.iter().filter(|(_, entry)| test(entry)).map(|(id, _)| id.clone()).collect()
            };
            let written = of(&|entry| are_written_in(words, entry));
            let may = of(&|entry| {
                let is_beside_its_place = || is_narrowed_to(entry, &query, &[MatchKind::English]);
                are_written_in(words, entry) || stand_in(words, entry, false) || is_beside_its_place()
            });
            prop_assert!(engine.is_subset(&may), "{query:?} finds {:?} too", engine.difference(&may).collect::<Vec<_>>());
            prop_assert!(written.is_subset(&engine), "{query:?} leaves out {:?}", written.difference(&engine).collect::<Vec<_>>());
            if written.len() < FEW && stand_in(words, entry, true) {
                found += 1;
                let meant = loaded.model.iter().find(|(_, known)| std::ptr::eq(*known, entry));
                prop_assert!(meant.is_some_and(|(id, _)| engine.contains(id)), "{query:?} finds {engine:?} only");
            }
        }
        prop_assert!(found > 0 || entries.len() < 3, "nothing was asked for");
    }
}
