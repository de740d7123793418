//! `GET /v1/lookup`.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query as QueryString, State};
use serde::Deserialize;

use super::Problem;
use crate::desk::{Desk, LookupAnswer};
use crate::query::{LIMIT_DEFAULT, MatchKind, Query};
use crate::text::FuzzySounds;

/// The parameters of a lookup.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LookupParameters {
    q: String,
    limit: Option<usize>,
    offset: Option<usize>,
    modes: Option<String>,
    fuzzy: Option<String>,
    area_code: Option<String>,
    locality: Option<String>,
    category: Option<String>,
}

pub(super) async fn get(
    State(desk): State<Arc<Desk>>,
    parameters: Result<QueryString<LookupParameters>, QueryRejection>,
) -> Result<Json<LookupAnswer>, Problem> {
    let QueryString(parameters) = parameters.map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
    let given = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    let modes = given(parameters.modes).as_deref().map_or(Ok(MatchKind::ALL.to_vec()), MatchKind::parse_list)?;
    let fuzzy = given(parameters.fuzzy).as_deref().map_or(Ok(FuzzySounds::Auto), FuzzySounds::parse)?;
    let query = Query::new(&parameters.q)?
        .page(parameters.limit.unwrap_or(LIMIT_DEFAULT), parameters.offset.unwrap_or(0))?
        .modes(modes)
        .fuzzy(fuzzy)
        .narrow(given(parameters.area_code), given(parameters.locality), given(parameters.category));
    Ok(Json(desk.lookup(&query)?))
}
