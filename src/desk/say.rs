//! The answer to a call in words: as a text message, and as it is read out.
//!
//! # How numbers are read out
//! 1. Digit by digit, in groups with a pause between: the area code, then a line of eight as four and four, one of
//!    seven as three and four, a mobile number as three, four and four (as the desks of the mainland say them); short
//!    service numbers and numbers of other countries in the groups in which they are written.
//! 2. In Mandarin 1 is said 幺 (yāo) in numbers, because 一 and 七 are confused on the telephone (现代汉语词典, under 幺:
//!    "数目中的'一'", as in 幺幺四 for 114). 0 is 零; 洞, 两, 拐 and 勾 are for radio traffic, not for callers.
//! 3. In Cantonese 一 (jat1) and 七 (cat1) differ in their first sound and 幺 is not said: 1 stays 一.
//! 4. In English 0 is "zero", because "oh" is also a letter; nothing is doubled ("double three"), so that every word is
//!    one digit.
//!
//! Invariant: a number that may not be given out is in neither form; what changes the direction of writing is left out,
//! so that a name cannot turn the number behind it around.

use super::{Caption, ListingView};
use crate::listing::{Listing, Phone, PhoneKind, Status};
use crate::{Error, Result};

/// Digits of a mobile number of the mainland.
const MOBILE_DIGITS: usize = 11;
/// Digits that are read together at the end of a line.
const LAST_GROUP_DIGITS: usize = 4;

/// A language in which an answer is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, utoipa::ToSchema)]
pub enum SpokenLanguage {
    /// 普通话.
    #[default]
    #[schema(rename = "zh")]
    Mandarin,
    /// 普通話: the same in traditional script.
    #[schema(rename = "zh-Hant")]
    MandarinTraditional,
    /// 粵語.
    #[schema(rename = "yue")]
    Cantonese,
    /// English.
    #[schema(rename = "en")]
    English,
}

impl SpokenLanguage {
    /// Reads `zh` or `cmn`, `zh-Hant`, `yue`, `en`.
    ///
    /// # Errors
    /// Usage when it is none of them.
    ///
    /// # Examples
    /// ```
    /// use chahao::desk::SpokenLanguage;
    /// assert_eq!(SpokenLanguage::parse("yue")?, SpokenLanguage::Cantonese);
    /// assert!(SpokenLanguage::parse("fr").is_err());
    /// # Ok::<(), chahao::Error>(())
    /// ```
    pub fn parse(text: &str) -> Result<SpokenLanguage> {
        match text.trim().to_ascii_lowercase().as_str() {
            "zh" | "cmn" | "zh-hans" => Ok(SpokenLanguage::Mandarin),
            "zh-hant" => Ok(SpokenLanguage::MandarinTraditional),
            "yue" => Ok(SpokenLanguage::Cantonese),
            "en" => Ok(SpokenLanguage::English),
            _ => Err(Error::usage(format!("lang is zh (Mandarin), zh-Hant, yue (Cantonese) or en; it is {text:?}"))),
        }
    }

    /// Its tag in BCP 47.
    pub fn tag(self) -> &'static str {
        match self {
            SpokenLanguage::Mandarin => "zh",
            SpokenLanguage::MandarinTraditional => "zh-Hant",
            SpokenLanguage::Cantonese => "yue",
            SpokenLanguage::English => "en",
        }
    }

    fn wording(self) -> &'static Wording {
        match self {
            SpokenLanguage::Mandarin => &MANDARIN,
            SpokenLanguage::MandarinTraditional => &MANDARIN_TRADITIONAL,
            SpokenLanguage::Cantonese => &CANTONESE,
            SpokenLanguage::English => &ENGLISH,
        }
    }
}

