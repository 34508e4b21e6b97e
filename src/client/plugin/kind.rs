//! Telling plugins apart, by their arguments first: two programs are called `kubelogin`.

use super::command::{base_name, is_kubectl};
use crate::client::kubeconfig::Exec;
use std::path::{Path, PathBuf};

/// A credential plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plugin {
    /// `aws eks get-token`.
    Aws,
    /// `aws-iam-authenticator token`.
    AwsIamAuthenticator,
    /// Azure/kubelogin.
    AzureKubelogin,
    /// `gke-gcloud-auth-plugin`.
    Gke,
    /// int128/kubelogin.
    Kubelogin {
        /// How it is started.
        form: Form,
        /// Which of the entry's arguments is the first after `get-token`; none when that word is not
        /// among them, and then it prints no credential.
        first: Option<usize>,
    },
    /// A shell command around `oidc-token`.
    OidcAgent,
    /// The Pinniped command.
    Pinniped {
        /// It exchanges its token at the Concierge of the cluster.
        concierge: bool,
    },
    /// Teleport's `tsh kube credentials`.
    Tsh,
    /// None of those.
    Unknown,
}

/// How int128/kubelogin is started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// By its own file.
    Direct,
    /// In a container, which sees the host's files only through mounts.
    Docker(Vec<Mount>),
    /// As a plugin of a second kubectl.
    Kubectl,
}

/// A directory of this machine inside a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// On this machine, as written.
    pub host: PathBuf,
    /// In the container.
    pub container: PathBuf,
}

/// What a plugin gives to kubectl.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// A presigned URL of AWS STS.
    AwsPresignedUrl,
    /// A client certificate and no token.
    Certificate,
    /// An access token of Google that says nothing.
    GoogleAccessToken,
    /// A JWT.
    Jwt,
    /// That cannot be told from the entry.
    Unknown,
}

impl Plugin {
    /// What it gives to kubectl.
    pub fn token_kind(&self) -> TokenKind {
        match self {
            Plugin::Aws | Plugin::AwsIamAuthenticator => TokenKind::AwsPresignedUrl,
            Plugin::AzureKubelogin | Plugin::Kubelogin { .. } => TokenKind::Jwt,
            Plugin::Gke => TokenKind::GoogleAccessToken,
            Plugin::Pinniped { concierge: false } => TokenKind::Jwt,
            Plugin::Tsh => TokenKind::Certificate,
            Plugin::OidcAgent | Plugin::Pinniped { .. } | Plugin::Unknown => TokenKind::Unknown,
        }
    }

    /// The program's name, for people.
    pub fn name(&self) -> &'static str {
        match self {
            Plugin::Aws => "aws eks get-token",
            Plugin::AwsIamAuthenticator => "aws-iam-authenticator",
            Plugin::AzureKubelogin => "Azure kubelogin",
            Plugin::Gke => "gke-gcloud-auth-plugin",
            Plugin::Kubelogin { .. } => "kubelogin (kubectl oidc-login)",
            Plugin::OidcAgent => "oidc-agent",
            Plugin::Pinniped { .. } => "pinniped",
            Plugin::Tsh => "tsh",
            Plugin::Unknown => "unknown plugin",
        }
    }
}

