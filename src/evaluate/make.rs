//! Query files for any ledger: what operators would type for its listings, with their mistakes.

use std::collections::HashSet;

use super::population::{Census, Draw};
use super::target::Target;
use super::{Question, around, edits, letters, names, numbers, sounds};
use crate::desk::Desk;
use crate::generate::dice::{Dice, Purpose};
use crate::query::Query;
use crate::{Error, Result};

/// Listings drawn for each query of a kind: not every listing has an English name, or a landmark in its address.
const DRAWN_PER_QUERY: usize = 40;
/// Draws of one kind are numbered from its number times this.
const TRIES_MAX: u64 = 1 << 32;

/// A way of typing: what an operator who wants the listing types, if it can be typed so.
type Typing = fn(&Target<'_>, &mut Dice) -> Option<String>;

/// Every kind of query. A kind keeps its draws as long as it keeps its place: new ones go to the end.
const KINDS: [(&str, Typing); 36] = [
    ("exact", names::exact),
    ("exact_script", names::other_script),
    ("prefix", names::prefix),
    ("word", names::word),
    ("infix", names::infix),
    ("character", names::character),
    ("short_form", names::short_form),
    ("pinyin", letters::pinyin),
    ("pinyin_partial", letters::pinyin_partial),
    ("initials", letters::initials),
    ("initials_partial", letters::initials_partial),
    ("mixed", letters::mixed),
    ("hanzi_letters", letters::hanzi_letters),
    ("district_letters", letters::district_letters),
    ("homophone", sounds::homophone),
    ("missing_character", edits::missing),
    ("extra_character", edits::extra),
    ("wrong_character", edits::wrong),
    ("swapped_characters", edits::swapped),
    ("fuzzy_sound", sounds::fuzzy),
    ("letter_typo", edits::letter_typo),
    ("english", names::english),
    ("number", numbers::whole),
    ("number_prefix", numbers::prefix),
    ("number_suffix", numbers::suffix),
    ("number_middle", numbers::middle),
    ("qualified", around::qualified),
    ("qualified_prefix", around::qualified_prefix),
    ("qualified_letters", around::qualified_letters),
    ("spoken", around::spoken),
    ("words_apart", letters::words_apart),
    ("hanzi_apart", letters::hanzi_apart),
    ("district_joined", around::district_joined),
    ("street_letters", around::street_letters),
    ("mixed_heard", sounds::mixed_heard),
    ("pinyin_respelled", letters::respelled),
];

/// The kinds of query that can be made, in their order.
pub fn kind_names() -> impl Iterator<Item = &'static str> {
    KINDS.iter().map(|(name, _)| *name)
}

/// What is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MakeSettings {
    /// Queries of each kind.
    pub per_kind: usize,
    /// Decides everything that is left to chance.
    pub seed: u64,
    /// How listings are drawn.
    pub draw: Draw,
    /// The kinds, all of them where there are none.
    pub kinds: Vec<String>,
}

/// Makes queries for the listings of `desk`'s ledger, kind by kind, and hands them to `each`; tells how many of every
/// kind there are: fewer than asked for where few listings can be typed so.
///
/// Reads the ledger twice; memory is about 12 bytes a listing of the ledger and the listings drawn.
///
/// # Errors
/// Usage when a kind is not known; not found when there is no ledger; otherwise when it cannot be read or `each` fails.
pub fn make(
    desk: &Desk,
    settings: &MakeSettings,
    each: &mut dyn FnMut(Question) -> Result<()>,
) -> Result<Vec<(&'static str, usize)>> {
    if let Some(unknown) = settings.kinds.iter().find(|kind| !kind_names().any(|name| name == kind.as_str())) {
        let known: Vec<&str> = kind_names().collect();
        return Err(Error::usage(format!("kinds is a list of {}; it holds {unknown:?}", known.join(", "))));
    }
    let census = Census::of(desk)?;
    let positions = census.draw(settings.draw, settings.per_kind.saturating_mul(DRAWN_PER_QUERY), settings.seed);
    drop(census);
    let listings = Census::listings(desk, &positions)?;
    let mut order: Vec<usize> = (0..listings.len()).collect();
    shuffle(&mut order, &mut Dice::new(settings.seed, Purpose::Asked, 0));
    let mut made = Vec::new();
    for (number, (name, typing)) in (1u64..).zip(KINDS) {
        if !settings.kinds.is_empty() && !settings.kinds.iter().any(|kind| kind == name) {
            continue;
        }
        let mut count = 0;
        let mut asked: HashSet<(String, &str)> = HashSet::new();
        // Each kind begins elsewhere, so that not all of them ask for the same listings.
        let start = Dice::new(settings.seed, Purpose::Asked, number).below(order.len());
        let turn = order.iter().cycle().skip(start).take(order.len());
        for (attempt, listing) in (0u64..).zip(turn.filter_map(|&at| listings.get(at))) {
            if count == settings.per_kind {
                break;
            }
            let mut dice = Dice::new(settings.seed, Purpose::Asked, number * TRIES_MAX + attempt);
            let Some(question) = typing(&Target::new(listing), &mut dice).and_then(|typed| {
                let typed = Query::new(&typed).ok()?;
                Question::new(typed.text(), listing.id.as_str(), name).ok()
            }) else {
                continue;
            };
            if asked.insert((question.query.clone(), listing.id.as_str())) {
                each(question)?;
                count += 1;
            }
        }
        made.push((name, count));
    }
    Ok(made)
}

/// Puts `positions` into an order left to chance.
fn shuffle(positions: &mut [usize], dice: &mut Dice) {
    for at in (1..positions.len()).rev() {
        positions.swap(at, dice.below(at + 1));
    }
}
