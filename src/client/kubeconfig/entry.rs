//! The entries of a kubeconfig, each field with its place.

use crate::client::place::{Place, Placed};
use crate::client::veiled::Veiled;
use secrecy::SecretString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A named entry and the file that has it.
#[derive(Clone, Debug)]
pub struct Entry<T> {
    /// Its name, where that is written; an entry without a name has the name "".
    pub name: Placed<String>,
    /// The file that has it.
    pub file: Arc<Path>,
    /// What it says.
    pub value: T,
}

/// The entries of one section over all files.
#[derive(Clone, Debug)]
pub struct Entries<T> {
    /// Those that count, in the order of the files.
    pub in_force: Vec<Entry<T>>,
    /// Those of a later file whose name an earlier file defines; nothing of them counts.
    pub shadowed: Vec<Entry<T>>,
}

/// A path as written, and as kubectl takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilePath {
    /// As written in the file.
    pub written: String,
    /// Relative paths belong to the directory of the kubeconfig; `~` is nothing special.
    pub resolved: PathBuf,
}

/// How to reach an API server.
#[derive(Clone, Debug, Default)]
pub struct Cluster {
    /// Its URL; a password in it is hidden.
    pub server: Option<Placed<Veiled>>,
    /// The name its certificate is checked for instead of the host's.
    pub tls_server_name: Option<Placed<String>>,
    /// Its certificate is not checked.
    pub insecure_skip_tls_verify: Option<Placed<bool>>,
    /// A file of certificates to trust.
    pub certificate_authority: Option<Placed<FilePath>>,
    /// Certificates to trust, in PEM.
    pub certificate_authority_data: Option<Placed<Vec<u8>>>,
    /// The proxy to go through; a password in it is hidden.
    pub proxy_url: Option<Placed<Veiled>>,
}

/// A cluster, a user and a namespace under one name.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// The cluster's name.
    pub cluster: Option<Placed<String>>,
    /// The user's name.
    pub user: Option<Placed<String>>,
    /// The namespace when none is asked for.
    pub namespace: Option<Placed<String>>,
}

/// A credential, or several.
#[derive(Clone, Debug, Default)]
pub struct User {
    /// A fixed bearer token.
    pub token: Option<Placed<SecretString>>,
    /// A file that holds a bearer token.
    pub token_file: Option<Placed<FilePath>>,
    /// The name for basic authentication.
    pub username: Option<Placed<String>>,
    /// The password for basic authentication.
    pub password: Option<Placed<SecretString>>,
    /// A client certificate and its key.
    pub certificate: Certificate,
    /// A built-in plugin.
    pub auth_provider: Option<Placed<AuthProvider>>,
    /// A command that prints a credential.
    pub exec: Option<Placed<Exec>>,
    /// Whom to act as.
    pub impersonation: Impersonation,
}

/// A client certificate and its key, as files or in the entry itself.
#[derive(Clone, Debug, Default)]
pub struct Certificate {
    /// The certificate's file.
    pub file: Option<Placed<FilePath>>,
    /// The certificate in PEM.
    pub data: Option<Placed<Vec<u8>>>,
    /// The key's file.
    pub key_file: Option<Placed<FilePath>>,
    /// The key in PEM.
    pub key_data: Option<Placed<SecretString>>,
}

/// Whom to act as.
#[derive(Clone, Debug, Default)]
pub struct Impersonation {
    /// `as`.
    pub user: Option<Placed<String>>,
    /// `as-uid`.
    pub uid: Option<Placed<String>>,
    /// `as-groups`.
    pub groups: Vec<Placed<String>>,
    /// Where `as-user-extra` stands, if it has members.
    pub extra: Option<Place>,
}

/// A built-in plugin and its settings.
#[derive(Clone, Debug)]
pub struct AuthProvider {
    /// Its name, such as `oidc`.
    pub name: Placed<String>,
    /// Its settings, in order.
    pub config: Vec<Setting>,
}

/// One setting of a built-in plugin.
#[derive(Clone, Debug)]
pub struct Setting {
    /// Its name, such as `idp-issuer-url`.
    pub name: String,
    /// Its value; tokens and secrets are hidden.
    pub value: Placed<Veiled>,
}

/// A command that prints a credential.
#[derive(Clone, Debug, Default)]
pub struct Exec {
    /// The version of the protocol.
    pub api_version: Option<Placed<String>>,
    /// The command as written.
    pub command: Option<Placed<String>>,
    /// Its arguments; the values of secret flags are hidden.
    pub args: Vec<Placed<Veiled>>,
    /// Variables on top of kubectl's own environment.
    pub env: Vec<EnvVariable>,
    /// What to print when the command is not found.
    pub install_hint: Option<Placed<String>>,
    /// Whether the command may ask questions.
    pub interactive_mode: Option<Placed<String>>,
    /// The command is told about the cluster.
    pub provide_cluster_info: Option<Placed<bool>>,
}

/// A variable of a plugin's environment.
#[derive(Clone, Debug)]
pub struct EnvVariable {
    /// Its name.
    pub name: Placed<String>,
    /// Its value, hidden unless it can only be a path or a profile.
    pub value: Placed<Veiled>,
}

impl<T> Entries<T> {
    /// The entry of this name that counts.
    pub fn get(&self, name: &str) -> Option<&Entry<T>> {
        self.in_force.iter().find(|entry| entry.name.value == name)
    }

    /// Entries of this name in later files, which do not count.
    pub fn shadowed<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s Entry<T>> {
        self.shadowed.iter().filter(move |entry| entry.name.value == name)
    }
}

impl<T> Default for Entries<T> {
    fn default() -> Self {
        Entries { in_force: Vec::new(), shadowed: Vec::new() }
    }
}

impl AuthProvider {
    /// The value of a setting, when it is not empty.
    pub fn setting(&self, name: &str) -> Option<&Placed<Veiled>> {
        let found = self.config.iter().rev().find(|setting| setting.name == name);
        found.map(|setting| &setting.value).filter(|value| !value.value.is_empty())
    }
}

impl Exec {
    /// The value that the plugin sees for a variable, when the entry sets it; the last one counts.
    pub fn variable(&self, name: &str) -> Option<&Placed<Veiled>> {
        let found = self.env.iter().rev().find(|variable| variable.name.value == name);
        found.map(|variable| &variable.value)
    }

    /// The command as kubectl starts it: with a slash in it, it belongs to the kubeconfig's directory;
    /// without one it is looked for on `PATH`. Source: client-go `loader.go`, func `ResolveLocalPaths`.
    pub fn program(&self) -> Option<PathBuf> {
        let command = self.command.as_ref().filter(|command| !command.value.is_empty())?;
        if !command.value.contains('/') {
            return Some(PathBuf::from(&command.value));
        }
        Some(super::names::beside(&command.place.file, &command.value))
    }
}
