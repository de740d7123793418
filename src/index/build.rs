//! Builds a part from staged listings: one pass over them for everything but the infix keys, one more for those.
//!
//! Names are folded and spelled on all cores, a chunk at a time; tantivy indexes in a thread of its own
//! meanwhile. Infix keys are many times the others and come last, when the rest has been written and freed.

use std::path::Path;

use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::blobs::BlobsWriter;
use super::files::{
    FACETS, FileSums, INDEX_FORMAT, Manifest, POPULARITY, RECORDS, TEXTS, TOMBSTONES, write_file, write_manifest,
};
use super::keys::{KeyBuilder, KeyKind};
use super::mapped::bytes_of;
use super::part::TEXT_END;
use super::postings::{PostingsWriter, terms_of};
use super::staging::{Ranked, Staged};
use super::{PostingField, Rank, Tombstones};
use crate::listing::Listing;
use crate::progress::Progress;
use crate::text::{Folded, Regions, Spelling, numeral_variants, spellings};
use crate::{Error, Result};

/// Listings prepared at a time.
const CHUNK: usize = 16_384;
/// Ways to read one name that are indexed whole, and from every syllable on.
const SPELLINGS_MAX: usize = 4;
const INFIX_SPELLINGS_MAX: usize = 2;
/// Characters from the end of a name at which no infix key starts any more.
const INFIX_UNITS_MIN: usize = 2;

