//! Cases made from a field case by a few edits, for the checks that fire in none as it is.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use oidc_doctor::evidence::{Evidence, bundle};
use serde_json::Value;

use crate::fixtures::fixture;

/// A check, the field case that nearly has its defect, and what brings the defect about.
pub(crate) type Made = (&'static str, &'static str, &'static [Edit]);

/// One change of a bundle.
#[derive(Clone, Copy)]
pub(crate) enum Edit {
    /// A text, wherever it stands in a string of the evidence.
    Text(&'static str, &'static str),
    /// A text of the token's payload.
    Claims(&'static str, &'static str),
    /// The JSON value at this place; a place that does not exist yet is the end of its list.
    Put(&'static str, &'static str),
}

use Edit::{Claims, Put, Text};

const PLAIN: &str = "exec-v1-but-plugin-returns-v1beta1";
const DOMAIN_RULE: &str = "cel-domain-rule-rejects-user";
const FRONT_PROXY: &str = "mtls-front-proxy-needs-client-cert-too";
const LOST_KEYS: &str = "dex-memory-storage-loses-keys";

/// Every such check.
pub(crate) const MADE: &[Made] = &[
    (
        "answer-not-from-api-server",
        FRONT_PROXY,
        &[Put(
            "/live/version/outcome",
            r#"{"answered": {"status": 200, "status_line": "200 OK", "headers": {"content-type": "text/html"},
                "body": "<title>Log in</title>", "extent": "whole"}}"#,
        )],
    ),
    (
        "api-server-certificate-untrusted",
        FRONT_PROXY,
        &[Put(
            "/live/version/outcome",
            r#"{"failed": {"certificate": {"unknown-authority": {"issuer": "CN=edge", "candidate": null}}}}"#,
        )],
    ),
    ("no-kubeconfig", PLAIN, &[Put("/kubeconfig", r#"[{"missing": "/home/dev/.kube/config"}]"#)]),
    (
        "binding-in-other-namespace",
        PLAIN,
        &[
            Text("  kind: ClusterRoleBinding", "  kind: RoleBinding"),
            Text("    name: dev-view", "    name: dev-view\n    namespace: elsewhere"),
        ],
    ),
    (
        "binding-role-missing",
        PLAIN,
        &[Text("    kind: ClusterRole\n    name: view", "    kind: ClusterRole\n    name: viewer")],
    ),
    (
        "client-certificate-demanded",
        FRONT_PROXY,
        &[Put("/live/version/outcome", r#"{"failed": "client-certificate-demanded"}"#)],
    ),
    ("cluster-entry-missing", PLAIN, &[Text("    cluster: prod", "    cluster: prd")]),
    ("context-missing", PLAIN, &[Text("current-context: prod", "current-context: prd")]),
    (
        "discovery-not-a-document",
        PLAIN,
        &[Put("/issuers/0/discovery/outcome/answered/body", r#""<title>Log in</title>""#)],
    ),
    ("exec-interactive-mode-missing", PLAIN, &[Text("      interactiveMode: IfAvailable\n", "")]),
    (
        "grant-not-offered",
        PLAIN,
        &[Text(r#""authorization_code","refresh_token""#, r#""client_credentials""#)],
    ),
    ("groups-claim-empty", LOST_KEYS, &[Claims(r#"["operators@example.com"]"#, "[]")]),
    ("impersonation-set", PLAIN, &[Text("    exec:\n", "    as: admin\n    exec:\n")]),
    ("issuer-case-differs", PLAIN, &[Claims("https://idp.", "https://IDP.")]),
    (
        "issuer-certificate-expired",
        PLAIN,
        &[Put(
            "/issuers/0/discovery/outcome",
            r#"{"failed": {"certificate": {"expired": {"subject": "CN=idp.example.com",
                "not_after": "2024-02-01T00:00:00Z", "now": "2024-02-13T09:30:00Z"}}}}"#,
        )],
    ),
    ("issuer-host-differs", PLAIN, &[Claims("https://idp.", "https://login.")]),
    (
        "issuer-version-differs",
        PLAIN,
        &[
            Text("https://idp.example.com", "https://login.microsoftonline.com/t-1/v2.0"),
            Claims("https://idp.example.com", "https://sts.windows.net/t-1/"),
        ],
    ),
    ("jwks-unreachable", PLAIN, &[Put("/issuers/0/keys/outcome/answered/status", "503")]),
    (
        "kubeconfig-entry-shadowed",
        PLAIN,
        &[Put(
            "/kubeconfig/-",
            r#"{"read": {"path": "/home/dev/.kube/new", "text": ["apiVersion: v1", "kind: Config", "users:",
                "- name: oidc", "  user:", "    token: REDACTED-token", ""]}}"#,
        )],
    ),
    (
        "mapping-expression-fails",
        DOMAIN_RULE,
        &[Text("      claim: email\n      prefix: \"oidc:\"\n", "      expression: claims.nick\n")],
    ),
    (
        "oidc-flags-and-file",
        PLAIN,
        &[Text(
            "    - --oidc-client-id=kubernetes\n",
            "    - --oidc-client-id=kubernetes\n    - --authentication-config=/etc/auth.yaml\n",
        )],
    ),
    (
        "signature-invalid",
        PLAIN,
        &[Put("/token/text/answered/verified_by", r#"{"https://idp.example.com": []}"#)],
    ),
    ("static-token-wins", PLAIN, &[Text("    exec:\n", "    token: REDACTED-token\n    exec:\n")]),
    (
        "token-not-a-jwt",
        PLAIN,
        &[Put("/token/text", r#"{"other": {"form": "opaque", "size": 40}}"#)],
    ),
    (
        "user-rule-refuses",
        DOMAIN_RULE,
        &[
            Claims("zoe@elsewhere.example", "zoe@corp.example"),
            Text("!user.username.startsWith", "user.username.startsWith"),
        ],
    ),
    ("username-claim-not-text", PLAIN, &[Claims(r#""email":"dev@example.com""#, r#""email":7"#)]),
];

/// The evidence of a field case after the edits.
///
/// An edit that finds nothing to change is the error.
pub(crate) fn evidence(base: &str, edits: &[Edit]) -> Result<Evidence, String> {
    let path = fixture(&format!("cases/{base}.json"));
    let text = std::fs::read_to_string(path).map_err(|why| format!("{base}: {why}"))?;
    let mut bundle: Value = serde_json::from_str(&text).map_err(|why| why.to_string())?;
    for edit in edits {
        let done = match *edit {
            Text(from, to) => replace(&mut bundle["evidence"], from, to),
            Claims(from, to) => claims(&mut bundle, from, to),
            Put(place, value) => put(&mut bundle["evidence"], place, value),
        };
        if !done {
            return Err(format!("an edit finds nothing to change in {base}"));
        }
    }
    bundle::read(base, &bundle.to_string()).map_err(|why| why.to_string())
}

/// Texts of files stand as lists of lines, and are joined for the edit.
fn replace(value: &mut Value, from: &str, to: &str) -> bool {
    match value {
        Value::String(text) => {
            let changed = text.replace(from, to);
            std::mem::replace(text, changed) != *text
        }
        Value::Array(items) if is_text(items) && from.contains('\n') => {
            let lines: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
            let (old, new) = (lines.join("\n"), lines.join("\n").replace(from, to));
            let done = old != new;
            *items = new.split('\n').map(Value::from).collect();
            done
        }
        Value::Array(items) => items.iter_mut().fold(false, |done, v| replace(v, from, to) | done),
        Value::Object(map) => map.values_mut().fold(false, |done, v| replace(v, from, to) | done),
        _ => false,
    }
}

/// Lines; an empty list is none.
fn is_text(items: &[Value]) -> bool {
    items.len() > 1 && items.iter().all(Value::is_string)
}

fn claims(bundle: &mut Value, from: &str, to: &str) -> bool {
    let Some(payload) = bundle.pointer_mut("/evidence/token/text/answered/payload") else {
        return false;
    };
    let bytes = payload.as_str().and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
    let Some(old) = bytes.and_then(|bytes| String::from_utf8(bytes).ok()) else { return false };
    *payload = URL_SAFE_NO_PAD.encode(old.replace(from, to)).into();
    old.contains(from)
}

fn put(evidence: &mut Value, place: &str, json: &str) -> bool {
    let Ok(new) = serde_json::from_str(json) else { return false };
    if let Some(list) = place.strip_suffix("/-") {
        let Some(Value::Array(items)) = evidence.pointer_mut(list) else { return false };
        items.push(new);
        return true;
    }
    let Some(old) = evidence.pointer_mut(place) else { return false };
    *old = new;
    true
}
