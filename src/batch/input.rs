//! Opens a batch file: spools what cannot be read twice, hashes it, and tells its format and encoding.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::encoding::Tally;
use super::unpack::{Unpacked, unpack};
use super::{Encoding, Form, ROW_BYTES_MAX};
use crate::{Error, Result};

pub(super) const UTF8_BOM: &[u8] = b"\xef\xbb\xbf";

/// The format of a batch file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One JSON object a line.
    Ndjson,
    /// A table; the byte between its cells.
    Csv {
        /// `,`, `;` or a tab.
        delimiter: u8,
    },
}

/// An opened batch file that can be read from its start as often as needed.
#[derive(Debug)]
pub struct Input {
    /// What the report calls it.
    name: String,
    /// The file, or its spooled copy.
    file: File,
    /// Where it came from, to notice that it changes while it is read; `None` for a spooled copy.
    watched: Option<(PathBuf, u64, SystemTime)>,
    format: Format,
    encoding: Encoding,
    /// What it was before it was spooled.
    form: Form,
    /// Length of the byte order mark.
    bom_len: u64,
    /// BLAKE3 of all bytes: the batch's content hash.
    hash: blake3::Hash,
}

impl Input {
    /// Opens `path`; `-` is standard input, which is spooled to a temporary file first.
    ///
    /// # Errors
    /// Refused when there is no such file, it is a directory, empty, binary, or of a format that is not read.
    pub fn open(path: &Path) -> Result<Input> {
        Input::open_sheet(path, None)
    }

    /// The same, of a workbook the sheet that is named: needed where several sheets hold something.
    ///
    /// # Errors
    /// As [`Input::open`]; refused when there is no such sheet, usage when the file is no workbook.
    pub fn open_sheet(path: &Path, sheet: Option<&str>) -> Result<Input> {
        if path == Path::new("-") {
            return Input::from_reader_sheet("standard input", std::io::stdin().lock(), sheet);
        }
        let refused = |error: std::io::Error| {
            let text = format!("cannot read the batch file {}: {error}", path.display());
            Error::refused(text).caused_by(error)
        };
        let file = File::open(path).map_err(refused)?;
        let meta = file.metadata().map_err(refused)?;
        if meta.is_dir() {
            let text = format!("{} is a directory; give the batch files in it one by one", path.display());
            return Err(Error::refused(text));
        }
        if !meta.is_file() {
            return Input::from_reader_sheet(&path.display().to_string(), file, sheet);
        }
        let modified = meta.modified().map_err(refused)?;
        let watched = Some((path.to_owned(), meta.len(), modified));
        Input::examine(path.display().to_string(), file, watched, sheet)
    }

    /// Spools `reader` to a temporary file and opens that.
    ///
    /// # Errors
    /// As [`Input::open`], and when the temporary file cannot be written.
    pub fn from_reader(name: &str, reader: impl Read) -> Result<Input> {
        Input::from_reader_sheet(name, reader, None)
    }

    /// The same, of a workbook the sheet that is named.
    ///
    /// # Errors
    /// As [`Input::open_sheet`], and when the temporary file cannot be written.
    pub fn from_reader_sheet(name: &str, mut reader: impl Read, sheet: Option<&str>) -> Result<Input> {
        let spool = |error| Error::file("spool", Path::new(name), error);
        let mut file = tempfile::tempfile().map_err(spool)?;
        std::io::copy(&mut reader, &mut file).map_err(spool)?;
        file.flush().map_err(spool)?;
        Input::examine(name.to_owned(), file, None, sheet)
    }

    fn examine(
        name: String,
        mut file: File,
        watched: Option<(PathBuf, u64, SystemTime)>,
        sheet: Option<&str>,
    ) -> Result<Input> {
        let in_context = |error: Error| error.context(&name);
        let read = |error: std::io::Error| Error::file("read", Path::new(&name), error);
        let Unpacked { spooled, form } = unpack(&mut file, sheet).map_err(in_context)?;
        let (mut file, watched) = match spooled {
            Some(spooled) => {
                // It was read whole; what becomes of it now does not matter, unless it moved meanwhile.
                check_unmoved(&name, &file, watched.as_ref())?;
                (spooled, None)
            }
            None => (file, watched),
        };
        file.seek(SeekFrom::Start(0)).map_err(read)?;
        let mut reader = BufReader::with_capacity(1 << 20, &file);
        let start = reader.fill_buf().map_err(read)?;
        let bom_len = if start.starts_with(UTF8_BOM) { UTF8_BOM.len() } else { 0 };
        let format = sniff_format(start.get(bom_len..).unwrap_or_default()).map_err(in_context)?;
        drop(reader);
        file.seek(SeekFrom::Start(0)).map_err(read)?;
        let (hash, tally) = scan(&file).map_err(read)?;
        let encoding = if bom_len > 0 { Encoding::Utf8 } else { tally.decide() };
        Ok(Input { name, file, watched, format, encoding, form, bom_len: bom_len as u64, hash })
    }

    /// What the report calls it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its format.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Its encoding.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// The form it came in.
    pub fn form(&self) -> Form {
        self.form
    }

    /// BLAKE3 of all its bytes, unpacked.
    pub fn hash(&self) -> blake3::Hash {
        self.hash
    }

    /// Its length in bytes.
    pub fn len_bytes(&self) -> u64 {
        self.file.metadata().map(|meta| meta.len()).unwrap_or(0)
    }

