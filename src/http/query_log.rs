//! What operators typed in vain, typed anew, and chose in the end: kept, where the desk wants it, to find better.
//!
//! A console sends a word of its own, made up anew for each tab, with all it asks; queries of one tab that go on from
//! each other are one attempt. An attempt ends with a choice, with another query, or when nothing more comes.
//!
//! # Invariants
//! 1. Nothing of a caller is kept: no number (what holds five digits or more, in hanzi too, or nothing but digits is left
//!    out), no address, no token, and not the console's word.
//! 2. A lookup never waits for the log: what does not fit the queue is dropped and counted.
//! 3. The log takes a bounded room on disk.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rustc_hash::FxHashMap;
use serde::Serialize;

use crate::listing::ListingId;
use crate::{Error, Result};

/// Events held until they are written.
const HELD_MAX: usize = 4_096;
/// Bytes of a file before the next one is begun, and files kept beside it.
const FILE_BYTES_MAX: u64 = 16 << 20;
const FILES_KEPT: u32 = 4;
/// How long after a key another one belongs to the same attempt.
const ATTEMPT_WAIT: Duration = Duration::from_secs(10);
/// Consoles that are remembered at once.
const SESSIONS_MAX: usize = 10_000;
/// Queries given up before a choice that are told with it.
const BEFORE_MAX: usize = 5;
/// Digits from which on a query may be somebody's number.
const NUMBER_DIGITS: usize = 5;
/// Characters a digit is said by.
const SPOKEN_DIGITS: &str = "零〇一二三四五六七八九幺两";

/// What happened at a console.
#[derive(Debug)]
pub(super) enum Event {
    /// Something was looked up, and found or not.
    Asked { session: Option<u64>, query: String, found: bool },
    /// A hit was chosen.
    Chosen { session: Option<u64>, query: String, id: ListingId, place: u16 },
}

/// A log of queries; what was told is written before it is gone.
#[derive(Debug)]
pub struct QueryLog {
    /// `None` only while it is dropped.
    sender: Option<SyncSender<Event>>,
    writer: Option<JoinHandle<()>>,
}

impl QueryLog {
    /// Goes on with the file at `path`, or begins it; for nobody else to read.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn open(path: &Path) -> Result<QueryLog> {
        let mut files = Files::open(path)?;
        let (sender, events) = sync_channel(HELD_MAX);
        let writer = std::thread::spawn(move || keep(&events, &mut files));
        Ok(QueryLog { sender: Some(sender), writer: Some(writer) })
    }

    /// Tells what happened, without waiting; whether there was room.
    pub(super) fn tell(&self, event: Event) -> bool {
        let (Event::Asked { query, .. } | Event::Chosen { query, .. }) = &event;
        if is_number(query) {
            return true;
        }
        self.sender.as_ref().is_some_and(|sender| sender.try_send(event).is_ok())
    }
}

/// Whether `query` may be a caller's number, or the beginning of one.
fn is_number(query: &str) -> bool {
    let is_digit = |c: char| c.is_numeric() || SPOKEN_DIGITS.contains(c);
    query.chars().filter(|c| is_digit(*c)).count() >= NUMBER_DIGITS
        || query.chars().all(|c| c.is_numeric() || c.is_whitespace() || c.is_ascii_punctuation())
}

