//! Whether a recorded chain is trusted by a set of roots, in Go's order and with Go's exceptions.

use std::time::Duration;

use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, RootCertStore};
use serde::{Deserialize, Serialize};
use x509_parser::certificate::X509Certificate;
use x509_parser::public_key::PublicKey;

use super::super::moment::Moment;
use super::fault::{Candidate, CandidateFault, CertificateFault, KeyKind};
use super::roots::{Anchor, Roots};
use super::{Authority, Certificate, Signer, common_name, fingerprint, parse};

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

/// Judges a chain (the server's certificate first, then what it sent besides) for a host name or
/// address, as of `now`. Nothing but the arguments is looked at.
///
/// Order as in Go, crypto/x509, `Certificate.Verify`: dates of the first certificate, its names,
/// whether it is itself a root, then the way to a root. Signatures are checked by webpki. Unlike
/// webpki and like Go, a root that has expired or is not an authority does not count.
#[must_use]
pub fn judge(chain: &[Certificate], host: &str, roots: &Roots, now: Moment) -> ChainVerdict {
    match anchored(chain, host, roots, now) {
        Ok(how) => ChainVerdict::Trusted(how),
        Err(fault) => ChainVerdict::Refused(fault),
    }
}

/// Longer chains exist only to waste time.
const MOST_CERTIFICATES: usize = 64;

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
    let sought = Path { chain, ders: &ders, roots, now };
    if roots.contain(&ders[0]) {
        return sought.own_root();
    }
    sought.to_root()
}

fn ders(chain: &[Certificate]) -> Result<Vec<CertificateDer<'static>>, CertificateFault> {
    chain
        .iter()
        .map(|one| one.to_der().map(CertificateDer::from))
        .collect::<Result<_, _>>()
        .map_err(|error| CertificateFault::Unreadable { detail: error.to_string() })
}

fn dated(
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

fn named(leaf: &Certificate, der: &CertificateDer<'_>, host: &str) -> Result<(), CertificateFault> {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let wanted = host.strip_suffix('.').unwrap_or(host).to_owned();
    let parsed = ParsedCertificate::try_from(der).map_err(|error| other(&error))?;
    let fits = ServerName::try_from(wanted.clone())
        .is_ok_and(|name| verify_server_name(&parsed, &name).is_ok());
    if fits {
        return Ok(());
    }
    if leaf.names.is_empty() && leaf.addresses.is_empty() && common_name_fits(der, &wanted) {
        return Err(CertificateFault::NoSubjectAltName { expected: wanted });
    }
    let (names, addresses) = (leaf.names.clone(), leaf.addresses.clone());
    Err(CertificateFault::WrongName { expected: wanted, names, addresses })
}

/// Go, crypto/x509, `matchHostnames`, for the common name that it no longer accepts.
fn common_name_fits(der: &[u8], host: &str) -> bool {
    let Some(name) = parse(der).ok().and_then(|parsed| common_name(parsed.subject())) else {
        return false;
    };
    match (name.strip_prefix("*."), host.split_once('.')) {
        (Some(pattern), Some((_, rest))) => pattern.eq_ignore_ascii_case(rest),
        _ => name.eq_ignore_ascii_case(host),
    }
}

/// A search for a root.
struct Path<'a> {
    chain: &'a [Certificate],
    ders: &'a [CertificateDer<'static>],
    roots: &'a Roots,
    now: Moment,
}

