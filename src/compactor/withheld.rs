//! What the base's files hold and nobody may see any more.

use crate::Result;
use crate::index::{Generation, KeyKind, Part, Tombstones};
use crate::ledger::Snapshot;
use crate::listing::{Listing, ListingId, Status};

/// Whether the base of `live` holds what was withheld since it was built: a listing that was withheld then, whatever became
/// of it, or a number of one that another listing had, which has it no more. `buried` marks what changed since.
pub(super) fn is_in_base(live: &Generation, snapshot: &Snapshot<'_>, buried: &Tombstones) -> Result<bool> {
    let base = live.base();
    let mut found = false;
    snapshot.each_withheld_after(live.current().base_seq, |withheld| {
        found = found || shows(base, &withheld.id)? || holds_number(base, snapshot, buried, &withheld)?;
        Ok(())
    })?;
    Ok(found)
}

/// Whether the listing `id` stands in the base with its numbers.
fn shows(base: &Part, id: &ListingId) -> Result<bool> {
    match base.rank_of(id.as_str()) {
        Some(rank) => Ok(base.listing(rank)?.status != Status::NonPublished),
        None => Ok(false),
    }
}

/// Whether the base holds a number of `withheld` as that of a listing that gives it out no more. Who gives it out still may:
/// a switchboard is several listings', and one of them may be withheld.
fn holds_number(base: &Part, snapshot: &Snapshot<'_>, buried: &Tombstones, withheld: &Listing) -> Result<bool> {
    let keys = base.keys(KeyKind::Number);
    for phone in &withheld.phones {
        let number = phone.dialled_whole(&withheld.area_code);
        for rank in keys.top(keys.exact(number.as_bytes())).filter(|rank| buried.hide(*rank)) {
            let now = snapshot.listing(base.id(rank)?)?.map(Listing::published);
            let has = |now: &Listing| now.phones.iter().any(|phone| phone.dialled_whole(&now.area_code) == number);
            if !now.is_some_and(|now| has(&now)) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}
