//! CSV batches: a header line, then one listing a record.
//!
//! Lines are read one by one and cut into cells as they come, so that every record's line and bytes are known,
//! and a record whose closing quote is missing costs its own first line and not the rows after it.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use csv_core::{ReadRecordResult, ReaderBuilder, Terminator};
use serde_json::Value;

use super::fields::{Field, FieldValues};
use super::full::FileFields;
use super::input::UTF8_BOM;
use super::{CLEAR_CELL, ColumnMap, Encoding, Input, Origin, ROW_BYTES_MAX, Rejection, Row};
use crate::listing::{Invalid, ListingId};
use crate::{Error, Result};

/// Lines one record may span before an unclosed quote is the likelier explanation.
const RECORD_LINES_MAX: u64 = 50;
/// Columns from which on as many cells tell a row of its own.
const COLUMNS_TELLING: usize = 3;
/// Characters of a title that are shown.
const TITLE_CHARS_SHOWN: usize = 40;

/// Reads rows from a table.
#[derive(Debug)]
pub struct CsvRows {
    reader: BufReader<File>,
    encoding: Encoding,
    name: String,
    /// What each column is, left to right.
    columns: Vec<Option<Field>>,
    unknown: Vec<String>,
    /// The cells of the header line, without blanks around them.
    titles: Vec<Vec<u8>>,
    map: ColumnMap,
    /// How many times the header line stands in the file again.
    repeated: u64,
    /// The line that was last read.
    line: u64,
    /// Offset of the next line.
    offset: u64,
    /// The line that was last read, a line feed at its end.
    buffer: Vec<u8>,
    cutter: Cutter,
}

impl CsvRows {
    /// Reads the header line.
    ///
    /// # Errors
    /// Refused when no column is named `id` or `kind`, or two columns are the same field.
    pub(super) fn open(input: &Input, delimiter: u8, map: &ColumnMap) -> Result<CsvRows> {
        let (reader, offset) = input.reader()?;
        let mut rows = CsvRows {
            reader,
            encoding: input.encoding(),
            name: input.name().to_owned(),
            columns: Vec::new(),
            unknown: Vec::new(),
            titles: Vec::new(),
            map: map.clone(),
            repeated: 0,
            line: 0,
            offset,
            buffer: Vec::new(),
            cutter: Cutter::new(delimiter),
        };
        let refuse = |text: String| Error::refused(format!("{}: {text}", input.name()));
        if let Some((_, Err(invalid))) = rows.read_record()? {
            return Err(refuse(format!("the header line: {}", invalid.reason)));
        }
        let mut titles = Vec::new();
        for cell in rows.cutter.cells() {
            if cell.trim_ascii().contains(&b'\r') {
                return Err(refuse("lines end in CR alone: save it with line ends LF or CRLF".to_owned()));
            }
            let title = rows.encoding.decode(cell).unwrap_or_else(|| String::from_utf8_lossy(cell));
            let field = map.field_of(&title);
            if field.is_some() && rows.columns.contains(&field) {
                return Err(refuse(format!("two columns are the same field, the second is {title:?}")));
            }
            titles.push(title.trim().chars().take(TITLE_CHARS_SHOWN).collect::<String>());
            rows.columns.push(field);
        }
        if ![Field::Id, Field::Kind].iter().any(|field| rows.columns.contains(&Some(*field))) {
            let titles = titles.join(", ");
            return Err(refuse(format!(
                "neither NDJSON nor a CSV with a column named id; the first line holds {titles}; name it with --map"
            )));
        }
        rows.titles = rows.cutter.cells().map(|cell| without_mark(cell).to_vec()).collect();
        let unknown = titles.into_iter().zip(&rows.columns).filter(|(_, field)| field.is_none());
        rows.unknown = unknown.map(|(title, _)| title).collect();
        Ok(rows)
    }

    pub(super) fn unknown_columns(&self) -> &[String] {
        &self.unknown
    }

    /// The fields its columns are.
    pub(super) fn fields(&self) -> FileFields {
        let mut fields = FileFields::default();
        self.columns.iter().flatten().for_each(|field| fields.put(*field));
        fields
    }

    /// How many times the header line stood among the rows so far, as it does where files were pasted together.
    pub(super) fn repeated_headers(&self) -> u64 {
        self.repeated
    }

    pub(super) fn next_row(&mut self) -> Result<Option<Result<Row, Rejection>>> {
        loop {
            let Some((origin, cut)) = self.read_record()? else { return Ok(None) };
            if let Err(invalid) = cut {
                return Ok(Some(Err(Rejection::new(&origin, None, invalid))));
            }
            if !self.is_header() {
                return Ok(Some(self.row(origin)));
            }
            if !self.cutter.cells().map(without_mark).eq(self.titles.iter().map(Vec::as_slice)) {
                return Err(Error::refused(format!(
                    "line {} is a header line of other columns than the first: the file was pasted together; import its \
                     parts one by one",
                    origin.line
                )));
            }
            self.repeated += 1;
        }
    }

