//! The decision from the first look at the token to the finished user.

use crate::go::quote::{quote, quote_list};

use super::authenticator::{Authenticator, Server};
use super::steps::{Decision, Ending, Outcome, Step, Steps, User};
use super::token::{Parts, Unclaimed};
use super::{Moment, mapping, verify};

/// What is known of something that the server reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight<'a> {
    /// It is not configured, or not needed: no CA file, or no discovery because the key set was
    /// handed over directly.
    Absent,
    /// Its text.
    Body(&'a str),
    /// The server cannot read it: the CA file's error, or what follows
    /// `oidc authenticator: initializing plugin: `, or what follows `fetching keys `.
    Fails(&'a str),
    /// Nobody has looked.
    Unseen,
}

/// What the server sees of one provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Provider<'a> {
    /// The issuer that the answers belong to.
    pub issuer: &'a str,
    /// The discovery document, answered with status 200 and type application/json.
    pub discovery: Sight<'a>,
    /// The key set, answered with status 200 and type application/json.
    pub keys: Sight<'a>,
}

/// The token to decide about.
#[derive(Clone, Copy, Debug)]
pub enum Token<'a> {
    /// The whole token, as it stands in the request.
    Compact(&'a str),
    /// A token whose signature was removed after it was checked.
    Answered {
        /// The first part, in base64url as it was.
        header: &'a str,
        /// The second part, in base64url as it was.
        payload: &'a str,
        /// The places, in the key set's `keys`, of the keys that verified the token.
        verified_by: &'a [usize],
    },
}

/// The text for a token that no authenticator takes, and for every other one beside its own error.
/// Source: k8s.io/apiserver, pkg/authentication/request/bearertoken.
const INVALID: &str = "invalid bearer token";

/// Takes a token through the server's checks.
pub fn decide(
    server: &Server,
    providers: &[Provider<'_>],
    token: &Token<'_>,
    now: Moment,
) -> Decision {
    let mut steps = Steps::default();
    let (place, parts) = match claim(server, token, &mut steps) {
        Ok(found) => found,
        Err(ending) => return unclaimed(ending, steps),
    };
    let authenticator = &server.authenticators[place];
    let provider = providers.iter().find(|provider| provider.issuer == authenticator.issuer);
    let mut case = Case {
        server,
        authenticator,
        discovery: provider.map_or(Sight::Unseen, |provider| provider.discovery),
        keys: provider.map_or(Sight::Unseen, |provider| provider.keys),
        parts,
        now,
        steps,
    };
    let user = verify::verify(&mut case).and_then(|payload| mapping::map(&mut case, &payload));
    case.finish(place, user)
}

/// Finds the authenticator whose token this is.
fn claim<'a>(
    server: &Server,
    token: &Token<'a>,
    steps: &mut Steps,
) -> Result<(usize, Parts<'a>), Ending> {
    if server.authenticators.is_empty() {
        let detail = "the server has no OpenID Connect authenticator".to_owned();
        steps.push(Step::Issuer, Outcome::NotMine, detail);
        return Err(Ending::NotMine);
    }
    let read = Parts::split(token, server.release)
        .and_then(|parts| Ok((parts, parts.untrusted_issuer()?)));
    let (parts, issuer) = match read {
        Ok(read) => read,
        Err(Unclaimed::Unreadable(reason)) => {
            let detail = format!("the token names no issuer that can be read: {reason}");
            steps.push(Step::Token, Outcome::NotMine, detail);
            return Err(Ending::NotMine);
        }
        Err(Unclaimed::JsonSerialisation) => {
            steps.unknown(Step::Token, "how this release reads a JWS in JSON");
            return Err(Ending::Undecided);
        }
    };
    let trusted: Vec<&str> = server.authenticators.iter().map(|a| a.issuer.as_str()).collect();
    let Some(place) = trusted.iter().position(|trusted| *trusted == issuer) else {
        let detail = format!(
            "the token's iss is {}, the server trusts {}",
            quote(&issuer),
            quote_list(&trusted)
        );
        steps.push(Step::Issuer, Outcome::NotMine, detail);
        return Err(Ending::NotMine);
    };
    let setting = server.authenticators[place].setting("oidc-issuer-url", "issuer.url");
    steps.passed_because(Step::Issuer, format!("iss {} is {setting}", quote(&issuer)));
    Ok((place, parts))
}

fn unclaimed(ending: Ending, steps: Steps) -> Decision {
    const PLAN: [Step; 9] = [
        Step::Token,
        Step::Issuer,
        Step::Discovery,
        Step::Signature,
        Step::Audience,
        Step::Time,
        Step::Username,
        Step::Groups,
        Step::ClaimRules,
    ];
    Decision {
        steps: steps.finish(&PLAN),
        ending,
        user: None,
        error: (ending == Ending::NotMine).then(|| INVALID.to_owned()),
        authenticator: None,
    }
}

/// A token on its way through the authenticator that took it for its own.
pub(super) struct Case<'a> {
    pub(super) server: &'a Server,
    pub(super) authenticator: &'a Authenticator,
    pub(super) discovery: Sight<'a>,
    pub(super) keys: Sight<'a>,
    pub(super) parts: Parts<'a>,
    pub(super) now: Moment,
    pub(super) steps: Steps,
}

impl Case<'_> {
    fn finish(self, place: usize, user: Option<User>) -> Decision {
        let plan = self.plan();
        let stop = self.steps.stop().map(|(step, mismatch, certain)| {
            (Ending::Refused(step), certain.then(|| mismatch.error.clone()))
        });
        let unknown = self.steps.has_unknown();
        let (ending, error) = match stop {
            Some(stop) => stop,
            None if unknown => (Ending::Undecided, None),
            None => (Ending::Accepted, None),
        };
        let user = user.filter(|_| ending == Ending::Accepted);
        let steps = self.steps.finish(&plan);
        Decision { steps, ending, user, error, authenticator: Some(place) }
    }

    /// The steps in the release's order. Source: coreos/go-oidc v2.5.0 and v2.3.0, verify.go.
    fn plan(&self) -> Vec<Step> {
        let release = self.server.release;
        let mut plan = vec![Step::Issuer, Step::Discovery, Step::Token];
        let several = self.authenticator.audiences.len() > 1;
        if release.since(36) {
            plan.push(Step::Signature);
        }
        plan.extend(if several {
            [Step::Time, Step::Audience]
        } else {
            [Step::Audience, Step::Time]
        });
        if !release.since(36) {
            let before = if several { plan.len() - 1 } else { plan.len() };
            plan.insert(before, Step::Signature);
        }
        plan.extend([Step::Username, Step::Groups]);
        if self.authenticator.uid.is_some() {
            plan.push(Step::Uid);
        }
        if !self.authenticator.extra.is_empty() {
            plan.push(Step::Extra);
        }
        plan.push(Step::ClaimRules);
        plan
    }
}
