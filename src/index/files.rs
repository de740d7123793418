//! What lies on disk, and in which order it gets there: the one place that spells file names.
//!
//! ```text
//! index/
//!   CURRENT            the live parts, their seq and their manifests' checksums; replaced atomically
//!   PREVIOUS           what CURRENT said before, with its parts, to go back to
//!   STATUS             how far a watching compactor is, for people and probes
//!   LOCK               held by the one compactor that may write
//!   WATCHING           held by every compactor that watches, so that it is known to live
//!   base-00000007/     a part: key indexes, records, texts, briefs, lexicon, postings/, MANIFEST
//!   delta-00000009/    a part, and the tombstones over its base
//!   tmp-…/             a part being written; removed by the next compactor
//! ```
//!
//! A part is written under a `tmp-` name, every file of it fsynced, its manifest last; then it is renamed, the
//! directory fsynced, and only then `CURRENT` is replaced: written beside, fsynced, renamed, directory fsynced.
//! A crash anywhere leaves the old `CURRENT` or the new one, and each names whole parts.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::text::Schemes;
use crate::{Error, Result};

/// Grows with every change to what the files hold.
pub const INDEX_FORMAT: u32 = 9;

const CURRENT: &str = "CURRENT";
const PREVIOUS: &str = "PREVIOUS";
const STATUS: &str = "STATUS";
const LOCK: &str = "LOCK";
const WATCHING: &str = "WATCHING";
const MANIFEST: &str = "MANIFEST";
/// How often, and after how long, it is looked again whether a compactor watches: whoever looks at the same moment is none.
const LOOKS: usize = 3;
const LOOK_AGAIN: Duration = Duration::from_millis(2);
const TEMPORARY: &str = "tmp-";
const BASE: &str = "base-";
const DELTA: &str = "delta-";
/// Digits of the number in a part's name at least.
const PART_DIGITS: usize = 8;
/// The tantivy index of a part.
pub(super) const POSTINGS: &str = "postings";
pub(super) const RECORDS: &str = "records";
pub(super) const TEXTS: &str = "texts";
/// Texts that records share.
pub(super) const SHARED: &str = "shared";
pub(super) const BRIEFS: &str = "briefs";
pub(super) const FACETS: &str = "facets";
pub(super) const TOMBSTONES: &str = "tombstones";
pub(super) const LEXICON: &str = "lexicon";
pub(super) const PLACES: &str = "places.fst";

/// An index directory.
#[derive(Debug, Clone)]
pub struct Layout {
    root: PathBuf,
    /// What names are spelled by beside pinyin: each scheme has files of its own.
    schemes: Schemes,
}

/// What `CURRENT` says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Current {
    /// [`INDEX_FORMAT`] of the version that wrote it.
    pub format: u32,
    /// Counts publications; names the parts made for them.
    pub generation: u64,
    /// The ledger seq the generation stands for.
    pub seq: u64,
    /// Chain hash, in hex, of the ledger's last batch up to that seq; empty where there was none.
    pub chain: String,
    /// The ledger seq the base stands for.
    pub base_seq: u64,
    /// Chain hash of the ledger's last batch up to that seq.
    pub base_chain: String,
    /// Directory of the base.
    pub base: String,
    /// CRC-32 of the base's manifest.
    pub base_manifest: u32,
    /// Directory of the delta, if anything changed since the base.
    pub delta: Option<String>,
    /// CRC-32 of the delta's manifest.
    pub delta_manifest: u32,
    /// The base still holds numbers that have become non-published since: a new base is due at once.
    pub withheld_in_base: bool,
    /// Somebody went back to this generation: it stays until somebody compacts.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub held: bool,
}

/// One file's name, length and checksum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct FileSum {
    pub(super) name: String,
    pub(super) bytes: u64,
    pub(super) crc32: u32,
}

/// Checksums of the files of a part.
pub(super) type FileSums = Vec<FileSum>;

/// What a part's `MANIFEST` says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    pub(super) format: u32,
    pub(super) seq: u64,
    pub(super) listings: u64,
    /// Schemes beside pinyin that its names are spelled by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) schemes: Vec<String>,
    pub(super) files: FileSums,
}