/// Writes the part made of `staged` into the empty directory `path`, everything synced, the manifest last;
/// returns the manifest's checksum. `tombstones` go with a delta.
///
/// About 70 µs of processor time a listing; memory is the packed listings plus about 200 bytes a listing.
///
/// # Errors
/// When a file cannot be written.
pub fn build_part(
    staged: Staged,
    path: &Path,
    seq: u64,
    tombstones: Option<&Tombstones>,
    progress: &mut dyn Progress,
) -> Result<u32> {
    let ranked = staged.into_ranked();
    let mut files = build_whole(&ranked, path, seq, progress)?;
    files.extend(build_infix(&ranked, path, progress)?);
    files.push(write_file(path, POPULARITY, bytes_of(&ranked.popularity()))?);
    let facets = postcard::to_stdvec(ranked.facets())
        .map_err(|error| Error::internal(format!("facets could not be packed: {error}")))?;
    files.push(write_file(path, FACETS, &facets)?);
    if let Some(tombstones) = tombstones {
        files.push(write_file(path, TOMBSTONES, bytes_of(tombstones.words()))?);
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    write_manifest(path, &Manifest { format: INDEX_FORMAT, seq, listings: ranked.len() as u64, files })
}

/// One name or alias in all its forms.
struct Names {
    /// Folded, with and without numerals rewritten.
    forms: Vec<Form>,
}

/// One folded text of a listing and where in it a caller may start.
struct Form {
    folded: Folded,
    /// Units at which the name may start: 0, and behind every region in front.
    starts: Vec<usize>,
}

impl Names {
    fn of(listing: &Listing) -> Names {
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
        Names { forms }
    }
}

/// Everything of one listing that goes into files, made on any core.
struct Prepared {
    texts: String,
    name_terms: String,
    number_terms: String,
    names: Vec<(String, Vec<usize>)>,
    pinyin: Vec<(String, Vec<usize>)>,
    initials: Vec<(String, Vec<usize>)>,
    numbers: Vec<String>,
    id: String,
    parent: Option<String>,
}

impl Prepared {
    fn of(listing: &Listing) -> Prepared {
        let names = Names::of(listing);
        let texts: Vec<&str> = names.forms.iter().map(|form| form.folded.text()).collect();
        let name_terms = terms_of(PostingField::Name, texts.iter().copied());
        let mut numbers: Vec<String> = Vec::new();
        for phone in &listing.phones {
            for number in phone.dialled(&listing.area_code) {
                if !numbers.contains(&number) {
                    numbers.push(number);
                }
            }
        }
        let number_terms = terms_of(PostingField::Number, numbers.iter().map(String::as_str));
        let mut prepared = Prepared {
            texts: texts.join(TEXT_END.encode_utf8(&mut [0; 4])),
            name_terms: join(name_terms),
            number_terms: join(number_terms),
            names: Vec::new(),
            pinyin: Vec::new(),
            initials: Vec::new(),
            numbers,
            id: listing.id.as_str().to_owned(),
            parent: listing.parent.as_ref().map(|parent| parent.as_str().to_owned()),
        };
        names.forms.iter().for_each(|form| prepared.add_form(form));
        prepared
    }

    fn add_form(&mut self, form: &Form) {
        let text = form.folded.text();
        let byte = |unit: usize| text.char_indices().nth(unit).map_or(text.len(), |(at, _)| at);
        self.names.push((text.to_owned(), form.starts.iter().map(|&start| byte(start)).collect()));
        for spelling in spellings(&form.folded, SPELLINGS_MAX) {
            let Spelling { letters, initials, letter_starts, initial_starts } = spelling;
            add_new(&mut self.pinyin, letters, &letter_starts, &form.starts);
            add_new(&mut self.initials, initials, &initial_starts, &form.starts);
        }
    }
}

/// Adds a text and the offsets of `units` in it; a text that is there already gets the offsets it lacks.
///
/// Two names may be spelled alike and still start their syllables at different letters: 先饭店 and 西安饭店.
fn add_new(keys: &mut Vec<(String, Vec<usize>)>, text: String, offsets: &[u32], units: &[usize]) {
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

fn join(terms: std::collections::BTreeSet<&str>) -> String {
    let mut joined = String::with_capacity(terms.len() * 8);
    for term in terms {
        joined.push_str(term);
        joined.push(' ');
    }
    joined
}

/// Everything but the infix keys.
fn build_whole(ranked: &Ranked, path: &Path, seq: u64, progress: &mut dyn Progress) -> Result<FileSums> {
    use KeyKind::{Id, Initials, Name, Number, Parent, Pinyin};
    progress.begin("index names", ranked.len() as u64);
    let [mut name, mut pinyin, mut initials, mut number, mut id, mut parent] =
        [Name, Pinyin, Initials, Number, Id, Parent].map(KeyBuilder::new);
    let mut records = BlobsWriter::create(path, RECORDS)?;
    let mut texts = BlobsWriter::create(path, TEXTS)?;
    let mut postings = PostingsWriter::create(path, ranked.len())?;
    each_chunk(
        ranked,
        progress,
        |listing| Prepared::of(&listing),
        |rank, prepared| {
            records.push(ranked.packed(rank))?;
            texts.push(prepared.texts.as_bytes())?;
            postings.push(&prepared.name_terms, &prepared.number_terms)?;
            for (builder, keys) in
                [(&mut name, prepared.names), (&mut pinyin, prepared.pinyin), (&mut initials, prepared.initials)]
            {
                keys.into_iter().try_for_each(|(text, starts)| builder.add(&text, starts, rank))?;
            }
            prepared.numbers.iter().try_for_each(|digits| number.add(digits, [0], rank))?;
            id.add(&prepared.id, [0], rank)?;
            prepared.parent.map_or(Ok(()), |of| parent.add(&of, [0], rank))
        },
    )?;
    progress.begin("write names", 0);
    let mut files = records.finish()?;
    files.extend(texts.finish()?);
    let builders = vec![name, pinyin, initials, number, id, parent];
    let (keys, postings) = rayon::join(|| write_keys(builders, path), || postings.finish(path, seq));
    files.extend(keys?);
    files.extend(postings?);
    Ok(files)
}

/// The keys from every later syllable on.
fn build_infix(ranked: &Ranked, path: &Path, progress: &mut dyn Progress) -> Result<FileSums> {
    progress.begin("index syllables", ranked.len() as u64);
    let mut pinyin = KeyBuilder::new(KeyKind::PinyinInfix);
    let mut initials = KeyBuilder::new(KeyKind::InitialsInfix);
    let infixes = |listing: Listing| {
        let (mut letters, mut first_letters) = (Vec::new(), Vec::new());
        for Form { folded, starts } in Names::of(&listing).forms {
            let last = folded.units().len().saturating_sub(INFIX_UNITS_MIN);
            let later: Vec<usize> = folded
                .units()
                .iter()
                .enumerate()
                .skip(1)
                .filter(|(unit, _)| *unit <= last)
                .filter(|(unit, at)| at.starts_word && !starts.contains(unit))
                .map(|(unit, _)| unit)
                .collect();
            for spelling in spellings(&folded, INFIX_SPELLINGS_MAX) {
                add_new(&mut letters, spelling.letters, &spelling.letter_starts, &later);
                add_new(&mut first_letters, spelling.initials, &spelling.initial_starts, &later);
            }
        }
        (letters, first_letters)
    };
    each_chunk(ranked, progress, infixes, |rank, (letters, first_letters)| {
        letters.into_iter().try_for_each(|(text, starts)| pinyin.add(&text, starts, rank))?;
        first_letters.into_iter().try_for_each(|(text, starts)| initials.add(&text, starts, rank))
    })?;
    progress.begin("write syllables", 0);
    write_keys(vec![pinyin, initials], path)
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

fn write_keys(builders: Vec<KeyBuilder>, path: &Path) -> Result<FileSums> {
    let sums: Vec<FileSums> = builders.into_par_iter().map(|builder| builder.write(path)).collect::<Result<_>>()?;
    Ok(sums.into_iter().flatten().collect())
}
