//! Connections to a server, plain or over TLS.

use std::io::{Read, Result as IoResult, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, ClientConnection, StreamOwned};

use crate::{Error, Result};

/// How connections to one server are opened.
#[derive(Debug, Clone)]
pub(crate) struct Way {
    /// Host and port.
    authority: String,
    /// By which certificates it is believed, and the name it must show one for.
    tls: Option<(Arc<ClientConfig>, ServerName<'static>)>,
}

/// One connection.
#[derive(Debug)]
pub(crate) enum Stream {
    /// What is sent can be read on the way.
    Plain(TcpStream),
    /// Over TLS.
    Secured(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Way {
    pub(super) fn new(authority: String, tls: Option<(Arc<ClientConfig>, ServerName<'static>)>) -> Way {
        Way { authority, tls }
    }

    /// A new connection, on which nothing takes longer than `wait`. Over TLS it is not agreed upon before the first byte.
    pub(crate) fn open(&self, wait: Duration) -> IoResult<Stream> {
        let stream = TcpStream::connect(&self.authority)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(wait))?;
        stream.set_write_timeout(Some(wait))?;
        let Some((config, name)) = &self.tls else { return Ok(Stream::Plain(stream)) };
        let connection = ClientConnection::new(Arc::clone(config), name.clone()).map_err(std::io::Error::other)?;
        Ok(Stream::Secured(Box::new(StreamOwned::new(connection, stream))))
    }
}

/// A host's name as certificates are made for it.
pub(super) fn name(host: &str) -> Result<ServerName<'static>> {
    let expected = |_| Error::usage(format!("no certificate is made for the name {host:?}"));
    ServerName::try_from(host.to_owned()).map_err(expected)
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> IoResult<usize> {
        match self {
            Stream::Plain(stream) => stream.read(buffer),
            Stream::Secured(stream) => stream.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> IoResult<usize> {
        match self {
            Stream::Plain(stream) => stream.write(bytes),
            Stream::Secured(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> IoResult<()> {
        match self {
            Stream::Plain(stream) => stream.flush(),
            Stream::Secured(stream) => stream.flush(),
        }
    }
}
