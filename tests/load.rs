//! The load tool tells what it is for: how long answers took, stalls included, and what was no answer.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use chahao::evaluate::Question;
use chahao::load::{LoadReport, LoadSettings, Pace, load};
use chahao::progress::Silent;
use chahao::remote::{Remote, Trust};

use crate::desk_in_a_folder::{Folder, ended};
use crate::server_on_a_port::Server;

fn questions() -> Vec<Question> {
    let questions = [("广州酒家", "exact"), ("gzjj", "initials"), ("zsdx", "initials")];
    questions.map(|(query, kind)| Question::new(query, "A1", kind).unwrap()).into()
}

fn settings(address: SocketAddr, pace: Pace, duration: Duration) -> LoadSettings {
    LoadSettings {
        server: Remote::new(&format!("http://{address}"), None, Trust::System).unwrap(),
        connections: 4,
        pace,
        duration,
        warm_up: Duration::from_millis(50),
        no_op: false,
        mix: Vec::new(),
        keystrokes: false,
        seed: 1,
    }
}

fn loaded(settings: &LoadSettings) -> LoadReport {
    load(&questions(), settings, &mut Silent).expect("a report")
}

fn served() -> (Folder, Server) {
    let folder = Folder::new();
    let desk = folder.load(
        "{\"id\":\"A1\",\"name\":\"广州酒家\",\"phones\":[\"020-81380388\"]}\n{\"id\":\"A2\",\"name\":\"中山大学\",\"phones\":[\"020-84110000\"]}\n",
    );
    (folder, Server::start(Arc::new(desk)))
}

/// A server that answers the `n`th request as `answer` says.
fn answering<F, A>(answer: F) -> SocketAddr
where
    F: Fn(u64) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = Response> + Send,
{
    let asked = Arc::new(AtomicU64::new(0));
    let handler = move || {
        let (answer, asked) = (answer.clone(), Arc::clone(&asked));
        async move { answer(asked.fetch_add(1, Ordering::Relaxed)).await }
    };
    let router = axum::Router::new().route("/v1/lookup", axum::routing::get(handler));
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            tell.send(listener.local_addr().unwrap()).unwrap();
            axum::serve(listener, router).await.unwrap();
        });
    });
    told.recv().unwrap()
}

/// A server that answers at once but for one stretch of time, in which it answers nobody.
fn stalling(from: Duration, until: Duration) -> SocketAddr {
    let began = Instant::now();
    answering(move |_| async move {
        if began.elapsed() >= from && began.elapsed() < until {
            tokio::time::sleep(until.saturating_sub(began.elapsed())).await;
        }
        "{}".into_response()
    })
}

#[test]
fn a_closed_loop_tells_throughput_by_kind_and_beside_a_no_op() {
    let (_folder, server) = served();
    let settings = LoadSettings {
        no_op: true,
        mix: vec![("exact".to_owned(), 1), ("initials".to_owned(), 3)],
        ..settings(server.address, Pace::Closed, Duration::from_millis(400))
    };
    let report = loaded(&settings);
    let all = &report.all;
    assert!(all.answered > 20 && all.per_second > 50.0, "{all:?}");
    assert_eq!((all.wrong(), all.overloaded), (0, 0), "{all:?}");
    assert!(0.0 < all.p50_us && all.p50_us <= all.p99_us && all.p99_us <= all.p999_us, "{all:?}");
    // Quantiles are the upper ends of their steps, the maximum too.
    assert!(all.p999_us <= all.max_us, "{all:?}");
    let answered: Vec<(&str, u64)> =
        report.kinds.iter().map(|kind| (kind.kind.as_str(), kind.figures.answered)).collect();
    assert_eq!(answered.iter().map(|(_, count)| count).sum::<u64>(), all.answered);
    let share = answered.iter().find(|(kind, _)| *kind == "initials").unwrap().1 as f64 / all.answered as f64;
    assert!((0.5..0.95).contains(&share), "{answered:?}");
    let no_op = report.no_op.expect("a no-op");
    assert!(no_op.answered > 20 && no_op.wrong() == 0, "{no_op:?}");
    let ratio = report.throughput_of_no_op.unwrap();
    assert!((ratio - all.per_second / no_op.per_second).abs() < 1e-9 && report.p99_of_no_op.unwrap() > 0.0);
}

