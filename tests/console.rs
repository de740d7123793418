//! The console in a real browser: what an operator does in a call, by keyboard alone.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::browser::{BACKSPACE, Browser, DOWN, END, ENTER, ESCAPE, F1, LEFT, RIGHT};
use crate::desk_in_a_folder::Folder;
use crate::server_on_a_port::Server;

const WINDOW: (u32, u32) = (1280, 900);

/// Listings of every kind an operator meets.
const LISTINGS: &str = r#"{"id":"A1","name":"广州酒家(文昌总店)","aliases":["文昌酒家"],"area_code":"020","locality":"荔湾区","address":"文昌南路2号","category":"餐饮","phones":["订座:020-81380388转801","传真:020-81380399"],"popularity":900,"note":"周一休息"}
{"id":"A2","name":"天河茶楼","area_code":"020","locality":"天河区","address":"体育西路1号","category":"餐饮","phones":["020-85555555"],"popularity":300}
{"id":"A3","name":"天河茶楼","area_code":"020","locality":"越秀区","address":"中山五路9号","category":"购物","phones":["020-85555556"],"popularity":200}
{"id":"B1","name":"中山大学附属第一医院","area_code":"020","locality":"越秀区","phones":["020-28823388"],"category":"医疗","popularity":40}
{"id":"B2","name":"中山大学附属第一医院急诊科","parent":"B1","phones":["020-28823390"],"popularity":20}
{"id":"B3","name":"抢救室","parent":"B2","phones":["020-28823391"]}
{"id":"C1","name":"老王修车行","phones":["13800138000"],"status":"changed","referral":{"number":"13900139000","until":"2030-01-01"},"popularity":10}
{"id":"C2","name":"老李修车行","phones":["020-80000001"],"status":"changed","referral":{"listing":"A2"},"popularity":9}
{"id":"C3","name":"隐名诊所","phones":["020-80245913"],"status":"non_published"}
{"id":"C4","name":"关门饭店","phones":["020-80000002"],"status":"disconnected"}
{"id":"D1","name":"<script>window.harmed=1</script>脚本店","address":"<img src=x onerror=window.harmed=1>","note":"<b>粗</b>","phones":["020-80000003"]}
{"id":"D2","name":"反向\u202e楼茶\u202c馆","phones":["020-80000004"]}
{"id":"D3","name":"𠮷野家天河店","phones":["020-80000005"]}
"#;

struct Console {
    _folder: Folder,
    server: Server,
    browser: Browser,
}

fn console() -> Console {
    let folder = Folder::new();
    let server = Server::start(Arc::new(folder.load(LISTINGS)));
    let browser = Browser::open(&format!("http://{}/", server.address), WINDOW);
    browser.run(
        "window.asked = []; const send = WebSocket.prototype.send; \
         WebSocket.prototype.send = function (question) { asked.push(question); return send.call(this, question); };",
        &[],
    );
    Console { _folder: folder, server, browser }
}

impl Console {
    /// Types `query` into the emptied box, and waits for its answer.
    fn look_up(&self, query: &str) {
        self.browser.keys(ESCAPE.to_string() + query);
        self.answered(query);
    }

    /// Waits until the hits shown are those of `query`.
    fn answered(&self, query: &str) {
        self.browser.wait_for("return document.querySelector('#hits').dataset.query === arguments[0]", &[json!(query)]);
    }

    /// Waits until the whole listing `id` is shown as the answer.
    fn shows(&self, id: &str) {
        let script = "const shown = document.querySelector('#answer'); \
             return !shown.hidden && shown.dataset.id === arguments[0] && shown.dataset.whole === 'true'";
        self.browser.wait_for(script, &[json!(id)]);
    }

    /// The number shown large, as a screen reader says it.
    fn number(&self) -> String {
        let script = "return document.querySelector('#answer .large .heard')?.textContent ?? ''";
        self.browser.run(script, &[]).as_str().unwrap().replace(' ', "")
    }

    fn hit_names(&self) -> Vec<String> {
        let script = "return [...document.querySelectorAll('#hits .name > bdi')].map((name) => name.textContent)";
        serde_json::from_value(self.browser.run(script, &[])).unwrap()
    }

