//! One listing made ready for the files of a part: its folded texts, terms and keys.

use std::collections::BTreeSet;

use super::part::TEXT_END;
use super::postings::{name_terms, number_terms, short_form_terms};
use crate::listing::Listing;
use crate::text::{
    Folded, INFIX_SPELLINGS_MAX, Lexicon, Regions, SPELLINGS_MAX, Shape, Spelling, numeral_variants, place_names,
    spellings,
};

/// Characters from the end of a name at which no infix key starts any more.
const INFIX_UNITS_MIN: usize = 2;

/// Texts, each with the offsets from which keys run to its end.
pub(super) type KeyTexts = Vec<(String, Vec<usize>)>;

/// The keys of a listing in one reading scheme.
#[derive(Default)]
pub(super) struct CodeTexts {
    pub(super) codes: KeyTexts,
    pub(super) initials: KeyTexts,
    pub(super) infix: KeyTexts,
    pub(super) initials_infix: KeyTexts,
}

impl CodeTexts {
    /// None, for every scheme of `lexicon`.
    fn none_of(lexicon: &Lexicon) -> Vec<CodeTexts> {
        lexicon.schemes().map(|_| CodeTexts::default()).collect()
    }

    /// Adds the keys of a name that is spelled so, where a caller may start.
    fn add(&mut self, spelling: Spelling, starts: &[usize]) {
        let Spelling { letters, initials, letter_starts, initial_starts } = spelling;
        add_new(&mut self.codes, letters, &letter_starts, starts);
        add_new(&mut self.initials, initials, &initial_starts, starts);
    }

    /// Adds its keys from `later` characters on.
    fn add_infix(&mut self, spelling: Spelling, later: &[usize]) {
        let Spelling { letters, initials, letter_starts, initial_starts } = spelling;
        add_new(&mut self.infix, letters, &letter_starts, later);
        add_new(&mut self.initials_infix, initials, &initial_starts, later);
    }
}

/// One folded text of a listing and where in it a caller may start.
struct Form {
    folded: Folded,
    /// Units at which the name may start: 0, and behind every region in front.
    starts: Vec<usize>,
}

impl Form {
    /// The forms of a listing's name and aliases, each with and without its numerals rewritten.
    fn all_of(listing: &Listing) -> Vec<Form> {
        let regions = Regions::of(&listing.locality);
        let mut forms = Vec::with_capacity(1 + listing.aliases.len());
        for text in [&listing.name].into_iter().chain(listing.aliases.iter().map(|alias| &alias.text)) {
            let folded = Folded::new(text);
            if folded.is_empty() {
                continue;
            }
            let variants = numeral_variants(folded.text());
            let all = [folded].into_iter().chain(variants.iter().map(|variant| Folded::new(variant)));
            forms.extend(all.map(|folded| {
                let starts = [0].into_iter().chain(regions.starts(&folded)).collect();
                Form { folded, starts }
            }));
        }
        forms
    }

    /// Units at which a word or character begins that is no start, but for the last of the name.
    fn later(&self) -> Vec<usize> {
        let units = self.folded.units();
        let last = units.len().saturating_sub(INFIX_UNITS_MIN);
        let begins = |unit: &usize| units.get(*unit).is_some_and(|at| at.starts_word) && !self.starts.contains(unit);
        (1..=last).filter(begins).collect()
    }
}

/// Everything of one listing.
pub(super) struct Prepared {
    /// Folded texts, parted by [`TEXT_END`].
    pub(super) texts: String,
    /// The shape of the official name.
    pub(super) shape: Shape,
    /// Terms of the names, parted by spaces.
    pub(super) name_terms: String,
    /// Terms of the short forms of the official name, parted by spaces.
    pub(super) short_form_terms: String,
    /// Terms of the numbers, parted by spaces.
    pub(super) number_terms: String,
    /// Terms of the address, parted by spaces.
    pub(super) place_terms: String,
    /// Key texts and the offsets at which keys start in them.
    pub(super) names: KeyTexts,
    /// The same in every reading scheme, in the order of their numbers.
    pub(super) spelled: Vec<CodeTexts>,
    /// Digits of the numbers.
    pub(super) numbers: Vec<String>,
    /// The id.
    pub(super) id: String,
    /// The id of the listing above.
    pub(super) parent: Option<String>,
}

