//! Files that are not read as they lie: packed ones, UTF-16, workbooks. Each is turned into a spooled table or NDJSON.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{Data, DataRef, ExcelDateTime, Reader, Sheet, SheetType, SheetVisible, Xlsx};
use encoding_rs::{DecoderResult, Encoding as Charset, UTF_16BE, UTF_16LE};

use super::ROW_BYTES_MAX;
use super::workbook_size::check_unpacked_size;
use crate::{Error, Result};

/// Bytes a packed file may unpack to.
const UNPACKED_BYTES_MAX: u64 = 32 << 30;
/// Bytes of a workbook at most: its texts are held in memory while it is read.
const WORKBOOK_BYTES_MAX: u64 = 32 << 20;
/// Columns of a sheet at most.
const SHEET_COLUMNS_MAX: u32 = 1_000;
/// Rows of a sheet at most, as spreadsheets have them (ECMA-376).
const SHEET_ROWS_MAX: u32 = 1 << 20;
/// Bytes by which a form is told.
const MAGIC_BYTES: usize = 4;
/// How a workbook begins: it is a zip.
const WORKBOOK: [u8; MAGIC_BYTES] = *b"PK\x03\x04";
/// Sheets of a workbook that are named to whoever has to choose.
const SHEETS_NAMED_MAX: usize = 10;
/// A byte no UTF-8 text holds: stands for what is no UTF-16, so that its row is refused and no other.
const NO_TEXT: u8 = 0xff;

/// The form a batch file came in, before it was a table or NDJSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Form {
    /// As it is read.
    #[default]
    Plain,
    /// UTF-16 with a byte order mark, the low byte first.
    Utf16Le,
    /// UTF-16 with a byte order mark, the high byte first.
    Utf16Be,
    /// A sheet of an XLSX workbook.
    Workbook,
}

impl Form {
    /// What a reject file in this form begins with. A workbook's rows come as UTF-8, which spreadsheets open where it is
    /// marked so; what is read as it lies has the mark it came with.
    pub fn mark(self) -> &'static [u8] {
        match self {
            Form::Plain => b"",
            Form::Utf16Le => b"\xff\xfe",
            Form::Utf16Be => b"\xfe\xff",
            Form::Workbook => b"\xef\xbb\xbf",
        }
    }

    /// Whole rows of a reject file in this form.
    pub fn encode(self, rows: &[u8]) -> Cow<'_, [u8]> {
        let text = || String::from_utf8_lossy(rows);
        match self {
            Form::Plain | Form::Workbook => Cow::Borrowed(rows),
            Form::Utf16Le => text().encode_utf16().flat_map(u16::to_le_bytes).collect(),
            Form::Utf16Be => text().encode_utf16().flat_map(u16::to_be_bytes).collect(),
        }
    }
}

/// What a file turned out to be.
pub(super) struct Unpacked {
    /// The spooled copy; `None` where the file can be read as it lies.
    pub(super) spooled: Option<File>,
    pub(super) form: Form,
}

/// Turns what is packed, UTF-16 or a workbook (its one sheet, or `sheet`) into a spooled file; `file` is left at its start.
pub(super) fn unpack(file: &mut File, sheet: Option<&str>) -> Result<Unpacked> {
    let mut unpacked = Unpacked { spooled: None, form: Form::Plain };
    let mut magic = magic_of(file)?;
    if let Some(plain) = unzipped(file, &magic)? {
        magic = magic_of(unpacked.spooled.insert(plain))?;
    }
    let current = unpacked.spooled.as_mut().unwrap_or(file);
    if let Some(named) = sheet.filter(|_| magic != WORKBOOK) {
        return Err(Error::usage(format!("a sheet {named:?} is named, but the file is no workbook")));
    }
    let (turned, form) = match magic {
        [0xff, 0xfe, ..] => (spool(|out| transcode(current, UTF_16LE, out))?, Form::Utf16Le),
        [0xfe, 0xff, ..] => (spool(|out| transcode(current, UTF_16BE, out))?, Form::Utf16Be),
        WORKBOOK => (spool(|out| copy_guarded(current, sheet, out))?, Form::Workbook),
        _ => return Ok(unpacked),
    };
    Ok(Unpacked { spooled: Some(turned), form })
}

fn failed(error: std::io::Error) -> Error {
    Error::new(crate::ErrorKind::Io, format!("cannot read it: {error}")).caused_by(error)
}

fn magic_of(file: &mut File) -> Result<[u8; MAGIC_BYTES]> {
    let mut magic = [0; MAGIC_BYTES];
    file.seek(SeekFrom::Start(0)).map_err(failed)?;
    let mut start = Vec::with_capacity(MAGIC_BYTES);
    Read::by_ref(file).take(MAGIC_BYTES as u64).read_to_end(&mut start).map_err(failed)?;
    magic.iter_mut().zip(start).for_each(|(slot, byte)| *slot = byte);
    file.seek(SeekFrom::Start(0)).map_err(failed)?;
    Ok(magic)
}

