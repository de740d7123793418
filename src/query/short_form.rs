//! Short forms: the characters of a name a caller keeps, in order (华工 for 华南理工大学, 二十一中 for 第二十一中学).
//!
//! A short form is laid over a name's words: of all ways to do so the one worth most, or nearly so, counts. What it is worth is a
//! sum of a few [`Terms`], each times its weight in `rank`; nothing else about the name is looked at.

use super::rank::{SHORT_FORM, ln_of};
use crate::listing::is_hanzi;
use crate::text::{SHAPE_CHARS, Shape, Shortened, is_numeral, spoken};

/// Characters a short form has at least.
const CHARS_MIN: usize = 2;
/// What a word that is skipped costs at least.
const SKIPPED_LEAST: f32 = SHORT_FORM.words_skipped_inside.max(SHORT_FORM.words_skipped_after);
/// Characters a short form has at most.
pub const SHORT_FORM_CHARS_MAX: usize = 8;

/// What was typed as a short form: hanzi, its digits spoken, 第 in front of a numeral left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShortForm {
    chars: Vec<char>,
    /// Whether a numeral is among them.
    has_numeral: bool,
}

/// How a short form lies in a name.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Alignment {
    /// For every character typed, its place in the spoken name.
    places: [u8; SHORT_FORM_CHARS_MAX],
    len: usize,
    /// What it looks like.
    pub terms: Terms,
    /// The name holds the short form in one piece.
    pub is_contiguous: bool,
    /// It begins behind what callers do not say and is no region: the 第 of 第五中学, the 中华 of 中华总商会.
    pub is_begun_later: bool,
}

/// What a short form's worth is made of: how a name looks under it, or what each of that weighs.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Terms {
    /// Share of the typed characters that stand for a word of two or more: its first, or the one that is kept of it.
    pub word_starts: f32,
    /// Share of the typed characters that are all that was typed of a word, and do not stand for it.
    pub word_ends: f32,
    /// 1 where the first one is where callers begin.
    pub name_start: f32,
    /// Share of the core's words of which something was typed; those that callers leave out are missing nowhere.
    pub words: f32,
    /// Words missing between those.
    pub words_skipped_inside: f32,
    /// Words of the core missing behind those.
    pub words_skipped_after: f32,
    /// Logarithm of the name's characters.
    pub ln_chars: f32,
    /// 1 where the name ends like an institution's.
    pub institution: f32,
    /// 1 where the name ends in a branch in brackets.
    pub branch: f32,
    /// 1 where a part of a numeral was typed: 二 of 二十四.
    pub numeral_broken: f32,
}

impl Terms {
    /// The names of the terms, as [`Terms::values`] has them.
    pub const NAMES: [&str; 10] = [
        "word_starts",
        "word_ends",
        "name_start",
        "words",
        "words_skipped_inside",
        "words_skipped_after",
        "ln_chars",
        "institution",
        "branch",
        "numeral_broken",
    ];

    /// The values of the terms.
    pub fn values(&self) -> [f32; 10] {
        let Terms { word_starts, word_ends, name_start, words, ln_chars, institution, branch, numeral_broken, .. } =
            self;
        [
            *word_starts,
            *word_ends,
            *name_start,
            *words,
            self.words_skipped_inside,
            self.words_skipped_after,
            *ln_chars,
            *institution,
            *branch,
            *numeral_broken,
        ]
    }

    /// The sum of the terms, each times its weight.
    pub fn weighed(&self, weights: &Terms) -> f32 {
        self.values().iter().zip(weights.values()).map(|(value, weight)| value * weight).sum()
    }
}

