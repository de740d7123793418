//! Calls that are answered once more, answers that come late, and more hits than are shown: wrong numbers that looked right.

use super::*;
use crate::desk::SpokenLanguage;

impl Sitting {
    /// Brings a batch in, and the index to it.
    pub(super) fn import(&self, rows: &str) {
        let Source::Here(here) = &self.source else { panic!("the index here is asked") };
        let file = self._folder.path().join("next.ndjson");
        std::fs::write(&file, rows).unwrap();
        let limits = Limits { force: true, ..Limits::default() };
        here.import(&file, &ImportOptions { limits, ..ImportOptions::default() }, &mut Silent).unwrap();
        here.compact(false, &mut Silent).unwrap();
    }

    /// Answers what was held, and holds nothing more.
    fn let_go(&mut self) {
        for question in self.held.take().unwrap_or_default() {
            self.answer(question);
        }
    }
}

/// A call that was chosen once more showed the number its listing had when it was called first: one that was withheld since,
/// too, and that of a listing that was deleted.
#[test]
fn a_call_that_is_recalled_shows_the_number_of_now_or_none() {
    let mut desk = Sitting::new();
    for typed in ["81380399", "天河茶楼", "关门"] {
        desk.calls(typed);
        desk.key(KeyCode::Enter);
    }
    desk.import(
        "{\"op\":\"change\",\"id\":\"A1\",\"phones\":[\"020-81380377\",\"020-81380399\"]}\n\
         {\"op\":\"change\",\"id\":\"A2\",\"status\":\"non_published\"}\n{\"op\":\"delete\",\"id\":\"C4\"}\n",
    );
    desk.key(KeyCode::Esc);
    let screen = desk.screen();
    holds(&screen, &["天河茶楼"]);
    assert!(!screen.contains("8555") && !screen.contains("8138"), "a number may be withheld by now: {screen}");
    // The call before the one before the last.
    let recall = |desk: &mut Sitting| {
        desk.key(KeyCode::Esc);
        desk.key(KeyCode::Down);
        desk.key(KeyCode::Down);
        desk.key(KeyCode::Enter);
    };
    desk.held = Some(Vec::new());
    recall(&mut desk);
    let screen = desk.screen();
    holds(&screen, &["广州酒家(文昌总店)", "Looking the number up anew"]);
    assert!(!screen.contains("8138") && !screen.contains("|_|"), "no number is shown that may be another's: {screen}");
    desk.let_go();
    let given = &desk.console.answer.as_ref().unwrap().listing.phones;
    assert_eq!(
        [&given[0].number, &given[1].number],
        ["020-81380399", "020-81380377"],
        "what was searched for is first"
    );
    recall(&mut desk);
    let screen = desk.screen();
    holds(&screen, &["The number is not published"]);
    assert!(!screen.contains("8555"), "{screen}");
    desk.key(KeyCode::Esc);
    assert!(!desk.screen().contains("8555"), "nor among the last calls: {}", desk.screen());
    recall(&mut desk);
    let screen = desk.screen();
    holds(&screen, &["This listing is there no more"]);
    assert!(!screen.contains("8000"), "{screen}");
    desk.key(KeyCode::Esc);
    holds(&desk.screen(), &["关门饭店  deleted"]);
}

/// Behind the last hit ↓ asks for more; Enter before they came showed the first hit: another business's number.
#[test]
fn enter_behind_the_last_hit_waits_for_the_one_that_was_reached() {
    let rows = |n: usize| format!("{{\"id\":\"L{n}\",\"name\":\"莲香楼{n}店\",\"popularity\":{}}}\n", 99 - n);
    for (back, id) in [(0, "L20"), (1, "L19")] {
        let mut desk = Sitting::new();
        desk.import(&(10..40).map(rows).collect::<String>());
        desk.types("lxl");
        (0..9).for_each(|_| desk.key(KeyCode::Down));
        desk.held = Some(Vec::new());
        desk.key(KeyCode::Down);
        (0..back).for_each(|_| desk.key(KeyCode::Up));
        desk.key(KeyCode::Enter);
        assert_eq!(
            desk.shown_id(),
            (back > 0).then_some(id),
            "what is shown is there, and nothing else is taken for it"
        );
        desk.let_go();
        assert_eq!((desk.shown_id(), desk.console.hits.len()), (Some(id), 20));
        assert_eq!(desk.console.active, 10 - back);
    }
    let mut desk = Sitting::new();
    desk.import(&(10..40).map(rows).collect::<String>());
    desk.types("lxl");
    desk.held = Some(Vec::new());
    (0..10).for_each(|_| desk.key(KeyCode::Down));
    desk.alt('3');
    assert_eq!(desk.shown_id(), Some("L12"), "hits that are shown can be chosen while more are on their way");
    desk.let_go();
    assert_eq!(desk.shown_id(), Some("L12"));
}

