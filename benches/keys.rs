//! The key index: whole keys, prefixes and the best of them, against a sorted list.

use std::hint::black_box;

use chahao::index::{CodeKeys, KeyIndex, KeyKind, Part, Rank};
use chahao::text::{Folded, Lexicon, SchemeNumber, spellings};
use criterion::{BenchmarkGroup, Criterion, measurement::WallTime};

use crate::corpus::Corpus;

/// Hits read off.
const TOP: usize = 10;

pub fn define(criterion: &mut Criterion, corpus: &Corpus) {
    let generation = corpus.desk.generation().unwrap();
    let part = generation.base();
    let mut group = criterion.benchmark_group("keys");
    let name = |text: &str| text.to_owned();
    bench(&mut group, part, KeyKind::Name, "name", &name, 2);
    let letters = |text: &str| spelled(text).map_or_else(String::new, |(letters, _)| letters);
    bench(&mut group, part, KeyKind::Codes(SchemeNumber::PINYIN, CodeKeys::Whole), "pinyin", &letters, 3);
    let initials = |text: &str| spelled(text).map_or_else(String::new, |(_, initials)| initials);
    bench(&mut group, part, KeyKind::Codes(SchemeNumber::PINYIN, CodeKeys::Initials), "initials", &initials, 1);
    group.finish();
}

/// Letters and initials of folded text.
fn spelled(text: &str) -> Option<(String, String)> {
    let spellings = spellings(Lexicon::built_in().pinyin(), &Folded::new(text), 1);
    spellings.into_iter().next().map(|spelling| (spelling.letters, spelling.initials))
}

/// Whole keys and their first `chars` characters, in the index of `kind` and in a sorted list of the same keys.
fn bench(
    group: &mut BenchmarkGroup<'_, WallTime>,
    part: &Part,
    kind: KeyKind,
    label: &str,
    key_of: &dyn Fn(&str) -> String,
    chars: usize,
) {
    let keys = part.keys(kind);
    let official = |rank: Rank| part.texts(rank).next().map(key_of).filter(|key| !key.is_empty());
    let mut sorted: Vec<(String, Rank)> =
        (0..part.len() as Rank).filter_map(|rank| Some((official(rank)?, rank))).collect();
    sorted.sort_unstable();
    let whole: Vec<&str> = sorted.iter().step_by(37).map(|(key, _)| key.as_str()).collect();
    let prefixes: Vec<String> = whole.iter().map(|key| key.chars().take(chars).collect()).collect();
    group.bench_function(format!("{label}/exact"), |b| {
        let mut turn = whole.iter().cycle();
        b.iter(|| turn.next().map(|key| keys.exact(black_box(key.as_bytes()))))
    });
    group.bench_function(format!("{label}/prefix"), |b| {
        let mut turn = prefixes.iter().cycle();
        b.iter(|| turn.next().map(|key| keys.prefix(black_box(key.as_bytes()))))
    });
    group.bench_function(format!("{label}/prefix, best ten"), |b| {
        let mut turn = prefixes.iter().cycle();
        b.iter(|| turn.next().map(|key| best(keys, black_box(key))))
    });
    group.bench_function(format!("{label}/prefix, best ten/sorted list"), |b| {
        let mut turn = prefixes.iter().cycle();
        b.iter(|| turn.next().map(|key| best_of_list(&sorted, black_box(key))))
    });
}

fn best(keys: &KeyIndex, prefix: &str) -> u64 {
    keys.top(keys.prefix(prefix.as_bytes())).take(TOP).map(u64::from).sum()
}

/// The rival finds the stretch by bisection, and must then sort all of it.
fn best_of_list(sorted: &[(String, Rank)], prefix: &str) -> u64 {
    let from = sorted.partition_point(|(key, _)| key.as_str() < prefix);
    let stretch = sorted.iter().skip(from).take_while(|(key, _)| key.starts_with(prefix));
    let mut ranks: Vec<Rank> = stretch.map(|(_, rank)| *rank).collect();
    ranks.sort_unstable();
    ranks.iter().take(TOP).map(|&rank| u64::from(rank)).sum()
}