    /// Whether the record names columns, the one of ids among them, and holds nothing else.
    fn is_header(&self) -> bool {
        let mut cells = self.cutter.cells().map(without_mark).filter(|cell| !cell.is_empty()).peekable();
        // No id is without a digit but by chance, and few cells are: most rows end here.
        if cells.peek().is_none_or(|first| first.iter().any(u8::is_ascii_digit)) {
            return false;
        }
        let field_of = |cell: &[u8]| self.encoding.decode(cell).and_then(|title| self.map.field_of(&title));
        let (mut has_id, mut named) = (false, 0);
        for cell in cells {
            let field = field_of(cell);
            if field.is_none() && !self.titles.iter().any(|title| title == cell) {
                return false;
            }
            has_id |= field == Some(Field::Id);
            named += 1;
        }
        named > 1 && has_id
    }

    fn row(&self, origin: Origin) -> Result<Row, Rejection> {
        let refuse = |field, code, reason: String| Rejection::new(&origin, None, Invalid::new(field, code, reason));
        let (titles, cells) = (self.columns.len(), self.cutter.cells().count());
        if cells != titles {
            let reason = format!("the header has {titles} columns; this row has {cells}");
            return Err(refuse("row", "column_count", reason));
        }
        let mut values = FieldValues::default();
        for (field, cell) in self.columns.iter().zip(self.cutter.cells()) {
            let Some(field) = field else { continue };
            let cell = cell.trim_ascii();
            if cell.is_empty() {
                continue;
            }
            let text = self.encoding.read(cell).map_err(|what| {
                let reason = format!("the cell {what}");
                refuse(field.name(), "bad_encoding", reason)
            })?;
            if carries_nothing(*field, &text) {
                continue;
            }
            let value = if text == CLEAR_CELL { Value::Null } else { Value::String(text.into_owned()) };
            values.set(*field, value).map_err(|invalid| Rejection::new(&origin, None, invalid))?;
        }
        values.into_row(origin)
    }

    /// Cuts the next record into cells, or says why it cannot be; `None` at the end.
    fn read_record(&mut self) -> Result<Option<(Origin, Result<(), Invalid>)>> {
        let start = loop {
            let start = self.offset;
            if !self.read_line()? {
                return Ok(None);
            }
            if !self.buffer.iter().all(|b| matches!(b, b' ' | b'\r' | b'\n')) {
                break start;
            }
        };
        let first = Origin { line: self.line, span: (start, self.offset - start) };
        self.cutter.begin();
        // The line behind the first that is a row by itself, if there is one.
        let mut row_inside = None;
        loop {
            let bytes = self.offset - start;
            if bytes > ROW_BYTES_MAX as u64 && self.line == first.line {
                let reason = format!("a row has at most {ROW_BYTES_MAX} bytes; this one has {bytes}");
                return Ok(Some((first, Err(Invalid::new("row", "too_long", reason)))));
            }
            if self.line > first.line && row_inside.is_none() && self.is_row_alone() {
                row_inside = Some(self.line);
            }
            if self.cutter.take(&self.buffer) {
                let Some(inside) = row_inside else {
                    return Ok(Some((Origin { span: (start, bytes), ..first }, Ok(()))));
                };
                let reason = format!(
                    "a closing quote is missing: a cell runs on from line {} over line {inside}, which is a row of its own; \
                     close the quote, or take it out",
                    first.line
                );
                self.go_back_behind(&first)?;
                return Ok(Some((first, Err(Invalid::new("row", "unclosed_quote", reason)))));
            }
            let lines = self.line - first.line + 1;
            if lines > RECORD_LINES_MAX || bytes > ROW_BYTES_MAX as u64 || !self.read_line()? {
                let reason = format!(
                    "a closing quote is missing: the cell would run over {lines} lines; at most {RECORD_LINES_MAX} and \
                     {ROW_BYTES_MAX} bytes are allowed"
                );
                self.go_back_behind(&first)?;
                return Ok(Some((first, Err(Invalid::new("row", "unclosed_quote", reason)))));
            }
        }
    }

