//! A part: one immutable set of listings with everything needed to search and show them.

use std::path::Path;

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::blobs::{Blobs, Texts, read_text};
use super::brief::{Brief, Briefs};
use super::facet::{Facet, FacetFilter, Facets};
use super::files::{LEXICON, Manifest, RECORDS, SHARED, TEXTS, read_manifest};
use super::key_index::{KeyIndex, Range};
use super::mapped::{map, read_sum};
use super::postings::{Postings, facet_term, name_terms};
use super::record::{Beside, decode, id_of, is_dialled, name_of};
use super::spelled_places::SpelledPlaces;
use super::{KeyKind, PostingCursor, PostingField, Rank};
use crate::listing::Listing;
use crate::text::{Lexicon, LexiconEntry, Schemes, Shape};
use crate::{Error, Result};

/// Parts the folded texts of one listing; folded text never holds it.
pub(super) const TEXT_END: char = '\n';

/// An opened part.
pub struct Part {
    manifest: Manifest,
    keys: Vec<KeyIndex>,
    postings: Postings,
    records: Blobs,
    /// Folded texts, one listing's after the other's.
    texts: String,
    /// What scoring asks, and where each listing's texts start.
    briefs: Briefs,
    /// What records share.
    shared: Texts,
    facets: Facets,
    places: SpelledPlaces,
    /// What its names were spelled by: what was typed must be checked by the same.
    lexicon: Lexicon,
}

impl Part {
    /// Opens the part at `path`, whose manifest has the checksum `manifest_crc32`, and checks every byte of it; its
    /// names are spelled by pinyin and `schemes`.
    ///
    /// # Errors
    /// Damaged when anything is missing or not as it was written, or they were spelled by others.
    pub fn open(path: &Path, manifest_crc32: u32, schemes: &Schemes) -> Result<Part> {
        let manifest = read_manifest(path, manifest_crc32)?;
        check_schemes(path, &manifest.schemes, schemes)?;
        manifest.files.par_iter().try_for_each(|sum| {
            let (directory, name) = match sum.name.split_once('/') {
                Some((below, name)) => (path.join(below), name),
                None => (path.to_owned(), sum.name.as_str()),
            };
            if read_sum(&directory, name)? == (sum.bytes, sum.crc32) {
                return Ok(());
            }
            let text = format!("index file {} is damaged; run chahao compact --full", path.join(&sum.name).display());
            Err(Error::damaged(text))
        })?;
        let kinds = KeyKind::all(schemes.count());
        let keys = kinds.map(|kind| KeyIndex::open(path, &kind.name(schemes))).collect::<Result<Vec<_>>>()?;
        let entries: Vec<LexiconEntry> = serde_json::from_slice(&map(path, LEXICON)?).map_err(|error| {
            Error::damaged(format!("{}: {error}; run chahao compact --full", path.join(LEXICON).display()))
        })?;
        let postings = Postings::open(path)?;
        let lexicon = Lexicon::with_schemes(entries, schemes.clone());
        let count = |facet, code| postings.count(PostingField::Place, &facet_term(facet, code));
        let facets = Facets::open(path, lexicon.pinyin(), count)?;
        let part = Part {
            manifest,
            keys,
            postings,
            records: Blobs::open(path, RECORDS)?,
            texts: read_text(path, TEXTS)?,
            briefs: Briefs::open(path)?,
            shared: Texts::open(path, SHARED)?,
            facets,
            places: SpelledPlaces::open(path)?,
            lexicon,
        };
        let count = part.len();
        let fits = part.records.len() == count
            && part.briefs.len() == count
            && part.briefs.get(count).text_start as usize == part.texts.len()
            && part.facets.fit(count)
            && part.postings.seq() == part.manifest.seq;
        if !fits {
            let text = format!("the files of {} do not belong together; run chahao compact --full", path.display());
            return Err(Error::damaged(text));
        }
        Ok(part)
    }

