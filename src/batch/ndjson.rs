//! NDJSON batches: one JSON object a line.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::fields::FieldValues;
use super::full::FileFields;
use super::{ColumnMap, Encoding, Header, Input, Origin, ROW_BYTES_MAX, Rejection, Row};
use crate::listing::Invalid;
use crate::{Error, Result};

/// Unknown keys that are remembered for the report at most.
const UNKNOWN_KEYS_MAX: usize = 50;

/// Reads rows from NDJSON.
#[derive(Debug)]
pub struct NdjsonRows {
    reader: BufReader<File>,
    encoding: Encoding,
    name: String,
    header: Header,
    unknown: Vec<String>,
    columns: ColumnMap,
    /// The line that was last read.
    line: u64,
    /// Offset of the first line.
    start: u64,
    /// Offset of the next line.
    offset: u64,
    /// The first row, read while looking for a header.
    pending: Option<Result<Row, Rejection>>,
    buffer: Vec<u8>,
}

impl NdjsonRows {
    /// Reads the header line, if there is one.
    ///
    /// # Errors
    /// When the file cannot be read, or a header has a field of the wrong type.
    pub(super) fn open(input: &Input, columns: &ColumnMap) -> Result<NdjsonRows> {
        let (reader, offset) = input.reader()?;
        let mut rows = NdjsonRows {
            reader,
            encoding: input.encoding(),
            name: input.name().to_owned(),
            header: Header::default(),
            unknown: Vec::new(),
            columns: columns.clone(),
            line: 0,
            start: offset,
            offset,
            pending: None,
            buffer: Vec::new(),
        };
        let Some(origin) = rows.read_line()? else { return Ok(rows) };
        match rows.parse_object(&origin) {
            Ok(object) if is_header(&object) => {
                rows.header = serde_json::from_value(Value::Object(object)).map_err(|error| {
                    let text = format!(
                        "{} line {}: the header may hold feed, seq, effective, prev and counts: {error}",
                        rows.name, origin.line
                    );
                    Error::refused(text)
                })?;
            }
            Ok(object) => rows.pending = Some(rows.row(&origin, object)),
            Err(rejection) => rows.pending = Some(Err(rejection)),
        }
        Ok(rows)
    }

    pub(super) fn header(&self) -> &Header {
        &self.header
    }

    pub(super) fn unknown_columns(&self) -> &[String] {
        &self.unknown
    }

    /// The fields any row has a key of: the file is read through until all are met, and gone back to where it was.
    pub(super) fn fields(&mut self) -> Result<FileFields> {
        let mut fields = FileFields::default();
        let (line, offset) = (self.line, self.offset);
        self.seek(0, self.start)?;
        while !fields.are_all() && self.read_line()?.is_some() {
            let Some(text) = self.encoding.decode(&self.buffer) else { continue };
            // A line that is no row is refused when its turn comes.
            let Ok(keys) = serde_json::from_str::<BTreeMap<String, IgnoredAny>>(&text) else { continue };
            keys.keys().filter_map(|key| self.columns.field_of(key)).for_each(|field| fields.put(field));
        }
        self.seek(line, offset)?;
        Ok(fields)
    }

    /// Goes to the line behind `line`, which begins at `offset`.
    fn seek(&mut self, line: u64, offset: u64) -> Result<()> {
        (self.line, self.offset) = (line, offset);
        let sought = self.reader.seek(SeekFrom::Start(offset));
        sought.map(|_| ()).map_err(|error| Error::file("read", Path::new(&self.name), error))
    }

    pub(super) fn next_row(&mut self) -> Result<Option<Result<Row, Rejection>>> {
        if let Some(row) = self.pending.take() {
            return Ok(Some(row));
        }
        let Some(origin) = self.read_line()? else { return Ok(None) };
        Ok(Some(self.parse_object(&origin).and_then(|object| self.row(&origin, object))))
    }

    /// Reads the next line that is not blank into the buffer.
    fn read_line(&mut self) -> Result<Option<Origin>> {
        loop {
            self.buffer.clear();
            let limit = ROW_BYTES_MAX as u64 + 1;
            let read = |error| Error::file("read", Path::new(&self.name), error);
            let mut length = self.reader.by_ref().take(limit).read_until(b'\n', &mut self.buffer).map_err(read)? as u64;
            if length == 0 {
                return Ok(None);
            }
            if length == limit && self.buffer.last() != Some(&b'\n') {
                length += self.reader.skip_until(b'\n').map_err(read)? as u64;
            }
            self.line += 1;
            let span = (self.offset, length);
            self.offset += length;
            if !self.buffer.trim_ascii().is_empty() {
                return Ok(Some(Origin { line: self.line, span }));
            }
        }
    }

    fn parse_object(&self, origin: &Origin) -> Result<Map<String, Value>, Rejection> {
        let refuse = |code, reason: String| Rejection::new(origin, None, Invalid::new("row", code, reason));
        if origin.span.1 > ROW_BYTES_MAX as u64 {
            let reason = format!("a row has at most {ROW_BYTES_MAX} bytes; this one has {}", origin.span.1);
            return Err(refuse("too_long", reason));
        }
        let misread = |what: String| refuse("bad_encoding", format!("the row {what}"));
        if self.encoding == Encoding::Gb18030 {
            // Between quotes stands text of one encoding, and no character of either holds the byte of a quote.
            let mut parts = self.buffer.split(|byte| *byte == b'"');
            parts.try_for_each(|part| self.encoding.read(part).map(drop)).map_err(misread)?;
        }
        let text = self.encoding.read(&self.buffer).map_err(misread)?;
        serde_json::from_str(&text)
            .map_err(|error| refuse("bad_json", format!("one JSON object a line was expected: {error}")))
    }

    fn row(&mut self, origin: &Origin, object: Map<String, Value>) -> Result<Row, Rejection> {
        if is_header(&object) {
            let reason = "a batch's header stands in its first line alone: files that were pasted together are imported one \
                          by one";
            return Err(Rejection::new(origin, None, Invalid::new("row", "second_header", reason)));
        }
        let mut values = FieldValues::default();
        for (key, value) in object {
            match self.columns.field_of(&key) {
                Some(field) => {
                    values.set(field, value).map_err(|invalid| Rejection::new(origin, None, invalid))?;
                }
                None if self.unknown.len() < UNKNOWN_KEYS_MAX && !self.unknown.contains(&key) => {
                    self.unknown.push(key);
                }
                None => {}
            }
        }
        values.into_row(origin.clone())
    }
}

/// A header speaks of the batch and of no listing.
fn is_header(object: &Map<String, Value>) -> bool {
    let has = |key: &str| object.contains_key(key);
    !has("id")
        && !has("kind")
        && !has("op")
        && !has("name")
        && ["feed", "seq", "effective", "prev", "counts"].into_iter().any(has)
}
