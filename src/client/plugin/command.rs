//! Where the command of an exec entry must be found.

use crate::client::kubeconfig::Exec;
use std::path::PathBuf;

/// How kubectl looks for a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// By name on kubectl's own `PATH`; the entry's `env` has no say.
    OnPath(String),
    /// This very file.
    Path(PathBuf),
}

/// The programs that an exec entry needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidates {
    /// The command itself.
    pub command: Lookup,
    /// When the command is kubectl: the file names under which its plugin may stand on `PATH`, the one
    /// that is tried first at the front. Any one of them is enough.
    pub plugins: Vec<String>,
    /// The plugin's name as the second kubectl prints it when there is none.
    pub plugin_name: Option<String>,
}

/// What a search on this machine gave for one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// An executable file.
    At(PathBuf),
    /// A file of the name that is not executable.
    NotExecutable(PathBuf),
    /// Nothing.
    Nowhere,
}

/// Commands of kubectl, which win over plugins of the same name. Source: kubectl `pkg/cmd/cmd.go`.
const BUILT_IN: [&str; 44] = [
    "alpha",
    "annotate",
    "api-resources",
    "api-versions",
    "apply",
    "attach",
    "auth",
    "autoscale",
    "certificate",
    "cluster-info",
    "completion",
    "config",
    "cordon",
    "cp",
    "create",
    "debug",
    "delete",
    "describe",
    "diff",
    "drain",
    "edit",
    "events",
    "exec",
    "explain",
    "expose",
    "get",
    "help",
    "kuberc",
    "kustomize",
    "label",
    "logs",
    "options",
    "patch",
    "plugin",
    "port-forward",
    "proxy",
    "replace",
    "rollout",
    "run",
    "scale",
    "set",
    "taint",
    "top",
    "version",
];

/// The programs that an exec entry needs; nothing when it names no command.
pub fn candidates(exec: &Exec) -> Option<Candidates> {
    let program = exec.program()?;
    let written = &exec.command.as_ref()?.value;
    let command = match written.contains('/') {
        true => Lookup::Path(program),
        false => Lookup::OnPath(written.clone()),
    };
    let args: Vec<&str> = exec.args.iter().map(|arg| arg.value.expose()).collect();
    let plugins = if is_kubectl(written) { plugin_names(&args) } else { Vec::new() };
    let plugin_name = args.first().filter(|_| !plugins.is_empty()).map(|&name| name.to_owned());
    Some(Candidates { command, plugins, plugin_name })
}

/// Whether a command is kubectl.
pub(super) fn is_kubectl(command: &str) -> bool {
    matches!(base_name(command), "kubectl" | "kubectl.exe")
}

/// The last part of a path.
pub(super) fn base_name(command: &str) -> &str {
    command.rsplit(['/', '\\']).next().unwrap_or(command)
}

/// Source: kubectl `pkg/cmd/cmd.go`, func `HandlePluginCommand`.
fn plugin_names(args: &[&str]) -> Vec<String> {
    let words: Vec<String> = args
        .iter()
        .take_while(|arg| !arg.starts_with('-'))
        .map(|arg| arg.replace('-', "_"))
        .collect();
    if args.first().is_none_or(|first| BUILT_IN.contains(first)) {
        return Vec::new();
    }
    (1..=words.len()).rev().map(|n| format!("kubectl-{}", words[..n].join("-"))).collect()
}

impl Candidates {
    /// What kubectl prints when the command is not there. `found` is the result of looking for the
    /// command itself.
    pub fn missing_command(&self, found: &Found) -> Option<String> {
        let prefix = "Unable to connect to the server: getting credentials: exec: ";
        match (&self.command, found) {
            (_, Found::At(_)) => None,
            (Lookup::OnPath(name), _) => Some(format!("{prefix}executable {name} not found")),
            (Lookup::Path(path), Found::Nowhere) => {
                Some(format!("{prefix}fork/exec {}: no such file or directory", path.display()))
            }
            (Lookup::Path(path), Found::NotExecutable(_)) => {
                Some(format!("{prefix}executable {} not found", path.display()))
            }
        }
    }

    /// What the second kubectl prints when none of [`Candidates::plugins`] is there, before the first
    /// one says `exec: executable kubectl failed with exit code 1`.
    pub fn missing_plugin(&self) -> Option<String> {
        let name = self.plugin_name.as_ref()?;
        Some(format!("error: unknown command \"{name}\" for \"kubectl\""))
    }
}
