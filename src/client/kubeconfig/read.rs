//! From the tree of one file to entries, with the type rules of Go's JSON decoder.
//!
//! Source: client-go `tools/clientcmd/api/v1/types.go` for the fields; sigs.k8s.io/json for the texts.

use super::entry::{
    AuthProvider, Certificate, Cluster, Context, Entry, EnvVariable, Exec, FilePath, Impersonation,
    Setting, User,
};
use super::error::LoadError;
use super::names::beside;
use super::secret;
use crate::client::place::{Place, Placed};
use crate::client::veiled::Veiled;
use crate::go::tree::{Node, Span, Value};
use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use secrecy::SecretString;
use std::path::Path;
use std::sync::Arc;

type Read<T> = Result<T, LoadError>;

/// A JSON object that is read as a Go struct.
pub(super) struct Object<'n> {
    pub(super) file: &'n Arc<Path>,
    pub(super) node: &'n Node,
    /// The Go type's name.
    kind: &'static str,
    /// The path to it, with a final dot unless empty.
    path: String,
}

/// Go ignores line breaks in base64 and the bits after the last byte.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

impl<'n> Object<'n> {
    pub(super) fn root(file: &'n Arc<Path>, node: &'n Node) -> Read<Object<'n>> {
        let object = Object { file, node, kind: "Config", path: String::new() };
        match node.value {
            Value::Map(_) | Value::Null => Ok(object),
            _ => {
                let message = format!(
                    "couldn't get version/kind; json parse error: json: cannot unmarshal {} into \
                     Go value of type struct",
                    json_kind(node)
                );
                Err(object.fault(node.span, message))
            }
        }
    }

    fn fault(&self, span: Span, message: String) -> LoadError {
        LoadError::Type { file: self.file.to_path_buf(), span, message }
    }

    fn mismatch(&self, key: &str, node: &Node, of: &str) -> LoadError {
        let (kind, path) = (self.kind, &self.path);
        let found = json_kind(node);
        let message = format!(
            "json: cannot unmarshal {found} into Go struct field {kind}.{path}{key} of type {of}"
        );
        self.fault(node.span, message)
    }

    fn place(&self, span: Span) -> Place {
        Place { file: self.file.clone(), span }
    }

    fn placed<T>(&self, node: &Node, value: T) -> Placed<T> {
        Placed { value, place: self.place(node.span) }
    }

    fn get(&self, key: &str) -> Option<&'n Node> {
        self.node.get(key).filter(|node| node.value != Value::Null)
    }

    /// A string; an empty one is as good as none.
    pub(super) fn text(&self, key: &str) -> Read<Option<Placed<String>>> {
        let Some(node) = self.get(key) else { return Ok(None) };
        let text = node.as_str().ok_or_else(|| self.mismatch(key, node, "string"))?;
        Ok((!text.is_empty()).then(|| self.placed(node, text.to_owned())))
    }

    fn secret(&self, key: &str) -> Read<Option<Placed<SecretString>>> {
        Ok(self.text(key)?.map(|text| text.map(SecretString::from)))
    }

    fn flag(&self, key: &str) -> Read<Option<Placed<bool>>> {
        match self.get(key) {
            None => Ok(None),
            Some(node) => match node.value {
                Value::Bool(value) => Ok(Some(self.placed(node, value))),
                _ => Err(self.mismatch(key, node, "bool")),
            },
        }
    }

    fn file(&self, key: &str) -> Read<Option<Placed<FilePath>>> {
        let path = |written: String| {
            let resolved = beside(self.file, &written);
            FilePath { written, resolved }
        };
        Ok(self.text(key)?.map(|text| text.map(path)))
    }

    fn url(&self, key: &str) -> Read<Option<Placed<Veiled>>> {
        let veiled = |url: String| {
            let range = secret::password_of(&url);
            Veiled::with(&url, range.as_slice())
        };
        Ok(self.text(key)?.map(|text| text.map(veiled)))
    }

    fn bytes(&self, key: &str) -> Read<Option<Placed<Vec<u8>>>> {
        let Some(node) = self.get(key) else { return Ok(None) };
        let text = node.as_str().ok_or_else(|| self.mismatch(key, node, "[]uint8"))?;
        let clean: String = text.chars().filter(|c| !matches!(c, '\n' | '\r')).collect();
        let bytes = BASE64.decode(&clean).map_err(|error| {
            let at = match error {
                base64::DecodeError::InvalidByte(at, _)
                | base64::DecodeError::InvalidLastSymbol(at, _) => at,
                _ => clean.len(),
            };
            self.fault(node.span, format!("illegal base64 data at input byte {at}"))
        })?;
        Ok((!bytes.is_empty()).then(|| self.placed(node, bytes)))
    }

    fn list(&self, key: &str, of: &str) -> Read<&'n [Node]> {
        match self.get(key) {
            None => Ok(&[]),
            Some(Node { value: Value::List(items), .. }) => Ok(items),
            Some(node) => Err(self.mismatch(key, node, of)),
        }
    }

    fn texts(&self, key: &str) -> Read<Vec<Placed<String>>> {
        let items = self.list(key, "[]string")?;
        let text = |item: &Node| match &item.value {
            Value::String(text) => Ok(self.placed(item, text.clone())),
            Value::Null => Ok(self.placed(item, String::new())),
            _ => Err(self.mismatch(key, item, "string")),
        };
        items.iter().map(text).collect()
    }

    fn child(&self, key: &str, kind: &'static str, node: &'n Node) -> Read<Object<'n>> {
        let path = format!("{}{key}.", self.path);
        match node.value {
            Value::Map(_) | Value::Null => Ok(Object { file: self.file, node, kind, path }),
            _ => Err(self.mismatch(key, node, &format!("v1.{kind}"))),
        }
    }

    fn object(&self, key: &str, kind: &'static str) -> Read<Option<Object<'n>>> {
        self.get(key).map(|node| self.child(key, kind, node)).transpose()
    }

    /// The entries of a section. `key` is its name, `inner` the member that holds the value.
    pub(super) fn entries<T: Default>(
        &self,
        key: &str,
        named: &'static str,
        inner: (&str, &'static str),
        read: impl Fn(&Object<'n>) -> Read<T>,
    ) -> Read<Vec<Entry<T>>> {
        let items = self.list(key, &format!("[]v1.{named}"))?;
        let entry = |item: &'n Node| {
            let object = self.child(key, named, item)?;
            let name = object.text("name")?;
            let name = name.unwrap_or_else(|| self.placed(item, String::new()));
            let value = object.object(inner.0, inner.1)?.map(|inner| read(&inner)).transpose()?;
            Ok(Entry { name, file: self.file.clone(), value: value.unwrap_or_default() })
        };
        items.iter().map(entry).collect()
    }
}

fn json_kind(node: &Node) -> &'static str {
    match node.value {
        Value::Bool(_) => "bool",
        Value::List(_) => "array",
        Value::Map(_) => "object",
        Value::Null => "null",
        Value::Number(_) => "number",
        Value::String(_) => "string",
    }
}

