//! Telephone numbers as they are written, and their digits as they are searched.

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use super::{Invalid, LABEL_CHARS_MAX, checked_text};

/// Digits of a number, without extension, at least: 110, 119, internal lines of a switchboard.
const NUMBER_DIGITS_MIN: usize = 3;
/// Digits of a number of this country at most: an area code of four and a line of eight.
const NUMBER_DIGITS_MAX: usize = 12;
/// Digits of a number behind `+` at most (ITU-T E.164).
const WORLD_DIGITS_MAX: usize = 15;
/// Digits of a line without its area code: seven or eight in the mainland, Taiwan and Hong Kong; a few towns and
/// service lines have six, and nine leave room for 0800 numbers.
const LINE_DIGITS: std::ops::RangeInclusive<usize> = 5..=9;
/// Digits from which a group can only be a line of its own.
const WHOLE_LINE_DIGITS_MIN: usize = 7;
/// Codes that stand in front of a number like an area code and begin with no 0: Hong Kong, Macau, Taiwan.
pub(crate) const REGION_CODES: [&str; 3] = ["852", "853", "886"];
/// Digits of a number of 400 or 800.
const SERVICE_DIGITS: usize = 10;
/// Digits with which a mobile or service number in groups begins at least.
const GROUP_DIGITS_MIN: usize = 3;
/// Digits of an extension at most.
const EXT_DIGITS_MAX: usize = 8;
/// Digits of an area code at most, with its leading 0 (Chinese codes have 3 or 4).
pub const AREA_CODE_DIGITS_MAX: usize = 6;

