//! The API server's settings as arguments, whatever form they were given in.
//!
//! A source is recognised by its content, never by its name. Every argument keeps the file and line
//! that it was read from, so that a finding can show both sides with their places.

mod forms;
mod values;

use crate::evidence::Origin;
use crate::evidence::blank;
use crate::evidence::documents::Document;
use crate::go::yaml;

/// One argument of kube-apiserver, as `--name=value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    /// The text that the server gets.
    pub text: String,
    /// Where it was read.
    pub origin: Origin,
}

impl Argument {
    /// The flag's name with its dashes.
    pub fn name(&self) -> &str {
        self.text.split_once('=').map_or(self.text.as_str(), |(name, _)| name)
    }

    /// The flag's value, if it has one.
    pub fn value(&self) -> Option<&str> {
        self.text.split_once('=').map(|(_, value)| value)
    }
}

/// Everything that one control plane's files say.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Which API server: the folder's name, or that of the file.
    pub name: String,
    /// Its version, where a file tells it.
    pub version: Option<String>,
    /// The file that the arguments came from.
    pub source: String,
    /// Its arguments, in order.
    pub arguments: Vec<Argument>,
    /// The AuthenticationConfiguration.
    pub authentication: Option<Document>,
    /// CA files beside it, by path.
    pub authorities: Vec<Document>,
    /// Why the kubelet would refuse the manifest.
    pub unloadable: Option<String>,
    /// Files that were given and say nothing about an API server, or cannot be read.
    pub unreadable: Vec<(String, String)>,
}

impl Settings {
    /// Reads the files of one control plane.
    pub fn read(name: &str, documents: &[Document]) -> Self {
        let mut settings = Self { name: name.to_owned(), ..Self::default() };
        for document in documents {
            settings.take(document);
        }
        settings
    }

    /// The last argument of this name, which is the one that a scalar flag keeps.
    pub fn last(&self, name: &str) -> Option<&Argument> {
        self.arguments.iter().rev().find(|argument| argument.name() == name)
    }

    /// Whether any file said anything about an API server.
    pub fn is_empty(&self) -> bool {
        self.source.is_empty() && self.authentication.is_none()
    }

    fn take(&mut self, document: &Document) {
        let text = document.text.reveal();
        if blank::is_secret_object(text) {
            // A kubeconfig in the same folder has a plugin's arguments, which are not the server's.
            let why = "is a kubeconfig or a Secret, no settings of an API server".to_owned();
            self.unreadable.push((document.path.clone(), why));
            return;
        }
        if text.contains("-----BEGIN ") && !text.contains("kind:") {
            self.authorities.push(document.clone());
            return;
        }
        if !text.contains("-----BEGIN ") && looks_like_authority(&document.path) {
            self.authorities.push(document.clone());
            return;
        }
        match yaml::read_all(text) {
            Ok(nodes) if nodes.iter().any(is_authentication) => {
                self.authentication = Some(document.clone());
            }
            Ok(nodes) => {
                let found: Vec<_> =
                    nodes.iter().flat_map(|node| forms::arguments(node, &document.path)).collect();
                let version = nodes.iter().find_map(forms::version);
                let odd = nodes.iter().find_map(|n| forms::unloadable(n, &document.path));
                self.unloadable = self.unloadable.take().or(odd);
                self.note(document, found, version);
            }
            Err(_) if text.contains("kind: AuthenticationConfiguration") => {
                self.authentication = Some(document.clone());
            }
            Err(error) => {
                let found = forms::words(text, &document.path);
                if text.contains("apiVersion:") || found.is_empty() {
                    self.unreadable.push((document.path.clone(), error.to_string()));
                } else {
                    self.note(document, found, None);
                }
            }
        }
    }

    fn note(&mut self, document: &Document, found: Vec<Argument>, version: Option<String>) {
        let found = match found.is_empty() {
            true => forms::words(document.text.reveal(), &document.path),
            false => found,
        };
        let known = forms::about_api_server(document.text.reveal());
        if found.is_empty() && version.is_none() && !known {
            let why = "says nothing about an API server".to_owned();
            self.unreadable.push((document.path.clone(), why));
            return;
        }
        self.version = self.version.take().or(version);
        if self.source.is_empty() || !found.is_empty() {
            self.source.clone_from(&document.path);
        }
        self.arguments.extend(found);
    }
}

fn is_authentication(node: &crate::go::tree::Node) -> bool {
    node.get("kind").and_then(|kind| kind.as_str()) == Some("AuthenticationConfiguration")
}

fn looks_like_authority(path: &str) -> bool {
    [".crt", ".pem", ".cer"].iter().any(|end| path.ends_with(end))
}

pub use values::{Oddity, oddities};