    fn active(&self) -> Value {
        let script = "const id = document.querySelector('#box').getAttribute('aria-activedescendant'); \
             return document.getElementById(id)?.getAttribute('aria-selected') === 'true' ? id : null";
        self.browser.run(script, &[])
    }

    fn focused(&self) -> Value {
        self.browser.run("return document.activeElement.id", &[])
    }

    /// The lookups that were asked for, by requests and then over the line.
    fn lookups(&self) -> Vec<String> {
        let script = "const requests = performance.getEntriesByType('resource').map((entry) => new URL(entry.name)); \
             const over = asked.map((question) => new URL(question.split(' ')[1], location.href)); \
             return [...requests, ...over].filter((url) => url.pathname === '/v1/lookup').map((url) => url.searchParams.get('q'))";
        serde_json::from_value(self.browser.run(script, &[])).unwrap()
    }
}

#[test]
fn a_call_takes_its_letters_and_enter_and_the_next_one_begins_by_typing() {
    let console = console();
    assert_eq!(console.focused(), "box");
    console.browser.keys("gzjj");
    console.answered("gzjj");
    assert_eq!(console.lookups(), ["g", "gz", "gzj", "gzjj"], "every key is looked up");
    assert_eq!(console.hit_names(), ["广州酒家(文昌总店)"]);
    assert_eq!(console.browser.text("#hits mark"), "广州酒家");
    assert!(console.browser.text("#hits .why").contains("首字母"));
    assert_eq!(console.active(), "hits-0");
    console.browser.keys(ENTER.to_string());
    console.shows("A1");
    assert_eq!(console.number(), "020,8138,0388,转801");
    let answer = console.browser.text("#answer");
    for text in ["订座", "传真", "文昌南路2号", "荔湾区", "餐饮", "周一休息", "文昌酒家"] {
        assert!(answer.contains(text), "{text} is not in {answer}");
    }
    console.browser.wait("return document.querySelector('#live').textContent.includes('8 1 3 8')");
    assert_eq!(console.focused(), "box", "the box keeps the keyboard");
    console.browser.keys("t");
    console.answered("t");
    assert_eq!(console.browser.text("#answer"), "", "what is typed next is the next call");
    console.browser.keys(BACKSPACE.to_string());
    console.browser.wait("return document.querySelector('#calls').classList.contains('used')");
    assert!(console.browser.text("#calls").contains("广州酒家(文昌总店)"));
    console.browser.keys(ENTER.to_string());
    console.shows("A1");
    console.look_up("gzjj");
    console.browser.keys(ENTER.to_string() + &END.to_string() + "w");
    console.answered("gzjjw");
    console.browser.keys(ESCAPE.to_string());
    console.browser.alt('x');
    console.browser.wait("return document.querySelectorAll('#calls li').length === 0");
}

#[test]
fn arrows_and_digits_choose_and_digits_alone_are_looked_up() {
    let console = console();
    console.look_up("天河");
    let names = console.hit_names();
    assert!(names.len() >= 3, "{names:?}");
    console.browser.keys(DOWN.to_string());
    assert_eq!(console.active(), "hits-1");
    console.browser.keys(ENTER.to_string());
    console.shows("A3");
    assert!(console.browser.text("#answer .alike").contains("天河区 体育西路1号"), "who has the same name is told");
    console.look_up("天河");
    console.browser.alt('1');
    console.shows("A2");
    console.look_up("天河");
    console.browser.keys(format!("{DOWN}3"));
    console.shows("D3");
    assert_eq!(console.browser.run("return document.querySelector('#box').value", &[]), "天河");
    console.look_up("8138");
    assert_eq!(console.browser.text("#hits mark"), "8138");
    console.browser.keys(format!("{DOWN}0388"));
    console.answered("81380388");
    console.browser.keys(ENTER.to_string());
    console.shows("A1");
}

