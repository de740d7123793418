//! A listing as the desk shows it: a hit, or one that was stepped to from another.

use crate::desk::{Caption, HitView, ListingView, NamedListing, RestingNumber};
use crate::listing::{Phone, Referral, Status};
use crate::query::{MatchKind, Matched, MatchedField};

/// What is shown of a listing.
#[derive(Debug, Clone)]
pub(super) struct ShownListing {
    pub(super) id: String,
    pub(super) name: String,
    /// The one to give out first: the one that was searched for, or the first.
    pub(super) phones: Vec<Phone>,
    pub(super) locality: String,
    pub(super) address: String,
    pub(super) category: String,
    pub(super) status: Status,
    pub(super) referral: Option<Referral>,
    pub(super) parent: Option<NamedListing>,
    pub(super) note: Option<String>,
    pub(super) confusable: bool,
    pub(super) resting: Vec<RestingNumber>,
    /// How it was found; nothing where it was stepped to.
    pub(super) found: Option<(MatchKind, Matched)>,
}

impl From<HitView> for ShownListing {
    fn from(hit: HitView) -> ShownListing {
        ShownListing {
            id: hit.id.to_string(),
            name: hit.name,
            phones: searched_first(hit.phones, &hit.matched),
            locality: hit.locality,
            address: hit.address,
            category: hit.category,
            status: hit.status,
            referral: hit.referral,
            parent: hit.parent,
            note: hit.note,
            confusable: hit.confusable,
            resting: hit.resting,
            found: Some((hit.kind, hit.matched)),
        }
    }
}

impl From<&ListingView> for ShownListing {
    fn from(view: &ListingView) -> ShownListing {
        let listing = view.listing.clone();
        ShownListing {
            id: listing.id.to_string(),
            name: listing.name,
            phones: listing.phones,
            locality: listing.locality,
            address: listing.address,
            category: listing.category,
            status: listing.status,
            referral: listing.referral,
            parent: view.parents.first().cloned(),
            note: Some(listing.note).filter(|note| !note.is_empty()),
            confusable: false,
            resting: view.resting.clone(),
            found: None,
        }
    }
}

impl ShownListing {
    /// The same as its listing is now; how it was found stays, and the number that was searched for first.
    pub(super) fn as_of(&self, view: &ListingView) -> ShownListing {
        let mut now = ShownListing::from(view);
        if let Some((_, matched)) = &self.found {
            now.phones = searched_first(now.phones, matched);
        }
        ShownListing { found: self.found.clone(), confusable: self.confusable, ..now }
    }
}

fn searched_first(phones: Vec<Phone>, matched: &Matched) -> Vec<Phone> {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let searched = (matched.field == MatchedField::Number).then(|| digits(&matched.text));
    let (mut first, others): (Vec<Phone>, Vec<Phone>) = phones
        .into_iter()
        .partition(|phone| searched.as_ref().is_some_and(|searched| searched.starts_with(&digits(&phone.number))));
    first.extend(others);
    first
}

/// The captions of a listing in the order in which they are read, each with its level.
pub(super) fn captions_of(captions: &[Caption], level: usize) -> Vec<(usize, &Caption)> {
    captions
        .iter()
        .flat_map(|caption| std::iter::once((level, caption)).chain(captions_of(&caption.captions, level + 1)))
        .collect()
}
