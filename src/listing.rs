//! A business listing and the rules its fields keep.
//!
//! Values are made by constructors that refuse what is not allowed, so a [`Listing`] that exists is a
//! listing that may be stored. Refusals are [`Invalid`]: field, code and a reason for people.
//!
//! Invariant: nothing here does I/O.

mod phone;
mod withheld;

use serde::{Deserialize, Serialize};

pub(crate) use withheld::withheld_reason;
use withheld::without_numbers;

pub(crate) use phone::REGION_CODES;
pub use phone::{AREA_CODE_DIGITS_MAX, Phone, PhoneKind};

/// Bytes of a listing id at most.
pub const ID_BYTES_MAX: usize = 64;
/// Characters of a name or alias at most.
pub const NAME_CHARS_MAX: usize = 200;
/// Characters of a category, locality or label at most.
pub const LABEL_CHARS_MAX: usize = 100;
/// Characters of an address or note at most.
pub const TEXT_CHARS_MAX: usize = 1_000;
/// Aliases, and phones, of one listing at most.
pub const VALUES_MAX: usize = 50;
/// Calls a week at most: far above any real desk, low enough to stay exact in arithmetic.
pub const POPULARITY_MAX: f32 = 1e9;

/// Why a value may not be stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Invalid {
    /// The listing's field, as it is spelled in batch files.
    pub field: &'static str,
    /// A stable word for programs, such as `too_long`.
    pub code: &'static str,
    /// What was expected, what came.
    pub reason: String,
}

impl Invalid {
    /// A refusal of `field` for `code`.
    pub fn new(field: &'static str, code: &'static str, reason: impl Into<String>) -> Invalid {
        Invalid { field, code, reason: reason.into() }
    }

    /// The same refusal without the value that came: what was expected, and no digits of a number nobody may see.
    #[must_use]
    pub fn withheld(self) -> Invalid {
        Invalid { reason: withheld_reason(self.field, self.reason), ..self }
    }
}

/// The stable key of a listing: 1–64 bytes of `[A-Za-z0-9._:-]`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(transparent)]
pub struct ListingId(String);

