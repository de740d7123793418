//! What happened to a batch, for people and for scripts.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Op, Rejection};

/// Rejections kept with all their details; more are only counted.
pub const REJECTIONS_KEPT_MAX: usize = 10_000;
/// Rejections shown in the report for people; all that are kept stand in the JSON.
const REJECTIONS_SHOWN_MAX: usize = 20;

/// Rows by what they do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Counts {
    /// Listings added.
    pub add: u64,
    /// Listings changed.
    pub change: u64,
    /// Listings deleted.
    pub delete: u64,
}

impl Counts {
    /// Counts one row.
    pub fn add_one(&mut self, op: Op) {
        match op {
            Op::Add => self.add += 1,
            Op::Change => self.change += 1,
            Op::Delete => self.delete += 1,
        }
    }

    /// Whether there are none.
    pub fn is_zero(&self) -> bool {
        self.total() == 0
    }

    /// Rows in all.
    pub fn total(&self) -> u64 {
        self.add + self.change + self.delete
    }
}

/// What happened to a batch.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    /// The file's name as it was given.
    pub source: String,
    /// The feed and its sequence number.
    pub feed: String,
    /// The batch's number within the feed.
    pub feed_seq: u64,
    /// The batch's number in the ledger; absent when nothing was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch: Option<u64>,
    /// The ledger's seq afterwards, or what it would have been.
    pub seq: u64,
    /// The batch was in the ledger already: nothing was done.
    pub already_imported: bool,
    /// Nothing was written because `--dry-run` was asked for.
    pub dry_run: bool,
    /// Why the batch was turned down whole; nothing was written then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// Limits were overridden.
    pub forced: bool,
    /// Content hash of the file, BLAKE3 in hex.
    pub hash: String,
    /// Hash of the changes made, chained to the batch before, in hex.
    pub chain: String,
    /// Listings that went in, by what was done to them.
    pub accepted: Counts,
    /// Readings and confusable pairs that went in.
    #[serde(skip_serializing_if = "Counts::is_zero")]
    pub lexicon: Counts,
    /// All rows that went in, by what they say themselves.
    #[serde(skip)]
    pub written: Counts,
    /// Rows that did not.
    pub rejected: u64,
    /// Rejections by field and code.
    pub rejected_by_code: BTreeMap<String, u64>,
    /// The first [`REJECTIONS_KEPT_MAX`] rejections.
    pub rejections: Vec<Rejection>,
    /// Where the original bytes of every rejected row are: offset and length.
    #[serde(skip)]
    pub rejected_spans: Vec<(u64, u64)>,
    /// Columns of the file that no field is made of.
    pub ignored_columns: Vec<String>,
    /// Listings that went in without any number.
    pub without_phone: u64,
    /// Rows per second, reading and validation included.
    pub rows_per_second: u64,
}

impl Report {
    /// Counts and keeps one rejection.
    pub fn reject(&mut self, rejection: Rejection) {
        self.rejected += 1;
        self.rejected_spans.push(rejection.span);
        *self.rejected_by_code.entry(format!("{}/{}", rejection.field, rejection.code)).or_default() += 1;
        if self.rejections.len() < REJECTIONS_KEPT_MAX {
            self.rejections.push(rejection);
        }
    }

    /// The first rejections line by line, and counts by code where there are more.
    fn write_rejections(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for rejection in self.rejections.iter().take(REJECTIONS_SHOWN_MAX) {
            let Rejection { line, field, code, reason, .. } = rejection;
            let id = rejection.id.as_deref().map(|id| format!(" ({id})")).unwrap_or_default();
            writeln!(f, "  line {line}{id}: {field}: {reason} [{code}]")?;
        }
        if self.rejected > REJECTIONS_SHOWN_MAX as u64 {
            writeln!(f, "  and {} more; all by code:", self.rejected - REJECTIONS_SHOWN_MAX as u64)?;
            for (code, count) in &self.rejected_by_code {
                writeln!(f, "    {count} × {code}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counts { add, change, delete } = self.accepted;
        if self.already_imported {
            let batch = self.batch.unwrap_or_default();
            return writeln!(f, "{}: already imported as batch {batch}; nothing to do", self.source);
        }
        match self.batch {
            _ if self.refused.is_some() => writeln!(f, "{}: refused, nothing written", self.source)?,
            Some(batch) => writeln!(f, "{}: batch {batch}, {} #{}", self.source, self.feed, self.feed_seq)?,
            None => writeln!(f, "{}: dry run of {} #{}, nothing written", self.source, self.feed, self.feed_seq)?,
        }
        write!(f, "  {add} added, {change} changed, {delete} deleted, {} rejected", self.rejected)?;
        match self.refused {
            Some(_) => writeln!(f)?,
            None => writeln!(f, "; ledger seq {}", self.seq)?,
        }
        let Counts { add, delete, .. } = self.lexicon;
        if !self.lexicon.is_zero() {
            writeln!(f, "  readings and confusable pairs: {add} added, {delete} deleted")?;
        }
        if self.without_phone > 0 {
            writeln!(f, "  {} listings without a number", self.without_phone)?;
        }
        if !self.ignored_columns.is_empty() {
            writeln!(f, "  columns ignored: {}", self.ignored_columns.join(", "))?;
        }
        self.write_rejections(f)
    }
}
