//! A desk of Cantonese speakers types Jyutping, an operator has a telephone keypad: a scheme is registered once, and
//! names are found by it as they are by pinyin.

use std::collections::HashMap;

use chahao::compactor::Built;
use chahao::desk::Desk;
use chahao::progress::Silent;
use chahao::query::{Hit, LIMIT_MAX, MatchKind, Query};
use chahao::text::{
    ConfusablePair, Confusables, Folded, FuzzySounds, Hearing, ReadingScheme, Readings, Schemes, SoundPlace, Syllable,
    spellings, syllables_from,
};

use crate::desk_in_a_folder::{Folder, add, generated, ids_by};

/// Characters and how Cantonese speakers read them, the likeliest first.
const CANTONESE: [(char, &[Syllable]); 25] = [
    ('广', &["gwong"]),
    ('州', &["zau"]),
    ('酒', &["zau"]),
    ('家', &["gaa"]),
    ('楼', &["lau"]),
    ('中', &["zung"]),
    ('山', &["saan"]),
    ('大', &["daai"]),
    ('学', &["hok"]),
    ('南', &["naam"]),
    ('方', &["fong"]),
    ('银', &["ngan"]),
    ('行', &["hang", "hong"]),
    ('牛', &["ngau"]),
    ('奶', &["naai"]),
    ('记', &["gei"]),
    ('北', &["bak"]),
    ('园', &["jyun"]),
    ('医', &["ji"]),
    ('院', &["jyun"]),
    ('市', &["si"]),
    ('第', &["dai"]),
    ('一', &["jat"]),
    ('粤', &["jyut"]),
    ('剧', &["kek"]),
];

/// Jyutping without tones, of a few characters and one word.
#[derive(Debug)]
struct Jyutping(Hearing);

impl Jyutping {
    fn new() -> Jyutping {
        let codes = CANTONESE
            .iter()
            .flat_map(|(_, codes)| codes.iter().copied())
            .chain(["laam", "laai", "gong", "au"])
            .collect();
        let pairs = [("n", "l"), ("gw", "g"), ("ng", "")];
        let pairs = pairs.map(|(one, other)| ConfusablePair::of_scheme(one, other, SoundPlace::Initial));
        Jyutping(Hearing::new(codes, Confusables::of_pairs(pairs), |code| {
            let vowel = code.find(['a', 'e', 'i', 'o', 'u']).unwrap_or(0);
            // The y of yu belongs to the vowel.
            &code[..if code.as_bytes().get(vowel.wrapping_sub(1)) == Some(&b'y') { vowel - 1 } else { vowel }]
        }))
    }
}

impl ReadingScheme for Jyutping {
    fn name(&self) -> &'static str {
        "jyutping"
    }

    fn may_be_typed(&self, typed: &str) -> bool {
        typed.bytes().any(|letter| letter.is_ascii_alphabetic())
    }

    fn each_reading(&self, name: &Folded, each: &mut dyn FnMut(&[Readings])) {
        let read = |c: char| CANTONESE.iter().find(|(known, _)| *known == c).map_or(&[][..], |(_, codes)| codes);
        let mut readings: Vec<Readings> =
            name.units().iter().map(|unit| read(unit.c).iter().copied().collect()).collect();
        for (at, two) in name.units().windows(2).enumerate() {
            if (two[0].c, two[1].c) == ('银', '行') {
                readings[at + 1] = ["hong"].into_iter().collect();
            }
        }
        each(&readings);
    }

    fn initial<'c>(&self, code: &'c str) -> &'c str {
        &code[..1]
    }

    fn hearing(&self) -> &Hearing {
        &self.0
    }
}

/// The keys of a telephone under the letters of pinyin.
#[derive(Debug)]
struct Keypad {
    keys: HashMap<Syllable, Syllable>,
    hearing: Hearing,
}

impl Keypad {
    fn new() -> Keypad {
        let key = |letter: u8| b"22233344455566677778889999"[usize::from(letter - b'a')] as char;
        let syllables = (b'a'..=b'z').flat_map(syllables_from).filter(|s| s.bytes().all(|b| b.is_ascii_lowercase()));
        let keys: HashMap<Syllable, Syllable> =
            syllables.map(|syllable| (*syllable, &*syllable.bytes().map(key).collect::<String>().leak())).collect();
        let hearing = Hearing::new(keys.values().copied().collect(), Confusables::of_pairs([]), |_| "");
        Keypad { keys, hearing }
    }
}

impl ReadingScheme for Keypad {
    fn name(&self) -> &'static str {
        "keypad"
    }

    fn may_be_typed(&self, typed: &str) -> bool {
        typed.bytes().all(|digit| (b'2'..=b'9').contains(&digit))
    }

    fn each_reading(&self, name: &Folded, each: &mut dyn FnMut(&[Readings])) {
        let readings = Readings::of(name);
        let keys = readings.iter().map(|of| of.as_slice().iter().filter_map(|s| self.keys.get(s)).copied().collect());
        each(&keys.collect::<Vec<_>>());
    }

    fn initial<'c>(&self, code: &'c str) -> &'c str {
        &code[..1]
    }

    fn hearing(&self) -> &Hearing {
        &self.hearing
    }
}

