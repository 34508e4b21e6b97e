//! Secrets by their look, wherever they stand: the second net, under that of the kubeconfig's fields.
//!
//! A file given by mistake (a kubeconfig as `--rbac`, a Secret among manifests), a token in a comment,
//! a password in a URL: nothing of it is saved or shown.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

/// A range of bytes and what kind of secret it is.
pub type Secret = (usize, usize, &'static str);

struct Look {
    pattern: Regex,
    kind: &'static str,
}

static LOOKS: LazyLock<Vec<Look>> = LazyLock::new(|| {
    let look = |pattern: &str, kind| Look {
        pattern: Regex::new(pattern).expect("the pattern is a constant"),
        kind,
    };
    vec![
        look(r"(?P<s>eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)*)", "token"),
        look(r"(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----(?P<s>.*?)(?:-----END|\z)", "key"),
        look(r"(?i)\bbearer\s+(?P<s>[A-Za-z0-9._~+/=-]{8,})", "token"),
        look(r#"://[^/\s:@"']*:(?P<s>[^\s"'@]+)@"#, "password"),
        look(r#"[?&](?:access_token|id_token|token|client_secret|code)=(?P<s>[^&\s"']+)"#, "token"),
        look(NAMED, "value"),
    ]
});

/// `NAME=VALUE` or `NAME: VALUE` where the name says that the value is secret.
const NAMED: &str = r#"(?ix)
    (?: client[-_]?secret | password | passwd | passphrase | refresh[-_]?token | access[-_]?token
      | id[-_]?token | api[-_]?key | \bsecret | \btoken | _token | -token | _secret | -secret
      | private[-_]?key | client-key-data )
    ["']? \s* (?: [:=] \s* | \x20 ) ["']*
    (?P<s> [^\s"',}{\]\[|>]+ )"#;

/// Values that no secret has: they stand for a choice, or open a block.
fn is_plain(value: &str) -> bool {
    matches!(value, "true" | "false" | "null" | "~" | "-" | "|" | ">" | "is" | "for" | "of")
        || value.parse::<f64>().is_ok()
        || value.starts_with("REDACTED")
}

/// The secrets in a text, in order of their looks.
pub fn secrets(text: &str) -> Vec<Secret> {
    let mut found = Vec::new();
    for look in LOOKS.iter() {
        for captures in look.pattern.captures_iter(text) {
            let (Some(whole), Some(hit)) = (captures.get(0), captures.name("s")) else { continue };
            let worded = look.kind == "value" && !looks_assigned(text, whole.start(), hit.start());
            if !is_plain(hit.as_str()) && !worded {
                found.push((hit.start(), hit.end(), look.kind));
            }
        }
    }
    found
}

/// Whether the value at `at` belongs to the name at `name`: behind `=`, behind `:` where the name is a
/// member's, or behind a blank where it is a flag's. In a sentence it does not.
fn looks_assigned(text: &str, name: usize, at: usize) -> bool {
    let before = text[..at].trim_end_matches(['"', '\'']).trim_end();
    if before.ends_with('=') {
        return true;
    }
    let line = text[..name].rsplit('\n').next().unwrap_or_default();
    let word_starts = |c: char| !(c.is_alphanumeric() || c == '-' || c == '_');
    let lead = line.trim_end_matches(|c: char| !word_starts(c));
    if before.ends_with(':') {
        return lead.chars().all(|c| c.is_whitespace() || matches!(c, '"' | '\'' | '{' | '-'))
            || lead.trim_end().trim_end_matches(['"', '\'']).ends_with(['{', ',']);
    }
    line[lead.len()..].starts_with('-')
}

/// A short text with its secrets blanked.
pub fn blanked(text: &str) -> Cow<'_, str> {
    let mut found = secrets(text);
    if found.is_empty() {
        return Cow::Borrowed(text);
    }
    found.sort_unstable();
    let (mut out, mut end) = (String::new(), 0);
    for (from, to, _) in found.into_iter() {
        if from < end {
            continue;
        }
        out.push_str(&text[end..from]);
        out.push_str("REDACTED");
        end = to;
    }
    out.push_str(&text[end..]);
    Cow::Owned(out)
}

/// Whether a text holds objects that are secret as a whole: a Secret, or a kubeconfig.
pub fn is_secret_object(text: &str) -> bool {
    static KIND: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"(?m)["']?kind["']?\s*:\s*["']?(?:Secret|Config)["']?\s*[,}]?\s*$"#)
            .expect("the pattern is a constant")
    });
    KIND.is_match(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_secrets_by_their_look() {
        for (text, wanted) in [
            ("# eyJhbGciOiJSUzI1NiJ9.eyJhIjoxfQ.c2ln", "# REDACTED"),
            ("Authorization: Bearer abcdefghijk", "Authorization: Bearer REDACTED"),
            ("https://u:pa/ss@host/x", "https://u:REDACTED@host/x"),
            (
                "sh -c \"x --oidc-client-secret='s3'\"",
                "sh -c \"x --oidc-client-secret='REDACTED'\"",
            ),
            ("X_CLIENT_SECRET=abc cmd", "X_CLIENT_SECRET=REDACTED cmd"),
            ("--client_secret abc", "--client_secret REDACTED"),
            ("\"refresh_token\": \"abc\"", "\"refresh_token\": \"REDACTED\""),
            ("  token: abc", "  token: REDACTED"),
        ] {
            assert_eq!(blanked(text), wanted, "{text}");
        }
    }

    #[test]
    fn leaves_what_is_no_secret() {
        for text in [
            "--oidc-use-access-token=true",
            "--token-cache-dir=/tmp/x",
            "tokenFile: /var/run/token",
            "token_endpoint: https://a/b",
            "invalid bearer token, oidc: verify token: oidc: token is expired",
            "--oidc-issuer-url=https://idp.example.com:8443/a",
        ] {
            assert_eq!(blanked(text), text);
        }
    }

    #[test]
    fn knows_objects_that_are_secret() {
        assert!(is_secret_object("apiVersion: v1\nkind: Secret\n"));
        assert!(is_secret_object("{\"kind\": \"Config\",\n\"a\":1}"));
        assert!(!is_secret_object("kind: ConfigMap\n"));
    }
}
