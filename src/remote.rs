//! Another chahao, asked over HTTP: its address, the token it is asked with, and by which certificates it is believed.
//!
//! # Invariants
//! 1. Whoever asks a server, asks the one this describes: addresses are read here and nowhere else.
//! 2. A token is shown to nobody: not in errors, not where a value is printed.

mod stream;
mod trust;

use std::fmt;
use std::io;

use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};

use crate::{Error, ErrorKind, Result};
pub(crate) use stream::{Stream, Way};
pub use trust::Trust;
pub(crate) use trust::{certificates, unreadable};

/// What an address looks like.
const EXAMPLE: &str = "http://127.0.0.1:8114";

/// A server, such as `https://desk.example:8114`, and how it is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    /// Over TLS.
    secure: bool,
    /// Its name without a port: what its certificate must be made for.
    host: String,
    /// Host and port, as in `Host`.
    authority: String,
    /// What stands in front of `/v1/lookup`.
    prefix: String,
    token: Option<Token>,
    trust: Trust,
}

/// A token, which shows nothing of itself.
#[derive(Clone, PartialEq, Eq)]
struct Token(String);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

impl Remote {
    /// The server at `url`, over plain HTTP where it does not say otherwise, asked with `token`; over TLS its
    /// certificate is judged by `trust`.
    ///
    /// # Errors
    /// Usage when `url` is no address of a server, or `token` no token.
    pub fn new(url: &str, token: Option<&str>, trust: Trust) -> Result<Remote> {
        let expected = || Error::usage(format!("an address such as {EXAMPLE} was expected; it is {url:?}"));
        let (secure, rest) = match url.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => (false, rest),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => (true, rest),
            Some(_) => return Err(expected()),
            None => (false, url),
        };
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
        if !plain(rest) || rest.contains(['@', '?', '#', '\\']) {
            return Err(expected());
        }
        let (host, port) = match authority.rsplit_once(':') {
            // What follows the last colon of [::1] is a part of the address.
            Some((host, port)) if !port.ends_with(']') => (host, port.parse::<u16>().map_err(|_| expected())?),
            _ => (authority, if secure { 443 } else { 80 }),
        };
        let bare = host.strip_prefix('[').map_or(Some(host), |host| host.strip_suffix(']')).ok_or_else(expected)?;
        if bare.is_empty() || (bare == host && bare.contains(':')) {
            return Err(expected());
        }
        let token = token.map(str::trim).filter(|token| !token.is_empty());
        if token.is_some_and(|token| !plain(token)) {
            return Err(Error::usage("a token holds letters and digits only"));
        }
        let path = path.trim_end_matches('/');
        Ok(Remote {
            secure,
            host: bare.to_owned(),
            authority: format!("{host}:{port}"),
            prefix: if path.is_empty() { String::new() } else { format!("/{path}") },
            token: token.map(|token| Token(token.to_owned())),
            trust,
        })
    }

    /// How it is told.
    pub fn url(&self) -> String {
        let scheme = if self.secure { "https" } else { "http" };
        format!("{scheme}://{}{}", self.authority, self.prefix)
    }

    /// Host and port.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// What stands in front of every path.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The value of `Authorization`.
    pub fn authorization(&self) -> Option<String> {
        self.token.as_ref().map(|Token(token)| format!("Bearer {token}"))
    }

    /// A way to it, by which connections are opened: certificates are read here, once.
    ///
    /// # Errors
    /// Over TLS, when there are no certificates to judge it by.
    pub(crate) fn way(&self) -> Result<Way> {
        let tls = if self.secure { Some((self.trust.config()?, stream::name(&self.host)?)) } else { None };
        Ok(Way::new(self.authority.clone(), tls))
    }

    /// How an agent judges the server's certificate; `None` where it shows none.
    ///
    /// # Errors
    /// As [`Remote::way`].
    pub(crate) fn tls_of_agent(&self) -> Result<Option<TlsConfig>> {
        if !self.secure {
            return Ok(None);
        }
        let roots = self.trust.roots()?;
        let roots: Vec<Certificate<'static>> =
            roots.iter().map(|root| Certificate::from_der(root.as_ref()).to_owned()).collect();
        let tls = TlsConfig::builder().provider(TlsProvider::Rustls).root_certs(RootCerts::new_with_certs(&roots));
        Ok(Some(tls.unversioned_rustls_crypto_provider(trust::provider()).build()))
    }

    /// It could not be asked.
    pub(crate) fn failed(&self, error: io::Error) -> Error {
        let what = format!("cannot ask {}: {error}{}", self.url(), trust::hint(&error));
        Error::new(ErrorKind::Io, what).caused_by(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remote(url: &str) -> Result<Remote> {
        Remote::new(url, Some(" secret "), Trust::System)
    }

    #[test]
    fn addresses_are_read_with_and_without_scheme_port_and_path() {
        for (url, told, host) in [
            ("http://desk:8114/under/", "http://desk:8114/under", "desk"),
            ("desk", "http://desk:80", "desk"),
            ("desk:9000", "http://desk:9000", "desk"),
            ("https://desk", "https://desk:443", "desk"),
            ("HTTPS://desk/", "https://desk:443", "desk"),
            ("https://[::1]:8443", "https://[::1]:8443", "::1"),
            ("http://[::1]", "http://[::1]:80", "::1"),
        ] {
            let remote = remote(url).unwrap();
            assert_eq!((remote.url().as_str(), remote.host.as_str()), (told, host), "{url}");
        }
        for url in [
            "ftp://desk",
            "",
            "http:///x",
            "http://a b",
            "http://me@desk",
            "https://:1",
            "http://desk:x",
            "http://desk?q",
            "http://::1",
        ] {
            assert!(remote(url).unwrap_err().is_usage(), "{url}");
        }
    }

    #[test]
    fn a_token_is_sent_and_not_shown() {
        let remote = remote("http://desk").unwrap();
        assert_eq!(remote.authorization().as_deref(), Some("Bearer secret"));
        assert!(!format!("{remote:?}").contains("secret"));
        assert!(Remote::new("http://desk", Some("a\r\nb"), Trust::System).is_err(), "a token adds no header");
        assert_eq!(Remote::new("http://desk", Some(" "), Trust::System).unwrap().authorization(), None);
    }
}
