//! Faults of a call at the console that were found once: a keyboard that went astray, and numbers that stood too long or
//! were told too often.

use serde_json::{Value, json};

use crate::browser::{DOWN, ENTER, ESCAPE, TAB};
use crate::held_server::HeldConsole;

const CALLS: &str = r#"{"id":"A1","name":"广州酒家","phones":["020-81380388"],"popularity":9}
{"id":"A2","name":"仁心诊所","phones":["020-80245913"]}
{"id":"A3","name":"天河茶楼","phones":["020-85555555"]}
{"id":"C1","name":"老李修车行","phones":["020-80000001"],"status":"changed","referral":{"listing":"A3"}}
"#;

fn answered(query: &str, id: &str) -> HeldConsole {
    let console = HeldConsole::open(CALLS);
    console.look_up(query);
    console.browser.keys(ENTER.to_string());
    console.shows(id);
    console
}

fn focused(console: &HeldConsole) -> Value {
    console.browser.run("return document.activeElement.id || document.activeElement.tagName", &[])
}

/// A click on a button took the keyboard with it: the next name was typed into nothing.
#[test]
fn a_click_on_a_button_leaves_the_keyboard_in_the_box() {
    let console = answered("gzjj", "A1");
    for button in ["#answer .actions button:nth-child(1)", "#answer .actions button:nth-child(2)"] {
        console.browser.click(button);
        assert_eq!(focused(&console), "box", "{button}");
    }
    console.browser.wait("return document.querySelector('#spoken').innerText.includes('零二零')");
    console.browser.keys("t");
    console.answered("t");
    console.browser.keys(ESCAPE.to_string());
    console.browser.click("#help-open");
    console.browser.wait("return document.querySelector('#help').open");
    console.browser.keys(ESCAPE.to_string());
    console.browser.wait("return !document.querySelector('#help').open");
    assert_eq!(focused(&console), "box", "what was opened gives the keyboard back");
    console.browser.click("#calls-clear");
    assert_eq!(focused(&console), "box");
    console.browser.click("#health");
    assert_eq!(focused(&console), "box", "nothing else was clicked at that takes keys");
}

/// Whoever goes by Tab stays where they are, and what is typed there is a name all the same.
#[test]
fn a_button_that_tab_reached_does_as_it_is_told_and_letters_go_to_the_box() {
    let console = answered("gzjj", "A1");
    let at_speech = "return document.activeElement.getAttribute('aria-keyshortcuts') === 'Alt+S'";
    for _ in 0..20 {
        if console.browser.run(at_speech, &[]) == json!(true) {
            break;
        }
        console.browser.keys(TAB.to_string());
    }
    for pressed in [ENTER.to_string(), " ".to_owned()] {
        console.browser.keys(pressed);
        assert_eq!(console.browser.run(at_speech, &[]), true, "a key that is the button's moves nothing");
    }
    console.browser.wait("return document.querySelector('#spoken p')?.lang === 'yue-Hant-HK'");
    console.browser.keys("th");
    console.answered("th");
    assert_eq!(focused(&console), "box");
}

/// While an input method composed the next name, the number of the call before stood there, large.
#[test]
fn the_number_before_is_gone_with_the_first_key_of_an_input_method() {
    let console = answered("gzjj", "A1");
    assert_eq!(console.number(), "020,8138,0388");
    let is_stale = "return getComputedStyle(document.querySelector('.columns .hits')).opacity < 0.6";
    assert_eq!(console.browser.run(is_stale, &[]), false);
    console.browser.compose("t");
    console.browser.wait("return document.querySelector('#answer').hidden");
    assert_eq!(console.number(), "");
    assert_eq!(console.browser.run(is_stale, &[]), true, "the hits are those of something else");
    console.browser.compose("天河");
    console.browser.devtools("Input.insertText", json!({"text": "天河"}));
    console.answered("天河");
    assert_eq!(console.browser.run(is_stale, &[]), false);
    console.browser.keys(ENTER.to_string());
    console.shows("A3");
}

/// What was on its way when an input method began is no answer to what it composes.
#[test]
fn an_answer_on_its_way_is_dropped_by_the_first_key_of_an_input_method() {
    let console = HeldConsole::open(CALLS);
    console.hold("/v1/lookup");
    console.browser.keys("gzjj".to_owned() + &ENTER.to_string());
    console.wait_until_held();
    console.browser.compose("t");
    console.let_go();
    console.came("q=gzjj");
    assert_eq!(console.number(), "");
}

/// The list of the last calls went on showing a number that was withheld since.
#[test]
fn the_list_of_the_last_calls_shows_no_number_that_may_be_withheld_by_now() {
    let console = answered("rxzs", "A2");
    console.import("{\"op\":\"change\",\"id\":\"A2\",\"status\":\"non_published\"}\n");
    console.browser.keys(ESCAPE.to_string());
    assert!(console.browser.text("#calls").contains("仁心诊所"), "the call itself is remembered");
    let page = console.browser.run("return document.documentElement.outerHTML", &[]);
    let page = page.as_str().unwrap().replace([' ', ','], "");
    assert!(!page.contains("80245913") && !page.contains("5913"), "its number stands on the page");
    console.browser.keys(format!("{DOWN}{ENTER}"));
    console.says("不公开");
    assert_eq!(console.number(), "");
}

/// A screen reader said every number twice: as it was found, and as its whole listing came.
#[test]
fn an_answer_is_told_once_and_what_came_later_by_itself() {
    let console = HeldConsole::open(CALLS);
    let listen = "window.told = []; \
         new MutationObserver(() => told.push(document.querySelector('#live').textContent)) \
         .observe(document.querySelector('#live'), {childList: true, characterData: true, subtree: true})";
    console.browser.run(listen, &[]);
    let told = |text: &str| -> Vec<String> {
        let all: Vec<String> = serde_json::from_value(console.browser.run("return told", &[])).unwrap();
        all.into_iter().filter(|told| told.contains(text)).collect()
    };
    let has_told = |text: &str| {
        console.browser.wait_for("return told.some((one) => one.includes(arguments[0]))", &[json!(text)]);
    };
    for (query, id, at_once, later) in [("gzjj", "A1", "8 1 3 8", None), ("llxch", "C1", "号码已更改", Some("8 5 5 5"))]
    {
        console.look_up(query);
        console.hold("/v1/listings/");
        console.browser.keys(ENTER.to_string());
        console.wait_until_held();
        has_told(at_once);
        console.let_go();
        console.shows(id);
        later.into_iter().for_each(has_told);
        console.came(&format!("/v1/listings/{id}"));
        for once in [Some(at_once), later].into_iter().flatten() {
            assert_eq!(told(once).len(), 1, "{once}: {:?}", told(once));
        }
    }
}
