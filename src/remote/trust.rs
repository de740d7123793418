//! By which certificates a server is believed.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::{CertificateError, ClientConfig, Error as TlsError, RootCertStore};

use crate::{Error, ErrorKind, Result};

/// Whose signature makes a server's certificate good.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Trust {
    /// Those the system believes.
    #[default]
    System,
    /// Those in this PEM file, and nobody else.
    File(PathBuf),
}

impl Trust {
    /// The certificates of those who are believed.
    ///
    /// # Errors
    /// Usage when there is none; otherwise when they cannot be read.
    pub(super) fn roots(&self) -> Result<Vec<CertificateDer<'static>>> {
        let path = match self {
            Trust::System => {
                let found = rustls_native_certs::load_native_certs();
                if found.certs.is_empty() {
                    let why = found.errors.first().map(|error| format!(" ({error})")).unwrap_or_default();
                    return Err(Error::usage(format!(
                        "the system has no certificates to judge a server by{why}: install ca-certificates, or name a \
                         file of them with --ca FILE"
                    )));
                }
                return Ok(found.certs);
            }
            Trust::File(path) => path,
        };
        certificates(path)
    }

    /// How a connection over TLS is opened.
    ///
    /// # Errors
    /// As [`Trust::roots`].
    pub(super) fn config(&self) -> Result<Arc<ClientConfig>> {
        let mut store = RootCertStore::empty();
        // The system's may hold some that are too old to be read.
        store.add_parsable_certificates(self.roots()?);
        let builder = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions();
        let builder = builder.map_err(|error| Error::internal(format!("TLS cannot be spoken: {error}")))?;
        Ok(Arc::new(builder.with_root_certificates(store).with_no_client_auth()))
    }
}

/// What ciphers and signatures are computed by.
pub(super) fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// The certificates in a PEM file, in their order; at least one.
///
/// # Errors
/// Usage when it holds none; otherwise when it cannot be read.
pub(crate) fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let all = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let all = all.map_err(|error| unreadable(path, "certificate", error))?;
    if all.is_empty() {
        return Err(unreadable(path, "certificate", pem::Error::NoItemsFound));
    }
    Ok(all)
}

/// Tells that a PEM file does not hold what it should.
pub(crate) fn unreadable(path: &Path, what: &str, error: pem::Error) -> Error {
    let path = path.display();
    match error {
        pem::Error::Io(error) => Error::new(ErrorKind::Io, format!("cannot read {path}: {error}")).caused_by(error),
        pem::Error::NoItemsFound => Error::usage(format!("{path} holds no {what} in PEM: it begins with -----BEGIN")),
        error => Error::usage(format!("{path} holds no {what} that can be read: {error}")),
    }
}

/// What to do about a certificate that was not believed.
pub(super) fn hint(error: &io::Error) -> &'static str {
    let inner = error.get_ref().and_then(|error| error.downcast_ref::<TlsError>());
    match inner {
        Some(TlsError::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature)) => {
            "; --ca FILE names a certificate of the desk's own"
        }
        Some(TlsError::InvalidCertificate(CertificateError::Other(other))) if other.to_string().contains("CaUsed") => {
            "; a certificate that signs others cannot be a server's: make one that says CA:FALSE"
        }
        Some(TlsError::InvalidMessage(_)) => "; the server may speak plain HTTP",
        _ => "",
    }
}
