//! YAML as kubectl and kube-apiserver read it.
//!
//! Both go through sigs.k8s.io/yaml, which stands on yaml.v2: YAML 1.1 scalars (`yes` is true, `0777` is
//! 511), merge keys, the first document only, keys turned into text. JSON text is YAML too. Where the
//! library would keep one of several equal keys, this tree keeps them all, so that a reader can name
//! the loser. Source: sigs.k8s.io/yaml v1.4.0, goyaml.v2 `decode.go`, `resolve.go`, and `yaml.go`.

mod arena;
mod decode;
mod fault;
mod scalar;
mod tab;

pub use fault::YamlError;

use super::tree::{Key, Node, Span, Value};
use arena::Documents;
use std::collections::HashMap;

/// The longest text that is read, in bytes.
pub const TEXT_LIMIT: usize = 32 << 20;

/// How deep collections may stand in each other. Go stops at 10000; nothing a person wrote comes near.
pub const DEPTH_LIMIT: usize = 256;

/// A key that stands twice in one map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duplicate {
    /// The key's text.
    pub key: String,
    /// Where it stands first.
    pub first: Span,
    /// Where it stands again.
    pub again: Span,
}

/// Reads the first document of a text, as Go does: what follows it is not even looked at.
/// Empty text is `null`.
///
/// # Errors
/// The text is not YAML that Go would accept, or exceeds [`TEXT_LIMIT`], [`DEPTH_LIMIT`] or the
/// limit on aliases.
pub fn read(text: &str) -> Result<Node, YamlError> {
    let mut documents = Documents::new(text)?;
    match documents.next_document()? {
        Some(arena) => decode::decode(&arena),
        None => Ok(nothing()),
    }
}

/// Reads every document of a text, for manifests separated by `---`. Empty text has no documents.
///
/// # Errors
/// As [`read`], for any of the documents.
pub fn read_all(text: &str) -> Result<Vec<Node>, YamlError> {
    let mut documents = Documents::new(text)?;
    let mut nodes = Vec::new();
    while let Some(arena) = documents.next_document()? {
        nodes.push(decode::decode(&arena)?);
    }
    Ok(nodes)
}

/// Every key that stands twice in its map, in document order. Go's strict readers refuse them
/// (`key "a" already set in map`), also when one of the two came through a merge key.
pub fn duplicates(node: &Node) -> Vec<Duplicate> {
    let mut found = Vec::new();
    collect_duplicates(node, &mut found);
    found
}

fn collect_duplicates(node: &Node, found: &mut Vec<Duplicate>) {
    match &node.value {
        Value::List(items) => items.iter().for_each(|item| collect_duplicates(item, found)),
        Value::Map(members) => {
            let mut seen: HashMap<&str, &Key> = HashMap::new();
            for (key, value) in members {
                if let Some(first) = seen.get(key.text.as_str()) {
                    let (first, again) = (first.span, key.span);
                    found.push(Duplicate { key: key.text.clone(), first, again });
                } else {
                    seen.insert(&key.text, key);
                }
                collect_duplicates(value, found);
            }
        }
        _ => {}
    }
}

fn nothing() -> Node {
    Node { value: Value::Null, span: Span { start: 0, end: 0, line: 1, column: 1 } }
}

#[cfg(test)]
mod tests;
