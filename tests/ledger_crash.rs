//! `kill -9` at any moment of an import or a compaction, several processes at once: what was acknowledged is
//! there, what was not is there whole or not at all, and the index follows.

use std::collections::BTreeSet;
use std::io::Read;
use std::process::{Child, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use chahao::compactor::Built;
use chahao::desk::Desk;
use chahao::index::Layout;
use chahao::ledger::Ledger;
use chahao::listing::Listing;
use chahao::progress::Silent;
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

use crate::batch_model::{Batch, Model};
use crate::desk_in_a_folder::{Folder, add, files_under, ids, told};

/// Processes killed while they ran, in each of the two tests that kill.
const KILLS: usize = 25;
/// Rows of one batch: adds, changes, deletions.
const ROWS: (usize, usize, usize) = (1_400, 500, 300);
/// Listings looked up after every kill.
const SAMPLES: usize = 12;
/// A process that takes longer hangs.
const DEADLINE: Duration = Duration::from_secs(60);

/// Runs a child until it ends, or kills it when it is `due`: how it ended, what it had printed, how long it ran.
pub fn run_or_kill(
    folder: &Folder,
    arguments: &[&str],
    due: impl Fn(Duration) -> bool,
) -> (ExitStatus, String, Duration) {
    let started = Instant::now();
    let mut command = folder.command(arguments);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if due(started.elapsed()) {
            child.kill().unwrap();
            break child.wait().unwrap();
        }
        std::thread::sleep(Duration::from_micros(200));
    };
    let took = started.elapsed();
    (status, printed(&mut child), took)
}

fn printed(child: &mut Child) -> String {
    let mut text = String::new();
    child.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
    text
}

/// Kills, and what became of the processes.
#[derive(Debug, Default)]
struct Tally {
    killed: usize,
    /// Ended before their time came.
    ended: usize,
    /// Killed after they had done their work, before or after they said so.
    done: usize,
    /// Killed so that something was left lying about.
    left: usize,
}

/// Delays spread over the time a whole run takes and a little more, which is measured anew whenever one ends by itself.
pub struct Delays {
    dice: Pcg64Mcg,
    pub whole: Duration,
}

impl Delays {
    /// A first run that takes longer than `whole` is killed; any other that ends before tells how long it takes.
    pub fn new(seed: u64, whole: Duration) -> Delays {
        Delays { dice: Pcg64Mcg::seed_from_u64(seed), whole }
    }

    pub fn next(&mut self) -> Duration {
        self.whole.mul_f64(f64::from(self.dice.random_range(0..1_150_u32)) / 1_000.0)
    }
}

/// Whether the batch between the two models is in the ledger, which holds exactly the one or the other.
fn is_batch_in(folder: &Folder, before: &Model, after: &Model) -> bool {
    let mut ledger = Ledger::open(&folder.ledger()).unwrap();
    let findings = ledger.verify().unwrap();
    assert_eq!(findings.damage, Vec::<String>::new());
    let is_in = findings.seq == after.seq;
    assert!(is_in || findings.seq == before.seq, "seq {} of {} or {}", findings.seq, before.seq, after.seq);
    let model = if is_in { after } else { before };
    let mut listings = model.listings.values();
    let snapshot = ledger.snapshot().unwrap();
    let compare = |listing| {
        assert_eq!(Some(&listing), listings.next(), "the ledger and the model differ");
        Ok(())
    };
    snapshot.each_by_id(compare).unwrap();
    assert_eq!(snapshot.count().unwrap() as usize, model.listings.len());
    is_in
}

/// A listing as operators see it today: without numbers that are withheld and referrals that have run out.
fn as_given(listing: &Listing) -> Listing {
    let mut given = listing.clone().published();
    let today = jiff::Zoned::now().date().to_string();
    given.referral = given.referral.filter(|referral| referral.until.as_ref().is_none_or(|until| *until >= today));
    given
}

/// Compacts, then checks everything against everything, and samples against the model.
fn compacts_and_agrees(folder: &Folder, model: &Model, dice: &mut Pcg64Mcg) -> Desk {
    let desk = folder.desk();
    desk.compact(false, &mut Silent).unwrap();
    let findings = desk.verify().unwrap();
    assert_eq!(findings.damage, Vec::<String>::new());
    assert_eq!((findings.seq, findings.index_seq), (model.seq, Some(model.seq)));
    assert_eq!(findings.listings as usize, model.listings.len());
    for _ in 0..SAMPLES {
        let (id, listing) = model.any(dice);
        assert_eq!(desk.listing(id).unwrap().listing, as_given(listing));
        let found = ids(&desk, &listing.name);
        assert!(found.iter().any(|found| found == id) || found.len() == 50, "{} does not find {id}", listing.name);
        if let Some(gone) = model.any_deleted(dice) {
            assert!(desk.listing(gone).unwrap_err().is_not_found(), "{gone} was deleted");
        }
    }
    assert_eq!(parts(folder), expected_parts(&desk), "what a killed compactor left is gone");
    desk
}