impl ShortForm {
    /// What folded `text` is as a short form; `None` where it cannot be one.
    pub fn new(text: &str) -> Option<ShortForm> {
        if !text.chars().all(|c| is_hanzi(c) || c.is_ascii_digit()) || !text.chars().any(is_hanzi) {
            return None;
        }
        let chars: Vec<char> = spoken(text).map(|(c, _)| c).collect();
        let ordinal = |at: usize| chars.get(at) == Some(&'第') && chars.get(at + 1).copied().is_some_and(is_numeral);
        let chars: Vec<char> = chars.iter().enumerate().filter(|(at, _)| !ordinal(*at)).map(|(_, &c)| c).collect();
        let has_numeral = chars.iter().copied().any(is_numeral);
        (CHARS_MIN..=SHORT_FORM_CHARS_MAX).contains(&chars.len()).then_some(ShortForm { chars, has_numeral })
    }

    /// Its characters.
    pub fn chars(&self) -> &[char] {
        &self.chars
    }

    /// What it is worth at most in a name of this shape and of `chars` characters as it is written, from where callers
    /// begin to say it or from elsewhere.
    pub(super) fn worth_most(&self, shape: Shape, chars: usize, is_begun: bool) -> f32 {
        let (typed, needed) = (self.chars.len() as f32, shape.words_needed() as f32);
        // From where callers begin, what is not typed is skipped.
        let missing = (needed - typed).max(0.0);
        let begun = SHORT_FORM.name_start + SKIPPED_LEAST * missing;
        let told = |yes: bool| f32::from(u8::from(yes));
        SHORT_FORM.word_starts
            + if is_begun { begun.max(0.0) } else { 0.0 }
            + SHORT_FORM.words * (typed / needed).min(1.0)
            + SHORT_FORM.ln_chars * ln_of(self.chars_min(shape, chars))
            + SHORT_FORM.institution * told(shape.is_institution())
            + SHORT_FORM.branch * told(shape.is_branch())
    }

    /// Characters that a name it lies in has at least as it is spoken, where it has `chars` as it is written.
    pub(super) fn chars_min(&self, shape: Shape, chars: usize) -> usize {
        if shape.is_spoken() { self.chars.len() } else { chars.max(1) }
    }

    /// Lays it over `name`, folded and spoken, whose shape is `shape`; `None` where its characters are not all in the
    /// first [`SHAPE_CHARS`] of it, in order.
    pub fn align(&self, name: &str, shape: Shape) -> Option<Alignment> {
        // For every character typed, a bit for each place where the name has it.
        let mut masks = [0_u64; SHORT_FORM_CHARS_MAX];
        let mut text = ['\0'; SHAPE_CHARS];
        let (mut numerals, mut len) = (0_u64, 0);
        for (at, c) in name.chars().enumerate() {
            len = at + 1;
            if let Some(slot) = text.get_mut(at) {
                *slot = c;
                for (mask, &typed) in masks.iter_mut().zip(&self.chars) {
                    *mask |= u64::from(typed == c) << at;
                }
                numerals |= u64::from(self.has_numeral && is_numeral(c)) << at;
            }
        }
        let masks = masks.get_mut(..self.chars.len())?;
        keep_ways(masks)?;
        let masks = &*masks;
        let shortened = shape.shortened(text.get(..len).unwrap_or(&text));
        let name = Name { starts: shape.word_starts(), numerals, shortened, shape, chars: len };
        let places = name.best_places(masks);
        let pieces = masks.iter().enumerate().fold(u64::MAX, |all, (at, mask)| all & mask >> at);
        let terms = name.terms(places.get(..masks.len())?);
        let first = usize::from(places[0]);
        let is_begun_later = name.may_start(first) && first != 0 && first != shape.core_start();
        Some(Alignment { places, len: masks.len(), terms, is_contiguous: pieces != 0, is_begun_later })
    }
}

impl Alignment {
    /// For every character typed, its place in the spoken name.
    pub fn places(&self) -> impl Iterator<Item = usize> + '_ {
        self.places.iter().take(self.len).map(|&place| usize::from(place))
    }

    /// What it is worth, popularity and all.
    pub(super) fn worth(&self) -> f32 {
        self.terms.weighed(&SHORT_FORM)
    }
}

