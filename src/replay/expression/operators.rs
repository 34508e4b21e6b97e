//! The operators that take values and give a value.

use std::cmp::Ordering;
use std::rc::Rc;

use super::evaluate::{Fault, Outcome};
use super::value::{List, Native, Value, compare_numbers, equal};

/// Applies an operator; nothing when the name is none.
pub(super) fn apply(name: &str, values: &[Value]) -> Option<Outcome> {
    Some(match (name, values) {
        ("!_", [value]) => match value {
            Value::Bool(value) => Ok(Value::Bool(!value)),
            _ => Err(Fault::no_overload()),
        },
        ("-_", [value]) => negate(value),
        ("_==_", [a, b]) => compare_equal(a, b).map(Value::Bool),
        ("_!=_", [a, b]) => compare_equal(a, b).map(|same| Value::Bool(!same)),
        ("_<_", [a, b]) => compare(name, a, b, |order| order == Ordering::Less),
        ("_<=_", [a, b]) => compare(name, a, b, |order| order != Ordering::Greater),
        ("_>_", [a, b]) => compare(name, a, b, |order| order == Ordering::Greater),
        ("_>=_", [a, b]) => compare(name, a, b, |order| order != Ordering::Less),
        ("_+_", [a, b]) => add(a, b),
        ("_-_", [a, b]) => arithmetic(name, a, b, |a, b| a - b, i64::checked_sub, u64::checked_sub),
        ("_*_", [a, b]) => arithmetic(name, a, b, |a, b| a * b, i64::checked_mul, u64::checked_mul),
        ("_/_", [_, Value::Int(0) | Value::Uint(0)]) if whole(values) => {
            Err(Fault::error("division by zero"))
        }
        ("_/_", [a, b]) => arithmetic(name, a, b, |a, b| a / b, i64::checked_div, u64::checked_div),
        ("_%_", [_, Value::Int(0) | Value::Uint(0)]) if whole(values) => {
            Err(Fault::error("modulus by zero"))
        }
        ("_%_", [a, b]) => modulo(a, b),
        _ => return None,
    })
}

/// Whether both values are whole numbers of one kind.
fn whole(values: &[Value]) -> bool {
    matches!(values, [Value::Int(_), Value::Int(_)] | [Value::Uint(_), Value::Uint(_)])
}

pub(super) fn compare_equal(a: &Value, b: &Value) -> Result<bool, Fault> {
    equal(a, b).ok_or_else(|| Fault::beyond("this comparison"))
}

/// The text where a value cannot take part in an operation at all.
/// Source: google/cel-go, interpreter/interpretable.go, `evalBinary`.
fn cannot(name: &str) -> Fault {
    Fault::error(format!("no such overload: {name}"))
}

fn negate(value: &Value) -> Outcome {
    match value {
        Value::Int(value) => match value.checked_neg() {
            Some(value) => Ok(Value::Int(value)),
            None => Err(Fault::error("integer overflow")),
        },
        Value::Double(value) => Ok(Value::Double(-value)),
        Value::Bool(_) | Value::Text(_) => Err(Fault::no_overload()),
        Value::Claims | Value::User => Err(Fault::beyond("this operation")),
        _ => Err(cannot("-_")),
    }
}

fn compare(name: &str, a: &Value, b: &Value, holds: impl Fn(Ordering) -> bool) -> Outcome {
    let order = match (a, b) {
        (Value::Text(a), Value::Text(b)) => a.cmp(b),
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Double(_) | Value::Int(_) | Value::Uint(_), b) => match compare_numbers(a, b) {
            Some(order) => order,
            None if matches!(a, Value::Double(d) if d.is_nan())
                || matches!(b, Value::Double(d) if d.is_nan()) =>
            {
                return Err(Fault::error("NaN values cannot be ordered"));
            }
            None => return Err(Fault::no_overload()),
        },
        (Value::Text(_) | Value::Bool(_), _) => return Err(Fault::no_overload()),
        (Value::Claims | Value::User, _) => return Err(Fault::beyond("this comparison")),
        _ => return Err(cannot(name)),
    };
    Ok(Value::Bool(holds(order)))
}

fn add(a: &Value, b: &Value) -> Outcome {
    match (a, b) {
        (Value::Text(a), Value::Text(b)) => Ok(Value::text(&format!("{a}{b}"))),
        (Value::List(a), Value::List(b)) => Ok(Value::List(concatenate(a, b))),
        (Value::Text(_) | Value::List(_), _) => Err(Fault::no_overload()),
        _ => arithmetic("_+_", a, b, |a, b| a + b, i64::checked_add, u64::checked_add),
    }
}

/// An empty list added to another gives that other list itself.
/// Source: google/cel-go, common/types/list.go, `Add`.
fn concatenate(a: &List, b: &List) -> List {
    if a.items.is_empty() {
        return b.clone();
    }
    if b.items.is_empty() {
        return a.clone();
    }
    let items = a.items.iter().chain(b.items.iter()).cloned().collect();
    List { items: Rc::new(items), native: Native::No }
}

fn arithmetic(
    name: &str,
    a: &Value,
    b: &Value,
    double: impl Fn(f64, f64) -> f64,
    int: impl Fn(i64, i64) -> Option<i64>,
    uint: impl Fn(u64, u64) -> Option<u64>,
) -> Outcome {
    match (a, b) {
        (Value::Double(a), Value::Double(b)) => Ok(Value::Double(double(*a, *b))),
        (Value::Int(a), Value::Int(b)) => {
            int(*a, *b).map(Value::Int).ok_or_else(|| Fault::error("integer overflow"))
        }
        (Value::Uint(a), Value::Uint(b)) => {
            uint(*a, *b).map(Value::Uint).ok_or_else(|| Fault::error("unsigned integer overflow"))
        }
        // Text could receive any call, and has no method of this name.
        (Value::Double(_) | Value::Int(_) | Value::Uint(_) | Value::Text(_), _) => {
            Err(Fault::no_overload())
        }
        (Value::Claims | Value::User, _) => Err(Fault::beyond("this operation")),
        _ => Err(cannot(name)),
    }
}

fn modulo(a: &Value, b: &Value) -> Outcome {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => {
            a.checked_rem(*b).map(Value::Int).ok_or_else(|| Fault::error("integer overflow"))
        }
        (Value::Uint(a), Value::Uint(b)) => {
            a.checked_rem(*b).map(Value::Uint).ok_or_else(|| Fault::beyond("this operation"))
        }
        (Value::Int(_) | Value::Uint(_) | Value::Text(_), _) => Err(Fault::no_overload()),
        (Value::Claims | Value::User, _) => Err(Fault::beyond("this operation")),
        _ => Err(cannot("_%_")),
    }
}