impl Prepared {
    pub(super) fn of(listing: &Listing, lexicon: &Lexicon) -> Prepared {
        let forms = Form::all_of(listing);
        let texts: Vec<&str> = forms.iter().map(|form| form.folded.text()).collect();
        let shape = shape_of(listing);
        // The same as `Part::spoken_name`.
        let spoken = texts.get(usize::from(shape.is_spoken())).copied().unwrap_or_default();
        let mut numbers: Vec<String> = Vec::new();
        for phone in &listing.phones {
            for number in phone.dialled(&listing.area_code) {
                if !numbers.contains(&number) {
                    numbers.push(number);
                }
            }
        }
        // Punctuation parts places, and is gone when the address is folded.
        let pieces = listing.address.split(|c: char| !c.is_alphanumeric()).map(Folded::new);
        let address: Vec<Folded> = pieces.collect();
        let mut prepared = Prepared {
            texts: texts.join(TEXT_END.encode_utf8(&mut [0; 4])),
            shape,
            name_terms: join(name_terms(texts.iter().copied())),
            short_form_terms: join(short_form_terms(spoken, shape)),
            number_terms: join(number_terms(numbers.iter().map(String::as_str))),
            place_terms: join(address.iter().flat_map(|piece| place_names(piece.text())).collect::<BTreeSet<_>>()),
            names: Vec::new(),
            spelled: CodeTexts::none_of(lexicon),
            numbers,
            id: listing.id.as_str().to_owned(),
            parent: listing.parent.as_ref().map(|parent| parent.as_str().to_owned()),
        };
        forms.iter().for_each(|form| prepared.add_form(form, lexicon));
        prepared
    }

    fn add_form(&mut self, form: &Form, lexicon: &Lexicon) {
        let text = form.folded.text();
        let byte = |unit: usize| text.char_indices().nth(unit).map_or(text.len(), |(at, _)| at);
        self.names.push((text.to_owned(), form.starts.iter().map(|&start| byte(start)).collect()));
        let later = form.later();
        for (spelled, (_, scheme)) in self.spelled.iter_mut().zip(lexicon.schemes()) {
            let all = spellings(scheme, &form.folded, SPELLINGS_MAX);
            all.into_iter().for_each(|spelling| spelled.add(spelling, &form.starts));
            let all = spellings(scheme, &form.folded, INFIX_SPELLINGS_MAX);
            all.into_iter().for_each(|spelling| spelled.add_infix(spelling, &later));
        }
    }
}

fn shape_of(listing: &Listing) -> Shape {
    let folded = Folded::new(&listing.name);
    // A name that folds to nothing is no text of its part.
    if folded.is_empty() {
        Shape::default()
    } else {
        Shape::of(&listing.name, &folded, &Regions::of(&listing.locality))
    }
}

/// Adds a text and the offsets of `units` in it; a text that is there already gets the offsets it lacks.
///
/// Two names may be spelled alike and still start their syllables at different letters: 先饭店 and 西安饭店.
fn add_new(keys: &mut KeyTexts, text: String, offsets: &[u32], units: &[usize]) {
    let starts = units.iter().filter_map(|&unit| offsets.get(unit)).map(|&at| at as usize);
    match keys.iter_mut().find(|(known, _)| *known == text) {
        Some((_, known)) => {
            for start in starts {
                if !known.contains(&start) {
                    known.push(start);
                }
            }
        }
        None => keys.push((text, starts.collect())),
    }
}

fn join(terms: BTreeSet<impl AsRef<str>>) -> String {
    let mut joined = String::with_capacity(terms.len() * 8);
    for term in terms {
        joined.push_str(term.as_ref());
        joined.push(' ');
    }
    joined
}
