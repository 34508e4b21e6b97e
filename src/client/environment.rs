//! The environment that a plugin gets: kubectl's own, with the entry's variables on top.

use super::kubeconfig::Exec;
use std::path::PathBuf;

/// A plugin's environment.
#[derive(Clone, Copy)]
pub struct Environment<'a> {
    exec: Option<&'a Exec>,
    process: &'a dyn Fn(&str) -> Option<String>,
}

impl<'a> Environment<'a> {
    /// The environment of a command that the entry starts, from the variables of this process.
    pub fn new(
        exec: Option<&'a Exec>,
        process: &'a dyn Fn(&str) -> Option<String>,
    ) -> Environment<'a> {
        Environment { exec, process }
    }

    /// The value of a variable; one that is set and empty is not absent.
    pub fn get(&self, name: &str) -> Option<String> {
        let own = self.exec.and_then(|exec| exec.variable(name));
        own.map(|value| value.value.expose().to_owned()).or_else(|| (self.process)(name))
    }

    /// The home directory as the plugin sees it. Windows has more rules than are followed here.
    /// Source: kubernetes/client-go `util/homedir`.
    pub fn home(&self) -> Option<PathBuf> {
        let set = |name| self.get(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        set("HOME").or_else(|| set("USERPROFILE"))
    }
}
