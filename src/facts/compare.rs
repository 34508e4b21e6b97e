//! Comparisons that need a parser: how two issuers differ, what shape a claim has, which scope
//! brings it.

use serde_json::Value;

use super::{Facts, Leaf};
use crate::evidence::moment::Moment;
use crate::evidence::{Fact, Gap, Origin};

/// How far `nbf` may lie ahead of the server's clock, in seconds.
/// coreos/go-oidc v2.5.0, verify.go, `Verify`.
const NOT_BEFORE_GRACE: i64 = 60;

/// Sets every comparison whose two sides are known.
pub(super) fn note(facts: &mut Facts, now: Moment) {
    issuers(facts);
    flag(facts, "compare.plugin_audience", ["plugin.client", "server.audiences"], |facts| {
        Some(facts.texts("server.audiences")?.contains(&facts.text("plugin.client")?))
    });
    flag(facts, "compare.token_audience", ["token.aud", "server.audiences"], |facts| {
        let accepted = facts.texts("server.audiences")?;
        let none = facts.text("token.form").as_deref() == Some("jwt");
        let aud = facts.texts("token.aud").or_else(|| none.then(Vec::new))?;
        Some(aud.iter().any(|a| accepted.contains(a)))
    });
    flag(facts, "compare.algorithm", ["token.alg", "server.algorithms"], |facts| {
        Some(facts.texts("server.algorithms")?.contains(&facts.text("token.alg")?))
    });
    flag(facts, "compare.not_yet_valid", ["token.nbf", "token.nbf"], |facts| {
        let Leaf::Time(nbf) = facts.known("token.nbf")? else { return None };
        Some(nbf.unix() > now.unix() + NOT_BEFORE_GRACE)
    });
    shape(facts, "compare.username_shape", "server.username_claim", username_shape);
    shape(facts, "compare.groups_shape", "server.groups_claim", groups_shape);
    verified(facts);
    required(facts);
    scopes(
        facts,
        "server.username_claim",
        "compare.username_scope",
        "compare.username_scope_asked",
    );
    scopes(facts, "server.groups_claim", "compare.groups_scope", "compare.groups_scope_asked");
}

/// The gap of the first of these paths that is unknown.
fn gap_of(facts: &Facts, paths: &[&str]) -> Option<Gap> {
    paths.iter().find_map(|path| match facts.get(path) {
        Fact::Unknown(gap) => Some(gap),
        _ => None,
    })
}

fn flag(
    facts: &mut Facts,
    path: &'static str,
    sides: [&str; 2],
    ask: impl Fn(&Facts) -> Option<bool>,
) {
    if let Some(gap) = gap_of(facts, &sides) {
        facts.miss(path, gap);
        return;
    }
    if let Some(answer) = ask(facts) {
        facts.know(path, answer, comparison(sides));
    }
}

fn comparison(sides: [&str; 2]) -> Origin {
    Origin::new("comparison", "").part(format!("{} with {}", sides[0], sides[1]))
}

fn issuers(facts: &mut Facts) {
    for (path, left) in [
        ("compare.token_server", "token.iss"),
        ("compare.plugin_server", "plugin.issuer"),
        ("compare.discovery_server", "issuer.name"),
    ] {
        let sides = [left, "server.issuer"];
        if let Some(gap) = gap_of(facts, &sides) {
            facts.miss(path, gap);
            continue;
        }
        let (Some(a), Some(b)) = (facts.text(left), facts.text("server.issuer")) else { continue };
        if left == "issuer.name" && facts.text("issuer.url").as_deref() != Some(&b) {
            continue;
        }
        facts.know(path, difference(&a, &b), comparison(sides));
    }
}

