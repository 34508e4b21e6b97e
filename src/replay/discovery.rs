//! The provider's discovery document as go-oidc reads it.

use crate::go::json::{self, Raw, TypeMismatch};
use crate::go::quote::quote;
use crate::go::url;

use super::Release;
use super::key_set::unreadable_json;

/// Reads the document of a provider.
///
/// Returns where its keys are. The error is what the server logs after
/// `oidc authenticator: initializing plugin: `. Source: coreos/go-oidc v2.5.0, oidc.go,
/// `NewProvider`; k8s.io/apiserver, oidc.go, `New`.
pub(crate) fn read(body: &str, issuer: &str, release: Release) -> Result<String, String> {
    let document = Document::decode(body).map_err(|error| {
        format!("oidc: failed to decode provider discovery object: {}", unreadable_json(&error))
    })?;
    if document.issuer != issuer {
        return Err(format!(
            "oidc: issuer did not match the issuer returned by provider, expected {} got {}",
            quote(issuer),
            quote(&document.issuer)
        ));
    }
    if document.keys.is_empty() && release.since(35) {
        return Err("provider did not return JWKS URL".to_owned());
    }
    Ok(document.keys)
}

/// Why the keys cannot even be asked for at this address; what follows `fetching keys `.
/// Source: Go, net/http, `Client.do`, `Transport.roundTrip`.
pub(crate) fn unfetchable(address: &str) -> Option<String> {
    let get = |why: &str| Some(format!("oidc: get keys failed Get {}: {why}", quote(address)));
    match url::parse(address) {
        Err(error) => Some(format!("oidc: can't create request: {error}")),
        Ok(url) if url.scheme != "http" && url.scheme != "https" => {
            get(&format!("unsupported protocol scheme {}", quote(&url.scheme)))
        }
        Ok(url) if url.host.is_empty() => get("http: no Host in request URL"),
        Ok(_) => None,
    }
}

/// What `issuer` says in the document; nothing when it cannot be read.
pub(crate) fn issuer_of(body: &str) -> Option<String> {
    Document::decode(body).ok().map(|document| document.issuer)
}

#[derive(Default)]
struct Document {
    issuer: String,
    keys: String,
}

impl Document {
    fn decode(body: &str) -> Result<Document, String> {
        let raw = Raw::parse(body.as_bytes()).map_err(|error| error.to_string())?;
        let members = json::object(raw, "oidc.providerJSON").map_err(|error| error.to_string())?;
        let mut document = Document::default();
        let mut mismatch = None;
        for (key, value) in members.into_iter().flatten() {
            if let Err(error) = document.take(&key, value) {
                mismatch = mismatch.or(Some(error));
            }
        }
        mismatch.map_or(Ok(document), |error: TypeMismatch| Err(error.to_string()))
    }

    fn take(&mut self, key: &str, value: Raw<'_>) -> Result<(), TypeMismatch> {
        const TEXTS: [&str; 5] =
            ["issuer", "authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"];
        const ALGORITHMS: &str = "id_token_signing_alg_values_supported";
        let within = |name: &str| {
            let name = name.to_owned();
            move |error: TypeMismatch| error.within("providerJSON", &name)
        };
        if json::fold_equal(key, ALGORITHMS) {
            json::strings(value).map_err(within(ALGORITHMS))?;
            return Ok(());
        }
        let Some(name) = TEXTS.into_iter().find(|name| json::fold_equal(key, name)) else {
            return Ok(());
        };
        let text = json::string(value).map_err(within(name))?;
        match (name, text) {
            ("issuer", Some(text)) => self.issuer = text,
            ("jwks_uri", Some(text)) => self.keys = text,
            _ => {}
        }
        Ok(())
    }
}
