//! Answers as they go out, over HTTP and as the CLI's `--json` alike.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::quarantine::{Quarantine, RestingNumber};
use crate::index::Generation;
use crate::ledger::today;
use crate::listing::{Listing, ListingId, Phone, Referral, Status};
use crate::query::{Answer, Hit, MatchKind, Matched};

/// Levels of a caption tree that are followed: a university, its school, its office, its desk.
const CAPTION_LEVELS_MAX: usize = 4;
/// Listings shown in one caption tree at most, over all its levels.
const CAPTIONS_MAX: usize = 500;

/// The answer to a lookup.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LookupAnswer {
    /// What was typed.
    pub query: String,
    /// The ledger seq it was answered from.
    pub seq: u64,
    /// How long it took, in microseconds.
    pub took_us: u64,
    /// Work was cut short: there may be more.
    pub truncated: bool,
    /// The hits, the best first.
    pub hits: Vec<HitView>,
}

/// One hit.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HitView {
    /// The listing's id.
    pub id: ListingId,
    /// Its official name.
    pub name: String,
    /// How it was found.
    #[serde(rename = "match")]
    pub kind: MatchKind,
    /// The reading scheme it was found by, where that is another than pinyin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheme: Option<String>,
    /// What of it was found.
    pub matched: Matched,
    /// Its numbers, the one to give out first; none where they may not be given out.
    pub phones: Vec<Phone>,
    /// The district.
    pub locality: String,
    /// The address.
    pub address: String,
    /// The category.
    pub category: String,
    /// Whether the number may be given out.
    pub status: Status,
    /// Where to send callers instead.
    pub referral: Option<Referral>,
    /// The listing it stands under.
    pub parent: Option<NamedListing>,
    /// What operators should know.
    pub note: Option<String>,
    /// Another hit has the same name.
    pub confusable: bool,
    /// Those of its numbers that another listing gave up a short while ago: callers may still mean that one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resting: Vec<RestingNumber>,
}

/// A listing's id and name.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NamedListing {
    /// The id.
    pub id: ListingId,
    /// The name; empty when there is no such listing.
    pub name: String,
}

/// A listing in a caption tree.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Caption {
    /// The id.
    pub id: ListingId,
    /// The name.
    pub name: String,
    /// The numbers.
    pub phones: Vec<Phone>,
    /// Whether the number may be given out.
    pub status: Status,
    /// Those of its numbers that another listing gave up a short while ago.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resting: Vec<RestingNumber>,
    /// What stands under it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(no_recursion)]
    pub captions: Vec<Caption>,
}

impl Caption {
    /// Its first number, where that may simply be given out.
    pub fn given_out(&self) -> Option<&Phone> {
        self.phones.first().filter(|_| self.status == Status::Listed)
    }
}

/// One whole listing.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ListingView {
    /// The ledger seq it was answered from.
    pub seq: u64,
    /// The listing.
    pub listing: Listing,
    /// The listings it stands under, the nearest first.
    pub parents: Vec<NamedListing>,
    /// What stands under it.
    pub captions: Vec<Caption>,
    /// The listing its referral names, with its numbers.
    pub referral: Option<Caption>,
    /// Those of its numbers that another listing gave up a short while ago: callers may still mean that one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resting: Vec<RestingNumber>,
}

/// Whose number it is.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NumberAnswer {
    /// The digits asked for.
    pub digits: String,
    /// The ledger seq it was answered from.
    pub seq: u64,
    /// The listings that have it, each with its referral.
    pub listings: Vec<Listing>,
    /// Those of their numbers that another listing gave up a short while ago: callers may still mean that one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resting: Vec<RestingNumber>,
}

impl LookupAnswer {
    pub(super) fn new(
        query: &str,
        generation: &Generation,
        quarantine: &Quarantine,
        answer: Answer,
        took: Duration,
    ) -> LookupAnswer {
        LookupAnswer {
            query: query.to_owned(),
            seq: answer.seq,
            took_us: took.as_micros() as u64,
            truncated: answer.truncated,
            hits: answer.hits.into_iter().map(|hit| HitView::new(generation, quarantine, hit)).collect(),
        }
    }
}

