//! A name inside of what was typed, where all of it together finds nothing: beside it stands a street nobody knows, or
//! a word too many.

use super::visible::Visible;
use crate::index::{KeyKind, KeyState};

/// Characters a name inside has at least: fewer stand there by chance.
const CHARS_MIN: usize = 4;
/// The same where there is no hanzi among them.
const LATIN_CHARS_MIN: usize = 8;
/// Characters from which on nobody types: the first ones are looked at.
const CHARS_MAX: usize = 64;

/// The longest stretch of `text`, and not all of it, that is a visible listing's name; else the longest one that begins
/// such a name. About one walk over the names for each character.
pub(super) fn inner_name(text: &str, parts: &[Visible<'_>]) -> Option<String> {
    let starts = text.char_indices().take(CHARS_MAX);
    // Inside a Latin word nobody starts.
    let starts = starts.scan('字', |before, (at, c)| {
        let is_inside = before.is_ascii() && c.is_ascii();
        *before = c;
        Some((at, is_inside))
    });
    let mut best: Option<(bool, usize, &str)> = None;
    for (at, _) in starts.filter(|(_, is_inside)| !is_inside) {
        let rest = text.get(at..)?;
        for part in parts {
            for (is_whole, stretch) in known(rest, part) {
                let chars = stretch.chars().count();
                let chars_min = if stretch.is_ascii() { LATIN_CHARS_MIN } else { CHARS_MIN };
                let this = (is_whole, chars, stretch);
                let is_better = best.is_none_or(|(whole, most, _)| (is_whole, chars) > (whole, most));
                if chars >= chars_min && stretch.len() < text.len() && is_better {
                    best = Some(this);
                }
            }
        }
    }
    best.map(|(.., stretch)| stretch.to_owned())
}

/// The longest beginning of `text` that is a visible listing's name, and the longest one that begins one.
fn known<'t>(text: &'t str, visible: &Visible<'_>) -> impl Iterator<Item = (bool, &'t str)> {
    let keys = visible.part.keys(KeyKind::Name);
    let mut state = keys.root();
    let mut passed: Vec<(KeyState, usize)> = Vec::new();
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        let Some(next) = text.get(at..end).and_then(|c| keys.steps(state, c.as_bytes())) else { break };
        state = next;
        passed.push((state, end));
    }
    let last = |is_whole: bool| {
        // Names of outdated listings only do not count.
        let is_seen = |state: KeyState| {
            let range = if is_whole { keys.whole(state) } else { keys.below(state) };
            keys.top(range).any(|rank| visible.is(rank))
        };
        let (_, end) = passed.iter().rfind(|(state, _)| is_seen(*state))?;
        Some((is_whole, text.get(..*end)?))
    };
    last(true).into_iter().chain(last(false))
}
