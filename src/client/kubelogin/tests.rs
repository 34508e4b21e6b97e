#![allow(clippy::unwrap_used, reason = "a test may stop")]

use super::*;
use crate::client::environment::Environment;
use secrecy::ExposeSecret as _;
use std::path::{Path, PathBuf};

const VECTORS: &str = include_str!("../../../fixtures/kubelogin-cache-key-vectors.json");

fn vectors() -> serde_json::Value {
    serde_json::from_str(VECTORS).unwrap()
}

fn argv(vector: &serde_json::Value) -> Vec<&str> {
    vector["argv"].as_array().unwrap().iter().map(|arg| arg.as_str().unwrap()).collect()
}

fn names(args: &[&str]) -> Vec<CacheName> {
    cache_names(&parse(args).0, Path::new("/home/u"))
}

#[test]
fn every_vector_is_found() {
    let vectors = vectors();
    let vectors = vectors["vectors"].as_array().unwrap();
    assert_eq!(vectors.len(), 42);
    for vector in vectors {
        let base = vector["type_id_base"].as_u64().map(|base| u8::try_from(base).unwrap());
        let shape = vector["shape"].as_str().unwrap();
        let names = names(&argv(vector));
        let found: Vec<_> = names
            .iter()
            .filter(|name| format!("{:?}", name.shape) == shape && name.base == base)
            .map(|name| name.digest.as_str())
            .collect();
        assert_eq!(found, [vector["sha256"].as_str().unwrap()], "{}", vector["id"]);
    }
}

#[test]
fn every_order_of_a_map_is_found() {
    let vectors = vectors();
    let vectors = vectors["map_order_vectors"].as_array().unwrap();
    assert!(!vectors.is_empty());
    for vector in vectors {
        let flag = match vector["field"].as_str().unwrap() {
            "AuthRequestExtraParams" => "oidc-auth-request-extra-params",
            _ => "oidc-request-header",
        };
        let mut args = vec![
            "--oidc-issuer-url=https://issuer.example.com".to_owned(),
            "--oidc-client-id=YOUR_CLIENT_ID".to_owned(),
        ];
        for (name, value) in vector["entries"].as_object().unwrap() {
            args.push(format!("--{flag}={name}={}", value.as_str().unwrap()));
        }
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let of_i = |name: &CacheName| name.shape == Shape::I;
        let found: Vec<_> = names(&args).into_iter().filter(of_i).collect();
        let orders = vector["all_orders"].as_array().unwrap();
        assert_eq!(found.len(), orders.len());
        for (index, order) in orders.iter().enumerate() {
            let digest = order["sha256"].as_str().unwrap();
            let name = found.iter().find(|name| name.digest == digest).unwrap();
            assert_eq!(name.in_flag_order, index == 0, "{order}");
        }
    }
}

#[test]
fn newest_names_come_first_and_none_twice() {
    let found = names(&["--oidc-issuer-url=https://i", "--oidc-client-id=c"]);
    let shapes: Vec<_> = found.iter().map(|name| name.shape).collect();
    assert!(shapes.is_sorted());
    assert_eq!(found.len(), 12);
    let mut digests: Vec<_> = found.iter().map(|name| &name.digest).collect();
    digests.sort();
    digests.dedup();
    assert_eq!(digests.len(), 12);
}

#[test]
fn a_tilde_is_another_path_for_some_releases() {
    let home = names(&["--certificate-authority=~/ca.pem"]);
    let full = names(&["--certificate-authority=/home/u/ca.pem"]);
    assert_eq!(home[0], full[0]);
    let of_d = |names: &[CacheName]| names.iter().filter(|name| name.shape == Shape::D).count();
    assert_eq!((of_d(&home), of_d(&full)), (4, 2));
}

#[test]
fn many_map_entries_do_not_explode() {
    let pairs =
        |flag: &str| -> Vec<String> { (0..9).map(|n| format!("--{flag}=k{n}=v{n}")).collect() };
    let mut args = pairs("oidc-request-header");
    args.extend(pairs("oidc-auth-request-extra-params"));
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    assert!(names(&args).len() <= 2 * 720);
}

#[test]
fn parses_as_pflag_does() {
    let (arguments, faults) = parse(&[
        "--oidc-issuer-url",
        "https://idp.example.com/",
        "--oidc-client-id=k8s",
        "--oidc-client-secret=s",
        "--oidc-extra-scope=email,\"a,b\"",
        "--oidc-extra-scope",
        "groups profile",
        "--insecure-skip-tls-verify=false",
        "--tls-renegotiation-freely",
        "--tls-renegotiation-once",
        "--oidc-auth-request-extra-params=a=1,b=2",
        "--oidc-auth-request-extra-params=a=3",
        "--oidc-request-header=\"X=y\"",
        "--certificate-authority=a,b",
        "-v1",
        "--username=u",
    ]);
    assert_eq!(arguments.issuer_url, "https://idp.example.com/");
    assert_eq!(arguments.extra_scopes, ["email", "a,b", "groups profile"]);
    assert_eq!(arguments.scopes().last(), Some(&"openid"));
    assert!(!arguments.insecure_skip_tls_verify && arguments.has_client_secret());
    assert_eq!(arguments.renegotiation, Renegotiation::Once);
    assert_eq!(arguments.certificate_authority, ["a,b"]);
    assert_eq!(arguments.grant(), Grant::Password);
    let params: Vec<_> = arguments
        .auth_request_extra_params
        .as_ref()
        .unwrap()
        .iter()
        .map(|(name, value)| format!("{name}={}", value.expose_secret()))
        .collect();
    assert_eq!(params, ["a=3", "b=2"]);
    assert_eq!(arguments.request_headers.as_ref().unwrap()[0].0, "X");
    assert!(faults.iter().all(|fault| !fault.stops_all()), "{faults:?}");
    assert!(!format!("{arguments:?}").contains("=3"));
}