/// One telephone number of a listing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
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
    /// Reads a number as offices write it: `020-81380388`, `(020)8138 0388`, `02-2345-6789`, `+86 20 81380388`,
    /// `0754-82903320-123`, `138 0013 8000`, `订座:020-81380388转801`, full-width digits alike. The kind is told from the number.
    ///
    /// # Invariants
    /// 1. Reading the `number` of what was read gives the same number and no extension.
    ///
    /// # Errors
    /// `bad_phone`, with what is expected, when it is no number, or may be two.
    ///
    /// # Examples
    /// ```
    /// use chahao::listing::{Phone, PhoneKind};
    /// let phone = Phone::parse("订座:（020）8138 0388转801")?;
    /// assert_eq!((phone.number.as_str(), phone.label.as_str(), phone.ext.as_str()), ("020-81380388", "订座", "801"));
    /// assert_eq!(Phone::parse("13800138000")?.kind, PhoneKind::Mobile);
    /// assert_eq!(Phone::parse("020-81380388/81380399").unwrap_err().code, "bad_phone");
    /// # Ok::<(), chahao::listing::Invalid>(())
    /// ```
    pub fn parse(text: &str) -> Result<Phone, Invalid> {
        let phone = Phone::read(text)?;
        // Digits that would be grouped otherwise when they are read again are no number anyone dials.
        let again = Phone::read(&phone.number);
        if again.is_ok_and(|again| again.number == phone.number && again.ext.is_empty() && again.kind == phone.kind) {
            return Ok(phone);
        }
        Err(bad_phone(text))
    }

    fn read(text: &str) -> Result<Phone, Invalid> {
        let text = text.trim();
        let folded: String = if text.is_ascii() { text.to_owned() } else { text.nfkc().collect() };
        let (label, rest) = match folded.rsplit_once(':') {
            Some((label, rest)) => (checked_text("phones", label, LABEL_CHARS_MAX)?, rest),
            None => (String::new(), folded.as_str()),
        };
        let (written, marked_ext) = split_marked_ext(rest);
        let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if written.trim().split_once('.').is_some_and(|(sum, part)| is_digits(sum) && is_digits(part) && part.len() < 3)
        {
            // 81380388.0 is a sum and no number with an extension.
            return Err(bad_phone(text));
        }
        // A number in groups has its country's code no more.
        let one = || Some((one_in_groups(written.trim())?, false));
        let groups = digit_groups(written.trim()).map(|groups| (groups, written.trim().starts_with('+'))).or_else(one);
        let (mut groups, has_plus) = groups.ok_or_else(|| bad_phone(text))?;
        let abroad = without_country(&mut groups, has_plus);
        let dashed_ext = if abroad { None } else { join_line(&mut groups).ok_or_else(|| bad_phone(text))? };
        let ext = marked_ext.map(|ext| ext.trim().to_owned()).or(dashed_ext).unwrap_or_default();
        let digits: usize = groups.iter().map(String::len).sum();
        let digits_max = if abroad { WORLD_DIGITS_MAX } else { NUMBER_DIGITS_MAX };
        let ext_ok = ext.len() <= EXT_DIGITS_MAX && ext.bytes().all(|b| b.is_ascii_digit());
        // No country's code begins with 0.
        let nowhere = abroad && groups.first().is_some_and(|code| code.starts_with('0'));
        if !(NUMBER_DIGITS_MIN..=digits_max).contains(&digits) || !ext_ok || nowhere {
            return Err(bad_phone(text));
        }
        let kind = guess_kind(&groups);
        let number = match kind {
            PhoneKind::Mobile => groups.concat(),
            _ => format!("{}{}", if abroad { "+" } else { "" }, groups.join("-")),
        };
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
        let (whole, local_at) = self.whole_and_local(area_code);
        let local = whole.get(local_at..).unwrap_or_default().to_owned();
        let extended = format!("{whole}{}", self.ext);
        let mut dialled = vec![whole];
        for other in [local, extended] {
            if !dialled.contains(&other) {
                dialled.push(other);
            }
        }
        dialled
    }

    /// The digits by which anyone dials this number from afar: what tells whether two numbers are the same.
    ///
    /// # Examples
    /// ```
    /// use chahao::listing::Phone;
    /// let (short, long) = (Phone::parse("85552222")?, Phone::parse("020-85552222")?);
    /// assert_eq!(short.dialled_whole("020"), long.dialled_whole(""));
    /// # Ok::<(), chahao::listing::Invalid>(())
    /// ```
    pub fn dialled_whole(&self, area_code: &str) -> String {
        self.whole_and_local(area_code).0
    }

    /// Whether it is a fixed number with its area code that lost the code's 0, as a table does that takes it for a sum: 10 or 2x and
    /// eight digits, or 3xx to 9xx and seven or eight. Mobile and service numbers do not look so, nor what begins with 852, 853 or 886,
    /// the codes of other regions (numbering plan of the Ministry of Industry and Information Technology).
    pub(crate) fn lacks_zero(&self) -> bool {
        let is_elsewhere =
            self.number.starts_with('+') || REGION_CODES.iter().any(|code| self.number.starts_with(code));
        if matches!(self.kind, PhoneKind::Mobile | PhoneKind::Service) || self.number.starts_with('0') || is_elsewhere {
            return false;
        }
        let digits = self.digits();
        let code = self.number.split_once('-').map(|(code, _)| code);
        let may_be = |length: usize| code.is_none_or(|code| code.len() == length);
        match digits.as_bytes() {
            [b'1', b'0', b'2'..=b'8', ..] | [b'2', ..] => digits.len() == 10 && may_be(2),
            // Toll-free numbers of other lengths.
            [b'4' | b'8', b'0', b'0', ..] => false,
            // Service numbers of companies have more digits behind 95 and 96.
            [b'9', b'5' | b'6', ..] if code.is_none() => false,
            [b'3'..=b'9', ..] => (10..=11).contains(&digits.len()) && may_be(3),
            _ => false,
        }
    }

    /// The digits with the area code, and where those without begin.
    fn whole_and_local(&self, area_code: &str) -> (String, usize) {
        let digits = self.digits();
        if matches!(self.kind, PhoneKind::Mobile | PhoneKind::Service) {
            return (digits, 0);
        }
        let code_len = match self.number.split_once('-') {
            Some((code, _)) if code.starts_with('0') || REGION_CODES.contains(&code) => code.len(),
            Some(_) => 0,
            None => area_code_len(&digits),
        };
        if code_len > 0 && digits.len() >= code_len + NUMBER_DIGITS_MIN {
            return (digits, code_len);
        }
        (format!("{area_code}{digits}"), area_code.len())
    }
}

