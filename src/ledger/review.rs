//! Looks at what a batch does while it is applied: see [`Review`].

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::Hasher;

use jiff::ToSpan;
use jiff::civil::Date;
use rusqlite::{Connection, params};
use rustc_hash::{FxHashMap, FxHasher};

use super::place::today;
use crate::Result;
use crate::batch::{AmbiguousName, EarlyNumber, LookAlike, REVIEW_ROWS_MAX, Review, SharedNumber};
use crate::listing::{Listing, Status};
use crate::text::{Folded, Lexicon, reading_of};

/// Names of one batch that share a part that is compared at most: 分店 by the hundred are no news.
const ALIKE_MAX: usize = 20;

/// Collects what is worth a second look.
pub(super) struct Reviewer {
    review: Review,
    lexicon: Lexicon,
    /// The last day whose given-up numbers are out of quarantine.
    quarantined_since: String,
    today: String,
    /// Whether any number was ever given up: where none was, none is looked for.
    given_up: bool,
    /// Listings compared with each other so far.
    compared: usize,
    /// Names that are compared, by the number they have in what follows.
    seen: Vec<(String, String)>,
    /// Who has a number.
    numbers: BTreeMap<String, BTreeSet<String>>,
    alike: Alike,
}

/// Names by the hash of their locality and what is left of them without one character, or all of them.
#[derive(Default)]
struct Alike {
    /// The place in `names` of the last one that has a hash.
    last: FxHashMap<u64, u32>,
    /// Names, each with the place of the one before it that has the same hash.
    names: Vec<(u32, Option<u32>)>,
}

impl Alike {
    /// Puts `name` under `hash`, and to `met` what stands there already; neither where that is a crowd.
    fn meet(&mut self, hash: u64, name: u32, met: &mut BTreeSet<u32>) {
        let slot = self.last.entry(hash);
        let last = match &slot {
            Entry::Occupied(last) => Some(*last.get()),
            Entry::Vacant(_) => None,
        };
        let entry = |at: u32| self.names.get(at as usize);
        let before = std::iter::successors(last.and_then(entry), |(_, before)| before.and_then(entry));
        let before: Vec<u32> = before.map(|(name, _)| *name).take(ALIKE_MAX).collect();
        if before.len() < ALIKE_MAX {
            met.extend(before);
            slot.insert_entry(self.names.len() as u32);
            self.names.push((name, last));
        }
    }
}

impl Reviewer {
    pub(super) fn new(connection: &Connection, lexicon: Lexicon, quarantine_days: u32) -> Result<Reviewer> {
        let since = today().checked_sub(i64::from(quarantine_days).days()).unwrap_or(Date::MIN);
        let given_up = connection.query_row("SELECT EXISTS (SELECT 1 FROM given_up)", [], |row| row.get(0))?;
        Ok(Reviewer {
            review: Review::default(),
            lexicon,
            quarantined_since: since.to_string(),
            today: today().to_string(),
            given_up,
            compared: 0,
            seen: Vec::new(),
            numbers: BTreeMap::new(),
            alike: Alike::default(),
        })
    }

    /// Looks at one change of a listing, and remembers the numbers it gave up.
    pub(super) fn look(
        &mut self,
        connection: &Connection,
        before: Option<&Listing>,
        after: Option<&Listing>,
    ) -> Result<()> {
        if let (Some(before), Some(after)) = (before, after) {
            self.count_fields(before, after);
        }
        let numbers = |listing: Option<&Listing>| -> BTreeSet<String> {
            listing.into_iter().flat_map(|listing| &listing.phones).map(|phone| phone.digits()).collect()
        };
        let (had, has) = (numbers(before), numbers(after));
        let withheld = |listing: Option<&Listing>| listing.is_some_and(|now| now.status == Status::NonPublished);
        for number in had.difference(&has) {
            let Some(before) = before else { continue };
            let hidden = withheld(Some(before)) || withheld(after);
            let mut put = connection.prepare_cached(
                "INSERT INTO given_up (number, listing, day, withheld) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (number, listing) DO UPDATE SET day = excluded.day, withheld = excluded.withheld",
            )?;
            put.execute(params![number, before.id.as_str(), self.today, hidden])?;
            self.given_up = true;
        }
        let Some(after) = after else { return Ok(()) };
        for number in has.difference(&had).filter(|_| self.given_up) {
            look_for_quarantine(connection, &self.quarantined_since, after, number, &mut self.review)?;
        }
        let renamed = before.is_none_or(|before| (&before.name, &before.locality) != (&after.name, &after.locality));
        if self.compared >= REVIEW_ROWS_MAX {
            self.review.cut_short = true;
            return Ok(());
        }
        self.compared += 1;
        if !withheld(Some(after)) {
            has.into_iter().for_each(|number| {
                self.numbers.entry(number).or_default().insert(after.id.to_string());
            });
        }
        if renamed {
            self.look_at_name(after);
        }
        Ok(())
    }

