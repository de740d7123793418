//! Checks the ledger against itself and the index against the ledger, both ways.

use serde::Serialize;

use super::Desk;
use crate::index::Generation;
use crate::ledger::{Ledger, LedgerFindings, Snapshot};
use crate::{Error, Result};

/// Findings listed at most.
const FINDINGS_MAX: usize = 100;

/// What a check found.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Verification {
    /// The ledger's seq.
    pub seq: u64,
    /// Batches in the ledger.
    pub batches: u64,
    /// Changes in the ledger.
    pub changes: u64,
    /// Listings in the ledger.
    pub listings: u64,
    /// The last batch up to which the ledger's log is as it was appended.
    pub sound_batch: u64,
    /// The ledger's seq after it.
    pub sound_seq: u64,
    /// The index's seq; absent when there is no index.
    pub index_seq: Option<u64>,
    /// What does not hold; empty when all is well.
    pub damage: Vec<String>,
}

impl Desk {
    /// Builds anew what the ledger derives from its listings and its log.
    ///
    /// # Errors
    /// As [`Ledger::rebuild_derived`], and not found when there is no ledger.
    pub fn rebuild_derived(&self) -> Result<()> {
        self.ledger()?.rebuild_derived()
    }

    /// Checks everything there is. An index that is behind is compared only as far as its files are whole.
    ///
    /// # Errors
    /// Not found when there is no ledger; otherwise when it cannot be read at all. Damage is a finding.
    pub fn verify(&self) -> Result<Verification> {
        let mut ledger = match Ledger::open(&self.ledger_path) {
            Err(error) if error.is_damaged() => return Ok(self.salvage(&error)),
            ledger => ledger?,
        };
        let mut verification = Verification::of(ledger.verify()?);
        match Generation::open(&self.layout, None) {
            Ok(None) => {}
            Ok(Some(generation)) => {
                verification.index_seq = Some(generation.seq());
                let snapshot = ledger.snapshot()?;
                if generation.seq() > snapshot.seq() {
                    let text =
                        format!("the index stands for seq {}, the ledger ends at {}", generation.seq(), snapshot.seq());
                    verification.damage.push(text);
                } else if generation.seq() == snapshot.seq() {
                    match compare(&snapshot, &generation, &mut verification.damage) {
                        Err(error) if error.is_damaged() => verification.damage.push(error.to_string()),
                        compared => compared?,
                    }
                }
            }
            Err(error) => verification.damage.push(error.to_string()),
        }
        verification.damage.truncate(FINDINGS_MAX);
        Ok(verification)
    }
}

impl Verification {
    fn of(findings: LedgerFindings) -> Verification {
        Verification {
            seq: findings.seq,
            batches: findings.batches,
            changes: findings.changes,
            listings: findings.listings,
            sound_batch: findings.sound_batch,
            sound_seq: findings.sound_seq,
            index_seq: None,
            damage: findings.damage,
        }
    }
}

impl Desk {
    /// What can still be told of a ledger that does not open.
    fn salvage(&self, error: &Error) -> Verification {
        let mut verification = Verification::of(Ledger::salvage(&self.ledger_path));
        let remedy = "restore its last backup with chahao restore SOURCE --replace, and import again what came since";
        verification.damage.insert(0, format!("the ledger cannot be opened: {error}: {remedy}"));
        verification.damage.truncate(FINDINGS_MAX);
        verification
    }
}

/// Every listing of the ledger is in the index as it stands, and the index holds no other.
fn compare(snapshot: &Snapshot<'_>, generation: &Generation, damage: &mut Vec<String>) -> Result<()> {
    let mut count = 0_usize;
    snapshot.each_by_id(|listing| {
        count += 1;
        let listing = listing.published();
        let indexed = generation.find(listing.id.as_str()).map(|(part, rank)| part.listing(rank)).transpose();
        match indexed {
            _ if damage.len() >= FINDINGS_MAX => {}
            Ok(Some(indexed)) if indexed == listing => {}
            Ok(Some(_)) => damage.push(format!("listing {}: the index holds another state of it", listing.id)),
            Ok(None) => damage.push(format!("listing {}: not in the index", listing.id)),
            Err(error) => damage.push(format!("listing {}: {error}", listing.id)),
        }
        Ok(())
    })?;
    if generation.lexicon().entries() != snapshot.lexicon_entries()? {
        damage.push("the index was spelled by other readings or pairs than those of the ledger".to_owned());
    }
    if generation.len() != count {
        damage.push(format!("the index holds {} listings, the ledger {count}", generation.len()));
    }
    Ok(())
}