pub(super) fn cluster(object: &Object<'_>) -> Read<Cluster> {
    Ok(Cluster {
        server: object.url("server")?,
        tls_server_name: object.text("tls-server-name")?,
        insecure_skip_tls_verify: object.flag("insecure-skip-tls-verify")?,
        certificate_authority: object.file("certificate-authority")?,
        certificate_authority_data: object.bytes("certificate-authority-data")?,
        proxy_url: object.url("proxy-url")?,
    })
}

pub(super) fn context(object: &Object<'_>) -> Read<Context> {
    Ok(Context {
        cluster: object.text("cluster")?,
        user: object.text("user")?,
        namespace: object.text("namespace")?,
    })
}

pub(super) fn user(object: &Object<'_>) -> Read<User> {
    let key_data = object.bytes("client-key-data")?;
    let key = |bytes: Vec<u8>| SecretString::from(String::from_utf8_lossy(&bytes).into_owned());
    let provider = object.object("auth-provider", "AuthProviderConfig")?;
    let exec = object.object("exec", "ExecConfig")?;
    Ok(User {
        token: object.secret("token")?,
        token_file: object.file("tokenFile")?,
        username: object.text("username")?,
        password: object.secret("password")?,
        certificate: Certificate {
            file: object.file("client-certificate")?,
            data: object.bytes("client-certificate-data")?,
            key_file: object.file("client-key")?,
            key_data: key_data.map(|data| data.map(key)),
        },
        auth_provider: provider.map(|provider| auth_provider(&provider)).transpose()?,
        exec: exec.map(|exec| self::exec(&exec)).transpose()?,
        impersonation: impersonation(object)?,
    })
}

