//! Facets: what many listings share and lookups are narrowed by. A listing's are small numbers in arrays by
//! rank, so that a filter reads no record.

use std::collections::HashMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use tantivy::directory::OwnedBytes;

use super::Rank;
use super::facet_words::FacetWords;
use super::files::{FACETS, FileSum, FileSums, write_file};
use super::mapped::{Numbers, bytes_of, map};
use crate::listing::Listing;
use crate::text::{Folded, Pinyin};
use crate::{Error, Result};

/// A property that many listings share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Facet {
    /// What they do.
    Category,
    /// Their telephone area code.
    AreaCode,
    /// Their district.
    Locality,
}

impl Facet {
    /// Every facet, in the order in which they are stored.
    pub const ALL: [Facet; 3] = [Facet::Category, Facet::AreaCode, Facet::Locality];

    fn of(self, listing: &Listing) -> &str {
        match self {
            Facet::Category => &listing.category,
            Facet::AreaCode => &listing.area_code,
            Facet::Locality => &listing.locality,
        }
    }

    /// What is its own of `all`, which are in the order of [`Facet::ALL`].
    #[inline]
    fn own<T>(self, all: &[T; Facet::ALL.len()]) -> &T {
        let [category, area_code, locality] = all;
        match self {
            Facet::Category => category,
            Facet::AreaCode => area_code,
            Facet::Locality => locality,
        }
    }

    /// The file of its codes.
    fn file(self) -> &'static str {
        match self {
            Facet::Category => "category.codes",
            Facet::AreaCode => "area-code.codes",
            Facet::Locality => "locality.codes",
        }
    }
}

/// One listing's code for every facet.
pub(super) type FacetCodes = [u32; Facet::ALL.len()];

/// The values of every facet by code, as they are written.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct FacetValues([Vec<String>; Facet::ALL.len()]);

impl FacetValues {
    pub(super) fn value(&self, facet: Facet, code: u32) -> &str {
        facet.own(&self.0).get(code as usize).map_or("", String::as_str)
    }
}

/// [`FacetValues`] while they are collected.
#[derive(Debug, Default)]
pub(super) struct FacetCoder {
    codes: [HashMap<String, u32>; Facet::ALL.len()],
    values: FacetValues,
}

impl FacetCoder {
    pub(super) fn codes(&mut self, listing: &Listing) -> FacetCodes {
        let mut codes = FacetCodes::default();
        let tables = self.codes.iter_mut().zip(&mut self.values.0);
        for ((facet, (known, values)), slot) in Facet::ALL.into_iter().zip(tables).zip(&mut codes) {
            let value = facet.of(listing);
            *slot = match known.get(value) {
                Some(&code) => code,
                None => {
                    let code = values.len() as u32;
                    values.push(value.to_owned());
                    known.insert(value.to_owned(), code);
                    code
                }
            };
        }
        codes
    }

    pub(super) fn into_values(self) -> FacetValues {
        self.values
    }
}

/// Collects the codes of all ranks, then writes them as narrow as they fit.
#[derive(Debug, Default)]
pub(super) struct FacetsWriter {
    codes: [Vec<u32>; Facet::ALL.len()],
}

impl FacetsWriter {
    pub(super) fn push(&mut self, codes: FacetCodes) {
        self.codes.iter_mut().zip(codes).for_each(|(all, code)| all.push(code));
    }

    pub(super) fn finish(self, path: &Path, values: &FacetValues) -> Result<FileSums> {
        let packed = postcard::to_stdvec(values)
            .map_err(|error| Error::internal(format!("facets could not be packed: {error}")))?;
        let mut files = vec![write_file(path, FACETS, &packed)?];
        for ((facet, codes), values) in Facet::ALL.into_iter().zip(&self.codes).zip(&values.0) {
            files.push(write_codes(path, facet.file(), codes, values.len())?);
        }
        Ok(files)
    }
}

fn write_codes(path: &Path, name: &str, codes: &[u32], values: usize) -> Result<FileSum> {
    match values {
        0..=0x100 => write_file(path, name, &codes.iter().map(|&code| code as u8).collect::<Vec<u8>>()),
        0x101..=0x1_0000 => {
            let codes: Vec<u16> = codes.iter().map(|&code| code as u16).collect();
            write_file(path, name, bytes_of(&codes))
        }
        _ => write_file(path, name, bytes_of(codes)),
    }
}

/// The codes of one facet by rank, in as many bytes as its values need.
#[derive(Debug)]
enum Codes {
    Narrow(OwnedBytes),
    Middle(Numbers<u16>),
    Wide(Numbers<u32>),
}

impl Codes {
    fn open(path: &Path, name: &str, values: usize) -> Result<Codes> {
        Ok(match values {
            0..=0x100 => Codes::Narrow(map(path, name)?),
            0x101..=0x1_0000 => Codes::Middle(Numbers::map(path, name)?),
            _ => Codes::Wide(Numbers::map(path, name)?),
        })
    }

