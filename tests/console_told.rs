//! What the console tells of the server and of itself: in the page's language, to the eye and to the ear.

use std::collections::BTreeSet;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::browser::{Browser, ENTER, ESCAPE};
use crate::console_office::choose;
use crate::desk_in_a_folder::files_under;
use crate::held_server::HeldConsole;
use crate::regression_office::until;

const LISTING: &str = "{\"id\":\"A1\",\"name\":\"广州酒家\",\"phones\":[\"020-81380388\"]}\n";

/// Chooses a language of the interface; how the desk stands is asked anew with it.
fn speak(browser: &Browser, tag: &str) {
    let script = "const select = document.querySelector('#language'); select.value = arguments[0]; \
         select.dispatchEvent(new Event('change'))";
    browser.run(script, &[json!(tag)]);
    browser.wait_for("return document.documentElement.lang === arguments[0]", &[json!(tag)]);
}

fn tells(browser: &Browser, place: &str, text: &str) {
    let script = "return document.querySelector(arguments[0]).textContent.includes(arguments[1])";
    browser.wait_for(script, &[json!(place), json!(text)]);
}

fn url_of(browser: &Browser) -> String {
    browser.run("return location.href.split('#')[0]", &[]).as_str().unwrap().to_owned()
}

/// What the server refused stood on a Chinese page in English alone.
#[test]
fn a_problem_is_told_in_the_language_of_the_page_with_the_servers_words_beside_it() {
    let console = HeldConsole::open(LISTING);
    let browser = &console.browser;
    browser.alt('o');
    browser.wait("return document.querySelectorAll('#batches tbody tr').length === 1");
    choose(browser, "{\"op\":\"delete\",\"id\":\"A1\"}\n");
    for (tag, said) in [("zh-Hans", "不接收批次"), ("zh-Hant", "不接收批次"), ("en", "takes no batches here")]
    {
        speak(browser, tag);
        browser.run("document.querySelector('#send-report').replaceChildren()", &[]);
        browser.run("document.querySelector('#send-try').click()", &[]);
        tells(browser, "#send-report", said);
        tells(browser, "#send-report", "start it with --accept-batches");
        let lang = "return document.querySelector('#send-report bdi').lang";
        assert_eq!(browser.run(lang, &[]), "en", "what the server says is marked as what it is");
    }
    // On the desk too, where a lookup cannot be answered.
    speak(browser, "zh-Hant");
    browser.keys(ESCAPE.to_string());
    browser.wait("return !document.querySelector('#desk').hidden");
    console.refuse(Some("/v1/listings/"));
    console.look_up("gzjj");
    browser.keys(ENTER.to_string());
    tells(browser, "#notice", "查詢失敗：伺服器尚未就緒");
}

/// Every kind of problem the server knows has words in the console's table.
#[test]
fn there_are_words_for_every_kind_of_problem() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let table = std::fs::read_to_string(root.join("src/console/words.js")).unwrap();
    let mut kinds = BTreeSet::new();
    for file in files_under(&root.join("src/http")) {
        let text = std::fs::read_to_string(file).unwrap();
        for rest in text.split("urn:chahao:").skip(1) {
            let kind: String = rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '-').collect();
            kinds.extend(Some(kind).filter(|kind| !kind.is_empty()));
        }
    }
    assert!(kinds.len() >= 18, "{kinds:?}");
    for kind in kinds {
        assert!(table.contains(&format!("  problem_{}: [", kind.replace('-', "_"))), "{kind} has no words");
    }
}

#[test]
fn the_office_page_says_when_the_compactor_has_ended() {
    let console = HeldConsole::open(LISTING);
    let mut watching = console.folder.command(&["compact", "--watch"]).stdout(Stdio::null()).spawn().unwrap();
    let compactor = || {
        console.browser.keys(ESCAPE.to_string());
        console.browser.wait("return !document.querySelector('#desk').hidden");
        console.browser.run("document.querySelector('#lag').replaceChildren()", &[]);
        console.browser.alt('o');
        console.browser.wait("return document.querySelectorAll('#lag > div').length >= 5");
        console.browser.text("#lag > div:nth-child(5) dd")
    };
    assert!(until(|| compactor().contains(':')), "it says when the compactor wrote last: {}", compactor());
    watching.kill().unwrap();
    watching.wait().unwrap();
    assert!(until(|| compactor() == "没有运行"), "{}", compactor());
    assert_eq!(console.browser.text("#lag > div:nth-child(4) dd"), "—", "how far it was behind says nothing now");
}

