//! Batches of generated rows, and the state of the listings that follows from them.

use std::collections::{BTreeMap, BTreeSet};

use chahao::generate::Generator;
use chahao::listing::{Listing, ListingId, Referral, Status};
use rand::Rng;
use rand_pcg::Pcg64Mcg;

/// What a ledger should hold.
#[derive(Debug, Clone)]
pub struct Model {
    seed: u64,
    /// Changes so far.
    pub seq: u64,
    /// What stands, by id.
    pub listings: BTreeMap<String, Listing>,
    deleted: Vec<String>,
    /// Rows taken from the generator.
    taken: u64,
}

/// A batch and the model once it is in.
pub struct Batch {
    /// NDJSON.
    pub rows: String,
    pub after: Model,
}

/// What a batch in the making goes by.
struct Making {
    /// Whoever has anything under it, or had when the batch began.
    heads: BTreeSet<String>,
    /// It may withhold numbers: a new base is built for that, and deltas are to be tried too.
    withholds: bool,
}

impl Model {
    /// An empty ledger, filled with the generated listings of `seed`.
    pub fn new(seed: u64) -> Model {
        Model { seed, seq: 0, listings: BTreeMap::new(), deleted: Vec::new(), taken: 0 }
    }

    /// A batch of so many adds, and changes and deletions as far as there are listings for them.
    pub fn batch(&self, (adds, changes, deletes): (usize, usize, usize), dice: &mut Pcg64Mcg) -> Batch {
        let generator = Generator::new(self.seed);
        let mut after = self.clone();
        let mut rows = String::new();
        for row in self.taken..self.taken + adds as u64 {
            let listing = generator.listing(row).unwrap();
            let mut object = serde_json::to_value(&listing).unwrap();
            object["op"] = "add".into();
            rows += &format!("{object}\n");
            after.listings.insert(listing.id.to_string(), listing);
        }
        after.taken += adds as u64;
        let standing: Vec<String> = self.listings.keys().cloned().collect();
        let parents = after.listings.values().filter_map(|listing| listing.parent.as_ref());
        let heads = parents.map(ToString::to_string).collect();
        let mut making = Making { heads, withholds: dice.random_range(0..3_u8) == 0 };
        let touched = if standing.is_empty() { 0 } else { changes + deletes };
        for number in 0..touched {
            let id = &standing[dice.random_range(0..standing.len())];
            if number < changes {
                rows += &after.change(id, &mut making, &generator, dice).unwrap_or_default();
                continue;
            }
            // Nothing is deleted that listings stand under.
            if making.heads.contains(id) || after.listings.remove(id).is_none() {
                continue;
            }
            rows += &format!("{}\n", serde_json::json!({"op": "delete", "id": id}));
            after.deleted.push(id.clone());
            if dice.random_range(0..3_u8) == 0 {
                rows += &after.add_again(&making, &generator, dice);
            }
        }
        after.seq += rows.lines().count() as u64;
        Batch { rows, after }
    }

    /// A listing nothing stands above, to put `id` under; `None` where that would close a ring, or there is none.
    fn parent_for(&self, id: &str, heads: &BTreeSet<String>, dice: &mut Pcg64Mcg) -> Option<ListingId> {
        let (parent, listing) = self.any(dice);
        let may_be = parent != id && listing.parent.is_none() && !heads.contains(id);
        may_be.then(|| listing.id.clone())
    }

    /// Adds one of the listings that were deleted, by this batch or before it, under its id and as another one.
    fn add_again(&mut self, making: &Making, generator: &Generator, dice: &mut Pcg64Mcg) -> String {
        let id = self.deleted.swap_remove(dice.random_range(0..self.deleted.len()));
        let other = generator.listing(dice.random_range(0..1_000_000)).unwrap();
        let status = if making.withholds && dice.random() { Status::NonPublished } else { Status::Listed };
        let listing = Listing { id: ListingId::new(&id).unwrap(), status, parent: None, referral: None, ..other };
        self.listings.insert(id, listing.clone());
        format!("{}\n", row_of(&listing))
    }

