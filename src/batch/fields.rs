//! Named values of a row, checked into a [`Patch`]: the one place that knows the names and rules of columns.

use serde_json::Value;

use super::kind::{AliasEdit, Kind};
use super::nested::{aliases, check_keys, json_in_text, phones};
use super::{Op, Origin, Rejection, Row, Subject};
use crate::listing::{
    AREA_CODE_DIGITS_MAX, Alias, Invalid, LABEL_CHARS_MAX, Listing, ListingId, Phone, REGION_CODES, Referral, Status,
    TEXT_CHARS_MAX, checked_name, checked_popularity, checked_text,
};

/// What to do where a 0 in front is gone.
pub(super) const FORMAT_AS_TEXT: &str =
    "a spreadsheet drops it from what it takes for a number, so format the column as text";

/// A column or key that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Op,
    Id,
    Name,
    Aliases,
    Category,
    AreaCode,
    Locality,
    Address,
    Phones,
    Status,
    Referral,
    ReferralUntil,
    Parent,
    Popularity,
    Note,
    Kind,
    Word,
    Reading,
    Text,
    AliasKind,
    Pair,
}

/// What spreadsheets show in the place of a value they cannot make out (ECMA-376, and what Excel added since).
const SPREADSHEET_ERRORS: [&str; 11] = [
    "#N/A",
    "#REF!",
    "#VALUE!",
    "#NAME?",
    "#DIV/0!",
    "#NULL!",
    "#NUM!",
    "#SPILL!",
    "#CALC!",
    "#FIELD!",
    "#GETTING_DATA",
];

/// Says in a referral's text that a listing's id follows.
const LISTING_MARK: &str = "listing:";

/// Every field with its name and the other names it goes by.
const FIELDS: [(Field, &str, &str); 21] = [
    (Field::Op, "op", "op"),
    (Field::Id, "id", "id"),
    (Field::Name, "name", "name"),
    (Field::Aliases, "aliases", "alias"),
    (Field::Category, "category", "category"),
    (Field::AreaCode, "area_code", "area_code"),
    (Field::Locality, "locality", "locality"),
    (Field::Address, "address", "address"),
    (Field::Phones, "phones", "phone"),
    (Field::Status, "status", "status"),
    (Field::Referral, "referral", "referral"),
    (Field::ReferralUntil, "referral_until", "referral_until"),
    (Field::Parent, "parent", "parent"),
    (Field::Popularity, "popularity", "popularity"),
    (Field::Note, "note", "note"),
    (Field::Kind, "kind", "kind"),
    (Field::Word, "word", "word"),
    (Field::Reading, "reading", "reading"),
    (Field::Text, "text", "text"),
    (Field::AliasKind, "alias_kind", "alias_kind"),
    (Field::Pair, "pair", "pair"),
];

impl Field {
    pub(super) fn by_name(name: &str) -> Option<Field> {
        let same = |known: &str| known.eq_ignore_ascii_case(name);
        FIELDS.iter().find(|(_, known, other)| same(known) || same(other)).map(|(field, _, _)| *field)
    }

    pub(super) fn name(self) -> &'static str {
        FIELDS.iter().find(|(field, _, _)| *field == self).map_or("row", |(_, name, _)| name)
    }
}

/// Refuses a text that is the error a spreadsheet shows in the place of a value.
pub(super) fn check_error(field: Field, text: &str) -> Result<(), Invalid> {
    let text = text.trim();
    if !text.starts_with('#') || !SPREADSHEET_ERRORS.contains(&text) {
        return Ok(());
    }
    let reason = format!("{text} is an error of a spreadsheet and no value: mend the formula, or empty the cell");
    Err(Invalid::new(field.name(), "spreadsheet_error", reason))
}

/// The values of one row by field, before they are checked.
#[derive(Debug, Default)]
pub(super) struct FieldValues([Option<Value>; FIELDS.len()]);

impl FieldValues {
    /// Puts the value of `field`; refused where the row has one already (`phone` beside `phones`).
    pub(super) fn set(&mut self, field: Field, value: Value) -> Result<(), Invalid> {
        let before = self.0.get_mut(field as usize).and_then(|slot| slot.replace(value));
        match before {
            None => Ok(()),
            Some(_) => Err(Invalid::new(field.name(), "duplicate_field", "the row gives this field twice; keep one")),
        }
    }

    fn take(&mut self, field: Field) -> Option<Value> {
        self.0.get_mut(field as usize).and_then(Option::take)
    }

