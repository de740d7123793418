//! The worst cases we know of: queries that match nearly everything, nearly nothing, or much that hardly ever meets.
//!
//! Made of the characters and places of the listings at hand, so that they are as bad for these as can be; the same
//! listings give the same battery.

use std::collections::{BTreeMap, BTreeSet};

use chahao::listing::{Listing, is_hanzi};
use chahao::query::{QUERY_CHARS_MAX, Query};
use chahao::text::{Folded, Readings, place_names};
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg64Mcg;

/// Frequent hanzi that are asked one by one.
const SINGLE_HANZI: usize = 300;
/// Frequent hanzi that pairs and fours are drawn from.
const FREQUENT_HANZI: usize = 200;
/// Words of each sort that qualifiers are drawn from, the most frequent.
const WORDS: usize = 60;

/// One set of the battery: what it is, and its queries.
pub type Set = (&'static str, Vec<String>);

/// What the battery is made of.
struct Material {
    /// Hanzi of the names, the most frequent first.
    hanzi: Vec<char>,
    /// Characters that stand together in some name of the sample.
    met: BTreeSet<(char, char)>,
    /// Syllables of the names.
    syllables: Vec<&'static str>,
    /// Folded names.
    names: Vec<String>,
    /// Districts, categories and places of addresses, the most frequent of each.
    qualifiers: Vec<String>,
    localities: Vec<String>,
    random: Pcg64Mcg,
}

/// Every set, with about `count` queries where the set is drawn at random.
pub fn battery(listings: &[Listing], count: usize) -> Vec<Set> {
    let mut material = Material::of(listings);
    let mut sets = vec![
        ("one and two letters", one_and_two_letters()),
        ("one frequent hanzi", material.hanzi.iter().take(SINGLE_HANZI).map(char::to_string).collect()),
        ("two frequent hanzi that rarely meet", material.drawn(count, |m| m.strangers(2))),
        ("four frequent hanzi that rarely meet", material.drawn(count, |m| m.strangers(4))),
        ("64 characters: one repeated", material.one_repeated()),
        ("64 characters: a region repeated", material.regions_repeated()),
        ("64 characters: names joined", material.drawn(count, Material::joined_names)),
        ("64 characters: random letters", material.drawn(count, |m| m.letters(QUERY_CHARS_MAX))),
        ("random syllables", material.drawn(count, Material::random_syllables)),
        ("random initials", material.drawn(count, Material::random_initials)),
        ("syllables and initials", material.drawn(count, Material::mixture)),
        ("hanzi and letters", material.drawn(count, Material::hanzi_and_letters)),
        ("nested qualifiers", material.drawn(count, |m| m.nested(" "))),
        ("nested qualifiers, joined", material.drawn(count, |m| m.nested(""))),
        ("random Unicode", material.drawn(count, Material::unicode)),
        ("digits of all lengths", material.drawn(count, Material::digits)),
        ("random initials, apart", material.drawn(count, Material::initials_apart)),
        ("frequent hanzi and initials, apart", material.drawn(count, Material::hanzi_and_initials_apart)),
        ("many short words", material.drawn(count, Material::short_words)),
    ];
    for (_, queries) in &mut sets {
        queries.retain(|query| Query::new(query).is_ok());
    }
    sets
}

fn one_and_two_letters() -> Vec<String> {
    let one = ('a'..='z').map(|a| a.to_string());
    one.chain(('a'..='z').flat_map(|a| ('a'..='z').map(move |b| format!("{a}{b}")))).collect()
}

/// `text` over and over until it is as long as a query may be.
fn filled(text: &str) -> String {
    text.chars().cycle().take(QUERY_CHARS_MAX).collect()
}

/// The `count` most frequent of `all`.
fn most_frequent<T: Ord>(all: impl Iterator<Item = T>, count: usize) -> Vec<T> {
    let mut counts = BTreeMap::new();
    all.for_each(|one| *counts.entry(one).or_insert(0) += 1);
    let mut counts: Vec<(T, i32)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| -count);
    counts.into_iter().take(count).map(|(one, _)| one).collect()
}

