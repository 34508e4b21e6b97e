//! Certificates that a server presented or a file holds, and who trusts them.
//!
//! A [`Certificate`] keeps its bytes, so that a recorded chain can be judged again later against
//! any other set of [`Roots`]: the system's, `--issuer-ca`, the API server's `--oidc-ca-file`.

mod fault;
mod judge;
mod name;
mod pem;
mod roots;
mod signature;
mod walk;

use std::net::IpAddr;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer as _;
use x509_parser::x509::{X509Name, X509Version};

use super::moment::Moment;

pub use fault::{Candidate, CandidateFault, CertificateFault, KeyKind};
pub use judge::{Anchored, ChainVerdict, judge};
pub use pem::{PemFacts, PemShape, UnreadableBlock, pem_facts};
pub use roots::Roots;

/// One certificate, with what a person compares taken out of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// Whom it names, as `CN=…, O=…`.
    pub subject: String,
    /// Who signed it, in the same form.
    pub issuer: String,
    /// DNS names of the subjectAltName extension, as written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// IP addresses of the subjectAltName extension.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<IpAddr>,
    /// First moment of validity.
    pub not_before: Moment,
    /// Last moment of validity.
    pub not_after: Moment,
    /// Whether Go lets it sign other certificates.
    pub authority: Authority,
    /// Whether issuer and subject are the same, which is how a root looks.
    pub signer: Signer,
    /// SHA-256 of the bytes, lower-case hex.
    pub sha256: String,
    /// The bytes (DER) in standard base64.
    pub der: String,
}

/// Whether a certificate may sign others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Authority {
    /// `CA:TRUE`, and keyCertSign where a key usage is given; or older than version 3.
    MaySign,
    /// A certificate of a server or client.
    MayNotSign,
}

/// Whose name stands under a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Signer {
    /// Issuer and subject differ.
    Another,
    /// Issuer and subject are the same.
    Itself,
}

/// The bytes are not a certificate that can be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("not a readable certificate: {0}")]
pub struct UnreadableCertificate(pub String);

impl Certificate {
    /// Reads one certificate from its bytes.
    ///
    /// # Errors
    /// When the bytes are not a DER certificate, or more follows it.
    pub fn from_der(der: &[u8]) -> Result<Self, UnreadableCertificate> {
        let parsed = parse(der)?;
        let (names, addresses) = alternative_names(&parsed);
        let itself = parsed.subject().as_raw() == parsed.issuer().as_raw();
        Ok(Self {
            subject: parsed.subject().to_string(),
            issuer: parsed.issuer().to_string(),
            names,
            addresses,
            not_before: Moment::from_unix(parsed.validity().not_before.timestamp()),
            not_after: Moment::from_unix(parsed.validity().not_after.timestamp()),
            authority: authority(&parsed),
            signer: if itself { Signer::Itself } else { Signer::Another },
            sha256: fingerprint(der),
            der: STANDARD.encode(der),
        })
    }

    /// The bytes, as presented.
    ///
    /// # Errors
    /// When the recorded text is not base64, which only an edited bundle can bring about.
    pub fn to_der(&self) -> Result<Vec<u8>, UnreadableCertificate> {
        STANDARD.decode(&self.der).map_err(|error| UnreadableCertificate(error.to_string()))
    }
}

/// SHA-256 in lower-case hex.
fn fingerprint(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    digest(&SHA256, bytes).as_ref().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn parse(der: &[u8]) -> Result<X509Certificate<'_>, UnreadableCertificate> {
    let (rest, parsed) =
        X509Certificate::from_der(der).map_err(|error| UnreadableCertificate(error.to_string()))?;
    if !rest.is_empty() {
        return Err(UnreadableCertificate("trailing data".into()));
    }
    Ok(parsed)
}

fn alternative_names(parsed: &X509Certificate<'_>) -> (Vec<String>, Vec<IpAddr>) {
    let Ok(Some(extension)) = parsed.subject_alternative_name() else {
        return (Vec::new(), Vec::new());
    };
    let mut names = Vec::new();
    let mut addresses = Vec::new();
    for name in &extension.value.general_names {
        match name {
            GeneralName::DNSName(name) => names.push((*name).to_owned()),
            GeneralName::IPAddress(bytes) => addresses.extend(address(bytes)),
            _ => {}
        }
    }
    (names, addresses)
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    if let Ok(four) = <[u8; 4]>::try_from(bytes) {
        return Some(IpAddr::from(four));
    }
    <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from)
}

/// Go, crypto/x509, `Certificate.CheckSignatureFrom`: what the parent must be.
fn authority(parsed: &X509Certificate<'_>) -> Authority {
    let constraints = parsed.basic_constraints().ok().flatten().map(|found| found.value.ca);
    let marked = match constraints {
        Some(ca) => ca,
        None => parsed.version() != X509Version::V3,
    };
    let usage = parsed.key_usage().ok().flatten();
    let signs = usage.is_none_or(|found| found.value.flags == 0 || found.value.key_cert_sign());
    if marked && signs { Authority::MaySign } else { Authority::MayNotSign }
}

/// The first common name of a distinguished name.
fn common_name(name: &X509Name<'_>) -> Option<String> {
    name.iter_common_name().next().and_then(|part| part.as_str().ok()).map(str::to_owned)
}
