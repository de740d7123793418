//! How the hanzi of a name are read: by the word they stand in, else by the character.
//!
//! A name is cut into its likeliest words (`cut`): those of `data/readings/local.tsv` (places and trades) and
//! `phrases.tsv` decide; a character no word decides has the readings of `characters.tsv`, else the one of the `pinyin`
//! crate. A surname's reading counts beside these where it starts the name and no word decides there, a variant's
//! (乾 of 干) where no word decides. Readings have no tones; ü is v, as typed.

use std::sync::LazyLock;

use pinyin::ToPinyin;
use rustc_hash::FxHashMap;

use super::cut::{KnownWords, WordReadings, cut};
use super::{Folded, Unit};

/// The letters of one syllable, or a character's code in another scheme than pinyin.
pub type Syllable = &'static str;

/// Readings of one character that are kept at most.
const ALTERNATES_MAX: usize = 3;

static PHRASES: &str = include_str!("../../data/readings/phrases.tsv");
static LOCAL: &str = include_str!("../../data/readings/local.tsv");
static CHARACTERS: &str = include_str!("../../data/readings/characters.tsv");

/// The readings a character may have where it stands, the likeliest first; none for what is no hanzi.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Readings {
    list: [Syllable; ALTERNATES_MAX],
    len: u8,
}

impl Readings {
    /// The readings of every unit of `name` by the built-in tables, in order. Linear in its length.
    ///
    /// # Examples
    /// ```
    /// use chahao::text::{Folded, Readings};
    /// let first = |name| Readings::of(&Folded::new(name)).iter().map(|r| r.as_slice()[0]).collect::<Vec<_>>().join(" ");
    /// assert_eq!(first("重庆银行"), "chong qing yin hang");
    /// assert_eq!(first("番禺長隆"), "pan yu chang long");
    /// ```
    pub fn of(name: &Folded) -> Vec<Readings> {
        let tables = &*TABLES;
        let offsets = unit_offsets(name);
        let mut readings = Vec::with_capacity(name.units().len());
        let mut starts_with_word = false;
        for word in cut(name, &offsets, &tables.words) {
            match word.found {
                Some(known) => readings.extend_from_slice(&known.readings),
                None => {
                    let units = name.units().get(word.at..word.at + word.length).unwrap_or_default();
                    readings.extend(units.iter().map(|unit| tables.unit(unit, word.length)));
                }
            }
            starts_with_word |= word.at == 0 && word.found.is_some();
        }
        if !starts_with_word {
            tables.add_surname(name, &offsets, &mut readings);
        }
        readings
    }

    /// One reading alone.
    pub(super) fn only(syllable: Syllable) -> Readings {
        let mut readings = Readings::default();
        readings.push(syllable);
        readings
    }

    /// The readings, the likeliest first.
    pub fn as_slice(&self) -> &[Syllable] {
        self.list.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// Puts a code behind those there are, as long as there is room.
    fn put(&mut self, code: Syllable) {
        let is_new = !self.as_slice().contains(&code);
        if let Some(slot) = self.list.get_mut(usize::from(self.len)).filter(|_| is_new) {
            *slot = code;
            self.len += 1;
        }
    }

    /// These readings, and `others` behind them.
    fn and(mut self, others: Readings) -> Readings {
        others.as_slice().iter().for_each(|syllable| self.push(syllable));
        self
    }

    fn push(&mut self, syllable: Syllable) {
        if self.as_slice().contains(&syllable) {
            return;
        }
        self.put(syllable);
        // Textbooks write lüe as lue too, and so do some keyboards.
        match syllable {
            "lve" => self.push("lue"),
            "nve" => self.push("nue"),
            _ => {}
        }
    }
}

/// The first codes of a character, the likeliest first; what is too many is left out.
impl FromIterator<Syllable> for Readings {
    fn from_iter<I: IntoIterator<Item = Syllable>>(codes: I) -> Readings {
        let mut readings = Readings::default();
        codes.into_iter().for_each(|code| readings.put(code));
        readings
    }
}

/// Every syllable the tables read some character by; a syllable may come several times.
pub(super) fn everyday_syllables() -> impl Iterator<Item = Syllable> {
    let tables = &*TABLES;
    let words = tables.words.readings().chain(tables.surnames.values()).flatten();
    words.chain(tables.characters.values()).chain(&tables.defaults).flat_map(|readings| readings.as_slice()).copied()
}

/// Byte offset of every unit, and of the end.
fn unit_offsets(name: &Folded) -> Vec<usize> {
    name.text().char_indices().map(|(at, _)| at).chain([name.text().len()]).collect()
}

struct Tables {
    /// Words that decide how their characters are read.
    words: KnownWords,
    /// Surnames and the readings of their characters.
    surnames: FxHashMap<&'static str, Vec<Readings>>,
    /// Readings of single characters that have several, or another than the default.
    characters: FxHashMap<char, Readings>,
    /// Readings of variants whose character is read otherwise.
    variants: FxHashMap<char, Readings>,
    /// Default reading of every other hanzi by its code, up to the end of the basic block.
    defaults: Vec<Readings>,
}

static TABLES: LazyLock<Tables> = LazyLock::new(Tables::load);

const FIRST_HANZI: u32 = 0x3400;
const LAST_HANZI: u32 = 0x9fff;

impl Tables {
    fn load() -> Tables {
        let (mut phrases, mut local, mut surnames) =
            (WordReadings::default(), WordReadings::default(), WordReadings::default());
        let (mut characters, mut variants) = (FxHashMap::default(), FxHashMap::default());
        for (word, reading) in rows(PHRASES) {
            add_reading(phrases.entry(word).or_default(), reading);
        }
        for (word, rest) in rows(LOCAL) {
            let (reading, kind) = rest.split_once('\t').unwrap_or((rest, "place"));
            match kind {
                "surname" => add_reading(surnames.entry(word).or_default(), reading),
                "variant" => add_character(&mut variants, word, reading),
                _ => add_reading(local.entry(word).or_default(), reading),
            }
        }
        rows(CHARACTERS).for_each(|(character, list)| add_character(&mut characters, character, list));
        let defaults = (FIRST_HANZI..=LAST_HANZI).map(|code| default_reading(char::from_u32(code))).collect();
        Tables { words: KnownWords::new(phrases, local), surnames, characters, variants, defaults }
    }

