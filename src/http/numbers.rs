//! `GET /v1/numbers/{digits}`.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};

use super::Problem;
use crate::desk::{Desk, NumberAnswer};

pub(super) async fn get(
    State(desk): State<Arc<Desk>>,
    digits: Result<Path<String>, PathRejection>,
) -> Result<Json<NumberAnswer>, Problem> {
    let Path(digits) = digits.map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
    Ok(Json(desk.number(&digits)?))
}
