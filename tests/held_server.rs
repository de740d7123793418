//! A server whose answers a test holds back, refuses and lets go, and a browser that shows its console.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use chahao::desk::Desk;
use chahao::progress::Silent;

use crate::browser::{Browser, ESCAPE};
use crate::desk_in_a_folder::Folder;
use crate::server_on_a_port::DEADLINE;

const WINDOW: (u32, u32) = (1280, 900);
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// What is held back and refused: requests whose address holds a text.
#[derive(Default)]
struct Gate {
    held: Mutex<Option<String>>,
    refused: Mutex<Option<String>>,
    waiting: AtomicUsize,
}

impl Gate {
    fn is_in(&self, texts: &Mutex<Option<String>>, address: &str) -> bool {
        texts.lock().unwrap().as_ref().is_some_and(|text| address.contains(text))
    }

    async fn pass(&self, request: Request, next: Next) -> Response {
        let address = request.uri().to_string();
        // Lookups are requests, so that they can be held.
        if request.uri().path().ends_with("/line") {
            return StatusCode::NOT_FOUND.into_response();
        }
        if self.is_in(&self.refused, &address) {
            return (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", "1")], "{}").into_response();
        }
        if self.is_in(&self.held, &address) {
            self.waiting.fetch_add(1, Ordering::AcqRel);
            while self.is_in(&self.held, &address) {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        }
        next.run(request).await
    }
}

/// A console over such a server.
pub struct HeldConsole {
    pub folder: Folder,
    pub desk: Arc<Desk>,
    pub browser: Browser,
    gate: Arc<Gate>,
}

impl HeldConsole {
    pub fn open(listings: &str) -> HeldConsole {
        let folder = Folder::new();
        let desk = Arc::new(folder.load(listings));
        let gate = Arc::new(Gate::default());
        let address = serve(Arc::clone(&desk), Arc::clone(&gate));
        let browser = Browser::open(&format!("http://{address}/"), WINDOW);
        // What is taken back comes all the same, as it may where it was on its way already.
        browser.run("AbortController.prototype.abort = () => {}", &[]);
        HeldConsole { folder, desk, browser, gate }
    }

    /// Holds back what is asked for at addresses that hold `text`.
    pub fn hold(&self, text: &str) {
        self.gate.waiting.store(0, Ordering::Release);
        *self.gate.held.lock().unwrap() = Some(text.to_owned());
    }

    /// Waits until somebody waits for what is held back.
    pub fn wait_until_held(&self) {
        let until = Instant::now() + DEADLINE;
        while self.gate.waiting.load(Ordering::Acquire) == 0 {
            assert!(Instant::now() < until, "nobody asked for what is held back");
            std::thread::sleep(LOOK_AGAIN);
        }
    }

    pub fn let_go(&self) {
        *self.gate.held.lock().unwrap() = None;
    }

    /// Answers 503 to what is asked for at addresses that hold `text`; to nothing, where there is none.
    pub fn refuse(&self, text: Option<&str>) {
        *self.gate.refused.lock().unwrap() = text.map(str::to_owned);
    }

    /// Brings a batch in, and the index to it.
    pub fn import(&self, rows: &str) {
        self.folder.import(&self.desk, rows);
        self.desk.compact(false, &mut Silent).unwrap();
    }

    /// Types `query` into the emptied box, and waits for its answer.
    pub fn look_up(&self, query: &str) {
        self.browser.keys(ESCAPE.to_string() + query);
        self.answered(query);
    }

    /// Waits until the hits shown are those of `query`.
    pub fn answered(&self, query: &str) {
        self.browser.wait_for("return document.querySelector('#hits').dataset.query === arguments[0]", &[json!(query)]);
    }

    /// Waits until the whole listing `id` is shown as the answer.
    pub fn shows(&self, id: &str) {
        let script = "const shown = document.querySelector('#answer'); \
             return !shown.hidden && shown.dataset.id === arguments[0] && shown.dataset.whole === 'true'";
        self.browser.wait_for(script, &[json!(id)]);
    }

    /// Waits until the answer says `text`.
    pub fn says(&self, text: &str) {
        let script = "return document.querySelector('#answer').innerText.includes(arguments[0])";
        self.browser.wait_for(script, &[json!(text)]);
    }

    /// The number shown large, as a screen reader says it.
    pub fn number(&self) -> String {
        let script = "return document.querySelector('#answer .large .heard')?.textContent ?? ''";
        self.browser.run(script, &[]).as_str().unwrap().replace(' ', "")
    }

    pub fn active(&self) -> Value {
        self.browser.run("return document.querySelector('#box').getAttribute('aria-activedescendant')", &[])
    }

    /// Waits until an answer from an address that holds `text` has come, and two frames more: whatever it brings stands then.
    pub fn came(&self, text: &str) {
        let script =
            "return performance.getEntriesByType('resource').some((entry) => entry.name.includes(arguments[0]))";
        self.browser.wait_for(script, &[json!(text)]);
        let frames = "window.frames_ = 0; requestAnimationFrame(() => requestAnimationFrame(() => { frames_ = 2; }))";
        self.browser.run(frames, &[]);
        self.browser.wait("return frames_ === 2");
    }
}

fn serve(desk: Arc<Desk>, gate: Arc<Gate>) -> SocketAddr {
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let pass = move |request: Request, next: Next| {
                let gate = Arc::clone(&gate);
                async move { gate.pass(request, next).await }
            };
            let router = chahao::http::router(desk).layer(axum::middleware::from_fn(pass));
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            tell.send(listener.local_addr().unwrap()).unwrap();
            axum::serve(listener, router).await.unwrap();
        });
    });
    told.recv().unwrap()
}
