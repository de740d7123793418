//! What was typed, to what it may be.

use std::hint::black_box;

use chahao::query::Parsed;
use chahao::text::Folded;
use criterion::{Criterion, Throughput};

use crate::corpus::Corpus;

pub fn define(criterion: &mut Criterion, corpus: &Corpus) {
    let typed: Vec<&str> = corpus.questions.iter().map(|question| question.query.as_str()).collect();
    let mut group = criterion.benchmark_group("parse");
    group.throughput(Throughput::Elements(typed.len() as u64));
    group.bench_function("queries of every kind", |b| {
        b.iter(|| typed.iter().map(|typed| size_of_val(&Parsed::new(black_box(typed)))).sum::<usize>())
    });
    // The rival folds only, and knows nothing of letters, digits, words and short forms.
    group.bench_function("queries of every kind/fold only", |b| {
        b.iter(|| typed.iter().map(|typed| Folded::new(black_box(typed)).text().len()).sum::<usize>())
    });
    group.finish();
}
