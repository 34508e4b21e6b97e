//! Decisions that no recording holds: what is unknown, what fails on the way, old orders.

use super::recorded::{Question, question};
use crate::replay::{
    Decision, Ending, Moment, Outcome, Provider, Release, Server, Settings, Sight, Step, Token,
    decide, load,
};

const ISSUER: &str = "https://issuer.example.com";

/// A token that the newest release accepts, with its keys and configuration.
fn valid() -> Question {
    question("section8-1.37.2.jsonl", "s8/01")
}

fn release(minor: u32) -> Release {
    Release { major: 1, minor }
}

fn server(minor: u32) -> Server {
    let flags = [format!("--oidc-issuer-url={ISSUER}"), "--oidc-client-id=my-client".to_owned()];
    load(&Settings::Flags(&flags), &Sight::Absent, release(minor)).unwrap()
}

fn document(issuer: &str, keys: &str) -> String {
    format!("{{\"issuer\":\"{issuer}\",\"jwks_uri\":\"{keys}\"}}")
}

fn asked(server: &Server, discovery: Sight<'_>, keys: Sight<'_>, now: Moment) -> Decision {
    let provider = Provider { issuer: ISSUER, discovery, keys };
    decide(server, &[provider], &Token::Compact(&valid().token), now)
}

fn outcome(decision: &Decision, step: Step) -> &Outcome {
    &decision.steps.iter().find(|record| record.step == step).unwrap().outcome
}

fn late() -> Moment {
    Moment { seconds: valid().now.seconds + 100_000, nanos: 0 }
}

#[test]
fn another_issuer_in_the_discovery_document_leaves_the_authenticator_uninitialised() {
    let body = document("https://issuer.example.com/", "https://issuer.example.com/jwks");
    let decision = asked(&server(37), Sight::Body(&body), Sight::Unseen, valid().now);
    assert_eq!(decision.ending, Ending::Refused(Step::Discovery));
    assert_eq!(decision.error.as_deref(), Some("oidc: authenticator not initialized"));
    let record = decision.steps.iter().find(|record| record.step == Step::Discovery).unwrap();
    assert_eq!(
        record.detail,
        "the server logs: oidc authenticator: initializing plugin: oidc: issuer did not match the \
         issuer returned by provider, expected \"https://issuer.example.com\" got \
         \"https://issuer.example.com/\""
    );
    let Outcome::Stopped(mismatch) = &record.outcome else { panic!("{record:?}") };
    assert_eq!(mismatch.token_side.value.as_deref(), Some("\"https://issuer.example.com/\""));
    assert_eq!(mismatch.server_side.what, "--oidc-issuer-url");
    assert_eq!(*outcome(&decision, Step::Signature), Outcome::NotReached);
}

#[test]
fn a_discovery_that_fails_is_told_with_the_servers_text() {
    let fails = Sight::Fails("404 Not Found: nope");
    let decision = asked(&server(37), fails, Sight::Unseen, valid().now);
    assert_eq!(decision.error.as_deref(), Some("oidc: authenticator not initialized"));
    let html = asked(&server(37), Sight::Body("<html>"), Sight::Unseen, valid().now);
    let record = html.steps.iter().find(|record| record.step == Step::Discovery).unwrap();
    assert!(record.detail.ends_with(
        "oidc: failed to decode provider discovery object: got Content-Type = application/json, \
         but could not unmarshal as JSON: invalid character '<' looking for beginning of value"
    ));
}

#[test]
fn unknown_keys_leave_a_valid_token_undecided() {
    let decision = asked(&server(37), Sight::Unseen, Sight::Unseen, valid().now);
    assert_eq!(decision.ending, Ending::Undecided);
    assert_eq!(decision.user, None);
    assert_eq!(decision.error, None);
    for step in [Step::Discovery, Step::Signature] {
        assert!(matches!(outcome(&decision, step), Outcome::CannotTell { .. }));
    }
    for step in [Step::Issuer, Step::Audience, Step::Time, Step::Username, Step::ClaimRules] {
        assert_eq!(*outcome(&decision, step), Outcome::Passed, "{step:?}");
    }
}

#[test]
fn what_surely_stops_stops_although_something_before_is_unknown() {
    let keys = valid().keys.unwrap();
    let body = document(ISSUER, "https://issuer.example.com/jwks");
    let newest = asked(&server(37), Sight::Body(&body), Sight::Unseen, late());
    assert_eq!(newest.ending, Ending::Refused(Step::Time));
    assert_eq!(newest.error, None, "the signature may have failed before");
    let older = asked(&server(35), Sight::Body(&body), Sight::Unseen, late());
    assert_eq!(older.ending, Ending::Refused(Step::Time));
    assert_eq!(
        older.error.as_deref(),
        Some(
            "oidc: verify token: oidc: token is expired (Token Expiry: 2026-11-24 10:00:00 +0000 UTC)"
        )
    );
    let known = asked(&server(37), Sight::Body(&body), Sight::Body(&keys), late());
    assert_eq!(known.error, older.error);
}

