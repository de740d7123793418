//! The file of rejected rows, to be corrected and imported again.
//!
//! Invariant: rejected rows that stand in such a file and are not in yet are never overwritten.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::batch::{Form, Format, Input, REJECTIONS_KEPT_MAX, Report, Rows};
use crate::desk::Desk;
use crate::{Error, Result};

/// How the names end of files in the making: one for each name, so that what a killed process left is taken over.
const PART: &str = ".chahao-part";
/// What the name of the reasons adds to that of the rows.
const REASONS: &str = ".reasons.ndjson";

/// A file of rejected rows in the making: it takes its name once it is whole.
pub(super) struct RejectsFile {
    rows: Part,
    reasons: Part,
}

impl RejectsFile {
    /// Makes sure that `out` can be written and is not the batch itself.
    ///
    /// # Errors
    /// Usage when `out` is `input`; busy when another import writes it; Io when it cannot be written.
    pub(super) fn prepare(out: &Path, input: &Path) -> Result<RejectsFile> {
        if identity(out).is_some_and(|out| Some(out) == identity(input)) {
            let text = format!("--rejects {} is the batch file itself; name another file", out.display());
            return Err(Error::usage(text));
        }
        Ok(RejectsFile { rows: Part::make(out)?, reasons: Part::make(&named(out, REASONS))? })
    }

    /// Whether there is such a file already.
    pub(super) fn stands(&self) -> bool {
        self.rows.out.exists()
    }

    /// Writes every rejected row as it came, unpacked and under the file's own header line, with its byte order mark and
    /// line ends, and the reasons of the first [`REJECTIONS_KEPT_MAX`] to `OUT.reasons.ndjson`. Where nothing was read,
    /// because the batch is in already, what stands there stays: somebody may be correcting it. Other rows that stand there,
    /// and that `desk` does not have, go to another file, which is handed over.
    ///
    /// # Errors
    /// When a file cannot be written or the batch not be read again.
    pub(super) fn finish(self, report: &Report, input: &Input, desk: &Desk) -> Result<Option<PathBuf>> {
        if report.already_imported {
            return Ok(None);
        }
        let RejectsFile { rows, reasons } = self;
        let failed = |error: io::Error| Error::file("write", &rows.out, error);
        let (form, end) = (input.form(), input.line_end()?);
        let mut file = BufWriter::new(&rows.file);
        file.write_all(if form == Form::Plain { input.mark() } else { form.mark() }).map_err(failed)?;
        // Row by row: all of a file may be rejected.
        let mut write_line = |line: &[u8]| -> Result<()> {
            file.write_all(&form.encode(line)).and_then(|()| file.write_all(&form.encode(end))).map_err(failed)
        };
        if let Format::Csv { .. } = input.format() {
            write_line(&input.header_line()?)?;
        }
        report.rejected_spans.each(|span| write_line(&input.original(span)?))?;
        file.flush().map_err(failed)?;
        drop(file);
        let mut writer = BufWriter::new(&reasons.file);
        for rejection in report.rejections.iter().take(REJECTIONS_KEPT_MAX) {
            serde_json::to_writer(&mut writer, rejection).map_err(|error| failed(error.into()))?;
            writer.write_all(b"\n").map_err(failed)?;
        }
        writer.flush().map_err(failed)?;
        drop(writer);
        let aside = match holds_rows(&rows.out, &rows.path, desk).map_err(failed)? {
            true => Some(set_aside(&rows.out).map_err(failed)?),
            false => None,
        };
        rows.finish()?;
        reasons.finish()?;
        Ok(aside)
    }
}

/// Whether `out` holds rows, or what is none of ours, that are not those of `new`, and that `desk` did not take all of.
fn holds_rows(out: &Path, new: &Path, desk: &Desk) -> io::Result<bool> {
    if !fs::metadata(out).is_ok_and(|there| there.is_file() && there.len() > 0) {
        return Ok(false);
    }
    let hash = |path: &Path| blake3::Hasher::new().update_reader(File::open(path)?).map(|hasher| hasher.finalize());
    if hash(out)? == hash(new)? {
        return Ok(false);
    }
    let Ok(input) = Input::open(out) else { return Ok(true) };
    let is_none = Rows::open(&input).and_then(|mut rows| rows.next_row()).is_ok_and(|row| row.is_none());
    // Where the ledger cannot tell, they are kept.
    Ok(!is_none && !desk.took_all_of(&input).unwrap_or(false))
}

/// Gives the file `out`, and its reasons, the first name with a number behind it that nothing has; which one.
fn set_aside(out: &Path) -> io::Result<PathBuf> {
    let free = |number: &u64| named(out, &format!(".{number}"));
    let aside = (1..).map(|number| free(&number)).find(|name| !name.exists() && !named(name, REASONS).exists());
    let Some(aside) = aside else { return Err(io::ErrorKind::AlreadyExists.into()) };
    fs::rename(out, &aside)?;
    match fs::rename(named(out, REASONS), named(&aside, REASONS)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(aside),
    }
}

/// A file that has another name until it is whole, and is gone where it never is.
struct Part {
    /// The name it takes.
    out: PathBuf,
    path: PathBuf,
    /// Locked for as long as it is written.
    file: File,
    is_whole: bool,
}

impl Part {
    fn make(out: &Path) -> Result<Part> {
        // Behind a link its file is replaced and not the link.
        let link = || out.read_link().map(|to| out.parent().unwrap_or(Path::new("")).join(to));
        let aimed = fs::canonicalize(out).or_else(|_| link()).unwrap_or_else(|_| out.to_owned());
        let out = aimed.as_path();
        let failed = |error| Error::file("write", out, error);
        if fs::metadata(out).is_ok_and(|there| !there.is_file() && !there.is_dir()) {
            let text = format!("{} is no file that may be replaced; name another one with --rejects", out.display());
            return Err(Error::refused(text));
        }
        let busy = || Error::busy(format!("another import writes {}; wait for it", out.display()));
        let path = named(out, PART);
        // For its owner alone: rows may hold numbers of non-published listings.
        let mut options = File::options();
        let file = options.create(true).truncate(false).write(true).mode(0o600).open(&path).map_err(failed)?;
        match file.try_lock() {
            Err(fs::TryLockError::WouldBlock) => return Err(busy()),
            Err(fs::TryLockError::Error(error)) => return Err(failed(error)),
            Ok(()) => {}
        }
        // Whoever had it may have given it its name just before it was locked.
        let meta = file.metadata().map_err(failed)?;
        if identity(&path) != Some((meta.dev(), meta.ino())) {
            return Err(busy());
        }
        file.set_len(0).map_err(failed)?;
        Ok(Part { out: out.to_owned(), path, file, is_whole: false })
    }

    fn finish(mut self) -> Result<()> {
        fs::rename(&self.path, &self.out).map_err(|error| Error::file("write", &self.out, error))?;
        self.is_whole = true;
        Ok(())
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.is_whole {
            // What cannot be removed is overwritten by the next run.
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn named(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    PathBuf::from(name)
}

fn identity(path: &Path) -> Option<(u64, u64)> {
    fs::metadata(path).map(|meta| (meta.dev(), meta.ino())).ok()
}
