//! What every lookup keeps, whatever is in the ledger and whatever is typed. That weak beginnings do not starve short
//! forms is held in `short_forms`.

use std::collections::{BTreeSet, HashMap};

use chahao::desk::Desk;
use chahao::progress::Silent;
use chahao::query::{MatchKind, QUERY_CHARS_MAX, Query, ShortForm};
use chahao::text::{Folded, Lexicon, spellings};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, TestError, TestRunner};

use crate::desk_in_a_folder::{Folder, generated, ids, ids_by};
use crate::oracle::{is_narrowed_to, is_run_together};
use crate::small_ledgers::{Entry, Loaded, crowded_ledger, ledger_of_twins, small_ledger, tries};

/// Ledgers a law is tried on; every one of them is asked hundreds of queries.
const LEDGERS: u32 = 24;
/// Queries put to a ledger where these are picked.
const QUERIES: usize = 400;
/// Each group of kinds is one source, but for the whole names that the source of names tells apart.
const SOURCES: [&[MatchKind]; 6] = [
    &[MatchKind::Exact, MatchKind::Prefix],
    &[MatchKind::Infix, MatchKind::English],
    &[MatchKind::ShortForm],
    &[MatchKind::Pinyin],
    &[MatchKind::Initials],
    &[MatchKind::Number],
];

fn ledgers() -> Config {
    tries(LEDGERS, 200)
}

/// `text` typed key by key, as far as something is left of it when it is folded.
fn keystrokes(text: &str) -> Vec<String> {
    let ends = text.char_indices().map(|(at, c)| at + c.len_utf8()).take(QUERY_CHARS_MAX);
    let typed = ends.filter_map(|end| text.get(..end));
    typed.filter(|typed| !Folded::new(typed).is_empty()).map(str::to_owned).collect()
}

/// The ways to type a name in letters: joined pinyin, and initials.
fn letters(name: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let all = spellings(Lexicon::built_in().pinyin(), &Folded::new(name), 4);
    let joined = all.iter().map(|spelling| spelling.letters.clone());
    (joined.collect(), all.iter().map(|spelling| spelling.initials.clone()).collect())
}

/// What may be typed to find `entry`: names, letters and numbers, each key by key, and every end of a name.
fn queries_for(entry: &Entry) -> BTreeSet<String> {
    let mut queries = BTreeSet::new();
    for text in entry.texts() {
        queries.extend(keystrokes(text));
        queries.extend(text.char_indices().flat_map(|(at, _)| keystrokes(&text[at..])).step_by(3));
        let (joined, initials) = letters(text);
        queries.extend(joined.iter().chain(&initials).flat_map(|letters| keystrokes(letters)));
    }
    queries.extend(entry.locals.iter().flat_map(|local| keystrokes(&format!("020{local}"))));
    queries.extend(entry.locals.iter().flat_map(|local| keystrokes(local)));
    queries
}

/// What may be typed for `entry` beside its names: with a district, a trade or a street around them, or with a slip.
fn guesses_for(entry: &Entry) -> BTreeSet<String> {
    let mut queries = BTreeSet::new();
    for text in entry.texts() {
        let (joined, initials) = letters(text);
        for qualifier in [entry.locality, entry.locality.trim_end_matches('区'), "番禺", "lw", "餐饮", "文昌南路"]
        {
            for name in initials.iter().chain(&joined).map(String::as_str).chain([text]) {
                let [before, behind] = [(qualifier, name), (name, qualifier)];
                for (first, then) in [before, behind] {
                    for typed in [format!("{first}{then}"), format!("{first} {then}")] {
                        queries.extend(keystrokes(&typed).into_iter().rev().take(6));
                    }
                }
            }
        }
        queries.extend(slips_of(text));
        joined.iter().for_each(|letters| queries.extend(slips_of(letters).chain(misheard(letters))));
    }
    queries.retain(|query| (1..=QUERY_CHARS_MAX).contains(&query.trim().chars().count()));
    queries
}

/// `text` with one character missing, one too many, a wrong one, two swapped, or a space in it.
fn slips_of(text: &str) -> impl Iterator<Item = String> {
    let chars: Vec<char> = text.chars().collect();
    let other = if text.is_ascii() { 'e' } else { '大' };
    let slips = |at: usize| {
        let first = chars[at];
        let with = |put: &[char], skipped: usize| -> String {
            [&chars[..at], put, &chars[at + skipped..]].concat().iter().collect()
        };
        let swapped = chars.get(at + 1).map(|next| with(&[*next, first], 2));
        [with(&[], 1), with(&[other], 0), with(&[other], 1), with(&[first, ' '], 1)]
            .into_iter()
            .chain(swapped)
            .collect::<Vec<_>>()
    };
    (0..chars.len()).flat_map(slips).collect::<Vec<_>>().into_iter()
}