#[test]
fn what_may_not_be_given_out_is_announced_and_what_has_moved_is_referred() {
    let console = console();
    for (query, id, number, says) in [
        ("老王", "C1", "139,0013,9000", "号码已更改"),
        ("老李", "C2", "020,8555,5555", "天河茶楼"),
        ("隐名", "C3", "", "不公开"),
        ("关门", "C4", "", "已停用"),
    ] {
        console.look_up(query);
        console.browser.keys(ENTER.to_string());
        console.shows(id);
        assert_eq!(console.number(), number, "{query}");
        let said = console.browser.text("#answer .announcement");
        assert!(said.contains(says), "{query}: {said}");
        assert_eq!(said.contains("2030-01-01"), id == "C1", "{said}");
    }
    let page = console.browser.run("return document.documentElement.outerHTML + JSON.stringify(sessionStorage)", &[]);
    assert!(!page.as_str().unwrap().replace(' ', "").contains("80245913"));
}

#[test]
fn the_caption_tree_is_walked_by_arrows() {
    let console = console();
    console.look_up("zsdxfsdyyy");
    console.browser.keys(ENTER.to_string());
    console.shows("B1");
    let tree = console.browser.text("#captions");
    assert!(tree.contains("急诊科") && tree.contains("抢救室") && !tree.contains("中山大学"), "{tree}");
    console.browser.keys(format!("{RIGHT}{DOWN}"));
    assert_eq!(console.active(), "captions-1");
    console.browser.keys(ENTER.to_string());
    console.shows("B3");
    assert_eq!(console.number(), "020,2882,3391");
    console.browser.keys(LEFT.to_string());
    console.shows("B2");
    console.browser.keys(LEFT.to_string());
    console.shows("B1");
}

#[test]
fn hits_are_narrowed_by_locality_and_category_without_a_mouse() {
    let console = console();
    console.look_up("天河茶楼");
    assert_eq!(console.hit_names(), ["天河茶楼", "天河茶楼"]);
    console.browser.alt('l');
    console.browser.wait("return document.querySelector('#box').getAttribute('aria-controls') === 'choices'");
    let choices = console.browser.text("#choices");
    assert!(choices.contains("天河区") && choices.contains("越秀区"), "{choices}");
    let at = choices.find("天河区") < choices.find("越秀区");
    console.browser.keys(if at { "2" } else { "1" });
    console.browser.wait("return document.querySelectorAll('#hits li').length === 1");
    assert!(console.browser.text("#hits").contains("中山五路9号"));
    console.browser.keys(BACKSPACE.to_string().repeat(5));
    console.browser.wait("return document.querySelector('#narrowed').children.length === 0");
    console.look_up("天河茶楼");
    console.browser.alt('k');
    console.browser.wait("return document.querySelector('#choices').innerText.includes('购物')");
    console.browser.keys(ESCAPE.to_string());
    console.browser.wait("return document.querySelector('#narrow').hidden");
    assert_eq!(console.hit_names().len(), 2, "leaving the choice changes nothing");
}

#[test]
fn what_a_listing_says_is_text_and_nothing_else() {
    let console = console();
    console.browser.run(
        "window.violations = []; addEventListener('securitypolicyviolation', (e) => violations.push(e.violatedDirective))",
        &[],
    );
    console.look_up("脚本店");
    console.browser.keys(ENTER.to_string());
    console.shows("D1");
    let answer = console.browser.text("#answer");
    for text in ["<script>window.harmed=1</script>脚本店", "<img src=x onerror=window.harmed=1>", "<b>粗</b>"] {
        assert!(answer.contains(text), "{answer}");
    }
    console.look_up("反向");
    let name = console.browser.run("return document.querySelector('#hits .name').textContent", &[]);
    assert_eq!(name, "反向U+202E楼茶U+202C馆", "signs that turn writing around are shown");
    console.look_up("yejia");
    assert_eq!(console.browser.text("#hits mark"), "野家", "spans count characters, not UTF-16 units");
    console.browser.keys(ENTER.to_string());
    console.shows("D3");
    console.browser.alt('r');
    console.browser.wait("return !document.querySelector('#changes').hidden");
    console.browser.run("document.querySelector('[data-since=batch]').click()", &[]);
    console.browser.wait("return document.querySelector('#changes-list').children.length === 13");
    let told = console.browser.run(
        "return [window.harmed ?? null, window.violations, document.querySelectorAll('#changes-list script').length]",
        &[],
    );
    assert_eq!(told, json!([null, [], 0]));
    assert_eq!(console.browser.said(), json!([]), "the browser has nothing to complain about");
    let asked = console.browser.run("return performance.getEntriesByType('resource').map((e) => e.name)", &[]);
    let own = format!("http://{}/", console.server.address);
    assert!(asked.as_array().unwrap().iter().all(|name| name.as_str().unwrap().starts_with(&own)), "{asked}");
}

