//! From the document as written to the tree: aliases expanded, merges merged, scalars resolved.

use super::DEPTH_LIMIT;
use super::arena::{Arena, Index, Kind, Raw, Scalar};
use super::fault::YamlError;
use super::scalar::{Resolved, json_float, key_float, resolve};
use crate::go::tree::{Key, Node, Span, Value};
use std::collections::HashSet;

type Members = Vec<(Key, Node)>;

struct Decoder<'a> {
    arena: &'a Arena,
    expanding: HashSet<Index>,
    /// Nodes made, and how many of them through an alias. Source: goyaml.v2 `decode.go`.
    made: u32,
    aliased: u32,
    depth: usize,
}

pub(super) fn decode(arena: &Arena) -> Result<Node, YamlError> {
    let expanding = HashSet::new();
    let mut decoder = Decoder { arena, expanding, made: 0, aliased: 0, depth: 0 };
    decoder.node(arena.root)
}

impl<'a> Decoder<'a> {
    fn node(&mut self, index: Index) -> Result<Node, YamlError> {
        let arena = self.arena;
        let raw = &arena.nodes[index];
        self.count(raw.span)?;
        let value = match &raw.kind {
            Kind::Alias(target, name) => {
                return self.alias(*target, name, raw.span, |this| this.node(*target));
            }
            Kind::Scalar(scalar) => value(scalar, raw.span)?,
            Kind::List(items) => {
                self.deeper(raw.span)?;
                let items = items.iter().map(|&item| self.node(item)).collect::<Result<_, _>>()?;
                self.depth -= 1;
                Value::List(items)
            }
            Kind::Map(children) => {
                self.deeper(raw.span)?;
                let mut members = Vec::with_capacity(children.len() / 2);
                self.members(children, &mut members)?;
                self.depth -= 1;
                Value::Map(members)
            }
        };
        Ok(Node { value, span: raw.span })
    }

    fn members(&mut self, children: &[Index], out: &mut Members) -> Result<(), YamlError> {
        for pair in children.chunks_exact(2) {
            let (key, value) = (&self.arena.nodes[pair[0]], pair[1]);
            if merges(key) {
                self.merge(value, out)?;
                continue;
            }
            self.count(key.span)?;
            let key = self.key(key)?;
            let value = self.node(value)?;
            out.push((key, value));
        }
        Ok(())
    }

    /// Members of a merged map stand where the merge key stands, so later ones win over them and they
    /// win over earlier ones; of several merged maps the first wins.
    fn merge(&mut self, index: Index, out: &mut Members) -> Result<(), YamlError> {
        let raw = &self.arena.nodes[index];
        match &raw.kind {
            Kind::List(maps) => maps.iter().rev().try_for_each(|&map| self.merge_map(map, out)),
            _ => self.merge_map(index, out),
        }
    }

    fn merge_map(&mut self, index: Index, out: &mut Members) -> Result<(), YamlError> {
        let arena = self.arena;
        let raw = &arena.nodes[index];
        match &raw.kind {
            Kind::Map(children) => {
                self.deeper(raw.span)?;
                self.members(children, out)?;
                self.depth -= 1;
                Ok(())
            }
            Kind::Alias(target, name) if matches!(arena.nodes[*target].kind, Kind::Map(_)) => {
                self.alias(*target, name, raw.span, |this| this.merge_map(*target, out))
            }
            _ => {
                let message = "map merge requires map or sequence of maps as the value";
                Err(YamlError::new(message, raw.span))
            }
        }
    }

    fn alias<T>(
        &mut self,
        target: Index,
        name: &str,
        span: Span,
        expand: impl FnOnce(&mut Self) -> Result<T, YamlError>,
    ) -> Result<T, YamlError> {
        if !self.expanding.insert(target) {
            return Err(YamlError::new(&format!("anchor '{name}' value contains itself"), span));
        }
        let result = expand(self);
        self.expanding.remove(&target);
        result
    }

    fn key(&mut self, raw: &'a Raw) -> Result<Key, YamlError> {
        let scalar = match &raw.kind {
            Kind::Scalar(scalar) => Some(scalar),
            Kind::Alias(target, _) => match &self.arena.nodes[*target].kind {
                Kind::Scalar(scalar) => Some(scalar),
                _ => None,
            },
            _ => None,
        };
        let Some(scalar) = scalar else {
            return Err(YamlError::new("invalid map key", raw.span));
        };
        let wrong = |what: &str| YamlError {
            message: format!("unsupported map key of type: {what}"),
            line: Some(raw.span.line),
            column: Some(raw.span.column),
        };
        let text = match resolve(scalar).map_err(|problem| YamlError::new(&problem, raw.span))? {
            Resolved::Bool(b) => b.to_string(),
            Resolved::Float(f) => key_float(f),
            Resolved::Int(n) => n.to_string(),
            Resolved::Null => return Err(wrong("%!s(<nil>), key: <nil>")),
            Resolved::Text(text) => text,
            Resolved::Unsigned(n) => return Err(wrong(&format!("uint64, key: {n:#x}"))),
        };
        Ok(Key { text, span: raw.span })
    }

    fn count(&mut self, span: Span) -> Result<(), YamlError> {
        self.made += 1;
        if !self.expanding.is_empty() {
            self.aliased += 1;
        }
        let share = f64::from(self.aliased) / f64::from(self.made);
        if self.aliased > 100 && self.made > 1000 && share > allowed_share(self.made) {
            return Err(YamlError::new("document contains excessive aliasing", span));
        }
        Ok(())
    }

    fn deeper(&mut self, span: Span) -> Result<(), YamlError> {
        self.depth += 1;
        if self.depth > DEPTH_LIMIT {
            return Err(YamlError::new(&format!("exceeded max depth of {DEPTH_LIMIT}"), span));
        }
        Ok(())
    }
}

/// How much of a document may come out of aliases. Source: goyaml.v2 `decode.go`, func
/// `allowedAliasRatio`.
fn allowed_share(made: u32) -> f64 {
    let (low, high) = (400_000.0, 4_000_000.0);
    0.99 - 0.89 * ((f64::from(made) - low) / (high - low)).clamp(0.0, 1.0)
}

fn merges(key: &Raw) -> bool {
    match &key.kind {
        Kind::Scalar(scalar) => {
            scalar.text == "<<" && (scalar.plain || scalar.tag.as_deref() == Some("!!merge"))
        }
        _ => false,
    }
}

fn value(scalar: &Scalar, span: Span) -> Result<Value, YamlError> {
    let resolved = resolve(scalar).map_err(|problem| YamlError::new(&problem, span))?;
    Ok(match resolved {
        Resolved::Bool(b) => Value::Bool(b),
        Resolved::Float(f) => Value::Number(json_float(f).ok_or_else(|| unsupported(f, span))?),
        Resolved::Int(n) => Value::Number(n.to_string()),
        Resolved::Null => Value::Null,
        Resolved::Text(text) => Value::String(text),
        Resolved::Unsigned(n) => Value::Number(n.to_string()),
    })
}

fn unsupported(f: f64, span: Span) -> YamlError {
    let name = match f {
        f if f.is_nan() => "NaN",
        f if f > 0.0 => "+Inf",
        _ => "-Inf",
    };
    YamlError {
        message: format!("json: unsupported value: {name}"),
        line: Some(span.line),
        column: Some(span.column),
    }
}
