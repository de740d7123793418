//! Batch files: what the data office sends, read into rows and refusals.
//!
//! # The file contract
//!
//! A batch is NDJSON (one JSON object a line) or CSV (comma, semicolon or tab, with a header line), in UTF-8 with or
//! without a byte order mark, GB18030, or UTF-16 with one; packed by gzip or zstd or not; or the first sheet of an XLSX
//! workbook. Which of them is told from the bytes; the content hash is of what was unpacked. Columns and keys are the
//! fields of a [`Listing`](crate::listing::Listing) plus `op`:
//!
//! | `op` | meaning |
//! |---|---|
//! | `add` (default) | a listing that does not exist yet; `id` and `name` are needed |
//! | `change` | only the fields carried are changed |
//! | `delete` | only `id` is needed |
//!
//! A row of another `kind` than `listing` (the default) is about a name or about readings, and carries the columns of
//! its kind alone:
//!
//! | `kind` | columns | meaning |
//! |---|---|---|
//! | `alias` | `id`, `text`, `alias_kind` | puts one alias to a listing or takes it away (`add`, `delete`), or changes its kind |
//! | `reading` | `word`, `reading` | a word is read this way too: `车陂`, `che bei` (`add`, `delete`) |
//! | `confusable` | `pair` | two sounds are confused: `wang/huang` (`add`, `delete`) |
//!
//! In NDJSON `null`, `""` or `[]` clears a field; `id`, `name` and, in a change, `status` cannot be cleared. In CSV an empty cell carries nothing, and the cell
//! [`CLEAR_CELL`] clears the field: weekly files mix adds and changes in one table, and a blank cell must
//! not wipe out a number. Several phones or aliases stand in one cell parted by `;`. `phone` and `phones`,
//! `alias` and `aliases` are the same column; unknown columns are named in the report and left out. A key that is none
//! within a phone, an alias or a referral rejects its row: no office has titles there.
//!
//! | what | at most |
//! |---|---|
//! | `id`, `parent` | 64 bytes |
//! | `name`, an alias, `text` | 200 characters |
//! | `category`, `locality`, a phone's label | 100 characters |
//! | `address`, `note` | 1,000 characters |
//! | `area_code` | 6 digits |
//! | `word` | 12 characters, `reading` a syllable for each |
//! | phones, aliases | 50 each |
//! | a feed's name | 64 bytes |
//! | a row | 1 MiB |
//!
//! The header line of a table may stand among its rows again, as it does where files were pasted together; it is left out
//! and told. A file without rows is a batch of no changes.
//!
//! The first NDJSON line may be a header: `{"feed":"weekly","seq":12,"effective":"2026-11-23",
//! "prev":"<content hash of the feed's last batch>","counts":{"add":1,"change":2,"delete":3}}`.
//!
//! # Invariants
//! 1. Reading never stops at the first bad row: every row comes out as a [`Row`] or a [`Rejection`].
//! 2. A rejection keeps the row's original bytes.
//! 3. Memory does not grow with the file.

mod ahead;
mod columns;
mod csv;
mod encoding;
mod fields;
mod full;
mod input;
mod kind;
mod ndjson;
mod nested;
mod report;
mod review;
mod spans;
mod unpack;
mod workbook_size;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::listing::{ID_BYTES_MAX, Invalid, ListingId, withheld_reason};
use crate::text::LexiconEntry;
use crate::{Error, Result};

pub use columns::ColumnMap;
pub use encoding::Encoding;
pub use fields::Patch;
pub(crate) use full::FileFields;
pub use input::{Format, Input};
pub use report::{Counts, DoneThen, REJECTIONS_KEPT_MAX, Report};
pub use review::{
    AmbiguousName, CaptionRing, Cases, EarlyNumber, HardToReach, LookAlike, MissingListing, NEIGHBOURS_NAMES_MAX,
    REACH_KEYS, REACH_LISTINGS_MAX, REACH_TOP, REVIEW_CASES_MAX, REVIEW_ROWS_MAX, Reach, Review, SharedNumber,
};
pub use spans::{Span, Spans};
pub use unpack::Form;

/// The CSV cell that clears a field in a `change`.
pub const CLEAR_CELL: &str = "<clear>";
/// Bytes of one row at most.
pub const ROW_BYTES_MAX: usize = 1 << 20;

/// What a row does to a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// Makes a new listing.
    Add,
    /// Changes the fields carried.
    Change,
    /// Removes the listing.
    Delete,
}

impl Op {
    /// The word in batch files and in the ledger.
    pub fn as_str(self) -> &'static str {
        match self {
            Op::Add => "add",
            Op::Change => "change",
            Op::Delete => "delete",
        }
    }

    fn parse(text: &str) -> Result<Op, Invalid> {
        match text.trim().to_ascii_lowercase().as_str() {
            "add" | "" => Ok(Op::Add),
            "change" => Ok(Op::Change),
            "delete" => Ok(Op::Delete),
            other => Err(Invalid::new("op", "unknown_op", format!("add, change or delete; it is {other:?}"))),
        }
    }
}

/// What a batch says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// The series of batches it belongs to.
    pub feed: Option<String>,
    /// Its number within the feed, from 1.
    pub seq: Option<u64>,
    /// The day, `YYYY-MM-DD`, from which it holds.
    pub effective: Option<String>,
    /// Content hash, in hex, of the feed's batch before it.
    pub prev: Option<String>,
    /// How many rows of each kind it holds.
    pub counts: Option<Counts>,
}

