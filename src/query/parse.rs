//! What was typed, folded, and what it may be.

use super::short_form::ShortForm;
use crate::text::Folded;

/// A query's text in the forms its sources ask by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parsed {
    /// Folded like names are.
    pub(super) text: String,
    /// Characters of `text`.
    pub(super) chars: usize,
    /// Set when it is Latin letters and digits only: it may be pinyin or initials. ü has become v.
    pub(super) letters: Option<String>,
    /// Set when it is digits and separators only: it may be a number.
    pub(super) digits: Option<String>,
    /// Set when it may be a short form.
    pub(super) short_form: Option<ShortForm>,
}

impl Parsed {
    pub(super) fn new(typed: &str) -> Parsed {
        let folded = Folded::new(typed);
        let text = folded.text().to_owned();
        let spelled = Folded::new(&typed.replace(['ü', 'Ü', 'ǖ', 'ǘ', 'ǚ', 'ǜ'], "v"));
        let letters = (spelled.is_ascii() && !spelled.is_empty()).then(|| spelled.text().to_owned());
        let digits = folded.is_digits().then(|| text.clone());
        let short_form = ShortForm::new(&text);
        Parsed { chars: folded.units().len(), text, letters, digits, short_form }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_may_be_several_things() {
        let parsed = Parsed::new("xi'an 女");
        assert_eq!((parsed.text.as_str(), parsed.letters, parsed.digits), ("xian女", None, None));
        assert_eq!(Parsed::new("LÜ dao").letters.as_deref(), Some("lvdao"));
        assert_eq!(Parsed::new("020-8138 0388").digits.as_deref(), Some("02081380388"));
        assert_eq!(Parsed::new("……").chars, 0);
    }
}
