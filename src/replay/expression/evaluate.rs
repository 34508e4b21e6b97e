//! The evaluation of a checked expression.

use std::rc::Rc;

use cel::common::ast::{
    CallExpr, ComprehensionExpr, EntryExpr, Expr, IdedExpr, LiteralValue, SelectExpr,
};

use crate::go::json::Raw;
use crate::replay::{Release, User};

use super::value::{Entries, Map, Value, double_text, equal, unescape};
use super::{functions, literal_text, operators};

/// Why there is no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The expression does something that is not replayed.
    Beyond(String),
    /// The server's text.
    Error(String),
}

impl Fault {
    pub(super) fn error(text: impl Into<String>) -> Fault {
        Fault::Error(text.into())
    }

    pub(super) fn beyond(what: impl Into<String>) -> Fault {
        Fault::Beyond(what.into())
    }

    /// Source: google/cel-go, common/types/err.go, `MaybeNoSuchOverloadErr`.
    pub(super) fn no_overload() -> Fault {
        Fault::error("no such overload")
    }
}

pub(super) type Outcome = Result<Value, Fault>;

/// What the variables stand for.
#[derive(Clone, Copy)]
pub(super) enum Subject<'a> {
    Claims(&'a [(&'a str, Raw<'a>)]),
    User(&'a User),
}

/// How many nodes are evaluated at most. The server's own limit is far above.
const WORK_LIMIT: usize = 50_000;

/// Evaluates the expression.
pub(super) fn evaluate(root: &IdedExpr, subject: Subject<'_>, release: Release) -> Outcome {
    Evaluator { subject, release, variables: Vec::new(), work: 0 }.visit(root)
}

struct Evaluator<'a> {
    subject: Subject<'a>,
    release: Release,
    variables: Vec<(String, Value)>,
    work: usize,
}

