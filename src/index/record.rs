//! A listing as it is kept in a part, in about 45 bytes: everything a hit shows but what stands elsewhere in the part.
//!
//! Facets and popularity are in arrays by rank. A name that is written as it is folded is the first of the listing's
//! texts. Streets, labels of phones and the like are shared: each is kept once in [`Shared`]. Digits take half a byte.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::blobs::Texts;
use super::facet::{Facet, FacetCodes, FacetValues};
use crate::listing::{Alias, AliasKind, Listing, ListingId, Phone, PhoneKind, Referral, Status};
use crate::{Error, Result};

/// What stands before the name; the name follows as it is, or not at all where it is the first of the texts.
#[derive(Debug, Serialize, Deserialize)]
struct Record<'a> {
    id: &'a str,
    #[serde(borrow)]
    phones: Vec<PhoneRecord<'a>>,
    status: Status,
    /// The address: whether it begins with the locality, the part up to the house number, and the rest.
    in_locality: bool,
    street: u32,
    house: &'a str,
    #[serde(borrow)]
    aliases: Vec<(AliasKind, &'a str)>,
    #[serde(borrow)]
    referral: Option<(Option<&'a str>, Option<&'a str>, Option<&'a str>)>,
    parent: Option<&'a str>,
    note: &'a str,
}

#[derive(Debug, Serialize, Deserialize)]
struct PhoneRecord<'a> {
    kind: PhoneKind,
    /// Whether the listing's area code and a dash stand before it.
    in_area: bool,
    number: Vec<u8>,
    label: u32,
    ext: &'a str,
}

/// Texts that several listings share, while they are collected; 0 is the empty one.
#[derive(Debug)]
pub(super) struct SharedCoder {
    codes: HashMap<String, u32>,
    texts: Vec<String>,
}

impl Default for SharedCoder {
    fn default() -> SharedCoder {
        SharedCoder { codes: HashMap::from([(String::new(), 0)]), texts: vec![String::new()] }
    }
}

impl SharedCoder {
    fn code(&mut self, text: &str) -> u32 {
        if let Some(&code) = self.codes.get(text) {
            return code;
        }
        let code = self.texts.len() as u32;
        self.texts.push(text.to_owned());
        self.codes.insert(text.to_owned(), code);
        code
    }

    pub(super) fn into_texts(self) -> Vec<String> {
        self.texts
    }
}

/// Where the texts that listings share are looked up.
pub(super) trait Shared {
    /// The text `code` stands for.
    fn shared(&self, code: u32) -> &str;
}

impl Shared for Vec<String> {
    fn shared(&self, code: u32) -> &str {
        self.get(code as usize).map_or("", String::as_str)
    }
}

impl Shared for Texts {
    fn shared(&self, code: u32) -> &str {
        self.get(code)
    }
}

/// What a record leaves to other files of its part.
#[derive(Debug)]
pub(super) struct Beside<'p, S> {
    pub(super) codes: FacetCodes,
    pub(super) facets: &'p FacetValues,
    pub(super) shared: &'p S,
    pub(super) popularity: f32,
    /// The first of the listing's folded texts.
    pub(super) text: &'p str,
}

/// The bytes of `listing`, its name last, put behind `out`.
pub(super) fn encode(listing: &Listing, shared: &mut SharedCoder, out: Vec<u8>) -> Result<Vec<u8>> {
    let referral = listing.referral.as_ref().map(|referral| {
        let listing = referral.listing.as_ref().map(ListingId::as_str);
        (referral.number.as_deref(), listing, referral.until.as_deref())
    });
    let within = listing.address.strip_prefix(listing.locality.as_str()).filter(|_| !listing.locality.is_empty());
    let in_area = format!("{}-", listing.area_code);
    let address = within.unwrap_or(&listing.address);
    let (street, house) = address.split_at(address.find(|c: char| c.is_ascii_digit()).unwrap_or(address.len()));
    let mut phone = |phone| pack_phone(phone, &in_area, shared);
    let record = Record {
        id: listing.id.as_str(),
        phones: listing.phones.iter().map(&mut phone).collect(),
        status: listing.status,
        in_locality: within.is_some(),
        street: shared.code(street),
        house,
        aliases: listing.aliases.iter().map(|alias| (alias.kind, alias.text.as_str())).collect(),
        referral,
        parent: listing.parent.as_ref().map(ListingId::as_str),
        note: &listing.note,
    };
    let mut packed = postcard::to_extend(&record, out)
        .map_err(|error| Error::internal(format!("a listing could not be packed: {error}")))?;
    packed.extend_from_slice(listing.name.as_bytes());
    Ok(packed)
}

