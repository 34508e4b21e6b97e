//! JSON as a tree that knows where every key and value stands.

use super::scan::{SyntaxError, check};
use super::text::unquote;
use crate::go::tree::{Key, Node, Span, Value};

/// How deep a tree may nest: far above any configuration, and small enough that dropping and
/// walking the tree needs little stack. Go itself reads 10 000 levels.
const TREE_LIMIT: usize = 500;

/// The text cannot be read as a tree.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Go refuses the text.
    #[error(transparent)]
    Syntax(#[from] SyntaxError),
    /// Go would read it, this reader stops.
    #[error("nested deeper than {TREE_LIMIT} levels")]
    TooDeep,
}

/// Reads one JSON document into a tree; duplicate members are kept.
///
/// # Errors
/// Go's refusal, or a nesting that is deeper than any document of ours.
pub fn read(text: &str) -> Result<Node, ReadError> {
    check(text.as_bytes())?;
    Reader { text, at: 0, line: 1, column: 1, depth: 0 }.value()
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    line: u32,
    column: u32,
    depth: usize,
}

impl Reader<'_> {
    fn value(&mut self) -> Result<Node, ReadError> {
        self.skip(b" \t\r\n,:");
        let start = self.mark();
        let value = match self.byte() {
            b'{' => self.nested(Reader::map)?,
            b'[' => self.nested(Reader::list)?,
            b'"' => Value::String(self.string()),
            _ => self.scalar(),
        };
        Ok(Node { value, span: self.span_from(start) })
    }

    fn nested(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<Value, ReadError>,
    ) -> Result<Value, ReadError> {
        if self.depth == TREE_LIMIT {
            return Err(ReadError::TooDeep);
        }
        self.depth += 1;
        self.advance(1);
        let value = read(self)?;
        self.advance(1);
        self.depth -= 1;
        Ok(value)
    }

    fn map(&mut self) -> Result<Value, ReadError> {
        let mut members = Vec::new();
        loop {
            self.skip(b" \t\r\n,");
            if self.byte() != b'"' {
                return Ok(Value::Map(members));
            }
            let start = self.mark();
            let text = self.string();
            let key = Key { text, span: self.span_from(start) };
            members.push((key, self.value()?));
        }
    }

    fn list(&mut self) -> Result<Value, ReadError> {
        let mut items = Vec::new();
        loop {
            self.skip(b" \t\r\n,");
            if self.byte() == b']' {
                return Ok(Value::List(items));
            }
            items.push(self.value()?);
        }
    }

    fn string(&mut self) -> String {
        let bytes = self.text.as_bytes();
        let mut end = self.at + 1;
        while bytes.get(end).is_some_and(|byte| *byte != b'"') {
            end += if bytes[end] == b'\\' { 2 } else { 1 };
        }
        let end = (end + 1).min(bytes.len());
        let literal = &bytes[self.at..end];
        self.advance(end - self.at);
        unquote(literal)
    }

    fn scalar(&mut self) -> Value {
        let rest = &self.text[self.at..];
        let end = rest.find([' ', '\t', '\r', '\n', ',', ']', '}']).unwrap_or(rest.len());
        let word = &rest[..end];
        self.advance(end);
        match word {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            "null" => Value::Null,
            number => Value::Number(number.to_owned()),
        }
    }

    /// The byte ahead; the document was checked, so there is one wherever one is needed.
    fn byte(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(b']')
    }

    fn skip(&mut self, what: &[u8]) {
        while self.text.as_bytes().get(self.at).is_some_and(|byte| what.contains(byte)) {
            self.advance(1);
        }
    }

    fn advance(&mut self, bytes: usize) {
        let end = (self.at + bytes).min(self.text.len());
        for c in self.text[self.at..end].chars() {
            if c == '\n' {
                self.line += 1;
                self.column = 1;
            } else {
                self.column += 1;
            }
        }
        self.at = end;
    }

    fn mark(&self) -> Span {
        Span { start: self.at, end: self.at, line: self.line, column: self.column }
    }

    fn span_from(&self, start: Span) -> Span {
        Span { end: self.at, ..start }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop")]

    use super::*;

    #[test]
    fn places_are_kept() {
        let text = "{\n  \"é\": [1, \"x\"],\n  \"a\": {\"b\": null}, \"a\": true}";
        let node = read(text).unwrap();
        assert_eq!(node.members().len(), 3);
        let item = &node.get("é").unwrap().items()[1];
        assert_eq!((item.span.line, item.span.column), (2, 12));
        assert_eq!(&text[item.span.start..item.span.end], "\"x\"");
        let (key, value) = &node.members()[2];
        assert_eq!((key.span.line, key.text.as_str()), (3, "a"));
        assert_eq!(value.value, Value::Bool(true));
    }

    #[test]
    fn deep_nesting_is_refused_cleanly() {
        let deep = "[".repeat(TREE_LIMIT + 1) + &"]".repeat(TREE_LIMIT + 1);
        assert_eq!(read(&deep), Err(ReadError::TooDeep));
        let fine = "[".repeat(TREE_LIMIT) + &"]".repeat(TREE_LIMIT);
        assert!(read(&fine).is_ok());
        assert!(matches!(read("{"), Err(ReadError::Syntax(_))));
    }
}
