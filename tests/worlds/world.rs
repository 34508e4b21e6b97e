//! A world as its file says it.

use std::path::PathBuf;

use serde::Deserialize;
use serde_json::{Map, Value};

/// One field case in runnable form.
#[derive(Debug, Deserialize)]
pub(crate) struct World {
    pub(crate) id: String,
    pub(crate) command: String,
    pub(crate) now: String,
    pub(crate) request: Asked,
    pub(crate) kubeconfig: Option<Value>,
    #[serde(default)]
    pub(crate) kubeconfig_files: Map<String, Value>,
    pub(crate) token: Option<Token>,
    provider: Option<Provider>,
    #[serde(default)]
    providers: Vec<Provider>,
    #[serde(default)]
    pub(crate) api_servers: Vec<ApiServer>,
    #[serde(default)]
    pub(crate) rbac: Vec<Value>,
    #[serde(default)]
    pub(crate) environment: Environment,
    pub(crate) expect: Expectation,
}

/// What RBAC would be asked.
#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    pub(crate) verb: String,
    #[serde(default)]
    pub(crate) group: String,
    #[serde(default)]
    pub(crate) resource: String,
    #[serde(default)]
    pub(crate) subresource: String,
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) namespace: String,
    #[serde(default)]
    pub(crate) path: String,
}

/// The token that would be sent.
#[derive(Debug, Deserialize)]
pub(crate) struct Token {
    #[serde(rename = "where")]
    pub(crate) place: String,
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) header: Value,
    #[serde(default)]
    pub(crate) claims: Value,
    #[serde(default)]
    pub(crate) signed_by: String,
    #[serde(default)]
    pub(crate) refresh_token: bool,
}

/// An identity provider.
#[derive(Debug, Deserialize)]
pub(crate) struct Provider {
    pub(crate) url: String,
    pub(crate) discovery: Option<Value>,
    #[serde(default)]
    pub(crate) keys: Vec<PublishedKey>,
    #[serde(default = "ok")]
    pub(crate) answers: String,
    #[serde(default = "public")]
    pub(crate) certificate: String,
}

/// A key of a provider's key set.
#[derive(Debug, Deserialize)]
pub(crate) struct PublishedKey {
    pub(crate) kid: String,
    pub(crate) alg: String,
}

/// One control plane.
#[derive(Debug, Deserialize)]
pub(crate) struct ApiServer {
    pub(crate) name: String,
    pub(crate) version: String,
    #[serde(rename = "where")]
    pub(crate) place: String,
    #[serde(default)]
    pub(crate) flags: Vec<String>,
    pub(crate) manifest_flags: Option<Vec<String>>,
    pub(crate) authentication_config: Option<Value>,
    pub(crate) oidc_ca_file: Option<String>,
    #[serde(default)]
    pub(crate) log: Vec<String>,
}

/// What else could be looked at.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Environment {
    #[serde(default)]
    pub(crate) commands: Map<String, Value>,
    #[serde(default)]
    pub(crate) variables: Map<String, Value>,
    #[serde(default)]
    pub(crate) clock_ahead_seconds: i64,
    pub(crate) idp_policy: Option<String>,
    #[serde(default)]
    pub(crate) unreadable: Vec<String>,
    /// Everything that only some worlds have.
    #[serde(flatten)]
    pub(crate) rest: Map<String, Value>,
}

/// What an expert would say.
#[derive(Debug, Deserialize)]
pub(crate) struct Expectation {
    pub(crate) outcome: String,
    pub(crate) step: String,
    pub(crate) server_error: Option<String>,
    pub(crate) causes: Vec<String>,
    #[serde(default)]
    pub(crate) also: Vec<String>,
    #[serde(default)]
    pub(crate) must_not: Vec<String>,
    #[serde(default)]
    pub(crate) fix_mentions: Vec<String>,
}

fn ok() -> String {
    "ok".to_owned()
}

fn public() -> String {
    "public".to_owned()
}

impl World {
    /// Reads a world from its text.
    pub(crate) fn read(text: &str) -> World {
        serde_saphyr::from_str(text).expect("a world is YAML of the agreed form")
    }

    /// All providers, in the order of the file.
    pub(crate) fn providers(&self) -> impl Iterator<Item = &Provider> {
        self.provider.iter().chain(&self.providers)
    }

    /// Could this person not get that evidence?
    pub(crate) fn lacks(&self, evidence: &str) -> bool {
        self.environment.unreadable.iter().any(|name| name == evidence)
    }

    /// The command line, where it is one plain kubectl line; `$(cat FILE)` becomes the token, as the shell would have it.
    pub(crate) fn kubectl_line(&self, token: &str) -> Option<Vec<String>> {
        let line = match self.command.find("$(cat ") {
            Some(start) => {
                let end = self.command[start..].find(')')? + start;
                format!("{}{token}{}", &self.command[..start], &self.command[end + 1..])
            }
            None => self.command.clone(),
        };
        if line.contains(['|', '&', ';', '<', '>', '`', '$']) {
            return None;
        }
        let words = shlex::split(&line)?;
        (words.len() > 1 && words[0] == "kubectl").then_some(words)
    }

    /// The merged kubeconfig, or the file that `KUBECONFIG` names.
    pub(crate) fn kubeconfig_in_force(&self) -> Option<&Value> {
        let named = self.environment.variables.get("KUBECONFIG").and_then(Value::as_str);
        named.and_then(|path| self.kubeconfig_files.get(path)).or(self.kubeconfig.as_ref())
    }

    /// All kubeconfig objects of the world.
    pub(crate) fn kubeconfigs(&self) -> impl Iterator<Item = &Value> {
        self.kubeconfig.iter().chain(self.kubeconfig_files.values())
    }

    /// The kubeconfig entry of the user that the command would act as.
    pub(crate) fn user_in_force(&self) -> Option<&Value> {
        let config = self.kubeconfig_in_force()?;
        let name = self.option("--user").or_else(|| {
            let context = self
                .option("--context")
                .or_else(|| config["current-context"].as_str().map(str::to_owned))?;
            let entry = named(&config["contexts"], &context)?;
            entry["context"]["user"].as_str().map(str::to_owned)
        })?;
        named(&config["users"], &name).map(|entry| &entry["user"])
    }

    fn option(&self, name: &str) -> Option<String> {
        let words = shlex::split(&self.command)?;
        let at = words.iter().position(|w| w == name || w.starts_with(&format!("{name}=")))?;
        match words[at].split_once('=') {
            Some((_, value)) => Some(value.to_owned()),
            None => words.get(at + 1).cloned(),
        }
    }
}

fn named<'a>(list: &'a Value, name: &str) -> Option<&'a Value> {
    list.as_array()?.iter().find(|entry| entry["name"] == name)
}

/// Where the worlds lie.
pub(crate) fn directory() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/worlds")
}

/// Every world of the project, by name.
pub(crate) fn all() -> Vec<World> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(directory())
        .expect("fixtures/worlds can be read")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == "yaml"))
        .collect();
    paths.sort();
    paths.iter().map(|path| World::read(&std::fs::read_to_string(path).expect("a world"))).collect()
}

/// The world of this name.
pub(crate) fn one(id: &str) -> World {
    let path = directory().join(format!("{id}.yaml"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    World::read(&text)
}
