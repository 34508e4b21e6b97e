//! The functions that are replayed.

use std::rc::Rc;

use super::evaluate::{Fault, Outcome};
use super::operators::compare_equal;
use super::pattern;
use super::value::{Map, Value, double_text};

/// Applies a function; `member` looks into a map.
pub(super) fn apply(
    name: &str,
    values: &[Value],
    member: impl Fn(&Map, &Value) -> Result<Option<Value>, Fault>,
) -> Outcome {
    match (name, values) {
        ("@in", [item, list]) => contains_item(item, list, member),
        ("size", [value]) => size(value),
        ("type", [value]) => match value.type_name() {
            Some("optional_type") => Err(Fault::beyond("the type of this value")),
            Some(name) => Ok(Value::Type(name)),
            // The type of the variable itself equals no other.
            None => Ok(Value::Type("kubernetes.claims")),
        },
        ("dyn", [value]) => Ok(value.clone()),
        ("string" | "int" | "double" | "bool", [value]) => convert(name, value),
        ("startsWith" | "endsWith" | "contains", [a, b]) => match (a, b) {
            (Value::Text(a), Value::Text(b)) => Ok(Value::Bool(match name {
                "startsWith" => a.starts_with(&**b),
                "endsWith" => a.ends_with(&**b),
                _ => a.contains(&**b),
            })),
            _ => Err(Fault::no_overload()),
        },
        ("matches", [a, b]) => matches_pattern(a, b),
        ("hasValue" | "value", [target]) => optional(name, target),
        _ => strings(name, values),
    }
}

/// The text where no signature fits. Source: google/cel-go, common/decls, `MaybeNoSuchOverload`.
fn no_overload(name: &str, values: &[Value]) -> Fault {
    let names: Option<Vec<&str>> = values.iter().map(Value::type_name).collect();
    match names {
        Some(names) => Fault::error(format!("no such overload: {name}({})", names.join(", "))),
        None => Fault::beyond(format!("{name} of this value")),
    }
}

fn contains_item(
    item: &Value,
    list: &Value,
    member: impl Fn(&Map, &Value) -> Result<Option<Value>, Fault>,
) -> Outcome {
    match list {
        Value::List(list) => {
            for other in list.items.iter() {
                if compare_equal(item, other)? {
                    return Ok(Value::Bool(true));
                }
            }
            Ok(Value::Bool(false))
        }
        Value::Map(map) => member(map, item).map(|found| Value::Bool(found.is_some())),
        _ => Err(Fault::no_overload()),
    }
}

fn size(value: &Value) -> Outcome {
    let count = match value {
        Value::Text(text) => text.chars().count(),
        Value::List(list) => list.items.len(),
        Value::Map(map) => map.len(),
        _ => return Err(Fault::error("no such overload: size")),
    };
    int(count)
}

fn int(count: usize) -> Outcome {
    i64::try_from(count).map(Value::Int).map_err(|_| Fault::beyond("a size"))
}

#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "as in Go")]
fn convert(name: &str, value: &Value) -> Outcome {
    match (name, value) {
        ("string", Value::Text(_)) | ("int", Value::Int(_)) | ("bool", Value::Bool(_)) => {
            Ok(value.clone())
        }
        ("double", Value::Double(_)) => Ok(value.clone()),
        ("string", Value::Bool(value)) => Ok(Value::text(&value.to_string())),
        ("string", Value::Int(value)) => Ok(Value::text(&value.to_string())),
        ("string", Value::Uint(value)) => Ok(Value::text(&value.to_string())),
        ("string", Value::Double(value)) => Ok(Value::text(&double_text(*value))),
        ("int", Value::Double(value)) => {
            if value.is_finite() && value.abs() < 9_223_372_036_854_774_784.0 {
                Ok(Value::Int(*value as i64))
            } else {
                Err(Fault::error("integer overflow"))
            }
        }
        ("int", Value::Uint(value)) => {
            i64::try_from(*value).map(Value::Int).map_err(|_| Fault::error("integer overflow"))
        }
        ("double", Value::Int(value)) => Ok(Value::Double(*value as f64)),
        ("double", Value::Uint(value)) => Ok(Value::Double(*value as f64)),
        ("int" | "double" | "bool", Value::Text(text)) => read(name, text),
        ("bool", Value::Null | Value::Int(_) | Value::Double(_) | Value::Uint(_))
        | (_, Value::Null | Value::List(_) | Value::Map(_) | Value::Bool(_)) => {
            Err(no_overload(name, std::slice::from_ref(value)))
        }
        _ => Err(Fault::beyond(format!("{name} of this value"))),
    }
}

/// Reads a text; only what every reader takes or refuses alike.
fn read(name: &str, text: &str) -> Outcome {
    let plain =
        !text.is_empty() && text.len() < 16 && text.bytes().all(|byte| byte.is_ascii_digit());
    match (name, text) {
        ("bool", "true" | "TRUE" | "True" | "t" | "1") => Ok(Value::Bool(true)),
        ("bool", "false" | "FALSE" | "False" | "f" | "0") => Ok(Value::Bool(false)),
        ("int", _) if plain => text.parse().map(Value::Int).map_err(|_| Fault::beyond("int")),
        ("double", _) if plain => {
            text.parse().map(Value::Double).map_err(|_| Fault::beyond("double"))
        }
        _ => Err(Fault::beyond(format!("{name} of this text"))),
    }
}

fn matches_pattern(text: &Value, pattern: &Value) -> Outcome {
    match (text, pattern) {
        (Value::Text(text), Value::Text(pattern)) => {
            let pattern = compile(pattern)?;
            Ok(Value::Bool(pattern.is_match(text)))
        }
        (Value::Text(_), _) => Err(Fault::no_overload()),
        _ => Err(Fault::error("no such overload: matches")),
    }
}

