//! TLS, with a certificate that can be renewed while the server runs.
//!
//! # Invariants
//! 1. A certificate is in force only with the key that belongs to it; one that cannot be read leaves the old one there.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;
use tokio::sync::Notify;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{self, ServerConfig};

use crate::{Error, Result, remote};

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// HTTP/2 and HTTP/1.1 as clients and server agree on them (RFC 7301).
pub(super) const HTTP_2: &[u8] = b"h2";
const HTTP_11: &[u8] = b"http/1.1";

/// A certificate and its key, from files that may change.
#[derive(Debug)]
pub struct Tls {
    acceptor: Acceptor,
    kept: Arc<Kept>,
}

/// [`TlsAcceptor`], which shows nothing of itself.
#[derive(Clone)]
struct Acceptor(TlsAcceptor);

impl std::fmt::Debug for Acceptor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Acceptor")
    }
}

#[derive(Debug)]
struct Kept {
    certificate: PathBuf,
    key: PathBuf,
    provider: Arc<CryptoProvider>,
    live: ArcSwap<CertifiedKey>,
    /// What the files looked like when they were read last.
    seen: Mutex<Seen>,
}

/// When each file was changed last, and how long it is.
type Seen = [Option<(SystemTime, u64)>; 2];

impl ResolvesServerCert for Kept {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.live.load_full())
    }
}

impl Tls {
    /// Reads a certificate, perhaps with those above it, and its key; both PEM.
    ///
    /// # Errors
    /// Usage when a file holds none, or the key is another one's; otherwise when a file cannot be read.
    pub fn open(certificate: &Path, key: &Path) -> Result<Tls> {
        let provider = Arc::new(ring::default_provider());
        let seen = Mutex::new(seen(certificate, key));
        let live = ArcSwap::from_pointee(read(certificate, key, &provider)?);
        let (certificate, key) = (certificate.to_owned(), key.to_owned());
        let kept = Arc::new(Kept { certificate, key, provider: Arc::clone(&provider), live, seen });
        let versions = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let versions = versions.map_err(|error| Error::internal(format!("TLS cannot be spoken: {error}")))?;
        let certain: Arc<dyn ResolvesServerCert> = Arc::<Kept>::clone(&kept);
        let mut config = versions.with_no_client_auth().with_cert_resolver(certain);
        config.alpn_protocols = vec![HTTP_2.to_vec(), HTTP_11.to_vec()];
        Ok(Tls { acceptor: Acceptor(TlsAcceptor::from(Arc::new(config))), kept })
    }

    /// Reads the files anew; connections made from now on are shown what they hold.
    ///
    /// # Errors
    /// As [`Tls::open`]; what was in force stays so.
    pub fn reload(&self) -> Result<()> {
        let Kept { certificate, key, provider, live, seen: known } = &*self.kept;
        *known.lock().unwrap_or_else(PoisonError::into_inner) = seen(certificate, key);
        live.store(Arc::new(read(certificate, key, provider)?));
        Ok(())
    }

    /// Reloads where `asked` is told to, and whenever the files change, for as long as it is polled.
    pub async fn follow(self: Arc<Tls>, asked: Arc<Notify>) {
        loop {
            let asked = tokio::time::timeout(LOOK_EVERY, asked.notified()).await.is_ok();
            if !asked && !self.has_changed() {
                continue;
            }
            match self.reload() {
                Ok(()) => tracing::info!("the certificate was read anew"),
                Err(error) => tracing::error!(%error, "the certificate cannot be read; the one before stays"),
            }
        }
    }

    fn has_changed(&self) -> bool {
        let Kept { certificate, key, seen: known, .. } = &*self.kept;
        seen(certificate, key) != *known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        self.acceptor.0.clone()
    }
}

fn seen(certificate: &Path, key: &Path) -> Seen {
    [certificate, key].map(|path| {
        let file = std::fs::metadata(path).ok()?;
        Some((file.modified().ok()?, file.len()))
    })
}

fn read(certificate: &Path, key: &Path, provider: &CryptoProvider) -> Result<CertifiedKey> {
    let chain = remote::certificates(certificate)?;
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|error| remote::unreadable(key, "private key", error))?;
    CertifiedKey::from_der(chain, secret, provider).map_err(|error| {
        let why = match error {
            rustls::Error::InconsistentKeys(_) => "the key is not the certificate's".to_owned(),
            other => other.to_string(),
        };
        Error::usage(format!("{} and {} do not go together: {why}", certificate.display(), key.display()))
    })
}
