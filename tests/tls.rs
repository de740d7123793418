//! A server with a certificate: both versions of HTTP, a cookie that stays on the secure way, a certificate that is
//! renewed under way, and files that are none.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::desk_in_a_folder::{Folder, add};
use crate::server_on_a_port::DEADLINE;

/// Makes a certificate for `localhost`, writes it and its key, and hands it over.
fn make(certificate: &Path, key: &Path) -> CertificateDer<'static> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(key, made.signing_key.serialize_pem()).unwrap();
    std::fs::write(certificate, made.cert.pem()).unwrap();
    made.cert.der().clone()
}

/// The program, serving with the certificate of the folder; stopped when dropped.
struct Serving {
    child: Child,
    address: SocketAddr,
}

impl Serving {
    fn start(folder: &Folder) -> Serving {
        let (certificate, key) = (folder.path("cert.pem"), folder.path("key.pem"));
        let files = [certificate.to_str().unwrap(), key.to_str().unwrap()];
        let mut command =
            folder.command(&["serve", "--listen", "127.0.0.1:0", "--tls-cert", files[0], "--tls-key", files[1]]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on https://").expect("where it listens").parse().unwrap();
        Serving { child, address }
    }

    fn signal(&self, name: &str) {
        let sent = std::process::Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn trusting(certificate: &CertificateDer<'static>, versions: &[&[u8]]) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = versions.iter().map(|version| version.to_vec()).collect();
    Arc::new(config)
}

/// Sends a request of HTTP/1.1; the whole answer, or why there is none.
fn ask(address: SocketAddr, trusted: &CertificateDer<'static>, request: &str) -> std::io::Result<String> {
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(DEADLINE))?;
    let name = ServerName::try_from("localhost").unwrap();
    let client = ClientConnection::new(trusting(trusted, &[b"http/1.1"]), name).map_err(std::io::Error::other)?;
    let mut stream = StreamOwned::new(client, stream);
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {}
        Err(error) => return Err(error),
    }
    Ok(String::from_utf8(answer).unwrap())
}

const LOOKUP: &str = "GET /v1/lookup?q=gzjj HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";

#[test]
fn lookups_are_answered_over_tls_in_either_version_and_nothing_without_it() {
    let folder = Folder::new();
    folder.load(&add("A1", "广州酒家", 1.0));
    let token = folder.prints(0, &["token", "add", "desk-7", "--role", "operator"]).trim().to_owned();
    let certificate = make(&folder.path("cert.pem"), &folder.path("key.pem"));
    let serving = Serving::start(&folder);
    let signed = format!("Authorization: Bearer {token}\r\n\r\n");
    let answer = ask(serving.address, &certificate, &format!("{LOOKUP}{signed}")).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("广州酒家"), "{answer}");
    let sign_in =
        format!("POST /v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n{signed}");
    let answer = ask(serving.address, &certificate, &sign_in).unwrap();
    assert!(answer.contains("SameSite=Strict; Secure\r\n"), "{answer}");

    let mut plain = TcpStream::connect(serving.address).unwrap();
    plain.set_read_timeout(Some(DEADLINE)).unwrap();
    plain.write_all(format!("{LOOKUP}{signed}").as_bytes()).unwrap();
    let mut told = Vec::new();
    let _ = plain.read_to_end(&mut told);
    assert!(!String::from_utf8_lossy(&told).contains("HTTP/1.1"), "nobody is answered in the open");

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let name = runtime.block_on(async {
        let stream = tokio::net::TcpStream::connect(serving.address).await.unwrap();
        let connector = tokio_rustls::TlsConnector::from(trusting(&certificate, &[b"h2", b"http/1.1"]));
        let stream = connector.connect(ServerName::try_from("localhost").unwrap(), stream).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        let (mut client, connection) = h2::client::handshake(stream).await.unwrap();
        tokio::spawn(connection);
        let request = axum::http::Request::get("https://localhost/v1/lookup?q=gzjj");
        let request = request.header("authorization", format!("Bearer {token}")).body(()).unwrap();
        let answer = client.send_request(request, true).unwrap().0.await.unwrap();
        assert_eq!(answer.status(), 200);
        let mut body = answer.into_body();
        let mut bytes = Vec::new();
        while let Some(piece) = body.data().await {
            bytes.extend(piece.unwrap());
        }
        String::from_utf8(bytes).unwrap()
    });
    assert!(name.contains("广州酒家"), "{name}");
}

#[test]
fn a_certificate_is_renewed_while_the_server_runs() {
    let folder = Folder::new();
    folder.load(&add("A1", "广州酒家", 1.0));
    let (certificate, key) = (folder.path("cert.pem"), folder.path("key.pem"));
    let first = make(&certificate, &key);
    let serving = Serving::start(&folder);
    let answers = |trusted: &CertificateDer<'static>| {
        ask(serving.address, trusted, &format!("{LOOKUP}\r\n")).is_ok_and(|answer| answer.contains("广州"))
    };
    assert!(answers(&first));
    std::fs::write(&certificate, "half a certifi").unwrap();
    serving.signal("-HUP");
    std::thread::sleep(Duration::from_millis(200));
    assert!(answers(&first), "what cannot be read leaves the one before in force");
    for asked in [true, false] {
        let next = make(&certificate, &key);
        assert!(!answers(&next) || asked, "a certificate nobody has read yet");
        if asked {
            serving.signal("-HUP");
        }
        let until = Instant::now() + DEADLINE;
        while !answers(&next) {
            assert!(Instant::now() < until, "the certificate was not renewed");
            std::thread::sleep(Duration::from_millis(50));
        }
        assert!(!answers(&first), "the old one is gone");
    }
}

#[test]
fn files_that_are_no_certificate_are_told_by_name() {
    let folder = Folder::new();
    folder.load(&add("A1", "广州酒家", 1.0));
    let (certificate, key) = (folder.path("cert.pem"), folder.path("key.pem"));
    make(&certificate, &key);
    let other = folder.path("other.pem");
    make(&folder.path("other-cert.pem"), &other);
    let empty = folder.write("empty.pem", "");
    let broken = folder.write("broken.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    let absent = folder.path("absent.pem");
    for (certificate, key, code, text) in [
        (&absent, &key, 5, "absent.pem: No such file"),
        (&certificate, &absent, 5, "absent.pem: No such file"),
        (&empty, &key, 2, "empty.pem holds no certificate"),
        (&key, &key, 2, "key.pem holds no certificate"),
        (&certificate, &certificate, 2, "cert.pem holds no private key"),
        (&certificate, &other, 2, "the key is not the certificate's"),
        (&broken, &key, 2, "broken.pem"),
    ] {
        let files = [certificate.to_str().unwrap(), key.to_str().unwrap()];
        let arguments = ["serve", "--listen", "127.0.0.1:0", "--tls-cert", files[0], "--tls-key", files[1]];
        let told = folder.ends(code, &arguments);
        assert!(told.contains(text), "{files:?}: {told}");
    }
    let told = folder.ends(2, &["serve", "--tls-cert", certificate.to_str().unwrap()]);
    assert!(told.contains("--tls-key"), "{told}");
}
