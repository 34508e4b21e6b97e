//! Rules on one authenticator.

use std::collections::HashSet;

use crate::replay::Release;
use crate::replay::expression::{self, Compiled, Scope, Wanted};
use crate::replay::file::{ClaimRuleEntry, ExtraEntry, Jwt, MappingEntry, UserRuleEntry};

use super::{FieldError, extra, issuer, worded};

/// Checks one entry; the path ends with a dot, or is empty.
/// Source: k8s.io/apiserver, pkg/apis/apiserver/validation, `validateJWTAuthenticator`.
pub(crate) fn check_jwt(
    jwt: &Jwt,
    path: &str,
    disallowed: &[String],
    release: Release,
) -> Vec<FieldError> {
    let mut checker = Checker { release, errors: Vec::new() };
    let issuer = issuer::check(&jwt.issuer, &format!("{path}issuer"), disallowed, release);
    checker.errors.extend(issuer);
    checker.claim_rules(&jwt.claim_rules, &format!("{path}claimValidationRules"));
    checker.mappings(jwt, &format!("{path}claimMappings"));
    checker.user_rules(&jwt.user_rules, &format!("{path}userValidationRules"));
    checker.errors
}

struct Checker {
    release: Release,
    errors: Vec<FieldError>,
}

const BOTH: &str = "claim and expression can't both be set";
const NEITHER: &str = "claim or expression is required";

impl Checker {
    fn push(&mut self, error: FieldError) {
        self.errors.push(error);
    }

    fn compile(&mut self, text: &str, path: &str, scope: Scope, wanted: Wanted) {
        if let Compiled::Refused(detail) = expression::compile(text, scope, wanted, self.release) {
            self.push(FieldError::invalid(path, text, &detail));
        }
    }

    fn claim_rules(&mut self, rules: &[ClaimRuleEntry], path: &str) {
        let mut claims = HashSet::new();
        let mut expressions = HashSet::new();
        for (index, rule) in rules.iter().enumerate() {
            let path = format!("{path}[{index}]");
            match (rule.claim.is_empty(), rule.expression.is_empty()) {
                (false, false) => self.push(FieldError::invalid(&path, &rule.claim, BOTH)),
                (true, true) => self.push(FieldError::required(&path, NEITHER)),
                (false, true) => {
                    if !rule.message.is_empty() {
                        let detail = worded(
                            self.release,
                            "may not be specified when claim is set",
                            "message can't be set when claim is set",
                        );
                        let path = format!("{path}.message");
                        self.push(FieldError::invalid(&path, &rule.message, detail));
                    }
                    if !claims.insert(&rule.claim) {
                        self.push(FieldError::duplicate(&format!("{path}.claim"), &rule.claim));
                    }
                }
                (true, false) => {
                    let known = !expressions.insert(&rule.expression);
                    self.claim_expression(rule, &path, known);
                }
            }
        }
    }

    fn claim_expression(&mut self, rule: &ClaimRuleEntry, path: &str, known: bool) {
        if !rule.required_value.is_empty() {
            let detail = worded(
                self.release,
                "may not be specified when expression is set",
                "requiredValue can't be set when expression is set",
            );
            let path = format!("{path}.requiredValue");
            self.push(FieldError::invalid(&path, &rule.required_value, detail));
        }
        let path = format!("{path}.expression");
        if known {
            self.push(FieldError::duplicate(&path, &rule.expression));
        } else {
            self.compile(&rule.expression, &path, Scope::Claims, Wanted::Bool);
        }
    }

