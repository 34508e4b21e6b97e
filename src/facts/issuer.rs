//! What the issuer answers, who trusts its certificate, and what keeps the server from its keys.

use serde_json::Value;

use super::server::Plane;
use super::{Facts, Leaf};
use crate::evidence::certificate::{CertificateFault, ChainVerdict, Roots, judge};
use crate::evidence::exchange::{Answer, Exchange, Extent, Failure, Outcome};
use crate::evidence::gathered::{IssuerSight, NetworkUse};
use crate::evidence::{Evidence, Gap, Origin, Who};

/// The issuer of interest: the server's, else the plugin's, else the token's.
pub(super) fn chosen<'a>(facts: &Facts, evidence: &'a Evidence) -> Option<&'a IssuerSight> {
    let url = facts
        .text("server.issuer")
        .or_else(|| facts.text("plugin.issuer"))
        .or_else(|| facts.text("token.iss"))?;
    evidence.issuers.iter().find(|sight| sight.url == url)
}

/// Sets every fact of the issuer, and what they mean for the server.
pub(super) fn note(facts: &mut Facts, evidence: &Evidence, plane: Option<&Plane>) {
    // The keys of the cluster's own tokens come from no provider.
    if facts.text("token.kind").as_deref() == Some("service-account") {
        return;
    }
    let Some(sight) = chosen(facts, evidence) else {
        facts.miss("issuer", unasked(evidence));
        facts.miss("discovery", unasked(evidence));
        return;
    };
    let origin = Origin::new("discovery", sight.discovery.url.as_str());
    facts.know("issuer.url", sight.url.as_str(), Origin::new(named_by(sight), ""));
    facts.know("issuer.discovery_url", sight.discovery.url.as_str(), origin.clone());
    note_certificate(facts, sight, plane);
    match &sight.discovery.outcome {
        Outcome::Failed(failure) if not_asked(failure) => {
            facts.miss("issuer", unasked(evidence));
            facts.miss("discovery", unasked(evidence));
        }
        Outcome::Failed(failure) => note_failure(facts, failure, &origin),
        Outcome::Answered(Answer { extent: Extent::CutAt { limit }, .. }) => {
            // The server reads all of it.
            let why = format!("{} answers more than {limit} bytes", sight.discovery.url);
            facts.miss("issuer", Gap { why: why.clone(), ..unasked(evidence) });
            facts.miss("discovery", Gap { why, ..unasked(evidence) });
        }
        Outcome::Answered(answer) => note_answer(facts, sight, answer, &origin),
    }
}

fn named_by(sight: &IssuerSight) -> &str {
    sight.named_by.first().map_or("issuer", String::as_str)
}

fn not_asked(failure: &Failure) -> bool {
    matches!(failure, Failure::Offline | Failure::DeadlineSpent | Failure::Withheld { .. })
}

fn unasked(evidence: &Evidence) -> Gap {
    let why = match evidence.situation.network {
        NetworkUse::Offline => "the network was not used (--offline)",
        NetworkUse::Asked => "no issuer is known, or the time was used up",
    };
    Gap {
        why: why.to_owned(),
        ask: Who::You,
        how: "curl -v ISSUER/.well-known/openid-configuration".to_owned(),
    }
}

/// The kind of a failure, as the vocabulary spells it.
pub(super) fn kind(failure: &Failure) -> &'static str {
    match failure {
        Failure::NameUnresolved { .. } => "name-unresolved",
        Failure::ConnectionRefused { .. } => "refused",
        Failure::Unreachable { .. }
        | Failure::ConnectTimeout { .. }
        | Failure::ReadTimeout { .. }
        | Failure::Closed { .. } => "timeout",
        Failure::Certificate(_) => "certificate",
        Failure::ClientCertificateDemanded => "client-certificate",
        Failure::NotTls => "not-tls",
        Failure::Proxy { .. } | Failure::ProxyAnswered { .. } => "proxy",
        Failure::TooManyRedirects { .. } => "redirects",
        _ => "other",
    }
}

