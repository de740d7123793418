//! Initials: `gzjj`.

use super::spelled::{self, Scheme};
use crate::index::{INITIALS_INFIX_BYTES_MAX, KeyKind};
use crate::query::MatchKind;
use crate::query::collect::Collector;
use crate::query::parse::Parsed;

const SCHEME: Scheme = Scheme {
    kind: MatchKind::Initials,
    whole: KeyKind::Initials,
    infix: KeyKind::InitialsInfix,
    infix_bytes_max: INITIALS_INFIX_BYTES_MAX,
    spelled: |spelling| (&spelling.initials, &spelling.initial_starts),
};

pub(super) fn collect(parsed: &Parsed, collector: &mut Collector<'_>) {
    if let Some(letters) = &parsed.letters {
        spelled::collect(&SCHEME, letters, &parsed.pattern, collector);
    }
}
