//! Values that expressions work with.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::LazyLock;

use regex::Regex;

use crate::go::json::{Kind, Raw, number_float, number_int};
use crate::replay::Release;

/// A value.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Bool(bool),
    /// The variable `claims` itself, whose claims are decoded when they are looked at.
    Claims,
    Double(f64),
    Int(i64),
    List(List),
    Map(Rc<Map>),
    Null,
    Optional(Option<Rc<Value>>),
    Text(Rc<str>),
    /// A type, by its name.
    Type(&'static str),
    Uint(u64),
    /// The variable `user` itself.
    User,
}

/// A list, and whether a function of strings made it: the server refuses such a list as groups.
#[derive(Clone, Debug)]
pub(super) struct List {
    pub(super) items: Rc<Vec<Value>>,
    pub(super) native: Native,
}

/// Whether a list holds Go's own strings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Native {
    No,
    Strings,
}

/// A map, and whether its names are escaped in expressions.
#[derive(Clone, Debug)]
pub(super) struct Map {
    pub(super) entries: Entries,
}

/// What a map is made of.
#[derive(Clone, Debug)]
pub(super) enum Entries {
    /// A JSON object.
    Json(BTreeMap<String, Value>),
    /// A literal in the expression.
    Literal(Vec<(Value, Value)>),
}

impl Value {
    pub(super) fn text(text: &str) -> Value {
        Value::Text(text.into())
    }

    pub(super) fn list(items: Vec<Value>) -> Value {
        Value::List(List { items: Rc::new(items), native: Native::No })
    }

    pub(super) fn strings(items: Vec<Value>) -> Value {
        Value::List(List { items: Rc::new(items), native: Native::Strings })
    }

    pub(super) fn json_map(entries: BTreeMap<String, Value>) -> Value {
        Value::Map(Rc::new(Map { entries: Entries::Json(entries) }))
    }

    /// The type's name as in `no such overload: string(list)`; none where it is in doubt.
    pub(super) fn type_name(&self) -> Option<&'static str> {
        Some(match self {
            Value::Bool(_) => "bool",
            Value::Double(_) => "double",
            Value::Int(_) => "int",
            Value::List(_) => "list",
            Value::Map(_) => "map",
            Value::Null => "null_type",
            Value::Optional(_) => "optional_type",
            Value::Text(_) => "string",
            Value::Type(_) => "type",
            Value::Uint(_) => "uint",
            Value::Claims | Value::User => return None,
        })
    }

    /// A JSON value as the server's decoder leaves it.
    ///
    /// The error is Go's text.
    pub(super) fn decode(raw: Raw<'_>, release: Release) -> Result<Value, String> {
        match raw.kind() {
            Kind::Null => Ok(Value::Null),
            Kind::Bool => Ok(Value::Bool(raw.bytes().first() == Some(&b't'))),
            Kind::String => Ok(Value::text(&raw.text().unwrap_or_default())),
            Kind::Number => number(raw, release),
            Kind::Array => raw
                .items()
                .map(|item| Value::decode(item, release))
                .collect::<Result<_, _>>()
                .map(Value::list),
            Kind::Object => {
                let decode = |(name, value)| Ok((name, Value::decode(value, release)?));
                raw.members().map(decode).collect::<Result<_, String>>().map(Value::json_map)
            }
        }
    }
}

/// Numbers are doubles since 1.34; before, whole numbers were integers.
fn number(raw: Raw<'_>, release: Release) -> Result<Value, String> {
    let text = String::from_utf8_lossy(raw.bytes());
    if !release.since(34)
        && let Some(whole) = number_int(&text)
    {
        return Ok(Value::Int(whole));
    }
    match number_float(&text) {
        Ok(value) => Ok(Value::Double(value)),
        Err(_) => {
            Err(format!("json: cannot unmarshal number {text} into Go value of type float64"))
        }
    }
}

/// Whether two values are equal; none where it is in doubt.
/// Source: google/cel-go, common/types, `Equal`.
pub(super) fn equal(a: &Value, b: &Value) -> Option<bool> {
    if let Some(order) = compare_numbers(a, b) {
        return Some(order.is_eq());
    }
    Some(match (a, b) {
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Text(a), Value::Text(b)) => a == b,
        (Value::Null, Value::Null) => true,
        (Value::Type(a), Value::Type(b)) => a == b,
        (Value::List(a), Value::List(b)) => return equal_lists(&a.items, &b.items),
        (Value::Map(a), Value::Map(b)) => return equal_maps(a, b),
        (Value::Optional(None), Value::Optional(None)) => true,
        (Value::Optional(Some(a)), Value::Optional(Some(b))) => return equal(a, b),
        (Value::Optional(_), Value::Optional(_)) => false,
        (Value::Claims | Value::User, _) | (_, Value::Claims | Value::User) => return None,
        _ => false,
    })
}

fn equal_lists(a: &[Value], b: &[Value]) -> Option<bool> {
    if a.len() != b.len() {
        return Some(false);
    }
    let pairs: Option<Vec<bool>> = a.iter().zip(b).map(|(a, b)| equal(a, b)).collect();
    Some(pairs?.into_iter().all(|same| same))
}

