//! Tests of the whole decision.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

mod decisions;
mod hostile;
mod recorded;
mod settings;
