#![allow(clippy::unwrap_used, reason = "a test may stop")]

use super::*;
use crate::client::kubeconfig::{Selection, load};

const EXEC: &str = "exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: c}";
const CERT: &str = "client-certificate-data: Yw==, client-key-data: aw==";
const PROVIDER: &str = "auth-provider: {name: oidc}";

fn user(fields: &str) -> User {
    let text = format!("users:\n- name: u\n  user: {{{fields}}}\n");
    let config = load(Selection::Default, vec![("/k/config".into(), Ok(text))]).unwrap();
    config.users.in_force.into_iter().next().unwrap().value
}

fn file(path: &Path) -> FileContent {
    match path.to_str().unwrap() {
        "/k/token" => FileContent::Text("from-file\n".to_owned().into()),
        "/k/empty" => FileContent::Text(" \n".to_owned().into()),
        "/k/unread" => FileContent::NotRead,
        "/k/denied" => FileContent::Unreadable("permission denied".into()),
        _ => FileContent::Missing,
    }
}

/// What is sent, in the words of the table of the specification.
fn sent(fields: &str, overrides: &Overrides) -> String {
    let user = user(fields);
    let credential = match credential("u", Some(&user), overrides, true, &file) {
        Ok(credential) => credential,
        Err(conflicts) => return conflicts[0].to_string(),
    };
    let header = match &credential.authorization {
        Authorization::AuthProvider(_) => "id-token".to_owned(),
        Authorization::Basic { .. } => "Basic".to_owned(),
        Authorization::Exec(_) => "plugin".to_owned(),
        Authorization::Nothing => "none".to_owned(),
        Authorization::PlainHttp => "http".to_owned(),
        Authorization::Token { token } => token.expose_secret().to_owned(),
        Authorization::TokenFile { token, .. } => {
            token.as_ref().unwrap().expose_secret().to_owned()
        }
    };
    format!("{header}{}", if credential.certificate { " + certificate" } else { "" })
}

#[test]
fn sends_what_kubectl_sends() {
    let none = Overrides::default();
    for (fields, expected) in [
        (format!("token: t, {EXEC}"), "t"),
        (format!("tokenFile: token, {EXEC}"), "from-file"),
        ("token: t, tokenFile: token".into(), "from-file"),
        ("token: t, tokenFile: gone".into(), "t"),
        ("token: t, tokenFile: empty".into(), "t"),
        (format!("{CERT}, {EXEC}"), "none + certificate"),
        (format!("username: name, password: p, {EXEC}"), "Basic"),
        (format!("token: t, {CERT}"), "t + certificate"),
        (format!("username: name, {CERT}"), "Basic + certificate"),
        (format!("{PROVIDER}, token: t"), "t"),
        (format!("{PROVIDER}, username: name"), "Basic"),
        (format!("{PROVIDER}, {CERT}"), "id-token + certificate"),
        (EXEC.into(), "plugin"),
        ("tokenFile: empty".into(), "none"),
        (String::new(), "none"),
    ] {
        assert_eq!(sent(&fields, &none), expected, "{fields}");
    }
    let token = Overrides { token: Some("X".to_owned().into()), ..Overrides::default() };
    assert_eq!(sent(EXEC, &token), "X");
    assert_eq!(sent(PROVIDER, &token), "X");
    assert_eq!(sent(CERT, &token), "X + certificate");
}

#[test]
fn stops_where_kubectl_stops() {
    let none = Overrides::default();
    for (fields, expected) in [
        (
            "token: t, username: name".to_owned(),
            "more than one authentication method found for u; found [token basicAuth], only one is allowed",
        ),
        (
            "tokenFile: token, username: name".into(),
            "username/password or bearer token may be set, but not both",
        ),
        (
            format!("{EXEC}, {PROVIDER}"),
            "authProvider cannot be provided in combination with an exec plugin for u",
        ),
        (
            "client-certificate-data: Yw==".into(),
            "client-key-data or client-key must be specified for u to use the clientCert authentication method.",
        ),
        (
            format!("{CERT}, client-certificate: token"),
            "client-cert-data and client-cert are both specified for u. client-cert-data will override.",
        ),
        (
            "client-certificate: gone, client-key-data: aw==".into(),
            "unable to read client-cert /k/gone for u due to open /k/gone: no such file or directory",
        ),
        (
            "client-certificate: token, client-key: denied".into(),
            "unable to read client-key /k/denied for u due to open /k/denied: permission denied",
        ),
        (
            "as-groups: [g]".into(),
            "requesting uid, groups or user-extra for u without impersonating a user",
        ),
        ("tokenFile: gone".into(), "open /k/gone: no such file or directory"),
        ("exec: {}".into(), "command must be specified for u to use exec authentication plugin"),
    ] {
        assert_eq!(sent(&fields, &none), expected, "{fields}");
    }
    let basic = Overrides { username: Some("name".into()), ..Overrides::default() };
    assert!(sent("token: t", &basic).starts_with("more than one authentication method"));
}

#[test]
fn names_what_is_hidden_by_what() {
    let hidden = |fields: &str| {
        let user = user(fields);
        credential("u", Some(&user), &Overrides::default(), true, &file).unwrap().hidden
    };
    assert_eq!(
        hidden(&format!("token: t, {EXEC}")),
        [Hidden { loser: Method::Exec, winner: Method::Token }]
    );
    assert_eq!(
        hidden(&format!("{CERT}, {EXEC}")),
        [Hidden { loser: Method::Exec, winner: Method::Certificate }]
    );
    assert_eq!(
        hidden(&format!("token: t, tokenFile: unread, {PROVIDER}")),
        [
            Hidden { loser: Method::Token, winner: Method::TokenFile },
            Hidden { loser: Method::AuthProvider, winner: Method::TokenFile },
        ]
    );
    assert!(hidden(EXEC).is_empty());
    assert!(hidden("").is_empty());
}

#[test]
fn sends_nothing_over_plain_http() {
    let user = user("token: t");
    let sent = credential("u", Some(&user), &Overrides::default(), false, &file).unwrap();
    assert!(matches!(sent.authorization, Authorization::PlainHttp) && !sent.prompts());
    let none = Overrides::default();
    assert!(is_tls("https://h", None, &none) && is_tls("HTTPS://h", None, &none));
    assert!(!is_tls("http://h", None, &none) && !is_tls("h:6443", None, &none));
    let insecure = Overrides { insecure_skip_tls_verify: Some(true), ..Overrides::default() };
    assert!(is_tls("h:6443", None, &insecure));
}

#[test]
fn an_undefined_user_is_an_empty_one() {
    let sent = credential("gone", None, &Overrides::default(), true, &file).unwrap();
    assert!(sent.prompts());
    assert_eq!(sent.hidden_by(Method::Exec), None);
}

#[test]
fn a_removed_version_matters_only_when_the_command_runs() {
    let old = "exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: c}";
    assert!(sent(old, &Overrides::default()).starts_with("exec plugin: invalid apiVersion"));
    assert_eq!(sent(&format!("token: t, {old}"), &Overrides::default()), "t");
}

#[test]
fn line_breaks_do_not_fit_a_header() {
    assert!(fits_a_header("abc.def") && fits_a_header("\t ü"));
    assert!(!fits_a_header("abc\n") && !fits_a_header("\u{7f}"));
}
