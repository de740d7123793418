//! The console for every eye and ear: names and roles, contrast, zoom; and what a call costs in keys and time.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::browser::{Browser, ENTER, ESCAPE, TAB};
use crate::desk_in_a_folder::Folder;
use crate::server_on_a_port::Server;

/// Contrast of text at least (WCAG 2.2, 1.4.3).
const CONTRAST_MIN: f64 = 4.5;

/// The sample listings, served and shown.
fn sample() -> (Folder, Server, Browser) {
    let folder = Folder::new();
    let listings = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/data/listings.ndjson")).unwrap();
    let desk = folder.load(&listings);
    folder.import(
        &desk,
        "{\"id\":\"Z1\",\"name\":\"改号诊所\",\"phones\":[\"020-80000001\"],\"status\":\"changed\",\"note\":\"午休\",\
         \"referral\":{\"number\":\"020-80000002\",\"until\":\"2099-01-01\"}}\n\
         {\"id\":\"Z2\",\"name\":\"停用诊所\",\"phones\":[\"020-80000003\"],\"status\":\"disconnected\"}\n",
    );
    desk.compact(false, &mut chahao::progress::Silent).unwrap();
    let server = Server::start(Arc::new(desk));
    let browser = Browser::open(&format!("http://{}/", server.address), (1280, 900));
    (folder, server, browser)
}

fn look_up(browser: &Browser, query: &str) {
    browser.keys(ESCAPE.to_string() + query);
    browser.wait_for("return document.querySelector('#hits').dataset.query === arguments[0]", &[json!(query)]);
}

fn answer(browser: &Browser, query: &str) {
    look_up(browser, query);
    browser.keys(ENTER.to_string());
    browser.wait("return document.querySelector('#answer').dataset.whole === 'true'");
}

/// Texts whose contrast with what is behind them is below what the first argument says.
const PALE_TEXTS: &str = r"
const parse = (color) => { const [r, g, b, a = 1] = color.match(/[\d.]+/g).map(Number); return { r, g, b, a }; };
const light = ({ r, g, b }) => {
  const [x, y, z] = [r, g, b].map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * x + 0.7152 * y + 0.0722 * z;
};
const behind = (node) => {
  for (let at = node; at; at = at.parentElement) {
    const color = parse(getComputedStyle(at).backgroundColor);
    if (color.a === 1) return color;
    if (color.a > 0) throw new Error(`${at.tagName} is half transparent`);
  }
  return { r: 255, g: 255, b: 255, a: 1 };
};
const pale = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const text = walker.currentNode, node = text.parentElement;
  if (!text.textContent.trim() || !node.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
  if (node.closest('.heard, .unseen-heading, #live, option, noscript, :disabled')) continue;
  const [a, b] = [light(parse(getComputedStyle(node).color)), light(behind(node))].sort((x, y) => y - x);
  const contrast = (a + 0.05) / (b + 0.05);
  if (contrast < arguments[0]) pale.push(`${text.textContent.trim()} ${contrast.toFixed(2)}`);
}
return pale;";

/// References to elements that are not there, and ids that are there twice.
const BROKEN_REFERENCES: &str = r"
const broken = [];
for (const name of ['aria-controls', 'aria-labelledby', 'aria-activedescendant', 'for']) {
  for (const node of document.querySelectorAll(`[${name}]`)) {
    for (const id of node.getAttribute(name).split(/\s+/)) if (!document.getElementById(id)) broken.push(`${name}=${id}`);
  }
}
const ids = [...document.querySelectorAll('[id]')].map((node) => node.id);
return broken.concat(ids.filter((id, at) => ids.indexOf(id) !== at));";

/// Checks names, roles and references as the browser tells them to a screen reader.
fn check_roles(browser: &Browser, place: &str) {
    assert_eq!(browser.run(BROKEN_REFERENCES, &[]), json!([]), "{place}");
    browser.devtools("Accessibility.enable", json!({}));
    let tree = browser.devtools("Accessibility.getFullAXTree", json!({}));
    let named =
        ["button", "link", "textbox", "combobox", "option", "treeitem", "listbox", "tree", "region", "dialog", "table"];
    let mut roles = Vec::new();
    for node in tree["nodes"].as_array().unwrap().iter().filter(|node| node["ignored"] == json!(false)) {
        let role = node["role"]["value"].as_str().unwrap_or_default();
        let name = node["name"]["value"].as_str().unwrap_or_default().trim();
        assert!(!named.contains(&role) || !name.is_empty(), "{place}: a {role} without a name: {node}");
        roles.push(role.to_owned());
    }
    for role in ["main", "banner", "navigation", "status", "heading"] {
        assert!(roles.iter().any(|found| found == role), "{place}: there is no {role} in {roles:?}");
    }
    assert_eq!(roles.iter().filter(|role| *role == "main").count(), 1, "{place}");
}

