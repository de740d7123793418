//! Random small ledgers: a first load, a weekly batch over it, and the model of what then stands.

use std::collections::BTreeMap;
use std::ops::Range;

use chahao::desk::Desk;
use chahao::progress::Silent;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::Config;

use crate::desk_in_a_folder::Folder;

/// Listings of one ledger at most: all of them fit one page.
const LISTINGS_MAX: usize = 24;
/// What names are put together from: words with readings of their own, surnames, numerals, Latin, marks.
const PIECES: [&str; 36] = [
    "广州",
    "中山",
    "重庆",
    "长隆",
    "银行",
    "酒家",
    "大学",
    "医院",
    "药店",
    "第一",
    "第十三",
    "十三",
    "中学",
    "中",
    "大",
    "单",
    "仇",
    "行",
    "乐",
    "车陂",
    "女",
    "绿",
    "西安",
    "先",
    "麦记",
    "老王",
    "13",
    "7",
    "KFC",
    "Mc ",
    "Café",
    "xi",
    "（总店）",
    "·",
    "&",
    "店",
];
/// What a name may be written for another and sound like it, with syllables and regions at other places.
const SOUND_ALIKE: [(&str, &str); 5] =
    [("西安", "先"), ("先", "西安"), ("广州", "广洲"), ("荔湾", "丽湾"), ("单", "善")];
/// Regions that may stand in front of a name.
const REGIONS: [&str; 6] = ["", "", "广州市", "广州市荔湾区", "广东省广州市番禺区", "荔湾"];
const LOCALITIES: [&str; 3] = ["", "荔湾区", "番禺区"];
const CATEGORIES: [&str; 4] = ["", "", "餐饮;酒家", "医疗"];
const ADDRESSES: [&str; 4] = ["", "", "文昌南路2号", "中山一路13号银行大厦"];
/// Few values, so that many listings are asked for equally often.
const POPULARITIES: [u32; 5] = [0, 0, 3, 50, 4_000];
const STATUSES: [&str; 6] = ["listed", "listed", "listed", "disconnected", "non_published", "changed"];

/// A listing as the model knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub name: String,
    pub aliases: Vec<String>,
    pub locality: &'static str,
    pub category: &'static str,
    pub address: &'static str,
    /// Numbers without area code; eight digits each, all in area 020.
    pub locals: Vec<String>,
    pub status: &'static str,
    pub popularity: u32,
}

impl Entry {
    /// Name and aliases.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.name.as_str()).chain(self.aliases.iter().map(String::as_str))
    }

    /// Whether its numbers may be seen.
    pub fn is_published(&self) -> bool {
        self.status != "non_published"
    }

    /// The row that adds it, or that changes what stands there into it.
    fn row(&self, op: &str, id: &str) -> String {
        let referral = (self.status == "changed").then_some("020-39999999");
        let phones: Vec<String> = self.locals.iter().map(|local| format!("020-{local}")).collect();
        let row = serde_json::json!({
            "op": op, "id": id, "name": self.name, "aliases": self.aliases, "locality": self.locality,
            "category": self.category, "address": self.address,
            "area_code": "020", "phones": phones, "status": self.status, "referral": referral,
            "popularity": self.popularity,
        });
        format!("{row}\n")
    }
}

/// One row of the weekly batch; a listing is named by its place among those that stand.
#[derive(Debug, Clone)]
enum Weekly {
    Add(Entry),
    Change(Index, Entry),
    Delete(Index),
}

/// What a test loads.
#[derive(Debug, Clone)]
pub struct SmallLedger {
    first: Vec<Entry>,
    weekly: Vec<Weekly>,
}

/// A loaded ledger and its model.
pub struct Loaded {
    pub desk: Desk,
    /// What stands, by id.
    pub model: BTreeMap<String, Entry>,
    /// What was deleted or superseded, by the id it had.
    pub gone: Vec<(String, Entry)>,
    _folder: Folder,
}

impl SmallLedger {
    /// Loads the first batch as a base and the weekly one as a delta over it.
    pub fn load(&self) -> Loaded {
        let folder = Folder::new();
        let mut model = BTreeMap::new();
        let mut gone = Vec::new();
        let mut rows = String::new();
        for (number, entry) in self.first.iter().enumerate() {
            // Ids whose order is not that of the rows.
            let id = format!("L{}", number * 7 % 251);
            rows += &entry.row("add", &id);
            model.insert(id, entry.clone());
        }
        let desk = folder.load(&rows);
        let weekly = self.weekly_rows(&mut model, &mut gone);
        if !weekly.is_empty() {
            folder.import(&desk, &weekly);
            desk.compact(false, &mut Silent).expect("compaction");
        }
        assert_eq!(desk.generation().expect("a generation").len(), model.len());
        Loaded { desk, model, gone, _folder: folder }
    }

