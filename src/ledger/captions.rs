//! Caption sets stay whole: nothing is deleted that listings stand under, and none stands under itself.
//!
//! Rows are taken in the order of the file, but a set is judged as the batch leaves it: a row that would break one is
//! put off until all others are in.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::append::{Appender, Applied, parse_listing};
use super::ready::NewListing;
use super::undo::Table;
use super::{read, standing};
use crate::Result;
use crate::batch::{Op, Origin, Patch, Rejection, Report};
use crate::listing::{Invalid, Listing, ListingId};

/// Rows of one batch that are put off at most; others are judged at once.
const PUT_OFF_MAX: usize = 50_000;
/// Times that rows put off are tried again at most.
const TRIES_MAX: usize = 2_000_000;
/// Levels above a listing at most: what stands lower is in a ring, as far as anybody can tell.
pub(super) const LEVELS_MAX: usize = 64;
/// Listings in the way that are named.
const NAMED_MAX: usize = 3;

/// Refusals that the rest of the batch may overtake.
const HAS_CAPTIONS: &str = "has_captions";
pub(super) const CAPTION_RING: &str = "caption_ring";

/// What a row that is put off does.
#[derive(Debug)]
pub(super) enum PutOffRow {
    New(Box<NewListing>),
    /// Changes a listing that stands, or deletes it.
    Standing(Box<Patch>),
}

/// A row that would break a caption set as things stand.
#[derive(Debug)]
pub(super) struct PutOff {
    op: Op,
    written: Op,
    id: ListingId,
    row: PutOffRow,
    origin: Origin,
    invalid: Invalid,
}

/// Rows that may go in once the rest of the batch is in: one of a listing at most.
#[derive(Debug, Default)]
pub(super) struct PutOffRows {
    /// In the order of the batch; `None` where one was settled before its end.
    rows: Vec<Option<PutOff>>,
    /// Where the row of a listing is.
    places: BTreeMap<ListingId, usize>,
}

impl PutOffRows {
    fn take(&mut self, id: &ListingId) -> Option<PutOff> {
        self.rows.get_mut(self.places.remove(id)?)?.take()
    }

    /// Whether it is a deletion of `id` that is put off: for the rows that follow it is gone.
    pub(super) fn deletes(&self, id: &ListingId) -> bool {
        let row = self.places.get(id).and_then(|at| self.rows.get(*at)?.as_ref());
        row.is_some_and(|row| row.op == Op::Delete)
    }
}

