//! Programs on PATH: where they are, and which version they say they are.
//!
//! Only programs of known names are asked for `--version`; a command that a kubeconfig names freely is
//! never run.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use crate::evidence::gathered::Program;

/// Programs whose `--version` is asked.
const ASKED: &[&str] = &["kubectl-oidc_login", "kubelogin"];
/// How long a program may take to say its version.
const PATIENCE: Duration = Duration::from_secs(2);
/// Characters of an answer that are kept.
const KEPT: usize = 200;

/// Looks for programs of these names.
pub(super) async fn look(names: &[String], path: &str) -> Vec<Program> {
    let mut programs = Vec::new();
    for name in names {
        let at = find(name, path);
        let version = match &at {
            Some(at) if ASKED.contains(&name.as_str()) => version(at).await,
            _ => None,
        };
        programs.push(Program {
            name: name.clone(),
            path: at.map(|p| p.display().to_string()),
            version,
        });
    }
    programs
}

fn find(name: &str, path: &str) -> Option<PathBuf> {
    if name.contains('/') {
        return is_program(Path::new(name)).then(|| PathBuf::from(name));
    }
    std::env::split_paths(path).map(|folder| folder.join(name)).find(|file| is_program(file))
}

#[cfg(unix)]
fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(file: &Path) -> bool {
    file.is_file()
}

async fn version(program: &Path) -> Option<String> {
    let run = tokio::process::Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(PATIENCE, run).await.ok()?.ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (!text.is_empty()).then(|| text.chars().take(KEPT).collect())
}
