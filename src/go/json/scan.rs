//! Whether bytes are one JSON document, and Go's words when they are not.

use crate::go::quote::quote;

/// How deep Go lets arrays and objects nest. Source: Go, encoding/json, `maxNestingDepth`.
pub const DEPTH_LIMIT: usize = 10_000;

/// The bytes are not one JSON document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    /// Go's text.
    pub message: String,
    /// The offending byte, from 0; the length of the input when it ended too early.
    pub offset: usize,
}

/// Checks that the bytes are one JSON document with Go's nesting limit.
///
/// # Errors
/// The first byte that cannot stand where it stands. Source: Go, encoding/json, scanner.go.
pub fn check(bytes: &[u8]) -> Result<(), SyntaxError> {
    check_within(bytes, Some(DEPTH_LIMIT))
}

/// Checks the bytes with another nesting limit; none for readers that have none.
///
/// # Errors
/// As [`check`].
pub fn check_within(bytes: &[u8], limit: Option<usize>) -> Result<(), SyntaxError> {
    Scanner { bytes, at: 0, open: Vec::new(), limit }.run()
}

/// What encloses the place being read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Array,
    Object,
}

/// What may come next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expect {
    Value,
    FirstItem,
    FirstKey,
    Key,
    Colon,
    AfterValue,
}

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
    open: Vec<Open>,
    limit: Option<usize>,
}

