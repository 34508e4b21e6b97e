//! From the issuer to the signature, the audience and the time.

use crate::go::json::{self, Raw};
use crate::go::quote::{quote, quote_list};

use super::claims::TypedClaims;
use super::decision::{Case, Sight};
use super::header::Verifiable;
use super::key::{Jwk, Material};
use super::signature::{Check, Verdict};
use super::steps::{Mismatch, Side, Step};
use super::token::Jws;
use super::{discovery, key_set};

/// How far behind `nbf` the server's clock may be, in seconds.
/// Source: coreos/go-oidc v2.5.0, verify.go, `leeway`.
const NOT_BEFORE_LEEWAY: i64 = 60;

/// Verifies the token; gives its payload unless a step refuses it.
pub(super) fn verify(case: &mut Case<'_>) -> Option<Vec<u8>> {
    let keys_address = find_keys(case)?;
    let jws = parse(case)?;
    let signature_first = case.server.release.since(36);
    if signature_first {
        check_signature(case, &jws, keys_address.as_deref())?;
    }
    let claims = read_claims(case, &jws)?;
    let several = case.authenticator.audiences.len() > 1;
    if !several {
        check_audience(case, &jws, &claims)?;
    }
    check_time(case, &jws, &claims)?;
    if !signature_first {
        check_signature(case, &jws, keys_address.as_deref())?;
    }
    if several {
        check_audience(case, &jws, &claims)?;
    }
    Some(jws.payload)
}

/// The error's text behind the prefix that every failed verification has.
/// Source: k8s.io/apiserver, oidc.go, `AuthenticateToken`.
fn refused(error: &str) -> String {
    format!("oidc: verify token: {error}")
}

/// Whether the authenticator is initialised; gives the address of the keys where it is known.
fn find_keys(case: &mut Case<'_>) -> Option<Option<String>> {
    let issuer = case.authenticator.issuer.as_str();
    let (log, body) = match case.discovery {
        Sight::Absent => {
            case.steps.passed_because(Step::Discovery, "the key set is given, none is looked for");
            return Some(None);
        }
        Sight::Unseen => {
            case.steps.unknown(Step::Discovery, "the discovery document");
            return Some(None);
        }
        Sight::Fails(log) => (log.to_owned(), None),
        Sight::Body(body) => match discovery::read(body, issuer, case.server.release) {
            Ok(address) => {
                case.steps.passed(Step::Discovery);
                return Some(Some(address));
            }
            Err(log) => (log, Some(body)),
        },
    };
    let found = body.and_then(discovery::issuer_of);
    let token_side = match &found {
        Some(found) if found != issuer => Side::new("discovery document: issuer", quote(found)),
        _ => Side::new("discovery document", log.clone()),
    };
    let mismatch = Mismatch {
        token_side,
        server_side: Side::new(
            case.authenticator.setting("oidc-issuer-url", "issuer.url"),
            quote(issuer),
        ),
        error: "oidc: authenticator not initialized".to_owned(),
    };
    let detail = format!("the server logs: oidc authenticator: initializing plugin: {log}");
    case.steps.push(Step::Discovery, super::steps::Outcome::Stopped(mismatch), detail);
    None
}

fn parse(case: &mut Case<'_>) -> Option<Jws> {
    match case.parts.parse(case.server.release) {
        Ok(jws) => {
            case.steps.passed(Step::Token);
            Some(jws)
        }
        Err(error) => {
            let mismatch = Mismatch {
                token_side: Side::new("token", error.clone()),
                server_side: Side::new("kube-apiserver", "a signed JWT in compact form"),
                error: refused(&format!("oidc: malformed jwt: {error}")),
            };
            case.steps.stopped(Step::Token, mismatch);
            None
        }
    }
}

fn read_claims(case: &mut Case<'_>, jws: &Jws) -> Option<TypedClaims> {
    match TypedClaims::read(&jws.payload) {
        Ok(claims) => Some(claims),
        Err(error) => {
            let mismatch = Mismatch {
                token_side: Side::new("claims", error.clone()),
                server_side: Side::new(
                    "kube-apiserver",
                    "claims of the types that OpenID Connect sets",
                ),
                error: refused(&error),
            };
            case.steps.stopped(Step::Token, mismatch);
            None
        }
    }
}

fn check_audience(case: &mut Case<'_>, jws: &Jws, claims: &TypedClaims) -> Option<()> {
    let wanted = &case.authenticator.audiences;
    if let Some(found) = wanted.iter().find(|wanted| claims.audiences.contains(wanted)) {
        case.steps.passed_because(Step::Audience, format!("aud carries {}", quote(found)));
        return Some(());
    }
    let got = quote_list(&claims.audiences);
    let (error, wanted_text) = match wanted.as_slice() {
        [one] => (format!("oidc: expected audience {} got {got}", quote(one)), quote(one)),
        several => {
            let mut sorted = several.to_vec();
            sorted.sort();
            sorted.dedup();
            let list = quote_list(&sorted);
            (format!("oidc: expected audience in {list} got {got}"), list)
        }
    };
    let mismatch = Mismatch {
        token_side: Side::maybe("aud", written(jws, "aud")),
        server_side: Side::new(
            case.authenticator.setting("oidc-client-id", "issuer.audiences"),
            wanted_text,
        ),
        error: refused(&error),
    };
    case.steps.stopped(Step::Audience, mismatch);
    None
}

