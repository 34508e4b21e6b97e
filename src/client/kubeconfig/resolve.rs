//! Which context, cluster, user and namespace are in force.
//!
//! Source: client-go `tools/clientcmd/client_config.go`, `validation.go`; texts as kubectl 1.33.1 printed them.

use super::entry::{Cluster, Context, Entry, User};
use super::files::Selection;
use super::load::{FileState, Kubeconfig};
use crate::client::place::{Place, Placed};
use crate::client::veiled::Veiled;
use secrecy::SecretString;
use std::fmt;
use std::path::PathBuf;

/// kubectl's own flags that take the place of something in the kubeconfig. An empty text counts as
/// not given.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// `--kubeconfig`.
    pub kubeconfig: Option<PathBuf>,
    /// `--context`.
    pub context: Option<String>,
    /// `--cluster`.
    pub cluster: Option<String>,
    /// `--user`.
    pub user: Option<String>,
    /// `-n`, `--namespace`.
    pub namespace: Option<String>,
    /// `-s`, `--server`.
    pub server: Option<Veiled>,
    /// `--token`.
    pub token: Option<SecretString>,
    /// `--username`.
    pub username: Option<String>,
    /// `--password`.
    pub password: Option<SecretString>,
    /// `--client-certificate`.
    pub client_certificate: Option<PathBuf>,
    /// `--client-key`.
    pub client_key: Option<PathBuf>,
    /// `--certificate-authority`.
    pub certificate_authority: Option<PathBuf>,
    /// `--insecure-skip-tls-verify`.
    pub insecure_skip_tls_verify: Option<bool>,
    /// `--tls-server-name`.
    pub tls_server_name: Option<String>,
    /// `--as`.
    pub impersonated_user: Option<String>,
    /// `--as-uid`.
    pub impersonated_uid: Option<String>,
    /// `--as-group`, once for each.
    pub impersonated_groups: Vec<String>,
}

/// What decided on a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NamedBy {
    /// kubectl's default, because nothing else says.
    Default,
    /// The flag of this name.
    Flag(&'static str),
    /// This place in a kubeconfig.
    Kubeconfig(Place),
}

/// A name in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The name.
    pub name: String,
    /// What decided on it.
    pub by: NamedBy,
}

/// Why kubectl falls back to its built-in server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DefaultReason {
    /// None of the files exists.
    NoFile,
    /// No context is in force and no cluster is named.
    NoContext,
    /// The context names a cluster that no file defines.
    UndefinedCluster(Named),
    /// The context names no cluster.
    ContextWithoutCluster,
}

/// The server that kubectl would talk to.
#[derive(Clone, Debug)]
pub enum Server {
    /// `http://localhost:8080`, or the variable `KUBERNETES_MASTER`; in a pod, the cluster around it.
    Default(DefaultReason),
    /// `--server`.
    Flag(Veiled),
    /// The cluster entry's.
    Kubeconfig(Placed<Veiled>),
}

/// What is in force for a command.
#[derive(Clone, Debug)]
pub struct Target<'k> {
    /// The context's name.
    pub context_name: Option<Named>,
    /// The context.
    pub context: Option<&'k Entry<Context>>,
    /// The cluster's name.
    pub cluster_name: Option<Named>,
    /// The cluster, if it is defined.
    pub cluster: Option<&'k Entry<Cluster>>,
    /// The user's name.
    pub user_name: Option<Named>,
    /// The user, if it is defined. An undefined one is an empty one to kubectl, not an error.
    pub user: Option<&'k Entry<User>>,
    /// The server.
    pub server: Server,
    /// The namespace.
    pub namespace: Named,
}

/// One reason why kubectl stops before any request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResolveError {
    /// A file and data for the same certificate authority.
    AuthorityTwice {
        /// The cluster's name.
        cluster: String,
        /// Where the file is named.
        place: Place,
    },
    /// `--cluster` names a cluster that is not defined.
    ClusterMissing {
        /// The name.
        name: String,
    },
    /// The context in force is not defined.
    ContextMissing {
        /// The name, and what decided on it.
        context: Named,
    },
    /// The cluster entry has no server.
    ServerMissing {
        /// The cluster's name.
        cluster: String,
        /// Where the entry's name stands.
        place: Place,
    },
    /// `--user` names a user that is not defined.
    UserMissing {
        /// The name.
        name: String,
    },
}

impl Target<'_> {
    /// The server's URL for use; a password in it is in clear.
    pub fn url(&self) -> &str {
        match &self.server {
            Server::Default(_) => "http://localhost:8080",
            Server::Flag(url) => url.expose(),
            Server::Kubeconfig(url) => url.value.expose(),
        }
    }
}

impl ResolveError {
    /// The line that kubectl prints for `get --raw`, `auth whoami` and `version`, where it differs.
    pub fn raw_line(&self) -> Option<String> {
        match self {
            ResolveError::ClusterMissing { name } => {
                Some(format!("error: cluster \"{name}\" does not exist"))
            }
            ResolveError::ContextMissing { context: Named { name, by: NamedBy::Flag(_) } } => {
                Some(format!("error: context \"{name}\" does not exist"))
            }
            _ => None,
        }
    }

