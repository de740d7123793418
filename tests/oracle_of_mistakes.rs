//! What takes a query for something else than it says, against an oracle that looks at every name.
//!
//! The oracle folds and spells as the index does, and compares letter by letter: no walks, no posting lists, no
//! candidates, and its own list of confusable sounds.

use std::collections::{BTreeMap, BTreeSet};

use chahao::listing::is_hanzi;
use chahao::query::{MatchKind, QUERY_CHARS_MAX};
use chahao::text::{Folded, Lexicon, Spelling, sounds_of, spellings, syllables_from};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::desk_in_a_folder::ids_by;
use crate::narrowed::names_beside_qualifiers;
use crate::oracle::{Form, READINGS_FROM_A_LATER_SYLLABLE, READINGS_FROM_THE_BEGINNING, forms};
use crate::small_ledgers::{Entry, Loaded, small_ledger, tries};

/// Ledgers tried.
const LEDGERS: u32 = 16;
/// Queries put to one ledger for each kind.
const QUERIES: usize = 40;
/// Letters of a key from a later syllable at most.
const CUT: usize = 18;
/// Where fewer are found from the beginning of names, later syllables are looked at too.
const FEW: usize = 5;
/// Letters that begin no name by chance: where they begin one, later syllables are not looked at.
const TELLING: usize = 16;
/// Syllables heard as others in one query at most.
const HEARD_MAX: usize = 6;
/// Sounds in front of a syllable, and behind, that are confused.
const INITIALS: [(&str, &str); 7] =
    [("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"), ("f", "h"), ("r", "l"), ("r", "y")];
const FINALS: [(&str, &str); 5] = [("an", "ang"), ("en", "eng"), ("in", "ing"), ("uan", "uang"), ("ian", "iang")];
/// Syllables in hu and those in f they are heard as.
const HU: [(&str, &str); 7] =
    [("hu", "fu"), ("hua", "fa"), ("huan", "fan"), ("huang", "fang"), ("hui", "fei"), ("hun", "fen"), ("huo", "fo")];
/// Characters that sound the same.
const HOMOPHONES: [(char, char); 14] = [
    ('州', '洲'),
    ('酒', '九'),
    ('家', '加'),
    ('中', '钟'),
    ('山', '杉'),
    ('医', '衣'),
    ('院', '愿'),
    ('行', '航'),
    ('银', '吟'),
    ('大', '达'),
    ('学', '穴'),
    ('店', '电'),
    ('隆', '龙'),
    ('西', '夕'),
];

/// Where in names a kind looks: from their beginning or from behind a region, or from every later syllable too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum From {
    Beginning,
    LaterSyllable,
}

/// A listing that stands, and how its names are written and spelled.
struct Known<'e> {
    id: &'e str,
    entry: &'e Entry,
    forms: Vec<Form>,
    beginnings: BTreeSet<Vec<u8>>,
    later: BTreeSet<Vec<u8>>,
}

