//! The login told in order, one line per step, each a sentence that is true when all is well.

use super::{Conclusion, Finding, place};
use crate::checks::{Severity, Step};
use crate::evidence::{Fact, Origin};
use crate::facts::{Facts, Leaf};
use crate::replay;

/// How a step went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// What was seen does not tell.
    CannotTell,
    /// The request does not come that far.
    NotReached,
    /// Fine.
    Passed,
    /// Here it stops.
    Stopped,
}

impl Mark {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Mark::CannotTell => "cannot-tell",
            Mark::NotReached => "not-reached",
            Mark::Passed => "passed",
            Mark::Stopped => "stopped",
        }
    }
}

/// One step of the story.
#[derive(Clone, Debug)]
pub struct Line {
    /// Which step.
    pub step: Step,
    /// How it went.
    pub mark: Mark,
    /// What was seen.
    pub detail: String,
    /// The facts behind it, as path and origin.
    pub facts: Vec<(String, Origin)>,
}

/// Tells the steps from the kubeconfig to RBAC.
pub(super) fn tell(
    facts: &Facts,
    decision: Option<&replay::Decision>,
    conclusion: &Conclusion,
    findings: &[Finding],
) -> Vec<Line> {
    let mut lines = vec![client(facts)];
    lines.extend(plugin(facts));
    lines.push(token(facts));
    lines.push(network(facts));
    lines.push(settings(facts));
    lines.extend(decision.iter().flat_map(|d| d.steps.iter().filter(|r| tells(r)).map(replayed)));
    if decision.is_none() {
        lines.extend(undecided());
    }
    lines.push(access(facts));
    if facts.holds("token.renewable") {
        lines.iter_mut().filter(|line| line.step == Step::Time).for_each(expired);
    }
    stop(&mut lines, conclusion, findings);
    lines
}

/// An expired token that the client renews was judged as it was before its end.
fn expired(line: &mut Line) {
    line.mark = Mark::CannotTell;
    line.detail =
        "it has expired; the client renews it, and the rest is judged as before its end".into();
}

/// That the token can be read was told with the token itself.
fn tells(record: &replay::StepRecord) -> bool {
    let token = record.step.name() == Step::Token.name();
    !(token && matches!(record.outcome, replay::Outcome::Passed | replay::Outcome::NotReached))
}

/// Marks the step of the conclusion, with what the leading finding says of it.
fn stop(lines: &mut [Line], conclusion: &Conclusion, findings: &[Finding]) {
    use crate::checks::Outcome;
    if matches!(conclusion.outcome, Outcome::Allowed | Outcome::Undetermined) {
        return;
    }
    let leading = findings.first().filter(|finding| finding.severity == Severity::Blocks);
    for line in lines.iter_mut().filter(|line| line.step == conclusion.step) {
        if let Some(finding) = leading.filter(|_| line.mark != Mark::Stopped) {
            line.detail = finding.title.clone();
        }
        line.mark = Mark::Stopped;
    }
}

fn line(step: Step, mark: Mark, detail: String, facts: &Facts, paths: &[&str]) -> Line {
    let seen = paths.iter().filter_map(|path| match facts.get(path) {
        Fact::Known(_, origin) | Fact::Absent(origin) => Some(((*path).to_owned(), origin)),
        Fact::Unknown(_) => None,
    });
    Line { step, mark, detail, facts: seen.collect() }
}

fn client(facts: &Facts) -> Line {
    let context = facts.text("client.context").unwrap_or_default();
    let user = facts.text("client.user").unwrap_or_default();
    let credential = facts.text("client.credential").unwrap_or_else(|| "none".to_owned());
    let detail = format!("context {context}, user {user}, credential {credential}");
    let mark = if facts.gap("client.user").is_some() { Mark::CannotTell } else { Mark::Passed };
    line(Step::Kubeconfig, mark, detail, facts, &["client.context", "client.user"])
}