/// A whole listing that was refused once was never asked for again.
#[test]
fn an_answer_that_was_refused_is_asked_for_again_and_a_late_one_is_dropped() {
    let mut desk = Sitting::new();
    desk.types("zsdxfsdyyy");
    desk.held = Some(Vec::new());
    desk.key(KeyCode::Enter);
    let refused = |number| Answered::Listing(number, Err(Error::busy("ask again")));
    let number = desk.console.details.number;
    assert!(desk.console.on_answer(refused(number)).is_empty());
    let asked = desk.console.on_tick(std::time::Duration::from_millis(1_100));
    assert!(matches!(&asked[..], [Effect::Ask(Question::Listing { id, .. })] if id == "B1"), "{asked:?}");
    desk.held = None;
    desk.act(asked);
    holds(&desk.screen(), &["急诊科"]);
    // A department that comes behind the next call is nobody's answer.
    desk.key(KeyCode::Right);
    desk.held = Some(Vec::new());
    desk.key(KeyCode::Enter);
    desk.calls("gz");
    desk.let_go();
    assert_eq!((desk.shown_id(), desk.console.query().as_str(), desk.console.selected), (None, "gz", false));
}

/// A number that another listing is referred to was shown without its extension, and a fax like a voice line.
#[test]
fn extensions_and_faxes_are_told_wherever_a_number_is() {
    let mut desk = Sitting::new();
    desk.import(
        "{\"id\":\"E1\",\"name\":\"搬走的酒家\",\"status\":\"changed\",\"referral\":{\"listing\":\"A1\"}}\n\
         {\"id\":\"E2\",\"name\":\"传真店\",\"phones\":[{\"number\":\"020-80000009\",\"kind\":\"fax\"}]}\n",
    );
    desk.calls("搬走");
    desk.key(KeyCode::Enter);
    holds(&desk.screen(), &["订座 020 8138 0388 ext. 801"]);
    desk.key(KeyCode::Esc);
    holds(&desk.screen(), &["搬走的酒家  changed"]);
    desk.calls("传真店");
    desk.key(KeyCode::Enter);
    holds(&desk.screen(), &["fax 020 8000 0009"]);
}

/// What went wrong stood in a Chinese desk in English alone.
#[test]
fn what_went_wrong_is_told_in_the_language_of_the_desk() {
    use crate::ErrorKind::{Busy, Damaged, Internal, Io, NotFound, Refused, Usage};
    for (kind, simplified, traditional) in [
        (Usage, "请求有误", "請求有誤"),
        (NotFound, "没有找到", "沒有找到"),
        (Refused, "未被接受", "未被接受"),
        (Busy, "服务器尚未就绪", "伺服器尚未就緒"),
        (Io, "连不上服务器", "連不上伺服器"),
        (Damaged, "服务器出错", "伺服器出錯"),
        (Internal, "服务器出错", "伺服器出錯"),
    ] {
        for (language, said) in [(Language::Simplified, simplified), (Language::Traditional, traditional)] {
            let mut console = Console::new("here", language);
            console.failed(&Error::new(kind, "its own words"));
            let notice = console.notice.unwrap_or_default();
            assert!(notice.contains(said) && notice.contains("its own words"), "{notice}");
        }
    }
}

#[test]
fn what_is_copied_is_in_the_script_of_the_interface() {
    let mut desk = Sitting::new();
    desk.console = Console::new("here", Language::Traditional);
    desk.types("隐名");
    desk.key(KeyCode::Enter);
    desk.alt('c');
    assert!(desk.copied[0].contains("該用戶要求不公開號碼"), "{}", desk.copied[0]);
    assert_eq!(SpokenLanguage::parse("zh-Hant").unwrap(), SpokenLanguage::MandarinTraditional);
}

/// Only what the first fifty hits have could be picked, and what was picked let in whatever holds its name.
#[test]
fn whatever_there_is_can_be_picked_and_means_just_that() {
    let mut desk = Sitting::new();
    let one = |n: usize| {
        let place = "\"locality\":\"天河区\",\"category\":\"医院\"";
        format!("{{\"id\":\"L{n}\",\"name\":\"莲花医院{n}部\",{place},\"popularity\":{}}}\n", 900 - n)
    };
    let last = "{\"id\":\"Z1\",\"name\":\"莲花医院从化部\",\"locality\":\"从化区\",\"category\":\"医院\"}\n\
                {\"id\":\"Z2\",\"name\":\"莲花宠物医院\",\"locality\":\"从化区\",\"category\":\"宠物医院\"}\n";
    desk.import(&((0..60).map(one).collect::<String>() + last));
    desk.types("莲花");
    for (key, value) in [('l', "从化区"), ('k', "医院")] {
        desk.alt(key);
        let at = desk.console.choices.iter().position(|choice| choice.value.as_deref() == Some(value)).unwrap();
        (0..at).for_each(|_| desk.key(KeyCode::Down));
        desk.key(KeyCode::Enter);
    }
    let ids: Vec<&str> = desk.console.hits.iter().map(|hit| hit.id.as_str()).collect();
    assert_eq!(ids, ["Z1"]);
}
