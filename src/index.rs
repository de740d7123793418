//! The index: derived from the ledger, deletable at any time, searched by `query`.
//!
//! A [`Generation`] is an immutable base (all listings at a seq), a small delta (what changed since, rebuilt
//! whole at each batch) and the tombstones that hide the base's outdated listings. Base and delta are both a
//! [`Part`].
//!
//! # Invariants
//! 1. Rank is everything: within a part, listings are sorted by popularity (most first), then by length of
//!    name, then by id; a listing's position is its rank, its tantivy document and its place in every array.
//! 2. A part never changes once it is published; `CURRENT` names the live parts and is replaced atomically.
//! 3. Everything is checksummed and checked when opened; a damaged index is refused, never served.
//! 4. A listing is visible in at most one part of a generation.
//! 5. No number of a non-published listing is in any file.

mod blobs;
mod brief;
mod build;
mod facet;
mod facet_words;
mod files;
mod generation;
mod key_index;
mod keys;
mod mapped;
mod packed;
mod part;
mod postings;
mod prepare;
mod range_min;
mod ranks;
mod record;
mod spelled_places;
mod staging;

pub use brief::Brief;
pub use build::build_part;
pub use facet::{Facet, FacetFilter};
pub(crate) use files::WatchLock;
pub use files::{CompactorLock, Current, INDEX_FORMAT, Layout};
pub use generation::{Generation, Tombstones};
pub use key_index::{KeyIndex, KeyState, Range, Top};
pub use keys::{CODE_INFIX_BYTES_MAX, CodeKeys, INITIALS_INFIX_BYTES_MAX, KeyKind};
pub use part::Part;
pub use postings::{NUMBER_GRAM_DIGITS, PostingCursor, PostingField, facet_term, short_form_term};
pub use staging::Staged;

/// The position of a listing in its part, by popularity from 0.
pub type Rank = u32;

/// Listings of one part at most: ranks are 32 bits, and some values are kept for marks.
pub const PART_LISTINGS_MAX: usize = u32::MAX as usize - 16;
