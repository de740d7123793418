//! Answers that are longer than the screen, and keys that reach the desk as one though they were two.

use super::*;

/// A hospital with so many departments, and a note of so many sentences.
fn hospital(departments: usize, sentences: usize) -> String {
    let note: String = (0..sentences).map(|n| format!("第{n}句要告诉来电者的话。")).collect();
    let above =
        json!({"id": "H", "name": "岭南医院", "phones": ["020-81110000"], "note": note, "address": "同福路1号"});
    let under = (0..departments).map(|n| {
        json!({"id": format!("H{n:02}"), "name": format!("第{n:02}门诊"), "parent": "H", "popularity": 99 - n,
            "phones": [format!("020-811100{n:02}")]})
    });
    std::iter::once(above).chain(under).map(|row| row.to_string() + "\n").collect()
}

/// On a screen of 24 lines an answer ended at its frame, and nothing said that there was more to be told.
#[test]
fn an_answer_that_is_longer_than_its_place_says_so_and_is_read_on() {
    let mut desk = Sitting::new();
    desk.import(&hospital(30, 24));
    desk.types("lnyy");
    desk.key(KeyCode::Enter);
    assert_eq!(desk.shown_id(), Some("H"));
    for (width, height) in [(80, 24), (120, 24), (60, 18)] {
        let first = desk.screen_of(width, height);
        holds(&first, &["0 8111 0000", "↓ More PgDn"]);
        assert!(!first.contains("PgUp"), "{first}");
        let mut read = first.clone();
        for _ in 0..40 {
            desk.key(KeyCode::PageDown);
            read += &desk.screen_of(width, height);
        }
        let last = desk.screen_of(width, height);
        holds(&last, &["第29门诊", "↑ PgUp"]);
        assert!(!last.contains("PgDn"), "{last}");
        // Nothing is jumped over.
        let read = read.replace(['\n', ' ', '│'], "");
        (0..30).for_each(|n| assert!(read.contains(&format!("第{n:02}门诊")), "{n}: {read}"));
        (0..24).for_each(|n| assert!(read.contains(&format!("第{n}句")), "{n}: {read}"));
        desk.key(KeyCode::PageUp);
        assert_ne!(desk.screen_of(width, height), last, "back from the end at the first key");
        (0..40).for_each(|_| desk.key(KeyCode::PageUp));
        assert_eq!(desk.screen_of(width, height), first);
    }
    assert_eq!(desk.shown_id(), Some("H"), "reading on chooses nothing");
    // The next answer begins at its beginning.
    desk.key(KeyCode::PageDown);
    desk.calls("gzjj");
    desk.key(KeyCode::Enter);
    holds(&desk.screen_of(80, 24), &["广州酒家(文昌总店)", "文昌南路2号", "周一休息", "文昌酒家"]);
    assert!(!desk.screen_of(80, 24).contains("PgDn"));
}

/// What an arrow key reached among the departments was drawn below the frame where lines above it were broken.
#[test]
fn the_department_that_is_chosen_is_always_in_sight() {
    let mut desk = Sitting::new();
    desk.import(&hospital(30, 24));
    desk.types("lnyy");
    desk.key(KeyCode::Enter);
    desk.key(KeyCode::Right);
    for n in 0..30 {
        for (width, height) in [(80, 24), (60, 18), (120, 12)] {
            let screen = desk.screen_of(width, height);
            assert!(screen.contains(&format!("第{n:02}门诊")), "{n} at {width} by {height}:\n{screen}");
        }
        desk.key(KeyCode::Down);
    }
    desk.key(KeyCode::Enter);
    assert_eq!(desk.shown_id(), Some("H29"));
}

/// Esc and a letter behind it reach a program as Alt and the letter where they come together: the letter was lost, and the
/// call before stood on.
#[test]
fn esc_and_a_letter_that_come_as_one_begin_the_next_call_with_it() {
    let mut desk = Sitting::new();
    desk.types("gzjj");
    desk.key(KeyCode::Enter);
    desk.alt('t');
    assert_eq!((desk.shown_id(), desk.console.query().as_str()), (None, "t"));
    desk.types("hcl");
    assert_eq!(desk.console.hits.len(), 2);
    desk.alt('广');
    assert_eq!(desk.console.query(), "广");
    desk.press(KeyCode::Char('G'), KeyModifiers::ALT | KeyModifiers::SHIFT);
    assert_eq!(desk.console.query(), "G");
    // Where Alt and the letter have nothing to do, they are no such key.
    desk.alt('c');
    assert_eq!((desk.console.query().as_str(), desk.copied.len()), ("c", 0));
    desk.alt('s');
    assert_eq!(desk.console.query(), "s");
    // Where they have, they are.
    desk.calls("gzjj");
    desk.key(KeyCode::Enter);
    desk.alt('c');
    desk.alt('s');
    desk.alt('k');
    assert_eq!((desk.shown_id(), desk.copied.len()), (Some("A1"), 1));
    assert_eq!(desk.console.list, List::Choices);
}
