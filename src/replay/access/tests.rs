//! Every sentence of how RBAC decides, as an example.

mod decisions;
mod manifests;
mod near_misses;
mod rules;

use crate::go::yaml;

use super::*;

/// Everything of a cluster, from manifests.
fn cluster(text: &str) -> Objects {
    let documents = yaml::read_all(text).expect("YAML");
    let mut objects = Objects::read(&documents, "default");
    objects.bindings_read = Coverage::Complete;
    objects.roles_read = Coverage::Complete;
    objects
}

/// A manifest of a ClusterRoleBinding.
fn cluster_binding(name: &str, role: &str, subject: &str) -> String {
    format!(
        "---\nkind: ClusterRoleBinding\nmetadata: {{name: {name}}}\n\
         roleRef: {{kind: ClusterRole, name: {role}}}\nsubjects: [{subject}]\n"
    )
}

/// A manifest of a RoleBinding.
fn binding(namespace: &str, name: &str, role: &str, subject: &str) -> String {
    format!(
        "---\nkind: RoleBinding\nmetadata: {{name: {name}, namespace: {namespace}}}\n\
         roleRef: {{{role}}}\nsubjects: [{subject}]\n"
    )
}

/// A manifest of a ClusterRole.
fn cluster_role(name: &str, rules: &str) -> String {
    format!("---\nkind: ClusterRole\nmetadata: {{name: {name}}}\nrules: [{rules}]\n")
}

const READ_PODS: &str = "{apiGroups: [\"\"], resources: [pods], verbs: [get, list]}";

fn user(name: &str, groups: &[&str]) -> Identity {
    let groups = groups.iter().chain(&["system:authenticated"]);
    Identity { username: name.to_owned(), groups: groups.map(|g| (*g).to_owned()).collect() }
}

/// A request such as `list pods`, `get pods/log`, `list deployments.apps`; an empty namespace is the cluster.
fn asks(words: &str, namespace: &str) -> Request {
    let mut parts = words.split(' ');
    let mut next = || parts.next().unwrap_or_default().to_owned();
    let (verb, what, name) = (next(), next(), next());
    let (what, subresource) = what.split_once('/').unwrap_or((&what, ""));
    let (resource, group) = what.split_once('.').unwrap_or((what, ""));
    Request::Resource(ResourceRequest {
        verb,
        group: group.to_owned(),
        resource: resource.to_owned(),
        subresource: subresource.to_owned(),
        name,
        namespace: namespace.to_owned(),
    })
}

fn visits(verb: &str, path: &str) -> Request {
    Request::Path { verb: verb.to_owned(), path: path.to_owned() }
}

fn verdict(objects: &Objects, user: &Identity, request: &Request) -> Verdict {
    decide(objects, user, request, &Wording::Plain).verdict
}

fn allows(objects: &Objects, user: &Identity, request: &Request) -> bool {
    matches!(verdict(objects, user, request), Verdict::Allowed { .. })
}

fn message(objects: &Objects, user: &Identity, request: &Request) -> String {
    match verdict(objects, user, request) {
        Verdict::NoOpinion { message, .. } => message,
        other => panic!("{other:?}"),
    }
}
