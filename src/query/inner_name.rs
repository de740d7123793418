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
            let passed = passed(rest, part);
            for is_whole in [true, false] {
                // What is less than the best so far need not be looked at.
                let least = match best {
                    Some((true, ..)) if !is_whole => usize::MAX,
                    Some((whole, most, _)) if whole == is_whole => most,
                    _ => 0,
                };
                let longest =
                    longest(rest, &passed, (is_whole, least), part).filter(|(_, stretch)| stretch.len() < text.len());
                best = longest.map(|(chars, stretch)| (is_whole, chars, stretch)).or(best);
            }
        }
    }
    best.map(|(.., stretch)| stretch.to_owned())
}

/// Every beginning of `text` that begins a name of the part: its place among the names, and where it ends.
fn passed(text: &str, visible: &Visible<'_>) -> Vec<(KeyState, usize)> {
    let keys = visible.part.keys(KeyKind::Name);
    let mut state = keys.root();
    let mut passed: Vec<(KeyState, usize)> = Vec::new();
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        let Some(next) = text.get(at..end).and_then(|c| keys.steps(state, c.as_bytes())) else { break };
        state = next;
        passed.push((state, end));
    }
    passed
}

/// The longest of the beginnings of `text` that were `passed` that is a visible listing's name, or begins one, and its characters,
/// where these are more than `least` and enough.
fn longest<'t>(
    text: &'t str,
    passed: &[(KeyState, usize)],
    (is_whole, least): (bool, usize),
    visible: &Visible<'_>,
) -> Option<(usize, &'t str)> {
    let keys = visible.part.keys(KeyKind::Name);
    for (at, (state, end)) in passed.iter().enumerate().rev() {
        let (chars, stretch) = (at + 1, text.get(..*end)?);
        let chars_min = if stretch.is_ascii() { LATIN_CHARS_MIN } else { CHARS_MIN };
        if chars <= least || chars < chars_min {
            return None;
        }
        // Names of outdated listings only do not count.
        let range = if is_whole { keys.whole(*state) } else { keys.below(*state) };
        if keys.top(range).any(|rank| visible.is(rank)) {
            return Some((chars, stretch));
        }
    }
    None
}
