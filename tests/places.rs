//! A caller says where it is and what it does: listings are found by the places of their address, their district
//! and category, together with what is known of the name.

use chahao::generate::Generator;
use chahao::index::{Facet, Part, PostingField, Rank, facet_term};
use chahao::listing::Listing;
use chahao::text::{Folded, place_names};

use crate::desk_in_a_folder::{Folder, generated};

const LISTINGS: u64 = 300;
const SEED: u64 = 5;

fn ranks(part: &Part, terms: &[(PostingField, &str)]) -> Vec<Rank> {
    let mut cursor = part.all_of_fields(terms.iter().copied());
    std::iter::from_fn(|| cursor.next_rank(&mut 1_000_000).unwrap()).collect()
}

#[test]
fn a_name_and_a_place_find_the_listings_that_have_both() {
    let folder = Folder::new();
    let generation = folder.load(&generated(LISTINGS, SEED)).generation().unwrap();
    let part = generation.base();
    let listings: Vec<Listing> = (0..part.len() as Rank).map(|rank| part.listing(rank).unwrap()).collect();
    let places = |listing: &Listing| -> Vec<String> {
        place_names(Folded::new(&listing.address).text()).into_iter().map(str::to_owned).collect()
    };
    let mut asked = 0;
    for row in (0..LISTINGS).step_by(7) {
        let wanted = Generator::new(SEED).listing(row).unwrap();
        let character = Folded::new(&wanted.name).text().chars().next().unwrap().to_string();
        for place in places(&wanted) {
            let has = |listing: &Listing| {
                Folded::new(&listing.name).text().contains(&character) && places(listing).contains(&place)
            };
            let found = ranks(part, &[(PostingField::Name, &character), (PostingField::Place, &place)]);
            let names_that_hold = |rank: &Rank| part.texts(*rank).any(|text| text.contains(&character));
            assert!(found.iter().all(names_that_hold), "{character} {place}");
            let missed =
                listings.iter().enumerate().find(|(rank, listing)| has(listing) && !found.contains(&(*rank as Rank)));
            assert_eq!(missed, None, "{character} {place}");
            asked += 1;
        }
    }
    assert!(asked > 80, "{asked}");
}

#[test]
fn a_facet_is_told_by_rank_and_found_by_its_term() {
    let folder = Folder::new();
    let generation = folder.load(&generated(LISTINGS, SEED)).generation().unwrap();
    let part = generation.base();
    for (facet, of) in [
        (Facet::Category, (|listing| &listing.category) as fn(&Listing) -> &String),
        (Facet::Locality, |listing| &listing.locality),
    ] {
        let values = part.facet_values(facet);
        let codes: Vec<u32> = (0..part.len() as Rank).map(|rank| part.facet_code(facet, rank)).collect();
        for (rank, &code) in codes.iter().enumerate() {
            let listing = part.listing(rank as Rank).unwrap();
            assert_eq!(values[code as usize], Folded::new(of(&listing)).text());
        }
        for code in 0..values.len() as u32 {
            let expected: Vec<Rank> = (0..).zip(&codes).filter(|(_, of)| **of == code).map(|(rank, _)| rank).collect();
            assert_eq!(ranks(part, &[(PostingField::Place, &facet_term(facet, code))]), expected, "{facet:?} {code}");
        }
    }
}