    /// The value as text; cleared fields give the empty text, absent ones `None`.
    pub(super) fn text(&mut self, field: Field) -> Result<Option<String>, Invalid> {
        match self.take(field) {
            None => Ok(None),
            Some(Value::Null) => Ok(Some(String::new())),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(other) => Err(wrong_type(field, "a text", &other)),
        }
    }

    /// The fields that have a value.
    pub(super) fn given(&self) -> impl Iterator<Item = Field> {
        let known = FIELDS.iter().map(|(field, _, _)| *field);
        known.zip(&self.0).filter(|(_, value)| value.is_some()).map(|(field, _)| field)
    }

    fn limited(&mut self, field: Field, chars_max: usize) -> Result<Option<String>, Invalid> {
        self.text(field)?.map(|text| checked_text(field.name(), &text, chars_max)).transpose()
    }

    /// Checks everything; the first fault refuses the row.
    pub(super) fn into_row(mut self, origin: Origin) -> Result<Row, Rejection> {
        let id_text = match self.text(Field::Id) {
            Ok(text) => text.unwrap_or_default(),
            Err(invalid) => return Err(Rejection::new(&origin, None, invalid)),
        };
        let withheld = self.is_withheld();
        match self.checked(&id_text) {
            Ok((op, written, subject)) => Ok(Row { op, written, subject, origin }),
            Err(invalid) if withheld => Err(Rejection::new(&origin, Some(&id_text), invalid.withheld())),
            Err(invalid) => Err(Rejection::new(&origin, Some(&id_text), invalid)),
        }
    }

    /// Whether the row's status is, or may be meant for, one whose numbers nobody may see.
    fn is_withheld(&self) -> bool {
        match self.0.get(Field::Status as usize) {
            None | Some(None | Some(Value::Null)) => false,
            Some(Some(Value::String(text))) => !matches!(text.trim(), "" | "listed" | "disconnected" | "changed"),
            Some(Some(_)) => true,
        }
    }

    /// Refuses a row with a cell in which a spreadsheet shows an error.
    fn check_errors(&self) -> Result<(), Invalid> {
        for (field, value) in FIELDS.iter().map(|(field, _, _)| *field).zip(&self.0) {
            check_error(field, value.as_ref().and_then(Value::as_str).unwrap_or_default())?;
        }
        Ok(())
    }

    /// What is to be done, what the row calls it, and to what.
    fn checked(&mut self, id_text: &str) -> Result<(Op, Op, Subject), Invalid> {
        let written = Op::parse(&self.text(Field::Op)?.unwrap_or_default())?;
        if written != Op::Delete {
            // What is looked up for what is gone may well be an error; a deletion needs none of it.
            self.check_errors()?;
        }
        let kind = Kind::parse(&self.text(Field::Kind)?.unwrap_or_default())?;
        kind.check_fields(self, !id_text.is_empty())?;
        match kind {
            Kind::Listing => {
                let id = ListingId::new(id_text)?;
                let patch = self.patch(written, &id)?;
                if written == Op::Change && patch == Patch::default() {
                    let reason = "a change carries a field at least; this row carries none: see how its columns are named, \
                                  or --map them";
                    return Err(Invalid::new("row", "no_fields", reason));
                }
                Ok((written, written, Subject::Listing(id, Box::new(patch))))
            }
            Kind::Alias => {
                let id = ListingId::new(id_text)?;
                let patch = Patch { alias_edit: Some(AliasEdit::of(written, self)?), ..Patch::default() };
                Ok((Op::Change, written, Subject::Listing(id, Box::new(patch))))
            }
            Kind::Reading | Kind::Confusable => Ok((written, written, Subject::Entry(kind.entry(written, self)?))),
        }
    }

    /// The fields of a listing.
    fn patch(&mut self, op: Op, id: &ListingId) -> Result<Patch, Invalid> {
        if op == Op::Delete {
            return Ok(Patch::default());
        }
        let patch = Patch {
            name: self.text(Field::Name)?.map(|name| checked_name(&name)).transpose()?,
            aliases: self.take(Field::Aliases).map(aliases).transpose()?,
            category: self.limited(Field::Category, LABEL_CHARS_MAX)?,
            area_code: self.text(Field::AreaCode)?.map(|code| area_code(&code)).transpose()?,
            locality: self.limited(Field::Locality, LABEL_CHARS_MAX)?,
            address: self.limited(Field::Address, TEXT_CHARS_MAX)?,
            phones: self.take(Field::Phones).map(phones).transpose()?,
            status: self.text(Field::Status)?.map(|text| status(op, &text)).transpose()?.flatten(),
            referral: self.referral()?,
            parent: self.text(Field::Parent)?.map(|parent| parent_of(id, &parent)).transpose()?,
            popularity: self.text(Field::Popularity)?.map(|text| popularity(&text)).transpose()?,
            note: self.limited(Field::Note, TEXT_CHARS_MAX)?,
            alias_edit: None,
        };
        if op == Op::Add && patch.name.is_none() {
            return Err(Invalid::new("name", "missing", "every listing needs a name; the row carries none"));
        }
        Ok(patch)
    }