fn compile(text: &str) -> Result<regex::Regex, Fault> {
    pattern::compile(text).map_err(|_| Fault::beyond("this regular expression"))
}

fn optional(name: &str, target: &Value) -> Outcome {
    match (name, target) {
        ("hasValue", Value::Optional(inner)) => Ok(Value::Bool(inner.is_some())),
        ("value", Value::Optional(Some(value))) => Ok(Rc::unwrap_or_clone(value.clone())),
        ("value", Value::Optional(None)) => Err(Fault::error("optional.none() dereference")),
        _ => Err(Fault::beyond(format!("{name} of this value"))),
    }
}

/// Source: google/cel-go, ext/strings.go; k8s.io/apiserver, pkg/cel/library/regex.go.
fn strings(name: &str, values: &[Value]) -> Outcome {
    match (name, values) {
        ("lowerAscii", [Value::Text(text)]) => Ok(Value::text(&text.to_ascii_lowercase())),
        ("upperAscii", [Value::Text(text)]) => Ok(Value::text(&text.to_ascii_uppercase())),
        ("trim", [Value::Text(text)]) => Ok(Value::text(text.trim())),
        ("replace", [Value::Text(text), Value::Text(old), Value::Text(new)]) => {
            Ok(Value::text(&text.replace(&**old, new)))
        }
        ("split", [Value::Text(text), Value::Text(separator)]) => {
            let parts: Vec<Value> = if separator.is_empty() {
                text.chars().map(|c| Value::text(&c.to_string())).collect()
            } else {
                text.split(&**separator).map(Value::text).collect()
            };
            Ok(Value::strings(parts))
        }
        ("join", [Value::List(list), rest @ ..]) => join(list.items.as_slice(), rest),
        ("substring", [Value::Text(text), Value::Int(start)]) => {
            let length = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
            if *start > length {
                return Err(Fault::error(format!("index out of range: {start}")));
            }
            substring(text, *start, length)
        }
        ("substring", [Value::Text(text), Value::Int(start), Value::Int(end)]) => {
            substring(text, *start, *end)
        }
        ("charAt", [Value::Text(text), Value::Int(place)]) => char_at(text, *place),
        // Old releases refuse to look into empty text.
        ("indexOf" | "lastIndexOf", [Value::Text(text), _]) if text.is_empty() => {
            Err(Fault::beyond(format!("{name} in empty text")))
        }
        ("indexOf", [Value::Text(text), Value::Text(part)]) => place(text, text.find(&**part)),
        ("lastIndexOf", [Value::Text(text), Value::Text(part)]) => place(text, text.rfind(&**part)),
        ("find", [Value::Text(text), Value::Text(pattern)]) => {
            let found = compile(pattern)?.find(text).map_or("", |found| found.as_str());
            Ok(Value::text(found))
        }
        ("findAll", [Value::Text(text), Value::Text(pattern)]) => {
            let pattern = compile(pattern)?;
            if pattern.is_match("") {
                // Readers differ on where empty matches stand.
                return Err(Fault::beyond("this regular expression"));
            }
            Ok(Value::strings(pattern.find_iter(text).map(|m| Value::text(m.as_str())).collect()))
        }
        ("replace" | "split" | "findAll", [_, .., Value::Int(_)])
        | ("indexOf" | "lastIndexOf", _) => Err(Fault::beyond(format!("this form of {name}"))),
        (
            "lowerAscii" | "upperAscii" | "trim" | "replace" | "split" | "substring" | "charAt",
            values,
        ) => Err(no_overload(name, values)),
        _ => Err(Fault::beyond(format!("the CEL function {name}"))),
    }
}

fn join(items: &[Value], rest: &[Value]) -> Outcome {
    let separator = match rest {
        [] => "",
        [Value::Text(separator)] => separator,
        _ => return Err(Fault::beyond("this form of join")),
    };
    let texts: Option<Vec<&str>> = items
        .iter()
        .map(|item| match item {
            Value::Text(text) => Some(&**text),
            _ => None,
        })
        .collect();
    let texts = texts.ok_or_else(|| Fault::beyond("join of this list"))?;
    Ok(Value::text(&texts.join(separator)))
}

fn substring(text: &str, start: i64, end: i64) -> Outcome {
    let length = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    let outside = |place: i64| Fault::error(format!("index out of range: {place}"));
    if start > end {
        let error = format!("invalid substring range. start: {start}, end: {end}");
        return Err(Fault::error(error));
    }
    if start < 0 || start > length {
        return Err(outside(start));
    }
    if end < 0 || end > length {
        return Err(outside(end));
    }
    let skip = usize::try_from(start).unwrap_or_default();
    let take = usize::try_from(end - start).unwrap_or_default();
    let part: String = text.chars().skip(skip).take(take).collect();
    Ok(Value::text(&part))
}

fn char_at(text: &str, place: i64) -> Outcome {
    let length = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    if place == length {
        return Ok(Value::text(""));
    }
    let letter = usize::try_from(place).ok().and_then(|place| text.chars().nth(place));
    match letter {
        Some(letter) => Ok(Value::text(&letter.to_string())),
        None => Err(Fault::error(format!("index out of range: {place}"))),
    }
}

/// A place in bytes as one in characters.
fn place(text: &str, found: Option<usize>) -> Outcome {
    match found {
        Some(at) => int(text[..at].chars().count()),
        None => Ok(Value::Int(-1)),
    }
}