/// The right to write to an index directory; given back when dropped, or when the process dies.
#[derive(Debug)]
pub struct CompactorLock {
    _file: File,
}

/// Held by a compactor that watches; given back when dropped, or when the process dies, however it does.
#[derive(Debug)]
pub(crate) struct WatchLock {
    file: File,
}

impl Layout {
    /// The index directory at `root`, with the built-in reading schemes.
    pub fn new(root: &Path) -> Layout {
        Layout { root: root.to_owned(), schemes: Schemes::built_in() }
    }

    /// The same directory with these reading schemes beside pinyin; an index of others is built anew.
    #[must_use]
    pub fn with_schemes(self, schemes: Schemes) -> Layout {
        Layout { schemes, ..self }
    }

    /// The reading schemes beside pinyin.
    pub fn schemes(&self) -> &Schemes {
        &self.schemes
    }

    /// Where it is.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The directory of the part `name`.
    pub fn part(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// What `CURRENT` says; `None` when nothing was ever published.
    ///
    /// # Errors
    /// Damaged when it does not hold what was written; Io when it cannot be read.
    pub fn current(&self) -> Result<Option<Current>> {
        self.named(CURRENT)
    }

    /// What `CURRENT` said before, if that is kept.
    ///
    /// # Errors
    /// As [`Layout::current`].
    pub fn previous(&self) -> Result<Option<Current>> {
        self.named(PREVIOUS)
    }

    fn named(&self, name: &str) -> Result<Option<Current>> {
        let path = self.root.join(name);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::file("read", &path, error)),
        };
        let current: Option<Current> = unseal(&bytes);
        let damaged = || Error::damaged(format!("{} is damaged; run chahao compact --full", path.display()));
        let current = current.ok_or_else(damaged)?;
        check_format(&path, current.format)?;
        Ok(Some(current))
    }

    /// Takes the right to write; makes the directory when there is none.
    ///
    /// # Errors
    /// Busy when another process has it.
    pub fn lock(&self) -> Result<CompactorLock> {
        fs::create_dir_all(&self.root).map_err(|error| Error::file("make the directory", &self.root, error))?;
        let path = self.root.join(LOCK);
        let open = File::options().create(true).truncate(false).write(true).open(&path);
        let file = open.map_err(|error| Error::file("open", &path, error))?;
        match file.try_lock() {
            Ok(()) => Ok(CompactorLock { _file: file }),
            Err(fs::TryLockError::WouldBlock) => {
                let text = format!("another compactor works on {}; wait for it, or stop it", self.root.display());
                Err(Error::busy(text))
            }
            Err(fs::TryLockError::Error(error)) => Err(Error::file("lock", &path, error)),
        }
    }

    /// Says that a compactor watches here as long as what is handed over is held. Several may.
    ///
    /// # Errors
    /// Io when it cannot be said.
    pub(crate) fn watch_lock(&self) -> Result<WatchLock> {
        fs::create_dir_all(&self.root).map_err(|error| Error::file("make the directory", &self.root, error))?;
        let path = self.root.join(WATCHING);
        let open = File::options().create(true).truncate(false).write(true).open(&path);
        let file = open.map_err(|error| Error::file("open", &path, error))?;
        // Whoever looks has it for a moment only.
        file.lock_shared().map_err(|error| Error::file("lock", &path, error))?;
        Ok(WatchLock { file })
    }

    /// Whether what `lock` says can be seen: the directory may have been deleted.
    pub(crate) fn is_seen(&self, lock: &WatchLock) -> bool {
        let here = fs::metadata(self.root.join(WATCHING)).map(|meta| (meta.dev(), meta.ino())).ok();
        here.is_some() && here == lock.file.metadata().map(|meta| (meta.dev(), meta.ino())).ok()
    }

    /// Whether a compactor watches here, in whichever process.
    pub(crate) fn is_watched(&self) -> bool {
        let Ok(file) = File::open(self.root.join(WATCHING)) else { return false };
        for _ in 0..LOOKS {
            match file.try_lock() {
                Err(fs::TryLockError::WouldBlock) => std::thread::sleep(LOOK_AGAIN),
                _ => return false,
            }
        }
        true
    }

    /// The name of the base that generation `generation` makes.
    pub(crate) fn base_name(generation: u64) -> String {
        format!("{BASE}{generation:0PART_DIGITS$}")
    }

    /// The name of the delta that generation `generation` makes.
    pub(crate) fn delta_name(generation: u64) -> String {
        format!("{DELTA}{generation:0PART_DIGITS$}")
    }

    /// Makes an empty directory for a part to be written in.
    pub(crate) fn begin_part(&self, name: &str) -> Result<PathBuf> {
        let path = self.root.join(format!("{TEMPORARY}{name}"));
        if path.exists() {
            fs::remove_dir_all(&path).map_err(|error| Error::file("remove", &path, error))?;
        }
        fs::create_dir_all(&path).map_err(|error| Error::file("make the directory", &path, error))?;
        Ok(path)
    }

    /// Gives a part that was written and synced its final name.
    pub(crate) fn finish_part(&self, temporary: &Path, name: &str) -> Result<()> {
        let path = self.part(name);
        if path.exists() {
            // Left by a compactor that died between this and publishing: nothing refers to it.
            fs::remove_dir_all(&path).map_err(|error| Error::file("remove", &path, error))?;
        }
        fs::rename(temporary, &path).map_err(|error| Error::file("rename", temporary, error))?;
        sync_directory(&self.root)
    }

    /// Replaces `CURRENT`, and keeps `previous` to go back to.
    pub(crate) fn publish(&self, current: &Current, previous: Option<&Current>) -> Result<()> {
        match previous {
            Some(previous) => self.replace(PREVIOUS, previous)?,
            None => match fs::remove_file(self.root.join(PREVIOUS)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(Error::file("remove", &self.root.join(PREVIOUS), error));
                }
                _ => {}
            },
        }
        self.replace(CURRENT, current)
    }

    /// Replaces what says how far the compactor is.
    pub(crate) fn write_status(&self, status: &[u8]) -> Result<()> {
        let (path, beside) = (self.root.join(STATUS), self.root.join(format!("{TEMPORARY}{STATUS}")));
        fs::create_dir_all(&self.root).map_err(|error| Error::file("make the directory", &self.root, error))?;
        // Not synced: it says how things stand, and a machine that died says nothing.
        fs::write(&beside, status).map_err(|error| Error::file("write", &beside, error))?;
        fs::rename(&beside, &path).map_err(|error| Error::file("rename", &beside, error))
    }

    /// What a compactor said of itself last.
    pub(crate) fn read_status(&self) -> Option<Vec<u8>> {
        fs::read(self.root.join(STATUS)).ok()
    }

    fn replace(&self, name: &str, current: &Current) -> Result<()> {
        let path = self.root.join(name);
        let beside = self.root.join(format!("{TEMPORARY}{name}"));
        write_synced(&beside, &seal(current)?)?;
        fs::rename(&beside, &path).map_err(|error| Error::file("rename", &beside, error))?;
        sync_directory(&self.root)
    }

    /// Removes parts and temporaries that none of `kept` names; whatever else lies here is left alone.
    pub(crate) fn sweep(&self, kept: &[&Current]) -> Result<()> {
        let entries = fs::read_dir(&self.root).map_err(|error| Error::file("list", &self.root, error))?;
        for entry in entries {
            let entry = entry.map_err(|error| Error::file("list", &self.root, error))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let live = kept.iter().any(|current| current.base == name || current.delta.as_ref() == Some(&name));
            if !is_ours(&name) || live {
                continue;
            }
            let path = entry.path();
            let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            removed.map_err(|error| Error::file("remove", &path, error))?;
        }
        Ok(())
    }
}

