//! A listing as it is kept in a part: everything a hit shows, in about 120 bytes, read without copying.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::listing::{Alias, AliasKind, Listing, ListingId, Phone, PhoneKind, Referral, Status};
use crate::text::Folded;
use crate::{Error, Result};

/// The codes of a listing's facets; they stand first, so that a filter reads nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct FacetCodes {
    pub(super) category: u32,
    pub(super) area_code: u32,
    pub(super) locality: u32,
}

#[derive(Debug, Serialize, Deserialize)]
struct Record<'a> {
    facets: FacetCodes,
    id: &'a str,
    name: &'a str,
    address: &'a str,
    #[serde(borrow)]
    phones: Vec<PhoneRecord<'a>>,
    status: Status,
    popularity: f32,
    #[serde(borrow)]
    aliases: Vec<(AliasKind, &'a str)>,
    #[serde(borrow)]
    referral: Option<(Option<&'a str>, Option<&'a str>, Option<&'a str>)>,
    parent: Option<&'a str>,
    note: &'a str,
}

#[derive(Debug, Serialize, Deserialize)]
struct PhoneRecord<'a> {
    number: &'a str,
    label: &'a str,
    kind: PhoneKind,
    ext: &'a str,
}

impl PhoneRecord<'_> {
    fn of(phone: &Phone) -> PhoneRecord<'_> {
        let Phone { number, label, kind, ext } = phone;
        PhoneRecord { number, label, kind: *kind, ext }
    }
}

/// Values many listings share, kept once and told by number.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Facets {
    values: Vec<String>,
}

/// [`Facets`] while they are collected.
#[derive(Debug, Default)]
pub(super) struct FacetCoder {
    codes: HashMap<String, u32>,
    facets: Facets,
}

impl FacetCoder {
    fn code(&mut self, value: &str) -> u32 {
        if let Some(&code) = self.codes.get(value) {
            return code;
        }
        let code = self.facets.values.len() as u32;
        self.facets.values.push(value.to_owned());
        self.codes.insert(value.to_owned(), code);
        code
    }

    pub(super) fn into_facets(self) -> Facets {
        self.facets
    }

    /// The bytes of `listing`, put behind `out`.
    pub(super) fn encode(&mut self, listing: &Listing, out: Vec<u8>) -> Result<Vec<u8>> {
        let facets = FacetCodes {
            category: self.code(&listing.category),
            area_code: self.code(&listing.area_code),
            locality: self.code(&listing.locality),
        };
        let referral = listing.referral.as_ref().map(|referral| {
            let listing = referral.listing.as_ref().map(ListingId::as_str);
            (referral.number.as_deref(), listing, referral.until.as_deref())
        });
        let record = Record {
            facets,
            id: listing.id.as_str(),
            name: &listing.name,
            address: &listing.address,
            phones: listing.phones.iter().map(PhoneRecord::of).collect(),
            status: listing.status,
            popularity: listing.popularity,
            aliases: listing.aliases.iter().map(|alias| (alias.kind, alias.text.as_str())).collect(),
            referral,
            parent: listing.parent.as_ref().map(ListingId::as_str),
            note: &listing.note,
        };
        postcard::to_extend(&record, out)
            .map_err(|error| Error::internal(format!("a listing could not be packed: {error}")))
    }
}

impl Facets {
    fn value(&self, code: u32) -> String {
        self.values.get(code as usize).cloned().unwrap_or_default()
    }

