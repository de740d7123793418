//! Builds a part from staged listings in one pass over them.
//!
//! Names are folded and spelled on all cores, a chunk at a time; tantivy indexes in a thread of its own
//! meanwhile. Keys wait packed, and are sorted and written on all cores: those from later syllables on are many times
//! the others and come last, when the rest has been written and freed.

use std::path::Path;

use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::blobs::BlobsWriter;
use super::brief::{Brief, write_briefs};
use super::facet::{Facet, FacetCodes, FacetsWriter};
use super::files::{
    FileSums, INDEX_FORMAT, LEXICON, Manifest, RECORDS, SHARED, TEXTS, TOMBSTONES, write_file, write_manifest,
};
use super::keys::{CodeKeys, KeyBuilder, KeyKind};
use super::mapped::bytes_of;
use super::part::TEXT_END;
use super::postings::{PostingsWriter, facet_term};
use super::prepare::{CodeTexts, Prepared};
use super::record::without_name;
use super::spelled_places::PlacesWriter;
use super::staging::{Ranked, Staged};
use super::{Rank, Tombstones};
use crate::progress::Progress;
use crate::text::{Lexicon, SchemeNumber, Schemes, Shape};
use crate::{Error, Result};

/// Listings prepared at a time.
const CHUNK: usize = 16_384;

