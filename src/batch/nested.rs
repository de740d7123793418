//! Values that hold several, or have keys of their own: phones, aliases, referrals.
//!
//! Invariant: a key that is none of them is never left out: behind it may be an extension, or a day.

use serde_json::{Map, Value};

use super::fields::{FORMAT_AS_TEXT, Field, check_error, wrong_type};
use crate::listing::{Alias, AliasKind, Invalid, LABEL_CHARS_MAX, Phone, PhoneKind, VALUES_MAX, checked_text};

/// Characters of a key that are shown.
const KEY_CHARS_SHOWN: usize = 40;

/// Refuses an object with a key that is none of `known`.
pub(super) fn check_keys(field: Field, object: &Map<String, Value>, known: &[&str]) -> Result<(), Invalid> {
    let Some(unknown) = object.keys().find(|key| !known.contains(&key.as_str())) else { return Ok(()) };
    let shown: String = unknown.chars().take(KEY_CHARS_SHOWN).collect();
    let reason = format!("{} are the keys there are; {shown:?} is none of them", known.join(", "));
    Err(Invalid::new(field.name(), "unknown_key", reason))
}

/// A text that holds a JSON array or object as that value: what a cell cannot say otherwise.
pub(super) fn json_in_text(value: Value) -> Value {
    match value {
        Value::String(text) if text.trim_start().starts_with(['[', '{']) => {
            serde_json::from_str(&text).unwrap_or(Value::String(text))
        }
        other => other,
    }
}

/// The single values of a cell or array: arrays item by item, also as JSON in a cell, texts cut at `;`.
fn items(field: Field, value: Value) -> Result<Vec<Value>, Invalid> {
    let items = match json_in_text(value) {
        Value::Null => Vec::new(),
        Value::Array(items) => items,
        Value::String(text) => {
            let parts = text.split([';', '；']).map(str::trim).filter(|part| !part.is_empty());
            parts.map(|part| Value::String(part.to_owned())).collect()
        }
        Value::Number(number) => vec![Value::String(number.to_string())],
        one @ Value::Object(_) => vec![one],
        other => return Err(wrong_type(field, "a text or an array", &other)),
    };
    items.iter().filter_map(Value::as_str).try_for_each(|text| check_error(field, text))?;
    if items.len() > VALUES_MAX {
        let reason = format!("at most {VALUES_MAX} values are allowed; there are {}", items.len());
        return Err(Invalid::new(field.name(), "too_many", reason));
    }
    Ok(items)
}

pub(super) fn aliases(value: Value) -> Result<Vec<Alias>, Invalid> {
    let one = |value: Value| match value {
        Value::String(text) => match text.split_once(':').map(|(kind, rest)| (alias_kind(kind), rest)) {
            Some((Some(kind), rest)) => Alias::new(rest, Some(kind)),
            _ => Alias::new(&text, None),
        },
        Value::Object(mut object) => {
            check_keys(Field::Aliases, &object, &["text", "kind"])?;
            let kind = match object.remove("kind") {
                None | Some(Value::Null) => None,
                Some(kind) => Some(kind.as_str().and_then(alias_kind).ok_or_else(|| {
                    let reason = format!("short, former, brand, spoken or english; it is {kind}");
                    Invalid::new("aliases", "unknown_kind", reason)
                })?),
            };
            Alias::new(object.get("text").and_then(Value::as_str).unwrap_or_default(), kind)
        }
        other => Err(wrong_type(Field::Aliases, "texts or {text, kind}", &other)),
    };
    items(Field::Aliases, value)?.into_iter().map(one).collect()
}

pub(super) fn alias_kind(text: &str) -> Option<AliasKind> {
    serde_json::from_value(Value::String(text.trim().to_owned())).ok()
}

pub(super) fn phones(value: Value) -> Result<Vec<Phone>, Invalid> {
    let one = |value: Value| match value {
        Value::String(text) => Phone::parse(&text),
        Value::Number(number) => Phone::parse(&number.to_string()),
        Value::Object(object) => phone_object(&object),
        other => Err(wrong_type(Field::Phones, "texts or {number, label, kind, ext}", &other)),
    };
    let whole = |phone: Phone| match phone.lacks_zero() {
        true => Err(Invalid::new(
            "phones",
            "bad_phone",
            format!("the 0 of the area code is missing: {FORMAT_AS_TEXT}; it is {:?}", phone.number),
        )),
        false => Ok(phone),
    };
    items(Field::Phones, value)?.into_iter().map(|value| one(value).and_then(whole)).collect()
}

fn phone_object(object: &Map<String, Value>) -> Result<Phone, Invalid> {
    check_keys(Field::Phones, object, &["number", "label", "kind", "ext"])?;
    let text = |key: &str| match object.get(key) {
        None | Some(Value::Null) => Ok(String::new()),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(Value::Number(number)) => Ok(number.to_string()),
        Some(other) => Err(wrong_type(Field::Phones, "a text", other)),
    };
    let mut phone = Phone::parse(&text("number")?)?;
    let label = checked_text("phones", &text("label")?, LABEL_CHARS_MAX)?;
    if !label.is_empty() {
        phone.label = label;
    }
    let ext = text("ext")?;
    if !ext.is_empty() {
        phone.ext = Phone::parse(&format!("{}转{ext}", phone.number))?.ext;
    }
    if let Some(kind) = object.get("kind").filter(|kind| !kind.is_null()) {
        phone.kind = serde_json::from_value::<PhoneKind>(kind.clone()).map_err(|_| {
            let reason = format!("fixed, mobile, service or fax; it is {kind}");
            Invalid::new("phones", "unknown_kind", reason)
        })?;
    }
    Ok(phone)
}
