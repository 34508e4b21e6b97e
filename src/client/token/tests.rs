#![allow(clippy::unwrap_used, reason = "a test may stop")]

use super::*;
use serde_json::json;

fn encode(value: &Value) -> String {
    BASE64URL.encode(value.to_string()).trim_end_matches('=').to_owned()
}

fn token(header: &Value, claims: &Value) -> String {
    format!("{}.{}.c2lnbmF0dXJl", encode(header), encode(claims))
}

#[test]
fn tells_tokens_apart() {
    let jwt = token(&json!({"alg": "RS256"}), &json!({"iss": "https://i", "sub": "s"}));
    let read_jwt = read(&jwt);
    assert_eq!(read_jwt.jwt().unwrap().claims["iss"], "https://i");
    assert!(!format!("{read_jwt:?}").contains("c2ln"));
    assert_eq!(read("ya29.a.b"), Token::Google);
    assert_eq!(read("opaque"), Token::Opaque { parts: 1, fault: None });
    assert_eq!(read(""), Token::Opaque { parts: 1, fault: None });
    assert_eq!(read("eyJh.a.b.c.d"), Token::Encrypted);
    for (text, fault) in [
        ("!.e30.x", JwtFault::HeaderNotBase64),
        ("e30=.e30.x", JwtFault::HeaderNotBase64),
        ("YQ.e30.x", JwtFault::HeaderNotJson),
        ("W10.e30.x", JwtFault::HeaderNotJson),
        ("e30.!.x", JwtFault::PayloadNotBase64),
        ("e30.YQ.x", JwtFault::PayloadNotJson),
    ] {
        assert_eq!(read(text), Token::Opaque { parts: 3, fault: Some(fault) }, "{text}");
    }
    assert!(read("e\n30.e3\r0.x").jwt().is_some());
    let url = "https://sts.eu-west-1.amazonaws.com/?Action=GetCallerIdentity&X-Amz-Credential=AKIA%2F\
               20261124%2Feu-west-1%2Fsts%2Faws4_request&X-Amz-Date=20261124T090000Z&X-Amz-Signature=beef";
    let aws = format!("k8s-aws-v1.{}", BASE64URL.encode(url).trim_end_matches('='));
    let Token::Aws(aws) = read(&aws) else { panic!("not recognised") };
    assert_eq!(aws.region.as_deref(), Some("eu-west-1"));
    assert_eq!(aws.signed_at.as_deref(), Some("20261124T090000Z"));
    assert!(!format!("{aws:?}").contains("beef"));
    assert!(matches!(read("k8s-aws-v1.!"), Token::Aws(_)));
}

#[test]
fn guesses_what_a_jwt_is_for() {
    let of = |header: Value, claims: Value| purpose(&Jwt { header, claims }).0;
    let plain = || json!({"alg": "RS256"});
    assert_eq!(of(json!({"typ": "at+JWT"}), json!({})), Purpose::AccessToken);
    assert_eq!(of(plain(), json!({"typ": "Bearer"})), Purpose::AccessToken);
    assert_eq!(of(plain(), json!({"typ": "ID", "scope": "x"})), Purpose::IdToken);
    assert_eq!(of(plain(), json!({"typ": "Offline"})), Purpose::RefreshToken);
    assert_eq!(of(plain(), json!({"nonce": "n", "scp": "x"})), Purpose::IdToken);
    assert_eq!(of(plain(), json!({"scp": ["x"]})), Purpose::AccessToken);
    assert_eq!(of(plain(), json!({"token_use": "id"})), Purpose::IdToken);
    assert_eq!(of(plain(), json!({"sub": "system:serviceaccount:a:b"})), Purpose::ServiceAccount);
    assert_eq!(of(plain(), json!({"sub": 5})), Purpose::Unknown);
}

#[test]
fn sees_what_does_not_belong_to_a_token() {
    assert_eq!(blemishes("a.b.c"), []);
    assert_eq!(blemishes(" \n"), [Blemish::Empty]);
    assert_eq!(blemishes("Bearer a.b.c\n"), [Blemish::Bearer, Blemish::Blank]);
    assert_eq!(blemishes("\"a.b.c\""), [Blemish::Quotes]);
    assert_eq!(blemishes("a.\nb.c"), [Blemish::Blank]);
    assert_eq!(blemishes("üüüüüüü"), []);
}

#[test]
fn survives_hostile_tokens() {
    assert!(matches!(read(&"a".repeat(10 << 20)), Token::Opaque { parts: 1, .. }));
    assert!(matches!(read(&".".repeat(1 << 20)), Token::Opaque { .. }));
    let deep = BASE64URL.encode("{\"a\":".to_owned() + &"[".repeat(1 << 20));
    let deep = format!("e30.{}.x", deep.trim_end_matches('='));
    assert_eq!(read(&deep), Token::Opaque { parts: 3, fault: Some(JwtFault::PayloadNotJson) });
    for text in ["\u{0}.\u{0}.\u{0}", "é.é.é", "...", "eyJ.eyJ.eyJ.eyJ.eyJ"] {
        let _ = (read(text), blemishes(text));
    }
}
