//! A set of trusted certificates.

use rustls::pki_types::CertificateDer;

use super::super::moment::Moment;
use super::{Authority, Certificate, pem_facts};

/// The certificates that one party trusts.
#[derive(Clone, Debug, Default)]
pub struct Roots {
    anchors: Vec<Anchor>,
}

/// One trusted certificate, ready for comparison.
#[derive(Clone, Debug)]
pub(super) struct Anchor {
    pub(super) der: CertificateDer<'static>,
    pub(super) subject: Vec<u8>,
    pub(super) authority: Authority,
    pub(super) not_before: Moment,
    pub(super) not_after: Moment,
}

impl Roots {
    /// Nobody is trusted.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// The certificates of a PEM text; what is not a certificate is left out, as Go's
    /// `AppendCertsFromPEM` does. [`pem_facts`] tells what was left out.
    #[must_use]
    pub fn from_pem(pem: &str) -> Self {
        Self::from_certificates(&pem_facts(pem).certificates)
    }

    /// Certificates already read.
    #[must_use]
    pub fn from_certificates(certificates: &[Certificate]) -> Self {
        Self::from_ders(certificates.iter().filter_map(|one| one.to_der().ok()))
    }

    /// Certificates as bytes; what cannot be read is left out.
    #[must_use]
    pub fn from_ders(ders: impl IntoIterator<Item = Vec<u8>>) -> Self {
        Self { anchors: ders.into_iter().filter_map(anchor).collect() }
    }

    /// These and those.
    #[must_use]
    pub fn and(&self, others: &Self) -> Self {
        Self { anchors: self.anchors.iter().chain(&others.anchors).cloned().collect() }
    }

    /// How many certificates are trusted.
    #[must_use]
    pub fn len(&self) -> usize {
        self.anchors.len()
    }

    /// Whether nobody is trusted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.anchors.is_empty()
    }

    /// Whether this very certificate is in the set.
    pub(super) fn contain(&self, der: &[u8]) -> bool {
        self.anchors.iter().any(|anchor| anchor.der.as_ref() == der)
    }

    /// Those of these subjects, given as the names' bytes.
    pub(super) fn of_subjects(&self, subjects: &[Vec<u8>]) -> Vec<&Anchor> {
        self.anchors.iter().filter(|anchor| subjects.contains(&anchor.subject)).collect()
    }
}

fn anchor(der: Vec<u8>) -> Option<Anchor> {
    let parsed = super::parse(&der).ok()?;
    let subject = parsed.subject().as_raw().to_vec();
    let authority = super::authority(&parsed);
    let not_before = Moment::from_unix(parsed.validity().not_before.timestamp());
    let not_after = Moment::from_unix(parsed.validity().not_after.timestamp());
    Some(Anchor { der: CertificateDer::from(der), subject, authority, not_before, not_after })
}