/// What lies in the index directory.
fn parts(folder: &Folder) -> BTreeSet<String> {
    let there = std::fs::read_dir(folder.index()).unwrap();
    there.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// What should lie there.
fn expected_parts(desk: &Desk) -> BTreeSet<String> {
    let previous = Layout::new(desk.index_path()).previous().unwrap();
    let own =
        ["LOCK".to_owned(), "CURRENT".to_owned()].into_iter().chain(previous.as_ref().map(|_| "PREVIOUS".to_owned()));
    let generations = [desk.current(), previous].into_iter().flatten();
    own.chain(generations.flat_map(|current| [Some(current.base), current.delta].into_iter().flatten())).collect()
}

#[test]
fn a_killed_import_leaves_all_of_its_batch_or_nothing() {
    let (folder, mut dice) = (Folder::new(), Pcg64Mcg::seed_from_u64(114));
    let mut model = Model::new(1);
    let mut tally = Tally::default();
    let mut delays = Delays::new(1, Duration::from_secs(2));
    for round in 0.. {
        if tally.killed == KILLS {
            break;
        }
        if round % 3 == 2 {
            model = imported(&folder, &model, (300, 100, 50), &mut dice);
        }
        let batch = model.batch(ROWS, &mut dice);
        folder.write("weekly.ndjson", &batch.rows);
        let (ledger, delay) = (folder.ledger(), delays.next());
        let seen = || ledger.exists() && Ledger::open(&ledger).unwrap().seq().unwrap() == batch.after.seq;
        let arguments = ["import", "weekly.ndjson", "--force", "--reason", "test"];
        let (status, printed, took) = run_or_kill(&folder, &arguments, |elapsed| match round % 5 {
            // The moment another process can see the batch: its sender may not have been told.
            1 => seen(),
            _ => elapsed >= delay,
        });
        assert!(status.success() || status.code().is_none(), "{status}: {printed}");
        let acknowledged = status.success() || printed.contains("ledger seq");
        if status.success() {
            delays.whole = took;
            tally.ended += 1;
        } else {
            tally.killed += 1;
        }
        let is_in = folder.ledger().exists() && is_batch_in(&folder, &model, &batch.after);
        assert!(is_in || !acknowledged, "it was acknowledged and is gone: {printed}");
        tally.done += usize::from(is_in && !status.success());
        if is_in {
            model = batch.after;
        }
        if model.seq > 0 {
            compacts_and_agrees(&folder, &model, &mut dice);
        }
    }
    println!(
        "{} imports killed, {} of them after their commit; {} ended before",
        tally.killed, tally.done, tally.ended
    );
    assert!(model.seq > 0);
}

#[test]
fn a_killed_compactor_leaves_the_old_index_or_the_new_one() {
    let (folder, mut dice) = (Folder::new(), Pcg64Mcg::seed_from_u64(411));
    let mut model = Model::new(2);
    let mut tally = Tally::default();
    let mut delays = [Delays::new(2, Duration::from_secs(2)), Delays::new(3, Duration::from_secs(2))];
    model = imported(&folder, &model, (2_000, 0, 0), &mut dice);
    let mut desk = compacts_and_agrees(&folder, &model, &mut dice);
    for round in 0.. {
        if tally.killed == KILLS {
            break;
        }
        let before = model.seq;
        model = imported(&folder, &model, (150, 60, 30), &mut dice);
        let arguments = if round % 2 == 0 { &["compact"][..] } else { &["compact", "--full"] };
        let delays = &mut delays[round % 2];
        let (there, delay) = (parts(&folder), delays.next());
        let current = || std::fs::read(folder.index().join("CURRENT")).unwrap();
        let published = current();
        let (status, printed, took) = run_or_kill(&folder, arguments, |elapsed| match round % 5 {
            // The moment the new part has its name, and nothing refers to it yet.
            0 => parts(&folder).iter().any(|name| !name.starts_with("tmp-") && !there.contains(name)),
            // The moment it is published, and what it replaces is still there.
            1 => current() != published,
            _ => elapsed >= delay,
        });
        assert!(status.success() || status.code().is_none(), "{status}: {printed}");
        if status.success() {
            delays.whole = took;
            tally.ended += 1;
        } else {
            tally.killed += 1;
        }
        tally.left += usize::from(!status.success() && parts(&folder).len() > expected_parts(&folder.desk()).len());
        // Nobody mends anything before the next reader comes, and one that was open serves on.
        assert_eq!(desk.generation().unwrap().seq(), before);
        let opened = folder.desk().generation().unwrap().seq();
        assert!(opened == before || opened == model.seq, "seq {opened}, neither {before} nor {}", model.seq);
        assert!(opened == model.seq || (!status.success() && !printed.contains("index at seq")), "{printed}");
        tally.done += usize::from(opened == model.seq && !status.success());
        assert!(folder.desk().verify().unwrap().damage.is_empty());
        desk = compacts_and_agrees(&folder, &model, &mut dice);
    }
    println!(
        "{} compactors killed, {} of them with something left behind, {} after publishing; {} ended before",
        tally.killed, tally.left, tally.done, tally.ended
    );
}

/// Imports a batch undisturbed; the model with it.
fn imported(folder: &Folder, model: &Model, rows: (usize, usize, usize), dice: &mut Pcg64Mcg) -> Model {
    let Batch { rows, after } = model.batch(rows, dice);
    let report = folder.import(&Desk::new(&folder.ledger(), &folder.index()), &rows);
    assert_eq!((report.seq, report.rejected), (after.seq, 0), "{report}");
    after
}

#[test]
fn a_reader_sees_none_of_a_batch_or_all_of_it() {
    let (folder, mut dice) = (Folder::new(), Pcg64Mcg::seed_from_u64(5));
    let mut model = imported(&folder, &Model::new(5), ROWS, &mut dice);
    let mut looks_meanwhile = 0;
    for _ in 0..6 {
        let Batch { rows, after } = model.batch(ROWS, &mut dice);
        folder.write("weekly.ndjson", &rows);
        let mut early = Ledger::open(&folder.ledger()).unwrap();
        let view = early.snapshot().unwrap();
        let mut import = folder
            .command(&["import", "weekly.ndjson", "--force", "--reason", "test"])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let started = Instant::now();
        loop {
            let ended = import.try_wait().unwrap();
            let mut reader = Ledger::open(&folder.ledger()).unwrap();
            let snapshot = reader.snapshot().unwrap();
            let of = |model: &Model| (model.seq, model.listings.len() as u64);
            let now = (snapshot.seq(), snapshot.count().unwrap());
            assert!(now == of(&model) || now == of(&after), "{now:?}: {:?} or {:?}", of(&model), of(&after));
            if let Some(status) = ended {
                assert!(status.success());
                assert_eq!(now, of(&after), "the import ended before this look");
                break;
            }
            looks_meanwhile += 1;
            assert!(started.elapsed() < DEADLINE, "the import hangs");
        }
        // One that began to read before goes on seeing what it saw.
        assert_eq!((view.seq(), view.count().unwrap()), (model.seq, model.listings.len() as u64));
        model = after;
    }
    println!("{looks_meanwhile} looks at the ledger during 6 imports");
    assert!(looks_meanwhile > 0);
}

#[test]
fn importers_at_once_wait_for_each_other() {
    for round in 0..4 {
        let folder = Folder::new();
        let models = [10, 11, 12].map(|seed| Model::new(seed + round));
        let batches = models.map(|model| model.batch((900, 0, 0), &mut Pcg64Mcg::seed_from_u64(1)));
        let mut importers = Vec::new();
        for (number, batch) in batches.iter().enumerate() {
            let file = folder.write(&format!("{number}.ndjson"), batch.rows.replace("GZ-", &format!("{number}-")));
            let arguments = ["import", file.to_str().unwrap(), "--feed", &number.to_string()];
            let mut command = folder.command(&arguments);
            importers.push(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap());
        }
        for importer in importers {
            let output = importer.wait_with_output().unwrap();
            assert!(output.status.success(), "{}", told(&output));
            assert!(told(&output).contains("900 added, 0 changed, 0 deleted, 0 rejected"), "{}", told(&output));
        }
        let findings = Ledger::open(&folder.ledger()).unwrap().verify().unwrap();
        assert_eq!((findings.batches, findings.listings, findings.seq), (3, 2_700, 2_700));
        assert_eq!(findings.damage, Vec::<String>::new());
    }
}

#[test]
fn what_a_killed_compactor_left_is_swept_and_nothing_else() {
    let folder = Folder::new();
    let desk = folder.load(&add("A1", "广州酒家", 1.0));
    let left = [
        "tmp-base-00000002/name.fst",
        "tmp-delta-00000007/postings/meta.json",
        "base-00000002/MANIFEST",
        "delta-00000009/records.bytes",
    ];
    let foreign =
        ["notes.txt", "README.md", "backup/CURRENT", "base-plan.txt", "tmp-mine", "delta-old/listing.csv", "base-2"];
    for name in left.iter().chain(&foreign).chain(&["tmp-CURRENT"]) {
        let path = folder.index().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, b"something").unwrap();
    }
    assert_eq!(ids(&folder.desk(), "gzjj"), ["A1"], "leftovers disturb no reader");
    assert_eq!(desk.compact(false, &mut Silent).unwrap().built, Built::Nothing);
    let there: Vec<_> = files_under(&folder.index());
    for name in foreign {
        assert!(there.contains(&folder.index().join(name)), "{name} is not ours to remove");
    }
    for directory in left.map(|name| name.split_once('/').unwrap().0).into_iter().chain(["tmp-CURRENT"]) {
        assert!(!folder.index().join(directory).exists(), "{directory} was left");
    }
    assert_eq!(ids(&folder.desk(), "gzjj"), ["A1"]);
    folder.import(&desk, &add("A2", "广州酒家", 2.0));
    for full in [false, true] {
        desk.compact(full, &mut Silent).unwrap();
        assert_eq!(ids(&desk, "gzjj"), ["A2", "A1"]);
        assert!(foreign.iter().all(|name| folder.index().join(name).exists()));
    }
}