fn both() -> Schemes {
    Schemes::built_in().and(Jyutping::new()).unwrap().and(Keypad::new()).unwrap()
}

/// A desk with both schemes; of `rows` the first part stands in a base, the second in a delta.
fn desk(folder: &Folder, [base, delta]: [&str; 2]) -> Desk {
    let desk = folder.desk().with_schemes(both());
    for rows in [base, delta] {
        folder.import(&desk, rows);
        desk.compact(false, &mut Silent).unwrap();
    }
    assert!(desk.generation().unwrap().parts().count() == 2, "a base and a delta");
    desk
}

fn hits(desk: &Desk, typed: &str, modes: &[MatchKind], sounds: &str) -> Vec<Hit> {
    let query = Query::new(typed).unwrap().page(LIMIT_MAX, 0).unwrap().modes(modes.to_vec());
    let query = query.fuzzy(FuzzySounds::parse(sounds).unwrap());
    chahao::query::lookup(&desk.generation().unwrap(), &query).unwrap().hits
}

#[test]
fn names_are_found_by_the_codes_initials_and_confused_sounds_of_a_scheme() {
    let folder = Folder::new();
    let base: String = [
        add("A1", "广州酒家", 90.0),
        add("A2", "南方大学", 50.0),
        add("A3", "中山银行大楼", 20.0),
        add("A4", "旧楼", 2.0),
    ]
    .concat();
    let delta = [
        add("B1", "广州市牛奶记", 60.0),
        add("B2", "粤剧园", 9.0),
        "{\"op\":\"delete\",\"id\":\"A4\"}\n".to_owned(),
        "{\"op\":\"change\",\"id\":\"A2\",\"name\":\"南方医院\"}\n".to_owned(),
    ];
    let desk = desk(&folder, [&base, &delta.concat()]);
    for full in [false, true] {
        desk.compact(full, &mut Silent).unwrap();
        for (typed, kind, expected) in [
            // Whole, as far as it got, behind a region, from a later character, longer than a key of those.
            ("gwongzauzaugaa", MatchKind::Code, &["A1"][..]),
            ("gwongza", MatchKind::Code, &["A1", "B1"]),
            ("ngaunaaigei", MatchKind::Code, &["B1"]),
            ("daailau", MatchKind::Code, &["A3"]),
            ("saanganhongdaailau", MatchKind::Code, &[]),
            ("saannganhongdaailau", MatchKind::Code, &["A3"]),
            ("zungsaannganhongdaailau", MatchKind::Code, &["A3"]),
            // The word decides, not the likeliest reading of the character.
            ("nganhong", MatchKind::Code, &["A3"]),
            ("nganhang", MatchKind::Code, &[]),
            // What the listing was called before.
            ("naamfongdaaihok", MatchKind::Code, &[]),
            ("naamfongji", MatchKind::Code, &["A2"]),
            ("gzzg", MatchKind::Initials, &["A1"]),
            ("nng", MatchKind::Initials, &["B1"]),
            ("jky", MatchKind::Initials, &[]),
            ("jkj", MatchKind::Initials, &["B2"]),
            ("laamfong", MatchKind::FuzzySound, &["A2"]),
            ("gongzauzaugaa", MatchKind::FuzzySound, &["A1"]),
            ("aulaai", MatchKind::FuzzySound, &["B1"]),
            ("jyutkkjyun", MatchKind::Typo, &["B2"]),
        ] {
            let found = hits(&desk, typed, &[kind], "auto");
            let ids: Vec<&str> = found.iter().map(|hit| hit.listing.id.as_str()).collect();
            assert_eq!(ids, expected, "{typed} by {kind:?}, full {full}");
            assert!(found.iter().all(|hit| hit.scheme == Some("jyutping")), "{typed}: {found:?}");
        }
        let first = &hits(&desk, "jyutk", &MatchKind::ALL, "auto")[0];
        assert_eq!(
            (first.kind, first.scheme, first.matched.spans.as_slice()),
            (MatchKind::Code, Some("jyutping"), &[(0, 2)][..])
        );
        let pinyin = &hits(&desk, "yueju", &MatchKind::ALL, "auto")[0];
        assert_eq!((pinyin.kind, pinyin.scheme, pinyin.listing.id.as_str()), (MatchKind::Pinyin, None, "B2"));
        let keypad = &hits(&desk, "983", &MatchKind::ALL, "auto")[0];
        assert_eq!((keypad.kind, keypad.scheme, keypad.listing.id.as_str()), (MatchKind::Code, Some("keypad"), "B2"));
    }
}

