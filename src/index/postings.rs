//! tantivy posting lists in rank order: everything searched by AND.
//!
//! Documents are added by one thread in rank order, so document numbers are ranks; where the writer's memory
//! makes several segments of them, each is a stretch of ranks, told by its first. Lists are walked from the
//! best rank on and the walk stops as soon as enough is found, so nothing is scored and nothing is sorted.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use tantivy::directory::MmapDirectory;
use tantivy::indexer::NoMergePolicy;
use tantivy::postings::SegmentPostings;
use tantivy::schema::{FAST, Field, IndexRecordOption, Schema, TextFieldIndexing, TextOptions};
use tantivy::{
    DocSet, Index, IndexReader, IndexWriter, InvertedIndexReader, ReloadPolicy, TERMINATED, TantivyDocument, Term,
};

use super::Rank;
use super::facet::Facet;
use super::files::{FileSums, POSTINGS, sum_directory};
use crate::listing::is_hanzi;
use crate::text::{SHAPE_CHARS, Shape};
use crate::{Error, Result};

/// Digits of one number term: four are selective enough, and few enough per number.
pub const NUMBER_GRAM_DIGITS: usize = 4;
/// Lists intersected at most, where there are not as many of places: the rarest four leave little for the others to
/// remove.
const LISTS_MAX: usize = 4;
/// What ends the terms of names that are likely to be shortened; all others end in a hanzi.
const LIKELY: char = '+';
/// Bytes of writer memory per listing: about what one name's terms take before they are written.
const WRITER_BYTES_PER_LISTING: usize = 400;
/// Bounds of the writer's memory; tantivy itself asks for at least 15 MB.
const WRITER_BYTES: std::ops::RangeInclusive<usize> = 30_000_000..=1_000_000_000;

/// The fields that are searched by AND.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PostingField {
    /// Single characters and pairs of neighbours of the folded names.
    Name,
    /// The character a caller may begin the official name with and any later one, for short forms: 华工 of 华南理工大学;
    /// of names that are likely to be shortened by terms of their own ([`short_form_term`]).
    ShortForm,
    /// Runs of [`NUMBER_GRAM_DIGITS`] digits of the numbers.
    Number,
    /// The places an address names, and the codes of locality and category ([`facet_term`]).
    Place,
}

/// The term in [`PostingField::Place`] of the listings whose code for `facet` is `code`; no folded text is like it.
pub fn facet_term(facet: Facet, code: u32) -> String {
    let letter = match facet {
        Facet::Category => 'C',
        Facet::AreaCode => 'A',
        Facet::Locality => 'L',
    };
    format!("{letter}{code}")
}

impl PostingField {
    /// Every field.
    const ALL: [PostingField; 4] =
        [PostingField::Name, PostingField::ShortForm, PostingField::Number, PostingField::Place];

    fn name(self) -> &'static str {
        match self {
            PostingField::Name => "name",
            PostingField::ShortForm => "short_form",
            PostingField::Number => "number",
            PostingField::Place => "place",
        }
    }
}

/// The terms of folded `names` in [`PostingField::Name`], in order, without repeats.
pub(super) fn name_terms<'t>(names: impl Iterator<Item = &'t str>) -> BTreeSet<&'t str> {
    let mut terms = BTreeSet::new();
    for text in names {
        let mut last: Option<(usize, usize)> = None;
        for (at, c) in text.char_indices() {
            let end = at + c.len_utf8();
            terms.extend(text.get(at..end));
            terms.extend(last.and_then(|(start, _)| text.get(start..end)));
            last = Some((at, end));
        }
    }
    terms
}