    /// The listing packed in `bytes`.
    ///
    /// # Errors
    /// Damaged when the bytes are not a packed listing.
    pub(super) fn decode(&self, bytes: &[u8]) -> Result<Listing> {
        let record: Record<'_> = postcard::from_bytes(bytes).map_err(damaged)?;
        let id = |text: &str| ListingId::new(text).map_err(|invalid| Error::damaged(invalid.reason));
        let phone = |phone: PhoneRecord<'_>| Phone {
            number: phone.number.to_owned(),
            label: phone.label.to_owned(),
            kind: phone.kind,
            ext: phone.ext.to_owned(),
        };
        let referral = match record.referral {
            Some((number, listing, until)) => Some(Referral {
                number: number.map(str::to_owned),
                listing: listing.map(id).transpose()?,
                until: until.map(str::to_owned),
            }),
            None => None,
        };
        let alias = |(kind, text): (AliasKind, &str)| Alias { text: text.to_owned(), kind };
        Ok(Listing {
            id: id(record.id)?,
            name: record.name.to_owned(),
            aliases: record.aliases.into_iter().map(alias).collect(),
            category: self.value(record.facets.category),
            area_code: self.value(record.facets.area_code),
            locality: self.value(record.facets.locality),
            address: record.address.to_owned(),
            phones: record.phones.into_iter().map(phone).collect(),
            status: record.status,
            referral,
            parent: record.parent.map(id).transpose()?,
            popularity: record.popularity,
            note: record.note.to_owned(),
        })
    }

    /// Every value, folded.
    pub(super) fn folded(&self) -> Vec<String> {
        self.values.iter().map(|value| Folded::new(value).text().to_owned()).collect()
    }
}

/// The id of the listing packed in `bytes`.
pub(super) fn id_of(bytes: &[u8]) -> Result<&str> {
    let (_, rest) = postcard::take_from_bytes::<FacetCodes>(bytes).map_err(damaged)?;
    postcard::take_from_bytes::<&str>(rest).map(|(id, _)| id).map_err(damaged)
}

fn damaged(error: postcard::Error) -> Error {
    Error::damaged(format!("a packed listing cannot be read ({error}); run chahao compact --full"))
}

/// Narrows hits to some categories, localities or one area code; prepared for one part's codes.
#[derive(Debug, Clone, Default)]
pub struct FacetFilter {
    category: Option<Vec<bool>>,
    area_code: Option<Vec<bool>>,
    locality: Option<Vec<bool>>,
}

impl FacetFilter {
    /// A filter over the folded values of facets: category and locality accept any value that contains the text given.
    pub(super) fn new(
        facets: &[String],
        category: Option<&str>,
        area_code: Option<&str>,
        locality: Option<&str>,
    ) -> FacetFilter {
        let containing = |text: &str| {
            let wanted = Folded::new(text);
            facets.iter().map(|value| value.contains(wanted.text())).collect()
        };
        FacetFilter {
            category: category.map(containing),
            area_code: area_code.map(|code| facets.iter().map(|value| value == code).collect()),
            locality: locality.map(containing),
        }
    }

    /// Whether everything is accepted.
    pub fn is_empty(&self) -> bool {
        self.category.is_none() && self.area_code.is_none() && self.locality.is_none()
    }

    /// Whether the listing packed in `bytes` is accepted.
    pub(super) fn accepts(&self, bytes: &[u8]) -> bool {
        let Ok((codes, _)) = postcard::take_from_bytes::<FacetCodes>(bytes) else { return false };
        let one = |accepted: &Option<Vec<bool>>, code: u32| {
            accepted.as_ref().is_none_or(|accepted| accepted.get(code as usize) == Some(&true))
        };
        one(&self.category, codes.category)
            && one(&self.area_code, codes.area_code)
            && one(&self.locality, codes.locality)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packed_listing_comes_back_whole() {
        let json = r#"{"id":"A-1","name":"广州酒家","aliases":[{"text":"酒家","kind":"spoken"}],"category":"餐饮",
            "area_code":"020","locality":"荔湾区","address":"文昌南路2号","status":"changed","popularity":2.5,
            "phones":[{"number":"020-81380388","label":"订座","kind":"fixed","ext":"8"}],
            "referral":{"number":"020-1234567","until":"2027-01-01"},"parent":"A-0","note":"总店"}"#;
        let listing: Listing = serde_json::from_str(json).unwrap();
        let mut coder = FacetCoder::default();
        let bytes = coder.encode(&listing, Vec::new()).unwrap();
        let facets = coder.into_facets();
        assert_eq!(facets.decode(&bytes).unwrap(), listing);
        assert_eq!(id_of(&bytes).unwrap(), "A-1");
        assert!(FacetFilter::new(&facets.folded(), None, Some("020"), Some("荔灣")).accepts(&bytes));
        assert!(!FacetFilter::new(&facets.folded(), Some("医疗"), None, None).accepts(&bytes));
        assert!(facets.decode(bytes.get(..5).unwrap()).unwrap_err().is_damaged());
    }
}
