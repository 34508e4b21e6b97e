//! What the live API server answered.

use serde_json::Value;

use super::Facts;
use crate::evidence::exchange::{Exchange, Extent, Failure, Outcome};
use crate::evidence::gathered::NetworkUse;
use crate::evidence::{Evidence, Gap, Origin, Who};

/// Sets the facts of the live server.
pub(super) fn note(facts: &mut Facts, evidence: &Evidence) {
    let Some(live) = &evidence.live else {
        facts.miss("live", unasked(evidence));
        return;
    };
    let origin = Origin::new("api-server", live.version.url.as_str());
    match &live.version.outcome {
        Outcome::Failed(
            Failure::Offline
            | Failure::DeadlineSpent
            | Failure::Withheld { .. }
            | Failure::BadUrl { .. },
        ) => {
            facts.miss("live", unasked(evidence));
            return;
        }
        Outcome::Failed(failure) => {
            facts.know("live.reachable", false, origin.clone());
            facts.know("live.failure", failure.to_string(), origin.clone());
            facts.know("live.fault", super::issuer::kind(failure), origin);
            return;
        }
        Outcome::Answered(_) => {
            facts.know("live.reachable", true, origin.clone());
            if let Some(date) = live.version.date() {
                let ahead = date.unix() - live.version.asked_at.unix();
                facts.know("live.clock_ahead_seconds", ahead, origin.clone().part("header Date"));
            }
            match json(&live.version).and_then(|v| text(&v, &["gitVersion"])) {
                Some(version) => facts.know("live.version", version, origin),
                None if is_foreign(&live.version) => note_foreign(facts, &live.version),
                None => {}
            }
        }
    }
    if let Some(review) = &live.review {
        note_review(facts, review);
    }
    if let Some(access) = &live.access {
        note_access(facts, access);
    }
}

fn unasked(evidence: &Evidence) -> Gap {
    let why = match evidence.situation.network {
        NetworkUse::Offline => "the network was not used (--offline)",
        NetworkUse::Asked => "the API server was not asked",
    };
    Gap { why: why.to_owned(), ask: Who::You, how: "kubectl auth whoami".to_owned() }
}

fn json(exchange: &Exchange) -> Option<Value> {
    serde_json::from_str(&exchange.answer()?.body).ok()
}

fn text(value: &Value, path: &[&str]) -> Option<String> {
    let end = path.iter().try_fold(value, |value, name| value.get(name))?;
    end.as_str().map(str::to_owned)
}

/// A page, a redirect elsewhere, or a success that tells no version: no API server answers so. A
/// refusal in its own words (`kind: Status`) is one.
fn is_foreign(exchange: &Exchange) -> bool {
    let Some(answer) = exchange.answer() else { return false };
    let status = json(exchange).and_then(|v| text(&v, &["kind"]));
    if status.as_deref() == Some("Status") {
        return false;
    }
    let page = exchange.content_type().is_some_and(|kind| kind.contains("html"));
    let whole = answer.extent == Extent::Whole;
    page || (whole && answer.status == 200) || !exchange.redirects.is_empty()
}

fn note_foreign(facts: &mut Facts, exchange: &Exchange) {
    let Some(answer) = exchange.answer() else { return };
    let content = exchange.content_type().unwrap_or("nothing that it names");
    let told = format!("/version answers {} with {content}", answer.status_line);
    facts.know("live.foreign", told, Origin::new("api-server", exchange.url.as_str()));
}

/// An answer that is no whole JSON is neither a yes nor a no.
fn cut(exchange: &Exchange) -> Gap {
    let why = format!("{} was not answered in whole JSON", exchange.url);
    Gap { why, ask: Who::You, how: "kubectl auth whoami".to_owned() }
}

fn note_review(facts: &mut Facts, exchange: &Exchange) {
    let origin = Origin::new("api-server", exchange.url.as_str());
    let Some(answer) = exchange.answer() else { return };
    if answer.status == 401 {
        facts.know("live.status", 401, origin);
        return;
    }
    let Some(value) = json(exchange) else {
        facts.miss("live.username", cut(exchange));
        return;
    };
    let Some(name) = text(&value, &["status", "userInfo", "username"]) else { return };
    facts.know("live.status", i64::from(answer.status), origin.clone());
    facts.know("live.username", name, origin.clone());
    let groups = value.pointer("/status/userInfo/groups").and_then(Value::as_array);
    let groups: Vec<String> = groups
        .map(|items| items.iter().filter_map(|i| i.as_str().map(str::to_owned)).collect())
        .unwrap_or_default();
    facts.know("live.groups", groups, origin);
}

fn note_access(facts: &mut Facts, exchange: &Exchange) {
    let origin = Origin::new("api-server", exchange.url.as_str());
    let Some(answer) = exchange.answer() else { return };
    if answer.status == 401 {
        facts.know("live.status", 401, origin);
        return;
    }
    let value = json(exchange);
    if value.is_none() {
        facts.miss("live.allowed", cut(exchange));
    }
    let allowed = value.and_then(|v| v.pointer("/status/allowed")?.as_bool());
    if let Some(allowed) = allowed {
        if facts.known("live.status").is_none() {
            facts.know("live.status", i64::from(answer.status), origin.clone());
        }
        facts.know("live.allowed", allowed, origin);
    }
}
