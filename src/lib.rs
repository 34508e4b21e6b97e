//! Tells why kubectl answers Unauthorized after an OpenID Connect login, and what repairs it.

pub mod client;
pub mod collect;
pub mod evidence;
pub mod go;
pub mod replay;
