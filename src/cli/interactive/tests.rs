//! The desk in a terminal that is a buffer: keys in, cells out, answers from a real index or as a test likes.

mod calls;
mod room;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use serde_json::{Value, json};

use super::asking::{Answered, Question, Source};
use super::drawing::draw;
use super::state::{Console, Effect, List};
use crate::Error;
use crate::console::Language;
use crate::desk::{Desk, ImportOptions};
use crate::ledger::Limits;
use crate::progress::Silent;

const LISTINGS: &str = r#"{"id":"A1","name":"广州酒家(文昌总店)","aliases":["文昌酒家"],"locality":"荔湾区","address":"文昌南路2号","category":"餐饮","phones":["订座:020-81380388转801","020-81380399"],"popularity":900,"note":"周一休息"}
{"id":"A2","name":"天河茶楼","locality":"天河区","address":"体育西路1号","category":"餐饮","phones":["020-85555555"],"popularity":300}
{"id":"A3","name":"天河茶楼","locality":"越秀区","address":"中山五路9号","category":"购物","phones":["020-83333333"],"popularity":200}
{"id":"B1","name":"中山大学附属第一医院","phones":["020-28823388"],"category":"医疗","popularity":40}
{"id":"B2","name":"急诊科","parent":"B1","phones":["020-28823390"]}
{"id":"B3","name":"抢救室","parent":"B2","phones":["020-28823391"]}
{"id":"C1","name":"老王修车行","phones":["13800138000"],"status":"changed","referral":{"number":"13900139000","until":"2099-01-01"}}
{"id":"C2","name":"老李修车行","phones":["13800138001"],"status":"changed","referral":{"listing":"A2"}}
{"id":"C3","name":"隐名诊所","phones":["020-80245913"],"status":"non_published"}
{"id":"C4","name":"关门饭店","phones":["020-80000010"],"status":"disconnected"}
"#;

/// An operator at the desk. Answers come at once, unless they are held.
struct Sitting {
    _folder: tempfile::TempDir,
    source: Source,
    console: Console,
    held: Option<Vec<Question>>,
    copied: Vec<String>,
    left: bool,
}

impl Sitting {
    fn new() -> Sitting {
        let folder = tempfile::tempdir().unwrap();
        let desk = Desk::new(&folder.path().join("ledger.db"), &folder.path().join("index"));
        let file = folder.path().join("batch.ndjson");
        std::fs::write(&file, LISTINGS).unwrap();
        let limits = Limits { force: true, ..Limits::default() };
        desk.import(&file, &ImportOptions { limits, ..ImportOptions::default() }, &mut Silent).unwrap();
        desk.compact(false, &mut Silent).unwrap();
        let source = Source::Here(Box::new(desk));
        Sitting {
            _folder: folder,
            source,
            console: Console::new("here", Language::English),
            held: None,
            copied: Vec::new(),
            left: false,
        }
    }

