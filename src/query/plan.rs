//! Which sources a query asks.

use super::MatchKind;
use super::parse::Parsed;

/// A way to find listings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// Names from their beginning.
    Name,
    /// Names from anywhere.
    Infix,
    /// Characters of names, in order.
    ShortForm,
    /// Joined pinyin.
    Pinyin,
    /// Initials.
    Initials,
    /// Digits of numbers.
    Number,
}

/// The sources that may have something for `parsed` under `modes`.
pub(super) fn sources(parsed: &Parsed, modes: &[MatchKind]) -> Vec<Source> {
    let wanted = |kinds: &[MatchKind]| kinds.iter().any(|kind| modes.contains(kind));
    let mut sources = Vec::with_capacity(6);
    if parsed.chars == 0 {
        return sources;
    }
    if parsed.digits.is_some() && wanted(&[MatchKind::Number]) {
        sources.push(Source::Number);
    }
    if wanted(&[MatchKind::Exact, MatchKind::Prefix]) {
        sources.push(Source::Name);
    }
    if parsed.letters.is_some() && wanted(&[MatchKind::Pinyin]) {
        sources.push(Source::Pinyin);
    }
    if parsed.letters.is_some() && wanted(&[MatchKind::Initials]) {
        sources.push(Source::Initials);
    }
    if wanted(&[MatchKind::Infix]) {
        sources.push(Source::Infix);
    }
    if parsed.short_form.is_some() && wanted(&[MatchKind::ShortForm]) {
        sources.push(Source::ShortForm);
    }
    sources
}
