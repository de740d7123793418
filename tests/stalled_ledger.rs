//! A disk that does not answer: the ledger cannot be read, and nobody waits for it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::desk_in_a_folder::{Folder, add};
use crate::faults::SHIM;
use crate::regression_office::until;

/// How long anything may take that does not ask the ledger.
const AT_ONCE: Duration = Duration::from_secs(2);
/// How long what was read of the tokens holds, and some more.
const TOO_OLD: Duration = Duration::from_secs(6);

/// A server whose reads of files in the folder wait as long as the file `gate` is there.
struct Serving {
    child: Child,
    url: String,
    agent: ureq::Agent,
}

impl Serving {
    fn start(folder: &Folder) -> Serving {
        let mut command = folder.command(&["serve", "--listen", "127.0.0.1:0"]);
        command.env("LD_PRELOAD", &SHIM.1).env("FAULT_CALL", "none").env("FAULT_STALL", folder.path("gate"));
        command.env("FAULT_UNDER", folder.path("").canonicalize().unwrap());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("listening on ").unwrap().to_owned();
        let agent = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(AT_ONCE)).build();
        Serving { child, url, agent: agent.into() }
    }

    /// The status of the answer, which has to come at once, and when to ask again.
    fn ask(&self, path: &str, token: &str) -> (u16, Option<String>) {
        let request = self.agent.get(format!("{}{path}", self.url)).header("authorization", format!("Bearer {token}"));
        let answer = request.call().unwrap_or_else(|error| panic!("{path}: {error}"));
        let again = answer.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
        (answer.status().as_u16(), again)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Requests read who may ask from the ledger themselves: a disk that stalled for seconds took every thread of the server, and
/// nobody was answered, not even a probe.
#[test]
fn a_ledger_that_does_not_answer_holds_up_no_request() {
    let folder = Folder::new();
    folder.load(&add("A1", "广州酒家", 1.0));
    let made = |name: &str| folder.prints(0, &["token", "add", name, "--role", "operator"]).trim().to_owned();
    let token = made("desk-1");
    let serving = Serving::start(&folder);
    assert_eq!(serving.ask("/v1/lookup?q=gzjj", &token), (200, None));
    folder.write("gate", "");
    // What changed has to be read.
    let late = made("desk-2");
    let begun = Instant::now();
    let mut known = 0;
    while begun.elapsed() < TOO_OLD {
        for _ in 0..8 {
            assert_eq!(serving.ask("/healthz", "").0, 200);
            let answer = serving.ask("/v1/lookup?q=gzjj", &token);
            assert!(answer == (200, None) || answer == (503, Some("1".to_owned())), "{answer:?}");
            known += usize::from(answer.0 == 200);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(known > 0, "what was read holds for a while");
    assert_eq!(serving.ask("/v1/lookup?q=gzjj", &token), (503, Some("1".to_owned())), "and not for ever");
    assert_eq!(serving.ask("/healthz", "").0, 200);
    std::fs::remove_file(folder.path("gate")).unwrap();
    assert!(until(|| serving.ask("/v1/lookup?q=gzjj", &late).0 == 200), "it is read again as soon as it can be");
    folder.ends(0, &["token", "revoke", "desk-1"]);
    assert!(until(|| serving.ask("/v1/lookup?q=gzjj", &token).0 == 401), "and who is turned away is turned away again");
}
