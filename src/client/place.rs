//! Where a value of a file stands.

use crate::evidence::Origin;
use crate::go::tree::Span;
use std::path::Path;
use std::sync::Arc;

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file as it was named.
    pub file: Arc<Path>,
    /// Where in the file.
    pub span: Span,
}

/// A value and where it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed<T> {
    /// What was read.
    pub value: T,
    /// Where.
    pub place: Place,
}

impl Place {
    /// The place as evidence names it; `kind` says what sort of file it is, `part` which field.
    pub fn origin(&self, kind: &str, part: &str) -> Origin {
        Origin {
            kind: kind.to_owned(),
            path: self.file.display().to_string(),
            line: Some(self.span.line),
            column: Some(self.span.column),
            part: part.to_owned(),
        }
    }
}

impl<T> Placed<T> {
    /// Another value read in the same place.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Placed<U> {
        Placed { value: f(self.value), place: self.place }
    }
}
