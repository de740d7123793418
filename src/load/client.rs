//! One connection to a server, kept from request to request: bytes out, bytes in.

use std::io::{Error as IoError, ErrorKind, Read, Result as IoResult, Write};
use std::time::Duration;

use crate::remote::{Remote, Stream, Way};
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
    remote: Remote,
    way: Way,
}

impl Target {
    /// The target that `remote` describes.
    pub(super) fn new(remote: Remote) -> Result<Target> {
        let way = remote.way()?;
        Ok(Target { remote, way })
    }

    /// The whole request that looks `q` up.
    pub(super) fn request(&self, q: &str) -> Vec<u8> {
        let Target { remote, .. } = self;
        let token = remote.authorization().map(|value| format!("authorization: {value}\r\n")).unwrap_or_default();
        let (prefix, authority) = (remote.prefix(), remote.authority());
        format!("GET {prefix}/v1/lookup?q={} HTTP/1.1\r\nhost: {authority}\r\n{token}\r\n", encoded(q)).into_bytes()
    }

    /// How it is told.
    pub(super) fn name(&self) -> String {
        self.remote.url()
    }

    /// It could not be asked.
    pub(super) fn failed(&self, error: IoError) -> Error {
        self.remote.failed(error)
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
    stream: Option<Stream>,
    /// What came of the answer at hand.
    buffer: Vec<u8>,
    /// Where its body begins.
    body_at: usize,
    /// Whether it says when to come again.
    retry_after: bool,
}

impl<'t> Connection<'t> {
    /// A connection to `target`, not open yet.
    pub(super) fn new(target: &'t Target) -> Connection<'t> {
        Connection { target, stream: None, buffer: Vec::with_capacity(16 << 10), body_at: 0, retry_after: false }
    }

    /// Opens it before it is needed.
    pub(super) fn open(&mut self) -> IoResult<()> {
        self.stream = Some(self.target.way.open(ANSWER_WAIT)?);
        Ok(())
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

    /// Whether the last answer says when to come again.
    pub(super) fn says_when_to_retry(&self) -> bool {
        self.retry_after
    }

    fn try_ask(&mut self, request: &[u8]) -> IoResult<u16> {
        self.buffer.clear();
        self.body_at = 0;
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => self.target.way.open(ANSWER_WAIT)?,
        };
        stream.write_all(request)?;
        stream.flush()?;
        let head = self.read_head(&mut stream)?;
        (self.body_at, self.retry_after) = (head.length, head.retry_after);
        let end = head.length + head.body;
        while self.buffer.len() < end {
            self.read_some(&mut stream)?;
        }
        if !head.closes {
            self.stream = Some(stream);
        }
        Ok(head.status)
    }

    fn read_head(&mut self, stream: &mut Stream) -> IoResult<Head> {
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

    fn read_some(&mut self, stream: &mut Stream) -> IoResult<()> {
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
    retry_after: bool,
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
        let retry_after = header("retry-after").is_some();
        Ok(Some(Head { status: response.code.unwrap_or_default(), length, body, closes, retry_after }))
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
    use crate::remote::Trust;

    #[test]
    fn a_request_is_whole_and_its_query_is_encoded() {
        let remote = Remote::new("http://desk:8114/under/", Some("secret"), Trust::System).unwrap();
        let request = String::from_utf8(Target::new(remote).unwrap().request("查 a&b")).unwrap();
        assert!(request.starts_with("GET /under/v1/lookup?q=%E6%9F%A5%20a%26b HTTP/1.1\r\nhost: desk:8114\r\n"));
        assert!(request.contains("\r\nauthorization: Bearer secret\r\n") && request.ends_with("\r\n\r\n"));
    }
}
