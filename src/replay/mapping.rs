//! From claims to a user.

use std::collections::BTreeMap;

use crate::go::json;
use crate::go::quote::quote;

use super::authenticator::{ClaimRule, Mapping};
use super::claims::Claims;
use super::decision::Case;
use super::distributed::{self, Expansion};
use super::expression::{self, Cel, Evaluation};
use super::rules;
use super::steps::{Mismatch, Side, Step, User};

/// Where the server keeps the token's id. Source: k8s.io/apiserver, pkg/authentication/user,
/// `CredentialIDKey`.
const CREDENTIAL_ID: &str = "authentication.kubernetes.io/credential-id";

/// What a mapping gave: a value, or nothing because something is not known.
pub(super) type Known<T> = Option<T>;

/// A step refused the token; its record tells why.
#[derive(Debug)]
pub(super) struct Stopped;

/// Makes the user; nothing when a step refuses the token or cannot be told.
/// Source: k8s.io/apiserver, oidc.go, `AuthenticateToken`.
pub(super) fn map(case: &mut Case<'_>, payload: &[u8]) -> Option<User> {
    let claims = Claims::read(payload);
    make(case, &claims).ok().flatten()
}

fn make(case: &mut Case<'_>, claims: &Claims<'_>) -> Result<Known<User>, Stopped> {
    let asks = expand(case, claims)?;
    convert(case, claims)?;
    let username = username(case, claims)?;
    let groups = match asks {
        Some(endpoint) => {
            case.steps.unknown(Step::Groups, format!("the answer of {endpoint}"));
            None
        }
        None => groups(case, claims)?,
    };
    let uid = uid(case, claims)?;
    let extra = extra(case, claims)?;
    let user = username
        .zip(groups)
        .zip(uid)
        .zip(extra)
        .map(|(((username, groups), uid), extra)| User { username, uid, groups, extra });
    rules::check(case, claims, user.as_ref())?;
    Ok(user)
}

/// Old releases convert all claims as soon as any expression looks at them.
fn convert(case: &mut Case<'_>, claims: &Claims<'_>) -> Result<(), Stopped> {
    let authenticator = case.authenticator;
    let mappings =
        [Some(&authenticator.username), authenticator.groups.as_ref(), authenticator.uid.as_ref()];
    let looked_at = mappings.into_iter().flatten().any(|m| matches!(m, Mapping::Expression(_)))
        || !authenticator.extra.is_empty()
        || authenticator.claim_rules.iter().any(|r| matches!(r, ClaimRule::Expression { .. }));
    if !looked_at {
        return Ok(());
    }
    match expression::unconvertible(claims, case.server.release) {
        None => Ok(()),
        Some(error) => {
            let token_side = Side::new("claims", error.clone());
            let server_side = Side::new("kube-apiserver", "claims that fit its number types");
            let error = format!("oidc: could not convert claims to unstructured: {error}");
            case.steps.stopped(Step::Username, Mismatch { token_side, server_side, error });
            Err(Stopped)
        }
    }
}

/// The endpoint that the server asks for distributed groups, if it does.
fn expand(case: &mut Case<'_>, claims: &Claims<'_>) -> Result<Option<String>, Stopped> {
    let Some(Mapping::Claim { name, .. }) = &case.authenticator.groups else { return Ok(None) };
    match distributed::expand(claims, name) {
        Ok(Expansion::Nothing) => Ok(None),
        Ok(Expansion::Asks(endpoint)) => Ok(Some(endpoint)),
        Err(error) => {
            let error = format!("oidc: could not expand distributed claims: {error}");
            let setting =
                case.authenticator.setting("oidc-groups-claim", "claimMappings.groups.claim");
            let server = Side::new(setting, quote(name));
            Err(stop(case, Step::Groups, claims, "_claim_sources", server, error))
        }
    }
}

/// Refuses the token for one of its claims.
pub(super) fn stop(
    case: &mut Case<'_>,
    step: Step,
    claims: &Claims<'_>,
    claim: &str,
    server_side: Side,
    error: String,
) -> Stopped {
    let token_side = Side::maybe(claim, claims.written(claim));
    case.steps.stopped(step, Mismatch { token_side, server_side, error });
    Stopped
}

/// Refuses the token for what an expression gave.
pub(super) fn stop_expression(
    case: &mut Case<'_>,
    step: Step,
    path: &str,
    expression: &str,
    error: String,
) -> Stopped {
    let server_side = Side::new(case.authenticator.setting("", path), expression);
    let token_side = Side::maybe("claims", None);
    case.steps.stopped(step, Mismatch { token_side, server_side, error });
    Stopped
}

