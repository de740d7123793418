//! Which listings of a part something is asked of.

use std::collections::BTreeSet;

use super::qualify::Qualifier;
use super::request::Query;
use super::visible::Visible;
use crate::index::{FacetFilter, facet_term};

/// Listings of one part.
pub(super) struct Among {
    /// Whether a listing is one of them, as far as its facets tell.
    pub(super) filter: FacetFilter,
    /// Terms of [`crate::index::PostingField::Place`] that all of them have.
    pub(super) terms: Vec<String>,
    /// Whether the part has none of them.
    pub(super) is_nobody: bool,
}

impl Among {
    /// The visible listings of `part` that `query` itself and all `qualifiers` narrow to.
    pub(super) fn new(part: Visible<'_>, query: &Query, qualifiers: &[Qualifier]) -> Among {
        let filter = part.part.filter(query.category.as_deref(), query.area_code.as_deref(), query.locality.as_deref());
        let mut among = Among { filter, terms: Vec::new(), is_nobody: false };
        for qualifier in qualifiers {
            among = among.and(part, qualifier);
        }
        among
    }

    fn and(mut self, part: Visible<'_>, qualifier: &Qualifier) -> Among {
        match qualifier {
            Qualifier::Places(places) => self.terms.extend_from_slice(places),
            Qualifier::Facet { facet, word, begun } => {
                let codes: Vec<u32> = part.called(*facet, word, *begun).into_iter().map(|count| count.code).collect();
                self.filter = self.filter.and(*facet, &codes);
                match codes.as_slice() {
                    [] => self.is_nobody = true,
                    // A listing has one value: of several none leads to all of them.
                    [code] => self.terms.push(facet_term(*facet, *code)),
                    _ => {}
                }
            }
        }
        self
    }
}

/// How many visible listings of all `parts` a district or trade among `qualifiers` leads to, the one that leads to
/// the fewest; `None` where none has but one value.
pub(super) fn led_to(parts: &[Visible<'_>], qualifiers: &[Qualifier]) -> Option<u32> {
    let one_value = |qualifier: &Qualifier| {
        let Qualifier::Facet { facet, word, begun } = qualifier else { return None };
        let (mut values, mut listings) = (BTreeSet::new(), 0_u32);
        for part in parts {
            for count in part.called(*facet, word, *begun) {
                values.insert(part.part.facet_value(*facet, count.code));
                listings = listings.saturating_add(count.listings);
            }
        }
        (values.len() == 1).then_some(listings)
    };
    qualifiers.iter().filter_map(one_value).min()
}
