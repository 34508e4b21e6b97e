//! The client's view of gathered evidence: the merged kubeconfig, and the overrides in force.
//!
//! The same for collecting and for judging, so that a bundle is judged as the live situation was.

use std::path::{Path, PathBuf};

use super::command::{self, Command, Request};
use super::kubeconfig::{
    Kubeconfig, LoadError, Overrides, ReadError, Selection, Server, Target, load, secret_parts,
};
use super::veiled::Veiled;
use crate::evidence::gathered::{KubeconfigFile, Situation};

/// The merged kubeconfig of the files that were read.
///
/// # Errors
///
/// Everything for which kubectl would stop.
pub fn kubeconfig(
    files: &[KubeconfigFile],
    situation: &Situation,
) -> Result<Kubeconfig, Vec<LoadError>> {
    let read = files.iter().map(|file| match file {
        KubeconfigFile::Missing(path) => (PathBuf::from(path), Err(ReadError::Missing)),
        KubeconfigFile::Read(document) => {
            (PathBuf::from(&document.path), Ok(document.text.reveal().to_owned()))
        }
        KubeconfigFile::Unreadable(path, why) => {
            (PathBuf::from(path), Err(ReadError::Refused(why.clone())))
        }
    });
    load(selection(situation), read.collect())
}

/// What chose the kubeconfig files.
pub fn selection(situation: &Situation) -> Selection {
    let explicit = overrides(situation).kubeconfig.is_some();
    let list = situation.variables.get("KUBECONFIG").is_some_and(|list| !list.is_empty());
    match (explicit, list) {
        (true, _) => Selection::Explicit,
        (false, true) => Selection::List,
        (false, false) => Selection::Default,
    }
}

/// kubectl's overrides: this program's own options first, then those of the command that failed.
pub fn overrides(situation: &Situation) -> Overrides {
    let own = &situation.overrides;
    let line = command(situation).map(|line| line.overrides).unwrap_or_default();
    Overrides {
        kubeconfig: own.kubeconfig.clone().map(PathBuf::from).or(line.kubeconfig),
        context: own.context.clone().or(line.context),
        cluster: own.cluster.clone().or(line.cluster),
        user: own.user.clone().or(line.user),
        namespace: own.namespace.clone().or(line.namespace),
        server: own.server.as_deref().map(Veiled::open).or(line.server),
        ..line
    }
}

/// The command that failed, if it was given and is kubectl's.
pub fn command(situation: &Situation) -> Option<Command> {
    let words: Vec<&str> = situation.command.iter().map(String::as_str).collect();
    command::parse(&words).ok()
}

/// The program of the command that failed; kubectl when none was given.
pub fn program(situation: &Situation) -> String {
    let named = |word: &&String| !word.contains('=') && !["sudo", "time"].contains(&word.as_str());
    let word = situation.command.iter().find(named).map_or("kubectl", String::as_str);
    word.rsplit('/').next().unwrap_or(word).to_owned()
}

/// A command's words without the secrets in them.
pub fn redacted(words: &[String]) -> Vec<String> {
    let plain: Vec<&str> = words.iter().map(String::as_str).collect();
    let secrets = secret_parts(&plain);
    plain
        .iter()
        .zip(secrets)
        .map(|(word, secret)| Veiled::with(word, &secret).shown().to_owned())
        .collect()
}

/// What RBAC is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The verb.
    pub verb: String,
    /// The API group; empty for the core group.
    pub group: String,
    /// The plural resource; a path for requests outside the API.
    pub resource: String,
    /// The subresource, or empty.
    pub subresource: String,
    /// The object's name, or empty.
    pub name: String,
    /// The namespace; empty for the whole cluster.
    pub namespace: String,
}

/// The request to judge: `--for`, else that of the command that failed, else `list pods`.
pub fn asked(situation: &Situation, in_force: &str) -> Asked {
    let line = command(situation);
    let everywhere = line.as_ref().is_some_and(|line| line.all_namespaces);
    let request = situation
        .request
        .as_deref()
        .and_then(command::for_request)
        .or_else(|| line.and_then(|line| line.requests.into_iter().next()));
    let namespace = |request: &Request| request.namespace(in_force, everywhere).to_owned();
    match request {
        Some(request @ Request::Resource { .. }) => resource(&request, namespace(&request)),
        Some(Request::Url { verb, path }) => Asked {
            verb,
            group: String::new(),
            resource: path,
            subresource: String::new(),
            name: String::new(),
            namespace: String::new(),
        },
        None => pods(in_force),
    }
}

fn resource(request: &Request, namespace: String) -> Asked {
    let Request::Resource { verb, resource, subresource, name } = request else {
        return pods(&namespace);
    };
    Asked {
        verb: verb.clone(),
        group: resource.group.clone().unwrap_or_default(),
        resource: resource.plural.clone(),
        subresource: subresource.clone().unwrap_or_default(),
        name: name.clone().unwrap_or_default(),
        namespace,
    }
}

/// `list pods`, the default of `--for`.
fn pods(namespace: &str) -> Asked {
    Asked {
        verb: "list".to_owned(),
        group: String::new(),
        resource: "pods".to_owned(),
        subresource: String::new(),
        name: String::new(),
        namespace: namespace.to_owned(),
    }
}

/// The API server's URL as reports show it, without a password.
pub fn shown_url(target: &Target<'_>) -> String {
    match &target.server {
        Server::Default(_) => target.url().to_owned(),
        Server::Flag(url) => url.shown().to_owned(),
        Server::Kubeconfig(url) => url.value.shown().to_owned(),
    }
}

/// A path with the home directory as `~`, as reports show it.
pub fn shown(path: &Path, home: &str) -> String {
    match path.strip_prefix(home) {
        Ok(rest) if !home.is_empty() => format!("~/{}", rest.display()),
        _ => path.display().to_string(),
    }
}

/// The opposite of [`shown`].
pub fn real(path: &str, home: &str) -> PathBuf {
    match path.strip_prefix("~/") {
        Some(rest) => Path::new(home).join(rest),
        None => PathBuf::from(path),
    }
}