impl Appender<'_> {
    /// Puts a row off that was refused for what another one may mend; hands the refusal back otherwise.
    pub(super) fn put_off(
        &mut self,
        (op, written): (Op, Op),
        id: &ListingId,
        row: Option<PutOffRow>,
        origin: &Origin,
        invalid: Invalid,
    ) -> Option<Invalid> {
        let mended = matches!(invalid.code, HAS_CAPTIONS | CAPTION_RING) && self.put_off.places.len() < PUT_OFF_MAX;
        let Some(row) = row.filter(|_| mended) else { return Some(invalid) };
        self.put_off.places.insert(id.clone(), self.put_off.rows.len());
        self.put_off.rows.push(Some(PutOff { op, written, id: id.clone(), row, origin: origin.clone(), invalid }));
        None
    }

    /// Deletes `id` now, where that was put off and the batch adds it anew.
    pub(super) fn delete_before_adding(&mut self, id: &ListingId, report: &mut Report) -> Result<()> {
        if self.put_off.deletes(id) && self.put_off.take(id).is_some() && self.delete(id)? {
            report.accepted.add_one(Op::Delete);
            report.written.add_one(Op::Delete);
        }
        Ok(())
    }

    /// Rejects the deletion of `id` that was put off: what was to stand in its place is refused.
    pub(super) fn keep_undeleted(&mut self, id: &ListingId, report: &mut Report) -> Result<()> {
        let Some(PutOff { origin, invalid, .. }) = self.put_off.take(id) else { return Ok(()) };
        self.refuse(Rejection::new(&origin, Some(id.as_str()), invalid), report)
    }

    /// Judges now what was put off of `id`: another row of the same listing follows, and a later one must not be
    /// overtaken by an earlier one.
    pub(super) fn settle(&mut self, id: &ListingId, report: &mut Report) -> Result<()> {
        let Some(row) = self.put_off.take(id) else { return Ok(()) };
        match self.take_again(&row)? {
            Ok(applied) => applied.count(row.op, row.written, report),
            Err(invalid) => {
                self.refuse(Rejection::new(&row.origin, Some(id.as_str()), invalid), report)?;
            }
        }
        Ok(())
    }

    fn take_again(&mut self, PutOff { op, id, row, .. }: &PutOff) -> Result<std::result::Result<Applied, Invalid>> {
        match row {
            PutOffRow::New(new) => self.add(new),
            PutOffRow::Standing(patch) => self.alter(*op, id, Patch::clone(patch)),
        }
    }

    /// Takes the rows that were put off, as often as that lets others in, and rejects what is left.
    pub(super) fn take_put_off(&mut self, report: &mut Report) -> Result<()> {
        let mut rows: Vec<PutOff> = std::mem::take(&mut self.put_off).rows.into_iter().flatten().collect();
        // Whatever sets a batch leaves, one of the rows that make them can go in next: that whose parent is settled.
        let mut tries = 0;
        while !rows.is_empty() && tries < TRIES_MAX {
            let before = rows.len();
            tries += before;
            let mut left = Vec::new();
            // A head stands in front of what stands under it, mostly; where it does not, the next round goes the other way.
            for row in rows.into_iter().rev() {
                match self.take_again(&row)? {
                    Ok(applied) => applied.count(row.op, row.written, report),
                    Err(invalid) => left.push(PutOff { invalid, ..row }),
                }
            }
            rows = left;
            if rows.len() == before {
                break;
            }
        }
        for PutOff { id, origin, invalid, .. } in rows {
            self.refuse(Rejection::new(&origin, Some(id.as_str()), invalid), report)?;
        }
        // What is told of rejected rows keeps the order of the batch.
        report.rejections.sort_by_key(|rejection| rejection.line);
        Ok(())
    }

    /// Why the listing cannot be deleted: others stand under it.
    pub(super) fn stood_under(&self, id: &ListingId) -> Result<Option<Invalid>> {
        let mut under = standing::captions(self.transaction, id.as_str(), NAMED_MAX + 1)?;
        if under.is_empty() {
            return Ok(None);
        }
        let more = if under.len() > NAMED_MAX { ", …" } else { "" };
        under.truncate(NAMED_MAX);
        let reason = format!(
            "listings stand under it: {}{more}; delete them in the same batch, or put them under another parent",
            under.join(", ")
        );
        Ok(Some(Invalid::new("id", HAS_CAPTIONS, reason)))
    }

    /// Why the listing cannot stand under its parent: that one stands under it.
    pub(super) fn ring(&mut self, listing: &Listing) -> Result<Option<Invalid>> {
        let id = &listing.id;
        if standing::captions(self.transaction, id.as_str(), 1)?.is_empty() {
            return Ok(None);
        }
        let mut above = listing.parent.clone();
        for level in 0..=LEVELS_MAX {
            let Some(parent) = above else { return Ok(None) };
            if level == LEVELS_MAX {
                let reason = format!(
                    "more than {LEVELS_MAX} listings stand above it, or above each other; the next is {parent}"
                );
                return Ok(Some(Invalid::new("parent", CAPTION_RING, reason)));
            }
            if parent == *id {
                let reason = format!(
                    "{} stands under {} itself, so they would stand under each other",
                    listing.parent.as_ref().map(ListingId::as_str).unwrap_or_default(),
                    id.as_str()
                );
                return Ok(Some(Invalid::new("parent", CAPTION_RING, reason)));
            }
            above = match self.find(parent.as_str())? {
                Some((image, _)) => parse_listing(&image)?.parent,
                None => None,
            };
        }
        Ok(None)
    }
}

/// The ring that `id`, which stands under `parent`, stands in, beginning with its least id; or what stands above it where
/// that does not end within [`LEVELS_MAX`].
pub(super) fn ring_of(connection: &Connection, id: &str, parent: &str) -> Result<Option<Vec<String>>> {
    if standing::captions(connection, id, 1)?.is_empty() {
        return Ok(None);
    }
    let mut ids = vec![id.to_owned()];
    let mut above = Some(parent.to_owned());
    while let Some(parent) = above {
        if parent == id {
            let least = ids.iter().enumerate().min_by_key(|(_, id)| *id).map_or(0, |(at, _)| at);
            ids.rotate_left(least);
            return Ok(Some(ids));
        }
        // Above a ring that it does not stand in itself, or above too many.
        if ids.len() >= LEVELS_MAX {
            return Ok((!ids.contains(&parent)).then_some(ids));
        }
        let image = read::image(connection, Table::Listing, "", &parent)?;
        above = image
            .map(|image| parse_listing(&image))
            .transpose()?
            .and_then(|listing| listing.parent)
            .map(|id| id.to_string());
        ids.push(parent);
    }
    Ok(None)
}