fn plugin(facts: &Facts) -> Option<Line> {
    let command = facts.text("plugin.command")?;
    let kind = facts.text("plugin.kind").unwrap_or_default();
    let mark = match facts.known("plugin.found") {
        Some(Leaf::Flag(true)) => Mark::Passed,
        Some(_) => Mark::Stopped,
        None => Mark::CannotTell,
    };
    let detail = match mark {
        Mark::Stopped => {
            let wanted = facts.text("plugin.wanted").unwrap_or_default();
            format!("{command} needs {wanted}, which is not on PATH")
        }
        _ => format!("{command} is {kind}"),
    };
    Some(line(Step::Plugin, mark, detail, facts, &["plugin.command", "plugin.wanted"]))
}

fn token(facts: &Facts) -> Line {
    let (mark, detail) = match facts.get("token.source") {
        Fact::Known(Leaf::Text(source), origin) => {
            let form = facts.text("token.form").unwrap_or_default();
            (Mark::Passed, format!("{form} from the {source}, {}", place(&origin)))
        }
        Fact::Unknown(gap) => (Mark::CannotTell, gap.why),
        _ if facts.text("client.credential").as_deref() == Some("none") => {
            (Mark::NotReached, "no token is sent".to_owned())
        }
        _ => (Mark::CannotTell, "no token was found".to_owned()),
    };
    line(Step::Token, mark, detail, facts, &["token.source"])
}

fn network(facts: &Facts) -> Line {
    let server = facts.text("client.server").unwrap_or_default();
    let (mark, detail) = match facts.known("live.reachable") {
        Some(Leaf::Flag(true)) => (Mark::Passed, format!("{server} answers")),
        Some(_) => (Mark::Stopped, facts.text("live.failure").unwrap_or_default()),
        None => (Mark::CannotTell, "the API server was not asked".to_owned()),
    };
    line(Step::Network, mark, detail, facts, &["client.server"])
}

fn settings(facts: &Facts) -> Line {
    let (mark, detail) = match facts.get("server.oidc") {
        Fact::Known(Leaf::Flag(true), origin) => {
            let issuer = facts.text("server.issuer").unwrap_or_default();
            (Mark::Passed, format!("trusts {issuer}, {}", place(&origin)))
        }
        Fact::Known(_, origin) => {
            let jwt = facts.text("token.form").as_deref() == Some("jwt");
            let mark = if jwt { Mark::Stopped } else { Mark::Passed };
            (mark, format!("no OIDC authenticator, {}", place(&origin)))
        }
        Fact::Unknown(gap) => (Mark::CannotTell, gap.why),
        Fact::Absent(_) => (Mark::CannotTell, "the settings were not seen".to_owned()),
    };
    line(Step::ApiServer, mark, detail, facts, &["server.issuer", "server.audiences"])
}

fn replayed(record: &replay::StepRecord) -> Line {
    let mark = match record.outcome {
        replay::Outcome::CannotTell { .. } => Mark::CannotTell,
        replay::Outcome::NotMine | replay::Outcome::Stopped(_) => Mark::Stopped,
        replay::Outcome::NotReached => Mark::NotReached,
        replay::Outcome::Passed => Mark::Passed,
    };
    let step = super::conclusion::step_named(record.step.name());
    let detail = match (step, mark) {
        // What was fetched is what this machine fetched.
        (Step::Discovery, Mark::Passed) => {
            "the issuer's document, as fetched from here, fits".into()
        }
        _ => record.detail.clone(),
    };
    Line { step, mark, detail, facts: Vec::new() }
}

fn undecided() -> impl Iterator<Item = Line> {
    [Step::Issuer, Step::Audience, Step::Time, Step::Signature, Step::Username].into_iter().map(
        |step| Line {
            step,
            mark: Mark::CannotTell,
            detail: "not replayed: settings or token are missing".to_owned(),
            facts: Vec::new(),
        },
    )
}

fn access(facts: &Facts) -> Line {
    let reason = facts.text("access.reason").unwrap_or_default();
    let (mark, detail) = match facts.known("access.allowed") {
        Some(Leaf::Flag(true)) => (Mark::Passed, reason),
        Some(_) => (Mark::Stopped, reason),
        None => match facts.gap("access.allowed") {
            Some(gap) => (Mark::CannotTell, gap.why.clone()),
            None => (Mark::NotReached, "RBAC is asked when a user name results".to_owned()),
        },
    };
    line(Step::Access, mark, detail, facts, &["access.reason"])
}