/// How two issuers differ, byte-exact equality first.
/// The one exception is the server's own: `accounts.google.com` counts as its https form
/// (kubernetes/apiserver, plugin/pkg/authenticator/token/oidc/oidc.go, `parseTokenClaims`).
pub fn difference(a: &str, b: &str) -> &'static str {
    if a == b || (a == "accounts.google.com" && b == "https://accounts.google.com") {
        return "equal";
    }
    if a.trim_end_matches('/') == b.trim_end_matches('/') {
        return "final-slash";
    }
    if bare(a) == bare(b) {
        return "scheme";
    }
    if a.eq_ignore_ascii_case(b) {
        return "case";
    }
    if entra_tenant(a).is_some() && entra_tenant(a) == entra_tenant(b) {
        return "version";
    }
    let (host_a, path_a) = split(a);
    let (host_b, path_b) = split(b);
    match (host_a == host_b, path_a == path_b) {
        (true, false) => "path",
        (false, true) => "host",
        _ if same_site(host_a, host_b) && shared_end(path_a, path_b) => "host",
        _ => "other",
    }
}

fn bare(issuer: &str) -> &str {
    issuer.split_once("://").map_or(issuer, |(_, rest)| rest).trim_end_matches('/')
}

fn split(issuer: &str) -> (&str, &str) {
    let bare = bare(issuer);
    bare.split_once('/').unwrap_or((bare, ""))
}

fn same_site(a: &str, b: &str) -> bool {
    let first = |host: &str| host.split('.').next().unwrap_or_default().to_owned();
    first(a) == first(b)
}

fn shared_end(a: &str, b: &str) -> bool {
    !a.is_empty() && (a.ends_with(b) || b.ends_with(a))
}

/// The tenant of an Entra issuer of either version.
fn entra_tenant(issuer: &str) -> Option<&str> {
    let bare = bare(issuer);
    bare.strip_prefix("sts.windows.net/")
        .or_else(|| bare.strip_prefix("login.microsoftonline.com/")?.strip_suffix("/v2.0"))
}

fn shape(
    facts: &mut Facts,
    path: &'static str,
    claim: &str,
    tell: fn(Option<&Value>) -> &'static str,
) {
    if let Some(gap) = gap_of(facts, &[claim, "token.claims"]) {
        facts.miss(path, gap);
        return;
    }
    let (Some(name), Some(Leaf::Open(claims))) = (facts.text(claim), facts.known("token.claims"))
    else {
        return;
    };
    facts.know(path, tell(claims.get(&name)), comparison([claim, "token.claims"]));
}

fn username_shape(value: Option<&Value>) -> &'static str {
    match value {
        None => "missing",
        Some(Value::Null) => "null",
        Some(Value::Bool(_)) => "flag",
        Some(Value::Number(_)) => "number",
        Some(Value::String(text)) if text.is_empty() => "empty",
        Some(Value::String(_)) => "text",
        Some(Value::Array(_)) => "list",
        Some(Value::Object(_)) => "object",
    }
}

fn groups_shape(value: Option<&Value>) -> &'static str {
    match value {
        Some(Value::String(text)) if looks_like_list(text) => "bracketed-text",
        Some(Value::Array(items)) if items.is_empty() => "empty",
        Some(Value::Array(items)) if items.iter().all(|i| i.is_string() || i.is_null()) => "texts",
        Some(Value::Array(_)) => "mixed",
        other => username_shape(other),
    }
}

fn looks_like_list(text: &str) -> bool {
    let text = text.trim();
    text.starts_with('[') && text.ends_with(']') || text.contains(',')
}

fn verified(facts: &mut Facts) {
    if let Some(gap) = gap_of(facts, &["token.claims"]) {
        facts.miss("compare.email_verified", gap);
        return;
    }
    let Some(Leaf::Open(claims)) = facts.known("token.claims") else { return };
    let state = match claims.get("email_verified") {
        None => "missing",
        Some(Value::Bool(true)) => "true",
        Some(Value::Bool(false)) => "false",
        Some(Value::Null) => "null",
        Some(_) => "other",
    };
    let Fact::Known(_, origin) = facts.get("token.claims") else { return };
    let origin = Origin { part: "claim email_verified".to_owned(), ..origin };
    facts.know("compare.email_verified", state, origin);
}

