//! The API server's decisions, replayed.

pub mod access;
