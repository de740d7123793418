//! `GET /v1/waiting`: batches kept until their day.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::Problem;
use super::admission::Questions;
use super::parameters::{NoParameters, Parameters};
use crate::desk::Desk;
use crate::ledger::WaitingBatch;

/// The batches that wait.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WaitingList {
    waiting: Vec<WaitingBatch>,
}

/// The batches that wait for their day, or behind one of their feed; with why those stay that were turned down.
#[utoipa::path(
    get,
    path = "/v1/waiting",
    responses(
        (status = 200, description = "Batches in the order of their days", body = WaitingList),
        (status = 404, description = "Nothing found", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn list(
    State(desk): State<Arc<Desk>>,
    State(questions): State<Arc<Questions>>,
    _: Parameters<NoParameters>,
) -> Result<Json<WaitingList>, Problem> {
    Ok(Json(WaitingList { waiting: questions.ask(move || desk.waiting()).await? }))
}
