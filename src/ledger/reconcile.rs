//! Reconciling: the difference between a full file and the ledger, appended as a batch.

use std::time::Instant;

use rusqlite::{Connection, OptionalExtension, params};

use super::about::About;
use super::append::{Appender, Submission, insert_batch, json_failed, parse_listing};
use super::chain::LISTING;
use super::limits::passed_limit;
use super::place::{Place, RECONCILE_FEED, effective, feed_of, today};
use super::step::Step;
use super::undo::Table;
use super::{Ledger, columns, read};
use crate::batch::{FileFields, Op, Rejection, Report, Row, Rows, Subject};
use crate::listing::{Invalid, Status};
use crate::{Error, Result};

/// Rows between two reports of progress.
const PROGRESS_ROWS: u64 = 1_000;
/// The code of a row whose id an earlier row has.
const DUPLICATE: &str = "duplicate_id";
/// What the file holds, and what it does not; kept by SQLite in a file of its own once they are many.
const TABLES: &str = "
    CREATE TEMP TABLE met (kind TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (kind, key)) WITHOUT ROWID;
    CREATE TEMP TABLE gone (kind TEXT NOT NULL, key TEXT NOT NULL);";
const NO_TABLES: &str = "DROP TABLE IF EXISTS temp.met; DROP TABLE IF EXISTS temp.gone;";

impl Ledger {
    /// Makes the ledger equal to the full file `rows`, by one batch: what it lacks is added, what differs changed, what
    /// the file does not hold deleted. What the file has no column or key for stays as it stands, and so does a status that
    /// the row itself does not name; `left_fields` of the report tells where that is something. So does what is withheld
    /// of a non-published listing, where the row says what an export without that says: its numbers are removed by a
    /// `change` row.
    ///
    /// A listing whose row is rejected stays as it is; where the id of a rejected row is unusable, nobody can say whose row
    /// it is, so the file is refused unless that is forced. Readings and pairs are left alone where the file holds none.
    ///
    /// Such a batch belongs to no feed, so the header's numbers are not looked at; its counts and limits are. What columns of
    /// the file are is remembered for the header's feed, whose columns it is read by.
    ///
    /// # Errors
    /// Refused, with nothing written, when a row's id cannot be read, the file's day has not come, or `check` fails;
    /// otherwise when the file cannot be read or the ledger not written.
    pub fn reconcile(
        &mut self,
        submission: &Submission<'_>,
        rows: &mut Rows,
        progress: &mut dyn FnMut(u64),
        check: &dyn Fn() -> Result<()>,
    ) -> Result<Report> {
        let started = Instant::now();
        if let Some(day) = effective(&submission.header)?.filter(|day| *day > today()) {
            return Err(Error::refused(format!(
                "the header's effective is {day}, and a full file is compared with what stands today: import it on that \
                 day, or leave effective out"
            )));
        }
        let columns_feed = feed_of(&submission.header)?;
        self.connection.execute_batch(NO_TABLES)?;
        let transaction = Step::begin(&self.connection)?;
        transaction.execute_batch(TABLES)?;
        let place = Place::next(&transaction, RECONCILE_FEED.to_owned(), None)?;
        let (mut report, changes, seen) = apply_full(&transaction, submission, &place, rows, progress)?;
        let about =
            About { signature: submission.signature.clone(), sent_by: submission.sent_by.clone(), ..About::default() }
                .text()?;
        report.chain = place.chain(&submission.hash, &changes, about.as_deref()).to_hex().to_string();
        report.ignored_columns = rows.unknown_columns().to_vec();
        report.repeated_headers = rows.repeated_headers();
        report.refused = passed_limit(&transaction, submission, &report)?;
        check()?;
        report.rows_per_second = (seen as f64 / started.elapsed().as_secs_f64().max(1e-6)) as u64;
        if report.refused.is_none() && report.seq == place.last_seq {
            report.in_step = true;
            report.chain.clear();
        }
        if report.dry_run || report.refused.is_some() {
            return Ok(report);
        }
        if !report.in_step {
            let header = &submission.header;
            insert_batch(&transaction, header, &submission.hash, &place, &report, &changes, about.as_deref())?;
            report.batch = Some(place.n);
        }
        // By these columns the ledger was found to hold the same, too.
        columns::remember(&transaction, &columns_feed, &submission.columns)?;
        transaction.execute_batch(NO_TABLES)?;
        transaction.commit()?;
        Ok(report)
    }
}

/// Applies the difference and says what came of it, the hash of the changes, and how many rows there were.
fn apply_full(
    transaction: &Connection,
    submission: &Submission<'_>,
    place: &Place,
    rows: &mut Rows,
    progress: &mut dyn FnMut(u64),
) -> Result<(Report, blake3::Hash, u64)> {
    let mut report = submission.report(place);
    let mut reconciler = Reconciler {
        appender: Appender::new(transaction, place, &submission.limits)?,
        entries: false,
        force: submission.limits.force,
        fields: rows.fields()?,
    };
    let mut seen = 0;
    let some = |row| Ok(Some(row));
    rows.each_ahead(some, |row| {
        row.take().map_or(Ok(()), |row| reconciler.take(row, &mut report))?;
        seen += 1;
        if seen % PROGRESS_ROWS == 0 {
            progress(reconciler.appender.offset);
        }
        Ok(())
    })?;
    reconciler.delete_what_was_not_met(&mut report)?;
    let changes = reconciler.appender.finish(&mut report)?;
    Ok((report, changes, seen))
}

struct Reconciler<'c> {
    appender: Appender<'c>,
    /// The file holds readings or pairs.
    entries: bool,
    /// Rows with unusable ids keep nothing out.
    force: bool,
    /// What the file speaks of.
    fields: FileFields,
}