/// Letters as who confuses sounds types them.
fn misheard(letters: &str) -> impl Iterator<Item = String> {
    let pairs = [("zh", "z"), ("sh", "s"), ("ch", "c"), ("n", "l"), ("ang", "an"), ("ing", "in"), ("hu", "f")];
    pairs.into_iter().flat_map(move |(from, to)| [letters.replacen(from, to, 1), letters.replace(from, to)])
}

/// Some of what may be typed in a ledger, and the hits wanted.
fn picks() -> impl Strategy<Value = Vec<(Index, usize)>> {
    vec((any::<Index>(), select(&[5, 10, 50][..])), QUERIES)
}

/// The queries `picks` picks, half of them what a listing says, half of them guesses.
fn picked(loaded: &Loaded, picks: &[(Index, usize)]) -> Vec<Query> {
    let said: BTreeSet<String> = loaded.ever().flat_map(|(_, entry)| queries_for(entry)).collect();
    let guesses: BTreeSet<String> = loaded.ever().flat_map(|(_, entry)| guesses_for(entry)).collect();
    let all: [Vec<String>; 2] = [said, guesses].map(|queries| queries.into_iter().collect());
    let queries = picks.iter().enumerate().map(|(at, (pick, limit))| {
        let text: &String = pick.get(&all[at % all.len()]);
        Query::new(text).unwrap().page(*limit, 0).unwrap()
    });
    queries.collect()
}

/// Hits: what they are, how they were found and in which of their texts.
type Hits = Vec<(String, MatchKind, String)>;

/// What `asked` finds with base and delta, and otherwise in a rebuilt base, unless either answer was cut short.
fn answers_that_a_rebuild_changes(loaded: &Loaded, asked: &[Query]) -> Vec<(String, [Hits; 2])> {
    let answer = |query: &Query| -> Option<Hits> {
        let answer = loaded.desk.lookup(query).unwrap();
        let hits = answer.hits.into_iter().map(|hit| (hit.id.to_string(), hit.kind, hit.matched.text));
        (!answer.truncated).then(|| hits.collect())
    };
    let before: Vec<_> = asked.iter().map(answer).collect();
    loaded.desk.compact(true, &mut Silent).unwrap();
    assert!(loaded.desk.current().unwrap().delta.is_none());
    let whole = asked.iter().zip(before).filter_map(|(query, before)| Some((query, [before?, answer(query)?])));
    let both: Vec<(&Query, [Hits; 2])> = whole.collect();
    assert!(both.len() > asked.len() / 2, "{} of {} answers are whole", both.len(), asked.len());
    let changed = both.into_iter().filter(|(_, [before, now])| before != now);
    changed.map(|(query, hits)| (query.text().to_owned(), hits)).collect()
}

/// Whether `query` is a short form that goes on where the key before it left one off.
fn goes_on(query: &str) -> bool {
    let folded = Folded::new(query).text().to_owned();
    let before = folded.char_indices().next_back().and_then(|(at, _)| ShortForm::new(&folded[..at]));
    let now = ShortForm::new(&folded);
    before.zip(now).is_some_and(|(before, now)| now.chars().starts_with(before.chars()))
}

fn found(desk: &Desk, query: &str) -> BTreeSet<String> {
    ids_by(desk, query, &MatchKind::ALL).into_iter().collect()
}

