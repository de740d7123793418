//! Rows read ahead of whoever takes them: reading and checking keep one core busy, writing another.
//!
//! Invariants:
//! 1. Rows are taken in the order in which they stand.
//! 2. What is ahead is bounded in rows and in bytes of the file.
//!
//! Rows go back to where they were read once they are taken: memory that one thread asks for and another gives back costs
//! more than what is done with it.

use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::thread;

use super::{Rejection, Row, Rows};
use crate::{Error, Result};

/// Rows handed over together at most.
const ROWS_TOGETHER: usize = 256;
/// Bytes of the file from which rows are handed over, however few.
const BYTES_TOGETHER: u64 = 1 << 20;
/// How many times that may be ahead.
const AHEAD_MAX: usize = 4;

impl Rows {
    /// Hands every row or refusal, as `prepare` makes it, to `take`, which leaves what it does not need. Reading and
    /// `prepare` run on a thread of their own.
    ///
    /// # Errors
    /// The first one of `take` or `prepare`, or when the file cannot be read any further.
    pub(crate) fn each_ahead<P: Send>(
        &mut self,
        prepare: impl Fn(Result<Row, Rejection>) -> Result<P> + Send,
        mut take: impl FnMut(&mut P) -> Result<()>,
    ) -> Result<()> {
        thread::scope(|scope| {
            let (sender, receiver) = sync_channel::<Vec<P>>(AHEAD_MAX);
            let (back, taken) = channel();
            let reading = thread::Builder::new()
                .name("read rows".to_owned())
                .spawn_scoped(scope, move || self.hand_over(prepare, &sender, &taken))
                .map_err(|error| Error::internal(format!("cannot start a thread: {error}")).caused_by(error))?;
            // Where `take` fails the receiver is dropped with this statement, and the reader stops.
            let taken = receiver.into_iter().try_for_each(|mut rows| {
                let outcome = rows.iter_mut().try_for_each(&mut take);
                // Nobody takes them back once the file is read.
                let _ = back.send(rows);
                outcome
            });
            let read = reading.join().unwrap_or_else(|panic| resume_unwind(panic));
            taken.and(read)
        })
    }

    fn hand_over<P: Send>(
        &mut self,
        prepare: impl Fn(Result<Row, Rejection>) -> Result<P>,
        sender: &SyncSender<Vec<P>>,
        taken: &Receiver<Vec<P>>,
    ) -> Result<()> {
        let (mut together, mut bytes) = (Vec::with_capacity(ROWS_TOGETHER), 0);
        while let Some(row) = self.next_row()? {
            bytes += row.as_ref().map_or_else(|rejection| rejection.span.1, |row| row.origin.span.1);
            together.push(prepare(row)?);
            if together.len() == ROWS_TOGETHER || bytes >= BYTES_TOGETHER {
                let full = std::mem::replace(&mut together, Vec::with_capacity(ROWS_TOGETHER));
                if sender.send(full).is_err() {
                    return Ok(());
                }
                bytes = 0;
                taken.try_iter().for_each(drop);
            }
        }
        // Nobody listens where `take` failed; it says so itself.
        let _ = sender.send(together);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::Input;

    fn rows(count: usize) -> Rows {
        let text: String = (0..count).map(|n| format!("{{\"id\":\"A{n}\",\"name\":\"店{n}\"}}\n")).collect();
        Rows::open(&Input::from_reader("rows", text.as_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn rows_come_in_order_whatever_their_number() {
        for count in [1, ROWS_TOGETHER - 1, ROWS_TOGETHER, ROWS_TOGETHER * (AHEAD_MAX + 3) + 5] {
            let mut lines = Vec::new();
            let taken = rows(count).each_ahead(
                |row| Ok(row.unwrap().origin.line),
                |line| {
                    lines.push(*line);
                    Ok(())
                },
            );
            taken.unwrap();
            assert!(lines.into_iter().eq(1..=count as u64), "{count}");
        }
    }

    #[test]
    fn reading_stops_where_taking_or_preparing_fails() {
        let many = ROWS_TOGETHER * (AHEAD_MAX + 20);
        let fail = || Error::internal("enough".to_owned());
        let mut taken = 0;
        let take = |_: &mut _| {
            taken += 1;
            if taken == 3 { Err(fail()) } else { Ok(()) }
        };
        let mut left = rows(many);
        assert!(left.each_ahead(Ok, take).unwrap_err().to_string().contains("enough"));
        assert!(left.next_row().unwrap().is_some(), "the file was read to its end");
        assert_eq!(taken, 3);
        let prepared = rows(many).each_ahead(|_| Err::<(), _>(fail()), |_| Ok(()));
        assert!(prepared.unwrap_err().to_string().contains("enough"));
    }
}
