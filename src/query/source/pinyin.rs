//! Joined pinyin: `guangzhoujiujia`, however far it is typed.
//!
//! Keys are joined letters, so xian and xi'an, half a syllable and half a letter need no parsing.

use super::spelled::{self, Scheme};
use crate::index::{KeyKind, PINYIN_INFIX_BYTES_MAX};
use crate::query::MatchKind;
use crate::query::collect::Collector;
use crate::query::parse::Parsed;

const SCHEME: Scheme = Scheme {
    kind: MatchKind::Pinyin,
    whole: KeyKind::Pinyin,
    infix: KeyKind::PinyinInfix,
    infix_bytes_max: PINYIN_INFIX_BYTES_MAX,
    spelled: |spelling| (&spelling.letters, &spelling.letter_starts),
};

pub(super) fn collect(parsed: &Parsed, collector: &mut Collector<'_>) {
    if let Some(letters) = &parsed.letters {
        spelled::collect(&SCHEME, letters, &parsed.pattern, collector);
    }
}