/// Which plugin an exec entry runs.
pub fn recognise(exec: &Exec) -> Plugin {
    let command = exec.command.as_ref().map_or("", |command| command.value.as_str());
    let name = base_name(command).trim_end_matches(".exe");
    let args: Vec<&str> = exec.args.iter().map(|arg| arg.value.expose()).collect();
    let has = |words: &[&str]| args.windows(words.len()).any(|window| window == words);
    let first = args.iter().position(|&arg| arg == "get-token").map(|at| at + 1);
    match name {
        "aws" if has(&["eks", "get-token"]) => return Plugin::Aws,
        "aws-iam-authenticator" | "heptio-authenticator-aws" => return Plugin::AwsIamAuthenticator,
        "gke-gcloud-auth-plugin" => return Plugin::Gke,
        "tsh" if has(&["kube", "credentials"]) => return Plugin::Tsh,
        "pinniped" if args.first() == Some(&"login") => {
            let concierge = args.iter().any(|arg| {
                matches!(arg.split_once('='), Some(("--enable-concierge", "true")))
                    || *arg == "--enable-concierge"
            });
            return Plugin::Pinniped { concierge };
        }
        _ => {}
    }
    if is_kubectl(command) && args.first() == Some(&"oidc-login") {
        return Plugin::Kubelogin { form: Form::Kubectl, first };
    }
    if matches!(name, "docker" | "nerdctl" | "podman") && first.is_some() {
        return Plugin::Kubelogin { form: Form::Docker(mounts(&args)), first };
    }
    let after = first.map(|first| &args[first..]).unwrap_or_default();
    if after.iter().any(|arg| arg.starts_with("--oidc-")) || name == "kubectl-oidc_login" {
        return Plugin::Kubelogin { form: Form::Direct, first };
    }
    if first.is_some() && after.iter().any(|arg| is_azure(arg)) {
        return Plugin::AzureKubelogin;
    }
    if args.iter().any(|arg| arg.contains("oidc-token ")) || name == "oidc-token" {
        return Plugin::OidcAgent;
    }
    Plugin::Unknown
}

/// A flag that only Azure's kubelogin has.
fn is_azure(arg: &str) -> bool {
    let name = arg.split('=').next().unwrap_or(arg);
    matches!(name, "--environment" | "--login" | "--server-id" | "--tenant-id" | "-e" | "-l" | "-t")
}

/// The value of a flag in a plugin's arguments, attached or in the next one; the last one counts.
pub fn flag_value<'a>(args: &[&'a str], names: &[&str]) -> Option<&'a str> {
    let mut found = None;
    let mut rest = args;
    while let [arg, tail @ ..] = rest {
        rest = tail;
        if let Some((name, value)) = arg.split_once('=') {
            if names.contains(&name) {
                found = Some(value);
            }
        } else if names.contains(arg) {
            found = tail.first().copied().or(found);
        }
    }
    found
}

fn mounts(args: &[&str]) -> Vec<Mount> {
    let mut mounts = Vec::new();
    let mut rest = args;
    while let [arg, tail @ ..] = rest {
        rest = tail;
        let next = || tail.first().copied();
        let volume = match arg.split_once('=') {
            Some(("-v" | "--volume", value)) => Some(value),
            Some(("--mount", value)) => {
                mounts.extend(bind(value));
                None
            }
            None if matches!(*arg, "-v" | "--volume") => next(),
            None if *arg == "--mount" => {
                mounts.extend(next().and_then(bind));
                None
            }
            _ => None,
        };
        let parts = volume.map(|volume| volume.split(':').collect::<Vec<_>>());
        if let Some([host, container, ..]) = parts.as_deref() {
            mounts.push(Mount { host: host.into(), container: container.into() });
        }
    }
    mounts
}

/// `type=bind,source=HOST,target=CONTAINER`
fn bind(text: &str) -> Option<Mount> {
    let field = |names: &[&str]| {
        text.split(',')
            .filter_map(|item| item.split_once('='))
            .find(|(name, _)| names.contains(name))
    };
    let (_, host) = field(&["source", "src"])?;
    let (_, container) = field(&["target", "dst", "destination"])?;
    Some(Mount { host: host.into(), container: container.into() })
}

impl Form {
    /// Where a path that the plugin sees stands on this machine; nothing when no mount brings it there.
    pub fn on_host(&self, seen: &Path) -> Option<PathBuf> {
        let Form::Docker(mounts) = self else { return Some(seen.to_owned()) };
        let below = |mount: &Mount| {
            seen.strip_prefix(&mount.container).ok().map(|rest| mount.host.join(rest))
        };
        mounts.iter().rev().find_map(below)
    }
}
