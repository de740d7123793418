//! What a batch is told of listings that are non-published, or were when they were deleted.

use rusqlite::OptionalExtension;

use super::append::{Appender, json_failed, parse_listing};
use super::ready::NewListing;
use crate::Result;
use crate::listing::{Listing, Status};

impl Appender<'_> {
    /// Whether the listing `id` is non-published as the batch has it so far, or was when it was deleted.
    pub(super) fn is_withheld(&mut self, id: &str) -> Result<bool> {
        let standing = self.find(id)?.map(|(image, _)| parse_listing(&image)).transpose()?;
        match standing {
            Some(listing) => Ok(listing.status == Status::NonPublished),
            None => self.was_withheld(id),
        }
    }

    /// Whether the listing `id` was deleted, by this batch or years ago, and was non-published then.
    pub(super) fn was_withheld(&self, id: &str) -> Result<bool> {
        if !self.deletes {
            return Ok(false);
        }
        let newest = "SELECT op = 'delete' AND before ->> 'status' = 'non_published' FROM change
                       WHERE listing = ?1 AND kind = 'listing' ORDER BY seq DESC LIMIT 1";
        let mut find = self.transaction.prepare_cached(newest)?;
        let found = find.query_row([id], |row| row.get::<_, Option<bool>>(0)).optional()?;
        Ok(found.flatten().unwrap_or(false))
    }

    /// A listing that is added in the place of a non-published one that was deleted, and whose row names no status: not
    /// published either.
    pub(super) fn withheld_still(new: &NewListing) -> Result<NewListing> {
        let listing = Listing { status: Status::NonPublished, ..new.listing.clone() };
        let image = serde_json::to_string(&listing).map_err(json_failed)?;
        Ok(NewListing { listing, image, ..*new })
    }
}
