//! What of a query may be a district, a trade or a street instead of a part of the name: the brute-force reading, for
//! the tests that say what else a query may find.

use chahao::text::{Folded, Lexicon, behind_region, place_names, spellings};

use crate::small_ledgers::Entry;

/// What may stand between a qualifier and a name.
const BETWEEN: [&str; 2] = ["", "的"];

/// What callers call `values`, with and without 区, in hanzi, pinyin and initials.
fn words_of(values: &[&str]) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for value in values {
        for word in
            value.split(';').flat_map(|word| [word, word.trim_end_matches('区')]).filter(|word| !word.is_empty())
        {
            words.push(word.to_owned());
            let spelled = spellings(Lexicon::built_in().pinyin(), &Folded::new(word), 2);
            words.extend(spelled.into_iter().flat_map(|spelling| [spelling.letters, spelling.initials]));
        }
    }
    words
}

/// Whether `word` says where `entry` is or what it does; with `begun` the beginning of a district or trade will do.
fn is_said_of(entry: &Entry, word: &str, begun: bool) -> bool {
    let places = place_names(entry.address);
    let two_places = || word.char_indices().skip(1).map(|(at, _)| word.split_at(at));
    let is_called = |known: &String| if begun { known.starts_with(word) } else { known == word };
    !word.is_empty()
        && (words_of(&[entry.locality, entry.category]).iter().any(is_called)
            // 广州市荔湾区 is said of what stands in 荔湾区.
            || behind_region(word)
                .filter(|district| !district.is_empty())
                .is_some_and(|district| {
                    let is_called = |known: &String| if begun { known.starts_with(district) } else { known == district };
                    words_of(&[entry.locality]).iter().any(is_called)
                })
            || places.contains(word)
            || two_places().any(|(first, second)| places.contains(first) && places.contains(second)))
}

/// What may be left of `typed` for the name, once a part of it has said where `entry` is or what it does.
pub fn names_beside_qualifiers(entry: &Entry, typed: &str) -> Vec<String> {
    let words: Vec<String> = typed.split_whitespace().map(|word| Folded::new(word).text().to_owned()).collect();
    let words: Vec<&String> = words.iter().filter(|word| !word.is_empty()).collect();
    let mut names = Vec::new();
    // 广州 says nothing where everything is in 广州.
    let telling: Vec<&str> =
        words.iter().map(|word| word.as_str()).filter(|word| behind_region(word) != Some("")).collect();
    if telling.len() > 1 && telling.len() < words.len() {
        names.extend(names_beside_qualifiers(entry, &telling.join(" ")));
    }
    if words.len() > 1 {
        for at in 0..words.len() {
            let others = || words.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, word)| word.as_str());
            if is_said_of(entry, words[at], true) {
                names.push(others().collect());
            }
            if others().all(|word| is_said_of(entry, word, true)) {
                names.push(words[at].clone());
            }
        }
        return names;
    }
    let folded = Folded::new(typed);
    for (front, back) in folded.text().char_indices().skip(1).map(|(at, _)| folded.text().split_at(at)) {
        if is_said_of(entry, front, false) {
            names.extend(BETWEEN.iter().filter_map(|between| back.strip_prefix(between)).map(str::to_owned));
        }
        if is_said_of(entry, back, false) {
            names.push(front.to_owned());
        }
    }
    names
}