/// The terms in [`PostingField::ShortForm`] of an official name, `spoken` and folded.
pub(super) fn short_form_terms(spoken: &str, shape: Shape) -> BTreeSet<String> {
    let chars: Vec<char> = spoken.chars().take(SHAPE_CHARS).collect();
    let beginnings = shape.shortened(&chars).beginnings;
    let count = spoken.chars().count();
    let mut terms = BTreeSet::new();
    for at in (0..chars.len()).filter(|at| beginnings >> at & 1 == 1) {
        let Some([first, later @ ..]) = chars.get(at..) else { continue };
        let is_likely = shape.is_likely_shortened(count, at);
        let pairs = later.iter().map(|c| [*first, *c]).filter(|pair| pair.iter().all(|c| is_hanzi(*c)));
        terms.extend(pairs.map(|[first, later]| short_form_term(first, later, is_likely)));
    }
    terms
}

/// The term in [`PostingField::ShortForm`] of the names that may be said from `first` on and have `later` behind it:
/// of those that are likely to be shortened, or of all others.
pub fn short_form_term(first: char, later: char, is_likely: bool) -> String {
    [first, later].into_iter().chain(is_likely.then_some(LIKELY)).collect()
}

/// The terms of dialled `numbers` in [`PostingField::Number`], in order, without repeats.
pub(super) fn number_terms<'t>(numbers: impl Iterator<Item = &'t str>) -> BTreeSet<&'t str> {
    let grams = |digits: &'t str| {
        let last = (digits.len() + 1).saturating_sub(NUMBER_GRAM_DIGITS);
        (0..last).filter_map(move |at| digits.get(at..at + NUMBER_GRAM_DIGITS))
    };
    numbers.flat_map(grams).collect()
}

fn schema() -> Schema {
    let mut builder = Schema::builder();
    let indexing = TextFieldIndexing::default()
        .set_tokenizer("whitespace")
        .set_index_option(IndexRecordOption::Basic)
        .set_fieldnorms(false);
    let options = TextOptions::default().set_indexing_options(indexing);
    for field in PostingField::ALL {
        builder.add_text_field(field.name(), options.clone());
    }
    builder.add_u64_field("rank", FAST);
    builder.build()
}

/// The schema's field for every [`PostingField`], in their order.
type Fields = [Field; PostingField::ALL.len()];

fn fields(schema: &Schema) -> Result<Fields> {
    let [name, short_form, number, place] = PostingField::ALL.map(|field| schema.get_field(field.name()));
    Ok([name?, short_form?, number?, place?])
}

/// Writes the posting lists of a part.
pub(super) struct PostingsWriter {
    writer: IndexWriter,
    fields: Fields,
    rank: Field,
    next: Rank,
}

impl PostingsWriter {
    pub(super) fn create(path: &Path, listings: usize) -> Result<PostingsWriter> {
        let directory = path.join(POSTINGS);
        std::fs::create_dir_all(&directory).map_err(|error| Error::file("make the directory", &directory, error))?;
        let schema = schema();
        let (fields, rank) = (fields(&schema)?, schema.get_field("rank")?);
        let index = Index::create_in_dir(&directory, schema)?;
        let budget = (listings * WRITER_BYTES_PER_LISTING).clamp(*WRITER_BYTES.start(), *WRITER_BYTES.end());
        let writer = index.writer_with_num_threads(1, budget)?;
        writer.set_merge_policy(Box::new(NoMergePolicy));
        Ok(PostingsWriter { writer, fields, rank, next: 0 })
    }

    /// Adds the terms, parted by spaces, of the next rank: of every [`PostingField`] in their order.
    pub(super) fn push(&mut self, terms: [&str; PostingField::ALL.len()]) -> Result<()> {
        let mut document = TantivyDocument::new();
        self.fields.iter().zip(terms).for_each(|(field, terms)| document.add_text(*field, terms));
        document.add_u64(self.rank, u64::from(self.next));
        self.next += 1;
        self.writer.add_document(document)?;
        Ok(())
    }

    /// Commits with the ledger seq as payload, and sums the files.
    pub(super) fn finish(mut self, path: &Path, seq: u64) -> Result<FileSums> {
        let mut commit = self.writer.prepare_commit()?;
        commit.set_payload(&seq.to_string());
        commit.commit()?;
        self.writer.wait_merging_threads()?;
        sum_directory(path, POSTINGS)
    }
}

