//! What an ideal answer could reach: where five other listings fit a query as well as the one that is meant, nothing
//! but luck brings it among the first five.
//!
//! Every listing is looked at for every query, by names, readings and letters alone. A listing is a rival where it
//! fits by the same reading of the query at least as far, its name is no longer, and it is asked for as often.

mod reading;

use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};

use super::{Question, TOP, check_in_step};
use crate::desk::Desk;
use crate::listing::Listing;
use crate::progress::Progress;
use crate::text::Folded;
use crate::{Error, Result};

use reading::{Extent, Form, Reading};

/// Listings up to which all of them are looked at for every query.
const LISTINGS_MAX: usize = 200_000;
/// Queries between two steps of the progress told.
const STEP: usize = 256;

/// One listing of the ledger.
struct Known {
    id: String,
    forms: Vec<Form>,
    /// Numbers as they are dialled, with and without area code.
    numbers: Vec<String>,
    name_chars: usize,
    popularity: f32,
}

impl Known {
    fn of(listing: &Listing) -> Known {
        let dialled = listing.phones.iter().flat_map(|phone| phone.dialled(&listing.area_code));
        Known {
            id: listing.id.as_str().to_owned(),
            forms: Form::all_of(listing),
            numbers: dialled.collect(),
            name_chars: Folded::new(&listing.name).units().len(),
            popularity: listing.popularity,
        }
    }

    fn extent(&self, reading: &Reading) -> Option<Extent> {
        match reading {
            Reading::Digits(digits) => {
                self.numbers.iter().filter_map(|number| reading::in_number(number, digits)).min()
            }
            _ => self.forms.iter().filter_map(|form| form.extent(reading)).min(),
        }
    }
}

/// For every question whether five or more listings beside those that are meant fit it as well; `None` where the kind
/// has no reading by which that can be told, or nothing that is meant fits by it.
///
/// Takes about a microsecond for every question and listing, on all cores.
///
/// # Errors
/// Usage where there are more than 200,000 listings, busy where there is no index or it is not in step; otherwise when the
/// ledger cannot be read.
pub fn ambiguous(desk: &Desk, questions: &[Question], progress: &mut dyn Progress) -> Result<Vec<Option<bool>>> {
    check_in_step(desk)?;
    let mut listings: Vec<Listing> = Vec::new();
    desk.each_listing(&mut |listing| {
        listings.push(listing);
        match listings.len() {
            0..=LISTINGS_MAX => Ok(()),
            _ => Err(Error::usage(format!("bounds are told for up to {LISTINGS_MAX} listings; there are more"))),
        }
    })?;
    let known: Vec<Known> = listings.par_iter().map(Known::of).collect();
    drop(listings);
    progress.begin("look at all", questions.len() as u64);
    let one =
        |question: &Question| Some(rivals(&known, question, &Reading::of(&question.kind, &question.query)?)? >= TOP);
    let mut told = Vec::with_capacity(questions.len());
    for some in questions.chunks(STEP) {
        told.extend(some.iter().map(one));
        progress.reached(told.len() as u64);
    }
    Ok(told)
}

/// How many listings fit at least as well as what `question` means; `None` where that does not fit.
fn rivals(known: &[Known], question: &Question, reading: &Reading) -> Option<usize> {
    let fitting: Vec<(usize, Extent)> =
        known.par_iter().enumerate().filter_map(|(at, known)| Some((at, known.extent(reading)?))).collect();
    let fitting = || fitting.iter().filter_map(|(at, extent)| Some((known.get(*at)?, *extent)));
    let is_meant = |known: &Known| question.expected.contains(&known.id);
    let (meant, extent) = fitting().filter(|(known, _)| is_meant(known)).min_by_key(|(_, extent)| *extent)?;
    let is_rival = |(other, theirs): &(&Known, Extent)| {
        !is_meant(other)
            && *theirs <= extent
            && other.name_chars <= meant.name_chars
            && other.popularity >= meant.popularity
    };
    Some(fitting().filter(is_rival).count())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listing::ListingId;

    fn rivals_of(kind: &str, query: &str, names: &[&str]) -> Option<usize> {
        let listing =
            |(at, name): (usize, &&str)| Listing::new(ListingId::new(&format!("L{at}")).unwrap(), name).unwrap();
        let known: Vec<Known> = names.iter().enumerate().map(|(at, name)| Known::of(&listing((at, name)))).collect();
        let question = Question::new(query, "L0", kind).unwrap();
        rivals(&known, &question, &Reading::of(kind, query)?)
    }

    #[test]
    fn rivals_fit_as_far_and_are_no_longer() {
        let names = ["广州酒家", "广州酒店", "大广州酒家", "广州酒家总店", "光洲九加"];
        for (kind, query, expected) in [
            ("prefix", "广州", Some(1)),
            ("prefix", "广州酒家", Some(0)),
            ("initials", "gzjj", Some(1)),
            ("initials_partial", "gzj", Some(2)),
            ("pinyin", "guangzhoujiujia", Some(1)),
            ("mixed", "guangzj", Some(2)),
            ("hanzi_letters", "广州jiu", Some(1)),
            ("homophone", "广洲酒家", Some(1)),
            ("fuzzy_sound", "guanzoujiujia", Some(1)),
            ("letter_typo", "guangzhuojiujia", Some(1)),
            ("wrong_character", "广州洒家", Some(0)),
            ("swapped_characters", "州广酒家", Some(0)),
            ("missing_character", "广酒家", Some(0)),
            ("word", "酒家 广州", Some(0)),
            ("exact", "药店", None),
            ("spoken", "广州酒家", None),
        ] {
            assert_eq!(rivals_of(kind, query, &names), expected, "{kind} {query}");
        }
    }
}
