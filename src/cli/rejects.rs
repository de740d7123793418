//! The file of rejected rows, to be corrected and imported again.

use std::fs;
use std::io::{BufWriter, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::batch::{Form, Format, Input, REJECTIONS_KEPT_MAX, Report};
use crate::{Error, Result};

/// A file of rejected rows in the making: it takes its name once it is whole.
pub(super) struct RejectsFile {
    out: PathBuf,
    rows: NamedTempFile,
    reasons: NamedTempFile,
}

impl RejectsFile {
    /// Makes sure that `out` can be written and is not the batch itself.
    ///
    /// # Errors
    /// Usage when `out` is `input`; Io when it cannot be written.
    pub(super) fn prepare(out: &Path, input: &Path) -> Result<RejectsFile> {
        let identity = |path: &Path| fs::metadata(path).map(|meta| (meta.dev(), meta.ino())).ok();
        if identity(out).is_some_and(|out| Some(out) == identity(input)) {
            let text = format!("--rejects {} is the batch file itself; name another file", out.display());
            return Err(Error::usage(text));
        }
        let directory = out.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let beside = || NamedTempFile::new_in(directory).map_err(|error| Error::file("write", out, error));
        Ok(RejectsFile { out: out.to_owned(), rows: beside()?, reasons: beside()? })
    }

    /// Writes every rejected row as it came, unpacked and under the file's own header line, and the reasons of the first
    /// [`REJECTIONS_KEPT_MAX`] to `OUT.reasons.ndjson`.
    ///
    /// # Errors
    /// When a file cannot be written or the batch not be read again.
    pub(super) fn finish(self, report: &Report, input: &Input) -> Result<()> {
        let RejectsFile { out, rows, reasons } = self;
        let failed = |error: std::io::Error| Error::file("write", &out, error);
        let form = input.form();
        let mut plain = Vec::new();
        let mut file = BufWriter::new(&rows);
        // Only what has to be written in another form is held.
        let mut writer: &mut dyn Write = if form == Form::Plain { &mut file } else { &mut plain };
        if let Format::Csv { .. } = input.format() {
            write_line(&mut writer, &input.header_line()?).map_err(failed)?;
        }
        for span in &report.rejected_spans {
            write_line(&mut writer, &input.original(*span)?).map_err(failed)?;
        }
        if form != Form::Plain {
            file.write_all(&form.encode(&plain)).map_err(failed)?;
        }
        file.flush().map_err(failed)?;
        drop(file);
        let mut writer = BufWriter::new(&reasons);
        for rejection in report.rejections.iter().take(REJECTIONS_KEPT_MAX) {
            serde_json::to_writer(&mut writer, rejection).map_err(|error| failed(error.into()))?;
            writer.write_all(b"\n").map_err(failed)?;
        }
        writer.flush().map_err(failed)?;
        drop(writer);
        rows.persist(&out).map_err(|error| failed(error.error))?;
        let beside = PathBuf::from(format!("{}.reasons.ndjson", out.display()));
        reasons.persist(&beside).map_err(|error| failed(error.error))?;
        Ok(())
    }
}

fn write_line(writer: &mut (impl Write + ?Sized), line: &[u8]) -> std::io::Result<()> {
    writer.write_all(line)?;
    writer.write_all(b"\n")
}
