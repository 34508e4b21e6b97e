//! What happens to the request: the client's stage first, then the way, then the server's decision.

use super::{Basis, Conclusion, Finding, Fired};
use crate::checks::{Outcome, Severity, Step};
use crate::facts::{Facts, Leaf};

/// Draws the conclusion from facts and from the findings that block.
pub(super) fn conclude(facts: &Facts, fired: &[Fired<'_>]) -> Conclusion {
    let basis = basis(facts);
    at_the_client(fired)
        .or_else(|| told_by_the_server(facts))
        .or_else(|| no_login(facts, fired))
        .or_else(|| on_the_way(facts, fired))
        .or_else(|| certificate(facts, fired))
        .or_else(|| decided(facts))
        .or_else(|| blocked(facts, fired))
        .or_else(|| observed(facts))
        .map(|(outcome, step)| Conclusion { outcome, step, basis })
        .unwrap_or(Conclusion { outcome: Outcome::Undetermined, step: open_step(facts), basis })
}

/// The step as it is known once the findings are in order: a refusal at the server stays where the
/// server stops; a 403 and a success are explained by the first finding.
pub(super) fn settle(first: Conclusion, facts: &Facts, fired: &[Fired<'_>]) -> Conclusion {
    let Some(leading) = fired.first() else { return first };
    let step = leading.check.step;
    let moves = match first.outcome {
        Outcome::Allowed => matches!(step, Step::Kubeconfig | Step::Plugin | Step::Session),
        Outcome::Forbidden => {
            leading.severity != Severity::Notice && step > Step::Network || step == Step::Network
        }
        Outcome::Unauthorized => {
            let undecided = facts.text("replay.step").is_none();
            let accepted = facts.text("replay.ending").as_deref() == Some("accepted");
            undecided && (step == Step::ApiServer || accepted)
        }
        _ => false,
    };
    if moves { Conclusion { step, ..first } } else { first }
}

/// The finding that decides among several: the earliest step, and of one step the most specific.
fn deciding<'f, 'c>(
    fired: &'f [Fired<'c>],
    stops: impl Fn(&Fired<'c>) -> bool,
) -> Option<&'f Fired<'c>> {
    let candidates: Vec<_> =
        fired.iter().filter(|f| f.severity == Severity::Blocks && stops(f)).collect();
    let general =
        |f: &&&Fired<'_>| candidates.iter().any(|other| other.check.before.contains(&f.check.id));
    candidates.iter().filter(|f| !general(f)).min_by_key(|f| f.check.step).copied()
}

/// kubectl or its plugin stops before any request.
fn at_the_client(fired: &[Fired<'_>]) -> Option<(Outcome, Step)> {
    let stops = |f: &Fired<'_>| match f.outcome {
        Some(outcome) => outcome == Outcome::NoRequest,
        None => f.check.step <= Step::Plugin,
    };
    deciding(fired, stops).map(|f| (Outcome::NoRequest, f.check.step))
}

/// The live server answered for this very credential: that decides, whatever was read elsewhere.
pub(super) fn told_by_the_server(facts: &Facts) -> Option<(Outcome, Step)> {
    let Some(Leaf::Count(200..=299)) = facts.known("live.status") else { return None };
    match facts.known("live.allowed")? {
        Leaf::Flag(true) => Some((Outcome::Allowed, Step::Access)),
        Leaf::Flag(false) => Some((Outcome::Forbidden, Step::Access)),
        _ => None,
    }
}

/// No usable token, and the login cannot bring one.
fn no_login(facts: &Facts, fired: &[Fired<'_>]) -> Option<(Outcome, Step)> {
    if facts.holds("token.found") && !facts.holds("token.renewable") {
        return None;
    }
    let first = deciding(fired, |f| f.outcome == Some(Outcome::LoginFails))?;
    Some((Outcome::LoginFails, first.check.step))
}

/// The API server does not answer, or cannot run.
fn on_the_way(facts: &Facts, fired: &[Fired<'_>]) -> Option<(Outcome, Step)> {
    if let Some(f) = deciding(fired, |f| f.outcome == Some(Outcome::ServerDown)) {
        if facts.known("live.reachable") != Some(Leaf::Flag(true)) {
            return Some((Outcome::ServerDown, f.check.step));
        }
        // It runs, so it keeps the settings from before this edit.
        return Some((Outcome::Unauthorized, f.check.step));
    }
    let first = deciding(fired, |f| f.outcome == Some(Outcome::Unreachable))?;
    Some((Outcome::Unreachable, first.check.step))
}

/// A client certificate is asked before any token, so its user is the one that RBAC judges.
fn certificate(facts: &Facts, fired: &[Fired<'_>]) -> Option<(Outcome, Step)> {
    if !facts.holds("client.certificate")
        || facts.text("replay.ending").as_deref() == Some("accepted")
    {
        let wins = fired.iter().any(|f| f.check.id.as_str() == "client-certificate-wins");
        if !wins {
            return None;
        }
    }
    let invalid = fired.iter().any(|f| {
        f.check.step == Step::Kubeconfig
            && f.severity == Severity::Blocks
            && f.outcome == Some(Outcome::Unauthorized)
    });
    if invalid {
        return Some((Outcome::Unauthorized, Step::Kubeconfig));
    }
    // Whether the server trusts the certificate's authority has not been seen.
    Some((Outcome::Undetermined, Step::Kubeconfig))
}

/// The server's own decision, replayed.
fn decided(facts: &Facts) -> Option<(Outcome, Step)> {
    match facts.text("replay.ending")?.as_str() {
        "refused" => Some((
            Outcome::Unauthorized,
            step_named(&facts.text("replay.step").unwrap_or_default()),
        )),
        // A service account's token is not for the OIDC authenticators to accept.
        "not-mine" if facts.text("token.kind").as_deref() == Some("service-account") => None,
        "not-mine" if facts.known("server.oidc") == Some(Leaf::Flag(false)) => {
            Some((Outcome::Unauthorized, Step::ApiServer))
        }
        "not-mine" if facts.text("token.form").as_deref() != Some("jwt") => {
            Some((Outcome::Unauthorized, Step::Token))
        }
        "not-mine" => Some((Outcome::Unauthorized, Step::Issuer)),
        "accepted" => accepted(facts),
        _ => None,
    }
}

fn accepted(facts: &Facts) -> Option<(Outcome, Step)> {
    let legacy = facts.text("client.credential").as_deref() == Some("auth-provider");
    if facts.holds("token.renewable") && legacy {
        // The refresh decides, and only the provider can tell whether it works.
        return Some((Outcome::Undetermined, Step::Session));
    }
    if facts.known("live.status") == Some(Leaf::Count(401)) && !facts.holds("token.renewable") {
        return Some((Outcome::Unauthorized, Step::ApiServer));
    }
    match facts.known("live.allowed").or_else(|| facts.known("access.allowed")) {
        Some(Leaf::Flag(true)) => Some((Outcome::Allowed, Step::Access)),
        Some(Leaf::Flag(false)) => Some((Outcome::Forbidden, Step::Access)),
        _ => None,
    }
}

/// The replay could not decide, and a finding that blocks does.
fn blocked(facts: &Facts, fired: &[Fired<'_>]) -> Option<(Outcome, Step)> {
    if facts.text("replay.ending").as_deref() == Some("accepted") {
        return None;
    }
    let first = deciding(fired, |f| f.check.step < Step::Access)?;
    let step = first.check.explains.first().copied().unwrap_or(first.check.step);
    Some((first.outcome.unwrap_or(Outcome::Unauthorized), step))
}

/// Nothing else is known, and the live server has spoken.
fn observed(facts: &Facts) -> Option<(Outcome, Step)> {
    match (facts.known("live.status"), facts.known("live.allowed")) {
        (Some(Leaf::Count(401)), _) => Some((Outcome::Unauthorized, Step::ApiServer)),
        (_, Some(Leaf::Flag(true))) => Some((Outcome::Allowed, Step::Access)),
        (_, Some(Leaf::Flag(false))) => Some((Outcome::Forbidden, Step::Access)),
        _ => None,
    }
}

/// Where knowledge ends.
fn open_step(facts: &Facts) -> Step {
    if facts.gap("server.issuer").is_some() {
        return Step::ApiServer;
    }
    match facts.text("replay.ending").as_deref() {
        Some("accepted") => Step::Access,
        Some("undecided") => Step::Signature,
        _ => Step::Token,
    }
}

/// How the conclusion is known. What a renewed token will hold has not been seen; a server that refuses
/// what its settings accept was observed.
fn basis(facts: &Facts) -> Basis {
    if facts.holds("token.renewable") {
        return Basis::Inferred;
    }
    let refused = facts.known("live.status") == Some(Leaf::Count(401));
    let ending = facts.text("replay.ending");
    let overruled = refused && ending.as_deref() == Some("accepted");
    if overruled || told_by_the_server(facts).is_some() {
        return Basis::Observed;
    }
    match (ending.as_deref(), refused) {
        (Some("accepted" | "refused" | "not-mine"), _) => Basis::Replayed,
        (_, true) => Basis::Observed,
        (_, false) if facts.text("server.refusal").is_some() => Basis::Replayed,
        (_, false) => Basis::Inferred,
    }
}

/// The step of that name; the replay uses the contract's names.
pub(super) fn step_named(name: &str) -> Step {
    serde_json::from_value(name.into()).unwrap_or(Step::Token)
}

/// The answer in one sentence.
pub(super) fn summary(conclusion: &Conclusion, facts: &Facts, findings: &[Finding]) -> String {
    let leading = findings.first().filter(|f| f.severity != Severity::Notice);
    match (conclusion.outcome, leading) {
        (Outcome::Allowed, Some(finding)) if finding.severity == Severity::Blocks => {
            let user = facts.text("access.username").unwrap_or_else(|| "another user".to_owned());
            format!("the request is allowed, as {user}: {}", finding.title)
        }
        (Outcome::Allowed, _) => {
            let user = facts.text("live.username").or_else(|| facts.text("replay.username"));
            match user {
                Some(user) if facts.holds("token.renewable") => format!(
                    "once the client has renewed the expired token, with the same claims, the server \
                     knows you as {user}"
                ),
                Some(user) => format!("the request is allowed: the server knows you as {user}"),
                None => "the request is allowed".to_owned(),
            }
        }
        (Outcome::Undetermined, None) => {
            "what was seen does not decide it; the list below says what is missing".to_owned()
        }
        (_, Some(finding)) => finding.title.clone(),
        (Outcome::Unauthorized, None) if facts.gap("server.issuer").is_some() => {
            "the server refuses this token; its settings were not seen, so why is unknown"
                .to_owned()
        }
        (_, None) => format!("the request stops at {}", conclusion.step.name()),
    }
}

/// The server's words, as far as the request comes to it: of its settings, of the token, of the request.
pub(super) fn server_error(conclusion: &Conclusion, facts: &Facts) -> Option<String> {
    let words = match conclusion.outcome {
        Outcome::Forbidden => facts.text("access.reason"),
        Outcome::ServerDown => facts.text("server.refusal"),
        Outcome::Unauthorized => {
            facts.text("replay.error").or_else(|| facts.text("server.refusal"))
        }
        _ => None,
    };
    words.filter(|text| !text.is_empty())
}
