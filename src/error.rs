//! The one error type of the crate.
//!
//! An [`Error`] has a kind, a text for people (what was expected, what came, what to do) and, where
//! there is one, the error underneath. The kind decides the exit code (in `cli`) and the HTTP status
//! (in `http::problem`); nothing else maps errors to either.

use std::error::Error as StdError;
use std::fmt;
use std::path::Path;

/// What went wrong, as far as a caller has to act differently on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The request itself makes no sense: a bad flag, an over-long query, an unknown parameter.
    Usage,
    /// The thing asked for does not exist.
    NotFound,
    /// The input was read and turned down: an unreadable file, a batch out of order, too many rejects.
    Refused,
    /// Stored data does not hold what its checksum, hash or count says it holds.
    Damaged,
    /// Another process holds what is needed, or nothing is ready yet; trying again may help.
    Busy,
    /// The operating system refused a read, a write or a connection.
    Io,
    /// Anything else: a bug, or a library that failed in a way with no better name.
    Internal,
}

/// An error with its kind, its text and its cause.
///
/// # Examples
///
/// ```
/// use chahao::Error;
/// let error = Error::not_found("no listing has the id \"GZ-9\"").context("show");
/// assert!(error.is_not_found());
/// assert_eq!(error.to_string(), "show: no listing has the id \"GZ-9\"");
/// ```
pub struct Error {
    /// Decides exit code and HTTP status.
    kind: ErrorKind,
    /// Written for the person who reads it; contexts are put in front, parted by `: `.
    text: String,
    /// The error underneath, for logs.
    source: Option<Box<dyn StdError + Send + Sync>>,
    /// What is told elsewhere in place of the text, where that names what is on this machine.
    told_elsewhere: Option<String>,
}

/// `Result` with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of any kind.
    pub fn new(kind: ErrorKind, text: impl Into<String>) -> Error {
        Error { kind, text: text.into(), source: None, told_elsewhere: None }
    }

    /// The request makes no sense; say what was expected and what came.
    pub fn usage(text: impl Into<String>) -> Error {
        Error::new(ErrorKind::Usage, text)
    }

    /// The thing asked for does not exist.
    pub fn not_found(text: impl Into<String>) -> Error {
        Error::new(ErrorKind::NotFound, text)
    }

    /// The input is turned down whole; say why and what to do.
    pub fn refused(text: impl Into<String>) -> Error {
        Error::new(ErrorKind::Refused, text)
    }

    /// Stored data is damaged; say which file and how to repair it.
    pub fn damaged(text: impl Into<String>) -> Error {
        Error::new(ErrorKind::Damaged, text)
    }

    /// Not now; say what is waited for.
    pub fn busy(text: impl Into<String>) -> Error {
        Error::new(ErrorKind::Busy, text)
    }

    /// A fault of this program.
    pub fn internal(text: impl Into<String>) -> Error {
        Error::new(ErrorKind::Internal, text)
    }

    /// A failed operation on a file: `verb` as in "cannot read".
    pub fn file(verb: &str, path: &Path, source: std::io::Error) -> Error {
        let text = format!("cannot {verb} {}: {source}", path.display());
        Error::new(ErrorKind::Io, text).caused_by(source)
    }

    /// The same error with the error underneath attached.
    #[must_use]
    pub fn caused_by(mut self, source: impl StdError + Send + Sync + 'static) -> Error {
        self.source = Some(Box::new(source));
        self
    }

    /// The same error with `context` in front of its text.
    #[must_use]
    pub fn context(mut self, context: impl fmt::Display) -> Error {
        self.text = format!("{context}: {}", self.text);
        self
    }

    /// The same error, of which whoever is not on this machine is told `text`: its own names places on it.
    #[must_use]
    pub fn told_elsewhere_as(mut self, text: impl Into<String>) -> Error {
        self.told_elsewhere = Some(text.into());
        self
    }

    /// The text for whoever is not on this machine.
    pub fn text_elsewhere(&self) -> &str {
        self.told_elsewhere.as_deref().unwrap_or(&self.text)
    }

    /// What went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The request itself makes no sense.
    pub fn is_usage(&self) -> bool {
        self.kind == ErrorKind::Usage
    }

    /// The thing asked for does not exist.
    pub fn is_not_found(&self) -> bool {
        self.kind == ErrorKind::NotFound
    }

    /// The input was turned down whole.
    pub fn is_refused(&self) -> bool {
        self.kind == ErrorKind::Refused
    }

    /// Stored data is damaged.
    pub fn is_damaged(&self) -> bool {
        self.kind == ErrorKind::Damaged
    }

    /// Trying again later may help.
    pub fn is_busy(&self) -> bool {
        self.kind == ErrorKind::Busy
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.kind)
            .field("text", &self.text)
            .field("source", &self.source)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

/// Whether a value was no such value as its column holds.
fn is_misread(error: &rusqlite::Error) -> bool {
    use rusqlite::Error::{FromSqlConversionFailure, IntegralValueOutOfRange, InvalidColumnType};
    matches!(error, FromSqlConversionFailure(..) | IntegralValueOutOfRange(..) | InvalidColumnType(..))
}

impl From<rusqlite::Error> for Error {
    fn from(source: rusqlite::Error) -> Error {
        use rusqlite::ErrorCode;
        if matches!(source, rusqlite::Error::ToSqlConversionFailure(_)) {
            // A number of a request that no ledger counts up to.
            let text =
                format!("numbers of batches and changes go up to {}; one that was asked for is beyond", i64::MAX);
            return Error::usage(text).caused_by(source);
        }
        let kind = match source.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => ErrorKind::Busy,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => ErrorKind::Damaged,
            Some(ErrorCode::DiskFull | ErrorCode::CannotOpen | ErrorCode::SystemIoFailure | ErrorCode::ReadOnly) => {
                ErrorKind::Io
            }
            // The tables are strict and texts in them UTF-8: what came otherwise was not written so.
            None if is_misread(&source) => ErrorKind::Damaged,
            _ => ErrorKind::Internal,
        };
        let hint = if kind == ErrorKind::Io { "; is the disk full, or the file not ours to write?" } else { "" };
        Error::new(kind, format!("ledger: {source}{hint}")).caused_by(source)
    }
}

impl From<tantivy::TantivyError> for Error {
    fn from(source: tantivy::TantivyError) -> Error {
        use tantivy::TantivyError;
        let kind = match &source {
            TantivyError::DataCorruption(_) | TantivyError::IncompatibleIndex(_) => ErrorKind::Damaged,
            TantivyError::IoError(_) | TantivyError::OpenReadError(_) | TantivyError::OpenWriteError(_) => {
                ErrorKind::Io
            }
            // What a thread of the index writer met it keeps to itself, and it does nothing but write.
            TantivyError::ErrorInThread(_) => {
                let text = "the posting lists cannot be written: the disk is full or failing; what was there stands, so \
                            look after the disk and run it again";
                return Error::new(ErrorKind::Io, text.to_owned()).caused_by(source);
            }
            _ => ErrorKind::Internal,
        };
        Error::new(kind, format!("index: {source}")).caused_by(source)
    }
}
