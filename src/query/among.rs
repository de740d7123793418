//! Which listings of a part something is asked of.

use super::qualify::Qualifier;
use super::request::Query;
use super::visible::Visible;
use crate::index::{FacetFilter, PostingField, facet_term};

/// Listings of one part.
pub(super) struct Among {
    /// Whether a listing is one of them, as far as its facets tell.
    pub(super) filter: FacetFilter,
    /// Terms of [`crate::index::PostingField::Place`] that all of them have.
    pub(super) terms: Vec<String>,
    /// Whether the part has none of them.
    pub(super) is_nobody: bool,
    /// Whether those terms lead to many listings of all parts together: what a place of many is asked for must not hang on which
    /// part it is in.
    pub(super) is_of_many: bool,
    /// Whether one of those terms is a street's or building's.
    pub(super) is_at_place: bool,
    /// Whether it is an unlikely guess that these are meant: then a match is worth less, and no name counts as whole.
    pub(super) is_doubtful: bool,
}

/// Listings of a place that are looked at one by one, whatever their names begin with.
const LOOKED_AT_MAX: u32 = 64;

impl Among {
    /// For each of `parts` the listings that the area code of `query` and all `qualifiers` narrow to.
    pub(super) fn of_parts(
        parts: &[Visible<'_>],
        query: &Query,
        qualifiers: &[Qualifier],
        is_doubtful: bool,
    ) -> Vec<Among> {
        let of_part = |(number, Visible { part, .. }): (usize, &Visible<'_>)| {
            let filter = part.filter(query.area_code.as_deref());
            let (terms, is_of_many, is_at_place) = (Vec::new(), false, false);
            let among = Among { filter, terms, is_nobody: false, is_of_many, is_at_place, is_doubtful };
            qualifiers.iter().fold(among, |among, qualifier| among.and(number, qualifier))
        };
        let mut among: Vec<Among> = parts.iter().enumerate().map(of_part).collect();
        let led_to = parts.iter().zip(&among).map(|(Visible { part, .. }, among)| {
            among.terms.iter().map(|term| part.postings_of(PostingField::Place, term)).min().unwrap_or(0)
        });
        let is_of_many = led_to.fold(0, u32::saturating_add) > LOOKED_AT_MAX;
        among.iter_mut().for_each(|among| among.is_of_many = is_of_many);
        among
    }

    fn and(mut self, part: usize, qualifier: &Qualifier) -> Among {
        match qualifier {
            Qualifier::Places(places) => {
                self.terms.extend_from_slice(places);
                self.is_at_place = true;
            }
            Qualifier::Facet { facet, called } => {
                let codes: Vec<u32> = called.get(part).into_iter().flatten().map(|count| count.code).collect();
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
        let Qualifier::Facet { facet, called } = qualifier else { return None };
        let counts = parts.iter().zip(called.iter()).flat_map(|(part, counts)| counts.iter().map(move |c| (part, c)));
        let (mut value, mut listings) = (None, 0_u32);
        for (part, count) in counts {
            let own = part.part.facet_value(*facet, count.code);
            if *value.get_or_insert(own) != own {
                return None;
            }
            listings = listings.saturating_add(count.listings);
        }
        value.is_some().then_some(listings)
    };
    qualifiers.iter().filter_map(one_value).min()
}