/// A name while a short form is laid over it; of its words, a bit for every character.
struct Name {
    starts: u64,
    numerals: u64,
    shortened: Shortened,
    shape: Shape,
    chars: usize,
}

impl Name {
    /// The character that starts the word `at` is in.
    fn word(&self, at: usize) -> usize {
        (63 - (self.starts & !(u64::MAX << at << 1) | 1).leading_zeros()) as usize
    }

    /// Whether a word starts at `at`.
    fn is_start(&self, at: usize) -> bool {
        self.starts >> at & 1 == 1
    }

    /// Whether `at` stands for a word of two or more characters: its start, or what is kept of it.
    fn stands_for_word(&self, at: usize) -> bool {
        self.is_start(at) && !self.is_start(at + 1) && at + 1 < self.chars.min(SHAPE_CHARS) || self.is_kept(at)
    }

    /// Whether `at` is the last character of its word, and stands for it.
    fn is_kept(&self, at: usize) -> bool {
        self.shortened.last_kept >> at & 1 == 1
    }

    /// Whether it can be said from `at` on.
    fn may_start(&self, at: usize) -> bool {
        self.shortened.beginnings >> at & 1 == 1
    }

    /// Whether a numeral is cut between `at` and the character behind it.
    fn is_inside_numeral(&self, at: usize) -> bool {
        self.numerals >> at & 0b11 == 0b11
    }

    /// Words from `start` on that callers do not leave out, as far as `end`.
    fn words_between(&self, start: usize, end: usize) -> u32 {
        let between = (u64::MAX << start) & !(u64::MAX << end.max(start));
        (self.starts & !self.shortened.left_out & between).count_ones()
    }

    /// Words of the core that are missing where they are not typed, if the name is said from `first` on.
    fn core_words(&self, first: usize) -> u32 {
        let core = self.shape.core_start();
        let from = if first < core || self.may_start(first) { first } else { core };
        self.words_between(self.word(from), self.shape.core_end())
    }

    /// What `at` adds where `before` was the place of the character typed before it.
    fn gain(&self, before: Option<usize>, at: usize, share: f32, word_share: f32) -> f32 {
        let mut gain = 0.0;
        if self.stands_for_word(at) {
            gain += SHORT_FORM.word_starts * share;
        }
        let word = self.word(at);
        match before {
            None if self.may_start(at) => return gain + SHORT_FORM.name_start + SHORT_FORM.words * word_share,
            Some(before) if self.word(before) == word => {}
            _ => {
                let skipped = before.map_or(0, |before| self.words_between(before + 1, word));
                gain += SHORT_FORM.words * word_share + SHORT_FORM.words_skipped_inside * skipped as f32;
                if at != word && !self.is_kept(at) {
                    gain += SHORT_FORM.word_ends * share;
                }
            }
        }
        let cut = before.is_some_and(|before| before + 1 != at && self.is_inside_numeral(before))
            || (before.map_or(0, |before| before + 1) != at && at > 0 && self.is_inside_numeral(at - 1));
        if cut { gain + SHORT_FORM.numeral_broken } else { gain }
    }