impl<'e> Known<'e> {
    fn all_of(loaded: &'e Loaded) -> Vec<Known<'e>> {
        let known = |(id, entry): (&'e String, &'e Entry)| {
            let forms = forms(entry);
            let beginnings = letters_from(&forms, From::Beginning);
            Known { id, entry, beginnings, later: letters_from(&forms, From::LaterSyllable), forms }
        };
        loaded.model.iter().map(known).collect()
    }

    fn letters(&self, from: From) -> &BTreeSet<Vec<u8>> {
        if from == From::Beginning { &self.beginnings } else { &self.later }
    }
}

fn all_spellings(folded: &Folded, spellings_max: usize) -> Vec<Spelling> {
    spellings(Lexicon::built_in().pinyin(), folded, spellings_max)
}

/// The letters of these names from every place where `from` looks.
fn letters_from(forms: &[Form], from: From) -> BTreeSet<Vec<u8>> {
    let mut all = BTreeSet::new();
    for form in forms {
        let (units, readings, cut) = match from {
            From::Beginning => (form.starts.clone(), READINGS_FROM_THE_BEGINNING, usize::MAX),
            From::LaterSyllable => (form.later_words(), READINGS_FROM_A_LATER_SYLLABLE, CUT),
        };
        for spelling in all_spellings(&form.folded, readings) {
            let rest = units.iter().map(|&unit| &spelling.letters.as_bytes()[spelling.letter_starts[unit] as usize..]);
            all.extend(rest.map(|rest| rest[..rest.len().min(cut)].to_vec()));
        }
    }
    all
}

/// The letters a query is compared by: its own, or what its hanzi sound like.
fn letters_of(typed: &str) -> Option<String> {
    let folded = Folded::new(&typed.replace(['ü', 'Ü'], "v"));
    folded.text().is_ascii().then(|| folded.text().to_owned()).filter(|letters| !letters.is_empty())
}

fn is_digits(letters: &str) -> bool {
    letters.bytes().all(|byte| byte.is_ascii_digit())
}

fn sounds_the_same(known: &Known, typed: &str, from: From) -> bool {
    let folded = Folded::new(typed);
    let may_be = folded.units().len() > 1 && folded.units().iter().any(|unit| is_hanzi(unit.c));
    let comparable = |letters: &str| from == From::Beginning || letters.len() <= CUT;
    may_be
        && all_spellings(&folded, READINGS_FROM_THE_BEGINNING)
            .iter()
            .filter(|s| comparable(&s.letters))
            .any(|spelling| known.letters(from).iter().any(|letters| letters.starts_with(spelling.letters.as_bytes())))
}

/// The syllables a syllable is heard as, each with how many sounds are others.
fn heard_as(syllable: &str) -> BTreeMap<String, usize> {
    let exchanged = |syllable: &str, pairs: &[(&str, &str)], is_initial: bool| -> Vec<String> {
        let vowel = syllable.find(['a', 'e', 'i', 'o', 'u', 'v']).unwrap_or(0);
        let (initial, rest) = syllable.split_at(vowel);
        let both = pairs.iter().flat_map(|&(a, b)| [(a, b), (b, a)]);
        both.filter_map(|(from, to)| match is_initial {
            true => (initial == from).then(|| format!("{to}{rest}")),
            false => (rest == from).then(|| format!("{initial}{to}")),
        })
        .collect()
    };
    let mut in_front = exchanged(syllable, &INITIALS, true);
    in_front.extend(
        HU.iter()
            .flat_map(|&(a, b)| [(a, b), (b, a)])
            .filter(|(from, _)| *from == syllable)
            .map(|(_, to)| to.to_owned()),
    );
    let mut heard = BTreeMap::from([(syllable.to_owned(), 0)]);
    in_front.iter().for_each(|other| {
        heard.entry(other.clone()).or_insert(1);
    });
    for (known, changes) in heard.clone() {
        for other in exchanged(&known, &FINALS, false) {
            heard.entry(other).and_modify(|known| *known = (*known).min(changes + 1)).or_insert(changes + 1);
        }
    }
    heard.retain(|other, _| syllables_from(other.as_bytes()[0]).contains(&other.as_str()));
    heard
}

/// For every length of a beginning of `key`, the fewest sounds in which it differs from `typed`, heard as it may be.
fn fewest_differences(typed: &str, key: &[u8]) -> BTreeMap<usize, usize> {
    let mut reached: BTreeMap<(usize, usize), usize> = BTreeMap::from([((0, 0), 0)]);
    let mut ends = BTreeMap::new();
    while let Some(((at, of_key), differences)) = reached.pop_first() {
        let rest = &typed[at..];
        let Some(&first) = rest.as_bytes().first() else {
            ends.entry(of_key).and_modify(|known: &mut usize| *known = differences.min(*known)).or_insert(differences);
            continue;
        };
        let mut ways: Vec<(String, usize, usize)> = Vec::new();
        for syllable in syllables_from(first).iter().filter(|s| rest.starts_with(**s) || s.starts_with(rest)) {
            let length = syllable.len().min(rest.len());
            ways.push((rest[..length].to_owned(), length, 0));
            let others = heard_as(syllable).into_iter().filter(|(other, _)| other != syllable);
            ways.extend(others.map(|(other, more)| (other, length, more)));
        }
        if ways.is_empty() {
            ways.push((rest[..1].to_owned(), 1, 0));
        }
        for (sound, length, more) in ways {
            if key[of_key..].starts_with(sound.as_bytes()) && differences + more <= HEARD_MAX {
                let there = reached.entry((at + length, of_key + sound.len())).or_insert(usize::MAX);
                *there = (*there).min(differences + more);
            }
        }
    }
    ends
}

fn sounds_alike(known: &Known, typed: &str, from: From) -> bool {
    let has_hanzi = Folded::new(typed).units().iter().any(|unit| is_hanzi(unit.c));
    let letters = match letters_of(typed) {
        Some(letters) if letters.len() >= 2 && !is_digits(&letters) => letters,
        None if has_hanzi => all_spellings(&Folded::new(typed), 1).swap_remove(0).letters,
        _ => return false,
    };
    let comparable = match from {
        From::LaterSyllable => letters.get(..CUT - 6).unwrap_or(&letters),
        From::Beginning => &letters,
    };
    known
        .letters(from)
        .iter()
        .any(|key| fewest_differences(comparable, key).values().any(|differences| *differences > 0))
}

/// Every text that is `typed` but for one slip in front of its last character: of `alphabet`, one too many, a wrong
/// one, one missing; two swapped.
fn one_slip(typed: &[char], alphabet: &BTreeSet<char>) -> BTreeSet<Vec<char>> {
    let mut slips = BTreeSet::new();
    for at in 0..typed.len() {
        let with = |put: &[char], skipped: usize| [&typed[..at], put, &typed[at + skipped..]].concat();
        slips.insert(with(&[], 1));
        slips.extend(alphabet.iter().flat_map(|&c| [with(&[c], 0), with(&[c], 1)]));
        slips.extend(typed.get(at + 1).map(|&next| with(&[next, typed[at]], 2)));
    }
    slips.remove(typed);
    slips
}

fn has_a_letter_wrong(known: &Known, typed: &str, from: From) -> bool {
    let Some(letters) = letters_of(typed).filter(|letters| letters.len() >= 4 && !is_digits(letters)) else {
        return false;
    };
    let comparable = match from {
        From::LaterSyllable => letters.get(..CUT - 1).unwrap_or(&letters),
        From::Beginning => &letters,
    };
    known.letters(from).iter().any(|key| {
        let key: Vec<char> = String::from_utf8_lossy(key).chars().collect();
        let typed: Vec<char> = comparable.chars().collect();
        one_slip(&typed, &key.iter().copied().collect()).iter().any(|slip| key.starts_with(slip))
    })
}

fn has_a_hanzi_wrong(known: &Known, typed: &str) -> bool {
    let typed: Vec<char> = Folded::new(typed).text().chars().collect();
    typed.len() >= 3
        && typed.iter().any(|&c| is_hanzi(c))
        && known.forms.iter().any(|form| {
            let text: Vec<char> = form.folded.text().chars().collect();
            let slips = one_slip(&typed, &text.iter().copied().collect());
            (0..text.len()).any(|start| {
                let rest = &text[start..];
                // From inside a name at least the first character is right.
                !rest.starts_with(&typed)
                    && (start == 0 || rest[0] == typed[0])
                    && slips.iter().any(|slip| rest.starts_with(slip))
            })
        })
}

/// Whether `typed` is a mixture of characters of `units` and letters of their `sounds`, from the first on.
fn is_mixture(typed: &[char], units: &[(char, Vec<&str>)]) -> bool {
    let Some(&first) = typed.first() else { return true };
    let Some(((c, sounds), behind)) = units.split_first() else { return false };
    if first == *c && is_mixture(&typed[1..], behind) {
        return true;
    }
    let letters: String = typed.iter().take_while(|c| c.is_ascii()).collect();
    let is_last = letters.len() == typed.len();
    sounds.iter().any(|sound| {
        let wide = if sound.get(1..2) == Some("h") { 2 } else { 1 };
        // Its initial, all of it, or as far as the last one got.
        [1, wide, sound.len()]
            .iter()
            .any(|&length| letters.starts_with(&sound[..length]) && is_mixture(&typed[length..], behind))
            || (is_last || !letters.is_empty())
                && sound.starts_with(&letters)
                && is_mixture(&typed[letters.len()..], behind)
    })
}

/// What was typed where it may be a mixture at all.
fn mixture(typed: &str) -> Option<Vec<char>> {
    let chars = chars_of(typed);
    let ascii = chars.iter().filter(|c| c.is_ascii()).count();
    let is_of_both = 0 < ascii && ascii < chars.len();
    let is_spelled = ascii == chars.len() && ascii >= 3 && chars.iter().any(char::is_ascii_alphabetic);
    (is_of_both || is_spelled).then_some(chars)
}

/// The characters of what was typed, folded, with v for ü.
fn chars_of(typed: &str) -> Vec<char> {
    Folded::new(&typed.replace(['ü', 'Ü'], "v")).text().chars().collect()
}

/// Whether a mixture begins where a caller may start, by a way in which the name is read.
fn is_mixed_as_read(known: &Known, typed: &[char]) -> bool {
    let begins = |form: &Form, units: &[usize], readings: usize| {
        all_spellings(&form.folded, readings).iter().any(|spelling| {
            let ends = spelling.letter_starts.iter().skip(1).map(|&at| at as usize).chain([spelling.letters.len()]);
            let sounds =
                spelling.letter_starts.iter().zip(ends).map(|(&start, end)| &spelling.letters[start as usize..end]);
            let all: Vec<(char, Vec<&str>)> =
                form.folded.units().iter().zip(sounds).map(|(unit, sound)| (unit.c, vec![sound])).collect();
            units.iter().any(|&unit| is_mixture(typed, &all[unit..]))
        })
    };
    known.forms.iter().any(|form| {
        begins(form, &form.starts, READINGS_FROM_THE_BEGINNING)
            || begins(form, &form.later_words(), READINGS_FROM_A_LATER_SYLLABLE)
    })
}

/// Whether a mixture begins anywhere but inside a Latin word, by any sound a character may have.
fn is_mixed_somehow(known: &Known, typed: &[char]) -> bool {
    known.forms.iter().any(|form| {
        let all: Vec<(char, Vec<&str>)> = form.folded.text().chars().map(|c| (c, sounds_of(c).to_vec())).collect();
        let inside = |at: usize| at > 0 && all[at - 1..=at].iter().all(|(c, _)| c.is_ascii_lowercase());
        (0..all.len()).any(|at| !inside(at) && is_mixture(typed, &all[at..]))
    })
}

/// What must be among the hits of `typed` by `kind`, and what may be.
fn must_and_may(all: &[Known], typed: &str, kind: MatchKind) -> [BTreeSet<String>; 2] {
    let of = |test: &dyn Fn(&Known, &str) -> bool, beside_too: bool| -> BTreeSet<String> {
        let fits = |known: &&Known| {
            let beside = || names_beside_qualifiers(known.entry, typed);
            test(known, typed) || beside_too && beside().iter().any(|name| test(known, name))
        };
        all.iter().filter(fits).map(|known| known.id.to_owned()).collect()
    };
    let staged = |begins: &dyn Fn(&Known, &str) -> bool, within: &dyn Fn(&Known, &str) -> bool| {
        let either = |known: &Known, typed: &str| begins(known, typed) || within(known, typed);
        let may = of(&either, true);
        let from_the_beginning = of(begins, true).len();
        let is_telling = letters_of(typed).is_some_and(|letters| letters.len() >= TELLING);
        let is_enough = from_the_beginning >= FEW || is_telling && from_the_beginning > 0;
        [if is_enough { of(begins, false) } else { of(&either, false) }, may]
    };
    match kind {
        MatchKind::Homophone => {
            staged(&|e, t| sounds_the_same(e, t, From::Beginning), &|e, t| sounds_the_same(e, t, From::LaterSyllable))
        }
        MatchKind::FuzzySound => {
            staged(&|e, t| sounds_alike(e, t, From::Beginning), &|e, t| sounds_alike(e, t, From::LaterSyllable))
        }
        MatchKind::Typo => {
            staged(&|e, t| has_a_letter_wrong(e, t, From::Beginning) || has_a_hanzi_wrong(e, t), &|e, t| {
                has_a_letter_wrong(e, t, From::LaterSyllable)
            })
        }
        MatchKind::Mixed => {
            // Hanzi lead to every name that holds them, letters to what they spell.
            let is_of_both = mixture(typed).is_some_and(|typed| typed.iter().any(|c| !c.is_ascii()));
            // `&` is the word `and`, and what is written behind it begins inside a Latin word.
            let read =
                |e: &Known, t: &str| mixture(t).is_some_and(|t| is_mixed_as_read(e, &t) && is_mixed_somehow(e, &t));
            let somehow = |e: &Known, t: &str| mixture(t).is_some_and(|t| is_mixed_somehow(e, &t));
            // Where a place leads, however little was typed of the name counts.
            let whatever = |e: &Known, t: &str| is_mixed_somehow(e, &chars_of(t));
            let is_beside = |e: &&Known| names_beside_qualifiers(e.entry, typed).iter().any(|name| whatever(e, name));
            let beside: BTreeSet<String> = all.iter().filter(is_beside).map(|known| known.id.to_owned()).collect();
            let must = match beside.len() {
                // Enough for a glance where a part of the query is the place: nothing else is looked for.
                FEW.. => BTreeSet::new(),
                _ if is_of_both => of(&somehow, false),
                _ => of(&read, false),
            };
            [must, &of(&somehow, false) | &beside]
        }
        other => unreachable!("{other:?} takes a query as it stands"),
    }
}

/// A name of a listing that stands, as somebody types it who takes it for `kind`.
fn mistaken(loaded: &Loaded, kind: MatchKind, picks: &(Index, Index, Index, Vec<u8>)) -> Option<String> {
    let (which, start, length, dice) = picks;
    let entries: Vec<&Entry> = loaded.model.values().collect();
    let entry = (!entries.is_empty()).then(|| which.get(&entries))?;
    let all = forms(entry);
    let form = start.get(&all);
    let spelled = all_spellings(&form.folded, 4);
    let spelling = length.get(&spelled);
    // Every other one from the beginning, as most callers do.
    let units = form.folded.units().len();
    let from = start.index(2 * units).saturating_sub(units);
    let to = from + 1 + length.index(units - from);
    let sound = |unit: usize| {
        let end = spelling.letter_starts.get(unit + 1).map_or(spelling.letters.len(), |&end| end as usize);
        &spelling.letters[spelling.letter_starts[unit] as usize..end]
    };
    let die = |unit: usize| usize::from(dice[unit % dice.len()]);
    let one = |unit: usize| -> String {
        let c = form.folded.units()[unit].c;
        match kind {
            MatchKind::Mixed => match die(unit) % 4 {
                0 if dice[0] % 2 == 0 => c.to_string(),
                0 | 1 => sound(unit).to_owned(),
                2 => sound(unit).chars().take(2).filter(|c| *c != 'h').take(1).collect(),
                _ => sound(unit).chars().take(if sound(unit).get(1..2) == Some("h") { 2 } else { 1 }).collect(),
            },
            MatchKind::Homophone => {
                let other = HOMOPHONES.iter().find(|(from, _)| *from == c && die(unit) % 3 > 0);
                other.map_or(c, |(_, to)| *to).to_string()
            }
            MatchKind::FuzzySound => {
                let heard: Vec<String> = heard_as(sound(unit)).into_keys().collect();
                heard.get(die(unit) % heard.len().max(1)).cloned().unwrap_or(sound(unit).to_owned())
            }
            _ if dice[0] % 2 == 0 => c.to_string(),
            _ => sound(unit).to_owned(),
        }
    };
    let typed: String = (from..to).map(one).collect();
    let chars: Vec<char> = typed.chars().collect();
    let at = die(1) % chars.len();
    let typed: String = match kind {
        MatchKind::Typo => {
            let slips: Vec<Vec<char>> =
                one_slip(&chars, &chars.iter().copied().chain(['大', 'e']).collect()).into_iter().collect();
            slips.get(usize::from(dice[2]) * 31 % slips.len().max(1))?.iter().collect()
        }
        // The last one half typed.
        MatchKind::Mixed | MatchKind::FuzzySound if dice[3] % 3 == 0 && at > 2 => chars[..at].iter().collect(),
        _ => typed,
    };
    (1..=QUERY_CHARS_MAX).contains(&typed.trim().chars().count()).then_some(typed)
}

proptest! {
    #![proptest_config(tries(LEDGERS, 60))]

    /// A walk over the keys or a posting list leaves out a name somebody meant, and nobody can tell.
    #[test]
    fn what_was_meant_is_what_looking_at_every_name_finds(
        ledger in small_ledger(),
        picks in vec((any::<Index>(), any::<Index>(), any::<Index>(), vec(any::<u8>(), 8)), QUERIES),
    ) {
        let loaded = ledger.load();
        let all = Known::all_of(&loaded);
        for kind in [MatchKind::Mixed, MatchKind::Homophone, MatchKind::FuzzySound, MatchKind::Typo] {
            let mut found = 0;
            for query in picks.iter().filter_map(|picks| mistaken(&loaded, kind, picks)) {
                let engine: BTreeSet<String> = ids_by(&loaded.desk, &query, &[kind]).into_iter().collect();
                let [must, may] = must_and_may(&all, &query, kind);
                found += must.len();
                let of = |ids: Vec<&String>| ids.iter().map(|id| loaded.model.get(*id).cloned()).collect::<Vec<_>>();
                prop_assert!(
                    must.is_subset(&engine) && engine.is_subset(&may),
                    "{query:?} by {kind:?}\n engine only {:?}\n oracle only {:?}",
                    of(engine.difference(&may).collect()), of(must.difference(&engine).collect())
                );
            }
            prop_assert!(found > 0 || loaded.model.len() < 3, "nothing was found as {kind:?}");
        }
    }
}
