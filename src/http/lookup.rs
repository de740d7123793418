//! `GET /v1/lookup`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName};
use axum::response::IntoResponse;
use serde::Deserialize;
use utoipa::IntoParams;

use super::Problem;
use super::guard::session_word;
use super::metrics::Metrics;
use super::parameters::Parameters;
use super::query_log::{Event, QueryLog};
use crate::desk::{Desk, LookupAnswer};
use crate::query::{LIMIT_DEFAULT, MatchKind, Query};
use crate::text::FuzzySounds;

/// Where browsers look for how long the server took.
const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// The parameters of a lookup.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct LookupParameters {
    /// What was typed: 1 to 64 characters after trimming.
    #[param(min_length = 1, max_length = 64)]
    q: String,
    /// Hits at most, 1 to 50; 10 where nothing is said.
    #[param(minimum = 1, maximum = 50)]
    limit: Option<usize>,
    /// Hits to skip, at most 200.
    #[param(maximum = 200)]
    offset: Option<usize>,
    /// Kinds of match to ask for, parted by commas; all where nothing is said.
    #[param(value_type = Option<Vec<MatchKind>>, style = Form, explode = false)]
    modes: Option<String>,
    /// Sounds that count as the same: `auto`, `off`, or pairs such as `zh/z,n/l`.
    fuzzy: Option<String>,
    /// Only listings of this area code.
    area_code: Option<String>,
    /// Only listings of districts that hold this text; with `=` in front, of just this district.
    locality: Option<String>,
    /// Only listings of categories that hold this text; with `=` in front, of just this category.
    category: Option<String>,
}

/// Looks up what was typed.
#[utoipa::path(
    get,
    path = "/v1/lookup",
    operation_id = "lookup",
    params(LookupParameters),
    responses(
        (status = 200, description = "The hits, the best first", body = LookupAnswer)
    )
)]
pub(super) async fn get(
    State(desk): State<Arc<Desk>>,
    State(metrics): State<Arc<Metrics>>,
    State(log): State<Option<Arc<QueryLog>>>,
    headers: HeaderMap,
    parameters: Result<Parameters<LookupParameters>, Problem>,
) -> Result<impl IntoResponse, Problem> {
    let Parameters(parameters) = parameters?;
    let given = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    let modes = given(parameters.modes).as_deref().map_or(Ok(MatchKind::ALL.to_vec()), MatchKind::parse_list)?;
    let fuzzy = given(parameters.fuzzy).as_deref().map_or(Ok(FuzzySounds::Auto), FuzzySounds::parse)?;
    let query = Query::new(&parameters.q)?
        .page(parameters.limit.unwrap_or(LIMIT_DEFAULT), parameters.offset.unwrap_or(0))?
        .modes(modes)
        .fuzzy(fuzzy)
        .narrow(given(parameters.area_code), given(parameters.locality), given(parameters.category));
    let answer = desk.lookup(&query)?;
    metrics.looked_up(&answer);
    if let Some(log) = log {
        let (session, found) = (session_word(&headers), !answer.hits.is_empty());
        if !log.tell(Event::Asked { session, query: query.text().to_owned(), found }) {
            metrics.query_log_dropped.inc();
        }
    }
    // Milliseconds, as the header has it.
    let timing = format!("lookup;dur={}.{:03}", answer.took_us / 1_000, answer.took_us % 1_000);
    Ok(([(SERVER_TIMING, timing)], Json(answer)))
}
