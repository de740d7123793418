//! What a ledger knows that a backup put in its place does not, beside the batches that can be imported again.
//!
//! # Invariants
//! 1. A number that the ledger withholds, or that is out of service there, is not given out again by a restore: listings
//!    withheld since the backup stay so, by a batch of the ledger's own behind those of the backup. By that batch a number that
//!    was withheld since, whoever had it, is taken off those who had it before and have it no more.
//! 2. What waits in the backup, and was appended or withdrawn since, goes in again only where somebody lets it in: it may publish
//!    what was withheld behind it.
//! 3. Batches that wait in the ledger and not in the backup are never lost without a word: they may be kept nowhere else.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use rusqlite::{Connection, OptionalExtension, params};

use super::append::{Appender, insert_batch, json_failed, parse_listing};
use super::chain::LISTING;
use super::place::{Place, RESTORE_FEED};
use super::step::Step;
use super::undo::Table;
use super::{Ledger, Limits, WaitingBatch, read, waiting};
use crate::Result;
use crate::batch::{Header, Report};
use crate::listing::{Listing, Status};

/// Why a batch that waits again is turned down.
const HELD_BACK: &str = "it was appended or withdrawn after the backup that was put back";
/// Ids of listings that are named at most.
const IDS_NAMED_MAX: usize = 20;

/// What a restore would forget, or bring back.
#[derive(Debug, Clone, Default)]
pub struct Forgotten {
    /// Ids of listings the backup has, that were withheld or disconnected since, in their order, and what they are now.
    pub(super) withheld: Vec<(String, Status)>,
    /// Ids of further listings the backup has, and their numbers, as they are dialled, that were withheld since and that they
    /// have no more.
    pub(super) taken_off: Vec<(String, BTreeSet<String>)>,
    /// Batches that wait in the ledger, and that the backup neither holds nor keeps waiting.
    pub(super) waiting: Vec<WaitingBatch>,
    /// Batches that wait in the backup, and that the ledger appended or gave back since.
    pub(super) waiting_again: Vec<WaitingBatch>,
}

impl Forgotten {
    /// What `ledger` knows that `copy` does not; nothing where the copy holds all of its batches.
    ///
    /// # Errors
    /// When one of them cannot be read.
    pub(super) fn find(ledger: &Ledger, copy: &Ledger) -> Result<Forgotten> {
        let (seq, chain) = ledger.head()?;
        let waiting_again = waiting_elsewhere(copy, ledger)?;
        if copy.has_batch(seq, &chain)? {
            return Ok(Forgotten { waiting: still_waiting(ledger, copy)?, waiting_again, ..Forgotten::default() });
        }
        let common = common_seq(&ledger.connection, &copy.connection)?;
        let withheld = withheld_since(&ledger.connection, common, &copy.connection)?;
        let hidden: Vec<&str> =
            withheld.iter().filter(|(_, status)| *status == Status::NonPublished).map(|(id, _)| id.as_str()).collect();
        let mut taken_off = numbers_withheld_since(&ledger.connection, common, &copy.connection)?;
        taken_off.retain(|(id, _)| !hidden.contains(&id.as_str()));
        Ok(Forgotten { withheld, taken_off, waiting: still_waiting(ledger, copy)?, waiting_again })
    }
}

impl Forgotten {
    /// How many listings were withheld or disconnected since, and the first of their ids; `None` where there are none.
    pub fn withheld(&self) -> Option<String> {
        let named = first_of(self.withheld.iter().map(|(id, _)| id.as_str()))?;
        Some(format!("{} listings withheld or disconnected since: {named}", self.withheld.len()))
    }

    /// How many listings have numbers no more that others had withheld since, and the first of their ids; `None` where none has.
    pub fn taken_off(&self) -> Option<String> {
        let named = first_of(self.taken_off.iter().map(|(id, _)| id.as_str()))?;
        Some(format!("{} listings that lose numbers withheld since: {named}", self.taken_off.len()))
    }

    /// The batches that wait in the ledger alone; `None` where there are none.
    pub fn waiting(&self) -> Option<String> {
        (!self.waiting.is_empty()).then(|| waiting::named(&self.waiting))
    }

    /// The batches that would wait again; `None` where there are none.
    pub fn waiting_again(&self) -> Option<String> {
        (!self.waiting_again.is_empty()).then(|| waiting::named(&self.waiting_again))
    }
}