impl Reconciler<'_> {
    fn take(&mut self, row: Result<Row, Rejection>, report: &mut Report) -> Result<()> {
        let rejection = match row {
            Err(rejection) => rejection,
            Ok(row) => {
                self.appender.offset = row.origin.span.0;
                let (written, origin, id) = (row.written, row.origin.clone(), id_of(&row.subject));
                match self.put(row, report)? {
                    Ok(()) => {
                        report.written.add_one(written);
                        return Ok(());
                    }
                    Err(invalid) => Rejection::new(&origin, id.as_deref(), invalid),
                }
            }
        };
        let untold = |way: &str| {
            Error::refused(format!(
                "line {}: {} [{}]: whose row it is cannot be told, so its listing might be taken for deleted: {way}",
                rejection.line, rejection.reason, rejection.code
            ))
        };
        let Some(id) = &rejection.id else { return Err(untold("mend the file")) };
        // Every other fault of an id is that it is none; what was typed for it then names nobody's row.
        let is_unusable = rejection.field == "id" && rejection.code != DUPLICATE;
        if is_unusable && !self.force {
            return Err(untold("mend the id, or let the listing go with --force"));
        }
        self.meet(LISTING, id)?;
        self.appender.refuse(rejection, report)
    }

    /// Makes what the row is about stand as the row says.
    fn put(&mut self, row: Row, report: &mut Report) -> Result<Result<(), Invalid>> {
        if row.op != Op::Add {
            let reason =
                format!("a full file says what stands, so every row is an add; this one is a {}", row.written.as_str());
            return Ok(Err(Invalid::new("op", "not_full", reason)));
        }
        match row.subject {
            Subject::Listing(id, patch) => {
                let standing = self.appender.find(id.as_str())?;
                let standing = standing.map(|(image, _)| parse_listing(&image)).transpose()?;
                let names_status = patch.names_status();
                let was_withheld = standing.is_none() && self.appender.was_withheld(id.as_str())?;
                let made = match &standing {
                    Some(standing) => patch.over(standing, self.fields),
                    None => patch.into_listing(&id).map(|listing| (listing, Vec::new())),
                };
                let (mut listing, mut left) = match made {
                    Ok(made) => made,
                    Err(invalid) => return Ok(Err(invalid)),
                };
                if was_withheld && !names_status {
                    // It was deleted while it was withheld, and the file does not say that it is published now.
                    listing.status = Status::NonPublished;
                    left.push("status");
                }
                if !self.meet(LISTING, id.as_str())? {
                    let reason = format!("an earlier row of this file already holds {:?}", id.as_str());
                    return Ok(Err(Invalid::new("id", DUPLICATE, reason)));
                }
                left.into_iter().for_each(|field| *report.left_fields.entry(field.into()).or_default() += 1);
                if standing.is_some_and(|standing| standing == listing) {
                    return Ok(Ok(()));
                }
                report.without_phone += u64::from(listing.phones.is_empty());
                let image = serde_json::to_string(&listing).map_err(json_failed)?;
                let op = self.appender.put(LISTING, id.as_str(), Some(&image))?;
                op.into_iter().for_each(|op| report.accepted.add_one(op));
                if was_withheld && listing.status != Status::NonPublished {
                    self.appender.reviewer.publish(&id);
                }
            }
            Subject::Entry(entry) => {
                self.entries = true;
                let (kind, key) = (entry.kind(), entry.key());
                self.meet(kind, &key)?;
                if read::image(self.appender.transaction, Table::Entry, kind, &key)?.is_some() {
                    return Ok(Ok(()));
                }
                return Ok(self.appender.apply_entry(Op::Add, &entry)?.map(|()| report.lexicon.add_one(Op::Add)));
            }
        }
        Ok(Ok(()))
    }

    /// Remembers that the file holds `key`; false where it did so before.
    fn meet(&self, kind: &str, key: &str) -> Result<bool> {
        let mut insert =
            self.appender.transaction.prepare_cached("INSERT OR IGNORE INTO temp.met (kind, key) VALUES (?1, ?2)")?;
        Ok(insert.execute(params![kind, key])? > 0)
    }

    fn delete_what_was_not_met(&mut self, report: &mut Report) -> Result<()> {
        let transaction: &Connection = self.appender.transaction;
        transaction.execute(
            "INSERT INTO temp.gone SELECT 'listing', id FROM listing
              WHERE NOT EXISTS (SELECT 1 FROM temp.met WHERE met.kind = 'listing' AND met.key = listing.id)
              ORDER BY listing.seq",
            [],
        )?;
        if self.entries {
            transaction.execute(
                "INSERT INTO temp.gone SELECT kind, key FROM entry
                  WHERE NOT EXISTS (SELECT 1 FROM temp.met WHERE met.kind = entry.kind AND met.key = entry.key)
                  ORDER BY entry.seq",
                [],
            )?;
        }
        let mut next = 0_i64;
        let mut find = transaction.prepare("SELECT rowid, kind, key FROM temp.gone WHERE rowid > ?1 LIMIT 1")?;
        let gone = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?));
        while let Some((rowid, kind, key)) = find.query_row([next], gone).optional()? {
            next = rowid;
            let op = self.appender.put(&kind, &key, None)?;
            let counts = if kind == LISTING { &mut report.accepted } else { &mut report.lexicon };
            op.into_iter().for_each(|op| counts.add_one(op));
        }
        Ok(())
    }
}

fn id_of(subject: &Subject) -> Option<String> {
    match subject {
        Subject::Listing(id, _) => Some(id.to_string()),
        Subject::Entry(entry) => Some(entry.key()),
    }
}