fn impersonation(object: &Object<'_>) -> Read<Impersonation> {
    let extra = match object.get("as-user-extra") {
        None => None,
        Some(node @ Node { value: Value::Map(members), .. }) => {
            (!members.is_empty()).then(|| object.place(node.span))
        }
        Some(node) => return Err(object.mismatch("as-user-extra", node, "map[string][]string")),
    };
    Ok(Impersonation {
        user: object.text("as")?,
        uid: object.text("as-uid")?,
        groups: object.texts("as-groups")?,
        extra,
    })
}

fn auth_provider(object: &Object<'_>) -> Read<Placed<AuthProvider>> {
    let name = object.text("name")?;
    let name = name.unwrap_or_else(|| object.placed(object.node, String::new()));
    let members = match object.get("config") {
        None => &[],
        Some(Node { value: Value::Map(members), .. }) => members.as_slice(),
        Some(node) => return Err(object.mismatch("config", node, "map[string]string")),
    };
    let setting = |key: &str, node: &Node| {
        let text = match &node.value {
            Value::String(text) => text.as_str(),
            Value::Null => "",
            _ => return Err(object.mismatch("config", node, "string")),
        };
        let secret = secret::setting_is_secret(key);
        let veiled = if secret { Veiled::closed(text) } else { Veiled::open(text) };
        Ok(Setting { name: key.to_owned(), value: object.placed(node, veiled) })
    };
    let config = members.iter().map(|(key, node)| setting(&key.text, node)).collect::<Read<_>>()?;
    Ok(object.placed(object.node, AuthProvider { name, config }))
}

fn exec(object: &Object<'_>) -> Read<Placed<Exec>> {
    let command = object.text("command")?;
    let args = object.texts("args")?;
    let texts: Vec<&str> = args.iter().map(|arg| arg.value.as_str()).collect();
    let parts = secret::secret_parts(&texts);
    let veil = |(arg, parts): (Placed<String>, Vec<_>)| arg.map(|arg| Veiled::with(&arg, &parts));
    let exec = Exec {
        api_version: object.text("apiVersion")?,
        command,
        args: args.into_iter().zip(parts).map(veil).collect(),
        env: variables(object)?,
        install_hint: object.text("installHint")?,
        interactive_mode: object.text("interactiveMode")?,
        provide_cluster_info: object.flag("provideClusterInfo")?,
    };
    Ok(object.placed(object.node, exec))
}

fn variables(object: &Object<'_>) -> Read<Vec<EnvVariable>> {
    let variable = |item| {
        let object = object.child("env", "ExecEnvVar", item)?;
        let empty = || object.placed(object.node, String::new());
        let name = object.text("name")?.unwrap_or_else(empty);
        let value = object.text("value")?.unwrap_or_else(empty);
        let open = secret::variable_is_open(&name.value);
        let veil = |text: String| if open { Veiled::open(&text) } else { Veiled::closed(&text) };
        Ok(EnvVariable { name, value: value.map(veil) })
    };
    object.list("env", "[]v1.ExecEnvVar")?.iter().map(variable).collect()
}
