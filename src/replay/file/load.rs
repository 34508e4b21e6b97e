//! From the file's text to a configuration, as the server's codec goes.

use crate::go::json::{self, ReadError, TypeMismatch};
use crate::go::quote::quote;
use crate::go::tree::{Node, Span, Value};
use crate::go::yaml;

use super::Configuration;
use super::decode::{Duplicates, decode, kind};
use crate::replay::Release;

/// A file that was decoded, and its tree for places.
#[derive(Clone, Debug)]
pub(crate) struct Loaded {
    pub(crate) configuration: Configuration,
    pub(crate) document: Node,
}

/// A file that the server cannot decode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unreadable {
    /// The server's text.
    pub(crate) error: String,
    /// Where the offence stands, if it stands somewhere.
    pub(crate) place: Option<Span>,
}

const KIND: &str = "AuthenticationConfiguration";
const GROUP: &str = "apiserver.config.k8s.io";

/// What Go calls the struct that it looks for version and kind with.
/// Source: k8s.io/apimachinery, pkg/runtime/serializer/json/meta.go, `Interpret`.
const META: &str = "struct { APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; Kind string \"json:\\\"kind,omitempty\\\"\" }";

/// Decodes the file.
///
/// Source: kubernetes/kubernetes, pkg/kubeapiserver/options/authentication.go,
/// `loadAuthenticationConfigFromData`; k8s.io/apimachinery, pkg/runtime/serializer/json/json.go.
pub(crate) fn load(text: &str, release: Release) -> Result<Loaded, Unreadable> {
    if text.is_empty() {
        return Err(nowhere("empty config data"));
    }
    let is_json = text.trim_start().starts_with('{');
    let (document, strict) = if is_json { read_json(text)? } else { read_yaml(text)? };
    let package = package(&document, text, release)?;
    let duplicates = if is_json { Duplicates::Reported } else { Duplicates::Dropped };
    let (configuration, complaints) = decode(&document, &package, release, duplicates);
    if let Some((mismatch, span)) = complaints.mismatch {
        return Err(Unreadable { error: mismatch.to_string(), place: Some(span) });
    }
    let strict: Vec<(String, Span)> = strict.into_iter().chain(complaints.strict).collect();
    if let Some((_, first)) = strict.first() {
        let texts: Vec<&str> = strict.iter().map(|(text, _)| text.as_str()).collect();
        let error = format!("strict decoding error: {}", texts.join(", "));
        return Err(Unreadable { error, place: Some(*first) });
    }
    Ok(Loaded { configuration, document })
}

fn nowhere(error: &str) -> Unreadable {
    Unreadable { error: error.to_owned(), place: None }
}

type Document = (Node, Option<(String, Span)>);

fn read_json(text: &str) -> Result<Document, Unreadable> {
    match json::read(text) {
        Ok(node) => Ok((node, None)),
        Err(ReadError::Syntax(error)) => {
            let place = place_of(text, error.offset);
            let error = format!("couldn't get version/kind; json parse error: {error}");
            Err(Unreadable { error, place: Some(place) })
        }
        Err(error @ ReadError::TooDeep) => Err(nowhere(&error.to_string())),
    }
}

/// The place of a byte.
fn place_of(text: &str, offset: usize) -> Span {
    let start = offset.min(text.len());
    let before = text.get(..start).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let count = |number| u32::try_from(number).unwrap_or(u32::MAX);
    Span { start, end: start, line: count(line), column: count(column) }
}

/// Reads YAML as the JSON that the server makes of it: members sorted, the last of equal keys.
/// Equal keys are also a strict error.
fn read_yaml(text: &str) -> Result<Document, Unreadable> {
    let mut node = yaml::read(text).map_err(|error| Unreadable {
        place: error.line.map(|line| Span {
            line,
            column: error.column.unwrap_or(1),
            ..Span::default()
        }),
        error: error.message,
    })?;
    let mut repeated = Vec::new();
    normalise(&mut node, &mut repeated);
    repeated.sort_by_key(|(line, _, span)| (*line, span.start));
    let strict = repeated.first().map(|(_, _, span)| *span).map(|span| {
        let lines: Vec<String> = repeated
            .iter()
            .map(|(line, key, _)| format!("\n  line {line}: key {} already set in map", quote(key)))
            .collect();
        (format!("yaml: unmarshal errors:{}", lines.concat()), span)
    });
    Ok((node, strict))
}