#[test]
fn a_text_is_looked_up_once_it_is_composed() {
    let console = console();
    for text in ["t", "ti", "tian", "tian h", "天河"] {
        console.browser.compose(text);
    }
    // Enter of the input method takes the letters as they are; it chooses nothing.
    console.browser.run(
        "document.querySelector('#box').dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', isComposing: true, bubbles: true}))",
        &[],
    );
    assert_eq!(console.lookups(), Vec::<String>::new());
    console.browser.devtools("Input.insertText", json!({"text": "天河"}));
    console.answered("天河");
    assert_eq!(console.lookups(), ["天河"]);
    assert_eq!(console.browser.text("#answer"), "");
}

#[test]
fn the_interface_speaks_three_languages_and_remembers_which() {
    let console = console();
    let language = |tag: &str| {
        let script = "const select = document.querySelector('#language'); select.value = arguments[0]; \
             select.dispatchEvent(new Event('change'))";
        console.browser.run(script, &[json!(tag)]);
        console.browser.wait_for("return document.documentElement.lang === arguments[0]", &[json!(tag)]);
    };
    for (tag, page, hint) in [
        ("zh-Hant", "近期變更", "號碼"),
        ("en", "Changes", "initials"),
        ("zh-Hans", "近期变更", "号码"),
        ("zh-Hant", "近期變更", "號碼"),
    ] {
        language(tag);
        assert!(console.browser.text("nav").contains(page), "{tag}");
        let shown = console.browser.run("return document.querySelector('#box').placeholder", &[]);
        assert!(shown.as_str().unwrap().contains(hint), "{shown}");
    }
    console.browser.go(&format!("http://{}/", console.server.address));
    assert_eq!(console.browser.run("return document.documentElement.lang", &[]), "zh-Hant");
    console.look_up("廣州酒家");
    assert_eq!(console.hit_names(), ["广州酒家(文昌总店)"], "what is typed in traditional script is found");
    console.browser.keys(F1.to_string());
    console.browser.wait("return document.querySelector('#help').open");
    assert!(console.browser.text("#help").contains("下一通"));
}

#[test]
fn pages_open_and_close_by_key() {
    let console = console();
    console.browser.alt('o');
    console.browser.wait("return document.querySelectorAll('#batches tbody tr').length === 1");
    assert!(console.browser.text("#office").contains("13"));
    console.browser.keys(ESCAPE.to_string());
    console.browser.wait("return !document.querySelector('#desk').hidden && document.activeElement.id === 'box'");
    console.browser.alt('r');
    console.browser.wait("return document.querySelector('#changes-about').textContent !== ''");
    console.browser.keys(ESCAPE.to_string());
    console.browser.wait("return document.activeElement.id === 'box'");
    console.look_up("gzjj");
    console.browser.keys(ENTER.to_string());
    console.shows("A1");
    console.browser.alt('s');
    console.browser.wait("return document.querySelector('#spoken').innerText.includes('零二零，八幺三八')");
    console.browser.alt('s');
    console.browser.wait("return document.querySelector('#spoken p').lang === 'yue-Hant-HK'");
}

/// A server that takes `slow` for lookups of `q`, which are requests there.
fn slow_for(q: &'static str, slow: Duration) -> (Folder, std::net::SocketAddr) {
    let folder = Folder::new();
    let router = chahao::http::router(Arc::new(folder.load(LISTINGS)));
    let delay = move |request: axum::extract::Request, next: axum::middleware::Next| async move {
        if request.uri().path().ends_with("/line") {
            return axum::response::IntoResponse::into_response(axum::http::StatusCode::NOT_FOUND);
        }
        if request.uri().query().is_some_and(|query| query.split('&').any(|pair| pair == format!("q={q}"))) {
            tokio::time::sleep(slow).await;
        }
        next.run(request).await
    };
    let router = router.layer(axum::middleware::from_fn(delay));
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            tell.send(listener.local_addr().unwrap()).unwrap();
            axum::serve(listener, router).await.unwrap();
        });
    });
    (folder, told.recv().unwrap())
}