#[test]
fn a_session_that_cannot_be_looked_up_or_ended_is_told_and_tried_again() {
    let console = HeldConsole::open(LISTING);
    let browser = &console.browser;
    let token = console.folder.prints(0, &["token", "add", "desk-7", "--role", "operator"]).trim().to_owned();
    let is_asked = || {
        browser.keys(ESCAPE.to_string() + "g");
        browser.run("return document.querySelector('#sign-in').open", &[]) == json!(true)
    };
    assert!(until(is_asked), "nobody is asked for a token");
    browser.run("document.querySelector('#sign-in-token').value = arguments[0]", &[json!(token)]);
    browser.run("document.querySelector('#sign-in-token').focus()", &[]);
    browser.keys(ENTER.to_string());
    let is_signed_in = "return !document.querySelector('#caller').hidden && \
         document.querySelector('#caller-name').textContent === 'desk-7'";
    browser.wait(is_signed_in);
    console.refuse(Some("/v1/session"));
    browser.click("#sign-out");
    tells(browser, "#notice", "未能退出");
    tells(browser, "#live", "请关闭浏览器");
    assert_eq!(browser.run(is_signed_in, &[]), true, "who is still signed in is shown to be");
    // A server that cannot tell who is signed in as the page begins is asked again.
    browser.go(&url_of(browser));
    console.look_up("gz");
    assert_eq!(browser.run(is_signed_in, &[]), false);
    console.refuse(None);
    browser.wait(is_signed_in);
    browser.click("#sign-out");
    browser.wait("return document.querySelector('#sign-in')?.open === true");
}

#[test]
fn who_cannot_see_it_hears_that_the_server_is_away_and_that_it_is_back() {
    let console = HeldConsole::open(LISTING);
    tells(&console.browser, "#health", "数据已同步");
    assert_eq!(console.browser.text("#live"), "", "what is as it should be is not told");
    console.refuse(Some("/readyz"));
    speak(&console.browser, "zh-Hant");
    tells(&console.browser, "#live", "連線中斷");
    console.refuse(None);
    speak(&console.browser, "zh-Hans");
    tells(&console.browser, "#live", "数据已同步");
}

#[test]
fn what_is_read_out_is_marked_with_the_language_it_is_in() {
    let console = HeldConsole::open(LISTING);
    console.look_up("gzjj");
    console.browser.keys(ENTER.to_string());
    console.shows("A1");
    for (lang, said) in [("zh-CN", "零二零"), ("yue-Hant-HK", "零二零"), ("en", "zero two zero")] {
        console.browser.alt('s');
        console.browser.wait_for("return document.querySelector('#spoken p')?.lang === arguments[0]", &[json!(lang)]);
        let marked: Value = console.browser.run(
            "return [...document.querySelectorAll('#spoken [lang]')].map((node) => [node.lang, node.textContent.includes(arguments[0])])",
            &[json!(said)],
        );
        assert_eq!(marked, json!([[lang, true], [lang, true]]));
    }
    console.browser.alt('s');
    console.browser.wait("return document.querySelector('#spoken').hidden");
}

/// Every code of a rejected row has words in the console's table.
#[test]
fn there_are_words_for_every_code_of_a_rejected_row() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let table = std::fs::read_to_string(root.join("src/console/words.js")).unwrap();
    let is_code = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    let mut codes = BTreeSet::new();
    for file in
        ["src/batch", "src/ledger", "src/listing", "src/text"].iter().flat_map(|part| files_under(&root.join(part)))
    {
        let source = std::fs::read_to_string(file).unwrap();
        // What stands behind the field, or first where the field is the row.
        for call in ["Invalid::new(", "refuse("] {
            for made in source.split(call).skip(1) {
                let named = made.split(',').take(2).filter_map(|part| part.trim().strip_prefix('"')?.strip_suffix('"'));
                codes.extend(named.last().filter(|code| is_code(code)).map(str::to_owned));
            }
        }
    }
    let fields = [
        "name", "id", "row", "status", "parent", "referral", "pair", "phones", "text", "op", "kind", "reading", "word",
    ];
    codes.retain(|code| !fields.contains(&code.as_str()));
    assert!(codes.contains("bad_json") && codes.contains("unknown_id") && codes.contains("bad_phone"), "{codes:?}");
    for code in codes {
        assert!(table.contains(&format!("  code_{code}: [")), "{code} has no words");
    }
}
