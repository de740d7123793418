//! The listings every bench runs on: synthetic, the same at each run.

use chahao::desk::{Desk, ImportOptions};
use chahao::generate::{Settings, write_listings};
use chahao::listing::Listing;
use chahao::progress::Silent;

/// Listings in the corpus.
pub const ROWS: u64 = 20_000;

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
pub fn desk(rows: u64) -> (Desk, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("batch.ndjson");
    std::fs::write(&file, batch(rows)).unwrap();
    let desk = Desk::new(&folder.path().join("ledger.db"), &folder.path().join("index"));
    desk.import(&file, &ImportOptions::default(), &mut Silent).unwrap();
    desk.compact(false, &mut Silent).unwrap();
    (desk, folder)
}
