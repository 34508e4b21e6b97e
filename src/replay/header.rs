//! The token's header as go-jose reads it.

use std::collections::HashSet;

use crate::go::base64::decode_standard;
use crate::go::json::{self, Kind, Raw, TypeMismatch};
use crate::go::quote::quote_bytes;

use super::Release;
use super::key::Jwk;

/// The members of the header that decide.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Header {
    /// `kid`; empty when absent.
    pub(crate) key_id: String,
    /// `alg`; empty when absent.
    pub(crate) algorithm: String,
    /// Whether something marked critical, or the lack of any header, keeps every key from verifying.
    pub(crate) verifiable: Verifiable,
    /// Whether the signature covers the payload's base64 and not the payload itself.
    pub(crate) payload_is_encoded: bool,
}

/// Whether a key can verify a token with this header at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Verifiable {
    /// Nothing in the header forbids it.
    #[default]
    Yes,
    /// The header demands an extension that the server does not know.
    NoBecause(String),
}

impl Header {
    /// Reads the header's bytes.
    ///
    /// The error is go-jose's. Source: go-jose v2.6.3, jws.go, `sanitized`, shared.go, `sanitized`.
    pub(crate) fn read(bytes: &[u8], release: Release) -> Result<Header, String> {
        let mut header = Header { payload_is_encoded: true, ..Header::default() };
        if bytes.is_empty() {
            header.verifiable = Verifiable::NoBecause("the header is empty".to_owned());
            return Ok(header);
        }
        let raw = Raw::parse_any_depth(bytes).map_err(|error| error.to_string())?;
        let members = members(raw)?;
        for (name, value) in &members {
            header.take(name, *value, release)?;
        }
        Ok(header)
    }

    fn take(&mut self, name: &str, value: Raw<'_>, release: Release) -> Result<(), String> {
        let refuse = |what: &str, error: &dyn std::fmt::Display| {
            format!("failed to unmarshal {what}: {error}: {}", quote_bytes(value.bytes()))
        };
        let text = |what: &str| {
            let text = json::string(value).map_err(|error| refuse(what, &error))?;
            Ok::<String, String>(text.unwrap_or_default())
        };
        match name {
            "kid" => self.key_id = text("key ID")?,
            "alg" => self.algorithm = text("algorithm")?,
            "nonce" => {
                text("nonce")?;
            }
            "jwk" => {
                let jwk = Jwk::read(value, release).map_err(|error| refuse("JWK", &error))?;
                if !jwk.is_public() {
                    let jose = release.jose();
                    return Err(format!("{jose}: invalid embedded jwk, must be public key"));
                }
            }
            "x5c" => {
                chain(value).map_err(|error| refuse("x5c header", &error))?;
            }
            _ => {
                if let Some(error) = json::strict_refusal(value) {
                    return Err(refuse("value", &error));
                }
            }
        }
        match name {
            "crit" => self.verifiable = verifiable(value),
            "b64" => self.payload_is_encoded = json::boolean(value) != Ok(Some(false)),
            _ => {}
        }
        Ok(())
    }
}

/// The members of a header; `null` members are as if absent.
fn members(raw: Raw<'_>) -> Result<Vec<(String, Raw<'_>)>, String> {
    let found = json::object(raw, "jose.rawHeader").map_err(|error| error.to_string())?;
    let mut seen = HashSet::new();
    let mut members = Vec::new();
    for (name, value) in found.into_iter().flatten() {
        if !seen.insert(name.clone()) {
            return Err(format!("json: duplicate key '{name}' in object"));
        }
        if !value.is_null() {
            members.push((name, value));
        }
    }
    Ok(members)
}

/// Source: go-jose v2.6.3, signing.go, `DetachedVerify`: only `b64` is known.
fn verifiable(critical: Raw<'_>) -> Verifiable {
    let Ok(names) = json::strings(critical) else {
        return Verifiable::NoBecause("crit is not a list of names".to_owned());
    };
    match names.unwrap_or_default().into_iter().find(|name| name != "b64") {
        Some(name) => Verifiable::NoBecause(format!("crit demands {name}")),
        None => Verifiable::Yes,
    }
}

/// Certificates as base64 of DER, the first one being the leaf.
/// Source: go-jose v2.6.3, shared.go, `parseCertificateChain`.
pub(crate) fn chain(value: Raw<'_>) -> Result<Vec<Vec<u8>>, String> {
    let texts = json::strings(value).map_err(|error: TypeMismatch| error.to_string())?;
    certificates(&texts.unwrap_or_default())
}

pub(crate) fn certificates(texts: &[String]) -> Result<Vec<Vec<u8>>, String> {
    let decode = |text: &String| {
        let der = decode_standard(text.as_bytes()).map_err(|error| error.to_string())?;
        match x509_parser::parse_x509_certificate(&der) {
            Ok(([], _)) => Ok(der),
            Ok(_) => Err("x509: trailing data".to_owned()),
            Err(_) => Err("x509: malformed certificate".to_owned()),
        }
    };
    texts.iter().map(decode).collect()
}

/// The kind of a value for a message of go-jose's decoder, which has no words of its own for `null`.
pub(crate) fn mismatch(raw: Raw<'_>, go_type: &str) -> Option<String> {
    (raw.kind() != Kind::Null).then(|| TypeMismatch::new(raw.kind(), go_type).to_string())
}
