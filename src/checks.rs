//! Checks: opinions about facts, one YAML file each.
//!
//! What needs a parser, a clock, a key or a network is a fact (Rust). What needs an opinion is a check
//! (YAML and CEL). The built-in checks and a user's own folder come through the same loader, which
//! refuses whatever could make a check quietly pass: an unknown fact, an unknown field, an expression
//! that is not about facts.

pub mod expression;
pub mod load;
pub mod template;

use serde::Deserialize;

use crate::evidence::{Gap, Who};
use crate::facts::Facts;
use expression::Expression;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// The request cannot succeed while this stands.
    Blocks,
    /// The request may fail because of this.
    MayBlock,
    /// Worth knowing; the request does not fail because of it.
    Notice,
}

/// How sure a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Certainty {
    /// It follows from what was read.
    Certain,
    /// It is what such evidence nearly always means.
    Likely,
    /// One of several explanations.
    Possible,
}

/// A step of the login, in the order in which a request meets them.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, serde::Serialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// The merged kubeconfig names what to send.
    Kubeconfig,
    /// The credential plugin can be run.
    Plugin,
    /// A login brings a token.
    Login,
    /// The way to the API server is open.
    Network,
    /// The API server runs with OIDC settings.
    ApiServer,
    /// What is sent is a signed compact JWT.
    Token,
    /// The issuer is the trusted one.
    Issuer,
    /// The server has discovery and keys of the issuer.
    Discovery,
    /// Algorithm, key and signature are right.
    Signature,
    /// An audience is accepted.
    Audience,
    /// The token is valid now.
    Time,
    /// A user name results.
    Username,
    /// Groups result.
    Groups,
    /// Required claims and rules hold.
    ClaimRules,
    /// RBAC allows the request.
    Access,
    /// The login lasts as it should.
    Session,
}

impl Step {
    /// The name in reports, as the contract spells it.
    pub fn name(self) -> &'static str {
        match self {
            Step::Access => "access",
            Step::ApiServer => "api-server",
            Step::Audience => "audience",
            Step::ClaimRules => "claim-rules",
            Step::Discovery => "discovery",
            Step::Groups => "groups",
            Step::Issuer => "issuer",
            Step::Kubeconfig => "kubeconfig",
            Step::Login => "login",
            Step::Network => "network",
            Step::Plugin => "plugin",
            Step::Session => "session",
            Step::Signature => "signature",
            Step::Time => "time",
            Step::Token => "token",
            Step::Username => "username",
        }
    }
}

/// How the command ends because of a finding that blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The request succeeds.
    Allowed,
    /// The server knows who asks and says no.
    Forbidden,
    /// No usable token, and the login that would bring one cannot succeed.
    LoginFails,
    /// The client stops before any request.
    NoRequest,
    /// The API server cannot run with this configuration.
    ServerDown,
    /// The server does not believe the credential.
    Unauthorized,
    /// Cannot be told from what was seen.
    Undetermined,
    /// No answer from the API server.
    Unreachable,
}

/// The name of a defect: kebab-case, public, never renamed. A user's own check has the prefix `local/`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, serde::Serialize)]
#[serde(transparent)]
pub struct CheckId(String);

impl CheckId {
    /// Takes a name that keeps to the form.
    pub fn new(text: &str) -> Option<Self> {
        let name = text.strip_prefix("local/").unwrap_or(text);
        let fits = name.split('-').all(|word| {
            !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        });
        fits.then(|| Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for CheckId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.0)
    }
}

/// A circumstance in which a defect matters more or less than usual.
#[derive(Clone, Debug)]
pub struct Degree {
    /// When.
    pub when: Expression,
    /// How much it matters then.
    pub severity: Severity,
    /// How the command ends then, where the step does not say.
    pub outcome: Option<Outcome>,
}

