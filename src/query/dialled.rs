//! Numbers as telephones show and keep them, and not as they are listed.

/// Digits of a mobile number.
const MOBILE_DIGITS: usize = 11;

/// `digits` as they are dialled within the country, where they are written otherwise: with 86 in front, which replaces the 0 of
/// an area code, or a mobile number with 0 in front; `None` where they are written so already. Rule: the numbering plan of China,
/// ITU-T E.164 national significant numbers (country code 86, trunk prefix 0).
pub(crate) fn as_dialled_here(digits: &str) -> Option<String> {
    let is_mobile =
        |digits: &str| digits.len() == MOBILE_DIGITS && digits.starts_with('1') && !digits.starts_with("10");
    if let Some(rest) = digits.strip_prefix("0086").or_else(|| digits.strip_prefix("86")) {
        // Local numbers begin with 86 too, but are shorter than an area code and a number.
        let rest = rest.strip_prefix('0').unwrap_or(rest);
        return (rest.len() >= MOBILE_DIGITS - 2)
            .then(|| if is_mobile(rest) { rest.to_owned() } else { format!("0{rest}") });
    }
    digits.strip_prefix('0').filter(|rest| is_mobile(rest)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_from_abroad_and_mobile_ones_with_a_zero_are_dialled_without() {
        for (digits, expected) in [
            ("862081380388", Some("02081380388")),
            ("00862081380388", Some("02081380388")),
            ("8602081380388", Some("02081380388")),
            ("8613800138000", Some("13800138000")),
            ("013800138000", Some("13800138000")),
            ("861081380388", Some("01081380388")),
            ("02081380388", None),
            ("86138038", None),
            ("13800138000", None),
            ("01081380388", None),
        ] {
            assert_eq!(as_dialled_here(digits).as_deref(), expected, "{digits}");
        }
    }
}
