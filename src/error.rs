//! How the program itself can fail, one variant per stage.

use std::io;
use std::path::Path;

use crate::checks::load::LoadError;
use crate::evidence::bundle::BundleError;

/// Bad usage, unreadable input, a refused check file, or a failure of the program itself.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A bundle is refused.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// A check file is refused.
    #[error(transparent)]
    Check(#[from] LoadError),
    /// The result cannot be written, or the machine fails.
    #[error("{0}")]
    Failed(#[from] io::Error),
    /// An input cannot be read.
    #[error("{path}: {why}")]
    Input {
        /// The file or option.
        path: String,
        /// Why.
        why: String,
    },
    /// An input named by an option cannot be read.
    #[error(transparent)]
    Named(#[from] crate::collect::InputError),
    /// No check of this name.
    #[error("there is no check {id}{}", .nearest.as_ref().map(|n| format!("; did you mean {n}?")).unwrap_or_default())]
    UnknownCheck {
        /// The name as given.
        id: String,
        /// What may have been meant.
        nearest: Option<String>,
    },
    /// The words of the command line do not fit.
    #[error("{0}")]
    Usage(String),
}

impl RunError {
    /// The exit code: 2 for what the caller can mend, 1 for what they cannot.
    pub fn code(&self) -> u8 {
        match self {
            RunError::Failed(_) => 1,
            _ => 2,
        }
    }

    /// An input that cannot be read.
    pub fn unreadable(path: &Path, why: &dyn std::fmt::Display) -> Self {
        Self::Input { path: path.display().to_string(), why: why.to_string() }
    }

    /// A file that cannot be written.
    pub fn unwritable(path: &Path, why: &dyn std::fmt::Display) -> Self {
        Self::Input { path: path.display().to_string(), why: format!("cannot be written: {why}") }
    }
}