fn certificate_kind(fault: &CertificateFault) -> &'static str {
    match fault {
        CertificateFault::Expired { .. } => "expired",
        CertificateFault::NotYetValid { .. } => "not-yet-valid",
        CertificateFault::WrongName { .. } => "wrong-name",
        CertificateFault::NoSubjectAltName { .. } => "no-name",
        _ => "untrusted",
    }
}

fn note_failure(facts: &mut Facts, failure: &Failure, origin: &Origin) {
    facts.know("issuer.failure", kind(failure), origin.clone());
    facts.know("issuer.detail", failure.to_string(), origin.clone());
    facts.lack("issuer.status", origin.clone());
    if let Failure::Certificate(fault) = failure {
        facts.know("issuer.certificate", certificate_kind(fault), origin.clone());
    }
    let gap = Gap {
        why: format!("discovery got no answer: {failure}"),
        ask: Who::NetworkAdmin,
        how: format!("curl -v {}", origin.path),
    };
    for path in UNSEEN_WITHOUT_ANSWER {
        facts.miss(path, gap.clone());
    }
}

/// What only an answer of the issuer can tell.
const UNSEEN_WITHOUT_ANSWER: &[&str] = &[
    "issuer.name",
    "issuer.scopes",
    "issuer.grants",
    "issuer.pkce",
    "issuer.algorithms",
    "issuer.claims",
    "issuer.kids",
    "issuer.keys",
    "issuer.usable_keys",
    "issuer.signed_by_published",
    "issuer.jwks_uri",
];

fn note_answer(facts: &mut Facts, sight: &IssuerSight, answer: &Answer, origin: &Origin) {
    facts.lack("issuer.failure", origin.clone());
    facts.know("issuer.status", i64::from(answer.status), origin.clone());
    facts.know("issuer.status_line", answer.status_line.as_str(), origin.clone());
    if let Some(content_type) = sight.discovery.content_type() {
        facts.know("issuer.content_type", content_type, origin.clone());
    }
    if let Some(date) = sight.discovery.date() {
        let ahead = date.unix() - sight.discovery.asked_at.unix();
        let place = Origin::new("discovery", origin.path.as_str()).part("header Date");
        facts.know("issuer.clock_ahead_seconds", ahead, place);
    }
    let document: Option<Value> = serde_json::from_str(&answer.body).ok();
    let text = |name: &str| document.as_ref()?.get(name)?.as_str().map(str::to_owned);
    let usable = answer.status == 200 && text("issuer").is_some() && text("jwks_uri").is_some();
    facts.know("issuer.document", usable, origin.clone());
    let Some(document) = document.filter(|_| answer.status == 200) else { return };
    for (path, name) in [("issuer.name", "issuer"), ("issuer.jwks_uri", "jwks_uri")] {
        match text_of(&document, name) {
            Some(value) => facts.know(path, value, origin.clone().part(name)),
            None => facts.lack(path, origin.clone().part(name)),
        }
    }
    for (path, name) in [
        ("issuer.scopes", "scopes_supported"),
        ("issuer.claims", "claims_supported"),
        ("issuer.grants", "grant_types_supported"),
        ("issuer.pkce", "code_challenge_methods_supported"),
        ("issuer.algorithms", "id_token_signing_alg_values_supported"),
    ] {
        let values = document.get(name).and_then(Value::as_array);
        match values {
            Some(items) => {
                let texts: Vec<String> =
                    items.iter().filter_map(|i| i.as_str().map(str::to_owned)).collect();
                facts.know(path, texts, origin.clone().part(name));
            }
            None if path == "issuer.pkce" => {
                facts.know(path, Vec::<String>::new(), origin.clone().part(name));
            }
            None => facts.lack(path, origin.clone().part(name)),
        }
    }
    note_keys(facts, sight);
}

