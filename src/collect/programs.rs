//! Programs on PATH: where they are, and which version they say they are.
//!
//! Only programs of known names are asked for `--version`; a command that a kubeconfig names freely is
//! never run.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::io::AsyncReadExt;

use crate::evidence::gathered::Program;

/// Programs whose `--version` is asked.
const ASKED: &[&str] = &["kubectl-oidc_login", "kubelogin"];
/// How long a program may take to say its version.
const PATIENCE: Duration = Duration::from_secs(2);
/// Bytes of an answer that are read.
const READ: u64 = 4096;
/// Characters of an answer that are kept.
const KEPT: usize = 200;

/// Looks for programs of these names.
pub(super) async fn look(names: &[String], path: &str, end: Instant) -> Vec<Program> {
    let mut programs = Vec::new();
    for name in names {
        let at = find(name, path);
        let version = match &at {
            Some(at) if ASKED.contains(&name.as_str()) => version(at, end).await,
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

async fn version(program: &Path, end: Instant) -> Option<String> {
    let mut child = tokio::process::Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .ok()?;
    let mut text = Vec::new();
    let mut stdout = child.stdout.take()?.take(READ);
    let patience = PATIENCE.min(end.saturating_duration_since(Instant::now()));
    // What was said in time counts, also when the program does not end.
    let _ = tokio::time::timeout(patience, stdout.read_to_end(&mut text)).await;
    let text = String::from_utf8_lossy(&text).trim().to_owned();
    (!text.is_empty()).then(|| text.chars().take(KEPT).collect())
}
