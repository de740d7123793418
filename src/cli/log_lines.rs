//! Log lines on their way to standard error: held for a moment, and written many at once.
//!
//! A server logs a line a request. Writing each by itself, be it in a thread of its own, wakes that thread for each, which
//! costs a server a quarter of the lookups it could answer.
//!
//! # Invariants
//! 1. Who logs never waits for standard error: where lines come faster than they are taken, the newest are dropped, and
//!    how many is logged.
//! 2. A line is written whole, and what was logged before [`Writing`] is dropped is written then.

use std::io::Write;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tracing_subscriber::fmt::MakeWriter;

/// How long a line is held at most, until more have come.
const HELD_FOR: Duration = Duration::from_millis(20);
/// Bytes held at most: some ten thousand lines.
const HELD_BYTES_MAX: usize = 2 << 20;

/// What was logged and is not written yet.
#[derive(Debug, Default)]
struct Held {
    bytes: Vec<u8>,
    /// Lines that found no room.
    dropped: u64,
    ended: bool,
}

#[derive(Debug, Default)]
struct Shared {
    held: Mutex<Held>,
    /// Something is held, or nothing more will come.
    changed: Condvar,
}

impl Shared {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, line: &[u8]) {
        let mut held = self.held();
        if held.bytes.len() + line.len() > HELD_BYTES_MAX {
            held.dropped += 1;
            return;
        }
        let is_first = held.bytes.is_empty();
        held.bytes.extend_from_slice(line);
        drop(held);
        if is_first {
            self.changed.notify_one();
        }
    }

    /// Waits for lines, and for more of them; hands over what is held, and whether it is the last.
    fn next(&self, mut buffer: Vec<u8>) -> (Vec<u8>, u64, bool) {
        let nothing = |held: &mut Held| held.bytes.is_empty() && !held.ended;
        let held = self.changed.wait_while(self.held(), nothing).unwrap_or_else(PoisonError::into_inner);
        let waited = self.changed.wait_timeout_while(held, HELD_FOR, |held| !held.ended);
        let (mut held, _) = waited.unwrap_or_else(PoisonError::into_inner);
        buffer.clear();
        std::mem::swap(&mut held.bytes, &mut buffer);
        (buffer, std::mem::take(&mut held.dropped), held.ended)
    }
}

/// Takes log lines, one with each write.
#[derive(Debug, Clone)]
pub(super) struct LogLines(Arc<Shared>);

/// Writes log lines until it is dropped, and those that are held then.
#[derive(Debug)]
pub(super) struct Writing {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl LogLines {
    /// Lines are written to `out` by a thread of their own.
    pub(super) fn to(out: impl Write + Send + 'static) -> std::io::Result<(LogLines, Writing)> {
        let shared = Arc::new(Shared::default());
        let write = {
            let shared = Arc::clone(&shared);
            move || write_all(&shared, out)
        };
        let thread = Some(std::thread::Builder::new().name("log".to_owned()).spawn(write)?);
        Ok((LogLines(Arc::clone(&shared)), Writing { shared, thread }))
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        self.shared.held().ended = true;
        self.shared.changed.notify_one();
        if let Some(thread) = self.thread.take() {
            // It only ends early where it panicked, and then there is nobody to tell.
            let _ = thread.join();
        }
    }
}

fn write_all(shared: &Shared, mut out: impl Write) {
    let mut buffer = Vec::new();
    loop {
        let (lines, dropped, ended) = shared.next(std::mem::take(&mut buffer));
        // Where nobody takes the log any more, the program works on.
        let _ = out.write_all(&lines).and_then(|()| out.flush());
        buffer = lines;
        if dropped > 0 {
            tracing::warn!(dropped, "log lines came faster than they were taken");
        }
        if ended && dropped == 0 {
            return;
        }
    }
}

/// What one line is written through.
#[derive(Debug)]
pub(super) struct Line<'a>(&'a Shared);

impl Write for Line<'_> {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        self.0.push(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for LogLines {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    /// Tells of every write, and waits for leave before the first.
    struct Told {
        leave: Option<Receiver<()>>,
        writes: Sender<Vec<u8>>,
    }

    impl Write for Told {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            if let Some(leave) = self.leave.take() {
                leave.recv().map_err(std::io::Error::other)?;
            }
            self.writes.send(bytes.to_vec()).map_err(std::io::Error::other)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn log(lines: &LogLines, line: &str) {
        lines.make_writer().write_all(line.as_bytes()).unwrap();
    }

    #[test]
    fn lines_that_come_together_are_written_together_and_all_of_them_before_the_end() {
        let (writes, written) = channel();
        let (lines, writing) = LogLines::to(Told { leave: None, writes }).unwrap();
        let all: String = (0..1_000).map(|number| format!("line {number}\n")).collect();
        all.split_inclusive('\n').for_each(|line| log(&lines, line));
        drop(writing);
        let written: Vec<Vec<u8>> = written.iter().collect();
        assert_eq!(String::from_utf8(written.concat()).unwrap(), all);
        assert!(written.len() < 100, "{} writes", written.len());
    }

    #[test]
    fn who_logs_waits_for_nobody_and_what_finds_no_room_is_dropped_whole() {
        let (leave, wait) = channel();
        let (writes, written) = channel();
        let (lines, writing) = LogLines::to(Told { leave: Some(wait), writes }).unwrap();
        let line = format!("{}\n", "x".repeat(999));
        let fit = HELD_BYTES_MAX / line.len();
        // What is held when the writer takes hold of it for the first time makes room once.
        (0..3 * fit).for_each(|_| log(&lines, &line));
        leave.send(()).unwrap();
        drop(writing);
        let written = written.iter().collect::<Vec<_>>().concat();
        assert!((fit..=2 * fit).contains(&(written.len() / line.len())), "{}", written.len());
        assert_eq!(written.len() % line.len(), 0);
    }
}
