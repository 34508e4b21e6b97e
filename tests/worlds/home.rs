//! What lies in this person's home and on the path.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use crate::certificates::{Leaf, Validity};
use crate::keys::Keyring;
use crate::network::Network;
use crate::plugin_cache;
use crate::world::World;
use crate::yaml;

/// The refresh token of every world.
pub(crate) const REFRESH: &str = "refresh-example-0d4c1b7aa95e4f0e";
/// The exit code of a program that should not have been run.
pub(crate) const RAN: i32 = 97;

/// The files of a world below one directory.
pub(crate) struct Files {
    pub(crate) root: PathBuf,
    pub(crate) home: PathBuf,
    pub(crate) bin: PathBuf,
    /// Each program that is run otherwise than with `--version` adds a line here.
    pub(crate) mark: PathBuf,
    /// Variables besides HOME and PATH.
    pub(crate) variables: BTreeMap<String, String>,
    /// Texts that no output may hold.
    pub(crate) secrets: Vec<String>,
    /// The signed token.
    pub(crate) token: Option<String>,
}

impl Files {
    /// Writes everything that this world has, below a directory that exists.
    pub(crate) fn write(root: &Path, world: &World, keys: &Keyring, network: &Network) -> Files {
        let mut files = Files {
            root: root.to_owned(),
            home: root.join("home"),
            bin: root.join("bin"),
            mark: root.join("programs-that-were-run"),
            variables: BTreeMap::new(),
            secrets: vec![REFRESH.to_owned()],
            token: keys.token(world),
        };
        fs::create_dir_all(&files.home).expect("a home");
        fs::create_dir_all(&files.bin).expect("a directory of programs");
        files.note_token_signature();
        let client = client_certificate(world, network);
        files.secrets.push(BASE64.encode(&client.key));
        files.write_kubeconfigs(world, network, &client);
        plugin_cache::write(&files, world, keys);
        files.write_programs(world);
        files.set_variables(world, network);
        files
    }

    fn note_token_signature(&mut self) {
        let signature = self.token.as_ref().and_then(|token| token.rsplit('.').next());
        if let Some(signature) = signature.filter(|signature| signature.len() > 20) {
            self.secrets.push(signature.to_owned());
        }
    }

    /// Where a path of the story lies here.
    pub(crate) fn place(&self, path: &str) -> PathBuf {
        for root in ["/home/", "/Users/"] {
            if let Some(rest) = path.strip_prefix(root) {
                return match rest.split_once('/') {
                    Some((_, below)) => self.home.join(below),
                    None => self.home.clone(),
                };
            }
        }
        match path.strip_prefix("~/") {
            Some(below) => self.home.join(below),
            None => self.root.join("elsewhere").join(path.trim_start_matches('/')),
        }
    }

    /// The same object with the story's home made ours.
    pub(crate) fn relocated_all(&self, value: &Value) -> Value {
        match value {
            Value::Object(map) => {
                let member =
                    |(key, value): (&String, &Value)| (key.clone(), self.relocated_all(value));
                Value::Object(map.iter().map(member).collect())
            }
            Value::Array(list) => list.iter().map(|value| self.relocated_all(value)).collect(),
            Value::String(text) => {
                let (_, path) = text.split_once('=').unwrap_or(("", text));
                let here = is_home(path).then(|| self.place(path).display().to_string());
                Value::String(here.map_or_else(|| text.clone(), |here| text.replace(path, &here)))
            }
            other => other.clone(),
        }
    }

    /// Writes a file that only its owner may read.
    pub(crate) fn keep(&self, path: &Path, text: &str) {
        fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
        fs::write(path, text).expect("a file");
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("a mode");
    }

    fn write_kubeconfigs(&self, world: &World, network: &Network, client: &Leaf) {
        let issuer_ca = world.providers().next().map(|p| network.trust.issuer_ca(p).to_owned());
        let words = Words {
            token: self.token.clone().unwrap_or_default(),
            cluster_ca: network.trust.cluster.pem.clone(),
            issuer_ca: issuer_ca.unwrap_or_else(|| network.trust.public.pem.clone()),
            client_cert: client.pem.clone(),
            client_key: client.key.clone(),
        };
        let main = world.kubeconfig.iter().map(|config| (self.home.join(".kube/config"), config));
        let named = world.kubeconfig_files.iter().map(|(path, config)| (self.place(path), config));
        for (path, config) in main.chain(named) {
            let here = self.localised(config, "", &words);
            self.keep(&path, &yaml::document(&here));
        }
    }

    /// The same object with the placeholders filled and the story's paths made ours.
    fn localised(&self, value: &Value, key: &str, words: &Words) -> Value {
        match value {
            Value::Object(map) => {
                let member = |(key, value): (&String, &Value)| {
                    (key.clone(), self.localised(value, key, words))
                };
                Value::Object(map.iter().map(member).collect())
            }
            Value::Array(list) => list.iter().map(|v| self.localised(v, key, words)).collect(),
            Value::String(text) => Value::String(self.localised_text(text, key, words)),
            other => other.clone(),
        }
    }

