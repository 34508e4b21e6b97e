//! Several files into one kubeconfig. Source: client-go `tools/clientcmd/loader.go`, func `Load`.

use super::entry::{Cluster, Context, Entries, Entry, User};
use super::error::{LoadError, Section};
use super::files::{ReadError, Selection};
use super::read::{self, Object};
use crate::client::place::Placed;
use crate::go::yaml;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileState {
    /// It does not exist, which is fine unless it was asked for by name.
    Missing,
    /// It was read.
    Read,
}

/// All files as one.
#[derive(Clone, Debug)]
pub struct Kubeconfig {
    /// What chose the files.
    pub selection: Selection,
    /// The files, in order.
    pub files: Vec<(PathBuf, FileState)>,
    /// The context in force when none is asked for: the first that is not empty.
    pub current_context: Option<Placed<String>>,
    /// Clusters.
    pub clusters: Entries<Cluster>,
    /// Contexts.
    pub contexts: Entries<Context>,
    /// Users.
    pub users: Entries<User>,
}

struct Contents {
    current_context: Option<Placed<String>>,
    clusters: Vec<Entry<Cluster>>,
    contexts: Vec<Entry<Context>>,
    users: Vec<Entry<User>>,
}

/// Reads and merges files, in the order in which kubectl would read them.
///
/// # Errors
/// Everything for which kubectl would stop, at least one.
pub fn load(
    selection: Selection,
    files: Vec<(PathBuf, Result<String, ReadError>)>,
) -> Result<Kubeconfig, Vec<LoadError>> {
    let mut kubeconfig = Kubeconfig {
        selection,
        files: Vec::new(),
        current_context: None,
        clusters: Entries::default(),
        contexts: Entries::default(),
        users: Entries::default(),
    };
    let mut errors = Vec::new();
    for (file, text) in files {
        let state = match text {
            Ok(text) => {
                match contents(&file, &text) {
                    Ok(contents) => kubeconfig.take(contents),
                    Err(error) => errors.push(error),
                }
                FileState::Read
            }
            Err(ReadError::Missing) if selection == Selection::Explicit => {
                errors.push(LoadError::Missing { file: file.clone() });
                FileState::Missing
            }
            Err(ReadError::Missing) => FileState::Missing,
            Err(ReadError::Refused(reason)) => {
                errors.push(LoadError::Unreadable { file: file.clone(), reason });
                FileState::Missing
            }
        };
        kubeconfig.files.push((file, state));
    }
    if errors.is_empty() { Ok(kubeconfig) } else { Err(errors) }
}

impl Kubeconfig {
    fn take(&mut self, contents: Contents) {
        self.current_context = self.current_context.take().or(contents.current_context);
        merge(&mut self.clusters, contents.clusters);
        merge(&mut self.contexts, contents.contexts);
        merge(&mut self.users, contents.users);
    }
}

fn merge<T>(into: &mut Entries<T>, entries: Vec<Entry<T>>) {
    for entry in entries {
        let taken = into.get(&entry.name.value).is_some();
        if taken { &mut into.shadowed } else { &mut into.in_force }.push(entry);
    }
}

fn contents(file: &Path, text: &str) -> Result<Contents, LoadError> {
    let node =
        yaml::read(text).map_err(|error| LoadError::Yaml { file: file.to_owned(), error })?;
    let shared: Arc<Path> = Arc::from(file);
    let root = Object::root(&shared, &node)?;
    refuse_other_kinds(file, &root)?;
    let contents = Contents {
        clusters: root.entries(
            "clusters",
            "NamedCluster",
            ("cluster", "Cluster"),
            read::cluster,
        )?,
        contexts: root.entries(
            "contexts",
            "NamedContext",
            ("context", "Context"),
            read::context,
        )?,
        users: root.entries("users", "NamedAuthInfo", ("user", "AuthInfo"), read::user)?,
        current_context: root.text("current-context")?,
    };
    refuse_duplicates(file, Section::Clusters, &contents.clusters)?;
    refuse_duplicates(file, Section::Contexts, &contents.contexts)?;
    refuse_duplicates(file, Section::Users, &contents.users)?;
    Ok(contents)
}

fn refuse_other_kinds(file: &Path, root: &Object<'_>) -> Result<(), LoadError> {
    let version = root.text("apiVersion")?;
    let kind = root.text("kind")?;
    let wrong_version = version.as_ref().filter(|version| version.value != "v1");
    let wrong_kind = kind.as_ref().filter(|kind| kind.value != "Config");
    let Some(wrong) = wrong_kind.or(wrong_version) else { return Ok(()) };
    let shown = |text: &Option<Placed<String>>, default: &str| {
        text.as_ref().map_or(default.to_owned(), |text| text.value.clone())
    };
    let (kind, version) = (shown(&kind, "Config"), shown(&version, "v1"));
    let message = format!("no kind \"{kind}\" is registered for version \"{version}\" in scheme");
    Err(LoadError::Type { file: file.to_owned(), span: wrong.place.span, message })
}

fn refuse_duplicates<T>(
    file: &Path,
    section: Section,
    entries: &[Entry<T>],
) -> Result<(), LoadError> {
    let mut seen = HashMap::new();
    for entry in entries {
        let (name, again) = (entry.name.value.clone(), entry.name.place.span);
        if let Some(first) = seen.insert(name.clone(), again) {
            return Err(LoadError::Duplicate {
                file: file.to_owned(),
                section,
                name,
                first,
                again,
            });
        }
    }
    Ok(())
}
