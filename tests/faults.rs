//! A disk that fails: writes, syncs, renames, opens, removals and reads of whatever the data office runs fail at every
//! place, once or from then on. The program says so and ends, what was there is there and serves on, and the same command
//! does its work once the disk does.
//!
//! `CHAHAO_TEST_FAULTS=all` tries every place, instead of a few of each kind.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::LazyLock;

use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

use chahao::desk::{Desk, ExportFormat};
use chahao::ledger::Ledger;
use chahao::progress::Silent;

use crate::batch_model::{Model, row_of};
use crate::desk_in_a_folder::{Folder, add, copy_directory, ids, told};
use crate::regression_office::until;

/// Places tried of each kind of fault in each command.
const PLACES: usize = 1;
const IO_ERROR: i32 = 5;
const NO_SPACE: i32 = 28;

/// What fails: the call, what it fails with, and whether only once.
const FAULTS: [(&str, i32, bool); 9] = [
    ("write", IO_ERROR, true),
    ("write", NO_SPACE, false),
    ("sync", IO_ERROR, true),
    ("dirsync", IO_ERROR, true),
    ("rename", IO_ERROR, true),
    ("open", IO_ERROR, true),
    ("remove", IO_ERROR, true),
    ("read", IO_ERROR, true),
    ("short", 0, false),
];

/// Commands, and the batch that each leaves as the newest, where it appends one.
const COMMANDS: [&[&str]; 8] = [
    &["import", "third.ndjson", "--max-churn", "100"],
    &["import", "full.ndjson", "--reconcile", "--max-churn", "100"],
    &["compact"],
    &["compact", "--full"],
    &["undo", "2"],
    &["fold", "--keep-days", "0", "--reason", "a test", "--by", "Ann"],
    &["backup", "copy.db"],
    &["restore", "first.db", "--replace"],
];

/// The shim that makes calls fail, compiled once.
pub static SHIM: LazyLock<(tempfile::TempDir, PathBuf)> = LazyLock::new(|| {
    let directory = tempfile::tempdir().unwrap();
    let shim = directory.path().join("faults.so");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/faults.c");
    let arguments = ["-shared", "-fPIC", "-O1", "-o", shim.to_str().unwrap(), source, "-ldl"];
    let output = Command::new("cc").args(arguments).output().expect("a C compiler, as SQLite needs one");
    assert!(output.status.success(), "{}", told(&output));
    (directory, shim)
});

/// Runs a command with the `at`-th such call failing; how it ended, how many such calls there were and how many failed.
pub fn run(folder: &Folder, arguments: &[&str], (call, errno, once): (&str, i32, bool), at: u64) -> (Output, u64, u64) {
    let counts = tempfile::NamedTempFile::new().unwrap();
    let output = folder
        .command(arguments)
        .env("LD_PRELOAD", &SHIM.1)
        .env("FAULT_CALL", call)
        .env("FAULT_AT", at.to_string())
        .env("FAULT_ONCE", u8::from(once).to_string())
        .env("FAULT_ERRNO", errno.to_string())
        .env("FAULT_UNDER", folder.path("").canonicalize().unwrap())
        .env("FAULT_TOLD", counts.path())
        .output()
        .unwrap();
    let text = std::fs::read_to_string(counts.path()).unwrap();
    let mut numbers = text.split_whitespace().map(|number| number.parse().unwrap());
    let (calls, fired) = (numbers.next().expect("the program did not end by itself"), numbers.next().unwrap());
    (output, calls, fired)
}

/// What a desk holds and answers: its listings, the index's seq, and some lookups.
#[derive(Debug, Clone, PartialEq)]
struct State {
    export: String,
    seq: u64,
    answers: Vec<Vec<String>>,
}