proptest! {
    #![proptest_config(ledgers())]

    /// An operator types on and the listing she was typing towards vanishes.
    #[test]
    fn typing_on_never_finds_what_was_not_found_before(ledger in small_ledger()) {
        let loaded = ledger.load();
        for (_, entry) in loaded.ever() {
            let mut typed: BTreeSet<String> = entry.texts().map(str::to_owned).collect();
            for text in entry.texts() {
                typed.extend(text.char_indices().skip(1).step_by(2).map(|(at, _)| text[at..].to_owned()));
                let spelled = spellings(Lexicon::built_in().pinyin(), &Folded::new(text), 4);
                typed.extend(spelled.iter().flat_map(|s| [s.letters.clone(), s.initials.clone()]));
                let later = spelled.first().and_then(|s| s.letters.get(*s.letter_starts.get(1)? as usize..));
                typed.extend(later.map(str::to_owned));
            }
            typed.extend(entry.locals.iter().cloned());
            for (typed, modes) in typed.iter().flat_map(|typed| SOURCES.map(|modes| (typed, modes))) {
                let mut before: Option<BTreeSet<String>> = None;
                for query in keystrokes(typed) {
                    let found: BTreeSet<String> = ids_by(&loaded.desk, &query, modes).into_iter().collect();
                    // A district, trade or street that has just been typed narrows, and brings its own.
                    let is_brought = |id: &&String| loaded.model.get(*id).is_some_and(|entry| is_narrowed_to(entry, &query, modes));
                    let now: BTreeSet<String> = found.iter().filter(|id| !is_brought(id)).cloned().collect();
                    // A number is found by any four digits of it, by fewer only from its beginning.
                    let known = match modes {
                        [MatchKind::Number] => query.chars().count() > 4,
                        // Short forms have two characters; 第 and digits are not what they were once a numeral goes on.
                        [MatchKind::ShortForm] => goes_on(&query),
                        _ => true,
                    };
                    if let Some(before) = before.filter(|_| known) {
                        prop_assert!(now.is_subset(&before), "{query:?} by {modes:?}: {now:?}, before {before:?}");
                    }
                    before = Some(found);
                }
            }
        }
    }

    /// The caller gives the whole name and a better known place stands first.
    #[test]
    fn only_whole_matches_stand_above_a_whole_name(ledger in small_ledger()) {
        let loaded = ledger.load();
        for (id, entry) in &loaded.model {
            for text in entry.texts() {
                let query = Query::new(text).unwrap().page(50, 0).unwrap();
                let hits = loaded.desk.lookup(&query).unwrap().hits;
                let place = hits.iter().position(|hit| hit.id.as_str() == id);
                let place = place.ok_or_else(|| TestCaseError::fail(format!("{text:?} does not find {id}")))?;
                for hit in &hits[..=place] {
                    let digits = Folded::new(text).text().to_owned();
                    let is_number = hit.phones.iter().any(|phone| phone.dialled("020").contains(&digits));
                    prop_assert!(hit.kind == MatchKind::Exact || is_number, "{text:?}: {} is {:?}", hit.id, hit.kind);
                }
            }
        }
    }

    /// What somebody may have misheard stands above what was said.
    #[test]
    fn no_mistake_stands_above_a_name_that_begins_so_and_is_asked_for_as_often(
        ledger in small_ledger(),
        picks in picks(),
    ) {
        let loaded = ledger.load();
        for query in picked(&loaded, &picks) {
            let query = query.page(50, 0).unwrap();
            let hits = loaded.desk.lookup(&query).unwrap().hits;
            for (at, said) in hits.iter().enumerate() {
                if !matches!(said.kind, MatchKind::Exact | MatchKind::Prefix) {
                    continue;
                }
                let popularity = |id: &str| loaded.model[id].popularity;
                let is_mistake = |kind| matches!(kind, MatchKind::Homophone | MatchKind::FuzzySound | MatchKind::Typo);
                for above in hits[..at].iter().filter(|above| is_mistake(above.kind)) {
                    prop_assert!(
                        popularity(above.id.as_str()) > popularity(said.id.as_str()),
                        "by {:?} {:?} is {:?} of {:?}, above {:?}",
                        query.text(), above.name, above.kind, above.matched.text, said.name
                    );
                }
            }
        }
    }

    /// One way to find listings uses up the page, and another one's listings are on none. Where a name holds three
    /// characters or more in one piece they are no trade and name beside it, 酒家 and 麦记 in 番禺区酒家麦记, nor are letters that
    /// find something a district and a name that run together, lw and cafe: such guesses are not made then.
    #[test]
    fn what_one_source_finds_all_sources_together_find(ledger in small_ledger(), picks in picks()) {
        let loaded = ledger.load();
        for query in picked(&loaded, &picks) {
            let all = found(&loaded.desk, query.text());
            let is_held = !query.text().is_ascii()
                && query.text().chars().count() >= 3
                && !ids_by(&loaded.desk, query.text(), &[MatchKind::Prefix, MatchKind::Infix]).is_empty();
            for modes in SOURCES {
                let mut alone: BTreeSet<String> = ids_by(&loaded.desk, query.text(), modes).into_iter().collect();
                let is_guess = |entry: &Entry| {
                    is_held && is_narrowed_to(entry, query.text(), modes)
                        || !all.is_empty() && is_run_together(entry, query.text(), modes)
                };
                alone.retain(|id| all.contains(id) || !loaded.model.get(id).is_some_and(is_guess));
                prop_assert!(alone.is_subset(&all), "{:?} by {modes:?}: {alone:?}, in all {all:?}", query.text());
            }
        }
    }

    /// The operator adds the district, and the listing she narrows to goes.
    #[test]
    fn saying_where_it_is_never_loses_the_listing(ledger in small_ledger()) {
        let loaded = ledger.load();
        for (id, entry) in loaded.model.iter().filter(|(_, entry)| !entry.locality.is_empty()) {
            let district = letters(entry.locality.trim_end_matches('区'));
            for text in entry.texts() {
                let names = letters(text).1.into_iter().chain([text.to_owned()]);
                for name in names.filter(|name| !name.is_ascii() || name.len() > 1) {
                    for said in district.0.iter().chain(&district.1).map(String::as_str).chain([entry.locality]) {
                        let typed = keystrokes(&format!("{name} {said}"));
                        for query in typed.iter().skip(name.chars().count()) {
                            prop_assert!(found(&loaded.desk, query).contains(id), "{query:?} does not find {id} {entry:?}");
                        }
                    }
                }
            }
        }
    }

    /// A closed shop is still given out, or a number that was withheld.
    #[test]
    fn what_is_gone_or_withheld_is_in_no_answer(ledger in small_ledger()) {
        let loaded = ledger.load();
        let said = loaded.ever().flat_map(|(_, entry)| queries_for(entry));
        let guesses = loaded.ever().flat_map(|(_, entry)| guesses_for(entry).into_iter().step_by(23));
        for query in said.chain(guesses).collect::<BTreeSet<_>>() {
            for modes in SOURCES.into_iter().chain([&MatchKind::ALL[..]]) {
                let asked = Query::new(&query).unwrap().page(50, 0).unwrap().modes(modes.to_vec());
                for hit in loaded.desk.lookup(&asked).unwrap().hits {
                    let stands = loaded.model.get(hit.id.as_str());
                    let entry = stands.ok_or_else(|| TestCaseError::fail(format!("{query:?} finds {}", hit.id)))?;
                    prop_assert_eq!(&hit.name, &entry.name);
                    let shown = if entry.is_published() { entry.locals.len() } else { 0 };
                    prop_assert_eq!(hit.phones.len(), shown);
                    prop_assert!(entry.is_published() || (hit.kind != MatchKind::Number && hit.referral.is_none()));
                }
            }
        }
        for (id, entry) in loaded.ever() {
            let stands = loaded.model.contains_key(id);
            prop_assert_eq!(loaded.desk.listing(id).is_ok(), stands);
            for local in &entry.locals {
                let answer = loaded.desk.number(local);
                let owners: BTreeSet<_> =
                    answer.iter().flat_map(|answer| &answer.listings).map(|listing| listing.id.to_string()).collect();
                let holds = |entry: &&Entry| entry.is_published() && entry.locals.contains(local);
                let expected: BTreeSet<_> =
                    loaded.model.iter().filter(|(_, entry)| holds(entry)).map(|(id, _)| id.clone()).collect();
                prop_assert_eq!(owners, expected, "{}", local);
            }
        }
    }

    /// A listing goes in and no keys lead to it.
    #[test]
    fn every_character_and_every_beginning_finds_its_listing(ledger in small_ledger()) {
        let loaded = ledger.load();
        for (id, entry) in &loaded.model {
            let mut queries: BTreeSet<String> = BTreeSet::new();
            for text in entry.texts() {
                queries.extend(text.chars().filter(|c| c.is_alphanumeric()).map(String::from));
                queries.extend(keystrokes(text));
                let (joined, initials) = letters(text);
                let typed = joined.iter().chain(&initials).filter(|letters| letters.is_ascii());
                queries.extend(typed.flat_map(|letters| keystrokes(letters)));
            }
            for query in queries {
                prop_assert!(found(&loaded.desk, &query).contains(id), "{query:?} does not find {id} {entry:?}");
            }
        }
    }

    /// The same question is answered one way before the nightly rebuild and another way after it.
    #[test]
    fn a_base_with_its_delta_answers_like_a_rebuilt_base(ledger in small_ledger(), picks in picks()) {
        let loaded = ledger.load();
        let asked = picked(&loaded, &picks);
        prop_assert_eq!(answers_that_a_rebuild_changes(&loaded, &asked), Vec::new());
    }

    /// The same, where a source has more to offer than counts; mistakes are left out, for looking into them is cut off.
    #[test]
    fn a_crowded_base_with_its_delta_answers_like_a_rebuilt_base(ledger in crowded_ledger(), picks in picks()) {
        let loaded = ledger.load();
        let kinds: Vec<MatchKind> = SOURCES.concat().into_iter().chain([MatchKind::Word]).collect();
        let asked: Vec<Query> = picked(&loaded, &picks).into_iter().map(|query| query.modes(kinds.clone())).collect();
        prop_assert_eq!(answers_that_a_rebuild_changes(&loaded, &asked), Vec::new());
    }

    /// Two branches with the same name change places from one key to the next.
    #[test]
    fn listings_that_differ_in_nothing_stand_in_the_order_of_their_ids(ledger in ledger_of_twins()) {
        let loaded = ledger.load();
        let mut compared = 0;
        for query in loaded.model.values().flat_map(queries_for).collect::<BTreeSet<_>>() {
            let found = ids(&loaded.desk, &query);
            for (at, id) in found.iter().enumerate() {
                for later in found[at + 1..].iter().filter(|later| loaded.model[*later] == loaded.model[id]) {
                    compared += 1;
                    prop_assert!(id < later, "{query:?}: {id} stands before {later}");
                }
            }
        }
        prop_assert!(compared > 0);
    }

    /// A name is heard in Hong Kong and typed as it is written there.
    #[test]
    fn the_traditional_spelling_finds_the_same(ledger in small_ledger()) {
        let loaded = ledger.load();
        let traditional = traditional();
        let mut differing = 0;
        for text in loaded.model.values().flat_map(|entry| entry.texts()) {
            let respelled: String = text.chars().map(|c| traditional.get(&c).copied().unwrap_or(c)).collect();
            differing += usize::from(respelled != text);
            for (simplified, traditional) in keystrokes(text).iter().zip(keystrokes(&respelled)) {
                prop_assert_eq!(ids(&loaded.desk, simplified), ids(&loaded.desk, &traditional));
            }
        }
        let texts = loaded.model.values().flat_map(|entry| entry.texts());
        let expected = texts.filter(|text| text.contains(['广', '银', '学', '医', '药', '单', '长', '车'])).count();
        prop_assert!(differing >= expected, "{differing} of {expected} are written another way");
    }
}

