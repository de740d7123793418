//! Two importers, one that thinks better of it, a compactor, two servers and an office that reads, folds and backs up, all on
//! one ledger at once: nobody hears of a lock, lookups go on, and in the end ledger and index hold what the importers were
//! told is in.
//!
//! It runs for some seconds with the tests; `scripts/soak-ledger SECONDS` for as long as wanted.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

use chahao::ledger::{Ledger, Signature};
use chahao::listing::Listing;
use chahao::progress::Silent;

use crate::batch_model::Model;
use crate::desk_in_a_folder::Folder;
use crate::server_on_a_port::{DEADLINE, agent, get};

/// Seconds when nothing else is asked for.
const SECONDS: u64 = 8;
/// Listings of one importer above which its batches add none.
const LISTINGS_ENOUGH: usize = 600;

/// A process that runs all the time, and what it says.
struct Process {
    child: Child,
    said: &'static str,
}

impl Process {
    fn start(folder: &Folder, arguments: &[&str], said: &'static str) -> Process {
        let log = File::create(folder.path(said)).unwrap();
        let mut command = folder.command(arguments);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::from(log)).spawn().unwrap();
        Process { child, said }
    }

    /// Where a server says it listens.
    fn address(&mut self) -> SocketAddr {
        let mut first = String::new();
        BufReader::new(self.child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        first.trim().strip_prefix("listening on http://").expect("where it listens").parse().unwrap()
    }

    /// Asks it to stop, and checks that it ends well and had nothing to complain about.
    fn stop(mut self, folder: &Folder) {
        let terminated = std::process::Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(terminated.unwrap().success());
        let status = self.child.wait().unwrap();
        let said = std::fs::read_to_string(folder.path(self.said)).unwrap();
        assert_eq!(status.code(), Some(0), "{}: {said}", self.said);
        for complaint in ["ERROR", "WARN", "locked", "busy", "panicked"] {
            assert!(!said.contains(complaint), "{}: {said}", self.said);
        }
    }
}

/// What all threads share.
struct Office {
    folder: Folder,
    until: Instant,
    /// The first thread that fails ends the others.
    failed: AtomicBool,
    batches: AtomicU64,
    lookups: AtomicU64,
    readings: AtomicU64,
    undone: AtomicU64,
    /// Changes that were folded.
    folded: AtomicU64,
}

impl Office {
    fn goes_on(&self) -> bool {
        Instant::now() < self.until && !self.failed.load(Ordering::Relaxed)
    }

    /// Imports batch after batch of `feed`; the listings that stand then, as JSON by id.
    fn import(&self, feed: &str, seed: u64) -> BTreeMap<String, String> {
        let mut dice = Pcg64Mcg::seed_from_u64(seed);
        // Every importer has ids of its own.
        let own = |text: &str| text.replace("GZ-", &format!("{feed}-"));
        let file = format!("{feed}.ndjson");
        let (mut model, mut n) = (Model::new(seed), 0);
        while self.goes_on() {
            n += 1;
            let adds = if model.listings.len() > LISTINGS_ENOUGH { 3 } else { dice.random_range(1..60) };
            let batch = model.batch((adds, dice.random_range(0..20), dice.random_range(0..12)), &mut dice);
            self.folder.write(&file, own(&batch.rows));
            // The first batches come to a ledger of few listings, and may change more than there are.
            let force = ["--force", "--reason", "few listings", "--by", "office"];
            let told = self.folder.ends(0, &[&["import", &file, "--feed", feed][..], &force].concat());
            assert!(told.contains(&format!("{feed} #{n}")), "{told}");
            model = batch.after;
            self.batches.fetch_add(1, Ordering::Relaxed);
        }
        let json = |listing: &Listing| own(&serde_json::to_string(listing).unwrap());
        model.listings.values().map(|listing| (own(listing.id.as_str()), json(listing))).collect()
    }