    /// The places worth most, one for each of `masks`, in order; every one of these is on a way through all of them.
    fn best_places(&self, masks: &[u64]) -> [u8; SHORT_FORM_CHARS_MAX] {
        let mut places = [0_u8; SHORT_FORM_CHARS_MAX];
        if masks.iter().all(|mask| mask.is_power_of_two()) {
            places.iter_mut().zip(masks).for_each(|(place, mask)| *place = mask.trailing_zeros() as u8);
            return places;
        }
        let share = 1.0 / masks.len() as f32;
        let word_share = 1.0 / self.core_words(self.shape.core_start()).max(1) as f32;
        // For every character typed, what the best way to it is worth at each place, and the place before it.
        let mut worth = [0.0_f32; SHAPE_CHARS];
        let mut before = [[0_u8; SHAPE_CHARS]; SHORT_FORM_CHARS_MAX];
        let mut open = 0_u64;
        for (number, (&mask, came_from)) in masks.iter().zip(&mut before).enumerate() {
            let mut next = [0.0_f32; SHAPE_CHARS];
            let mut reached = 0_u64;
            for at in bits(mask) {
                let earlier = bits(open & ((1 << at) - 1));
                let through = earlier.map(|from| {
                    (worth.get(from).copied().unwrap_or(0.0) + self.gain(Some(from), at, share, word_share), from)
                });
                let best =
                    if number == 0 { Some((self.gain(None, at, share, word_share), 0)) } else { best_of(through) };
                let (Some((value, from)), Some(slot), Some(back)) = (best, next.get_mut(at), came_from.get_mut(at))
                else {
                    continue;
                };
                (*slot, *back) = (value, from as u8);
                reached |= 1 << at;
            }
            (worth, open) = (next, reached);
        }
        let ends = bits(open).map(|at| {
            let cut = if self.is_inside_numeral(at) { SHORT_FORM.numeral_broken } else { 0.0 };
            (
                worth.get(at).copied().unwrap_or(0.0)
                    + cut
                    + SHORT_FORM.words_skipped_after * self.skipped_after(at) as f32,
                at,
            )
        });
        let mut at = best_of(ends).map_or(0, |(_, at)| at);
        for (place, came_from) in places.iter_mut().zip(&before).take(masks.len()).rev() {
            *place = at as u8;
            at = came_from.get(at).copied().map_or(0, usize::from);
        }
        places
    }

    /// Words of the core missing behind `last`.
    fn skipped_after(&self, last: usize) -> u32 {
        self.words_between(last + 1, self.shape.core_end())
    }

    /// What a short form at `places` looks like.
    fn terms(&self, places: &[u8]) -> Terms {
        let (mut stand, mut ends, mut touched, mut said_though_left_out, mut skipped, mut broken) =
            (0, 0, 0, 0, 0, false);
        let mut before: Option<usize> = None;
        for at in places.iter().map(|&place| usize::from(place)) {
            let word = self.word(at);
            stand += u32::from(self.stands_for_word(at));
            if before.map(|before| self.word(before)) != Some(word) {
                touched += 1;
                said_though_left_out += u32::from(self.shortened.left_out >> word & 1 == 1);
                skipped += before.map_or(0, |before| self.words_between(before + 1, word));
                ends += u32::from(at != word && !self.is_kept(at));
            }
            broken |= before.is_some_and(|before| before + 1 != at && self.is_inside_numeral(before));
            broken |= before.map(|before| before + 1) != Some(at) && at > 0 && self.is_inside_numeral(at - 1);
            before = Some(at);
        }
        let (first, last) = (places.first().copied().map_or(0, usize::from), before.unwrap_or(0));
        broken |= self.is_inside_numeral(last);
        let share = 1.0 / places.len().max(1) as f32;
        let told = |yes: bool| f32::from(u8::from(yes));
        let words = (self.core_words(first) + said_though_left_out).max(1);
        Terms {
            word_starts: stand as f32 * share,
            word_ends: ends as f32 * share,
            name_start: told(self.may_start(first)),
            words: (touched as f32 / words as f32).min(1.0),
            words_skipped_inside: skipped as f32,
            words_skipped_after: self.skipped_after(last) as f32,
            ln_chars: ln_of(self.chars),
            institution: told(self.shape.is_institution()),
            branch: told(self.shape.is_branch()),
            numeral_broken: told(broken),
        }
    }
}

/// Leaves of `masks`, the places of every character typed, those through which a way leads that has all of them in
/// order; `None` where there is none.
fn keep_ways(masks: &mut [u64]) -> Option<()> {
    let mut behind = u64::MAX;
    for mask in masks.iter_mut() {
        *mask &= behind;
        let first = mask.trailing_zeros();
        behind = u64::MAX.checked_shl(first)? << 1;
    }
    let mut before = u64::MAX;
    for mask in masks.iter_mut().rev() {
        *mask &= before;
        before = (1 << mask.checked_ilog2()?) - 1;
    }
    Some(())
}

