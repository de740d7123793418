//! Letters of which some are syllables typed whole, some the initials of syllables, the last as far as it got.

use crate::index::{KeyIndex, KeyState};
use crate::listing::is_hanzi;
use crate::query::fuel::{Fuel, Price};
use crate::text::{Spelling, syllables_from};

/// So much more than at least the syllables of a likely way may count: `lin g` for `ling`.
const SPARE: usize = 1;
/// What a letter that begins no syllable counts where syllables are counted: it is a Latin one, if it cannot be else.
const LATIN: usize = 3;

/// Which ways to take letters for syllables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::query) enum Ways {
    All,
    /// For nearly as few syllables as can be.
    Likely,
}

/// Letters that stand for syllables, of which some are known, and every way to take them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::query) struct Syllables {
    letters: Vec<u8>,
    places: Vec<Place>,
}

/// Lengths of syllables, which are few: a bit for each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Lengths(u32);

impl Lengths {
    fn push(&mut self, length: usize) {
        self.0 |= 1 << length.min(31);
    }

    fn contains(self, length: usize) -> bool {
        self.0 >> length.min(31) & 1 == 1
    }

    /// All, ascending.
    fn iter(self) -> impl Iterator<Item = usize> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let length = left.trailing_zeros() as usize;
            left &= left.checked_sub(1)?;
            Some(length)
        })
    }

    fn last(self) -> Option<usize> {
        self.0.checked_ilog2().map(|length| length as usize)
    }
}

/// One place among the letters. Lengths are those of syllables that may begin there, in letters as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Place {
    all: Lengths,
    likely: Lengths,
    /// Of these, those where letters are taken for as few syllables as can be.
    likeliest: Lengths,
    /// Those of which the letters stand for themselves, and not for a syllable that begins with them.
    whole: Lengths,
    /// Whether it is a letter no syllable begins with.
    is_latin: bool,
    /// What the letters from here on count at least where syllables are counted.
    fewest: usize,
}

impl Syllables {
    /// Letters of which nothing is known.
    pub(in crate::query) fn typed(letters: &str) -> Syllables {
        Syllables::new(letters.as_bytes(), |_| 0)
    }

    /// `text` as it is spelled: the syllables of its hanzi are known.
    pub(in crate::query) fn spelled(text: &str, spelling: &Spelling) -> Syllables {
        let letters = spelling.letters.as_bytes();
        let starts = spelling.letter_starts.iter().map(|&at| at as usize);
        let ends = starts.clone().skip(1).chain([letters.len()]);
        let mut known = vec![0; letters.len()];
        for ((c, start), end) in text.chars().zip(starts).zip(ends) {
            if let Some(known) = known.get_mut(start).filter(|_| is_hanzi(c)) {
                *known = end.saturating_sub(start);
            }
        }
        Syllables::new(letters, |at| known.get(at).copied().unwrap_or(0))
    }

    /// `letters`, of which `known` tells for every one how many of a known syllable begin with it; 0 where none is
    /// known to begin.
    fn new(letters: &[u8], known: impl Fn(usize) -> usize) -> Syllables {
        // From the last one on, so that what lies ahead is known.
        let mut places: Vec<Place> = Vec::with_capacity(letters.len());
        for at in (0..letters.len()).rev() {
            let rest = letters.get(at..).unwrap_or_default();
            let ahead = |length: usize| {
                let behind = rest.len().checked_sub(length + 1);
                behind.and_then(|behind| places.get(behind)).map_or(0, |place| place.fewest)
            };
            let mut place = Place::new(rest, known(at));
            place.fewest = place.all.iter().map(|length| place.weight(length, rest) + ahead(length)).min().unwrap_or(0);
            places.push(place);
        }
        places.reverse();
        let mut syllables = Syllables { letters: letters.to_vec(), places };
        syllables.tell_likely();
        syllables
    }

    /// Tells at every place which ways are likely.
    fn tell_likely(&mut self) {
        let fewest: Vec<usize> = self.places.iter().map(|place| place.fewest).chain([0]).collect();
        let least = fewest.first().copied().unwrap_or(0);
        // What the letters before every place count at least, where a likely way leads there.
        let mut before: Vec<Option<usize>> = vec![None; fewest.len()];
        before.iter_mut().take(1).for_each(|start| *start = Some(0));
        for (at, place) in self.places.iter_mut().enumerate() {
            let Some(counted) = before.get(at).copied().flatten() else { continue };
            let rest = self.letters.get(at..).unwrap_or_default();
            for length in place.all.iter() {
                let behind = counted + place.weight(length, rest);
                let Some(all) = fewest.get(at + length).map(|ahead| behind + ahead) else { continue };
                if all > least + SPARE {
                    continue;
                }
                place.likely.push(length);
                if all == least {
                    place.likeliest.push(length);
                }
                let there = before.iter_mut().skip(at + length).take(1);
                there.for_each(|before| *before = Some(before.unwrap_or(behind).min(behind)));
            }
        }
    }

