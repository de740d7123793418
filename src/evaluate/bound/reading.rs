//! What a query of a kind says, compared with a name letter by letter.

use crate::listing::Listing;
use crate::text::{Folded, Lexicon, Regions, numeral_variants, spellings};

/// Ways to read a name, and a query in hanzi, that count.
const READINGS_MAX: usize = 4;

/// How much of a name or number was typed; the better, the smaller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Extent {
    /// All of it, or all behind a region.
    Whole,
    /// Its beginning.
    Start,
    /// Some part of it.
    Within,
}

/// A query as its kind says it.
pub(super) enum Reading {
    /// Characters as they are written.
    Written(Vec<char>),
    /// Several pieces in any order.
    Words(Vec<String>),
    /// Letters of all syllables; any of these.
    Letters(Vec<Vec<char>>),
    /// First letters of the syllables.
    Initials(Vec<char>),
    /// Characters, and letters of whole and begun syllables.
    Mixture(Vec<char>),
    /// Letters in which sounds that are confused are the same.
    Alike(Vec<char>),
    /// Characters with one slip.
    Slip(Vec<char>),
    /// Letters with one slip.
    LetterSlip(Vec<char>),
    /// Digits of a number.
    Digits(String),
}

impl Reading {
    /// What `query` says where it is of `kind`; `None` where that cannot be told by comparing letters.
    pub(super) fn of(kind: &str, query: &str) -> Option<Reading> {
        let folded = Folded::new(query);
        let chars: Vec<char> = folded.text().chars().collect();
        let words = || query.split_whitespace().map(|word| Folded::new(word).text().to_owned()).collect();
        Some(match kind {
            "exact" | "exact_script" | "prefix" | "infix" | "character" | "english" => Reading::Written(chars),
            "word" => Reading::Words(words()),
            "pinyin" | "pinyin_partial" => Reading::Letters(vec![chars]),
            "initials" | "initials_partial" => Reading::Initials(chars),
            "mixed" | "hanzi_letters" => Reading::Mixture(chars),
            "homophone" => Reading::Letters(
                spellings(Lexicon::built_in().pinyin(), &folded, READINGS_MAX)
                    .into_iter()
                    .map(|spelling| spelling.letters.chars().collect())
                    .collect(),
            ),
            "fuzzy_sound" => Reading::Alike(as_confused(&chars)),
            "missing_character" | "extra_character" | "wrong_character" | "swapped_characters" => Reading::Slip(chars),
            "letter_typo" => Reading::LetterSlip(chars),
            "number" | "number_prefix" | "number_suffix" | "number_middle" => {
                Reading::Digits(chars.into_iter().filter(char::is_ascii_digit).collect())
            }
            _ => return None,
        })
    }
}

/// Where `number` holds `digits`.
pub(super) fn in_number(number: &str, digits: &str) -> Option<Extent> {
    number.find(digits).map(|at| match (at, number.len() == digits.len()) {
        (0, true) => Extent::Whole,
        (0, false) => Extent::Start,
        _ => Extent::Within,
    })
}

/// One way to write one name of a listing.
pub(super) struct Form {
    text: String,
    chars: Vec<char>,
    /// Characters at which a caller may start: the first one, and those behind regions in front.
    starts: Vec<usize>,
    spelled: Vec<Spelled>,
}

/// One way to read it.
struct Spelled {
    letters: Vec<char>,
    /// Where every character's letters begin.
    starts: Vec<usize>,
    initials: Vec<char>,
    initial_starts: Vec<usize>,
}

impl Form {
    pub(super) fn all_of(listing: &Listing) -> Vec<Form> {
        let regions = Regions::of(&listing.locality);
        let names = [&listing.name].into_iter().chain(listing.aliases.iter().map(|alias| &alias.text));
        let folded = names.map(|name| Folded::new(name)).flat_map(|folded| {
            let variants = numeral_variants(folded.text());
            [folded].into_iter().chain(variants.into_iter().map(|variant| Folded::new(&variant)))
        });
        folded.map(|folded| Form::of(&folded, &regions)).collect()
    }

    fn of(folded: &Folded, regions: &Regions) -> Form {
        let offsets = |starts: &[u32]| starts.iter().map(|&at| at as usize).collect();
        let spelled =
            spellings(Lexicon::built_in().pinyin(), folded, READINGS_MAX).into_iter().filter_map(|spelling| {
                // Offsets are of bytes, and letters that are none of pinyin are left to what is written.
                (spelling.letters.is_ascii()).then(|| Spelled {
                    letters: spelling.letters.chars().collect(),
                    starts: offsets(&spelling.letter_starts),
                    initials: spelling.initials.chars().collect(),
                    initial_starts: offsets(&spelling.initial_starts),
                })
            });
        Form {
            text: folded.text().to_owned(),
            chars: folded.text().chars().collect(),
            starts: [0].into_iter().chain(regions.starts(folded)).collect(),
            spelled: spelled.collect(),
        }
    }

