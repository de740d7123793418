//! Words for refusals that `hyper` writes by itself: a head it cannot read, or will not, it answers by a status alone.
//!
//! Such an answer is known by how it is written, on its way to the client: a status of 4xx without a body, and without
//! the id that every answer of the routes carries.
//!
//! # Invariants
//! 1. What is no bare refusal passes as it is.
//! 2. The client hears it though it goes on sending: this end reads on a little before it closes. Who sends more than
//!    that may hear nothing; it costs no more than it did.

use std::io::{Error, ErrorKind, IoSlice, Result};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::http::StatusCode;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

use super::Problem;
use super::admission::HEADERS_BYTES_MAX;
use super::kept::{NO_SNIFF, NO_STORE};

/// How a refusal begins.
const REFUSAL: &[u8] = b"HTTP/1.1 4";
/// What is in a refusal without words.
const BARE: &[u8] = b"\r\ncontent-length: 0\r\n";
/// What is in every answer of the routes (`access_log`).
const OF_ROUTES: &[u8] = b"\r\nx-request-id: ";
/// Bytes of a refusal's head at most.
const REFUSAL_BYTES_MAX: usize = 256;
/// How long is read on, and how much, so that the answer is not lost.
const READ_ON_WAIT: Duration = Duration::from_millis(500);
const READ_ON_BYTES_MAX: usize = 256 << 10;

/// A stream whose bare refusals get words.
pub(super) struct Worded<S> {
    stream: S,
    /// What is being said in place of a bare refusal, and how much of it was.
    saying: Option<(Vec<u8>, usize)>,
    /// Until when is read on, once something was said.
    reading_on: Option<Pin<Box<Sleep>>>,
    read_on: usize,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Worded<S> {
    pub(super) fn new(stream: S) -> Worded<S> {
        Worded { stream, saying: None, reading_on: None, read_on: 0 }
    }

    /// Says what is to be said in place of `bare`; then all of `bare` is written.
    fn poll_say(&mut self, context: &mut Context<'_>, bare: &[u8]) -> Poll<Result<usize>> {
        let Some((text, said)) = &mut self.saying else { return Poll::Ready(Ok(0)) };
        while let Some(rest) = text.get(*said..).filter(|rest| !rest.is_empty()) {
            match ready!(Pin::new(&mut self.stream).poll_write(context, rest))? {
                0 => return Poll::Ready(Err(Error::from(ErrorKind::WriteZero))),
                more => *said += more,
            }
        }
        self.saying = None;
        self.reading_on = Some(Box::pin(tokio::time::sleep(READ_ON_WAIT)));
        Poll::Ready(Ok(bare.len()))
    }

    /// Whether something is to be said in place of `bytes`.
    fn has_words(&mut self, bytes: &[u8]) -> bool {
        if self.saying.is_none() {
            self.saying = words(bytes).map(|text| (text, 0));
        }
        self.saying.is_some()
    }
}

/// What is said in place of `bytes`, where they are a bare refusal.
fn words(bytes: &[u8]) -> Option<Vec<u8>> {
    if !bytes.starts_with(REFUSAL) || bytes.len() > REFUSAL_BYTES_MAX || !bytes.ends_with(b"\r\n\r\n") {
        return None;
    }
    let holds = |text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
    if !holds(BARE) || holds(OF_ROUTES) {
        return None;
    }
    let status = std::str::from_utf8(bytes.get(9..12)?).ok()?.parse::<u16>().ok()?;
    let status = StatusCode::from_u16(status).ok()?;
    let problem = match status {
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => {
            let detail =
                format!("headers have at most {HEADERS_BYTES_MAX} bytes, and there are at most a hundred of them");
            Problem::new(status, "urn:chahao:headers-too-large", "The headers are too large", detail)
        }
        StatusCode::URI_TOO_LONG => {
            let detail = "the address has more bytes than any request needs".to_owned();
            Problem::new(status, "urn:chahao:address-too-long", "The address is too long", detail)
        }
        StatusCode::BAD_REQUEST => Problem::bad_request("what came is no request of HTTP/1.1".to_owned()),
        _ => return None,
    };
    let body = serde_json::to_vec(&problem).ok()?;
    let reason = status.canonical_reason().unwrap_or_default();
    let mut text = format!(
        "HTTP/1.1 {} {reason}\r\ncontent-type: application/problem+json\r\ncache-control: {NO_STORE}\r\n\
         x-content-type-options: {NO_SNIFF}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        status.as_u16(),
        body.len()
    );
    // JSON is UTF-8.
    text.push_str(&String::from_utf8(body).ok()?);
    Some(text.into_bytes())
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Worded<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Worded<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        if self.has_words(bytes) {
            return self.poll_say(context, bytes);
        }
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        // A head is written first, and a refusal has nothing else.
        if let Some(first) = slices.iter().find(|slice| !slice.is_empty())
            && self.has_words(first)
        {
            return self.poll_say(context, first);
        }
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        let me = &mut *self;
        ready!(Pin::new(&mut me.stream).poll_shutdown(context))?;
        let Some(until) = &mut me.reading_on else { return Poll::Ready(Ok(())) };
        // What was sent and not read would take the answer back from the client when this end is closed.
        let mut scratch = [0; 16 << 10];
        while me.read_on < READ_ON_BYTES_MAX && until.as_mut().poll(context).is_pending() {
            let mut came = ReadBuf::new(&mut scratch);
            match ready!(Pin::new(&mut me.stream).poll_read(context, &mut came)) {
                Ok(()) if !came.filled().is_empty() => me.read_on += came.filled().len(),
                _ => break,
            }
        }
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_refusal_without_words_gets_some() {
        let bare = |status: &str| format!("HTTP/1.1 {status} Whatever\r\ncontent-length: 0\r\ndate: x\r\n\r\n");
        for (status, word) in [("431", "headers-too-large"), ("414", "address-too-long"), ("400", "bad-request")] {
            let text = String::from_utf8(words(bare(status).as_bytes()).unwrap()).unwrap();
            let (head, body) = text.split_once("\r\n\r\n").unwrap();
            assert!(
                head.starts_with(&format!("HTTP/1.1 {status} "))
                    && head.contains(&format!("content-length: {}", body.len()))
            );
            assert!(head.contains("application/problem+json") && body.contains(word), "{text}");
        }
        for other in [
            bare("200"),
            bare("404"),
            bare("431").replace("content-length: 0", "content-length: 5"),
            bare("431").replace("date: x", "x-request-id: 7"),
            bare("431") + "more",
            String::new(),
        ] {
            assert_eq!(words(other.as_bytes()), None, "{other}");
        }
    }
}
