//! Numbers that rest: another listing gave them up a short while ago, so callers may still ask for that one.
//!
//! Invariant: it names no listing that had a number, and marks only numbers that are shown anyway.

use jiff::ToSpan;
use jiff::civil::Date;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::ledger::{Ledger, today};
use crate::listing::{ListingId, Phone};

/// A number of a hit that another listing gave up within its quarantine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RestingNumber {
    /// The number, as the hit has it.
    pub number: String,
    /// The day on which the other listing gave it up.
    pub given_up: String,
}

/// The numbers that rest, as the ledger tells when a generation becomes live. Some 100 bytes a number.
#[derive(Debug, Default)]
pub(super) struct Quarantine {
    /// Digits as they are dialled from afar, and who gave them up on which day.
    numbers: FxHashMap<String, Vec<(String, Date)>>,
    /// Days for which numbers rest.
    days: u32,
}

impl Quarantine {
    /// What rests today by `ledger`, for so many days.
    pub(super) fn load(ledger: &Ledger, days: u32) -> Result<Quarantine> {
        let mut quarantine = Quarantine { days, ..Quarantine::default() };
        for (number, listing, day) in ledger.given_up_after(last_day_out(days))? {
            quarantine.numbers.entry(number).or_default().push((listing, day));
        }
        Ok(quarantine)
    }

    /// Those of `phones`, of an area, that a listing other than `id` gave up and that rest still.
    pub(super) fn resting(&self, id: &ListingId, area_code: &str, phones: &[Phone]) -> Vec<RestingNumber> {
        if self.numbers.is_empty() {
            return Vec::new();
        }
        let resting = |phone: &Phone| {
            let given_up = self.numbers.get(&phone.dialled_whole(area_code))?;
            let by_others = given_up.iter().filter(|(listing, _)| listing != id.as_str());
            let day = by_others.map(|(_, day)| *day).max().filter(|day| *day > last_day_out(self.days))?;
            Some(RestingNumber { number: phone.number.clone(), given_up: day.to_string() })
        };
        phones.iter().filter_map(resting).collect()
    }
}

/// The last day whose given-up numbers rest no more.
fn last_day_out(days: u32) -> Date {
    today().checked_sub(i64::from(days).days()).unwrap_or(Date::MIN)
}
