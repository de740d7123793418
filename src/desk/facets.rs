//! What lookups can be narrowed to: the localities and categories there are.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::Desk;
use crate::Result;
use crate::index::{Facet, Generation};

/// Values of one kind told at most: more than anybody picks from.
const VALUES_MAX: usize = 1_000;

/// The localities and categories of all listings.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FacetAnswer {
    /// The ledger seq it was answered from.
    pub seq: u64,
    /// The localities, those of most listings first, a thousand at most.
    pub locality: Vec<FacetValue>,
    /// The categories, those of most listings first, a thousand at most.
    pub category: Vec<FacetValue>,
}

/// A locality or category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FacetValue {
    /// As listings have it; with `=` in front a lookup is narrowed to just this.
    pub value: String,
    /// How many listings have it.
    pub listings: u64,
}

impl Desk {
    /// The localities and categories there are.
    ///
    /// # Errors
    /// Busy when there is no index yet.
    pub fn facets(&self) -> Result<FacetAnswer> {
        let generation = self.generation()?;
        Ok(FacetAnswer {
            seq: generation.seq(),
            locality: values(&generation, Facet::Locality),
            category: values(&generation, Facet::Category),
        })
    }
}

/// The values of `facet` that visible listings have, those of most first.
fn values(generation: &Generation, facet: Facet) -> Vec<FacetValue> {
    let mut listings: HashMap<&str, u64> = HashMap::new();
    for (part, tombstones) in generation.parts() {
        for code in 0..part.facet_values(facet).len() as u32 {
            let all = part.listings_of(facet, code);
            let hidden = tombstones.map_or(0, |tombstones| tombstones.hidden_of(facet, code));
            *listings.entry(part.facet_value(facet, code)).or_default() += u64::from(all.saturating_sub(hidden));
        }
    }
    let mut values: Vec<FacetValue> = listings
        .into_iter()
        .filter(|(value, listings)| !value.is_empty() && *listings > 0)
        .map(|(value, listings)| FacetValue { value: value.to_owned(), listings })
        .collect();
    values.sort_by(|a, b| b.listings.cmp(&a.listings).then_with(|| a.value.cmp(&b.value)));
    values.truncate(VALUES_MAX);
    values
}
