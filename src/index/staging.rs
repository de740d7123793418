//! Listings on their way into a part: packed as they will be stored, then put in rank order.

use rayon::slice::ParallelSliceMut;

use super::brief::Brief;
use super::facet::{FacetCoder, FacetCodes, FacetValues};
use super::record::{Beside, SharedCoder, decode, encode, id_of};
use super::{PART_LISTINGS_MAX, Rank};
use crate::listing::Listing;
use crate::text::Folded;
use crate::{Error, Result};

/// Packed listings and what their order is decided by.
#[derive(Debug, Default)]
pub struct Staged {
    coder: FacetCoder,
    shared: SharedCoder,
    bytes: Vec<u8>,
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    popularity: f32,
    /// Characters of the folded name, as far as a byte counts.
    name_chars: u8,
    start: u64,
    len: u32,
    codes: FacetCodes,
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
        self.bytes = encode(&listing, &mut self.shared, std::mem::take(&mut self.bytes))?;
        self.entries.push(Entry {
            popularity: listing.popularity,
            name_chars: u8::try_from(Folded::new(&listing.name).units().len()).unwrap_or(u8::MAX),
            start: start as u64,
            len: (self.bytes.len() - start) as u32,
            codes: self.coder.codes(&listing),
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
        let Staged { coder, shared, bytes, mut entries } = self;
        let id = |entry: &Entry| id_of(packed(&bytes, entry)).unwrap_or_default();
        entries.par_sort_unstable_by(|a, b| {
            b.popularity.total_cmp(&a.popularity).then(a.name_chars.cmp(&b.name_chars)).then_with(|| id(a).cmp(id(b)))
        });
        Ranked { values: coder.into_values(), shared: shared.into_texts(), bytes, entries }
    }
}

/// Packed listings in rank order.
#[derive(Debug)]
pub(super) struct Ranked {
    values: FacetValues,
    shared: Vec<String>,
    bytes: Vec<u8>,
    entries: Vec<Entry>,
}

impl Ranked {
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The values of the facets.
    pub(super) fn facet_values(&self) -> &FacetValues {
        &self.values
    }

    /// The texts that listings share.
    pub(super) fn shared(&self) -> &[String] {
        &self.shared
    }

    /// Of the brief of `rank` what decided its place.
    pub(super) fn brief(&self, rank: Rank) -> Brief {
        self.entries.get(rank as usize).map_or_else(Brief::default, |entry| Brief {
            popularity: entry.popularity,
            name_chars: entry.name_chars,
            ..Brief::default()
        })
    }

    /// The facets of `rank`.
    pub(super) fn facet_codes(&self, rank: Rank) -> FacetCodes {
        self.entries.get(rank as usize).map_or_else(FacetCodes::default, |entry| entry.codes)
    }

    /// The packed listing of `rank`.
    pub(super) fn packed(&self, rank: Rank) -> &[u8] {
        self.entries.get(rank as usize).map_or(&[], |entry| packed(&self.bytes, entry))
    }

    /// The listing of `rank`.
    pub(super) fn listing(&self, rank: Rank) -> Result<Listing> {
        let popularity = self.entries.get(rank as usize).map_or(0.0, |entry| entry.popularity);
        let (codes, facets, shared) = (self.facet_codes(rank), &self.values, &self.shared);
        decode(self.packed(rank), Beside { codes, facets, shared, popularity, text: "" })
    }
}

fn packed<'b>(bytes: &'b [u8], entry: &Entry) -> &'b [u8] {
    let start = entry.start as usize;
    bytes.get(start..start + entry.len as usize).unwrap_or_default()
}