/// What is said around names and numbers.
struct Wording {
    digits: [&'static str; 10],
    plus: &'static str,
    /// Between digits, between groups, and at the end of a sentence.
    joints: [&'static str; 3],
    extension: &'static str,
    /// What a fax is called in front of its number, and how its number is given.
    fax: &'static str,
    fax_number: &'static str,
    number: &'static str,
    new_number: &'static str,
    ask_instead: &'static str,
    no_referral: &'static str,
    until: &'static str,
    non_published: &'static str,
    disconnected: &'static str,
    no_number: &'static str,
}

const MANDARIN: Wording = Wording {
    digits: ["零", "幺", "二", "三", "四", "五", "六", "七", "八", "九"],
    plus: "加",
    joints: ["", "，", "。"],
    extension: "转",
    fax: "传真",
    fax_number: "传真号码：",
    number: "号码：",
    new_number: "号码已更改，新号码：",
    ask_instead: "号码已更改，请查：",
    no_referral: "号码已更改，没有转告的新号码",
    until: "转告至 ",
    non_published: "该用户要求不公开号码，无法提供",
    disconnected: "该号码已停用",
    no_number: "没有登记号码",
};

const MANDARIN_TRADITIONAL: Wording = Wording {
    digits: MANDARIN.digits,
    plus: "加",
    joints: MANDARIN.joints,
    extension: "轉",
    fax: "傳真",
    fax_number: "傳真號碼：",
    number: "號碼：",
    new_number: "號碼已更改，新號碼：",
    ask_instead: "號碼已更改，請查：",
    no_referral: "號碼已更改，沒有轉告的新號碼",
    until: "轉告至 ",
    non_published: "該用戶要求不公開號碼，無法提供",
    disconnected: "該號碼已停用",
    no_number: "沒有登記號碼",
};

const CANTONESE: Wording = Wording {
    digits: ["零", "一", "二", "三", "四", "五", "六", "七", "八", "九"],
    plus: "加",
    joints: ["", "，", "。"],
    extension: "內線",
    fax: "傳真",
    fax_number: "傳真號碼：",
    number: "電話號碼：",
    new_number: "號碼已經更改，新號碼：",
    ask_instead: "號碼已經更改，請查：",
    no_referral: "號碼已經更改，冇新號碼可以提供",
    until: "轉告至 ",
    non_published: "客戶要求唔公開號碼，未能提供",
    disconnected: "呢個號碼已經停用",
    no_number: "冇登記號碼",
};

const ENGLISH: Wording = Wording {
    digits: ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"],
    plus: "plus",
    joints: [" ", ", ", ". "],
    extension: "extension ",
    fax: "fax",
    fax_number: "The fax number is ",
    number: "The number is ",
    new_number: "The number has changed. The new number is ",
    ask_instead: "The number has changed. Ask for ",
    no_referral: "The number has changed and there is no referral",
    until: "until ",
    non_published: "The number is not published at the customer's request",
    disconnected: "The number is out of service",
    no_number: "No number is registered",
};

/// What there is to say about a listing's number.
enum Announced<'a> {
    /// Its numbers, the one to give out first.
    Numbers(&'a Listing),
    /// The number that took its place.
    New(&'a str),
    /// The listing to ask for instead, with its number where that may be given out.
    Instead(&'a Caption),
    /// A sentence and no number.
    Only(&'static str),
}

impl ListingView {
    /// The answer as a text message: a line for the name, one for each number, one for the place.
    pub fn as_text(&self, language: SpokenLanguage) -> String {
        let wording = language.wording();
        let mut lines = vec![plain(&self.listing.name)];
        match self.announced(wording) {
            Announced::Numbers(listing) => {
                lines.extend(listing.phones.iter().map(|phone| phone_written(phone, wording)));
            }
            Announced::New(number) => lines.push(format!("{}{number}{}", wording.new_number, self.until(wording))),
            Announced::Instead(other) => {
                lines.push(format!("{}{}{}", wording.ask_instead, plain(&other.name), self.until(wording)));
                lines.extend(other.given_out().map(|phone| phone_written(phone, wording)));
            }
            Announced::Only(sentence) => lines.push(sentence.to_owned()),
        }
        let Listing { locality, address, .. } = &self.listing;
        let place =
            if address.starts_with(locality.as_str()) { address.clone() } else { format!("{locality}{address}") };
        lines.extend(Some(plain(&place)).filter(|place| !place.is_empty()));
        lines.join("\n") + "\n"
    }

    /// The answer as it is read out, with every digit a word.
    pub fn as_speech(&self, language: SpokenLanguage) -> String {
        let wording = language.wording();
        let [.., end] = wording.joints;
        let name = plain(&self.listing.name);
        let said = match self.announced(wording) {
            Announced::Numbers(listing) => match listing.phones.first() {
                Some(phone) => phone_said(phone, wording),
                None => wording.no_number.to_owned(),
            },
            Announced::New(number) => format!("{}{}", wording.new_number, digits_said(number, wording)),
            Announced::Instead(other) => {
                let number = other.given_out().map(|phone| format!("{end}{}", phone_said(phone, wording)));
                format!("{}{}{}", wording.ask_instead, plain(&other.name), number.unwrap_or_default())
            }
            Announced::Only(sentence) => sentence.to_owned(),
        };
        format!("{name}{end}{said}{}\n", end.trim_end())
    }

    fn announced(&self, wording: &Wording) -> Announced<'_> {
        match self.listing.status {
            Status::NonPublished => Announced::Only(wording.non_published),
            Status::Disconnected => Announced::Only(wording.disconnected),
            Status::Listed if self.listing.phones.is_empty() => Announced::Only(wording.no_number),
            Status::Listed => Announced::Numbers(&self.listing),
            Status::Changed => {
                let number = self.listing.referral.as_ref().and_then(|referral| referral.number.as_deref());
                match (number, &self.referral) {
                    (Some(number), _) => Announced::New(number),
                    (None, Some(other)) => Announced::Instead(other),
                    (None, None) => Announced::Only(wording.no_referral),
                }
            }
        }
    }

    fn until(&self, wording: &Wording) -> String {
        let until = self.listing.referral.as_ref().and_then(|referral| referral.until.as_deref());
        until.map(|until| format!(" ({}{until})", wording.until)).unwrap_or_default()
    }
}

/// A number as it is written: what answers there, the number, and its extension.
fn phone_written(phone: &Phone, wording: &Wording) -> String {
    let label = match (plain(&phone.label), phone.kind) {
        (label, PhoneKind::Fax) if label.is_empty() => format!("{} ", wording.fax),
        (label, _) if label.is_empty() => label,
        (label, _) => format!("{label} "),
    };
    let extension = match phone.ext.as_str() {
        "" => String::new(),
        ext => format!(" {} {ext}", wording.extension.trim_end()),
    };
    format!("{label}{}{extension}", phone.number)
}

/// A number as it is read out, with its extension.
fn phone_said(phone: &Phone, wording: &Wording) -> String {
    let called = if phone.kind == PhoneKind::Fax { wording.fax_number } else { wording.number };
    let extension = match phone.ext.as_str() {
        "" => String::new(),
        ext => format!("{}{}{}", wording.joints[1], wording.extension, group_said(ext, wording)),
    };
    format!("{called}{}{extension}", digits_said(&phone.number, wording))
}

fn digits_said(number: &str, wording: &Wording) -> String {
    let said: Vec<String> = number_groups(number).into_iter().map(|group| group_said(group, wording)).collect();
    said.join(wording.joints[1])
}

fn group_said(group: &str, wording: &Wording) -> String {
    let word = |c: char| match c.to_digit(10) {
        Some(digit) => wording.digits.get(digit as usize).copied(),
        None => (c == '+').then_some(wording.plus),
    };
    group.chars().filter_map(word).collect::<Vec<_>>().join(wording.joints[0])
}

/// The groups in which a number is read.
///
/// # Examples
/// ```
/// use chahao::desk::number_groups;
/// assert_eq!(number_groups("020-81380388"), ["020", "8138", "0388"]);
/// assert_eq!(number_groups("13800138000"), ["138", "0013", "8000"]);
/// ```
pub fn number_groups(number: &str) -> Vec<&str> {
    let mut groups = Vec::new();
    for part in number.split('-').filter(|part| !part.is_empty()) {
        let digits = part.bytes().all(|byte| byte.is_ascii_digit());
        let mobile = digits && part.len() == MOBILE_DIGITS && part.starts_with('1');
        let line = digits && (part.len() == 7 || part.len() == 8);
        let rest = match part.split_at_checked(3) {
            Some((network, rest)) if mobile => {
                groups.push(network);
                rest
            }
            _ => part,
        };
        match rest.split_at_checked(rest.len().saturating_sub(LAST_GROUP_DIGITS)) {
            Some((first, last)) if mobile || line => groups.extend([first, last]),
            _ => groups.push(rest),
        }
    }
    groups
}

/// `text` without signs that change the direction of writing.
fn plain(text: &str) -> String {
    let turns =
        |c: char| matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().filter(|&c| !turns(c)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(number: &str, language: SpokenLanguage) -> String {
        digits_said(number, language.wording())
    }

    #[test]
    fn numbers_are_read_digit_by_digit_in_the_groups_people_say() {
        use SpokenLanguage::{Cantonese, English, Mandarin};
        for (number, language, expected) in [
            ("020-81380388", Mandarin, "零二零，八幺三八，零三八八"),
            ("020-81380388", Cantonese, "零二零，八一三八，零三八八"),
            ("020-81380388", English, "zero two zero, eight one three eight, zero three eight eight"),
            ("0660-3371234", Mandarin, "零六六零，三三七，幺二三四"),
            ("13800138000", Mandarin, "幺三八，零零幺三，八零零零"),
            ("114", Mandarin, "幺幺四"),
            ("114", Cantonese, "一一四"),
            ("95588", Mandarin, "九五五八八"),
            ("400-882-3823", Mandarin, "四零零，八八二，三八二三"),
            ("852-27201173", Cantonese, "八五二，二七二零，一一七三"),
            ("+1-212-5551234", English, "plus one, two one two, five five five, one two three four"),
        ] {
            assert_eq!(said(number, language), expected, "{number}");
        }
    }

    #[test]
    fn signs_that_turn_writing_around_are_left_out() {
        assert_eq!(plain("反向\u{202e}楼茶\u{202c}饭店"), "反向楼茶饭店");
    }
}
