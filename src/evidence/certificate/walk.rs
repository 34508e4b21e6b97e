//! The way from a server's certificate to a root, searched in Go's order, so that the fault named
//! is the one that Go names (crypto/x509, `buildChains`).

use std::cmp::Ordering;

use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::ParsedExtension;

use super::super::moment::Moment;
use super::fault::{Candidate, CandidateFault, CertificateFault};
use super::judge::dated;
use super::signature::{Signature, check};
use super::{Authority, authority, common_name, fingerprint, parse};

/// Go, crypto/x509, `maxChainSignatureChecks`.
const MOST_CHECKS: u32 = 100;

/// One certificate on the way.
pub(super) struct Node<'a> {
    der: &'a [u8],
    parsed: X509Certificate<'a>,
    authority: Authority,
}

impl<'a> Node<'a> {
    pub(super) fn read(der: &'a [u8]) -> Result<Self, CertificateFault> {
        let parsed = parse(der)
            .map_err(|error| CertificateFault::Unreadable { detail: error.to_string() })?;
        let authority = authority(&parsed);
        Ok(Self { der, parsed, authority })
    }

    fn own_key(&self) -> Option<&[u8]> {
        self.parsed.iter_extensions().find_map(|one| match one.parsed_extension() {
            ParsedExtension::SubjectKeyIdentifier(id) => Some(id.0),
            _ => None,
        })
    }

    fn issuer_key(&self) -> Option<&[u8]> {
        self.parsed.iter_extensions().find_map(|one| match one.parsed_extension() {
            ParsedExtension::AuthorityKeyIdentifier(id) => {
                id.key_identifier.as_ref().map(|id| id.0)
            }
            _ => None,
        })
    }

    fn alternative_names(&self) -> Option<&[u8]> {
        let is_names =
            |one: &ParsedExtension<'_>| matches!(one, ParsedExtension::SubjectAlternativeName(_));
        self.parsed
            .iter_extensions()
            .find(|one| is_names(one.parsed_extension()))
            .map(|one| one.value)
    }

    /// The same party with the same key, perhaps in a renewed certificate (`alreadyInChain`).
    fn is(&self, other: &Self) -> bool {
        self.parsed.subject().as_raw() == other.parsed.subject().as_raw()
            && self.parsed.public_key().raw == other.parsed.public_key().raw
            && self.alternative_names() == other.alternative_names()
    }

    /// How plausible a parent is by its key's identifier: the smaller, the more.
    fn rank(&self, child: &Self) -> u8 {
        match (self.own_key(), child.issuer_key()) {
            (own, wanted) if own == wanted => 0,
            (Some(_), Some(_)) => 2,
            _ => 1,
        }
    }

    fn dated(&self, now: Moment) -> Result<(), CertificateFault> {
        let validity = self.parsed.validity();
        let moment = |seconds| Moment::from_unix(seconds);
        let (from, to) = (validity.not_before.timestamp(), validity.not_after.timestamp());
        dated(&self.parsed.subject().to_string(), moment(from), moment(to), now)
    }

    /// How many authorities may stand between this one and the server's certificate.
    fn most_between(&self) -> Option<usize> {
        let found = self.parsed.basic_constraints().ok().flatten()?;
        found.value.path_len_constraint.and_then(|most| usize::try_from(most).ok())
    }

    /// How Go names a candidate (`UnknownAuthorityError.Error`).
    fn go_name(&self) -> String {
        let organization =
            || self.parsed.subject().iter_organization().next().and_then(|part| part.as_str().ok());
        common_name(self.parsed.subject())
            .or_else(|| organization().map(str::to_owned))
            .unwrap_or_else(|| format!("serial:{}", self.parsed.tbs_certificate.serial))
    }

    fn candidate(&self, fault: CandidateFault) -> Candidate {
        Candidate { name: self.go_name(), sha256: fingerprint(self.der), fault }
    }
}

