//! Builds a part from staged listings: one pass over them for everything but the infix keys, one more for those.
//!
//! Names are folded and spelled on all cores, a chunk at a time; tantivy indexes in a thread of its own
//! meanwhile. Infix keys are many times the others and come last, when the rest has been written and freed.

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
use super::prepare::{CodeTexts, Infix, Whole};
use super::record::without_name;
use super::staging::{Ranked, Staged};
use super::{Rank, Tombstones};
use crate::listing::Listing;
use crate::progress::Progress;
use crate::text::{Lexicon, Shape};
use crate::{Error, Result};

/// Listings prepared at a time.
const CHUNK: usize = 16_384;

/// Writes the part made of `staged`, spelled by `lexicon`, into the empty directory `path`, everything synced, the
/// manifest last; returns the manifest's checksum. `tombstones` go with a delta.
///
/// About 70 µs of processor time a listing; memory is the packed listings plus about 200 bytes a listing.
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
    let mut files = build_whole(&ranked, lexicon, path, seq, progress)?;
    files.extend(build_infix(&ranked, lexicon, path, progress)?);
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

/// Everything but the infix keys.
fn build_whole(
    ranked: &Ranked,
    lexicon: &Lexicon,
    path: &Path,
    seq: u64,
    progress: &mut dyn Progress,
) -> Result<FileSums> {
    progress.begin("index names", ranked.len() as u64);
    let [mut name, mut number, mut id, mut parent] = [KeyKind::Name, KeyKind::Number, KeyKind::Id, KeyKind::Parent]
        .map(|kind| KeyBuilder::new(kind, lexicon.further()));
    let mut spelled = CodeBuilder::of_all(lexicon, [CodeKeys::Whole, CodeKeys::Initials]);
    let mut records = BlobsWriter::create(path, RECORDS)?;
    let mut texts = BlobsWriter::create(path, TEXTS)?;
    let mut postings = PostingsWriter::create(path, ranked.len())?;
    let mut shapes: Vec<Shape> = Vec::with_capacity(ranked.len());
    each_chunk(
        ranked,
        progress,
        |listing| Whole::of(&listing, lexicon),
        |rank, whole| {
            let first = whole.texts.split(TEXT_END).next().unwrap_or_default();
            records.push(without_name(ranked.packed(rank), first)?)?;
            texts.push(whole.texts.as_bytes())?;
            shapes.push(whole.shape);
            let place_terms = whole.place_terms + &facet_terms(ranked.facet_codes(rank));
            postings.push([&whole.name_terms, &whole.short_form_terms, &whole.number_terms, &place_terms])?;
            whole.names.into_iter().try_for_each(|(text, starts)| name.add(&text, starts, rank))?;
            CodeBuilder::add_all(&mut spelled, whole.spelled, rank)?;
            whole.numbers.iter().try_for_each(|digits| number.add(digits, [0], rank))?;
            id.add(&whole.id, [0], rank)?;
            whole.parent.map_or(Ok(()), |of| parent.add(&of, [0], rank))
        },
    )?;
    progress.begin("write names", 0);
    let mut files = records.finish()?;
    let (texts, text_starts) = texts.finish_bytes()?;
    let text_bytes = texts.bytes;
    files.push(texts);
    let briefs = shapes.into_iter().zip(text_starts).enumerate();
    // Where they do not fit, `write_briefs` tells.
    let briefs =
        briefs.map(|(rank, (shape, start))| Brief { shape, text_start: start as u32, ..ranked.brief(rank as Rank) });
    files.push(write_briefs(path, briefs, text_bytes)?);
    let mut builders = vec![name, number, id, parent];
    builders.extend(spelled.into_iter().flat_map(|builder| builder.0));
    let (keys, postings) = rayon::join(|| write_keys(builders, path), || postings.finish(path, seq));
    files.extend(keys?);
    files.extend(postings?);
    Ok(files)
}

/// The keys from every later syllable on.
fn build_infix(ranked: &Ranked, lexicon: &Lexicon, path: &Path, progress: &mut dyn Progress) -> Result<FileSums> {
    progress.begin("index syllables", ranked.len() as u64);
    let mut spelled = CodeBuilder::of_all(lexicon, [CodeKeys::Infix, CodeKeys::InitialsInfix]);
    each_chunk(
        ranked,
        progress,
        |listing| Infix::of(&listing, lexicon),
        |rank, infix| CodeBuilder::add_all(&mut spelled, infix.spelled, rank),
    )?;
    progress.begin("write syllables", 0);
    write_keys(spelled.into_iter().flat_map(|builder| builder.0).collect(), path)
}

/// The keys of one reading scheme: of codes, and of initials.
struct CodeBuilder([KeyBuilder; 2]);

impl CodeBuilder {
    /// One for each scheme of `lexicon`, of keys of these kinds.
    fn of_all(lexicon: &Lexicon, keys: [CodeKeys; 2]) -> Vec<CodeBuilder> {
        let builders = |number| keys.map(|keys| KeyBuilder::new(KeyKind::Codes(number, keys), lexicon.further()));
        lexicon.schemes().map(|(number, _)| CodeBuilder(builders(number))).collect()
    }

    /// Adds what a listing is `spelled` by in each scheme to its builder.
    fn add_all(builders: &mut [CodeBuilder], spelled: Vec<CodeTexts>, rank: Rank) -> Result<()> {
        for (CodeBuilder([codes, initials]), texts) in builders.iter_mut().zip(spelled) {
            for (builder, keys) in [(codes, texts.codes), (initials, texts.initials)] {
                keys.into_iter().try_for_each(|(text, starts)| builder.add(&text, starts, rank))?;
            }
        }
        Ok(())
    }
}

/// Prepares listings on all cores, a chunk at a time, and hands them on in rank order.
fn each_chunk<T: Send>(
    ranked: &Ranked,
    progress: &mut dyn Progress,
    prepare: impl Fn(Listing) -> T + Sync,
    mut each: impl FnMut(Rank, T) -> Result<()>,
) -> Result<()> {
    for start in (0..ranked.len()).step_by(CHUNK) {
        let end = (start + CHUNK).min(ranked.len());
        let prepared: Vec<T> = (start..end)
            .into_par_iter()
            .map(|rank| ranked.listing(rank as Rank).map(&prepare))
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
