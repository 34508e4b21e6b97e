//! JSON values into Go's types, with Go's refusals.

use super::Raw;

/// What kind of value stands in the document, in Go's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `[…]`
    Array,
    /// `true` or `false`
    Bool,
    /// `null`
    Null,
    /// A number.
    Number,
    /// `{…}`
    Object,
    /// `"…"`
    String,
}

impl Kind {
    /// Go's word, as in `cannot unmarshal number into …`.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Array => "array",
            Kind::Bool => "bool",
            Kind::Null => "null",
            Kind::Number => "number",
            Kind::Object => "object",
            Kind::String => "string",
        }
    }
}

impl Raw<'_> {
    /// The kind of the value.
    pub fn kind(self) -> Kind {
        match self.first() {
            b'{' => Kind::Object,
            b'[' => Kind::Array,
            b'"' => Kind::String,
            b't' | b'f' => Kind::Bool,
            b'n' => Kind::Null,
            _ => Kind::Number,
        }
    }
}

/// A value of a kind that the Go type cannot take. Source: Go, encoding/json, `UnmarshalTypeError`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("json: cannot unmarshal {} into Go {}", kind.word(), target(field.as_ref(), go_type))]
pub struct TypeMismatch {
    /// What stands there.
    pub kind: Kind,
    /// The Go type that was to be filled.
    pub go_type: String,
    /// The innermost Go struct and the path of member names, if the value is in a struct.
    pub field: Option<(String, String)>,
}

fn target(field: Option<&(String, String)>, go_type: &str) -> String {
    match field {
        Some((name, path)) => format!("struct field {name}.{path} of type {go_type}"),
        None => format!("value of type {go_type}"),
    }
}

impl TypeMismatch {
    /// A mismatch outside any struct.
    pub fn new(kind: Kind, go_type: &str) -> TypeMismatch {
        TypeMismatch { kind, go_type: go_type.to_owned(), field: None }
    }

    /// The same mismatch at a member of a struct.
    pub fn within(self, name: &str, path: &str) -> TypeMismatch {
        TypeMismatch { field: Some((name.to_owned(), path.to_owned())), ..self }
    }
}

/// Names of Go types as they appear in refusals.
pub mod go_type {
    /// A boolean.
    pub const BOOL: &str = "bool";
    /// A number kept as text.
    pub const NUMBER: &str = "json.Number";
    /// Text.
    pub const STRING: &str = "string";
    /// A list of texts.
    pub const STRINGS: &str = "[]string";
}

/// The value as text; nothing for `null`, which leaves Go's variable as it was.
///
/// # Errors
/// The value is of another kind.
pub fn string(raw: Raw<'_>) -> Result<Option<String>, TypeMismatch> {
    match raw.kind() {
        Kind::Null => Ok(None),
        Kind::String => Ok(raw.text()),
        other => Err(TypeMismatch::new(other, go_type::STRING)),
    }
}

/// The value as a boolean; nothing for `null`.
///
/// # Errors
/// The value is of another kind.
pub fn boolean(raw: Raw<'_>) -> Result<Option<bool>, TypeMismatch> {
    match raw.kind() {
        Kind::Null => Ok(None),
        Kind::Bool => Ok(Some(raw.first() == b't')),
        other => Err(TypeMismatch::new(other, go_type::BOOL)),
    }
}

/// The value as a number's text, as `json.Number` takes it: a number, or a string that holds one;
/// empty for `null`.
///
/// # Errors
/// Go's text: the value is of another kind, or the string holds no number.
pub fn number(raw: Raw<'_>) -> Result<Result<String, TypeMismatch>, String> {
    match raw.kind() {
        Kind::Null => Ok(Ok(String::new())),
        Kind::Number => Ok(Ok(String::from_utf8_lossy(raw.bytes()).into_owned())),
        Kind::String => {
            let text = raw.text().unwrap_or_default();
            if super::valid_number(&text) {
                return Ok(Ok(text));
            }
            let literal = crate::go::quote::quote_bytes(raw.bytes());
            Err(format!("json: invalid number literal, trying to unmarshal {literal} into Number"))
        }
        other => Ok(Err(TypeMismatch::new(other, go_type::NUMBER))),
    }
}

/// The value as a list of texts, `null` items being empty; nothing for `null`.
///
/// # Errors
/// The value is no list, or an item is neither text nor `null`.
pub fn strings(raw: Raw<'_>) -> Result<Option<Vec<String>>, TypeMismatch> {
    let Some(items) = list(raw, go_type::STRINGS)? else { return Ok(None) };
    items.map(|item| Ok(string(item)?.unwrap_or_default())).collect::<Result<_, _>>().map(Some)
}

/// The items of a list that fills the Go type; nothing for `null`.
///
/// # Errors
/// The value is of another kind.
pub fn list<'a>(raw: Raw<'a>, go_type: &str) -> Result<Option<super::Items<'a>>, TypeMismatch> {
    match raw.kind() {
        Kind::Null => Ok(None),
        Kind::Array => Ok(Some(raw.items())),
        other => Err(TypeMismatch::new(other, go_type)),
    }
}

/// The members of an object that fills the Go type; nothing for `null`.
///
/// # Errors
/// The value is of another kind.
pub fn object<'a>(raw: Raw<'a>, go_type: &str) -> Result<Option<super::Members<'a>>, TypeMismatch> {
    match raw.kind() {
        Kind::Null => Ok(None),
        Kind::Object => Ok(Some(raw.members())),
        other => Err(TypeMismatch::new(other, go_type)),
    }
}

/// Whether Go takes the key for the member of this lower-case ASCII name when upper and lower case
/// do not matter: the long s and the Kelvin sign count as s and k.
/// Source: Go, encoding/json, fold.go.
pub fn fold_equal(key: &str, name: &str) -> bool {
    let mut folded = key.chars().map(|c| match c {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        other => other.to_ascii_lowercase(),
    });
    name.chars().all(|c| folded.next() == Some(c)) && folded.next().is_none()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop")]

    use super::*;

    fn raw(text: &str) -> Raw<'_> {
        Raw::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn refusals_are_in_go_words() {
        assert_eq!(
            string(raw("5")).unwrap_err().to_string(),
            "json: cannot unmarshal number into Go value of type string"
        );
        assert_eq!(
            strings(raw("[\"a\",{}]")).unwrap_err().within("idToken", "aud").to_string(),
            "json: cannot unmarshal object into Go struct field idToken.aud of type string"
        );
        assert_eq!(
            number(raw("\"abc\"")).unwrap_err(),
            r#"json: invalid number literal, trying to unmarshal "\"abc\"" into Number"#
        );
        assert_eq!(number(raw("\"12\"")).unwrap().unwrap(), "12");
        assert_eq!(strings(raw("[null]")).unwrap(), Some(vec![String::new()]));
    }

    #[test]
    fn folding() {
        assert!(fold_equal("ISS", "iss"));
        assert!(fold_equal("iſs", "iss"));
        assert!(fold_equal("to\u{212a}en", "token"));
        assert!(!fold_equal("is", "iss"));
        assert!(!fold_equal("isss", "iss"));
    }
}
