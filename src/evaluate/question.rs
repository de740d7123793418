//! Query files: one line a query, with what is meant and the kind of query it is.
//!
//! ```text
//! # a comment
//! query <TAB> expected <TAB> kind
//! ```
//!
//! `expected` is the id of a listing or, where no listing has such an id, a name; several, any of which will do, are
//! parted by `|`.

use std::fmt;
use std::io::BufRead;

use crate::query::Query;
use crate::{Error, Result};

/// Bad lines told of one file at most.
const BAD_LINES_MAX: usize = 10;

/// One line of a query file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// What is typed.
    pub query: String,
    /// Ids or names of the listings meant, any of which will do.
    pub expected: Vec<String>,
    /// The kind of query, such as `prefix`.
    pub kind: String,
}

impl Question {
    /// A question, if it can stand on a line of a query file.
    ///
    /// # Errors
    /// Usage, with what is wrong.
    ///
    /// # Examples
    /// ```
    /// use chahao::evaluate::Question;
    /// let question = Question::new("gzjj", "GZ-1|广州酒家", "initials")?;
    /// assert_eq!(question.expected, ["GZ-1", "广州酒家"]);
    /// assert_eq!(question.to_string(), "gzjj\tGZ-1|广州酒家\tinitials");
    /// assert!(Question::new("gzjj", "", "initials").is_err());
    /// # Ok::<(), chahao::Error>(())
    /// ```
    pub fn new(query: &str, expected: &str, kind: &str) -> Result<Question> {
        let query = Query::new(query)?.text().to_owned();
        if query.starts_with('#') || query.contains(['\t', '\n', '\r']) {
            return Err(Error::usage(format!("a query holds no tab and does not begin with #; it is {query:?}")));
        }
        let expected: Vec<String> = expected.split('|').map(|one| one.trim().to_owned()).collect();
        if expected.iter().any(|one| one.is_empty() || one.contains(['\t', '\n', '\r'])) {
            return Err(Error::usage("ids or names parted by | were expected; one is empty"));
        }
        let kind = kind.trim().to_owned();
        if kind.is_empty() || kind.contains(['\t', '\n', '\r']) {
            return Err(Error::usage("the kind of query is empty"));
        }
        Ok(Question { query, expected, kind })
    }

    fn parse(line: &str) -> Result<Question> {
        match line.split('\t').collect::<Vec<_>>().as_slice() {
            [query, expected, kind] => Question::new(query, expected, kind),
            columns => {
                let came = columns.len();
                Err(Error::usage(format!(
                    "three columns parted by tabs were expected: query, id or name, kind; there are {came}"
                )))
            }
        }
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\t{}\t{}", self.query, self.expected.join("|"), self.kind)
    }
}

/// Reads a query file; empty lines and lines that begin with `#` are skipped.
///
/// # Errors
/// Refused, with the numbers of the bad lines, when one is no question, or when there is none at all; otherwise when it
/// cannot be read.
pub fn read_questions(reader: impl BufRead) -> Result<Vec<Question>> {
    let mut questions = Vec::new();
    let mut bad: Vec<String> = Vec::new();
    for (at, line) in reader.split(b'\n').enumerate() {
        let line =
            line.map_err(|error| Error::new(crate::ErrorKind::Io, "cannot read the queries").caused_by(error))?;
        let parsed = match std::str::from_utf8(&line) {
            Ok(line) => {
                let line = line.trim_end_matches('\r').trim_start_matches('\u{feff}');
                if line.trim().is_empty() || line.starts_with('#') {
                    continue;
                }
                Question::parse(line)
            }
            Err(_) => Err(Error::usage("the line is no UTF-8")),
        };
        match parsed {
            Ok(question) => questions.push(question),
            Err(error) => bad.push(format!("line {}: {error}", at + 1)),
        }
    }
    if !bad.is_empty() {
        let more = bad.len().saturating_sub(BAD_LINES_MAX);
        bad.truncate(BAD_LINES_MAX);
        if more > 0 {
            bad.push(format!("and {more} more bad lines"));
        }
        return Err(Error::refused(bad.join("\n")));
    }
    if questions.is_empty() {
        return Err(Error::refused("there are no queries"));
    }
    Ok(questions)
}