impl fmt::Display for Forgotten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(withheld) = self.withheld() {
            write!(f, "; it knows of {withheld}, which will stay so")?;
        }
        if let Some(taken_off) = self.taken_off() {
            write!(f, "; it knows of {taken_off}")?;
        }
        if let Some(waiting) = self.waiting() {
            write!(f, "; batches wait in it that the backup does not have: {waiting}")?;
        }
        Ok(())
    }
}

/// The first of these ids, for a text; `None` where there are none.
fn first_of<'i>(ids: impl ExactSizeIterator<Item = &'i str>) -> Option<String> {
    let count = ids.len();
    let named: Vec<&str> = ids.take(IDS_NAMED_MAX).collect();
    (count > 0).then(|| named.join(", ") + if count > IDS_NAMED_MAX { ", …" } else { "" })
}

/// Batches that wait in `one` and not in `other`.
fn waiting_elsewhere(one: &Ledger, other: &Ledger) -> Result<Vec<WaitingBatch>> {
    let hash = "SELECT hash FROM waiting WHERE id = ?1";
    let waits = "SELECT 1 FROM waiting WHERE feed = ?1 AND hash = ?2";
    let mut found = Vec::new();
    for batch in one.waiting()? {
        let hash: Vec<u8> = one.connection.query_row(hash, [batch.id], |row| row.get(0))?;
        let there = other.connection.query_row(waits, params![batch.feed, hash], |_| Ok(())).optional()?;
        found.extend(there.is_none().then_some(batch));
    }
    Ok(found)
}

/// Those of them, of the ledger, that the copy did not append meanwhile.
fn still_waiting(ledger: &Ledger, copy: &Ledger) -> Result<Vec<WaitingBatch>> {
    let hash = "SELECT hash FROM waiting WHERE id = ?1";
    let appended = "SELECT 1 FROM batch WHERE feed = ?1 AND feed_seq = ?2 AND hash = ?3";
    let mut found = Vec::new();
    for batch in waiting_elsewhere(ledger, copy)? {
        let hash: Vec<u8> = ledger.connection.query_row(hash, [batch.id], |row| row.get(0))?;
        let known = params![batch.feed, batch.feed_seq, hash];
        let there = copy.connection.query_row(appended, known, |_| Ok(())).optional()?;
        found.extend(there.is_none().then_some(batch));
    }
    Ok(found)
}

/// The seq of the newest batch that both hold; 0 where there is none.
fn common_seq(ledger: &Connection, copy: &Connection) -> Result<u64> {
    let mut ends = ledger.prepare("SELECT last_seq, lower(hex(chain)) FROM batch ORDER BY n DESC")?;
    let mut rows = ends.query([])?;
    while let Some(row) = rows.next()? {
        let (seq, chain): (u64, String) = (row.get(0)?, row.get(1)?);
        if read::has_batch(copy, seq, &chain)? {
            return Ok(seq);
        }
    }
    Ok(0)
}

/// Listings whose newest change after `seq` leaves them withheld or out of service, or deleted them as such, and that
/// `copy` has otherwise.
fn withheld_since(ledger: &Connection, seq: u64, copy: &Connection) -> Result<Vec<(String, Status)>> {
    // Few images hold one of the words, and looking for them costs a fraction of reading them as JSON.
    let mut newest = ledger.prepare(
        "SELECT listing, coalesce(after, before) FROM change
           JOIN (SELECT max(seq) AS newest FROM change NOT INDEXED WHERE seq > ?1 AND kind = 'listing' GROUP BY listing)
             ON change.seq = newest
          WHERE instr(coalesce(after, before), '\"non_published\"') OR instr(coalesce(after, before), '\"disconnected\"')
          ORDER BY listing",
    )?;
    let mut rows = newest.query([seq])?;
    let mut withheld = Vec::new();
    while let Some(row) = rows.next()? {
        let (id, image) = (read::text(row.get_ref(0)?)?, read::text(row.get_ref(1)?)?);
        let status = parse_listing(image)?.status;
        let Some(standing) = read::image(copy, Table::Listing, "", id)? else { continue };
        let is_withheld_more = match (status, parse_listing(&standing)?.status) {
            (Status::NonPublished, was) => was != Status::NonPublished,
            (Status::Disconnected, was) => !matches!(was, Status::NonPublished | Status::Disconnected),
            (Status::Listed | Status::Changed, _) => false,
        };
        if is_withheld_more {
            withheld.push((id.to_owned(), status));
        }
    }
    Ok(withheld)
}

