//! The kinds of key, and building a key index of each.

use std::borrow::Cow;
use std::path::Path;

use rayon::slice::ParallelSliceMut;

use super::Rank;
use super::files::{FileSums, write_file};
use super::mapped::bytes_of;
use super::packed::write_ascending;
use super::range_min::RangeMin;
use super::ranks::write_ranks;
use crate::text::{SchemeNumber, Schemes};
use crate::{Error, Result};

/// Bytes of a key of [`CodeKeys::Infix`] at most: longer queries are checked against the name itself.
pub const CODE_INFIX_BYTES_MAX: usize = 18;
/// Bytes of a key of [`CodeKeys::InitialsInfix`] at most: longer queries are checked against the name itself.
pub const INITIALS_INFIX_BYTES_MAX: usize = 8;
/// Bytes of any key at most; longer names are found by their first bytes and by their parts.
const KEY_BYTES_MAX: usize = 1_024;
/// Ends every text in the arena; folded text never holds it.
const END: u8 = 0;

/// What a key index is keyed by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// Folded names and aliases, whole and without the region in front.
    Name,
    /// The same, by their codes in a reading scheme.
    Codes(SchemeNumber, CodeKeys),
    /// Digits of the numbers, with and without area code.
    Number,
    /// The listing's id.
    Id,
    /// The id of the listing it stands under.
    Parent,
}

/// Which codes of a name a key index of a reading scheme holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeKeys {
    /// All codes joined up, from the beginning of the name and from behind the region in front.
    Whole,
    /// The same of their initials.
    Initials,
    /// All codes from every later character of a name on, cut at [`CODE_INFIX_BYTES_MAX`].
    Infix,
    /// Initials from every later character on, cut at [`INITIALS_INFIX_BYTES_MAX`].
    InitialsInfix,
}

/// File names of one key index.
pub(super) struct KeyFiles {
    pub(super) fst: String,
    pub(super) starts: String,
    pub(super) ranks: String,
    pub(super) mins: String,
}

impl KeyFiles {
    /// Those of the key index called `name`.
    pub(super) fn of(name: &str) -> KeyFiles {
        let file = |extension: &str| format!("{name}.{extension}");
        KeyFiles { fst: file("fst"), starts: file("starts"), ranks: file("ranks"), mins: file("mins") }
    }
}

/// Kinds of key that are no codes.
const PLAIN: [KeyKind; 4] = [KeyKind::Name, KeyKind::Number, KeyKind::Id, KeyKind::Parent];
/// Key indexes of one scheme.
const OF_CODES: [CodeKeys; 4] = [CodeKeys::Whole, CodeKeys::Initials, CodeKeys::Infix, CodeKeys::InitialsInfix];

impl KeyKind {
    /// Every kind there is of `schemes` schemes, in the order of their slots.
    pub(super) fn all(schemes: usize) -> impl Iterator<Item = KeyKind> {
        let of = |number| OF_CODES.map(|keys| KeyKind::Codes(number, keys));
        PLAIN.into_iter().chain(SchemeNumber::first(schemes).flat_map(of))
    }

    /// Its place among all kinds.
    #[inline]
    pub(super) fn slot(self) -> usize {
        match self {
            KeyKind::Name => 0,
            KeyKind::Number => 1,
            KeyKind::Id => 2,
            KeyKind::Parent => 3,
            KeyKind::Codes(number, keys) => PLAIN.len() + number.index() * OF_CODES.len() + keys as usize,
        }
    }

