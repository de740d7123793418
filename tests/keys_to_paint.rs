//! From a key to its hits on the screen, in a real browser.
//!
//! `CHAHAO_TEST_SERVER=http://127.0.0.1:8114` measures that server, `CHAHAO_TEST_KEYS=600` so many keys,
//! `CHAHAO_TEST_QUERIES=FILE` types the queries of an evaluation file; `scripts/bench-console` sets them. With
//! `CHAHAO_TEST_PAINT_MS=30` a p95 above that fails.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::browser::{Browser, ESCAPE};
use crate::desk_in_a_folder::{Folder, generated};
use crate::server_on_a_port::Server;

/// Keys pressed where nothing is said: enough to see that it works.
const KEYS: usize = 60;
/// What nobody would wait for, in milliseconds, however busy the machine is.
const PAINTED_WITHIN: f64 = 2_000.0;

/// Time between two keys of a fast typist. Looking whether hits are painted takes the page's thread: not before.
const BETWEEN_KEYS: Duration = Duration::from_millis(60);

/// Notes when a key was pressed and when the frame that shows its hits was on its way: a task behind the frame's.
const WATCH: &str = "window.painted = []; let pressed = null; const box = document.querySelector('#box'); \
    const hits = document.querySelector('#hits'); \
    addEventListener('keydown', (event) => { pressed = event.key === 'Escape' ? null : event.timeStamp; }, true); \
    new MutationObserver(() => { \
        if (pressed === null || hits.dataset.query !== box.value.trim()) return; \
        const from = pressed; pressed = null; \
        requestAnimationFrame(() => { \
            const behind = new MessageChannel(); \
            behind.port1.onmessage = () => painted.push(performance.now() - from); \
            behind.port2.postMessage(0); \
        }); \
    }).observe(hits, { attributes: true, childList: true });";

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// What is typed: the letters of an evaluation file, or some of every kind.
fn queries() -> Vec<String> {
    let Some(file) = variable("CHAHAO_TEST_QUERIES") else {
        return ["gzjj", "zsdxfsyy", "tianhe", "yiyuan", "bjlu yh", "gongshang", "8138", "dyzx", "zhongshanyy", "hua"]
            .map(str::to_owned)
            .into();
    };
    let text = std::fs::read_to_string(file).expect("the queries");
    let queries = text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split('\t').next());
    // Keys make letters and digits; hanzi come from an input method.
    queries
        .filter(|query| query.len() > 1 && query.bytes().all(|b| b.is_ascii_alphanumeric()))
        .map(str::to_owned)
        .collect()
}

#[test]
fn hits_are_painted_soon_after_their_key() {
    let keys = variable("CHAHAO_TEST_KEYS").map_or(KEYS, |keys| keys.parse().expect("a number"));
    let here = variable("CHAHAO_TEST_SERVER").is_none().then(|| {
        let folder = Folder::new();
        let server = Server::start(Arc::new(folder.load(&generated(2_000, 7))));
        (folder, server)
    });
    let url = match &here {
        Some((_, server)) => format!("http://{}/", server.address),
        None => variable("CHAHAO_TEST_SERVER").unwrap(),
    };
    let browser = Browser::open(&url, (1280, 900));
    browser.run(WATCH, &[]);
    let queries = queries();
    assert!(!queries.is_empty(), "there is nothing to type");
    let mut pressed = 0;
    for query in queries.iter().cycle() {
        if pressed >= keys {
            break;
        }
        browser.keys(ESCAPE.to_string());
        browser.wait("return document.querySelector('#box').value === '' && document.querySelector('#hits').children.length === 0");
        for key in query.chars() {
            browser.keys(key.to_string());
            pressed += 1;
            std::thread::sleep(BETWEEN_KEYS);
            browser.wait_for("return painted.length >= arguments[0]", &[json!(pressed)]);
        }
    }
    let painted: Vec<f64> = serde_json::from_value::<Vec<Value>>(browser.run("return painted", &[]))
        .unwrap()
        .iter()
        .map(|ms| ms.as_f64().unwrap())
        .collect();
    assert_eq!(painted.len(), pressed, "every key painted once");
    let mut sorted = painted.clone();
    sorted.sort_by(f64::total_cmp);
    let at = |share: f64| sorted[((sorted.len() as f64 * share).ceil() as usize).clamp(1, sorted.len()) - 1];
    println!(
        "{pressed} keys: press to painted hits p50 {:.1} ms, p95 {:.1} ms, p99 {:.1} ms, max {:.1} ms",
        at(0.5),
        at(0.95),
        at(0.99),
        at(1.0)
    );
    let most = variable("CHAHAO_TEST_PAINT_MS").map_or(PAINTED_WITHIN, |most| most.parse().expect("a number"));
    assert!(at(0.0) > 0.0 && at(0.95) <= most, "p95 is {} ms, {most} ms at most were meant", at(0.95));
}
