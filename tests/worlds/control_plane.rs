//! The API servers' configuration, in the form that each distribution keeps it.

use std::path::Path;

use serde_json::{Map, Value, json};

use crate::certificates::Leaf;
use crate::home::Files;
use crate::native;
use crate::network::{Place, Trust};
use crate::world::{ApiServer, World};
use crate::yaml;

/// A file: path below the control plane's folder, and content.
pub(crate) type Page = (String, String);

/// Writes the directory for `--apiserver-config`.
pub(crate) fn write(files: &Files, directory: &Path, world: &World, trust: &Trust) {
    for server in &world.api_servers {
        let folder = match world.api_servers.len() {
            1 => directory.to_owned(),
            _ => directory.join(&server.name),
        };
        for (name, text) in pages(world, server, trust) {
            files.keep(&folder.join(name), &text);
        }
    }
}

fn pages(world: &World, server: &ApiServer, trust: &Trust) -> Vec<Page> {
    let ca = ca_file(world, server, trust);
    let mut pages = match as_written(world) {
        written if written.is_empty() => native(world, server, ca.as_deref()),
        written => written,
    };
    if let (Some(path), Some(text)) = (flag(&server.flags, "--oidc-ca-file"), ca) {
        pages.push((base(path).to_owned(), text));
    }
    pages
}

/// Files whose text the world gives itself.
fn as_written(world: &World) -> Vec<Page> {
    let rest = &world.environment.rest;
    let listed = rest.get("config_files").and_then(Value::as_object);
    let mut pages: Vec<Page> = listed
        .into_iter()
        .flat_map(Map::iter)
        .map(|(path, text)| (base(path).to_owned(), text.as_str().unwrap_or_default().to_owned()))
        .collect();
    if let Some(text) = rest.get("api_server_manifest_as_written").and_then(Value::as_str) {
        pages.push(("kube-apiserver.yaml".to_owned(), text.to_owned()));
    }
    pages
}

/// What stands in the file that `--oidc-ca-file` names; none where it is missing or not given.
fn ca_file(world: &World, server: &ApiServer, trust: &Trust) -> Option<String> {
    let issuer = flag(&server.flags, "--oidc-issuer-url").unwrap_or_default();
    let same = |url: &str| url.trim_end_matches('/') == issuer.trim_end_matches('/');
    let provider = world.providers().find(|p| same(&p.url)).or_else(|| world.providers().next())?;
    match server.oidc_ca_file.as_deref()? {
        "right" => Some(trust.issuer_ca(provider).to_owned()),
        "wrong" => {
            let said = world.environment.rest.get("oidc_ca_file_contents");
            let is = |name: &str, value: bool| said.is_some_and(|said| said[name] == value);
            if is("same_as_served", true) {
                return Some(trust.issuer_ca(provider).to_owned());
            }
            if is("is_ca", false) {
                let host = Place::of(&provider.url).map(|place| place.host)?;
                return Some(Leaf::self_signed(&[host]).pem);
            }
            Some(trust.unrelated.pem.clone())
        }
        _ => None,
    }
}

fn native(world: &World, server: &ApiServer, ca: Option<&str>) -> Vec<Page> {
    if let Some(pages) = native::pages(world, server, ca) {
        return pages;
    }
    manifest_pages(server)
}

/// A static pod's manifest, with the AuthenticationConfiguration beside it.
fn manifest_pages(server: &ApiServer) -> Vec<Page> {
    let mut flags = server.flags.clone();
    let mut pages = Vec::new();
    if let Some(config) = &server.authentication_config {
        let path =
            flag(&flags, "--authentication-config").map(str::to_owned).unwrap_or_else(|| {
                let path = "/etc/kubernetes/authentication-config.yaml".to_owned();
                flags.push(format!("--authentication-config={path}"));
                path
            });
        pages.push((base(&path).to_owned(), yaml::document(config)));
    }
    if let Some(written) = &server.manifest_flags {
        pages.push(("kube-apiserver.yaml".to_owned(), yaml::document(&manifest(server, written))));
        pages.push((
            "kube-apiserver-pod.yaml".to_owned(),
            yaml::document(&live_pod(server, &flags)),
        ));
    } else if server.place == "kubeadm-live-pod" {
        pages.push((
            "kube-apiserver-pod.yaml".to_owned(),
            yaml::document(&live_pod(server, &flags)),
        ));
    } else {
        pages.push(("kube-apiserver.yaml".to_owned(), yaml::document(&manifest(server, &flags))));
    }
    pages
}

fn manifest(server: &ApiServer, flags: &[String]) -> Value {
    let mut command = vec!["kube-apiserver".to_owned()];
    command.extend(flags.iter().cloned());
    let version = server.version.replace('+', "_");
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "labels": {"component": "kube-apiserver", "tier": "control-plane"},
            "name": "kube-apiserver",
            "namespace": "kube-system",
        },
        "spec": {
            "containers": [{
                "command": command,
                "image": format!("registry.k8s.io/kube-apiserver:{version}"),
                "name": "kube-apiserver",
            }],
            "hostNetwork": true,
            "priorityClassName": "system-node-critical",
        },
    })
}

/// The mirror pod, as `kubectl -n kube-system get pod -o yaml` shows it.
fn live_pod(server: &ApiServer, flags: &[String]) -> Value {
    let mut pod = manifest(server, flags);
    pod["metadata"]["name"] = format!("kube-apiserver-{}", server.name).into();
    pod["metadata"]["annotations"] = json!({
        "kubernetes.io/config.hash": "0123456789abcdef0123456789abcdef",
        "kubernetes.io/config.mirror": "0123456789abcdef0123456789abcdef",
        "kubernetes.io/config.source": "file",
    });
    pod["metadata"]["uid"] = "11111111-2222-4333-8444-555555555555".into();
    pod["spec"]["nodeName"] = server.name.clone().into();
    pod["status"] = json!({"phase": "Running"});
    pod
}

/// The value of a flag; the last one counts.
pub(crate) fn flag<'a>(flags: &'a [String], name: &str) -> Option<&'a str> {
    flags.iter().rev().find_map(|flag| flag.strip_prefix(name)?.strip_prefix('='))
}

/// The last part of a path.
fn base(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
