//! The sources: one file for each way to find listings.
//!
//! A source offers the ranks of one part that may match, the most popular first, and says of each how it
//! matches. Sources know nothing of each other; none can crowd another out.

mod codes;
mod fuzzy_sound;
mod hanzi_typo;
mod heard_initials;
mod heard_mixture;
mod homophone;
mod in_both;
mod infix;
mod inner;
mod letter_typo;
mod mixed;
mod name;
mod number;
mod placed;
mod short_form;
mod spelled_words;
mod word;

pub(super) use self::infix::pairs_of_hanzi;
use super::collect::Collector;
use super::parse::Parsed;
use super::plan::Source;
use super::walk::Rules;
use crate::Result;
use crate::text::SchemeNumber;

/// Listings whose names are checked one by one sooner than a second posting list is opened.
const CHECKED_MAX: u32 = 8;

/// Asks one source.
pub(super) fn collect(source: Source, parsed: &Parsed, rules: &Rules<'_>, collector: &mut Collector<'_>) -> Result<()> {
    match source {
        Source::Name => name::collect(parsed, collector),
        Source::Infix => return infix::collect(parsed, collector),
        Source::Codes(scheme) => codes::collect(&codes::WHOLE, scheme, parsed, collector),
        Source::Initials(scheme) => codes::collect(&codes::INITIALS, scheme, parsed, collector),
        Source::ShortForm(reach) => return short_form::collect(parsed, reach, collector),
        Source::Number => return number::collect(parsed, collector),
        Source::Placed => return placed::collect(parsed, collector),
        Source::Word => return word::collect(parsed, collector),
        Source::SpelledWords => return spelled_words::collect(parsed, collector),
        Source::HeardInitials(scheme) => heard_initials::collect(parsed, (scheme, rules.of(scheme)), collector),
        Source::HeardMixture => return heard_mixture::collect(parsed, rules.of(SchemeNumber::PINYIN), collector),
        Source::Mixed => return mixed::collect(parsed, collector),
        Source::Homophone(reach) => homophone::collect(parsed, reach, collector),
        Source::FuzzySound(reach, scheme) => fuzzy_sound::collect(parsed, (scheme, rules.of(scheme)), reach, collector),
        Source::LetterTypo(reach, scheme) => letter_typo::collect(parsed, scheme, reach, collector),
        Source::Inner => inner::collect(parsed, collector),
        Source::HanziTypo => return hanzi_typo::collect(parsed, collector),
    }
    Ok(())
}
