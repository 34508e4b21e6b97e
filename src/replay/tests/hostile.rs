//! Input that means harm: nothing panics, nothing hangs.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::recorded::question;
use crate::go::base64::encode_url;
use crate::replay::{
    Ending, Moment, Provider, Release, Server, Settings, Sight, Token, decide, load, verified_by,
};

const ISSUER: &str = "https://issuer.example.com";
const NOW: Moment = Moment { seconds: 1_795_000_000, nanos: 0 };

fn server(minor: u32) -> Server {
    let flags = [
        format!("--oidc-issuer-url={ISSUER}"),
        "--oidc-client-id=my-client".to_owned(),
        "--oidc-username-claim=email".to_owned(),
        "--oidc-groups-claim=groups".to_owned(),
    ];
    load(&Settings::Flags(&flags), &Sight::Absent, Release { major: 1, minor }).unwrap()
}

fn ask(minor: u32, token: &str, keys: &str) -> Ending {
    let provider = Provider { issuer: ISSUER, discovery: Sight::Absent, keys: Sight::Body(keys) };
    verified_by(token, keys);
    decide(&server(minor), &[provider], &Token::Compact(token), NOW).ending
}

fn token(header: &[u8], payload: &[u8]) -> String {
    format!("{}.{}.{}", encode_url(header), encode_url(payload), encode_url(b"signature"))
}

#[test]
fn megabytes_take_linear_time() {
    const SIZE: usize = 3 << 20;
    let keys = question("section8-1.37.2.jsonl", "s8/01").keys.unwrap();
    let nested = |n: usize| "[".repeat(n) + &"]".repeat(n);
    let payload = |more: &str| format!("{{\"iss\":\"{ISSUER}\"{more}}}").into_bytes();
    let header = |more: &str| format!("{{\"alg\":\"RS256\"{more}}}").into_bytes();
    let half = SIZE / 2;
    let members: String = (0..SIZE / 16).map(|n| format!(",\"k{n}\":[{{}}]")).collect();
    let hostile = [
        "a".repeat(SIZE),
        ".".repeat(SIZE),
        " ".repeat(SIZE),
        "{".repeat(SIZE),
        token(&header(&format!(",\"x\":{}", nested(half))), &payload("")),
        token(&header(&format!(",\"jwk\":{}", nested(half))), &payload("")),
        token(&header(""), &payload(&format!(",\"x\":{}", nested(half)))),
        token(&header(""), &payload(&format!(",\"x\":{}", nested(9000)))),
        token(&header(&members), &payload(&members)),
        token(&header(""), &payload(&format!(",\"aud\":[{}1]", "\"a\",".repeat(half / 2)))),
        token(&header(""), &payload(&format!(",\"exp\":{}", "9".repeat(SIZE)))),
        token(&header(""), &payload(&format!(",\"sub\":\"{}\"", "\\ud800".repeat(SIZE / 6)))),
    ];
    let start = Instant::now();
    for (token, minor) in hostile.iter().zip([37, 35].into_iter().cycle()) {
        assert_ne!(ask(minor, token, &keys), Ending::Accepted);
    }
    // Quadratic work on one of them would take hours.
    assert!(start.elapsed() < Duration::from_secs(120), "{:?}", start.elapsed());
}

/// Bytes that look like JSON more often than chance has it.
fn jsonish() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"{".to_vec()),
        Just(b"}".to_vec()),
        Just(b"[".to_vec()),
        Just(b"]".to_vec()),
        Just(b",".to_vec()),
        Just(b":".to_vec()),
        Just(b"\"iss\":\"https://issuer.example.com\",".to_vec()),
        Just(b"\"exp\":9999999999,".to_vec()),
        Just(b"\"aud\":\"my-client\",".to_vec()),
        Just(b"\"email\":\"a@b\"".to_vec()),
        Just(b"\"alg\":\"ES256\",".to_vec()),
        Just(b"\"keys\":[{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}]".to_vec()),
        Just(b"\"kid\":null,".to_vec()),
        Just(b"\"_claim_names\":{\"groups\":\"s\"},".to_vec()),
        Just(b"\"\\ud83d\\ude0".to_vec()),
        Just(b"-1e400".to_vec()),
        prop::collection::vec(any::<u8>(), 0..4),
    ];
    prop::collection::vec(piece, 0..16).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn tokens_and_keys_never_panic(
        header in jsonish(),
        payload in jsonish(),
        keys in jsonish(),
        seal in prop::collection::vec(any::<u8>(), 0..140),
        minor in 20_u32..38,
    ) {
        let mut object = b"{\"iss\":\"https://issuer.example.com\",".to_vec();
        object.extend(&payload);
        object.push(b'}');
        let keys = String::from_utf8_lossy(&keys).into_owned();
        for payload in [payload, object] {
            let token =
                format!("{}.{}.{}", encode_url(&header), encode_url(&payload), encode_url(&seal));
            prop_assert_ne!(ask(minor, &token, &keys), Ending::Accepted);
        }
    }

    #[test]
    fn any_text_is_a_token(text in ".*", keys in ".*", minor in 20_u32..38) {
        prop_assert_ne!(ask(minor, &text, &keys), Ending::Accepted);
    }

    #[test]
    fn settings_never_panic(text in any::<String>(), flag in "--oidc-[a-z-]*=.*", minor in 20_u32..38) {
        let release = Release { major: 1, minor };
        let flags = [flag];
        let _ = load(&Settings::Flags(&flags), &Sight::Body(&text), release);
        let _ = load(&Settings::File { text: &text, path: "FILE", flags: &[] }, &Sight::Absent, release);
    }

    #[test]
    fn changed_configurations_never_panic(at in 0_usize..400, length in 0_usize..9, text in ".{0,6}") {
        let file = question("section8-1.37.2.jsonl", "s8/01").file.unwrap();
        let start = at.min(file.len());
        let end = (start + length).min(file.len());
        let changed = [&file[..start], &text, &file[end..]].concat();
        let settings = Settings::File { text: &changed, path: "FILE", flags: &[] };
        let _ = load(&settings, &Sight::Absent, Release::NEWEST);
    }
}
