//! How a name is said, for people: all of its syllables, and every way to say them.

use super::{Folded, Lexicon, ReadingScheme, Readings};

/// A name's syllables, `/` between the ways to read one, and whether there are several ways.
pub fn reading_of(lexicon: &Lexicon, name: &str) -> (String, bool) {
    let folded = Folded::new(name);
    let mut units: Vec<Vec<&'static str>> = vec![Vec::new(); folded.units().len()];
    lexicon.pinyin().each_reading(&folded, &mut |readings| {
        for (known, readings) in units.iter_mut().zip(readings) {
            known.extend(unlike(readings).filter(|syllable| !known.contains(syllable)).collect::<Vec<_>>());
        }
    });
    let ambiguous = units.iter().any(|syllables| syllables.len() > 1);
    let mut text = String::new();
    let mut in_latin = false;
    for (unit, syllables) in folded.units().iter().zip(&units) {
        let latin = syllables.is_empty();
        let joined = text.is_empty() || (latin && in_latin);
        if !joined {
            text.push(' ');
        }
        if latin {
            text.push(unit.c)
        } else {
            text.push_str(&syllables.join("/"))
        }
        in_latin = latin;
    }
    (text, ambiguous)
}

/// The ways to read a character, without those that are other spellings of another: lue for lve.
fn unlike(readings: &Readings) -> impl Iterator<Item = &'static str> {
    readings.as_slice().iter().copied().filter(|syllable| !matches!(*syllable, "lue" | "nue"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_tells_every_way_to_say_a_name() {
        let say = |name: &str| reading_of(Lexicon::built_in(), name);
        assert_eq!(say("银行"), ("yin hang".to_owned(), false));
        let (text, ambiguous) = say("仇记KTV");
        assert!(ambiguous && text.contains("qiu") && text.contains('/') && text.ends_with(" ktv"), "{text}");
    }
}
