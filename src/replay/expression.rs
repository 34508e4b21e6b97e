//! CEL expressions of mappings and rules.

use super::claims::Claims;
use super::{Release, User};

/// What an expression gave.
#[derive(Clone, Debug, PartialEq)]
#[allow(dead_code)]
pub(crate) enum Evaluation {
    /// A value.
    Value(Cel),
    /// The server's text of the failure.
    Failed(String),
    /// What is missing to tell.
    CannotTell(String),
}

/// A value of an expression, as far as the server tells values apart.
#[derive(Clone, Debug, PartialEq)]
#[allow(dead_code)]
pub(crate) enum Cel {
    /// True or false.
    Bool(bool),
    /// A list.
    List(Vec<Cel>),
    /// Null.
    Null,
    /// Anything else.
    Other,
    /// Text.
    Text(String),
}

/// Which variable an expression may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// `claims`
    Claims,
    /// `user`
    User,
}

/// What an expression must give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Any value.
    Anything,
    /// A boolean.
    Bool,
}

/// Whether the server accepts an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(dead_code)]
pub(crate) enum Compiled {
    /// It does, or it cannot be told.
    Accepted,
    /// It does not; the server's detail.
    Refused(String),
}

/// Compiles an expression.
pub(crate) fn compile(_text: &str, _scope: Scope, _wanted: Wanted, _release: Release) -> Compiled {
    Compiled::Accepted
}

/// Whether the expression selects this claim with a dot.
pub(crate) fn selects(_text: &str, _claim: &str) -> bool {
    false
}

/// Evaluates an expression over the claims.
pub(crate) fn over_claims(_text: &str, _claims: &Claims<'_>, _release: Release) -> Evaluation {
    Evaluation::CannotTell("CEL expressions".to_owned())
}

/// Evaluates an expression over the finished user.
pub(crate) fn over_user(_text: &str, _user: &User, _release: Release) -> Evaluation {
    Evaluation::CannotTell("CEL expressions".to_owned())
}