impl ListingId {
    /// Checks `text` and makes an id of it.
    ///
    /// # Errors
    /// `missing` when empty, `too_long` over [`ID_BYTES_MAX`], `bad_character` for any other byte.
    ///
    /// # Examples
    /// ```
    /// use chahao::listing::ListingId;
    /// assert_eq!(ListingId::new("GZ-0001")?.as_str(), "GZ-0001");
    /// assert_eq!(ListingId::new("GZ 0001").unwrap_err().code, "bad_character");
    /// # Ok::<(), chahao::listing::Invalid>(())
    /// ```
    pub fn new(text: &str) -> Result<ListingId, Invalid> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Invalid::new("id", "missing", "every row needs an id; it is empty"));
        }
        if text.len() > ID_BYTES_MAX {
            let reason = format!("an id has at most {ID_BYTES_MAX} bytes; this one has {}", text.len());
            return Err(Invalid::new("id", "too_long", reason));
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || "._:-".contains(c);
        if let Some(bad) = text.chars().find(|&c| !allowed(c)) {
            let reason = format!("an id is made of A-Z a-z 0-9 . _ : - only; it holds {bad:?}");
            return Err(Invalid::new("id", "bad_character", reason));
        }
        Ok(ListingId(text.to_owned()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for ListingId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Another name a listing is asked for by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Alias {
    /// The name.
    pub text: String,
    /// What kind of name it is.
    pub kind: AliasKind,
}

/// The kinds of [`Alias`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AliasKind {
    /// 简称: 中大.
    Short,
    /// 曾用名: what it was called before.
    Former,
    /// The brand it trades under.
    Brand,
    /// 俗称: what people say.
    Spoken,
    /// The name in English or another Latin script.
    English,
}

impl Alias {
    /// An alias; without a `kind` a Latin text is [`AliasKind::English`], any other [`AliasKind::Short`].
    ///
    /// # Errors
    /// As for a name.
    pub fn new(text: &str, kind: Option<AliasKind>) -> Result<Alias, Invalid> {
        let text = checked_text("aliases", text, NAME_CHARS_MAX)?;
        if text.is_empty() {
            return Err(Invalid::new("aliases", "missing", "an alias is a name; it is empty"));
        }
        let guessed = if text.chars().any(is_hanzi) { AliasKind::Short } else { AliasKind::English };
        Ok(Alias { text, kind: kind.unwrap_or(guessed) })
    }
}

/// Whether a listing's number may be given out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// In service and published.
    #[default]
    Listed,
    /// Its existence may be announced; its number is in no index file and no response.
    NonPublished,
    /// Out of service.
    Disconnected,
    /// The number has changed: the referral names the new one.
    Changed,
}

/// Where to send callers instead: a new number, another listing, or both.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Referral {
    /// The number to give out instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// The listing to look at instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listing: Option<ListingId>,
    /// The last day, `YYYY-MM-DD`, on which the referral is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// One business, as it stands in the ledger.
///
/// # Invariants
/// 1. `name` has 1–[`NAME_CHARS_MAX`] characters and no control characters; other texts keep their limits.
/// 2. `phones[0]`, when there is one, is the number to give out.
/// 3. `popularity` is finite and in `0..=POPULARITY_MAX`, in calls per week.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Listing {
    /// The stable key.
    pub id: ListingId,
    /// The official name.
    pub name: String,
    /// Other names it is asked for by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<Alias>,
    /// What it does, such as `餐饮`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub category: String,
    /// The telephone area code, such as `020`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub area_code: String,
    /// The district, such as `荔湾区`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub locality: String,
    /// Street, house number, floor.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub address: String,
    /// The numbers, the one to give out first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub phones: Vec<Phone>,
    /// Whether the numbers may be given out.
    #[serde(default, skip_serializing_if = "is_default")]
    pub status: Status,
    /// Where to send callers instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub referral: Option<Referral>,
    /// The listing under which this one stands in a caption set (医院 → 急诊科).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<ListingId>,
    /// Calls per week: the static rank.
    #[serde(default, skip_serializing_if = "is_default")]
    pub popularity: f32,
    /// What operators should know.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

impl Listing {
    /// A listing with a name and nothing else.
    ///
    /// # Errors
    /// When `name` is empty, too long or holds control characters.
    pub fn new(id: ListingId, name: &str) -> Result<Listing, Invalid> {
        Ok(Listing {
            id,
            name: checked_name(name)?,
            aliases: Vec::new(),
            category: String::new(),
            area_code: String::new(),
            locality: String::new(),
            address: String::new(),
            phones: Vec::new(),
            status: Status::Listed,
            referral: None,
            parent: None,
            popularity: 0.0,
            note: String::new(),
        })
    }

    /// The listing as anyone but the ledger may see it: a non-published one has no numbers, nor what may be one in its
    /// note and address; aliases that hold one are left out.
    ///
    /// Everything that leaves the ledger (index files, responses, exports for others) goes through here.
    #[must_use]
    pub fn published(mut self) -> Listing {
        if self.status == Status::NonPublished {
            self.phones.clear();
            self.referral = None;
            self.aliases.retain(|alias| without_numbers(&alias.text).is_none());
            for text in [&mut self.note, &mut self.address] {
                if let Some(masked) = without_numbers(text) {
                    *text = masked;
                }
            }
        }
        self
    }
}

/// Checks a listing's official name.
///
/// # Errors
/// `missing`, `too_long`, `control_character`, `lost_character`, or `no_letters` where nothing of it could be typed.
pub fn checked_name(name: &str) -> Result<String, Invalid> {
    let name = checked_text("name", name, NAME_CHARS_MAX)?;
    if name.is_empty() {
        return Err(Invalid::new("name", "missing", "every listing needs a name; it is empty"));
    }
    if !name.chars().any(char::is_alphanumeric) {
        let reason = format!("a name needs a letter, hanzi or digit to be found by; it is {name:?}");
        return Err(Invalid::new("name", "no_letters", reason));
    }
    Ok(name)
}

/// Trims `text` and checks its length in characters, and that it holds no control characters and no U+FFFD, which stands
/// for characters that were lost.
///
/// # Errors
/// `too_long`, `control_character` or `lost_character`, for `field`.
pub fn checked_text(field: &'static str, text: &str, chars_max: usize) -> Result<String, Invalid> {
    let text = text.trim();
    // A text of at most `chars_max` bytes cannot have more characters than that.
    let chars = if text.len() <= chars_max { 0 } else { text.chars().count() };
    if chars > chars_max {
        let reason = format!("at most {chars_max} characters are allowed; there are {chars}");
        return Err(Invalid::new(field, "too_long", reason));
    }
    // In UTF-8 control characters are below 0x20, 0x7f, or begin with 0xc2: most texts have none of these bytes.
    let suspicious = text.bytes().any(|b| matches!(b, 0..0x20 | 0x7f | 0xc2));
    if let Some(bad) = text.chars().find(|c| suspicious && c.is_control()) {
        let reason = match bad {
            // A sheet's line breaks come as the last of these.
            '\n' | '\r' | '\u{b}' => "line breaks are not allowed; put a space in its place".to_owned(),
            _ => format!("control characters are not allowed; it holds U+{:04X}", u32::from(bad)),
        };
        return Err(Invalid::new(field, "control_character", reason));
    }
    if text.contains(char::REPLACEMENT_CHARACTER) {
        let reason = "it holds U+FFFD, which stands for a character that was lost where the text was read in a wrong \
                      encoding: take it from its source again";
        return Err(Invalid::new(field, "lost_character", reason));
    }
    Ok(text.to_owned())
}

/// Checks a popularity in calls per week.
///
/// # Errors
/// `out_of_range` unless it is a number in `0..=POPULARITY_MAX`.
pub fn checked_popularity(value: f64) -> Result<f32, Invalid> {
    if (0.0..=f64::from(POPULARITY_MAX)).contains(&value) {
        return Ok(value as f32);
    }
    let reason = format!("calls per week, 0 to {POPULARITY_MAX:.0}; it is {value}");
    Err(Invalid::new("popularity", "out_of_range", reason))
}

/// A Han character: the unified blocks, extensions A to H, and 〇.
pub fn is_hanzi(c: char) -> bool {
    matches!(c, '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' | '\u{20000}'..='\u{323af}' | '\u{f900}'..='\u{faff}' | '〇')
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