    /// The word its files are named by, in a part spelled by pinyin and `further`.
    pub(super) fn name(self, further: &Schemes) -> Cow<'static, str> {
        let (number, keys) = match self {
            KeyKind::Name => return Cow::Borrowed("name"),
            KeyKind::Number => return Cow::Borrowed("number"),
            KeyKind::Id => return Cow::Borrowed("id"),
            KeyKind::Parent => return Cow::Borrowed("parent"),
            KeyKind::Codes(number, keys) => (number, keys),
        };
        match (further.get(number), keys) {
            (None, CodeKeys::Whole) => Cow::Borrowed("pinyin"),
            (None, CodeKeys::Initials) => Cow::Borrowed("initials"),
            (None, CodeKeys::Infix) => Cow::Borrowed("pinyin-infix"),
            (None, CodeKeys::InitialsInfix) => Cow::Borrowed("initials-infix"),
            (Some(scheme), CodeKeys::Whole) => Cow::Owned(format!("scheme-{}", scheme.name())),
            (Some(scheme), CodeKeys::Initials) => Cow::Owned(format!("scheme-{}-initials", scheme.name())),
            (Some(scheme), CodeKeys::Infix) => Cow::Owned(format!("scheme-{}-infix", scheme.name())),
            (Some(scheme), CodeKeys::InitialsInfix) => Cow::Owned(format!("scheme-{}-initials-infix", scheme.name())),
        }
    }

    fn key_bytes_max(self) -> usize {
        match self {
            KeyKind::Codes(_, CodeKeys::Infix) => CODE_INFIX_BYTES_MAX,
            KeyKind::Codes(_, CodeKeys::InitialsInfix) => INITIALS_INFIX_BYTES_MAX,
            _ => KEY_BYTES_MAX,
        }
    }
}

/// One key of one listing: 16 bytes, the text itself stays in the arena and is shared by all keys cut from it.
#[derive(Debug, Clone, Copy)]
struct Entry {
    /// The key's first eight bytes, big-endian: most comparisons end here.
    head: u64,
    /// Where the key starts in the arena.
    at: u32,
    rank: Rank,
}

/// Collects the keys of one kind, then sorts and writes them.
#[derive(Debug)]
pub(super) struct KeyBuilder {
    /// The word its files are named by.
    name: Cow<'static, str>,
    key_bytes_max: usize,
    /// The texts keys are cut from, each with [`END`] behind it.
    arena: Vec<u8>,
    /// For each text its rank, its length and where in it keys start, packed: they wait for most of a build.
    cuts: Vec<u8>,
    /// How many keys there are.
    keys: usize,
}

impl KeyBuilder {
    /// For the keys of `kind` of a part spelled by pinyin and `further`.
    pub(super) fn new(kind: KeyKind, further: &Schemes) -> KeyBuilder {
        KeyBuilder {
            name: kind.name(further),
            key_bytes_max: kind.key_bytes_max(),
            arena: Vec::new(),
            cuts: Vec::new(),
            keys: 0,
        }
    }

    /// Adds a key of `rank` from each of `starts` (byte offsets) to the end of `text`.
    pub(super) fn add(&mut self, text: &str, starts: impl IntoIterator<Item = usize>, rank: Rank) -> Result<()> {
        let starts: Vec<u32> =
            starts.into_iter().filter(|&start| start < text.len()).map(|start| start as u32).collect();
        if starts.is_empty() {
            return Ok(());
        }
        if self.arena.len() + text.len() >= u32::MAX as usize || self.keys + starts.len() >= u32::MAX as usize {
            return Err(Error::internal(format!("too many {} keys for one part", self.name)));
        }
        self.arena.extend_from_slice(text.as_bytes());
        self.arena.push(END);
        self.keys += starts.len();
        let cuts = std::mem::take(&mut self.cuts);
        self.cuts =
            postcard::to_extend(&(rank, text.len() as u32, starts), cuts).map_err(|error| self.failed(&error))?;
        Ok(())
    }

    /// Every key, in the order they were added.
    fn entries(&mut self) -> Result<Vec<Entry>> {
        let cuts = std::mem::take(&mut self.cuts);
        let mut entries = Vec::with_capacity(self.keys);
        let (mut rest, mut base) = (cuts.as_slice(), 0);
        while !rest.is_empty() {
            let ((rank, bytes, starts), behind): ((Rank, u32, Vec<u32>), _) =
                postcard::take_from_bytes(rest).map_err(|error| self.failed(&error))?;
            entries.extend(starts.into_iter().map(|start| {
                let at = base + start as usize;
                Entry { head: head_of(key_at(&self.arena, at, self.key_bytes_max)), at: at as u32, rank }
            }));
            // The end stands behind it.
            base += bytes as usize + 1;
            rest = behind;
        }
        Ok(entries)
    }

