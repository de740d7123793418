//! `GET /v1/facets`: what lookups can be narrowed to.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;

use super::Problem;
use super::admission::Questions;
use super::parameters::{NoParameters, Parameters};
use crate::desk::{Desk, FacetAnswer};

/// The localities and categories there are. A lookup is narrowed to just one of them by `=` in front of it.
#[utoipa::path(
    get,
    path = "/v1/facets",
    operation_id = "facets",
    responses((status = 200, description = "Each kind, those of most listings first", body = FacetAnswer))
)]
pub(super) async fn get(
    State(desk): State<Arc<Desk>>,
    State(questions): State<Arc<Questions>>,
    _: Parameters<NoParameters>,
) -> Result<Json<FacetAnswer>, Problem> {
    Ok(Json(questions.ask(move || desk.facets()).await?))
}
