//! One connection to a server, kept from request to request: bytes out, bytes in.

use std::io::{Error as IoError, ErrorKind, Read, Result as IoResult, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::{Error, Result};

/// How long an answer may take before it counts as failed.
const ANSWER_WAIT: Duration = Duration::from_secs(30);
/// Bytes of an answer's head at most.
const HEAD_BYTES_MAX: usize = 64 << 10;
/// Headers of an answer at most.
const HEADERS_MAX: usize = 64;
/// Bytes of an answer at most.
const BODY_BYTES_MAX: usize = 64 << 20;

/// Where requests go.
#[derive(Debug)]
pub(super) struct Target {
    /// Host and port, as in `Host`.
    authority: String,
    /// What stands in front of `/v1/lookup`.
    prefix: String,
    token: Option<String>,
}

impl Target {
    /// The target at `url`.
    pub(super) fn parse(url: &str, token: Option<&str>) -> Result<Target> {
        let expected = || Error::usage(format!("an address such as http://127.0.0.1:8114 was expected; it is {url:?}"));
        let rest = match url.split_once("://") {
            Some(("http", rest)) => rest,
            Some(_) => return Err(Error::usage(format!("load is sent over plain HTTP, not as {url:?} says"))),
            None => url,
        };
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
        if authority.is_empty() || !plain(rest) || authority.contains('@') {
            return Err(expected());
        }
        let port = authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        let authority = if port { authority.to_owned() } else { format!("{authority}:80") };
        let prefix = match path.trim_end_matches('/') {
            "" => String::new(),
            path => format!("/{path}"),
        };
        let token = token.map(|token| token.trim().to_owned()).filter(|token| !token.is_empty());
        if token.as_deref().is_some_and(|token| !plain(token)) {
            return Err(Error::usage("a token holds letters and digits only"));
        }
        Ok(Target { authority, prefix, token })
    }

    /// The whole request that looks `q` up.
    pub(super) fn request(&self, q: &str) -> Vec<u8> {
        let token = self.token.as_ref().map(|token| format!("authorization: Bearer {token}\r\n")).unwrap_or_default();
        format!("GET {}/v1/lookup?q={} HTTP/1.1\r\nhost: {}\r\n{token}\r\n", self.prefix, encoded(q), self.authority)
            .into_bytes()
    }

    /// How it is told.
    pub(super) fn name(&self) -> String {
        format!("http://{}{}", self.authority, self.prefix)
    }

    /// It could not be asked.
    pub(super) fn failed(&self, error: IoError) -> Error {
        Error::new(crate::ErrorKind::Io, format!("cannot ask {}: {error}", self.name())).caused_by(error)
    }
}

/// `text` as it stands in a query string.
fn encoded(text: &str) -> String {
    let one = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(one).collect()
}

/// A connection to a target; opened when it is needed.
#[derive(Debug)]
pub(super) struct Connection<'t> {
    target: &'t Target,
    stream: Option<TcpStream>,
    /// What came of the answer at hand.
    buffer: Vec<u8>,
    /// Where its body begins.
    body_at: usize,
}

impl<'t> Connection<'t> {
    /// A connection to `target`, not open yet.
    pub(super) fn new(target: &'t Target) -> Connection<'t> {
        Connection { target, stream: None, buffer: Vec::with_capacity(16 << 10), body_at: 0 }
    }

    /// Sends `request` and reads the whole answer; its status.
    ///
    /// A server may close a connection nobody used for a while: that one request is sent again on a new one.
    pub(super) fn ask(&mut self, request: &[u8]) -> IoResult<u16> {
        let kept = self.stream.is_some();
        match self.try_ask(request) {
            Err(error) if kept && self.buffer.is_empty() && !is_timeout(&error) => self.try_ask(request),
            answer => answer,
        }
    }

    /// The body of the last answer.
    pub(super) fn body(&self) -> &[u8] {
        self.buffer.get(self.body_at..).unwrap_or_default()
    }

    fn try_ask(&mut self, request: &[u8]) -> IoResult<u16> {
        self.buffer.clear();
        self.body_at = 0;
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(&self.target.authority)?;
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(ANSWER_WAIT))?;
                stream.set_write_timeout(Some(ANSWER_WAIT))?;
                stream
            }
        };
        stream.write_all(request)?;
        let head = self.read_head(&mut stream)?;
        self.body_at = head.length;
        let end = head.length + head.body;
        while self.buffer.len() < end {
            self.read_some(&mut stream)?;
        }
        if !head.closes {
            self.stream = Some(stream);
        }
        Ok(head.status)
    }

    fn read_head(&mut self, stream: &mut TcpStream) -> IoResult<Head> {
        loop {
            if let Some(head) = Head::parse(&self.buffer)? {
                return Ok(head);
            }
            if self.buffer.len() > HEAD_BYTES_MAX {
                return Err(no_answer("the head of the answer is too long"));
            }
            self.read_some(stream)?;
        }
    }

    fn read_some(&mut self, stream: &mut TcpStream) -> IoResult<()> {
        let mut piece = [0; 16 << 10];
        let length = stream.read(&mut piece)?;
        if length == 0 {
            return Err(IoError::new(
                ErrorKind::UnexpectedEof,
                "the connection was closed before the answer was whole",
            ));
        }
        self.buffer.extend_from_slice(piece.get(..length).unwrap_or_default());
        Ok(())
    }
}

/// What of an answer's head counts.
struct Head {
    status: u16,
    /// Bytes up to the body.
    length: usize,
    /// Bytes of the body.
    body: usize,
    closes: bool,
}

impl Head {
    fn parse(bytes: &[u8]) -> IoResult<Option<Head>> {
        let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
        let mut response = httparse::Response::new(&mut headers);
        let length = match response.parse(bytes) {
            Ok(httparse::Status::Complete(length)) => length,
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(_) => return Err(no_answer("what came is no answer of HTTP/1.1")),
        };
        let header = |name: &str| {
            let found = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
            found.and_then(|header| std::str::from_utf8(header.value).ok())
        };
        let body = header("content-length").and_then(|length| length.trim().parse().ok());
        let Some(body) = body.filter(|body| *body <= BODY_BYTES_MAX) else {
            return Err(no_answer("an answer with its Content-Length, of 64 MB at most, was expected"));
        };
        let closes = header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
        Ok(Some(Head { status: response.code.unwrap_or_default(), length, body, closes }))
    }
}

fn is_timeout(error: &IoError) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

fn no_answer(text: &str) -> IoError {
    IoError::new(ErrorKind::InvalidData, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_whole_and_its_query_is_encoded() {
        let target = Target::parse("http://desk:8114/under/", Some("secret")).unwrap();
        let request = String::from_utf8(target.request("查 a&b")).unwrap();
        assert!(request.starts_with("GET /under/v1/lookup?q=%E6%9F%A5%20a%26b HTTP/1.1\r\nhost: desk:8114\r\n"));
        assert!(request.contains("\r\nauthorization: Bearer secret\r\n") && request.ends_with("\r\n\r\n"));
        assert_eq!(Target::parse("desk", None).unwrap().name(), "http://desk:80");
        for url in ["https://desk", "", "http:///x", "http://a b", "http://me@desk"] {
            assert!(Target::parse(url, None).unwrap_err().is_usage(), "{url}");
        }
        assert!(Target::parse("http://desk", Some("a\r\nb")).is_err(), "a token adds no header");
    }
}
