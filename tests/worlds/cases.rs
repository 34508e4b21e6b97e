//! A world's evidence as a bundle in the repository.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::run::Stage;
use crate::world::World;

/// Where the cases stand.
fn path(id: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/cases").join(format!("{id}.json"))
}

/// Runs the program with `--save-bundle` and keeps the bundle. Paths of the stage become neutral ones:
/// the home directory `/home/dev`, and what was given beside it relative.
pub(crate) fn save(world: &World, stage: &Stage) {
    let bundle = stage.files.root.join("bundle.json");
    let mut args = stage.args.clone();
    let at = args.iter().position(|arg| arg == "--").unwrap_or(args.len());
    args.splice(at..at, ["--save-bundle".to_owned(), bundle.display().to_string()]);
    let status = Command::new(env!("CARGO_BIN_EXE_oidc-doctor"))
        .args(&args)
        .env_clear()
        .envs(&stage.files.variables)
        .env("HOME", &stage.files.home)
        .env("PATH", &stage.files.bin)
        .current_dir(&stage.files.home)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .expect("the program starts");
    assert!(status.code() != Some(1) && status.code() != Some(2), "{}: {status}", world.id);
    let text = fs::read_to_string(&bundle).expect("a bundle");
    let root = stage.files.root.display().to_string();
    let text = text
        .replace(&stage.files.home.display().to_string(), "/home/dev")
        .replace(&format!("{root}/"), "");
    fs::create_dir_all(path("x").parent().expect("a folder")).expect("the folder");
    fs::write(path(&world.id), text).expect("the case can be written");
}