/// A repair: who acts, and exactly what.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FixTemplate {
    /// Unique inside its check.
    pub id: String,
    /// Who acts.
    pub who: Who,
    /// Starts with a verb.
    pub title: String,
    /// Commands to type, complete; a command that needs a missing fact is not offered.
    #[serde(default)]
    pub commands: Vec<String>,
    /// A change of a file.
    #[serde(default)]
    pub edit: Option<EditTemplate>,
    /// Can it be done without thought?
    #[serde(default)]
    pub safe: bool,
    /// How to take it back.
    #[serde(default)]
    pub undo: String,
    /// What must be true for it to work.
    #[serde(default)]
    pub assumes: Vec<String>,
}

/// A change of the file that a fact was read from.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EditTemplate {
    /// The fact whose place in a file is to change.
    pub at: String,
    /// The text there, to be replaced.
    #[serde(default)]
    pub replace: Option<String>,
    /// The new text; without `replace` it becomes a further item after that place.
    pub with: String,
}

/// A loaded check.
#[derive(Clone, Debug)]
pub struct Check {
    /// The defect's name.
    pub id: CheckId,
    /// The file that it came from, as shown in messages.
    pub file: String,
    /// The release that first had it.
    pub since: String,
    /// The step at which the defect lies.
    pub step: Step,
    /// The steps that it can explain when a request stops there.
    pub explains: Vec<Step>,
    /// How much it matters.
    pub severity: Severity,
    /// When it matters more or less; the first that holds counts.
    pub degrees: Vec<Degree>,
    /// How sure it is.
    pub certainty: Certainty,
    /// Who can repair it.
    pub who: Who,
    /// How the command ends because of it, where the step does not say.
    pub outcome: Option<Outcome>,
    /// Checks that say less about the same thing.
    pub before: Vec<CheckId>,
    /// Checks that say nothing more when this one fires, and are then left out.
    pub replaces: Vec<CheckId>,
    /// What is true when nothing is wrong.
    pub holds: String,
    /// True when the defect is there.
    pub fires_when: Expression,
    /// The defect in a few words.
    pub title: String,
    /// What differs.
    pub says: String,
    /// Why it matters.
    pub why: String,
    /// The facts to show: both sides.
    pub evidence: Vec<String>,
    /// Repairs, the best first.
    pub fixes: Vec<FixTemplate>,
    /// Where this knowledge comes from.
    pub sources: Vec<String>,
    /// A bundled case in which it is silent though nearly the same is true.
    pub near_miss: String,
}

/// What a check says about a situation.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// Needed evidence is unknown.
    CannotTell(Vec<(String, Gap)>),
    /// The expression failed: a defect of the check.
    Defective(String),
    /// The defect is there, this much it matters, and the command ends so because of it.
    Fires(Severity, Option<Outcome>),
    /// The defect is not there, or the check does not apply.
    Holds,
}

impl Check {
    /// Asks the check.
    pub fn judge(&self, facts: &Facts) -> Verdict {
        match self.fires_when.judge(facts) {
            expression::Answer::Fails(error) => Verdict::Defective(error),
            expression::Answer::False => Verdict::Holds,
            expression::Answer::True => {
                let (severity, outcome) = self.degree(facts);
                Verdict::Fires(severity, outcome)
            }
            expression::Answer::Unknown(missing) => Verdict::CannotTell(missing),
        }
    }

    fn degree(&self, facts: &Facts) -> (Severity, Option<Outcome>) {
        self.degrees
            .iter()
            .find(|degree| degree.when.judge(facts) == expression::Answer::True)
            .map_or((self.severity, self.outcome), |degree| {
                (degree.severity, degree.outcome.or(self.outcome))
            })
    }
}

/// The id that a misspelt one most resembles.
pub fn nearest<'a>(id: &str, all: &'a [Check]) -> Option<&'a str> {
    all.iter()
        .map(|check| check.id.as_str())
        .map(|known| (crate::facts::schema::distance(id, known), known))
        .filter(|(distance, known)| *distance <= 1 + known.len() / 4)
        .min()
        .map(|(_, known)| known)
}