/// A temporary file that `write` fills, at its start.
fn spool(write: impl FnOnce(&mut BufWriter<File>) -> Result<()>) -> Result<File> {
    let mut out = BufWriter::with_capacity(1 << 20, tempfile::tempfile().map_err(failed)?);
    write(&mut out)?;
    let mut file = out.into_inner().map_err(|error| failed(error.into_error()))?;
    file.seek(SeekFrom::Start(0)).map_err(failed)?;
    Ok(file)
}

/// What a gzip or zstd file holds; `None` for any other.
fn unzipped(file: &mut File, magic: &[u8; MAGIC_BYTES]) -> Result<Option<File>> {
    let reader = BufReader::with_capacity(1 << 20, file);
    let (name, mut packed): (&str, Box<dyn Read + '_>) = match magic {
        [0x1f, 0x8b, ..] => ("gzip", Box::new(flate2::bufread::MultiGzDecoder::new(reader))),
        [0x28, 0xb5, 0x2f, 0xfd] => match zstd::Decoder::with_buffer(reader) {
            Ok(decoder) => ("zstd", Box::new(decoder)),
            Err(error) => return Err(failed(error)),
        },
        _ => return Ok(None),
    };
    let unpacked = spool(|out| {
        let copied = std::io::copy(&mut packed.by_ref().take(UNPACKED_BYTES_MAX + 1), out).map_err(|error| {
            Error::refused(format!("the file is {name} and cannot be unpacked: {error}; send it again"))
                .caused_by(error)
        })?;
        if copied > UNPACKED_BYTES_MAX {
            return Err(Error::refused(format!(
                "the file unpacks to more than {UNPACKED_BYTES_MAX} bytes: send it in parts"
            )));
        }
        Ok(())
    })?;
    Ok(Some(unpacked))
}

/// UTF-16 as UTF-8 behind a byte order mark; what is no UTF-16 spoils its own line alone.
fn transcode(file: &mut File, charset: &'static Charset, out: &mut impl Write) -> Result<()> {
    let mut decoder = charset.new_decoder_with_bom_removal();
    let mut buffer = vec![0; 1 << 16];
    let mut text = vec![0; 1 << 18];
    out.write_all("\u{feff}".as_bytes()).map_err(failed)?;
    loop {
        let length = file.read(&mut buffer).map_err(failed)?;
        let mut rest = buffer.get(..length).unwrap_or_default();
        loop {
            let (result, read, written) = decoder.decode_to_utf8_without_replacement(rest, &mut text, length == 0);
            out.write_all(text.get(..written).unwrap_or_default()).map_err(failed)?;
            rest = rest.get(read..).unwrap_or_default();
            match result {
                DecoderResult::InputEmpty => break,
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(..) => out.write_all(&[NO_TEXT]).map_err(failed)?,
            }
        }
        if length == 0 {
            return Ok(());
        }
    }
}

/// A sheet of a workbook as CSV in UTF-8, a line for each of its rows, so that line numbers are row numbers.
fn copy_guarded(file: &mut File, sheet: Option<&str>, out: &mut impl Write) -> Result<()> {
    // The reader of workbooks panics where a place in a sheet is beyond all numbers: the file's fault, and no reason to end.
    catch_unwind(AssertUnwindSafe(|| copy_sheet(file, sheet, out))).unwrap_or_else(|_| {
        Err(Error::refused("the file is a zip but no workbook that can be read; save the sheet as CSV".to_owned()))
    })
}

fn copy_sheet(file: &mut File, sheet: Option<&str>, out: &mut impl Write) -> Result<()> {
    let bytes = file.metadata().map_err(failed)?.len();
    if bytes > WORKBOOK_BYTES_MAX {
        let text =
            format!("a workbook has at most {WORKBOOK_BYTES_MAX} bytes; this one has {bytes}: save the sheet as CSV");
        return Err(Error::refused(text));
    }
    check_unpacked_size(file)?;
    let mut workbook: Xlsx<_> = Xlsx::new(BufReader::new(file)).map_err(unreadable)?;
    let name = the_sheet(&mut workbook, sheet)?;
    let merged = merged_over_rows(&mut workbook, &name)?;
    let mut cells = workbook.worksheet_cells_reader(&name).map_err(unreadable)?;
    let mut row = SheetRow::default();
    out.write_all("\u{feff}".as_bytes()).map_err(failed)?;
    while let Some(cell) = cells.next_cell().map_err(unreadable)? {
        let ((at, column), text) = (cell.get_position(), text_of(cell.get_value()));
        if text.is_empty() {
            continue;
        }
        if let Some(range) = merged.get(&(at, column)) {
            let text = format!(
                "the cells {range} are merged, so only the first of their rows has what they say: part them and fill it in \
                 in every row"
            );
            return Err(Error::refused(text));
        }
        if column >= SHEET_COLUMNS_MAX {
            let text = format!("a sheet has at most {SHEET_COLUMNS_MAX} columns; row {} has more", at + 1);
            return Err(Error::refused(text));
        }
        if at >= SHEET_ROWS_MAX || at < row.at {
            let text = format!(
                "the rows of a sheet stand in order, and there are {SHEET_ROWS_MAX} at most; row {} follows row {}: save \
                 the sheet as CSV",
                u64::from(at) + 1,
                row.at + 1
            );
            return Err(Error::refused(text));
        }
        while row.at < at {
            row.end(out).map_err(failed)?;
        }
        row.put(column as usize, text);
    }
    row.end(out).map_err(failed)
}

