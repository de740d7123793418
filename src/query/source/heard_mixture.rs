//! Syllables and initials of which one was heard as another: `zongsyiy` for 中山一院, `lhufd` for 南湖饭店.

use super::in_both::{Led, best_known, pay_for_both};
use super::mixed::{Begins, leads_of};
use crate::Result;
use crate::index::{CODE_INFIX_BYTES_MAX, CodeKeys, KeyKind, Rank};
use crate::query::MatchKind;
use crate::query::collect::Collector;
use crate::query::fuel::{Fuel, Price};
use crate::query::parse::Parsed;
use crate::query::pattern::{Pattern, fit_of};
use crate::query::rank::{Extent, Match, Most};
use crate::query::walk::{SoundRules, Syllables, alike};
use crate::text::SchemeNumber;

/// Other ways to have heard what was typed that a name is compared with.
const HEARD_MAX: usize = 24;
/// Other ways whose initials are others too, which are followed one by one.
const INITIALS_HEARD_MAX: usize = 8;
/// Letters by which what is heard may be longer than what was typed.
const LETTERS_LONGER_MAX: usize = 6;
/// What is spent at most: slips are likelier.
const SHARE_MAX: u64 = 3_000;

/// What was typed, one sound of it taken for another.
struct Heard {
    letters: String,
    pattern: Pattern,
    /// Pairs of sounds that stand between.
    differences: u8,
}

impl Heard {
    fn new((letters, differences): (String, u8)) -> Heard {
        Heard { pattern: Pattern::new(&letters), letters, differences }
    }
}

pub(super) fn collect(parsed: &Parsed, rules: &SoundRules<'_>, collector: &mut Collector<'_>) -> Result<()> {
    let (Some(letters), Some(typed)) = (&parsed.letters, parsed.syllables()) else { return Ok(()) };
    collector.limit_share(SHARE_MAX);
    let (syllables, initials) = heard_as(typed, letters, rules);
    let mixtures: Vec<Syllables> = initials.iter().map(|heard| Syllables::typed(&heard.letters)).collect();
    for begins in [Begins::First, Begins::Later] {
        let mut ranks =
            if syllables.is_empty() { Vec::new() } else { led_to_by_sound(begins, typed, rules, collector) };
        for mixture in &mixtures {
            ranks.extend(leads_of(begins, mixture, collector));
        }
        let mut ranks = best_known(ranks).into_iter();
        let next = |fuel: &mut Fuel| Ok(ranks.next().filter(|_| fuel.spend(Price::Brief)));
        let most = Most::Match(Match::new(MatchKind::FuzzySound, Extent::Whole).less_by(1));
        collector.take_next(next, most, |part, rank, fuel| {
            syllables.iter().chain(&initials).find_map(|heard| {
                let extent =
                    if fuel.spend(Price::Aligned) { fit_of(part, rank, &heard.pattern)? } else { return None };
                Some(Match::new(MatchKind::FuzzySound, extent).less_by(heard.differences))
            })
        })?;
    }
    Ok(())
}

/// Ranks that have the initials of what was typed where it `begins`, and in it a stretch of whole syllables of which some sound like
/// those typed, in no order, as far as there is fuel for.
fn led_to_by_sound(
    begins: Begins,
    typed: &Syllables,
    rules: &SoundRules<'_>,
    collector: &mut Collector<'_>,
) -> Vec<Rank> {
    let part = collector.part;
    let by_initials = begins.led_by_initials(part, typed, collector.fuel());
    let mut ranks = Vec::new();
    for stretch in typed.whole() {
        let (Some(&start), Some(&end)) = (stretch.first(), stretch.last()) else { continue };
        let Some(letters) = typed.letters().get(start..end) else { continue };
        let mut stretches = Vec::new();
        for &keys_kind in begins.keys_of_codes(start) {
            let keys = part.keys(KeyKind::Codes(SchemeNumber::PINYIN, keys_kind));
            // Keys from later syllables are cut, and what is heard may be longer.
            let length =
                if keys_kind == CodeKeys::Infix { CODE_INFIX_BYTES_MAX - LETTERS_LONGER_MAX } else { usize::MAX };
            let letters = letters.get(..length).unwrap_or(letters);
            let states: Vec<_> =
                alike(keys, letters, rules, collector.fuel()).into_iter().map(|(state, _)| state).collect();
            stretches.extend(keys.below_all(&states).into_iter().map(|range| (keys, range)));
        }
        let by_sound = Led::new(stretches);
        let (fewest, other) =
            if by_sound.count < by_initials.count { (&by_sound, &by_initials) } else { (&by_initials, &by_sound) };
        if fewest.count > 0 {
            ranks.extend(pay_for_both(fewest, other, collector.fuel()).unwrap_or_default());
        }
    }
    ranks
}

/// `letters` with one syllable that is typed whole taken for another: those that keep its initial, of the fewest pairs of sounds
/// first, and those that do not, by one pair; with these, one initial that stands for a syllable taken for another.
fn heard_as(typed: &Syllables, letters: &str, rules: &SoundRules<'_>) -> (Vec<Heard>, Vec<Heard>) {
    let (mut same_initial, mut other_initial) = (Vec::new(), Vec::new());
    for (start, end) in typed.likeliest_syllables() {
        let syllable = letters.get(start..end).unwrap_or_default();
        let mut others: Vec<(&str, u8)> = rules.heard(syllable).collect();
        others.extend(rules.initial_heard(syllable).map(|other| (other, 1)));
        for (other, differences) in others {
            let Some(heard) = exchanged(letters, (start, end), other) else { continue };
            // f and h are told by two pairs.
            if other_initial.iter().any(|(known, _)| *known == heard) {
                continue;
            }
            match (other.as_bytes().first() == syllable.as_bytes().first(), differences) {
                (true, _) => same_initial.push((heard, differences)),
                (false, 1) => other_initial.push((heard, differences)),
                (false, _) => {}
            }
        }
    }
    same_initial.sort_by_key(|(_, differences)| *differences);
    let first = |heard: Vec<(String, u8)>, count: usize| heard.into_iter().take(count).map(Heard::new).collect();
    (first(same_initial, HEARD_MAX), first(other_initial, INITIALS_HEARD_MAX))
}

fn exchanged(letters: &str, (start, end): (usize, usize), other: &str) -> Option<String> {
    Some(format!("{}{other}{}", letters.get(..start)?, letters.get(end..)?))
}