/// The opened posting lists of a part.
pub(super) struct Postings {
    segments: Vec<Segment>,
    fields: Fields,
    /// The ledger seq of the commit.
    seq: u64,
    /// Keeps the segments' files open.
    _reader: IndexReader,
}

/// One segment and the rank of its first document.
struct Segment {
    first: Rank,
    /// In the order of [`PostingField::ALL`].
    lists: [Arc<InvertedIndexReader>; PostingField::ALL.len()],
}

impl Segment {
    #[expect(clippy::indexing_slicing, reason = "there are lists for every PostingField, in their order")]
    fn lists_of(&self, field: PostingField) -> &InvertedIndexReader {
        &self.lists[field as usize]
    }
}

impl Postings {
    pub(super) fn open(path: &Path) -> Result<Postings> {
        let directory = path.join(POSTINGS);
        let damaged = |what: &dyn std::fmt::Display| {
            Error::damaged(format!("{}: {what}; run chahao compact --full", directory.display()))
        };
        let mapped = MmapDirectory::open(&directory).map_err(|error| damaged(&error))?;
        let index = Index::open(mapped).map_err(|error| damaged(&error))?;
        let payload = index.load_metas()?.payload.unwrap_or_default();
        let seq = payload.parse().map_err(|_| damaged(&"its commit names no ledger seq"))?;
        let reader: IndexReader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        let fields = fields(&index.schema())?;
        let mut segments = Vec::new();
        for segment in reader.searcher().segment_readers() {
            let first = segment.fast_fields().u64("rank")?.first(0).unwrap_or(0);
            let [name, short_form, number, place] = fields.map(|field| segment.inverted_index(field));
            segments.push(Segment {
                first: Rank::try_from(first).map_err(|error| damaged(&error))?,
                lists: [name?, short_form?, number?, place?],
            });
        }
        segments.sort_by_key(|segment| segment.first);
        Ok(Postings { segments, fields, seq, _reader: reader })
    }

    pub(super) fn seq(&self) -> u64 {
        self.seq
    }

    /// How many ranks hold `term` in `field`.
    ///
    /// # Errors
    /// Damaged when it cannot be read.
    pub(super) fn count(&self, field: PostingField, term: &str) -> Result<u32> {
        #[expect(clippy::indexing_slicing, reason = "there is a field for every PostingField, in their order")]
        let term = Term::from_field_text(self.fields[field as usize], term);
        let of_segment = |segment: &Segment| {
            let info = segment.lists_of(field).get_term_info(&term).map_err(tantivy::TantivyError::from)?;
            Ok(info.map_or(0, |info| info.doc_freq))
        };
        self.segments.iter().map(of_segment).sum()
    }

    /// The ranks that hold every one of `asked` in its field, best first; none when nothing is asked.
    pub(super) fn all_of<'p, 't>(&'p self, asked: impl Iterator<Item = (PostingField, &'t str)>) -> PostingCursor<'p> {
        #[expect(clippy::indexing_slicing, reason = "there is a field for every PostingField, in their order")]
        let term =
            |(field, text): (PostingField, &str)| (field, Term::from_field_text(self.fields[field as usize], text));
        // What is asked twice is held against itself.
        let mut terms: Vec<(PostingField, Term)> = Vec::new();
        for term in asked.map(term) {
            if !terms.contains(&term) {
                terms.push(term);
            }
        }
        PostingCursor { segments: self.segments.iter(), terms, short: 0, lists: Vec::new(), first: 0, next: TERMINATED }
    }
}

/// Walks an intersection from the best rank on.
pub struct PostingCursor<'p> {
    segments: std::slice::Iter<'p, Segment>,
    terms: Vec<(PostingField, Term)>,
    /// Postings up to which the rarest list is not compared with others of names or numbers.
    short: u32,
    /// The lists of the segment at hand, the rarest first.
    lists: Vec<SegmentPostings>,
    /// The rank of that segment's first document.
    first: Rank,
    /// The document the rarest list stands at.
    next: u32,
}

