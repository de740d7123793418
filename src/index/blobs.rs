//! Byte strings by rank: a file of bytes, and where each begins.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use tantivy::directory::OwnedBytes;

use super::Rank;
use super::files::{FileSum, FileSums, write_file};
use super::mapped::{Numbers, bytes_of, map};
use crate::{Error, Result};

/// Strings that share one 64-bit base; each then needs only 32 bits of its own.
const BLOCK: usize = 64;

/// An opened set of byte strings.
#[derive(Debug, Clone)]
pub(super) struct Blobs {
    bytes: OwnedBytes,
    /// Where every block of [`BLOCK`] strings begins.
    bases: Numbers<u64>,
    /// Where every string begins in its block; one more than there are strings.
    offsets: Numbers<u32>,
}

impl Blobs {
    pub(super) fn open(path: &Path, name: &str) -> Result<Blobs> {
        Ok(Blobs {
            bytes: map(path, &format!("{name}.bytes"))?,
            bases: Numbers::map(path, &format!("{name}.bases"))?,
            offsets: Numbers::map(path, &format!("{name}.offsets"))?,
        })
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.offsets.as_slice().len().saturating_sub(1)
    }

    /// The string of `rank`; empty when there is none.
    #[inline]
    pub(super) fn get(&self, rank: Rank) -> &[u8] {
        let at = rank as usize;
        let offset = |at: usize| Some(self.bases.get(at / BLOCK)? as usize + self.offsets.get(at)? as usize);
        match (offset(at), offset(at + 1)) {
            (Some(start), Some(end)) => self.bytes.get(start..end).unwrap_or_default(),
            _ => &[],
        }
    }
}

/// Writes byte strings one after the other.
pub(super) struct BlobsWriter {
    path: PathBuf,
    name: String,
    file: BufWriter<File>,
    crc32: crc32fast::Hasher,
    written: u64,
    bases: Vec<u64>,
    offsets: Vec<u32>,
}

impl BlobsWriter {
    pub(super) fn create(path: &Path, name: &str) -> Result<BlobsWriter> {
        let file_path = path.join(format!("{name}.bytes"));
        let file = File::create(&file_path).map_err(|error| Error::file("make", &file_path, error))?;
        let mut writer = BlobsWriter {
            path: path.to_owned(),
            name: name.to_owned(),
            file: BufWriter::with_capacity(1 << 20, file),
            crc32: crc32fast::Hasher::new(),
            written: 0,
            bases: Vec::new(),
            offsets: Vec::new(),
        };
        writer.mark();
        Ok(writer)
    }

    /// Notes that the next string begins here.
    fn mark(&mut self) {
        if self.offsets.len().is_multiple_of(BLOCK) {
            self.bases.push(self.written);
        }
        let base = self.bases.last().copied().unwrap_or(0);
        self.offsets.push((self.written - base) as u32);
    }

    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<()> {
        self.crc32.update(bytes);
        self.file.write_all(bytes).map_err(|error| Error::file("write", &self.path, error))?;
        self.written += bytes.len() as u64;
        self.mark();
        Ok(())
    }

    /// Writes and syncs what is left.
    pub(super) fn finish(self) -> Result<FileSums> {
        let failed = |error: std::io::Error| Error::file("write", &self.path, error);
        let file = self.file.into_inner().map_err(|error| failed(error.into_error()))?;
        file.sync_all().map_err(failed)?;
        let name = format!("{}.bytes", self.name);
        Ok(vec![
            FileSum { name, bytes: self.written, crc32: self.crc32.finalize() },
            write_file(&self.path, &format!("{}.bases", self.name), bytes_of(&self.bases))?,
            write_file(&self.path, &format!("{}.offsets", self.name), bytes_of(&self.offsets))?,
        ])
    }
}