    fn len(&self) -> usize {
        match self {
            Codes::Narrow(codes) => codes.len(),
            Codes::Middle(codes) => codes.as_slice().len(),
            Codes::Wide(codes) => codes.as_slice().len(),
        }
    }

    #[inline]
    fn get(&self, rank: Rank) -> u32 {
        let at = rank as usize;
        match self {
            Codes::Narrow(codes) => codes.get(at).map(|&code| u32::from(code)),
            Codes::Middle(codes) => codes.get(at).map(u32::from),
            Codes::Wide(codes) => codes.get(at),
        }
        .unwrap_or(0)
    }
}

/// The facets of a part's listings.
#[derive(Debug)]
pub(super) struct Facets {
    pub(super) values: FacetValues,
    /// The values, folded once for all filters.
    folded: [Vec<String>; Facet::ALL.len()],
    codes: [Codes; Facet::ALL.len()],
    /// What callers call the values of locality and category.
    pub(super) words: FacetWords,
    /// How many listings have each value of locality and of category, by code: words that begin many values ask for them
    /// at every key.
    listings: [Vec<u32>; Facet::ALL.len()],
}

impl Facets {
    /// Opens the facets of the part at `path`, whose values are spelled by `pinyin`, where `count` tells how many listings have
    /// a value.
    pub(super) fn open(path: &Path, pinyin: &Pinyin, count: impl Fn(Facet, u32) -> Result<u32>) -> Result<Facets> {
        let values: FacetValues = postcard::from_bytes(&map(path, FACETS)?).map_err(|error| {
            Error::damaged(format!("{}: {error}; run chahao compact --full", path.join(FACETS).display()))
        })?;
        let fold = |values: &Vec<String>| values.iter().map(|value| Folded::new(value).text().to_owned()).collect();
        let folded = values.0.each_ref().map(fold);
        let [category, area_code, locality] = &values.0;
        let open = |facet: Facet, values: &Vec<String>| Codes::open(path, facet.file(), values.len());
        let codes =
            [open(Facet::Category, category)?, open(Facet::AreaCode, area_code)?, open(Facet::Locality, locality)?];
        let named = [(Facet::Locality, locality.as_slice()), (Facet::Category, category.as_slice())];
        let counts = |facet: Facet, values: &Vec<String>| {
            (0..values.len() as u32).map(|code| count(facet, code)).collect::<Result<Vec<u32>>>()
        };
        let listings = [counts(Facet::Category, category)?, Vec::new(), counts(Facet::Locality, locality)?];
        let words = FacetWords::new(named, pinyin);
        Ok(Facets { values, folded, codes, words, listings })
    }

    /// Whether there are codes for `listings` ranks.
    pub(super) fn fit(&self, listings: usize) -> bool {
        self.codes.iter().all(|codes| codes.len() == listings)
    }

    /// The folded values of `facet` by code.
    pub(super) fn folded(&self, facet: Facet) -> &[String] {
        facet.own(&self.folded).as_slice()
    }

    /// How many listings have the value `code` of `facet`, a locality or category; area codes are not counted.
    pub(super) fn listings_of(&self, facet: Facet, code: u32) -> u32 {
        facet.own(&self.listings).get(code as usize).copied().unwrap_or(0)
    }

    /// The code of `rank` for `facet`.
    #[inline]
    pub(super) fn code(&self, facet: Facet, rank: Rank) -> u32 {
        facet.own(&self.codes).get(rank)
    }

    /// The codes of `rank` for all facets.
    pub(super) fn codes(&self, rank: Rank) -> FacetCodes {
        Facet::ALL.map(|facet| self.code(facet, rank))
    }
}

/// What stands in front of a category or locality that is meant as it is, and not every one that holds it.
const EXACTLY: char = '=';

impl Facets {
    /// The codes of the values of `facet` that contain `text`, or, where that begins with [`EXACTLY`], just what stands behind
    /// it; folded.
    pub(super) fn accepted(&self, facet: Facet, text: &str) -> Vec<u32> {
        let (exact, text) = text.strip_prefix(EXACTLY).map_or((false, text), |text| (true, text));
        let wanted = Folded::new(text);
        let fits = |value: &str| if exact { value == wanted.text() } else { value.contains(wanted.text()) };
        (0..).zip(self.folded(facet)).filter(|(_, value)| fits(value)).map(|(code, _)| code).collect()
    }
}

/// Narrows hits to some categories, localities or one area code; prepared for one part's codes.
#[derive(Debug, Clone, Default)]
pub struct FacetFilter {
    /// For every facet that is narrowed, which codes are accepted.
    accepted: Vec<(Facet, Vec<bool>)>,
}