/// Numbers that a listing had withheld after `seq`, by the listings of `copy` that would give them out and that have them in
/// the ledger no more, or not to be seen. Who gives one out there still may: a switchboard is several listings'.
fn numbers_withheld_since(ledger: &Connection, seq: u64, copy: &Connection) -> Result<Vec<(String, BTreeSet<String>)>> {
    let mut withheld = BTreeSet::new();
    read::each_withheld_after(ledger, seq, |listing| {
        withheld.extend(numbers(&listing));
        Ok(())
    })?;
    let mut found = Vec::new();
    if withheld.is_empty() {
        return Ok(found);
    }
    let mut standing = copy.prepare("SELECT after FROM listing JOIN change USING (seq) ORDER BY listing.id")?;
    let mut rows = standing.query([])?;
    while let Some(row) = rows.next()? {
        let listing = parse_listing(read::text(row.get_ref(0)?)?)?.published();
        let mut given_out: BTreeSet<String> = numbers(&listing).filter(|number| withheld.contains(number)).collect();
        if given_out.is_empty() {
            continue;
        }
        if let Some(now) = read::image(ledger, Table::Listing, "", listing.id.as_str())? {
            let still: BTreeSet<String> = numbers(&parse_listing(&now)?.published()).collect();
            given_out.retain(|number| !still.contains(number));
        }
        if !given_out.is_empty() {
            found.push((listing.id.to_string(), given_out));
        }
    }
    Ok(found)
}

/// The numbers of a listing, as they are dialled from afar.
fn numbers(listing: &Listing) -> impl Iterator<Item = String> {
    listing.phones.iter().map(|phone| phone.dialled_whole(&listing.area_code))
}

impl Ledger {
    /// Turns down batches that wait in this copy and were appended or withdrawn since it was made, until somebody lets them in.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn hold_back(&self, waiting_again: &[WaitingBatch]) -> Result<()> {
        let put = "UPDATE waiting SET refusal = ?2 WHERE id = ?1 AND refusal IS NULL";
        waiting_again.iter().try_for_each(|batch| {
            self.connection.execute(put, params![batch.id, HELD_BACK])?;
            Ok(())
        })
    }

    /// Appends a batch that gives listings withheld since their status and takes off numbers withheld since, where there are
    /// any; the batch's number. The ledger that withholds them has the chain hash `of`.
    pub(super) fn withhold_still(&mut self, forgotten: &Forgotten, of: &str) -> Result<Option<u64>> {
        let Forgotten { withheld, taken_off, .. } = forgotten;
        if withheld.is_empty() && taken_off.is_empty() {
            return Ok(None);
        }
        let transaction = Step::begin(&self.connection)?;
        let place = Place::next(&transaction, RESTORE_FEED.to_owned(), None)?;
        let mut report = Report { source: "withheld since the backup".to_owned(), ..Report::default() };
        let mut appender = Appender::new(&transaction, &place, &Limits::default())?;
        let statuses: BTreeMap<&str, Status> = withheld.iter().map(|(id, status)| (id.as_str(), *status)).collect();
        let numbers: BTreeMap<&str, &BTreeSet<String>> = taken_off.iter().map(|(id, all)| (id.as_str(), all)).collect();
        let ids: BTreeSet<&str> = statuses.keys().chain(numbers.keys()).copied().collect();
        for id in ids {
            let Some(image) = read::image(&transaction, Table::Listing, "", id)? else { continue };
            let mut listing = parse_listing(&image)?;
            if let Some(status) = statuses.get(id) {
                listing.status = *status;
            }
            if let Some(numbers) = numbers.get(id) {
                let Listing { phones, area_code, .. } = &mut listing;
                phones.retain(|phone| !numbers.contains(&phone.dialled_whole(area_code)));
            }
            let image = serde_json::to_string(&listing).map_err(json_failed)?;
            appender.put(LISTING, id, Some(&image))?.into_iter().for_each(|op| report.accepted.add_one(op));
        }
        let changes = appender.finish(&mut report)?;
        let hash = blake3::hash(of.as_bytes());
        insert_batch(&transaction, &Header::default(), &hash, &place, &report, &changes, None)?;
        transaction.commit()?;
        Ok(Some(place.n))
    }
}