fn text_of(document: &Value, name: &str) -> Option<String> {
    document.get(name)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

fn note_keys(facts: &mut Facts, sight: &IssuerSight) {
    let Some(exchange) = &sight.keys else { return };
    let origin = Origin::new("key-set", exchange.url.as_str());
    let failure = match &exchange.outcome {
        Outcome::Failed(failure) => Some(failure.to_string()),
        Outcome::Answered(answer) if answer.status != 200 => Some(answer.status_line.clone()),
        Outcome::Answered(answer) => match serde_json::from_str::<Value>(&answer.body) {
            Err(error) => Some(format!("the key set is not JSON: {error}")),
            Ok(set) => {
                note_key_set(facts, &set, &origin);
                None
            }
        },
    };
    match failure {
        Some(why) => {
            facts.know("issuer.keys_failure", why.clone(), origin.clone());
            let how = format!("curl -v {}", exchange.url);
            for path in
                ["issuer.keys", "issuer.kids", "issuer.usable_keys", "issuer.signed_by_published"]
            {
                facts
                    .miss(path, Gap { why: why.clone(), ask: Who::NetworkAdmin, how: how.clone() });
            }
        }
        None => facts.lack("issuer.keys_failure", origin),
    }
}

fn note_key_set(facts: &mut Facts, set: &Value, origin: &Origin) {
    let keys = set.get("keys").and_then(Value::as_array).cloned().unwrap_or_default();
    let kids = keys.iter().filter_map(|k| k.get("kid")?.as_str().map(str::to_owned)).collect();
    facts.know("issuer.keys", keys.len() as i64, origin.clone());
    facts.know("issuer.kids", Leaf::Texts(kids), origin.clone());
    let accepted = facts.texts("server.algorithms").unwrap_or_else(|| vec!["RS256".to_owned()]);
    let fits = |key: &&Value| {
        let kind = key.get("kty").and_then(Value::as_str).unwrap_or_default();
        accepted.iter().any(|alg| match kind {
            "RSA" => alg.starts_with("RS") || alg.starts_with("PS"),
            "EC" => alg.starts_with("ES"),
            _ => false,
        })
    };
    facts.know("issuer.usable_keys", keys.iter().filter(fits).count() as i64, origin.clone());
}

/// Who trusts the chain: this machine's roots, `--issuer-ca`, the CA file of the API server.
fn note_certificate(facts: &mut Facts, sight: &IssuerSight, plane: Option<&Plane>) {
    let Some(first) = sight.discovery.chain.first() else { return };
    let origin = Origin::new("certificate", sight.discovery.url.as_str());
    let mut names = first.names.clone();
    names.extend(first.addresses.iter().map(ToString::to_string));
    facts.know("issuer.certificate_names", names, origin.clone());
    facts.know("issuer.certificate_not_after", first.not_after, origin.clone());
    facts.know("issuer.certificate_issuer", first.issuer.as_str(), origin.clone());
    let mut verdicts = Vec::new();
    verdicts.extend(sight.system.clone().map(|v| ("system", v)));
    verdicts.extend(sight.issuer_ca.clone().map(|v| ("issuer-ca", v)));
    verdicts.extend(by_server(sight, plane).map(|v| ("server-ca", v)));
    let by = |wanted: bool| -> Vec<String> {
        verdicts
            .iter()
            .filter(|(_, v)| matches!(v, ChainVerdict::Trusted(_)) == wanted)
            .map(|(party, _)| (*party).to_owned())
            .collect()
    };
    facts.know("issuer.trusted_by", by(true), origin.clone());
    facts.know("issuer.distrusted_by", by(false), origin);
}

/// What the API server's own CA file says of the chain.
pub(super) fn by_server(sight: &IssuerSight, plane: Option<&Plane>) -> Option<ChainVerdict> {
    let plane = plane?;
    let host = host_of(&sight.discovery)?;
    let inline = plane.loaded.as_ref().ok().and_then(|server| {
        let same = |a: &&crate::replay::Authenticator| a.issuer == sight.url;
        server.authenticators.iter().find(same)?.certificate_authority.clone()
    });
    let pem = match super::server::authority(&plane.settings) {
        Some(document) => document.text.reveal().to_owned(),
        None => inline?,
    };
    if sight.discovery.chain.is_empty() {
        return None;
    }
    let roots = Roots::from_pem(&pem);
    Some(judge(&sight.discovery.chain, &host, &roots, sight.discovery.asked_at))
}

fn host_of(exchange: &Exchange) -> Option<String> {
    let rest = exchange.final_url().split_once("://")?.1;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let end = host.find(']').map(|i| i + 1).or_else(|| host.find(':')).unwrap_or(host.len());
    Some(host[..end].trim_matches(['[', ']']).to_owned())
}

/// What keeps the server from discovery and keys, and from where that was seen: its own log, its CA
/// file, or this machine.
pub(super) fn note_fault(facts: &mut Facts, evidence: &Evidence, plane: Option<&Plane>) {
    if let (Some(kind), Some(detail)) =
        (facts.text("log.discovery_fault"), facts.text("log.discovery_error"))
    {
        let origin = Origin::new("api-server-log", "");
        fault(facts, &kind, "api-server", &detail, origin);
        return;
    }
    let Some(sight) = chosen(facts, evidence) else { return };
    if facts.text("token.kind").as_deref() == Some("service-account") {
        return;
    }
    if facts.gap("issuer").is_some() {
        facts.miss("discovery", unasked(evidence));
        return;
    }
    let origin = Origin::new("discovery", sight.discovery.url.as_str());
    if let Some(ChainVerdict::Refused(why)) = by_server(sight, plane) {
        let kind = match certificate_kind(&why) {
            "wrong-name" | "no-name" => "certificate-name",
            "expired" | "not-yet-valid" => "certificate-expired",
            _ => "certificate-untrusted",
        };
        fault(facts, kind, "api-server", &why.to_string(), origin);
        return;
    }
    let trusted_by_server = matches!(by_server(sight, plane), Some(ChainVerdict::Trusted(_)));
    if let Some((kind, detail)) = seen_here(facts, sight) {
        if trusted_by_server && kind == "certificate-untrusted" {
            return;
        }
        fault(facts, kind, "here", &detail, origin);
    }
}

fn fault(facts: &mut Facts, kind: &str, from: &str, detail: &str, origin: Origin) {
    facts.know("discovery.fault", kind, origin.clone());
    facts.know("discovery.seen_from", from, origin.clone());
    facts.know("discovery.detail", detail, origin);
}

/// `--issuer-ca` speaks for the API server: what it trusts is not held against the server.
fn by_extra(sight: &IssuerSight) -> Option<()> {
    matches!(sight.issuer_ca, Some(ChainVerdict::Trusted(_))).then_some(())
}

fn seen_here(facts: &Facts, sight: &IssuerSight) -> Option<(&'static str, String)> {
    if let (Some(ChainVerdict::Refused(why)), None) = (&sight.system, by_extra(sight)) {
        // The document was read by the trust of an API server's CA file; this machine has none.
        if facts.text("issuer.failure").is_none()
            && facts.known("server.ca_given") == Some(Leaf::Flag(false))
        {
            return Some(("certificate-untrusted", why.to_string()));
        }
    }
    let detail = facts.text("issuer.detail").unwrap_or_default();
    if let Some(failure) = facts.text("issuer.failure") {
        let kind = match failure.as_str() {
            "name-unresolved" => "name-unresolved",
            "refused" => "refused",
            "proxy" => "proxy",
            "certificate" => match facts.text("issuer.certificate").as_deref() {
                Some("wrong-name" | "no-name") => "certificate-name",
                Some("expired" | "not-yet-valid") => "certificate-expired",
                _ => "certificate-untrusted",
            },
            "redirects" | "not-tls" => "not-found",
            _ => "timeout",
        };
        return Some((kind, detail));
    }
    let line = facts.text("issuer.status_line").unwrap_or_default();
    let status = facts.known("issuer.status");
    if status != Some(Leaf::Count(200)) {
        return Some(("not-found", format!("{} answers {line}", sight.discovery.url)));
    }
    if !facts.holds("issuer.document") {
        return Some(("not-a-document", "it is not JSON with issuer and jwks_uri".to_owned()));
    }
    let why = facts.text("issuer.keys_failure")?;
    Some(("keys", why))
}
