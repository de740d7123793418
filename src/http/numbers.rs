//! `GET /v1/numbers/{digits}`.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};

use super::Problem;
use super::admission::let_out;
use super::long_answers::LongAnswers;
use super::metrics::Metrics;
use super::parameters::{NoParameters, Parameters};
use crate::desk::{Desk, NumberAnswer};

/// Whose number it is: digits with or without area code.
#[utoipa::path(
    get,
    path = "/v1/numbers/{digits}",
    params(("digits" = String, Path, description = "The digits of a number")),
    responses(
        (status = 200, description = "The listings that have it, each with its referral", body = NumberAnswer),
        (status = 404, description = "Nothing found", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn get(
    State(desk): State<Arc<Desk>>,
    State(long_answers): State<LongAnswers>,
    State(metrics): State<Arc<Metrics>>,
    _: Parameters<NoParameters>,
    digits: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let Path(digits) = digits.map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
    let_out(&long_answers, &metrics, Json(desk.number(&digits)?).into_response())
}