impl Evaluator<'_> {
    fn visit(&mut self, node: &IdedExpr) -> Outcome {
        self.work += 1;
        if self.work > WORK_LIMIT {
            return Err(Fault::beyond("an expression of this cost"));
        }
        match &node.expr {
            Expr::Literal(literal) => literal_value(literal),
            Expr::Ident(name) => self.ident(name),
            Expr::Select(select) => self.select(select),
            Expr::Call(call) => self.call(call),
            Expr::List(list) => {
                let items: Result<Vec<Value>, Fault> =
                    list.elements.iter().map(|element| self.visit(element)).collect();
                Ok(Value::list(items?))
            }
            Expr::Map(map) => {
                let mut entries = Vec::new();
                for entry in &map.entries {
                    let EntryExpr::MapEntry(entry) = &entry.expr else {
                        return Err(Fault::beyond("CEL messages"));
                    };
                    let key = self.visit(&entry.key)?;
                    entries.push((key, self.visit(&entry.value)?));
                }
                literal_map(entries)
            }
            Expr::Comprehension(loops) => self.comprehension(loops),
            Expr::Struct(_) | Expr::Unspecified => Err(Fault::beyond("this CEL syntax")),
        }
    }

    fn ident(&self, name: &str) -> Outcome {
        if name.starts_with('.') {
            // A leading dot passes over the variables of loops.
            return Err(Fault::beyond(format!("the CEL name {name}")));
        }
        if let Some((_, value)) = self.variables.iter().rev().find(|(known, _)| known == name) {
            return Ok(value.clone());
        }
        match (name, self.subject) {
            ("claims", Subject::Claims(claims)) => self.claims(claims),
            ("user", Subject::User(_)) => Ok(Value::User),
            ("bool", _) => Ok(Value::Type("bool")),
            ("bytes", _) => Ok(Value::Type("bytes")),
            ("double", _) => Ok(Value::Type("double")),
            ("int", _) => Ok(Value::Type("int")),
            ("list", _) => Ok(Value::Type("list")),
            ("map", _) => Ok(Value::Type("map")),
            ("null_type", _) => Ok(Value::Type("null_type")),
            ("string", _) => Ok(Value::Type("string")),
            ("type", _) => Ok(Value::Type("type")),
            ("uint", _) => Ok(Value::Type("uint")),
            _ => Err(Fault::beyond(format!("the CEL name {name}"))),
        }
    }

    /// Since 1.34 the claims are decoded one by one; before, they were a map like any other.
    fn claims(&self, claims: &[(&str, Raw<'_>)]) -> Outcome {
        if self.release.since(34) {
            return Ok(Value::Claims);
        }
        let decode = |(name, raw): &(&str, Raw<'_>)| {
            // A claim out of range has stopped the token before.
            let value = Value::decode(*raw, self.release)
                .map_err(|_| Fault::beyond("a claim that is out of range"))?;
            Ok(((*name).to_owned(), value))
        };
        claims.iter().map(decode).collect::<Result<_, Fault>>().map(Value::json_map)
    }

    fn select(&mut self, select: &SelectExpr) -> Outcome {
        let operand = self.visit(&select.operand)?;
        if let Value::Optional(inner) = &operand {
            return self.select_optional(inner.as_deref(), select);
        }
        let found = self.field(&operand, &select.field)?;
        match (select.test, found) {
            (true, found) => Ok(Value::Bool(found.is_some())),
            (false, Some(value)) => Ok(value),
            (false, None) => Err(Fault::error(format!("no such key: {}", select.field))),
        }
    }

    fn select_optional(&mut self, inner: Option<&Value>, select: &SelectExpr) -> Outcome {
        if select.test || select.field.contains("__") {
            return Err(Fault::beyond("this use of an optional value"));
        }
        let found = match inner {
            Some(value) => self.field(value, &select.field)?,
            None => None,
        };
        Ok(Value::Optional(found.map(Rc::new)))
    }

    /// The member of this name. Source: google/cel-go, interpreter/attributes.go, `refQualify`.
    fn field(&self, of: &Value, name: &str) -> Result<Option<Value>, Fault> {
        match of {
            Value::Claims => self.claim(name),
            Value::User => self.user_field(name).map(Some),
            Value::Map(map) => self.member(map, &Value::text(name)),
            Value::List(_) => Err(Fault::error("unsupported index type 'string' in list")),
            _ => Ok(None),
        }
    }

    /// Source: k8s.io/apiserver, pkg/cel/lazy, `Find`; oidc.go, `newClaimsValue`.
    fn claim(&self, name: &str) -> Result<Option<Value>, Fault> {
        let Subject::Claims(claims) = self.subject else { return Ok(None) };
        let Some(name) = unescape(name) else { return Ok(None) };
        let Some((_, raw)) = claims.iter().find(|(known, _)| *known == name) else {
            return Ok(None);
        };
        match Value::decode(*raw, self.release) {
            Ok(value) => Ok(Some(value)),
            Err(error) => {
                let name = crate::go::quote::quote(&name);
                Err(Fault::error(format!("claim {name} failed to unmarshal: {error}")))
            }
        }
    }

    fn user_field(&self, name: &str) -> Outcome {
        let Subject::User(user) = self.subject else {
            return Err(Fault::beyond("this CEL variable"));
        };
        let texts = |texts: &[String]| Value::list(texts.iter().map(|t| Value::text(t)).collect());
        Ok(match name {
            "username" => Value::text(&user.username),
            "uid" => Value::text(&user.uid),
            "groups" => texts(&user.groups),
            "extra" => Value::json_map(
                user.extra.iter().map(|(key, values)| (key.clone(), texts(values))).collect(),
            ),
            _ => return Err(Fault::beyond(format!("user.{name}"))),
        })
    }

    /// The value behind a key of a map; names of JSON objects may be escaped since 1.34.
    fn member(&self, map: &Map, key: &Value) -> Result<Option<Value>, Fault> {
        match (&map.entries, key) {
            (Entries::Json(entries), Value::Text(name)) => {
                let plain = self.release.since(34).then(|| unescape(name)).flatten();
                Ok(entries.get(plain.as_deref().unwrap_or(name)).cloned())
            }
            (Entries::Json(_), _) => Ok(None),
            (Entries::Literal(entries), key) => {
                for (known, value) in entries {
                    if equal(known, key).ok_or_else(|| Fault::beyond("this comparison"))? {
                        return Ok(Some(value.clone()));
                    }
                }
                Ok(None)
            }
        }
    }

    fn call(&mut self, call: &CallExpr) -> Outcome {
        match (call.func_name.as_str(), call.args.as_slice()) {
            ("_&&_", terms) => self.logic(terms, false),
            ("_||_", terms) => self.logic(terms, true),
            ("_?_:_", [condition, yes, no]) => match self.visit(condition)? {
                Value::Bool(true) => self.visit(yes),
                Value::Bool(false) => self.visit(no),
                _ => Err(Fault::no_overload()),
            },
            ("@not_strictly_false", [term]) => match self.visit(term) {
                Ok(Value::Bool(value)) => Ok(Value::Bool(value)),
                Err(beyond @ Fault::Beyond(_)) => Err(beyond),
                _ => Ok(Value::Bool(true)),
            },
            ("_[_]", [operand, index]) => self.index(operand, index),
            ("_[?_]", [operand, index]) => {
                let operand = self.visit(operand)?;
                let index = self.visit(index)?;
                self.optional_at(&operand, &index)
            }
            ("_?._", [operand, field]) => {
                let operand = self.visit(operand)?;
                let field = literal_text(field).ok_or_else(|| Fault::beyond("this CEL syntax"))?;
                self.optional_at(&operand, &Value::text(field))
            }
            // Nothing is in a list that is known to be empty, whatever the other side says.
            ("@in", [_, list]) if is_empty_list(list) => Ok(Value::Bool(false)),
            ("or" | "orValue", [other]) if call.target.is_some() => self.alternative(call, other),
            (name, arguments) => {
                let mut values = Vec::new();
                for node in call.target.as_deref().into_iter().chain(arguments) {
                    values.push(self.visit(node)?);
                }
                self.spend(&values);
                if name == "matches" && arguments.last().is_some_and(|a| literal_text(a).is_some())
                {
                    // A pattern that is known beforehand is compiled into the call.
                    match &values[0] {
                        Value::Text(_) => {}
                        Value::Type(_) => return Err(Fault::beyond("matches of a type")),
                        _ => return Err(Fault::no_overload()),
                    }
                }
                match operators::apply(name, &values) {
                    Some(outcome) => outcome,
                    None => functions::apply(name, &values, |map, key| self.member(map, key)),
                }
            }
        }
    }

    /// The second choice is looked at only when the first is empty.
    fn alternative(&mut self, call: &CallExpr, other: &IdedExpr) -> Outcome {
        let Some(target) = &call.target else { return Err(Fault::beyond("this CEL syntax")) };
        match (self.visit(target)?, call.func_name.as_str()) {
            (Value::Optional(Some(value)), "orValue") => Ok(Rc::unwrap_or_clone(value)),
            (some @ Value::Optional(Some(_)), _) => Ok(some),
            (Value::Optional(None), _) => self.visit(other),
            (plain, _) if !self.release.since(37) => Ok(plain),
            _ => Err(Fault::no_overload()),
        }
    }

    /// Long texts cost more than one step.
    fn spend(&mut self, values: &[Value]) {
        for value in values {
            self.work += match value {
                Value::Text(text) => text.len() / 10,
                Value::List(list) => list.items.len(),
                Value::Map(map) => map.len(),
                _ => 0,
            };
        }
    }

    /// `&&` and `||`: the deciding value wins over every error, whichever side it stands on.
    /// Source: google/cel-go, interpreter/interpretable.go, `evalAnd`, `evalOr`.
    fn logic(&mut self, terms: &[IdedExpr], deciding: bool) -> Outcome {
        let mut fault: Option<Fault> = None;
        for term in terms {
            let next = match self.visit(term) {
                Ok(Value::Bool(value)) if value == deciding => return Ok(Value::Bool(deciding)),
                Ok(Value::Bool(_)) => continue,
                Ok(_) => Fault::no_overload(),
                Err(next) => next,
            };
            fault = match (fault, next) {
                (_, beyond @ Fault::Beyond(_)) => Some(beyond),
                (None, next) => Some(next),
                (before, _) => before,
            };
        }
        fault.map_or(Ok(Value::Bool(!deciding)), Err)
    }

    fn index(&mut self, operand: &IdedExpr, index: &IdedExpr) -> Outcome {
        let operand = self.visit(operand)?;
        let index = self.visit(index)?;
        if matches!(operand, Value::Optional(_)) {
            return Err(Fault::beyond("this use of an optional value"));
        }
        if let Some(value) = self.at(&operand, &index)? {
            return Ok(value);
        }
        let what =
            if matches!(operand, Value::List(_)) { "index out of bounds" } else { "no such key" };
        Err(Fault::error(format!("{what}: {}", shown(&index)?)))
    }

    /// What stands at an index, if anything does.
    fn at(&self, operand: &Value, index: &Value) -> Result<Option<Value>, Fault> {
        if !matches!(
            index,
            Value::Text(_) | Value::Int(_) | Value::Uint(_) | Value::Double(_) | Value::Bool(_)
        ) {
            return Err(Fault::beyond("this index"));
        }
        match (operand, index) {
            (Value::Claims, Value::Text(name)) => self.claim(name),
            (Value::Claims | Value::User, _) => Err(Fault::beyond("this index")),
            (Value::Map(map), key) => self.member(map, key),
            (Value::List(list), index) => {
                let place = list_index(index)?;
                Ok(usize::try_from(place).ok().and_then(|place| list.items.get(place)).cloned())
            }
            _ => Ok(None),
        }
    }

    fn optional_at(&self, operand: &Value, index: &Value) -> Outcome {
        let inner = match operand {
            Value::Optional(None) => return Ok(Value::Optional(None)),
            Value::Optional(Some(inner)) => inner,
            plain => plain,
        };
        if matches!(operand, Value::Optional(_)) && shown(index)?.contains("__") {
            return Err(Fault::beyond("this use of an optional value"));
        }
        let found = match (inner, index) {
            (Value::User, Value::Text(name)) => Some(self.user_field(name)?),
            _ => self.at(inner, index)?,
        };
        Ok(Value::Optional(found.map(Rc::new)))
    }

    fn comprehension(&mut self, loops: &ComprehensionExpr) -> Outcome {
        let range = match self.visit(&loops.iter_range)? {
            Value::List(list) => list.items.as_ref().clone(),
            Value::Map(map) if map.len() < 2 => {
                map.pairs().into_iter().map(|(key, _)| key).collect()
            }
            Value::Map(_) | Value::Claims | Value::User => {
                return Err(Fault::beyond("the order in which a map is walked"));
            }
            _ => return Err(Fault::beyond("a loop over this value")),
        };
        let accumulator = self.visit(&loops.accu_init)?;
        let depth = self.variables.len();
        self.variables.push((loops.accu_var.clone(), accumulator));
        let outcome = self.walk(loops, range, depth);
        let result = match outcome {
            Ok(()) => self.visit(&loops.result),
            Err(fault) => Err(fault),
        };
        self.variables.truncate(depth);
        result
    }

    fn walk(
        &mut self,
        loops: &ComprehensionExpr,
        range: Vec<Value>,
        slot: usize,
    ) -> Result<(), Fault> {
        let mut failed = None;
        for item in range {
            self.variables.push((loops.iter_var.clone(), item));
            // A loop whose sum is an error goes on as long as its condition is not false.
            let go_on = match &failed {
                None => self.visit(&loops.loop_cond)?,
                Some(_) => Value::Bool(true),
            };
            if !matches!(go_on, Value::Bool(true)) {
                self.variables.pop();
                break;
            }
            let step = match failed.take() {
                None => self.visit(&loops.loop_step),
                Some(fault) => self.step_after(&loops.loop_step, fault),
            };
            self.variables.pop();
            match step {
                Ok(value) => self.variables[slot].1 = value,
                Err(beyond @ Fault::Beyond(_)) => return Err(beyond),
                Err(fault) => failed = Some(fault),
            }
        }
        failed.map_or(Ok(()), Err)
    }

    /// A step whose sum so far is an error: the deciding value of `&&` and `||` still wins, and a
    /// condition that fails puts its own error in the place of the first.
    fn step_after(&mut self, step: &IdedExpr, fault: Fault) -> Outcome {
        let Expr::Call(call) = &step.expr else { return Err(fault) };
        match (call.func_name.as_str(), call.args.as_slice()) {
            ("_&&_" | "_||_", [.., term]) => {
                let deciding = call.func_name == "_||_";
                match self.visit(term) {
                    Ok(Value::Bool(value)) if value == deciding => Ok(Value::Bool(deciding)),
                    Err(beyond @ Fault::Beyond(_)) => Err(beyond),
                    _ => Err(fault),
                }
            }
            ("_?_:_", [condition, ..]) => match self.visit(condition) {
                Ok(Value::Bool(_)) => Err(fault),
                Ok(_) => Err(Fault::no_overload()),
                Err(other) => Err(other),
            },
            _ => Err(fault),
        }
    }
}

fn is_empty_list(node: &IdedExpr) -> bool {
    matches!(&node.expr, Expr::List(list) if list.elements.is_empty())
}

/// A key or index as the server's messages show it.
fn shown(value: &Value) -> Result<String, Fault> {
    match value {
        Value::Text(text) => Ok(text.to_string()),
        Value::Int(value) => Ok(value.to_string()),
        Value::Uint(value) => Ok(value.to_string()),
        Value::Double(value) => Ok(double_text(*value)),
        Value::Bool(value) => Ok(value.to_string()),
        _ => Err(Fault::beyond("this index")),
    }
}

/// Source: google/cel-go, common/types/list.go, `IndexOrError`.
#[expect(clippy::cast_possible_truncation, reason = "whole numbers only")]
fn list_index(index: &Value) -> Result<i64, Fault> {
    match index {
        Value::Int(place) => Ok(*place),
        Value::Uint(place) => i64::try_from(*place).map_err(|_| Fault::beyond("this index")),
        Value::Double(place) if place.fract() == 0.0 && place.abs() < 9.2e18 => Ok(*place as i64),
        Value::Double(place) => {
            let place = double_text(*place);
            Err(Fault::error(format!("unsupported index value {place} in list")))
        }
        other => {
            let name = other.type_name().ok_or_else(|| Fault::beyond("this index"))?;
            Err(Fault::error(format!("unsupported index type '{name}' in list")))
        }
    }
}

fn literal_value(literal: &LiteralValue) -> Outcome {
    Ok(match literal {
        LiteralValue::Boolean(value) => Value::Bool(*value.inner()),
        LiteralValue::Double(value) => Value::Double(*value.inner()),
        LiteralValue::Int(value) => Value::Int(*value.inner()),
        LiteralValue::UInt(value) => Value::Uint(*value.inner()),
        LiteralValue::Null => Value::Null,
        LiteralValue::String(value) => Value::text(value.inner()),
        LiteralValue::Bytes(_) => return Err(Fault::beyond("CEL bytes")),
    })
}

fn literal_map(entries: Vec<(Value, Value)>) -> Outcome {
    for (place, (key, _)) in entries.iter().enumerate() {
        let same = |(other, _): &(Value, Value)| equal(key, other) != Some(false);
        if entries[..place].iter().any(same) {
            return Err(Fault::beyond("equal keys in a CEL map"));
        }
    }
    Ok(Value::Map(Rc::new(Map { entries: Entries::Literal(entries) })))
}
