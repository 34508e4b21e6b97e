//! What a scalar is, by its look and tag. Source: goyaml.v2 `resolve.go`.

use super::arena::Scalar;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A resolved scalar.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Resolved {
    Bool(bool),
    Float(f64),
    Int(i64),
    Null,
    Text(String),
    /// Above the largest `i64`.
    Unsigned(u64),
}

/// Resolves a scalar, or says in Go's words why it cannot be; the value itself is never quoted.
pub(super) fn resolve(scalar: &Scalar) -> Result<Resolved, String> {
    let text = scalar.text.as_str();
    match scalar.tag.as_deref() {
        None if scalar.plain => Ok(by_look(text)),
        Some("!!binary") => binary(text),
        Some(tag @ ("!!bool" | "!!float" | "!!int" | "!!null")) => by_tag(tag, text),
        _ => Ok(Resolved::Text(text.to_owned())),
    }
}

fn binary(text: &str) -> Result<Resolved, String> {
    let wrong = || "!!binary value contains invalid base64 data".to_owned();
    let clean: String = text.chars().filter(|c| !matches!(c, '\n' | '\r')).collect();
    let bytes = STANDARD.decode(clean).map_err(|_| wrong())?;
    Ok(Resolved::Text(String::from_utf8_lossy(&bytes).into_owned()))
}

fn by_tag(tag: &str, text: &str) -> Result<Resolved, String> {
    let resolved = by_look(text);
    let found = match &resolved {
        Resolved::Bool(_) => "!!bool",
        Resolved::Float(_) => "!!float",
        Resolved::Int(_) | Resolved::Unsigned(_) => "!!int",
        Resolved::Null => "!!null",
        Resolved::Text(_) => "!!str",
    };
    match resolved {
        resolved if found == tag => Ok(resolved),
        #[expect(clippy::cast_precision_loss, reason = "Go converts the same way")]
        Resolved::Int(n) if tag == "!!float" => Ok(Resolved::Float(n as f64)),
        _ => Err(format!("cannot decode {found} `...` as a {tag}")),
    }
}

fn by_look(text: &str) -> Resolved {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Resolved::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Resolved::Bool(true);
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Resolved::Bool(false);
        }
        ".nan" | ".NaN" | ".NAN" => return Resolved::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => {
            return Resolved::Float(f64::INFINITY);
        }
        "-.inf" | "-.Inf" | "-.INF" => return Resolved::Float(f64::NEG_INFINITY),
        _ => {}
    }
    let number = match text.as_bytes()[0] {
        b'.' if decimal(text) => float(text),
        b'+' | b'-' | b'0'..=b'9' => number(&text.replace('_', "")),
        _ => None,
    };
    number.unwrap_or_else(|| Resolved::Text(text.to_owned()))
}

fn number(plain: &str) -> Option<Resolved> {
    integer(plain).or_else(|| if decimal(plain) { float(plain) } else { None })
}

/// Go's `strconv.ParseInt(s, 0, 64)`, then `ParseUint(s, 0, 64)`.
fn integer(plain: &str) -> Option<Resolved> {
    let (sign, digits) = match plain.as_bytes().first()? {
        b'-' => ("-", &plain[1..]),
        b'+' => ("+", &plain[1..]),
        _ => ("", plain),
    };
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &digits[2..]),
        [b'0', b'o' | b'O', ..] => (8, &digits[2..]),
        [b'0', b'b' | b'B', ..] => (2, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    match i128::from(magnitude) * if sign == "-" { -1 } else { 1 } {
        n if i64::try_from(n).is_ok() => i64::try_from(n).ok().map(Resolved::Int),
        _ if sign.is_empty() => Some(Resolved::Unsigned(magnitude)),
        _ => None,
    }
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn decimal(plain: &str) -> bool {
    let digits = |s: &str| s.len() - s.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let mut rest = plain.strip_prefix(['-', '+']).unwrap_or(plain);
    let whole = digits(rest);
    rest = &rest[whole..];
    if let Some(after) = rest.strip_prefix('.') {
        let fraction = digits(after);
        if whole + fraction == 0 {
            return false;
        }
        rest = &after[fraction..];
    } else if whole == 0 {
        return false;
    }
    let Some(exponent) = rest.strip_prefix(['e', 'E']) else { return rest.is_empty() };
    let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
    !exponent.is_empty() && digits(exponent) == exponent.len()
}

/// Out of range is not a number for Go, so it stays text.
fn float(plain: &str) -> Option<Resolved> {
    plain.parse::<f64>().ok().filter(|f| f.is_finite()).map(Resolved::Float)
}

/// A float as Go's encoding/json writes it; NaN and infinities have no such form.
pub(super) fn json_float(f: f64) -> Option<String> {
    if !f.is_finite() {
        return None;
    }
    let size = f.abs();
    if size != 0.0 && !(1e-6..1e21).contains(&size) {
        let text = format!("{f:e}");
        return Some(if text.contains("e-") { text } else { text.replace('e', "e+") });
    }
    Some(f.to_string())
}

/// A float as a key, in the form sigs.k8s.io/yaml gives it: `FormatFloat(f, 'g', -1, 32)`.
pub(super) fn key_float(f: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "Go rounds keys to 32 bits")]
    let short = f as f32;
    if short.is_nan() {
        return ".nan".to_owned();
    }
    if short.is_infinite() {
        return if short > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let text = format!("{short:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..21).contains(&exponent) {
        return short.to_string();
    }
    format!("{digits}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs())
}
