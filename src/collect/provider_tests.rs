#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::time::Duration;

use super::super::http::{Network, Terms};
use super::super::proxy::ProxyVariables;
use super::super::testing::{Ca, Server, json, named, network, reply, run, terms};
use super::super::tls::Trust;
use super::{ask, discovery_url};
use crate::evidence::exchange::Failure;

const HOST: &str = "idp.example.com";

#[test]
fn one_slash_is_taken_off() {
    let well_known = "https://idp/a/.well-known/openid-configuration";
    assert_eq!(discovery_url("https://idp/a"), well_known);
    assert_eq!(discovery_url("https://idp/a/"), well_known);
    assert_eq!(discovery_url("https://idp/a//"), "https://idp/a//.well-known/openid-configuration");
}

/// A provider whose discovery document is `document`, `PORT` being its port.
fn provider(document: &'static str) -> (Ca, Server) {
    let ca = Ca::new("Example Root");
    let server = Server::https(&ca.sign(&named(HOST, &[HOST])), move |request| {
        let port = request.split("idp.example.com:").nth(1).unwrap_or("0");
        let port = port.split("\r\n").next().unwrap_or("0");
        match request.split(' ').nth(1).unwrap_or_default() {
            path if path.ends_with("/openid-configuration") => {
                json(&document.replace("PORT", port))
            }
            "/keys" => json(r#"{"keys":[]}"#),
            _ => reply("404 Not Found", "", "nope"),
        }
    });
    (ca, server)
}

const DOCUMENT: &str = r#"{"issuer":"x","jwks_uri":"https://idp.example.com:PORT/keys"}"#;

#[test]
fn discovery_and_then_the_keys() {
    let (ca, server) = provider(DOCUMENT);
    let issuer = server.url("https", HOST, "/realm/");
    let network = network(&[(HOST, &server)]);
    let found = run(ask(&network, &issuer, None, &Trust::Only(ca.pem())));
    assert!(found.discovery.url.ends_with("/realm/.well-known/openid-configuration"));
    assert_eq!(found.keys.unwrap().answer().unwrap().body, r#"{"keys":[]}"#);
    let elsewhere = server.url("https", HOST, "/other/openid-configuration");
    let found = run(ask(&network, "https://never", Some(&elsewhere), &Trust::Only(ca.pem())));
    assert_eq!(found.discovery.url, elsewhere);
    assert!(found.keys.is_some());
}

#[test]
fn documents_without_keys() {
    for document in ["<html>", "[]", r#"{"issuer":"x"}"#, r#"{"jwks_uri":""}"#, r#"{"jwks_uri":1}"#]
    {
        let (ca, server) = provider(document);
        let issuer = server.url("https", HOST, "");
        let found = run(ask(&network(&[(HOST, &server)]), &issuer, None, &Trust::Only(ca.pem())));
        assert!(found.discovery.answer().is_some());
        assert!(found.keys.is_none(), "{document}");
    }
    let (ca, server) = provider(r#"{"JWKS_uri":"/keys"}"#);
    let issuer = server.url("https", HOST, "");
    let found = run(ask(&network(&[(HOST, &server)]), &issuer, None, &Trust::Only(ca.pem())));
    assert!(matches!(found.keys.unwrap().failure(), Some(Failure::BadUrl { .. })));
}

#[test]
fn a_proxy_in_the_way_is_walked_around_once() {
    let (ca, server) = provider(DOCUMENT);
    let proxy = Server::http(|_| reply("502 Bad Gateway", "", ""));
    let https = format!("http://{}", proxy.address);
    let proxies = ProxyVariables { https, ..ProxyVariables::default() };
    let pins = vec![server.pin(HOST)];
    let network = Network::new(Terms { proxies, pins, ..terms(Duration::from_secs(3)) });
    let issuer = server.url("https", HOST, "");
    let found = run(ask(&network, &issuer, None, &Trust::Only(ca.pem())));
    assert!(matches!(found.discovery.failure(), Some(Failure::ProxyAnswered { status: 502, .. })));
    assert_eq!(found.discovery_without_proxy.unwrap().answer().unwrap().status, 200);
    assert_eq!(found.keys.unwrap().answer().unwrap().status, 200);
}