/// Whether a compactor may have made the file or directory `name`: a part, a part being written, or `CURRENT` or `PREVIOUS` on
/// its way. Whatever else lies in the directory is somebody else's, however it begins.
fn is_ours(name: &str) -> bool {
    let is_part = |name: &str| {
        let number = name.strip_prefix(BASE).or_else(|| name.strip_prefix(DELTA));
        number.is_some_and(|number| number.len() >= PART_DIGITS && number.bytes().all(|byte| byte.is_ascii_digit()))
    };
    is_part(name)
        || name.strip_prefix(TEMPORARY).is_some_and(|name| name == CURRENT || name == PREVIOUS || is_part(name))
}

/// Writes the manifest of the part at `path` and syncs its directories; returns the manifest's checksum.
pub(super) fn write_manifest(path: &Path, manifest: &Manifest) -> Result<u32> {
    let bytes = seal(manifest)?;
    write_synced(&path.join(MANIFEST), &bytes)?;
    let postings = path.join(POSTINGS);
    if postings.exists() {
        sync_directory(&postings)?;
    }
    sync_directory(path)?;
    Ok(crc32fast::hash(&bytes))
}

/// Reads the manifest of the part at `path`, whose checksum must be `crc32`.
pub(super) fn read_manifest(path: &Path, crc32: u32) -> Result<Manifest> {
    let file = path.join(MANIFEST);
    let damaged = |what: &str| Error::damaged(format!("{} is {what}; run chahao compact --full", file.display()));
    let bytes = fs::read(&file).map_err(|_| damaged("missing"))?;
    if crc32fast::hash(&bytes) != crc32 {
        return Err(damaged("damaged"));
    }
    let manifest: Manifest = unseal(&bytes).ok_or_else(|| damaged("damaged"))?;
    check_format(&file, manifest.format)?;
    Ok(manifest)
}

