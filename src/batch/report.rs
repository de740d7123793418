//! What happened to a batch, for people and for scripts.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Op, Rejection, Review, Spans};
use crate::Result;

/// Rejections kept with all their details; more are only counted.
pub const REJECTIONS_KEPT_MAX: usize = 10_000;
/// Rejections shown in the report for people; all that are kept stand in the JSON.
const REJECTIONS_SHOWN_MAX: usize = 20;

/// Rows by what they do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Counts {
    /// Listings added.
    pub add: u64,
    /// Listings changed.
    pub change: u64,
    /// Listings deleted.
    pub delete: u64,
}

impl Counts {
    /// What was stated of rows of each kind, none where nothing was said of one; `None` where nothing was said at all.
    pub fn stated(add: Option<u64>, change: Option<u64>, delete: Option<u64>) -> Option<Counts> {
        let said = add.or(change).or(delete);
        said.map(|_| Counts { add: add.unwrap_or(0), change: change.unwrap_or(0), delete: delete.unwrap_or(0) })
    }

    /// Counts one row.
    pub fn add_one(&mut self, op: Op) {
        match op {
            Op::Add => self.add += 1,
            Op::Change => self.change += 1,
            Op::Delete => self.delete += 1,
        }
    }

    /// Whether there are none.
    pub fn is_zero(&self) -> bool {
        self.total() == 0
    }

    /// Rows in all.
    pub fn total(&self) -> u64 {
        self.add + self.change + self.delete
    }
}

/// What a batch did when it went in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DoneThen {
    /// Rows that went in, by what was done to listings, readings and pairs.
    pub accepted: Counts,
    /// Rows that did not.
    pub rejected: u64,
}

/// What happened to a batch.
#[derive(Debug, Clone, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct Report {
    /// The file's name as it was given.
    pub source: String,
    /// The feed and its sequence number.
    pub feed: String,
    /// The batch's number within the feed.
    pub feed_seq: u64,
    /// The batch's number in the ledger; absent when nothing was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch: Option<u64>,
    /// The ledger's seq afterwards, or what it would have been.
    pub seq: u64,
    /// The batch was in the ledger already: nothing was done.
    pub already_imported: bool,
    /// The number within the feed by which the same bytes go in once more; where the batch came without a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feed_seq_next: Option<u64>,
    /// What was done then, where the batch was in the ledger already.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub done_then: Option<DoneThen>,
    /// The batch that undid it since.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undone_by: Option<u64>,
    /// The day, `YYYY-MM-DD`, it is kept for; nothing was applied yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waits_until: Option<String>,
    /// Another batch of its feed waits before it, so it was not tried.
    #[serde(skip_serializing_if = "is_false")]
    pub waits_behind: bool,
    /// That batch is the one whose rejected rows these are, corrected.
    #[serde(skip_serializing_if = "is_false")]
    pub waits_with_corrected: bool,
    /// Batches that waited, whose day had come, and that were appended first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(no_recursion)]
    pub released: Vec<Report>,
    /// The ledger holds what the full file holds: nothing was done.
    #[serde(skip_serializing_if = "is_false")]
    pub in_step: bool,
    /// Nothing was written because `--dry-run` was asked for.
    pub dry_run: bool,
    /// Why the batch was turned down whole; nothing was written then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// Limits were overridden.
    pub forced: bool,
    /// Content hash of the file, BLAKE3 in hex.
    pub hash: String,
    /// Hash of the changes made, chained to the batch before, in hex.
    pub chain: String,
    /// Listings that went in, by what was done to them.
    pub accepted: Counts,
    /// Readings and confusable pairs that went in.
    #[serde(skip_serializing_if = "Counts::is_zero")]
    pub lexicon: Counts,
    /// All rows that went in, by what they say themselves.
    #[serde(skip)]
    pub written: Counts,
    /// Rows that did not.
    pub rejected: u64,
    /// Rejections by field and code.
    pub rejected_by_code: BTreeMap<String, u64>,
    /// The first [`REJECTIONS_KEPT_MAX`] rejections.
    pub rejections: Vec<Rejection>,
    /// Where the original bytes of every rejected row are.
    #[serde(skip)]
    pub rejected_spans: Spans,
    /// Columns of the file that no field is made of.
    pub ignored_columns: Vec<String>,
    /// How many times the header line stood among the rows again; these lines are left out.
    #[serde(skip_serializing_if = "is_zero")]
    pub repeated_headers: u64,
    /// Fields of a full file's listings that stand as they stood because the file, or for the status the row, does not speak
    /// of them, or says of what is withheld what an export without it says; and of listings added in the place of deleted
    /// non-published ones; by how many listings.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = BTreeMap<String, u64>)]
    pub left_fields: BTreeMap<Cow<'static, str>, u64>,
    /// Listings that went in without any number.
    pub without_phone: u64,
    /// What is right as it stands, and yet worth a second look.
    #[serde(skip_serializing_if = "Review::is_empty")]
    pub review: Review,
    /// Rows per second, reading and validation included.
    pub rows_per_second: u64,
}

