//! The report: a versioned structure apart from the inner types, and its renderings.
//!
//! A rendering adds no knowledge. The JSON form is the contract: fields may be added, none changes
//! its meaning within `v1`.

pub mod escape;
pub mod explain;
mod from;
pub mod text;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use from::Frame;

use crate::checks::{Certainty, Outcome, Severity, Step};
use crate::diagnosis::Basis;
use crate::evidence::{Origin, Who};

/// `apiVersion` of reports and bundles.
pub const API_VERSION: &str = "oidc-doctor/v1";

/// The whole report.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// `oidc-doctor/v1`.
    pub api_version: String,
    /// `Report`.
    pub kind: String,
    /// When it was made, RFC 3339.
    pub created_at: String,
    /// The moment that was judged, RFC 3339.
    pub judged_at: String,
    /// Which program made it.
    pub tool: Tool,
    /// What was asked of whom.
    pub target: Target,
    /// The answer.
    pub verdict: Verdict,
    /// Who the server takes the person for.
    pub identity: Option<Identity>,
    /// The steps in order.
    pub steps: Vec<StepLine>,
    /// Findings, the explaining one first.
    pub findings: Vec<Finding>,
    /// Repairs in order.
    pub plan: Vec<PlanItem>,
    /// How long the login lasts.
    pub session: Session,
    /// What could not be seen.
    pub unknowns: Vec<Unknown>,
    /// What was left out of this report.
    pub redactions: Vec<Redaction>,
}

/// The program.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Tool {
    /// Its version.
    pub version: String,
}

/// What was asked of whom.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Target {
    /// The context in force.
    pub context: String,
    /// The cluster entry.
    pub cluster: String,
    /// The API server's URL.
    pub server: String,
    /// The user entry.
    pub user: String,
    /// The request that RBAC is asked about.
    pub request: RequestLine,
}

/// A request as RBAC sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestLine {
    /// get, list, create, …
    pub verb: String,
    /// The API group; empty for the core group.
    pub group: String,
    /// The plural resource, with `/subresource`.
    pub resource: String,
    /// The namespace; empty for the whole cluster.
    pub namespace: String,
}

/// The answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// How the command ends.
    pub outcome: Outcome,
    /// The step that decides it.
    pub step: Step,
    /// The first finding's id, when the outcome is not `allowed`.
    pub cause: Option<String>,
    /// One sentence.
    pub summary: String,
    /// The API server's own words.
    pub server_error: Option<String>,
    /// How it is known.
    pub basis: Basis,
}

/// Who the server takes the person for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Identity {
    /// The user name.
    pub username: String,
    /// The uid.
    pub uid: String,
    /// The groups.
    pub groups: Vec<String>,
    /// Further attributes.
    pub extra: std::collections::BTreeMap<String, Vec<String>>,
}

/// One step of the story.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StepLine {
    /// Which step.
    pub step: Step,
    /// passed, stopped, cannot-tell, not-reached.
    pub outcome: String,
    /// What was seen.
    pub detail: String,
    /// The facts behind it.
    pub evidence: Vec<StepEvidence>,
}

/// A fact behind a step.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StepEvidence {
    /// Its path.
    pub fact: String,
    /// Where it was read.
    pub origin: Origin,
}

/// A finding.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Finding {
    /// The defect.
    pub id: String,
    /// blocks, may-block, notice.
    pub severity: Severity,
    /// certain, likely, possible.
    pub certainty: Certainty,
    /// The step at which it lies.
    pub step: Step,
    /// Who can repair it.
    pub who: Who,
    /// The defect in a few words.
    pub title: String,
    /// What differs.
    pub message: String,
    /// Why it matters.
    pub why: String,
    /// Both sides.
    pub evidence: Vec<Evidence>,
    /// Repairs, the best first.
    pub fixes: Vec<Fix>,
    /// Where to read more.
    pub docs: String,
}

/// One side of a comparison.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Evidence {
    /// The path of the fact.
    pub fact: String,
    /// Its value, or null.
    pub value: Value,
    /// known, absent, unknown.
    pub state: String,
    /// Where it was read.
    pub origin: Option<Origin>,
}

/// A repair.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Fix {
    /// Unique inside the finding.
    pub id: String,
    /// Who acts.
    pub who: Who,
    /// Starts with a verb.
    pub title: String,
    /// Complete commands.
    pub commands: Vec<String>,
    /// A change of a file.
    pub edit: Option<Edit>,
    /// Can it be done without thought?
    pub safe: bool,
    /// How to take it back.
    pub undo: String,
    /// Was the request replayed with the fix in place, and came further?
    pub proven: bool,
    /// What must be true for it to work.
    pub assumes: Vec<String>,
}

/// A change of a file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Edit {
    /// The file.
    pub path: String,
    /// A unified diff.
    pub diff: String,
}

/// One repair of the plan.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PlanItem {
    /// From 1.
    pub order: usize,
    /// Who acts.
    pub who: Who,
    /// The fix, as `finding/fix`.
    pub fix: String,
    /// The findings that it ends.
    pub resolves: Vec<String>,
}

/// How long the login lasts.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// The life of the ID token.
    pub id_token: Option<Lifetime>,
    /// When the person last logged in.
    pub auth_time: Option<String>,
    /// present, absent, unknown.
    pub refresh_token: String,
    /// When a login page is to be expected, if that can be told.
    pub next_login: Option<String>,
}

/// The life of a token.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Lifetime {
    /// `iat`.
    pub issued_at: Option<String>,
    /// `exp`.
    pub expires_at: Option<String>,
    /// exp minus iat.
    pub lifetime_seconds: Option<i64>,
}

/// Something that could not be seen.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Unknown {
    /// The branch of facts.
    pub what: String,
    /// Why.
    pub why: String,
    /// Who has it.
    pub ask: Who,
    /// The command that would show it.
    pub how: String,
    /// The checks that could not tell.
    pub checks: Vec<String>,
}

/// What was left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redaction {
    /// Which kind of secret.
    pub what: String,
    /// How many.
    pub count: usize,
}
