//! What Go's decoders complain about anywhere inside a value, found in one pass.

use std::collections::HashSet;

use super::raw::Raw;
use super::text::{number_float, unquote};

/// The first thing that keeps a value from being decoded into Go's `interface{}` by a reader that
/// refuses duplicate members, as go-jose's does; none when nothing does.
/// Source: go-jose v2.6.3, json/decode.go, `objectInterface`, `convertNumber`.
pub fn strict_refusal(raw: Raw<'_>) -> Option<String> {
    let bytes = raw.bytes();
    let mut open: Vec<Option<HashSet<String>>> = Vec::new();
    let mut key_next = false;
    let mut overflow = None;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let mut end = at + 1;
        match byte {
            b'{' => {
                open.push(Some(HashSet::new()));
                key_next = true;
            }
            b'[' => {
                open.push(None);
                key_next = false;
            }
            b'}' | b']' => {
                open.pop();
                key_next = false;
            }
            b',' => key_next = matches!(open.last(), Some(Some(_))),
            b'"' => {
                end = super::raw::string_end(bytes, at);
                if key_next && let Some(Some(keys)) = open.last_mut() {
                    let key = unquote(&bytes[at..end]);
                    if keys.contains(&key) {
                        return Some(format!("json: duplicate key '{key}' in object"));
                    }
                    keys.insert(key);
                }
                key_next = false;
            }
            b'-' | b'0'..=b'9' => {
                end = super::raw::value_end(bytes, at);
                let number = String::from_utf8_lossy(&bytes[at..end]);
                if overflow.is_none() && number_float(&number).is_err() {
                    let text = format!(
                        "json: cannot unmarshal number {number} into Go value of type float64"
                    );
                    overflow = Some(text);
                }
            }
            _ => {}
        }
        at = end;
    }
    overflow
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop")]

    use super::*;

    fn refusal(text: &str) -> Option<String> {
        strict_refusal(Raw::parse_any_depth(text.as_bytes()).unwrap())
    }

    #[test]
    fn duplicates_are_found_at_any_depth() {
        assert_eq!(refusal("{\"a\":[{\"a\":1},{\"a\":\"a\"}],\"b\":{}}"), None);
        let found = refusal("[1e999,{\"x\":{\"a\":1,\"\\u0061\":2}}]").unwrap();
        assert_eq!(found, "json: duplicate key 'a' in object");
        let found = refusal("[1,1e999]").unwrap();
        assert_eq!(found, "json: cannot unmarshal number 1e999 into Go value of type float64");
    }
}
