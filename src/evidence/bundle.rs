//! A saved set of evidence, without secrets, and its way back.
//!
//! What needs a secret is answered first (does the signature fit a published key, and which), and only
//! the answer is kept. A bundled case and a bundle of a user are the same thing.

use std::collections::BTreeMap;

use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};

use super::Evidence;
use super::gathered::{IssuerSight, KubeconfigFile, TokenText};
use crate::replay;

/// Bytes that a bundle may have.
pub const SIZE_LIMIT: u64 = 64 * 1024 * 1024;

/// A bundle as written.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Bundle {
    api_version: String,
    kind: String,
    evidence: Evidence,
}

/// Why a bundle is refused.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// It is not a bundle.
    #[error("{path}:{line}: {reason}")]
    Refused {
        /// The file.
        path: String,
        /// The line, from 1.
        line: usize,
        /// Why.
        reason: String,
    },
}

/// Evidence without its secrets, as text.
///
/// # Errors
///
/// Fails only if serialisation does.
pub fn write(evidence: &Evidence) -> Result<String, serde_json::Error> {
    let bundle = Bundle {
        api_version: "oidc-doctor/v1".to_owned(),
        kind: "Bundle".to_owned(),
        evidence: redacted(evidence),
    };
    Ok(serde_json::to_string_pretty(&bundle)? + "\n")
}

/// Evidence from the text of a bundle.
///
/// # Errors
///
/// Says the line at which the text is no bundle.
pub fn read(path: &str, text: &str) -> Result<Evidence, BundleError> {
    let refused = |line, reason| BundleError::Refused { path: path.to_owned(), line, reason };
    let bundle: Bundle =
        serde_json::from_str(text).map_err(|error| refused(error.line(), error.to_string()))?;
    if (bundle.api_version.as_str(), bundle.kind.as_str()) != ("oidc-doctor/v1", "Bundle") {
        let reason = format!("{} {} is not a bundle", bundle.api_version, bundle.kind);
        return Err(refused(1, reason));
    }
    Ok(bundle.evidence)
}

/// The same evidence with every secret replaced by what is known of it.
pub fn redacted(evidence: &Evidence) -> Evidence {
    let mut saved = evidence.clone();
    if let Some(token) = &mut saved.token {
        token.text = answered(&token.text, &evidence.issuers);
    }
    saved
}

/// Which secrets a set of evidence holds, and how many: what redaction leaves out.
pub fn hidden(evidence: &Evidence) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    if evidence.token.is_some() {
        *counts.entry("token signature").or_default() += 1;
    }
    let in_files: usize = evidence
        .kubeconfig
        .iter()
        .map(|file| match file {
            KubeconfigFile::Read(document) => document.text.hidden(),
            _ => 0,
        })
        .sum();
    if in_files > 0 {
        counts.insert("kubeconfig secret", in_files);
    }
    let refresh = evidence.cache.iter().flat_map(|cache| &cache.files);
    let refresh = refresh.filter(|f| f.refresh_token == super::gathered::Presence::Present).count();
    if refresh > 0 {
        counts.insert("refresh token", refresh);
    }
    counts
}

fn answered(text: &TokenText, issuers: &[IssuerSight]) -> TokenText {
    let TokenText::Whole(secret) = text else { return text.clone() };
    let whole = secret.expose_secret();
    let parts: Vec<&str> = whole.split('.').collect();
    let [header, payload, _] = parts.as_slice() else {
        return TokenText::Other { form: form(whole).to_owned(), size: whole.len() };
    };
    let mut verified_by = BTreeMap::new();
    for issuer in issuers {
        let keys = issuer.keys.as_ref().and_then(|keys| keys.answer());
        if let Some(keys) = keys.filter(|answer| answer.status == 200) {
            verified_by.insert(issuer.url.clone(), replay::verified_by(whole, &keys.body));
        }
    }
    TokenText::Answered {
        header: (*header).to_owned(),
        payload: (*payload).to_owned(),
        verified_by,
        size: whole.len(),
    }
}

fn form(token: &str) -> &'static str {
    match token {
        t if t.starts_with("k8s-aws-v1.") => "aws",
        t if t.starts_with("ya29.") => "google",
        _ => "opaque",
    }
}
