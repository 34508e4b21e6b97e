//! Why kubectl would not load a kubeconfig, in its words. No message quotes a value.

use crate::go::tree::Span;
use crate::go::yaml::YamlError;
use std::fmt;
use std::path::{Path, PathBuf};

/// A section of named entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// `clusters`.
    Clusters,
    /// `contexts`.
    Contexts,
    /// `users`.
    Users,
}

/// Why a file stops kubectl.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoadError {
    /// Two entries of one section in one file have the same name. kubectl prints the whole list after
    /// this text, tokens included.
    Duplicate {
        /// The file.
        file: PathBuf,
        /// The section.
        section: Section,
        /// The name.
        name: String,
        /// The first entry.
        first: Span,
        /// The second entry.
        again: Span,
    },
    /// The file given by `--kubeconfig` does not exist.
    Missing {
        /// The file.
        file: PathBuf,
    },
    /// A value has a type that the field cannot hold, or is not base64 where it should be.
    Type {
        /// The file.
        file: PathBuf,
        /// Where the value stands.
        span: Span,
        /// Go's text.
        message: String,
    },
    /// The file exists and cannot be read.
    Unreadable {
        /// The file.
        file: PathBuf,
        /// The system's reason.
        reason: String,
    },
    /// The file is not YAML that Go reads.
    Yaml {
        /// The file.
        file: PathBuf,
        /// Why.
        error: YamlError,
    },
}

impl LoadError {
    /// The file in question.
    pub fn file(&self) -> &Path {
        match self {
            LoadError::Duplicate { file, .. }
            | LoadError::Missing { file }
            | LoadError::Type { file, .. }
            | LoadError::Unreadable { file, .. }
            | LoadError::Yaml { file, .. } => file,
        }
    }

    /// Line and column in the file, where there are any.
    pub fn line_and_column(&self) -> Option<(u32, u32)> {
        match self {
            LoadError::Duplicate { again: span, .. } | LoadError::Type { span, .. } => {
                Some((span.line, span.column))
            }
            LoadError::Yaml { error, .. } => error.line.zip(error.column),
            LoadError::Missing { .. } | LoadError::Unreadable { .. } => None,
        }
    }
}

impl fmt::Display for LoadError {
    /// As kubectl prints it after `error: `. Source: client-go `tools/clientcmd/loader.go`, func
    /// `Load`; `tools/clientcmd/api/v1/conversion.go`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file().display();
        match self {
            LoadError::Duplicate { section, name, .. } => {
                let (list, map) = match section {
                    Section::Clusters => ("NamedCluster", "Cluster"),
                    Section::Contexts => ("NamedContext", "Context"),
                    Section::Users => ("NamedAuthInfo", "AuthInfo"),
                };
                write!(
                    f,
                    "error loading config file \"{file}\": error converting *[]{list} into \
                     *map[string]*api.{map}: duplicate name \"{name}\" in list"
                )
            }
            LoadError::Missing { .. } => write!(f, "stat {file}: no such file or directory"),
            LoadError::Type { message, .. } => {
                write!(f, "error loading config file \"{file}\": {message}")
            }
            LoadError::Unreadable { reason, .. } => {
                write!(f, "error loading config file \"{file}\": open {file}: {reason}")
            }
            LoadError::Yaml { error, .. } => {
                write!(f, "error loading config file \"{file}\": {error}")
            }
        }
    }
}

impl std::error::Error for LoadError {}
