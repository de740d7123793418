//! The listings every bench runs on: synthetic, the same at each run.

use chahao::desk::{Desk, ImportOptions};
use chahao::evaluate::{Draw, MakeSettings, Question, make};
use chahao::generate::{Settings, write_listings};
use chahao::listing::Listing;
use chahao::progress::Silent;

/// Listings in the corpus.
const ROWS: u64 = 20_000;
/// Listings where cargo runs the benches as tests, in a slow build.
const ROWS_OF_TEST: u64 = 2_000;
/// Queries of each kind.
const PER_KIND: usize = 50;

/// The corpus: its listings, on a desk, and what operators type for them.
pub struct Corpus {
    pub listings: Vec<Listing>,
    pub desk: Desk,
    pub questions: Vec<Question>,
    /// Goes when the corpus is dropped.
    _folder: tempfile::TempDir,
}

impl Corpus {
    /// The corpus, in its full size where `is_bench`.
    pub fn new(is_bench: bool) -> Corpus {
        let rows = if is_bench { ROWS } else { ROWS_OF_TEST };
        let (desk, folder) = desk(rows);
        let settings = MakeSettings { per_kind: PER_KIND, seed: 114, draw: Draw::Evenly, kinds: Vec::new() };
        let mut questions = Vec::new();
        let mut keep = |question| {
            questions.push(question);
            Ok(())
        };
        make(&desk, &settings, &mut keep).unwrap();
        Corpus { listings: listings(rows), desk, questions, _folder: folder }
    }

    /// What is typed in one kind of query.
    pub fn typed(&self, kind: &str) -> Vec<String> {
        let of_kind = self.questions.iter().filter(|question| question.kind == kind);
        of_kind.map(|question| question.query.clone()).collect()
    }
}

/// The corpus as a batch file.
pub fn batch(rows: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_listings(&Settings { rows, seed: 114 }, &mut |_| {}, &mut bytes).unwrap();
    bytes
}

/// The corpus as listings.
pub fn listings(rows: u64) -> Vec<Listing> {
    batch(rows)
        .split(|&b| b == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect()
}

/// The corpus on a desk; the folder goes when it is dropped.
fn desk(rows: u64) -> (Desk, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("batch.ndjson");
    std::fs::write(&file, batch(rows)).unwrap();
    let desk = Desk::new(&folder.path().join("ledger.db"), &folder.path().join("index"));
    desk.import(&file, &ImportOptions::default(), &mut Silent).unwrap();
    desk.compact(false, &mut Silent).unwrap();
    (desk, folder)
}
