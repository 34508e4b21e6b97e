//! What a command asks of the API server.

use super::flags::Word;
use super::resource::{ALL, Resource, resource};

/// One request as RBAC sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Something done with a resource.
    Resource {
        /// The verb of RBAC.
        verb: String,
        /// The resource.
        resource: Resource,
        /// The part after a slash, such as `log`.
        subresource: Option<String>,
        /// The object's name, when one is named.
        name: Option<String>,
    },
    /// A path that is no resource.
    Url {
        /// The verb of RBAC.
        verb: String,
        /// The path.
        path: String,
    },
}

impl Request {
    fn on(verb: &str, written: &str, name: Option<&str>) -> Request {
        let (verb, resource) = (verb.to_owned(), resource(written));
        Request::Resource { verb, resource, subresource: None, name: name.map(str::to_owned) }
    }

    fn part(verb: &str, written: &str, part: &str, name: Option<&str>) -> Request {
        let (verb, resource) = (verb.to_owned(), resource(written));
        let subresource = Some(part.to_owned());
        Request::Resource { verb, resource, subresource, name: name.map(str::to_owned) }
    }

    fn url(path: &str) -> Request {
        let path = path.split('?').next().unwrap_or(path).to_owned();
        Request::Url { verb: "get".to_owned(), path }
    }

    /// The namespace it is made in, when this one is in force; empty for the whole cluster.
    pub fn namespace<'n>(&self, in_force: &'n str, all_namespaces: bool) -> &'n str {
        match self {
            Request::Resource { resource, .. }
                if resource.namespaced != Some(false) && !all_namespaces =>
            {
                in_force
            }
            _ => "",
        }
    }
}

/// Reads `VERB RESOURCE[.GROUP][/SUBRESOURCE] [NAME]`, or a verb and a path.
pub fn for_request(text: &str) -> Option<Request> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let (verb, what, name) = match words.as_slice() {
        [verb, what] => (verb.to_lowercase(), *what, None),
        [verb, what, name] => (verb.to_lowercase(), *what, Some(*name)),
        _ => return None,
    };
    if what.starts_with('/') {
        let path = what.to_owned();
        return name.is_none().then_some(Request::Url { verb, path });
    }
    let (what, part) = what.split_once('/').map_or((what, None), |(what, part)| (what, Some(part)));
    if what.is_empty() || part == Some("") {
        return None;
    }
    let verb = asked(&verb, what, name);
    Some(match part {
        Some(part) => Request::part(verb, what, part, name),
        None => Request::on(verb, what, name),
    })
}

/// `get nodes` is what people type for what RBAC calls `list`.
fn asked<'v>(verb: &'v str, what: &str, name: Option<&str>) -> &'v str {
    let plural = resource(what).plural == what.split('.').next().unwrap_or(what).to_lowercase();
    if verb == "get" && name.is_none() && plural { "list" } else { verb }
}

/// The requests of a command's words.
pub(super) fn requests(words: &[&str], flags: &[Word<'_>]) -> Vec<Request> {
    let flag = |names: &[&str]| {
        flags.iter().rev().find(|word| names.contains(&word.name)).map(|word| word.value)
    };
    let from_file = flag(&["-f", "--filename", "-k", "--kustomize"]).is_some();
    let Some((&command, rest)) = words.split_first() else { return Vec::new() };
    if let Some(path) = flag(&["--raw"]).filter(|path| path.starts_with('/')) {
        return vec![Request::url(path)];
    }
    match command {
        "logs" => logs(rest),
        _ if from_file => Vec::new(),
        "auth" => auth(rest, flag(&["--subresource"])),
        "create" => create(rest),
        "get" | "describe" => read(rest, flag(&["--subresource"])),
        "delete" => each(rest, "delete"),
        "annotate" | "edit" | "label" | "patch" => {
            each(rest, "patch").into_iter().take(1).collect()
        }
        "exec" | "cp" => in_pod(rest, "exec", "create"),
        "attach" => in_pod(rest, "attach", "create"),
        "port-forward" => in_pod(rest, "portforward", "create"),
        "debug" => in_pod(rest, "ephemeralcontainers", "patch"),
        "cordon" | "drain" | "uncordon" => vec![Request::on("patch", "nodes", name(rest))],
        "taint" => vec![Request::on("patch", "nodes", rest.get(1).copied())],
        "scale" => each(rest, "patch").into_iter().map(|request| scaled(&request)).collect(),
        "rollout" => rollout(rest),
        "set" => each(rest.get(1..).unwrap_or_default(), "patch").into_iter().take(1).collect(),
        "top" => top(rest),
        "run" => vec![Request::on("create", "pods", None)],
        "expose" => vec![Request::on("create", "services", None)],
        "autoscale" => vec![Request::on("create", "horizontalpodautoscalers", None)],
        "events" => vec![Request::on("list", "events", None)],
        "wait" => each(rest, "get"),
        "certificate" => certificate(rest),
        "cluster-info" => vec![Request::on("list", "services", None)],
        "version" => vec![Request::url("/version")],
        "api-resources" | "api-versions" => vec![Request::url("/apis")],
        _ => Vec::new(),
    }
}

fn name<'a>(rest: &[&'a str]) -> Option<&'a str> {
    rest.first().copied()
}