    fn weekly_rows(&self, model: &mut BTreeMap<String, Entry>, gone: &mut Vec<(String, Entry)>) -> String {
        let mut rows = String::new();
        for (number, weekly) in self.weekly.iter().enumerate() {
            let at = |model: &BTreeMap<String, Entry>, index: &Index| {
                (!model.is_empty()).then(|| model.keys().nth(index.index(model.len())).expect("a key").clone())
            };
            match weekly {
                Weekly::Add(entry) => {
                    let id = format!("K{number}");
                    rows += &entry.row("add", &id);
                    model.insert(id, entry.clone());
                }
                Weekly::Change(index, entry) => {
                    let Some(id) = at(model, index) else { continue };
                    rows += &entry.row("change", &id);
                    gone.extend(model.insert(id.clone(), entry.clone()).map(|before| (id, before)));
                }
                Weekly::Delete(index) => {
                    let Some(id) = at(model, index) else { continue };
                    rows += &format!("{{\"op\":\"delete\",\"id\":\"{id}\"}}\n");
                    gone.extend(model.remove(&id).map(|before| (id, before)));
                }
            }
        }
        rows
    }
}

impl Loaded {
    /// Every listing that stands or stood.
    pub fn ever(&self) -> impl Iterator<Item = (&str, &Entry)> {
        let gone = self.gone.iter().map(|(id, entry)| (id.as_str(), entry));
        self.model.iter().map(|(id, entry)| (id.as_str(), entry)).chain(gone)
    }
}

fn text() -> impl Strategy<Value = String> {
    (select(&REGIONS[..]), vec(select(&PIECES[..]), 1..4)).prop_filter_map("a name", |(region, pieces)| {
        let name = format!("{region}{}", pieces.concat());
        let name = name.trim();
        name.chars().any(char::is_alphanumeric).then(|| name.to_owned())
    })
}

fn entry() -> impl Strategy<Value = Entry> {
    let local = (2_u32..9, 0_u32..30).prop_map(|(head, tail)| format!("{head}{:07}", tail * 37_073));
    let fields = (text(), vec(text(), 0..3), any::<bool>(), select(&LOCALITIES[..]), vec(local, 0..3));
    let about = (select(&CATEGORIES[..]), select(&ADDRESSES[..]));
    (fields, about, select(&STATUSES[..]), select(&POPULARITIES[..])).prop_map(
        |((name, mut aliases, alike, locality, locals), (category, address), status, popularity)| {
            let written = SOUND_ALIKE.iter().find(|(from, _)| alike && name.contains(from));
            aliases.extend(written.map(|(from, to)| name.replace(from, to)));
            Entry { name, aliases, locality, category, address, locals, status, popularity }
        },
    )
}

/// As many `ledgers` tried as are said, or as PROPTEST_CASES says; a failing one is made smaller in `shrinks` steps at most,
/// because each of them builds an index.
pub fn tries(ledgers: u32, shrinks: u32) -> Config {
    let hunted = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    Config { cases: hunted.unwrap_or(ledgers), max_shrink_iters: shrinks, ..Config::default() }
}

/// Random small ledgers.
pub fn small_ledger() -> impl Strategy<Value = SmallLedger> {
    ledger_of(1..LISTINGS_MAX, 0..10)
}

/// Random ledgers with more listings than a page holds, or than a source offers.
pub fn crowded_ledger() -> impl Strategy<Value = SmallLedger> {
    ledger_of(60..160, 20..80)
}

fn ledger_of(first: Range<usize>, weekly: Range<usize>) -> impl Strategy<Value = SmallLedger> {
    let (listings, rows) = (first, weekly);
    let weekly = prop_oneof![
        2 => entry().prop_map(Weekly::Add),
        3 => (any::<Index>(), entry()).prop_map(|(at, entry)| Weekly::Change(at, entry)),
        2 => any::<Index>().prop_map(Weekly::Delete),
    ];
    (vec(entry(), listings), vec(weekly, rows)).prop_map(|(first, weekly)| SmallLedger { first, weekly })
}

/// Ledgers in which the same few listings stand over and over under different ids.
pub fn ledger_of_twins() -> impl Strategy<Value = SmallLedger> {
    let few = vec(entry(), 1..4);
    (few, vec(any::<Index>(), 2..LISTINGS_MAX), vec(any::<Index>(), 1..8)).prop_map(|(few, first, weekly)| {
        let pick = |at: Index| at.get(&few).clone();
        SmallLedger {
            first: first.into_iter().map(pick).collect(),
            weekly: weekly.into_iter().map(|at| Weekly::Add(pick(at))).collect(),
        }
    })
}
