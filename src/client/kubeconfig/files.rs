//! Which files are read. Source: client-go `tools/clientcmd/loader.go`, func `NewDefaultClientConfigLoadingRules`.

use std::path::{Path, PathBuf};

/// What chose the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selection {
    /// `~/.kube/config`, because nothing else was said.
    Default,
    /// `--kubeconfig`: one file, which must exist.
    Explicit,
    /// The variable `KUBECONFIG`: files of which any may be missing.
    List,
}

/// The files that kubectl reads, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// What chose them.
    pub selection: Selection,
    /// Their paths, none twice.
    pub paths: Vec<PathBuf>,
}

/// Why a file could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadError {
    /// There is no such file.
    Missing,
    /// The system's reason, such as `permission denied`.
    Refused(String),
}

/// The files that kubectl reads for `--kubeconfig`, the value of `KUBECONFIG` and a home directory.
pub fn files_to_read(explicit: Option<&Path>, env_kubeconfig: Option<&str>, home: &Path) -> Files {
    if let Some(path) = explicit.filter(|path| !path.as_os_str().is_empty()) {
        return Files { selection: Selection::Explicit, paths: vec![path.to_owned()] };
    }
    let Some(list) = env_kubeconfig.filter(|list| !list.is_empty()) else {
        let path = home.join(".kube").join("config");
        return Files { selection: Selection::Default, paths: vec![path] };
    };
    let mut paths: Vec<PathBuf> = Vec::new();
    for path in std::env::split_paths(list) {
        if !path.as_os_str().is_empty() && !paths.contains(&path) {
            paths.push(path);
        }
    }
    Files { selection: Selection::List, paths }
}
