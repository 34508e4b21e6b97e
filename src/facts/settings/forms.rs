//! The forms that settings come in: pod manifests, component configurations, lists of flags.

use super::Argument;
use crate::evidence::Origin;
use crate::go::tree::{Node, Span, Value};

/// The arguments in a YAML or JSON document.
pub(super) fn arguments(node: &Node, path: &str) -> Vec<Argument> {
    let mut found = Vec::new();
    walk(node, path, &mut found);
    found
}

/// An argument of a pod's command that is not text, in words.
pub(super) fn unloadable(node: &Node, path: &str) -> Option<String> {
    let container = container(node)?;
    let items = ["command", "args"].into_iter().filter_map(|key| container.get(key));
    let odd = items.flat_map(|list| list.items()).find(|item| item.as_str().is_none())?;
    let kind = match &odd.value {
        Value::Map(members) => {
            let key = members.first().map(|(key, _)| key.text.clone()).unwrap_or_default();
            format!("the argument {key:?} is read as a map because of its colon")
        }
        _ => "an argument is not text".to_owned(),
    };
    Some(format!("{path}:{}: {kind}; the kubelet takes text only", odd.span.line))
}

/// The API server's version, if the document tells it.
pub(super) fn version(node: &Node) -> Option<String> {
    let text = |path: &[&str]| node.at(path).and_then(|n| n.as_str()).map(str::to_owned);
    container(node)
        .and_then(|c| c.get("image")?.as_str().map(str::to_owned))
        .or_else(|| text(&["cluster", "apiServer", "image"]))
        .and_then(|image| image.rsplit_once(':').map(|(_, tag)| tag.to_owned()))
        .or_else(|| text(&["kubernetesVersion"]))
        .or_else(|| text(&["spec", "kubernetesVersion"]))
        .or_else(|| text(&["spec", "kubernetes", "version"]))
        .or_else(|| text(&["cluster", "version"]))
        .filter(|tag| tag.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit()))
}

/// Whether a text that holds no OIDC argument is an API server's configuration all the same.
pub(super) fn about_api_server(text: &str) -> bool {
    ["kube-apiserver", "apiServer", "kubeAPIServer", "kube-api", "minikube", "apiserver"]
        .iter()
        .any(|word| text.contains(word))
}

/// Arguments in plain text: a `ps` line, a unit file, one flag a line.
pub(super) fn words(text: &str, path: &str) -> Vec<Argument> {
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim_end().trim_end_matches('\\');
        if line.trim_start().starts_with('#') {
            continue;
        }
        let split = shlex::split(line)
            .unwrap_or_else(|| line.split_whitespace().map(str::to_owned).collect());
        let mut split = split.into_iter().peekable();
        while let Some(word) = split.next() {
            let Some(flag) = flag_of(&word) else { continue };
            let text = match (flag.contains('='), split.peek()) {
                (false, Some(value)) if takes_value(&flag) && !value.starts_with('-') => {
                    let value = split.next().unwrap_or_default();
                    format!("{flag}={value}")
                }
                _ => flag,
            };
            found.push(argument(text, path, index as u32 + 1, None));
        }
    }
    found
}

/// `--x`, also inside minikube's `--extra-config=apiserver.x=…`.
fn flag_of(word: &str) -> Option<String> {
    if let Some(rest) = word.strip_prefix("--extra-config=") {
        return Some(format!("--{}", rest.strip_prefix("apiserver.")?));
    }
    if let Some(rest) = word.strip_prefix("--kube-apiserver-arg=") {
        return Some(format!("--{rest}"));
    }
    word.starts_with("--").then(|| word.to_owned())
}

fn takes_value(flag: &str) -> bool {
    flag.starts_with("--oidc-") || matches!(flag, "--authentication-config" | "--api-audiences")
}