impl Header {
    /// The same with what is stated beside the file; feed and number stated so come before the file's own.
    ///
    /// # Errors
    /// Refused where the file says another day, another hash or other counts.
    pub fn with(self, stated: &Header) -> Result<Header> {
        fn one<T: Clone + PartialEq + std::fmt::Debug>(
            what: &str,
            own: Option<T>,
            stated: &Option<T>,
        ) -> Result<Option<T>> {
            match (own, stated) {
                (Some(own), Some(stated)) if own != *stated => Err(Error::refused(format!(
                    "the header's {what} is {own:?}, but {stated:?} was stated beside the file: one of them is wrong"
                ))),
                (own, stated) => Ok(own.or_else(|| stated.clone())),
            }
        }
        Ok(Header {
            feed: stated.feed.clone().or(self.feed),
            seq: stated.seq.or(self.seq),
            effective: one("effective", self.effective, &stated.effective)?,
            prev: one("prev", self.prev.map(|prev| prev.to_ascii_lowercase()), &stated.prev)?,
            counts: one("counts", self.counts, &stated.counts)?,
        })
    }
}

/// One well-formed row.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// What to do with its subject.
    pub op: Op,
    /// What the row itself says: to add an alias is to change a listing.
    pub written: Op,
    /// What it is about.
    pub subject: Subject,
    /// Where it stands.
    pub origin: Origin,
}

/// What a row is about.
#[derive(Debug, Clone, PartialEq)]
pub enum Subject {
    /// A listing, and the fields carried.
    Listing(ListingId, Box<Patch>),
    /// An entry of the lexicon.
    Entry(LexiconEntry),
}

/// Where a row stands in its file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// Line number from 1.
    pub line: u64,
    /// Byte offset and length in the file.
    pub span: (u64, u64),
}

/// One row that did not go in, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Rejection {
    /// Line number from 1.
    pub line: u64,
    /// The id, where one could be read; the beginning of it where it is over-long.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The field at fault, or `row`.
    pub field: Cow<'static, str>,
    /// A stable word for programs.
    pub code: Cow<'static, str>,
    /// What was expected, what came.
    pub reason: String,
    /// Where the row's original bytes are.
    #[serde(skip)]
    pub span: (u64, u64),
}

impl Rejection {
    /// `invalid`, for the row at `origin`.
    pub fn new(origin: &Origin, id: Option<&str>, invalid: Invalid) -> Rejection {
        Rejection {
            line: origin.line,
            id: id.filter(|id| !id.is_empty()).map(|id| id.chars().take(ID_BYTES_MAX).collect()),
            field: invalid.field.into(),
            code: invalid.code.into(),
            reason: invalid.reason,
            span: origin.span,
        }
    }
}

impl Rejection {
    /// The same without the value that came: see [`Invalid::withheld`].
    #[must_use]
    pub fn withheld(self) -> Rejection {
        Rejection { reason: withheld_reason(&self.field, self.reason), ..self }
    }
}

/// The rows of a batch, one by one.
#[derive(Debug)]
pub enum Rows {
    /// One JSON object a line.
    Ndjson(Box<ndjson::NdjsonRows>),
    /// A table with a header line.
    Csv(Box<csv::CsvRows>),
}

impl Rows {
    /// Starts reading `input`, whose columns are named as fields are.
    ///
    /// # Errors
    /// When the file cannot be read, or its header line makes no sense.
    pub fn open(input: &Input) -> Result<Rows> {
        Rows::open_mapped(input, &ColumnMap::default())
    }

    /// Starts reading `input`, where `columns` says what some of its columns are.
    ///
    /// # Errors
    /// As [`Rows::open`].
    pub fn open_mapped(input: &Input, columns: &ColumnMap) -> Result<Rows> {
        Ok(match input.format() {
            Format::Ndjson => Rows::Ndjson(Box::new(ndjson::NdjsonRows::open(input, columns)?)),
            Format::Csv { delimiter } => Rows::Csv(Box::new(csv::CsvRows::open(input, delimiter, columns)?)),
        })
    }

    /// What a file says of itself before its columns are looked at; empty where it has no header.
    ///
    /// # Errors
    /// When the file cannot be read, or a header has a field of the wrong type.
    pub fn header_of(input: &Input) -> Result<Header> {
        match input.format() {
            Format::Ndjson => Rows::open(input).map(|rows| rows.header()),
            Format::Csv { .. } => Ok(Header::default()),
        }
    }

    /// What the batch says of itself; empty where it has no header.
    pub fn header(&self) -> Header {
        match self {
            Rows::Ndjson(rows) => rows.header().clone(),
            Rows::Csv(_) => Header::default(),
        }
    }

    /// Columns or keys met so far that no field is made of, each once.
    pub fn unknown_columns(&self) -> &[String] {
        match self {
            Rows::Ndjson(rows) => rows.unknown_columns(),
            Rows::Csv(rows) => rows.unknown_columns(),
        }
    }

    /// How many times the header line of a table stood among its rows so far; these lines are left out.
    pub fn repeated_headers(&self) -> u64 {
        match self {
            Rows::Ndjson(_) => 0,
            Rows::Csv(rows) => rows.repeated_headers(),
        }
    }

    /// The fields the file speaks of, by its columns or by the keys of any of its rows; what comes next stays the same.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(crate) fn fields(&mut self) -> Result<FileFields> {
        match self {
            Rows::Ndjson(rows) => rows.fields(),
            Rows::Csv(rows) => Ok(rows.fields()),
        }
    }

    /// The next row or refusal; `None` at the end.
    ///
    /// # Errors
    /// Only when the file cannot be read any further; bad rows are refusals.
    pub fn next_row(&mut self) -> Result<Option<Result<Row, Rejection>>> {
        match self {
            Rows::Ndjson(rows) => rows.next_row(),
            Rows::Csv(rows) => rows.next_row(),
        }
    }
}