impl Material {
    fn of(listings: &[Listing]) -> Material {
        let folded: Vec<Folded> = listings.iter().map(|listing| Folded::new(&listing.name)).collect();
        let readings = folded.iter().flat_map(Readings::of);
        let syllables: BTreeSet<&'static str> = readings.filter_map(|r| r.as_slice().first().copied()).collect();
        let names: Vec<String> = folded.iter().map(|name| name.text().to_owned()).collect();
        let hanzi = most_frequent(names.iter().flat_map(|name| name.chars()).filter(|&c| is_hanzi(c)), SINGLE_HANZI);
        let pairs = |name: &String| name.chars().zip(name.chars().skip(1)).collect::<Vec<_>>();
        let words = |of: fn(&Listing) -> Vec<&str>| {
            let words = listings.iter().flat_map(of).filter(|word| !word.is_empty());
            most_frequent(words, WORDS).into_iter().map(str::to_owned).collect::<Vec<_>>()
        };
        let localities = words(|listing| vec![&listing.locality]);
        let categories = words(|listing| vec![&listing.category]);
        let places = words(|listing| place_names(&listing.address).into_iter().collect());
        Material {
            met: names.iter().flat_map(pairs).collect(),
            hanzi,
            syllables: syllables.into_iter().collect(),
            names,
            qualifiers: [localities.clone(), categories, places].concat(),
            localities,
            random: Pcg64Mcg::seed_from_u64(114),
        }
    }

    /// `count` different queries of `draw`; fewer where there are not so many.
    fn drawn(&mut self, count: usize, draw: impl Fn(&mut Material) -> String) -> Vec<String> {
        let mut queries = BTreeSet::new();
        for _ in 0..count * 2 {
            if queries.len() < count {
                queries.insert(draw(self));
            }
        }
        queries.into_iter().collect()
    }

    fn pick<T: Clone>(&mut self, of: fn(&Material) -> &[T]) -> T {
        let at = self.random.random_range(0..of(self).len());
        of(self)[at].clone()
    }

    fn frequent(&mut self) -> char {
        let frequent = self.hanzi.len().min(FREQUENT_HANZI);
        self.hanzi[self.random.random_range(0..frequent)]
    }

    /// Frequent hanzi, no two neighbours of which stand together in a name of the sample.
    fn strangers(&mut self, count: usize) -> String {
        let mut chars = vec![self.frequent()];
        // Where all of them meet, any will do.
        for _ in 0..200 {
            let next = self.frequent();
            if chars.len() < count && chars.last().is_some_and(|&last| !self.met.contains(&(last, next))) {
                chars.push(next);
            }
        }
        while chars.len() < count {
            chars.push(self.frequent());
        }
        chars.into_iter().collect()
    }

    fn one_repeated(&self) -> Vec<String> {
        let singles = self.hanzi.iter().take(FREQUENT_HANZI).copied().chain('a'..='z').chain('0'..='9');
        singles.map(|c| filled(&c.to_string())).collect()
    }

    fn regions_repeated(&self) -> Vec<String> {
        let regions = ["广州市", "广东省", "广州", "中国"].map(str::to_owned);
        let regions = regions.into_iter().chain(self.localities.iter().cloned());
        regions
            .flat_map(|region| [filled(&region), filled(&format!("广州市{region}")), filled(&format!("{region} "))])
            .collect()
    }

    fn joined_names(&mut self) -> String {
        let mut joined = String::new();
        while joined.chars().count() < QUERY_CHARS_MAX {
            joined.push_str(&self.pick(|m| &m.names));
            joined.push('x');
        }
        filled(&joined)
    }

    fn letters(&mut self, count: usize) -> String {
        (0..count).map(|_| self.random.random_range('a'..='z')).collect()
    }