/// A stall of half a second makes everybody wait who called meanwhile. A closed loop sends one request a connection
/// into it and then waits too, so its percentiles hide it; an open loop must not.
#[test]
fn a_stall_shows_in_the_percentiles_of_an_open_loop() {
    const FROM: Duration = Duration::from_millis(400);
    const UNTIL: Duration = Duration::from_millis(1_000);
    let lasting = Duration::from_millis(1_600);
    let open = settings(stalling(FROM, UNTIL), Pace::Open(200.0), lasting);
    let open = loaded(&LoadSettings { warm_up: Duration::ZERO, ..open }).all;
    // Half a second of 1.6 is stalled, so the middle of the latencies beyond p50 is too.
    assert!((300..=320).contains(&(open.answered + open.not_sent)), "{open:?}");
    assert!(open.p99_us > 350_000.0, "{open:?}");
    assert!(open.p50_us < 350_000.0, "{open:?}");
    let closed = settings(stalling(FROM, UNTIL), Pace::Closed, lasting);
    let closed = loaded(&LoadSettings { warm_up: Duration::ZERO, ..closed }).all;
    assert!(closed.answered > 1_000 && closed.p99_us < 300_000.0, "{closed:?}");
}

#[test]
fn what_was_due_and_never_sent_counts_with_its_wait() {
    let address = answering(|_| async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        "{}".into_response()
    });
    let settings = settings(address, Pace::Open(1_000.0), Duration::from_millis(600));
    let all = loaded(&LoadSettings { warm_up: Duration::ZERO, ..settings }).all;
    assert!(all.not_sent > 400 && all.answered + all.not_sent >= 590, "{all:?}");
    assert!(all.p50_us > 100_000.0, "{all:?}");
}

#[test]
fn refusals_of_a_server_that_has_too_much_to_do_are_told_apart() {
    let address = answering(|n| async move {
        match n % 4 {
            0 => "{}".into_response(),
            1 => (StatusCode::NOT_FOUND, "{}").into_response(),
            // Slow, so that it would show if it counted among the answers.
            _ => {
                tokio::time::sleep(Duration::from_millis(30)).await;
                (StatusCode::SERVICE_UNAVAILABLE, "{}").into_response()
            }
        }
    });
    // What is asked beforehand meets a 404 too: a server that answers so is no server of lookups.
    let told = load(&questions(), &settings(address, Pace::Closed, Duration::from_millis(50)), &mut Silent);
    assert!(told.unwrap_err().to_string().contains("404"));
    let address = answering(|n| async move {
        match n % 2 {
            0 => "{}".into_response(),
            _ => {
                tokio::time::sleep(Duration::from_millis(30)).await;
                (StatusCode::SERVICE_UNAVAILABLE, "{}").into_response()
            }
        }
    });
    let all = loaded(&settings(address, Pace::Closed, Duration::from_millis(400))).all;
    assert!(all.overloaded > 10 && all.answered > 10 && all.wrong() == 0, "{all:?}");
    assert!(all.overloaded_p99_us >= 30_000.0 && all.p50_us < 30_000.0, "{all:?}");
    assert_eq!(all.overloaded_untold, all.overloaded, "that server does not say when to come again");
}

#[test]
fn the_command_prints_json_in_a_pipe_and_says_what_makes_no_sense() {
    let (folder, server) = served();
    let url = format!("http://{}", server.address);
    folder.write("queries.tsv", "gzjj\tA1\tinitials\nzsdx\tA2\tinitials\n");
    let bench = ["bench", "--server", &url, "--queries", "queries.tsv", "--duration", "0.2", "--warm-up", "0"];
    let report: Value = serde_json::from_str(&folder.prints(0, &[&bench[..], &["--rate", "100"]].concat())).unwrap();
    assert_eq!((&report["rate"], &report["queries"]), (&100.0.into(), &2.into()));
    assert_eq!(report["kinds"][0]["kind"], "initials");
    assert!(report["all"]["answered"].as_u64().unwrap() >= 15 && report.get("no_op").is_none(), "{report}");
    let typed: Value = serde_json::from_str(&folder.prints(0, &[&bench[..], &["--keystrokes"]].concat())).unwrap();
    assert_eq!(typed["queries"], 8);
    let made = ["bench", "--server", &url, "--make", "2", "--mix", "exact=1", "--duration", "0.1", "--warm-up", "0"];
    assert!(folder.prints(0, &made).contains("\"kind\":\"exact\""));
    for (code, more, text) in [
        (2, &["--mix", "loud=1"][..], "loud"),
        (2, &["--mix", "initials=many"], "whole number"),
        (2, &["--rate", "0"], "the rate is 0.001 to"),
        (2, &["--rate", "1e-20"], "the rate is 0.001 to"),
        (2, &["--connections", "0"], "1 to 1024"),
        (2, &["--duration", "soon"], "seconds"),
        (2, &["--server", "ftp://localhost"], "an address such as"),
        (5, &["--server", "http://127.0.0.1:1"], "cannot ask http://127.0.0.1:1"),
    ] {
        let arguments = ["bench", "--queries", "queries.tsv", "--duration", "0.1", "--warm-up", "0"];
        let arguments = match more.first() {
            Some(&"--server" | &"--duration") => [&arguments[..3], more].concat(),
            _ => [&arguments[..], &["--server", &url], more].concat(),
        };
        let told = ended(code, &arguments, &folder.run(&arguments));
        assert!(told.contains(text), "{arguments:?}: {told}");
    }
}
