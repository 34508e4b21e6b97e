//! Tells why kubectl answers Unauthorized after an OpenID Connect login, and what repairs it.
//!
//! The modules are the flow of the data. Collectors bring *evidence*: bytes with their origin, or the
//! reason why there are none. *Facts* are what the evidence says, each known, absent or unknown. The
//! *replay* takes the API server's own decision on them, step by step. *Checks* are opinions about
//! facts, written as data. The *diagnosis* puts what fired in order and draws the conclusion, and the
//! *report* renders it. A module imports only what lies before it; `tests/layers.rs` sees to that.

pub mod go;
pub mod replay;

pub mod evidence;

pub mod client;

pub mod collect;

pub mod facts;

pub mod checks;

pub mod diagnosis;

pub mod report;

pub mod cli;
pub mod demo;
pub mod error;
pub mod examination;
pub mod questions;
pub mod run;
