//! Answers that take much memory: how much of it all clients together can have waiting for them.
//!
//! # Invariants
//! 1. A long answer is handed over in pieces, and counts for what was not handed over: at most [`HELD_BYTES_MAX`] in all,
//!    and one answer beyond that.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use axum::Error as BodyError;
use axum::body::{Body as AnswerBody, Bytes};
use axum::response::Response;
use hyper::body::{Body, Frame, SizeHint};

/// Bytes of long answers that wait for their clients at most.
const HELD_BYTES_MAX: u64 = 128 << 20;
/// Bytes from which on an answer is long: a page of lookups has less.
const LONG_BYTES: u64 = 64 << 10;
/// Bytes handed over at once.
const PIECE_BYTES: usize = 16 << 10;

/// What waits.
#[derive(Debug, Clone, Default)]
pub(super) struct LongAnswers(Arc<AtomicU64>);

impl LongAnswers {
    /// The same answer, counted; `None` where too much waits already.
    pub(super) fn take(&self, answer: Response) -> Option<Response> {
        let Some(length) = answer.body().size_hint().exact().filter(|length| *length >= LONG_BYTES) else {
            return Some(answer);
        };
        let before = self.0.fetch_add(length, Ordering::AcqRel);
        let held = Held { all: self.clone(), left: length };
        if before >= HELD_BYTES_MAX {
            return None;
        }
        Some(answer.map(|body| AnswerBody::new(Long { body, piece: Bytes::new(), held })))
    }
}

/// A share of what waits; given back when dropped.
struct Held {
    all: LongAnswers,
    left: u64,
}

impl Held {
    fn hand_over(&mut self, bytes: u64) {
        let bytes = bytes.min(self.left);
        self.left -= bytes;
        self.all.0.fetch_sub(bytes, Ordering::AcqRel);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.hand_over(self.left);
    }
}

/// The body of a long answer.
struct Long {
    body: AnswerBody,
    /// What came of the body and was not handed over.
    piece: Bytes,
    held: Held,
}

impl Body for Long {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        while self.piece.is_empty() {
            match Pin::new(&mut self.body).poll_frame(context) {
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(data) => self.piece = data,
                    Err(other) => return Poll::Ready(Some(Ok(other))),
                },
                other => return other,
            }
        }
        let length = self.piece.len().min(PIECE_BYTES);
        let piece = self.piece.split_to(length);
        self.held.hand_over(length as u64);
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.piece.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.held.left)
    }
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use axum::response::IntoResponse;

    use super::*;

    #[test]
    fn answers_beyond_the_bound_wait_for_nobody_and_what_was_taken_makes_room() {
        let all = LongAnswers::default();
        let answer = |length: usize| vec![7_u8; length].into_response();
        let waiting = all.take(answer(HELD_BYTES_MAX as usize)).unwrap();
        assert!(all.take(answer(LONG_BYTES as usize)).is_none(), "too much waits");
        assert!(all.take(answer(1_000)).is_some(), "what is short takes no room");
        drop(waiting);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let long = all.take(answer(1 << 20)).unwrap();
        assert_eq!(long.body().size_hint().exact(), Some(1 << 20));
        let taken = runtime.block_on(to_bytes(long.into_body(), usize::MAX)).unwrap();
        assert!(taken.len() == 1 << 20 && taken.iter().all(|byte| *byte == 7));
        assert_eq!(all.0.load(Ordering::Acquire), 0);
    }
}
