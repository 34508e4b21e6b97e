//! The provider's key set as go-oidc reads it.

use crate::go::json::{self, Raw};

use super::Release;
use super::key::Jwk;

/// Reads the body of a key set; one bad key makes the whole set bad.
///
/// The error is what follows `fetching keys `. Source: coreos/go-oidc v2.5.0, jwks.go, `updateKeys`.
pub(crate) fn read(body: &str, release: Release) -> Result<Vec<Jwk>, String> {
    decode(body, release)
        .map_err(|error| format!("oidc: failed to decode keys: {} {body}", unreadable_json(&error)))
}

/// What go-oidc says of an answer of type application/json that it cannot read.
/// Source: coreos/go-oidc v2.5.0, oidc.go, `unmarshalResp`.
pub(crate) fn unreadable_json(error: &str) -> String {
    format!("got Content-Type = application/json, but could not unmarshal as JSON: {error}")
}

fn decode(body: &str, release: Release) -> Result<Vec<Jwk>, String> {
    let raw = Raw::parse(body.as_bytes()).map_err(|error| error.to_string())?;
    let members = json::object(raw, "jose.JSONWebKeySet").map_err(|error| error.to_string())?;
    let mut keys = Vec::new();
    let mut refusal = None;
    for (_, value) in members.into_iter().flatten().filter(|(k, _)| json::fold_equal(k, "keys")) {
        match json::list(value, "[]jose.JSONWebKey") {
            Ok(items) => {
                keys = items
                    .into_iter()
                    .flatten()
                    .map(|item| Jwk::read(item, release))
                    .collect::<Result<_, _>>()?;
            }
            Err(error) => {
                refusal =
                    refusal.or_else(|| Some(error.within("JSONWebKeySet", "keys").to_string()));
            }
        }
    }
    refusal.map_or(Ok(keys), Err)
}
