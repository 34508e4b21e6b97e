//! Rules on claims and on the finished user.

use super::authenticator::ClaimRule;
use super::claims::Claims;
use super::decision::Case;
use super::expression::{self, Cel, Evaluation};
use super::mapping::{Stopped, claim_text, stop, stop_expression};
use super::steps::{Side, Step, User};

/// Checks every rule; the user is absent when it could not be told.
/// Source: k8s.io/apiserver, oidc.go, `AuthenticateToken`.
pub(super) fn check(
    case: &mut Case<'_>,
    claims: &Claims<'_>,
    user: Option<&User>,
) -> Result<(), Stopped> {
    let rules = &case.authenticator.claim_rules;
    for rule in rules {
        if let ClaimRule::Required { claim, value } = rule {
            required(case, claims, claim, value)?;
        }
    }
    let release = case.server.release;
    let claim_rules: Vec<Rule<'_>> = rules.iter().enumerate().filter_map(Rule::of_claims).collect();
    let evaluate = |text: &str| expression::over_claims(text, claims, release);
    let kind = "oidc: error evaluating claim validation expression";
    let mut missing = expressions(case, &claim_rules, kind, evaluate)?;
    let user_rules: Vec<Rule<'_>> = case
        .authenticator
        .user_rules
        .iter()
        .enumerate()
        .map(|(place, rule)| Rule {
            path: format!("userValidationRules[{place}].expression"),
            expression: &rule.expression,
            message: &rule.message,
        })
        .collect();
    let evaluate = |text: &str| match user {
        Some(user) => expression::over_user(text, user, release),
        None => Evaluation::CannotTell("the finished user".to_owned()),
    };
    let kind = "oidc: error evaluating user info validation rule";
    missing = missing.or(expressions(case, &user_rules, kind, evaluate)?);
    match missing {
        Some(missing) => case.steps.unknown(Step::ClaimRules, missing),
        None if rules.is_empty() && user_rules.is_empty() => {
            case.steps.passed_because(Step::ClaimRules, "the server has no rules");
        }
        None => case.steps.passed(Step::ClaimRules),
    }
    Ok(())
}

fn required(
    case: &mut Case<'_>,
    claims: &Claims<'_>,
    claim: &str,
    want: &str,
) -> Result<(), Stopped> {
    let error = if claims.get(claim).is_none() {
        format!("oidc: required claim {claim} not present in ID token")
    } else {
        match claim_text(claims, claim) {
            Ok(got) if got == want => return Ok(()),
            Ok(got) => format!(
                "oidc: required claim {claim} value does not match. Got = {got}, want = {want}"
            ),
            Err(error) => format!("oidc: parse claim {claim}: {error}"),
        }
    };
    let setting = case.authenticator.setting("oidc-required-claim", "claimValidationRules");
    let server = Side::new(setting, format!("{claim}={want}"));
    Err(stop(case, Step::ClaimRules, claims, claim, server, error))
}

/// A rule that is an expression, and where it is written.
struct Rule<'a> {
    path: String,
    expression: &'a str,
    message: &'a str,
}

impl<'a> Rule<'a> {
    fn of_claims((place, rule): (usize, &'a ClaimRule)) -> Option<Rule<'a>> {
        match rule {
            ClaimRule::Required { .. } => None,
            ClaimRule::Expression { expression, message } => Some(Rule {
                path: format!("claimValidationRules[{place}].expression"),
                expression,
                message,
            }),
        }
    }
}

/// Evaluates all rules, then looks at what they gave, as the server does; says what is missing.
fn expressions(
    case: &mut Case<'_>,
    rules: &[Rule<'_>],
    kind: &str,
    evaluate: impl Fn(&str) -> Evaluation,
) -> Result<Option<String>, Stopped> {
    let results: Vec<Evaluation> = rules.iter().map(|rule| evaluate(rule.expression)).collect();
    let mut missing = None;
    let mut refusal = None;
    for (rule, result) in rules.iter().zip(results) {
        let error = match result {
            Evaluation::CannotTell(what) => {
                missing = missing.or(Some(what));
                continue;
            }
            Evaluation::Value(Cel::Bool(true)) => continue,
            // An expression that fails goes before any that is false.
            Evaluation::Failed(error) => {
                refusal = Some((rule, error));
                break;
            }
            Evaluation::Value(Cel::Bool(false)) => {
                format!("validation expression '{}' failed: {}", rule.expression, rule.message)
            }
            Evaluation::Value(_) => "validation expression must return a boolean".to_owned(),
        };
        refusal = refusal.or(Some((rule, error)));
    }
    let Some((rule, error)) = refusal else { return Ok(missing) };
    case.steps.doubt(missing);
    let error = format!("{kind}: {error}");
    Err(stop_expression(case, Step::ClaimRules, &rule.path, rule.expression, error))
}
