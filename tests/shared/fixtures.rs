//! Files below `fixtures`.

use std::fs;
use std::path::PathBuf;

/// A file below `fixtures`.
pub(crate) fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

/// The bundles of all field cases, by name.
pub(crate) fn paths() -> Vec<PathBuf> {
    let entries = fs::read_dir(fixture("cases")).expect("fixtures/cases can be read");
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == "json"))
        .collect();
    paths.sort();
    paths
}
