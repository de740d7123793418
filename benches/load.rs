//! Opening a published generation, against reading the listings it was made of.

use chahao::index::{Generation, Layout};
use chahao::listing::Listing;
use chahao::text::Folded;
use criterion::Criterion;

use crate::corpus::Corpus;

pub fn define(criterion: &mut Criterion, corpus: &Corpus) {
    let layout = Layout::new(corpus.desk.index_path());
    let rows: Vec<String> = corpus.listings.iter().map(|listing| serde_json::to_string(listing).unwrap()).collect();
    let mut group = criterion.benchmark_group("load");
    group.sample_size(10);
    // Checksums of every file included.
    group.bench_function("open a generation", |b| {
        b.iter(|| Generation::open(&layout, None).unwrap().expect("a published generation").len())
    });
    // The rival has no files to open: it reads and folds the listings, and has no keys yet.
    group.bench_function("open a generation/read and fold listings", |b| {
        let folded = |row: &String| Folded::new(&serde_json::from_str::<Listing>(row).unwrap().name).text().len();
        b.iter(|| rows.iter().map(folded).sum::<usize>())
    });
    group.finish();
}
