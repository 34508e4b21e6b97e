//! TLS that keeps the chain it refuses.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::digest::{SHA256, digest};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ResolvesClientCert, Resumption};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use secrecy::{ExposeSecret as _, SecretString};
use x509_parser::prelude::FromDer as _;
use x509_parser::x509::X509Name;

use crate::evidence::certificate::{Certificate, CertificateFault, ChainVerdict, Roots, judge};
use crate::evidence::exchange::CertificateWish;
use crate::evidence::moment::Moment;

/// Whom a request trusts. There is no variant that trusts everybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Only the certificates of this PEM text, as `--oidc-ca-file` and a kubeconfig's
    /// `certificate-authority` have it.
    Only(String),
    /// The roots of this machine.
    System,
    /// The roots of this machine and those of this PEM text.
    SystemAnd(String),
}

/// A client certificate and its key.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The certificate and what belongs to its chain, PEM.
    pub certificates: String,
    /// The key, PEM.
    pub key: SecretString,
}

/// Why a client certificate cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the client certificate cannot be used: {0}")]
pub struct BadIdentity(String);

impl Identity {
    /// Distinguishes identities without holding one.
    pub(super) fn mark(&self) -> Vec<u8> {
        let mut all = self.certificates.clone().into_bytes();
        all.extend_from_slice(self.key.expose_secret().as_bytes());
        digest(&SHA256, &all).as_ref().to_vec()
    }

    fn certified(&self, provider: &CryptoProvider) -> Result<CertifiedKey, BadIdentity> {
        let certificates = CertificateDer::pem_slice_iter(self.certificates.as_bytes())
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| BadIdentity(error.to_string()))?;
        // The reader's words could quote the key, so only the fact is told.
        let key = PrivateKeyDer::from_pem_slice(self.key.expose_secret().as_bytes())
            .map_err(|_| BadIdentity("its key is not a PEM key".into()))?;
        let key = provider
            .key_provider
            .load_private_key(key)
            .map_err(|_| BadIdentity("its key is of no supported kind".into()))?;
        let certified = CertifiedKey::new(certificates, key);
        match certified.keys_match() {
            Ok(()) => Ok(certified),
            Err(error) => Err(BadIdentity(error.to_string())),
        }
    }
}

/// The roots of this machine, as Go finds them.
///
/// `SSL_CERT_FILE` and `SSL_CERT_DIR` are honoured. Go lets the first replace only the bundle and
/// still reads the standard folders (crypto/x509, root_unix.go, `loadSystemRoots`), so they are
/// read here too.
#[must_use]
pub fn system_roots() -> Roots {
    let mut found = rustls_native_certs::load_native_certs().certs;
    if std::env::var_os("SSL_CERT_FILE").is_some() && std::env::var_os("SSL_CERT_DIR").is_none() {
        found.extend(in_folders(&FOLDERS.map(Path::new)));
    }
    let distinct: BTreeSet<Vec<u8>> = found.into_iter().map(|one| one.to_vec()).collect();
    Roots::from_ders(distinct)
}

/// Go, crypto/x509, root_linux.go, `certDirectories`; elsewhere they do not exist.
const FOLDERS: [&str; 2] = ["/etc/ssl/certs", "/etc/pki/tls/certs"];

/// The certificates of all files in these folders.
fn in_folders(folders: &[&Path]) -> Vec<CertificateDer<'static>> {
    folders
        .iter()
        .flat_map(|folder| rustls_native_certs::load_certs_from_paths(None, Some(folder)).certs)
        .collect()
}

/// What was seen of a server in the handshake.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    pub(super) chain: Vec<Certificate>,
    pub(super) verdict: Option<ChainVerdict>,
    pub(super) wish: Option<CertificateWish>,
}

/// Judges the server's chain as [`judge`] does, keeps it, and refuses whatever is not trusted.
pub(super) struct Recorder {
    dialled: String,
    host: String,
    roots: Roots,
    provider: Arc<CryptoProvider>,
    seen: Mutex<Seen>,
    identity: Option<Arc<CertifiedKey>>,
}

impl fmt::Debug for Recorder {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Recorder({})", self.host)
    }
}

