//! Figures of one run, as they are kept for plots.

use serde::{Deserialize, Serialize};

/// The figures of one run.
#[derive(Default, Serialize, Deserialize)]
pub struct Figures {
    /// Listings that can be found, where the index is known.
    pub listings: Option<usize>,
    pub memory: Option<Memory>,
    pub rows: Vec<Row>,
}

/// Memory of a process that is resident.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub struct Memory {
    pub resident_bytes: u64,
    /// Of these, pages of mapped files, which the system can drop and read again.
    pub mapped_bytes: u64,
}

/// One row of the tables.
#[derive(Serialize, Deserialize)]
pub struct Row {
    /// `kinds`, `keystrokes` or `battery`.
    pub table: String,
    pub name: String,
    pub queries: usize,
    pub p50_us: f64,
    pub p99_us: f64,
    pub p999_us: f64,
    pub max_us: f64,
    /// Share of the queries whose listing is among the first five, where one is meant.
    pub found_5: Option<f64>,
    /// Answers that were cut short.
    pub truncated: usize,
    /// The query that took longest.
    pub slowest: String,
}
