//! The pictures in `docs/`: taken by `scripts/screenshots`, not by the tests.

use std::path::Path;
use std::sync::Arc;

use serde_json::json;

use crate::browser::{Browser, ENTER, ESCAPE};
use crate::desk_in_a_folder::Folder;
use crate::server_on_a_port::Server;

#[test]
#[ignore = "writes files into docs/"]
fn screenshots() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = Folder::new();
    let listings = std::fs::read_to_string(repository.join("data/listings.ndjson")).unwrap();
    let desk = folder.load(&listings);
    folder.import(&desk, &std::fs::read_to_string(repository.join("data/weekly.ndjson")).unwrap());
    desk.compact(false, &mut chahao::progress::Silent).unwrap();
    let server = Server::start(Arc::new(desk));
    let browser = Browser::open(&format!("http://{}/", server.address), (1200, 760));
    let take = |name: &str| {
        let picture = from_base64(&browser.screenshot());
        assert_eq!(picture.get(..4), Some(&b"\x89PNG"[..]));
        std::fs::write(repository.join("docs").join(name), picture).unwrap();
    };
    let look_up = |query: &str| {
        browser.keys(ESCAPE.to_string() + query);
        browser.wait_for("return document.querySelector('#hits').dataset.query === arguments[0]", &[json!(query)]);
    };
    let answer = || {
        browser.keys(ENTER.to_string());
        browser.wait("return document.querySelector('#answer').dataset.whole === 'true'");
    };
    for call in ["jiayouzhan", "nydx", "yxsd"] {
        look_up(call);
        answer();
    }
    look_up("yiyuan");
    take("console-typing.png");
    answer();
    take("console-answer.png");
    browser.run(
        "const select = document.querySelector('#theme'); select.value = 'dark'; select.dispatchEvent(new Event('change'))",
        &[],
    );
    browser.alt('r');
    browser.run("document.querySelector('[data-since=batch]').click()", &[]);
    browser.wait("return document.querySelectorAll('#changes-list li').length > 10");
    take("console-changes-dark.png");
}

/// The bytes of a text in Base64 (RFC 4648).
fn from_base64(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let values = text.bytes().filter_map(|byte| DIGITS.iter().position(|digit| *digit == byte));
    let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::new());
    for value in values {
        bits = bits << 6 | value as u32;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    bytes
}
