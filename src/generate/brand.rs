//! Trade names: what stands before the 酒家 and the 有限公司.

use super::dice::{Dice, Weighted};
use super::lexicon::nouns::{NOUN_FIRST, NOUNS};
use super::lexicon::{BRAND_CHARS, GIVEN_CHARS, LATIN_FIRST, LATIN_LAST, LATIN_SHORT, NICKNAME_FORMS, SURNAMES, words};

/// Numbers that are names.
const NUMBER_NAMES: &[&str] =
    &["168", "88", "98", "1号", "8号", "99", "518", "一二三", "九九", "六六顺", "2046", "365", "360度", "3+2"];

/// The tables trade names are drawn from.
pub(super) struct Brands {
    characters: Vec<char>,
    by_use: Weighted,
    nouns: Vec<&'static str>,
    noun_first: Vec<&'static str>,
    surnames: Vec<&'static str>,
    surname_by_use: Weighted,
    given: Vec<char>,
    nicknames: Vec<&'static str>,
    latin_first: Vec<&'static str>,
    latin_last: Vec<&'static str>,
    latin_short: Vec<&'static str>,
}

impl Brands {
    /// Reads the lexicon.
    pub(super) fn new() -> Brands {
        let characters: Vec<char> = BRAND_CHARS.chars().collect();
        let surnames = words(SURNAMES);
        Brands {
            by_use: Weighted::new((0..characters.len() as u64).map(falling)),
            surname_by_use: Weighted::new((0..surnames.len() as u64).map(|n| 1_000_000 / (n + 6))),
            characters,
            nouns: words(NOUNS),
            noun_first: words(NOUN_FIRST),
            surnames,
            given: GIVEN_CHARS.chars().collect(),
            nicknames: words(NICKNAME_FORMS),
            latin_first: words(LATIN_FIRST),
            latin_last: words(LATIN_LAST),
            latin_short: words(LATIN_SHORT),
        }
    }

    /// The name of a shop: 福兴, 彩虹, 陈记, 小渔村, EasyGo.
    pub(super) fn shop(&self, dice: &mut Dice) -> String {
        match dice.below(100) {
            0..34 => self.two_characters(dice),
            34..47 => format!("{}{}", self.two_characters(dice), self.character(dice)),
            47..50 => format!("{}{}", self.two_characters(dice), self.two_characters(dice)),
            50..65 => dice.pick(&self.nouns).to_owned(),
            65..72 => format!("{}{}", dice.pick(&self.noun_first), dice.pick(&self.nouns)),
            72..75 => format!("{}{}", dice.pick(&self.nouns), dice.pick(&self.nouns)),
            75..84 => self.nickname(dice),
            84..88 => self.person(dice),
            88..90 => dice.pick(NUMBER_NAMES).to_owned(),
            90..92 => format!("{}{}", self.two_characters(dice), dice.pick(&self.latin_short)),
            _ => self.latin(dice),
        }
    }

    /// The name of a company: soberer than a shop's.
    pub(super) fn company(&self, dice: &mut Dice) -> String {
        match dice.below(100) {
            0..52 => self.two_characters(dice),
            52..80 => format!("{}{}", self.two_characters(dice), self.character(dice)),
            80..88 => format!("{}{}", self.two_characters(dice), self.two_characters(dice)),
            88..97 => dice.pick(&self.nouns).to_owned(),
            _ => self.latin(dice),
        }
    }

    /// Two different characters, the common ones more often.
    pub(super) fn two_characters(&self, dice: &mut Dice) -> String {
        let first = self.character(dice);
        let mut second = self.character(dice);
        if second == first {
            second = dice.pick(&self.characters);
        }
        [first, second].iter().collect()
    }

    fn character(&self, dice: &mut Dice) -> char {
        self.characters.get(self.by_use.draw(dice)).copied().unwrap_or('福')
    }

    fn surname(&self, dice: &mut Dice) -> &'static str {
        self.surnames.get(self.surname_by_use.draw(dice)).copied().unwrap_or("陈")
    }

    /// 陈记, 老王, 阿强, 肥仔明.
    fn nickname(&self, dice: &mut Dice) -> String {
        let form = dice.pick(&self.nicknames);
        match form {
            "阿" | "细" => format!("{form}{}", dice.pick(&self.given)),
            "老" | "小" | "大" => format!("{form}{}", self.surname(dice)),
            "肥" => format!("肥仔{}", dice.pick(&self.given)),
            _ => format!("{}{form}", self.surname(dice)),
        }
    }

    /// A person's name: 陈志强.
    pub(super) fn person(&self, dice: &mut Dice) -> String {
        let (surname, first) = (self.surname(dice), dice.pick(&self.given));
        if dice.per_mille(250) {
            return format!("{surname}{first}");
        }
        format!("{surname}{first}{}", dice.pick(&self.given))
    }

    /// A name in Latin letters: EasyGo, Green Cafe, TQ.
    pub(super) fn latin(&self, dice: &mut Dice) -> String {
        match dice.below(10) {
            0..2 => (0..dice.between(2, 4)).map(|_| char::from(b'A' + dice.below(26) as u8)).collect(),
            2 => format!("{}{}", dice.pick(&self.latin_first), dice.between(1, 99)),
            3..5 => dice.pick(&self.latin_first).to_owned(),
            _ => {
                let (first, between) = (dice.pick(&self.latin_first), dice.pick(&["", " ", " ", "-", "&", "'s "]));
                format!("{first}{between}{}", dice.pick(&self.latin_last))
            }
        }
    }
}

/// A weight that falls like one over the square root of the rank.
fn falling(rank: u64) -> u64 {
    100_000_000 / ((rank + 3) * 1_000_000).isqrt().max(1)
}