impl Drop for QueryLog {
    fn drop(&mut self) {
        self.sender = None;
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

fn keep(events: &Receiver<Event>, files: &mut Files) {
    let (mut attempts, mut failed) = (Attempts::default(), false);
    loop {
        let lines = match events.recv_timeout(ATTEMPT_WAIT / 10) {
            Ok(event) => attempts.take(event, Instant::now()),
            Err(RecvTimeoutError::Timeout) => attempts.expire(Instant::now()),
            Err(RecvTimeoutError::Disconnected) => attempts.end(),
        };
        let ended = lines.iter().try_for_each(|line| files.write(line));
        if let (Err(error), false) = (&ended, failed) {
            tracing::error!(%error, "the query log cannot be written");
        }
        failed = ended.is_err();
        if attempts.ended {
            return;
        }
    }
}

/// One line of the log.
#[derive(Debug, PartialEq, Serialize)]
struct Line {
    outcome: &'static str,
    query: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<ListingId>,
    /// Where it stood among the hits, from 1 on.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<u16>,
    /// What was typed for it before, and given up.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    before: Vec<String>,
}

impl Line {
    fn of(outcome: &'static str, query: String) -> Line {
        Line { outcome, query, id: None, place: None, before: Vec::new() }
    }
}

/// What each console is at.
#[derive(Debug, Default)]
struct Attempts {
    sessions: FxHashMap<u64, Attempt>,
    ended: bool,
}

#[derive(Debug)]
struct Attempt {
    /// The longest that was typed, and whether it was found.
    query: String,
    found: bool,
    at: Instant,
    before: Vec<String>,
}

impl Attempt {
    /// What its end tells, where it ends without a choice.
    fn given_up(&self, retyped: bool) -> Option<Line> {
        match (self.query.is_empty(), self.found, retyped) {
            (true, ..) | (_, true, false) => None,
            (_, false, _) => Some(Line::of("nothing_found", self.query.clone())),
            (_, true, true) => Some(Line::of("retyped", self.query.clone())),
        }
    }
}

impl Attempts {
    fn take(&mut self, event: Event, now: Instant) -> Vec<Line> {
        let mut lines = self.expire(now);
        match event {
            // Whoever asks without a console asks once.
            Event::Asked { session: None, query, found } => {
                lines.extend((!found).then(|| Line::of("nothing_found", query)));
            }
            Event::Asked { session: Some(session), query, found } => {
                lines.extend(self.asked(session, query, found, now));
            }
            Event::Chosen { session, query, id, place } => {
                let before = session.and_then(|session| self.sessions.remove(&session)).map(|attempt| attempt.before);
                let before = before.unwrap_or_default();
                lines.push(Line { id: Some(id), place: Some(place), before, ..Line::of("chosen", query) });
            }
        }
        lines
    }

    fn asked(&mut self, session: u64, query: String, found: bool, now: Instant) -> Option<Line> {
        if let Some(attempt) = self.sessions.get_mut(&session) {
            attempt.at = now;
            if query.starts_with(&attempt.query) {
                (attempt.query, attempt.found) = (query, found);
                return None;
            }
            // What is being taken back letter by letter is still the same attempt.
            if attempt.query.starts_with(&query) {
                return None;
            }
            let line = attempt.given_up(true);
            let given_up = std::mem::replace(&mut attempt.query, query);
            attempt.found = found;
            if attempt.before.len() < BEFORE_MAX {
                attempt.before.push(given_up);
            }
            return line;
        }
        if self.sessions.len() < SESSIONS_MAX {
            self.sessions.insert(session, Attempt { query, found, at: now, before: Vec::new() });
        }
        None
    }

    /// Ends the attempts nothing was added to for a while.
    fn expire(&mut self, now: Instant) -> Vec<Line> {
        let over = |_: &u64, attempt: &mut Attempt| now.duration_since(attempt.at) > ATTEMPT_WAIT;
        self.sessions.extract_if(over).filter_map(|(_, attempt)| attempt.given_up(false)).collect()
    }

    fn end(&mut self) -> Vec<Line> {
        self.ended = true;
        self.sessions.drain().filter_map(|(_, attempt)| attempt.given_up(false)).collect()
    }
}

/// The file that is written, and those before it: `FILE.1` is the newest of these.
struct Files {
    path: PathBuf,
    file: BufWriter<File>,
    bytes: u64,
}

impl Files {
    fn open(path: &Path) -> Result<Files> {
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path);
        let file = file.map_err(|error| Error::file("write", path, error))?;
        let bytes = file.metadata().map_err(|error| Error::file("read", path, error))?.len();
        Ok(Files { path: path.to_owned(), file: BufWriter::new(file), bytes })
    }

    fn write(&mut self, line: &Line) -> Result<()> {
        if self.bytes >= FILE_BYTES_MAX {
            for n in (1..FILES_KEPT).rev() {
                // The ones in between may never have been.
                let _ = std::fs::rename(self.nth(n), self.nth(n + 1));
            }
            match std::fs::rename(&self.path, self.nth(1)) {
                // Somebody else has put it away.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                renamed => renamed.map_err(|error| Error::file("rename", &self.path, error))?,
            }
            *self = Files::open(&self.path)?;
        }
        #[derive(Serialize)]
        struct Dated<'a> {
            at: String,
            #[serde(flatten)]
            line: &'a Line,
        }
        let dated = Dated { at: format!("{:.0}", Timestamp::now()), line };
        let mut json =
            serde_json::to_vec(&dated).map_err(|error| Error::internal(format!("cannot write JSON: {error}")))?;
        json.push(b'\n');
        self.bytes += json.len() as u64;
        let written = self.file.write_all(&json).and_then(|()| self.file.flush());
        written.map_err(|error| Error::file("write", &self.path, error))
    }