impl Path<'_> {
    /// The server's certificate is itself trusted; its purpose still counts.
    fn own_root(&self) -> Result<Anchored, CertificateFault> {
        let parsed = parse(&self.ders[0])
            .map_err(|error| CertificateFault::Unreadable { detail: error.to_string() })?;
        let usage = parsed.extended_key_usage().ok().flatten();
        if usage.is_none_or(|found| found.value.any || found.value.server_auth) {
            return Ok(Anchored::ByItself);
        }
        Err(CertificateFault::WrongPurpose { subject: self.chain[0].subject.clone() })
    }

    fn to_root(&self) -> Result<Anchored, CertificateFault> {
        let known = self.anchors();
        if known.is_empty() {
            return Err(self.out_of_date().unwrap_or_else(|| self.unknown()));
        }
        let signing = |anchor: &Anchor| anchor.authority == Authority::MaySign;
        let current =
            |anchor: &Anchor| anchor.not_before <= self.now && self.now <= anchor.not_after;
        let Err(error) = self.verified(&known, |anchor| signing(anchor) && current(anchor)) else {
            return Ok(Anchored::ByAuthority);
        };
        // Would it hold, were no root out of date? Then its date is what Go reports.
        if self.verified(&known, signing).is_ok()
            && let Some(anchor) = known.iter().find(|anchor| signing(anchor) && !current(anchor))
        {
            let subject = Certificate::from_der(&anchor.der).map(|one| one.subject);
            dated(&subject.unwrap_or_default(), anchor.not_before, anchor.not_after, self.now)?;
        }
        Err(self.fault(&error))
    }

    fn fault(&self, error: &rustls::Error) -> CertificateFault {
        use CertificateError as E;
        match cause(error) {
            Some(
                E::Expired
                | E::ExpiredContext { .. }
                | E::NotValidYet
                | E::NotValidYetContext { .. },
            ) => self.out_of_date().unwrap_or_else(|| other(error)),
            Some(E::InvalidPurpose | E::InvalidPurposeContext { .. }) => {
                CertificateFault::WrongPurpose { subject: self.chain[0].subject.clone() }
            }
            Some(
                E::UnknownIssuer
                | E::BadSignature
                | E::UnsupportedSignatureAlgorithmForPublicKeyContext { .. },
            ) => self.unknown(),
            _ => other(error),
        }
    }

    /// A certificate on the way from the server's to the last one sent that is out of date.
    fn out_of_date(&self) -> Option<CertificateFault> {
        self.way().into_iter().find_map(|index| {
            let one = &self.chain[index];
            dated(&one.subject, one.not_before, one.not_after, self.now).err()
        })
    }

    /// Roots that bear the name of an issuer in the chain.
    fn anchors(&self) -> Vec<&Anchor> {
        let issuers: Vec<Vec<u8>> = self
            .ders
            .iter()
            .filter_map(|der| parse(der).ok().map(|one| one.issuer().as_raw().to_vec()))
            .collect();
        self.roots.of_subjects(&issuers)
    }

    fn verified(
        &self,
        known: &[&Anchor],
        wanted: impl Fn(&Anchor) -> bool,
    ) -> Result<(), rustls::Error> {
        let mut store = RootCertStore::empty();
        for anchor in known.iter().filter(|anchor| wanted(anchor)) {
            // One that webpki cannot read cannot vouch for anybody.
            let _ = store.add(anchor.der.clone());
        }
        let parsed = ParsedCertificate::try_from(&self.ders[0])?;
        let seconds = u64::try_from(self.now.unix()).unwrap_or_default();
        verify_server_cert_signed_by_trust_anchor(
            &parsed,
            &store,
            &self.ders[1..],
            UnixTime::since_unix_epoch(Duration::from_secs(seconds)),
            rustls::crypto::aws_lc_rs::default_provider().signature_verification_algorithms.all,
        )
    }

    /// The certificates from the server's on, each the issuer of the one before.
    fn way(&self) -> Vec<usize> {
        let mut way = vec![0];
        while let Some(next) = way.last().and_then(|last| self.parent(*last, &way)) {
            way.push(next);
        }
        way
    }

    /// Nobody vouches: say whose signature is sought, and which namesake did not fit.
    fn unknown(&self) -> CertificateFault {
        let last = self.way().last().copied().unwrap_or_default();
        let candidate = self.candidate(last);
        let end = &self.chain[last];
        if last == 0 && end.signer == Signer::Itself && candidate.is_none() {
            return CertificateFault::SelfSigned { subject: end.subject.clone() };
        }
        CertificateFault::UnknownAuthority { issuer: end.issuer.clone(), candidate }
    }

    fn parent(&self, child: usize, reached: &[usize]) -> Option<usize> {
        let child = parse(&self.ders[child]).ok()?;
        (1..self.ders.len()).find(|index| {
            !reached.contains(index)
                && parse(&self.ders[*index])
                    .is_ok_and(|one| one.subject().as_raw() == child.issuer().as_raw())
        })
    }

    fn candidate(&self, child: usize) -> Option<Candidate> {
        let parsed = parse(&self.ders[child]).ok()?;
        let issuer = [parsed.issuer().as_raw().to_vec()];
        let anchor = *self.roots.of_subjects(&issuer).first()?;
        let namesake = parse(&anchor.der).ok()?;
        let fault = match anchor.authority {
            Authority::MayNotSign => CandidateFault::NotAnAuthority,
            Authority::MaySign => CandidateFault::OtherKey(key_kind(&parsed, &namesake)),
        };
        Some(Candidate { name: go_name(&namesake), sha256: fingerprint(&anchor.der), fault })
    }
}

fn cause(error: &rustls::Error) -> Option<&CertificateError> {
    match error {
        rustls::Error::InvalidCertificate(cause) => Some(cause),
        _ => None,
    }
}

fn other(error: &rustls::Error) -> CertificateFault {
    if matches!(cause(error), Some(CertificateError::BadEncoding)) {
        return CertificateFault::Unreadable { detail: error.to_string() };
    }
    CertificateFault::Unsupported { detail: error.to_string() }
}

/// The kind of the namesake's key, if the child's signature is of that kind at all.
fn key_kind(child: &X509Certificate<'_>, namesake: &X509Certificate<'_>) -> KeyKind {
    /// RFC 8410, id-Ed25519.
    const ED25519: &str = "1.3.101.112";
    let signature = child.signature_algorithm.algorithm.to_id_string();
    match namesake.public_key().parsed() {
        Ok(PublicKey::RSA(_)) if signature.starts_with("1.2.840.113549.1.1.") => KeyKind::Rsa,
        Ok(PublicKey::EC(_)) if signature.starts_with("1.2.840.10045.4.") => KeyKind::Ecdsa,
        Ok(PublicKey::Unknown(_)) if signature == ED25519 => KeyKind::Ed25519,
        _ => KeyKind::Other,
    }
}

/// How Go names a candidate (crypto/x509, `UnknownAuthorityError.Error`).
fn go_name(parsed: &X509Certificate<'_>) -> String {
    let organization =
        || parsed.subject().iter_organization().next().and_then(|part| part.as_str().ok());
    common_name(parsed.subject())
        .or_else(|| organization().map(str::to_owned))
        .unwrap_or_else(|| format!("serial:{}", parsed.tbs_certificate.serial))
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
