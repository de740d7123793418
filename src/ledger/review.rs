//! Looks at what a batch does while it is applied: see [`Review`].

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;
use jiff::civil::Date;
use rusqlite::{Connection, params};

use super::alike::{Alike, one_apart, parts};
use super::captions;
use super::standing::{self, NewKeys, in_service};
use super::taken::Taken;
use crate::Result;
use crate::batch::{
    AmbiguousName, CaptionRing, LookAlike, MissingListing, NEIGHBOURS_NAMES_MAX, REVIEW_CASES_MAX, REVIEW_ROWS_MAX,
    Review, SharedNumber,
};
use crate::listing::{Listing, ListingId, Status};
use crate::text::{Folded, Lexicon, reading_of};

/// Names that stand and are the same as one of the batch, told of at most.
const SAME_MAX: usize = 100_000;

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
    seen: Vec<Seen>,
    /// Numbers listings have that had them not before the batch.
    taken: Vec<Taken>,
    /// Numbers that listings had before and that nobody could see.
    shown: Vec<String>,
    /// Whom listings name anew.
    links: BTreeSet<MissingListing>,
    deleted: Vec<String>,
    /// Numbers and names for later batches to be compared with.
    keys: NewKeys,
    /// Whether anything stood before the batch.
    standing: bool,
    /// A mistake is taken back.
    taking_back: bool,
    /// Listings that stood in view when an earlier row of the batch was looked at, and do not now.
    withheld: BTreeSet<String>,
    /// Listings that anybody may see the numbers of from now on, and could not before.
    published: BTreeSet<String>,
    /// Who has a number.
    numbers: BTreeMap<String, BTreeSet<String>>,
    alike: Alike,
}

/// A new name.
struct Seen {
    id: String,
    /// That of the name in its locality.
    key: i64,
    name: String,
    locality: String,
}

impl Reviewer {
    pub(super) fn new(
        connection: &Connection,
        lexicon: Lexicon,
        today: Date,
        quarantine_days: u32,
    ) -> Result<Reviewer> {
        let since = today.checked_sub(i64::from(quarantine_days).days()).unwrap_or(Date::MIN);
        let given_up = connection.query_row("SELECT EXISTS (SELECT 1 FROM given_up)", [], |row| row.get(0))?;
        Ok(Reviewer {
            review: Review::default(),
            lexicon,
            quarantined_since: since.to_string(),
            today: today.to_string(),
            given_up,
            compared: 0,
            seen: Vec::new(),
            taken: Vec::new(),
            shown: Vec::new(),
            links: BTreeSet::new(),
            deleted: Vec::new(),
            keys: NewKeys::default(),
            standing: !standing::is_empty(connection)?,
            taking_back: false,
            withheld: BTreeSet::new(),
            published: BTreeSet::new(),
            numbers: BTreeMap::new(),
            alike: Alike::default(),
        })
    }

    /// What follows takes back a mistake: no number was given up by it.
    pub(super) fn takes_back(&mut self) {
        self.taking_back = true;
    }

    /// Numbers that were given up stand as they did before what was taken back.
    pub(super) fn has_taken_back(&mut self) {
        self.given_up = true;
    }