    /// Imports batch after batch and undoes it again, every other time for good; the listings that stand then.
    fn think_better(&self, feed: &str, seed: u64) -> BTreeMap<String, String> {
        let mut dice = Pcg64Mcg::seed_from_u64(seed);
        let own = |text: &str| text.replace("GZ-", &format!("{feed}-"));
        let file = format!("{feed}.ndjson");
        let mut model = Model::new(seed);
        while self.goes_on() {
            let batch = model.batch((dice.random_range(1..10), dice.random_range(0..5), 0), &mut dice);
            self.folder.write(&file, own(&batch.rows));
            let force = ["--force", "--reason", "few listings", "--by", "office", "--json"];
            let told = self.folder.prints(0, &[&["import", &file, "--feed", feed][..], &force].concat());
            let mut undone = crate::regression_office::json_of(&told)["batch"].to_string();
            let (mut stands, again) = (true, dice.random_bool(0.5));
            for _ in 0..=u8::from(again) {
                let output = self.folder.run(&["undo", &undone, "--json"]);
                let told = String::from_utf8_lossy(&output.stdout).into_owned();
                if output.status.code() == Some(3) && told.contains("the log is folded up to") {
                    break;
                }
                assert_eq!(output.status.code(), Some(0), "{}", crate::desk_in_a_folder::told(&output));
                undone = crate::regression_office::json_of(&told)["batch"].to_string();
                stands = !stands;
                self.undone.fetch_add(1, Ordering::Relaxed);
            }
            // Ids of what was undone are not given again.
            let before = std::mem::replace(&mut model, batch.after);
            if !stands {
                model.listings = before.listings;
            }
        }
        let json = |listing: &Listing| own(&serde_json::to_string(listing).unwrap());
        model.listings.values().map(|listing| (own(listing.id.as_str()), json(listing))).collect()
    }

    /// Folds all of the log there is, over and over.
    fn fold(&self) {
        let tomorrow = jiff::Zoned::now().date().tomorrow().unwrap();
        while self.goes_on() {
            let signature = Signature::new("office", "all at once").unwrap();
            let mut ledger = Ledger::open(&self.folder.ledger()).unwrap();
            let folding = ledger.fold(tomorrow, Some(signature), false).unwrap();
            self.folded.fetch_add(folding.dropped, Ordering::Relaxed);
            std::thread::sleep(Duration::from_millis(300));
        }
    }

    /// Looks up, over and over: every answer is one, and none is older than the one before.
    fn look_up(&self, address: SocketAddr, seed: u64) {
        let (agent, mut dice, mut last) = (agent(), Pcg64Mcg::seed_from_u64(seed), 0);
        let queries = ["广州", "酒家", "gz", "jiud", "8", "店", "yiyuan", "中心", "天河 餐饮", "z"];
        while self.goes_on() {
            let query = queries[dice.random_range(0..queries.len())];
            let answer = get(&agent, address, "/v1/lookup", &[("q", query), ("limit", "20")]);
            assert_eq!(answer.status, 200, "{query}: {}", answer.body);
            let json = answer.json();
            let seq = json["seq"].as_u64().unwrap();
            assert!(seq >= last, "seq went from {last} back to {seq}");
            last = seq;
            if let Some(id) = json["hits"][0]["id"].as_str() {
                let status = get(&agent, address, &format!("/v1/listings/{id}"), &[]).status;
                // It may have been deleted since.
                assert!(matches!(status, 200 | 404), "{id}: {status}");
            }
            for path in ["/readyz", "/v1/batches", "/v1/changes?since=0&limit=50"] {
                let status = get(&agent, address, path, &[]).status;
                assert!(status == 200 || (path == "/readyz" && status == 503), "{path}: {status}");
            }
            self.lookups.fetch_add(1, Ordering::Relaxed);
        }
        assert!(last > 0, "nothing was ever found");
    }

