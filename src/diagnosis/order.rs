//! The order of findings: what explains the stop first, the specific before the general.

use super::{Conclusion, Fired};
use crate::checks::{Outcome, Severity, Step};

/// Sorts and returns how many were placed.
pub(super) fn sort(fired: &mut Vec<Fired<'_>>, conclusion: &Conclusion) -> usize {
    fired.sort_by(|a, b| key(a, conclusion).cmp(&key(b, conclusion)));
    let mut rest = std::mem::take(fired);
    while !rest.is_empty() {
        let next = next(&rest, conclusion);
        fired.push(rest.remove(next));
    }
    fired.len()
}

/// The first in order that no other of its group goes before.
fn next(rest: &[Fired<'_>], conclusion: &Conclusion) -> usize {
    let group = group(&rest[0], conclusion);
    let inside = |f: &&Fired<'_>| self::group(f, conclusion) == group;
    rest.iter()
        .take_while(inside)
        .position(|candidate| {
            !rest
                .iter()
                .take_while(inside)
                .any(|other| other.check.before.contains(&candidate.check.id))
        })
        .unwrap_or(0)
}

fn key<'a>(f: &'a Fired<'_>, conclusion: &Conclusion) -> (u8, Step, &'a str) {
    (group(f, conclusion), rank(f.check.step, conclusion), f.check.id.as_str())
}

/// When the request is allowed, what is worth knowing is the client and the session.
fn rank(step: Step, conclusion: &Conclusion) -> Step {
    match (conclusion.outcome, step) {
        (Outcome::Allowed, Step::Session) => Step::Kubeconfig,
        _ => step,
    }
}

fn group(f: &Fired<'_>, conclusion: &Conclusion) -> u8 {
    let explains = f.check.step == conclusion.step || f.check.explains.contains(&conclusion.step);
    match (f.severity, explains) {
        (Severity::Blocks, true) => 0,
        (Severity::MayBlock, true) => 1,
        (Severity::Blocks, false) => 2,
        (Severity::MayBlock, false) => 3,
        (Severity::Notice, _) => 4,
    }
}