    /// How far `reading` fits, where it does.
    pub(super) fn extent(&self, reading: &Reading) -> Option<Extent> {
        if let Reading::Words(words) = reading {
            return words.iter().all(|word| self.text.contains(word.as_str())).then_some(Extent::Within);
        }
        let at = |unit: usize| {
            let fits_all = self.fits(reading, unit)?;
            Some(match (self.starts.contains(&unit), fits_all) {
                (true, true) => Extent::Whole,
                (true, false) => Extent::Start,
                (false, _) => Extent::Within,
            })
        };
        (0..self.chars.len()).filter_map(at).min()
    }

    /// Whether `reading` fits from the character `unit` on, and then whether it is all there is.
    fn fits(&self, reading: &Reading, unit: usize) -> Option<bool> {
        let chars = self.chars.get(unit..)?;
        let begins = |rest: &[char], typed: &[char]| rest.starts_with(typed).then_some(rest.len() == typed.len());
        let spelled = |fits: &dyn Fn(&Spelled) -> Option<bool>| self.spelled.iter().filter_map(fits).max();
        let letters = |spelled: &'_ Spelled| -> Option<Vec<char>> {
            spelled.letters.get(*spelled.starts.get(unit)?..).map(<[char]>::to_vec)
        };
        match reading {
            Reading::Written(typed) => begins(chars, typed),
            Reading::Letters(ways) => spelled(&|one| {
                let rest = one.letters.get(*one.starts.get(unit)?..)?;
                ways.iter().filter_map(|typed| begins(rest, typed)).max()
            }),
            Reading::Initials(typed) => {
                spelled(&|one| begins(one.initials.get(*one.initial_starts.get(unit)?..)?, typed))
            }
            Reading::Mixture(typed) => spelled(&|one| mixture(typed, chars, &one.syllables(unit)?)),
            Reading::Alike(typed) => spelled(&|one| begins(&as_confused(&letters(one)?), typed)),
            Reading::Slip(typed) => one_slip(typed, chars),
            Reading::LetterSlip(typed) => spelled(&|one| one_slip(typed, one.letters.get(*one.starts.get(unit)?..)?)),
            Reading::Words(_) | Reading::Digits(_) => None,
        }
    }
}

impl Spelled {
    /// The letters of every character from `unit` on.
    fn syllables(&self, unit: usize) -> Option<Vec<&[char]>> {
        let ends = self.starts.iter().skip(1).copied().chain([self.letters.len()]);
        self.starts.iter().zip(ends).skip(unit).map(|(&start, end)| self.letters.get(start..end)).collect()
    }
}

/// Letters in which sounds that callers confuse are one: `zh` is z, `ng` is n, l and r are n, f and `hu` are h.
fn as_confused(letters: &[char]) -> Vec<char> {
    let mut same: Vec<char> = Vec::with_capacity(letters.len());
    for &letter in letters {
        match (same.last(), letter) {
            (Some('z' | 'c' | 's'), 'h') | (Some('n'), 'g') | (Some('h'), 'u') => {}
            (_, 'l' | 'r') => same.push('n'),
            (_, 'f') => same.push('h'),
            _ => same.push(letter),
        }
    }
    same
}

/// Whether `typed` is a mixture of `chars` and whole, begun or last and half-typed `syllables`, and then whether it is
/// of all of them.
fn mixture(typed: &[char], chars: &[char], syllables: &[&[char]]) -> Option<bool> {
    let Some(first) = typed.first() else { return Some(chars.is_empty()) };
    let ((c, chars), (syllable, syllables)) = (chars.split_first()?, syllables.split_first()?);
    if first == c
        && let Some(fits) = mixture(typed.get(1..)?, chars, syllables)
    {
        return Some(fits);
    }
    let wide = if syllable.get(1) == Some(&'h') { 2 } else { 1 };
    let fits = |length: &usize| {
        let begun = syllable.get(..*length).is_some_and(|begun| typed.starts_with(begun));
        begun.then(|| mixture(typed.get(*length..)?, chars, syllables)).flatten()
    };
    let half_typed = || syllable.starts_with(typed).then_some(chars.is_empty());
    [syllable.len(), wide, 1].iter().find_map(fits).or_else(half_typed)
}

/// Whether `text` begins with `typed` but for one slip, and then whether that is all of it.
fn one_slip(typed: &[char], text: &[char]) -> Option<bool> {
    let same = typed.iter().zip(text).take_while(|(a, b)| a == b).count();
    let (typed, rest) = (typed.get(same..)?, text.get(same..)?);
    let behind = |skipped_typed: usize, skipped: usize| {
        let (typed, rest) = (typed.get(skipped_typed..)?, rest.get(skipped..)?);
        rest.starts_with(typed).then_some(rest.len() == typed.len())
    };
    let swapped = || match (typed, rest) {
        ([a, b, ..], [c, d, ..]) if a == d && b == c => behind(2, 2),
        _ => None,
    };
    if typed.is_empty() {
        // As it stands.
        return Some(rest.is_empty());
    }
    [behind(0, 1), behind(1, 1), behind(1, 0), swapped()].into_iter().flatten().max()
}