    fn mappings(&mut self, jwt: &Jwt, path: &str) {
        let mappings = &jwt.mappings;
        let before = self.errors.len();
        self.mapping(&mappings.username, &format!("{path}.username"), Needed::Yes);
        let username_is_fine = self.errors.len() == before;
        self.mapping(&mappings.groups, &format!("{path}.groups"), Needed::No);
        let uid = &mappings.uid;
        let uid_path = format!("{path}.uid");
        if !uid.claim.is_empty() && !uid.expression.is_empty() {
            self.push(FieldError::invalid(&uid_path, "", BOTH));
        } else if !uid.expression.is_empty() {
            let path = format!("{uid_path}.expression");
            self.compile(&uid.expression, &path, Scope::Claims, Wanted::Anything);
        }
        self.extra(&mappings.extra, &format!("{path}.extra"));
        if username_is_fine && self.release.since(30) && lacks_email_verified(jwt) {
            let detail = "claims.email_verified must be used in \
                 claimMappings.username.expression or claimMappings.extra[*].valueExpression or \
                 claimValidationRules[*].expression when claims.email is used in \
                 claimMappings.username.expression";
            let path = format!("{path}.username.expression");
            self.push(FieldError::invalid(&path, &mappings.username.expression, detail));
        }
    }

    fn mapping(&mut self, mapping: &MappingEntry, path: &str, needed: Needed) {
        match (mapping.claim.is_empty(), mapping.expression.is_empty()) {
            (false, false) => self.push(FieldError::invalid(path, "", BOTH)),
            (true, true) if needed == Needed::Yes => {
                self.push(FieldError::required(path, NEITHER));
            }
            (true, true) => {}
            (true, false) => {
                if let Some(prefix) = &mapping.prefix {
                    let detail = worded(
                        self.release,
                        "may not be specified when expression is set",
                        "prefix can't be set when expression is set",
                    );
                    self.push(FieldError::invalid(&format!("{path}.prefix"), prefix, detail));
                }
                let path = format!("{path}.expression");
                self.compile(&mapping.expression, &path, Scope::Claims, Wanted::Anything);
            }
            (false, true) if mapping.prefix.is_none() => {
                let detail = "prefix is required when claim is set. It can be set to an empty \
                     string to disable prefixing";
                self.push(FieldError::required(&format!("{path}.prefix"), detail));
            }
            (false, true) => {}
        }
    }

    fn extra(&mut self, entries: &[ExtraEntry], path: &str) {
        let mut keys = HashSet::new();
        for (index, entry) in entries.iter().enumerate() {
            let key_path = format!("{path}[{index}].key");
            self.errors.extend(extra::check_key(&entry.key, &key_path, self.release));
            if !keys.insert(&entry.key) {
                self.push(FieldError::duplicate(&key_path, &entry.key));
                continue;
            }
            let path = format!("{path}[{index}].valueExpression");
            if entry.value_expression.is_empty() {
                let detail = worded(self.release, "", "valueExpression is required");
                self.push(FieldError::required(&path, detail));
                continue;
            }
            self.compile(&entry.value_expression, &path, Scope::Claims, Wanted::Anything);
        }
    }

    fn user_rules(&mut self, rules: &[UserRuleEntry], path: &str) {
        let mut expressions = HashSet::new();
        for (index, rule) in rules.iter().enumerate() {
            let path = format!("{path}[{index}].expression");
            if rule.expression.is_empty() {
                let detail = worded(self.release, "", "expression is required");
                self.push(FieldError::required(&path, detail));
            } else if !expressions.insert(&rule.expression) {
                self.push(FieldError::duplicate(&path, &rule.expression));
            } else {
                self.compile(&rule.expression, &path, Scope::User, Wanted::Bool);
            }
        }
    }
}

/// Whether a mapping must be there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Needed {
    No,
    Yes,
}

/// Whether the username is made of `claims.email` and nothing looks at `claims.email_verified`.
fn lacks_email_verified(jwt: &Jwt) -> bool {
    let mappings = &jwt.mappings;
    let username = mappings.username.expression.as_str();
    let extra = mappings.extra.iter().map(|entry| entry.value_expression.as_str());
    let rules = jwt.claim_rules.iter().map(|rule| rule.expression.as_str());
    let mut looking = std::iter::once(username).chain(extra).chain(rules);
    expression::selects(username, "email")
        && !looking.any(|e| expression::selects(e, "email_verified"))
}
