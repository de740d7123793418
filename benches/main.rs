//! Benches by layer, each with a naive rival on the same input in the same run.
//!
//! `cargo bench --bench main`; latency at full size is told by `scripts/bench-scale`.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a bench stops at the first surprise")]

mod corpus;
mod import;
mod keys;
mod kinds;
mod load;
mod lookup;
mod parse;
mod postings;
mod rivals;
mod text;

fn main() {
    let mut criterion = criterion::Criterion::default().configure_from_args();
    text::define(&mut criterion);
    let corpus = corpus::Corpus::new(std::env::args().any(|argument| argument == "--bench"));
    parse::define(&mut criterion, &corpus);
    keys::define(&mut criterion, &corpus);
    postings::define(&mut criterion, &corpus);
    lookup::define(&mut criterion, &corpus);
    kinds::define(&mut criterion, &corpus);
    load::define(&mut criterion, &corpus);
    import::define(&mut criterion);
    criterion.final_summary();
}