    fn act(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Ask(question) => match &mut self.held {
                    Some(held) => held.push(question),
                    None => self.answer(question),
                },
                Effect::Copy(text) => self.copied.push(text),
                Effect::Leave => self.left = true,
            }
        }
    }

    fn answer(&mut self, question: Question) {
        let answered = self.source.answer(question);
        let effects = self.console.on_answer(answered);
        self.act(effects);
    }

    fn press(&mut self, code: KeyCode, modifiers: KeyModifiers) {
        let effects = self.console.on_event(Event::Key(KeyEvent::new(code, modifiers)));
        self.act(effects);
    }

    fn key(&mut self, code: KeyCode) {
        self.press(code, KeyModifiers::NONE);
    }

    fn alt(&mut self, c: char) {
        self.press(KeyCode::Char(c), KeyModifiers::ALT);
    }

    fn types(&mut self, text: &str) {
        text.chars().for_each(|c| self.key(KeyCode::Char(c)));
    }

    /// Begins a call with `text`.
    fn calls(&mut self, text: &str) {
        self.key(KeyCode::Esc);
        self.types(text);
    }

    /// What stands on a screen of this size, line by line, without blanks at the ends.
    fn screen_of(&self, width: u16, height: u16) -> String {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| draw(&self.console, frame)).unwrap();
        let buffer = terminal.backend().buffer().clone();
        let mut text = String::new();
        for y in 0..height {
            let mut x = 0;
            let mut line = String::new();
            while x < width {
                let symbol = buffer[(x, y)].symbol();
                line.push_str(symbol);
                // A wide character takes two cells.
                let is_narrow = symbol.is_ascii() || symbol.chars().all(|c| "─│┌┐└┘›…·→‹↑↓".contains(c));
                x += if is_narrow { 1 } else { 2 };
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    fn screen(&self) -> String {
        self.screen_of(120, 30)
    }

    fn shown_id(&self) -> Option<&str> {
        self.console.answer.as_ref().map(|answer| answer.listing.id.as_str())
    }
}

fn holds(screen: &str, texts: &[&str]) {
    for text in texts {
        assert!(screen.contains(text), "{text} is not in\n{screen}");
    }
}

#[test]
fn a_call_takes_its_letters_and_enter_and_the_next_one_begins_by_typing() {
    let mut desk = Sitting::new();
    desk.types("gzjj");
    holds(
        &desk.screen(),
        &["› gzjj", "1 广州酒家(文昌总店)", "订座 020 8138 0388 ext. 801", "文昌南路2号", "initials"],
    );
    desk.key(KeyCode::Enter);
    assert_eq!(desk.shown_id(), Some("A1"));
    // The digits large: 020 8138 0388.
    holds(&desk.screen(), &[" _  _  _    _     _  _ ", "周一休息", "荔湾区", "020 8138 0399", "文昌酒家"]);
    desk.types("t");
    assert_eq!((desk.shown_id(), desk.console.query().as_str()), (None, "t"), "what is typed next is the next call");
    desk.key(KeyCode::Backspace);
    holds(&desk.screen(), &["Last calls", "广州酒家(文昌总店)  荔湾区"]);
    desk.key(KeyCode::Enter);
    assert_eq!(desk.shown_id(), Some("A1"), "Enter in the empty box is the last call");
    desk.calls("gzjj");
    desk.key(KeyCode::Enter);
    desk.key(KeyCode::End);
    desk.types("w");
    assert_eq!(desk.console.query(), "gzjjw", "End goes on with what was typed");
    desk.key(KeyCode::Esc);
    desk.alt('x');
    assert!(desk.console.calls.is_empty());
    desk.press(KeyCode::Char('q'), KeyModifiers::CONTROL);
    assert!(desk.left);
}

#[test]
fn arrows_and_digits_choose_and_digits_alone_are_looked_up() {
    let mut desk = Sitting::new();
    desk.types("天河茶楼");
    assert_eq!(desk.console.hits.len(), 2);
    holds(&desk.screen(), &["(same name)"]);
    desk.key(KeyCode::Down);
    desk.key(KeyCode::Enter);
    assert_eq!(desk.shown_id(), Some("A3"));
    holds(&desk.screen(), &["Others have the same name", "体育西路1号 020 8555 5555"]);
    desk.calls("天河茶楼");
    desk.alt('1');
    assert_eq!(desk.shown_id(), Some("A2"));
    desk.calls("天河茶楼");
    desk.key(KeyCode::Down);
    desk.types("2");
    assert_eq!((desk.shown_id(), desk.console.query().as_str()), (Some("A3"), "天河茶楼"));
    desk.calls("8138");
    desk.key(KeyCode::Down);
    desk.types("0399");
    assert_eq!(desk.console.query(), "81380399", "digits go on with a number");
    desk.key(KeyCode::Enter);
    let given = &desk.console.answer.as_ref().unwrap().listing.phones[0].number;
    assert_eq!(given, "020-81380399", "the number that was searched for comes first");
}

#[test]
fn what_may_not_be_given_out_is_announced_and_what_has_moved_is_referred() {
    let mut desk = Sitting::new();
    for (typed, id, texts, absent) in [
        (
            "老王",
            "C1",
            &[
                "139 0013 9000",
                "The number has changed. The new number: (referral",
                "until 2099-01-01)",
                "old number: 138 0013 8000",
            ][..],
            "\u{0}",
        ),
        ("老李", "C2", &["Ask instead for: 天河茶楼", "020 8555 5555"], "\u{0}"),
        ("隐名", "C3", &["The number is not published"], "5913"),
        ("关门", "C4", &["This number is out of service", "old number: 020 8000 0010"], "|_|"),
    ] {
        desk.calls(typed);
        desk.key(KeyCode::Enter);
        assert_eq!(desk.shown_id(), Some(id));
        let screen = desk.screen();
        holds(&screen, texts);
        assert!(!screen.contains(absent), "{screen}");
    }
}

#[test]
fn the_caption_tree_is_walked_by_arrows() {
    let mut desk = Sitting::new();
    desk.types("zsdxfsdyyy");
    desk.key(KeyCode::Enter);
    holds(&desk.screen(), &["Under it: 2", "急诊科", "抢救室"]);
    desk.key(KeyCode::Right);
    desk.key(KeyCode::Down);
    desk.key(KeyCode::Enter);
    assert_eq!(desk.shown_id(), Some("B3"));
    holds(&desk.screen(), &["020 2882 3391", "急诊科 ‹ 中山大学附属第一医院"]);
    desk.key(KeyCode::Left);
    assert_eq!(desk.shown_id(), Some("B2"));
    desk.key(KeyCode::Left);
    assert_eq!(desk.shown_id(), Some("B1"));
    desk.types("g");
    assert_eq!(desk.console.query(), "g", "typing is the next call, however far the tree was walked");
}

#[test]
fn hits_are_narrowed_by_locality_and_category() {
    let mut desk = Sitting::new();
    desk.types("天河茶楼");
    desk.alt('l');
    holds(&desk.screen(), &["Narrow by locality", "天河区  1", "越秀区  1"]);
    let at = desk.console.choices.iter().position(|choice| choice.value.as_deref() == Some("越秀区")).unwrap();
    desk.types(&(at + 1).to_string());
    assert_eq!(desk.console.hits.len(), 1);
    holds(&desk.screen(), &["[越秀区]", "中山五路9号"]);
    "天河茶楼".chars().for_each(|_| desk.key(KeyCode::Backspace));
    assert_eq!(desk.console.locality.as_deref(), Some("越秀区"));
    desk.key(KeyCode::Backspace);
    assert_eq!(desk.console.locality, None, "Backspace in the empty box undoes it");
    desk.types("天河茶楼");
    desk.alt('k');
    assert_eq!(desk.console.list, List::Choices);
    desk.key(KeyCode::Esc);
    assert_eq!((desk.console.list, desk.console.hits.len()), (List::Hits, 2), "leaving the choice changes nothing");
}

#[test]
fn the_answer_is_copied_and_read_out() {
    let mut desk = Sitting::new();
    desk.types("gzjj");
    desk.key(KeyCode::Enter);
    desk.alt('c');
    assert_eq!(desk.copied.len(), 1);
    holds(&desk.copied[0], &["广州酒家(文昌总店)", "020-81380388"]);
    desk.alt('s');
    holds(&desk.screen(), &["零二零，八幺三八"]);
    desk.alt('s');
    holds(&desk.screen(), &["內線"]);
    desk.alt('s');
    holds(&desk.screen(), &["zero two zero"]);
    desk.alt('s');
    assert!(!desk.screen().contains("zero two zero"));
    desk.key(KeyCode::F(1));
    holds(&desk.screen(), &["Narrow by locality", "Next call"]);
    desk.key(KeyCode::Esc);
    assert_eq!(desk.shown_id(), Some("A1"), "the key that closes the help does nothing else");
}

/// What a server answers that is not to be trusted.
fn hostile() -> Value {
    let name = "\u{1b}[2J\u{1b}]0;x\u{7}反向\u{202e}楼茶\u{202c}\u{200b}\r\n馆";
    json!({"query": "x", "seq": 1, "took_us": 1, "truncated": false, "hits": [{
        "id": "D1", "name": name, "match": "exact", "matched": {"field": "name", "text": name, "spans": [[0, 99]]},
        "phones": [{"number": "020-81380388", "label": "\u{9b}31m订座", "kind": "fixed"}], "locality": "\u{202e}区", "address": "\u{1b}[5m路",
        "category": "\u{2066}类", "status": "listed", "referral": null, "parent": {"id": "P", "name": "\u{1b}c上"}, "note": "\u{7}记\u{2028}", "confusable": true,
    }]})
}

#[test]
fn what_a_listing_says_is_text_and_nothing_else() {
    let mut desk = Sitting::new();
    desk.held = Some(Vec::new());
    desk.types("x");
    let answer = serde_json::from_value(hostile()).unwrap();
    let effects = desk.console.on_answer(Answered::Hits(1, Ok(answer)));
    desk.act(effects);
    for (width, height) in [(120, 40), (60, 30)] {
        for answered in [false, true] {
            if answered {
                desk.key(KeyCode::Enter);
            }
            let screen = desk.screen_of(width, height);
            let steering = screen.chars().find(|c| {
                (c.is_control() && *c != '\n')
                    || ('\u{202a}'..='\u{202e}').contains(c)
                    || ('\u{2066}'..='\u{2069}').contains(c)
            });
            assert_eq!(steering, None, "{screen}");
            holds(&screen, &["\\u{1b}[2J", "反向\\u{202e}楼茶"]);
        }
        desk.console.answer = None;
    }
}

#[test]
fn an_answer_that_comes_late_never_takes_the_place_of_a_newer_one() {
    let mut desk = Sitting::new();
    desk.held = Some(Vec::new());
    desk.types("gzjj");
    // Enter waits for the answer to what was typed.
    desk.key(KeyCode::Enter);
    assert_eq!(desk.shown_id(), None);
    let held = desk.held.take().unwrap();
    assert_eq!(held.len(), 4, "every key is looked up");
    for question in held.into_iter().rev() {
        let newest = matches!(question, Question::Hits { number: 4, .. });
        desk.answer(question);
        assert_eq!(desk.shown_id(), Some("A1"), "newest: {newest}");
    }
    assert_eq!(desk.console.hits.len(), 1, "what came late is dropped");
    // A listing that was left before it came is not shown either.
    desk.held = Some(Vec::new());
    desk.calls("老王");
    let held = desk.held.take().unwrap();
    held.into_iter().for_each(|question| desk.answer(question));
    desk.held = Some(Vec::new());
    desk.key(KeyCode::Enter);
    desk.key(KeyCode::Esc);
    let held = desk.held.take().unwrap();
    held.into_iter().for_each(|question| desk.answer(question));
    assert_eq!(desk.shown_id(), None);
}

#[test]
fn a_server_that_is_away_is_asked_again() {
    let mut desk = Sitting::new();
    desk.held = Some(Vec::new());
    desk.types("g");
    let away = || Err(Error::new(crate::ErrorKind::Io, "cannot ask \u{1b}[1mdesk"));
    assert!(desk.console.on_answer(Answered::Hits(1, away())).is_empty());
    holds(&desk.screen(), &["cannot ask \\u{1b}[1mdesk"]);
    assert!(desk.console.on_tick(std::time::Duration::from_millis(500)).is_empty());
    let asked = desk.console.on_tick(std::time::Duration::from_millis(600));
    assert!(matches!(asked.as_slice(), [Effect::Ask(Question::Hits { number: 2, .. })]), "{asked:?}");
    // What makes no sense is not asked again.
    assert!(desk.console.on_answer(Answered::Hits(2, Err(Error::refused("no")))).is_empty());
    assert!(desk.console.on_tick(std::time::Duration::from_secs(5)).is_empty());
}

#[test]
fn the_end_of_the_hits_asks_for_more_and_small_screens_draw() {
    let mut desk = Sitting::new();
    desk.held = Some(Vec::new());
    desk.types("x");
    let hits = |count: usize| {
        let hit = hostile()["hits"][0].clone();
        let hits: Vec<Value> = (0..count)
            .map(|at| {
                let mut hit = hit.clone();
                hit["id"] = json!(format!("H{at}"));
                hit
            })
            .collect();
        serde_json::from_value(json!({"query": "x", "seq": 1, "took_us": 1, "truncated": true, "hits": hits})).unwrap()
    };
    desk.console.on_answer(Answered::Hits(1, Ok(hits(10))));
    (0..10).for_each(|_| desk.key(KeyCode::Down));
    let asked = desk.held.as_ref().unwrap().last().cloned();
    assert!(matches!(&asked, Some(Question::Hits { number: 2, lookup }) if lookup.limit == 20), "{asked:?}");
    desk.console.on_answer(Answered::Hits(2, Ok(hits(20))));
    assert_eq!(desk.console.active, 10, "it goes on where it was");
    for (width, height) in [(1, 1), (3, 2), (20, 5), (95, 4), (200, 60)] {
        desk.screen_of(width, height);
    }
    desk.key(KeyCode::Enter);
    for (width, height) in [(1, 1), (3, 2), (20, 5), (95, 4), (200, 60)] {
        desk.screen_of(width, height);
    }
    assert_eq!(desk.shown_id(), Some("H10"));
}

#[test]
fn what_is_pasted_is_typed_without_what_steers() {
    let mut desk = Sitting::new();
    let effects = desk.console.on_event(Event::Paste("gz\r\n\u{1b}jj".to_owned()));
    desk.act(effects);
    assert_eq!((desk.console.query().as_str(), desk.console.hits.len()), ("gzjj", 1));
    let effects = desk.console.on_event(Event::Paste("店".repeat(100)));
    desk.act(effects);
    assert_eq!(desk.console.typed.len(), 64);
}

#[test]
fn the_desk_speaks_each_language_as_the_page_does() {
    for (language, texts) in [
        (
            Language::Simplified,
            ["名称 · 拼音 · 首字母 · 号码", "1 条", "转 801", "首字母", "本班最近查询", "退出", "地址", "显示号码"],
        ),
        (
            Language::Traditional,
            ["名稱 · 拼音 · 首字母 · 號碼", "1 筆", "轉 801", "首字母", "本班最近查詢", "離開", "地址", "顯示號碼"],
        ),
        (
            Language::English,
            [
                "name · pinyin · initials · number",
                "1 hits",
                "ext. 801",
                "initials",
                "Last calls",
                "Leave",
                "Address",
                "Show the number",
            ],
        ),
    ] {
        let mut desk = Sitting::new();
        desk.console = Console::new("here", language);
        let mut seen = desk.screen();
        desk.types("gzjj");
        seen += &desk.screen();
        desk.key(KeyCode::Enter);
        seen += &desk.screen();
        desk.key(KeyCode::F(1));
        seen += &desk.screen();
        holds(&seen, &texts);
    }
}

/// A text that is not in the table would be shown by its name.
#[test]
fn every_text_the_desk_asks_for_is_in_the_table() {
    let phrases = crate::console::Phrases::new(Language::Traditional);
    let sources = [
        include_str!("answer.rs"),
        include_str!("drawing.rs"),
        include_str!("keys.rs"),
        include_str!("narrowing.rs"),
        include_str!("state.rs"),
    ];
    let mut asked: Vec<&str> = super::keys::KEYS.iter().map(|(_, key)| *key).collect();
    for text in sources {
        for call in ["say(\"", "say_of(\"", "fact(\""] {
            asked.extend(text.split(call).skip(1).filter_map(|rest| rest.split('"').next()));
        }
    }
    asked.extend(["none", "none_narrowed", "count", "count_more", "key_locality", "key_category"]);
    use crate::listing::Status::{Changed, Disconnected, Listed, NonPublished};
    asked.extend([Listed, NonPublished, Disconnected, Changed].map(super::drawing::status_word));
    assert!(asked.len() > 40, "{asked:?}");
    for key in asked {
        assert_ne!(phrases.say(key), key);
    }
}

#[test]
fn a_number_that_was_anothers_is_marked_on_departments_too() {
    let mut desk = Sitting::new();
    let rows = "{\"op\":\"change\",\"id\":\"B2\",\"phones\":[\"020-28823399\"]}\n\
                {\"op\":\"change\",\"id\":\"B3\",\"phones\":[\"020-28823390\"]}\n";
    let Source::Here(here) = &desk.source else { panic!("the index here is asked") };
    let file = desk._folder.path().join("next.ndjson");
    std::fs::write(&file, rows).unwrap();
    let limits = Limits { force: true, ..Limits::default() };
    here.import(&file, &ImportOptions { limits, ..ImportOptions::default() }, &mut Silent).unwrap();
    here.compact(false, &mut Silent).unwrap();
    desk.types("zsdxfsdyyy");
    desk.key(KeyCode::Enter);
    let screen = desk.screen();
    let line = screen.lines().find(|line| line.contains("抢救室")).unwrap();
    assert!(line.contains("(number was another's)"), "{screen}");
    assert_eq!(screen.matches("was another's").count(), 1, "{screen}");
    desk.key(KeyCode::Right);
    desk.key(KeyCode::Down);
    desk.key(KeyCode::Enter);
    assert_eq!(desk.shown_id(), Some("B3"));
    holds(&desk.screen(), &["020 2882 3390 was another listing's until"]);
}
