//! Listings on their way into a part: packed as they will be stored, then put in rank order.

use rayon::slice::ParallelSliceMut;

use super::record::{FacetCoder, Facets, id_of};
use super::{PART_LISTINGS_MAX, Rank};
use crate::listing::Listing;
use crate::text::Folded;
use crate::{Error, Result};

/// Packed listings and what their order is decided by.
#[derive(Debug, Default)]
pub struct Staged {
    coder: FacetCoder,
    bytes: Vec<u8>,
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    popularity: f32,
    /// Characters of the folded name.
    name_chars: u32,
    start: u64,
    len: u32,
}

impl Staged {
    /// Adds one listing, without the numbers nobody may see.
    ///
    /// # Errors
    /// When there are more listings than a part may hold.
    pub fn add(&mut self, listing: Listing) -> Result<()> {
        if self.entries.len() >= PART_LISTINGS_MAX {
            return Err(Error::internal(format!("a part holds at most {PART_LISTINGS_MAX} listings")));
        }
        let listing = listing.published();
        let start = self.bytes.len();
        self.bytes = self.coder.encode(&listing, std::mem::take(&mut self.bytes))?;
        self.entries.push(Entry {
            popularity: listing.popularity,
            name_chars: Folded::new(&listing.name).units().len() as u32,
            start: start as u64,
            len: (self.bytes.len() - start) as u32,
        });
        Ok(())
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Puts them in rank order: popularity first, then the shorter name, then the id.
    pub(super) fn into_ranked(self) -> Ranked {
        let Staged { coder, bytes, mut entries } = self;
        let id = |entry: &Entry| id_of(packed(&bytes, entry)).unwrap_or_default();
        entries.par_sort_unstable_by(|a, b| {
            b.popularity.total_cmp(&a.popularity).then(a.name_chars.cmp(&b.name_chars)).then_with(|| id(a).cmp(id(b)))
        });
        Ranked { facets: coder.into_facets(), bytes, entries }
    }
}

/// Packed listings in rank order.
#[derive(Debug)]
pub(super) struct Ranked {
    facets: Facets,
    bytes: Vec<u8>,
    entries: Vec<Entry>,
}

impl Ranked {
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn facets(&self) -> &Facets {
        &self.facets
    }

    /// The packed listing of `rank`.
    pub(super) fn packed(&self, rank: Rank) -> &[u8] {
        self.entries.get(rank as usize).map_or(&[], |entry| packed(&self.bytes, entry))
    }

    /// The listing of `rank`.
    pub(super) fn listing(&self, rank: Rank) -> Result<Listing> {
        self.facets.decode(self.packed(rank))
    }

    /// Popularity by rank.
    pub(super) fn popularity(&self) -> Vec<f32> {
        self.entries.iter().map(|entry| entry.popularity).collect()
    }
}

fn packed<'b>(bytes: &'b [u8], entry: &Entry) -> &'b [u8] {
    let start = entry.start as usize;
    bytes.get(start..start + entry.len as usize).unwrap_or_default()
}
