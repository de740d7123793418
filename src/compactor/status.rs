//! How far a watching compactor is, told in a file of the index directory.

use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::index::Layout;
use crate::ledger::Ledger;
use crate::{Error, Result};

/// What a watching compactor says of itself.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = CompactorStatus)]
pub struct Status {
    /// Its process; whether it is there still is not told by this: numbers are given out again.
    pub pid: u32,
    /// When it said so, in RFC 3339; it does at least every ten seconds.
    pub written: String,
    /// The ledger seq the index stands for.
    pub seq: u64,
    /// The ledger's seq.
    pub ledger_seq: u64,
    /// Batches the ledger is ahead.
    pub lag_batches: u64,
    /// Seconds since the oldest of these came.
    pub lag_seconds: u64,
    /// Somebody went back to an earlier generation, and it stays.
    pub held: bool,
    /// Runs since it started.
    pub runs: u64,
    /// When the log was folded last since it started, where it does so by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folded: Option<FoldedLog>,
    /// What went wrong last, until a run goes well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
}

/// What was folded of the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FoldedLog {
    /// When, in RFC 3339.
    pub at: String,
    /// The last batch that is folded.
    pub batch: u64,
    /// Changes that went.
    pub dropped: u64,
}

/// What a watching compactor said of itself, and how things stand now.
#[derive(Debug, Clone, Serialize)]
pub struct WatchedNow {
    /// What it said, with seqs and lag as they are now, where there is a ledger.
    #[serde(flatten)]
    pub status: Status,
    /// Seconds since it said so.
    pub age_seconds: u64,
    /// A compactor watches here: it holds a lock that goes with its process.
    pub is_alive: bool,
    /// The ledger is not.
    pub ledger_is_gone: bool,
}

impl WatchedNow {
    /// Looks at what was said, whether a compactor watches, and at ledger and index themselves.
    pub fn look(layout: &Layout, ledger: &Path) -> Option<WatchedNow> {
        let mut status = Status::read(layout)?;
        let written = status.written.parse::<Timestamp>().ok();
        let age = written.map_or(0, |written| Timestamp::now().as_second() - written.as_second());
        let opened = Ledger::open(ledger);
        let ledger_is_gone = opened.as_ref().is_err_and(Error::is_not_found);
        if let Err(error) = opened.and_then(|ledger| status.look(&ledger, layout)) {
            status.last_error = Some(error.to_string());
        }
        let is_alive = layout.is_watched();
        Some(WatchedNow { status, age_seconds: u64::try_from(age).unwrap_or(0), is_alive, ledger_is_gone })
    }
}

impl Status {
    /// What was said last, if anything that can be read.
    pub fn read(layout: &Layout) -> Option<Status> {
        serde_json::from_slice(&layout.read_status()?).ok()
    }

    /// Looks how far `layout` is behind `ledger`.
    pub(super) fn look(&mut self, ledger: &Ledger, layout: &Layout) -> Result<()> {
        if ledger.is_replaced() {
            return Err(Error::not_found(format!(
                "the ledger at {} is gone, or was replaced",
                ledger.path().display()
            )));
        }
        let current = layout.current()?;
        let (seq, chain) = current.as_ref().map(|now| (now.seq, now.chain.as_str())).unwrap_or_default();
        let known = ledger.has_batch(seq, chain)?;
        self.seq = seq;
        self.ledger_seq = ledger.seq()?;
        self.lag_batches = ledger.batches_since(seq, chain)?;
        let oldest = ledger.oldest_after(if known { seq } else { 0 })?;
        let oldest = oldest.and_then(|oldest| oldest.parse::<Timestamp>().ok());
        let age = oldest.map_or(0, |oldest| Timestamp::now().as_second() - oldest.as_second());
        self.lag_seconds = u64::try_from(age).unwrap_or(0);
        self.held = current.is_some_and(|current| current.held);
        Ok(())
    }

    /// Says it.
    pub(super) fn write(&mut self, layout: &Layout) {
        (self.pid, self.written) = (std::process::id(), Timestamp::now().to_string());
        let Ok(mut json) = serde_json::to_vec(self) else { return };
        json.push(b'\n');
        // What cannot be told must not stop the work that is told of.
        if let Err(error) = layout.write_status(&json) {
            tracing::debug!(%error, "the compactor's status cannot be written");
        }
    }
}