    /// A listing that stands.
    pub fn any(&self, dice: &mut Pcg64Mcg) -> (&str, &Listing) {
        let (id, listing) = self.listings.iter().nth(dice.random_range(0..self.listings.len())).unwrap();
        (id, listing)
    }

    /// The id of a listing that was deleted.
    pub fn any_deleted(&self, dice: &mut Pcg64Mcg) -> Option<&str> {
        let at = dice.random_range(0..self.deleted.len().max(1));
        self.deleted.get(at).map(String::as_str)
    }
}

/// The row that adds a listing, or says in a full file what it is: with its status, whichever that is.
pub fn row_of(listing: &Listing) -> serde_json::Value {
    let mut row = serde_json::to_value(listing).unwrap();
    row["status"] = serde_json::to_value(listing.status).unwrap();
    row
}

impl Model {
    /// Changes the listing `id`, where it stands, and gives the row that does the same.
    fn change(&mut self, id: &str, making: &mut Making, generator: &Generator, dice: &mut Pcg64Mcg) -> Option<String> {
        let other = generator.listing(dice.random_range(0..1_000_000)).unwrap();
        let kind = dice.random_range(0..8_u8);
        self.listings.get(id)?;
        let parent = if kind == 6 { self.parent_for(id, &making.heads, dice) } else { None };
        let listing = self.listings.get_mut(id)?;
        let mut row = serde_json::json!({"op": "change", "id": id});
        match kind {
            0 => {
                listing.name = other.name;
                row["name"] = listing.name.clone().into();
            }
            1 => {
                listing.phones = other.phones;
                row["phones"] = serde_json::to_value(&listing.phones).unwrap();
            }
            2 => {
                listing.popularity = other.popularity;
                row["popularity"] = listing.popularity.into();
            }
            3 => {
                listing.note = String::new();
                row["note"] = serde_json::Value::Null;
            }
            4 => {
                let all = [Status::Listed, Status::Disconnected, Status::NonPublished];
                listing.status = all[dice.random_range(0..if making.withholds { 3 } else { 2 })];
                row["status"] = serde_json::to_value(listing.status).unwrap();
            }
            5 => {
                let number = Some(format!("020-8123{:04}", dice.random_range(0..10_000_u16)));
                let referral = Referral { number, listing: None, until: Some("2999-01-01".to_owned()) };
                row["referral"] = serde_json::to_value(&referral).unwrap();
                row["status"] = serde_json::to_value(Status::Changed).unwrap();
                (listing.status, listing.referral) = (Status::Changed, Some(referral));
            }
            6 => {
                row["parent"] = serde_json::to_value(&parent).unwrap();
                making.heads.extend(parent.as_ref().map(ToString::to_string));
                listing.parent = parent;
            }
            _ => {
                row["aliases"] = serde_json::to_value(&other.aliases).unwrap();
                listing.aliases = other.aliases;
            }
        }
        Some(format!("{row}\n"))
    }
}

impl Model {
    /// What a full file that says this makes of what stands: of a non-published listing that stays which its row leaves out
    /// as an export for others does.
    pub fn full_file_over(mut self, standing: &Model) -> Model {
        for (id, listing) in self.listings.iter_mut().filter(|(_, listing)| listing.status == Status::NonPublished) {
            let Some(standing) = standing.listings.get(id) else { continue };
            let shown = Listing { status: Status::NonPublished, ..standing.clone() }.published();
            put_back(&mut listing.phones, &shown.phones, &standing.phones);
            put_back(&mut listing.referral, &shown.referral, &standing.referral);
            put_back(&mut listing.aliases, &shown.aliases, &standing.aliases);
            put_back(&mut listing.note, &shown.note, &standing.note);
            put_back(&mut listing.address, &shown.address, &standing.address);
        }
        self
    }
}

/// Puts back what a row says as an export would say it.
fn put_back<T: Clone + PartialEq>(said: &mut T, shown: &T, standing: &T) {
    if said == shown {
        said.clone_from(standing);
    }
}
