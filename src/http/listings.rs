//! `GET /v1/listings/{id}`: whole, as a text message, or as it is read out.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_LANGUAGE, CONTENT_TYPE};
use axum::response::Response;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::Problem;
use super::admission::let_out;
use super::etag::tagged;
use super::long_answers::LongAnswers;
use super::metrics::Metrics;
use super::parameters::Parameters;
use crate::Error;
use crate::desk::{Desk, ListingView, SpokenLanguage};

/// The parameters of a listing.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ListingParameters {
    /// `json`, `text` for a text message, or `speech` for what is read out.
    #[param(value_type = Option<Format>, inline)]
    format: Option<String>,
    /// The language of the words around names and numbers: `zh`, `zh-Hant`, `yue` or `en`.
    #[param(value_type = Option<SpokenLanguage>, inline)]
    lang: Option<String>,
}

/// In which form a listing is told.
#[derive(Debug, Clone, Copy, ToSchema)]
#[schema(rename_all = "lowercase")]
enum Format {
    Json,
    Text,
    Speech,
}

impl Format {
    fn parse(text: &str) -> Result<Format, Problem> {
        match text {
            "json" => Ok(Format::Json),
            "text" => Ok(Format::Text),
            "speech" => Ok(Format::Speech),
            other => Err(Problem::bad_request(format!("format is json, text or speech; it is {other:?}"))),
        }
    }
}

/// One listing: whole, with what stands above and under it; or as it is told.
#[utoipa::path(
    get,
    path = "/v1/listings/{id}",
    operation_id = "listing",
    params(("id" = String, Path, description = "The listing's id"), ListingParameters),
    responses(
        (status = 200, description = "The listing", content((ListingView = "application/json"), (String = "text/plain"))),
        (status = 304, description = "The answer that If-None-Match names still holds"),
        (status = 404, description = "Nothing found", body = Problem, content_type = "application/problem+json")
    )
)]
pub(super) async fn get(
    State(desk): State<Arc<Desk>>,
    State(long_answers): State<LongAnswers>,
    State(metrics): State<Arc<Metrics>>,
    id: Result<Path<String>, PathRejection>,
    parameters: Result<Parameters<ListingParameters>, Problem>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Path(id) = id.map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
    let Parameters(ListingParameters { format, lang }) = parameters?;
    let language = lang.as_deref().map_or(Ok(SpokenLanguage::default()), SpokenLanguage::parse)?;
    let write = match format.as_deref().map_or(Ok(Format::Json), Format::parse)? {
        Format::Json => {
            let view = desk.listing(&id)?;
            let body =
                serde_json::to_vec(&view).map_err(|error| Error::internal(format!("cannot write JSON: {error}")))?;
            return let_out(&long_answers, &metrics, tagged(&headers, [(CONTENT_TYPE, "application/json")], body));
        }
        Format::Text => ListingView::as_text,
        Format::Speech => ListingView::as_speech,
    };
    let text = write(&desk.listing(&id)?, language);
    let head = [(CONTENT_TYPE, "text/plain; charset=utf-8"), (CONTENT_LANGUAGE, language.tag())];
    Ok(tagged(&headers, head, text.into_bytes()))
}
