//! The listings short forms are looked for among.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use chahao::desk::{Desk, ImportOptions};
use chahao::ledger::Limits;
use chahao::listing::{AliasKind, Listing, is_hanzi};
use chahao::progress::Silent;
use chahao::text::word_starts;
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

/// Beginnings of real names that are asked.
const BEGINNINGS: usize = 500;

/// A short form and the name it stands for.
#[derive(Debug, Clone)]
pub struct Pair {
    pub query: String,
    pub target: String,
    pub kind: String,
}

/// Everything that is asked, and what it is asked of.
pub struct Corpus {
    listings: PathBuf,
    pub pairs: Vec<Pair>,
    /// Names that are added, each with its locality and the share of listings that are less popular.
    added: Vec<(String, String, f64)>,
    /// Beginnings of real names, each with its name.
    pub beginnings: Vec<(String, String)>,
    /// Whole names.
    pub whole: Vec<String>,
    /// Frequent characters put together at random.
    pub frequent: Vec<String>,
}

impl Corpus {
    pub fn read(listings: &Path, pairs: Option<&Path>, others: Option<&Path>, twins: usize) -> Corpus {
        let mut random = Pcg64Mcg::seed_from_u64(114);
        let pairs = match pairs {
            Some(file) => rows(file, &["query", "target", "kind"])
                .map(|[query, target, kind]: [String; 3]| Pair { query, target, kind })
                .collect(),
            None => short_aliases(listings),
        };
        let targets: BTreeSet<&str> = pairs.iter().map(|pair| pair.target.as_str()).collect();
        let mut added: Vec<(String, String, f64)> = Vec::new();
        for target in &targets {
            added.push((target.to_string(), String::new(), random.random_range(0.8..1.0)));
        }
        let names: Vec<&str> = targets.iter().copied().collect();
        let twins = (0..twins).map(|at| twin(&names, at, &mut random));
        added.extend(
            twins.collect::<Vec<_>>().into_iter().map(|name| (name, String::new(), random.random_range(0.0..1.0))),
        );
        let others: Vec<[String; 2]> = others.map_or_else(Vec::new, |file| rows(file, &["name", "locality"]).collect());
        added.extend(
            others.iter().map(|[name, locality]| (name.clone(), locality.clone(), random.random_range(0.0..1.0))),
        );
        let pool: Vec<&str> =
            if others.is_empty() { names } else { others.iter().map(|[name, _]| name.as_str()).collect() };
        let mut beginnings = Vec::new();
        while beginnings.len() < BEGINNINGS {
            let chars: Vec<char> = pool[random.random_range(0..pool.len())].trim().chars().collect();
            if chars.len() > 2 {
                let typed = random.random_range(2..=chars.len().min(7) - 1);
                beginnings.push((chars[..typed].iter().collect(), chars.iter().collect()));
            }
        }
        let whole = (0..BEGINNINGS).map(|_| pool[random.random_range(0..pool.len())].trim().to_owned()).collect();
        let common: Vec<char> =
            "中国人民大学广州市第一医院有限公司天河区海珠工商业行银路东西南北新华街道".chars().collect();
        let mut frequent =
            |_| (0..random.random_range(2..=4)).map(|_| common[random.random_range(0..common.len())]).collect();
        let frequent = (0..2_000).map(&mut frequent).collect();
        Corpus { listings: listings.to_owned(), pairs, added, beginnings, whole, frequent }
    }

    /// A desk with all of it in `work`; what is there already is used again.
    pub fn desk(&self, work: &Path) -> Desk {
        let desk = Desk::new(&work.join("ledger.db"), &work.join("index"));
        if work.join("index").join("CURRENT").exists() && desk.refresh().is_ok() {
            return desk;
        }
        let file = work.join("listings.ndjson");
        self.write(&file);
        let limits = Limits { force: true, ..Limits::default() };
        desk.import(&file, &ImportOptions { limits, ..ImportOptions::default() }, &mut Silent).expect("an import");
        desk.compact(false, &mut Silent).expect("a compaction");
        std::fs::remove_file(&file).unwrap();
        desk
    }

    fn write(&self, file: &Path) {
        let mut out = BufWriter::new(std::fs::File::create(file).expect("a work folder"));
        let mut popularities = Vec::new();
        for line in BufReader::new(std::fs::File::open(&self.listings).expect("the listings")).lines() {
            let line = line.unwrap();
            let row: serde_json::Value = serde_json::from_str(&line).expect("NDJSON");
            popularities.push(row["popularity"].as_f64().unwrap_or(0.0));
            writeln!(out, "{line}").unwrap();
        }
        popularities.sort_by(f64::total_cmp);
        for (at, (name, locality, share)) in self.added.iter().enumerate() {
            let popularity = popularities[(popularities.len() as f64 * share) as usize];
            let row = serde_json::json!({"op": "add", "id": format!("ADDED-{at}"), "name": name.trim(),
                "locality": locality, "popularity": popularity});
            writeln!(out, "{row}").unwrap();
        }
        out.flush().unwrap();
    }
}

/// Some columns of a CSV file.
fn rows<const N: usize>(file: &Path, columns: &[&str; N]) -> impl Iterator<Item = [String; N]> {
    let mut reader = csv::Reader::from_path(file).expect("a CSV file");
    let header = reader.headers().expect("a header").clone();
    let places = columns.map(|column| header.iter().position(|name| name == column).expect("a column"));
    reader.into_records().map(move |row| {
        let row = row.expect("a row");
        places.map(|place| row[place].to_owned())
    })
}

/// The short aliases of the listings: names that say themselves how they are shortened.
fn short_aliases(listings: &Path) -> Vec<Pair> {
    let lines = BufReader::new(std::fs::File::open(listings).expect("the listings")).lines();
    let listings = lines.filter_map(|line| serde_json::from_str::<Listing>(&line.unwrap()).ok());
    let pairs = listings.flat_map(|listing| {
        let short = listing.aliases.into_iter().filter(|alias| alias.kind == AliasKind::Short);
        let target = listing.name;
        short.map(move |alias| Pair { query: alias.text, target: target.clone(), kind: "alias".to_owned() })
    });
    pairs.take(200).collect()
}

/// A target with one or two of its words from another target.
fn twin(names: &[&str], at: usize, random: &mut Pcg64Mcg) -> String {
    let mut own = words(names[at % names.len()]);
    for _ in 0..random.random_range(1..=2) {
        let other = words(names[random.random_range(0..names.len())]);
        let place = random.random_range(0..own.len());
        own[place] = other[random.random_range(0..other.len())].clone();
    }
    own.concat()
}

fn words(name: &str) -> Vec<String> {
    let chars: Vec<char> = name.chars().collect();
    let mut words: Vec<String> = Vec::new();
    for (&c, starts) in chars.iter().zip(word_starts(&chars)) {
        match words.last_mut() {
            Some(word) if !starts && is_hanzi(c) => word.push(c),
            _ => words.push(c.to_string()),
        }
    }
    words
}
