//! A listing as it is kept in a part: everything a hit shows but its facets, read without copying.

use serde::{Deserialize, Serialize};

use super::facet::{Facet, FacetCodes, FacetValues};
use crate::listing::{Alias, AliasKind, Listing, ListingId, Phone, PhoneKind, Referral, Status};
use crate::{Error, Result};

#[derive(Debug, Serialize, Deserialize)]
struct Record<'a> {
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

/// The bytes of `listing` but for its facets, put behind `out`.
pub(super) fn encode(listing: &Listing, out: Vec<u8>) -> Result<Vec<u8>> {
    let referral = listing.referral.as_ref().map(|referral| {
        let listing = referral.listing.as_ref().map(ListingId::as_str);
        (referral.number.as_deref(), listing, referral.until.as_deref())
    });
    let record = Record {
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

/// The listing packed in `bytes`, with the facets that `codes` tell of `values`.
///
/// # Errors
/// Damaged when the bytes are not a packed listing.
pub(super) fn decode(bytes: &[u8], codes: FacetCodes, values: &FacetValues) -> Result<Listing> {
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
    let [category, area_code, locality] = codes;
    Ok(Listing {
        id: id(record.id)?,
        name: record.name.to_owned(),
        aliases: record.aliases.into_iter().map(alias).collect(),
        category: values.value(Facet::Category, category).to_owned(),
        area_code: values.value(Facet::AreaCode, area_code).to_owned(),
        locality: values.value(Facet::Locality, locality).to_owned(),
        address: record.address.to_owned(),
        phones: record.phones.into_iter().map(phone).collect(),
        status: record.status,
        referral,
        parent: record.parent.map(id).transpose()?,
        popularity: record.popularity,
        note: record.note.to_owned(),
    })
}

/// The id of the listing packed in `bytes`.
pub(super) fn id_of(bytes: &[u8]) -> Result<&str> {
    postcard::take_from_bytes::<&str>(bytes).map(|(id, _)| id).map_err(damaged)
}

fn damaged(error: postcard::Error) -> Error {
    Error::damaged(format!("a packed listing cannot be read ({error}); run chahao compact --full"))
}

#[cfg(test)]
mod tests {
    use super::super::facet::FacetCoder;
    use super::*;

    #[test]
    fn a_packed_listing_comes_back_whole() {
        let json = r#"{"id":"A-1","name":"广州酒家","aliases":[{"text":"酒家","kind":"spoken"}],"category":"餐饮",
            "area_code":"020","locality":"荔湾区","address":"文昌南路2号","status":"changed","popularity":2.5,
            "phones":[{"number":"020-81380388","label":"订座","kind":"fixed","ext":"8"}],
            "referral":{"number":"020-1234567","until":"2027-01-01"},"parent":"A-0","note":"总店"}"#;
        let listing: Listing = serde_json::from_str(json).unwrap();
        let mut coder = FacetCoder::default();
        let codes = coder.codes(&listing);
        let bytes = encode(&listing, Vec::new()).unwrap();
        let values = coder.into_values();
        assert_eq!(decode(&bytes, codes, &values).unwrap(), listing);
        assert_eq!(id_of(&bytes).unwrap(), "A-1");
        assert!(decode(bytes.get(..5).unwrap(), codes, &values).unwrap_err().is_damaged());
    }
}