impl PostingCursor<'_> {
    /// Hands out the ranks of the rarest list as they are where it has no more than `short`, compared with lists of places
    /// alone: for what is cheaper to check than lists are to open. Who asks so checks every rank.
    pub fn unfiltered_up_to(self, short: u32) -> Self {
        PostingCursor { short, ..self }
    }

    /// The next rank that holds every term, as far as the lists that are compared tell; `steps` pays for every posting looked
    /// at, and the walk ends when they are used up.
    ///
    /// # Errors
    /// When a posting list cannot be read.
    pub fn next_rank(&mut self, steps: &mut u64) -> Result<Option<Rank>> {
        loop {
            while self.next == TERMINATED {
                let Some(segment) = self.segments.next() else { return Ok(None) };
                self.enter(segment)?;
            }
            let Some((rarest, others)) = self.lists.split_first_mut() else { return Ok(None) };
            let candidate = self.next;
            let mut ahead = None;
            for list in others {
                if *steps == 0 {
                    return Ok(None);
                }
                *steps -= 1;
                let doc = if list.doc() < candidate { list.seek(candidate) } else { list.doc() };
                if doc != candidate {
                    ahead = Some(doc);
                    break;
                }
            }
            if *steps == 0 {
                return Ok(None);
            }
            *steps -= 1;
            match ahead {
                None => {
                    self.next = rarest.advance();
                    return Ok(Some(self.first + candidate));
                }
                Some(TERMINATED) => self.next = TERMINATED,
                Some(doc) => self.next = rarest.seek(doc),
            }
        }
    }

    /// Opens the lists of `segment`, unless a term is not in it.
    fn enter(&mut self, segment: &Segment) -> Result<()> {
        self.lists.clear();
        self.first = segment.first;
        let mut infos = Vec::with_capacity(self.terms.len());
        for (field, term) in &self.terms {
            let inverted = segment.lists_of(*field);
            match inverted.get_term_info(term).map_err(read_failed)? {
                Some(info) => infos.push((*field, inverted, info)),
                None => return Ok(()),
            }
        }
        infos.sort_by_key(|(_, _, info)| info.doc_freq);
        // What a place leaves out, no look at the name tells.
        let places = infos.iter().filter(|(field, ..)| *field == PostingField::Place).count();
        let mut others = match infos.first() {
            Some((field, _, info)) if info.doc_freq <= self.short => usize::from(*field != PostingField::Place),
            _ => LISTS_MAX.saturating_sub(places),
        };
        for (field, inverted, info) in &infos {
            if *field != PostingField::Place {
                let Some(left) = others.checked_sub(1) else { continue };
                others = left;
            }
            let list = inverted.read_postings_from_terminfo(info, IndexRecordOption::Basic).map_err(read_failed)?;
            self.lists.push(list);
        }
        self.next = self.lists.first().map_or(TERMINATED, DocSet::doc);
        Ok(())
    }
}

fn read_failed(error: std::io::Error) -> Error {
    Error::damaged(format!("a posting list cannot be read ({error}); run chahao compact --full"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Folded, Regions};

    #[test]
    fn a_short_form_is_led_to_from_where_a_caller_begins() {
        let terms = |name: &str| {
            let folded = Folded::new(name);
            let shape = Shape::of(name, &folded, &Regions::of("荔湾区"));
            short_form_terms(folded.text(), shape).into_iter().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(terms("华南理工大学"), "华南+ 华大+ 华学+ 华工+ 华理+");
        assert_eq!(terms("荔湾区妇幼站"), "妇幼+ 妇站+ 荔区 荔妇 荔幼 荔湾 荔站");
        assert_eq!(terms("第九小学"), "九学+ 九小+ 第九+ 第学+ 第小+");
        assert_eq!(terms("华新餐馆"), "华新+ 华餐+ 华馆+");
        assert_eq!(terms("华新发廊"), "华发 华廊 华新", "its like is seldom shortened");
        assert_eq!(terms("K歌王"), "", "nobody types a short form of letters");
        assert_eq!(terms("王"), "");
    }
}
