//! Credentials that kubectl does not take together.

use super::FileContent;
use super::entry::Effective;
use crate::client::plugin::{ExecFault, exec_faults};
use std::fmt;
use std::path::{Path, PathBuf};

/// Why kubectl stops before any request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conflict {
    /// A certificate file and certificate data.
    CertificateTwice {
        /// The user's name.
        user: String,
    },
    /// A certificate file that cannot be read.
    CertificateUnreadable {
        /// The user's name.
        user: String,
        /// The file.
        path: PathBuf,
        /// The system's reason.
        reason: String,
    },
    /// The exec entry itself is wrong.
    Exec(ExecFault),
    /// A command and a built-in plugin.
    ExecAndAuthProvider {
        /// The user's name.
        user: String,
    },
    /// Attributes to act with, and nobody to act as.
    ImpersonationWithoutUser {
        /// The user's name.
        user: String,
    },
    /// A certificate without its key.
    KeyMissing {
        /// The user's name.
        user: String,
    },
    /// A key file and key data.
    KeyTwice {
        /// The user's name.
        user: String,
    },
    /// A key file that cannot be read.
    KeyUnreadable {
        /// The user's name.
        user: String,
        /// The file.
        path: PathBuf,
        /// The system's reason.
        reason: String,
    },
    /// A token and a name with a password.
    TokenAndBasic {
        /// The user's name.
        user: String,
    },
    /// A token file and a name with a password.
    TokenFileAndBasic,
    /// A token file that cannot be read.
    TokenFileUnreadable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        reason: String,
    },
}

/// Source: client-go `tools/clientcmd/validation.go`, func `validateAuthInfo`.
pub(super) fn conflicts(
    user_name: &str,
    entry: &Effective<'_, '_>,
    file: &dyn Fn(&Path) -> FileContent,
) -> Vec<Conflict> {
    let mut found = Vec::new();
    let user = || user_name.to_owned();
    if entry.certificate() {
        certificate(user_name, entry, file, &mut found);
    }
    if let Some(exec) = entry.exec {
        if entry.auth_provider.is_some() {
            found.push(Conflict::ExecAndAuthProvider { user: user() });
        }
        found.extend(exec_faults(user_name, &exec.value).into_iter().map(Conflict::Exec));
    }
    if entry.token.is_some() && entry.basic() {
        found.push(Conflict::TokenAndBasic { user: user() });
    } else if entry.token_file.is_some() && entry.username.is_some() {
        found.push(Conflict::TokenFileAndBasic);
    }
    if entry.acts_with_attributes && !entry.acts_as_somebody {
        found.push(Conflict::ImpersonationWithoutUser { user: user() });
    }
    without_effect_on(entry, &mut found);
    found
}

/// The version of an exec entry is looked at only when the command would be run.
fn without_effect_on(entry: &Effective<'_, '_>, found: &mut Vec<Conflict>) {
    let hidden = entry.token.is_some()
        || entry.token_file.is_some()
        || entry.username.is_some()
        || entry.certificate();
    if hidden {
        found.retain(|conflict| {
            !matches!(conflict, Conflict::Exec(ExecFault::ApiVersionUnsupported { .. }))
        });
    }
}

fn certificate(
    user_name: &str,
    entry: &Effective<'_, '_>,
    file: &dyn Fn(&Path) -> FileContent,
    found: &mut Vec<Conflict>,
) {
    let user = || user_name.to_owned();
    if entry.certificate_file.is_some() && entry.certificate_data {
        found.push(Conflict::CertificateTwice { user: user() });
    }
    if entry.key_file.is_some() && entry.key_data {
        found.push(Conflict::KeyTwice { user: user() });
    }
    if entry.key_file.is_none() && !entry.key_data {
        found.push(Conflict::KeyMissing { user: user() });
    }
    if let Some((path, reason)) = unreadable(entry.certificate_file, file) {
        found.push(Conflict::CertificateUnreadable { user: user(), path, reason });
    }
    if let Some((path, reason)) = unreadable(entry.key_file, file) {
        found.push(Conflict::KeyUnreadable { user: user(), path, reason });
    }
}

fn unreadable(
    path: Option<&Path>,
    file: &dyn Fn(&Path) -> FileContent,
) -> Option<(PathBuf, String)> {
    let path = path?;
    match file(path) {
        FileContent::Missing => Some((path.to_owned(), "no such file or directory".to_owned())),
        FileContent::Unreadable(reason) => Some((path.to_owned(), reason)),
        FileContent::NotRead | FileContent::Text(_) => None,
    }
}

impl fmt::Display for Conflict {
    /// What kubectl prints after `error: `.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Conflict::CertificateTwice { user } => write!(
                f,
                "client-cert-data and client-cert are both specified for {user}. client-cert-data \
                 will override."
            ),
            Conflict::CertificateUnreadable { user, path, reason } => {
                let path = path.display();
                write!(
                    f,
                    "unable to read client-cert {path} for {user} due to open {path}: {reason}"
                )
            }
            Conflict::Exec(fault) => fault.fmt(f),
            Conflict::ExecAndAuthProvider { user } => write!(
                f,
                "authProvider cannot be provided in combination with an exec plugin for {user}"
            ),
            Conflict::ImpersonationWithoutUser { user } => write!(
                f,
                "requesting uid, groups or user-extra for {user} without impersonating a user"
            ),
            Conflict::KeyMissing { user } => write!(
                f,
                "client-key-data or client-key must be specified for {user} to use the clientCert \
                 authentication method."
            ),
            Conflict::KeyTwice { user } => write!(
                f,
                "client-key-data and client-key are both specified for {user}; client-key-data will \
                 override"
            ),
            Conflict::KeyUnreadable { user, path, reason } => {
                let path = path.display();
                write!(
                    f,
                    "unable to read client-key {path} for {user} due to open {path}: {reason}"
                )
            }
            Conflict::TokenAndBasic { user } => write!(
                f,
                "more than one authentication method found for {user}; found [token basicAuth], \
                 only one is allowed"
            ),
            Conflict::TokenFileAndBasic => {
                f.write_str("username/password or bearer token may be set, but not both")
            }
            Conflict::TokenFileUnreadable { path, reason } => {
                write!(f, "open {}: {reason}", path.display())
            }
        }
    }
}

impl std::error::Error for Conflict {}
