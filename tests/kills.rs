//! `kill -9` at a random moment of whatever the data office runs: what was acknowledged is there, the rest is there
//! whole or not at all, everything verifies, and the desk goes on. `scripts/kill-test` runs it for as long as wanted.

use std::collections::BTreeMap;
use std::time::Duration;

use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;
use serde_json::Value;

use chahao::ledger::Ledger;
use chahao::listing::Status;
use chahao::progress::Silent;

use crate::batch_model::{Model, row_of};
use crate::desk_in_a_folder::{Folder, ids};
use crate::ledger_crash::{Delays, run_or_kill};

/// Processes killed when nothing else is asked for.
const KILLS: usize = 100;
/// Listings above which batches add none.
const LISTINGS_ENOUGH: usize = 1_500;
/// Runs in a row that may end before their time: then nothing is killed any more.
const ENDED_MAX: usize = 200;

const IMPORT: [&str; 4] = ["import", "batch.ndjson", "--max-churn", "100"];
const RECONCILE: [&str; 7] = ["import", "full.ndjson", "--reconcile", "--max-churn", "100", "--max-reject", "0"];
const WORK: [(&str, &[&str]); 9] = [
    ("import", &IMPORT),
    ("compact", &["compact"]),
    ("rebuild", &["compact", "--full"]),
    ("fold", &["fold", "--keep-days", "100"]),
    ("backup", &["backup", "copy.db"]),
    ("undo", &["undo"]),
    ("reconcile", &RECONCILE),
    ("restore", &["restore", "kept.db", "--replace"]),
    ("release", &["compact"]),
];

/// `kept`, with the listings kept back that `rows` withhold or disconnect, also where they delete them then.
fn kept_back(mut kept: Model, rows: &str) -> Model {
    let mut statuses = BTreeMap::new();
    for row in rows.lines().map(|row| serde_json::from_str::<Value>(row).unwrap()) {
        if let Ok(status) = serde_json::from_value::<Status>(row["status"].clone()) {
            statuses.insert(row["id"].as_str().unwrap().to_owned(), status);
        }
    }
    for (id, listing) in &mut kept.listings {
        match (statuses.get(id), listing.status) {
            (Some(status @ Status::NonPublished), _)
            | (Some(status @ Status::Disconnected), Status::Listed | Status::Changed) => listing.status = *status,
            _ => {}
        }
    }
    kept
}

/// A desk under attack, and what it should hold.
struct Attacked {
    folder: Folder,
    dice: Pcg64Mcg,
    model: Model,
    /// What the newest batch can be undone to.
    before: Option<Model>,
}

impl Attacked {
    /// Whether the ledger holds what `model` says.
    fn holds(&self, model: &Model) -> bool {
        let mut ledger = Ledger::open(&self.folder.ledger()).unwrap();
        let mut listings = model.listings.values();
        let mut same = true;
        let compare = |listing| {
            same &= Some(&listing) == listings.next();
            Ok(())
        };
        ledger.snapshot().unwrap().each_by_id(compare).unwrap();
        same && listings.next().is_none()
    }

    /// Runs one piece of work, killed after `delay`; whether it was, and how long it took.
    fn attack(&mut self, (work, arguments): (&str, &[&str]), delay: Duration) -> (bool, Duration) {
        let adds = if self.model.listings.len() > LISTINGS_ENOUGH { 0 } else { 250 };
        let newest = self.folder.ledger_state().1.to_string();
        let next = match (work, &self.before) {
            ("import", _) => {
                let batch = self.model.batch((adds, 120, 90), &mut self.dice);
                self.folder.write("batch.ndjson", &batch.rows);
                Some(batch.after)
            }
            ("undo", Some(before)) => Some(before.clone()),
            ("reconcile", _) => {
                let batch = self.model.batch((adds, 120, 90), &mut self.dice);
                let rows = batch.after.listings.values().map(|listing| row_of(listing).to_string() + "\n");
                self.folder.write("full.ndjson", rows.collect::<String>());
                Some(batch.after.full_file_over(&self.model))
            }
            ("restore", _) => Some(self.back_up()),
            ("release", _) => {
                let batch = self.model.batch((adds, 120, 90), &mut self.dice);
                self.let_wait(&batch.rows);
                Some(batch.after)
            }
            _ => None,
        };
        let undo = ["undo", newest.as_str()];
        let arguments = if work == "undo" { &undo[..] } else { arguments };
        if work == "fold" {
            let days = "UPDATE batch SET day = date('2020-01-01', '+' || n || ' days')";
            rusqlite::Connection::open(self.folder.ledger()).unwrap().execute(days, []).unwrap();
            // What these batches gave up has the same days.
            Ledger::open(&self.folder.ledger()).unwrap().rebuild_derived().unwrap();
        }
        let (status, told, took) = run_or_kill(&self.folder, arguments, |elapsed| elapsed >= delay);
        assert!(status.success() || status.code().is_none(), "{work} ended with {status}: {told}");
        let damage = Ledger::open(&self.folder.ledger()).unwrap().verify().unwrap().damage;
        assert_eq!(damage, Vec::<String>::new(), "after {work}");
        match next {
            Some(next) if self.holds(&next) => {
                self.before = (work == "import").then(|| std::mem::replace(&mut self.model, next.clone()));
                self.model = next;
            }
            _ => {
                let acknowledged = next.is_some() && (status.success() || told.contains("ledger seq"));
                assert!(!acknowledged, "{work} was acknowledged and is lost: {told}");
                assert!(self.holds(&self.model), "half of {work}");
            }
        }
        if ["fold", "restore"].contains(&work) {
            self.before = None;
        }
        // What still waits would go in with the next work.
        rusqlite::Connection::open(self.folder.ledger()).unwrap().execute("DELETE FROM waiting", []).unwrap();
        self.check_copy(work, status.success());
        (status.code().is_none(), took)
    }

