//! Whether a recorded chain is trusted by a set of roots, in Go's order and with Go's exceptions.

use std::time::Duration;

use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, RootCertStore};
use serde::{Deserialize, Serialize};

use super::super::moment::Moment;
use super::fault::CertificateFault;
use super::name::named;
use super::roots::{Anchor, Roots};
use super::walk::{Node, Walk};
use super::{Authority, Certificate, Signer, parse};

/// What a set of roots says about a chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChainVerdict {
    /// Dates, names and signatures are right, up to a root.
    Trusted(Anchored),
    /// Not.
    Refused(CertificateFault),
}

/// How the chain reaches its root.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Anchored {
    /// An authority among the roots signed it.
    ByAuthority,
    /// The server's own certificate is one of the roots. Go accepts that whether or not the
    /// certificate is an authority; old Go versions and other libraries do not.
    ByItself,
}

/// Longer chains exist only to waste time.
const MOST_CERTIFICATES: usize = 64;

/// Judges a chain (the server's certificate first, then what it sent besides) for a host name or
/// address, as of `now`. Nothing but the arguments is looked at.
///
/// Order as in Go, crypto/x509, `Certificate.Verify`: dates of the first certificate, its names,
/// whether it is itself a root, the way to a root, and its purpose. A chain is trusted only where
/// webpki agrees; where it does not although Go's rules are met, the fault is
/// [`CertificateFault::Unsupported`].
#[must_use]
pub fn judge(chain: &[Certificate], host: &str, roots: &Roots, now: Moment) -> ChainVerdict {
    match anchored(chain, host, roots, now) {
        Ok(how) => ChainVerdict::Trusted(how),
        Err(fault) => ChainVerdict::Refused(fault),
    }
}

fn anchored(
    chain: &[Certificate],
    host: &str,
    roots: &Roots,
    now: Moment,
) -> Result<Anchored, CertificateFault> {
    let Some(leaf) = chain.first() else {
        return Err(CertificateFault::Unreadable { detail: "no certificate was sent".into() });
    };
    if chain.len() > MOST_CERTIFICATES {
        let detail = format!("more than {MOST_CERTIFICATES} certificates were sent");
        return Err(CertificateFault::Unsupported { detail });
    }
    let ders = ders(chain)?;
    dated(&leaf.subject, leaf.not_before, leaf.not_after, now)?;
    named(leaf, &ders[0], host)?;
    if roots.contain(&ders[0]) {
        return own_root(leaf, &ders[0]);
    }
    let anchors = roots.of_subjects(&issuers(&ders));
    match walked(&ders, &anchors, now) {
        Err(CertificateFault::UnknownAuthority { issuer, candidate: None })
            if leaf.signer == Signer::Itself && issuer == leaf.issuer =>
        {
            return Err(CertificateFault::SelfSigned { subject: leaf.subject.clone() });
        }
        walked => walked?,
    }
    match confirmed(&ders, &anchors, now) {
        Ok(()) => Ok(Anchored::ByAuthority),
        Err(error) => Err(doubt(leaf, &error)),
    }
}

fn ders(chain: &[Certificate]) -> Result<Vec<CertificateDer<'static>>, CertificateFault> {
    chain
        .iter()
        .map(|one| one.to_der().map(CertificateDer::from))
        .collect::<Result<_, _>>()
        .map_err(|error| CertificateFault::Unreadable { detail: error.to_string() })
}

/// Whether a moment lies within a certificate's dates.
pub(super) fn dated(
    subject: &str,
    not_before: Moment,
    not_after: Moment,
    now: Moment,
) -> Result<(), CertificateFault> {
    let subject = subject.to_owned();
    if now < not_before {
        return Err(CertificateFault::NotYetValid { subject, not_before, now });
    }
    if now > not_after {
        return Err(CertificateFault::Expired { subject, not_after, now });
    }
    Ok(())
}

/// The server's certificate is itself trusted; its purpose still counts.
fn own_root(leaf: &Certificate, der: &[u8]) -> Result<Anchored, CertificateFault> {
    let parsed =
        parse(der).map_err(|error| CertificateFault::Unreadable { detail: error.to_string() })?;
    let usage = parsed.extended_key_usage().ok().flatten();
    if usage.is_none_or(|found| found.value.any || found.value.server_auth) {
        return Ok(Anchored::ByItself);
    }
    Err(CertificateFault::WrongPurpose { subject: leaf.subject.clone() })
}

fn issuers(ders: &[CertificateDer<'_>]) -> Vec<Vec<u8>> {
    ders.iter()
        .filter_map(|der| parse(der).ok().map(|one| one.issuer().as_raw().to_vec()))
        .collect()
}

/// Go's own search, which names the fault.
fn walked(
    ders: &[CertificateDer<'_>],
    anchors: &[&Anchor],
    now: Moment,
) -> Result<(), CertificateFault> {
    let leaf = Node::read(&ders[0])?;
    let roots = anchors.iter().map(|anchor| Node::read(&anchor.der)).collect::<Result<_, _>>()?;
    let between = ders[1..].iter().map(|der| Node::read(der)).collect::<Result<_, _>>()?;
    let walk = Walk { roots, between, now };
    walk.up(&mut vec![&leaf], &mut 0)
}

/// webpki's opinion, from roots that may sign and are within their dates: webpki itself looks at
/// neither.
fn confirmed(
    ders: &[CertificateDer<'_>],
    anchors: &[&Anchor],
    now: Moment,
) -> Result<(), rustls::Error> {
    let mut store = RootCertStore::empty();
    for anchor in anchors {
        let current = anchor.not_before <= now && now <= anchor.not_after;
        if current && anchor.authority == Authority::MaySign {
            // One that webpki cannot read cannot vouch for anybody.
            let _ = store.add(anchor.der.clone());
        }
    }
    let parsed = ParsedCertificate::try_from(&ders[0])?;
    let seconds = u64::try_from(now.unix()).unwrap_or_default();
    verify_server_cert_signed_by_trust_anchor(
        &parsed,
        &store,
        &ders[1..],
        UnixTime::since_unix_epoch(Duration::from_secs(seconds)),
        rustls::crypto::aws_lc_rs::default_provider().signature_verification_algorithms.all,
    )
}

/// Why webpki refuses what Go's search accepts.
fn doubt(leaf: &Certificate, error: &rustls::Error) -> CertificateFault {
    use CertificateError as E;
    match error {
        rustls::Error::InvalidCertificate(E::InvalidPurpose | E::InvalidPurposeContext { .. }) => {
            CertificateFault::WrongPurpose { subject: leaf.subject.clone() }
        }
        rustls::Error::InvalidCertificate(E::BadEncoding) => {
            CertificateFault::Unreadable { detail: error.to_string() }
        }
        _ => CertificateFault::Unsupported { detail: error.to_string() },
    }
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
