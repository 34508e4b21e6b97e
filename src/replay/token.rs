//! The token's three parts: the first unverified look, then the strict one.

use crate::go::base64;
use crate::go::json::{self, Raw};

use super::Release;
use super::decision::Token;
use super::header::Header;

/// The parts of a token as they arrived.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parts<'a> {
    header: &'a str,
    payload: &'a str,
    seal: SealPart<'a>,
}

/// The token's third part, or what is known of it.
#[derive(Clone, Copy, Debug)]
enum SealPart<'a> {
    Written(&'a str),
    Answered(&'a [usize]),
}

/// Why a token is nobody's: the server then says only `invalid bearer token`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unclaimed {
    /// The issuer that the token names cannot be read.
    Unreadable(String),
    /// The token is a JWS in JSON, which old releases read in ways that are not replayed.
    JsonSerialisation,
}

impl<'a> Parts<'a> {
    /// Splits the token at its dots. Source: k8s.io/apiserver, oidc.go, `untrustedIssuer`.
    pub(crate) fn split(token: &Token<'a>, release: Release) -> Result<Parts<'a>, Unclaimed> {
        let text = match *token {
            Token::Answered { header, payload, verified_by } => {
                return Ok(Parts { header, payload, seal: SealPart::Answered(verified_by) });
            }
            Token::Compact(text) => text,
        };
        if text.trim().starts_with('{') {
            if release.since(30) {
                return Err(Unclaimed::Unreadable("token is not compact JWT".to_owned()));
            }
            if text.split('.').count() == 3 {
                return Err(Unclaimed::JsonSerialisation);
            }
        }
        let mut parts = text.split('.');
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(header), Some(payload), Some(seal), None) => {
                Ok(Parts { header, payload, seal: SealPart::Written(seal) })
            }
            _ => Err(Unclaimed::Unreadable("malformed token".to_owned())),
        }
    }

    /// The issuer that the payload names; nothing is verified yet.
    /// Source: k8s.io/apiserver, oidc.go, `untrustedIssuer`.
    pub(crate) fn untrusted_issuer(&self) -> Result<String, Unclaimed> {
        let issuer = self.read_issuer().map_err(Unclaimed::Unreadable)?;
        if issuer == "accounts.google.com" {
            return Ok("https://accounts.google.com".to_owned());
        }
        Ok(issuer)
    }

    fn read_issuer(&self) -> Result<String, String> {
        let payload = base64::decode_url(self.payload.as_bytes())
            .map_err(|error| format!("error decoding token: {error}"))?;
        let refuse = |error: &dyn std::fmt::Display| format!("while unmarshaling token: {error}");
        let raw = Raw::parse(&payload).map_err(|error| refuse(&error))?;
        let members = json::object(raw, "struct { Issuer string \"json:\\\"iss\\\"\" }")
            .map_err(|error| refuse(&error))?;
        let mut issuer = String::new();
        let mut mismatch = None;
        for (_, value) in members.into_iter().flatten().filter(|(k, _)| json::fold_equal(k, "iss"))
        {
            match json::string(value) {
                Ok(Some(text)) => issuer = text,
                Ok(None) => {}
                Err(error) => mismatch = mismatch.or(Some(error.within("", "iss"))),
            }
        }
        mismatch.map_or(Ok(issuer), |error| Err(refuse(&error)))
    }

    /// Reads the token as a JWS.
    ///
    /// The error is go-jose's. Source: go-jose v2.6.3, jws.go, `ParseSigned`.
    pub(crate) fn parse(&self, release: Release) -> Result<Jws, String> {
        let decode = |part: &str| {
            let stripped: String = part.chars().filter(|c| !c.is_whitespace()).collect();
            base64::decode_url(stripped.as_bytes()).map_err(|error| error.to_string())
        };
        let protected = decode(self.header)?;
        let payload = decode(self.payload)?;
        let seal = match self.seal {
            SealPart::Written(text) => Seal::Bytes(decode(text)?),
            SealPart::Answered(keys) => Seal::VerifiedBy(keys.to_vec()),
        };
        let header = Header::read(&protected, release)?;
        Ok(Jws { protected, header, payload, seal })
    }
}

/// A token that can be read.
#[derive(Clone, Debug)]
pub(crate) struct Jws {
    protected: Vec<u8>,
    /// The header's members that decide.
    pub(crate) header: Header,
    /// The payload's bytes.
    pub(crate) payload: Vec<u8>,
    /// The signature, or which keys verified it.
    pub(crate) seal: Seal,
}

/// The signature, or what is known of it.
#[derive(Clone, Debug)]
pub(crate) enum Seal {
    /// The signature itself.
    Bytes(Vec<u8>),
    /// The keys, by their place in the key set, that verified the token when it was whole.
    VerifiedBy(Vec<usize>),
}

impl Jws {
    /// What was signed: the parts are encoded anew, so that stray bits do not count.
    /// Source: go-jose v2.6.3, jws.go, `computeAuthData`.
    pub(crate) fn signing_input(&self) -> Vec<u8> {
        let mut input = base64::encode_url(&self.protected).into_bytes();
        input.push(b'.');
        if self.header.payload_is_encoded {
            input.extend(base64::encode_url(&self.payload).into_bytes());
        } else {
            input.extend_from_slice(&self.payload);
        }
        input
    }
}
