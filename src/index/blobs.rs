//! Byte strings by rank: a file of bytes, and where each begins.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use tantivy::directory::OwnedBytes;

use super::Rank;
use super::files::{FileSum, FileSums};
use super::mapped::map;
use super::packed::{Ascending, write_ascending};
use crate::{Error, Result};

/// An opened set of byte strings.
#[derive(Debug, Clone)]
pub(super) struct Blobs {
    bytes: OwnedBytes,
    /// Where every string begins; one more than there are strings.
    starts: Ascending,
}

impl Blobs {
    pub(super) fn open(path: &Path, name: &str) -> Result<Blobs> {
        let starts = Ascending::open(path, &starts_file(name))?;
        Ok(Blobs { bytes: map(path, &bytes_file(name))?, starts })
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// The string of `rank`; empty when there is none.
    #[inline]
    pub(super) fn get(&self, rank: Rank) -> &[u8] {
        let at = rank as usize;
        match (self.starts.get(at), self.starts.get(at + 1)) {
            (Some(start), Some(end)) => self.bytes.get(start as usize..end as usize).unwrap_or_default(),
            _ => &[],
        }
    }
}

/// An opened set of texts.
#[derive(Debug, Clone)]
pub(super) struct Texts {
    text: String,
    starts: Ascending,
}

impl Texts {
    pub(super) fn open(path: &Path, name: &str) -> Result<Texts> {
        Ok(Texts { text: read_text(path, name)?, starts: Ascending::open(path, &starts_file(name))? })
    }

    /// The text of `rank`; empty when there is none.
    #[inline]
    pub(super) fn get(&self, rank: Rank) -> &str {
        let at = rank as usize;
        match (self.starts.get(at), self.starts.get(at + 1)) {
            (Some(start), Some(end)) => self.text.get(start as usize..end as usize).unwrap_or_default(),
            _ => "",
        }
    }
}

/// The texts `name` one after the other. They are read, not mapped, so that what is UTF-8 is found out once.
pub(super) fn read_text(path: &Path, name: &str) -> Result<String> {
    let file = path.join(bytes_file(name));
    std::fs::read_to_string(&file).map_err(|error| {
        Error::damaged(format!("index file {} cannot be read: {error}; run chahao compact --full", file.display()))
    })
}

fn bytes_file(name: &str) -> String {
    format!("{name}.bytes")
}

fn starts_file(name: &str) -> String {
    format!("{name}.starts")
}

/// Writes byte strings one after the other.
pub(super) struct BlobsWriter {
    path: PathBuf,
    name: String,
    file: BufWriter<File>,
    crc32: crc32fast::Hasher,
    written: u64,
    starts: Vec<u64>,
}

impl BlobsWriter {
    pub(super) fn create(path: &Path, name: &str) -> Result<BlobsWriter> {
        let file_path = path.join(bytes_file(name));
        let file = File::create(&file_path).map_err(|error| Error::file("make", &file_path, error))?;
        Ok(BlobsWriter {
            path: path.to_owned(),
            name: name.to_owned(),
            file: BufWriter::with_capacity(1 << 20, file),
            crc32: crc32fast::Hasher::new(),
            written: 0,
            starts: vec![0],
        })
    }

    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<()> {
        self.crc32.update(bytes);
        self.file.write_all(bytes).map_err(|error| Error::file("write", &self.path, error))?;
        self.written += bytes.len() as u64;
        self.starts.push(self.written);
        Ok(())
    }

    /// Writes and syncs what is left, and where every string begins.
    pub(super) fn finish(self) -> Result<FileSums> {
        let (path, starts_file) = (self.path.clone(), starts_file(&self.name));
        let (bytes, starts) = self.finish_bytes()?;
        Ok(vec![bytes, write_ascending(&path, &starts_file, &starts)?])
    }

    /// Writes and syncs what is left; where every string begins, and the last one ends, is for the caller to keep.
    pub(super) fn finish_bytes(self) -> Result<(FileSum, Vec<u64>)> {
        let failed = |error: std::io::Error| Error::file("write", &self.path, error);
        let file = self.file.into_inner().map_err(|error| failed(error.into_error()))?;
        file.sync_all().map_err(failed)?;
        let sum = FileSum { name: bytes_file(&self.name), bytes: self.written, crc32: self.crc32.finalize() };
        Ok((sum, self.starts))
    }
}