fn username(case: &mut Case<'_>, claims: &Claims<'_>) -> Result<Known<String>, Stopped> {
    let username = match &case.authenticator.username {
        Mapping::Claim { name, prefix } => Some(username_claim(case, claims, name, prefix)?),
        Mapping::Expression(text) => username_expression(case, claims, text)?,
    };
    if let Some(username) = &username {
        case.steps.passed_because(Step::Username, format!("the user name is {}", quote(username)));
    }
    Ok(username)
}

fn username_claim(
    case: &mut Case<'_>,
    claims: &Claims<'_>,
    name: &str,
    prefix: &str,
) -> Result<String, Stopped> {
    let setting = case.authenticator.setting("oidc-username-claim", "claimMappings.username.claim");
    let server = Side::new(setting, quote(name));
    let text = match claim_text(claims, name) {
        Ok(text) => text,
        Err(error) => {
            let error = format!("oidc: parse username claims {}: {error}", quote(name));
            return Err(stop(case, Step::Username, claims, name, server, error));
        }
    };
    if name == "email"
        && let Err(error) = email_verified(claims)
    {
        return Err(stop(case, Step::Username, claims, "email_verified", server, error));
    }
    Ok(format!("{prefix}{text}"))
}

/// Source: k8s.io/apiserver, oidc.go, `getUsername`: absent is good enough.
fn email_verified(claims: &Claims<'_>) -> Result<(), String> {
    let Some(raw) = claims.get("email_verified") else { return Ok(()) };
    match json::boolean(raw) {
        Ok(Some(true)) => Ok(()),
        Ok(_) => Err("oidc: email not verified".to_owned()),
        Err(error) => Err(format!("oidc: parse 'email_verified' claim: {error}")),
    }
}

/// A claim as text; `null` is empty. Source: k8s.io/apiserver, oidc.go, `unmarshalClaim`.
pub(super) fn claim_text(claims: &Claims<'_>, name: &str) -> Result<String, String> {
    let raw = claims.get(name).ok_or("claim not present")?;
    Ok(json::string(raw).map_err(|error| error.to_string())?.unwrap_or_default())
}

fn username_expression(
    case: &mut Case<'_>,
    claims: &Claims<'_>,
    text: &str,
) -> Result<Known<String>, Stopped> {
    const PATH: &str = "claimMappings.username.expression";
    let refuse = |error: &str| format!("oidc: error evaluating username claim expression: {error}");
    let error = match expression::over_claims(text, claims, case.server.release) {
        Evaluation::CannotTell(missing) => {
            case.steps.unknown(Step::Username, missing);
            return Ok(None);
        }
        Evaluation::Value(Cel::Text(name)) if name.is_empty() && case.server.release.since(30) => {
            "oidc: empty username via CEL expression is not allowed".to_owned()
        }
        Evaluation::Value(Cel::Text(name)) => return Ok(Some(name)),
        Evaluation::Value(_) => refuse("username claim expression must return a string"),
        Evaluation::Failed(error) => refuse(&error),
    };
    Err(stop_expression(case, Step::Username, PATH, text, error))
}

fn groups(case: &mut Case<'_>, claims: &Claims<'_>) -> Result<Known<Vec<String>>, Stopped> {
    let groups = match &case.authenticator.groups {
        None => {
            case.steps.passed_because(Step::Groups, "the server makes no groups from claims");
            return Ok(Some(Vec::new()));
        }
        Some(Mapping::Claim { name, prefix }) => Some(groups_claim(case, claims, name, prefix)?),
        Some(Mapping::Expression(text)) => groups_expression(case, claims, text)?,
    };
    if let Some(groups) = &groups {
        let detail = format!("the groups are {}", crate::go::quote::quote_list(groups));
        case.steps.passed_because(Step::Groups, detail);
    }
    Ok(groups)
}

fn groups_claim(
    case: &mut Case<'_>,
    claims: &Claims<'_>,
    name: &str,
    prefix: &str,
) -> Result<Vec<String>, Stopped> {
    let Some(raw) = claims.get(name) else { return Ok(Vec::new()) };
    // A list is tried first, then a single text; the second refusal is the one that shows.
    let groups = match json::strings(raw) {
        Ok(groups) => Ok(groups.unwrap_or_default()),
        Err(_) => json::string(raw).map(|text| vec![text.unwrap_or_default()]),
    };
    match groups {
        Ok(groups) => Ok(groups.into_iter().map(|group| format!("{prefix}{group}")).collect()),
        Err(error) => {
            let error = format!("oidc: parse groups claim {}: {error}", quote(name));
            let setting =
                case.authenticator.setting("oidc-groups-claim", "claimMappings.groups.claim");
            Err(stop(case, Step::Groups, claims, name, Side::new(setting, quote(name)), error))
        }
    }
}