    /// All of its bytes, from the first on.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(crate) fn bytes(&self) -> Result<impl Read> {
        let read = |error| Error::file("read", Path::new(&self.name), error);
        let mut file = self.file.try_clone().map_err(read)?;
        file.seek(SeekFrom::Start(0)).map_err(read)?;
        Ok(file)
    }

    /// A reader at the first byte after the byte order mark, and that byte's offset.
    pub(super) fn reader(&self) -> Result<(BufReader<File>, u64)> {
        let read = |error| Error::file("read", Path::new(&self.name), error);
        let mut file = self.file.try_clone().map_err(read)?;
        file.seek(SeekFrom::Start(self.bom_len)).map_err(read)?;
        Ok((BufReader::with_capacity(1 << 20, file), self.bom_len))
    }

    /// The original bytes of the row at `span` (offset, length), [`ROW_BYTES_MAX`] of them at most.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn original(&self, span: (u64, u64)) -> Result<Vec<u8>> {
        let mut bytes = vec![0; usize::try_from(span.1.min(ROW_BYTES_MAX as u64)).unwrap_or(0)];
        self.file
            .read_exact_at(&mut bytes, span.0)
            .map_err(|error| Error::file("read", Path::new(&self.name), error))?;
        while bytes.last().is_some_and(|b| matches!(b, b'\n' | b'\r')) {
            bytes.pop();
        }
        Ok(bytes)
    }

    /// The first line that is not blank, where a table has its titles.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn header_line(&self) -> Result<Vec<u8>> {
        let mut line = self.first_line()?;
        line.truncate(line.trim_ascii_end().len());
        Ok(line)
    }

    /// The first line that is not blank, with its end; empty where there is none.
    fn first_line(&self) -> Result<Vec<u8>> {
        let (mut reader, _) = self.reader()?;
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = reader.by_ref().take(ROW_BYTES_MAX as u64).read_until(b'\n', &mut line);
            let length = read.map_err(|error| Error::file("read", Path::new(&self.name), error))?;
            if length == 0 || !line.trim_ascii().is_empty() {
                return Ok(line);
            }
        }
    }

    /// The byte order mark it begins with, where it has one.
    pub fn mark(&self) -> &'static [u8] {
        if self.bom_len > 0 { UTF8_BOM } else { b"" }
    }

    /// How its lines end, as its first one that is not blank does.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn line_end(&self) -> Result<&'static [u8]> {
        Ok(if self.first_line()?.ends_with(b"\r\n") { b"\r\n" } else { b"\n" })
    }

    /// Checks that the file is still the one that was hashed.
    ///
    /// # Errors
    /// Refused when it was written to or vanished since.
    pub fn check_unchanged(&self) -> Result<()> {
        check_unmoved(&self.name, &self.file, self.watched.as_ref())
    }
}

fn check_unmoved(name: &str, file: &File, watched: Option<&(PathBuf, u64, SystemTime)>) -> Result<()> {
    let Some((path, len, modified)) = watched else { return Ok(()) };
    let now = file.metadata().and_then(|meta| Ok((meta.len(), meta.modified()?)));
    if now.is_ok_and(|now| now == (*len, *modified)) && path.exists() {
        return Ok(());
    }
    Err(Error::refused(format!("{name} changed or vanished while it was read; import it again when it is whole")))
}

/// Tells the format from the first bytes.
fn sniff_format(start: &[u8]) -> Result<Format> {
    let expected = "expected NDJSON, or CSV with a header line, in UTF-8 or GB18030";
    let refuse = |what: &str| Err(Error::refused(format!("{what}; {expected}")));
    match start {
        [] => return refuse("the file is empty"),
        [0x1f, 0x8b, ..] | [0x28, 0xb5, 0x2f, 0xfd, ..] => return refuse("the file is packed twice: unpack it once"),
        _ if start.contains(&0) => return refuse("the file is binary"),
        _ => {}
    }
    let Some(&first) = start.iter().find(|b| !b.is_ascii_whitespace()) else {
        return refuse("the file holds only blank lines");
    };
    if matches!(first, b'{' | b'[') {
        return Ok(Format::Ndjson);
    }
    let header = start.split(|&b| b == b'\n').find(|line| !line.trim_ascii().is_empty()).unwrap_or_default();
    let delimiter = [b'\t', b';', b','].into_iter().max_by_key(|d| header.iter().filter(|b| *b == d).count());
    Ok(Format::Csv { delimiter: delimiter.unwrap_or(b',') })
}

/// Hashes what is read through it, many lines at a time.
struct Hashed<'f> {
    file: &'f File,
    hasher: blake3::Hasher,
}

impl Read for Hashed<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let read = self.file.read(out)?;
        self.hasher.update(out.get(..read).unwrap_or_default());
        Ok(read)
    }
}

/// Hashes all bytes and looks at every line's encoding, holding one line at a time.
fn scan(file: &File) -> std::io::Result<(blake3::Hash, Tally)> {
    let mut reader = BufReader::with_capacity(1 << 20, Hashed { file, hasher: blake3::Hasher::new() });
    let mut tally = Tally::default();
    let mut line = Vec::new();
    loop {
        line.clear();
        // An over-long line is looked at in pieces; its row is refused later for its length.
        let read = reader.by_ref().take(ROW_BYTES_MAX as u64).read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok((reader.get_ref().hasher.finalize(), tally));
        }
        tally.add(&line);
    }
}
