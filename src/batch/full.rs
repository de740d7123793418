//! Rows of a full file over what stands: what the file does not speak of stays as it is.
//!
//! # Invariants
//! 1. A field no row of the file has a column or key for stays.
//! 2. A status the row itself does not name stays, so that nothing withheld is published by a table that lacks it.
//! 3. What of a non-published listing is withheld in an export for others stays where the row says just what such an
//!    export says: it takes a `change` row to remove that.

use super::fields::{Field, Patch};
use crate::listing::{Invalid, Listing, Status};

/// The fields of a listing that a full file may speak of or not, beside its name.
const FIELDS: [Field; 11] = [
    Field::Aliases,
    Field::Category,
    Field::AreaCode,
    Field::Locality,
    Field::Address,
    Field::Phones,
    Field::Status,
    Field::Referral,
    Field::Parent,
    Field::Popularity,
    Field::Note,
];

/// The fields a file speaks of: a set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct FileFields(u32);

impl FileFields {
    pub(super) fn put(&mut self, field: Field) {
        self.0 |= 1 << field as u32;
    }

    fn has(self, field: Field) -> bool {
        self.0 & (1 << field as u32) != 0
    }

    /// Whether it speaks of all there are.
    pub(super) fn are_all(self) -> bool {
        FIELDS.iter().all(|field| self.has(*field))
    }
}

/// Empties the fields a file speaks of, and names those that stay with something in them.
struct Emptying {
    fields: FileFields,
    left: Vec<&'static str>,
}

impl Emptying {
    fn empty<T: Default + PartialEq>(&mut self, field: Field, slot: &mut T) {
        if self.fields.has(field) {
            *slot = T::default();
        } else if *slot != T::default() {
            self.left.push(field.name());
        }
    }
}

impl Patch {
    /// What a row of a full file makes of `standing`, and the fields that stay because file or row do not speak of them.
    ///
    /// # Errors
    /// As [`Patch::apply`].
    pub(crate) fn over(self, standing: &Listing, fields: FileFields) -> Result<(Listing, Vec<&'static str>), Invalid> {
        let mut emptying = Emptying { fields, left: Vec::new() };
        let mut listing = standing.clone();
        // Whoever adds a field says here what a full file does to it.
        let Listing {
            id: _,
            name: _,
            aliases,
            category,
            area_code,
            locality,
            address,
            phones,
            status,
            referral,
            parent,
            popularity,
            note,
        } = &mut listing;
        emptying.empty(Field::Aliases, aliases);
        emptying.empty(Field::Category, category);
        emptying.empty(Field::AreaCode, area_code);
        emptying.empty(Field::Locality, locality);
        emptying.empty(Field::Address, address);
        emptying.empty(Field::Phones, phones);
        emptying.empty(Field::Parent, parent);
        emptying.empty(Field::Popularity, popularity);
        emptying.empty(Field::Note, note);
        let named = self.status();
        if named.is_none() && *status != Status::Listed {
            emptying.left.push(Field::Status.name());
        }
        let is_changed = *status == Status::Changed;
        if is_changed && named.is_some_and(|named| named != Status::Changed) {
            // It sends callers where the number went that is in service again.
            *referral = None;
        } else if is_changed && named.is_none() && !self.names_referral() && fields.has(Field::Referral) {
            // A changed number that stays one keeps the referral it needs.
            emptying.left.push(Field::Referral.name());
        } else {
            emptying.empty(Field::Referral, referral);
        }
        let mut listing = self.apply(listing)?;
        put_back_withheld(&mut listing, standing, &mut emptying.left);
        Ok((listing, emptying.left))
    }
}

/// Puts back into a non-published listing what its row says as an export for others says it, and names these fields.
fn put_back_withheld(listing: &mut Listing, standing: &Listing, left: &mut Vec<&'static str>) {
    if listing.status != Status::NonPublished {
        return;
    }
    let shown = Listing { status: Status::NonPublished, ..standing.clone() }.published();
    let mut put_back = PuttingBack { left };
    put_back.field(Field::Phones, &mut listing.phones, &shown.phones, &standing.phones);
    put_back.field(Field::Referral, &mut listing.referral, &shown.referral, &standing.referral);
    put_back.field(Field::Aliases, &mut listing.aliases, &shown.aliases, &standing.aliases);
    put_back.field(Field::Note, &mut listing.note, &shown.note, &standing.note);
    put_back.field(Field::Address, &mut listing.address, &shown.address, &standing.address);
}

/// Puts fields back, and names them.
struct PuttingBack<'l> {
    left: &'l mut Vec<&'static str>,
}

impl PuttingBack<'_> {
    fn field<T: Clone + PartialEq>(&mut self, field: Field, slot: &mut T, shown: &T, standing: &T) {
        if slot == shown && standing != shown {
            slot.clone_from(standing);
            self.left.push(field.name());
        }
    }
}