fn argument(text: String, path: &str, line: u32, column: Option<u32>) -> Argument {
    let part = text.split('=').next().unwrap_or_default().to_owned();
    let origin =
        Origin { kind: "flag".to_owned(), path: path.to_owned(), line: Some(line), column, part };
    Argument { text, origin }
}

fn at(text: String, path: &str, span: Span) -> Argument {
    argument(text, path, span.line, Some(span.column))
}

fn container(node: &Node) -> Option<&Node> {
    let containers = node
        .at(&["spec", "containers"])
        .or_else(|| node.at(&["spec", "template", "spec", "containers"]))?;
    let runs_server = |c: &&Node| {
        c.get("name")
            .and_then(|n| n.as_str())
            .is_some_and(|n| n.contains("apiserver") || n.contains("proxy"))
            || list(c, "command").chain(list(c, "args")).any(|a| a.contains("--oidc-"))
    };
    containers.items().iter().find(runs_server).or(containers.items().first())
}

fn list<'a>(node: &'a Node, key: &str) -> impl Iterator<Item = &'a str> {
    node.get(key).map_or(&[][..], |n| n.items()).iter().filter_map(|n| n.as_str())
}

/// Looks for the places where arguments stand, in whatever document.
fn walk(node: &Node, path: &str, found: &mut Vec<Argument>) {
    match &node.value {
        Value::Map(members) => {
            for (key, value) in members {
                member(&key.text, key.span, value, path, found);
            }
        }
        Value::List(items) => items.iter().for_each(|item| walk(item, path, found)),
        _ => {}
    }
}

fn member(key: &str, span: Span, value: &Node, path: &str, found: &mut Vec<Argument>) {
    match key {
        "command" | "args" | "additional_args" => flags(value, path, found),
        "kube-apiserver-arg" | "kube-apiserver-args" | "kube_apiserver_args" => {
            bare_flags(value, path, found);
        }
        "extraArgs"
        | "apiserver-arguments"
        | "apiServerArguments"
        | "extra_args"
        | "extraArguments"
        | "k8s-args" => extra(value, path, found),
        "oidc" | "oidcConfig" | "kubeAPIServer" | "identityProviderConfig" => {
            let before = found.len();
            camel_case(value, path, found);
            if found.len() == before {
                walk(value, path, found);
            }
        }
        "kubeadmConfigPatches" | "kubeadm_config_patches" => {
            for patch in value.items() {
                embedded(patch, path, found);
            }
        }
        key if key.starts_with("kube_oidc_") => snake_case(key, span, value, path, found),
        _ => walk(value, path, found),
    }
}

fn flags(value: &Node, path: &str, found: &mut Vec<Argument>) {
    let mut items = value.items().iter().peekable();
    while let Some(item) = items.next() {
        let Some(text) = item.as_str() else { continue };
        let Some(flag) = flag_of(text) else { continue };
        let next = items.peek().and_then(|n| n.as_str()).filter(|n| !n.starts_with('-'));
        match next {
            Some(next) if takes_value(&flag) && !flag.contains('=') => {
                found.push(at(format!("{flag}={next}"), path, item.span));
                items.next();
            }
            _ => found.push(at(flag, path, item.span)),
        }
    }
}

/// `name=value` without dashes, as k3s and RKE2 have it.
fn bare_flags(value: &Node, path: &str, found: &mut Vec<Argument>) {
    let single = std::slice::from_ref(value);
    let items = if value.as_str().is_some() { single } else { value.items() };
    for item in items {
        match &item.value {
            Value::String(text) => {
                found.push(at(format!("--{}", text.trim_start_matches('-')), path, item.span));
            }
            // `- oidc-groups-prefix=oidc:` without quotes is a map for YAML, and k3s hands on what Go
            // prints for a map.
            Value::Map(members) => {
                for (key, value) in members {
                    let value = scalar(value).unwrap_or_else(|| "<nil>".to_owned());
                    found.push(at(format!("--map[{}:{value}]", key.text), path, key.span));
                }
            }
            _ => {}
        }
    }
}