    fn nth(&self, n: u32) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".{n}"));
        name.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_a_callers_number_is_told_from_names_with_numerals() {
        for number in ["81380388", "8138", "020-8138", "一三八零零一三八零零零", "幺三八〇〇两", "找 13800 的"]
        {
            assert!(is_number(number), "{number}");
        }
        for name in ["二十一中", "三元里", "7天酒店", "第一百三十二医院", "365便利"] {
            assert!(!is_number(name), "{name}");
        }
    }

    /// Types these queries, each with whether it is found, and hands over what is told.
    fn typed(attempts: &mut Attempts, now: Instant, queries: &[(&str, bool)]) -> Vec<(&'static str, String)> {
        let asked = |(query, found): &(&str, bool)| {
            let event = Event::Asked { session: Some(1), query: (*query).to_owned(), found: *found };
            attempts.take(event, now)
        };
        queries.iter().flat_map(asked).map(|line| (line.outcome, line.query)).collect()
    }

    #[test]
    fn queries_that_go_on_from_each_other_are_one_attempt() {
        let (mut attempts, now) = (Attempts::default(), Instant::now());
        let found = [("g", true), ("gz", true), ("gzx", false), ("gz", true), ("g", true)];
        assert!(typed(&mut attempts, now, &found).is_empty());
        assert_eq!(typed(&mut attempts, now, &[("t", true)]), [("nothing_found", "gzx".to_owned())]);
        assert_eq!(typed(&mut attempts, now, &[("tt", true), ("l", true)]), [("retyped", "tt".to_owned())]);
        let event = Event::Chosen { session: Some(1), query: "l".into(), id: ListingId::new("A1").unwrap(), place: 2 };
        let chosen = attempts.take(event, now);
        assert_eq!((chosen[0].outcome, chosen[0].place), ("chosen", Some(2)));
        assert_eq!(chosen[0].before, ["gzx", "tt"]);
        assert!(typed(&mut attempts, now, &[("x", true)]).is_empty(), "the next call begins anew");
        let later = now + ATTEMPT_WAIT * 2;
        assert!(typed(&mut attempts, later, &[("y", false)]).is_empty(), "a number may be read off the list");
        assert_eq!(attempts.expire(later + ATTEMPT_WAIT * 2)[0].query, "y", "what found nothing is told");
        assert!(attempts.sessions.is_empty());
    }

    #[test]
    fn the_log_takes_a_bounded_room_and_loses_nothing_of_the_newest() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("queries.ndjson");
        let mut files = Files::open(&path).unwrap();
        for n in 0..7 {
            files.write(&Line::of("nothing_found", format!("query {n}"))).unwrap();
            files.bytes = FILE_BYTES_MAX;
        }
        let mut names: Vec<_> =
            std::fs::read_dir(directory.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
        names.sort();
        let expected =
            ["queries.ndjson", "queries.ndjson.1", "queries.ndjson.2", "queries.ndjson.3", "queries.ndjson.4"];
        assert_eq!(names, expected);
        assert!(std::fs::read_to_string(&path).unwrap().contains("query 6"));
        assert!(std::fs::read_to_string(files.nth(4)).unwrap().contains("query 2"));
    }
}
