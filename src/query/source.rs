//! The sources: one file for each way to find listings.
//!
//! A source offers the ranks of one part that may match, the most popular first, and says of each how it
//! matches. Sources know nothing of each other; none can crowd another out.

mod infix;
mod initials;
mod name;
mod number;
mod pinyin;
mod short_form;
mod spelled;

use super::collect::Collector;
use super::parse::Parsed;
use super::plan::Source;
use crate::Result;

/// Asks one source.
pub(super) fn collect(source: Source, parsed: &Parsed, collector: &mut Collector<'_>) -> Result<()> {
    match source {
        Source::Name => name::collect(parsed, collector),
        Source::Infix => return infix::collect(parsed, collector),
        Source::Pinyin => pinyin::collect(parsed, collector),
        Source::Initials => initials::collect(parsed, collector),
        Source::ShortForm => return short_form::collect(parsed, collector),
        Source::Number => return number::collect(parsed, collector),
    }
    Ok(())
}
