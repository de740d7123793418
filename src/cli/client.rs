//! Asking a running server, with the token in `CHAHAO_TOKEN` if there is one.

use std::time::Duration;

use serde::de::DeserializeOwned;

use crate::{Error, ErrorKind, Result};

/// How long a server may take to answer.
const ANSWER_WAIT: Duration = Duration::from_secs(10);

/// A server, and a connection to it that is kept.
#[derive(Debug)]
pub(super) struct Client {
    server: String,
    token: Option<String>,
    agent: ureq::Agent,
}

impl Client {
    /// A client of the server at `server`, such as `http://127.0.0.1:8114`.
    pub(super) fn new(server: &str) -> Client {
        let config = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(ANSWER_WAIT));
        let token = std::env::var("CHAHAO_TOKEN").ok().map(|token| token.trim().to_owned());
        Client {
            server: server.trim_end_matches('/').to_owned(),
            token: token.filter(|token| !token.is_empty()),
            agent: config.build().into(),
        }
    }

    /// What the server answers at `path`; parameters without a value are left out.
    pub(super) fn get<T: DeserializeOwned>(&self, path: &str, parameters: &[(&str, Option<&str>)]) -> Result<T> {
        let server = &self.server;
        let failed = |error: ureq::Error| Error::new(ErrorKind::Io, format!("cannot ask {server}: {error}"));
        let mut request = self.agent.get(format!("{server}{path}"));
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in parameters {
            if let Some(value) = value {
                request = request.query(*name, *value);
            }
        }
        let mut response = request.call().map_err(failed)?;
        let body = response.body_mut().read_to_string().map_err(failed)?;
        let status = response.status();
        if !status.is_success() {
            let text = format!("{server} answers {status}: {}", body.trim());
            return Err(match status.as_u16() {
                400 => Error::usage(text),
                404 => Error::not_found(text),
                // Not now: whoever can wait asks again.
                429 | 503 => Error::busy(text),
                500.. => Error::new(ErrorKind::Io, text),
                _ => Error::refused(text),
            });
        }
        serde_json::from_str(&body)
            .map_err(|error| Error::new(ErrorKind::Io, format!("{server} does not answer as chahao does: {error}")))
    }
}
