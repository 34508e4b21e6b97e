//! The field cases as bundles.

use std::fs;
use std::path::PathBuf;

use crate::fixtures::paths;
use oidc_doctor::evidence::{Evidence, bundle};

/// A field case.
pub(crate) struct Case {
    /// Its name: the stem of its file.
    pub(crate) id: String,
    /// What was gathered.
    pub(crate) evidence: Evidence,
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
