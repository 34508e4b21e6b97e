//! Text in double quotes as Go prints it.

use std::fmt::Write;

mod newer;

/// One character of a text as Go reads it, or a byte that is no UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rune {
    /// A character and how many bytes it takes.
    Char(char, usize),
    /// A single byte that starts no valid character.
    Invalid(u8),
}

/// The first character of the bytes; none when there are none.
/// Source: Go, unicode/utf8, `DecodeRune`, which gives up one byte at a time.
pub fn first_rune(bytes: &[u8]) -> Option<Rune> {
    let first = *bytes.first()?;
    let width = match first {
        0..=0x7f => return Some(Rune::Char(char::from(first), 1)),
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return Some(Rune::Invalid(first)),
    };
    let valid = bytes.get(..width).and_then(|part| std::str::from_utf8(part).ok());
    Some(match valid.and_then(|text| text.chars().next()) {
        Some(c) => Rune::Char(c, width),
        None => Rune::Invalid(first),
    })
}

/// The text in double quotes. Source: Go, strconv, `Quote`; also fmt's `%q`.
pub fn quote(text: &str) -> String {
    quote_bytes(text.as_bytes())
}

/// The bytes in double quotes; what is no UTF-8 is printed as `\xNN`.
pub fn quote_bytes(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() + 2);
    out.push('"');
    let mut rest = bytes;
    while let Some(rune) = first_rune(rest) {
        let width = match rune {
            Rune::Char(c, width) => {
                push_char(&mut out, c);
                width
            }
            Rune::Invalid(byte) => {
                push_hex(&mut out, 'x', 2, u32::from(byte));
                1
            }
        };
        rest = &rest[width..];
    }
    out.push('"');
    out
}

/// A list as fmt's `%q` prints a slice: `["a" "b"]`.
pub fn quote_list<S: AsRef<str>>(texts: &[S]) -> String {
    let quoted: Vec<String> = texts.iter().map(|text| quote(text.as_ref())).collect();
    format!("[{}]", quoted.join(" "))
}

fn push_char(out: &mut String, c: char) {
    match c {
        '"' | '\\' => {
            out.push('\\');
            out.push(c);
        }
        '\u{7}' => out.push_str("\\a"),
        '\u{8}' => out.push_str("\\b"),
        '\u{c}' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\u{b}' => out.push_str("\\v"),
        c if is_print(c) => out.push(c),
        c if u32::from(c) < 0x20 || c == '\u{7f}' => push_hex(out, 'x', 2, c.into()),
        c if u32::from(c) < 0x10000 => push_hex(out, 'u', 4, c.into()),
        c => push_hex(out, 'U', 8, c.into()),
    }
}

fn push_hex(out: &mut String, letter: char, digits: usize, value: u32) {
    // Writing to a String cannot fail.
    let _ = write!(out, "\\{letter}{value:0digits$x}");
}

/// Whether Go prints the character as it is: letters, marks, numbers, punctuation, symbols and the
/// space. Source: Go, strconv, `IsPrint`.
pub fn is_print(c: char) -> bool {
    if c.is_ascii() {
        return c == ' ' || c.is_ascii_graphic();
    }
    if newer::NEWER_THAN_GO.iter().any(|(from, to)| (*from..=*to).contains(&u32::from(c))) {
        return false;
    }
    // Behind another character, Rust leaves combining marks as they are, and so does Go.
    let mut pair = String::from("a");
    pair.push(c);
    pair.escape_debug().nth(1) == Some(c)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop")]

    use super::*;

    #[test]
    fn go_escapes() {
        assert_eq!(
            quote("a\"b\\c\n\u{1}\u{7f}\u{a0}é世\u{301}"),
            "\"a\\\"b\\\\c\\n\\x01\\x7f\\u00a0é世\u{301}\""
        );
        assert_eq!(quote("\u{feff}\u{10ffff}\u{200b}"), "\"\\ufeff\\U0010ffff\\u200b\"");
        assert_eq!(quote_bytes(b"a\xff\xe4\xb8"), "\"a\\xff\\xe4\\xb8\"");
        assert_eq!(quote_list(&["a", "b c"]), r#"["a" "b c"]"#);
        assert_eq!(quote_list::<&str>(&[]), "[]");
    }
}