    /// `{"number":…,"listing":…,"until":…}`, as an object or in a cell; or a text: `listing:` and an id, a number, or
    /// an id that cannot be a number.
    fn referral(&mut self) -> Result<Option<Option<Referral>>, Invalid> {
        let until = self.text(Field::ReferralUntil)?.filter(|until| !until.trim().is_empty());
        let value = self.take(Field::Referral).map(json_in_text);
        let mut referral = match value {
            None if until.is_none() => return Ok(None),
            None => return Err(Invalid::new("referral", "missing", "referral_until needs a referral beside it")),
            Some(Value::Null) => return Ok(Some(None)),
            Some(Value::String(text)) if text.trim().is_empty() => return Ok(Some(None)),
            Some(Value::String(text)) => match (text.trim().strip_prefix(LISTING_MARK), Phone::parse(&text)) {
                (Some(id), _) => Referral { listing: Some(referred(id)?), ..Referral::default() },
                (None, Ok(_)) => Referral { number: Some(text), ..Referral::default() },
                (None, Err(_)) => Referral { listing: Some(referred(&text)?), ..Referral::default() },
            },
            Some(Value::Object(object)) => {
                check_keys(Field::Referral, &object, &["number", "listing", "until"])?;
                serde_json::from_value(Value::Object(object)).map_err(|error| {
                    Invalid::new("referral", "wrong_type", format!("number, listing and until were expected: {error}"))
                })?
            }
            Some(other) => return Err(wrong_type(Field::Referral, "an object or a text", &other)),
        };
        if until.is_some() {
            referral.until = until;
        }
        checked_referral(referral).map(|referral| Some(Some(referral)))
    }
}

/// The listing a referral's text names when it is no number.
fn referred(text: &str) -> Result<ListingId, Invalid> {
    ListingId::new(text).map_err(|invalid| {
        let reason =
            format!("a number, or {LISTING_MARK} and a listing's id, was expected; it is neither: {}", invalid.reason);
        Invalid::new("referral", "bad_referral", reason)
    })
}

fn checked_referral(referral: Referral) -> Result<Referral, Invalid> {
    let in_field = |invalid: Invalid| Invalid { field: "referral", ..invalid };
    let number = referral.number.map(|number| Phone::parse(&number)).transpose().map_err(in_field)?;
    let number = number.map(|phone| match phone.ext.as_str() {
        "" => phone.number,
        ext => format!("{}转{ext}", phone.number),
    });
    let listing = referral.listing.map(|id| ListingId::new(id.as_str())).transpose().map_err(in_field)?;
    if number.is_none() && listing.is_none() {
        return Err(Invalid::new("referral", "missing", "a referral names a number or a listing; it has neither"));
    }
    let day = |until: String| match until.parse::<jiff::civil::Date>() {
        Ok(day) => Ok(day.to_string()),
        Err(_) => Err(Invalid::new("referral", "bad_date", format!("until is a day, YYYY-MM-DD; it is {until:?}"))),
    };
    Ok(Referral { number, listing, until: referral.until.map(day).transpose()? })
}

/// The fields a row carries; `None` is not carried, an empty value clears.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Patch {
    name: Option<String>,
    aliases: Option<Vec<Alias>>,
    category: Option<String>,
    area_code: Option<String>,
    locality: Option<String>,
    address: Option<String>,
    phones: Option<Vec<Phone>>,
    status: Option<Status>,
    referral: Option<Option<Referral>>,
    parent: Option<Option<ListingId>>,
    popularity: Option<f32>,
    note: Option<String>,
    /// What is done to one alias; the row carries nothing else then.
    alias_edit: Option<AliasEdit>,
}

impl Patch {
    /// Whether it says under which listing this one stands.
    pub(crate) fn moves(&self) -> bool {
        self.parent.is_some()
    }

