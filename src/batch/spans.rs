//! Where the rejected rows of a file are: of a file of whatever size, in memory that does not grow with them.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use crate::{Error, ErrorKind, Result};

/// Spans held in memory at most; more are sorted in runs, in a temporary file, and merged when they are read: 1 MB.
const HELD_MAX: usize = 1 << 16;
/// Spans of one run read at once: 4 KB.
const READ_TOGETHER: usize = 256;
/// Bytes of an offset and a length.
const SPAN_BYTES: usize = 2 * size_of::<u64>();

/// Offset and length of a row in its file.
pub type Span = (u64, u64);

/// Where the original bytes of rows are.
#[derive(Debug, Clone, Default)]
pub struct Spans {
    held: Vec<Span>,
    /// Runs of [`HELD_MAX`] each, one behind the other; shared with copies, which only read.
    spilled: Option<Arc<File>>,
    /// How many runs that are.
    runs: u64,
}

impl Spans {
    /// Keeps one more.
    ///
    /// # Errors
    /// Io when there is no room for a temporary file.
    pub fn push(&mut self, span: Span) -> Result<()> {
        self.held.push(span);
        if self.held.len() < HELD_MAX {
            return Ok(());
        }
        let file = match &self.spilled {
            Some(file) => Arc::clone(file),
            None => Arc::new(tempfile::tempfile().map_err(spill_failed)?),
        };
        self.held.sort_unstable();
        let bytes: Vec<u8> =
            self.held.iter().flat_map(|(at, length)| [at.to_le_bytes(), length.to_le_bytes()]).flatten().collect();
        file.write_all_at(&bytes, self.runs * bytes.len() as u64).map_err(spill_failed)?;
        self.spilled = Some(file);
        self.runs += 1;
        self.held.clear();
        Ok(())
    }

    /// How many there are.
    pub fn len(&self) -> u64 {
        self.runs * HELD_MAX as u64 + self.held.len() as u64
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Hands them to `each` in the order in which they stand in the file.
    ///
    /// # Errors
    /// Io when the temporary file cannot be read; those of `each`.
    pub fn each(&self, mut each: impl FnMut(Span) -> Result<()>) -> Result<()> {
        let mut held = self.held.clone();
        held.sort_unstable();
        let Some(file) = &self.spilled else { return held.into_iter().try_for_each(each) };
        let mut runs: Vec<Run<'_>> = (0..self.runs).map(|number| Run::new(file, number)).collect();
        let mut next = BinaryHeap::with_capacity(runs.len() + 1);
        for (number, run) in runs.iter_mut().enumerate() {
            next.extend(run.next()?.map(|span| Reverse((span, number))));
        }
        // What was not spilled is one run more.
        let mut held = held.into_iter();
        next.extend(held.next().map(|span| Reverse((span, runs.len()))));
        while let Some(Reverse((span, number))) = next.pop() {
            each(span)?;
            let following = match runs.get_mut(number) {
                Some(run) => run.next()?,
                None => held.next(),
            };
            next.extend(following.map(|span| Reverse((span, number))));
        }
        Ok(())
    }
}

/// A sorted run in the file, some spans of it at a time.
struct Run<'f> {
    file: &'f File,
    /// Where it is read on, and where it ends, in bytes.
    at: u64,
    end: u64,
    read: std::vec::IntoIter<Span>,
}

impl Run<'_> {
    fn new(file: &File, number: u64) -> Run<'_> {
        let bytes = (HELD_MAX * SPAN_BYTES) as u64;
        Run { file, at: number * bytes, end: (number + 1) * bytes, read: Vec::new().into_iter() }
    }

    fn next(&mut self) -> Result<Option<Span>> {
        if let Some(span) = self.read.next() {
            return Ok(Some(span));
        }
        let left = usize::try_from(self.end - self.at).unwrap_or(usize::MAX);
        let mut bytes = vec![0; left.min(READ_TOGETHER * SPAN_BYTES)];
        self.file.read_exact_at(&mut bytes, self.at).map_err(spill_failed)?;
        self.at += bytes.len() as u64;
        let number = |bytes: &[u8]| bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte));
        let spans = bytes.chunks_exact(SPAN_BYTES).map(|span| {
            let (at, length) = span.split_at(SPAN_BYTES / 2);
            (number(at), number(length))
        });
        self.read = spans.collect::<Vec<_>>().into_iter();
        Ok(self.read.next())
    }
}

fn spill_failed(error: std::io::Error) -> Error {
    Error::new(ErrorKind::Io, format!("cannot keep in a temporary file where rejected rows are: {error}"))
        .caused_by(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What was kept of every rejected row doubled again and again while a file that is no batch was read.
    #[test]
    fn memory_does_not_grow_with_what_is_rejected_and_the_order_is_that_of_the_file() {
        let count = HELD_MAX as u64 * 5 + 7;
        let mut spans = Spans::default();
        // Rows that were put off come late.
        let order = (0..count).filter(|n| n % 1_000 != 0).chain((0..count).filter(|n| n % 1_000 == 0));
        for n in order {
            spans.push((n * 3, 3)).unwrap();
            assert!(spans.held.capacity() <= HELD_MAX * 2);
        }
        assert_eq!(spans.len(), count);
        let copy = spans.clone();
        for spans in [spans, copy] {
            let mut next = 0;
            spans
                .each(|span| {
                    assert_eq!(span, (next * 3, 3));
                    next += 1;
                    Ok(())
                })
                .unwrap();
            assert_eq!(next, count);
        }
    }
}
