//! How Go reads: the JSON, YAML, URL and quoting rules that kube-apiserver and kubectl inherit from
//! their language and its libraries.
//!
//! Everything here keeps the place of what it read, so that a report can name file and line. It knows
//! nothing of OpenID Connect; `replay` and `client` stand on it, and it would leave home with `replay`.

pub mod base64;
pub mod json;
pub mod quote;
pub mod time;
pub mod tree;
pub mod url;
pub mod yaml;