    /// Stretches of letters that every likeliest way has as they are: syllables that are typed whole, and what the one behind
    /// them begins with. Each is told by where its syllables begin, and where it ends.
    pub(in crate::query) fn whole(&self) -> Vec<Vec<usize>> {
        let mut stretches: Vec<Vec<usize>> = Vec::new();
        // How far the ways seen so far lead: none leads past a place that is no nearer.
        let (mut furthest, mut told) = (0, 0);
        for (at, place) in self.places.iter().enumerate() {
            if at >= furthest.max(told)
                && let stretch = self.whole_from(at)
                && let Some(&end) = stretch.last()
                && end > at + 1
            {
                stretches.push(stretch);
                told = end;
            }
            furthest = place.likeliest.last().map_or(0, |length| at + length).max(furthest);
        }
        stretches
    }

    /// Where the syllables begin that every likeliest way has as they are from `start` on, and how far it has them so.
    fn whole_from(&self, start: usize) -> Vec<usize> {
        let mut end = self.letters.len();
        let mut begun = vec![start];
        for (at, place) in self.places.iter().enumerate().skip(start) {
            if at >= end {
                break;
            }
            if !begun.contains(&at) {
                continue;
            }
            for length in place.likeliest.iter() {
                match place.whole.contains(length) {
                    true if begun.contains(&(at + length)) => {}
                    true => begun.push(at + length),
                    false => end = end.min(at + length),
                }
            }
        }
        begun.retain(|at| *at < end);
        begun.push(end);
        begun.sort_unstable();
        begun
    }

    /// The syllables of one likeliest way, each told by where it begins and ends: of several the one that has the longer
    /// syllable first.
    pub(in crate::query) fn likeliest_syllables(&self) -> Vec<(usize, usize)> {
        let mut syllables = Vec::new();
        let mut at = 0;
        while let Some(length) = self.places.get(at).and_then(|place| place.likeliest.last()) {
            syllables.push((at, at + length));
            at += length;
        }
        syllables
    }

    /// The letters that were typed.
    pub(in crate::query) fn letters(&self) -> &[u8] {
        &self.letters
    }
}

impl Place {
    /// The place in front of `rest`, of which the first `known` letters are a known syllable.
    fn new(rest: &[u8], known: usize) -> Place {
        let mut place = Place::default();
        if known > 0 {
            place.all.push(known);
            place.whole.push(known);
            return place;
        }
        let syllables = rest.first().map_or(&[][..], |first| syllables_from(*first));
        for syllable in syllables {
            for length in lengths_of(syllable.as_bytes(), rest).into_iter().filter(|length| *length > 0) {
                place.all.push(length);
                if length > 1 && length == syllable.len() {
                    place.whole.push(length);
                }
            }
        }
        if place.all == Lengths::default() {
            // A Latin letter or digit.
            place.all.push(1);
            place.whole.push(1);
            place.is_latin = !rest.first().is_some_and(u8::is_ascii_digit);
        }
        place
    }

    fn lengths(&self, ways: Ways) -> Lengths {
        match ways {
            Ways::All => self.all,
            Ways::Likely => self.likely,
        }
    }

    /// What taking the first `length` letters of `rest` for a syllable counts where syllables are counted: an initial in front
    /// of a vowel is part of a syllable with it, and a vowel is no initial, if either can be.
    fn weight(&self, length: usize, rest: &[u8]) -> usize {
        let is_vowel = |at: usize| matches!(rest.get(at), Some(b'a' | b'e' | b'o'));
        match () {
            () if self.is_latin => LATIN,
            () if length == rest.len() || self.whole.contains(length) => 1,
            () => 1 + usize::from(is_vowel(0)) + usize::from(is_vowel(length)),
        }
    }
}

