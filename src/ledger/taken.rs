//! Numbers that listings take up: which other listings gave them up, and when.
//!
//! Invariant: no number is told beside a listing that was non-published when it gave the number up, or later.

use rusqlite::Connection;

use crate::Result;
use crate::batch::{EarlyNumber, Review};

/// What is remembered of a number. Where its listing was non-published on that day or a later one, what it had before is
/// nobody's to know; a batch that has no row yet is the one that is looked at.
const GIVEN_UP: &str = "
    SELECT listing, day, withheld OR EXISTS
       (SELECT 1 FROM change LEFT JOIN batch ON batch.n = change.batch
         WHERE change.listing = given_up.listing AND change.kind = 'listing'
           AND (change.after ->> 'status' = 'non_published' OR change.before ->> 'status' = 'non_published')
           AND coalesce(batch.day, substr(batch.received, 1, 10), given_up.day) >= given_up.day)
      FROM given_up WHERE number = ?1 ORDER BY listing";

/// A number that a listing has and had not.
pub(super) struct Taken {
    /// As it is dialled from afar.
    pub(super) number: String,
    pub(super) id: String,
    /// As the listing has it; `None` where nobody may see it.
    pub(super) shown: Option<String>,
}

impl Taken {
    /// Tells where other listings gave the number up after the day `since`, or else which one did so last, unless the one
    /// that took it gave it up again.
    pub(super) fn look_for_others(self, connection: &Connection, since: &str, review: &mut Review) -> Result<()> {
        let mut find = connection.prepare_cached(GIVEN_UP)?;
        let rows = find.query_map([&self.number], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, bool>(2)?))
        })?;
        let rows: Vec<_> = rows.collect::<std::result::Result<_, _>>()?;
        if rows.iter().any(|(from, ..)| *from == self.id) {
            return Ok(());
        }
        let told = |(from, given_up, hidden): (String, String, bool)| EarlyNumber {
            id: self.id.clone(),
            number: self.shown.clone().filter(|_| !hidden),
            from,
            given_up,
        };
        let (early, older): (Vec<_>, Vec<_>) = rows.into_iter().partition(|(_, day, _)| day.as_str() > since);
        let last = older.into_iter().max_by(|a, b| a.1.cmp(&b.1)).filter(|_| early.is_empty());
        last.map(told).into_iter().for_each(|case| review.reassigned_numbers.push(case));
        early.into_iter().map(told).for_each(|case| review.early_numbers.push(case));
        Ok(())
    }
}
