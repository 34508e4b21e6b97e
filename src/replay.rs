//! The API server's decision about an OpenID Connect bearer token, replayed.
//!
//! [`load`] reads the settings as kube-apiserver does and says whether it would start with them;
//! [`decide`] takes a token through the same checks in the same order, with the same error texts, for
//! any release from 1.20 to the newest known. What is not known is an answer of its own: a step then
//! cannot be told, and it never counts as passed.
//!
//! This module imports nothing of the crate but `go`, and would leave home with it.

pub mod access;

mod authenticator;
mod claims;
mod decision;
mod discovery;
mod distributed;
mod expression;
mod file;
mod flags;
mod header;
mod key;
mod key_set;
mod legacy;
mod mapping;
mod pem;
mod release;
mod rsa;
mod rules;
mod settings;
mod signature;
mod steps;
mod token;
mod validation;
mod verify;

pub use crate::go::time::Moment;
pub use authenticator::{
    Anonymous, Authenticator, ClaimRule, ExtraMapping, Mapping, Origin, Server, UserRule,
};
pub use decision::{Provider, Sight, Token, decide};
pub use release::Release;
pub use settings::{Refusal, Settings, load};
pub use signature::verified_by;
pub use steps::{Decision, Ending, Mismatch, Outcome, Side, Step, StepRecord, User};

#[cfg(test)]
mod tests;
