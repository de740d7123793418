//! Rows of a full file over what stands: what the file does not speak of stays as it is.
//!
//! # Invariants
//! 1. A field no row of the file has a column or key for stays.
//! 2. A status the row itself does not name stays, so that nothing withheld is published by a table that lacks it.

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
        emptying.empty(Field::Aliases, &mut listing.aliases);
        emptying.empty(Field::Category, &mut listing.category);
        emptying.empty(Field::AreaCode, &mut listing.area_code);
        emptying.empty(Field::Locality, &mut listing.locality);
        emptying.empty(Field::Address, &mut listing.address);
        emptying.empty(Field::Phones, &mut listing.phones);
        emptying.empty(Field::Parent, &mut listing.parent);
        emptying.empty(Field::Popularity, &mut listing.popularity);
        emptying.empty(Field::Note, &mut listing.note);
        let names_status = self.names_status();
        if !names_status && listing.status != Status::Listed {
            emptying.left.push(Field::Status.name());
        }
        // A changed number that stays one keeps the referral it needs.
        let refers = !names_status && listing.status == Status::Changed && !self.names_referral();
        if refers && emptying.fields.has(Field::Referral) {
            emptying.left.push(Field::Referral.name());
        } else {
            emptying.empty(Field::Referral, &mut listing.referral);
        }
        Ok((self.apply(listing)?, emptying.left))
    }
}
