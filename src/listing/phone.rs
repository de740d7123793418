//! Telephone numbers as they are written, and their digits as they are searched.

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use super::{Invalid, LABEL_CHARS_MAX, checked_text};

/// Digits of a number, without extension, at least: 110, 119, internal lines of a switchboard.
const NUMBER_DIGITS_MIN: usize = 3;
/// Digits of a number, without extension, at most: 15 by ITU-T E.164, and two for a trunk prefix.
const NUMBER_DIGITS_MAX: usize = 17;
/// Digits of an extension at most.
const EXT_DIGITS_MAX: usize = 8;
/// Digits of an area code at most, with its leading 0 (Chinese codes have 3 or 4).
pub const AREA_CODE_DIGITS_MAX: usize = 6;

/// One telephone number of a listing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phone {
    /// As it is read out: digits, `-` between area code and number, a leading `+` perhaps.
    pub number: String,
    /// What answers there, such as `订座`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub label: String,
    /// What kind of line it is.
    #[serde(default)]
    pub kind: PhoneKind,
    /// The extension, digits only.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub ext: String,
}

/// Kinds of line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PhoneKind {
    /// A fixed line.
    #[default]
    Fixed,
    /// A mobile number.
    Mobile,
    /// A service number: 110, 95xxx, 400-, 800-.
    Service,
    /// A fax.
    Fax,
}

impl Phone {
    /// Reads a number as offices write it: `020-81380388`, `(020)8138 0388`, `0754-82903320-123`,
    /// `订座:020-81380388转801`, full-width digits alike. The kind is told from the number.
    ///
    /// # Errors
    /// `bad_phone`, with what is expected, when it is not a number of 3–17 digits.
    ///
    /// # Examples
    /// ```
    /// use chahao::listing::{Phone, PhoneKind};
    /// let phone = Phone::parse("订座:（020）8138 0388转801")?;
    /// assert_eq!((phone.number.as_str(), phone.label.as_str(), phone.ext.as_str()), ("020-81380388", "订座", "801"));
    /// assert_eq!(Phone::parse("13800138000")?.kind, PhoneKind::Mobile);
    /// assert_eq!(Phone::parse("call us").unwrap_err().code, "bad_phone");
    /// # Ok::<(), chahao::listing::Invalid>(())
    /// ```
    pub fn parse(text: &str) -> Result<Phone, Invalid> {
        let folded: String = text.trim().nfkc().collect();
        let (label, rest) = match folded.split_once(':') {
            Some((label, rest)) => (checked_text("phones", label, LABEL_CHARS_MAX)?, rest),
            None => (String::new(), folded.as_str()),
        };
        let (number, marked_ext) = split_marked_ext(rest);
        let mut groups: Vec<String> = Vec::new();
        let mut plus = "";
        for (at, c) in number.trim().char_indices() {
            match c {
                '0'..='9' => match groups.last_mut() {
                    Some(group) => group.push(c),
                    None => groups.push(c.to_string()),
                },
                '+' if at == 0 => plus = "+",
                // A space inside a number only groups digits; dashes and brackets part its codes.
                ' ' => {}
                '-' | '‐' | '–' | '—' | '(' | ')' | '/' | '.' => {
                    if groups.last().is_some_and(|group| !group.is_empty()) {
                        groups.push(String::new());
                    }
                }
                _ => return Err(bad_phone(text)),
            }
        }
        groups.retain(|group| !group.is_empty());
        let ext = match marked_ext {
            Some(ext) => ext.trim().to_owned(),
            // area code - number - extension: three groups, the first an area code.
            None if groups.len() == 3 && groups.first().is_some_and(|area| area.starts_with('0')) => {
                groups.pop().unwrap_or_default()
            }
            None => String::new(),
        };
        let digits: usize = groups.iter().map(String::len).sum();
        let ext_ok = ext.len() <= EXT_DIGITS_MAX && ext.bytes().all(|b| b.is_ascii_digit());
        if !(NUMBER_DIGITS_MIN..=NUMBER_DIGITS_MAX).contains(&digits) || !ext_ok {
            return Err(bad_phone(text));
        }
        let number = format!("{plus}{}", groups.join("-"));
        let kind = guess_kind(&groups);
        Ok(Phone { number, label, kind, ext })
    }

