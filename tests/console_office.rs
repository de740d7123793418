//! The console's pages beside the box: what changed since whose shift, and what became of a batch that was sent.

use std::sync::Arc;

use serde_json::json;

use chahao::desk::Desk;
use chahao::progress::Silent;

use crate::browser::{Browser, ENTER, ESCAPE};
use crate::desk_in_a_folder::{Folder, add};
use crate::regression_office::until;
use crate::server_on_a_port::Server;

const WINDOW: (u32, u32) = (1280, 900);

fn look_up(browser: &Browser, query: &str) {
    browser.keys(ESCAPE.to_string() + query);
    browser.wait_for("return document.querySelector('#hits').dataset.query === arguments[0]", &[json!(query)]);
}

/// Changes that are listed once so many are told of.
fn changes_told(browser: &Browser, told: &str) -> u64 {
    browser
        .wait_for("return document.querySelector('#changes-about').textContent.includes(arguments[0])", &[json!(told)]);
    browser.run("return document.querySelector('#changes-list').children.length", &[]).as_u64().unwrap()
}

fn import(folder: &Folder, desk: &Desk, rows: &str) {
    folder.import(desk, rows);
    desk.compact(false, &mut Silent).unwrap();
}

#[test]
fn a_shift_is_told_what_changed_since_the_one_before_however_much_that_is() {
    let folder = Folder::new();
    let desk = Arc::new(folder.load(&add("A1", "广州酒家", 1.0)));
    let server = Server::start(Arc::clone(&desk));
    let url = format!("http://{}/", server.address);
    let browser = Browser::open(&url, WINDOW);
    look_up(&browser, "gzjj");
    browser.alt('r');
    assert_eq!(changes_told(&browser, "没有变更"), 0, "this shift begins with what it saw first");
    let rows =
        |from: u32, to: u32| (from..to).map(|n| add(&format!("N{n}"), &format!("新店{n}"), 1.0)).collect::<String>();
    folder.import(&desk, &rows(0, 9_990));
    import(&folder, &desk, &rows(9_990, 10_050));
    // The next shift: another day, the same browser.
    browser.run("sessionStorage.clear()", &[]);
    browser.go(&url);
    browser.run("document.querySelector('[data-since=batch]').click()", &[]);
    assert_eq!(changes_told(&browser, "60 条变更，序号 9992 至 10051"), 60);
    look_up_on_the_desk(&browser);
    browser.alt('r');
    browser.wait("return !document.querySelector('#changes').hidden");
    browser.run("document.querySelector('[data-since=shift]').click()", &[]);
    assert_eq!(changes_told(&browser, "10000 条变更，序号 52 至 10051 另有 50 条更早的变更"), 200);
    let newest = "return document.querySelector('#changes-list li').textContent";
    assert!(browser.run(newest, &[]).as_str().unwrap().contains("N10049"), "the newest is first");
    // To the end of what is there, and beyond.
    browser.run("for (let i = 0; i < 50; i += 1) document.querySelector('#changes-more').click()", &[]);
    assert_eq!(changes_told(&browser, "10050 条变更，序号 2 至 10051"), 10_050);
    assert!(!browser.text("#changes-about").contains("更早"));
}

fn look_up_on_the_desk(browser: &Browser) {
    browser.run("location.hash = ''", &[]);
    browser.wait("return !document.querySelector('#desk').hidden && document.activeElement.id === 'box'");
    look_up(browser, "gzjj");
}

/// A browser told whoever came next what the one before had seen, and showed the calls of a colleague.
#[test]
fn each_at_a_desk_has_a_shift_and_calls_of_their_own() {
    let folder = Folder::new();
    let desk = Arc::new(folder.load(&add("A1", "广州酒家", 1.0)));
    let [ann, bob] =
        ["ann", "bob"].map(|name| folder.prints(0, &["token", "add", name, "--role", "operator"]).trim().to_owned());
    let server = Server::start(Arc::clone(&desk));
    let browser = Browser::open(&format!("http://{}/", server.address), WINDOW);
    let sign_in = |token: &str, name: &str| {
        browser.wait("return document.querySelector('#sign-in').open");
        browser.run("document.querySelector('#sign-in-token').value = arguments[0]", &[json!(token)]);
        browser.run("document.querySelector('#sign-in-token').focus()", &[]);
        browser.keys(ENTER.to_string());
        browser.wait_for("return document.querySelector('#caller-name').textContent === arguments[0]", &[json!(name)]);
    };
    let calls = || browser.run("return document.querySelectorAll('#calls li').length", &[]);
    sign_in(&ann, "ann");
    look_up(&browser, "gzjj");
    browser.keys(ENTER.to_string());
    browser.wait("return document.querySelector('#answer').dataset.whole === 'true'");
    assert_eq!(calls(), 1);
    import(&folder, &desk, &add("A2", "天河城", 1.0));
    // Another takes over at once, without signing the first one out: her token is revoked.
    folder.ends(0, &["token", "revoke", "ann"]);
    let is_asked = || {
        browser.keys(ESCAPE.to_string() + "t");
        browser.run("return document.querySelector('#sign-in').open", &[]) == json!(true)
    };
    assert!(until(is_asked), "a token that is revoked is let in");
    sign_in(&bob, "bob");
    browser.wait("return document.querySelectorAll('#calls li').length === 0");
    look_up(&browser, "thc");
    browser.alt('r');
    assert_eq!(changes_told(&browser, "没有变更"), 0, "what ann saw last says nothing about bob");
}

