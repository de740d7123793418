//! The letters a name may be typed by: its syllables joined up, and its initials.

use super::{Folded, ReadingScheme, Readings};

/// Ways to read one name that are indexed whole.
pub const SPELLINGS_MAX: usize = 4;
/// Ways to read one name that are indexed from every later syllable on.
pub const INFIX_SPELLINGS_MAX: usize = 2;

/// One way to type a name in letters.
///
/// # Invariants
/// 1. `letter_starts` and `initial_starts` have one entry per unit of the name: where it begins.
/// 2. Characters that are neither hanzi with a reading nor Latin stand for themselves.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Spelling {
    /// All syllables joined up: `guangzhoujiujia`.
    pub letters: String,
    /// First letters of the syllables: `gzjj`. Latin words and digits are kept whole.
    pub initials: String,
    /// Byte offset in `letters` of every unit.
    pub letter_starts: Vec<u32>,
    /// Byte offset in `initials` of every unit.
    pub initial_starts: Vec<u32>,
}

/// Letters of a syllable on the average, rounded up.
const SYLLABLE_LETTERS: usize = 4;

impl Spelling {
    /// An empty one with room for `units`.
    fn with_room(units: usize) -> Spelling {
        Spelling {
            letters: String::with_capacity(units * SYLLABLE_LETTERS),
            initials: String::with_capacity(units),
            letter_starts: Vec::with_capacity(units),
            initial_starts: Vec::with_capacity(units),
        }
    }

    fn push(&mut self, code: Option<(&str, &str)>, c: char) {
        self.letter_starts.push(self.letters.len() as u32);
        self.initial_starts.push(self.initials.len() as u32);
        match code {
            Some((code, initial)) => {
                self.letters.push_str(code);
                self.initials.push_str(initial);
            }
            None => {
                self.letters.push(c);
                self.initials.push(c);
            }
        }
    }
}

/// The ways to type `name` by `scheme`, the likeliest first: `spellings_max` at most for each way to read its words.
///
/// Where several characters have several readings, the product is cut: readings further down the list of an
/// earlier character give way first to the likeliest of a later one.
///
/// # Examples
/// ```
/// use chahao::text::{Folded, Lexicon, spellings};
/// let all = spellings(Lexicon::built_in().pinyin(), &Folded::new("廣州酒家KTV"), 4);
/// assert_eq!((all[0].letters.as_str(), all[0].initials.as_str()), ("guangzhoujiujiaktv", "gzjjktv"));
/// ```
pub fn spellings<S: ReadingScheme + ?Sized>(scheme: &S, name: &Folded, spellings_max: usize) -> Vec<Spelling> {
    let mut all: Vec<Spelling> = Vec::new();
    scheme.each_reading(name, &mut |readings| {
        let more = spelled(scheme, name, readings, spellings_max);
        if all.is_empty() {
            all = more;
        } else {
            more.into_iter().for_each(|spelling| {
                if !all.contains(&spelling) {
                    all.push(spelling);
                }
            });
        }
    });
    all
}

/// The ways to type `name` where its units have these readings.
fn spelled<S: ReadingScheme + ?Sized>(
    scheme: &S,
    name: &Folded,
    readings: &[Readings],
    spellings_max: usize,
) -> Vec<Spelling> {
    let mut all = vec![Spelling::with_room(readings.len())];
    for (unit, readings) in name.units().iter().zip(readings) {
        let known = all.len();
        for code in readings.as_slice().iter().skip(1) {
            if all.len() + known > spellings_max {
                break;
            }
            for at in 0..known {
                let Some(mut other) = all.get(at).cloned() else { continue };
                other.push(Some((code, scheme.initial(code))), unit.c);
                all.push(other);
            }
        }
        let first = readings.as_slice().first().map(|code| (*code, scheme.initial(code)));
        all.iter_mut().take(known).for_each(|spelling| spelling.push(first, unit.c));
    }
    all
}
