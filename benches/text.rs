//! Folding and spelling names.

use std::hint::black_box;

use chahao::text::{Folded, Lexicon, spellings};
use criterion::{Criterion, Throughput};
use pinyin::ToPinyin;

use crate::corpus;

pub fn define(criterion: &mut Criterion) {
    let names: Vec<String> = corpus::listings(1_000).into_iter().map(|listing| listing.name).collect();
    let mut group = criterion.benchmark_group("text");
    group.throughput(Throughput::Elements(names.len() as u64));
    group.bench_function("fold", |b| {
        b.iter(|| names.iter().map(|name| Folded::new(black_box(name)).units().len()).sum::<usize>())
    });
    // The rival leaves traditional characters, width and punctuation as they are.
    group.bench_function("fold/lowercase only", |b| {
        b.iter(|| names.iter().map(|name| black_box(name).to_lowercase().len()).sum::<usize>())
    });
    let folded: Vec<Folded> = names.iter().map(|name| Folded::new(name)).collect();
    let scheme = Lexicon::built_in().pinyin();
    group.bench_function("spell", |b| {
        b.iter(|| folded.iter().map(|name| spellings(scheme, black_box(name), 4).len()).sum::<usize>())
    });
    // The rival reads character by character and knows one reading of each.
    group.bench_function("spell/pinyin crate only", |b| {
        b.iter(|| {
            let letters = |name: &Folded| {
                name.text().to_pinyin().flatten().map(|reading| reading.plain()).collect::<String>().len()
            };
            folded.iter().map(|name| letters(black_box(name))).sum::<usize>()
        })
    });
    group.finish();
}