    /// A copy of the ledger as it stands, and a batch after it: what is there once the copy is put back.
    fn back_up(&mut self) -> Model {
        let _ = std::fs::remove_file(self.folder.path("kept.db"));
        self.folder.desk().backup(&self.folder.path("kept.db")).unwrap();
        let kept = self.model.clone();
        let batch = self.model.batch((5, 120, 90), &mut self.dice);
        self.folder.import(&self.folder.desk(), &batch.rows);
        self.model = batch.after;
        kept_back(kept, &batch.rows)
    }

    /// A batch that waited until today.
    fn let_wait(&self, rows: &str) {
        let withdrawn = "DELETE FROM waiting";
        let connection = rusqlite::Connection::open(self.folder.ledger()).unwrap();
        connection.execute(withdrawn, []).unwrap();
        self.folder.write("waits.ndjson", format!("{{\"feed\":\"waits\",\"effective\":\"9998-01-01\"}}\n{rows}"));
        self.folder.ends(0, &["import", "waits.ndjson", "--max-churn", "100"]);
        connection.execute("UPDATE waiting SET until = date('now', '-2 days')", []).unwrap();
    }

    /// A backup is there whole or not at all.
    fn check_copy(&self, work: &str, done: bool) {
        let copy = self.folder.path("copy.db");
        assert!(work != "backup" || !done || copy.exists(), "a backup was acknowledged and is not there");
        if copy.exists() {
            let findings = Ledger::open(&copy).unwrap().verify().unwrap();
            assert_eq!((findings.damage, findings.listings), (vec![], self.model.listings.len() as u64));
            std::fs::remove_file(copy).unwrap();
        }
    }

    /// Compacts, compares index and ledger both ways, and looks some listings up.
    fn recover(&mut self) {
        let desk = self.folder.desk();
        desk.compact(false, &mut Silent).unwrap();
        assert_eq!(desk.verify().unwrap().damage, Vec::<String>::new());
        for _ in 0..5 {
            let (id, listing) = self.model.any(&mut self.dice);
            let found = ids(&desk, &listing.name);
            assert!(found.iter().any(|found| found == id) || found.len() == 50, "{} does not find {id}", listing.name);
        }
    }
}

#[test]
fn nothing_acknowledged_is_lost_whatever_is_killed() {
    let kills = std::env::var("CHAHAO_TEST_KILLS").ok().map_or(KILLS, |kills| kills.parse().unwrap());
    let seed = std::env::var("CHAHAO_TEST_SEED").ok().map_or(7, |seed| seed.parse().unwrap());
    let mut dice = Pcg64Mcg::seed_from_u64(seed);
    let first = Model::new(seed).batch((400, 0, 0), &mut dice);
    let mut attacked = Attacked { folder: Folder::new(), dice, model: first.after, before: None };
    attacked.folder.import(&attacked.folder.desk(), &first.rows);
    attacked.recover();
    let mut killed: BTreeMap<&str, usize> = BTreeMap::new();
    let mut delays: BTreeMap<&str, Delays> = BTreeMap::new();
    let (mut tried, mut ended) = (0, 0);
    while killed.values().sum::<usize>() < kills {
        let work = WORK[attacked.dice.random_range(0..WORK.len())];
        // A batch that is folded, or was undone, is not undone: there has to be one first.
        if work.0 == "undo" && attacked.before.is_none() {
            attacked.attack(("import", &IMPORT), Duration::MAX);
        }
        let delays = delays.entry(work.0).or_insert_with(|| Delays::new(seed, Duration::from_secs(5)));
        let delay = delays.next();
        let (was_killed, took) = attacked.attack(work, delay);
        tried += 1;
        if was_killed {
            *killed.entry(work.0).or_default() += 1;
            ended = 0;
        } else {
            delays.whole = took;
            ended += 1;
            assert!(ended < ENDED_MAX, "nothing is killed any more");
        }
        if tried % 4 == 0 {
            attacked.recover();
        }
    }
    attacked.recover();
    println!(
        "{} of {tried} runs killed: {killed:?}; 0 batches lost, 0 half, 0 wrong answers",
        killed.values().sum::<usize>()
    );
}
