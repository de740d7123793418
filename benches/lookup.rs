//! Lookups by kind, against looking at every name.

use std::hint::black_box;

use chahao::desk::Desk;
use chahao::query::{MatchKind, Query};
use chahao::text::{Folded, Lexicon, Spelling, spellings};
use criterion::Criterion;

use crate::corpus::Corpus;

/// A listing as the rival keeps it: everything folded and spelled beforehand.
struct Scanned {
    text: String,
    spelled: Vec<Spelling>,
    popularity: f32,
}

pub fn define(criterion: &mut Criterion, corpus: &Corpus) {
    let scanned: Vec<Scanned> = corpus
        .listings
        .iter()
        .map(|listing| {
            let folded = Folded::new(&listing.name);
            Scanned {
                spelled: spellings(Lexicon::built_in().pinyin(), &folded, 4),
                text: folded.text().to_owned(),
                popularity: listing.popularity,
            }
        })
        .collect();
    let cases = [
        ("exact", "岭南医科大学附属第一医院"),
        ("prefix", "广州"),
        ("infix", "科技"),
        ("one character", "店"),
        ("pinyin", "guangzhoushi"),
        ("initials", "gzs"),
        ("one letter", "g"),
        ("number", "0208"),
        ("nothing", "白公限白公限"),
    ];
    let mut group = criterion.benchmark_group("lookup");
    for (name, typed) in cases {
        group.bench_function(name, |b| b.iter(|| ask(&corpus.desk, black_box(typed))));
        if name != "number" {
            group.bench_function(format!("{name}/every name"), |b| b.iter(|| scan(&scanned, black_box(typed))));
        }
    }
    group.finish();
}

fn ask(desk: &Desk, typed: &str) -> usize {
    let query = Query::new(typed).unwrap().modes(MatchKind::ALL.to_vec());
    desk.lookup(&query).unwrap().hits.len()
}

/// The ten most popular listings that match, by looking at all of them.
fn scan(listings: &[Scanned], typed: &str) -> usize {
    let matches = |listing: &&Scanned| {
        listing.text.contains(typed)
            || listing.spelled.iter().any(|s| s.letters.contains(typed) || s.initials.contains(typed))
    };
    let mut found: Vec<f32> = listings.iter().filter(matches).map(|listing| listing.popularity).collect();
    found.sort_unstable_by(|a, b| b.total_cmp(a));
    found.truncate(10);
    found.len()
}