fn check_time(case: &mut Case<'_>, jws: &Jws, claims: &TypedClaims) -> Option<()> {
    let now = case.now;
    let clock = now.go_text();
    if claims.expiry.before(now) {
        let expiry = claims.expiry.go_text();
        let error = refused(&format!("oidc: token is expired (Token Expiry: {expiry})"));
        return stop_time(case, jws, "exp", clock, error);
    }
    if let Some(not_before) = claims.not_before
        && now.plus_seconds(NOT_BEFORE_LEEWAY).before(not_before)
    {
        let from = not_before.go_text();
        let error = refused(&format!(
            "oidc: current time {clock} before the nbf (not before) time: {from}"
        ));
        return stop_time(case, jws, "nbf", clock, error);
    }
    case.steps.passed_because(Step::Time, format!("valid until {}", claims.expiry.go_text()));
    Some(())
}

fn stop_time(
    case: &mut Case<'_>,
    jws: &Jws,
    claim: &str,
    clock: String,
    error: String,
) -> Option<()> {
    let mismatch = Mismatch {
        token_side: Side::maybe(claim, written(jws, claim)),
        server_side: Side::new("the server's clock", clock),
        error,
    };
    case.steps.stopped(Step::Time, mismatch);
    None
}

/// The member as it stands in the payload, found as go-oidc finds it.
fn written(jws: &Jws, name: &str) -> Option<String> {
    let members = Raw::parse(&jws.payload).ok()?.members();
    let (_, value) = members.filter(|(key, _)| json::fold_equal(key, name)).last()?;
    Some(String::from_utf8_lossy(value.bytes()).into_owned())
}

fn check_signature(case: &mut Case<'_>, jws: &Jws, keys_address: Option<&str>) -> Option<()> {
    check_algorithm(case, jws)?;
    if let Some(error) = keys_address.and_then(discovery::unfetchable) {
        return stop_fetch(case, &error);
    }
    let body = match case.keys {
        Sight::Body(body) => body,
        Sight::Fails(error) => return stop_fetch(case, error),
        Sight::Absent | Sight::Unseen => {
            case.steps.unknown(Step::Signature, "the key set");
            return Some(());
        }
    };
    match key_set::read(body, case.server.release) {
        Ok(keys) if keys.iter().any(|key| key.material == Material::Unproven) => {
            case.steps.unknown(Step::Signature, "proof that a private key in the key set is whole");
            Some(())
        }
        Ok(keys) => try_keys(case, jws, &keys),
        Err(error) => stop_fetch(case, &error),
    }
}

fn check_algorithm(case: &mut Case<'_>, jws: &Jws) -> Option<()> {
    let allowed = &case.authenticator.algorithms;
    let got = &jws.header.algorithm;
    if allowed.contains(got) {
        return Some(());
    }
    let list = quote_list(allowed);
    let error = format!(
        "oidc: id token signed with unsupported algorithm, expected {list} got {}",
        quote(got)
    );
    let server = match case.authenticator.origin {
        super::Origin::Flags => "--oidc-signing-algs".to_owned(),
        super::Origin::File { .. } => "kube-apiserver".to_owned(),
    };
    let mismatch = Mismatch {
        token_side: Side::new("header: alg", quote(got)),
        server_side: Side::new(server, list),
        error: refused(&error),
    };
    case.steps.stopped(Step::Signature, mismatch);
    None
}

fn stop_fetch(case: &mut Case<'_>, error: &str) -> Option<()> {
    let mismatch = Mismatch {
        token_side: Side::new("key set", error),
        server_side: Side::new("kube-apiserver", "a key set that can be fetched and read"),
        error: refused(&format!("failed to verify signature: fetching keys {error}")),
    };
    case.steps.stopped(Step::Signature, mismatch);
    None
}

fn try_keys(case: &mut Case<'_>, jws: &Jws, keys: &[Jwk]) -> Option<()> {
    let kid = jws.header.key_id.as_str();
    let check = Check::new(jws);
    let mut unknown = false;
    for (place, key) in keys.iter().enumerate() {
        if !kid.is_empty() && key.key_id != kid {
            continue;
        }
        match check.try_key(place, key, case.server.release) {
            Verdict::Verified => {
                let detail = format!("key {place} of the key set, kid {}", quote(&key.key_id));
                case.steps.passed_because(Step::Signature, detail);
                return Some(());
            }
            Verdict::Unknown => unknown = true,
            Verdict::Refused => {}
        }
    }
    if unknown {
        case.steps.unknown(Step::Signature, "arithmetic for a key of this size");
        return Some(());
    }
    let token_side = match &jws.header.verifiable {
        Verifiable::NoBecause(reason) => Side::new("header", reason.clone()),
        Verifiable::Yes => Side::maybe("header: kid", (!kid.is_empty()).then(|| quote(kid))),
    };
    let kids: Vec<&str> = keys.iter().map(|key| key.key_id.as_str()).collect();
    let mismatch = Mismatch {
        token_side,
        server_side: Side::new("key set: kid", quote_list(&kids)),
        error: refused("failed to verify signature: failed to verify id token signature"),
    };
    case.steps.stopped(Step::Signature, mismatch);
    None
}