fn equal_maps(a: &Map, b: &Map) -> Option<bool> {
    let (a, b) = (a.pairs(), b.pairs());
    if a.len() != b.len() {
        return Some(false);
    }
    for (key, value) in &a {
        let mut partner = None;
        for (other, found) in &b {
            if equal(key, other)? {
                partner = Some(found);
            }
        }
        match partner {
            Some(found) if equal(value, found)? => {}
            _ => return Some(false),
        }
    }
    Some(true)
}

impl Map {
    /// All keys and values.
    pub(super) fn pairs(&self) -> Vec<(Value, Value)> {
        match &self.entries {
            Entries::Json(entries) => {
                entries.iter().map(|(key, value)| (Value::text(key), value.clone())).collect()
            }
            Entries::Literal(entries) => entries.clone(),
        }
    }

    pub(super) fn len(&self) -> usize {
        match &self.entries {
            Entries::Json(entries) => entries.len(),
            Entries::Literal(entries) => entries.len(),
        }
    }
}

/// How two numbers of any kind compare; none when one is no number.
pub(super) fn compare_numbers(a: &Value, b: &Value) -> Option<std::cmp::Ordering> {
    match (a, b) {
        (Value::Double(a), Value::Double(b)) => a.partial_cmp(b),
        (Value::Double(a), whole) => compare_double(*a, integer(whole)?),
        (whole, Value::Double(b)) => {
            compare_double(*b, integer(whole)?).map(std::cmp::Ordering::reverse)
        }
        (a, b) => Some(integer(a)?.cmp(&integer(b)?)),
    }
}

fn integer(value: &Value) -> Option<i128> {
    match value {
        Value::Int(value) => Some(i128::from(*value)),
        Value::Uint(value) => Some(i128::from(*value)),
        _ => None,
    }
}

/// Compares exactly; every double below 2^100 is a whole number of i128 and a rest.
#[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
fn compare_double(a: f64, b: i128) -> Option<std::cmp::Ordering> {
    use std::cmp::Ordering;
    const LIMIT: f64 = 1e30;
    if a.is_nan() {
        return None;
    }
    if a >= LIMIT {
        return Some(Ordering::Greater);
    }
    if a <= -LIMIT {
        return Some(Ordering::Less);
    }
    let whole = (a.floor() as i128).cmp(&b);
    let rest = if a > a.floor() { Ordering::Greater } else { Ordering::Equal };
    Some(whole.then(rest))
}

/// A double as Go's `strconv.FormatFloat(f, 'g', -1, 64)` and `%v` write it.
pub(super) fn double_text(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    // Rust's shortest digits are Go's shortest digits.
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let power: i32 = exponent.parse().unwrap_or_default();
    if (-4..6).contains(&power) {
        return format!("{value}");
    }
    let sign = if power < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", power.abs())
}

/// The name behind the escapes of a field name; none when an escape is unknown.
/// Source: k8s.io/apiserver, pkg/cel/escaping.go, `Unescape`.
pub(super) fn unescape(name: &str) -> Option<String> {
    const KEYWORDS: [&str; 21] = [
        "true",
        "false",
        "null",
        "in",
        "as",
        "break",
        "const",
        "continue",
        "else",
        "for",
        "function",
        "if",
        "import",
        "let",
        "loop",
        "package",
        "namespace",
        "return",
        "var",
        "void",
        "while",
    ];
    static ESCAPE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new("__[^_]+__").ok());
    let mut out = String::new();
    let mut end = 0;
    for found in ESCAPE.as_ref()?.find_iter(name) {
        out.push_str(&name[end..found.start()]);
        let word = &found.as_str()[2..found.len() - 2];
        out.push_str(match word {
            "underscores" => "__",
            "dot" => ".",
            "dash" => "-",
            "slash" => "/",
            keyword if KEYWORDS.contains(&keyword) && found.len() == name.len() => keyword,
            _ => return None,
        });
        end = found.end();
    }
    out.push_str(&name[end..]);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_are_written_as_go_does() {
        assert_eq!(double_text(5.0), "5");
        assert_eq!(double_text(1.5), "1.5");
        assert_eq!(double_text(1_000_000.0), "1e+06");
        assert_eq!(double_text(1_795_514_400.0), "1.7955144e+09");
        assert_eq!(double_text(1e-7), "1e-07");
        assert_eq!(double_text(0.0001), "0.0001");
        assert_eq!(double_text(-0.0), "-0");
    }

    #[test]
    fn names_are_unescaped() {
        assert_eq!(unescape("a__dot__b").as_deref(), Some("a.b"));
        assert_eq!(unescape("u__underscores__v").as_deref(), Some("u__v"));
        assert_eq!(unescape("__namespace__").as_deref(), Some("namespace"));
        assert_eq!(unescape("u__v").as_deref(), Some("u__v"));
        assert_eq!(unescape("a__b__c"), None);
        assert_eq!(unescape("plain").as_deref(), Some("plain"));
    }

    #[test]
    fn numbers_compare_across_kinds() {
        use std::cmp::Ordering;
        let compare = |a, b| compare_numbers(&a, &b);
        assert_eq!(compare(Value::Double(5.0), Value::Int(5)), Some(Ordering::Equal));
        assert_eq!(compare(Value::Int(5), Value::Double(5.5)), Some(Ordering::Less));
        assert_eq!(compare(Value::Double(-5.5), Value::Int(-5)), Some(Ordering::Less));
        assert_eq!(compare(Value::Double(1e300), Value::Uint(u64::MAX)), Some(Ordering::Greater));
        assert_eq!(compare(Value::Null, Value::Int(1)), None);
    }
}