#[test]
fn an_answer_that_comes_late_never_takes_the_place_of_a_newer_one() {
    const SLOW: Duration = Duration::from_millis(700);
    let (folder, address) = slow_for("t", SLOW);
    let browser = Browser::open(&format!("http://{address}/"), WINDOW);
    // Even where a browser cannot take a request back, what it brings is dropped.
    browser.run(
        "AbortController.prototype.abort = () => {}; window.seen = new Set(); \
         new MutationObserver(() => seen.add(document.querySelector('#hits').dataset.query)) \
         .observe(document.querySelector('#hits'), {childList: true, attributes: true})",
        &[],
    );
    browser.keys("thcl");
    browser.wait("return document.querySelector('#hits').dataset.query === 'thcl'");
    let late = "return performance.getEntriesByType('resource').some((e) => e.name.includes('q=t&'))";
    browser.wait(late);
    // Two frames later whatever it brought would stand.
    browser.run("window.frames_ = 0; requestAnimationFrame(() => requestAnimationFrame(() => { frames_ = 2; }))", &[]);
    browser.wait("return frames_ === 2");
    assert_eq!(browser.run("return document.querySelector('#hits').dataset.query", &[]), "thcl");
    assert_eq!(browser.run("return seen.has('t')", &[]), false);
    drop(folder);
}

#[test]
fn enter_waits_for_the_answer_to_what_was_typed() {
    let (folder, address) = slow_for("thcl", Duration::from_millis(400));
    let browser = Browser::open(&format!("http://{address}/"), WINDOW);
    browser.keys("gzjj");
    browser.wait("return document.querySelector('#hits').dataset.query === 'gzjj'");
    browser.keys(BACKSPACE.to_string().repeat(4) + "thcl" + &ENTER.to_string());
    browser.wait("return !document.querySelector('#answer').hidden");
    assert_eq!(browser.run("return document.querySelector('#answer').dataset.id", &[]), "A2");
    drop(folder);
}

/// Chooses a language of the interface.
fn speak(browser: &Browser, tag: &str) {
    let script = "const select = document.querySelector('#language'); select.value = arguments[0]; \
         select.dispatchEvent(new Event('change'))";
    browser.run(script, &[json!(tag)]);
    browser.wait_for("return document.documentElement.lang === arguments[0]", &[json!(tag)]);
}

#[test]
fn a_number_that_was_another_listings_is_marked_in_every_language() {
    let folder = Folder::new();
    let desk = folder.load("{\"id\":\"A1\",\"name\":\"老面馆\",\"phones\":[\"020-81380388\"]}\n");
    folder.import(&desk, "{\"op\":\"change\",\"id\":\"A1\",\"phones\":[\"020-81380399\"]}\n");
    folder.import(&desk, "{\"op\":\"add\",\"id\":\"A2\",\"name\":\"新面馆\",\"phones\":[\"020-81380388\"]}\n");
    desk.compact(false, &mut chahao::progress::Silent).unwrap();
    let today = jiff::Zoned::now().date().to_string();
    let server = Server::start(Arc::new(desk));
    let browser = Browser::open(&format!("http://{}/", server.address), WINDOW);
    let look_up = |typed: &str| {
        browser.keys(ESCAPE.to_string() + typed);
        browser.wait_for("return document.querySelector('#hits').dataset.query === arguments[0]", &[json!(typed)]);
    };
    look_up("laomianguan");
    assert_eq!(browser.text("#hits .mark-resting"), "", "its own number is nobody else's");
    for (tag, mark, said) in [
        ("zh-Hans", "号码新换主", "属另一单位"),
        ("zh-Hant", "號碼新換主", "屬另一單位"),
        ("en", "number was another's", "ask which is meant"),
    ] {
        speak(&browser, tag);
        look_up("xinmianguan");
        assert_eq!(browser.text("#hits .mark-resting"), mark);
        browser.keys(ENTER.to_string());
        browser.wait("return document.querySelector('#answer').dataset.whole === 'true'");
        let told = browser.text("#answer .resting");
        assert!(told.contains(said) && told.contains("020-81380388") && told.contains(&today), "{told}");
        browser.wait_for("return document.querySelector('#live').textContent.includes(arguments[0])", &[json!(said)]);
    }
}

