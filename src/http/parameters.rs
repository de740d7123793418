//! The parameters of a request: what stands behind the `?` of its address.

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::Problem;

/// Parameters as `T` takes them.
///
/// What does not fit is a request that makes no sense, and so are bytes that are no UTF-8: looked up as signs that stand for
/// them, they would find something else than was meant.
#[derive(Debug)]
pub(super) struct Parameters<T>(pub(super) T);

/// Those of a route that takes none: whatever is given is a mistake.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NoParameters {}

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Parameters<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Parameters<T>, Problem> {
        let given = parts.uri.query().unwrap_or_default();
        if percent_decode_str(given).decode_utf8().is_err() {
            let detail = "parameters are UTF-8, every byte that is no ASCII as %XX; these hold bytes that are no UTF-8";
            return Err(Problem::bad_request(detail.to_owned()));
        }
        let read = Query::try_from_uri(&parts.uri);
        read.map(|Query(read)| Parameters(read)).map_err(|rejection| Problem::bad_request(rejection.body_text()))
    }
}