/// The groups of digits of a number; `None` where anything but digits and separators stands in it.
///
/// A space only parts digits of one line (`8138 0388`), unless what stands on both sides is a whole line.
fn digit_groups(written: &str) -> Option<Vec<String>> {
    let mut groups: Vec<String> = vec![String::new()];
    let mut spaced = false;
    for (at, c) in written.char_indices() {
        match c {
            '0'..='9' => {
                let last = groups.last_mut()?;
                if spaced && last.len() >= WHOLE_LINE_DIGITS_MIN {
                    return None;
                }
                last.push(c);
                spaced = false;
            }
            '+' if at == 0 => {}
            ' ' => {
                // A space behind an area code parts it from the line as a dash would.
                let code = groups.len() == 1 && groups.last().is_some_and(|first| is_code(first));
                if code {
                    groups.push(String::new());
                }
                spaced = !code;
            }
            '-' | '‐' | '–' | '—' | '(' | ')' | '.' => {
                spaced = false;
                if groups.last().is_some_and(|group| !group.is_empty()) {
                    groups.push(String::new());
                }
            }
            _ => return None,
        }
    }
    groups.retain(|group| !group.is_empty());
    Some(groups)
}

/// A mobile number, or one of 400 or 800, written in groups that are each too short for a line, such as `138 0013 8000`
/// and `+86 138 0013 8000`; no line begins with 1, so the first seven digits of a mobile number may be one of them.
fn one_in_groups(written: &str) -> Option<Vec<String>> {
    let without_code = ["+86", "0086"].into_iter().find_map(|code| written.strip_prefix(code));
    let rest = without_code.unwrap_or(written);
    let groups: Vec<&str> = rest.split([' ', '-']).filter(|group| !group.is_empty()).collect();
    let (first, others) = groups.split_first()?;
    let is_digits = groups.iter().all(|group| group.bytes().all(|b| b.is_ascii_digit()));
    let number = groups.concat();
    let kind = guess_kind(std::slice::from_ref(&number));
    let first_max = if kind == PhoneKind::Mobile { WHOLE_LINE_DIGITS_MIN } else { WHOLE_LINE_DIGITS_MIN - 1 };
    // 1 415 555 2671 is of America.
    let first_min = if without_code.is_some() { 1 } else { GROUP_DIGITS_MIN };
    let are_short = (first_min..=first_max).contains(&first.len())
        && others.iter().all(|group| group.len() < WHOLE_LINE_DIGITS_MIN);
    let is_service = kind == PhoneKind::Service && number.len() == SERVICE_DIGITS;
    (is_digits && are_short && (kind == PhoneKind::Mobile || is_service)).then(|| vec![number])
}

/// Whether a first group is an area code, a country's or a region's.
fn is_code(group: &str) -> bool {
    let area = group.starts_with('0') && (2..=5).contains(&group.len());
    area || group == "86" || REGION_CODES.contains(&group)
}

/// Takes +86 and 0086 away and puts the 0 of the area code in its place, and the 00 before other codes; whether
/// the number is of another country.
fn without_country(groups: &mut Vec<String>, plus: bool) -> bool {
    let Some(first) = groups.first_mut() else { return false };
    let international = match first.strip_prefix("00") {
        Some(rest) => Some(rest.to_owned()),
        None => plus.then(|| first.clone()),
    };
    let Some(code) = international else { return false };
    *first = code;
    groups.retain(|group| !group.is_empty());
    let Some(first) = groups.first_mut() else { return true };
    let Some(rest) = first.strip_prefix("86").map(str::to_owned) else {
        let region = REGION_CODES.iter().find(|region| first.starts_with(*region));
        if let Some((region, line)) = region.and_then(|region| Some((*region, first.strip_prefix(region)?.to_owned())))
        {
            *first = region.to_owned();
            if !line.is_empty() {
                groups.insert(1, line);
            }
            return false;
        }
        return true;
    };
    *first = rest;
    groups.retain(|group| !group.is_empty());
    if groups.len() > 1 && groups.first().is_some_and(|first| first == "0") {
        // +86 (0)20 8138 0388: the 0 is that of the area code.
        groups.remove(0);
        if let Some(code) = groups.first_mut() {
            code.insert(0, '0');
        }
    }
    let digits = groups.concat();
    let national = digits.starts_with('0') || guess_kind(groups) != PhoneKind::Fixed;
    if let Some(first) = groups.first_mut().filter(|_| !national) {
        first.insert(0, '0');
    }
    false
}