impl Report {
    /// Counts and keeps one rejection.
    ///
    /// # Errors
    /// As [`Spans::push`].
    pub fn reject(&mut self, rejection: Rejection) -> Result<()> {
        self.rejected += 1;
        self.rejected_spans.push(rejection.span)?;
        *self.rejected_by_code.entry(format!("{}/{}", rejection.field, rejection.code)).or_default() += 1;
        if self.rejections.len() < REJECTIONS_KEPT_MAX {
            self.rejections.push(rejection);
        }
        Ok(())
    }

    /// Whether the file held no row at all.
    fn is_empty(&self) -> bool {
        self.accepted.is_zero() && self.lexicon.is_zero() && self.rejected == 0
    }

    /// Forgets the numbers of listings that `is_withheld` tells of: they were told when it was made, and may not be any more.
    pub(crate) fn withhold(&mut self, is_withheld: &mut dyn FnMut(&str) -> Result<bool>) -> Result<()> {
        for rejection in &mut self.rejections {
            if let Some(id) = &rejection.id
                && is_withheld(id)?
            {
                *rejection = rejection.clone().withheld();
            }
        }
        self.review.withhold(is_withheld)
    }

    /// What was done when it went in.
    fn write_done_then(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(DoneThen { accepted: Counts { add, change, delete }, rejected }) = self.done_then else {
            return Ok(());
        };
        writeln!(f, "  done then: {add} added, {change} changed, {delete} deleted, {rejected} rejected")?;
        if rejected > 0 {
            let text = "the rejected rows are written again by --rejects to a file that is not there yet; corrected, they \
                        go in with --corrections";
            writeln!(f, "  {text}")?;
        }
        Ok(())
    }

    /// How the same bytes go in a second time.
    fn write_once_more(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { feed, feed_seq, .. } = self;
        match self.feed_seq_next {
            Some(next) => {
                writeln!(f, "  {feed} #{feed_seq} is these very bytes; --seq {next} would have them go in once more")
            }
            None => Ok(()),
        }
    }

    /// What a full file does not speak of.
    fn write_left(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.left_fields.is_empty() {
            return Ok(());
        }
        let fields: Vec<String> = self.left_fields.iter().map(|(field, count)| format!("{field} {count}")).collect();
        writeln!(f, "  left as they stand, for the file does not say: {}", fields.join(", "))
    }

    /// The first rejections line by line, and counts by code where there are more.
    fn write_rejections(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for rejection in self.rejections.iter().take(REJECTIONS_SHOWN_MAX) {
            let Rejection { line, field, code, reason, .. } = rejection;
            let id = rejection.id.as_deref().map(|id| format!(" ({id})")).unwrap_or_default();
            writeln!(f, "  line {line}{id}: {field}: {reason} [{code}]")?;
        }
        if self.rejected > REJECTIONS_SHOWN_MAX as u64 {
            writeln!(f, "  and {} more; all by code:", self.rejected - REJECTIONS_SHOWN_MAX as u64)?;
            for (code, count) in &self.rejected_by_code {
                writeln!(f, "    {count} × {code}")?;
            }
        }
        Ok(())
    }
}

