//! By which name a request comes, and from whose page: what a browser cannot be made to say wrongly.
//!
//! A page of elsewhere can have its own name lead to this machine, and then asks this server as if it were its own.
//! That request still comes under that name; and what it sends from another page says so in `Origin`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use axum::http::HeaderMap;
use axum::http::header::{HOST, ORIGIN};
use axum::http::uri::Authority;

/// The names under which a server is asked that asks nobody for a token.
#[derive(Debug, Default)]
pub(super) struct Names(Vec<String>);

impl Names {
    /// Those of this machine, and `more`.
    pub(super) fn new(more: &[String]) -> Names {
        Names(more.iter().map(|name| bare(name).to_ascii_lowercase()).collect())
    }

    /// Whether a request came under one of them; one that says none comes from no browser.
    pub(super) fn has(&self, host: Option<&str>) -> bool {
        let Some(host) = host.map(bare) else { return true };
        host.eq_ignore_ascii_case("localhost")
            || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
            || host.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback())
            || self.0.iter().any(|name| name.eq_ignore_ascii_case(host))
    }
}

/// The name of an address on which is listened, as it stands in a request.
pub(super) fn name_of(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    }
}

/// The host a request came to: its name, perhaps with a port.
pub(super) fn host_of<'r>(headers: &'r HeaderMap, authority: Option<&'r Authority>) -> Option<&'r str> {
    match headers.get(HOST) {
        // One that is no text is none of any server.
        Some(host) => Some(host.to_str().unwrap_or_default()),
        // HTTP/2 has it in the address.
        None => authority.map(Authority::as_str),
    }
}

/// Whether the page that asks is of this server: of the host it speaks to, however it got there.
pub(super) fn is_of_this_server(headers: &HeaderMap, authority: Option<&Authority>) -> bool {
    let Some(origin) = headers.get(ORIGIN) else { return true };
    let page = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
    let host = host_of(headers, authority);
    page.zip(host).is_some_and(|(page, host)| page.eq_ignore_ascii_case(host))
}

/// A host without its port, and without the brackets of an address.
fn bare(host: &str) -> &str {
    let host = host.trim();
    if let Some((address, _)) = host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return address;
    }
    match host.rsplit_once(':') {
        // More than one colon is an address of IPv6.
        Some((name, port)) if !name.contains(':') && port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_of_this_server_where_it_came_from_the_host_it_asks() {
        let asked = |host: &str, origin: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, host.parse().unwrap());
            headers.extend(origin.map(|origin| (ORIGIN, origin.parse().unwrap())));
            is_of_this_server(&headers, None)
        };
        assert!(asked("desk:8114", None), "no browser");
        assert!(asked("desk:8114", Some("http://desk:8114")));
        assert!(asked("Desk", Some("https://desk")));
        for other in ["http://desk", "http://desk:8115", "https://evil.example", "null", "", "desk:8114"] {
            assert!(!asked("desk:8114", Some(other)), "{other}");
        }
        let origin = HeaderMap::from_iter([(ORIGIN, "http://desk".parse().unwrap())]);
        assert!(!is_of_this_server(&origin, None));
        assert!(is_of_this_server(&origin, Some(&Authority::from_static("desk"))), "of HTTP/2");
    }

    #[test]
    fn a_server_without_tokens_is_asked_under_the_names_of_its_machine_and_those_it_was_given() {
        let names = Names::new(&["Desk.example".to_owned(), name_of([10, 0, 0, 7].into())]);
        for own in [
            "localhost",
            "LocalHost:8114",
            "127.0.0.1:8114",
            "127.8.9.1",
            "[::1]:8114",
            "::1",
            "desk.example",
            "DESK.example:443",
            "10.0.0.7:80",
        ] {
            assert!(names.has(Some(own)), "{own}");
        }
        for other in [
            "evil:8114",
            "localhost.evil",
            "127.0.0.1.evil",
            "evil.localhost",
            "10.0.0.8",
            "[::2]",
            "",
            ":8114",
            "127.1",
        ] {
            assert!(!names.has(Some(other)), "{other}");
        }
        assert!(names.has(None), "no browser");
        let v6 = Names::new(&[name_of(Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 7).into())]);
        assert!(v6.has(Some("[fd00::7]:8114")));
    }
}