impl Recorder {
    /// For a server that is dialled under one name and must prove another (usually the same).
    pub(super) fn new(
        dialled: &str,
        host: &str,
        roots: Roots,
        identity: Option<&Identity>,
    ) -> Result<Arc<Self>, BadIdentity> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let identity = identity.map(|one| one.certified(&provider)).transpose()?.map(Arc::new);
        let (dialled, host) = (dialled.to_owned(), host.to_owned());
        let seen = Mutex::default();
        Ok(Arc::new(Self { dialled, host, roots, provider, seen, identity }))
    }

    /// A configuration that leaves all judgement to this recorder.
    pub(super) fn configuration(self: &Arc<Self>) -> Result<ClientConfig, Error> {
        let mut configuration = ClientConfig::builder_with_provider(self.provider.clone())
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(self.clone())
            .with_client_cert_resolver(Arc::new(Wish(self.clone())));
        // Every connection shows its chain.
        configuration.resumption = Resumption::disabled();
        // A dialled name that differs from the host exists only here.
        configuration.enable_sni = self.dialled_name_is_real();
        Ok(configuration)
    }

    fn dialled_name_is_real(&self) -> bool {
        self.dialled.eq_ignore_ascii_case(&self.host)
    }

    /// What was seen so far.
    pub(super) fn seen(&self) -> Seen {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn keep(&self, chain: Vec<Certificate>, verdict: &ChainVerdict) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.chain = chain;
        seen.verdict = Some(verdict.clone());
    }

    fn judged(&self, presented: &[CertificateDer<'_>], host: &str, now: UnixTime) -> Judged {
        let mut chain = Vec::new();
        for der in presented {
            match Certificate::from_der(der) {
                Ok(certificate) => chain.push(certificate),
                Err(error) => {
                    let detail = error.to_string();
                    let fault = CertificateFault::Unreadable { detail };
                    return (chain, ChainVerdict::Refused(fault));
                }
            }
        }
        let now = Moment::from_unix(i64::try_from(now.as_secs()).unwrap_or(i64::MAX));
        let verdict = judge(&chain, host, &self.roots, now);
        (chain, verdict)
    }
}

type Judged = (Vec<Certificate>, ChainVerdict);

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let presented: Vec<CertificateDer<'_>> =
            std::iter::once(end_entity).chain(intermediates).cloned().collect();
        let dialled = server_name.to_str();
        let of_peer = dialled.eq_ignore_ascii_case(&self.dialled);
        // Another name is that of an https proxy on the way.
        let host = if of_peer { self.host.as_str() } else { dialled.as_ref() };
        let (chain, verdict) = self.judged(&presented, host, now);
        if of_peer {
            self.keep(chain, &verdict);
        }
        match verdict {
            ChainVerdict::Trusted(_) => Ok(ServerCertVerified::assertion()),
            ChainVerdict::Refused(_) => {
                Err(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure))
            }
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, cert, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Notes that the server wished for a client certificate, and offers the one there is.
#[derive(Debug)]
struct Wish(Arc<Recorder>);

impl ResolvesClientCert for Wish {
    fn resolve(
        &self,
        authorities: &[&[u8]],
        _schemes: &[SignatureScheme],
    ) -> Option<Arc<CertifiedKey>> {
        let authorities = authorities
            .iter()
            .filter_map(|name| X509Name::from_der(name).ok().map(|(_, name)| name.to_string()))
            .collect();
        let mut seen = self.0.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.wish = Some(CertificateWish { authorities });
        self.0.identity.clone()
    }

    fn has_certs(&self) -> bool {
        // Otherwise rustls would answer the wish without asking here.
        true
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop")]

    use super::super::testing::{Ca, named};
    use super::{Identity, Recorder, in_folders};
    use crate::evidence::certificate::Roots;

    #[test]
    fn folders_of_roots() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["One", "Two"] {
            std::fs::write(folder.path().join(name), Ca::new(name).pem()).unwrap();
        }
        std::fs::write(folder.path().join("readme"), "no certificate").unwrap();
        let absent = folder.path().join("absent");
        let found = in_folders(&[folder.path(), &absent]);
        assert_eq!(Roots::from_ders(found.into_iter().map(|one| one.to_vec())).len(), 2);
    }

    #[test]
    fn bad_identities_do_not_quote_the_key() {
        let keyed = Ca::new("Client Root").sign(&named("dev", &[]));
        for key in ["s3cret", "-----BEGIN PRIVATE KEY-----\ns3cret\n-----END PRIVATE KEY-----\n"] {
            let identity =
                Identity { certificates: keyed.certificate.pem(), key: key.to_owned().into() };
            let error = Recorder::new("x", "x", Roots::none(), Some(&identity)).unwrap_err();
            assert!(!format!("{error} {error:?} {identity:?}").contains("s3cret"));
        }
    }
}
