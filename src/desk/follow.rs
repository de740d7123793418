//! Following the ledger from elsewhere: changes page by page, and the hash by which it is known where a page ends.

use super::Desk;
use crate::Result;
use crate::ledger::ChangeRecord;

impl Desk {
    /// Hands the changes after `seq`, `limit` at most, to `each`, without numbers that may not be seen; the seq up to
    /// which they go, and the chain hash of the batch that holds it. Why not, where the ledger ends before `seq` or
    /// `hash` is not what it was known by there.
    ///
    /// # Errors
    /// Not found when there is no ledger; otherwise when it cannot be read or `each` fails.
    pub fn follow(
        &self,
        seq: u64,
        limit: u64,
        hash: Option<&str>,
        each: &mut dyn FnMut(ChangeRecord) -> Result<()>,
    ) -> Result<std::result::Result<(u64, String), String>> {
        let mut ledger = self.ledger()?;
        let snapshot = ledger.snapshot()?;
        if let Some(reason) = snapshot.unfollowed(seq, hash)? {
            return Ok(Err(reason));
        }
        let mut reached = seq;
        snapshot.each_change_after(seq, limit, |change| {
            reached = change.seq;
            each(change)
        })?;
        Ok(Ok((reached, snapshot.chain_at(reached)?)))
    }
}