/// Joins what belongs to one line and tells the extension that stands behind a third dash; `None` where the
/// groups make no line.
fn join_line(groups: &mut Vec<String>) -> Option<Option<String>> {
    if groups.first().is_some_and(|first| REGION_CODES.contains(&first.as_str())) {
        // +886 02 2345 6789, +886 (0)2 …: the 0 is dialled within a region only.
        if let Some(line) = groups.get_mut(1).filter(|line| line.starts_with('0')) {
            line.remove(0);
        }
        groups.retain(|group| !group.is_empty());
    }
    let first = groups.first()?.clone();
    if groups.len() == 1 && first.starts_with('0') {
        // 02081380388: parted where it is read out.
        let (code, line) = first.split_at_checked(area_code_len(&first)).filter(|(code, _)| !code.is_empty())?;
        *groups = vec![code.to_owned(), line.to_owned()];
        return Some(None);
    }
    let coded = first.starts_with('0') || REGION_CODES.contains(&first.as_str());
    let line_at = usize::from(coded && groups.len() > 1);
    let whole_line = groups.get(line_at).is_some_and(|line| line.len() >= WHOLE_LINE_DIGITS_MIN);
    if whole_line && groups.len() > line_at + 1 {
        // 0754-82903320-123: behind a whole line stands its extension, and no second line.
        let ext = groups.pop()?;
        return (groups.len() == line_at + 1 && ext.len() < WHOLE_LINE_DIGITS_MIN).then_some(Some(ext));
    }
    if coded && groups.len() > 1 {
        // 02-2345-6789: what follows the code is one line.
        let line = groups.split_off(1).concat();
        let fits = LINE_DIGITS.contains(&line.len());
        groups.push(line);
        return fits.then_some(None);
    }
    Some(None)
}

/// `…转801`, `…ext801`, `…#801`: the number and what follows the mark.
fn split_marked_ext(text: &str) -> (&str, Option<&str>) {
    // Most numbers are digits and dashes alone.
    if text.bytes().all(|b| b.is_ascii_digit() || b == b'-') {
        return (text, None);
    }
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
        [b'0', b'1' | b'2', ..] if digits.len() >= 3 + *LINE_DIGITS.start() => 3,
        [b'0', ..] if digits.len() >= 4 + *LINE_DIGITS.start() => 4,
        _ => 0,
    }
}

fn guess_kind(groups: &[String]) -> PhoneKind {
    let digits = groups.concat();
    let bytes = digits.as_bytes();
    match bytes {
        [b'1', b'3'..=b'9', ..] if bytes.len() == 11 => PhoneKind::Mobile,
        [b'4' | b'8', b'0', b'0', ..] if bytes.len() == SERVICE_DIGITS => PhoneKind::Service,
        [b'9', b'5' | b'6', ..] if bytes.len() == 5 || bytes.len() == 6 => PhoneKind::Service,
        [b'1', ..] if bytes.len() == 3 || bytes.len() == 5 => PhoneKind::Service,
        _ => PhoneKind::Fixed,
    }
}

