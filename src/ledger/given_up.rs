//! Numbers that were given up, by the log: which listing gave up which number, and on which day.
//!
//! The table follows the log change by change while batches are appended. Here it is told from the log, so that an undo
//! leaves what stood before, and `verify` can compare the two.
//!
//! # Invariants
//! 1. A number that is in service is not given up by the listing that has it.
//! 2. What an undo leaves is what there was before the batch it undoes, days included.
//! 3. Of what is folded nothing is told: a number that was not touched since is neither compared nor written.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, params};

use super::append::parse_listing;
use super::place::UNDO_FEED;
use super::standing::{Unreadable, in_service};
use super::{fold, read};
use crate::Result;
use crate::listing::{Listing, Status};

/// Findings listed at most.
const FINDINGS_MAX: usize = 20;

/// When a number was given up, and whether one of its listings was non-published then.
#[derive(Debug, Clone, PartialEq, Eq)]
struct GivenUp {
    day: String,
    withheld: bool,
}

/// What is known of a listing's numbers: those that are not in it were not touched.
type Numbers = BTreeMap<String, Option<GivenUp>>;

/// The numbers a listing had given up, after each of its changes.
#[derive(Default)]
struct History {
    after: Vec<(u64, Numbers)>,
    /// An image of it could not be read, so what it says of the numbers in that is nothing.
    is_partial: bool,
}

impl History {
    /// That of `listing`, of batches that are in the ledger and not folded.
    fn of(connection: &Connection, listing: &str, folded: u64, unreadable: Unreadable) -> Result<History> {
        let mut changes = connection.prepare_cached(
            "SELECT change.seq, before, after, coalesce(day, substr(received, 1, 10)),
                    CASE feed WHEN ?3 THEN about ->> 'undoes' END
               FROM change JOIN batch ON batch.n = change.batch
              WHERE change.listing = ?1 AND kind = 'listing' AND change.seq > ?2 ORDER BY change.seq",
        )?;
        let mut rows = changes.query(params![listing, folded, UNDO_FEED])?;
        let mut history = History::default();
        while let Some(row) = rows.next()? {
            let (seq, day, undoes): (u64, String, Option<u64>) = (row.get(0)?, row.get(3)?, row.get(4)?);
            let mut parsed = |at: usize| -> Result<Option<Listing>> {
                let image = row.get_ref(at)?;
                let listing = match image {
                    ValueRef::Null => return Ok(None),
                    image => read::text(image).and_then(parse_listing),
                };
                match (listing, unreadable) {
                    (Err(error), Unreadable::IsRefused) => Err(error),
                    // It is told where images are checked.
                    (listing, _) => {
                        history.is_partial |= listing.is_err();
                        Ok(listing.ok())
                    }
                }
            };
            let (before, after) = (parsed(1)?, parsed(2)?);
            let mut numbers = history.last();
            if let Some(undone) = undoes {
                numbers = history.at(seq_before(connection, undone)?);
                // What is in service was not given up.
                numbers.extend(in_service(after.as_ref()).into_iter().map(|number| (number, None)));
            } else {
                change(&mut numbers, before.as_ref(), after.as_ref(), &day);
            }
            history.after.push((seq, numbers));
        }
        Ok(history)
    }

    /// The numbers as of the change `seq`.
    fn at(&self, seq: u64) -> Numbers {
        let behind = self.after.partition_point(|(of, _)| *of <= seq);
        behind.checked_sub(1).and_then(|at| self.after.get(at)).map(|(_, numbers)| numbers.clone()).unwrap_or_default()
    }

    fn last(&self) -> Numbers {
        self.after.last().map(|(_, numbers)| numbers.clone()).unwrap_or_default()
    }
}

/// What one change gives up and takes up.
fn change(numbers: &mut Numbers, before: Option<&Listing>, after: Option<&Listing>, day: &str) {
    let is_withheld = |listing: Option<&Listing>| listing.is_some_and(|one| one.status == Status::NonPublished);
    let (had, has) = (in_service(before), in_service(after));
    let withheld = is_withheld(before) || is_withheld(after);
    for number in had {
        let given_up = (!has.contains(&number)).then(|| GivenUp { day: day.to_owned(), withheld });
        numbers.insert(number, given_up);
    }
    numbers.extend(has.into_iter().map(|number| (number, None)));
}

