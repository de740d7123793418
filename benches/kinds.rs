//! Lookups by every kind of query that evaluation makes, against the two rivals.

use std::hint::black_box;
use std::time::Duration;

use chahao::evaluate::kind_names;
use chahao::query::Query;
use criterion::Criterion;

use crate::corpus::Corpus;
use crate::rivals::{Grams, Trigrams, texts};

pub fn define(criterion: &mut Criterion, corpus: &Corpus) {
    let texts = texts(corpus.desk.generation().unwrap().base());
    let (grams, trigrams) = (Grams::new(&texts), Trigrams::new(&texts));
    // That they find a name of theirs shows that they work.
    let name = &corpus.listings.first().unwrap().name;
    assert!(grams.ask(name) > 0 && trigrams.ask(name) > 0, "a rival does not find {name}");
    let mut group = criterion.benchmark_group("kinds");
    group.sample_size(20).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    for kind in kind_names() {
        let typed = corpus.typed(kind);
        if typed.is_empty() {
            continue;
        }
        let mut bench = |rival: &str, ask: &dyn Fn(&str) -> usize| {
            group.bench_function(format!("{kind}{rival}"), |b| {
                let mut turn = typed.iter().cycle();
                b.iter(|| turn.next().map(|typed| ask(black_box(typed))))
            });
        };
        bench("", &|typed| corpus.desk.lookup(&Query::new(typed).unwrap()).unwrap().hits.len());
        bench("/tantivy, grams and BM25", &|typed| grams.ask(typed));
        bench("/SQLite, trigrams", &|typed| trigrams.ask(typed));
    }
    group.finish();
}