fn groups_expression(
    case: &mut Case<'_>,
    claims: &Claims<'_>,
    text: &str,
) -> Result<Known<Vec<String>>, Stopped> {
    const PATH: &str = "claimMappings.groups.expression";
    let error = match expression::over_claims(text, claims, case.server.release) {
        Evaluation::CannotTell(missing) => {
            case.steps.unknown(Step::Groups, missing);
            return Ok(None);
        }
        Evaluation::Value(value) => match texts(value) {
            Ok(groups) => return Ok(Some(groups)),
            Err(error) => error,
        },
        Evaluation::Failed(error) => error,
    };
    let error = format!("oidc: error evaluating group claim expression: {error}");
    Err(stop_expression(case, Step::Groups, PATH, text, error))
}

/// A value as a list of texts, empty ones removed.
/// Source: k8s.io/apiserver, oidc.go, `convertCELValueToStringList`.
fn texts(value: Cel) -> Result<Vec<String>, String> {
    const REFUSAL: &str = "expression must return a string or a list of strings";
    let values = match value {
        Cel::Text(text) => vec![Cel::Text(text)],
        Cel::List(values) => values,
        Cel::Null => Vec::new(),
        Cel::Bool(_) | Cel::Other => return Err(REFUSAL.to_owned()),
    };
    let mut texts = Vec::new();
    for value in values {
        match value {
            Cel::Text(text) if text.is_empty() => {}
            Cel::Text(text) => texts.push(text),
            _ => return Err(REFUSAL.to_owned()),
        }
    }
    Ok(texts)
}

fn uid(case: &mut Case<'_>, claims: &Claims<'_>) -> Result<Known<String>, Stopped> {
    let uid = match &case.authenticator.uid {
        None => return Ok(Some(String::new())),
        Some(Mapping::Claim { name, .. }) => match claim_text(claims, name) {
            Ok(uid) => uid,
            Err(error) => {
                let error = format!("oidc: parse uid claim {}: {error}", quote(name));
                let setting = case.authenticator.setting("", "claimMappings.uid.claim");
                let server = Side::new(setting, quote(name));
                return Err(stop(case, Step::Uid, claims, name, server, error));
            }
        },
        Some(Mapping::Expression(text)) => match uid_expression(case, claims, text)? {
            Some(uid) => uid,
            None => return Ok(None),
        },
    };
    case.steps.passed_because(Step::Uid, format!("the uid is {}", quote(&uid)));
    Ok(Some(uid))
}

fn uid_expression(
    case: &mut Case<'_>,
    claims: &Claims<'_>,
    text: &str,
) -> Result<Known<String>, Stopped> {
    let error = match expression::over_claims(text, claims, case.server.release) {
        Evaluation::CannotTell(missing) => {
            case.steps.unknown(Step::Uid, missing);
            return Ok(None);
        }
        Evaluation::Value(Cel::Text(uid)) => return Ok(Some(uid)),
        Evaluation::Value(_) => "uid claim expression must return a string".to_owned(),
        Evaluation::Failed(error) => error,
    };
    let error = format!("oidc: error evaluating uid claim expression: {error}");
    Err(stop_expression(case, Step::Uid, "claimMappings.uid.expression", text, error))
}

type Extra = BTreeMap<String, Vec<String>>;

fn extra(case: &mut Case<'_>, claims: &Claims<'_>) -> Result<Known<Extra>, Stopped> {
    let mut extra = BTreeMap::new();
    if case.server.release.since(32)
        && let Ok(id) = claim_text(claims, "jti")
        && !id.is_empty()
    {
        extra.insert(CREDENTIAL_ID.to_owned(), vec![format!("JTI={id}")]);
    }
    let mappings = &case.authenticator.extra;
    if mappings.is_empty() {
        return Ok(Some(extra));
    }
    let mut values = Vec::new();
    let mut missing = None;
    // The server evaluates all expressions before it looks at any value.
    for (place, mapping) in mappings.iter().enumerate() {
        match expression::over_claims(&mapping.expression, claims, case.server.release) {
            Evaluation::CannotTell(what) => missing = missing.or(Some(what)),
            Evaluation::Value(value) => values.push((place, mapping, value)),
            Evaluation::Failed(error) => {
                case.steps.doubt(missing);
                let path = format!("claimMappings.extra[{place}].valueExpression");
                return Err(stop_expression(case, Step::Extra, &path, &mapping.expression, error));
            }
        }
    }
    if let Some(missing) = missing {
        case.steps.unknown(Step::Extra, missing);
        return Ok(None);
    }
    for (place, mapping, value) in values {
        match texts(value) {
            Ok(texts) if texts.is_empty() => {}
            Ok(texts) => {
                extra.insert(mapping.key.clone(), texts);
            }
            Err(error) => {
                let path = format!("claimMappings.extra[{place}].valueExpression");
                let text = &mapping.expression;
                let error =
                    format!("oidc: error evaluating extra claim expression: {text}: {error}");
                return Err(stop_expression(case, Step::Extra, &path, text, error));
            }
        }
    }
    case.steps.passed(Step::Extra);
    Ok(Some(extra))
}