    /// The readings of a unit no word decides, in a word of `length` characters that says nothing of readings.
    fn unit(&self, unit: &Unit, length: usize) -> Readings {
        let of_character = self.character(unit.c);
        match self.variants.get(&unit.from) {
            // 乾 alone is qian; in 乾洗, a word of 干, it may be.
            Some(of_variant) if length == 1 => of_variant.and(of_character),
            Some(of_variant) => of_character.and(*of_variant),
            None => of_character,
        }
    }

    fn character(&self, c: char) -> Readings {
        if c.is_ascii() {
            return Readings::default();
        }
        if let Some(readings) = self.characters.get(&c) {
            return *readings;
        }
        let index = u32::from(c).checked_sub(FIRST_HANZI).map(|index| index as usize);
        index.and_then(|index| self.defaults.get(index)).copied().unwrap_or_else(|| default_reading(Some(c)))
    }

    /// Puts the readings of the surname that starts the name beside what else was found.
    fn add_surname(&self, name: &Folded, offsets: &[usize], readings: &mut [Readings]) {
        let surname = [2, 1].iter().find_map(|&length| self.surnames.get(name.text().get(..*offsets.get(length)?)?));
        for (slot, surname) in readings.iter_mut().zip(surname.into_iter().flatten()) {
            surname.as_slice().iter().for_each(|syllable| slot.push(syllable));
        }
    }
}

/// Every reading that any table gives a character, alone or in some word, in no order of likelihood.
pub(super) fn every_reading() -> FxHashMap<char, Vec<Syllable>> {
    let tables = &*TABLES;
    let mut all: FxHashMap<char, Vec<Syllable>> = FxHashMap::default();
    let mut add = |c: char, readings: &Readings| {
        let known = all.entry(c).or_default();
        known.extend(readings.as_slice().iter().filter(|syllable| !known.contains(syllable)).collect::<Vec<_>>());
    };
    for (words, readings) in tables.words.iter().chain(tables.surnames.iter().map(|(word, readings)| (*word, readings)))
    {
        words.chars().zip(readings).for_each(|(c, readings)| add(c, readings));
    }
    tables.characters.iter().for_each(|(c, readings)| add(*c, readings));
    tables.variants.iter().for_each(|(c, readings)| {
        Folded::new(&c.to_string()).units().iter().for_each(|unit| add(unit.c, readings));
    });
    for c in (FIRST_HANZI..=LAST_HANZI).filter_map(char::from_u32) {
        add(c, &tables.character(c));
    }
    all
}

/// The rows of a table: what stands before the first tab, and after.
fn rows(table: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    table.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('\t'))
}

/// Puts the readings of `list` beside those the character has.
fn add_character(table: &mut FxHashMap<char, Readings>, character: &str, list: &'static str) {
    let readings = table.entry(character.chars().next().unwrap_or_default()).or_default();
    list.split(' ').for_each(|syllable| readings.push(syllable));
}

/// Puts one more reading of a word beside those there are, character by character.
fn add_reading(word: &mut Vec<Readings>, reading: &'static str) {
    for (at, syllable) in reading.split(' ').enumerate() {
        if word.len() <= at {
            word.push(Readings::default());
        }
        if let Some(readings) = word.get_mut(at) {
            readings.push(syllable);
        }
    }
}

/// The `pinyin` crate's reading, with v for ü.
fn default_reading(c: Option<char>) -> Readings {
    let mut readings = Readings::default();
    match c.and_then(|c| c.to_pinyin()).map(|pinyin| pinyin.plain()) {
        Some("lü") => readings.push("lv"),
        Some("nü") => readings.push("nv"),
        Some("lüe") => readings.push("lve"),
        Some("nüe") => readings.push("nve"),
        Some("ê") | None => {}
        Some(plain) => readings.push(plain),
    }
    readings
}