fn bad_phone(text: &str) -> Invalid {
    let shown: String = text.chars().take(40).collect();
    let reason = format!(
        "one number of {NUMBER_DIGITS_MIN} to {NUMBER_DIGITS_MAX} digits with - ( ) or spaces between, a line behind \
         an area code, and perhaps 转 and an extension (part several numbers by ;); it is {shown:?}"
    );
    Invalid::new("phones", "bad_phone", reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> (String, String) {
        Phone::parse(text).map(|phone| (phone.number, phone.ext)).unwrap()
    }

    #[test]
    fn a_number_is_read_the_same_however_it_is_written() {
        for (text, number, ext) in [
            ("020-81380388", "020-81380388", ""),
            ("020 8138 0388", "020-81380388", ""),
            ("020-8138-0388", "020-81380388", ""),
            ("(020)8138-0388", "020-81380388", ""),
            ("+86 20 8138 0388", "020-81380388", ""),
            ("02081380388", "020-81380388", ""),
            ("073116738", "0731-16738", ""),
            ("+86-20-81380388", "020-81380388", ""),
            ("0086-20-34025728", "020-34025728", ""),
            ("+8613800138000", "13800138000", ""),
            ("138-0013-8000", "13800138000", ""),
            ("138 0013 8000", "13800138000", ""),
            ("138 001 38000", "13800138000", ""),
            ("1380013 8000", "13800138000", ""),
            ("１３８　００１３　８０００", "13800138000", ""),
            ("+86 138 0013 8000", "13800138000", ""),
            ("+86 400 8008 820", "4008008820", ""),
            ("+86 4008 008 820", "4008008820", ""),
            ("0086-138 0013 8000", "13800138000", ""),
            ("手机:138 0013 8000", "13800138000", ""),
            ("400 800 8820", "4008008820", ""),
            ("400 8008 820", "4008008820", ""),
            ("800 820 8820转8", "8008208820", "8"),
            ("02-2345-6789", "02-23456789", ""),
            ("(02)2345-6780", "02-23456780", ""),
            ("0800-123-456", "0800-123456", ""),
            ("+852 2720 1173", "852-27201173", ""),
            ("852-27201173", "852-27201173", ""),
            ("+886-2-2345-6789", "886-223456789", ""),
            ("+886 02 2345 6789", "886-223456789", ""),
            ("+886 (0)2 2345-6789", "886-223456789", ""),
            ("+8860223456789", "886-223456789", ""),
            ("00886-0912-345-678", "886-912345678", ""),
            ("+852 0 2720 1173", "852-27201173", ""),
            ("852-0-27201173", "852-27201173", ""),
            ("+86 (0)20 8138 0388", "020-81380388", ""),
            ("+86 (0)755-8290 3320", "0755-82903320", ""),
            ("0754-82903320-123", "0754-82903320", "123"),
            ("81380388-801", "81380388", "801"),
            ("8138 0388", "81380388", ""),
            ("400-882-3823", "400-882-3823", ""),
            ("+1-212-5551234", "+1-212-5551234", ""),
            ("110", "110", ""),
            ("62345", "62345", ""),
        ] {
            assert_eq!(read(text), (number.to_owned(), ext.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_may_be_two_numbers_is_none() {
        for text in [
            "020-81380388/81380399",
            "81380388/81380399",
            "81380388 81380399",
            "13800138000 13900139000",
            "138 0013 8000 139 0013 9000",
            "400 800 8820 8821",
            "020 138 0013 8000",
            "13800138 000 110",
            "138 0013 80000",
            "1 415 555 2671",
            "8138038-8138039",
            "010-85-12345678",
            "8138038881380399",
            "12",
            "",
            "020-",
            "电话",
            "+",
            "020-81380388-81380389",
            "00-000",
            "+00-0123",
            "0-07660534956",
            "+852 00 2720 1173",
        ] {
            assert_eq!(Phone::parse(text).unwrap_err().code, "bad_phone", "{text}");
        }
    }

    proptest! {
        #[test]
        fn reading_a_number_again_changes_nothing(text in "[+]?[0-9]{1,5}([- ()][0-9]{1,9}){0,4}(转[0-9]{1,4})?") {
            if let Ok(phone) = Phone::parse(&text) {
                let again = Phone::parse(&phone.number).unwrap();
                prop_assert_eq!(&again.number, &phone.number);
                prop_assert_eq!(again.ext, "");
                prop_assert_eq!(again.kind, phone.kind);
            }
        }
    }
}
