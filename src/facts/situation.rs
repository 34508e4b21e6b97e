//! One situation per control plane: all facts, and the replayed decision.

use super::server::{Plane, planes};
use super::{Facts, Leaf, access, client, compare, decision, issuer, live, log, server, token};
use crate::evidence::moment::Moment;
use crate::evidence::{Evidence, Origin};
use crate::replay::Decision;

/// The facts as one API server would meet them.
#[derive(Debug)]
pub struct Situation {
    /// The facts.
    pub facts: Facts,
    /// The decision, if settings and token were there to decide on.
    pub decision: Option<Decision>,
}

/// A situation for each control plane; one without settings when none could be read.
pub fn situations(evidence: &Evidence) -> Vec<Situation> {
    let mut common = Facts::default();
    let clock = Origin::new("clock", evidence.situation.clock.as_str());
    common.know("now", evidence.situation.now, clock);
    client::note(&mut common, evidence);
    token::note(&mut common, evidence, evidence.situation.now);
    live::note(&mut common, evidence);
    log::note(&mut common, evidence);
    renewable(&mut common, evidence.situation.now);
    for (branch, gap) in &evidence.gaps {
        common.miss(branch, gap.clone());
    }
    let planes = planes(evidence, common.text("live.version").as_deref());
    if planes.is_empty() {
        return vec![without_settings(common, evidence)];
    }
    (0..planes.len()).map(|index| with_settings(&common, evidence, &planes, index)).collect()
}

fn without_settings(mut facts: Facts, evidence: &Evidence) -> Situation {
    facts.miss("server", server::gap(evidence));
    finish(&mut facts, evidence, None);
    Situation { facts, decision: None }
}

fn with_settings(common: &Facts, evidence: &Evidence, planes: &[Plane], index: usize) -> Situation {
    let mut facts = common.clone();
    let plane = &planes[index];
    let others: Vec<&Plane> =
        planes.iter().enumerate().filter(|(i, _)| *i != index).map(|(_, p)| p).collect();
    server::note(&mut facts, plane, &others);
    let decision = finish(&mut facts, evidence, Some(plane));
    Situation { facts, decision }
}

/// What follows from both sides together.
fn finish(facts: &mut Facts, evidence: &Evidence, plane: Option<&Plane>) -> Option<Decision> {
    issuer::note(facts, evidence, plane);
    issuer::note_fault(facts, evidence, plane);
    compare::note(facts, evidence.situation.now);
    let decided = plane.and_then(|p| decision::note(facts, evidence, p, evidence.situation.now));
    access::note(facts, evidence, plane);
    decided
}

/// A client renews an expired token by itself when a plugin or a refresh token is there to do it, and
/// when the token has expired by this machine's clock too: that is the one the client looks at.
fn renewable(facts: &mut Facts, now: Moment) {
    let source = facts.text("token.source").unwrap_or_default();
    let plugin = source == "plugin-cache" && facts.holds("plugin.found");
    let refresh = source == "auth-provider" && facts.holds("cache.refresh_token");
    let ahead = match facts.known("live.clock_ahead_seconds") {
        Some(Leaf::Count(seconds)) if seconds.abs() > CLOCKS_AGREE => seconds,
        _ => 0,
    };
    let seen = match facts.known("token.exp") {
        Some(Leaf::Time(exp)) => exp.unix() < now.unix() - ahead,
        _ => false,
    };
    let renewed = facts.holds("token.expired") && seen && (plugin || refresh);
    facts.know("token.renewable", renewed, Origin::new("client", ""));
}

/// Seconds by which two clocks may differ and still count as one: an HTTP date has whole seconds, and
/// an answer takes a while.
const CLOCKS_AGREE: i64 = 10;