    fn count_fields(&mut self, before: &Listing, after: &Listing) {
        let fields = [
            ("name", before.name != after.name),
            ("aliases", before.aliases != after.aliases),
            ("category", before.category != after.category),
            ("area_code", before.area_code != after.area_code),
            ("locality", before.locality != after.locality),
            ("address", before.address != after.address),
            ("phones", before.phones != after.phones),
            ("status", before.status != after.status),
            ("referral", before.referral != after.referral),
            ("parent", before.parent != after.parent),
            ("popularity", before.popularity != after.popularity),
            ("note", before.note != after.note),
        ];
        for (field, _) in fields.into_iter().filter(|(_, differs)| *differs) {
            *self.review.changed_fields.entry(field).or_default() += 1;
        }
    }

    /// Says its name, and compares it with those before it.
    fn look_at_name(&mut self, listing: &Listing) {
        let (reading, ambiguous) = reading_of(&self.lexicon, &listing.name);
        if ambiguous {
            let (id, name) = (listing.id.to_string(), listing.name.clone());
            self.review.ambiguous_names.push(AmbiguousName { id, name, reading });
        }
        let number = self.seen.len() as u32;
        let folded: Vec<char> = Folded::new(&listing.name).units().iter().map(|unit| unit.c).collect();
        let mut met: BTreeSet<u32> = BTreeSet::new();
        for hash in parts(&listing.locality, &folded) {
            self.alike.meet(hash, number, &mut met);
        }
        let (id, name) = (listing.id.to_string(), listing.name.clone());
        for other in met {
            let Some((other_id, other_name)) = self.seen.get(other as usize).filter(|(other, _)| *other != id) else {
                continue;
            };
            let other_chars: Vec<char> = Folded::new(other_name).units().iter().map(|unit| unit.c).collect();
            if one_apart(&other_chars, &folded) {
                let names = [other_name.clone(), name.clone()];
                self.review.look_alikes.push(LookAlike { ids: [other_id.clone(), id.clone()], names });
            }
        }
        self.seen.push((id, name));
    }

    /// What was found.
    pub(super) fn finish(mut self) -> Review {
        for (number, ids) in self.numbers.into_iter().filter(|(_, ids)| ids.len() > 1) {
            self.review.shared_numbers.push(SharedNumber { number, ids: ids.into_iter().collect() });
        }
        self.review
    }
}

/// Tells where another listing gave up `number` after the day `since`.
fn look_for_quarantine(
    connection: &Connection,
    since: &str,
    after: &Listing,
    number: &str,
    review: &mut Review,
) -> Result<()> {
    let mut find =
        connection.prepare_cached("SELECT listing, day, withheld FROM given_up WHERE number = ?1 ORDER BY listing")?;
    let mut rows = find.query([number])?;
    while let Some(row) = rows.next()? {
        let (from, given_up): (String, String) = (row.get(0)?, row.get(1)?);
        if from == after.id.as_str() || given_up.as_str() <= since {
            continue;
        }
        let hidden = row.get::<_, bool>(2)? || after.status == Status::NonPublished;
        let shown = after.phones.iter().find(|phone| phone.digits() == number).map(|phone| phone.number.clone());
        let (id, number) = (after.id.to_string(), shown.filter(|_| !hidden));
        review.early_numbers.push(EarlyNumber { id, number, from, given_up });
    }
    Ok(())
}

/// Hashes of a name in its locality: of all of it, and of what is left without each of its characters. Names one
/// character apart have one in common.
fn parts(locality: &str, name: &[char]) -> BTreeSet<u64> {
    let hash = |without: Option<usize>| {
        let mut hasher = FxHasher::default();
        hasher.write(locality.as_bytes());
        for (_, c) in name.iter().enumerate().filter(|(at, _)| Some(*at) != without) {
            hasher.write_u32(u32::from(*c));
        }
        hasher.finish()
    };
    (0..name.len()).map(Some).chain([None]).map(hash).collect()
}

/// Whether two names are the same but for one character put in, left out or changed.
fn one_apart(a: &[char], b: &[char]) -> bool {
    let head = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let tail = a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count();
    let (short, long) = (a.len().min(b.len()), a.len().max(b.len()));
    long - short <= 1 && head + tail + 1 >= long
}
