//! `GET /v1/listings/{id}`: whole, as a text message, or as it is read out.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::header::{CONTENT_LANGUAGE, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::Problem;
use crate::desk::{Desk, ListingView, SpokenLanguage};

/// The parameters of a listing.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ListingParameters {
    format: Option<String>,
    lang: Option<String>,
}

pub(super) async fn get(
    State(desk): State<Arc<Desk>>,
    id: Result<Path<String>, PathRejection>,
    parameters: Result<Query<ListingParameters>, QueryRejection>,
) -> Result<Response, Problem> {
    let Path(id) = id.map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
    let Query(ListingParameters { format, lang }) =
        parameters.map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
    let language = lang.as_deref().map_or(Ok(SpokenLanguage::default()), SpokenLanguage::parse)?;
    let write = match format.as_deref() {
        None | Some("json") => return Ok(Json(desk.listing(&id)?).into_response()),
        Some("text") => ListingView::as_text,
        Some("speech") => ListingView::as_speech,
        Some(other) => {
            return Err(Problem::bad_request(format!("format is json, text or speech; it is {other:?}")));
        }
    };
    let text = write(&desk.listing(&id)?, language);
    let head = [(CONTENT_TYPE, "text/plain; charset=utf-8"), (CONTENT_LANGUAGE, language.tag())];
    Ok((head, text).into_response())
}
