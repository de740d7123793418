//! Which listings of a part something is asked of.

use super::qualify::Qualifier;
use super::request::Query;
use crate::index::{FacetFilter, Part, PostingField, facet_term};

/// Listings of one part.
pub(super) struct Among {
    /// Whether a listing is one of them, as far as its facets tell.
    pub(super) filter: FacetFilter,
    /// Terms of [`PostingField::Place`] that all of them have.
    pub(super) terms: Vec<String>,
    /// How many there are at most.
    pub(super) count: u32,
}

impl Among {
    /// The listings of `part` that `query` itself and all `qualifiers` narrow to.
    pub(super) fn new(part: &Part, query: &Query, qualifiers: &[Qualifier]) -> Among {
        let filter = part.filter(query.category.as_deref(), query.area_code.as_deref(), query.locality.as_deref());
        let mut among = Among { filter, terms: Vec::new(), count: u32::MAX };
        for qualifier in qualifiers {
            among = among.and(part, qualifier);
        }
        among
    }

    fn and(mut self, part: &Part, qualifier: &Qualifier) -> Among {
        match qualifier {
            Qualifier::Places(places) => {
                let counts = places.iter().map(|place| part.postings_of(PostingField::Place, place));
                self.count = self.count.min(counts.min().unwrap_or(0));
                self.terms.extend_from_slice(places);
            }
            Qualifier::Facet { facet, word, begun } => {
                let codes = part.facet_called(*facet, word, *begun);
                let terms: Vec<String> = codes.iter().map(|&code| facet_term(*facet, code)).collect();
                let count = terms.iter().map(|term| part.postings_of(PostingField::Place, term)).sum();
                self.filter = self.filter.and(*facet, &codes);
                // A listing has one value: of several none leads to all of them.
                if let [_] = terms.as_slice() {
                    self.count = self.count.min(count);
                    self.terms.extend(terms);
                }
            }
        }
        self
    }
}