    fn localised_text(&self, text: &str, key: &str, words: &Words) -> String {
        let text = words.fill(text);
        let (option, path) = match text.split_once('=') {
            Some((option, path)) if option.starts_with("--") => (option, path),
            _ => (key, text.as_str()),
        };
        let known = ["tokenFile", "certificate-authority", "idp-certificate-authority"];
        let is_path = is_home(path);
        let absolute = known.contains(&key) && path.starts_with('/');
        if !is_path && !absolute {
            return text;
        }
        let here = self.place(path);
        let content = match option.trim_start_matches('-') {
            "tokenFile" => Some(words.token.clone()),
            "certificate-authority" if option.starts_with("--") => Some(words.issuer_ca.clone()),
            "certificate-authority" => Some(words.cluster_ca.clone()),
            "idp-certificate-authority" => Some(words.issuer_ca.clone()),
            _ => None,
        };
        if let Some(content) = content {
            self.keep(&here, &content);
        }
        text.replace(path, &here.display().to_string())
    }

    fn write_programs(&self, world: &World) {
        for (name, version) in &world.environment.commands {
            self.program(&self.bin.join(name), name, version.as_str().unwrap_or_default());
        }
        let aside = world.environment.rest.get("files_not_on_path").and_then(Value::as_object);
        for (path, version) in aside.into_iter().flat_map(Map::iter) {
            let name = path.rsplit('/').next().unwrap_or(path);
            self.program(&self.place(path), name, version.as_str().unwrap_or_default());
        }
    }

    /// A program that answers `--version` and otherwise leaves a mark and fails.
    fn program(&self, path: &Path, name: &str, version: &str) {
        let mark = shlex::try_quote(self.mark.to_str().expect("a UTF-8 path"))
            .expect("no NUL")
            .into_owned();
        let says = shlex::try_quote(&version_text(name, version)).expect("no NUL").into_owned();
        let script = format!(
            "#!/bin/sh\nif [ \"$#\" = 1 ] && [ \"$1\" = --version ]; then\n  printf '%s\\n' {says}\n  exit 0\nfi\n\
             printf '%s\\n' \"$0 $*\" >>{mark}\nexit {RAN}\n"
        );
        self.keep(path, &script);
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("a mode");
    }

    fn set_variables(&mut self, world: &World, network: &Network) {
        let roots = self.root.join("public-roots.pem");
        self.keep(&roots, &network.trust.public.pem);
        self.variables.insert("SSL_CERT_FILE".to_owned(), roots.display().to_string());
        for (name, value) in &world.environment.variables {
            if name == "HOME" || name == "PATH" {
                continue; // the harness' own
            }
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let is_path = text.starts_with("/home/") || text.starts_with("~/");
            let text = if is_path { self.place(&text).display().to_string() } else { text };
            self.variables.insert(name.clone(), text);
        }
    }
}

/// Does a path of the story lie in somebody's home?
fn is_home(path: &str) -> bool {
    path.starts_with("/home/") || path.starts_with("/Users/")
}

/// What a program of this name and release prints about itself.
fn version_text(name: &str, version: &str) -> String {
    let (maker, release) = version.split_once(' ').unwrap_or(("", version));
    match (name, maker.to_ascii_lowercase().as_str()) {
        ("kubectl", _) => format!("Client Version: {version}"),
        (_, "int128") => format!("kubelogin version {release}"),
        (_, "azure") => format!(
            "kubelogin version\ngit hash: {release}/0000000000000000000000000000000000000000\n\
             Go version: go1.21.8\nBuild time: 2024-03-07T00:00:00Z\nPlatform: linux/amd64"
        ),
        _ => version.to_owned(),
    }
}

fn client_certificate(world: &World, network: &Network) -> Leaf {
    let said =
        world.environment.rest.get("client_certificate").cloned().unwrap_or_else(|| json!({}));
    let user = said["user"].as_str().unwrap_or("kubernetes-admin");
    let group = said["groups"].as_array().and_then(|groups| groups.first()).and_then(Value::as_str);
    let time = |name: &str| said[name].as_str().and_then(|t| t.parse::<DateTime<Utc>>().ok());
    let validity = match (time("not_before"), time("not_after")) {
        (Some(from), Some(to)) => Validity::Between(from, to),
        _ => Validity::Always,
    };
    network.trust.cluster.client(user, group, validity)
}

/// What the placeholders of a kubeconfig stand for.
struct Words {
    token: String,
    cluster_ca: String,
    issuer_ca: String,
    client_cert: String,
    client_key: String,
}

impl Words {
    fn fill(&self, text: &str) -> String {
        if !text.contains("${") {
            return text.to_owned();
        }
        text.replace("${TOKEN}", &self.token)
            .replace("${REFRESH}", REFRESH)
            .replace("${CLUSTER_CA}", &BASE64.encode(&self.cluster_ca))
            .replace("${ISSUER_CA}", &BASE64.encode(&self.issuer_ca))
            .replace("${CLIENT_CERT}", &BASE64.encode(&self.client_cert))
            .replace("${CLIENT_KEY}", &BASE64.encode(&self.client_key))
    }
}
