//! The steps of a decision and how they ended.

use std::collections::BTreeMap;

/// One check of the API server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// The token is meant for this server.
    Audience,
    /// The claims and the finished user obey the configured rules.
    ClaimRules,
    /// The server knows the provider's endpoints.
    Discovery,
    /// Extra attributes can be made.
    Extra,
    /// The groups can be made.
    Groups,
    /// The token's issuer is a trusted one.
    Issuer,
    /// The algorithm is allowed and a key of the provider verifies the signature.
    Signature,
    /// The token is valid now.
    Time,
    /// The token's header and claims can be read.
    Token,
    /// The uid can be made.
    Uid,
    /// The user's name can be made.
    Username,
}

impl Step {
    /// The step's name in reports. Making the uid belongs to the user's name there, making extra
    /// attributes to the rules.
    pub fn name(self) -> &'static str {
        match self {
            Step::Audience => "audience",
            Step::ClaimRules | Step::Extra => "claim-rules",
            Step::Discovery => "discovery",
            Step::Groups => "groups",
            Step::Issuer => "issuer",
            Step::Signature => "signature",
            Step::Time => "time",
            Step::Token => "token",
            Step::Username | Step::Uid => "username",
        }
    }

    /// What is true when the step passes.
    pub fn healthy(self) -> &'static str {
        match self {
            Step::Audience => "the token is meant for an audience that the server accepts",
            Step::ClaimRules => "the claims and the user obey every rule of the server",
            Step::Discovery => "the server knows the issuer's discovery document",
            Step::Extra => "the extra attributes can be made from the claims",
            Step::Groups => "the groups can be made from the claims",
            Step::Issuer => "the token's issuer is one that the server trusts",
            Step::Signature => "a key of the issuer verifies the signature",
            Step::Time => "the token is valid at the server's time",
            Step::Token => "the token's header and claims can be read",
            Step::Uid => "the uid can be made from the claims",
            Step::Username => "the user name can be made from the claims",
        }
    }
}

/// How a step ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Something that decides is not known.
    CannotTell {
        /// What is missing.
        missing: String,
    },
    /// No authenticator of the server takes the token for its own.
    NotMine,
    /// An earlier step ended the decision.
    NotReached,
    /// The step passed.
    Passed,
    /// The step refuses the token.
    Stopped(Mismatch),
}

/// Both sides of the comparison that failed.
#[derive(Clone, Debug, PartialEq)]
pub struct Mismatch {
    /// What the token, or the provider, brings.
    pub token_side: Side,
    /// What the server wants.
    pub server_side: Side,
    /// The server's text, as it stands in its log.
    pub error: String,
}

/// One side of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side {
    /// Where the value was read: a claim, a flag, a path in the configuration.
    pub what: String,
    /// The value byte for byte; none when it is absent.
    pub value: Option<String>,
}

impl Side {
    /// A side with a value.
    pub(crate) fn new(what: impl Into<String>, value: impl Into<String>) -> Side {
        Side { what: what.into(), value: Some(value.into()) }
    }

    /// A side with a value that may be absent.
    pub(crate) fn maybe(what: impl Into<String>, value: Option<String>) -> Side {
        Side { what: what.into(), value }
    }
}

/// A step and how it ended.
#[derive(Clone, Debug, PartialEq)]
pub struct StepRecord {
    /// The step.
    pub step: Step,
    /// How it ended.
    pub outcome: Outcome,
    /// One sentence about it.
    pub detail: String,
}

/// How the decision ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Every step passed.
    Accepted,
    /// No authenticator takes the token for its own; the server says `invalid bearer token`.
    NotMine,
    /// This step surely refuses the token.
    Refused(Step),
    /// Something that decides is not known, and nothing refuses the token for sure.
    Undecided,
}

/// The API server's decision.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// The steps in the order in which the server takes them.
    pub steps: Vec<StepRecord>,
    /// How it ended.
    pub ending: Ending,
    /// Who the token stands for; only when every step passed.
    pub user: Option<User>,
    /// The text that the server logs for its OIDC authenticators, if it is certain.
    pub error: Option<String>,
    /// The authenticator that took the token for its own, counted from 0.
    pub authenticator: Option<usize>,
}

