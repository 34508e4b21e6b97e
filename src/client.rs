//! What kubectl and its credential plugins would do, told without running them.
//!
//! Everything here is a function of what was read: files, arguments and environment come in as values,
//! and nothing is looked up. `collect` does the looking.

pub mod command;
pub mod credential;
pub mod environment;
pub mod kubeconfig;
pub mod kubelogin;
pub mod place;
pub mod plugin;
pub mod token;
pub mod veiled;
pub mod view;
