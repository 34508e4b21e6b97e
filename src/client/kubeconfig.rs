//! The kubeconfig as kubectl would see it: which files, how they merge, what each entry says and where.
//!
//! Source: kubernetes/client-go `tools/clientcmd/loader.go`, `client_config.go`, `validation.go`.

mod entry;
mod error;
mod files;
mod load;
mod names;
mod read;
mod redact;
mod resolve;
mod secret;

pub use entry::{
    AuthProvider, Certificate, Cluster, Context, Entries, Entry, EnvVariable, Exec, FilePath,
    Impersonation, Setting, User,
};
pub use error::{LoadError, Section};
pub use files::{Files, ReadError, Selection, files_to_read};
pub use load::{FileState, Kubeconfig, load};
pub use names::{clean, join};
pub use redact::redact;
pub use resolve::{
    DefaultReason, Named, NamedBy, Overrides, ResolveError, Server, Target, resolve,
};
pub use secret::{password_of, secret_parts, secret_spans};

#[cfg(test)]
mod tests;