#[test]
fn a_number_that_was_anothers_is_marked_on_what_stands_under_a_listing_too() {
    let folder = Folder::new();
    let desk = folder.load("{\"id\":\"A1\",\"name\":\"老面馆\",\"phones\":[\"020-81380388\"]}\n");
    folder.import(&desk, "{\"op\":\"delete\",\"id\":\"A1\"}\n");
    folder.import(
        &desk,
        "{\"id\":\"H1\",\"name\":\"岭南医院\",\"phones\":[\"020-28823388\"]}\n\
         {\"id\":\"H2\",\"name\":\"急诊科\",\"parent\":\"H1\",\"phones\":[\"020-81380388\"]}\n",
    );
    desk.compact(false, &mut chahao::progress::Silent).unwrap();
    let today = jiff::Zoned::now().date().to_string();
    let server = Server::start(Arc::new(desk));
    let browser = Browser::open(&format!("http://{}/", server.address), WINDOW);
    speak(&browser, "en");
    browser.keys("lingnanyiyuan");
    browser.wait("return document.querySelector('#hits').dataset.query === 'lingnanyiyuan'");
    assert_eq!(browser.text("#hits .mark-resting"), "", "the hospital's own number is nobody else's");
    browser.keys(ENTER.to_string());
    browser.wait("return document.querySelector('#answer').dataset.whole === 'true'");
    assert_eq!(browser.text("#captions .mark-resting"), "number was another's");
    assert_eq!(browser.text("#answer .announcement .resting"), "");
    browser.keys(RIGHT.to_string() + &ENTER.to_string());
    browser.wait("return document.querySelector('#answer').dataset.id === 'H2'");
    let told = browser.text("#answer .announcement .resting");
    assert!(told.contains("020-81380388") && told.contains(&today), "{told}");
}

#[test]
fn the_data_office_sees_what_waits_and_pages_back_to_the_first_batch() {
    let folder = Folder::new();
    let desk = folder.load("{\"id\":\"A1\",\"name\":\"老面馆\",\"phones\":[\"020-81380388\"]}\n");
    for turn in 0..104 {
        folder.import(&desk, &format!("{{\"op\":\"change\",\"id\":\"A1\",\"note\":\"{turn}\"}}\n"));
    }
    folder.import(
        &desk,
        "{\"feed\":\"<b>next\",\"seq\":1,\"effective\":\"2999-01-01\"}\n{\"op\":\"add\",\"id\":\"A2\",\"name\":\"新面馆\"}\n",
    );
    let server = Server::start(Arc::new(desk));
    let browser = Browser::open(&format!("http://{}/", server.address), WINDOW);
    browser.alt('o');
    browser.wait("return document.querySelectorAll('#batches tbody tr').length === 100");
    let waiting = browser.text("#waiting");
    assert!(waiting.contains("<b>next #1") && waiting.contains("2999-01-01"), "{waiting}");
    let first = "return document.querySelector('#batches tbody td').textContent";
    assert_eq!(browser.run(first, &[]), "105", "the newest is first");
    browser.run("document.querySelector('#batches-older').click()", &[]);
    browser.wait("return document.querySelectorAll('#batches tbody tr').length === 105");
    let last = "return [...document.querySelectorAll('#batches tbody tr')].at(-1).querySelector('td').textContent";
    assert_eq!(browser.run(last, &[]), "1");
    assert_eq!(browser.run("return document.querySelector('#batches-older').hidden", &[]), true);
    let numbers = |path: &str| -> Vec<u64> {
        let page = server.get(path, &[]).json();
        page["batches"].as_array().unwrap().iter().map(|batch| batch["batch"].as_u64().unwrap()).collect()
    };
    assert_eq!(numbers("/v1/batches?before=4&limit=2"), [3, 2]);
    assert_eq!(server.get("/v1/batches?before=4&limit=2", &[]).json()["next"], 2);
    assert_eq!(numbers("/v1/batches?before=1"), Vec::<u64>::new());
    server.get("/v1/batches?before=4&after=1", &[]).problem(400);
}
