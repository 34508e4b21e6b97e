//! Strings and numbers inside JSON, turned into what Go makes of them.

use crate::go::quote::{Rune, first_rune, quote};

/// The text of a valid JSON string literal, quotes included in the input.
/// Source: Go, encoding/json, `unquoteBytes`.
pub(super) fn unquote(literal: &[u8]) -> String {
    let inside = literal.get(1..literal.len().saturating_sub(1)).unwrap_or_default();
    let mut out = String::with_capacity(inside.len());
    let mut rest = inside;
    while let Some(&byte) = rest.first() {
        let width = match byte {
            b'\\' => unescape(rest, &mut out),
            _ => match first_rune(rest) {
                Some(Rune::Char(c, width)) => {
                    out.push(c);
                    width
                }
                _ => {
                    out.push(char::REPLACEMENT_CHARACTER);
                    1
                }
            },
        };
        rest = rest.get(width..).unwrap_or_default();
    }
    out
}

/// Reads one escape; returns how many bytes it takes.
fn unescape(rest: &[u8], out: &mut String) -> usize {
    let simple = match rest.get(1) {
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => return unescape_unicode(rest, out),
        Some(&other) => char::from(other),
        None => return 1,
    };
    out.push(simple);
    2
}

fn unescape_unicode(rest: &[u8], out: &mut String) -> usize {
    let first = hex4(rest).unwrap_or(0xfffd);
    if let Some(c) = char::from_u32(first) {
        out.push(c);
        return 6;
    }
    let pair = rest.get(6..).and_then(hex4).filter(|low| (0xdc00..0xe000).contains(low));
    match pair {
        Some(low) if first < 0xdc00 => {
            let code = 0x10000 + ((first - 0xd800) << 10) + (low - 0xdc00);
            out.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            12
        }
        _ => {
            out.push(char::REPLACEMENT_CHARACTER);
            6
        }
    }
}

/// The value of `\uXXXX` at the start of the bytes.
fn hex4(bytes: &[u8]) -> Option<u32> {
    let digits = bytes.strip_prefix(b"\\u")?.get(..4)?;
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

/// Whether the text is a JSON number. Source: Go, encoding/json, `isValidNumber`.
pub fn valid_number(text: &str) -> bool {
    text.starts_with(|c: char| c == '-' || c.is_ascii_digit())
        && text.ends_with(|c: char| c.is_ascii_digit())
        && super::check(text.as_bytes()).is_ok()
}

/// The number as a 64-bit integer, if it is written as one and fits.
/// Source: Go, encoding/json, `Number.Int64`.
pub fn number_int(text: &str) -> Option<i64> {
    text.parse().ok()
}

/// The number as a 64-bit float.
///
/// # Errors
/// Go's text: the number is no number or too large.
/// Source: Go, encoding/json, `Number.Float64`, strconv, `ParseFloat`.
pub fn number_float(text: &str) -> Result<f64, String> {
    let refuse = |why: &str| Err(format!("strconv.ParseFloat: parsing {}: {why}", quote(text)));
    if !valid_number(text) {
        return refuse("invalid syntax");
    }
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value),
        Ok(_) => refuse("value out of range"),
        Err(_) => refuse("invalid syntax"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop")]

    use super::*;

    #[test]
    fn surrogates_and_bad_bytes_as_go() {
        assert_eq!(unquote(br#""a\ud83d\ude00\ud83dx\ude00\u0041\/""#), "a😀\u{fffd}x\u{fffd}A/");
        assert_eq!(unquote(b"\"\xff\xe4\xb8\""), "\u{fffd}\u{fffd}\u{fffd}");
        assert_eq!(unquote(br#""\ud83d\u0041""#), "\u{fffd}A");
    }

    #[test]
    fn numbers() {
        for good in ["0", "-0", "10.5", "1e5", "1E+5", "-1.0e-5"] {
            assert!(valid_number(good), "{good}");
        }
        for bad in ["", "-", "01", "+1", "1.", ".5", "1e", " 1", "1 ", "abc", "0x1", "Inf"] {
            assert!(!valid_number(bad), "{bad}");
        }
        assert_eq!(number_int("9223372036854775807"), Some(i64::MAX));
        assert_eq!(number_int("1.0"), None);
        assert_eq!(
            number_float("1e400").unwrap_err(),
            "strconv.ParseFloat: parsing \"1e400\": value out of range"
        );
        assert_eq!(
            number_float("").unwrap_err(),
            "strconv.ParseFloat: parsing \"\": invalid syntax"
        );
    }
}
