//! The rules that a configuration must obey before the server starts with it.

mod extra;
mod issuer;
mod jwt;

use std::collections::HashSet;

use crate::go::quote::quote;

use super::Release;
use super::file::Configuration;

pub(super) use jwt::check_jwt;

/// One violated rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FieldError {
    /// The path of the field, such as `jwt[0].issuer.url`.
    pub(crate) path: String,
    /// What is wrong with it: kind, value and detail.
    body: String,
}

impl FieldError {
    /// Source: k8s.io/apimachinery, pkg/util/validation/field, `Required`.
    fn required(path: &str, detail: &str) -> FieldError {
        FieldError { path: path.to_owned(), body: join("Required value", detail) }
    }

    /// Source: as above, `Invalid`.
    fn invalid(path: &str, value: &str, detail: &str) -> FieldError {
        FieldError::with_value(path, &quote(value), detail)
    }

    fn with_value(path: &str, value: &str, detail: &str) -> FieldError {
        let body = join(&format!("Invalid value: {value}"), detail);
        FieldError { path: path.to_owned(), body }
    }

    /// Source: as above, `Duplicate`.
    fn duplicate(path: &str, value: &str) -> FieldError {
        FieldError { path: path.to_owned(), body: format!("Duplicate value: {}", quote(value)) }
    }

    /// Source: as above, `TooMany`.
    fn too_many(path: &str, count: usize, limit: usize) -> FieldError {
        let body = format!("Too many: {count}: must have at most {limit} items");
        FieldError { path: path.to_owned(), body }
    }

    /// Source: as above, `Forbidden`.
    pub(crate) fn forbidden(path: &str, detail: &str) -> FieldError {
        FieldError { path: path.to_owned(), body: join("Forbidden", detail) }
    }

    /// The whole text.
    pub(crate) fn text(&self) -> String {
        format!("{}: {}", self.path, self.body)
    }
}

fn join(kind: &str, detail: &str) -> String {
    if detail.is_empty() { kind.to_owned() } else { format!("{kind}: {detail}") }
}

/// Several errors as one text, each distinct one once.
/// Source: k8s.io/apimachinery, pkg/util/errors, `NewAggregate`.
pub(crate) fn aggregate(errors: &[FieldError]) -> String {
    let mut seen = HashSet::new();
    let texts: Vec<String> =
        errors.iter().map(FieldError::text).filter(|text| seen.insert(text.clone())).collect();
    match texts.as_slice() {
        [one] => one.clone(),
        several => format!("[{}]", several.join(", ")),
    }
}

/// The words of a release: they became shorter in 1.34.
fn worded(release: Release, now: &'static str, before: &'static str) -> &'static str {
    if release.since(34) { now } else { before }
}

/// How many authenticators there may be. Source: k8s.io/apiserver,
/// pkg/apis/apiserver/validation.
fn limit(release: Release) -> usize {
    if release.since(30) { 64 } else { 1 }
}

/// Checks the whole configuration. Source: k8s.io/apiserver, pkg/apis/apiserver/validation,
/// `ValidateAuthenticationConfiguration`.
pub(crate) fn check(configuration: &Configuration, release: Release) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let count = configuration.jwt.len();
    if count > limit(release) {
        return vec![FieldError::too_many("jwt", count, limit(release))];
    }
    if count == 0 && !release.since(30) {
        return vec![FieldError::required("jwt", "at least one jwt is required")];
    }
    let mut issuers = HashSet::new();
    let mut discoveries = HashSet::new();
    for (index, jwt) in configuration.jwt.iter().enumerate() {
        let path = format!("jwt[{index}].");
        errors.extend(check_jwt(jwt, &path, &[], release));
        if !issuers.insert(&jwt.issuer.url) {
            errors.push(FieldError::duplicate(&format!("{path}issuer.url"), &jwt.issuer.url));
        }
        let discovery = &jwt.issuer.discovery_url;
        if !discovery.is_empty() && !discoveries.insert(discovery) {
            errors.push(FieldError::duplicate(&format!("{path}issuer.discoveryURL"), discovery));
        }
    }
    if let Some(anonymous) = &configuration.anonymous
        && !anonymous.enabled
        && !anonymous.paths.is_empty()
    {
        let value = conditions(&anonymous.paths, release);
        let detail = "enabled should be set to true when conditions are defined";
        errors.push(FieldError::with_value("anonymous.conditions", &value, detail));
    }
    errors
}

/// Conditions as the messages show them: in JSON since 1.34, as Go's own syntax before.
fn conditions(paths: &[String], release: Release) -> String {
    if release.since(34) {
        let list: Vec<_> = paths.iter().map(|path| serde_json::json!({ "Path": path })).collect();
        return serde_json::Value::from(list).to_string();
    }
    let name = "apiserver.AnonymousAuthCondition";
    let list: Vec<String> =
        paths.iter().map(|path| format!("{name}{{Path:{}}}", quote(path))).collect();
    format!("[]{name}{{{}}}", list.join(", "))
}
