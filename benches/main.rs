//! Benches by topic, each with a naive rival on the same input in the same run.
//!
//! `cargo bench --bench main`; latency at full size is told by `scripts/bench-scale`.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a bench stops at the first surprise")]

mod corpus;
mod import;
mod lookup;
mod text;

fn main() {
    let mut criterion = criterion::Criterion::default().configure_from_args();
    text::define(&mut criterion);
    lookup::define(&mut criterion);
    import::define(&mut criterion);
    criterion.final_summary();
}
