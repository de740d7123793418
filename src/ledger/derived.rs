//! What the ledger derives from its listings: checked against them, and built anew.

use rusqlite::{Connection, Rows, TransactionBehavior, params};

use super::append::parse_listing;
use super::standing::{self, NewKeys, Unreadable};
use super::{Ledger, given_up, read};
use crate::Result;

/// Findings listed of one table at most.
const FINDINGS_MAX: usize = 20;
/// What to do where something is off.
const REPAIR: &str = "chahao verify --repair builds it anew";

/// Rows of one part of the keys, in their order.
struct Part<'s> {
    rows: Rows<'s>,
    next: Option<(i64, String)>,
}

impl Part<'_> {
    /// Goes on to what is not before `wanted`; whether it is that.
    fn reaches(&mut self, wanted: (i64, &str)) -> Result<bool> {
        while let Some((key, listing)) = &self.next {
            match (*key, listing.as_str()).cmp(&wanted) {
                std::cmp::Ordering::Less => self.step()?,
                order => return Ok(order.is_eq()),
            }
        }
        Ok(false)
    }

    fn step(&mut self) -> Result<()> {
        let row = self.rows.next()?;
        self.next = row.map(|row| -> Result<_> { Ok((row.get(0)?, row.get(1)?)) }).transpose()?;
        Ok(())
    }
}

/// Every listing is under its parent and under its keys, and no other stands under a parent. More keys than that are none
/// of a damage: what they lead to is compared with the listing.
pub(super) fn check(connection: &Connection, damage: &mut Vec<String>) -> Result<()> {
    let known = damage.len();
    let mut keys = NewKeys::default();
    let mut under = 0_u64;
    let mut statement = connection.prepare("SELECT after FROM listing JOIN change USING (seq)")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let listing = parse_listing(read::text(row.get_ref(0)?)?)?;
        standing::put_keys(&listing, &mut keys)?;
        let Some(parent) = &listing.parent else { continue };
        under += 1;
        let is_there = standing::stands_under(connection, parent.as_str(), listing.id.as_str())?;
        if !is_there && damage.len() < known + FINDINGS_MAX {
            damage.push(format!("captions: {} is not found under its parent {parent}: {REPAIR}", listing.id));
        }
    }
    let there: u64 = connection.query_row("SELECT count(*) FROM caption", [], |row| row.get(0))?;
    if there != under {
        damage.push(format!("captions: {under} listings stand under others, {there} are found so: {REPAIR}"));
    }
    check_keys(connection, keys, damage)
}

fn check_keys(connection: &Connection, keys: NewKeys, damage: &mut Vec<String>) -> Result<()> {
    let known = damage.len();
    let query = "SELECT key, listing FROM listing_key WHERE part = ?1 ORDER BY key, listing";
    let mut statements = [connection.prepare(query)?, connection.prepare(query)?];
    let mut parts = Vec::new();
    for (number, statement) in statements.iter_mut().enumerate() {
        let mut part = Part { rows: statement.query(params![number])?, next: None };
        part.step()?;
        parts.push(part);
    }
    keys.each(&mut |key, listing, _| {
        let mut is_there = false;
        for part in &mut parts {
            is_there |= part.reaches((key, listing))?;
        }
        if !is_there && damage.len() < known + FINDINGS_MAX {
            damage.push(format!("keys: a number or the name of listing {listing} does not lead to it: {REPAIR}"));
        }
        Ok(())
    })
}

impl Ledger {
    /// Builds anew what is derived from the listings and the log: keys of numbers and names, who stands under whom, and
    /// which numbers were given up as far as the log is not folded.
    ///
    /// # Errors
    /// Damaged when a listing, or an image of the log, cannot be read; otherwise when the ledger cannot be written. Nothing
    /// is written then.
    pub fn rebuild_derived(&mut self) -> Result<()> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        standing::rebuild(&transaction, Unreadable::IsRefused)?;
        given_up::rebuild(&transaction, Unreadable::IsRefused)?;
        Ok(transaction.commit()?)
    }
}
