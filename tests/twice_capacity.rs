//! Twice as many lookups as a server can answer: what it accepts is answered soon, and the rest is told at once to come
//! again. Client and server have a core each, as in `scripts/bench-overload`, which does the same at full size.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chahao::evaluate::Question;
use chahao::http::Options;
use chahao::load::{Figures, LoadSettings, Pace, load};
use chahao::progress::Silent;
use chahao::remote::{Remote, Trust};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use crate::desk_in_a_folder::{Folder, generated};
use crate::server_on_a_port::Server;

/// What accepted lookups may take, from when they were due, where nobody else wants the cores.
const P99_US_MAX: f64 = 10_000.0;
/// The share of a core that is left to whoever has it alone.
const OWN_SHARE_MIN: f64 = 0.9;
/// How long a core is tried.
const TRIAL: Duration = Duration::from_millis(60);
/// Lookups that may wait; there are eight times as many connections.
const WAITING_MAX: usize = 8;
/// One measurement may be spoiled: the best of so many counts.
const ATTEMPTS: usize = 6;

fn measured(server: &Server, connections: usize, pace: Pace) -> Figures {
    // Whatever many names hold takes longest to answer.
    let queries = ["广州", "gz", "中", "天河", "s", "酒家", "zhong", "公司"];
    let questions: Vec<Question> =
        queries.into_iter().map(|query| Question::new(query, "GZ-0000001", "any").unwrap()).collect();
    let settings = LoadSettings {
        server: Remote::new(&server.address.to_string(), None, Trust::System).unwrap(),
        connections,
        pace,
        duration: Duration::from_millis(1_200),
        warm_up: Duration::from_millis(200),
        no_op: false,
        mix: Vec::new(),
        keystrokes: false,
        seed: 1,
    };
    load(&questions, &settings, &mut Silent).expect("a report").all
}

/// Keeps this thread, and what it starts from now on, on one of the cores there are.
fn stay_on(core: usize, cores: &[usize]) {
    let mut one = CpuSet::new();
    one.set(cores[core.min(cores.len() - 1)]);
    sched_setaffinity(None, &one).unwrap();
}

/// Whether the cores are left to this test: elsewhere latencies tell what others do.
fn has_the_cores(cores: &[usize]) -> bool {
    // Nanoseconds this thread was at work: the first number the system tells.
    let at_work = || -> u64 {
        let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
        told.split(' ').next().unwrap().parse().unwrap()
    };
    let all = (0..2).all(|core| {
        stay_on(core, cores);
        let (begun, before) = (Instant::now(), at_work());
        while begun.elapsed() < TRIAL {
            std::hint::spin_loop();
        }
        (at_work() - before) as f64 / begun.elapsed().as_nanos() as f64 >= OWN_SHARE_MIN
    });
    stay_on(1, cores);
    all
}

#[test]
fn of_twice_what_can_be_answered_what_is_accepted_comes_soon_and_the_rest_is_told_at_once() {
    let folder = Folder::new();
    let desk = Arc::new(folder.load(&generated(3_000, 7)));
    let cores = sched_getaffinity(None).unwrap();
    let cores: Vec<usize> = (0..CpuSet::MAX_CPU).filter(|core| cores.is_set(*core)).collect();
    stay_on(0, &cores);
    let server = Server::start_with(desk, Options { waiting_max: WAITING_MAX, ..Options::default() });
    let mut tried = Vec::new();
    for _ in 0..ATTEMPTS {
        let before = has_the_cores(&cores);
        let capacity = measured(&server, 4, Pace::Closed);
        assert_eq!((capacity.overloaded, capacity.wrong()), (0, 0), "within capacity all is answered: {capacity:?}");
        let under = measured(&server, 8 * WAITING_MAX, Pace::Open(2.0 * capacity.per_second));
        // Whatever the machine does: an answer, or a word when to come again.
        assert_eq!((under.failed, under.overloaded_untold), (0, 0), "{under:?}");
        assert!(under.errors.is_empty() && under.answered > 0 && under.overloaded > 0, "{under:?}");
        let accepted = under.answered as f64 / (under.answered + under.overloaded) as f64;
        if under.p99_us <= P99_US_MAX && accepted > 0.05 {
            return;
        }
        if before && has_the_cores(&cores) {
            tried.push(format!("{:.0}/s, then {under:?}", capacity.per_second));
        }
    }
    assert!(tried.is_empty(), "accepted lookups take too long, or too few are accepted:\n{}", tried.join("\n"));
    eprintln!("others have the cores: how long lookups take could not be told");
}