fn unreadable(error: calamine::XlsxError) -> Error {
    Error::refused(format!("the file is a zip but no workbook that can be read: {error}; save the sheet as CSV"))
}

/// The merged cells of a sheet that reach over several rows, as they are called there, by row and column of the first.
fn merged_over_rows(workbook: &mut Xlsx<BufReader<&mut File>>, sheet: &str) -> Result<HashMap<(u32, u32), String>> {
    let merged = workbook.merge_cells_by_sheet_name(sheet).map_err(unreadable)?;
    let over_rows = merged.into_iter().filter(|range| range.end.0 > range.start.0);
    let place = |(row, column): (u32, u32)| format!("{}{}", column_letters(column), u64::from(row) + 1);
    Ok(over_rows.map(|range| (range.start, format!("{}:{}", place(range.start), place(range.end)))).collect())
}

/// What spreadsheets call the column with this number from 0: A to Z, then AA, AB and so on.
fn column_letters(column: u32) -> String {
    let letter = char::from(b'A' + (column % 26) as u8);
    let before = if column < 26 { String::new() } else { column_letters(column / 26 - 1) };
    format!("{before}{letter}")
}

/// The name of the sheet that is meant: the one `named`, or the only one of those that are shown that holds anything.
fn the_sheet(workbook: &mut Xlsx<BufReader<&mut File>>, named: Option<&str>) -> Result<String> {
    let names = workbook.sheet_names();
    if let Some(named) = named {
        return names
            .iter()
            .find(|name| name.trim() == named.trim())
            .cloned()
            .ok_or_else(|| Error::refused(format!("the workbook has no sheet {named:?}; it has {}", listed(&names))));
    }
    let shown = |sheet: &&Sheet| sheet.typ == SheetType::WorkSheet && sheet.visible == SheetVisible::Visible;
    let shown: Vec<String> = workbook.sheets_metadata().iter().filter(shown).map(|sheet| sheet.name.clone()).collect();
    let mut filled = Vec::new();
    for name in shown {
        let mut cells = workbook.worksheet_cells_reader(&name).map_err(unreadable)?;
        while let Some(cell) = cells.next_cell().map_err(unreadable)? {
            if !text_of(cell.get_value()).is_empty() {
                filled.push(name);
                break;
            }
        }
    }
    if filled.len() > 1 {
        let sheets = listed(&filled);
        return Err(Error::refused(format!(
            "several sheets of the workbook hold something: {sheets}; name the one that is the table with --sheet"
        )));
    }
    filled.pop().or(names.into_iter().next()).ok_or_else(|| Error::refused("the workbook has no sheet"))
}

/// Names of sheets, the first of them.
fn listed(names: &[String]) -> String {
    let told: Vec<String> = names.iter().take(SHEETS_NAMED_MAX).map(|name| format!("{name:?}")).collect();
    let more = if names.len() > SHEETS_NAMED_MAX { ", …" } else { "" };
    told.join(", ") + more
}

/// A row of a sheet in the making.
#[derive(Default)]
struct SheetRow {
    at: u32,
    cells: Vec<String>,
    /// Columns of the first row that is not blank: the titles.
    width: usize,
}

impl SheetRow {
    fn put(&mut self, column: usize, text: String) {
        if self.cells.len() <= column {
            self.cells.resize(column + 1, String::new());
        }
        if let Some(slot) = self.cells.get_mut(column) {
            *slot = text;
        }
    }

    /// Writes the row and begins the next one.
    fn end(&mut self, out: &mut impl Write) -> std::io::Result<()> {
        if self.width == 0 {
            self.width = self.cells.len();
        }
        if !self.cells.is_empty() {
            self.cells.resize(self.cells.len().max(self.width), String::new());
            for (number, cell) in self.cells.iter().enumerate() {
                let comma = if number > 0 { "," } else { "" };
                write!(out, "{comma}\"{}\"", cell.replace('"', "\"\""))?;
            }
        }
        self.cells.clear();
        self.at += 1;
        out.write_all(b"\n")
    }
}

/// What a cell says. A line break in it becomes another control character, which is refused where none may stand, and
/// keeps a row on a line.
fn text_of(value: &DataRef<'_>) -> String {
    let text = match value {
        DataRef::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => format!("{number:.0}"),
        DataRef::DateTime(moment) => day_of(moment),
        other => Data::from(other.clone()).to_string(),
    };
    let text: String =
        text.chars().take(ROW_BYTES_MAX).map(|c| if c == '\n' || c == '\r' { '\u{b}' } else { c }).collect();
    text.trim_matches('\u{b}').to_owned()
}

/// A date as it is written in batches; a time of day is left out.
fn day_of(moment: &ExcelDateTime) -> String {
    let (year, month, day, ..) = moment.to_ymd_hms_milli();
    if moment.is_duration() { moment.as_f64().to_string() } else { format!("{year:04}-{month:02}-{day:02}") }
}
