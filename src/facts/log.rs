//! What the API server's log says of discovery and of refused tokens.

use std::sync::LazyLock;

use regex::Regex;

use super::Facts;
use crate::evidence::{Evidence, Gap, Origin, Who};

/// Sets the facts of the log.
pub(super) fn note(facts: &mut Facts, evidence: &Evidence) {
    let Some(documents) = &evidence.log else {
        let gap = Gap {
            why: "no log of the API server was given".to_owned(),
            ask: Who::ClusterAdmin,
            how: "kubectl -n kube-system logs -l component=kube-apiserver --tail=500".to_owned(),
        };
        facts.miss("log", gap);
        return;
    };
    facts.know("log.given", true, Origin::new("api-server-log", ""));
    for document in documents {
        for (index, line) in document.text.reveal().lines().enumerate() {
            let origin = Origin::new("api-server-log", document.path.as_str());
            note_line(facts, line, origin.at(index as u32 + 1, 1));
        }
    }
}

static DISCOVERY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:initializing plugin|init verifier failed|fetching keys oidc): (.+)")
        .expect("the pattern is a constant")
});
static REFUSAL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"Unable to authenticate the request.*?(?:err=|error: )"?(.+?)"?$"#)
        .expect("the pattern is a constant")
});
static START: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?:command failed"? err=|Error: |unknown flag: |error: )"?(.*(?:oidc|flag|authentication).*)"#)
        .expect("the pattern is a constant")
});

fn note_line(facts: &mut Facts, line: &str, origin: Origin) {
    let line = line.replace("\\\"", "\"");
    if let Some(found) = REFUSAL.captures(&line) {
        let text = found[1].trim().to_owned();
        if let Some(keys) = text.split("fetching keys ").nth(1) {
            discovery(facts, keys, origin.clone());
        }
        facts.know("log.authentication_error", text, origin);
    } else if let Some(found) = DISCOVERY.captures(&line) {
        discovery(facts, &found[1], origin);
    } else if let Some(found) = START.captures(&line) {
        facts.know("log.start_error", found[1].trim().to_owned(), origin);
    }
}

fn discovery(facts: &mut Facts, text: &str, origin: Origin) {
    let text = text.trim().trim_end_matches(']');
    // The quote that closes klog's value, not one that closes a name in the text.
    let odd = text.matches('"').count() % 2 == 1;
    let text = if odd { text.strip_suffix('"').unwrap_or(text) } else { text };
    facts.know("log.discovery_fault", kind(text), origin.clone());
    facts.know("log.discovery_error", text.to_owned(), origin);
}

/// The kind of fault that Go's words tell.
fn kind(text: &str) -> &'static str {
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    match () {
        () if has(&[
            "no such host",
            "server misbehaving",
            "Temporary failure in name resolution",
        ]) =>
        {
            "name-unresolved"
        }
        () if has(&["certificate has expired", "not yet valid"]) => "certificate-expired",
        () if has(&[
            "certificate is valid for",
            "doesn't contain any IP SANs",
            "legacy Common Name",
        ]) =>
        {
            "certificate-name"
        }
        () if has(&["x509:", "certificate signed by unknown authority"]) => "certificate-untrusted",
        () if has(&["connection refused"]) => "refused",
        () if has(&["Forbidden", "Bad Gateway", "proxyconnect"]) => "proxy",
        () if has(&["did not match the issuer"]) => "issuer-differs",
        () if has(&[
            "i/o timeout",
            "deadline exceeded",
            "Timeout",
            "no route to host",
            "unreachable",
            "EOF",
            "reset by peer",
        ]) =>
        {
            "timeout"
        }
        () if has(&["get keys failed", "decode keys"]) => "keys",
        () if has(&["failed to decode provider discovery"]) => "not-a-document",
        () if has(&["404 ", "Not Found", "500 ", "502 ", "503 ", "504 "]) => "not-found",
        () => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(line: &str) -> Facts {
        let mut facts = Facts::default();
        note_line(&mut facts, line, Origin::default());
        facts
    }

    #[test]
    fn names_the_fault_of_discovery() {
        let facts = told(
            "E0101 oidc.go:335] oidc authenticator: initializing plugin: Get \"https://a/.well-known/openid-configuration\": dial tcp: lookup a on 10.0.0.10:53: no such host",
        );
        assert_eq!(facts.text("log.discovery_fault").as_deref(), Some("name-unresolved"));
    }

    #[test]
    fn keeps_the_reason_of_a_refusal() {
        let facts = told(
            r#"E1 authentication.go:73] "Unable to authenticate the request" err="[invalid bearer token, oidc: email not verified]""#,
        );
        let text = facts.text("log.authentication_error").expect("told");
        assert!(text.contains("oidc: email not verified"), "{text}");
    }
}
