//! Whether a certificate is for a host, as Go matches names.

use std::net::IpAddr;

use super::fault::CertificateFault;
use super::{Certificate, common_name, parse};

/// Go, crypto/x509, `Certificate.VerifyHostname`: subjectAltName only, `*` for a whole first label
/// only, addresses by value.
pub(super) fn named(leaf: &Certificate, der: &[u8], host: &str) -> Result<(), CertificateFault> {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    let fits = match bare.parse::<IpAddr>() {
        Ok(wanted) => leaf.addresses.iter().any(|one| one.to_canonical() == wanted.to_canonical()),
        Err(_) => leaf.names.iter().any(|pattern| matches(pattern, bare)),
    };
    if fits {
        return Ok(());
    }
    let expected = bare.to_owned();
    if leaf.names.is_empty() && leaf.addresses.is_empty() && common_name_fits(der, bare) {
        return Err(CertificateFault::NoSubjectAltName { expected });
    }
    let (names, addresses) = (leaf.names.clone(), leaf.addresses.clone());
    Err(CertificateFault::WrongName { expected, names, addresses })
}

fn common_name_fits(der: &[u8], host: &str) -> bool {
    let name = parse(der).ok().and_then(|parsed| common_name(parsed.subject()));
    name.is_some_and(|name| fits_by_labels(&name, host))
}

fn matches(pattern: &str, host: &str) -> bool {
    let host_name = host.strip_suffix('.').unwrap_or(host);
    if is_host_name(host_name, Star::Never) && is_host_name(pattern, Star::First) {
        return fits_by_labels(pattern, host);
    }
    // What is no host name must be the same to the letter.
    !matches!(host, "" | ".") && pattern.eq_ignore_ascii_case(host)
}

fn fits_by_labels(pattern: &str, host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    if pattern.is_empty() || host.is_empty() {
        return false;
    }
    let (patterns, labels) = (pattern.split('.'), host.split('.'));
    patterns.clone().count() == labels.clone().count()
        && patterns.zip(labels).enumerate().all(|(place, (one, label))| {
            place == 0 && one == "*" || one.eq_ignore_ascii_case(label)
        })
}

/// Where a `*` may stand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Star {
    First,
    Never,
}

fn is_host_name(name: &str, star: Star) -> bool {
    let plain = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    name != "*"
        && name
            .split('.')
            .enumerate()
            .all(|(place, label)| plain(label) || place == 0 && label == "*" && star == Star::First)
}
