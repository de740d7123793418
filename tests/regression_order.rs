//! Bugs in the order of hits that were found once, so that they do not come back.

use chahao::query::MatchKind;

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
