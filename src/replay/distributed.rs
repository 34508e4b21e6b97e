//! Groups that stand behind another endpoint.

use std::collections::HashMap;

use crate::go::json::{self, Raw, TypeMismatch};

use super::claims::Claims;

/// What becomes of a groups claim that may be distributed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expansion {
    /// The claims stay as they are.
    Nothing,
    /// The server asks this endpoint.
    Asks(String),
}

/// Looks for the groups claim's source.
///
/// The error is what follows `oidc: could not expand distributed claims: `. Source:
/// k8s.io/apiserver, oidc.go, `claimResolver.expand`.
pub(crate) fn expand(claims: &Claims<'_>, groups: &str) -> Result<Expansion, String> {
    if claims.get(groups).is_some() {
        return Ok(Expansion::Nothing);
    }
    let Some(names) = claims.get("_claim_names") else { return Ok(Expansion::Nothing) };
    let names = read_names(names)
        .map_err(|error| format!("oidc: error parsing distributed claim names: {error}"))?;
    let Some(sources) = claims.get("_claim_sources") else {
        return Err("oidc: no claim sources".to_owned());
    };
    let sources = read_sources(sources)
        .map_err(|error| format!("oidc: could not parse claim sources: {error}"))?;
    let Some(source) = names.get(groups) else { return Ok(Expansion::Nothing) };
    match sources.get(source) {
        None => Err(format!(
            "id token _claim_names contained a source {source} missing in _claims_sources"
        )),
        Some(endpoint) if endpoint.is_empty() => Ok(Expansion::Nothing),
        Some(endpoint) => Ok(Expansion::Asks(endpoint.clone())),
    }
}

fn read_names(raw: Raw<'_>) -> Result<HashMap<String, String>, TypeMismatch> {
    let members = json::object(raw, "map[string]string")?;
    let read = |(name, value)| Ok((name, json::string(value)?.unwrap_or_default()));
    members.into_iter().flatten().map(read).collect()
}

/// The endpoint of every source.
fn read_sources(raw: Raw<'_>) -> Result<HashMap<String, String>, TypeMismatch> {
    let members = json::object(raw, "map[string]oidc.endpoint")?;
    let read = |(name, value)| Ok((name, read_endpoint(value)?));
    members.into_iter().flatten().map(read).collect()
}

fn read_endpoint(raw: Raw<'_>) -> Result<String, TypeMismatch> {
    let mut endpoint = String::new();
    for (key, value) in json::object(raw, "oidc.endpoint")?.into_iter().flatten() {
        let names = [("endpoint", "endpoint"), ("access_token", "access_token"), ("jwt", "JWT")];
        let Some((_, name)) = names.into_iter().find(|(fold, _)| json::fold_equal(&key, fold))
        else {
            continue;
        };
        let text = json::string(value).map_err(|error| error.within("endpoint", name))?;
        if let (Some(text), "endpoint") = (text, name) {
            endpoint = text;
        }
    }
    Ok(endpoint)
}