impl Scanner<'_> {
    fn run(mut self) -> Result<(), SyntaxError> {
        let mut expect = Expect::Value;
        loop {
            self.skip_space();
            let Some(&byte) = self.bytes.get(self.at) else {
                if expect == Expect::AfterValue && self.open.is_empty() {
                    return Ok(());
                }
                return Err(self.ended());
            };
            expect = self.step(expect, byte)?;
        }
    }

    fn step(&mut self, expect: Expect, byte: u8) -> Result<Expect, SyntaxError> {
        match expect {
            Expect::FirstItem if byte == b']' => Ok(self.close()),
            Expect::Value | Expect::FirstItem => self.value(byte),
            Expect::FirstKey if byte == b'}' => Ok(self.close()),
            Expect::Key | Expect::FirstKey => {
                if byte != b'"' {
                    return Err(self.refuse("looking for beginning of object key string"));
                }
                self.string()?;
                Ok(Expect::Colon)
            }
            Expect::Colon => {
                if byte != b':' {
                    return Err(self.refuse("after object key"));
                }
                self.at += 1;
                Ok(Expect::Value)
            }
            Expect::AfterValue => self.after_value(byte),
        }
    }

    fn after_value(&mut self, byte: u8) -> Result<Expect, SyntaxError> {
        match (self.open.last(), byte) {
            (Some(Open::Array), b']') | (Some(Open::Object), b'}') => Ok(self.close()),
            (Some(Open::Array), b',') => {
                self.at += 1;
                Ok(Expect::Value)
            }
            (Some(Open::Object), b',') => {
                self.at += 1;
                Ok(Expect::Key)
            }
            (Some(Open::Array), _) => Err(self.refuse("after array element")),
            (Some(Open::Object), _) => Err(self.refuse("after object key:value pair")),
            (None, _) => Err(self.refuse("after top-level value")),
        }
    }

    fn value(&mut self, byte: u8) -> Result<Expect, SyntaxError> {
        match byte {
            b'{' => self.enter(Open::Object, Expect::FirstKey),
            b'[' => self.enter(Open::Array, Expect::FirstItem),
            b'"' => self.string().map(|()| Expect::AfterValue),
            b'-' | b'0'..=b'9' => self.number().map(|()| Expect::AfterValue),
            b't' => self.literal("true").map(|()| Expect::AfterValue),
            b'f' => self.literal("false").map(|()| Expect::AfterValue),
            b'n' => self.literal("null").map(|()| Expect::AfterValue),
            _ => Err(self.refuse("looking for beginning of value")),
        }
    }

    fn enter(&mut self, open: Open, next: Expect) -> Result<Expect, SyntaxError> {
        if self.limit.is_some_and(|limit| self.open.len() >= limit) {
            return Err(self.refuse("exceeded max depth"));
        }
        self.open.push(open);
        self.at += 1;
        Ok(next)
    }

    fn close(&mut self) -> Expect {
        self.open.pop();
        self.at += 1;
        Expect::AfterValue
    }

    fn string(&mut self) -> Result<(), SyntaxError> {
        self.at += 1;
        loop {
            match self.bytes.get(self.at) {
                None => return Err(self.ended()),
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => {
                    self.at += 1;
                    self.escape()?;
                }
                Some(0..=0x1f) => return Err(self.refuse("in string literal")),
                Some(_) => self.at += 1,
            }
        }
    }

    fn escape(&mut self) -> Result<(), SyntaxError> {
        match self.bytes.get(self.at) {
            None => Err(self.refuse("in string escape code")),
            Some(b'b' | b'f' | b'n' | b'r' | b't' | b'\\' | b'/' | b'"') => {
                self.at += 1;
                Ok(())
            }
            Some(b'u') => {
                self.at += 1;
                for _ in 0..4 {
                    match self.bytes.get(self.at) {
                        Some(byte) if byte.is_ascii_hexdigit() => self.at += 1,
                        _ => return Err(self.refuse("in \\u hexadecimal character escape")),
                    }
                }
                Ok(())
            }
            Some(_) => Err(self.refuse("in string escape code")),
        }
    }

    fn number(&mut self) -> Result<(), SyntaxError> {
        if self.bytes.get(self.at) == Some(&b'-') {
            self.at += 1;
        }
        match self.bytes.get(self.at) {
            Some(b'0') => self.at += 1,
            _ => self.digits("in numeric literal")?,
        }
        if self.bytes.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits("after decimal point in numeric literal")?;
        }
        if matches!(self.bytes.get(self.at), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.bytes.get(self.at), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits("in exponent of numeric literal")?;
        }
        Ok(())
    }

    /// At least one digit.
    fn digits(&mut self, context: &str) -> Result<(), SyntaxError> {
        if !self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
            return Err(self.refuse(context));
        }
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        Ok(())
    }

    fn literal(&mut self, word: &str) -> Result<(), SyntaxError> {
        for letter in word.bytes() {
            match self.bytes.get(self.at) {
                Some(&byte) if byte == letter => self.at += 1,
                _ => {
                    let expecting = char::from(letter);
                    return Err(
                        self.refuse(&format!("in literal {word} (expecting '{expecting}')"))
                    );
                }
            }
        }
        Ok(())
    }

    fn skip_space(&mut self) {
        while matches!(self.bytes.get(self.at), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn ended(&self) -> SyntaxError {
        SyntaxError { message: "unexpected end of JSON input".to_owned(), offset: self.bytes.len() }
    }

    /// Refuses the byte ahead. Where the input ends, Go tries a space to see whether it may.
    fn refuse(&self, context: &str) -> SyntaxError {
        let byte = self.bytes.get(self.at).copied().unwrap_or(b' ');
        SyntaxError {
            message: format!("invalid character {} {context}", quoted_byte(byte)),
            offset: self.at,
        }
    }
}

/// A byte in single quotes, read as Latin-1. Source: Go, encoding/json, `quoteChar`.
fn quoted_byte(byte: u8) -> String {
    match byte {
        b'\'' => r"'\''".to_owned(),
        b'"' => r#"'"'"#.to_owned(),
        _ => {
            let quoted = quote(&char::from(byte).to_string());
            format!("'{}'", &quoted[1..quoted.len() - 1])
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop")]

    use super::*;

    fn message(text: &str) -> String {
        check(text.as_bytes()).unwrap_err().message
    }

    #[test]
    fn go_words() {
        assert_eq!(message(""), "unexpected end of JSON input");
        assert_eq!(message("{"), "unexpected end of JSON input");
        assert_eq!(message("\"\\u12"), "invalid character ' ' in \\u hexadecimal character escape");
        assert_eq!(message("-"), "invalid character ' ' in numeric literal");
        assert_eq!(message("nul"), "invalid character ' ' in literal null (expecting 'l')");
        assert_eq!(message("nope"), "invalid character 'o' in literal null (expecting 'u')");
        assert_eq!(message("<html>"), "invalid character '<' looking for beginning of value");
        assert_eq!(
            message("{a"),
            "invalid character 'a' looking for beginning of object key string"
        );
        assert_eq!(
            message("{\"a\":1,}"),
            "invalid character '}' looking for beginning of object key string"
        );
        assert_eq!(message("{\"a\" 1}"), "invalid character '1' after object key");
        assert_eq!(message("{\"a\":1 2}"), "invalid character '2' after object key:value pair");
        assert_eq!(message("[1 2]"), "invalid character '2' after array element");
        assert_eq!(message("[1,]"), "invalid character ']' looking for beginning of value");
        assert_eq!(message("01"), "invalid character '1' after top-level value");
        assert_eq!(message("1.x"), "invalid character 'x' after decimal point in numeric literal");
        assert_eq!(message("1ex"), "invalid character 'x' in exponent of numeric literal");
        assert_eq!(message("-x"), "invalid character 'x' in numeric literal");
        assert_eq!(message("\"\n\""), "invalid character '\\n' in string literal");
        assert_eq!(message("\"\\x\""), "invalid character 'x' in string escape code");
        assert_eq!(
            message("\"\\u00g0\""),
            "invalid character 'g' in \\u hexadecimal character escape"
        );
        assert_eq!(message("'"), "invalid character '\\'' looking for beginning of value");
        assert_eq!(message("\u{feff}{}"), "invalid character 'ï' looking for beginning of value");
    }

    #[test]
    fn depth_has_go_limit() {
        let nested = |n: usize| [vec![b'['; n], vec![b']'; n]].concat();
        assert_eq!(check(&nested(DEPTH_LIMIT)), Ok(()));
        let refused = check(&nested(DEPTH_LIMIT + 1)).unwrap_err();
        assert_eq!(refused.message, "invalid character '[' exceeded max depth");
        assert_eq!(check_within(&nested(20_000), None), Ok(()));
    }
}