/// Writes the part made of `staged`, spelled by `lexicon`, into the empty directory `path`, everything synced, the
/// manifest last; returns the manifest's checksum. `tombstones` go with a delta.
///
/// About 80 µs of processor time a listing; memory is the packed listings plus about 450 bytes a listing.
///
/// # Errors
/// When a file cannot be written.
pub fn build_part(
    staged: Staged,
    lexicon: &Lexicon,
    path: &Path,
    seq: u64,
    tombstones: Option<&Tombstones>,
    progress: &mut dyn Progress,
) -> Result<u32> {
    let ranked = staged.into_ranked();
    let mut files = write_listings(&ranked, lexicon, path, seq, progress)?;
    files.extend(write_shared(&ranked, path)?);
    files.extend(write_facets(&ranked, path)?);
    let entries = serde_json::to_vec(lexicon.entries())
        .map_err(|error| Error::internal(format!("the lexicon could not be written: {error}")))?;
    files.push(write_file(path, LEXICON, &entries)?);
    if let Some(tombstones) = tombstones {
        files.push(write_file(path, TOMBSTONES, bytes_of(tombstones.words()))?);
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    let schemes = lexicon.further().names().map(str::to_owned).collect();
    write_manifest(path, &Manifest { format: INDEX_FORMAT, seq, listings: ranked.len() as u64, schemes, files })
}

/// Everything that is made of the listings one by one.
fn write_listings(
    ranked: &Ranked,
    lexicon: &Lexicon,
    path: &Path,
    seq: u64,
    progress: &mut dyn Progress,
) -> Result<FileSums> {
    progress.begin("index names", ranked.len() as u64);
    let [mut name, mut number, mut id, mut parent] = [KeyKind::Name, KeyKind::Number, KeyKind::Id, KeyKind::Parent]
        .map(|kind| KeyBuilder::new(kind, lexicon.further()));
    let mut spelled: Vec<CodeBuilder> =
        lexicon.schemes().map(|(number, _)| CodeBuilder::new(number, lexicon.further())).collect();
    let mut records = BlobsWriter::create(path, RECORDS)?;
    let mut texts = BlobsWriter::create(path, TEXTS)?;
    let mut postings = PostingsWriter::create(path, ranked.len())?;
    let mut shapes: Vec<Shape> = Vec::with_capacity(ranked.len());
    let mut places = PlacesWriter::default();
    each_prepared(ranked, lexicon, progress, |rank, prepared| {
        let first = prepared.texts.split(TEXT_END).next().unwrap_or_default();
        records.push(without_name(ranked.packed(rank), first)?)?;
        texts.push(prepared.texts.as_bytes())?;
        shapes.push(prepared.shape);
        places.add(&prepared.place_terms);
        let place_terms = prepared.place_terms + &facet_terms(ranked.facet_codes(rank));
        postings.push([&prepared.name_terms, &prepared.short_form_terms, &prepared.number_terms, &place_terms])?;
        prepared.names.into_iter().try_for_each(|(text, starts)| name.add(&text, starts, rank))?;
        spelled.iter_mut().zip(prepared.spelled).try_for_each(|(builder, texts)| builder.add(texts, rank))?;
        prepared.numbers.iter().try_for_each(|digits| number.add(digits, [0], rank))?;
        id.add(&prepared.id, [0], rank)?;
        prepared.parent.map_or(Ok(()), |of| parent.add(&of, [0], rank))
    })?;
    progress.begin("write names", 0);
    let mut files = records.finish()?;
    files.push(places.finish(path, lexicon)?);
    let (texts, text_starts) = texts.finish_bytes()?;
    let text_bytes = texts.bytes;
    files.push(texts);
    let briefs = shapes.into_iter().zip(text_starts).enumerate();
    // Where they do not fit, `write_briefs` tells.
    let briefs =
        briefs.map(|(rank, (shape, start))| Brief { shape, text_start: start as u32, ..ranked.brief(rank as Rank) });
    files.push(write_briefs(path, briefs, text_bytes)?);
    let mut builders = vec![name, number, id, parent];
    let mut infix = Vec::new();
    for CodeBuilder { codes, initials, infix: later, initials_infix } in spelled {
        builders.extend([codes, initials]);
        infix.extend([later, initials_infix]);
    }
    let (keys, postings) = rayon::join(|| write_keys(builders, path), || postings.finish(path, seq));
    files.extend(keys?);
    files.extend(postings?);
    progress.begin("write syllables", 0);
    files.extend(write_keys(infix, path)?);
    Ok(files)
}

/// The keys of one reading scheme.
struct CodeBuilder {
    codes: KeyBuilder,
    initials: KeyBuilder,
    infix: KeyBuilder,
    initials_infix: KeyBuilder,
}

impl CodeBuilder {
    /// For the scheme `number` of pinyin and `further`.
    fn new(number: SchemeNumber, further: &Schemes) -> CodeBuilder {
        let of = |keys| KeyBuilder::new(KeyKind::Codes(number, keys), further);
        CodeBuilder {
            codes: of(CodeKeys::Whole),
            initials: of(CodeKeys::Initials),
            infix: of(CodeKeys::Infix),
            initials_infix: of(CodeKeys::InitialsInfix),
        }
    }

    /// Adds what the listing of `rank` is spelled by.
    fn add(&mut self, texts: CodeTexts, rank: Rank) -> Result<()> {
        for (builder, texts) in [
            (&mut self.codes, texts.codes),
            (&mut self.initials, texts.initials),
            (&mut self.infix, texts.infix),
            (&mut self.initials_infix, texts.initials_infix),
        ] {
            texts.into_iter().try_for_each(|(text, starts)| builder.add(&text, starts, rank))?;
        }
        Ok(())
    }
}

/// Prepares listings on all cores, a chunk at a time, and hands them on in rank order.
fn each_prepared(
    ranked: &Ranked,
    lexicon: &Lexicon,
    progress: &mut dyn Progress,
    mut each: impl FnMut(Rank, Prepared) -> Result<()>,
) -> Result<()> {
    for start in (0..ranked.len()).step_by(CHUNK) {
        let end = (start + CHUNK).min(ranked.len());
        let prepared: Vec<Prepared> = (start..end)
            .into_par_iter()
            .map(|rank| ranked.listing(rank as Rank).map(|listing| Prepared::of(&listing, lexicon)))
            .collect::<Result<_>>()?;
        for (offset, prepared) in prepared.into_iter().enumerate() {
            each((start + offset) as Rank, prepared)?;
        }
        progress.reached(end as u64);
    }
    Ok(())
}

/// The terms of what a listing is and where; the area code is shared by all of a city and narrows nothing.
fn facet_terms([category, _, locality]: FacetCodes) -> String {
    format!("{} {}", facet_term(Facet::Category, category), facet_term(Facet::Locality, locality))
}

fn write_shared(ranked: &Ranked, path: &Path) -> Result<FileSums> {
    let mut shared = BlobsWriter::create(path, SHARED)?;
    ranked.shared().iter().try_for_each(|text| shared.push(text.as_bytes()))?;
    shared.finish()
}

fn write_facets(ranked: &Ranked, path: &Path) -> Result<FileSums> {
    let mut facets = FacetsWriter::default();
    (0..ranked.len()).for_each(|rank| facets.push(ranked.facet_codes(rank as Rank)));
    facets.finish(path, ranked.facet_values())
}

fn write_keys(builders: Vec<KeyBuilder>, path: &Path) -> Result<FileSums> {
    let sums: Vec<FileSums> = builders.into_par_iter().map(|builder| builder.write(path)).collect::<Result<_>>()?;
    Ok(sums.into_iter().flatten().collect())
}