impl FacetFilter {
    /// A filter for the listings of an area code, or for all.
    pub(super) fn new(facets: &Facets, area_code: Option<&str>) -> FacetFilter {
        let codes = facets.folded(Facet::AreaCode);
        let accepted = area_code.map(|code| (Facet::AreaCode, codes.iter().map(|value| value == code).collect()));
        FacetFilter { accepted: accepted.into_iter().collect() }
    }

    /// The same filter for listings whose code for `facet` is one of `codes` only.
    #[must_use]
    pub fn and(mut self, facet: Facet, codes: &[u32]) -> FacetFilter {
        let mut accepted = vec![false; codes.iter().max().map_or(0, |&max| max as usize + 1)];
        for &code in codes {
            accepted.get_mut(code as usize).into_iter().for_each(|slot| *slot = true);
        }
        self.accepted.push((facet, accepted));
        self
    }

    /// Whether everything is accepted.
    pub fn is_empty(&self) -> bool {
        self.accepted.is_empty()
    }

    /// Whether the listing of `rank` is accepted.
    #[inline]
    pub(super) fn accepts(&self, facets: &Facets, rank: Rank) -> bool {
        self.accepted.iter().all(|(facet, accepted)| accepted.get(facets.code(*facet, rank) as usize) == Some(&true))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(category: &str, area_code: &str, locality: &str) -> Listing {
        let json = format!(
            r#"{{"id":"A","name":"A","category":"{category}","area_code":"{area_code}","locality":"{locality}"}}"#
        );
        serde_json::from_str(&json).unwrap()
    }

    fn opened(listings: impl Iterator<Item = Listing>) -> Facets {
        let folder = tempfile::tempdir().unwrap();
        let (mut coder, mut writer) = (FacetCoder::default(), FacetsWriter::default());
        let codes: Vec<FacetCodes> = listings.map(|listing| coder.codes(&listing)).collect();
        codes.iter().for_each(|codes| writer.push(*codes));
        writer.finish(folder.path(), &coder.into_values()).unwrap();
        let mut have: HashMap<(Facet, u32), u32> = HashMap::new();
        let valued = codes.iter().flat_map(|codes| Facet::ALL.into_iter().zip(*codes));
        valued.for_each(|value| *have.entry(value).or_default() += 1);
        let pinyin = crate::text::Lexicon::built_in().pinyin();
        Facets::open(folder.path(), pinyin, |facet, code| Ok(have[&(facet, code)])).unwrap()
    }

    #[test]
    fn a_filter_accepts_by_what_the_values_say() {
        let facets =
            opened([listing("餐饮", "020", "荔灣區"), listing("医疗", "020", ""), listing("", "0755", "")].into_iter());
        assert!(facets.fit(3));
        assert_eq!([0, 1, 2].map(|code| facets.listings_of(Facet::Locality, code)), [1, 2, 0]);
        let accepted = |filter: &FacetFilter| (0..3).filter(|&rank| filter.accepts(&facets, rank)).collect::<Vec<_>>();
        let narrowed = |category: Option<&str>, area_code: Option<&str>, locality: Option<&str>| {
            let given = [(Facet::Category, category), (Facet::Locality, locality)].into_iter();
            let given = given.filter_map(|(facet, text)| Some((facet, facets.accepted(facet, text?))));
            given.fold(FacetFilter::new(&facets, area_code), |filter, (facet, codes)| filter.and(facet, &codes))
        };
        assert_eq!(accepted(&narrowed(None, Some("020"), Some("荔湾"))), [0]);
        assert_eq!(accepted(&narrowed(None, Some("020"), None)), [0, 1]);
        assert_eq!(accepted(&narrowed(Some("医疗"), Some("0755"), None)), [0; 0]);
        assert_eq!(accepted(&narrowed(None, None, None)), [0, 1, 2]);
        assert_eq!(accepted(&narrowed(None, None, Some("=荔湾"))), [0; 0]);
        assert_eq!(accepted(&narrowed(Some("=医疗"), None, Some("="))), [1]);
        assert_eq!(accepted(&narrowed(Some("=餐饮"), None, Some("=荔灣區"))), [0]);
    }

    #[test]
    fn codes_come_back_however_many_values_there_are() {
        for count in [3, 0x100, 0x101, 0x1_0001_usize] {
            let facets = opened((0..count).map(|n| listing(&format!("c{n}"), "020", &format!("l{}", n % 7))));
            assert!(facets.fit(count));
            for rank in [0, count / 2, count - 1] {
                let codes = facets.codes(rank as Rank);
                assert_eq!(facets.values.value(Facet::Category, codes[0]), format!("c{rank}"));
                assert_eq!(facets.values.value(Facet::AreaCode, codes[1]), "020");
                assert_eq!(facets.folded(Facet::Locality)[codes[2] as usize], format!("l{}", rank % 7));
            }
        }
    }
}