    /// Whether the line in the buffer has as many cells as the header, and an id where the header has one, with a digit in it as
    /// they have: two quotes that were never closed would hide it in a cell. Of fewer than three columns any text with a comma
    /// would do, and a line with a quote may be the end of a cell that is meant to be so long.
    fn is_row_alone(&self) -> bool {
        let Some(at) = self.columns.iter().position(|field| *field == Some(Field::Id)) else { return false };
        if self.columns.len() < COLUMNS_TELLING || self.buffer.contains(&b'"') {
            return false;
        }
        let mut alone = Cutter::new(self.cutter.delimiter);
        alone.begin();
        alone.take(&self.buffer)
            && alone.cells().count() == self.columns.len()
            && alone.cells().nth(at).is_some_and(|cell| {
                let id = self.encoding.decode(cell.trim_ascii());
                id.is_some_and(|id| id.bytes().any(|byte| byte.is_ascii_digit()) && ListingId::new(&id).is_ok())
            })
    }

    /// Reads the next line into the buffer, the beginning of it where it is over-long; false at the end.
    fn read_line(&mut self) -> Result<bool> {
        let read = |error| Error::file("read", Path::new(&self.name), error);
        let limit = ROW_BYTES_MAX as u64 + 1;
        self.buffer.clear();
        let mut length = self.reader.by_ref().take(limit).read_until(b'\n', &mut self.buffer).map_err(read)? as u64;
        if length == 0 {
            return Ok(false);
        }
        if self.buffer.last() != Some(&b'\n') {
            if length == limit {
                length += self.reader.skip_until(b'\n').map_err(read)? as u64;
            }
            self.buffer.push(b'\n');
        }
        self.line += 1;
        self.offset += length;
        Ok(true)
    }

    /// Goes on with the line after `first`.
    fn go_back_behind(&mut self, first: &Origin) -> Result<()> {
        (self.line, self.offset) = (first.line, first.span.0 + first.span.1);
        let sought = self.reader.seek(SeekFrom::Start(self.offset));
        sought.map(|_| ()).map_err(|error| Error::file("read", Path::new(&self.name), error))
    }
}

/// A title without the byte order mark of the file it came from, and without blanks around it.
fn without_mark(cell: &[u8]) -> &[u8] {
    let cell = cell.trim_ascii();
    cell.strip_prefix(UTF8_BOM).unwrap_or(cell)
}

/// Whether a cell says nothing: blanks of any script, or, where it holds a list, nothing between its separators. An office that
/// clears a field writes [`CLEAR_CELL`].
fn carries_nothing(field: Field, text: &str) -> bool {
    let is_list = matches!(field, Field::Phones | Field::Aliases);
    let is_separator = |c: char| is_list && matches!(c, ';' | '；');
    text.chars().all(|c| c.is_whitespace() || matches!(c, '\u{200b}' | '\u{feff}') || is_separator(c))
}

/// Cuts lines into the cells of one record.
#[derive(Debug)]
struct Cutter {
    core: csv_core::Reader,
    delimiter: u8,
    /// The cells' bytes without quotes, end to end, and room for more.
    bytes: Vec<u8>,
    /// Where in `bytes` each cell ends, and room for more.
    ends: Vec<usize>,
    /// Bytes of the record.
    length: usize,
    /// Cells of the record.
    count: usize,
}

impl Cutter {
    fn new(delimiter: u8) -> Cutter {
        // A carriage return before the line feed ends up in the last cell, and is trimmed with it.
        let core = ReaderBuilder::new().delimiter(delimiter).terminator(Terminator::Any(b'\n')).build();
        Cutter { core, delimiter, bytes: vec![0; 4_096], ends: vec![0; 64], length: 0, count: 0 }
    }

    /// Starts a new record.
    fn begin(&mut self) {
        self.core.reset();
        (self.length, self.count) = (0, 0);
    }

    /// Takes one line with its line feed; false when a quoted cell goes on in the next one.
    fn take(&mut self, mut line: &[u8]) -> bool {
        loop {
            let bytes = self.bytes.get_mut(self.length..).unwrap_or_default();
            let ends = self.ends.get_mut(self.count..).unwrap_or_default();
            let (result, read, written, ended) = self.core.read_record(line, bytes, ends);
            line = line.get(read..).unwrap_or_default();
            self.length += written;
            self.count += ended;
            match result {
                ReadRecordResult::InputEmpty => return false,
                ReadRecordResult::OutputFull => self.bytes.resize(self.bytes.len() * 2, 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                ReadRecordResult::Record | ReadRecordResult::End => return true,
            }
        }
    }

    /// The cells of the record, left to right.
    fn cells(&self) -> impl Iterator<Item = &[u8]> {
        let mut start = 0;
        self.ends.iter().take(self.count).map(move |&end| {
            let cell = self.bytes.get(start..end).unwrap_or_default();
            start = end;
            cell
        })
    }
}
