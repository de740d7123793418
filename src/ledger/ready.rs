//! What of a row can be made ready before the ledger is looked at: done ahead, on the thread that reads.

use super::append::json_failed;
use super::standing;
use crate::Result;
use crate::batch::{Op, Origin, Patch, Rejection, Row, Subject};
use crate::listing::{Listing, ListingId};
use crate::text::LexiconEntry;

/// A row with all done that needs no look at the ledger.
pub(super) struct ReadyRow {
    pub(super) op: Op,
    pub(super) written: Op,
    pub(super) what: Ready,
    pub(super) origin: Origin,
}

pub(super) enum Ready {
    /// A listing that is to be added.
    New(Box<NewListing>),
    /// What is done to one that stands.
    Standing(ListingId, Box<Patch>),
    Entry(LexiconEntry),
}

/// A listing that is to be added.
#[derive(Debug, Clone)]
pub(super) struct NewListing {
    pub(super) listing: Listing,
    pub(super) image: String,
    /// The key of its name.
    pub(super) name_key: i64,
    /// The row says which status it has.
    pub(super) names_status: bool,
}

/// Makes the listing and image of a row that adds one.
pub(super) fn ready(row: Result<Row, Rejection>) -> Result<Result<ReadyRow, Rejection>> {
    let Row { op, written, subject, origin } = match row {
        Ok(row) => row,
        Err(rejection) => return Ok(Err(rejection)),
    };
    let what = match subject {
        Subject::Listing(id, patch) if op == Op::Add => {
            let names_status = patch.names_status();
            match patch.into_listing(&id) {
                Ok(listing) => {
                    let image = serde_json::to_string(&listing).map_err(json_failed)?;
                    let name_key = standing::name_key(&listing.locality, &listing.name);
                    Ready::New(Box::new(NewListing { listing, image, name_key, names_status }))
                }
                Err(invalid) => return Ok(Err(Rejection::new(&origin, Some(id.as_str()), invalid))),
            }
        }
        Subject::Listing(id, patch) => Ready::Standing(id, patch),
        Subject::Entry(entry) => Ready::Entry(entry),
    };
    Ok(Ok(ReadyRow { op, written, what, origin }))
}
