//! Caption sets: an institution and, directly after it, its departments.
//!
//! Every block of [`BLOCK_ROWS`] rows opens with one set, so that the set of any row is known from its
//! number. Invariant: a listing's parent has a smaller row number than the listing.

use crate::listing::{Alias, AliasKind, Invalid, Listing, ListingId, Phone};

use super::brand::Brands;
use super::dice::{Dice, Purpose};
use super::institution::{Institution, Institutions};
use super::lexicon::words;
use super::place::Places;
use super::{contact, listing_id, popularity};

/// Rows from one caption set's head to the next one's.
pub(super) const BLOCK_ROWS: u64 = 200;
/// Departments of a well-known institution.
const DEPARTMENTS_OF_HEADS: (usize, usize) = (14, 34);
/// Departments of any other.
const DEPARTMENTS_OF_OTHERS: (usize, usize) = (2, 10);
/// Departments of a well-known institution that have a line of their own under them.
const DEPARTMENTS_WITH_LINE: u64 = 5;
/// Of a thousand departments, how many stand under their own name only (急诊科).
const BARE_NAME_PER_MILLE: usize = 150;
/// What stands under a department.
const SUB_LINES: &[&str] = &["值班电话", "传真", "咨询台", "预约电话", "投诉电话"];

/// Where a row stands in its caption set.
enum Member {
    Head,
    Department(u64),
    /// The line under a department.
    Line(u64),
}

/// Makes the listing of `row` if it is one of a caption set.
pub(super) fn member(
    row: u64,
    seed: u64,
    (institutions, places, brands): (&Institutions, &Places, &Brands),
) -> Result<Option<Listing>, Invalid> {
    let (block, position) = (row / BLOCK_ROWS, row % BLOCK_ROWS);
    let mut set_dice = Dice::new(seed, Purpose::Family, block);
    let known = institutions.is_head(block);
    let (low, high) = if known { DEPARTMENTS_OF_HEADS } else { DEPARTMENTS_OF_OTHERS };
    if position > set_dice.between(low, high) as u64 {
        return Ok(None);
    }
    let Some(institution) = institutions.of_block(block, places, brands, &mut set_dice) else { return Ok(None) };
    let mut dice = Dice::new(seed, Purpose::Row, row);
    let id = listing_id(row)?;
    let mut listing = match member_at(position, known) {
        Member::Head => head(id, &institution)?,
        Member::Department(nth) => {
            let department = institution.department(nth);
            let name = called(&institution.name, department, &mut dice);
            let mut listing = Listing::new(id, &name)?;
            if let (Some(short), true) = (institution.aliases.first(), dice.per_mille(400)) {
                let text = format!("{}{department}", short.text);
                listing.aliases.push(Alias { text, kind: short.kind });
            }
            listing.phones = vec![department_phone(&institution, &mut dice)];
            listing.parent = Some(listing_id(row - position)?);
            listing
        }
        Member::Line(nth) => {
            let department = institution.department(nth);
            let line = dice.pick(SUB_LINES);
            let mut listing = Listing::new(id, &format!("{}{department}{line}", institution.name))?;
            listing.phones = vec![contact::fixed(line, &mut dice)];
            listing.parent = Some(listing_id(row - 1)?);
            listing
        }
    };
    listing.category = institution.kind.category().to_owned();
    listing.locality = institution.area.name.to_owned();
    listing.address.clone_from(&institution.address);
    let reach = institution.reach / (1 + 4 * position);
    listing.popularity =
        popularity::calls(popularity::draw_below(popularity::SHOP_RENOWN, &mut dice) * (1 + reach / 20_000) + reach);
    Ok(Some(listing))
}

/// Under well-known institutions the first departments are each followed by their line.
fn member_at(position: u64, known: bool) -> Member {
    let paired = if known { 2 * DEPARTMENTS_WITH_LINE } else { 0 };
    match position {
        0 => Member::Head,
        _ if position > paired => Member::Department(position - 1 - paired / 2),
        _ if position % 2 == 1 => Member::Department(position / 2),
        _ => Member::Line(position / 2 - 1),
    }
}

fn head(id: ListingId, institution: &Institution) -> Result<Listing, Invalid> {
    let mut listing = Listing::new(id, &institution.name)?;
    listing.aliases.clone_from(&institution.aliases);
    if let Some(english) = &institution.english {
        listing.aliases.push(Alias { text: english.clone(), kind: AliasKind::English });
    }
    listing.phones = institution.phones.clone();
    Ok(listing)
}

fn called(institution: &str, department: &str, dice: &mut Dice) -> String {
    if dice.per_mille(BARE_NAME_PER_MILLE) { department.to_owned() } else { format!("{institution}{department}") }
}

/// A number of its own, or the switchboard's with an extension.
fn department_phone(institution: &Institution, dice: &mut Dice) -> Phone {
    match institution.phones.first() {
        Some(switchboard) if dice.per_mille(300) => {
            Phone { label: String::new(), ext: dice.between(100, 8_999).to_string(), ..switchboard.clone() }
        }
        _ => contact::fixed("", dice),
    }
}

impl Institution<'_> {
    /// Its nth department; the first ones of the table are those asked for most.
    fn department(&self, nth: u64) -> &'static str {
        let departments = words(self.kind.departments());
        let length = departments.len().max(1);
        departments.get((self.first_department + nth as usize) % length).copied().unwrap_or("办公室")
    }
}
