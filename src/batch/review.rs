//! What in a batch is right as it stands, and yet worth a second look.
//!
//! Invariant: it names no number of a non-published listing.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Result;

/// Rows of a batch that are compared with each other at most.
pub const REVIEW_ROWS_MAX: usize = 50_000;
/// New names of a batch that are compared at most with names that stand and are one character shorter.
pub const NEIGHBOURS_NAMES_MAX: usize = 1_000;
/// Cases of one kind that are named at most; all are counted.
pub const REVIEW_CASES_MAX: usize = 100;
/// Cases of one kind shown in the report for people.
const CASES_SHOWN_MAX: usize = 3;

/// Cases of one kind: how many, and the first of them.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Cases<T> {
    /// How many there are.
    pub count: u64,
    /// The first [`REVIEW_CASES_MAX`].
    pub cases: Vec<T>,
}

impl<T> Default for Cases<T> {
    fn default() -> Cases<T> {
        Cases { count: 0, cases: Vec::new() }
    }
}

impl<T> Cases<T> {
    /// Counts a case, and keeps it where there is room.
    pub fn push(&mut self, case: T) {
        self.count += 1;
        if self.cases.len() < REVIEW_CASES_MAX {
            self.cases.push(case);
        }
    }
}

/// A name that may be said in several ways.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AmbiguousName {
    /// The listing.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its syllables, `/` between the ways to say one.
    pub reading: String,
}

/// Listings with one number, some of them of the batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SharedNumber {
    /// The number.
    pub number: String,
    /// The listings.
    pub ids: Vec<String>,
}

/// Two listings of one locality whose names are the same, or one character apart where both are of the batch or the one that
/// stands is the shorter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LookAlike {
    /// The listings.
    pub ids: [String; 2],
    /// Their names.
    pub names: [String; 2],
}

/// A listing that names another one that is not there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MissingListing {
    /// The listing.
    pub id: String,
    /// What it is named as: `parent` or `referral`.
    pub field: Cow<'static, str>,
    /// The id no listing has.
    pub missing: String,
}

/// Listings that stand under each other, from each to its parent; or so many above one that nobody can tell.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CaptionRing {
    /// The listings.
    pub ids: Vec<String>,
}

/// A number that another listing gave up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct EarlyNumber {
    /// The listing that has it now.
    pub id: String,
    /// The number; absent where one of the two is non-published, or was since it gave the number up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// The listing that gave it up.
    pub from: String,
    /// The day on which it did.
    pub given_up: String,
}

/// Keys after which an operator should have a listing among the first [`REACH_TOP`] hits.
pub const REACH_KEYS: usize = 8;
/// Hits an operator sees without looking down.
pub const REACH_TOP: usize = 5;
/// New names of one batch that are looked up at most.
pub const REACH_LISTINGS_MAX: usize = 500;

/// A listing that no code of [`REACH_KEYS`] keys that was tried brings among the first [`REACH_TOP`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HardToReach {
    /// The listing.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The beginning of its initials.
    pub code: String,
}

/// How operators reach the new names of a batch.
#[derive(Debug, Clone, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Reach {
    /// Listings with a new name.
    pub named: u64,
    /// Those that were looked up.
    pub looked_at: u64,
    /// Those that are hard to reach.
    pub hard: Cases<HardToReach>,
}

/// What in a batch is worth a second look.
#[derive(Debug, Clone, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct Review {
    /// Fields by how many changes touched them.
    #[schema(value_type = BTreeMap<String, u64>)]
    pub changed_fields: BTreeMap<Cow<'static, str>, u64>,
    /// New or changed names that may be said in several ways.
    pub ambiguous_names: Cases<AmbiguousName>,
    /// Numbers that listings of the batch share, with each other or with listings that stand.
    pub shared_numbers: Cases<SharedNumber>,
    /// Names of the batch that are easily taken for each other, or are those of listings that stand.
    pub look_alikes: Cases<LookAlike>,
    /// Numbers that another listing gave up within the quarantine.
    pub early_numbers: Cases<EarlyNumber>,
    /// Numbers that another listing gave up longer ago: the one that did so last.
    pub reassigned_numbers: Cases<EarlyNumber>,
    /// Listings whose numbers were withheld and are not any more.
    pub published: Cases<String>,
    /// Parents and referrals that no listing is, once the batch is in.
    pub missing_listings: Cases<MissingListing>,
    /// Listings that an undo or a full file leaves under each other; rows of other batches that would do that are rejected.
    pub caption_rings: Cases<CaptionRing>,
    /// How operators reach its new names; told where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reach: Option<Reach>,
    /// New names beyond the first [`NEIGHBOURS_NAMES_MAX`]: they were not compared with shorter names that stand.
    #[serde(skip_serializing_if = "is_zero")]
    pub names_beyond: u64,
    /// The batch has more rows than are compared: the first [`REVIEW_ROWS_MAX`] were, with each other and with what stands.
    pub cut_short: bool,
}

