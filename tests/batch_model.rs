//! Batches of generated rows, and the state of the listings that follows from them.

use std::collections::BTreeMap;

use chahao::generate::Generator;
use chahao::listing::Listing;
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
        let touched = if standing.is_empty() { 0 } else { changes + deletes };
        for number in 0..touched {
            let id = &standing[dice.random_range(0..standing.len())];
            if number < changes {
                let Some(listing) = after.listings.get_mut(id) else { continue };
                rows += &change(listing, &generator, dice);
            } else {
                // Nothing is deleted that listings stand under.
                let heads = |listing: &Listing| listing.parent.as_ref().is_some_and(|parent| parent.as_str() == id);
                if after.listings.values().any(heads) {
                    continue;
                }
                let Some(gone) = after.listings.remove(id) else { continue };
                rows += &format!("{}\n", serde_json::json!({"op": "delete", "id": gone.id}));
                after.deleted.push(id.clone());
            }
        }
        after.seq += rows.lines().count() as u64;
        Batch { rows, after }
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

/// Changes `listing` and gives the row that does the same.
fn change(listing: &mut Listing, generator: &Generator, dice: &mut Pcg64Mcg) -> String {
    let other = generator.listing(dice.random_range(0..1_000_000)).unwrap();
    let mut row = serde_json::json!({"op": "change", "id": listing.id});
    match dice.random_range(0..4_u8) {
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
        _ => {
            listing.note = String::new();
            row["note"] = serde_json::Value::Null;
        }
    }
    format!("{row}\n")
}
