//! One tree for JSON and YAML, with the place of every key and value.

/// Where a piece of text stands in its document. Lines and columns count from 1, bytes from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// Line of the first byte, from 1.
    pub line: u32,
    /// Column of the first byte, in characters, from 1.
    pub column: u32,
}

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// What was read.
    pub value: Value,
    /// Where it stands.
    pub span: Span,
}

/// A key of a map and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The key's text after unquoting.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// What a JSON or YAML value can be once Go has read it.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `true` or `false`.
    Bool(bool),
    /// A sequence.
    List(Vec<Node>),
    /// Members in document order; duplicates are kept, the reader decides which one counts.
    Map(Vec<(Key, Node)>),
    /// `null`.
    Null,
    /// A number as JSON would write it, unrounded.
    Number(String),
    /// Text.
    String(String),
}

impl Node {
    /// The last member of this name, which is the one Go's lenient readers keep.
    pub fn get(&self, key: &str) -> Option<&Node> {
        let Value::Map(members) = &self.value else { return None };
        members.iter().rev().find(|(k, _)| k.text == key).map(|(_, node)| node)
    }

    /// The node at the end of a path of member names.
    pub fn at(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The text of a string node.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The items of a list node; empty for anything else.
    pub fn items(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// The members of a map node; empty for anything else.
    pub fn members(&self) -> &[(Key, Node)] {
        match &self.value {
            Value::Map(members) => members,
            _ => &[],
        }
    }

    /// The same value without places; of duplicate members the last one counts.
    pub fn to_json(&self) -> serde_json::Value {
        match &self.value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(b) => (*b).into(),
            Value::Number(text) => {
                serde_json::from_str(text).unwrap_or_else(|_| text.clone().into())
            }
            Value::String(text) => text.clone().into(),
            Value::List(items) => items.iter().map(Node::to_json).collect(),
            Value::Map(members) => {
                members.iter().map(|(key, node)| (key.text.clone(), node.to_json())).collect()
            }
        }
    }
}
