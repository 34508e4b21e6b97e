//! Paths as Go joins them.

use std::path::{Path, PathBuf};

/// A path without `.`, `..` and doubled slashes, by its text alone. Source: Go `path/filepath`, func `Clean`.
pub fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if rooted => {}
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}

/// A path below a directory, cleaned; an absolute `rest` is put below it all the same.
/// Source: Go `path/filepath`, func `Join`.
pub fn join(directory: &Path, rest: &str) -> PathBuf {
    let directory = directory.to_string_lossy();
    if directory.is_empty() {
        return if rest.is_empty() { PathBuf::new() } else { clean(rest).into() };
    }
    clean(&format!("{directory}/{rest}")).into()
}

/// A path of an entry, seen from the directory of the file that has the entry.
pub(super) fn beside(file: &Path, written: &str) -> PathBuf {
    if written.is_empty() || Path::new(written).is_absolute() {
        return written.into();
    }
    join(file.parent().unwrap_or(Path::new("")), written)
}