/// The places of the bits of `mask`, from the first on.
fn bits(mut mask: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let at = mask.trailing_zeros() as usize;
        mask = mask & mask.checked_sub(1)?;
        Some(at)
    })
}

/// The first of those worth most.
fn best_of(ways: impl Iterator<Item = (f32, usize)>) -> Option<(f32, usize)> {
    ways.reduce(|best, way| if way.0 > best.0 { way } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Folded, Regions};
    use proptest::prelude::*;

    /// Every way through `masks`, place by place.
    fn ways(masks: &[u64]) -> Vec<Vec<usize>> {
        masks.iter().fold(vec![Vec::new()], |ways: Vec<Vec<usize>>, mask| {
            let on = |way: &Vec<usize>, at: usize| way.iter().copied().chain([at]).collect::<Vec<_>>();
            let from = |way: &Vec<usize>| way.last().map_or(0, |last| last + 1);
            ways.iter()
                .flat_map(|way| bits(*mask).filter(move |at| *at >= from(way)).map(move |at| on(way, at)))
                .collect()
        })
    }

    proptest! {
        #[test]
        fn places_are_kept_that_are_on_a_way(masks in prop::collection::vec(0..1_u64 << 7, 1..5), shift in 0..31_u32) {
            let mut kept: Vec<u64> = masks.iter().map(|mask| mask << shift).collect();
            let ways = ways(&kept);
            let found = keep_ways(&mut kept);
            prop_assert_eq!(found.is_some(), !ways.is_empty());
            if found.is_some() {
                let on_ways = |at: usize| ways.iter().fold(0, |mask, way| mask | 1_u64 << way[at]);
                prop_assert_eq!(kept, (0..masks.len()).map(on_ways).collect::<Vec<_>>());
            }
        }
    }

    fn align(name: &str, typed: &str) -> Option<Alignment> {
        let folded = Folded::new(name);
        let shape = Shape::of(name, &folded, &Regions::of(""));
        let spoken: String = spoken(folded.text()).map(|(c, _)| c).collect();
        ShortForm::new(typed)?.align(&spoken, shape)
    }

    #[test]
    fn a_short_form_is_laid_where_words_start() {
        let places = |name, typed| align(name, typed).map(|found| found.places().collect::<Vec<_>>());
        assert_eq!(places("华南理工大学", "华工"), Some(vec![0, 3]));
        assert_eq!(places("大连理工大学", "大大"), Some(vec![0, 4]));
        assert_eq!(places("工商大学工学院", "工院"), Some(vec![0, 6]));
        assert_eq!(places("华南理工大学", "工华"), None);
        assert_eq!(places("华南理工大学", "华南工大学理"), None);
    }

    #[test]
    fn the_terms_tell_what_a_name_looks_like() {
        let Some(Alignment { terms, is_contiguous, .. }) = align("北京医科大学", "北医大") else {
            unreachable!()
        };
        assert_eq!((terms.word_starts, terms.word_ends, terms.name_start), (1.0, 0.0, 1.0));
        assert_eq!((terms.words, terms.words_skipped_inside, terms.institution), (1.0, 0.0, 1.0));
        assert!(!is_contiguous);
        let broken = |name, typed| align(name, typed).map(|found| found.terms.numeral_broken);
        assert_eq!(broken("第二十四中学", "二中"), Some(1.0));
        assert_eq!(broken("第二中学", "二中"), Some(0.0));
        assert_eq!(broken("第21中学", "二十一中"), Some(0.0));
    }

    #[test]
    fn only_hanzi_and_digits_are_short_forms() {
        let chars = |typed| ShortForm::new(typed).map(|typed| typed.chars().iter().collect::<String>());
        assert_eq!(chars("第21中").as_deref(), Some("二十一中"));
        for typed in ["中", "21", "gz中", "中山大学附属第二医院", ""] {
            assert_eq!(chars(typed), None, "{typed}");
        }
    }
}
