//! A desk in a temporary folder, and the program run against it: what the tests stand on.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use chahao::desk::{Desk, ImportOptions};
use chahao::progress::Silent;
use chahao::query::{LIMIT_MAX, MatchKind, Query};

/// The program under test.
const PROGRAM: &str = env!("CARGO_BIN_EXE_chahao");

/// A temporary folder with a ledger and an index in it.
pub struct Folder {
    directory: tempfile::TempDir,
}

impl Folder {
    pub fn new() -> Folder {
        Folder { directory: tempfile::tempdir().expect("a temporary folder") }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub fn ledger(&self) -> PathBuf {
        self.path("ledger.db")
    }

    pub fn index(&self) -> PathBuf {
        self.path("index")
    }

    /// Writes a file into the folder.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).expect("a file in a temporary folder");
        path
    }

    /// The desk, with whatever is published open.
    pub fn desk(&self) -> Desk {
        let desk = Desk::new(&self.ledger(), &self.index());
        desk.refresh().expect("the index opens");
        desk
    }

    /// Imports `rows` (NDJSON) with no limits and compacts.
    pub fn load(&self, rows: &str) -> Desk {
        let desk = self.desk();
        self.import(&desk, rows);
        desk.compact(false, &mut Silent).expect("compaction");
        desk
    }

    /// Imports `rows` (NDJSON) with no limits.
    pub fn import(&self, desk: &Desk, rows: &str) -> chahao::batch::Report {
        let file = self.write("batch.ndjson", rows);
        let limits = chahao::ledger::Limits { force: true, ..Default::default() };
        let options = ImportOptions { limits, ..ImportOptions::default() };
        desk.import(&file, &options, &mut Silent).expect("import").0
    }

    /// Runs the program with the folder's ledger and index.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the program runs")
    }

    /// Runs the program with `input` on its standard input.
    pub fn run_with_input(&self, arguments: &[&str], input: &[u8]) -> Output {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program runs");
        // A program that refuses early closes its end: that is for the caller to judge.
        let _ = child.stdin.take().expect("a pipe").write_all(input);
        child.wait_with_output().expect("the program ends")
    }

    /// Runs the program, checks that it ends with `code` and without a panic, and hands over all it told.
    pub fn ends(&self, code: i32, arguments: &[&str]) -> String {
        ended(code, arguments, &self.run(arguments))
    }

    /// As [`Folder::ends`], for what stands on standard output alone.
    pub fn prints(&self, code: i32, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        ended(code, arguments, &output);
        String::from_utf8(output.stdout).expect("UTF-8 on standard output")
    }

    /// What a refusal must leave as it was: seq, number of batches and the last batch's chain hash.
    pub fn ledger_state(&self) -> (u64, u64, Option<Vec<u8>>) {
        let connection = rusqlite::Connection::open(self.ledger()).expect("a ledger");
        let one = |query: &str| connection.query_row(query, [], |row| row.get::<_, u64>(0)).expect("a count");
        let chain = connection.query_row("SELECT chain FROM batch ORDER BY n DESC LIMIT 1", [], |row| row.get(0));
        (one("SELECT coalesce(max(seq), 0) FROM change"), one("SELECT count(*) FROM batch"), chain.ok())
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command
            .args(arguments)
            .env("CHAHAO_LEDGER", self.ledger())
            .env("CHAHAO_INDEX", self.index())
            .env("CHAHAO_PRETTY", "1")
            .current_dir(self.directory.path())
            .stdin(Stdio::null());
        command
    }
}

/// Ids found for `query`, in order.
pub fn ids(desk: &Desk, query: &str) -> Vec<String> {
    let query = Query::new(query).expect("a query").page(50, 0).expect("a page");
    desk.lookup(&query).expect("an answer").hits.iter().map(|hit| hit.id.to_string()).collect()
}

/// One NDJSON add with a name and a popularity.
pub fn add(id: &str, name: &str, popularity: f32) -> String {
    serde_json::json!({"op": "add", "id": id, "name": name, "popularity": popularity}).to_string() + "\n"
}

/// Standard output and error of a finished program, for messages.
pub fn told(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Checks how a finished program ended and hands over all it told.
pub fn ended(code: i32, arguments: &[&str], output: &Output) -> String {
    let told = told(output);
    assert!(!told.contains("panicked"), "{arguments:?}: {told}");
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {told}");
    told
}

/// Whether a file with this name stands anywhere under `directory`.
pub fn files_under(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let Ok(entries) = std::fs::read_dir(directory) else { return files };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() { files.extend(files_under(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}

/// Ids found for `query` by these kinds of match alone, in order: all of them, or the test fails.
pub fn ids_by(desk: &Desk, query: &str, modes: &[MatchKind]) -> Vec<String> {
    let asked = Query::new(query).expect("a query").page(LIMIT_MAX, 0).expect("a page").modes(modes.to_vec());
    let answer = desk.lookup(&asked).expect("an answer");
    assert!(!answer.truncated, "{query:?} ran out of fuel");
    answer.hits.iter().map(|hit| hit.id.to_string()).collect()
}

/// Copies a directory and all below it.
pub fn copy_directory(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a directory");
    for entry in std::fs::read_dir(from).expect("a directory to read").flatten() {
        let (source, copy) = (entry.path(), to.join(entry.file_name()));
        if source.is_dir() {
            copy_directory(&source, &copy);
        } else {
            std::fs::copy(&source, &copy).expect("a copied file");
        }
    }
}

/// Generated `add` rows.
pub fn generated(rows: u64, seed: u64) -> String {
    let mut out = Vec::new();
    let settings = chahao::generate::Settings { rows, seed };
    chahao::generate::write_listings(&settings, &mut |_| {}, &mut out).expect("rows in memory");
    String::from_utf8(out).expect("rows in UTF-8")
}
