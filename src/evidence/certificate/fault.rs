//! Why a chain of certificates is refused.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::super::moment::Moment;

/// Why a chain is refused, in the order in which Go looks (crypto/x509, `Certificate.Verify`):
/// dates of the server's certificate, its names, then the way to a root.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CertificateFault {
    /// The last day of a certificate in the chain has passed.
    #[error("the certificate {subject:?} expired at {not_after}; it is {now}")]
    Expired {
        /// Which certificate.
        subject: String,
        /// Its last moment.
        not_after: Moment,
        /// The moment it was judged at.
        now: Moment,
    },
    /// The first day of a certificate in the chain is still to come.
    #[error("the certificate {subject:?} is valid from {not_before}; it is {now}")]
    NotYetValid {
        /// Which certificate.
        subject: String,
        /// Its first moment.
        not_before: Moment,
        /// The moment it was judged at.
        now: Moment,
    },
    /// The server's certificate is for other names.
    #[error("the certificate is for {}, not for {expected}", listed(names, addresses))]
    WrongName {
        /// The name or address asked for.
        expected: String,
        /// DNS names presented.
        names: Vec<String>,
        /// Addresses presented.
        addresses: Vec<IpAddr>,
    },
    /// The server's certificate has the name in its common name only, which Go ignores.
    #[error("the certificate names {expected} in its common name only, not as subjectAltName")]
    NoSubjectAltName {
        /// The name asked for.
        expected: String,
    },
    /// The server signed its own certificate, and it is not among the roots.
    #[error("the certificate {subject:?} is self-signed and not among the trusted ones")]
    SelfSigned {
        /// Whom it names.
        subject: String,
    },
    /// The chain leads to no root.
    #[error("no trusted authority {issuer:?}{}", candidate.as_ref().map(ToString::to_string).unwrap_or_default())]
    UnknownAuthority {
        /// The issuer that is sought: that of the last certificate that could be reached.
        issuer: String,
        /// A certificate of that name that did not fit.
        candidate: Option<Candidate>,
    },
    /// An authority allows fewer authorities below it than there are.
    #[error("the authority {subject:?} allows fewer authorities below it than the chain has")]
    TooManyBetween {
        /// Which authority.
        subject: String,
    },
    /// The certificate may not be used by a server.
    #[error("the certificate {subject:?} may not be used by a server (extended key usage)")]
    WrongPurpose {
        /// Whom it names.
        subject: String,
    },
    /// A certificate could not be read.
    #[error("a certificate could not be read: {detail}")]
    Unreadable {
        /// The reader's words.
        detail: String,
    },
    /// rustls does not support what the chain uses; Go may well accept it, so this proves nothing
    /// about the API server.
    #[error("the chain cannot be judged here: {detail}")]
    Unsupported {
        /// What is not supported.
        detail: String,
    },
}

/// A certificate that bears the name of the wanted authority but does not fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error(" ({name:?} bears that name but {fault})")]
pub struct Candidate {
    /// Its common name, else its organization, else its serial number, as Go names it.
    pub name: String,
    /// SHA-256 of its bytes, lower-case hex.
    pub sha256: String,
    /// What is wrong with it.
    pub fault: CandidateFault,
}

/// Why a certificate of the right name is not the authority.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CandidateFault {
    /// It is not marked as an authority.
    #[error("is not an authority: no CA:TRUE or no keyCertSign")]
    NotAnAuthority,
    /// It has another key: an earlier or later authority of the same name.
    #[error("has another key")]
    OtherKey(KeyKind),
}

/// The kind of a public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyKind {
    /// RSA.
    Rsa,
    /// Elliptic curve.
    Ecdsa,
    /// Ed25519.
    Ed25519,
    /// Anything else, or not the kind of key that made the signature.
    Other,
}

/// Names and addresses for a sentence.
fn listed(names: &[String], addresses: &[IpAddr]) -> String {
    let all: Vec<String> =
        names.iter().cloned().chain(addresses.iter().map(ToString::to_string)).collect();
    if all.is_empty() { "no name".into() } else { all.join(", ") }
}

impl CertificateFault {
    /// How Go words it, from `x509:` on (crypto/x509, verify.go and x509.go); nothing where Go
    /// might not refuse, or where its words depend on details of its reader.
    #[must_use]
    pub fn go_text(&self) -> Option<String> {
        let text = match self {
            Self::Expired { not_after, now, .. } => {
                format!("{EXPIRED}: current time {now} is after {not_after}")
            }
            Self::NotYetValid { not_before, now, .. } => {
                format!("{EXPIRED}: current time {now} is before {not_before}")
            }
            Self::WrongName { expected, names, addresses } => {
                other_names(expected, names, addresses)
            }
            Self::NoSubjectAltName { .. } => {
                "x509: certificate relies on legacy Common Name field, use SANs instead".into()
            }
            Self::SelfSigned { .. } => UNKNOWN.into(),
            Self::UnknownAuthority { candidate: None, .. } => UNKNOWN.into(),
            Self::UnknownAuthority { candidate: Some(candidate), .. } => {
                format!("{UNKNOWN}{}", because(candidate)?)
            }
            Self::TooManyBetween { .. } => {
                "x509: too many intermediates for path length constraint".into()
            }
            Self::WrongPurpose { .. } => {
                "x509: certificate specifies an incompatible key usage".into()
            }
            Self::Unreadable { .. } | Self::Unsupported { .. } => return None,
        };
        Some(text)
    }
}

const UNKNOWN: &str = "x509: certificate signed by unknown authority";
const EXPIRED: &str = "x509: certificate has expired or is not yet valid";

/// `UnknownAuthorityError.Error` of Go.
fn because(candidate: &Candidate) -> Option<String> {
    let hint = match candidate.fault {
        CandidateFault::NotAnAuthority => {
            "x509: invalid signature: parent certificate cannot sign this kind of certificate"
        }
        CandidateFault::OtherKey(KeyKind::Rsa) => "crypto/rsa: verification error",
        CandidateFault::OtherKey(KeyKind::Ecdsa) => "x509: ECDSA verification failure",
        CandidateFault::OtherKey(KeyKind::Ed25519) => "x509: Ed25519 verification failure",
        CandidateFault::OtherKey(KeyKind::Other) => return None,
    };
    let name = &candidate.name;
    Some(format!(
        " (possibly because of {hint:?} while trying to verify candidate authority certificate {name:?})"
    ))
}

/// `HostnameError.Error` of Go.
fn other_names(expected: &str, names: &[String], addresses: &[IpAddr]) -> String {
    let valid: Vec<String> = if expected.parse::<IpAddr>().is_ok() {
        if addresses.is_empty() {
            return format!(
                "x509: cannot validate certificate for {expected} because it doesn't contain any IP SANs"
            );
        }
        addresses.iter().map(ToString::to_string).collect()
    } else {
        names.to_vec()
    };
    if valid.is_empty() {
        return format!(
            "x509: certificate is not valid for any names, but wanted to match {expected}"
        );
    }
    format!("x509: certificate is valid for {}, not {expected}", valid.join(", "))
}
