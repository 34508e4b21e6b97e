//! Rules on the keys of extra attributes.

use crate::replay::Release;

use super::{FieldError, worded};

/// Source: k8s.io/apimachinery, pkg/util/validation, `IsDomainPrefixedPath`, and
/// k8s.io/apiserver, pkg/apis/apiserver/validation, `validateClaimMappings`.
pub(super) fn check_key(key: &str, path: &str, release: Release) -> Vec<FieldError> {
    let mut errors = check_shape(key, path);
    if key != key.to_lowercase() {
        let detail = worded(release, "must be lowercase", "key must be lowercase");
        errors.push(FieldError::invalid(path, key, detail));
    }
    let host = key.split_once('/').map_or("", |(host, _)| host);
    let owned = |domain: &str| {
        host == domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
    };
    if release.since(32) && (owned("kubernetes.io") || owned("k8s.io")) {
        let detail = "k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use";
        errors.push(FieldError::invalid(path, key, detail));
    }
    errors
}

fn check_shape(key: &str, path: &str) -> Vec<FieldError> {
    if key.is_empty() {
        return vec![FieldError::required(path, "")];
    }
    let parts = key.split_once('/').filter(|(host, rest)| !host.is_empty() && !rest.is_empty());
    let Some((host, rest)) = parts else {
        let detail = "must be a domain-prefixed path (such as \"acme.io/foo\")";
        return vec![FieldError::invalid(path, key, detail)];
    };
    let mut errors = Vec::new();
    if host.len() > 253 {
        let detail = "must be no more than 253 characters";
        errors.push(FieldError::invalid(path, host, detail));
    }
    if !host.split('.').all(is_label) {
        let detail = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric \
             characters, '-' or '.', and must start and end with an alphanumeric character (e.g. \
             'example.com', regex used for validation is \
             '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
        errors.push(FieldError::invalid(path, host, detail));
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || "/-._~%!$&'()*+,;=:".contains(c);
    if !rest.chars().all(allowed) {
        let detail =
            "Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')";
        errors.push(FieldError::invalid(path, rest, detail));
    }
    errors
}

fn is_label(label: &str) -> bool {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let inside = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    edge(label.chars().next()) && edge(label.chars().last()) && label.chars().all(inside)
}
