//! Asking a running server: where it is, with which token, and by which certificates it is believed.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde::de::DeserializeOwned;

use crate::remote::{Remote, Trust};
use crate::{Error, ErrorKind, Result};

/// How long a server may take to answer.
const ANSWER_WAIT: Duration = Duration::from_secs(10);
/// Where a token is looked for that no flag names.
const TOKEN_VARIABLE: &str = "CHAHAO_TOKEN";

/// How a server is asked.
#[derive(Debug, Args)]
pub(super) struct ConnectArgs {
    /// The token to ask the server with; whoever is on this machine can see it, unlike one in CHAHAO_TOKEN.
    #[arg(long, value_name = "TOKEN", conflicts_with = "token_file")]
    token: Option<String>,
    /// A file that holds the token [default: the token in CHAHAO_TOKEN].
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Believe a server over https by the certificates in this PEM file alone [default: those the system believes].
    #[arg(long, value_name = "FILE", env = "CHAHAO_CA")]
    ca: Option<PathBuf>,
}

impl ConnectArgs {
    /// The server at `url`.
    pub(super) fn remote(&self, url: &str) -> Result<Remote> {
        let token = match (&self.token, &self.token_file) {
            (Some(token), _) => Some(token.clone()),
            (None, Some(path)) => {
                let text = std::fs::read_to_string(path).map_err(|error| Error::file("read the token in", path, error));
                let token = text?.trim().to_owned();
                if token.is_empty() {
                    return Err(Error::usage(format!("{} holds no token", path.display())));
                }
                Some(token)
            }
            (None, None) => std::env::var(TOKEN_VARIABLE).ok(),
        };
        Remote::new(url, token.as_deref(), self.ca.clone().map_or(Trust::System, Trust::File))
    }
}

/// Which server is asked in place of the index here, if any.
#[derive(Debug, Args)]
pub(super) struct ServerArgs {
    /// Ask a running server, such as https://desk.example:8114, instead of the index here.
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    #[command(flatten)]
    connect: ConnectArgs,
}

impl ServerArgs {
    /// A client of the server; `None` where the index here is asked.
    pub(super) fn client(&self) -> Result<Option<Client>> {
        match &self.server {
            Some(url) => Ok(Some(Client::new(self.connect.remote(url)?)?)),
            None if self.connect.token.is_some() || self.connect.token_file.is_some() => {
                Err(Error::usage("a token is for a server: --server URL says which"))
            }
            None => Ok(None),
        }
    }
}

/// A server, and a connection to it that is kept.
#[derive(Debug)]
pub(super) struct Client {
    remote: Remote,
    agent: ureq::Agent,
}

impl Client {
    fn new(remote: Remote) -> Result<Client> {
        // Nobody is led elsewhere with a question: a redirection is told as it came.
        let mut config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0);
        config = config.timeout_global(Some(ANSWER_WAIT));
        if let Some(tls) = remote.tls_of_agent()? {
            config = config.tls_config(tls);
        }
        Ok(Client { remote, agent: config.build().into() })
    }

    /// How the server is told.
    pub(super) fn name(&self) -> String {
        self.remote.url()
    }

    /// What the server answers at `path`; parameters without a value are left out.
    pub(super) fn get<T: DeserializeOwned>(&self, path: &str, parameters: &[(&str, Option<&str>)]) -> Result<T> {
        let server = self.remote.url();
        let failed = |error: ureq::Error| match error {
            ureq::Error::Io(error) => self.remote.failed(error),
            error => Error::new(ErrorKind::Io, format!("cannot ask {server}: {error}")),
        };
        let mut request = self.agent.get(format!("{server}{path}"));
        if let Some(value) = self.remote.authorization() {
            request = request.header("authorization", value);
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
            let told = serde_json::from_str::<serde_json::Value>(&body).ok();
            let detail = told.as_ref().and_then(|problem| problem.get("detail")?.as_str()).unwrap_or(body.trim());
            let hint = if status == 401 { "; name one with --token-file or in CHAHAO_TOKEN" } else { "" };
            let text = format!("{server} answers {status}: {detail}{hint}");
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

/// `text` as one part of a path.
pub(super) fn part_of_path(text: &str) -> String {
    let one = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b':' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(one).collect()
}