#[test]
fn names_what_is_wrong_with_arguments() {
    let texts = |args: &[&str]| -> Vec<String> {
        let faults = parse(args).1;
        faults.iter().filter(|fault| fault.stops_all()).map(ToString::to_string).collect()
    };
    let with = |arg| texts(&["--oidc-issuer-url=i", "--oidc-client-id=c", arg]);
    assert_eq!(texts(&[]), ["--oidc-issuer-url is missing", "--oidc-client-id is missing"]);
    assert_eq!(with("--oidc-issuer=https://x"), ["unknown flag: --oidc-issuer"]);
    assert_eq!(with("-x"), ["unknown shorthand flag: -x"]);
    assert_eq!(with("--oidc-extra-scope"), ["flag needs an argument: --oidc-extra-scope"]);
    assert_eq!(with("stray"), ["unknown command for \"get-token\""]);
    assert!(with("--grant-type=implicit")[0].starts_with("grant-type must be one of ("));
    assert_eq!(with("--force-refresh=maybe").len(), 1);
    assert_eq!(with("--oidc-request-header=Origin").len(), 1);
    assert_eq!(with("--oidc-extra-scope=\"a").len(), 1);
    assert_eq!(with("--oidc-pkce-method=plain").len(), 1);
    assert!(with("-v=1").is_empty() && with("--grant-type=auto").is_empty());
    assert_eq!(with("-").len(), 1);
}

#[test]
fn knows_which_release_knows_a_flag() {
    let (_, faults) = parse(&["--oidc-redirect-url=x", "--oidc-redirect-url-hostname=y"]);
    let stops = |release: &str| {
        let release = Release::read(release).unwrap();
        faults.iter().filter(|fault| fault.index().is_some() && fault.stops(release)).count()
    };
    assert_eq!(stops("v1.32.4"), 1);
    assert_eq!(stops("1.34.0"), 0);
    assert_eq!(stops("1.35.2"), 1);
    assert_eq!(Release::read("v1.36.3-rc1").unwrap().to_string(), "1.36.3");
    assert_eq!(Release::read("nonsense"), None);
}

#[test]
fn finds_the_cache_directory() {
    let none = |name: &str| (name == "HOME").then(|| "/home/u".to_owned());
    let directories = |args: &[&str], process: &dyn Fn(&str) -> Option<String>| -> Vec<PathBuf> {
        let environment = Environment::new(None, process);
        let found = cache_directories(&parse(args).0, &environment);
        found.into_iter().map(|directory| directory.path).collect()
    };
    let default = PathBuf::from("/home/u/.kube/cache/oidc-login");
    assert_eq!(directories(&[], &none), std::slice::from_ref(&default));
    assert_eq!(directories(&["--token-cache-dir=~bob/x"], &none), [PathBuf::from("/home/u/bob/x")]);
    let moved = |name: &str| match name {
        "KUBECACHEDIR" => Some("/c".to_owned()),
        name => none(name),
    };
    assert_eq!(directories(&[], &moved), [PathBuf::from("/c/oidc-login"), default.clone()]);
    let empty = |name: &str| match name {
        "KUBECACHEDIR" => Some(String::new()),
        name => none(name),
    };
    assert_eq!(directories(&[], &empty), [PathBuf::from("oidc-login"), default]);
}

#[test]
fn reads_cache_files() {
    let entry = read_cache("{\"id_token\":\"a.b.c\",\"refresh_token\":\"\"}\n").unwrap().unwrap();
    assert_eq!(entry.id_token.as_ref().unwrap().expose_secret(), "a.b.c");
    assert!(entry.refresh_token.is_none());
    assert!(!format!("{entry:?}").contains("a.b.c"));
    assert!(read_cache("").unwrap().is_none());
    assert!(read_cache("{}").unwrap().unwrap().id_token.is_none());
    for text in ["{", "[]", "[\"a\"]", "\"secret-text\"", " ", "{\"id_token\": 5}", "\u{0}"] {
        let error = read_cache(text).unwrap_err().to_string();
        assert!(!error.contains("secret-text"), "{error}");
    }
    assert!(read_cache(&"[".repeat(1 << 20)).is_err());
}
