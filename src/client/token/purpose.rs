//! What a JWT was made for, by the marks that providers leave.

use super::Jwt;
use serde_json::Value;

/// What a JWT was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To call an API.
    AccessToken,
    /// To say who somebody is. The only kind that kube-apiserver is meant for.
    IdToken,
    /// To get new tokens.
    RefreshToken,
    /// To identify a workload of a cluster.
    ServiceAccount,
    /// It bears no mark.
    Unknown,
}

/// What a JWT was made for, and the mark that tells.
pub fn purpose(jwt: &Jwt) -> (Purpose, &'static str) {
    let text = |of: &Value, name: &str| of.get(name).and_then(Value::as_str).map(str::to_lowercase);
    let has = |name: &str| jwt.claims.get(name).is_some();
    let subject = jwt.claims.get("sub").and_then(Value::as_str).unwrap_or_default();
    if subject.starts_with("system:serviceaccount:") || has("kubernetes.io") {
        return (Purpose::ServiceAccount, "sub names a service account");
    }
    // RFC 9068
    if matches!(text(&jwt.header, "typ").as_deref(), Some("at+jwt" | "application/at+jwt")) {
        return (Purpose::AccessToken, "header typ is at+jwt");
    }
    // Keycloak
    match text(&jwt.claims, "typ").as_deref() {
        Some("bearer") => return (Purpose::AccessToken, "claim typ is Bearer"),
        Some("id") => return (Purpose::IdToken, "claim typ is ID"),
        Some("offline" | "refresh") => return (Purpose::RefreshToken, "claim typ is Refresh"),
        _ => {}
    }
    // Amazon Cognito
    match text(&jwt.claims, "token_use").as_deref() {
        Some("access") => return (Purpose::AccessToken, "claim token_use is access"),
        Some("id") => return (Purpose::IdToken, "claim token_use is id"),
        _ => {}
    }
    for (mark, reason) in [
        ("nonce", "claim nonce is present"),
        ("at_hash", "claim at_hash is present"),
        ("c_hash", "claim c_hash is present"),
    ] {
        if has(mark) {
            return (Purpose::IdToken, reason);
        }
    }
    for (mark, reason) in [
        ("scp", "claim scp is present"),
        ("scope", "claim scope is present"),
        ("appid", "claim appid is present"),
    ] {
        if has(mark) {
            return (Purpose::AccessToken, reason);
        }
    }
    (Purpose::Unknown, "no claim tells")
}
