//! Words of a name apart, in letters, on a desk where so many names hold each of them that not all can be looked at.

use std::fmt::Write as _;

use chahao::desk::Desk;
use chahao::progress::Silent;
use chahao::query::{MatchKind, Query};

use crate::desk_in_a_folder::Folder;

/// Characters of which brands are made, and how each is begun.
const FIRST: [(&str, &str); 10] = [
    ("金", "j"),
    ("东", "d"),
    ("南", "n"),
    ("西", "x"),
    ("北", "b"),
    ("悦", "y"),
    ("翠", "c"),
    ("凯", "k"),
    ("名", "m"),
    ("安", "a"),
];
const SECOND: [(&str, &str); 10] = [
    ("海", "h"),
    ("湖", "h"),
    ("山", "s"),
    ("江", "j"),
    ("园", "y"),
    ("庭", "t"),
    ("泉", "q"),
    ("丽", "l"),
    ("华", "h"),
    ("都", "d"),
];
/// The same of places.
const PLACE_FIRST: [(&str, &str); 9] = [
    ("天河", "th"),
    ("花果", "hg"),
    ("体育", "ty"),
    ("番禺", "py"),
    ("白云", "by"),
    ("越秀", "yx"),
    ("荔湾", "lw"),
    ("石牌", "sp"),
    ("沙面", "sm"),
];
const PLACE_SECOND: [(&str, &str); 7] =
    [("城", "c"), ("村", "c"), ("桥", "q"), ("路", "l"), ("街", "j"), ("门", "m"), ("湾", "w")];

/// A hotel's name in its words, and these in letters.
struct Hotel {
    id: String,
    name: [String; 3],
    letters: [String; 3],
    popularity: usize,
}

impl Hotel {
    fn row(&self) -> String {
        let [brand, trade, place] = &self.name;
        let name = format!("{brand}{trade}({place}店)");
        serde_json::json!({"op": "add", "id": self.id, "name": name, "popularity": self.popularity}).to_string()
    }

    /// Whether `word` is one of the name's words, in hanzi or in letters.
    fn has(&self, word: &str) -> bool {
        self.name.iter().chain(&self.letters).any(|own| own == word)
    }
}

/// 6,300 hotels, every brand in every place, no two asked for equally often.
fn hotels() -> Vec<Hotel> {
    let of =
        |one: &(&str, &str), other: &(&str, &str)| (format!("{}{}", one.0, other.0), format!("{}{}", one.1, other.1));
    let brands = FIRST.iter().flat_map(|one| SECOND.iter().map(move |other| of(one, other)));
    let places: Vec<(String, String)> =
        PLACE_FIRST.iter().flat_map(|one| PLACE_SECOND.iter().map(move |other| of(one, other))).collect();
    let both = brands.flat_map(|brand| places.iter().cloned().map(move |place| (brand.clone(), place)));
    let count = FIRST.len() * SECOND.len() * places.len();
    both.enumerate()
        .map(|(number, (brand, place))| Hotel {
            id: format!("H{number}"),
            name: [brand.0, "酒店".to_owned(), place.0],
            letters: [brand.1, "jd".to_owned(), place.1],
            // A prime that does not divide their number: every popularity once.
            popularity: number * 2_741 % count + 1,
        })
        .collect()
}

fn rows<'h>(hotels: impl Iterator<Item = &'h Hotel>) -> String {
    hotels.fold(String::new(), |mut rows, hotel| {
        writeln!(rows, "{}", hotel.row()).expect("a string grows");
        rows
    })
}

/// The best known that have all of `words`.
fn best_known<'h>(hotels: &'h [Hotel], words: &[String], most: usize) -> Vec<&'h str> {
    let mut all: Vec<&Hotel> = hotels.iter().filter(|hotel| words.iter().all(|word| hotel.has(word))).collect();
    all.sort_by_key(|hotel| std::cmp::Reverse(hotel.popularity));
    all.iter().take(most).map(|hotel| hotel.id.as_str()).collect()
}

/// 天河桥 for 天河q; what is all hanzi or all letters as it is.
fn in_full(word: &str) -> String {
    let (hanzi, letter) = word.split_at(word.find(|c: char| c.is_ascii()).unwrap_or(word.len()));
    let last = PLACE_SECOND.iter().find(|(_, initial)| !hanzi.is_empty() && *initial == letter);
    last.map_or(word.to_owned(), |(last, _)| format!("{hanzi}{last}"))
}

fn check(desk: &Desk, hotels: &[Hotel], told: &str) {
    let mut failed = Vec::new();
    // Hanzi that stand in all names; letters that stand in all; two frequent words; three.
    for query in [
        "酒店 thc",
        "酒店 hgq",
        "thc 酒店",
        "酒店 jh",
        "酒店 smw",
        "jd thc",
        "jh thc",
        "thc jh",
        "kq spj",
        "ah bym",
        "mt pyl",
        "金海 thc",
        "ch 花果桥",
        "kq jd spj",
        "东湖 jd lwm",
        // Hanzi that go on in letters.
        "天河q jd",
        "花果l 酒店",
        "酒店 石牌m",
    ] {
        let words: Vec<String> = query.split(' ').map(in_full).collect();
        let expected = best_known(hotels, &words, 3);
        assert!(!expected.is_empty(), "{query}");
        // As an operator asks: one page, for the fuel of one query.
        for modes in [&MatchKind::ALL[..], &[MatchKind::Word]] {
            let asked = Query::new(query).unwrap().modes(modes.to_vec());
            let found: Vec<String> = desk.lookup(&asked).unwrap().hits.iter().map(|hit| hit.id.to_string()).collect();
            if !expected.iter().all(|id| found.iter().any(|known| known == id)) {
                failed.push(format!("{query} by {}: {found:?} and not {expected:?}", modes.len()));
            }
        }
    }
    assert!(failed.is_empty(), "{told}: {}", failed.join("\n"));
}

#[test]
fn the_best_known_of_many_that_hold_all_words_are_found_in_one_part_and_in_two() {
    let hotels = hotels();
    let folder = Folder::new();
    let desk = folder.load(&rows(hotels.iter().step_by(2)));
    folder.import(&desk, &rows(hotels.iter().skip(1).step_by(2)));
    desk.compact(false, &mut Silent).expect("compaction");
    check(&desk, &hotels, "base and delta");
    desk.compact(true, &mut Silent).expect("compaction");
    check(&desk, &hotels, "base alone");
}