#[test]
fn everything_has_a_name_a_role_and_enough_contrast_in_light_and_dark() {
    let (_folder, server, browser) = sample();
    for theme in ["light", "dark"] {
        browser.go(&format!("http://{}/", server.address));
        let script = "const select = document.querySelector('#theme'); select.value = arguments[0]; \
             select.dispatchEvent(new Event('change'))";
        browser.run(script, &[json!(theme)]);
        let check = |place: &str| {
            let place = format!("{theme}, {place}");
            assert_eq!(browser.run(PALE_TEXTS, &[json!(CONTRAST_MIN)]), json!([]), "{place}");
            check_roles(&browser, &place);
        };
        for query in ["lnyk", "改号诊所", "停用诊所"] {
            look_up(&browser, query);
            check(query);
            answer(&browser, query);
            check(&format!("answer to {query}"));
        }
        look_up(&browser, "yiyuan");
        browser.alt('l');
        browser.wait("return !document.querySelector('#narrow').hidden");
        check("narrowing");
        browser.keys(format!("{ESCAPE}{ESCAPE}"));
        browser.wait("return document.querySelector('#box').value === ''");
        check("nothing typed");
        browser.alt('o');
        browser.wait("return document.querySelectorAll('#batches tbody tr').length === 2");
        check("data office");
        browser.alt('r');
        browser.run("document.querySelector('[data-since=newest]').click()", &[]);
        browser.wait("return document.querySelectorAll('#changes-list li').length > 100");
        check("changes");
        browser.run("location.hash = ''", &[]);
        browser.wait("return !document.querySelector('#desk').hidden");
    }
    // What the keyboard reaches is seen to be reached.
    browser.run("document.querySelector('#box').focus()", &[]);
    for _ in 0..8 {
        browser.keys(TAB.to_string());
        let outline = browser.run("const s = getComputedStyle(document.activeElement); return document.activeElement === document.body ? '3px' : s.outlineWidth", &[]);
        assert_eq!(outline, "3px");
    }
}

#[test]
fn at_twice_the_size_nothing_is_lost() {
    let (_folder, _server, browser) = sample();
    let seen = |selector: &str| {
        let script = "const box = document.querySelector(arguments[0]).getBoundingClientRect(); \
             return box.width > 0 && box.left >= 0 && box.right <= innerWidth && box.top >= 0 && box.bottom <= innerHeight";
        assert_eq!(browser.run(script, &[json!(selector)]), json!(true), "{selector} is out of sight");
    };
    let no_wider = |place: &str| {
        let widths = browser.run("return [document.documentElement.scrollWidth, innerWidth]", &[]);
        assert!(widths[0].as_f64() <= widths[1].as_f64(), "{place} is wider than the window: {widths}");
    };
    // 200 % of a window of 1280, and letters alone at 200 %.
    for letters in ["100%", "200%"] {
        let (width, scale) = if letters == "100%" { (640, 2.0) } else { (1280, 1.0) };
        browser.resize(width, if letters == "100%" { 450 } else { 900 }, scale);
        browser.run("document.documentElement.style.fontSize = arguments[0]", &[json!(letters)]);
        look_up(&browser, "lnyk");
        no_wider("hits");
        seen("#hits li .first");
        browser.keys(ENTER.to_string());
        browser.wait("return document.querySelector('#answer').dataset.whole === 'true'");
        no_wider("answer");
        seen("#answer .large .number");
        seen("#box");
        for page in ["#changes", "#office"] {
            browser.run("location.hash = arguments[0]", &[json!(page)]);
            browser.wait_for("return !document.querySelector(arguments[0]).hidden", &[json!(page)]);
            no_wider(page);
        }
        browser.run("location.hash = ''", &[]);
        browser.wait("return !document.querySelector('#desk').hidden");
    }
}

/// Names a file of listings whose calls are typed, such as real ones, which are nobody's to give away with the source; the
/// sample's are typed without it.
const LISTINGS: &str = "CHAHAO_TEST_LISTINGS";
const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/listings.ndjson");
/// What is typed in a call: letters, hanzi and digits, without mistakes.
const TYPED: [&str; 8] =
    ["initials", "initials_partial", "pinyin", "pinyin_partial", "mixed", "short_form", "prefix", "number"];

/// What operators may type for calls, and the listing that is meant, as lines of a file of queries say.
fn calls(queries: &str) -> Vec<(String, String)> {
    let lines = queries.lines().filter(|line| !line.starts_with('#'));
    let columns = lines.filter_map(|line| line.split('\t').collect::<Vec<_>>().try_into().ok());
    let meant = columns.filter(|[_, _, kind]: &[&str; 3]| TYPED.contains(kind));
    meant.map(|[query, id, _]| (query.to_owned(), id.to_owned())).collect()
}