/// `TYPE`, `TYPE NAME…`, `TYPE/NAME…`, `TYPE,TYPE`: pairs of a resource and a name.
fn targets<'a>(rest: &[&'a str]) -> Vec<(&'a str, Option<&'a str>)> {
    let slashed = |word: &&'a str| word.split_once('/').map(|(what, name)| (what, Some(name)));
    if rest.iter().any(|word| word.contains('/')) {
        return rest.iter().filter_map(slashed).collect();
    }
    let Some((&kinds, names)) = rest.split_first() else { return Vec::new() };
    let kinds = kinds.split(',').filter(|kind| !kind.is_empty());
    let kinds: Vec<&str> =
        kinds.flat_map(|kind| if kind == "all" { ALL.to_vec() } else { vec![kind] }).collect();
    if names.is_empty() {
        return kinds.into_iter().map(|kind| (kind, None)).collect();
    }
    kinds.iter().flat_map(|&kind| names.iter().map(move |&name| (kind, Some(name)))).collect()
}

/// More targets than this are not looked at.
const TARGET_LIMIT: usize = 32;

fn read(rest: &[&str], part: Option<&str>) -> Vec<Request> {
    let request = |(what, name): (&str, Option<&str>)| {
        let verb = if name.is_some() { "get" } else { "list" };
        match part {
            Some(part) => Request::part(verb, what, part, name),
            None => Request::on(verb, what, name),
        }
    };
    targets(rest).into_iter().take(TARGET_LIMIT).map(request).collect()
}

fn each(rest: &[&str], verb: &str) -> Vec<Request> {
    let found = targets(rest).into_iter().take(TARGET_LIMIT);
    found.map(|(what, name)| Request::on(verb, what, name)).collect()
}

/// A pod, or something that has pods: it is read first, then asked.
fn in_pod(rest: &[&str], part: &str, verb: &str) -> Vec<Request> {
    // `cp` names a pod as POD:PATH.
    let target = rest.iter().find(|word| part != "exec" || !word.starts_with('/'));
    let Some(target) = target.and_then(|word| word.split(':').next()) else { return Vec::new() };
    match target.split_once('/') {
        None => vec![
            Request::on("get", "pods", Some(target)),
            Request::part(verb, "pods", part, Some(target)),
        ],
        Some((what, name)) if resource(what).plural == "pods" => in_pod(&[name], part, verb),
        Some((what, name)) => vec![
            Request::on("get", what, Some(name)),
            Request::on("list", "pods", None),
            Request::part(verb, "pods", part, None),
        ],
    }
}

fn logs(rest: &[&str]) -> Vec<Request> {
    if rest.is_empty() {
        return vec![Request::on("list", "pods", None), Request::part("get", "pods", "log", None)];
    }
    in_pod(rest, "log", "get")
}

fn auth(rest: &[&str], part: Option<&str>) -> Vec<Request> {
    match rest {
        ["can-i"] => vec![Request::on("create", "selfsubjectrulesreviews", None)],
        ["can-i", _, path] if path.starts_with('/') => vec![Request::url(path)],
        ["can-i", verb, what, names @ ..] => {
            let (what, name) = match what.split_once('/') {
                Some((what, name)) => (what, Some(name)),
                None => (*what, names.first().copied()),
            };
            vec![match part {
                Some(part) => Request::part(verb, what, part, name),
                None => Request::on(verb, what, name),
            }]
        }
        ["whoami"] => vec![Request::on("create", "selfsubjectreviews", None)],
        _ => Vec::new(),
    }
}

fn create(rest: &[&str]) -> Vec<Request> {
    match rest {
        [] => Vec::new(),
        ["token", account, ..] => {
            vec![Request::part("create", "serviceaccounts", "token", Some(account))]
        }
        [what, ..] => vec![Request::on("create", what, None)],
    }
}

fn rollout(rest: &[&str]) -> Vec<Request> {
    let Some((&what, rest)) = rest.split_first() else { return Vec::new() };
    let verb = if matches!(what, "history" | "status") { "get" } else { "patch" };
    each(rest, verb)
}

fn scaled(request: &Request) -> Request {
    match request {
        Request::Resource { verb, resource, name, .. } => Request::Resource {
            verb: verb.clone(),
            resource: resource.clone(),
            subresource: Some("scale".to_owned()),
            name: name.clone(),
        },
        Request::Url { .. } => request.clone(),
    }
}

fn top(rest: &[&str]) -> Vec<Request> {
    let (Some(what), name) = (rest.first(), rest.get(1).copied()) else { return Vec::new() };
    let mut resource = resource(what);
    resource.group = Some("metrics.k8s.io".to_owned());
    let verb = if name.is_some() { "get" } else { "list" }.to_owned();
    vec![Request::Resource { verb, resource, subresource: None, name: name.map(str::to_owned) }]
}

fn certificate(rest: &[&str]) -> Vec<Request> {
    let name = rest.get(1).copied();
    vec![Request::part("update", "certificatesigningrequests", "approval", name)]
}
