//! Settings that no recording holds: releases before 1.30, and places in the file.

use crate::replay::{Anonymous, Mapping, Refusal, Release, Server, Settings, Sight, load};

fn flags(arguments: &[&str], minor: u32) -> Result<Server, Refusal> {
    let owned: Vec<String> = arguments.iter().map(|&argument| argument.to_owned()).collect();
    load(&Settings::Flags(&owned), &Sight::Absent, Release { major: 1, minor })
}

fn file(text: &str, minor: u32, arguments: &[&str]) -> Result<Server, Refusal> {
    let owned: Vec<String> = arguments.iter().map(|&argument| argument.to_owned()).collect();
    let settings = Settings::File { text, path: "/etc/auth.yaml", flags: &owned };
    load(&settings, &Sight::Absent, Release { major: 1, minor })
}

fn error(result: Result<Server, Refusal>) -> String {
    result.unwrap_err().error
}

#[test]
fn flags_up_to_1_28() {
    assert_eq!(
        error(flags(&["--oidc-issuer-url=https://a"], 28)),
        "oidc-issuer-url and oidc-client-id should be specified together"
    );
    assert!(flags(&["--oidc-groups-claim=g"], 28).unwrap().authenticators.is_empty());
    let both =
        |issuer: &str, minor| flags(&["--oidc-client-id=c", "--oidc-issuer-url", issuer], minor);
    assert_eq!(
        error(both("http://a", 28)),
        "'oidc-issuer-url' (\"http://a\") has invalid scheme (\"http\"), require 'https'"
    );
    assert_eq!(both("https://u@a?q#f", 28).unwrap().authenticators.len(), 1);
    assert!(both("https://u@a?q#f", 29).is_err());
    assert_eq!(
        error(both("https://a b", 28)),
        "parse \"https://a b\": invalid character \" \" in host name"
    );
}

#[test]
fn flags_alone_since_1_29() {
    assert_eq!(
        error(flags(&["--oidc-groups-prefix="], 29)),
        "oidc-issuer-url and oidc-client-id must be specified together when any oidc-* flags are set"
    );
    assert_eq!(flags(&[], 37).unwrap().anonymous, Anonymous::Enabled);
    assert_eq!(flags(&["--anonymous-auth=false"], 37).unwrap().anonymous, Anonymous::Disabled);
}

#[test]
fn the_default_prefix_is_the_issuer() {
    let base = ["--oidc-issuer-url=https://a", "--oidc-client-id=c"];
    let username = |more: &[&str]| {
        let all: Vec<&str> = base.iter().chain(more).copied().collect();
        flags(&all, 37).unwrap().authenticators[0].username.clone()
    };
    let claim = |name: &str, prefix: &str| Mapping::Claim {
        name: name.to_owned(),
        prefix: prefix.to_owned(),
    };
    assert_eq!(username(&[]), claim("sub", "https://a#"));
    assert_eq!(username(&["--oidc-username-claim=email"]), claim("email", ""));
    assert_eq!(username(&["--oidc-username-prefix=-"]), claim("sub", ""));
    assert_eq!(username(&["--oidc-username-prefix=o:"]), claim("sub", "o:"));
}

const TWO: &str = "apiVersion: apiserver.config.k8s.io/v1alpha1
kind: AuthenticationConfiguration
jwt:
- issuer: {url: https://a, audiences: [x]}
  claimMappings: {username: {claim: sub, prefix: ''}}
- issuer: {url: https://b, audiences: [x]}
  claimMappings: {username: {claim: sub, prefix: ''}}
";

#[test]
fn the_file_in_1_28_and_1_29() {
    assert_eq!(error(file(TWO, 28, &[])), "unknown flag: --authentication-config");
    assert_eq!(
        error(file(TWO, 29, &[])),
        "set --feature-gates=StructuredAuthenticationConfiguration=true to use authentication-config file"
    );
    let on = ["--feature-gates=StructuredAuthenticationConfiguration=true"];
    assert_eq!(error(file(TWO, 29, &on)), "jwt: Too many: 2: must have at most 1 items");
    assert_eq!(file(TWO, 37, &[]).unwrap().authenticators.len(), 2);
}

#[test]
fn a_refusal_knows_its_place() {
    let text = TWO.replace("https://b", "http://b");
    let refusal = file(&text, 37, &[]).unwrap_err();
    assert_eq!(
        refusal.error,
        "invalid authentication configuration: jwt[1].issuer.url: Invalid value: \"http://b\": URL \
         scheme must be https"
    );
    let place = refusal.place.unwrap();
    assert_eq!(&text[place.start..place.end], "http://b");
    assert_eq!(place.line, 6);
    let text = TWO.replace(
        "audiences: [x]}\n  claimMappings: {username: {claim: sub, prefix: ''}}\n-",
        "audiences: [yes]}\n-",
    );
    let refusal = file(&text, 37, &[]).unwrap_err();
    assert_eq!(
        refusal.error,
        "failed to load authentication configuration from file \"/etc/auth.yaml\": json: cannot \
         unmarshal bool into Go struct field Issuer.jwt.issuer.audiences of type string"
    );
    let place = refusal.place.unwrap();
    assert_eq!(&text[place.start..place.end], "yes");
}

#[test]
fn flags_that_name_a_file_are_not_enough() {
    let refusal = flags(&["--authentication-config=/etc/auth.yaml"], 37).unwrap_err();
    assert_eq!(refusal.error, "");
    assert_eq!(refusal.meaning, "the arguments name the file /etc/auth.yaml, which is not given");
}

#[test]
fn a_ca_file_that_is_not_seen_refuses_nothing() {
    let arguments = ["--oidc-issuer-url=https://a", "--oidc-client-id=c", "--oidc-ca-file=/ca"];
    let owned: Vec<String> = arguments.iter().map(|&argument| argument.to_owned()).collect();
    let load = |sight: &Sight<'_>| load(&Settings::Flags(&owned), sight, Release::NEWEST);
    assert!(load(&Sight::Unseen).is_ok());
    assert_eq!(
        load(&Sight::Body("no certificate")).unwrap_err().error,
        "invalid authentication configuration: jwt[0].issuer.certificateAuthority: Invalid value: \
         \"<omitted>\": data does not contain any valid RSA or ECDSA certificates"
    );
    assert_eq!(
        load(&Sight::Fails("open /ca: permission denied")).unwrap_err().error,
        "open /ca: permission denied"
    );
}