/// A search: the roots, what the server sent besides its own certificate, and the time.
pub(super) struct Walk<'a> {
    pub(super) roots: Vec<Node<'a>>,
    pub(super) between: Vec<Node<'a>>,
    pub(super) now: Moment,
}

/// What came of looking at one possible parent.
enum Look {
    /// It is not a parent; perhaps worth mentioning.
    No(Option<Candidate>),
    /// It leads to a root.
    Root,
    /// It would be a parent, were it not for this.
    Fault(CertificateFault),
}

impl<'a> Walk<'a> {
    /// Whether the last certificate of `path` leads to a root.
    pub(super) fn up<'n>(
        &'n self,
        path: &mut Vec<&'n Node<'a>>,
        checks: &mut u32,
    ) -> Result<(), CertificateFault> {
        let Some(child) = path.last().copied() else { return Ok(()) };
        let mut mentioned = None;
        let mut fault = None;
        let roots = parents(&self.roots, child).into_iter().map(|one| (one, Kind::Root));
        let between = parents(&self.between, child).into_iter().map(|one| (one, Kind::Between));
        for (parent, kind) in roots.chain(between) {
            *checks += 1;
            if *checks > MOST_CHECKS {
                let detail = format!("more than {MOST_CHECKS} signatures to check");
                return Err(CertificateFault::Unsupported { detail });
            }
            match self.look(parent, kind, path, checks) {
                Look::Root => return Ok(()),
                Look::No(candidate) => mentioned = mentioned.or(candidate),
                Look::Fault(found) => fault = Some(found),
            }
        }
        let issuer = child.parsed.issuer().to_string();
        Err(fault.unwrap_or(CertificateFault::UnknownAuthority { issuer, candidate: mentioned }))
    }

    fn look<'n>(
        &'n self,
        parent: &'n Node<'a>,
        kind: Kind,
        path: &mut Vec<&'n Node<'a>>,
        checks: &mut u32,
    ) -> Look {
        let Some(child) = path.last().copied() else { return Look::No(None) };
        if path.iter().any(|known| parent.is(known)) {
            return Look::No(None);
        }
        if parent.authority == Authority::MayNotSign {
            return Look::No(Some(parent.candidate(CandidateFault::NotAnAuthority)));
        }
        match check(&child.parsed, &parent.parsed) {
            Signature::Made => {}
            Signature::NotMade(kind) => {
                return Look::No(Some(parent.candidate(CandidateFault::OtherKey(kind))));
            }
            Signature::Unsupported => return Look::Fault(unsupported(child)),
        }
        if let Err(fault) = parent.dated(self.now) {
            return Look::Fault(fault);
        }
        if parent.most_between().is_some_and(|most| path.len() - 1 > most) {
            let subject = parent.parsed.subject().to_string();
            return Look::Fault(CertificateFault::TooManyBetween { subject });
        }
        if kind == Kind::Root {
            return Look::Root;
        }
        path.push(parent);
        let found = self.up(path, checks);
        path.pop();
        found.map_or_else(Look::Fault, |()| Look::Root)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Between,
    Root,
}

/// Those that bear the issuer's name, the most plausible first (`findPotentialParents`).
fn parents<'n, 'a>(nodes: &'n [Node<'a>], child: &Node<'a>) -> Vec<&'n Node<'a>> {
    let issuer = child.parsed.issuer().as_raw();
    let mut found: Vec<&Node<'a>> =
        nodes.iter().filter(|one| one.parsed.subject().as_raw() == issuer).collect();
    found.sort_by(|one, other| -> Ordering { one.rank(child).cmp(&other.rank(child)) });
    found
}

fn unsupported(child: &Node<'_>) -> CertificateFault {
    let subject = child.parsed.subject();
    let algorithm = child.parsed.signature_algorithm.algorithm.to_id_string();
    let detail = format!("the signature of {subject} ({algorithm}) cannot be checked here");
    CertificateFault::Unsupported { detail }
}
