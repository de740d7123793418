//! What clients of HTTP/2 are owed: answers that wait until their client opens its window.
//!
//! In HTTP/2 a client says how much it is willing to take, for each answer and for all. One that says nothing keeps
//! answers waiting while it answers pings, so neither a write that blocks nor a peer that is silent tells it apart.
//!
//! # Invariants
//! 1. An answer is owed until its last byte was written out, whoever holds it meanwhile: a piece of it counts what is
//!    taken of it, and holds the debt as long as it is there.
//! 2. A client has the server's patience for an answer, and a second more for every [`TAKEN_PER_S_MIN`] bytes it took.
//! 3. A connection that asks nothing is told to end.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::body::Body as AnswerBody;
use axum::{Error as BodyError, Router};
use hyper::body::{Body, Buf, Bytes, Frame, Incoming, SizeHint};
use hyper::service::Service;
use hyper::{Request, Response};
use hyper_util::service::TowerToHyperService;

/// Bytes of an answer a client takes in a second at least, on the whole.
const TAKEN_PER_S_MIN: u64 = 4 << 10;
/// A connection may ask nothing so many times as long as a client may take over anything else.
const IDLE_TIMES: u32 = 6;
/// Answers that are remembered before those that were taken are forgotten.
const REMEMBERED_MAX: usize = 256;

/// What one connection is owed.
#[derive(Debug)]
pub(super) struct Debts(Mutex<Ledger>);

#[derive(Debug)]
struct Ledger {
    answers: Vec<Weak<Debt>>,
    /// Requests that have no answer yet.
    asked: usize,
    /// When anything was asked or owed last.
    busy_at: Instant,
}

/// An answer that was not taken whole yet.
#[derive(Debug)]
struct Debt {
    since: Instant,
    /// Bytes that were written out.
    taken: AtomicU64,
}

/// How a client stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Good,
    /// It has asked nothing for long.
    Idle,
    /// It does not take what it asked for.
    Late,
}

impl Debts {
    pub(super) fn new() -> Debts {
        Debts(Mutex::new(Ledger { answers: Vec::new(), asked: 0, busy_at: Instant::now() }))
    }

    fn ledger(&self) -> std::sync::MutexGuard<'_, Ledger> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn owe(&self) -> Arc<Debt> {
        let debt = Arc::new(Debt { since: Instant::now(), taken: AtomicU64::new(0) });
        let mut ledger = self.ledger();
        if ledger.answers.len() >= REMEMBERED_MAX {
            ledger.answers.retain(|answer| answer.strong_count() > 0);
        }
        ledger.answers.push(Arc::downgrade(&debt));
        debt
    }

    /// How the client stands `now`, where it has `patience` for an answer.
    pub(super) fn standing(&self, now: Instant, patience: Duration) -> Standing {
        let mut ledger = self.ledger();
        let mut late = false;
        ledger.answers.retain(|answer| {
            let Some(debt) = answer.upgrade() else { return false };
            let more = Duration::from_secs_f64(debt.taken.load(Ordering::Relaxed) as f64 / TAKEN_PER_S_MIN as f64);
            late |= now.saturating_duration_since(debt.since) > patience + more;
            true
        });
        if late {
            return Standing::Late;
        }
        if ledger.asked > 0 || !ledger.answers.is_empty() {
            ledger.busy_at = now;
        }
        match now.saturating_duration_since(ledger.busy_at) > patience * IDLE_TIMES {
            true => Standing::Idle,
            false => Standing::Good,
        }
    }
}

/// A request without an answer yet; its client may also take it back.
struct Asked(Arc<Debts>);

impl Asked {
    fn new(debts: &Arc<Debts>) -> Asked {
        debts.ledger().asked += 1;
        Asked(Arc::clone(debts))
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        let mut ledger = self.0.ledger();
        ledger.asked = ledger.asked.saturating_sub(1);
        ledger.busy_at = Instant::now();
    }
}

/// The routes, answering one connection.
pub(super) struct Owing {
    pub(super) service: TowerToHyperService<Router>,
    pub(super) debts: Arc<Debts>,
}

impl Service<Request<Incoming>> for Owing {
    type Response = Response<Owed>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Owed>, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let asked = Asked::new(&self.debts);
        let answering = self.service.call(request);
        Box::pin(async move {
            let answer = answering.await?;
            let debt = asked.0.owe();
            Ok(answer.map(|body| Owed { body, debt }))
        })
    }
}

/// An answer's body.
pub(super) struct Owed {
    body: AnswerBody,
    debt: Arc<Debt>,
}

impl Body for Owed {
    type Data = Piece;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Piece>, BodyError>>> {
        let debt = Arc::clone(&self.debt);
        let frame = Pin::new(&mut self.body).poll_frame(context);
        frame.map_ok(|frame| frame.map_data(|bytes| Piece { bytes, debt }))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A piece of an answer; it knows what was written of it.
pub(super) struct Piece {
    bytes: Bytes,
    debt: Arc<Debt>,
}

impl Buf for Piece {
    fn remaining(&self) -> usize {
        self.bytes.remaining()
    }

    fn chunk(&self) -> &[u8] {
        self.bytes.chunk()
    }

    fn advance(&mut self, count: usize) {
        self.bytes.advance(count);
        self.debt.taken.fetch_add(count as u64, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(10);

    #[test]
    fn a_client_is_late_where_it_takes_an_answer_too_slowly_and_idle_where_it_asks_nothing() {
        let debts = Arc::new(Debts::new());
        let now = Instant::now();
        let after = |seconds: u64| now + Duration::from_secs(seconds);
        assert_eq!(debts.standing(after(50), PATIENCE), Standing::Good);
        assert_eq!(debts.standing(after(70), PATIENCE), Standing::Idle);
        let asked = Asked::new(&debts);
        assert_eq!(debts.standing(after(700), PATIENCE), Standing::Good, "an answer that is being made");
        let debt = debts.owe();
        drop(asked);
        let mut piece = Piece { bytes: Bytes::from(vec![0; 64 << 10]), debt };
        assert_eq!(debts.standing(after(9), PATIENCE), Standing::Good);
        assert_eq!(debts.standing(after(12), PATIENCE), Standing::Late);
        piece.advance(8 << 10);
        assert_eq!(debts.standing(after(11), PATIENCE), Standing::Good, "two seconds more for 8 KB");
        assert_eq!(debts.standing(after(14), PATIENCE), Standing::Late);
        drop(piece);
        assert_eq!(debts.standing(after(14), PATIENCE), Standing::Good, "what was taken is not owed");
        assert!(debts.ledger().answers.is_empty());
    }

    #[test]
    fn answers_that_were_taken_are_forgotten() {
        let debts = Debts::new();
        (0..10_000).for_each(|_| drop(debts.owe()));
        assert!(debts.ledger().answers.len() <= REMEMBERED_MAX);
    }
}
