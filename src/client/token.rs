//! What a token is, read without trusting it and without ever showing its signature.

mod aws;
mod purpose;

pub use aws::AwsToken;
pub use purpose::{Purpose, purpose};

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;

/// A token by its look.
#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    /// A presigned URL of AWS STS, as EKS takes it.
    Aws(AwsToken),
    /// Five parts: encrypted, so nobody but its receiver can read it.
    Encrypted,
    /// An access token of Google that says nothing.
    Google,
    /// Three parts that read as a JWT.
    Jwt(Box<Jwt>),
    /// None of those.
    Opaque {
        /// How many parts dots make of it.
        parts: usize,
        /// Why three parts are no JWT.
        fault: Option<JwtFault>,
    },
}

/// The readable parts of a JWT. Nothing of it is verified.
#[derive(Clone, Debug, PartialEq)]
pub struct Jwt {
    /// The header.
    pub header: Value,
    /// The claims.
    pub claims: Value,
}

/// Why three parts are no JWT.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwtFault {
    /// The header is not base64url.
    #[error("the header is not base64url")]
    HeaderNotBase64,
    /// The header is not a JSON object.
    #[error("the header is not a JSON object")]
    HeaderNotJson,
    /// The payload is not base64url.
    #[error("the payload is not base64url")]
    PayloadNotBase64,
    /// The payload is not a JSON object.
    #[error("the payload is not a JSON object")]
    PayloadNotJson,
}

/// Something around a token that does not belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blemish {
    /// The word `Bearer` stands before it.
    Bearer,
    /// Blanks or line breaks stand around it or in it.
    Blank,
    /// It is empty.
    Empty,
    /// Quotes stand around it.
    Quotes,
}

/// Go ignores line breaks, the bits after the last byte, and here has no padding.
const BASE64URL: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// Decodes base64url as Go's `base64.RawURLEncoding` does.
pub fn base64url(text: &str) -> Option<Vec<u8>> {
    if text.contains(['\n', '\r']) {
        let clean: String = text.chars().filter(|c| !matches!(c, '\n' | '\r')).collect();
        return BASE64URL.decode(clean).ok();
    }
    BASE64URL.decode(text).ok()
}

/// Says what a token is. The text is taken as it is, blanks and all.
pub fn read(token: &str) -> Token {
    if let Some(aws) = aws::read(token) {
        return Token::Aws(aws);
    }
    if token.starts_with("ya29.") {
        return Token::Google;
    }
    let parts = token.split('.').count();
    if parts == 5 && token.starts_with("eyJ") {
        return Token::Encrypted;
    }
    let mut split = token.split('.');
    let (Some(header), Some(payload), 3) = (split.next(), split.next(), parts) else {
        return Token::Opaque { parts, fault: None };
    };
    match jwt(header, payload) {
        Ok(jwt) => Token::Jwt(Box::new(jwt)),
        Err(fault) => Token::Opaque { parts, fault: Some(fault) },
    }
}

fn jwt(header: &str, payload: &str) -> Result<Jwt, JwtFault> {
    let header = base64url(header).ok_or(JwtFault::HeaderNotBase64)?;
    let header = object(&header).ok_or(JwtFault::HeaderNotJson)?;
    let claims = base64url(payload).ok_or(JwtFault::PayloadNotBase64)?;
    let claims = object(&claims).ok_or(JwtFault::PayloadNotJson)?;
    Ok(Jwt { header, claims })
}

fn object(bytes: &[u8]) -> Option<Value> {
    serde_json::from_slice(bytes).ok().filter(Value::is_object)
}

/// What stands around a token that does not belong to it.
pub fn blemishes(text: &str) -> Vec<Blemish> {
    let mut found = Vec::new();
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return vec![Blemish::Empty];
    }
    let bearer = trimmed.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("bearer "));
    if bearer {
        found.push(Blemish::Bearer);
    }
    let rest = if bearer { trimmed[7..].trim() } else { trimmed };
    if trimmed.len() < text.len() || rest.contains(char::is_whitespace) {
        found.push(Blemish::Blank);
    }
    if rest.starts_with(['"', '\'']) || rest.ends_with(['"', '\'']) {
        found.push(Blemish::Quotes);
    }
    found
}

impl Token {
    /// The JWT, if it is one.
    pub fn jwt(&self) -> Option<&Jwt> {
        match self {
            Token::Jwt(jwt) => Some(jwt),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
