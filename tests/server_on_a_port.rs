//! A server on a free port of this machine, and clients for it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::oneshot;

use chahao::desk::Desk;
use chahao::http::Options;

/// How long anything may take before a test gives up.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// A running server; stopped when dropped.
pub struct Server {
    pub address: SocketAddr,
    agent: ureq::Agent,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What came back.
pub struct Answer {
    pub status: u16,
    pub content_type: String,
    pub retry_after: Option<String>,
    /// Up to which seq changes are told.
    pub seq: Option<String>,
    pub body: String,
}

impl Answer {
    fn of(mut response: ureq::http::Response<ureq::Body>) -> Answer {
        let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        Answer {
            status: response.status().as_u16(),
            content_type: header("content-type").unwrap_or_default(),
            retry_after: header("retry-after"),
            seq: header("chahao-seq"),
            body: response.body_mut().read_to_string().expect("a body"),
        }
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// Ids of a lookup's hits, in order.
    pub fn ids(&self) -> Vec<String> {
        assert_eq!(self.status, 200, "{}", self.body);
        let json = self.json();
        json["hits"].as_array().unwrap().iter().map(|hit| hit["id"].as_str().unwrap().to_owned()).collect()
    }

    /// Checks that it is an RFC 9457 problem with this status; its detail.
    pub fn problem(&self, status: u16) -> String {
        assert_eq!((self.status, self.content_type.as_str()), (status, "application/problem+json"), "{}", self.body);
        let json = self.json();
        let keys: Vec<&String> = json.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["detail", "status", "title", "type"]);
        assert_eq!(json["status"], status);
        assert!(json["type"].as_str().unwrap().starts_with("urn:chahao:"));
        json["detail"].as_str().unwrap().to_owned()
    }
}

impl Server {
    /// Serves `desk` on two threads.
    pub fn start(desk: Arc<Desk>) -> Server {
        Server::start_with(desk, Options::default())
    }

    /// As [`Server::start`], and takes batches.
    pub fn start_for_editors(desk: Arc<Desk>) -> Server {
        Server::start_with(desk, Options { accept_batches: true, ..Options::default() })
    }

    /// As [`Server::start`], with more than answers.
    pub fn start_with(desk: Arc<Desk>, options: Options) -> Server {
        Server::on(tokio::runtime::Builder::new_multi_thread().worker_threads(2), desk, options)
    }

    /// Sends a batch.
    pub fn post(&self, path: &str, content_type: &str, body: &[u8]) -> Answer {
        let request = self.agent.post(format!("http://{}{path}", self.address)).content_type(content_type);
        Answer::of(request.send(body).expect("an answer"))
    }

    /// Serves `desk` on one thread, so that what was sent first is read first.
    pub fn start_in_order(desk: Arc<Desk>) -> Server {
        Server::on(&mut tokio::runtime::Builder::new_current_thread(), desk, Options::default())
    }

    fn on(runtime: &mut tokio::runtime::Builder, desk: Arc<Desk>, options: Options) -> Server {
        let runtime = runtime.enable_all().build().unwrap();
        let (stop, stopped) = oneshot::channel();
        let (tell, told) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                tell.send(listener.local_addr().unwrap()).unwrap();
                let shutdown = async { drop(stopped.await) };
                chahao::http::serve_with(listener, desk, options, shutdown).await;
            });
        });
        let address = told.recv_timeout(DEADLINE).expect("the server listens");
        Server { address, agent: agent(), stop: Some(stop), thread: Some(thread) }
    }

    /// Asks for `path` with these parameters.
    pub fn get(&self, path: &str, parameters: &[(&str, &str)]) -> Answer {
        get(&self.agent, self.address, path, parameters)
    }

    /// Looks `q` up with more parameters.
    pub fn lookup(&self, q: &str, parameters: &[(&str, &str)]) -> Answer {
        self.get("/v1/lookup", &[&[("q", q)], parameters].concat())
    }

    /// Sends a request that ends its connection and reads until the server closes; what came, as far as it is text.
    pub fn raw(&self, bytes: &[u8]) -> String {
        self.sent(bytes, false)
    }

    /// As [`Server::raw`], and sends nothing more.
    pub fn cut_off(&self, bytes: &[u8]) -> String {
        self.sent(bytes, true)
    }

    fn sent(&self, bytes: &[u8], cut_off: bool) -> String {
        let mut stream = self.connect();
        // A server that refuses may close before it has read everything.
        let _ = stream.write_all(bytes);
        if cut_off {
            let _ = stream.shutdown(std::net::Shutdown::Write);
        }
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).expect("the server accepts");
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream.set_write_timeout(Some(DEADLINE)).unwrap();
        stream
    }

    /// Asks the server to stop; it goes on with what it accepted.
    pub fn ask_to_stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }

    /// Waits until a server that was asked to stop has ended.
    pub fn wait_until_ended(&mut self) {
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the server ends without a panic");
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ask_to_stop();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A client that keeps its connection.
pub fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(DEADLINE));
    config.build().into()
}

pub fn get(agent: &ureq::Agent, address: SocketAddr, path: &str, parameters: &[(&str, &str)]) -> Answer {
    let request = agent.get(format!("http://{address}{path}")).query_pairs(parameters.iter().copied());
    Answer::of(request.call().expect("an answer"))
}
