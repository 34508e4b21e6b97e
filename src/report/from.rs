//! From a diagnosis to a report.

use super::*;
use crate::diagnosis::{self, Diagnosis};
use crate::evidence::moment::Moment;
use crate::facts::{Facts, Leaf};
use crate::replay;

/// What a report says besides the diagnosis.
pub struct Frame {
    /// When it is made.
    pub created_at: Moment,
    /// The moment judged.
    pub judged_at: Moment,
    /// The request.
    pub request: RequestLine,
    /// Who results.
    pub user: Option<replay::User>,
    /// What was left out.
    pub redactions: Vec<Redaction>,
}

impl Report {
    /// Makes the report of a diagnosis.
    pub fn new(diagnosis: &Diagnosis, facts: &Facts, frame: Frame) -> Self {
        let text = |path: &str| facts.text(path).unwrap_or_default();
        let conclusion = &diagnosis.conclusion;
        let allowed = conclusion.outcome == Outcome::Allowed;
        Self {
            api_version: API_VERSION.to_owned(),
            kind: "Report".to_owned(),
            created_at: frame.created_at.to_string(),
            judged_at: frame.judged_at.to_string(),
            tool: Tool { version: env!("CARGO_PKG_VERSION").to_owned() },
            target: Target {
                context: text("client.context"),
                cluster: text("client.cluster"),
                server: text("client.server"),
                user: text("client.user"),
                request: frame.request,
            },
            verdict: Verdict {
                outcome: conclusion.outcome,
                step: conclusion.step,
                cause: diagnosis
                    .findings
                    .first()
                    .filter(|finding| !allowed && !only_noticed(conclusion.outcome, finding))
                    .map(|finding| finding.id.to_string()),
                summary: diagnosis.summary.clone(),
                server_error: diagnosis.server_error.clone(),
                basis: conclusion.basis,
            },
            identity: frame.user.map(identity),
            steps: diagnosis.story.iter().map(step_line).collect(),
            findings: diagnosis.findings.iter().map(finding).collect(),
            plan: plan(&diagnosis.findings),
            session: session(facts),
            unknowns: diagnosis.unknowns.iter().map(unknown).collect(),
            redactions: frame.redactions,
        }
    }
}

/// A notice is no cause of not knowing.
fn only_noticed(outcome: Outcome, finding: &diagnosis::Finding) -> bool {
    outcome == Outcome::Undetermined && finding.severity == Severity::Notice
}

fn identity(user: replay::User) -> Identity {
    Identity { username: user.username, uid: user.uid, groups: user.groups, extra: user.extra }
}

fn step_line(line: &diagnosis::Line) -> StepLine {
    let evidence = line
        .facts
        .iter()
        .map(|(fact, origin)| StepEvidence { fact: fact.clone(), origin: origin.clone() });
    StepLine {
        step: line.step,
        outcome: line.mark.name().to_owned(),
        detail: line.detail.clone(),
        evidence: evidence.collect(),
    }
}

fn finding(finding: &diagnosis::Finding) -> Finding {
    let evidence = finding.evidence.iter().map(|shown| Evidence {
        fact: shown.fact.clone(),
        value: shown.value.as_ref().map_or(Value::Null, Leaf::to_json),
        state: shown.state.name().to_owned(),
        origin: shown.origin.clone(),
    });
    let fixes = finding.fixes.iter().map(|fix| Fix {
        id: fix.id.clone(),
        who: fix.who,
        title: fix.title.clone(),
        commands: fix.commands.clone(),
        edit: fix.edit.clone().map(|(path, diff)| Edit { path, diff }),
        safe: fix.safe,
        undo: fix.undo.clone(),
        proven: false,
        assumes: fix.assumes.clone(),
    });
    Finding {
        id: finding.id.to_string(),
        severity: finding.severity,
        certainty: finding.certainty,
        step: finding.step,
        who: finding.who,
        title: finding.title.clone(),
        message: finding.message.clone(),
        why: finding.why.clone(),
        evidence: evidence.collect(),
        fixes: fixes.collect(),
        docs: format!("oidc-doctor explain {}", finding.id),
    }
}

/// The first repair of each finding that blocks, in order.
fn plan(findings: &[diagnosis::Finding]) -> Vec<PlanItem> {
    findings
        .iter()
        .filter(|finding| finding.severity == Severity::Blocks)
        .filter_map(|finding| finding.fixes.first().map(|fix| (finding, fix)))
        .enumerate()
        .map(|(index, (finding, fix))| PlanItem {
            order: index + 1,
            who: fix.who,
            fix: format!("{}/{}", finding.id, fix.id),
            resolves: vec![finding.id.to_string()],
        })
        .collect()
}

fn session(facts: &Facts) -> Session {
    let time = |path: &str| match facts.known(path) {
        Some(Leaf::Time(moment)) => Some(moment.to_string()),
        _ => None,
    };
    let lifetime_seconds = match facts.known("token.lifetime_seconds") {
        Some(Leaf::Count(seconds)) => Some(seconds),
        _ => None,
    };
    let refresh_token = match facts.known("cache.refresh_token") {
        Some(Leaf::Flag(true)) => "present",
        Some(_) => "absent",
        None => "unknown",
    };
    let expires_at = time("token.exp");
    Session {
        auth_time: time("token.auth_time"),
        next_login: if refresh_token == "absent" { expires_at.clone() } else { None },
        refresh_token: refresh_token.to_owned(),
        id_token: expires_at.is_some().then(|| Lifetime {
            issued_at: time("token.iat"),
            expires_at,
            lifetime_seconds,
        }),
    }
}

fn unknown(unknown: &diagnosis::Unknown) -> Unknown {
    Unknown {
        what: unknown.what.clone(),
        why: unknown.gap.why.clone(),
        ask: unknown.gap.ask,
        how: unknown.gap.how.clone(),
        checks: unknown.checks.iter().map(ToString::to_string).collect(),
    }
}
