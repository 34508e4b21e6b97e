//! What is to be collected, and with which means.

use std::path::PathBuf;
use std::time::Duration;

use super::names::Pin;
use crate::evidence::gathered::Overrides;
use crate::evidence::moment::Moment;

/// Where the token comes from, if it is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenInput {
    /// A file.
    File(PathBuf),
    /// Standard input.
    StandardInput,
}

/// What is to be collected.
#[derive(Clone, Debug)]
pub struct Wishes {
    /// kubectl's overrides.
    pub overrides: Overrides,
    /// `--for`.
    pub request: Option<String>,
    /// The command that failed.
    pub command: Vec<String>,
    /// `--token-file`.
    pub token: Option<TokenInput>,
    /// `--apiserver-config`.
    pub apiserver_config: Vec<PathBuf>,
    /// `--apiserver-version`.
    pub apiserver_version: Option<String>,
    /// `--rbac`.
    pub rbac: Vec<PathBuf>,
    /// `--idp-policy`, which this version does not read.
    pub idp_policy: Vec<PathBuf>,
    /// `--apiserver-log`.
    pub apiserver_log: Vec<PathBuf>,
    /// `--issuer-ca`.
    pub issuer_ca: Option<PathBuf>,
    /// `--resolve`.
    pub pins: Vec<Pin>,
    /// `--offline`.
    pub offline: bool,
    /// `--deadline`.
    pub deadline: Duration,
    /// `--now`.
    pub now: Option<Moment>,
}
