//! int128/kubelogin: what its arguments mean and under which names it caches tokens.
//!
//! Source: int128/kubelogin, release tags v1.14.0 to v1.36.3.

mod arguments;
mod cache;
mod cache_key;
mod fault;
mod flags;
mod gob;
mod pflag;
mod release;

pub use arguments::{Arguments, Grant, Pairs, Pkce, Renegotiation, parse};
pub use cache::{
    CacheDirectory, CacheEntry, CacheError, DirectoryBy, cache_directories, expand, read_cache,
};
pub use cache_key::{CacheName, Shape, cache_names};
pub use fault::ArgumentFault;
pub use release::Release;

#[cfg(test)]
mod tests;
