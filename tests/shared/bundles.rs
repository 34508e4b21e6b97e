//! The field cases as bundles.

use std::fs;
use std::path::PathBuf;

use oidc_doctor::evidence::{Evidence, bundle};

/// A field case.
pub(crate) struct Case {
    /// Its name: the stem of its file.
    pub(crate) id: String,
    /// What was gathered.
    pub(crate) evidence: Evidence,
}

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

/// All field cases, by name.
pub(crate) fn all() -> Vec<Case> {
    let read = |path: &PathBuf| {
        let id = path.file_stem().expect("a file").to_string_lossy().into_owned();
        let text = fs::read_to_string(path).expect("a bundle");
        let evidence = bundle::read(&id, &text).unwrap_or_else(|why| panic!("{why}"));
        Case { id, evidence }
    };
    paths().iter().map(read).collect()
}
