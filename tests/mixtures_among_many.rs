//! Syllables and initials mixed, on a desk where thousands of names have the same initials.

use std::fmt::Write as _;

use chahao::desk::Desk;
use chahao::progress::Silent;
use chahao::query::Query;

use crate::desk_in_a_folder::Folder;

/// The characters a name may have at each of its places, and how each sounds: at one place all begin alike.
const PLACES: [&[(&str, &str)]; 5] = [
    &[
        ("三", "san"),
        ("森", "sen"),
        ("顺", "shun"),
        ("树", "shu"),
        ("双", "shuang"),
        ("松", "song"),
        ("思", "si"),
        ("苏", "su"),
    ],
    &[
        ("阳", "yang"),
        ("元", "yuan"),
        ("月", "yue"),
        ("云", "yun"),
        ("英", "ying"),
        ("友", "you"),
        ("雅", "ya"),
        ("一", "yi"),
    ],
    &[("林", "lin"), ("龙", "long"), ("兰", "lan"), ("丽", "li"), ("楼", "lou"), ("雷", "lei"), ("路", "lu")],
    &[("高", "gao"), ("桂", "gui"), ("谷", "gu"), ("港", "gang"), ("国", "guo"), ("光", "guang")],
    &[("酒", "jiu"), ("茶", "cha"), ("面", "mian")],
];

/// A name by the numbers of its characters at each place.
struct Shop {
    characters: [usize; PLACES.len()],
    popularity: usize,
}

impl Shop {
    fn id(&self) -> String {
        format!("S{}", self.characters.map(|number| number.to_string()).concat())
    }

    fn at(&self, place: usize) -> (&'static str, &'static str) {
        PLACES[place][self.characters[place]]
    }

    /// 三阳林高酒店.
    fn row(&self) -> String {
        let name: String = (0..PLACES.len()).map(|place| self.at(place).0).chain(["店"]).collect();
        serde_json::json!({"op": "add", "id": self.id(), "name": name, "popularity": self.popularity}).to_string()
    }

    /// The name in letters: the syllables of the places `whole`, the initials of the others.
    fn typed(&self, whole: &[usize]) -> String {
        (0..PLACES.len())
            .map(|place| self.at(place).1)
            .enumerate()
            .map(|(place, syllable)| if whole.contains(&place) { syllable } else { &syllable[..1] })
            .collect()
    }

    /// Whether `other` has the same characters at the places `whole`, and whatever at the others.
    fn has_those_of(&self, other: &Shop, whole: &[usize]) -> bool {
        whole.iter().all(|&place| self.characters[place] == other.characters[place])
    }
}

/// 8,064 names, no two asked for equally often.
fn shops() -> Vec<Shop> {
    let count: usize = PLACES.iter().map(|place| place.len()).product();
    (0..count)
        .map(|number| {
            let mut left = number;
            let characters = PLACES.map(|place| {
                let character = left % place.len();
                left /= place.len();
                character
            });
            // A prime that does not divide their number: every popularity once.
            Shop { characters, popularity: number * 2_741 % count + 1 }
        })
        .collect()
}

fn rows<'s>(shops: impl Iterator<Item = &'s Shop>) -> String {
    shops.fold(String::new(), |mut rows, shop| {
        writeln!(rows, "{}", shop.row()).expect("a string grows");
        rows
    })
}

fn check(desk: &Desk, shops: &[Shop], told: &str) {
    let (mut asked, mut failed) = (0, Vec::new());
    for whole in [
        // Only initials behind, in front, around; places apart.
        &[0, 1][..],
        &[0, 1, 2],
        &[1],
        &[1, 2],
        &[2, 3],
        &[1, 3],
        &[0, 3],
        &[3, 4],
        &[0, 2, 4],
        &[1, 2, 3, 4],
    ] {
        for shop in shops.iter().skip(whole.len()).step_by(809) {
            let query = shop.typed(whole);
            // The last character has no part in it where its initial alone is typed, but that it begins so.
            let same_last = |other: &&Shop| other.at(4).1.starts_with(&shop.at(4).1[..1]);
            let mut expected: Vec<&Shop> =
                shops.iter().filter(|other| other.has_those_of(shop, whole)).filter(same_last).collect();
            expected.sort_by_key(|shop| std::cmp::Reverse(shop.popularity));
            let hits = desk.lookup(&Query::new(&query).unwrap()).unwrap().hits;
            let found: Vec<String> = hits.iter().map(|hit| hit.id.to_string()).collect();
            asked += 1;
            let missing = expected.iter().take(2).filter(|shop| !found.contains(&shop.id())).count();
            if missing > 0 {
                let wanted: Vec<String> = expected.iter().take(2).map(|shop| shop.id()).collect();
                failed.push(format!("{query}: {missing} of {wanted:?} missing among {found:?}"));
            }
        }
    }
    assert_eq!(asked, 100);
    assert!(failed.is_empty(), "{told}: {} of {asked}:\n{}", failed.len(), failed.join("\n"));
}

#[test]
fn the_best_known_of_many_are_found_by_some_of_their_syllables() {
    let shops = shops();
    let folder = Folder::new();
    let desk = folder.load(&rows(shops.iter().step_by(2)));
    folder.import(&desk, &rows(shops.iter().skip(1).step_by(2)));
    desk.compact(false, &mut Silent).expect("compaction");
    check(&desk, &shops, "base and delta");
    desk.compact(true, &mut Silent).expect("compaction");
    check(&desk, &shops, "base alone");
}