/// The key that was typed last until its hits are painted.
const WATCH: &str = "window.painted = []; let pressed = 0; \
     addEventListener('keydown', (e) => { pressed = e.timeStamp; }, true); \
     new MutationObserver(() => requestAnimationFrame(() => setTimeout(() => painted.push(performance.now() - pressed)))) \
     .observe(document.querySelector('#hits'), {childList: true})";

/// What calls cost.
struct Cost {
    /// Keys of each call from the empty box to the number shown, the fewest first.
    keys: Vec<usize>,
    /// Calls whose listing never stood among the first ten.
    missed: Vec<String>,
}

impl Cost {
    fn median(&self) -> usize {
        self.keys[self.keys.len() / 2]
    }
}

/// Types each call letter by letter until its listing is among the first ten hits, and chooses it.
fn cost_of(browser: &Browser, calls: &[(String, String)]) -> Cost {
    let mut cost = Cost { keys: Vec::new(), missed: Vec::new() };
    for (query, id) in calls {
        browser.keys(ESCAPE.to_string());
        let mut shown = None;
        let mut so_far = String::new();
        for letter in query.chars() {
            so_far.push(letter);
            browser.keys(letter.to_string());
            let answered = "return document.querySelector('#hits').dataset.query === arguments[0]";
            browser.wait_for(answered, &[json!(so_far.trim())]);
            let script = "return [...document.querySelectorAll('#hits li')].slice(0, 10).map((li) => li.dataset.id)";
            let ids: Vec<Value> = serde_json::from_value(browser.run(script, &[])).unwrap();
            if let Some(at) = ids.iter().position(|hit| hit == id.as_str()) {
                shown = Some((so_far.chars().count(), at));
                break;
            }
        }
        let Some((letters, at)) = shown else {
            cost.missed.push(query.clone());
            continue;
        };
        if at == 0 {
            browser.keys(ENTER.to_string());
        } else {
            browser.alt(char::from_digit((at as u32 + 1) % 10, 10).unwrap());
        }
        browser.wait_for("return document.querySelector('#answer').dataset.id === arguments[0]", &[json!(id)]);
        // Alt and a digit are two keys.
        cost.keys.push(letters + if at == 0 { 1 } else { 2 });
    }
    cost.keys.sort_unstable();
    cost
}

#[test]
fn a_call_costs_few_keys_and_hits_are_painted_at_once() {
    let (_folder, _server, browser) = sample();
    browser.run(WATCH, &[]);
    let calls = calls(&std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/data/queries-made.tsv")).unwrap());
    assert!(calls.len() >= 30, "{} calls", calls.len());
    let cost = cost_of(&browser, &calls);
    let mut painted: Vec<f64> = serde_json::from_value(browser.run("return painted", &[])).unwrap();
    painted.sort_by(f64::total_cmp);
    let (p50, p95) = (painted[painted.len() / 2], painted[painted.len() * 95 / 100]);
    let (typed, median, most) = (cost.keys.len(), cost.median(), cost.keys[cost.keys.len() - 1]);
    println!(
        "{typed} calls typed: {median} keys in the middle, {most} at most, from the empty box to the number shown"
    );
    println!("from key to painted hits over {} keys: p50 {p50:.1} ms, p95 {p95:.1} ms", painted.len());
    assert!(cost.missed.len() * 10 <= calls.len(), "not found: {:?}", cost.missed);
    assert!(median <= 8, "{:?}", cost.keys);
    assert!(p95 < 500.0, "hits are painted {p95:.0} ms behind the key");
}

#[test]
fn a_call_costs_few_keys_over_the_listings_of_a_desk() {
    let listings = std::env::var(LISTINGS).unwrap_or_else(|_| SAMPLE.to_owned());
    let folder = Folder::new();
    folder.ends(0, &["import", &listings, "--feed", "desk", "--max-reject", "100"]);
    folder.ends(0, &["compact"]);
    let calls = calls(&folder.prints(0, &["eval", "--make", "8", "--seed", "114"]));
    assert!(calls.len() >= 40, "{} calls", calls.len());
    let server = Server::start(Arc::new(folder.desk()));
    let browser = Browser::open(&format!("http://{}/", server.address), (1280, 900));
    let cost = cost_of(&browser, &calls);
    let (typed, median, most) = (cost.keys.len(), cost.median(), cost.keys[cost.keys.len() - 1]);
    println!("{typed} calls typed over {listings}: {median} keys in the middle, {most} at most");
    assert!(cost.missed.len() * 5 <= calls.len(), "not found: {:?}", cost.missed);
    assert!(median <= 12, "{:?}", cost.keys);
}