    /// Looks at one change of a listing, and remembers the numbers it gave up, its number and name, and its place in a
    /// caption set. `name_key` is that of its new name, where it is known.
    pub(super) fn look(
        &mut self,
        connection: &Connection,
        before: Option<&Listing>,
        after: Option<&Listing>,
        name_key: Option<i64>,
    ) -> Result<()> {
        if let (Some(before), Some(after)) = (before, after) {
            self.count_fields(before, after);
        }
        standing::move_caption(connection, before, after)?;
        let (had, has) = (in_service(before), in_service(after));
        if let Some(before) = before {
            let hidden = is_withheld(Some(before)) || is_withheld(after);
            for number in had.iter().filter(|number| !has.contains(number)) {
                self.give_up(connection, before, number, hidden)?;
            }
            if after.is_none() && self.compared < REVIEW_ROWS_MAX {
                self.compared += 1;
                self.deleted.push(before.id.to_string());
            } else if after.is_none() {
                self.review.cut_short = true;
            }
        }
        let Some(after) = after else {
            if let Some(before) = before {
                self.published.remove(before.id.as_str());
            }
            return Ok(());
        };
        if is_withheld(before) && !is_withheld(Some(after)) {
            self.publish(&after.id);
        }
        self.withhold(before, after, &had);
        let renamed = before.is_none_or(|before| (&before.name, &before.locality) != (&after.name, &after.locality));
        let renamed = renamed.then(|| name_key.unwrap_or_else(|| standing::name_key(&after.locality, &after.name)));
        let all = self.compared < REVIEW_ROWS_MAX;
        for number in has.iter().filter(|number| !had.contains(number)) {
            self.keys.put(standing::number_key(number), after.id.as_str())?;
            self.take_up(connection, after, number, all)?;
        }
        if let Some(key) = renamed {
            self.keys.put(key, after.id.as_str())?;
        }
        if !all {
            self.review.cut_short = true;
            return Ok(());
        }
        self.compared += 1;
        self.look_at_links(before, after);
        if !is_withheld(Some(after)) {
            if is_withheld(before) {
                self.shown.extend(had.into_iter().filter(|number| has.contains(number)));
            }
            has.into_iter().for_each(|number| {
                self.numbers.entry(number).or_default().insert(after.id.to_string());
            });
        }
        if let Some(key) = renamed {
            self.look_at_name(after, key);
        }
        Ok(())
    }

    /// Remembers that anybody may see the numbers of a listing that could not be seen when it stood last.
    pub(super) fn publish(&mut self, id: &ListingId) {
        if self.published.len() < REVIEW_ROWS_MAX {
            self.published.insert(id.to_string());
        } else if !self.published.contains(id.as_str()) {
            self.review.published.push(id.to_string());
        }
    }

    /// Forgets to tell what an earlier row of the batch said of a listing that nobody may see the numbers of now.
    fn withhold(&mut self, before: Option<&Listing>, after: &Listing, had: &[String]) {
        if !is_withheld(Some(after)) {
            self.withheld.remove(after.id.as_str());
            return;
        }
        self.published.remove(after.id.as_str());
        if before.is_some_and(|before| !is_withheld(Some(before))) {
            self.withheld.insert(after.id.to_string());
            for number in had {
                if let Some(ids) = self.numbers.get_mut(number) {
                    ids.remove(after.id.as_str());
                }
            }
        }
    }

    /// Remembers that the listing gave its number up today.
    fn give_up(&mut self, connection: &Connection, before: &Listing, number: &str, hidden: bool) -> Result<()> {
        if let Some(ids) = self.numbers.get_mut(number) {
            ids.remove(before.id.as_str());
        }
        if self.taking_back {
            return Ok(());
        }
        let mut put = connection.prepare_cached(
            "INSERT INTO given_up (number, listing, day, withheld) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (number, listing) DO UPDATE SET day = excluded.day, withheld = excluded.withheld",
        )?;
        put.execute(params![number, before.id.as_str(), self.today, hidden])?;
        self.given_up = true;
        Ok(())
    }

    /// Remembers that the listing has a number it had not; who gave it up is looked for once the batch is in, for it may
    /// be the next row that does.
    fn take_up(&mut self, connection: &Connection, after: &Listing, number: &str, later: bool) -> Result<()> {
        if self.given_up {
            let mut drop = connection.prepare_cached("DELETE FROM given_up WHERE number = ?1 AND listing = ?2")?;
            drop.execute([number, after.id.as_str()])?;
        }
        let phone = after.phones.iter().find(|phone| phone.dialled_whole(&after.area_code) == number);
        let shown = phone.map(|phone| phone.number.clone()).filter(|_| !is_withheld(Some(after)));
        let taken = Taken { number: number.to_owned(), id: after.id.to_string(), shown };
        if later {
            self.taken.push(taken);
        } else if self.given_up {
            taken.look_for_others(connection, &self.quarantined_since, &mut self.review)?;
        }
        Ok(())
    }

