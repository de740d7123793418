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

use crate::batch_model::Model;
use crate::desk_in_a_folder::{Folder, copy_directory, ids, told};

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
const COMMANDS: [&[&str]; 7] = [
    &["import", "third.ndjson", "--max-churn", "100"],
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
    let days = "UPDATE batch SET day = date('2020-01-01', '+' || n || ' days')";
    rusqlite::Connection::open(folder.ledger()).unwrap().execute(days, []).unwrap();
    // With the batches the numbers they gave up are older.
    folder.ends(0, &["verify", "--repair"]);
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
    let template = template();
    let (mut tried, mut told_of): (BTreeMap<&str, u64>, u64) = (BTreeMap::new(), 0);
    std::thread::scope(|scope| {
        let attacks = COMMANDS.iter().zip(1..).map(|(command, seed)| {
            let template = &template;
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