/// Chooses a file of these bytes.
pub fn choose(browser: &Browser, rows: &str) {
    let script = "const files = new DataTransfer(); files.items.add(new File([arguments[0]], 'weekly.ndjson')); \
         const input = document.querySelector('#send-file'); input.files = files.files; input.dispatchEvent(new Event('input'))";
    browser.run(script, &[json!(rows)]);
}

fn press(browser: &Browser, button: &str, told: &str) -> String {
    browser.run("document.querySelector(arguments[0]).click()", &[json!(button)]);
    let script = "return document.querySelector('#send-report').innerText.includes(arguments[0])";
    browser.wait_for(script, &[json!(told)]);
    browser.text("#send-report")
}

#[test]
fn what_became_of_a_batch_is_told_in_words() {
    let folder = Folder::new();
    let rows: String = (0..12).map(|n| add(&format!("A{n}"), &format!("广州酒家{n}"), 1.0)).collect();
    let desk = Arc::new(folder.load(&rows));
    let server = Server::start_for_editors(Arc::clone(&desk));
    let browser = Browser::open(&format!("http://{}/", server.address), WINDOW);
    browser.alt('o');
    browser.wait("return document.querySelectorAll('#batches tbody tr').length === 1");
    press(&browser, "#send-try", "请先选择文件");
    let rows = "{\"feed\":\"w\",\"seq\":1}\n{\"op\":\"add\",\"id\":\"B1\",\"name\":\"天河城\",\"phones\":[\"020-80000001\"]}\n\
                {\"op\":\"add\",\"id\":\"B2\",\"name\":\"天河域\",\"phones\":[\"020-80000001\"],\"parent\":\"none\"}\n";
    choose(&browser, rows);
    let disabled = "return document.querySelector('#send-import').disabled";
    assert_eq!(browser.run(disabled, &[]), true, "nothing is imported that was not tried");
    let told = press(&browser, "#send-try", "没有写入");
    for text in ["新增 2，变更 0，删除 0，拒收 0", "多处共用的号码 1 个", "B1, B2", "同区易混名称", "隶属 none"]
    {
        assert!(told.contains(text), "{text} is not in {told}");
    }
    assert_eq!(folder.ledger_state().1, 1);
    press(&browser, "#send-import", "已导入，批号 2");
    browser.wait("return document.querySelectorAll('#batches tbody tr').length === 2");
    press(&browser, "#send-try", "早已导入，批号 2");
    choose(&browser, "{\"feed\":\"w\",\"seq\":2}\n{\"op\":\"add\",\"id\":\"B3\",\"name\":\"\"}\n");
    let told = press(&browser, "#send-try", "整批被拒");
    assert!(told.contains("拒收 1") && told.contains("name"), "{told}");
    assert_eq!(browser.run(disabled, &[]), true);
    // A batch of a later day was told of as imported.
    choose(&browser, "{\"feed\":\"w\",\"seq\":2,\"effective\":\"2999-01-01\"}\n{\"op\":\"delete\",\"id\":\"B1\"}\n");
    press(&browser, "#send-try", "将留到 2999-01-01 生效，没有写入");
    press(&browser, "#send-import", "留到 2999-01-01 生效，现在什么也没有改");
    browser.wait("return document.querySelectorAll('#waiting tbody tr').length === 1");
    press(&browser, "#send-try", "早已收下，留到 2999-01-01");
    choose(&browser, "{\"feed\":\"w\",\"seq\":3}\n{\"op\":\"delete\",\"id\":\"B2\"}\n");
    let told = press(&browser, "#send-try", "没有试过");
    assert!(!told.contains("删除 0"), "what was not tried has no counts: {told}");
    assert_eq!(folder.ledger_state().1, 2);
}

/// The page did not tell which listings a batch would publish that had been withheld, nor what of its file was left out; and
/// why rows were rejected stood on a Chinese page in English alone.
#[test]
fn what_a_batch_publishes_leaves_out_and_rejects_is_told_in_the_language_of_the_page() {
    let folder = Folder::new();
    let withheld = json!({"id": "W1", "name": "不公开店", "phones": ["020-80000009"], "status": "non_published"});
    let rows: String = (0..60).map(|n| add(&format!("A{n}"), &format!("广州酒家{n}"), 1.0)).collect();
    let desk = Arc::new(folder.load(&format!("{rows}{withheld}\n")));
    let server = Server::start_for_editors(Arc::clone(&desk));
    let browser = Browser::open(&format!("http://{}/", server.address), WINDOW);
    browser.alt('o');
    browser.wait("return document.querySelectorAll('#batches tbody tr').length === 1");
    let languages = [
        ("zh-Hans", "原不公开、现改为公开的条目 1 个： W1", "没有采用的列：colour", "没有这个编号"),
        ("zh-Hant", "原不公開、現改為公開的條目 1 個： W1", "沒有採用的欄：colour", "沒有這個編號"),
        ("en", "Listings published that were withheld, 1: W1", "Columns that were left out: colour", "no such id"),
    ];
    for (tag, published, left_out, rejected) in languages {
        let script = "const select = document.querySelector('#language'); select.value = arguments[0]; \
             select.dispatchEvent(new Event('change'))";
        browser.run(script, &[json!(tag)]);
        browser.wait_for("return document.documentElement.lang === arguments[0]", &[json!(tag)]);
        choose(&browser, "{\"op\":\"change\",\"id\":\"W1\",\"status\":\"listed\",\"colour\":\"red\"}\n");
        let told = press(&browser, "#send-try", published);
        assert!(told.contains(left_out), "{told}");
        choose(&browser, "{\"op\":\"delete\",\"id\":\"none\"}\n");
        let told = press(&browser, "#send-try", rejected);
        assert!(told.contains("no listing has the id"), "the server's own words stand beside: {told}");
    }
}