    /// Whether it says which status the listing has.
    pub(crate) fn names_status(&self) -> bool {
        self.status.is_some()
    }

    /// The status it says the listing has.
    pub(super) fn status(&self) -> Option<Status> {
        self.status
    }

    /// Whether it says where to send callers instead.
    pub(super) fn names_referral(&self) -> bool {
        self.referral.is_some()
    }

    /// A new listing made of the fields carried.
    ///
    /// # Errors
    /// When no name is carried, or the fields contradict each other.
    pub fn into_listing(self, id: &ListingId) -> Result<Listing, Invalid> {
        let listing = Listing::new(id.clone(), self.name.as_deref().unwrap_or_default())?;
        self.apply(listing)
    }

    /// `listing` with the fields carried put in.
    ///
    /// # Errors
    /// When the outcome contradicts itself: `changed` without a referral.
    pub fn apply(self, mut listing: Listing) -> Result<Listing, Invalid> {
        let put = |slot: &mut String, value: Option<String>| {
            if let Some(value) = value {
                *slot = value;
            }
        };
        put(&mut listing.name, self.name);
        put(&mut listing.category, self.category);
        put(&mut listing.area_code, self.area_code);
        put(&mut listing.locality, self.locality);
        put(&mut listing.address, self.address);
        put(&mut listing.note, self.note);
        listing.aliases = self.aliases.unwrap_or(listing.aliases);
        listing.phones = self.phones.unwrap_or(listing.phones);
        listing.status = self.status.unwrap_or(listing.status);
        listing.referral = self.referral.unwrap_or(listing.referral);
        listing.parent = self.parent.unwrap_or(listing.parent);
        listing.popularity = self.popularity.unwrap_or(listing.popularity);
        if let Some(edit) = self.alias_edit {
            edit.apply(&mut listing.aliases)?;
        }
        if listing.status == Status::Changed && listing.referral.is_none() {
            let reason = "status changed needs a referral: the new number or listing";
            return Err(Invalid::new("referral", "missing", reason));
        }
        Ok(listing)
    }
}

fn area_code(text: &str) -> Result<String, Invalid> {
    let text = text.trim();
    if text.len() <= AREA_CODE_DIGITS_MAX && text.bytes().all(|b| b.is_ascii_digit()) {
        if text.is_empty() || text.starts_with('0') || REGION_CODES.contains(&text) {
            return Ok(text.to_owned());
        }
        let reason = format!("an area code begins with 0: {FORMAT_AS_TEXT}; it is {text:?}");
        return Err(Invalid::new("area_code", "bad_area_code", reason));
    }
    let reason = format!("at most {AREA_CODE_DIGITS_MAX} digits, such as 020; it is {text:?}");
    Err(Invalid::new("area_code", "bad_area_code", reason))
}

/// To clear a status would publish what was withheld, so a change names the one that is meant; in an add an empty one is none.
fn status(op: Op, text: &str) -> Result<Option<Status>, Invalid> {
    let text = text.trim();
    match op {
        _ if !text.is_empty() => {}
        Op::Change => {
            let reason = "a status cannot be cleared; name the one that is meant: listed, non_published, disconnected \
                          or changed";
            return Err(Invalid::new("status", "bad_status", reason));
        }
        Op::Add | Op::Delete => return Ok(None),
    }
    serde_json::from_value(Value::String(text.to_owned())).map(Some).map_err(|_| {
        let reason = format!("listed, non_published, disconnected or changed; it is {text:?}");
        Invalid::new("status", "unknown_status", reason)
    })
}

fn parent_of(id: &ListingId, text: &str) -> Result<Option<ListingId>, Invalid> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let parent = ListingId::new(text).map_err(|invalid| Invalid { field: "parent", ..invalid })?;
    if parent == *id {
        return Err(Invalid::new("parent", "own_parent", "a listing cannot stand under itself"));
    }
    Ok(Some(parent))
}

fn popularity(text: &str) -> Result<f32, Invalid> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(0.0);
    }
    let value = text
        .parse::<f64>()
        .map_err(|_| Invalid::new("popularity", "not_a_number", format!("calls per week, a number; it is {text:?}")))?;
    checked_popularity(value)
}

pub(super) fn wrong_type(field: Field, expected: &str, came: &Value) -> Invalid {
    let came = match came {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    };
    Invalid::new(field.name(), "wrong_type", format!("{expected} was expected; it is {came}"))
}