/// One traditional character for each simplified one.
fn traditional() -> HashMap<char, char> {
    let table = concat!(env!("CARGO_MANIFEST_DIR"), "/data/readings/simplified.tsv");
    let lines = std::fs::read_to_string(table).unwrap();
    let pairs = lines.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('\t'));
    pairs.filter_map(|(from, to)| Some((to.chars().next()?, from.chars().next()?))).collect()
}

/// A name pasted from anywhere brings the desk down.
#[test]
fn whatever_is_typed_is_answered() {
    let folder = Folder::new();
    let desk = folder.load(&generated(300, 7));
    let any_text = prop_oneof![
        "\\PC{1,64}",
        prop::collection::vec(any::<char>(), 1..=64).prop_map(String::from_iter),
        "[广州酒家中山大学a-z0-9 ü'＆〇ﷺ①\u{301}\u{200d}（-]{1,64}",
        "[0-9+() -]{1,64}",
    ];
    let mut runner = TestRunner::new(Config { cases: 1_500, ..Config::with_source_file(file!()) });
    let outcome = runner.run(&(any_text, any::<u16>()), |(text, picked)| {
        let chars = text.trim().chars().count();
        let asked = Query::new(&text);
        prop_assert_eq!(asked.is_ok(), (1..=QUERY_CHARS_MAX).contains(&chars));
        let _ = desk.listing(&text).map_err(|error| assert!(error.is_not_found(), "{error}"));
        let _ = desk.number(&text).map_err(|error| assert!(error.is_not_found() || error.is_usage(), "{error}"));
        let Ok(asked) = asked else { return Ok(()) };
        let kinds: Vec<MatchKind> = MatchKind::ALL
            .into_iter()
            .enumerate()
            .filter(|(at, _)| picked >> at & 1 == 1)
            .map(|(_, kind)| kind)
            .collect();
        let narrowed = asked.clone().modes(kinds.clone()).narrow(Some(text.clone()), Some(text.clone()), Some(text));
        prop_assert!(desk.lookup(&narrowed).is_ok());
        let paged = asked.clone().modes(kinds.clone()).page(50, usize::from(picked % 201)).unwrap();
        let answer = desk.lookup(&paged);
        prop_assert!(answer.is_ok_and(|answer| answer.hits.iter().all(|hit| kinds.contains(&hit.kind))));
        prop_assert!(desk.lookup(&asked).is_ok());
        Ok(())
    });
    outcome.unwrap_or_else(|error| told_in_full(&error));
}

/// Stops with the smallest input that breaks the law; `unwrap` would show it on one line.
fn told_in_full(error: &TestError<(String, u16)>) {
    panic!("{error}");
}
