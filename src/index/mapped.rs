//! Files of a part as they are mapped into memory: bytes seen as arrays, nothing copied, nothing parsed.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use tantivy::Directory;
use tantivy::directory::{MmapDirectory, OwnedBytes};

use crate::{Error, Result};

/// Bytes read at a time.
const READ_BYTES: usize = 1 << 18;

/// Maps the file `name` of the directory at `path`.
pub(super) fn map(path: &Path, name: &str) -> Result<OwnedBytes> {
    let failed = |error: &dyn std::fmt::Display| {
        Error::damaged(format!(
            "index file {} cannot be read: {error}; run chahao compact --full",
            path.join(name).display()
        ))
    };
    let directory = MmapDirectory::open(path).map_err(|error| failed(&error))?;
    let slice = directory.open_read(Path::new(name)).map_err(|error| failed(&error))?;
    slice.read_bytes().map_err(|error| failed(&error))
}

/// Reads the file `name` of the directory at `path` through, for its length and checksum. It is not mapped for that:
/// pages that no lookup needs stay out of the process.
pub(super) fn read_sum(path: &Path, name: &str) -> Result<(u64, u32)> {
    let file = path.join(name);
    let failed = |error: std::io::Error| {
        Error::damaged(format!("index file {} cannot be read: {error}; run chahao compact --full", file.display()))
    };
    let mut reader = File::open(&file).map_err(failed)?;
    let (mut buffer, mut bytes, mut crc32) = (vec![0; READ_BYTES], 0, crc32fast::Hasher::new());
    loop {
        let read = reader.read(&mut buffer).map_err(failed)?;
        let Some(part) = buffer.get(..read).filter(|part| !part.is_empty()) else {
            return Ok((bytes, crc32.finalize()));
        };
        crc32.update(part);
        bytes += read as u64;
    }
}

/// A mapped file of little-endian numbers of one type.
#[derive(Clone)]
pub(super) struct Numbers<T> {
    bytes: OwnedBytes,
    of: std::marker::PhantomData<T>,
}

impl<T: bytemuck::Pod> Numbers<T> {
    /// Maps `name`; its length must be a whole number of values.
    pub(super) fn map(path: &Path, name: &str) -> Result<Numbers<T>> {
        let bytes = map(path, name)?;
        if !bytes.is_empty() && bytemuck::try_cast_slice::<u8, T>(&bytes).is_err() {
            let text = format!(
                "index file {} has a length that cannot be; run chahao compact --full",
                path.join(name).display()
            );
            return Err(Error::damaged(text));
        }
        Ok(Numbers { bytes, of: std::marker::PhantomData })
    }

    /// All values.
    #[inline]
    pub(super) fn as_slice(&self) -> &[T] {
        bytemuck::try_cast_slice(&self.bytes).unwrap_or_default()
    }

    /// The value at `index`.
    #[inline]
    pub(super) fn get(&self, index: usize) -> Option<T> {
        self.as_slice().get(index).copied()
    }
}

impl<T> std::fmt::Debug for Numbers<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Numbers({} bytes)", self.bytes.len())
    }
}

/// The bytes of `values` as they stand in a file. The format is little-endian, and so is every machine it runs on.
pub(super) fn bytes_of<T: bytemuck::Pod>(values: &[T]) -> &[u8] {
    const { assert!(cfg!(target_endian = "little")) };
    bytemuck::cast_slice(values)
}

/// Reads `array` at all `places`, for nothing but that they are in the processor's caches when they are read again.
///
/// Reads that do not wait for one another take no longer than one of them, up to a dozen; one after the other, each
/// with a decision behind it, they take a memory access each.
#[inline]
pub(super) fn ask_ahead<T: Copy + Default + std::ops::BitXor<Output = T>>(
    array: &[T],
    places: impl Iterator<Item = usize>,
) {
    let read = places.fold(T::default(), |read, place| read ^ array.get(place).copied().unwrap_or_default());
    std::hint::black_box(read);
}