    /// How many listings it holds.
    pub fn len(&self) -> usize {
        self.manifest.listings as usize
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The ledger seq it stands for.
    pub fn seq(&self) -> u64 {
        self.manifest.seq
    }

    /// Bytes of all its files.
    pub fn bytes(&self) -> u64 {
        self.manifest.files.iter().map(|file| file.bytes).sum()
    }

    /// One of its key indexes.
    ///
    /// # Panics
    /// Never for schemes it was opened with: every kind is opened.
    #[expect(clippy::indexing_slicing, reason = "keys holds one index for each kind, in the order of their slots")]
    #[inline]
    pub fn keys(&self, kind: KeyKind) -> &KeyIndex {
        &self.keys[kind.slot()]
    }

    /// The ranks whose names or numbers hold every one of `terms`, best first; of many terms the rarest decide, as in
    /// [`Part::all_of_fields`].
    pub fn all_of<'p, 't>(&'p self, field: PostingField, terms: impl Iterator<Item = &'t str>) -> PostingCursor<'p> {
        self.postings.all_of(terms.map(|term| (field, term)))
    }

    /// The ranks that hold every one of `terms` in its field, best first; of many terms those of places and the
    /// rarest others decide, so what is found must be checked where there may be more.
    pub fn all_of_fields<'p, 't>(&'p self, terms: impl Iterator<Item = (PostingField, &'t str)>) -> PostingCursor<'p> {
        self.postings.all_of(terms)
    }

    /// How many ranks hold `term`; 0 where that cannot be read.
    pub fn postings_of(&self, field: PostingField, term: &str) -> u32 {
        self.postings.count(field, term).unwrap_or(0)
    }

    /// Places its addresses name that are spelled `letters`, in pinyin or by initials; the first `count` of them in order.
    pub fn places_spelled(&self, letters: &str, count: usize) -> Vec<String> {
        self.places.spelled(letters, count)
    }

    /// What its names are spelled by.
    pub fn lexicon(&self) -> &Lexicon {
        &self.lexicon
    }

    /// The listings with a name that holds the folded text `word`, in rank order; `None` where they are more than
    /// `listings_max`.
    ///
    /// # Errors
    /// Damaged when the posting lists cannot be read.
    pub fn holding(&self, word: &str, listings_max: usize) -> Result<Option<Vec<Rank>>> {
        let terms = name_terms(std::iter::once(word));
        let mut cursor = self.all_of(PostingField::Name, terms.into_iter());
        let mut ranks = Vec::new();
        while let Some(rank) = cursor.next_rank(&mut { u64::MAX })? {
            if self.texts(rank).any(|text| text.contains(word)) {
                ranks.push(rank);
            }
            if ranks.len() > listings_max {
                return Ok(None);
            }
        }
        Ok(Some(ranks))
    }

    /// The folded texts of `rank`: the official name, then its other spellings and the aliases.
    pub fn texts(&self, rank: Rank) -> impl Iterator<Item = &str> {
        let mut rest = Some(self.all_texts(rank));
        std::iter::from_fn(move || {
            let text = rest?;
            // Faster than splitting by a character: these are few bytes each.
            let end = memchr::memchr(TEXT_END as u8, text.as_bytes());
            rest = end.and_then(|end| text.get(end + 1..));
            text.get(..end.unwrap_or(text.len()))
        })
    }

    /// The folded texts of `rank`, all in one: it begins with the official name.
    #[inline]
    pub fn all_texts(&self, rank: Rank) -> &str {
        let rank = rank as usize;
        let (start, end) = (self.briefs.get(rank).text_start, self.briefs.get(rank + 1).text_start);
        self.texts.get(start as usize..end as usize).unwrap_or_default()
    }

    /// What scoring asks of `rank`. One cache line.
    #[inline]
    pub fn brief(&self, rank: Rank) -> Brief {
        self.briefs.get(rank as usize)
    }

    /// The official name of `rank` as it is spoken, folded, and its shape.
    #[inline]
    pub fn spoken_name(&self, rank: Rank) -> (&str, Shape) {
        let shape = self.brief(rank).shape;
        // Where it has digits, the spelling that is spoken stands behind the one that is written.
        (self.texts(rank).nth(usize::from(shape.is_spoken())).unwrap_or_default(), shape)
    }

    /// Calls per week of `rank`.
    #[inline]
    pub fn popularity(&self, rank: Rank) -> f32 {
        self.brief(rank).popularity
    }

    /// The listing of `rank`, without the numbers nobody may see.
    ///
    /// # Errors
    /// Damaged when it cannot be unpacked.
    pub fn listing(&self, rank: Rank) -> Result<Listing> {
        let beside = Beside {
            codes: self.facets.codes(rank),
            facets: &self.facets.values,
            shared: &self.shared,
            popularity: self.popularity(rank),
            text: self.texts(rank).next().unwrap_or_default(),
        };
        decode(self.records.get(rank), beside)
    }

    /// Whether a number of `rank`, as it is dialled with or without area code, holds `digits`; of the record only the
    /// numbers are read.
    ///
    /// # Errors
    /// Damaged when they cannot be unpacked.
    pub fn is_dialled(&self, rank: Rank, digits: &str) -> Result<bool> {
        let area_code = self.facets.values.value(Facet::AreaCode, self.facets.code(Facet::AreaCode, rank));
        is_dialled(self.records.get(rank), area_code, digits)
    }

    /// The official name of `rank`; nothing else of the record is built.
    ///
    /// # Errors
    /// Damaged when it cannot be unpacked.
    pub fn name(&self, rank: Rank) -> Result<&str> {
        name_of(self.records.get(rank), self.texts(rank).next().unwrap_or_default())
    }

    /// The id of `rank`.
    ///
    /// # Errors
    /// Damaged when it cannot be unpacked.
    pub fn id(&self, rank: Rank) -> Result<&str> {
        id_of(self.records.get(rank))
    }

    /// The rank of the listing `id`.
    pub fn rank_of(&self, id: &str) -> Option<Rank> {
        let keys = self.keys(KeyKind::Id);
        let range: Range = keys.exact(id.as_bytes());
        keys.top(range).next()
    }

    /// The folded values of `facet`; a value's place is its code.
    pub fn facet_values(&self, facet: Facet) -> &[String] {
        self.facets.folded(facet)
    }

    /// The codes of `facet` whose values callers call `word`, or, with `begun`, something that begins so.
    pub fn facet_called(&self, facet: Facet, word: &str, begun: bool) -> Vec<u32> {
        self.facets.words.codes(facet, word, begun)
    }

    /// How many listings have the value of `facet`, a locality or category, whose code is `code`; area codes are not
    /// counted and have 0.
    pub fn listings_of(&self, facet: Facet, code: u32) -> u32 {
        self.facets.listings_of(facet, code)
    }

    /// The value of `facet` whose code is `code`, as it is written.
    pub fn facet_value(&self, facet: Facet, code: u32) -> &str {
        self.facets.values.value(facet, code)
    }

    /// The code of `rank` for `facet`. One array access.
    #[inline]
    pub fn facet_code(&self, facet: Facet, rank: Rank) -> u32 {
        self.facets.code(facet, rank)
    }

    /// The codes of `facet`'s values that hold `text`, or, with `=` in front of it, are it.
    pub fn facet_accepted(&self, facet: Facet, text: &str) -> Vec<u32> {
        self.facets.accepted(facet, text)
    }

    /// A filter in this part's codes: for the listings of an area code, or for all.
    pub fn filter(&self, area_code: Option<&str>) -> FacetFilter {
        FacetFilter::new(&self.facets, area_code)
    }

    /// Whether `filter` accepts the listing of `rank`.
    pub fn accepts(&self, filter: &FacetFilter, rank: Rank) -> bool {
        filter.is_empty() || filter.accepts(&self.facets, rank)
    }
}

/// Checks that the part at `path`, which was spelled by the schemes `built`, is one of `schemes`.
fn check_schemes(path: &Path, built: &[String], schemes: &Schemes) -> Result<()> {
    if schemes.names().eq(built.iter().map(String::as_str)) {
        return Ok(());
    }
    let list = |names: Vec<&str>| ["pinyin"].into_iter().chain(names).collect::<Vec<_>>().join(", ");
    let (built, wanted) = (list(built.iter().map(String::as_str).collect()), list(schemes.names().collect()));
    let text =
        format!("{} was spelled by {built}; what is asked is {wanted}: run chahao compact --full", path.display());
    Err(Error::damaged(text))
}

impl std::fmt::Debug for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Part({} listings at seq {})", self.len(), self.seq())
    }
}
