//! CSV batches: a header line, then one listing a record.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use csv::{ByteRecord, Reader, ReaderBuilder};
use serde_json::Value;

use super::fields::{Field, FieldValues};
use super::{CLEAR_CELL, Encoding, Input, Origin, ROW_BYTES_MAX, Rejection, Row};
use crate::listing::Invalid;
use crate::{Error, Result};

/// Lines one record may span before an unclosed quote is the likelier explanation.
const RECORD_LINES_MAX: u64 = 50;

/// Reads rows from a table.
#[derive(Debug)]
pub struct CsvRows {
    reader: Reader<BufReader<File>>,
    encoding: Encoding,
    name: String,
    /// What each column is, left to right.
    columns: Vec<Option<Field>>,
    unknown: Vec<String>,
    /// Offset of the reader's first byte in the file.
    base: u64,
    record: ByteRecord,
}

impl CsvRows {
    /// Reads the header line.
    ///
    /// # Errors
    /// Refused when no column is named `id`, or two columns are the same field.
    pub(super) fn open(input: &Input, delimiter: u8) -> Result<CsvRows> {
        let (buffered, base) = input.reader()?;
        let mut reader =
            ReaderBuilder::new().delimiter(delimiter).has_headers(false).flexible(true).from_reader(buffered);
        let mut record = ByteRecord::new();
        read_record(&mut reader, &mut record, input.name())?;
        let mut columns = Vec::new();
        let mut unknown = Vec::new();
        for cell in &record {
            let title = input.encoding().decode(cell).unwrap_or_else(|| String::from_utf8_lossy(cell));
            let field = Field::by_name(title.trim());
            if field.is_some() && columns.contains(&field) {
                let text = format!("{}: two columns are the same field, the second is {title:?}", input.name());
                return Err(Error::refused(text));
            }
            if field.is_none() {
                unknown.push(title.trim().chars().take(40).collect());
            }
            columns.push(field);
        }
        if !columns.contains(&Some(Field::Id)) {
            let text = format!(
                "{}: neither NDJSON nor a CSV with a column named id; the first line holds {}",
                input.name(),
                unknown.join(", ")
            );
            return Err(Error::refused(text));
        }
        Ok(CsvRows {
            reader,
            encoding: input.encoding(),
            name: input.name().to_owned(),
            columns,
            unknown,
            base,
            record,
        })
    }

    pub(super) fn unknown_columns(&self) -> &[String] {
        &self.unknown
    }

    pub(super) fn next_row(&mut self) -> Result<Option<Result<Row, Rejection>>> {
        if !read_record(&mut self.reader, &mut self.record, &self.name)? {
            return Ok(None);
        }
        let end = self.reader.position();
        let start = self.record.position().unwrap_or(end);
        let origin =
            Origin { line: start.line(), span: (self.base + start.byte(), end.byte().saturating_sub(start.byte())) };
        let lines = end.line().saturating_sub(start.line());
        Ok(Some(self.row(origin, lines)))
    }

    fn row(&self, origin: Origin, lines: u64) -> Result<Row, Rejection> {
        let refuse = |field, code, reason: String| Rejection::new(&origin, None, Invalid::new(field, code, reason));
        if lines > RECORD_LINES_MAX || origin.span.1 > ROW_BYTES_MAX as u64 {
            let reason =
                format!("the record runs over {lines} lines: a closing quote is missing near line {}", origin.line);
            return Err(refuse("row", "unclosed_quote", reason));
        }
        if self.record.len() != self.columns.len() {
            let reason = format!("the header has {} columns; this row has {}", self.columns.len(), self.record.len());
            return Err(refuse("row", "column_count", reason));
        }
        let mut values = FieldValues::default();
        for (field, cell) in self.columns.iter().zip(&self.record) {
            let Some(field) = field else { continue };
            let cell = cell.trim_ascii();
            if cell.is_empty() {
                continue;
            }
            let Some(text) = self.encoding.decode(cell) else {
                let reason = format!("the cell is not valid {}", self.encoding.name());
                return Err(refuse(field.name(), "bad_encoding", reason));
            };
            let value = if text == CLEAR_CELL { Value::Null } else { Value::String(text.into_owned()) };
            values.set(*field, value);
        }
        values.into_row(origin)
    }
}

/// Reads the next record; false at the end.
fn read_record(reader: &mut Reader<BufReader<File>>, record: &mut ByteRecord, name: &str) -> Result<bool> {
    reader.read_byte_record(record).map_err(|error| match error.into_kind() {
        csv::ErrorKind::Io(error) => Error::file("read", Path::new(name), error),
        other => Error::refused(format!("{name}: not readable as CSV: {other:?}")),
    })
}
