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
use super::files::{FileSums, POSTINGS, sum_directory};
use crate::{Error, Result};

/// Digits of one number term: four are selective enough, and few enough per number.
pub const NUMBER_GRAM_DIGITS: usize = 4;
/// Lists intersected at most: the rarest four leave little for the others to remove.
const LISTS_MAX: usize = 4;
/// Bytes of writer memory per listing: about what one name's terms take before they are written.
const WRITER_BYTES_PER_LISTING: usize = 400;
/// Bounds of the writer's memory; tantivy itself asks for at least 15 MB.
const WRITER_BYTES: std::ops::RangeInclusive<usize> = 30_000_000..=1_000_000_000;

/// The fields that are searched by AND.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PostingField {
    /// Single characters and pairs of neighbours of the folded names.
    Name,
    /// Runs of [`NUMBER_GRAM_DIGITS`] digits of the numbers.
    Number,
}

impl PostingField {
    fn name(self) -> &'static str {
        match self {
            PostingField::Name => "name",
            PostingField::Number => "number",
        }
    }
}

/// The terms of a text in `field`, in order, without repeats.
pub(super) fn terms_of<'t>(field: PostingField, texts: impl Iterator<Item = &'t str>) -> BTreeSet<&'t str> {
    let mut terms = BTreeSet::new();
    for text in texts {
        match field {
            PostingField::Name => {
                let mut last: Option<(usize, usize)> = None;
                for (at, c) in text.char_indices() {
                    let end = at + c.len_utf8();
                    terms.extend(text.get(at..end));
                    terms.extend(last.and_then(|(start, _)| text.get(start..end)));
                    last = Some((at, end));
                }
            }
            PostingField::Number => {
                let last = (text.len() + 1).saturating_sub(NUMBER_GRAM_DIGITS);
                terms.extend((0..last).filter_map(|at| text.get(at..at + NUMBER_GRAM_DIGITS)));
            }
        }
    }
    terms
}

fn schema() -> Schema {
    let mut builder = Schema::builder();
    let indexing = TextFieldIndexing::default()
        .set_tokenizer("whitespace")
        .set_index_option(IndexRecordOption::Basic)
        .set_fieldnorms(false);
    let options = TextOptions::default().set_indexing_options(indexing);
    builder.add_text_field(PostingField::Name.name(), options.clone());
    builder.add_text_field(PostingField::Number.name(), options);
    builder.add_u64_field("rank", FAST);
    builder.build()
}

/// Writes the posting lists of a part.
pub(super) struct PostingsWriter {
    writer: IndexWriter,
    name: Field,
    number: Field,
    rank: Field,
    next: Rank,
}

impl PostingsWriter {
    pub(super) fn create(path: &Path, listings: usize) -> Result<PostingsWriter> {
        let directory = path.join(POSTINGS);
        std::fs::create_dir_all(&directory).map_err(|error| Error::file("make the directory", &directory, error))?;
        let schema = schema();
        let field = |name: &str| schema.get_field(name);
        let (name, number, rank) = (field("name")?, field("number")?, field("rank")?);
        let index = Index::create_in_dir(&directory, schema)?;
        let budget = (listings * WRITER_BYTES_PER_LISTING).clamp(*WRITER_BYTES.start(), *WRITER_BYTES.end());
        let writer = index.writer_with_num_threads(1, budget)?;
        writer.set_merge_policy(Box::new(NoMergePolicy));
        Ok(PostingsWriter { writer, name, number, rank, next: 0 })
    }

    /// Adds the terms, parted by spaces, of the next rank.
    pub(super) fn push(&mut self, name_terms: &str, number_terms: &str) -> Result<()> {
        let mut document = TantivyDocument::new();
        document.add_text(self.name, name_terms);
        document.add_text(self.number, number_terms);
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
    name: Field,
    number: Field,
    /// The ledger seq of the commit.
    seq: u64,
    /// Keeps the segments' files open.
    _reader: IndexReader,
}

/// One segment and the rank of its first document.
struct Segment {
    first: Rank,
    name: Arc<InvertedIndexReader>,
    number: Arc<InvertedIndexReader>,
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
        let schema = index.schema();
        let (name, number) = (schema.get_field("name")?, schema.get_field("number")?);
        let mut segments = Vec::new();
        for segment in reader.searcher().segment_readers() {
            let first = segment.fast_fields().u64("rank")?.first(0).unwrap_or(0);
            segments.push(Segment {
                first: Rank::try_from(first).map_err(|error| damaged(&error))?,
                name: segment.inverted_index(name)?,
                number: segment.inverted_index(number)?,
            });
        }
        segments.sort_by_key(|segment| segment.first);
        Ok(Postings { segments, name, number, seq, _reader: reader })
    }

    pub(super) fn seq(&self) -> u64 {
        self.seq
    }

    /// How many ranks hold `term`; 0 where it cannot be read.
    pub(super) fn count(&self, field: PostingField, term: &str) -> u32 {
        let of = if field == PostingField::Name { self.name } else { self.number };
        let term = Term::from_field_text(of, term);
        let of_segment = |segment: &Segment| {
            let inverted = if field == PostingField::Name { &segment.name } else { &segment.number };
            inverted.get_term_info(&term).ok().flatten().map_or(0, |info| info.doc_freq)
        };
        self.segments.iter().map(of_segment).sum()
    }

    /// The ranks that hold every one of `terms`, best first.
    pub(super) fn all_of<'p, 't>(
        &'p self,
        field: PostingField,
        terms: impl Iterator<Item = &'t str>,
    ) -> PostingCursor<'p> {
        let of = if field == PostingField::Name { self.name } else { self.number };
        let terms = terms.map(|term| Term::from_field_text(of, term)).collect();
        PostingCursor { segments: self.segments.iter(), field, terms, lists: Vec::new(), first: 0, next: TERMINATED }
    }
}

/// Walks an intersection from the best rank on.
pub struct PostingCursor<'p> {
    segments: std::slice::Iter<'p, Segment>,
    field: PostingField,
    terms: Vec<Term>,
    /// The lists of the segment at hand, the rarest first.
    lists: Vec<SegmentPostings>,
    /// The rank of that segment's first document.
    first: Rank,
    /// The document the rarest list stands at.
    next: u32,
}

impl PostingCursor<'_> {
    /// The next rank that holds every term; `steps` pays for every posting looked at, and the walk ends when
    /// they are used up.
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
        let inverted = if self.field == PostingField::Name { &segment.name } else { &segment.number };
        self.lists.clear();
        self.first = segment.first;
        let mut infos = Vec::with_capacity(self.terms.len());
        for term in &self.terms {
            match inverted.get_term_info(term).map_err(read_failed)? {
                Some(info) => infos.push(info),
                None => return Ok(()),
            }
        }
        infos.sort_by_key(|info| info.doc_freq);
        for info in infos.iter().take(LISTS_MAX) {
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