/// Who a token stands for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct User {
    /// The user's name.
    pub username: String,
    /// The user's uid; empty when none is configured.
    pub uid: String,
    /// The groups in order, without those that the server adds.
    pub groups: Vec<String>,
    /// Extra attributes.
    pub extra: BTreeMap<String, Vec<String>>,
}

impl User {
    /// The user as a request carries it: with `system:authenticated`, unless the name or a group
    /// forbids it. Source: k8s.io/apiserver, pkg/authentication/group, `AuthenticatedGroupAdder`.
    #[must_use]
    pub fn in_request(&self) -> User {
        const ADDED: &str = "system:authenticated";
        let mut user = self.clone();
        let told = |group: &String| group == ADDED || group == "system:unauthenticated";
        if user.username != "system:anonymous" && !user.groups.iter().any(told) {
            user.groups.push(ADDED.to_owned());
        }
        user
    }
}

/// The steps of one decision as they happen.
#[derive(Debug, Default)]
pub(crate) struct Steps {
    records: Vec<StepRecord>,
    /// Something that could have stopped a step before what did stop it.
    doubt: Option<String>,
}

impl Steps {
    pub(crate) fn passed(&mut self, step: Step) {
        self.push(step, Outcome::Passed, step.healthy().to_owned());
    }

    pub(crate) fn passed_because(&mut self, step: Step, detail: impl Into<String>) {
        self.push(step, Outcome::Passed, detail.into());
    }

    pub(crate) fn unknown(&mut self, step: Step, missing: impl Into<String>) {
        let missing = missing.into();
        let detail = format!("cannot tell whether {}: {missing} is missing", step.healthy());
        self.push(step, Outcome::CannotTell { missing }, detail);
    }

    /// Remembers that a step which is about to be stopped might have stopped for another reason.
    pub(crate) fn doubt(&mut self, missing: Option<String>) {
        self.doubt = self.doubt.take().or(missing);
    }

    pub(crate) fn stopped(&mut self, step: Step, mismatch: Mismatch) {
        let detail = mismatch.error.clone();
        self.push(step, Outcome::Stopped(mismatch), detail);
    }

    pub(crate) fn push(&mut self, step: Step, outcome: Outcome, detail: String) {
        // A step that is decided in two parts has one record, where its last part stands.
        self.records
            .retain(|record| record.step != step || !matches!(record.outcome, Outcome::Passed));
        self.records.push(StepRecord { step, outcome, detail });
    }

    /// What stopped the decision, and whether everything before it is known.
    pub(crate) fn stop(&self) -> Option<(Step, &Mismatch, bool)> {
        let certain = !self.has_unknown() && self.doubt.is_none();
        self.records.iter().find_map(|record| match &record.outcome {
            Outcome::Stopped(mismatch) => Some((record.step, mismatch, certain)),
            _ => None,
        })
    }

    pub(crate) fn has_unknown(&self) -> bool {
        self.records.iter().any(|record| matches!(record.outcome, Outcome::CannotTell { .. }))
    }

    /// The records, with those steps of the plan that were never reached.
    pub(crate) fn finish(mut self, plan: &[Step]) -> Vec<StepRecord> {
        for step in plan {
            if !self.records.iter().any(|record| record.step == *step) {
                self.records.push(StepRecord {
                    step: *step,
                    outcome: Outcome::NotReached,
                    detail: "an earlier step ended the decision".to_owned(),
                });
            }
        }
        self.records
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop")]

    use super::*;

    #[test]
    fn system_authenticated_is_added_last() {
        let user = |username: &str, groups: &[&str]| User {
            username: username.to_owned(),
            groups: groups.iter().map(|&g| g.to_owned()).collect(),
            ..User::default()
        };
        assert_eq!(user("jane", &["a"]).in_request().groups, ["a", "system:authenticated"]);
        assert_eq!(user("", &[]).in_request().groups, ["system:authenticated"]);
        assert!(user("system:anonymous", &[]).in_request().groups.is_empty());
        let outside = user("jane", &["system:unauthenticated"]);
        assert_eq!(outside.in_request().groups, ["system:unauthenticated"]);
    }
}