    /// Remembers whom it names, where that is new.
    fn look_at_links(&mut self, before: Option<&Listing>, after: &Listing) {
        let parent = |listing: &Listing| listing.parent.as_ref().map(ToString::to_string);
        let referred = |listing: &Listing| {
            let referral = listing.referral.as_ref().filter(|_| listing.status != Status::NonPublished);
            referral.and_then(|referral| referral.listing.as_ref()).map(ToString::to_string)
        };
        let links = [
            ("parent", parent(after), before.and_then(parent)),
            ("referral", referred(after), before.and_then(referred)),
        ];
        for (field, now, was) in links {
            if let Some(missing) = now.filter(|now| Some(now) != was.as_ref()) {
                self.links.insert(MissingListing { id: after.id.to_string(), field: field.into(), missing });
            }
        }
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
            *self.review.changed_fields.entry(field.into()).or_default() += 1;
        }
    }

    /// Says its name, and compares it with those before it.
    fn look_at_name(&mut self, listing: &Listing, key: i64) {
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
            let Some(Seen { id: other_id, name: other_name, .. }) =
                self.seen.get(other as usize).filter(|other| other.id != id)
            else {
                continue;
            };
            let other_chars: Vec<char> = Folded::new(other_name).units().iter().map(|unit| unit.c).collect();
            if one_apart(&other_chars, &folded) {
                let names = [other_name.clone(), name.clone()];
                self.review.look_alikes.push(LookAlike { ids: [other_id.clone(), id.clone()], names });
            }
        }
        self.seen.push(Seen { id, key, name, locality: listing.locality.clone() });
    }

    /// Looks for listings that stand and have the numbers and names that are new, in the order of keys: neighbours stand on
    /// one page.
    fn look_at_what_stands(&mut self, connection: &Connection) -> Result<()> {
        let taken = self.taken.iter().filter(|taken| taken.shown.is_some()).map(|taken| &taken.number);
        let numbers = taken.chain(&self.shown);
        let mut numbers: Vec<_> = numbers.map(|number| (standing::number_key(number), number)).collect();
        numbers.sort_unstable();
        numbers.dedup();
        for (key, number) in numbers {
            let Some(ids) = self.numbers.get_mut(number) else { continue };
            let has = |other: &Listing| !is_withheld(Some(other)) && in_service(Some(other)).contains(number);
            ids.extend(standing::listings_by(connection, key, &has)?.into_iter().map(|other| other.id.to_string()));
        }
        let named: BTreeSet<&str> = self.seen.iter().map(|seen| seen.id.as_str()).collect();
        let mut names: Vec<_> = self.seen.iter().enumerate().map(|(at, seen)| (seen.key, at)).collect();
        names.sort_unstable();
        let mut met = Vec::new();
        let mut last: Option<(i64, Vec<Listing>)> = None;
        for (key, at) in names {
            let Some(Seen { name, locality, .. }) = self.seen.get(at) else { continue };
            let folded = Folded::new(name);
            let is_same =
                |other: &Listing| other.locality == *locality && Folded::new(&other.name).text() == folded.text();
            // Branches of one name come one behind the other.
            let others = match last.take().filter(|(known, _)| *known == key) {
                Some((_, others)) => others,
                None => standing::listings_by(connection, key, &is_same)?,
            };
            for other in others.iter().filter(|other| is_same(other)) {
                if !named.contains(other.id.as_str()) {
                    met.push((at, other.id.to_string(), other.name.clone()));
                }
            }
            last = Some((key, others));
            if met.len() >= SAME_MAX {
                self.review.cut_short = true;
                break;
            }
        }
        self.review.cut_short |= self.look_for_shorter(connection, &named, &mut met)?;
        // Told in the order of the batch.
        met.sort_unstable();
        for (at, other_id, other_name) in met {
            let Some(Seen { id, name, .. }) = self.seen.get(at) else { continue };
            let (ids, names) = ([other_id, id.clone()], [other_name, name.clone()]);
            self.review.look_alikes.push(LookAlike { ids, names });
        }
        Ok(())
    }

    /// Puts to `met` the listings that stand and whose names are new ones without one character. Keys are of whole names, so
    /// those that are longer, or have another character, are not found by them. Whether it left off before the last.
    fn look_for_shorter(
        &self,
        connection: &Connection,
        named: &BTreeSet<&str>,
        met: &mut Vec<(usize, String, String)>,
    ) -> Result<bool> {
        let mut shorter = Vec::new();
        for (at, Seen { name, locality, .. }) in self.seen.iter().enumerate().take(NEIGHBOURS_NAMES_MAX) {
            let chars: Vec<char> = Folded::new(name).units().iter().map(|unit| unit.c).collect();
            let without = |left_out: usize| -> String {
                chars.iter().enumerate().filter(|(at, _)| *at != left_out).map(|(_, c)| *c).collect()
            };
            let keys: BTreeSet<i64> =
                (0..chars.len()).map(|at| standing::folded_name_key(locality, &without(at))).collect();
            shorter.extend(keys.into_iter().map(|key| (key, at)));
        }
        shorter.sort_unstable();
        for (key, at) in shorter {
            let Some(Seen { id, name, locality, .. }) = self.seen.get(at) else { continue };
            let chars = |name: &str| -> Vec<char> { Folded::new(name).units().iter().map(|unit| unit.c).collect() };
            let mine = chars(name);
            let is_shorter = |other: &Listing| {
                let others = chars(&other.name);
                other.id.as_str() != id
                    && other.locality == *locality
                    && !named.contains(other.id.as_str())
                    && others.len() + 1 == mine.len()
                    && one_apart(&others, &mine)
            };
            let others = standing::listings_by(connection, key, &is_shorter)?;
            met.extend(others.into_iter().map(|other| (at, other.id.to_string(), other.name)));
            if met.len() >= SAME_MAX {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Looks for parents and referrals that are not there.
    fn look_for_missing(&mut self, connection: &Connection) -> Result<()> {
        for parent in std::mem::take(&mut self.deleted) {
            for id in standing::captions(connection, &parent, REVIEW_CASES_MAX)? {
                self.links.insert(MissingListing { id, field: "parent".into(), missing: parent.clone() });
            }
        }
        let mut rings = BTreeSet::new();
        for link in std::mem::take(&mut self.links) {
            let MissingListing { id, field, missing } = &link;
            let holds = match field.as_ref() {
                "parent" => standing::stands_under(connection, missing, id)?,
                _ => standing::refers_to(connection, id, missing)?,
            };
            if !holds {
                continue;
            }
            if field == "parent" {
                rings.extend(captions::ring_of(connection, id, missing)?);
            }
            if standing::stands(connection, id)? && !standing::stands(connection, missing)? {
                self.review.missing_listings.push(link);
            }
        }
        rings.into_iter().for_each(|ids| self.review.caption_rings.push(CaptionRing { ids }));
        Ok(())
    }

    /// What was found, once all of the batch is in.
    pub(super) fn finish(mut self, connection: &Connection) -> Result<Review> {
        if self.standing {
            self.look_at_what_stands(connection)?;
            self.review.names_beyond = self.seen.len().saturating_sub(NEIGHBOURS_NAMES_MAX) as u64;
        }
        self.look_for_missing(connection)?;
        for taken in std::mem::take(&mut self.taken).into_iter().filter(|_| self.given_up) {
            taken.look_for_others(connection, &self.quarantined_since, &mut self.review)?;
        }
        let Review { early_numbers, reassigned_numbers, .. } = &mut self.review;
        for case in early_numbers.cases.iter_mut().chain(&mut reassigned_numbers.cases) {
            case.number.take_if(|_| [&case.id, &case.from].iter().any(|id| self.withheld.contains(*id)));
        }
        std::mem::take(&mut self.published).into_iter().for_each(|id| self.review.published.push(id));
        self.keys.write(connection)?;
        for (number, ids) in self.numbers.into_iter().filter(|(_, ids)| ids.len() > 1) {
            self.review.shared_numbers.push(SharedNumber { number, ids: ids.into_iter().collect() });
        }
        Ok(self.review)
    }
}

fn is_withheld(listing: Option<&Listing>) -> bool {
    listing.is_some_and(|listing| listing.status == Status::NonPublished)
}
