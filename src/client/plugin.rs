//! Which plugin an exec entry runs, where its command must be, and why kubectl would refuse it.
//!
//! Source: client-go `plugin/pkg/client/auth/exec/exec.go`, `tools/clientcmd/validation.go`; kubectl
//! `pkg/cmd/plugin.go`; the documentation of each plugin for its arguments.

mod command;
mod fault;
mod kind;

pub use command::{Candidates, Found, Lookup, candidates};
pub use fault::{ExecFault, exec_faults};
pub use kind::{Form, Mount, Plugin, TokenKind, flag_value, recognise};

#[cfg(test)]
mod tests;