    /// Reads and backs up, over and over.
    fn keep_books(&self) {
        let today = jiff::Zoned::now().date().to_string();
        let digest = ["digest", "--since", "2000-01-01", "--until", today.as_str()];
        while self.goes_on() {
            self.folder.ends(0, &["batches"]);
            self.folder.ends(0, &["export"]);
            self.folder.ends(0, &["backup", "copy.db"]);
            std::fs::remove_file(self.folder.path("copy.db")).unwrap();
            // What is folded cannot be told any more, and that is said.
            let told = self.folder.run(&digest);
            let text = crate::desk_in_a_folder::told(&told);
            assert!(told.status.success() || text.contains("the log is folded"), "{text}");
            self.readings.fetch_add(4, Ordering::Relaxed);
        }
    }

    /// Runs `work`; where it fails, the others end too.
    fn run<T>(&self, work: impl FnOnce() -> T) -> T {
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).unwrap_or_else(|panic| {
            self.failed.store(true, Ordering::Relaxed);
            std::panic::resume_unwind(panic)
        })
    }
}

#[test]
fn importers_compactor_and_servers_work_on_one_ledger_at_once() {
    let seconds = std::env::var("CHAHAO_TEST_SOAK_SECONDS").ok().map_or(SECONDS, |seconds| seconds.parse().unwrap());
    let folder = Folder::new();
    folder.load(&crate::desk_in_a_folder::add("A1", "广州酒家", 1.0));
    let compactor = Process::start(&folder, &["compact", "--watch"], "compactor.log");
    let mut servers =
        ["first.log", "second.log"].map(|said| Process::start(&folder, &["serve", "--listen", "127.0.0.1:0"], said));
    let addresses = servers.each_mut().map(Process::address);
    let office = Office {
        folder,
        until: Instant::now() + Duration::from_secs(seconds),
        failed: AtomicBool::new(false),
        batches: AtomicU64::new(0),
        lookups: AtomicU64::new(0),
        readings: AtomicU64::new(0),
        undone: AtomicU64::new(0),
        folded: AtomicU64::new(0),
    };
    let standing = std::thread::scope(|scope| {
        let importers = [("east", 21), ("west", 22)].map(|(feed, seed)| {
            let office = &office;
            scope.spawn(move || office.run(|| office.import(feed, seed)))
        });
        for (seed, address) in addresses.into_iter().enumerate() {
            let office = &office;
            scope.spawn(move || office.run(|| office.look_up(address, seed as u64)));
        }
        scope.spawn(|| office.run(|| office.keep_books()));
        scope.spawn(|| office.run(|| office.fold()));
        let hesitant = scope.spawn(|| office.run(|| office.think_better("north", 23)));
        importers
            .into_iter()
            .chain([hesitant])
            .flat_map(|importer| importer.join().unwrap())
            .collect::<BTreeMap<_, _>>()
    });
    let (folder, seq) = (&office.folder, office.folder.ledger_state().0);
    let until = Instant::now() + DEADLINE;
    while addresses.iter().any(|address| get(&agent(), *address, "/v1/lookup", &[("q", "广")]).json()["seq"] != seq) {
        assert!(Instant::now() < until, "a server does not follow to seq {seq}");
        std::thread::sleep(Duration::from_millis(50));
    }
    servers.into_iter().for_each(|server| server.stop(folder));
    compactor.stop(folder);
    let desk = folder.desk();
    let mut found = BTreeMap::new();
    desk.each_listing(&mut |listing| {
        found.insert(listing.id.to_string(), serde_json::to_string(&listing).unwrap());
        Ok(())
    })
    .unwrap();
    found.remove("A1").expect("what was there first");
    assert!(found == standing, "the ledger holds {} listings, the importers know of {}", found.len(), standing.len());
    desk.compact(false, &mut Silent).unwrap();
    assert_eq!(desk.verify().unwrap().damage, Vec::<String>::new());
    let counts = [&office.batches, &office.lookups, &office.readings, &office.undone, &office.folded]
        .map(|count| count.load(Ordering::Relaxed));
    println!(
        "{} batches, {} lookups, {} readings of the ledger, {} undos, {} changes folded in {seconds} s; no lock was heard of",
        counts[0], counts[1], counts[2], counts[3], counts[4]
    );
    assert!(counts.iter().all(|count| *count >= 4), "{counts:?}");
}