    /// The digits of the number, without separators and extension.
    pub fn digits(&self) -> String {
        self.number.chars().filter(char::is_ascii_digit).collect()
    }

    /// The digits by which callers know this number, each once: with its area code, without, and with its
    /// extension behind.
    ///
    /// `area_code` is the listing's, used where the number itself carries none; mobiles and service numbers
    /// have none.
    ///
    /// # Examples
    /// ```
    /// use chahao::listing::Phone;
    /// let phone = Phone::parse("8138 0388转801")?;
    /// assert_eq!(phone.dialled("020"), ["02081380388", "81380388", "02081380388801"]);
    /// # Ok::<(), chahao::listing::Invalid>(())
    /// ```
    pub fn dialled(&self, area_code: &str) -> Vec<String> {
        let (whole, local) = self.whole_and_local(area_code);
        let extended = format!("{whole}{}", self.ext);
        let mut dialled = vec![whole];
        for other in [local, extended] {
            if !dialled.contains(&other) {
                dialled.push(other);
            }
        }
        dialled
    }

    fn whole_and_local(&self, area_code: &str) -> (String, String) {
        let digits = self.digits();
        if matches!(self.kind, PhoneKind::Mobile | PhoneKind::Service) {
            return (digits.clone(), digits);
        }
        let written = self.number.trim_start_matches('+').split_once('-').map(|(code, _)| code);
        let code_len = match written {
            Some(code) => code.len(),
            None => area_code_len(&digits),
        };
        match digits.get(code_len..) {
            Some(local) if code_len > 0 && local.len() >= NUMBER_DIGITS_MIN => (digits.clone(), local.to_owned()),
            _ => (format!("{area_code}{digits}"), digits),
        }
    }
}

/// `…转801`, `…ext801`, `…#801`: the number and what follows the mark.
fn split_marked_ext(text: &str) -> (&str, Option<&str>) {
    for mark in ["转", "轉", "ext.", "ext", "EXT", "分机", "#", "x"] {
        if let Some((number, ext)) = text.split_once(mark) {
            return (number, Some(ext));
        }
    }
    (text, None)
}

/// The length of the area code of a fixed number written without separators: 010 and 02x have three
/// digits, other codes four (numbering plan of the Ministry of Industry and Information Technology).
fn area_code_len(digits: &str) -> usize {
    match digits.as_bytes() {
        [b'0', b'1' | b'2', ..] if digits.len() >= 10 => 3,
        [b'0', ..] if digits.len() >= 10 => 4,
        _ => 0,
    }
}

fn guess_kind(groups: &[String]) -> PhoneKind {
    let digits = groups.concat();
    let bytes = digits.as_bytes();
    match bytes {
        [b'1', b'3'..=b'9', ..] if bytes.len() == 11 => PhoneKind::Mobile,
        [b'4' | b'8', b'0', b'0', ..] if bytes.len() == 10 => PhoneKind::Service,
        [b'9', b'5' | b'6', ..] if bytes.len() == 5 || bytes.len() == 6 => PhoneKind::Service,
        [b'1', ..] if bytes.len() == 3 || bytes.len() == 5 => PhoneKind::Service,
        _ => PhoneKind::Fixed,
    }
}

fn bad_phone(text: &str) -> Invalid {
    let shown: String = text.chars().take(40).collect();
    let reason = format!(
        "a number has {NUMBER_DIGITS_MIN} to {NUMBER_DIGITS_MAX} digits with - ( ) or spaces between, \
         and perhaps 转 and an extension; it is {shown:?}"
    );
    Invalid::new("phones", "bad_phone", reason)
}
