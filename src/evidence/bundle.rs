//! A saved set of evidence, without secrets, and its way back.
//!
//! What needs a secret is answered first (does the signature fit a published key, and which), and only
//! the answer is kept. A bundled case and a bundle of a user are the same thing.

use std::collections::BTreeMap;

use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};

use super::exchange::{Exchange, Outcome};
use super::gathered::{IssuerSight, KubeconfigFile, TokenText};
use super::{Evidence, blank};
use crate::go::base64;
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
    for issuer in &mut saved.issuers {
        clean(&mut issuer.discovery, page);
        issuer.keys.iter_mut().for_each(|keys| clean(keys, public_keys));
    }
    if let Some(live) = &mut saved.live {
        let answers = [Some(&mut live.version), live.review.as_mut(), live.access.as_mut()];
        answers.into_iter().flatten().for_each(|exchange| clean(exchange, page));
    }
    saved
}

/// Blanks the secrets of an answer's body, and of the URLs around it.
fn clean(exchange: &mut Exchange, body: fn(&str) -> String) {
    exchange.url = blank::blanked(&exchange.url).into_owned();
    for redirect in &mut exchange.redirects {
        redirect.to = blank::blanked(&redirect.to).into_owned();
    }
    if let Outcome::Answered(answer) = &mut exchange.outcome {
        answer.body = body(&answer.body);
    }
}

/// Text of a server, of which no more is kept than a page.
fn page(body: &str) -> String {
    const KEPT: usize = 64 * 1024;
    let end = (0..=KEPT.min(body.len())).rev().find(|at| body.is_char_boundary(*at)).unwrap_or(0);
    blank::blanked(&body[..end]).into_owned()
}

/// Members of a JWK that are public. RFC 7517, sections 4; RFC 7518, section 6; RFC 8037, section 2.
const PUBLIC: &[&str] = &[
    "alg", "crv", "e", "key_ops", "kid", "kty", "n", "use", "x", "x5c", "x5t", "x5t#S256", "x5u",
    "y",
];

/// A key set without private members. One that does not parse is sealed: what in it is private cannot
/// be told.
fn public_keys(body: &str) -> String {
    let Ok(mut set) = serde_json::from_str::<serde_json::Value>(body) else {
        return "REDACTED: the key set is not JSON".to_owned();
    };
    let mut private = false;
    if let Some(keys) = set.get_mut("keys").and_then(|keys| keys.as_array_mut()) {
        for key in keys.iter_mut().filter_map(|key| key.as_object_mut()) {
            let before = key.len();
            key.retain(|name, _| PUBLIC.contains(&name.as_str()));
            private |= key.len() != before;
        }
    }
    if let Some(members) = set.as_object_mut() {
        let before = members.len();
        members.retain(|name, _| name == "keys");
        private |= members.len() != before;
    }
    // A set without private members stays byte for byte, because the server's words quote it.
    if private { set.to_string() } else { body.to_owned() }
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
    // Only what really is header and claims may stay: any other text with two dots may be a secret.
    let readable = |part: &str| {
        let bytes = base64::decode_url(part.as_bytes()).ok()?;
        serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&bytes).ok()
    };
    let (header, payload) = match parts.as_slice() {
        [header, payload, _] if readable(header).is_some() && readable(payload).is_some() => {
            (header, payload)
        }
        _ => return TokenText::Other { form: form(whole).to_owned(), size: whole.len() },
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
