//! Rows into the ledger, and the ledger into an index.

use chahao::desk::{Desk, ImportOptions};
use chahao::progress::Silent;
use criterion::{BatchSize, Criterion, Throughput};

use crate::corpus;

/// Rows of the batch.
const ROWS: u64 = 5_000;

pub fn define(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("batch.ndjson");
    std::fs::write(&file, corpus::batch(ROWS)).unwrap();
    let mut group = criterion.benchmark_group("batch");
    group.throughput(Throughput::Elements(ROWS)).sample_size(10);
    let empty_desk = || {
        let folder = tempfile::tempdir().expect("a temporary folder");
        (Desk::new(&folder.path().join("ledger.db"), &folder.path().join("index")), folder)
    };
    group.bench_function("import", |b| {
        b.iter_batched(
            empty_desk,
            |(desk, folder)| (desk.import(&file, &ImportOptions::default(), &mut Silent).unwrap().0.seq, desk, folder),
            BatchSize::PerIteration,
        )
    });
    group.bench_function("compact", |b| {
        b.iter_batched(
            || {
                let (desk, folder) = empty_desk();
                desk.import(&file, &ImportOptions::default(), &mut Silent).unwrap();
                (desk, folder)
            },
            |(desk, folder)| (desk.compact(true, &mut Silent).unwrap().base, desk, folder),
            BatchSize::PerIteration,
        )
    });
    group.finish();
}