fn exported(folder: &Folder) -> String {
    let mut out = Vec::new();
    folder.desk().export(ExportFormat::Ndjson, true, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn answers(desk: &Desk) -> (u64, Vec<Vec<String>>) {
    let queries = ["广", "广州", "店", "gz", "jiu", "020"];
    (desk.generation().unwrap().seq(), queries.iter().map(|query| ids(desk, query)).collect())
}

fn state(folder: &Folder) -> State {
    let (seq, answers) = answers(&folder.desk());
    State { export: exported(folder), seq, answers }
}

/// A ledger of two batches, the index at the first, a third batch, and a copy of the ledger after the first.
fn template() -> Folder {
    let folder = Folder::new();
    let mut dice = Pcg64Mcg::seed_from_u64(5);
    let first = Model::new(5).batch((60, 0, 0), &mut dice);
    let second = first.after.batch((10, 12, 5), &mut dice);
    let third = second.after.batch((15, 8, 4), &mut dice);
    folder.load(&first.rows);
    folder.ends(0, &["backup", "first.db"]);
    folder.import(&folder.desk(), &second.rows);
    folder.write("third.ndjson", &third.rows);
    let full = third.after.listings.values().map(|listing| row_of(listing).to_string() + "\n");
    folder.write("full.ndjson", full.collect::<String>());
    let days = "UPDATE batch SET day = date('2020-01-01', '+' || n || ' days')";
    rusqlite::Connection::open(folder.ledger()).unwrap().execute(days, []).unwrap();
    // With the batches the numbers they gave up are older.
    folder.ends(0, &["verify", "--repair"]);
    folder
}

/// The same, where the index is in step, and the third batch waits and is due: whatever compacts lets it in. Where that fails,
/// what is in is indexed all the same.
fn template_that_waits() -> Folder {
    let folder = template();
    let rows = std::fs::read_to_string(folder.path("third.ndjson")).unwrap();
    folder.write("waits.ndjson", format!("{{\"feed\":\"waits\",\"effective\":\"9998-01-01\"}}\n{rows}"));
    folder.ends(0, &["import", "waits.ndjson", "--max-churn", "100"]);
    folder.ends(0, &["compact"]);
    let due = "UPDATE waiting SET until = date('now', '-2 days')";
    rusqlite::Connection::open(folder.ledger()).unwrap().execute(due, []).unwrap();
    folder
}

fn copy_of(template: &Folder) -> Folder {
    let folder = Folder::new();
    copy_directory(&template.path(""), &folder.path(""));
    folder
}

/// What stands before the command, and what stands once it has done its work.
fn before_and_after(template: &Folder, command: &[&str]) -> (State, State) {
    let folder = copy_of(template);
    let before = state(&folder);
    folder.ends(0, command);
    (before, state(&folder))
}

/// Places, from 1, of `calls` that are tried.
fn places(calls: u64, dice: &mut Pcg64Mcg) -> Vec<u64> {
    let all = std::env::var("CHAHAO_TEST_FAULTS").is_ok_and(|which| which == "all");
    if all || calls <= PLACES as u64 {
        return (1..=calls).collect();
    }
    (0..PLACES).map(|_| dice.random_range(1..=calls)).collect()
}

/// Checks what a command that met a fault has left, and that it does its work without one.
fn check(
    folder: &Folder,
    command: &[&str],
    what: &str,
    output: &Output,
    (before, after): (&State, &State),
    full: bool,
) {
    let text = told(output);
    assert!(!text.contains("panicked"), "{what}: {text}");
    let code = output.status.code().unwrap_or_else(|| panic!("{what} ended by a signal: {text}"));
    assert!(matches!(code, 0 | 3..=5), "{what} ended with {code}: {text}");
    assert!(code == 0 || text.contains("error"), "{what} says nothing of it: {text}");
    if full && code != 0 {
        let clear = ["No space left", "disk is full", "disk full"].iter().any(|clear| text.contains(clear));
        assert!(clear, "{what} does not say that the disk is full: {text}");
    }
    let damage = Ledger::open(&folder.ledger()).unwrap().verify().unwrap().damage;
    assert_eq!(damage, Vec::<String>::new(), "{what}");
    let now = state(folder);
    let is_before = now.export == before.export;
    assert!(is_before || now.export == after.export, "{what}: half of it is there");
    assert!(code != 0 || now.export == after.export, "{what}: acknowledged and lost");
    let served = [before, after].iter().any(|known| (known.seq, &known.answers) == (now.seq, &now.answers));
    assert!(served, "{what}: what is served at {} is neither what was nor what is to be", now.seq);
    let copy = folder.path("copy.db");
    assert!(code != 0 || command[0] != "backup" || copy.exists(), "{what}: no copy");
    if copy.exists() {
        assert_eq!(Ledger::open(&copy).unwrap().verify().unwrap().damage, Vec::<String>::new(), "{what}");
        std::fs::remove_file(&copy).unwrap();
    }
    if is_before || command[0] != "undo" {
        folder.ends(0, command);
    }
    assert_eq!(exported(folder), after.export, "{what}: done again");
    let desk = folder.desk();
    desk.compact(false, &mut Silent).unwrap();
    let findings = desk.verify().unwrap();
    assert_eq!((findings.damage, findings.index_seq), (Vec::new(), Some(findings.seq)), "{what}");
}

/// Tries every kind of fault in one command: how many of each, and how many of them ended it with an error.
fn attack(template: &Folder, command: &[&str], dice: &mut Pcg64Mcg) -> (BTreeMap<&'static str, u64>, u64) {
    let (mut tried, mut told_of) = (BTreeMap::new(), 0);
    let (before, after) = before_and_after(template, command);
    for fault in FAULTS {
        let (output, calls, _) = run(&copy_of(template), command, fault, 0);
        assert!(output.status.success(), "{command:?}: {}", told(&output));
        for place in places(calls, dice) {
            let folder = copy_of(template);
            let what = format!("{command:?}, {fault:?} number {place} of {calls}");
            let (output, _, fired) = run(&folder, command, fault, place);
            // Threads take turns as they like: one call less is no fault.
            if fired == 0 {
                continue;
            }
            assert!(fault.0 != "short" || output.status.success(), "{what}: {}", told(&output));
            told_of += u64::from(!output.status.success());
            *tried.entry(fault.0).or_default() += 1;
            check(&folder, command, &what, &output, (&before, &after), fault.1 == NO_SPACE);
        }
    }
    (tried, told_of)
}

#[test]
fn a_failing_disk_is_told_and_costs_nothing_that_was_there() {
    let (template, waits) = (template(), template_that_waits());
    let release: &[&str] = &["compact"];
    let (mut tried, mut told_of): (BTreeMap<&str, u64>, u64) = (BTreeMap::new(), 0);
    std::thread::scope(|scope| {
        let commands = COMMANDS.iter().map(|command| (&template, *command)).chain([(&waits, release)]);
        let attacks = commands.zip(1..).map(|((template, command), seed)| {
            scope.spawn(move || attack(template, command, &mut Pcg64Mcg::seed_from_u64(seed)))
        });
        for attacked in attacks.collect::<Vec<_>>() {
            let (more, more_told_of) = attacked.join().unwrap();
            more.into_iter().for_each(|(call, count)| *tried.entry(call).or_default() += count);
            told_of += more_told_of;
        }
    });
    println!("faults tried: {tried:?}; {told_of} ended with an error, the others did their work");
    assert!(tried.len() == 8 && told_of > 15, "{tried:?}: {told_of}");
}

/// A report on standard output is the acknowledgement: scripts take the file for done.
#[test]
fn an_import_whose_sync_fails_is_told_and_acknowledges_nothing() {
    let template = template();
    let command = ["import", "third.ndjson", "--max-churn", "100", "--json"];
    let (_, after) = before_and_after(&template, &command);
    let calls = run(&copy_of(&template), &command, ("sync", IO_ERROR, true), 0).1;
    let mut told_of = 0;
    for (place, once) in (1..=calls).flat_map(|place| [(place, true), (place, false)]) {
        let folder = copy_of(&template);
        let what = format!("sync {place} of {calls}, once: {once}");
        let (output, _, fired) = run(&folder, &command, ("sync", IO_ERROR, once), place);
        assert!(fired > 0 || !once, "{what}: it never failed");
        let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        if output.status.success() {
            // What is synced behind the commit copies what is safe in the log already.
            assert_eq!((&said["batch"], exported(&folder)), (&3.into(), after.export.clone()), "{what}");
            continue;
        }
        told_of += 1;
        assert_eq!(output.status.code(), Some(5), "{what}: {}", told(&output));
        assert_eq!((&said["batch"], &said["error"]["code"]), (&serde_json::Value::Null, &"io".into()), "{what}");
        folder.ends(0, &command);
        assert_eq!(exported(&folder), after.export, "{what}: sent again");
        assert_eq!(Ledger::open(&folder.ledger()).unwrap().verify().unwrap().damage, Vec::<String>::new(), "{what}");
    }
    println!("{told_of} of {} syncs that failed ended the import", calls * 2);
    assert!(told_of >= 2, "{told_of} of {calls}");
}

/// A compactor that watches for years meets a full disk one day.
#[test]
fn a_watching_compactor_waits_longer_and_longer_for_a_full_disk_and_goes_on_when_there_is_room() {
    let folder = Folder::new();
    folder.load(&add("A1", "一店", 1.0));
    let (full, log) = (folder.path("full"), folder.path("log"));
    let mut command = folder.command(&["compact", "--watch"]);
    command
        .env("LD_PRELOAD", &SHIM.1)
        .env("FAULT_CALL", "write")
        .env("FAULT_AT", "1")
        .env("FAULT_ONCE", "0")
        .env("FAULT_ERRNO", NO_SPACE.to_string())
        .env("FAULT_UNDER", folder.index().canonicalize().unwrap())
        .env("FAULT_WHILE", &full)
        .stdout(std::process::Stdio::null())
        .stderr(std::fs::File::create(&log).unwrap());
    let mut watching = command.spawn().unwrap();
    let desk = folder.desk();
    let tries = || {
        let told = std::fs::read_to_string(&log).unwrap();
        told.lines().filter(|line| line.contains("compaction failed; trying again")).count()
    };
    let is_at = |seq: u64| {
        let _ = desk.refresh();
        desk.current().is_some_and(|current| current.seq == seq)
    };
    folder.import(&desk, &add("A2", "二店", 1.0));
    let begun = until(|| is_at(2));
    std::fs::write(&full, "").unwrap();
    folder.import(&desk, &add("A3", "三店", 1.0));
    let failed = until(|| tries() > 0);
    let since = std::time::Instant::now();
    let again = until(|| tries() >= 5);
    let (took, tried) = (since.elapsed(), tries());
    let served = (is_at(2), ids(&desk, "店").len());
    std::fs::remove_file(&full).unwrap();
    let went_on = until(|| is_at(3));
    watching.kill().unwrap();
    watching.wait().unwrap();
    let told = std::fs::read_to_string(&log).unwrap();
    assert!(begun && failed && again && went_on, "{begun} {failed} {again} {went_on}: {told}");
    assert!(told.contains("No space left"), "{told}");
    // 0.2, 0.4, 0.8 and 1.6 seconds lie between five tries.
    assert!(took > std::time::Duration::from_millis(2_500), "{tried} tries in {took:?}");
    assert_eq!(served, (true, 2), "the old state serves on");
    assert_eq!(folder.desk().verify().unwrap().damage, Vec::<String>::new());
    println!("{tried} tries in {took:?} of a full disk");
}
