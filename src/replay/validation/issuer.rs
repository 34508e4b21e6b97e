//! Rules on the issuer.

use std::collections::HashSet;

use crate::go::url;
use crate::replay::file::Issuer;
use crate::replay::{Release, pem};

use super::{FieldError, worded};

/// Source: k8s.io/apiserver, pkg/apis/apiserver/validation, `validateIssuer`.
pub(super) fn check(
    issuer: &Issuer,
    path: &str,
    disallowed: &[String],
    release: Release,
) -> Vec<FieldError> {
    let mut errors = check_url(issuer, path, disallowed, release);
    errors.extend(check_discovery_url(issuer, path));
    errors.extend(check_audiences(issuer, path, release));
    errors.extend(check_certificates(issuer, path));
    let selector = issuer.egress_selector_type.as_str();
    if !["", "controlplane", "cluster"].contains(&selector) {
        let detail = "egress selector must be either controlplane or cluster";
        let path = format!("{path}.egressSelectorType");
        errors.push(FieldError::invalid(&path, selector, detail));
    }
    errors
}

fn check_url(
    issuer: &Issuer,
    path: &str,
    disallowed: &[String],
    release: Release,
) -> Vec<FieldError> {
    let path = format!("{path}.url");
    if issuer.url.is_empty() {
        return vec![FieldError::required(&path, worded(release, "", "URL is required"))];
    }
    let mut errors = Vec::new();
    if release.since(30) && disallowed.contains(&issuer.url) {
        let mut sorted: Vec<&str> = disallowed.iter().map(String::as_str).collect();
        sorted.sort_unstable();
        sorted.dedup();
        let list = sorted.join(" ");
        let detail = format!("URL must not overlap with disallowed issuers: [{list}]");
        errors.push(FieldError::invalid(&path, &issuer.url, &detail));
    }
    errors.extend(check_shape(&issuer.url, &path));
    errors
}

fn check_discovery_url(issuer: &Issuer, path: &str) -> Vec<FieldError> {
    let path = format!("{path}.discoveryURL");
    let discovery = &issuer.discovery_url;
    if discovery.is_empty() {
        return Vec::new();
    }
    let mut errors = Vec::new();
    let bare = |url: &str| url.trim_end_matches('/').to_owned();
    if !issuer.url.is_empty() && bare(&issuer.url) == bare(discovery) {
        let detail = "discoveryURL must be different from URL";
        errors.push(FieldError::invalid(&path, discovery, detail));
    }
    errors.extend(check_shape(discovery, &path));
    errors
}

/// Source: as above, `validateURL`.
fn check_shape(text: &str, path: &str) -> Vec<FieldError> {
    let parsed = match url::parse(text) {
        Ok(parsed) => parsed,
        Err(error) => return vec![FieldError::invalid(path, text, &error.to_string())],
    };
    let mut errors = Vec::new();
    let mut refuse = |detail: &str| errors.push(FieldError::invalid(path, text, detail));
    if parsed.scheme != "https" {
        refuse("URL scheme must be https");
    }
    if parsed.user.is_some() {
        refuse("URL must not contain a username or password");
    }
    if !parsed.query.is_empty() {
        refuse("URL must not contain a query");
    }
    if !parsed.fragment.is_empty() {
        refuse("URL must not contain a fragment");
    }
    errors
}

/// Source: as above, `validateAudiences`.
fn check_audiences(issuer: &Issuer, path: &str, release: Release) -> Vec<FieldError> {
    let (audiences, policy) = (&issuer.audiences, issuer.audience_match_policy.as_str());
    let list = format!("{path}.audiences");
    if audiences.is_empty() {
        return vec![FieldError::required(&list, &format!("at least one {list} is required"))];
    }
    if !release.since(30) && audiences.len() > 1 {
        return vec![FieldError::too_many(&list, audiences.len(), 1)];
    }
    let mut errors = Vec::new();
    let mut seen = HashSet::new();
    for (index, audience) in audiences.iter().enumerate() {
        let path = format!("{list}[{index}]");
        if audience.is_empty() {
            errors
                .push(FieldError::required(&path, worded(release, "", "audience can't be empty")));
        }
        if !seen.insert(audience) {
            errors.push(FieldError::duplicate(&path, audience));
        }
    }
    let path = format!("{path}.audienceMatchPolicy");
    let mut refuse = |detail: &str| {
        let value = serde_json::Value::from(policy).to_string();
        errors.push(FieldError::with_value(&path, &value, detail));
    };
    match audiences.len() {
        1 if !["", "MatchAny"].contains(&policy) => {
            refuse("audienceMatchPolicy must be empty or MatchAny for single audience");
        }
        count if count > 1 && policy != "MatchAny" => {
            refuse("audienceMatchPolicy must be MatchAny for multiple audiences");
        }
        _ => {}
    }
    errors
}

fn check_certificates(issuer: &Issuer, path: &str) -> Option<FieldError> {
    if issuer.certificate_authority.is_empty() {
        return None;
    }
    let why = pem::refusal(&issuer.certificate_authority)?;
    Some(FieldError::invalid(&format!("{path}.certificateAuthority"), "<omitted>", &why))
}
