//! Servers on loopback and certificates made at test time.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair,
    KeyUsagePurpose,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

use super::http::{Network, Terms};

/// An authority that signs.
pub(crate) struct Ca {
    pub(crate) issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate, its chain and its key.
pub(crate) struct Keyed {
    pub(crate) certificate: Certificate,
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) key: KeyPair,
}

/// Parameters with a common name and alternative names.
pub(crate) fn named(common: &str, names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.distinguished_name.remove(DnType::CommonName);
    params.distinguished_name.push(DnType::CommonName, common);
    params
}

/// The years of validity: from the first of January to the first of January.
pub(crate) fn dated(mut params: CertificateParams, from: i32, to: i32) -> CertificateParams {
    params.not_before = rcgen::date_time_ymd(from, 1, 1);
    params.not_after = rcgen::date_time_ymd(to, 1, 1);
    params
}

/// Marked as an authority.
pub(crate) fn authority(mut params: CertificateParams) -> CertificateParams {
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

impl Ca {
    pub(crate) fn new(common: &str) -> Self {
        Self::of(authority(named(common, &[])))
    }

    pub(crate) fn of(params: CertificateParams) -> Self {
        let key = KeyPair::generate().unwrap();
        Self { issuer: CertifiedIssuer::self_signed(params, key).unwrap() }
    }

    pub(crate) fn pem(&self) -> String {
        self.issuer.pem()
    }

    pub(crate) fn sign(&self, params: &CertificateParams) -> Keyed {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let chain = vec![certificate.der().clone()];
        Keyed { certificate, chain, key }
    }

    /// An authority below this one.
    pub(crate) fn below(&self, params: CertificateParams) -> Self {
        let key = KeyPair::generate().unwrap();
        Self { issuer: CertifiedIssuer::signed_by(params, key, &self.issuer).unwrap() }
    }
}

impl Keyed {
    pub(crate) fn self_signed(params: &CertificateParams) -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let chain = vec![certificate.der().clone()];
        Self { certificate, chain, key }
    }

    pub(crate) fn with(mut self, ca: &Ca) -> Self {
        self.chain.push(ca.issuer.der().clone());
        self
    }
}

/// What a test server does with one connection.
type Talk = Arc<dyn Fn(TcpStream) + Send + Sync>;

/// A server on loopback; it lives as long as the test program.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn on(address: &str, requests: Arc<Mutex<Vec<String>>>, talk: Talk) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let talk = talk.clone();
                thread::spawn(move || talk(stream));
            }
        });
        Self { address, requests }
    }

    /// Whatever is to be done with the bare connection.
    pub(crate) fn bare(talk: impl Fn(TcpStream) + Send + Sync + 'static) -> Self {
        Self::on("127.0.0.1:0", Arc::default(), Arc::new(talk))
    }

    /// Plain HTTP: from the request's text to the whole answer.
    pub(crate) fn http(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        let requests = Arc::<Mutex<Vec<String>>>::default();
        let log = requests.clone();
        let talk = move |mut stream: TcpStream| served(&mut stream, &log, &answer);
        Self::on("127.0.0.1:0", requests, Arc::new(talk))
    }

    /// HTTPS on 127.0.0.1.
    pub(crate) fn https(
        keyed: &Keyed,
        answer: impl Fn(&str) -> String + Send + Sync + 'static,
    ) -> Self {
        Self::tls(configuration(keyed, None), answer)
    }

    /// HTTPS that wishes for a client certificate of this authority, and insists.
    pub(crate) fn mutual(
        keyed: &Keyed,
        clients: &Ca,
        answer: impl Fn(&str) -> String + Send + Sync + 'static,
    ) -> Self {
        Self::tls(configuration(keyed, Some(clients)), answer)
    }

    fn tls(
        configuration: Arc<ServerConfig>,
        answer: impl Fn(&str) -> String + Send + Sync + 'static,
    ) -> Self {
        let requests = Arc::<Mutex<Vec<String>>>::default();
        let log = requests.clone();
        let talk = move |stream: TcpStream| {
            let connection = ServerConnection::new(configuration.clone()).unwrap();
            served(&mut StreamOwned::new(connection, stream), &log, &answer);
        };
        Self::on("127.0.0.1:0", requests, Arc::new(talk))
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    pub(crate) fn url(&self, scheme: &str, host: &str, path: &str) -> String {
        format!("{scheme}://{host}:{}{path}", self.port())
    }

    /// A `--resolve` entry that leads here.
    pub(crate) fn pin(&self, host: &str) -> super::names::Pin {
        format!("{host}:{}:127.0.0.1", self.port()).parse().unwrap()
    }

    /// What was asked so far, heads and bodies.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

fn configuration(keyed: &Keyed, clients: Option<&Ca>) -> Arc<ServerConfig> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(keyed.key.serialize_der()));
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(ca) => {
            let mut roots = RootCertStore::empty();
            roots.add(ca.issuer.der().clone()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            builder.with_client_cert_verifier(verifier.build().unwrap())
        }
    };
    Arc::new(builder.with_single_cert(keyed.chain.clone(), key).unwrap())
}

/// One request, one answer, and the end.
fn served<S: Read + Write>(
    stream: &mut S,
    log: &Mutex<Vec<String>>,
    answer: &dyn Fn(&str) -> String,
) {
    let Some(request) = request(stream) else { return };
    log.lock().unwrap().push(request.clone());
    let _ = stream.write_all(answer(&request).as_bytes());
    let _ = stream.flush();
}

fn request<S: Read>(stream: &mut S) -> Option<String> {
    let mut text = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let count = stream.read(&mut buffer).ok().filter(|count| *count > 0)?;
        text.extend_from_slice(&buffer[..count]);
        // A TLS handshake; a web server answers it with 400.
        if text.first() == Some(&0x16) {
            return Some("TLS".into());
        }
        let all = String::from_utf8_lossy(&text);
        let Some((head, body)) = all.split_once("\r\n\r\n") else { continue };
        let length = head
            .lines()
            .find_map(|line| {
                line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok()
            })
            .unwrap_or(0);
        if body.len() >= length {
            return Some(all.into_owned());
        }
    }
}

/// A whole answer.
pub(crate) fn reply(status: &str, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n{body}",
        body.len()
    )
}

/// JSON with 200.
pub(crate) fn json(body: &str) -> String {
    reply("200 OK", "Content-Type: application/json\r\n", body)
}

/// Terms for tests: nothing takes longer than this.
pub(crate) fn terms(limit: Duration) -> Terms {
    Terms { answer_limit: limit, ..Terms::until(Instant::now() + Duration::from_secs(4)) }
}

/// A network that sends these hosts to these servers.
pub(crate) fn network(to: &[(&str, &Server)]) -> Network {
    let pins = to.iter().map(|(host, server)| server.pin(host)).collect();
    Network::new(Terms { pins, ..terms(Duration::from_secs(3)) })
}

/// Runs one asynchronous test.
pub(crate) fn run<F: Future>(test: F) -> F::Output {
    super::drive(test).unwrap()
}