/// What of `packed` is kept in a part where `text` is the first of the listing's folded texts.
pub(super) fn without_name<'b>(packed: &'b [u8], text: &str) -> Result<&'b [u8]> {
    let (_, name) = postcard::take_from_bytes::<Record<'_>>(packed).map_err(damaged)?;
    let kept = if name == text.as_bytes() { packed.len() - name.len() } else { packed.len() };
    Ok(packed.get(..kept).unwrap_or(packed))
}

/// The name of the listing packed in `bytes`, where `text` is the first of its folded texts.
///
/// # Errors
/// Damaged when the bytes are not a packed listing.
pub(super) fn name_of<'b>(bytes: &'b [u8], text: &'b str) -> Result<&'b str> {
    let (_, name) = postcard::take_from_bytes::<Record<'_>>(bytes).map_err(damaged)?;
    written(name, text)
}

/// The name that is kept as `kept`: nothing where it is `text`.
fn written<'b>(kept: &'b [u8], text: &'b str) -> Result<&'b str> {
    match kept {
        [] => Ok(text),
        name => std::str::from_utf8(name).map_err(|_| damaged(postcard::Error::DeserializeBadUtf8)),
    }
}

/// The listing packed in `bytes`, with what stands beside it.
///
/// # Errors
/// Damaged when the bytes are not a packed listing.
pub(super) fn decode<S: Shared>(bytes: &[u8], beside: Beside<'_, S>) -> Result<Listing> {
    let (record, name) = postcard::take_from_bytes::<Record<'_>>(bytes).map_err(damaged)?;
    let name = written(name, beside.text)?;
    let id = |text: &str| ListingId::new(text).map_err(|invalid| Error::damaged(invalid.reason));
    let [category, area_code, locality] = beside.codes;
    let area_code = beside.facets.value(Facet::AreaCode, area_code);
    let locality = beside.facets.value(Facet::Locality, locality);
    let phone = |phone: PhoneRecord<'_>| Phone {
        number: unpack_number(&phone, area_code),
        label: beside.shared.shared(phone.label).to_owned(),
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
    let before = if record.in_locality { locality } else { "" };
    Ok(Listing {
        id: id(record.id)?,
        name: name.to_owned(),
        aliases: record.aliases.into_iter().map(alias).collect(),
        category: beside.facets.value(Facet::Category, category).to_owned(),
        area_code: area_code.to_owned(),
        locality: locality.to_owned(),
        address: [before, beside.shared.shared(record.street), record.house].concat(),
        phones: record.phones.into_iter().map(phone).collect(),
        status: record.status,
        referral,
        parent: record.parent.map(id).transpose()?,
        popularity: beside.popularity,
        note: record.note.to_owned(),
    })
}

/// The id of the listing packed in `bytes`.
pub(super) fn id_of(bytes: &[u8]) -> Result<&str> {
    postcard::take_from_bytes::<&str>(bytes).map(|(id, _)| id).map_err(damaged)
}

/// Whether a number of the listing packed in `bytes`, as it is dialled in `area_code`, holds `digits`.
pub(super) fn is_dialled(bytes: &[u8], area_code: &str, digits: &str) -> Result<bool> {
    let (_, rest) = postcard::take_from_bytes::<&str>(bytes).map_err(damaged)?;
    let (phones, _) = postcard::take_from_bytes::<Vec<PhoneRecord<'_>>>(rest).map_err(damaged)?;
    Ok(phones.into_iter().any(|packed| {
        let number = unpack_number(&packed, area_code);
        // However it is dialled, its digits stand in this order.
        let longest = area_code.chars().chain(number.chars()).chain(packed.ext.chars());
        if !longest.filter(char::is_ascii_digit).collect::<String>().contains(digits) {
            return false;
        }
        let phone = Phone { number, label: String::new(), kind: packed.kind, ext: packed.ext.to_owned() };
        phone.dialled(area_code).iter().any(|dialled| dialled.contains(digits))
    }))
}

/// What stands for a dash among packed digits, and for the end of an odd number of them.
const DASH: u8 = 10;
const END: u8 = 15;
/// Before a number that is kept as it is, having other characters: no packed digits begin with two ends.
const WRITTEN_OUT: u8 = END << 4 | END;

fn pack_phone<'a>(phone: &'a Phone, in_area: &str, shared: &mut SharedCoder) -> PhoneRecord<'a> {
    let Phone { number, label, kind, ext } = phone;
    let local = number.strip_prefix(in_area);
    let digits = local.unwrap_or(number);
    let packed = digits.bytes().map(|byte| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'-' => Some(DASH),
        _ => None,
    });
    let number = match packed.collect::<Option<Vec<u8>>>() {
        Some(halves) => {
            let join = |pair: &[u8]| pair.first().unwrap_or(&END) << 4 | pair.get(1).unwrap_or(&END);
            halves.chunks(2).map(join).collect()
        }
        None => [&[WRITTEN_OUT], digits.as_bytes()].concat(),
    };
    PhoneRecord { kind: *kind, in_area: local.is_some(), number, label: shared.code(label), ext }
}