    fn random_syllables(&mut self) -> String {
        let count = self.random.random_range(2..=12);
        (0..count).map(|_| self.pick(|m| &m.syllables)).flat_map(str::chars).take(QUERY_CHARS_MAX).collect()
    }

    /// Initials as they are in names: the first letters of random syllables.
    fn initials(&mut self, count: usize) -> String {
        (0..count).map(|_| self.pick(|m| &m.syllables)).filter_map(|syllable| syllable.chars().next()).collect()
    }

    fn random_initials(&mut self) -> String {
        let count = self.random.random_range(2..=12);
        self.initials(count)
    }

    /// Two words of two to four initials each.
    fn initials_apart(&mut self) -> String {
        let counts = [self.random.random_range(2..=4), self.random.random_range(2..=4)];
        counts.map(|count| self.initials(count)).join(" ")
    }

    /// The two neighbours of a name that are the most frequent, and two to four initials.
    fn hanzi_and_initials_apart(&mut self) -> String {
        let name: Vec<char> = self.pick(|m| &m.names).chars().collect();
        let neighbours = name.windows(2).max_by_key(|two| two.iter().filter(|c| self.hanzi.contains(c)).count());
        let hanzi: String = neighbours.unwrap_or(&name).iter().collect();
        let count = self.random.random_range(2..=4);
        format!("{hanzi} {}", self.initials(count))
    }

    /// Words of one to three letters each, as many as a query holds.
    fn short_words(&mut self) -> String {
        let mut typed = String::new();
        while typed.len() + 4 <= QUERY_CHARS_MAX {
            let count = self.random.random_range(1..=3);
            typed += &self.letters(count);
            typed.push(' ');
        }
        typed.trim_end().to_owned()
    }

    /// Syllables of which some are typed by their initial, some half.
    fn mixture(&mut self) -> String {
        let count = self.random.random_range(2..=8);
        let mut typed = String::new();
        for _ in 0..count {
            let syllable = self.pick(|m| &m.syllables);
            let keys =
                [1, syllable.len(), self.random.random_range(1..=syllable.len())][self.random.random_range(0..3)];
            typed.push_str(&syllable[..keys]);
        }
        typed
    }

    fn hanzi_and_letters(&mut self) -> String {
        let count = self.random.random_range(2..=4);
        let one = |material: &mut Material| match material.random.random_range(0..3) {
            0 => material.frequent().to_string(),
            1 => material.mixture(),
            _ => format!(" {}", material.random_initials()),
        };
        let mixed: String = (0..count).map(|_| one(self)).collect();
        mixed.trim().chars().take(QUERY_CHARS_MAX).collect()
    }

    /// Two to four qualifiers around a frequent character, a part of a name or its letters.
    fn nested(&mut self, between: &str) -> String {
        let count = self.random.random_range(2..=4);
        let mut words: Vec<String> = (0..count).map(|_| self.pick(|m| &m.qualifiers)).collect();
        let name = match self.random.random_range(0..4) {
            0 => self.frequent().to_string(),
            1 => self.strangers(2),
            2 => self.random_initials(),
            _ => self.pick(|m| &m.names),
        };
        words.insert(self.random.random_range(0..=count), name);
        words.join(between).chars().take(QUERY_CHARS_MAX).collect()
    }

    fn unicode(&mut self) -> String {
        let count = self.random.random_range(1..=QUERY_CHARS_MAX);
        (0..count).map(|_| self.random.random_range('\u{0}'..=char::MAX)).collect()
    }

    /// Random digits, or the beginning of numbers of the city, at any length.
    fn digits(&mut self) -> String {
        let count = self.random.random_range(1..=QUERY_CHARS_MAX);
        let random = (0..count).map(|_| char::from(b'0' + self.random.random_range(0..10))).collect::<String>();
        match self.random.random_range(0..3) {
            0 => format!("020{random}").chars().take(count).collect(),
            1 => format!("8{}", random.chars().take(7).collect::<String>()),
            _ => random,
        }
    }
}