/// Writes and syncs one file of a part.
pub(super) fn write_file(path: &Path, name: &str, bytes: &[u8]) -> Result<FileSum> {
    write_synced(&path.join(name), bytes)?;
    Ok(FileSum { name: name.to_owned(), bytes: bytes.len() as u64, crc32: crc32fast::hash(bytes) })
}

/// Syncs and sums the files another library wrote into the directory `below` of a part.
pub(super) fn sum_directory(path: &Path, below: &str) -> Result<FileSums> {
    let directory = path.join(below);
    let mut sums = FileSums::new();
    for entry in fs::read_dir(&directory).map_err(|error| Error::file("list", &directory, error))? {
        let entry = entry.map_err(|error| Error::file("list", &directory, error))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".lock") {
            continue;
        }
        let file = File::open(entry.path()).map_err(|error| Error::file("open", &entry.path(), error))?;
        file.sync_all().map_err(|error| Error::file("sync", &entry.path(), error))?;
        let (bytes, crc32) = super::mapped::read_sum(&directory, &name)?;
        sums.push(FileSum { name: format!("{below}/{name}"), bytes, crc32 });
    }
    sums.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(sums)
}

fn check_format(path: &Path, format: u32) -> Result<()> {
    if format == INDEX_FORMAT {
        return Ok(());
    }
    let text = format!(
        "{} is of index format {format}, made by another version; this one reads {INDEX_FORMAT}: run chahao compact, which \
         makes the index anew from the ledger",
        path.display()
    );
    Err(Error::damaged(text))
}

/// A value as one line of JSON behind the CRC-32 of that line.
fn seal(value: &impl Serialize) -> Result<Vec<u8>> {
    let body = serde_json::to_string(value).map_err(|error| Error::internal(format!("cannot write JSON: {error}")))?;
    Ok(format!("{:08x} {body}\n", crc32fast::hash(body.as_bytes())).into_bytes())
}

fn unseal<T: for<'de> Deserialize<'de>>(bytes: &[u8]) -> Option<T> {
    let text = std::str::from_utf8(bytes).ok()?.strip_suffix('\n')?;
    let (crc32, body) = text.split_once(' ')?;
    let expected = format!("{:08x}", crc32fast::hash(body.as_bytes()));
    if crc32 != expected {
        return None;
    }
    serde_json::from_str(body).ok()
}

fn write_synced(path: &Path, bytes: &[u8]) -> Result<()> {
    let write = || -> std::io::Result<()> {
        let mut file = File::create(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(|error| Error::file("write", path, error))
}

fn sync_directory(path: &Path) -> Result<()> {
    let sync = || File::open(path)?.sync_all();
    sync().map_err(|error| Error::file("sync the directory", path, error))
}
