//! The kinds of key, and building a key index of each.

use std::path::Path;

use rayon::slice::ParallelSliceMut;

use super::Rank;
use super::files::{FileSums, write_file};
use super::mapped::bytes_of;
use super::packed::write_ascending;
use super::range_min::RangeMin;
use super::ranks::write_ranks;
use crate::{Error, Result};

/// Bytes of a key of [`KeyKind::PinyinInfix`] at most: longer queries are checked against the name itself.
pub const PINYIN_INFIX_BYTES_MAX: usize = 18;
/// Bytes of a key of [`KeyKind::InitialsInfix`] at most: longer queries are checked against the name itself.
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
    /// The same, as joined pinyin.
    Pinyin,
    /// The same, as initials.
    Initials,
    /// Pinyin from every later syllable of a name on, cut at [`PINYIN_INFIX_BYTES_MAX`].
    PinyinInfix,
    /// Initials from every later syllable on, cut at [`INITIALS_INFIX_BYTES_MAX`].
    InitialsInfix,
    /// Digits of the numbers, with and without area code.
    Number,
    /// The listing's id.
    Id,
    /// The id of the listing it stands under.
    Parent,
}

/// File names of one key index.
pub(super) struct KeyFiles {
    pub(super) fst: String,
    pub(super) starts: String,
    pub(super) ranks: String,
    pub(super) mins: String,
}

impl KeyKind {
    /// Every kind.
    pub const ALL: [KeyKind; 8] = [
        KeyKind::Name,
        KeyKind::Pinyin,
        KeyKind::Initials,
        KeyKind::PinyinInfix,
        KeyKind::InitialsInfix,
        KeyKind::Number,
        KeyKind::Id,
        KeyKind::Parent,
    ];

    /// The word its files are named by.
    pub fn name(self) -> &'static str {
        match self {
            KeyKind::Name => "name",
            KeyKind::Pinyin => "pinyin",
            KeyKind::Initials => "initials",
            KeyKind::PinyinInfix => "pinyin-infix",
            KeyKind::InitialsInfix => "initials-infix",
            KeyKind::Number => "number",
            KeyKind::Id => "id",
            KeyKind::Parent => "parent",
        }
    }

    pub(super) fn files(self) -> KeyFiles {
        let file = |extension: &str| format!("{}.{extension}", self.name());
        KeyFiles { fst: file("fst"), starts: file("starts"), ranks: file("ranks"), mins: file("mins") }
    }

    fn key_bytes_max(self) -> usize {
        match self {
            KeyKind::PinyinInfix => PINYIN_INFIX_BYTES_MAX,
            KeyKind::InitialsInfix => INITIALS_INFIX_BYTES_MAX,
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
    kind: KeyKind,
    arena: Vec<u8>,
    entries: Vec<Entry>,
}

impl KeyBuilder {
    pub(super) fn new(kind: KeyKind) -> KeyBuilder {
        KeyBuilder { kind, arena: Vec::new(), entries: Vec::new() }
    }

    /// Adds a key of `rank` from each of `starts` (byte offsets) to the end of `text`.
    pub(super) fn add(&mut self, text: &str, starts: impl IntoIterator<Item = usize>, rank: Rank) -> Result<()> {
        let base = self.arena.len();
        if base + text.len() >= u32::MAX as usize || self.entries.len() >= u32::MAX as usize - 1 {
            return Err(Error::internal(format!("too many {} keys for one part", self.kind.name())));
        }
        self.arena.extend_from_slice(text.as_bytes());
        self.arena.push(END);
        for start in starts.into_iter().filter(|&start| start < text.len()) {
            let at = base + start;
            let head = head_of(key_at(&self.arena, at, self.kind.key_bytes_max()));
            self.entries.push(Entry { head, at: at as u32, rank });
        }
        Ok(())
    }

    /// Sorts the keys by (key, rank) and writes the four files into the part at `path`.
    pub(super) fn write(mut self, path: &Path) -> Result<FileSums> {
        let (arena, max) = (&self.arena, self.kind.key_bytes_max());
        let key = |entry: &Entry| key_at(arena, entry.at as usize, max);
        self.entries.par_sort_unstable_by(|a, b| {
            a.head.cmp(&b.head).then_with(|| key(a).cmp(key(b))).then(a.rank.cmp(&b.rank))
        });
        let mut builder = fst::raw::Builder::memory();
        let mut starts: Vec<u64> = Vec::new();
        let mut ranks: Vec<Rank> = Vec::with_capacity(self.entries.len());
        let mut last_key: &[u8] = &[];
        for entry in &self.entries {
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
        drop(self.entries);
        let mins = RangeMin::over(ranks.len()).build(&ranks);
        let files = self.kind.files();
        Ok(vec![
            write_file(path, &files.fst, &fst)?,
            write_ascending(path, &files.starts, &starts)?,
            write_ranks(path, &files.ranks, &ranks)?,
            write_file(path, &files.mins, bytes_of(&mins))?,
        ])
    }

    fn failed(&self, error: &fst::Error) -> Error {
        Error::internal(format!("the {} keys could not be built: {error}", self.kind.name()))
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
