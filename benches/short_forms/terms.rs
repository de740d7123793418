//! What every candidate of a short form looks like, one a line, for `scripts/learn-weights`.

use std::collections::BTreeMap;
use std::io::{BufWriter, Write};
use std::path::Path;

use chahao::desk::Desk;
use chahao::index::PostingField;
use chahao::query::{ShortForm, Terms};
use chahao::text::{Folded, SHAPE_CHARS, Shape};

use super::OTHER_NAMES;
use super::corpus::Pair;

/// Candidates of one query at most, the most popular first.
const CANDIDATES_MAX: usize = 2_000;

/// Writes them: the query's number and its group (queries that share a target stand in one), how many pairs it stands
/// for, whether the candidate is right, where it holds the query in one piece (0: nowhere, else what that is worth),
/// whether it holds it so behind what callers do not say, its popularity as a logarithm, its terms, its name cut into
/// words by |, the places between which its core lies, and those of the query's characters. A query none of whose
/// targets is a candidate has a line too.
pub fn write(desk: &Desk, pairs: &[Pair], out: &Path) {
    let mut out = BufWriter::new(std::fs::File::create(out).expect("a file to write"));
    writeln!(
        out,
        "query\tgroup\tpairs\tright\tpiece\tbegun_later\tlog_popularity\t{}\twords\tcore\tplaces",
        Terms::NAMES.join("\t")
    )
    .unwrap();
    let mut targets: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for pair in pairs.iter().filter(|pair| !OTHER_NAMES.contains(&pair.kind.as_str())) {
        targets.entry(&pair.query).or_default().push(&pair.target);
    }
    let groups = groups(&targets);
    let generation = desk.generation().unwrap();
    let part = generation.base();
    for (number, (query, names)) in targets.iter().enumerate() {
        let head = format!("{number}\t{}\t{}", groups[number], names.len());
        let folded = Folded::new(query);
        let mut lines = 0;
        if let Some(short_form) = ShortForm::new(folded.text()) {
            let names: Vec<String> = names.iter().map(|name| name.trim().to_owned()).collect();
            let characters: Vec<String> = short_form.chars().iter().map(char::to_string).collect();
            let mut cursor = part.all_of(PostingField::Name, characters.iter().map(String::as_str));
            while let Some(rank) = cursor.next_rank(&mut 1_000_000_000).unwrap() {
                let (name, shape) = part.spoken_name(rank);
                let Some(alignment) = short_form.align(name, shape) else { continue };
                let right = names.contains(&part.listing(rank).unwrap().name);
                if lines >= CANDIDATES_MAX && !right {
                    continue;
                }
                lines += 1;
                let piece = match () {
                    () if !alignment.is_contiguous => 0.0,
                    () if alignment.places().next() == Some(0) => 3.7,
                    () if alignment.terms.name_start == 1.0 => 3.3,
                    () => 2.0,
                };
                let begun_later = u8::from(alignment.is_contiguous && alignment.is_begun_later);
                let terms = alignment.terms.values().map(|value| value.to_string()).join("\t");
                let popularity = (1.0 + part.popularity(rank)).log10();
                let (words, places) = (words(name, shape), join(alignment.places()));
                let core = join([shape.core_start(), shape.core_end()].into_iter());
                writeln!(
                    out,
                    "{head}\t{}\t{piece}\t{begun_later}\t{popularity}\t{terms}\t{words}\t{core}\t{places}",
                    u8::from(right)
                )
                .unwrap();
            }
        }
        if lines == 0 {
            writeln!(
                out,
                "{head}\t0\t0\t0\t0\t{}\t\t\t",
                [0.0; Terms::NAMES.len()].map(|zero: f32| zero.to_string()).join("\t")
            )
            .unwrap();
        }
    }
    out.flush().unwrap();
}

/// A name's words, parted by |.
fn words(name: &str, shape: Shape) -> String {
    let mut words = String::new();
    for (at, c) in name.chars().enumerate() {
        if at > 0 && at < SHAPE_CHARS && shape.word_starts() >> at & 1 == 1 {
            words.push('|');
        }
        words.push(c);
    }
    words
}

fn join(places: impl Iterator<Item = usize>) -> String {
    places.map(|place| place.to_string()).collect::<Vec<_>>().join(",")
}

/// The group of every query: those that share a target, directly or through others, are in one.
fn groups(targets: &BTreeMap<&str, Vec<&str>>) -> Vec<usize> {
    let mut group: Vec<usize> = (0..targets.len()).collect();
    let mut first: BTreeMap<&str, usize> = BTreeMap::new();
    for (number, names) in targets.values().enumerate() {
        for name in names {
            let other = *first.entry(name).or_insert(number);
            let (from, to) = (group[number], group[other]);
            group.iter_mut().filter(|group| **group == from).for_each(|group| *group = to);
        }
    }
    group
}