#[test]
fn the_signature_comes_first_since_1_36_and_after_the_time_before() {
    let body = document(ISSUER, "https://issuer.example.com/jwks");
    let keys = Sight::Body("{\"keys\":[]}");
    let wrong =
        "oidc: verify token: failed to verify signature: failed to verify id token signature";
    for (minor, step) in
        [(37, Step::Signature), (36, Step::Signature), (35, Step::Time), (28, Step::Time)]
    {
        let decision = asked(&server(minor), Sight::Body(&body), keys, late());
        assert_eq!(decision.ending, Ending::Refused(step), "1.{minor}");
        assert_eq!(decision.error.as_deref() == Some(wrong), step == Step::Signature);
    }
    let order: Vec<Step> = asked(&server(35), Sight::Body(&body), keys, valid().now)
        .steps
        .iter()
        .map(|record| record.step)
        .collect();
    assert_eq!(
        order[..6],
        [Step::Issuer, Step::Discovery, Step::Token, Step::Audience, Step::Time, Step::Signature]
    );
}

#[test]
fn keys_that_cannot_be_fetched() {
    let refused = |minor: u32, address: &str, keys: Sight<'_>| {
        let body = document(ISSUER, address);
        asked(&server(minor), Sight::Body(&body), keys, valid().now).error
    };
    let prefix = "oidc: verify token: failed to verify signature: fetching keys ";
    let unavailable = Sight::Fails("oidc: get keys failed: 503 Service Unavailable gone");
    assert_eq!(
        refused(37, "https://a/jwks", unavailable),
        Some(format!("{prefix}oidc: get keys failed: 503 Service Unavailable gone"))
    );
    assert_eq!(
        refused(37, "/jwks", Sight::Unseen),
        Some(format!(
            "{prefix}oidc: get keys failed Get \"/jwks\": unsupported protocol scheme \"\""
        ))
    );
    assert_eq!(
        refused(35, "", Sight::Unseen),
        Some("oidc: authenticator not initialized".to_owned())
    );
    assert_eq!(
        refused(34, "", Sight::Unseen),
        Some(format!("{prefix}oidc: get keys failed Get \"\": unsupported protocol scheme \"\""))
    );
}

#[test]
fn a_token_of_another_issuer_is_nobodys() {
    let flags = ["--oidc-issuer-url=https://other".to_owned(), "--oidc-client-id=x".to_owned()];
    let server = load(&Settings::Flags(&flags), &Sight::Absent, Release::NEWEST).unwrap();
    let decision = decide(&server, &[], &Token::Compact(&valid().token), valid().now);
    assert_eq!(decision.ending, Ending::NotMine);
    assert_eq!(decision.error.as_deref(), Some("invalid bearer token"));
    assert_eq!(decision.authenticator, None);
    assert_eq!(*outcome(&decision, Step::Issuer), Outcome::NotMine);
    let opaque = decide(&server, &[], &Token::Compact("opaque"), valid().now);
    assert_eq!(*outcome(&opaque, Step::Token), Outcome::NotMine);
    let none = load(&Settings::Flags(&[]), &Sight::Absent, Release::NEWEST).unwrap();
    let decision = decide(&none, &[], &Token::Compact(&valid().token), valid().now);
    assert_eq!(decision.ending, Ending::NotMine);
}

#[test]
fn distributed_groups_are_left_open() {
    use crate::go::base64::encode_url;
    let claims = format!(
        "{{\"iss\":\"{ISSUER}\",\"aud\":\"my-client\",\"exp\":9999999999,\"sub\":\"jane\",\
         \"_claim_names\":{{\"groups\":\"s\"}},\
         \"_claim_sources\":{{\"s\":{{\"endpoint\":\"https://graph\"}}}}}}"
    );
    let (header, payload) = (encode_url(b"{\"alg\":\"RS256\"}"), encode_url(claims.as_bytes()));
    let flags = [
        format!("--oidc-issuer-url={ISSUER}"),
        "--oidc-client-id=my-client".to_owned(),
        "--oidc-groups-claim=groups".to_owned(),
    ];
    let server = load(&Settings::Flags(&flags), &Sight::Absent, Release::NEWEST).unwrap();
    let keys = "{\"keys\":[{\"kty\":\"RSA\",\"n\":\"-w\",\"e\":\"AQAB\"}]}";
    let provider = Provider { issuer: ISSUER, discovery: Sight::Absent, keys: Sight::Body(keys) };
    let token = Token::Answered { header: &header, payload: &payload, verified_by: &[0] };
    let decision = decide(&server, &[provider], &token, valid().now);
    // The key is far too short for Go 1.24, and good enough for what came before.
    assert_eq!(decision.ending, Ending::Refused(Step::Signature));
    let older = Server { release: release(32), ..server };
    let decision = decide(&older, &[provider], &token, valid().now);
    assert_eq!(decision.ending, Ending::Undecided);
    let missing = "the answer of https://graph".to_owned();
    assert_eq!(*outcome(&decision, Step::Groups), Outcome::CannotTell { missing });
}
