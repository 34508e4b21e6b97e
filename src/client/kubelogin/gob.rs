//! As much of Go's gob encoding as the cache key needs. Source: Go `encoding/gob`, `doc.go`.

/// A type of a field.
#[derive(Clone, Copy)]
pub(super) enum Type {
    Bool,
    Int,
    /// `[]string`
    List,
    /// `map[string]string`
    Map,
    Struct(&'static Struct),
    Text,
}

/// A struct type.
pub(super) struct Struct {
    pub(super) name: &'static str,
    pub(super) fields: &'static [(&'static str, Type)],
}

/// The value of a field that is not a struct.
pub(super) enum Field<'a> {
    Bool(bool),
    Int(i64),
    List(&'a [String]),
    /// A nil map is not the same as an empty one.
    Map(Option<&'a [(&'a str, &'a str)]>),
    Text(&'a str),
}

/// The whole stream of one value: its types, then the value. `field` gives the value of a field by
/// name; names are unique over all structs involved. `base` is the first type id.
pub(super) fn encode<'a>(
    root: &'static Struct,
    base: u8,
    field: &impl Fn(&str) -> Field<'a>,
) -> Vec<u8> {
    let mut types = Types { base: i64::from(base), seen: Vec::new() };
    types.walk(Type::Struct(root));
    let mut stream = Vec::new();
    for (index, &of) in types.seen.iter().enumerate() {
        message(&mut stream, &types.describe(index, of));
    }
    let mut value = Vec::new();
    signed(&mut value, types.base);
    structure(&mut value, root, field);
    message(&mut stream, &value);
    stream
}

struct Types {
    base: i64,
    seen: Vec<Type>,
}

impl Types {
    fn walk(&mut self, of: Type) {
        let basic = matches!(of, Type::Bool | Type::Int | Type::Text);
        if basic || self.seen.iter().any(|&seen| name(seen) == name(of)) {
            return;
        }
        self.seen.push(of);
        if let Type::Struct(of) = of {
            of.fields.iter().for_each(|&(_, field)| self.walk(field));
        }
    }

    fn id(&self, of: Type) -> i64 {
        match of {
            Type::Bool => 1,
            Type::Int => 2,
            Type::Text => 6,
            _ => {
                let at = self.seen.iter().position(|&seen| name(seen) == name(of));
                self.base + at.and_then(|at| i64::try_from(at).ok()).unwrap_or_default()
            }
        }
    }

    fn describe(&self, index: usize, of: Type) -> Vec<u8> {
        let id = self.base + i64::try_from(index).unwrap_or_default();
        let mut out = Vec::new();
        signed(&mut out, -id);
        let kind = match of {
            Type::List => 2,
            Type::Map => 4,
            _ => 3,
        };
        out.extend([kind, 1, 1]);
        text(&mut out, name(of));
        out.push(1);
        signed(&mut out, id);
        out.push(0);
        match of {
            Type::Struct(of) => self.describe_fields(&mut out, of),
            Type::Map => {
                for _ in 0..2 {
                    out.push(1);
                    signed(&mut out, self.id(Type::Text));
                }
            }
            _ => {
                out.push(1);
                signed(&mut out, self.id(Type::Text));
            }
        }
        out.extend([0, 0]);
        out
    }

    fn describe_fields(&self, out: &mut Vec<u8>, of: &Struct) {
        out.push(1);
        unsigned(out, of.fields.len() as u64);
        for &(name, field) in of.fields {
            out.push(1);
            text(out, name);
            out.push(1);
            signed(out, self.id(field));
            out.push(0);
        }
    }
}

fn name(of: Type) -> &'static str {
    match of {
        Type::Bool => "bool",
        Type::Int => "int",
        Type::List => "[]string",
        Type::Map => "map[string]string",
        Type::Struct(of) => of.name,
        Type::Text => "string",
    }
}

fn structure<'a>(out: &mut Vec<u8>, of: &Struct, field: &impl Fn(&str) -> Field<'a>) {
    let mut previous = -1;
    for (index, &(name, kind)) in (0..).zip(of.fields) {
        let mut value = Vec::new();
        match kind {
            // A nested struct is sent even when it is all zero.
            Type::Struct(inner) => structure(&mut value, inner, field),
            _ => scalar(&mut value, &field(name)),
        }
        if value.is_empty() {
            continue;
        }
        signed_delta(out, index - previous);
        previous = index;
        out.append(&mut value);
    }
    out.push(0);
}

/// Nothing for a zero value, which is not sent.
fn scalar(out: &mut Vec<u8>, field: &Field<'_>) {
    match field {
        Field::Bool(true) => out.push(1),
        Field::Int(n) if *n != 0 => signed(out, *n),
        Field::List(items) if !items.is_empty() => {
            unsigned(out, items.len() as u64);
            items.iter().for_each(|item| text(out, item));
        }
        Field::Map(Some(pairs)) => {
            unsigned(out, pairs.len() as u64);
            for (name, value) in *pairs {
                text(out, name);
                text(out, value);
            }
        }
        Field::Text(value) if !value.is_empty() => text(out, value),
        _ => {}
    }
}

fn message(stream: &mut Vec<u8>, payload: &[u8]) {
    unsigned(stream, payload.len() as u64);
    stream.extend_from_slice(payload);
}

fn text(out: &mut Vec<u8>, text: &str) {
    unsigned(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

fn signed_delta(out: &mut Vec<u8>, delta: i64) {
    unsigned(out, delta.unsigned_abs());
}

fn signed(out: &mut Vec<u8>, n: i64) {
    let bits = n.unsigned_abs();
    unsigned(out, if n < 0 { ((bits - 1) << 1) | 1 } else { bits << 1 });
}

fn unsigned(out: &mut Vec<u8>, n: u64) {
    if let Ok(small @ 0..128) = u8::try_from(n) {
        out.push(small);
        return;
    }
    let bytes = n.to_be_bytes();
    let minimal = &bytes[usize::try_from(n.leading_zeros() / 8).unwrap_or_default()..];
    // The count is 1 to 8 and stands as its negative.
    out.push((minimal.len() as u8).wrapping_neg());
    out.extend_from_slice(minimal);
}