/// The ledger's seq before batch `n`.
fn seq_before(connection: &Connection, n: u64) -> Result<u64> {
    let query = "SELECT last_seq - added - changed - deleted FROM batch WHERE n = ?1";
    Ok(connection.prepare_cached(query)?.query_row([n], |row| row.get(0)).optional()?.unwrap_or(0))
}

fn write(connection: &Connection, listing: &str, number: &str, given_up: Option<&GivenUp>) -> Result<()> {
    match given_up {
        Some(GivenUp { day, withheld }) => connection
            .prepare_cached("INSERT OR REPLACE INTO given_up (number, listing, day, withheld) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![number, listing, day, withheld])?,
        None => connection
            .prepare_cached("DELETE FROM given_up WHERE number = ?1 AND listing = ?2")?
            .execute([number, listing])?,
    };
    Ok(())
}

fn folded(connection: &Connection) -> Result<u64> {
    Ok(fold::checkpoint(connection)?.map_or(0, |checkpoint| checkpoint.seq))
}

/// Has the listings that were changed after `last_seq`, by an undo, have given up what they had at `seq`.
pub(super) fn go_back(connection: &Connection, seq: u64, last_seq: u64) -> Result<()> {
    let folded = folded(connection)?;
    let mut touched = connection.prepare(
        "SELECT DISTINCT listing FROM change NOT INDEXED WHERE seq > ?1 AND kind = 'listing' AND EXISTS
           (SELECT 1 FROM change AS earlier WHERE earlier.listing = change.listing AND earlier.before IS NOT NULL
             AND earlier.seq <= ?1)",
    )?;
    let mut rows = touched.query([last_seq])?;
    while let Some(row) = rows.next()? {
        let listing = read::text(row.get_ref(0)?)?;
        let history = History::of(connection, listing, folded, Unreadable::IsRefused)?;
        let (then, now) = (history.at(seq), history.last());
        let numbers: BTreeSet<&String> = then.keys().chain(now.keys()).collect();
        for number in numbers {
            write(connection, listing, number, then.get(number).and_then(Option::as_ref))?;
        }
    }
    Ok(())
}

/// Marks the numbers whose listings were non-published up to `seq`, on the day they gave them up or later: once the log is
/// folded up to there, nothing else tells. Those that the rest of the log tells of are as it says.
pub(super) fn keep_withheld(connection: &Connection, seq: u64) -> Result<()> {
    let mut given_up = connection.prepare(
        "SELECT number, listing FROM given_up WHERE withheld = 0 AND EXISTS
           (SELECT 1 FROM change JOIN batch ON batch.n = change.batch
             WHERE change.listing = given_up.listing AND change.kind = 'listing' AND change.seq <= ?1
               AND (after ->> 'status' = 'non_published' OR before ->> 'status' = 'non_published')
               AND coalesce(batch.day, substr(received, 1, 10)) >= given_up.day)",
    )?;
    let rows = given_up.query_map([seq], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
    let rows: Vec<_> = rows.collect::<std::result::Result<_, _>>()?;
    let mut mark = connection.prepare("UPDATE given_up SET withheld = 1 WHERE number = ?1 AND listing = ?2")?;
    for (number, listing) in rows {
        if !History::of(connection, &listing, seq, Unreadable::IsLeft)?.last().contains_key(&number) {
            mark.execute([number, listing])?;
        }
    }
    Ok(())
}

/// Hands every listing that gave a number up, by the table or by the log, to `each`, with what the log knows.
fn each(
    connection: &Connection,
    unreadable: Unreadable,
    each: &mut dyn FnMut(&str, History) -> Result<()>,
) -> Result<()> {
    let folded = folded(connection)?;
    let mut listings = connection.prepare(
        "SELECT listing FROM given_up UNION
         SELECT listing FROM change NOT INDEXED WHERE seq > ?1 AND kind = 'listing' AND before IS NOT NULL",
    )?;
    let mut rows = listings.query([folded])?;
    while let Some(row) = rows.next()? {
        let listing = read::text(row.get_ref(0)?)?;
        each(listing, History::of(connection, listing, folded, unreadable)?)?;
    }
    Ok(())
}

/// Tells where the table is not what the log says.
pub(super) fn check(connection: &Connection, damage: &mut Vec<String>) -> Result<()> {
    let mut find = connection.prepare("SELECT day, withheld FROM given_up WHERE number = ?1 AND listing = ?2")?;
    let known = damage.len();
    let mut told = 0_u64;
    each(connection, Unreadable::IsLeft, &mut |listing, history| {
        for (number, expected) in history.last() {
            let found = find
                .query_row([number.as_str(), listing], |row| Ok(GivenUp { day: row.get(0)?, withheld: row.get(1)? }));
            let found = found.optional()?;
            told += u64::from(found.is_some());
            if found != expected && damage.len() < known + FINDINGS_MAX {
                damage.push(format!(
                    "what is remembered of a number that listing {listing} gave up is not what the log says: chahao \
                     verify --repair makes it so"
                ));
            }
        }
        Ok(())
    })?;
    let there: u64 = connection.query_row("SELECT count(*) FROM given_up", [], |row| row.get(0))?;
    if folded(connection)? == 0 && there != told {
        damage.push(format!(
            "{there} numbers are remembered as given up, {told} of them by the log: chahao verify --repair makes it so"
        ));
    }
    Ok(())
}

/// What the log says, while it is read; a number without a day is not given up. SQLite keeps it in a file of its own
/// once it is much.
const TOLD: &str = "
    CREATE TEMP TABLE told (number TEXT, listing TEXT, day TEXT, withheld INTEGER, PRIMARY KEY (number, listing))
        WITHOUT ROWID;
    CREATE TEMP TABLE untold (listing TEXT PRIMARY KEY) WITHOUT ROWID;";
const NOT_TOLD: &str = "DROP TABLE IF EXISTS temp.told; DROP TABLE IF EXISTS temp.untold;";

/// Makes the table what the log says. What only a folded log knew stays; so does all of a listing whose images cannot be
/// read, where that [is left](Unreadable::IsLeft).
pub(super) fn rebuild(connection: &Connection, unreadable: Unreadable) -> Result<()> {
    connection.execute_batch(NOT_TOLD)?;
    connection.execute_batch(TOLD)?;
    tell(connection, unreadable)?;
    let stale = if folded(connection)? == 0 {
        "DELETE FROM given_up WHERE listing NOT IN (SELECT listing FROM temp.untold)"
    } else {
        "DELETE FROM given_up WHERE EXISTS
           (SELECT 1 FROM temp.told WHERE told.number = given_up.number AND told.listing = given_up.listing)"
    };
    connection.execute(stale, [])?;
    connection.execute(
        "INSERT OR REPLACE INTO given_up (number, listing, day, withheld)
         SELECT number, listing, day, withheld FROM temp.told WHERE day IS NOT NULL ORDER BY number, listing",
        [],
    )?;
    Ok(connection.execute_batch(NOT_TOLD)?)
}

/// Fills the tables of what the log says.
fn tell(connection: &Connection, unreadable: Unreadable) -> Result<()> {
    let mut told =
        connection.prepare("INSERT INTO temp.told (number, listing, day, withheld) VALUES (?1, ?2, ?3, ?4)")?;
    let mut untold = connection.prepare("INSERT INTO temp.untold (listing) VALUES (?1)")?;
    each(connection, unreadable, &mut |listing, history| {
        if history.is_partial {
            untold.execute([listing])?;
            return Ok(());
        }
        for (number, given_up) in history.last() {
            let (day, withheld) = given_up.map(|one| (one.day, one.withheld)).unzip();
            told.execute(params![number, listing, day, withheld])?;
        }
        Ok(())
    })
}