/// A map of names to values or lists of values, or a list of `{name, value}`.
fn extra(value: &Node, path: &str, found: &mut Vec<Argument>) {
    for (key, value) in value.members() {
        let values: Vec<&Node> =
            if value.items().is_empty() { vec![value] } else { value.items().iter().collect() };
        for value in values {
            if let Some(text) = scalar(value) {
                let name = key.text.trim_start_matches('-');
                found.push(at(format!("--{name}={text}"), path, value.span));
            }
        }
    }
    for item in value.items() {
        let name = item.get("name").and_then(|n| n.as_str());
        let text = item.get("value").and_then(|n| scalar(n).map(|text| (text, n.span)));
        if let (Some(name), Some((text, span))) = (name, text) {
            found.push(at(format!("--{name}={text}"), path, span));
        }
    }
}

/// `oidcIssuerURL` (kops), `issuerURL` (Gardener), `issuerUrl` (EKS): one map, many spellings.
fn camel_case(value: &Node, path: &str, found: &mut Vec<Argument>) {
    for (key, value) in value.members() {
        let name = key.text.trim_start_matches("oidc").to_ascii_lowercase();
        let flag = match name.as_str() {
            "issuerurl" | "issueruri" => "--oidc-issuer-url",
            "clientid" => "--oidc-client-id",
            "usernameclaim" | "userclaim" => "--oidc-username-claim",
            "usernameprefix" | "userprefix" => "--oidc-username-prefix",
            "groupsclaim" | "groupclaim" => "--oidc-groups-claim",
            "groupsprefix" | "groupprefix" => "--oidc-groups-prefix",
            "cafile" => "--oidc-ca-file",
            "signingalgs" => "--oidc-signing-algs",
            "requiredclaim" | "requiredclaims" => {
                required(value, path, found);
                continue;
            }
            _ => {
                member(&key.text, key.span, value, path, found);
                continue;
            }
        };
        let list: Vec<String> = value.items().iter().filter_map(scalar).collect();
        let text = if list.is_empty() { scalar(value) } else { Some(list.join(",")) };
        if let Some(text) = text {
            found.push(at(format!("{flag}={text}"), path, value.span));
        }
    }
}

fn required(value: &Node, path: &str, found: &mut Vec<Argument>) {
    for (key, value) in value.members() {
        if let Some(text) = scalar(value) {
            let text = format!("--oidc-required-claim={}={text}", key.text);
            found.push(at(text, path, value.span));
        }
    }
    for item in value.items() {
        if let Some(text) = scalar(item) {
            found.push(at(format!("--oidc-required-claim={text}"), path, item.span));
        }
    }
}

/// kubespray's variables: `kube_oidc_url`, `kube_oidc_client_id`, …
fn snake_case(key: &str, span: Span, value: &Node, path: &str, found: &mut Vec<Argument>) {
    let flag = match key {
        "kube_oidc_url" => "--oidc-issuer-url".to_owned(),
        "kube_oidc_auth" => return,
        other => format!("--{}", other.trim_start_matches("kube_").replace('_', "-")),
    };
    if let Some(text) = scalar(value) {
        found.push(at(format!("{flag}={text}"), path, span));
    }
}

/// YAML inside a block of text; lines are counted from where the block's text begins.
fn embedded(patch: &Node, path: &str, found: &mut Vec<Argument>) {
    let Some(text) = patch.as_str() else { return };
    let Ok(inner) = crate::go::yaml::read(text) else { return };
    let mut inside = Vec::new();
    walk(&inner, path, &mut inside);
    for mut argument in inside {
        argument.origin.line = argument.origin.line.map(|line| line + patch.span.line);
        argument.origin.column = None;
        found.push(argument);
    }
}

fn scalar(node: &Node) -> Option<String> {
    match &node.value {
        Value::Bool(b) => Some(b.to_string()),
        Value::Number(text) | Value::String(text) => Some(text.clone()),
        _ => None,
    }
}