impl HitView {
    fn new(generation: &Generation, quarantine: &Quarantine, hit: Hit) -> HitView {
        let Hit { mut listing, kind, scheme, matched, confusable } = hit;
        drop_expired_referral(&mut listing);
        HitView {
            parent: listing.parent.map(|id| named(generation, id)),
            resting: quarantine.resting(&listing.id, &listing.area_code, &listing.phones),
            id: listing.id,
            name: listing.name,
            kind,
            scheme: scheme.map(str::to_owned),
            matched,
            phones: listing.phones,
            locality: listing.locality,
            address: listing.address,
            category: listing.category,
            status: listing.status,
            referral: listing.referral,
            note: Some(listing.note).filter(|note| !note.is_empty()),
            confusable,
        }
    }
}

impl ListingView {
    pub(super) fn new(
        generation: &Generation,
        quarantine: &Quarantine,
        mut listing: Listing,
        children: Vec<Listing>,
    ) -> ListingView {
        drop_expired_referral(&mut listing);
        let mut parents: Vec<NamedListing> = Vec::new();
        let mut above = listing.parent.clone();
        while let Some(id) = above.filter(|_| parents.len() < CAPTION_LEVELS_MAX) {
            above = read(generation, &id).and_then(|parent| parent.parent);
            parents.push(named(generation, id));
        }
        let referred = listing.referral.as_ref().and_then(|referral| referral.listing.as_ref());
        ListingView {
            seq: generation.seq(),
            parents,
            captions: Tree { generation, quarantine, left: CAPTIONS_MAX }.below(children, 1),
            referral: referred
                .and_then(|id| read(generation, id))
                .map(|listing| caption(quarantine, listing, Vec::new())),
            resting: quarantine.resting(&listing.id, &listing.area_code, &listing.phones),
            listing,
        }
    }
}

impl NumberAnswer {
    pub(super) fn new(
        generation: &Generation,
        quarantine: &Quarantine,
        digits: &str,
        mut listings: Vec<Listing>,
    ) -> NumberAnswer {
        listings.iter_mut().for_each(drop_expired_referral);
        let mut resting: Vec<RestingNumber> = Vec::new();
        for listing in &listings {
            let more = quarantine.resting(&listing.id, &listing.area_code, &listing.phones);
            resting.extend(more.into_iter().filter(|one| !resting.contains(one)).collect::<Vec<_>>());
        }
        NumberAnswer { digits: digits.to_owned(), seq: generation.seq(), listings, resting }
    }
}

/// A referral is given until its last day, and not after.
fn drop_expired_referral(listing: &mut Listing) {
    let until = listing.referral.as_ref().and_then(|referral| referral.until.as_deref());
    let Some(Ok(until)) = until.map(str::parse::<jiff::civil::Date>) else { return };
    if until < today() {
        listing.referral = None;
    }
}

/// A caption tree while it is read.
struct Tree<'a> {
    generation: &'a Generation,
    quarantine: &'a Quarantine,
    /// Captions it may still have.
    left: usize,
}

impl Tree<'_> {
    /// What stands at `level` and below: `listings`, and theirs; listings that stand under each other in a ring end at
    /// the last level.
    fn below(&mut self, listings: Vec<Listing>, level: usize) -> Vec<Caption> {
        let taken: Vec<Listing> = listings.into_iter().take(self.left).collect();
        self.left -= taken.len();
        let mut captions = Vec::with_capacity(taken.len());
        for listing in taken {
            let children = match (level < CAPTION_LEVELS_MAX, self.left) {
                (true, 1..) => crate::query::listing(self.generation, listing.id.as_str(), self.left),
                _ => Ok((listing.clone(), Vec::new())),
            };
            let children = children.map(|(_, children)| children).unwrap_or_default();
            let below = self.below(children, level + 1);
            captions.push(caption(self.quarantine, listing, below));
        }
        captions
    }
}

fn caption(quarantine: &Quarantine, listing: Listing, captions: Vec<Caption>) -> Caption {
    let resting = quarantine.resting(&listing.id, &listing.area_code, &listing.phones);
    Caption { id: listing.id, name: listing.name, phones: listing.phones, status: listing.status, resting, captions }
}

fn named(generation: &Generation, id: ListingId) -> NamedListing {
    let name =
        generation.find(id.as_str()).and_then(|(part, rank)| part.name(rank).ok()).unwrap_or_default().to_owned();
    NamedListing { id, name }
}

fn read(generation: &Generation, id: &ListingId) -> Option<Listing> {
    let (part, rank) = generation.find(id.as_str())?;
    part.listing(rank).ok()
}
