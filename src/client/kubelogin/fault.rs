//! Why `get-token` would refuse its arguments, or will one day.

use super::release::Release;
use std::fmt;

/// Something about one argument. `index` counts the arguments after `get-token` from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArgumentFault {
    /// The value is not one the flag takes.
    BadValue {
        /// Which argument.
        index: usize,
        /// The flag, without dashes.
        flag: &'static str,
        /// What the flag wants.
        wants: &'static str,
    },
    /// Accepted, and on its way out.
    Deprecated {
        /// Which argument.
        index: usize,
        /// The flag, without dashes.
        flag: &'static str,
        /// Since when.
        since: Release,
    },
    /// A mandatory flag is missing or empty.
    Missing {
        /// The flag, without dashes.
        flag: &'static str,
    },
    /// The last argument is a flag that wants a value.
    NoValue {
        /// Which argument.
        index: usize,
        /// The flag, without dashes.
        flag: &'static str,
    },
    /// A word that belongs to no flag.
    Positional {
        /// Which argument.
        index: usize,
    },
    /// Older releases do not know the flag.
    Recent {
        /// Which argument.
        index: usize,
        /// The flag, without dashes.
        flag: &'static str,
        /// The first release that knows it.
        since: Release,
    },
    /// Newer releases do not know the flag any more.
    Removed {
        /// Which argument.
        index: usize,
        /// The flag, without dashes.
        flag: &'static str,
        /// The first release without it.
        since: Release,
    },
    /// No release knows the flag.
    Unknown {
        /// Which argument.
        index: usize,
        /// The flag with its dashes and without its value.
        flag: String,
    },
}

impl ArgumentFault {
    /// Whether this release would refuse to run because of it.
    pub fn stops(&self, release: Release) -> bool {
        match self {
            ArgumentFault::Deprecated { .. } => false,
            ArgumentFault::Recent { since, .. } => release < *since,
            ArgumentFault::Removed { since, .. } => release >= *since,
            _ => true,
        }
    }

    /// Whether every release would refuse to run because of it.
    pub fn stops_all(&self) -> bool {
        !matches!(
            self,
            ArgumentFault::Deprecated { .. }
                | ArgumentFault::Recent { .. }
                | ArgumentFault::Removed { .. }
        )
    }

    /// Which argument it is about, after `get-token` and from 0.
    pub fn index(&self) -> Option<usize> {
        match self {
            ArgumentFault::BadValue { index, .. }
            | ArgumentFault::Deprecated { index, .. }
            | ArgumentFault::NoValue { index, .. }
            | ArgumentFault::Positional { index }
            | ArgumentFault::Recent { index, .. }
            | ArgumentFault::Removed { index, .. }
            | ArgumentFault::Unknown { index, .. } => Some(*index),
            ArgumentFault::Missing { .. } => None,
        }
    }
}

impl fmt::Display for ArgumentFault {
    /// What kubelogin prints after `error: `, values left out. Source: spf13/pflag `flag.go`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ArgumentFault::BadValue { flag: "grant-type", wants, .. } => {
                write!(f, "grant-type must be one of ({wants})")
            }
            ArgumentFault::BadValue { flag, wants, .. } => {
                write!(f, "invalid argument for \"--{flag}\" flag: {wants}")
            }
            ArgumentFault::Deprecated { flag, since, .. } => {
                write!(f, "flag --{flag} has been deprecated since {since}")
            }
            ArgumentFault::Missing { flag } => write!(f, "--{flag} is missing"),
            ArgumentFault::NoValue { flag, .. } => write!(f, "flag needs an argument: --{flag}"),
            ArgumentFault::Positional { .. } => f.write_str("unknown command for \"get-token\""),
            ArgumentFault::Recent { flag, .. } | ArgumentFault::Removed { flag, .. } => {
                write!(f, "unknown flag: --{flag}")
            }
            ArgumentFault::Unknown { flag, .. } if flag.starts_with("--") => {
                write!(f, "unknown flag: {flag}")
            }
            ArgumentFault::Unknown { flag, .. } => write!(f, "unknown shorthand flag: {flag}"),
        }
    }
}

impl std::error::Error for ArgumentFault {}