/// Places in an index of initials where what was typed may end, taken in one of the `ways`.
pub(in crate::query) fn by_initials(
    keys: &KeyIndex,
    typed: &Syllables,
    ways: Ways,
    initials_max: usize,
    fuel: &mut Fuel,
) -> Vec<KeyState> {
    let letters = &typed.letters;
    let mut open: Vec<Vec<(KeyState, usize)>> = vec![Vec::new(); letters.len() + 1];
    if let Some(first) = open.first_mut() {
        first.push((keys.root(), 0));
    }
    let mut found = Vec::new();
    for at in 0..letters.len() {
        let here = open.get_mut(at).map(std::mem::take).unwrap_or_default();
        let Some(&initial) = letters.get(at) else { break };
        if here.is_empty() {
            continue;
        }
        let Some(lengths) = typed.places.get(at).map(|place| place.lengths(ways)) else { break };
        keys.ask_ahead(here.iter().map(|(state, _)| state));
        for (state, initials) in here {
            if initials == initials_max {
                // The keys are cut here: what follows is checked against the name.
                push_new(&mut found, Some(state));
                continue;
            }
            if !fuel.spend(Price::InitialStep) {
                return found;
            }
            let Some(behind) = keys.step(state, initial) else { continue };
            for length in lengths.iter() {
                if let Some(there) = open.get_mut(at + length).filter(|there| !there.contains(&(behind, initials + 1)))
                {
                    there.push((behind, initials + 1));
                }
            }
        }
    }
    found.extend(open.pop().into_iter().flatten().map(|(state, _)| state));
    found
}

/// By how many letters of `rest` a syllable may have been typed: its initial, `zh` `ch` `sh`, all of it or what
/// there is; 0 where there is no such way.
fn lengths_of(syllable: &[u8], rest: &[u8]) -> [usize; 3] {
    let common = syllable.iter().zip(rest).take_while(|(a, b)| a == b).count();
    let initial = if common > 1 && syllable.get(1) == Some(&b'h') { 2 } else { 0 };
    let as_far = if common == syllable.len() || common == rest.len() { common } else { 0 };
    [1, initial, as_far]
}

fn push_new<T: PartialEq>(states: &mut Vec<T>, state: Option<T>) {
    if let Some(state) = state.filter(|state| !states.contains(state)) {
        states.push(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Folded, Lexicon, spellings};

    fn lengths(syllables: &Syllables, ways: Ways) -> Vec<Vec<usize>> {
        syllables.places.iter().map(|place| place.lengths(ways).iter().collect()).collect()
    }

    #[test]
    fn letters_are_likely_taken_for_nearly_as_few_syllables_as_can_be() {
        let typed = Syllables::typed("zhuy");
        assert_eq!(lengths(&typed, Ways::All), [vec![1, 2, 3], vec![1, 2], vec![1], vec![1]]);
        // u begins no syllable, so zh is no likely way; y may be begun.
        assert_eq!(lengths(&typed, Ways::Likely), [vec![1, 3], vec![2], vec![], vec![1]]);
        // xian, xi an, or xia and n; neither four syllables nor three.
        assert_eq!(lengths(&Syllables::typed("xian"), Ways::Likely), [vec![2, 3, 4], vec![], vec![2], vec![1]]);
        assert_eq!(Syllables::typed("g8").places[0].fewest, 2);
    }

    #[test]
    fn stretches_are_whole_where_every_likeliest_way_has_them_so() {
        let whole = |letters: &str| {
            let cut = |stretch: &Vec<usize>| {
                let syllables = stretch.windows(2).map(|ends| letters.get(ends[0]..ends[1]).unwrap_or_default());
                syllables.collect::<Vec<_>>().join("'")
            };
            Syllables::typed(letters).whole().iter().map(cut).collect::<Vec<_>>().join(" ")
        };
        for (letters, expected) in [
            ("sanyanglg", "san'yang'l"),
            ("syanglg", "yang'l"),
            ("gzsongsz", "song's"),
            ("xingd", "xing'd"),
            ("guangzsong", "guang'z song"),
            ("lianl", "lian'l"),
            // fang an or fan gan.
            ("fanganl", "fan'g'an'l"),
            ("xingguanghktvgdij", "xing'guang'h v'g di'j"),
            ("gzjj", ""),
        ] {
            assert_eq!(whole(letters), expected, "{letters}");
        }
    }

    #[test]
    fn syllables_of_hanzi_are_known() {
        let folded = Folded::new("中山yiy");
        let spelled = spellings(Lexicon::built_in().pinyin(), &folded, 1);
        let syllables = Syllables::spelled(folded.text(), &spelled[0]);
        assert_eq!(syllables.letters, b"zhongshanyiy");
        assert_eq!(lengths(&syllables, Ways::All)[0], [5]);
        assert_eq!(lengths(&syllables, Ways::All)[5], [4]);
        assert_eq!(lengths(&syllables, Ways::All)[9], [1, 2], "y, yi");
    }
}