fn unpack_number(phone: &PhoneRecord<'_>, area_code: &str) -> String {
    let mut number = String::with_capacity(area_code.len() + 1 + 2 * phone.number.len());
    if phone.in_area {
        number.push_str(area_code);
        number.push('-');
    }
    if let [WRITTEN_OUT, written @ ..] = phone.number.as_slice() {
        number.push_str(&String::from_utf8_lossy(written));
        return number;
    }
    let halves = phone.number.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    number.extend(
        halves.filter(|&half| half <= DASH).map(|half| if half == DASH { '-' } else { char::from(b'0' + half) }),
    );
    number
}

fn damaged(error: postcard::Error) -> Error {
    Error::damaged(format!("a packed listing cannot be read ({error}); run chahao compact --full"))
}

#[cfg(test)]
mod tests {
    use super::super::facet::FacetCoder;
    use super::*;

    fn listing(json: &str) -> Listing {
        serde_json::from_str(json).unwrap()
    }

    /// Packs a listing whose first text is `text`, and unpacks it; how many bytes it took.
    fn round_trip(listing: &Listing, text: &str) -> (Listing, usize) {
        let (mut facets, mut shared) = (FacetCoder::default(), SharedCoder::default());
        let codes = facets.codes(listing);
        let packed = encode(listing, &mut shared, Vec::new()).unwrap();
        let kept = without_name(&packed, text).unwrap();
        let (facets, shared) = (facets.into_values(), shared.into_texts());
        let beside = || Beside { codes, facets: &facets, shared: &shared, popularity: listing.popularity, text };
        assert!(decode(kept.get(..5).unwrap(), beside()).unwrap_err().is_damaged());
        assert_eq!(id_of(kept).unwrap(), listing.id.as_str());
        (decode(kept, beside()).unwrap(), kept.len())
    }

    #[test]
    fn a_packed_listing_comes_back_whole() {
        let whole = listing(
            r#"{"id":"A-1","name":"广州酒家","aliases":[{"text":"酒家","kind":"spoken"}],"category":"餐饮",
            "area_code":"020","locality":"荔湾区","address":"荔湾区文昌南路2号","status":"changed","popularity":2.5,
            "phones":[{"number":"020-81380388","label":"订座","kind":"fixed","ext":"8"}],
            "referral":{"number":"020-1234567","until":"2027-01-01"},"parent":"A-0","note":"总店"}"#,
        );
        assert_eq!(round_trip(&whole, "广州酒家").0, whole);
        assert_eq!(round_trip(&whole, "广州大酒家").0, whole);
        let short = listing(
            r#"{"id":"A-1","name":"广州酒家","area_code":"020","locality":"荔湾区","address":"荔湾区文昌南路2号",
            "phones":[{"number":"020-81380388","label":"订座","kind":"fixed"}],"popularity":1.0}"#,
        );
        assert_eq!(round_trip(&short, "广州酒家"), (short, 26));
    }

    #[test]
    fn numbers_and_addresses_of_any_form_come_back() {
        for number in ["020-81380388", "81380388", "400-830-1234", "13800138000", "020-", "+1 (2)"] {
            for (locality, address) in [("", "2号"), ("荔湾区", "荔湾区"), ("荔湾区", "荔湾文昌路"), ("区", "区3A区")]
            {
                let mut one = listing(r#"{"id":"A","name":"B","area_code":"020"}"#);
                one.phones = listing(r#"{"id":"A","name":"B","phones":[{"number":"1"}]}"#).phones;
                one.phones.iter_mut().for_each(|phone| phone.number = number.to_owned());
                (one.locality, one.address) = (locality.to_owned(), address.to_owned());
                assert_eq!(round_trip(&one, "b").0, one, "{number} {locality} {address}");
            }
        }
    }

    #[test]
    fn what_is_dialled_is_told_without_unpacking_the_rest() {
        let one = listing(
            r#"{"id":"A","name":"B","area_code":"020","phones":[{"number":"020-81380388","kind":"fixed","ext":"801"},
            {"number":"13800138000","kind":"mobile"}]}"#,
        );
        let packed = encode(&one, &mut SharedCoder::default(), Vec::new()).unwrap();
        let held = |digits: &str| is_dialled(&packed, "020", digits).unwrap();
        let expected = |digits: &str| {
            one.phones.iter().any(|phone| phone.dialled("020").iter().any(|dialled| dialled.contains(digits)))
        };
        for digits in ["02081", "0388801", "8138", "020138", "0013800", "13800138000", "9999", "8880113"] {
            assert_eq!(held(digits), expected(digits), "{digits}");
        }
    }
}
