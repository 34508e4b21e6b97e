//! What was gathered, where it was read, and what could not be seen.
//!
//! Nothing here judges. A piece of evidence is [`Fact::Known`], [`Fact::Absent`] (the source was read
//! and does not have it) or [`Fact::Unknown`] (the source could not be read), never a default.

pub mod blank;
pub mod bundle;
pub mod certificate;
pub mod documents;
pub mod exchange;
pub mod gathered;
pub mod moment;

use serde::{Deserialize, Serialize};

pub use gathered::Evidence;

/// Where a value was read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// What kind of source: `kubeconfig`, `token-cache`, `token`, `flag`, `manifest`, `discovery`, …
    pub kind: String,
    /// File path or URL, as shown to a person; empty when the source has none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// Line in that file, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// Column in that line, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
    /// The flag, claim, field or header inside the source.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub part: String,
}

impl Origin {
    /// An origin of this kind, at this path.
    pub fn new(kind: &str, path: impl Into<String>) -> Self {
        Self { kind: kind.to_owned(), path: path.into(), ..Self::default() }
    }

    /// The same, at this line and column.
    pub fn at(mut self, line: u32, column: u32) -> Self {
        self.line = Some(line);
        self.column = Some(column);
        self
    }

    /// The same, for this flag, claim, field or header.
    pub fn part(mut self, part: impl Into<String>) -> Self {
        self.part = part.into();
        self
    }
}

/// Who can act, or who must be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Who {
    /// The administrator of the cluster.
    ClusterAdmin,
    /// The administrator of the network between the parties.
    NetworkAdmin,
    /// The administrator of the identity provider.
    ProviderAdmin,
    /// The person at this keyboard.
    You,
}

/// Why something could not be seen, and how to get it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// The reason in a few words.
    pub why: String,
    /// Who has it.
    pub ask: Who,
    /// The command that would show it.
    pub how: String,
}

/// One piece of evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fact<T> {
    /// The source was read and does not have it.
    Absent(Origin),
    /// Read, and where.
    Known(T, Origin),
    /// The source could not be read.
    Unknown(Gap),
}
