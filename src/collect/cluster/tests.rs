#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::time::{Duration, Instant};

use secrecy::SecretString;

use super::super::http::{Credential, Network, Route};
use super::super::testing::{Ca, Server as Loopback, json, named, network, reply, run};
use super::super::tls::Trust;
use super::{AccessRequest, Impersonation, Server, Verification, ask, token_review};
use crate::evidence::exchange::Failure;

const HOST: &str = "k8s.example.com";

fn pods() -> AccessRequest {
    AccessRequest::Resource {
        verb: "list".into(),
        group: String::new(),
        resource: "pods".into(),
        subresource: String::new(),
        name: String::new(),
        namespace: "dev".into(),
    }
}

fn served(request: &str) -> String {
    let mut words = request.split(' ');
    let (method, path) = (words.next().unwrap(), words.next().unwrap());
    match (method, path) {
        ("GET", "/prefix/version") => json(r#"{"gitVersion":"v1.37.2"}"#),
        _ if !request.contains("Bearer s3cret") => reply("401 Unauthorized", "", "{}"),
        ("POST", "/prefix/apis/authentication.k8s.io/v1/selfsubjectreviews") => {
            reply("404 Not Found", "", "{}")
        }
        ("POST", "/prefix/apis/authentication.k8s.io/v1beta1/selfsubjectreviews") => {
            reply("201 Created", "", r#"{"status":{"userInfo":{"username":"dev"}}}"#)
        }
        ("POST", "/prefix/apis/authorization.k8s.io/v1/selfsubjectaccessreviews") => {
            assert!(request.contains(r#""namespace":"dev","verb":"list""#), "{request}");
            reply("201 Created", "", r#"{"status":{"allowed":true}}"#)
        }
        ("POST", "/prefix/apis/authentication.k8s.io/v1/tokenreviews") => {
            let body = request.split("\r\n\r\n").nth(1).unwrap();
            reply("201 Created", "", body)
        }
        ("GET", "/prefix/apis/rbac.authorization.k8s.io/v1/clusterroles?limit=500") => {
            json(r#"{"metadata":{"continue":"a+b/c="},"items":[1]}"#)
        }
        (
            "GET",
            "/prefix/apis/rbac.authorization.k8s.io/v1/clusterroles?limit=500&continue=a%2Bb%2Fc%3D",
        ) => json(r#"{"metadata":{},"items":[2]}"#),
        ("GET", path) if path.ends_with("/clusterrolebindings?limit=500") => {
            json(r#"{"metadata":{"continue":"again"}}"#)
        }
        ("GET", path) if path.ends_with("/clusterrolebindings?limit=500&continue=again") => {
            json(r#"{"metadata":{"continue":"again"}}"#)
        }
        _ => reply("403 Forbidden", "", "{}"),
    }
}

fn server(loopback: &Loopback, ca: &Ca) -> Server {
    Server {
        url: loopback.url("https", HOST, "/prefix/"),
        trust: Trust::Only(ca.pem()),
        verification: Verification::Verified,
        server_name: None,
        route: Route::Environment,
        credential: Credential { bearer: Some(SecretString::from("s3cret")), identity: None },
        impersonation: Impersonation::default(),
    }
}

fn cluster() -> (Ca, Loopback, Network) {
    let ca = Ca::new("kubernetes");
    let loopback = Loopback::https(&ca.sign(&named("kube-apiserver", &[HOST])), served);
    let network = network(&[(HOST, &loopback)]);
    (ca, loopback, network)
}

#[test]
fn all_questions_with_the_own_credential() {
    let (ca, loopback, network) = cluster();
    let found = run(ask(&network, &server(&loopback, &ca), Some(&pods()), "dev"));
    assert!(found.version.answer().unwrap().body.contains("v1.37.2"));
    assert!(found.review.unwrap().answer().unwrap().body.contains("\"dev\""));
    assert!(found.access.unwrap().answer().unwrap().body.contains("\"allowed\":true"));
    let pages = |what: &str| found.rbac.iter().filter(|page| page.url.contains(what)).count();
    assert_eq!((pages("/clusterroles?"), pages("/clusterrolebindings?")), (2, 20));
    assert_eq!((pages("/namespaces/dev/roles?"), pages("/namespaces/dev/rolebindings?")), (1, 1));
    let version = loopback.requests().into_iter().find(|one| one.contains("/version")).unwrap();
    assert!(!version.contains("Bearer"));
}

#[test]
fn without_a_credential_only_the_version_is_asked_for() {
    let (ca, loopback, network) = cluster();
    let server = Server { credential: Credential::default(), ..server(&loopback, &ca) };
    let found = run(ask(&network, &server, Some(&pods()), "dev"));
    assert_eq!(found.version.answer().unwrap().status, 200);
    assert!(found.review.is_none() && found.access.is_none() && found.rbac.is_empty());
    assert_eq!(loopback.requests().len(), 1);
}

#[test]
fn a_server_that_knows_no_anonymous_users() {
    let ca = Ca::new("kubernetes");
    let loopback = Loopback::https(&ca.sign(&named("x", &[HOST])), |request| {
        match request.contains("Bearer s3cret") {
            true => json(r#"{"gitVersion":"v1.30.0"}"#),
            false => reply("401 Unauthorized", "", "{}"),
        }
    });
    let network = network(&[(HOST, &loopback)]);
    let found = run(ask(&network, &server(&loopback, &ca), None, ""));
    assert!(found.version.answer().unwrap().body.contains("v1.30.0"));
    let stale = Credential { bearer: Some(SecretString::from("expired")), identity: None };
    let server = Server { credential: stale, ..server(&loopback, &ca) };
    let found = run(ask(&network, &server, None, ""));
    assert_eq!(found.version.answer().unwrap().status, 401);
    assert_eq!(found.review.unwrap().answer().unwrap().status, 401);
}

#[test]
fn kubectl_would_not_verify_and_we_send_nothing() {
    let (_, loopback, network) = cluster();
    let stranger = Ca::new("Stranger");
    let server = Server { verification: Verification::Skipped, ..server(&loopback, &stranger) };
    let found = run(ask(&network, &server, Some(&pods()), "dev"));
    assert!(matches!(found.version.failure(), Some(Failure::Certificate(_))));
    let review = found.review.unwrap();
    assert!(matches!(review.failure(), Some(Failure::Withheld { .. })), "{review:?}");
    assert_eq!(review.chain.len(), 1);
    assert_eq!(loopback.requests().len(), 0);
}

#[test]
fn a_dead_server_is_asked_once() {
    let (ca, loopback, network) = cluster();
    let begun = Instant::now();
    let server = Server { url: "https://127.0.0.1:1".into(), ..server(&loopback, &ca) };
    let found = run(ask(&network, &server, Some(&pods()), "dev"));
    assert!(matches!(found.version.failure(), Some(Failure::ConnectionRefused { .. })));
    assert!(found.review.is_none());
    assert!(begun.elapsed() < Duration::from_secs(2));
}

#[test]
fn plain_http_gets_no_credential() {
    let loopback = Loopback::http(|_| json("{}"));
    let ca = Ca::new("kubernetes");
    let url = loopback.url("http", "127.0.0.1", "");
    let server = Server { url, ..server(&loopback, &ca) };
    let found = run(ask(&network(&[]), &server, Some(&pods()), ""));
    assert_eq!(found.access.unwrap().answer().unwrap().status, 200);
    assert!(loopback.requests().iter().all(|request| !request.contains("s3cret")));
}

#[test]
fn impersonation_is_passed_on() {
    let (ca, loopback, network) = cluster();
    let impersonation = Impersonation {
        user: "jane".into(),
        uid: "7".into(),
        groups: vec!["a".into(), "b".into()],
        extra: vec![("example.com/x".into(), "y".into())],
    };
    let server = Server { impersonation, ..server(&loopback, &ca) };
    run(ask(&network, &server, None, ""));
    let sent = loopback.requests().into_iter().find(|one| one.contains("/v1/selfsubject")).unwrap();
    let sent = sent.to_ascii_lowercase();
    for header in [
        "impersonate-user: jane",
        "impersonate-uid: 7",
        "impersonate-group: a",
        "impersonate-group: b",
        "impersonate-extra-example.com%2fx: y",
    ] {
        assert!(sent.contains(header), "{header} in {sent}");
    }
}

#[test]
fn a_token_review_does_not_keep_the_token() {
    let (ca, loopback, network) = cluster();
    let token = SecretString::from("eyJhbGciOi.payload.signature");
    let exchange = run(token_review(&network, &server(&loopback, &ca), &token));
    assert_eq!(exchange.answer().unwrap().status, 201);
    assert!(exchange.answer().unwrap().body.contains("TokenReview"));
    assert!(!serde_json::to_string(&exchange).unwrap().contains("payload"));
    assert!(loopback.requests()[0].contains("eyJhbGciOi.payload.signature"));
}
