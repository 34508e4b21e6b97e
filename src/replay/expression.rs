//! CEL expressions of mappings and rules.
//!
//! The parser is the cel crate's. The static check and the evaluation are done here, because the
//! server's own differ from every library's in ways that decide: what a claim's type is, which
//! errors are swallowed, and how everything is worded. Functions outside a known set, and uses on
//! which two readers could differ, are answered with "cannot tell".

mod check;
mod evaluate;
mod functions;
mod issue;
mod operators;
mod parse;
mod pattern;
mod signatures;
mod types;
mod value;

use cel::common::ast::{Expr, IdedExpr, LiteralValue};

use crate::go::json::Raw;

use super::claims::Claims;
use super::{Release, User};
use check::Checked;
use evaluate::{Fault, Subject};
use types::Type;
use value::{List, Native, Value};

/// What an expression gave.
#[derive(Clone, Debug, PartialEq)]
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
pub(crate) enum Compiled {
    /// It does.
    Accepted,
    /// It uses something that is not replayed.
    CannotTell(String),
    /// It does not; the server's detail.
    Refused(String),
}

/// Longer expressions are not read: the parser needs stack for every term.
const TEXT_LIMIT: usize = 8 << 10;

/// Enough for every expression within the limit, and for the deepest claim.
const STACK: usize = 256 << 20;

/// Runs with a stack that no expression can exhaust; nothing when it panics or cannot start.
fn aside<T: Send>(run: impl FnOnce() -> T + Send) -> Option<T> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, run);
        thread.ok().and_then(|thread| thread.join().ok())
    })
}

fn unread(text: &str, release: Release) -> Option<String> {
    if text.len() > TEXT_LIMIT {
        return Some("a reader of CEL expressions of this length".to_owned());
    }
    // Old releases read quoted names as nonsense, each in its own words.
    let quoted = text.contains('`') && !release.since(33);
    quoted.then(|| "a reader of quoted names as this release has it".to_owned())
}

/// Compiles an expression.
pub(crate) fn compile(text: &str, scope: Scope, wanted: Wanted, release: Release) -> Compiled {
    if let Some(missing) = unread(text, release) {
        return Compiled::CannotTell(missing);
    }
    let compiled = aside(|| match parse::parse(text, release) {
        Err(issues) => refused(&issues, text),
        Ok(parsed) => match check::check(&parsed, text, scope, release) {
            Checked::Beyond(what) => Compiled::CannotTell(what),
            Checked::Refused(issues) => refused(&issues, text),
            Checked::Typed(found) if wanted == Wanted::Bool && found != Type::Bool => {
                Compiled::Refused("must evaluate to bool".to_owned())
            }
            Checked::Typed(_) => Compiled::Accepted,
        },
    });
    compiled.unwrap_or_else(|| Compiled::CannotTell("a reader of this CEL expression".to_owned()))
}

fn refused(issues: &[issue::Issue], text: &str) -> Compiled {
    Compiled::Refused(format!("compilation failed: {}", issue::display(issues, text)))
}

/// Whether the expression selects this claim with a dot.
pub(crate) fn selects(text: &str, claim: &str) -> bool {
    if unread(text, Release::NEWEST).is_some() || text.is_empty() {
        return false;
    }
    let found = aside(|| {
        let parsed = parse::parse(text, Release::NEWEST);
        parsed.is_ok_and(|parsed| parse::selects(&parsed.root, "claims", claim))
    });
    found.unwrap_or(false)
}

/// Why releases before 1.34 cannot hand the claims to expressions at all; nothing when they can.
/// Source: k8s.io/apiserver 0.33, oidc.go, `convertObjectToUnstructured`; k8s.io/apimachinery,
/// pkg/runtime/converter.go.
pub(crate) fn unconvertible(claims: &Claims<'_>, release: Release) -> Option<String> {
    if release.since(34) {
        return None;
    }
    let mut members: Vec<(&str, Raw<'_>)> = claims.iter().collect();
    members.sort_by_key(|(name, _)| *name);
    let refuse = |(_, raw): &(&str, Raw<'_>)| {
        let error = Value::decode(*raw, release).err()?;
        Some(format!("error decoding {} from json: {error}", raw.kind().word()))
    };
    aside(|| members.iter().find_map(refuse)).flatten()
}

/// Evaluates an expression over the claims.
pub(crate) fn over_claims(text: &str, claims: &Claims<'_>, release: Release) -> Evaluation {
    let members: Vec<(&str, Raw<'_>)> = claims.iter().collect();
    evaluate_aside(text, Scope::Claims, Subject::Claims(&members), release)
}

/// Evaluates an expression over the finished user.
pub(crate) fn over_user(text: &str, user: &User, release: Release) -> Evaluation {
    evaluate_aside(text, Scope::User, Subject::User(user), release)
}

fn evaluate_aside(text: &str, scope: Scope, subject: Subject<'_>, release: Release) -> Evaluation {
    if let Some(missing) = unread(text, release) {
        return Evaluation::CannotTell(missing);
    }
    let evaluation = aside(|| {
        let Ok(parsed) = parse::parse(text, release) else {
            return Evaluation::CannotTell("a CEL expression that compiles".to_owned());
        };
        if let Checked::Beyond(what) = check::check(&parsed, text, scope, release) {
            return Evaluation::CannotTell(what);
        }
        match evaluate::evaluate(&parsed.root, subject, release) {
            Ok(value) => Evaluation::Value(seen(&value)),
            Err(Fault::Beyond(what)) => Evaluation::CannotTell(what),
            Err(Fault::Error(error)) => {
                Evaluation::Failed(format!("expression '{text}' resulted in error: {error}"))
            }
        }
    });
    evaluation
        .unwrap_or_else(|| Evaluation::CannotTell("a reader of this CEL expression".to_owned()))
}

/// A value as the server looks at it.
fn seen(value: &Value) -> Cel {
    match value {
        Value::Bool(value) => Cel::Bool(*value),
        Value::Null => Cel::Null,
        Value::Text(text) => Cel::Text(text.to_string()),
        Value::List(List { items, native: Native::No }) => {
            Cel::List(items.iter().map(seen_inside).collect())
        }
        _ => Cel::Other,
    }
}

/// An item of a list as the server looks at it: through optional values, and types are their names.
fn seen_inside(value: &Value) -> Cel {
    match value {
        Value::Optional(Some(inner)) => seen_inside(inner),
        Value::Type(name) => Cel::Text((*name).to_owned()),
        other => seen(other),
    }
}

/// The text of a literal.
fn literal_text(node: &IdedExpr) -> Option<&str> {
    match &node.expr {
        Expr::Literal(LiteralValue::String(text)) => Some(text.inner()),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