#[test]
fn a_query_chooses_the_confused_sounds_of_a_scheme_by_name() {
    let folder = Folder::new();
    let desk = desk(&folder, [&add("A1", "南方大学", 1.0), &add("A2", "广州酒家", 1.0)]);
    let found = |typed: &str, sounds: &str| hits(&desk, typed, &[MatchKind::FuzzySound], sounds).len();
    for (typed, sounds, expected) in [
        ("laamfong", "n/l", 1),
        ("laamfong", "gw/g", 0),
        ("laamfong", "off", 0),
        ("gongzau", "g/gw", 1),
        ("gongzau", "zh/z", 0),
    ] {
        assert_eq!(found(typed, sounds), expected, "{typed} {sounds}");
    }
    let unknown = Query::new("gongzau").unwrap().fuzzy(FuzzySounds::parse("gw/k").unwrap());
    let error = desk.lookup(&unknown).unwrap_err();
    assert!(error.is_usage() && error.to_string().contains("gw/g"), "{error}");
}

#[test]
fn an_index_of_other_schemes_is_built_anew() {
    let folder = Folder::new();
    folder.load(&add("A1", "广州酒家", 1.0));
    let desk = Desk::new(&folder.ledger(), &folder.index()).with_schemes(both());
    let error = desk.refresh().unwrap_err();
    assert!(error.is_damaged() && error.to_string().contains("pinyin, jyutping, keypad"), "{error}");
    assert_eq!(desk.compact(false, &mut Silent).unwrap().built, Built::Base);
    assert_eq!(ids_by(&desk, "gwongzau", &[MatchKind::Code]), ["A1"]);
    assert_eq!(ids_by(&desk, "guangzhou", &[MatchKind::Pinyin]), ["A1"]);
    let plain = Desk::new(&folder.ledger(), &folder.index());
    assert!(plain.refresh().unwrap_err().is_damaged());
}

/// Of several hundred names on telephone keys, what base and delta find is what one part finds, and what looking at
/// the keys of every name finds.
#[test]
fn base_and_delta_find_by_a_scheme_what_looking_at_every_name_finds() {
    let folder = Folder::new();
    let all = generated(400, 11);
    let lines: Vec<&str> = all.lines().collect();
    let (base, weekly) = lines.split_at(300);
    let desk = desk(&folder, [&(base.join("\n") + "\n"), &(weekly.join("\n") + "\n")]);
    let keypad = Keypad::new();
    let names: Vec<(String, String)> = lines
        .iter()
        .map(|line| {
            let row: serde_json::Value = serde_json::from_str(line).unwrap();
            (row["id"].as_str().unwrap().to_owned(), row["name"].as_str().unwrap().to_owned())
        })
        .collect();
    let kinds = [MatchKind::Code, MatchKind::Initials, MatchKind::Typo];
    let mut asked: Vec<(String, MatchKind, Vec<Hit>)> = Vec::new();
    for (id, name) in names.iter().step_by(7) {
        let spelling = spellings(&keypad, &Folded::new(name), 1).remove(0);
        if !keypad.may_be_typed(&spelling.letters) {
            continue;
        }
        let (whole, initials) = (spelling.letters, spelling.initials);
        for (typed, kind) in [(&whole[..whole.len().min(12)], MatchKind::Code), (&initials[..], MatchKind::Initials)] {
            let found = hits(&desk, typed, &[kind], "auto");
            assert!(found.iter().any(|hit| hit.listing.id.as_str() == id), "{name} is not found by {typed}");
        }
        for typed in [&whole[..2], &whole[..whole.len().min(5)], &whole[1..], &whole, &initials] {
            let typed = &typed[..typed.len().min(64)];
            asked.extend(kinds.map(|kind| (typed.to_owned(), kind, hits(&desk, typed, &[kind], "auto"))));
        }
    }
    assert!(asked.iter().filter(|(.., found)| !found.is_empty()).count() > 100);
    desk.compact(true, &mut Silent).unwrap();
    assert_eq!(desk.generation().unwrap().parts().count(), 1);
    for (typed, kind, found) in asked {
        let ids = |hits: &[Hit]| hits.iter().map(|hit| (hit.listing.id.to_string(), hit.kind)).collect::<Vec<_>>();
        assert_eq!(ids(&hits(&desk, &typed, &[kind], "auto")), ids(&found), "{typed} by {kind:?}");
    }
}

#[test]
fn a_scheme_is_registered_once_and_by_a_plain_name() {
    for twice in [both().and(Keypad::new()), Schemes::built_in().and(Named("pinyin"))] {
        assert!(twice.unwrap_err().is_usage());
    }
    for name in ["", "Jyutping", "../x", "a b", "abcdefghijklmnopq"] {
        assert!(Schemes::built_in().and(Named(name)).unwrap_err().is_usage(), "{name:?}");
    }
    assert_eq!(both().names().collect::<Vec<_>>(), ["jyutping", "keypad"]);
}

/// A scheme that is nothing but a name.
#[derive(Debug)]
struct Named(&'static str);

impl ReadingScheme for Named {
    fn name(&self) -> &'static str {
        self.0
    }

    fn may_be_typed(&self, _: &str) -> bool {
        false
    }

    fn each_reading(&self, name: &Folded, each: &mut dyn FnMut(&[Readings])) {
        each(&vec![Readings::default(); name.units().len()]);
    }

    fn initial<'c>(&self, code: &'c str) -> &'c str {
        code
    }

    fn hearing(&self) -> &Hearing {
        Hearing::built_in()
    }
}
