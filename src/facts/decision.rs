//! The API server's decision, replayed on this situation, as facts.

use secrecy::ExposeSecret;

use super::Facts;
use super::server::Plane;
use crate::evidence::exchange::{Exchange, Outcome};
use crate::evidence::gathered::{IssuerSight, TokenText};
use crate::evidence::moment::Moment;
use crate::evidence::{Evidence, Origin};
use crate::replay::{self, Decision, Ending, Provider, Sight, Token};

/// How long before its end a token is judged that the client would renew: the renewed one is taken to
/// carry the same claims.
const BEFORE_THE_END: i64 = 1;

/// Decides, and sets the facts of the decision.
pub(super) fn note(
    facts: &mut Facts,
    evidence: &Evidence,
    plane: &Plane,
    now: Moment,
) -> Option<Decision> {
    let server = plane.loaded.as_ref().ok()?;
    if facts.gap("server").is_some() {
        return None;
    }
    let Some(token) = &evidence.token else {
        return None;
    };
    let sights: Vec<(String, Seen, Seen)> = evidence
        .issuers
        .iter()
        .map(|sight| (sight.url.clone(), discovery(facts, sight), keys(facts, sight)))
        .collect();
    let providers: Vec<Provider<'_>> = sights
        .iter()
        .map(|(issuer, discovery, keys)| Provider {
            issuer,
            discovery: discovery.sight(),
            keys: keys.sight(),
        })
        .collect();
    let moment = moment(facts, now);
    let decision = match &token.text {
        TokenText::Whole(secret) => {
            let token = Token::Compact(secret.expose_secret());
            replay::decide(server, &providers, &token, moment)
        }
        TokenText::Answered { header, payload, verified_by, .. } => {
            let issuer = facts.text("token.iss").unwrap_or_default();
            let none = Vec::new();
            let verified_by = verified_by.get(&issuer).unwrap_or(&none);
            let token = Token::Answered { header, payload, verified_by };
            replay::decide(server, &providers, &token, moment)
        }
        TokenText::Other { .. } => {
            replay::decide(server, &providers, &Token::Compact("opaque"), moment)
        }
    };
    set(facts, &decision, plane);
    note_signature(facts, evidence, token);
    Some(decision)
}

/// An expired token that the client would renew is judged as it was just before its end.
fn moment(facts: &Facts, now: Moment) -> replay::Moment {
    let seconds = match facts.known("token.exp") {
        Some(super::Leaf::Time(exp)) if facts.holds("token.renewable") => {
            (exp.unix() - BEFORE_THE_END).min(now.unix())
        }
        _ => now.unix(),
    };
    replay::Moment { seconds, nanos: 0 }
}

fn set(facts: &mut Facts, decision: &Decision, plane: &Plane) {
    let origin = Origin::new("replay", plane.settings.name.as_str());
    let ending = match decision.ending {
        Ending::Accepted => "accepted",
        Ending::NotMine => "not-mine",
        Ending::Refused(step) => {
            facts.know("replay.step", step.name(), origin.clone());
            "refused"
        }
        Ending::Undecided => "undecided",
    };
    facts.know("replay.ending", ending, origin.clone());
    if let Some(error) = &decision.error {
        facts.know("replay.error", error.as_str(), origin.clone());
    }
    let passed = |record: &&replay::StepRecord| record.outcome == replay::Outcome::Passed;
    let passed: Vec<String> =
        decision.steps.iter().filter(passed).map(|r| r.step.name().to_owned()).collect();
    facts.know("replay.passed", passed, origin.clone());
    if let Some(user) = &decision.user {
        facts.know("replay.username", user.username.as_str(), origin.clone());
        facts.know("replay.groups", user.groups.clone(), origin);
    }
}

/// Whether a published key with the token's key id verifies its signature.
fn note_signature(
    facts: &mut Facts,
    evidence: &Evidence,
    token: &crate::evidence::gathered::Token,
) {
    let issuer = facts.text("token.iss").unwrap_or_default();
    let Some(sight) = evidence.issuers.iter().find(|sight| sight.url == issuer) else { return };
    let Some(body) = sight.keys.as_ref().and_then(|k| k.answer()).filter(|a| a.status == 200)
    else {
        return;
    };
    let verified = match &token.text {
        TokenText::Whole(secret) => replay::verified_by(secret.expose_secret(), &body.body),
        TokenText::Answered { verified_by, .. } => {
            verified_by.get(&issuer).cloned().unwrap_or_default()
        }
        TokenText::Other { .. } => return,
    };
    let origin = Origin::new("key-set", sight.discovery.url.as_str());
    facts.know("issuer.signed_by_published", !verified.is_empty(), origin);
}

/// A sight that owns its text.
enum Seen {
    Body(String),
    Fails(String),
    Unseen,
}

impl Seen {
    fn sight(&self) -> Sight<'_> {
        match self {
            Seen::Body(text) => Sight::Body(text),
            Seen::Fails(text) => Sight::Fails(text),
            Seen::Unseen => Sight::Unseen,
        }
    }
}

/// The server's view of discovery: what its log says, else what its CA file would make of the chain,
/// else what this machine saw. A failure seen here alone proves nothing about the server.
fn discovery(facts: &Facts, sight: &IssuerSight) -> Seen {
    let mine = facts.text("issuer.url").as_deref() == Some(sight.url.as_str());
    let from_server = facts.text("discovery.seen_from").as_deref() == Some("api-server");
    let keys = facts.text("discovery.fault").as_deref() == Some("keys");
    if mine && from_server && !keys {
        return Seen::Fails(facts.text("discovery.detail").unwrap_or_default());
    }
    match &sight.discovery.outcome {
        Outcome::Answered(answer) if answer.status == 200 => Seen::Body(answer.body.clone()),
        Outcome::Answered(answer) => {
            Seen::Fails(format!("{}: {}", answer.status_line, answer.body))
        }
        Outcome::Failed(_) if certificate_decides(facts, mine) => {
            Seen::Fails(sight.discovery.go_text().unwrap_or_default())
        }
        Outcome::Failed(_) => Seen::Unseen,
    }
}

/// Without a CA file of its own the server trusts public roots, as this machine does: a private
/// authority is as unknown there as here. A wrong name or an ended certificate is wrong everywhere.
fn certificate_decides(facts: &Facts, mine: bool) -> bool {
    let kind = facts.text("discovery.fault").unwrap_or_default();
    match kind.as_str() {
        "certificate-untrusted" => mine && !facts.holds("server.ca_given"),
        "certificate-name" | "certificate-expired" => mine,
        _ => false,
    }
}

fn keys(facts: &Facts, sight: &IssuerSight) -> Seen {
    let mine = facts.text("issuer.url").as_deref() == Some(sight.url.as_str());
    let from_server = facts.text("discovery.seen_from").as_deref() == Some("api-server");
    if mine && from_server && facts.text("discovery.fault").as_deref() == Some("keys") {
        return Seen::Fails(facts.text("discovery.detail").unwrap_or_default());
    }
    let answered = |exchange: &Exchange| match &exchange.outcome {
        Outcome::Answered(answer) if answer.status == 200 => Seen::Body(answer.body.clone()),
        Outcome::Answered(answer) => {
            let text = format!("oidc: get keys failed: {} {}", answer.status_line, answer.body);
            Seen::Fails(text)
        }
        Outcome::Failed(_) => Seen::Unseen,
    };
    sight.keys.as_ref().map_or(Seen::Unseen, answered)
}
