//! A look into a valid document, without copying and without recursion.

use super::scan::{SyntaxError, check};
use super::text::unquote;

/// One JSON value as it stands in a document that was checked, without the space around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Raw<'a> {
    bytes: &'a [u8],
}

impl<'a> Raw<'a> {
    /// Checks the bytes as Go does and looks at their value.
    ///
    /// # Errors
    /// The bytes are not one JSON document.
    pub fn parse(bytes: &'a [u8]) -> Result<Raw<'a>, SyntaxError> {
        check(bytes)?;
        Ok(Raw::checked(bytes))
    }

    /// Looks at bytes that passed [`super::check_within`].
    pub(super) fn checked(bytes: &'a [u8]) -> Raw<'a> {
        Raw { bytes: bytes.trim_ascii() }
    }

    /// Checks the bytes without a nesting limit, as readers do that have none.
    ///
    /// # Errors
    /// The bytes are not one JSON document.
    pub fn parse_any_depth(bytes: &'a [u8]) -> Result<Raw<'a>, SyntaxError> {
        super::check_within(bytes, None)?;
        Ok(Raw::checked(bytes))
    }

    /// The value as it was written.
    pub fn bytes(self) -> &'a [u8] {
        self.bytes
    }

    /// The first byte, which tells the kind of the value.
    pub(super) fn first(self) -> u8 {
        self.bytes.first().copied().unwrap_or(b'n')
    }

    /// Whether the value is `null`.
    pub fn is_null(self) -> bool {
        self.first() == b'n'
    }

    /// The text of a string; none for anything else. What is no UTF-8 and lone surrogates become
    /// U+FFFD.
    pub fn text(self) -> Option<String> {
        (self.first() == b'"').then(|| unquote(self.bytes))
    }

    /// The members of an object in document order, duplicates included; none for anything else.
    pub fn members(self) -> Members<'a> {
        let inside = if self.first() == b'{' { self.bytes } else { b"{}" };
        Members { bytes: inside, at: 1 }
    }

    /// The items of an array; none for anything else.
    pub fn items(self) -> Items<'a> {
        let inside = if self.first() == b'[' { self.bytes } else { b"[]" };
        Items { bytes: inside, at: 1 }
    }
}

/// Walks over the members of an object.
#[derive(Clone, Debug)]
pub struct Members<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Members<'a> {
    type Item = (String, Raw<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        self.at = skip(self.bytes, self.at, b" \t\r\n,");
        if self.bytes.get(self.at) != Some(&b'"') {
            return None;
        }
        let end = value_end(self.bytes, self.at);
        let key = unquote(&self.bytes[self.at..end]);
        let start = skip(self.bytes, end, b" \t\r\n:");
        self.at = value_end(self.bytes, start);
        Some((key, Raw { bytes: &self.bytes[start..self.at] }))
    }
}

/// Walks over the items of an array.
#[derive(Clone, Debug)]
pub struct Items<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Iterator for Items<'a> {
    type Item = Raw<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let start = skip(self.bytes, self.at, b" \t\r\n,");
        if matches!(self.bytes.get(start), None | Some(b']')) {
            self.at = self.bytes.len();
            return None;
        }
        self.at = value_end(self.bytes, start);
        Some(Raw { bytes: &self.bytes[start..self.at] })
    }
}

fn skip(bytes: &[u8], mut at: usize, what: &[u8]) -> usize {
    while bytes.get(at).is_some_and(|byte| what.contains(byte)) {
        at += 1;
    }
    at
}

/// One past the end of the value that starts at `at`.
pub(super) fn value_end(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at) {
        Some(b'"') => string_end(bytes, at),
        Some(b'{' | b'[') => container_end(bytes, at),
        _ => {
            let rest = bytes.get(at..).unwrap_or_default();
            let scalar = rest.iter().take_while(|byte| !b" \t\r\n,:]}".contains(byte)).count();
            at + scalar
        }
    }
}

pub(super) fn string_end(bytes: &[u8], mut at: usize) -> usize {
    at += 1;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

fn container_end(bytes: &[u8], mut at: usize) -> usize {
    let mut depth = 0_usize;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => {
                at = string_end(bytes, at);
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        at += 1;
        if depth == 0 {
            return at;
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop")]

    use super::*;

    #[test]
    fn members_come_in_order_with_duplicates() {
        let raw = Raw::parse(b" { \"a\" : [1, {\"x\":\"]}\"}] ,\"a\":null,\"b\\u0041\":-1.5e3 } ")
            .unwrap();
        let members: Vec<(String, &[u8])> =
            raw.members().map(|(key, value)| (key, value.bytes())).collect();
        assert_eq!(
            members,
            [
                ("a".to_owned(), b"[1, {\"x\":\"]}\"}]".as_slice()),
                ("a".to_owned(), b"null".as_slice()),
                ("bA".to_owned(), b"-1.5e3".as_slice()),
            ]
        );
    }

    #[test]
    fn items_come_in_order() {
        let raw = Raw::parse(b"[ \"a,]\" ,[ ], {},null ]").unwrap();
        let items: Vec<&[u8]> = raw.items().map(Raw::bytes).collect();
        assert_eq!(items, [b"\"a,]\"".as_slice(), b"[ ]", b"{}", b"null"]);
        assert_eq!(Raw::parse(b"[ ]").unwrap().items().count(), 0);
        assert_eq!(Raw::parse(b"{}").unwrap().members().count(), 0);
        assert_eq!(Raw::parse(b"5").unwrap().items().count(), 0);
    }
}