fn required(facts: &mut Facts) {
    if let Some(gap) = gap_of(facts, &["token.claims", "server.required_claims"]) {
        facts.miss("compare.required_claims", gap);
        return;
    }
    let (Some(Leaf::Open(claims)), Some(Leaf::Open(wanted))) =
        (facts.known("token.claims"), facts.known("server.required_claims"))
    else {
        return;
    };
    let Some(wanted) = wanted.as_object() else { return };
    let failing: Vec<String> = wanted
        .iter()
        .filter_map(|(claim, want)| {
            let want = want.as_str().unwrap_or_default();
            let told = match claims.get(claim) {
                None => "is not in the token".to_owned(),
                Some(Value::String(got)) if got == want => return None,
                Some(Value::Null) if want.is_empty() => return None,
                Some(got) => format!("is {got}"),
            };
            Some(format!("{claim} {told}, the server wants the text {want:?}"))
        })
        .collect();
    let sides = ["server.required_claims", "token.claims"];
    facts.know("compare.required_claims", failing, comparison(sides));
}

/// The scope that brings a claim, by the OpenID Connect standard (Core 1.0, section 5.4) or by the
/// custom of providers (groups), if the provider offers it.
fn scopes(facts: &mut Facts, claim: &str, scope_path: &'static str, asked_path: &'static str) {
    let Some(claim) = facts.text(claim) else { return };
    let scope = match claim.as_str() {
        "email" | "email_verified" => "email",
        "name" | "preferred_username" | "nickname" | "given_name" | "family_name" | "profile" => {
            "profile"
        }
        "groups" => "groups",
        _ => return,
    };
    let offered = facts.texts("issuer.scopes").unwrap_or_default();
    if !offered.is_empty() && !offered.iter().any(|s| s == scope) {
        return;
    }
    // Without the provider's list, only the scopes of the standard can be advised.
    if offered.is_empty() && scope == "groups" {
        return;
    }
    let asked = facts.texts("plugin.scopes").map(|asked| asked.iter().any(|s| s == scope));
    if let Some(asked) = asked {
        facts.know(asked_path, asked, comparison([scope_path, "plugin.scopes"]));
    }
    // A scope that is asked for already is not one to advise.
    if asked != Some(true) {
        facts.know(scope_path, scope, Origin::new("standard", "OpenID Connect Core 1.0, 5.4"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_how_issuers_differ() {
        let cases = [
            ("https://a.b", "https://a.b", "equal"),
            ("accounts.google.com", "https://accounts.google.com", "equal"),
            ("https://a.b/", "https://a.b", "final-slash"),
            ("http://a.b", "https://a.b", "scheme"),
            ("a.b/x", "https://a.b/x", "scheme"),
            ("https://A.b", "https://a.b", "case"),
            ("https://a.b/realms/x", "https://a.b/realms/y", "path"),
            ("https://a.b/r", "https://c.b/r", "host"),
            ("https://a.b:8443/r", "https://a.b/r", "host"),
            ("https://sts.windows.net/t/", "https://login.microsoftonline.com/t/v2.0", "version"),
            ("https://a.b/x", "https://c.d/y", "other"),
        ];
        for (a, b, wanted) in cases {
            assert_eq!(difference(a, b), wanted, "{a} {b}");
        }
    }

    #[test]
    fn tells_the_shape_of_groups() {
        let shape = |text: &str| groups_shape(Some(&serde_json::from_str(text).expect("json")));
        assert_eq!(shape("\"[a, b]\""), "bracketed-text");
        assert_eq!(shape("[\"a\", 1]"), "mixed");
        assert_eq!(shape("[\"a\"]"), "texts");
        assert_eq!(shape("\"a\""), "text");
        assert_eq!(groups_shape(None), "missing");
    }
}