fn is_false(value: &bool) -> bool {
    !value
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Report {
    /// The first line: what became of the batch as a whole.
    fn write_outcome(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { source, feed, feed_seq, .. } = self;
        let wait = self.waits_until.as_ref();
        match (self.batch, wait) {
            _ if self.refused.is_some() => writeln!(f, "{source}: refused, nothing written"),
            (_, Some(day)) if self.dry_run => {
                writeln!(f, "{source}: dry run of {feed} #{feed_seq}, would wait until {day}")
            }
            (_, Some(day)) => writeln!(f, "{source}: kept until {day} as {feed} #{feed_seq}"),
            (Some(batch), None) => writeln!(f, "{source}: batch {batch}, {feed} #{feed_seq}"),
            (None, None) => writeln!(f, "{source}: dry run of {feed} #{feed_seq}, nothing written"),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for released in &self.released {
            released.fmt(f)?;
            if let Some(reason) = &released.refused {
                writeln!(f, "  {reason}; see chahao waiting")?;
            }
        }
        let Counts { add, change, delete } = self.accepted;
        match (self.batch, &self.waits_until, self.undone_by) {
            _ if self.in_step && self.rejected > 0 => {
                let Report { source, rejected, .. } = self;
                writeln!(f, "{source}: the ledger holds the same as all but {rejected} rejected rows; nothing to do")?;
                self.write_left(f)?;
                return self.write_rejections(f);
            }
            _ if self.in_step => {
                writeln!(f, "{}: the ledger holds the same; nothing to do", self.source)?;
                return self.write_left(f);
            }
            _ if !self.already_imported => {}
            (Some(batch), _, Some(by)) => {
                let text = format!(
                    "already imported as batch {batch}, and undone by batch {by}; undo that one to have it back"
                );
                writeln!(f, "{}: {text}", self.source)?;
                return self.write_once_more(f);
            }
            (_, Some(day), _) => {
                writeln!(f, "{}: kept already, until {day}; nothing to do", self.source)?;
                return self.write_once_more(f);
            }
            (None, ..) => {
                writeln!(
                    f,
                    "{}: it waits, its day has come, and it would go in first; nothing more to do",
                    self.source
                )?;
                return self.write_once_more(f);
            }
            (Some(batch), ..) => {
                writeln!(f, "{}: already imported as batch {batch}; nothing to do", self.source)?;
                self.write_done_then(f)?;
                return self.write_once_more(f);
            }
        }
        self.write_outcome(f)?;
        if self.waits_with_corrected {
            let text = "not tried: the batch whose rows are corrected waits before it; rows of an earlier batch go in at \
                        once with --effective and today's date";
            return writeln!(f, "  {text}");
        }
        if self.waits_behind {
            return writeln!(f, "  not tried: another batch of its feed waits before it");
        }
        write!(f, "  {add} added, {change} changed, {delete} deleted, {} rejected", self.rejected)?;
        match self.refused {
            Some(_) => writeln!(f)?,
            None => writeln!(f, "; ledger seq {}", self.seq)?,
        }
        let Counts { add, delete, .. } = self.lexicon;
        if !self.lexicon.is_zero() {
            writeln!(f, "  readings and confusable pairs: {add} added, {delete} deleted")?;
        }
        if self.without_phone > 0 {
            writeln!(f, "  {} listings without a number", self.without_phone)?;
        }
        if self.repeated_headers > 0 {
            writeln!(f, "  header line left out where it stands again: {} times", self.repeated_headers)?;
        }
        if self.refused.is_none() && self.is_empty() {
            writeln!(f, "  the file holds no rows: a batch of no changes")?;
        }
        if !self.ignored_columns.is_empty() {
            writeln!(f, "  columns ignored: {}", self.ignored_columns.join(", "))?;
        }
        self.write_left(f)?;
        if self.refused.is_none() {
            self.review.fmt(f)?;
        }
        self.write_rejections(f)
    }
}
