//! From verdicts to a diagnosis: what stops the request, why, what else would, and who repairs it.

mod conclusion;
mod edit;
mod finding;
mod order;
mod story;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::checks::{Check, CheckId, Outcome, Severity, Step, Verdict};
use crate::evidence::{Gap, Origin, Who};
use crate::facts::Facts;
use crate::replay;

pub use edit::Documents;
pub use finding::{Finding, Fix, Shown};
pub use story::{Line, Mark};

/// How a verdict was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// Neither the live server nor its configuration was seen.
    Inferred,
    /// The live server said so.
    Observed,
    /// Its configuration was read and its decision replayed.
    Replayed,
}

/// What happens to the request, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conclusion {
    /// How the command ends.
    pub outcome: Outcome,
    /// The step that decides it.
    pub step: Step,
    /// How that is known.
    pub basis: Basis,
}

/// Something that could not be seen, and the checks that wait for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// The branch of facts.
    pub what: String,
    /// Why, whom to ask, and how.
    pub gap: Gap,
    /// The checks that could not tell.
    pub checks: Vec<CheckId>,
}

/// Everything that a report says.
#[derive(Clone, Debug)]
pub struct Diagnosis {
    /// What happens to the request.
    pub conclusion: Conclusion,
    /// The answer in one sentence.
    pub summary: String,
    /// The API server's own words.
    pub server_error: Option<String>,
    /// The steps in order.
    pub story: Vec<Line>,
    /// Findings, the explaining one first.
    pub findings: Vec<Finding>,
    /// What could not be seen.
    pub unknowns: Vec<Unknown>,
    /// Checks whose expression failed: defects of the checks.
    pub defects: Vec<(CheckId, String)>,
}

/// A check that fired.
pub(crate) struct Fired<'a> {
    pub(crate) check: &'a Check,
    pub(crate) severity: Severity,
    pub(crate) outcome: Option<Outcome>,
}

/// Asks every check and draws the conclusion.
pub fn diagnose(
    facts: &Facts,
    decision: Option<&replay::Decision>,
    checks: &[Check],
    documents: &Documents,
) -> Diagnosis {
    let mut fired = Vec::new();
    let mut waiting: BTreeMap<String, (Gap, Vec<CheckId>)> = BTreeMap::new();
    let mut defects = Vec::new();
    for check in checks {
        match check.judge(facts) {
            Verdict::Fires(severity, outcome) => fired.push(Fired { check, severity, outcome }),
            Verdict::CannotTell(missing) => wait(&mut waiting, facts, check, missing),
            Verdict::Defective(why) => defects.push((check.id.clone(), why)),
            Verdict::Holds => {}
        }
    }
    leave_out_replaced(&mut fired);
    demote_refuted(&mut fired, facts);
    let first = conclusion::conclude(facts, &fired);
    let order = order::sort(&mut fired, &first);
    debug_assert_eq!(order, fired.len());
    let conclusion = conclusion::settle(first, facts, &fired);
    let findings: Vec<Finding> =
        fired.iter().map(|f| finding::write(f, facts, documents)).collect();
    Diagnosis {
        summary: conclusion::summary(&conclusion, facts, &findings),
        server_error: conclusion::server_error(&conclusion, facts),
        story: story::tell(facts, decision, &conclusion, &findings),
        unknowns: unknowns(facts, waiting),
        conclusion,
        findings,
        defects,
    }
}

/// What the live server refutes: where it let this very request through, nothing on its side blocks;
/// where it knows who asks, nothing up to the user name does.
fn demote_refuted(fired: &mut [Fired<'_>], facts: &Facts) {
    let Some((outcome, _)) = conclusion::told_by_the_server(facts) else { return };
    let last = if outcome == Outcome::Allowed { Step::Session } else { Step::Username };
    for finding in fired.iter_mut() {
        if finding.check.step > Step::Plugin && finding.check.step <= last {
            finding.severity = Severity::Notice;
        }
    }
}

/// A general finding says nothing more where a specific one of the same thing fired.
fn leave_out_replaced(fired: &mut Vec<Fired<'_>>) {
    let replaced: Vec<CheckId> =
        fired.iter().flat_map(|f| f.check.replaces.iter().cloned()).collect();
    fired.retain(|f| !replaced.contains(&f.check.id));
}

fn wait(
    waiting: &mut BTreeMap<String, (Gap, Vec<CheckId>)>,
    facts: &Facts,
    check: &Check,
    missing: Vec<(String, Gap)>,
) {
    for (path, gap) in missing {
        let branch = branch_of(facts, &path);
        let (_, ids) = waiting.entry(branch).or_insert_with(|| (gap, Vec::new()));
        if !ids.contains(&check.id) {
            ids.push(check.id.clone());
        }
    }
}

/// The branch that a gap was noted for, so that one missing source is told once.
fn branch_of(facts: &Facts, path: &str) -> String {
    facts
        .gaps()
        .map(|(branch, _)| branch)
        .filter(|branch| path == *branch || path.starts_with(&format!("{branch}.")))
        .max_by_key(|branch| branch.len())
        .unwrap_or(path)
        .to_owned()
}

/// What could have changed the verdict: a gap that some check waits for, or the settings and the token
/// themselves.
fn unknowns(facts: &Facts, mut waiting: BTreeMap<String, (Gap, Vec<CheckId>)>) -> Vec<Unknown> {
    const ALWAYS: &[&str] =
        &["client", "live.allowed", "policy", "server", "server.ca_fault", "token"];
    for (branch, gap) in facts.gaps().filter(|(branch, _)| ALWAYS.contains(branch)) {
        waiting.entry(branch.to_owned()).or_insert_with(|| (gap.clone(), Vec::new()));
    }
    let mut unknowns: Vec<Unknown> =
        waiting.into_iter().map(|(what, (gap, checks))| Unknown { what, gap, checks }).collect();
    fold(&mut unknowns);
    unknowns
}

/// One missing source is told once, under its shortest name.
fn fold(unknowns: &mut Vec<Unknown>) {
    let mut kept: Vec<Unknown> = Vec::new();
    unknowns.sort_by_key(|unknown| unknown.what.len());
    for unknown in unknowns.drain(..) {
        match kept.iter_mut().find(|known| known.gap == unknown.gap) {
            Some(known) => {
                known.checks.extend(unknown.checks);
                known.checks.sort();
                known.checks.dedup();
            }
            None => kept.push(unknown),
        }
    }
    kept.sort_by(|a, b| a.what.cmp(&b.what));
    *unknowns = kept;
}

/// The actors of the findings that block, in the order in which they come.
pub fn actors(findings: &[Finding]) -> Vec<Who> {
    let mut actors = Vec::new();
    for finding in findings.iter().filter(|f| f.severity == Severity::Blocks) {
        if !actors.contains(&finding.who) {
            actors.push(finding.who);
        }
    }
    actors
}

/// An origin in words: file, line, and the part inside.
pub fn place(origin: &Origin) -> String {
    let mut text = origin.path.clone();
    if let Some(line) = origin.line {
        text.push_str(&format!(":{line}"));
    }
    match (text.is_empty(), origin.part.is_empty()) {
        (true, true) => origin.kind.clone(),
        (true, false) => format!("{} {}", origin.kind, origin.part).trim().to_owned(),
        (false, true) => text,
        (false, false) => format!("{}, {text}", origin.part),
    }
}
