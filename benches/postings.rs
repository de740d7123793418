//! Posting lists: the best names that hold every term, against lists merged to their end.

use std::collections::BTreeMap;
use std::hint::black_box;

use chahao::index::{Part, PostingField, Rank};
use criterion::Criterion;

use crate::corpus::Corpus;

/// Hits read off.
const TOP: usize = 10;

/// Terms that are asked together: rare ones, frequent ones, frequent ones that rarely meet.
const CASES: [(&str, &[&str]); 4] = [
    ("one frequent character", &["店"]),
    ("two frequent characters", &["有", "司"]),
    ("neighbours", &["有限", "限公", "公司"]),
    ("characters that rarely meet", &["学", "店", "司"]),
];

pub fn define(criterion: &mut Criterion, corpus: &Corpus) {
    let generation = corpus.desk.generation().unwrap();
    let part = generation.base();
    let lists = lists(part);
    let mut group = criterion.benchmark_group("postings");
    for (name, terms) in CASES {
        group.bench_function(name, |b| b.iter(|| best(part, black_box(terms))));
        group.bench_function(format!("{name}/whole lists"), |b| b.iter(|| best_of_lists(&lists, black_box(terms))));
    }
    group.finish();
}

fn best(part: &Part, terms: &[&str]) -> u64 {
    let mut cursor = part.all_of(PostingField::Name, terms.iter().copied());
    let mut steps = u64::MAX;
    let mut sum = 0;
    for _ in 0..TOP {
        match cursor.next_rank(&mut steps).unwrap() {
            Some(rank) => sum += u64::from(rank),
            None => break,
        }
    }
    sum
}

/// The rival's lists: the ranks of every character and every pair of neighbours.
fn lists(part: &Part) -> BTreeMap<String, Vec<Rank>> {
    let mut lists: BTreeMap<String, Vec<Rank>> = BTreeMap::new();
    for rank in 0..part.len() as Rank {
        for text in part.texts(rank) {
            let chars: Vec<char> = text.chars().collect();
            for term in chars.windows(1).chain(chars.windows(2)) {
                let list = lists.entry(term.iter().collect()).or_default();
                if list.last() != Some(&rank) {
                    list.push(rank);
                }
            }
        }
    }
    lists
}

/// The rival keeps of the first list what all others hold, to the end.
fn best_of_lists(lists: &BTreeMap<String, Vec<Rank>>, terms: &[&str]) -> u64 {
    let mut asked = terms.iter().map(|term| lists.get(*term).map_or([].as_slice(), Vec::as_slice));
    let mut found = asked.next().unwrap_or_default().to_vec();
    for list in asked {
        found.retain(|rank| list.binary_search(rank).is_ok());
    }
    found.iter().take(TOP).map(|&rank| u64::from(rank)).sum()
}