impl Review {
    /// Whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        let counts = [
            self.ambiguous_names.count,
            self.shared_numbers.count,
            self.look_alikes.count,
            self.early_numbers.count,
            self.reassigned_numbers.count,
            self.published.count,
            self.missing_listings.count,
            self.caption_rings.count,
            self.changed_fields.len() as u64,
        ];
        counts.iter().all(|count| *count == 0) && self.reach.is_none() && !self.cut_short && self.names_beyond == 0
    }
}

impl Review {
    /// Forgets the numbers of listings that `is_withheld` tells of, which may not be told any more.
    pub(super) fn withhold(&mut self, is_withheld: &mut dyn FnMut(&str) -> Result<bool>) -> Result<()> {
        for case in &mut self.shared_numbers.cases {
            let mut ids = Vec::new();
            for id in case.ids.drain(..) {
                if !is_withheld(&id)? {
                    ids.push(id);
                }
            }
            case.ids = ids;
        }
        self.shared_numbers.cases.retain(|case| case.ids.len() > 1);
        for case in self.early_numbers.cases.iter_mut().chain(&mut self.reassigned_numbers.cases) {
            if is_withheld(&case.id)? || is_withheld(&case.from)? {
                case.number = None;
            }
        }
        Ok(())
    }
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

fn write_cases<T>(
    f: &mut fmt::Formatter<'_>,
    title: &str,
    cases: &Cases<T>,
    line: impl Fn(&T) -> String,
) -> fmt::Result {
    if cases.count == 0 {
        return Ok(());
    }
    let shown: Vec<String> = cases.cases.iter().take(CASES_SHOWN_MAX).map(line).collect();
    let more = if cases.count > CASES_SHOWN_MAX as u64 { "; … (--json names more)" } else { "" };
    writeln!(f, "  {title}: {}: {}{more}", cases.count, shown.join("; "))
}

impl fmt::Display for Review {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields: Vec<_> = self.changed_fields.iter().collect();
        fields.sort_by_key(|(field, count)| (std::cmp::Reverse(**count), *field));
        if !fields.is_empty() {
            let fields: Vec<String> = fields.iter().map(|(field, count)| format!("{field} {count}")).collect();
            writeln!(f, "  changed most: {}", fields.join(", "))?;
        }
        write_cases(f, "names said in several ways", &self.ambiguous_names, |case| {
            format!("{} ({}): {}", case.name, case.id, case.reading)
        })?;
        write_cases(f, "numbers shared by listings", &self.shared_numbers, |case| {
            format!("{}: {}", case.number, case.ids.join(", "))
        })?;
        write_cases(f, "names that look alike in one locality", &self.look_alikes, |case| {
            format!("{} ({}) and {} ({})", case.names[0], case.ids[0], case.names[1], case.ids[1])
        })?;
        let given_up = |case: &EarlyNumber| {
            let number = case.number.as_deref().unwrap_or("a withheld number");
            format!("{}: {number}, given up by {} on {}", case.id, case.from, case.given_up)
        };
        write_cases(f, "numbers another listing gave up a short while ago", &self.early_numbers, given_up)?;
        write_cases(f, "numbers another listing gave up longer ago", &self.reassigned_numbers, given_up)?;
        write_cases(f, "listings published that were withheld", &self.published, String::clone)?;
        write_cases(f, "listings named that are not there", &self.missing_listings, |case| {
            format!("{}: {} {}", case.id, case.field, case.missing)
        })?;
        write_cases(f, "listings that stand under each other", &self.caption_rings, |case| case.ids.join(" → "))?;
        if let Some(Reach { looked_at, named, hard }) = &self.reach {
            let title = format!("new names that {REACH_KEYS} keys do not bring among the first {REACH_TOP}");
            write_cases(f, &title, hard, |case| format!("{} ({}): {}", case.name, case.id, case.code))?;
            writeln!(f, "  {looked_at} of {named} new names were looked up, {} are hard to reach", hard.count)?;
        }
        if self.names_beyond > 0 {
            let beyond = self.names_beyond;
            writeln!(
                f,
                "  {beyond} more new names were not compared with names that stand and are one character shorter"
            )?;
        }
        if self.cut_short {
            writeln!(f, "  the first {REVIEW_ROWS_MAX} rows were compared with each other and with what stands")?;
        }
        Ok(())
    }
}
