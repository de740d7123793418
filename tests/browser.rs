//! A real browser, driven over WebDriver: Chromium without a window, with a folder and a port of its own.
//!
//! WebDriver is JSON over HTTP, which the HTTP client of the other tests speaks already; a crate for it would bring
//! some eighty more.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::server_on_a_port::DEADLINE;

pub const ENTER: char = '\u{e007}';
pub const ESCAPE: char = '\u{e00c}';
pub const BACKSPACE: char = '\u{e003}';
pub const END: char = '\u{e010}';
pub const LEFT: char = '\u{e012}';
pub const RIGHT: char = '\u{e014}';
pub const UP: char = '\u{e013}';
pub const DOWN: char = '\u{e015}';
pub const TAB: char = '\u{e004}';
pub const F1: char = '\u{e031}';
const ALT: char = '\u{e00a}';
const LOOK_AGAIN: Duration = Duration::from_millis(15);
/// A browser on a busy machine takes its time to start.
const START_DEADLINE: Duration = Duration::from_secs(60);

/// A browser with one page; closed when dropped.
pub struct Browser {
    agent: ureq::Agent,
    session: String,
    driver: Child,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Starts one whose window shows `width` by `height` CSS pixels, and opens `url`.
    pub fn open(url: &str, (width, height): (u32, u32)) -> Browser {
        let profile = tempfile::tempdir().unwrap();
        let (driver, base) = start_driver();
        let agent =
            ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(START_DEADLINE)).build();
        let mut browser = Browser { agent: agent.into(), session: base, driver, _profile: profile };
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
            "--lang=zh-CN",
            &format!("--user-data-dir={}", browser._profile.path().display()),
            &format!("--window-size={width},{height}"),
        ];
        let options = json!({"args": arguments, "prefs": {"intl.accept_languages": "zh-CN"}});
        let wanted =
            json!({"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}});
        let started = browser.post("/session", &json!({"capabilities": {"alwaysMatch": wanted}}));
        browser.session += &format!("/session/{}", started["sessionId"].as_str().expect("a session"));
        browser.resize(width, height, 1.0);
        browser.go(url);
        browser
    }

    /// Shows a page, and waits until it listens.
    pub fn go(&self, url: &str) {
        self.post("/url", &json!({"url": url}));
        self.wait("return document.documentElement.dataset.started === 'true'");
    }

    /// Gives the page `width` by `height` CSS pixels of `scale` dots each: zoom, as the page sees it.
    pub fn resize(&self, width: u32, height: u32, scale: f64) {
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": scale, "mobile": false});
        self.devtools("Emulation.setDeviceMetricsOverride", metrics);
    }

    /// A command of the developer tools.
    pub fn devtools(&self, command: &str, parameters: Value) -> Value {
        self.post("/goog/cdp/execute", &json!({"cmd": command, "params": parameters}))
    }

    /// Presses keys one after the other.
    pub fn keys(&self, keys: impl AsRef<str>) {
        let press = |key: char| {
            let key = key.to_string();
            [json!({"type": "keyDown", "value": key}), json!({"type": "keyUp", "value": key})]
        };
        self.act(keys.as_ref().chars().flat_map(press).collect());
    }

    /// Presses `key` with Alt held.
    pub fn alt(&self, key: char) {
        let (alt, key) = (ALT.to_string(), key.to_string());
        let down = |value: &str| json!({"type": "keyDown", "value": value});
        let up = |value: &str| json!({"type": "keyUp", "value": value});
        self.act(vec![down(&alt), down(&key), up(&key), up(&alt)]);
    }

    fn act(&self, actions: Vec<Value>) {
        self.post("/actions", &json!({"actions": [{"type": "key", "id": "keyboard", "actions": actions}]}));
    }

    /// Clicks, as a mouse does, on the first element that `selector` names.
    pub fn click(&self, selector: &str) {
        let found = self.post("/element", &json!({"using": "css selector", "value": selector}));
        let id = found.as_object().and_then(|found| found.values().next()?.as_str()).expect("an element");
        self.post(&format!("/element/{id}/click"), &json!({}));
    }

    /// Types `text` as an input method does that has not decided yet.
    pub fn compose(&self, text: &str) {
        let length = text.chars().count();
        let composition = json!({"text": text, "selectionStart": length, "selectionEnd": length});
        self.devtools("Input.imeSetComposition", composition);
    }

    /// What the body of a function returns in the page.
    pub fn run(&self, script: &str, arguments: &[Value]) -> Value {
        self.post("/execute/sync", &json!({"script": script, "args": arguments}))
    }

    /// Waits until the body of a function returns true in the page.
    pub fn wait(&self, script: &str) {
        self.wait_for(script, &[]);
    }

    /// As [`Browser::wait`], with arguments.
    pub fn wait_for(&self, script: &str, arguments: &[Value]) {
        let until = Instant::now() + DEADLINE;
        while self.run(script, arguments) != json!(true) {
            if Instant::now() > until {
                let page = self.run("return document.body.innerText", &[]);
                panic!(
                    "{script} {arguments:?} did not come true; the console said {}; the page shows {page}",
                    self.said()
                );
            }
            std::thread::sleep(LOOK_AGAIN);
        }
    }

    /// The text shown by the first element that `selector` names; empty where there is none or it is hidden.
    pub fn text(&self, selector: &str) -> String {
        let script = "return document.querySelector(arguments[0])?.innerText ?? ''";
        self.run(script, &[json!(selector)]).as_str().unwrap_or_default().to_owned()
    }

    /// What the browser had to complain about since it was asked last.
    pub fn said(&self) -> Value {
        self.post("/se/log", &json!({"type": "browser"}))
    }

    /// The page as a PNG.
    pub fn screenshot(&self) -> String {
        self.get("/screenshot").as_str().expect("a picture").to_owned()
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        let request = self.agent.post(format!("{}{path}", self.session)).content_type("application/json");
        Browser::value(path, request.send(body.to_string().as_bytes()))
    }

    fn get(&self, path: &str) -> Value {
        Browser::value(path, self.agent.get(format!("{}{path}", self.session)).call())
    }

    fn value(path: &str, answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Value {
        let mut answer = answer.unwrap_or_else(|error| panic!("{path}: {error}"));
        let text = answer.body_mut().with_config().limit(64 << 20).read_to_string().expect("an answer");
        assert!(answer.status().is_success(), "{path}: {text}");
        let mut told: Value = serde_json::from_str(&text).expect("JSON");
        told["value"].take()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.agent.delete(&self.session).call();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// Starts a driver on a port that is free, and waits until it says which.
fn start_driver() -> (Child, String) {
    const MISSING: &str = "these tests need a browser: apt-get install chromium chromium-driver (scripts/test does it)";
    assert!(Command::new("chromium").arg("--version").stdout(Stdio::null()).status().is_ok(), "{MISSING}");
    let mut command = Command::new("chromedriver");
    let driver = command.arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut driver = driver.unwrap_or_else(|error| panic!("chromedriver does not start ({error}); {MISSING}"));
    let mut output = driver.stdout.take().unwrap();
    let (mut told, mut piece) = (String::new(), [0; 256]);
    // The line that says the port does not end.
    while let Ok(length @ 1..) = output.read(&mut piece) {
        told += &String::from_utf8_lossy(&piece[..length]);
        let port = told.split_once("successfully on port ").and_then(|(_, rest)| rest.split_once('.'));
        if let Some((port, _)) = port {
            return (driver, format!("http://127.0.0.1:{port}"));
        }
    }
    let _ = driver.wait();
    panic!("chromedriver ended before it listened");
}