    /// Sorts the keys by (key, rank) and writes the four files into the part at `path`.
    pub(super) fn write(mut self, path: &Path) -> Result<FileSums> {
        let mut entries = self.entries()?;
        let (arena, max) = (&self.arena, self.key_bytes_max);
        let key = |entry: &Entry| key_at(arena, entry.at as usize, max);
        entries.par_sort_unstable_by(|a, b| {
            a.head.cmp(&b.head).then_with(|| key(a).cmp(key(b))).then(a.rank.cmp(&b.rank))
        });
        let mut builder = fst::raw::Builder::memory();
        let mut starts: Vec<u64> = Vec::new();
        let mut ranks: Vec<Rank> = Vec::with_capacity(entries.len());
        let mut last_key: &[u8] = &[];
        for entry in &entries {
            let this = key(entry);
            if this != last_key {
                let ordinal = starts.len() as u64;
                builder.insert(this, ordinal).map_err(|error| self.failed(&error))?;
                starts.push(ranks.len() as u64);
                last_key = this;
            } else if ranks.last() == Some(&entry.rank) {
                continue;
            }
            ranks.push(entry.rank);
        }
        starts.push(ranks.len() as u64);
        let fst = builder.into_inner().map_err(|error| self.failed(&error))?;
        drop(entries);
        let mins = RangeMin::over(ranks.len()).build(&ranks);
        let files = KeyFiles::of(&self.name);
        Ok(vec![
            write_file(path, &files.fst, &fst)?,
            write_ascending(path, &files.starts, &starts)?,
            write_ranks(path, &files.ranks, &ranks)?,
            write_file(path, &files.mins, bytes_of(&mins))?,
        ])
    }

    fn failed(&self, error: &dyn std::fmt::Display) -> Error {
        Error::internal(format!("the {} keys could not be built: {error}", self.name))
    }
}

/// The key that starts at `at`: up to the end of its text, or `max` bytes.
#[inline]
fn key_at(arena: &[u8], at: usize, max: usize) -> &[u8] {
    let rest = arena.get(at..).unwrap_or_default();
    let limited = rest.get(..max).unwrap_or(rest);
    let end = limited.iter().position(|&byte| byte == END).unwrap_or(limited.len());
    limited.get(..end).unwrap_or_default()
}

fn head_of(key: &[u8]) -> u64 {
    let mut head = [0; 8];
    head.iter_mut().zip(key).for_each(|(slot, byte)| *slot = *byte);
    u64::from_be_bytes(head)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_key_that_was_added_is_unpacked(
            texts in prop::collection::vec(("[a-z\\x00州]{0,9}", prop::collection::vec(0..12_usize, 0..4), any::<Rank>()), 0..20),
        ) {
            let mut builder = KeyBuilder::new(KeyKind::Codes(SchemeNumber::PINYIN, CodeKeys::Infix), &Schemes::default());
            let mut expected = Vec::new();
            for (text, starts, rank) in &texts {
                let starts = starts.iter().copied().filter(|start| text.is_char_boundary(*start));
                builder.add(text, starts.clone(), *rank).unwrap();
                let begin = |start: usize| -> Vec<u8> {
                    let whole = text.as_bytes()[start..].split(|byte| *byte == END).next().unwrap();
                    whole.iter().copied().take(CODE_INFIX_BYTES_MAX).collect()
                };
                expected.extend(starts.filter(|start| *start < text.len()).map(|start| (begin(start), *rank)));
            }
            let entries = builder.entries().unwrap();
            let key = |entry: &Entry| key_at(&builder.arena, entry.at as usize, builder.key_bytes_max).to_vec();
            prop_assert_eq!(entries.iter().map(|entry| (key(entry), entry.rank)).collect::<Vec<_>>(), expected);
            prop_assert!(entries.iter().all(|entry| entry.head == head_of(&key(entry))));
        }
    }

    #[test]
    fn every_kind_of_key_has_a_slot_of_its_own() {
        for schemes in [1, 3] {
            let slots: Vec<usize> = KeyKind::all(schemes).map(KeyKind::slot).collect();
            assert_eq!(slots, (0..4 + 4 * schemes).collect::<Vec<_>>());
        }
    }
}