/// Sorts members and drops all but the last of equal ones; collects what was repeated, with the
/// line that Go names, which is the value's.
fn normalise(node: &mut Node, repeated: &mut Vec<(u32, String, Span)>) {
    match &mut node.value {
        Value::List(items) => items.iter_mut().for_each(|item| normalise(item, repeated)),
        Value::Map(members) => {
            let mut seen = std::collections::HashSet::new();
            for (key, value) in members.iter_mut() {
                if !seen.insert(key.text.clone()) {
                    repeated.push((value.span.line, key.text.clone(), key.span));
                }
                normalise(value, repeated);
            }
            members.reverse();
            members.sort_by(|(a, _), (b, _)| a.text.cmp(&b.text));
            members.dedup_by(|(a, _), (b, _)| a.text == b.text);
        }
        _ => {}
    }
}

/// The Go package of the document's version, once kind and version are known ones.
fn package(document: &Node, text: &str, release: Release) -> Result<String, Unreadable> {
    let meta = Meta::read(document)?;
    let (group, version) = match meta.api_version.matches('/').count() {
        _ if meta.api_version == "/" => ("", ""),
        0 => ("", meta.api_version.as_str()),
        1 => meta.api_version.split_once('/').unwrap_or_default(),
        _ => {
            return Err(nowhere(&format!("unexpected GroupVersion string: {}", meta.api_version)));
        }
    };
    if meta.kind.is_empty() {
        return Err(nowhere(&format!("Object 'Kind' is missing in '{text}'")));
    }
    if version.is_empty() {
        return Err(nowhere(&format!("Object 'apiVersion' is missing in '{text}'")));
    }
    if meta.kind == KIND && group == GROUP && served(version, release) {
        return Ok(version.to_owned());
    }
    let error = if other_kind(group, version, &meta.kind, release) {
        format!("expected {KIND}, got *apiserver.{}", meta.kind)
    } else {
        // The scheme is named after the line of Go that makes it.
        let line = match release.minor {
            ..33 => 100,
            33 | 34 => 110,
            _ => 111,
        };
        format!(
            "no kind {} is registered for version {} in scheme \"pkg/runtime/scheme.go:{line}\"",
            quote(&meta.kind),
            quote(&meta.api_version)
        )
    };
    let member = if meta.kind == KIND { "apiVersion" } else { "kind" };
    Err(Unreadable { error, place: document.get(member).map(|node| node.span) })
}

/// Whether the release knows the configuration in this version.
/// Source: k8s.io/apiserver, pkg/apis/apiserver/install.
fn served(version: &str, release: Release) -> bool {
    match version {
        "v1alpha1" => release.since(29),
        "v1beta1" => release.since(30),
        "v1" => release.since(34),
        _ => false,
    }
}

/// Whether the same codec knows another kind of this name.
/// Source: k8s.io/apiserver, pkg/apis/apiserver, register.go of every version.
fn other_kind(group: &str, version: &str, kind: &str, release: Release) -> bool {
    match (group, version) {
        (GROUP, "v1") => match kind {
            "AdmissionConfiguration" | "EncryptionConfiguration" => true,
            "AuthorizationConfiguration" => release.since(32),
            "TracingConfiguration" => release.since(34),
            _ => false,
        },
        (GROUP, "v1beta1") => match kind {
            "TracingConfiguration" => true,
            "AuthorizationConfiguration" => release.since(30),
            _ => false,
        },
        (GROUP, "v1alpha1") => {
            matches!(kind, "AuthorizationConfiguration" | "TracingConfiguration")
        }
        ("apiserver.k8s.io", "v1beta1") => kind == "EgressSelectorConfiguration",
        ("apiserver.k8s.io", "v1alpha1") => {
            matches!(kind, "AdmissionConfiguration" | "EgressSelectorConfiguration")
        }
        _ => false,
    }
}

#[derive(Default)]
struct Meta {
    api_version: String,
    kind: String,
}

impl Meta {
    /// Looks for version and kind, upper and lower case being the same.
    fn read(document: &Node) -> Result<Meta, Unreadable> {
        let refuse = |mismatch: TypeMismatch, span| Unreadable {
            error: format!("couldn't get version/kind; json parse error: {mismatch}"),
            place: Some(span),
        };
        if !matches!(document.value, Value::Map(_) | Value::Null) {
            return Err(refuse(TypeMismatch::new(kind(document), META), document.span));
        }
        let mut meta = Meta::default();
        let mut mismatch = None;
        for (key, node) in document.members() {
            let (text, name) = match key.text.as_str() {
                key if json::fold_equal(key, "kind") => (&mut meta.kind, "kind"),
                key if json::fold_equal(key, "apiversion") => (&mut meta.api_version, "apiVersion"),
                _ => continue,
            };
            match &node.value {
                Value::String(found) => text.clone_from(found),
                Value::Null => {}
                _ if mismatch.is_none() => {
                    let found = TypeMismatch::new(kind(node), "string").within("", name);
                    mismatch = Some((found, node.span));
                }
                _ => {}
            }
        }
        match mismatch {
            Some((mismatch, span)) => Err(refuse(mismatch, span)),
            None => Ok(meta),
        }
    }
}