    fn text(&self) -> String {
        match self {
            ResolveError::AuthorityTwice { cluster, .. } => format!(
                "certificate-authority-data and certificate-authority are both specified for \
                 {cluster}. certificate-authority-data will override."
            ),
            ResolveError::ClusterMissing { name: cluster }
            | ResolveError::ServerMissing { cluster, .. } => {
                format!("no server found for cluster \"{cluster}\"")
            }
            ResolveError::ContextMissing { context } => {
                format!("context was not found for specified context: {}", context.name)
            }
            ResolveError::UserMissing { name } => format!("auth info \"{name}\" does not exist"),
        }
    }
}

impl fmt::Display for ResolveError {
    /// The line that kubectl prints when this is the only reason, for `get pods` and its like.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = match self {
            ResolveError::ContextMissing { .. } => "Error in configuration",
            _ => "error",
        };
        write!(f, "{prefix}: {}", self.text())
    }
}

impl std::error::Error for ResolveError {}

/// Finds out what is in force.
///
/// # Errors
/// Every reason why kubectl stops, at least one. It prints several of them as
/// `Error in configuration: ` and one `* …` line each.
pub fn resolve<'k>(
    kubeconfig: &'k Kubeconfig,
    overrides: &Overrides,
) -> Result<Target<'k>, Vec<ResolveError>> {
    let mut errors = Vec::new();
    let context_name = flag("--context", overrides.context.as_deref())
        .or_else(|| kubeconfig.current_context.as_ref().map(from_file));
    let context = context_name.as_ref().and_then(|named| kubeconfig.contexts.get(&named.name));
    if let (Some(context), None) = (&context_name, &context) {
        errors.push(ResolveError::ContextMissing { context: context.clone() });
    }
    let of_context = |get: fn(&Context) -> Option<&Placed<String>>| {
        context.and_then(|entry| get(&entry.value)).map(from_file)
    };
    let user_name = flag("--user", overrides.user.as_deref())
        .or_else(|| of_context(|context| context.user.as_ref()));
    let user = user_name.as_ref().and_then(|named| kubeconfig.users.get(&named.name));
    if let (Some(Named { name, by: NamedBy::Flag(_) }), None) = (&user_name, &user) {
        errors.push(ResolveError::UserMissing { name: name.clone() });
    }
    let cluster_name = flag("--cluster", overrides.cluster.as_deref())
        .or_else(|| of_context(|context| context.cluster.as_ref()));
    let cluster = cluster_name.as_ref().and_then(|named| kubeconfig.clusters.get(&named.name));
    if let (Some(Named { name, by: NamedBy::Flag(_) }), None) = (&cluster_name, &cluster) {
        errors.push(ResolveError::ClusterMissing { name: name.clone() });
    }
    let reason = || default_reason(kubeconfig, context, cluster_name.as_ref());
    let server = server(cluster, overrides, reason, &mut errors);
    let namespace = flag("--namespace", overrides.namespace.as_deref())
        .or_else(|| of_context(|context| context.namespace.as_ref()))
        .unwrap_or_else(|| Named { name: "default".to_owned(), by: NamedBy::Default });
    if !errors.is_empty() {
        return Err(errors);
    }
    Ok(Target { context_name, context, cluster_name, cluster, user_name, user, server, namespace })
}

fn flag(name: &'static str, value: Option<&str>) -> Option<Named> {
    let name_given = value.filter(|value| !value.is_empty())?;
    Some(Named { name: name_given.to_owned(), by: NamedBy::Flag(name) })
}

fn from_file(name: &Placed<String>) -> Named {
    Named { name: name.value.clone(), by: NamedBy::Kubeconfig(name.place.clone()) }
}

fn server(
    cluster: Option<&Entry<Cluster>>,
    overrides: &Overrides,
    reason: impl FnOnce() -> DefaultReason,
    errors: &mut Vec<ResolveError>,
) -> Server {
    if let Some(Entry { name, value, .. }) = cluster {
        let twice =
            value.certificate_authority.as_ref().zip(value.certificate_authority_data.as_ref());
        if let (Some((file, _)), None) = (twice, &overrides.certificate_authority) {
            let (cluster, place) = (name.value.clone(), file.place.clone());
            errors.push(ResolveError::AuthorityTwice { cluster, place });
        }
    }
    if let Some(url) = overrides.server.as_ref().filter(|url| !url.is_empty()) {
        return Server::Flag(url.clone());
    }
    let Some(Entry { name, value, .. }) = cluster else { return Server::Default(reason()) };
    if let Some(server) = &value.server {
        return Server::Kubeconfig(server.clone());
    }
    let (cluster, place) = (name.value.clone(), name.place.clone());
    errors.push(ResolveError::ServerMissing { cluster, place });
    Server::Default(DefaultReason::ContextWithoutCluster)
}

fn default_reason(
    kubeconfig: &Kubeconfig,
    context: Option<&Entry<Context>>,
    cluster: Option<&Named>,
) -> DefaultReason {
    if let Some(cluster) = cluster {
        return DefaultReason::UndefinedCluster(cluster.clone());
    }
    if context.is_some() {
        return DefaultReason::ContextWithoutCluster;
    }
    let missing = kubeconfig.files.iter().all(|(_, state)| *state == FileState::Missing);
    if missing && kubeconfig.selection != Selection::Explicit {
        return DefaultReason::NoFile;
    }
    DefaultReason::NoContext
}
