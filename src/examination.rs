//! From evidence to a report: facts, the replayed decision, checks, diagnosis.
//!
//! Pure: the same evidence gives the same report, whether it was gathered just now, read from a
//! bundle, or is a bundled case.

use crate::checks::{Check, CheckId, Outcome};
use crate::diagnosis::{self, Diagnosis, Documents};
use crate::evidence::{Evidence, bundle};
use crate::facts::{self, Facts, Situation};
use crate::replay::User;
use crate::report::{Frame, Redaction, Report, RequestLine};

/// What an examination brings.
#[derive(Debug)]
pub struct Examination {
    /// The report.
    pub report: Report,
    /// The facts behind it.
    pub facts: Facts,
    /// Checks whose expression failed: defects of the checks, not of the situation.
    pub defects: Vec<String>,
}

/// Examines the evidence. Of several control planes the first that does not let the request through
/// is reported; that they differ is a finding of its own.
pub fn examine(evidence: &Evidence, checks: &[Check]) -> Examination {
    // CEL's parser recurses: it gets a stack on which its own limit is reached first.
    std::thread::scope(|scope| {
        let work = || examine_here(evidence, checks);
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
        match thread.map(|handle| handle.join()) {
            Ok(Ok(examination)) => examination,
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            Err(_) => examine_here(evidence, checks),
        }
    })
}

/// Bytes of stack for the thread that evaluates.
const STACK: usize = 32 * 1024 * 1024;

fn examine_here(evidence: &Evidence, checks: &[Check]) -> Examination {
    let mut situations = facts::situations(evidence);
    let documents = Documents(facts::texts(evidence));
    let judged: Vec<Diagnosis> = situations
        .iter()
        .map(|s| diagnosis::diagnose(&s.facts, s.decision.as_ref(), checks, &documents))
        .collect();
    let lets_through = |d: &Diagnosis| d.conclusion.outcome == Outcome::Allowed;
    let chosen = judged.iter().position(|d| !lets_through(d)).unwrap_or(0);
    let situation = situations.swap_remove(chosen);
    let frame = frame(evidence, &situation);
    let report = Report::new(&judged[chosen], &situation.facts, frame);
    let told = |(id, why): &(CheckId, String)| format!("the check {id} is defective: {why}");
    let defects = judged[chosen].defects.iter().map(told).collect();
    Examination { report, facts: situation.facts, defects }
}

fn frame(evidence: &Evidence, situation: &Situation) -> Frame {
    let redactions = bundle::hidden(evidence)
        .into_iter()
        .map(|(what, count)| Redaction { what: what.to_owned(), count });
    Frame {
        created_at: evidence.situation.gathered_at,
        judged_at: evidence.situation.now,
        request: request(situation),
        user: user(situation),
        redactions: redactions.collect(),
    }
}

fn user(situation: &Situation) -> Option<User> {
    let judged = situation.facts.text("access.username");
    let user = situation.decision.as_ref().and_then(|decision| decision.user.clone());
    match (judged, user) {
        (Some(name), Some(user)) if user.username == name => Some(user),
        // A client certificate's user, whom the server believes before any token.
        (Some(username), _) => Some(User {
            username,
            uid: String::new(),
            groups: situation.facts.texts("access.groups").unwrap_or_default(),
            extra: Default::default(),
        }),
        (None, user) => user,
    }
}

fn request(situation: &Situation) -> RequestLine {
    let text = |path: &str| situation.facts.text(path).unwrap_or_default();
    RequestLine {
        verb: text("request.verb"),
        group: text("request.group"),
        resource: text("request.resource"),
        namespace: text("request.namespace"),
    }
}
