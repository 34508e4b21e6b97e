//! The API server's own words for a refusal.

use crate::go::quote::quote;

use super::request::{Identity, Request};

/// How a release words the reason of an authorizer that had no opinion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wording {
    /// The authorizer's name and a colon before the reason: 1.37 and newer.
    Named(String),
    /// The reason alone: up to 1.36.
    Plain,
}

impl Wording {
    /// The wording of release 1.`minor`, where RBAC was asked for by `--authorization-mode`.
    /// Source: k8s.io/apiserver v0.37.0, pkg/authorization/union; modes are named in lower case.
    pub fn of_minor(minor: u32) -> Wording {
        if minor >= 37 { Wording::Named("rbac".to_owned()) } else { Wording::Plain }
    }

    /// The reason as the client sees it; an empty one stays empty.
    pub(super) fn reason(&self, text: String) -> String {
        match self {
            Wording::Named(name) if !text.is_empty() => format!("{name}: {text}"),
            _ => text,
        }
    }
}

/// The message of a 403 answer.
/// Source: k8s.io/apiserver pkg/endpoints/handlers/responsewriters/errors.go, ForbiddenStatusError, and
/// k8s.io/apimachinery pkg/api/errors, NewForbidden.
pub fn forbidden(user: &Identity, request: &Request, reason: &str) -> String {
    let mut inner = sanitized(&inner(user, request));
    if !reason.is_empty() {
        inner = format!("{inner}: {reason}");
    }
    let Request::Resource(asked) = request else { return format!("forbidden: {inner}") };
    let what = asked.qualified();
    match asked.name.as_str() {
        _ if what.is_empty() => format!("forbidden: {inner}"),
        "" => format!("{what} is forbidden: {inner}"),
        name => format!("{what} {} is forbidden: {inner}", quote(name)),
    }
}

fn inner(user: &Identity, request: &Request) -> String {
    let user = quote(&user.username);
    let asked = match request {
        Request::Path { verb, path } => {
            return format!("User {user} cannot {verb} path {}", quote(path));
        }
        Request::Resource(asked) => asked,
    };
    let (verb, resource, group) = (&asked.verb, quote(&asked.combined()), quote(&asked.group));
    let scope = match asked.namespace.as_str() {
        "" => "at the cluster scope".to_owned(),
        namespace => format!("in the namespace {}", quote(namespace)),
    };
    format!("User {user} cannot {verb} resource {resource} in API group {group} {scope}")
}

/// What could be read as HTML is replaced; quotes stay.
fn sanitized(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
