//! `GET /healthz` and `GET /readyz`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::admission::{Probes, Questions};
use crate::Error;
use crate::compactor::CompactorStatus;
use crate::desk::Desk;

/// How long who asks waits for whoever looks just now.
const LOOK_WAIT: Duration = Duration::from_secs(2);
/// Batches the index may be behind the ledger before the server calls itself not ready.
const LAG_BATCHES_MAX: u64 = 10;

/// Whether lookups are answered, and from what.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Readiness {
    ready: bool,
    /// The ledger seq lookups are answered from.
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<u64>,
    /// Batches the ledger is ahead; absent where it cannot be asked, or is elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    lag_batches: Option<u64>,
    /// What a watching compactor said of itself last.
    #[serde(skip_serializing_if = "Option::is_none")]
    compactor: Option<CompactorStatus>,
    /// Whether one watches now; absent where none ever said anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    compactor_is_alive: Option<bool>,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}

/// The process lives.
#[utoipa::path(get, path = "/healthz", operation_id = "liveness", responses((status = 200, description = "It does", body = String, content_type = "text/plain")))]
pub(super) async fn live() -> &'static str {
    "ok\n"
}

/// How ledger and compactor stood at one moment.
#[derive(Debug, Clone)]
struct Looked {
    /// Batches the ledger is ahead; `None` where it cannot be read, `Some(None)` where it is elsewhere.
    lag: Option<Option<u64>>,
    ledger_is_gone: bool,
    compactor: Option<(CompactorStatus, bool)>,
}

impl Looked {
    fn at(desk: &Desk) -> Looked {
        let lag = desk.lag_batches_here();
        let ledger_is_gone = lag.as_ref().is_err_and(Error::is_not_found);
        let lag = lag.inspect_err(|error| tracing::warn!(%error, "not ready")).ok();
        Looked { lag, ledger_is_gone, compactor: told_by_compactor(desk) }
    }
}

/// When they were looked at last, and how they stood.
#[derive(Debug, Default)]
pub(super) struct LastLook(tokio::sync::Mutex<Option<(Instant, Looked)>>);

impl LastLook {
    /// How they stand; `None` where that takes too long. Many that ask at once are told of one look, which began after each of
    /// them had asked.
    async fn looked(&self, desk: Arc<Desk>, questions: &Questions) -> Option<Looked> {
        let asked = Instant::now();
        let mut last = tokio::time::timeout(LOOK_WAIT, self.0.lock()).await.ok()?;
        if let Some((_, looked)) = last.as_ref().filter(|(begun, _)| *begun >= asked) {
            return Some(looked.clone());
        }
        // The ledger is a file on disk: asking it must not hold up the lookups of this thread.
        let begun = Instant::now();
        let looked = questions.ask(move || Ok(Looked::at(&desk))).await.ok()?;
        *last = Some((begun, looked.clone()));
        Some(looked)
    }
}

/// What a compactor said last, and whether one watches now.
fn told_by_compactor(desk: &Desk) -> Option<(CompactorStatus, bool)> {
    desk.compactor_status().map(|status| (status, desk.is_watched()))
}

/// Whether an index is open and in step with the ledger; why not.
#[utoipa::path(
    get,
    path = "/readyz",
    operation_id = "readiness",
    responses(
        (status = 200, description = "Ready", body = Readiness),
        (status = 503, description = "Not ready; it says why", body = Readiness)
    )
)]
pub(super) async fn ready(
    State(desk): State<Arc<Desk>>,
    State(Probes(questions)): State<Probes>,
    State(last): State<Arc<LastLook>>,
) -> Response {
    let seq = desk.current().map(|current| current.seq);
    let looked = last.looked(desk, &questions).await;
    let asked = looked.is_some();
    let (lag, is_gone, compactor) =
        looked.map_or((None, false, None), |looked| (looked.lag, looked.ledger_is_gone, looked.compactor));
    let (compactor, compactor_is_alive) = compactor.unzip();
    // Its text may quote what is stored; that is for its log.
    let compactor = compactor.map(|status| CompactorStatus {
        last_error: status.last_error.map(|_| "see chahao compact --status".to_owned()),
        ..status
    });
    let reason = match (seq, lag) {
        (None, _) => Some("there is no index yet; run chahao compact"),
        (_, None) if !asked => Some("too many ask just now; ask again in a second"),
        (_, None) if is_gone => Some("the ledger is gone"),
        (_, None) => Some("the ledger cannot be read"),
        (_, Some(Some(lag))) if lag > LAG_BATCHES_MAX => {
            Some("the index is behind the ledger; is a compactor running?")
        }
        _ => None,
    };
    let status = if reason.is_none() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (
        status,
        Json(Readiness {
            ready: reason.is_none(),
            seq,
            lag_batches: lag.flatten(),
            compactor,
            compactor_is_alive,
            reason,
        }),
    )
        .into_response()
}
