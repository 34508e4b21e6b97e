//! One world through the program, from files to the report.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::control_plane;
use crate::home::Files;
use crate::keys::Keyring;
use crate::network::Network;
use crate::world::World;
use crate::yaml;

/// How long one run may take.
const LIMIT: Duration = Duration::from_secs(20);

/// A world that is set up: its servers run, its files are written.
pub(crate) struct Stage {
    pub(crate) files: Files,
    pub(crate) network: Network,
    /// The arguments of the program.
    pub(crate) args: Vec<String>,
    _directory: Option<tempfile::TempDir>,
}

/// What came of a run.
pub(crate) struct Run {
    /// None where it was stopped by the limit or a signal.
    pub(crate) code: Option<i32>,
    pub(crate) report: Option<Value>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// Command lines of programs that should not have been run.
    pub(crate) programs_run: Vec<String>,
    /// Secrets that stood in the output.
    pub(crate) leaks: usize,
    pub(crate) took: Duration,
}

impl Stage {
    /// Sets a world up, in a directory that ends with it or in one that stays.
    pub(crate) fn set(world: &World, keep: Option<&Path>) -> Stage {
        let keys = Keyring::of(world);
        let network = Network::start(world, &keys);
        let (root, directory) = place(world, keep);
        let files = Files::write(&root, world, &keys, &network);
        let args = arguments(world, &files, &network);
        Stage { files, network, args, _directory: directory }
    }

    /// Runs the program once.
    pub(crate) fn run(&self) -> Run {
        let (out, err) = (self.files.root.join("stdout"), self.files.root.join("stderr"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_oidc-doctor"));
        command
            .args(&self.args)
            .env_clear()
            .envs(&self.files.variables)
            .env("HOME", &self.files.home)
            .env("PATH", &self.files.bin)
            .current_dir(&self.files.home)
            .stdin(Stdio::null())
            .stdout(File::create(&out).expect("a file"))
            .stderr(File::create(&err).expect("a file"));
        let start = Instant::now();
        let code = wait(&mut command, start);
        let read =
            |path: &Path| String::from_utf8_lossy(&fs::read(path).expect("output")).into_owned();
        let (stdout, stderr) = (read(&out), read(&err));
        let marks = fs::read_to_string(&self.files.mark).unwrap_or_default();
        let leaked =
            |secret: &&String| stdout.contains(secret.as_str()) || stderr.contains(secret.as_str());
        Run {
            code,
            report: serde_json::from_str(&stdout).ok(),
            programs_run: marks.lines().map(str::to_owned).collect(),
            leaks: self.files.secrets.iter().filter(leaked).count(),
            took: start.elapsed(),
            stdout,
            stderr,
        }
    }

    /// The command line, to be repeated in a shell.
    pub(crate) fn command_line(&self) -> String {
        let quoted = |text: &str| shlex::try_quote(text).expect("no NUL").into_owned();
        let mut words = vec!["env".to_owned(), "-i".to_owned()];
        words.push(quoted(&format!("HOME={}", self.files.home.display())));
        words.push(quoted(&format!("PATH={}", self.files.bin.display())));
        words.extend(
            self.files.variables.iter().map(|(name, value)| quoted(&format!("{name}={value}"))),
        );
        words.push(quoted(env!("CARGO_BIN_EXE_oidc-doctor")));
        words.extend(self.args.iter().map(|arg| quoted(arg)));
        words.join(" ")
    }
}

fn place(world: &World, keep: Option<&Path>) -> (PathBuf, Option<tempfile::TempDir>) {
    let Some(keep) = keep else {
        let directory = tempfile::tempdir().expect("a directory");
        return (directory.path().to_owned(), Some(directory));
    };
    let root = keep.join(&world.id);
    let _ = fs::remove_dir_all(&root);
    fs::create_dir_all(&root).expect("a directory");
    (root, None)
}

fn wait(command: &mut Command, start: Instant) -> Option<i32> {
    let mut child = command.spawn().expect("the program starts");
    loop {
        if let Some(status) = child.try_wait().expect("a child") {
            return status.code();
        }
        if start.elapsed() > LIMIT {
            let _ = child.kill();
            let _ = child.wait();
            return None;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The arguments that hand a world's evidence to the program, as contract.md names them.
fn arguments(world: &World, files: &Files, network: &Network) -> Vec<String> {
    let mut args: Vec<String> =
        ["check", "-o", "json", "--now", &world.now].map(str::to_owned).into();
    for resolve in &network.resolve {
        args.extend(["--resolve".to_owned(), resolve.clone()]);
    }
    let mut give =
        |option: &str, path: PathBuf| args.extend([option.to_owned(), path.display().to_string()]);
    if !world.api_servers.is_empty() && !world.lacks("api-server-config") {
        let directory = files.root.join("apiserver");
        control_plane::write(files, &directory, world, &network.trust);
        give("--apiserver-config", directory);
    }
    if !world.lacks("rbac") {
        let path = files.root.join("rbac.yaml");
        files.keep(
            &path,
            &yaml::document(&json!({"apiVersion": "v1", "kind": "List", "items": world.rbac})),
        );
        give("--rbac", path);
    }
    let log: Vec<&str> =
        world.api_servers.iter().flat_map(|s| &s.log).map(String::as_str).collect();
    if !log.is_empty() && !world.lacks("api-server-log") {
        let path = files.root.join("kube-apiserver.log");
        files.keep(&path, &(log.join("\n") + "\n"));
        give("--apiserver-log", path);
    }
    if let Some(policy) = &world.environment.idp_policy {
        let path = files.root.join("idp-policy.txt");
        files.keep(&path, policy);
        give("--idp-policy", path);
    }
    args.extend(request(world, files));
    args
}

/// The request: the command itself where it is one plain kubectl line, else in words.
fn request(world: &World, files: &Files) -> Vec<String> {
    if let Some(line) = world.kubectl_line(files.token.as_deref().unwrap_or_default()) {
        let mut words = vec!["--".to_owned()];
        words.extend(line);
        return words;
    }
    let asked = &world.request;
    let mut what = if asked.path.is_empty() { asked.resource.clone() } else { asked.path.clone() };
    if !asked.group.is_empty() {
        what = format!("{what}.{}", asked.group);
    }
    if !asked.subresource.is_empty() {
        what = format!("{what}/{}", asked.subresource);
    }
    let words = format!("{} {what} {}", asked.verb, asked.name);
    let mut args = vec!["--for".to_owned(), words.trim_end().to_owned()];
    if !asked.namespace.is_empty() {
        args.extend(["-n".to_owned(), asked.namespace.clone()]);
    }
    args
}
