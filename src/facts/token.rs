//! A token taken apart without trusting it.

use secrecy::ExposeSecret;
use serde_json::Value;

use super::{Facts, Leaf};
use crate::client::token::{self as look, Jwt, Purpose, purpose};
use crate::evidence::gathered::{Presence, Token, TokenText};
use crate::evidence::moment::Moment;
use crate::evidence::{Evidence, Origin};
use crate::go::{base64, json};

/// Sets every fact of the token.
pub(super) fn note(facts: &mut Facts, evidence: &Evidence, now: Moment) {
    let Some(token) = &evidence.token else {
        match &evidence.token_gap {
            Some(gap) => facts.miss("token", gap.clone()),
            None => facts.lack("token.claims", Origin::new("token", "")),
        }
        facts.know("token.found", false, Origin::default());
        return;
    };
    let origin = origin(token, "");
    facts.know("token.found", true, origin.clone());
    facts.know("token.source", token.source.as_str(), origin.clone());
    facts.know("token.size", token.text.size() as i64, origin.clone());
    let refresh = token.refresh_token == Presence::Present;
    facts.know("cache.refresh_token", refresh, origin.clone());
    match take_apart(&token.text) {
        Some(jwt) => note_jwt(facts, token, &jwt, now),
        None => facts.know("token.form", form(&token.text), origin),
    }
}

fn origin(token: &Token, claim: &str) -> Origin {
    let origin = Origin::new(&token.source, token.path.as_str()).part(claim);
    match token.place {
        Some((line, column)) => origin.at(line, column),
        None => origin,
    }
}

/// Header and claims of a token that has the form of a JWT.
pub(super) fn take_apart(text: &TokenText) -> Option<Jwt> {
    let (header, payload) = match text {
        TokenText::Answered { header, payload, .. } => (header.clone(), payload.clone()),
        TokenText::Other { .. } => return None,
        TokenText::Whole(secret) => {
            let mut parts = secret.expose_secret().trim().split('.');
            let two = (parts.next()?.to_owned(), parts.next()?.to_owned());
            parts.next()?;
            if parts.next().is_some() {
                return None;
            }
            two
        }
    };
    Some(Jwt { header: object(&header)?, claims: object(&payload)? })
}

fn object(part: &str) -> Option<Value> {
    let bytes = base64::decode_url(part.as_bytes()).ok()?;
    let node = json::read(&String::from_utf8_lossy(&bytes)).ok()?;
    let value = node.to_json();
    value.is_object().then_some(value)
}

fn form(text: &TokenText) -> String {
    match text {
        TokenText::Other { form, .. } => form.clone(),
        TokenText::Answered { .. } => "opaque".to_owned(),
        TokenText::Whole(secret) => match look::read(secret.expose_secret()) {
            look::Token::Aws(_) => "aws",
            look::Token::Google => "google",
            _ => "opaque",
        }
        .to_owned(),
    }
}

fn note_jwt(facts: &mut Facts, token: &Token, jwt: &Jwt, now: Moment) {
    facts.know("token.form", "jwt", origin(token, ""));
    facts.know("token.kind", kind(jwt), origin(token, "claims"));
    for (path, name) in [("token.alg", "alg"), ("token.kid", "kid")] {
        let place = origin(token, &format!("header {name}"));
        match jwt.header.get(name).and_then(Value::as_str) {
            Some(text) => facts.know(path, text, place),
            None => facts.lack(path, place),
        }
    }
    for (path, name) in [("token.iss", "iss"), ("token.azp", "azp")] {
        let place = origin(token, &format!("claim {name}"));
        match jwt.claims.get(name).and_then(Value::as_str) {
            Some(text) => facts.know(path, text, place),
            None => facts.lack(path, place),
        }
    }
    let place = origin(token, "claim aud");
    match audiences(&jwt.claims) {
        Some(aud) => facts.know("token.aud", aud, place),
        None => facts.lack("token.aud", place),
    }
    note_times(facts, token, &jwt.claims, now);
    let names = jwt.claims.as_object().map(|o| o.keys().cloned().collect::<Vec<_>>());
    facts.know("token.claim_names", names.unwrap_or_default(), origin(token, "claims"));
    facts.know("token.claims", Leaf::Open(jwt.claims.clone()), origin(token, "claim"));
}

fn note_times(facts: &mut Facts, token: &Token, claims: &Value, now: Moment) {
    for (path, name) in [
        ("token.exp", "exp"),
        ("token.iat", "iat"),
        ("token.nbf", "nbf"),
        ("token.auth_time", "auth_time"),
    ] {
        let place = origin(token, &format!("claim {name}"));
        match seconds(claims, name) {
            Some(at) => facts.know(path, Moment::from_unix(at), place),
            None => facts.lack(path, place),
        }
    }
    if let Some(exp) = seconds(claims, "exp") {
        facts.know("token.expired", exp < now.unix(), origin(token, "claim exp"));
        if let Some(iat) = seconds(claims, "iat") {
            let life = exp.saturating_sub(iat);
            facts.know("token.lifetime_seconds", life, origin(token, "claims iat and exp"));
        }
    }
}

/// A NumericDate, also in the lenient forms that Go takes: a float, or a number in a string.
pub(super) fn seconds(claims: &Value, name: &str) -> Option<i64> {
    match claims.get(name)? {
        Value::Number(n) => n.as_i64().or_else(|| n.as_f64().map(|f| f as i64)),
        Value::String(text) => text.parse::<f64>().ok().map(|f| f as i64),
        _ => None,
    }
}

fn audiences(claims: &Value) -> Option<Vec<String>> {
    match claims.get("aud")? {
        Value::String(text) => Some(vec![text.clone()]),
        Value::Array(items) => {
            Some(items.iter().filter_map(|i| i.as_str().map(str::to_owned)).collect())
        }
        _ => None,
    }
}

/// What the token was made for; one that bears no mark is taken for what the server expects.
fn kind(jwt: &Jwt) -> &'static str {
    match purpose(jwt).0 {
        Purpose::AccessToken => "access-token",
        Purpose::RefreshToken => "refresh-token",
        Purpose::ServiceAccount => "service-account",
        Purpose::IdToken | Purpose::Unknown => "id-token",
    }
}
