//! How far a watching compactor is, told in a file of the index directory.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::index::Layout;
use crate::ledger::Ledger;

/// What a watching compactor says of itself.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = CompactorStatus)]
pub struct Status {
    /// Its process.
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
    /// What went wrong last, until a run goes well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
}

impl Status {
    /// What was said last, if anything that can be read.
    pub fn read(layout: &Layout) -> Option<Status> {
        serde_json::from_slice(&layout.read_status()?).ok()
    }

    /// Looks how far `layout` is behind `ledger`.
    pub(super) fn look(&mut self, ledger: &Ledger, layout: &Layout) -> Result<()> {
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
