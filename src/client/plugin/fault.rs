//! Why kubectl refuses an exec entry before it runs anything.

use crate::client::kubeconfig::Exec;
use crate::client::place::Place;
use std::fmt;

/// Something wrong with an exec entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExecFault {
    /// No `apiVersion`.
    ApiVersionMissing {
        /// The user's name.
        user: String,
    },
    /// An `apiVersion` that kubectl does not speak; `v1alpha1` until 1.23.
    ApiVersionUnsupported {
        /// What is written.
        version: String,
        /// Where.
        place: Place,
    },
    /// No `command`.
    CommandMissing {
        /// The user's name.
        user: String,
    },
    /// A mode that does not exist.
    InteractiveModeInvalid {
        /// The user's name.
        user: String,
        /// What is written.
        mode: String,
        /// Where.
        place: Place,
    },
    /// Version v1 wants `interactiveMode`, and there is none.
    InteractiveModeMissing {
        /// The user's name.
        user: String,
    },
    /// A variable without a name.
    VariableUnnamed {
        /// The user's name.
        user: String,
        /// Where the variable stands.
        place: Place,
    },
}

const V1: &str = "client.authentication.k8s.io/v1";
const V1BETA1: &str = "client.authentication.k8s.io/v1beta1";
const V1ALPHA1: &str = "client.authentication.k8s.io/v1alpha1";

/// Everything wrong with an exec entry, in the order in which kubectl looks.
pub fn exec_faults(user: &str, exec: &Exec) -> Vec<ExecFault> {
    let mut faults = Vec::new();
    let user = || user.to_owned();
    if exec.command.is_none() {
        faults.push(ExecFault::CommandMissing { user: user() });
    }
    let version = exec.api_version.as_ref();
    if version.is_none() {
        faults.push(ExecFault::ApiVersionMissing { user: user() });
    }
    for variable in exec.env.iter().filter(|variable| variable.name.value.is_empty()) {
        let place = variable.name.place.clone();
        faults.push(ExecFault::VariableUnnamed { user: user(), place });
    }
    // Decoding gives the beta versions a mode; v1 has none by default.
    let defaults = version.is_some_and(|version| matches!(&*version.value, V1BETA1 | V1ALPHA1));
    match &exec.interactive_mode {
        Some(mode) if !matches!(&*mode.value, "Always" | "IfAvailable" | "Never") => {
            let (mode, place) = (mode.value.clone(), mode.place.clone());
            faults.push(ExecFault::InteractiveModeInvalid { user: user(), mode, place });
        }
        None if !defaults => faults.push(ExecFault::InteractiveModeMissing { user: user() }),
        _ => {}
    }
    if let Some(version) = version.filter(|version| !matches!(&*version.value, V1 | V1BETA1)) {
        let (version, place) = (version.value.clone(), version.place.clone());
        faults.push(ExecFault::ApiVersionUnsupported { version, place });
    }
    faults
}

impl fmt::Display for ExecFault {
    /// What kubectl prints after `error: `.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plugin = "to use exec authentication plugin";
        match self {
            ExecFault::ApiVersionMissing { user } => {
                write!(f, "apiVersion must be specified for {user} {plugin}")
            }
            ExecFault::ApiVersionUnsupported { version, .. } => {
                write!(f, "exec plugin: invalid apiVersion \"{version}\"")
            }
            ExecFault::CommandMissing { user } => {
                write!(f, "command must be specified for {user} {plugin}")
            }
            ExecFault::InteractiveModeInvalid { user, mode, .. } => {
                write!(f, "invalid interactiveMode for {user}: \"{mode}\"")
            }
            ExecFault::InteractiveModeMissing { user } => {
                write!(f, "interactiveMode must be specified for {user} {plugin}")
            }
            ExecFault::VariableUnnamed { user, .. } => {
                write!(f, "env variable name must be specified for {user} {plugin}")
            }
        }
    }
}

impl std::error::Error for ExecFault {}
