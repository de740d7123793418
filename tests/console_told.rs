//! What the console tells of the server and of itself: in the page's language, to the eye and to the ear.

use std::process::Stdio;

use serde_json::{Value, json};

use crate::browser::{Browser, ENTER, ESCAPE};
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
