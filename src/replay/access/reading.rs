//! Roles and bindings out of manifests and `kubectl get` output.

use crate::go::tree::{Node, Value};

use super::object::{Binding, BindingKind, BindingName, Objects, Place, Role, RoleRef, Subject};
use super::rule::Rule;

/// How deep a List may stand in a List.
const LIST_DEPTH: usize = 8;

/// The API group of RBAC's own objects.
pub(super) const RBAC_GROUP: &str = "rbac.authorization.k8s.io";

/// Where the reader is.
#[derive(Clone, Copy)]
struct At<'a> {
    source: usize,
    document: usize,
    /// The namespace of objects that name none.
    namespace: &'a str,
}

impl At<'_> {
    fn place(&self, node: &Node) -> Place {
        Place { source: self.source, document: self.document, span: node.span }
    }
}

impl Objects {
    /// Reads the documents of one text. Objects of other kinds are passed over; `namespace` is where
    /// Roles and RoleBindings belong that name none.
    pub fn read(documents: &[Node], namespace: &str) -> Objects {
        let mut objects = Objects::default();
        objects.extend(0, documents, namespace);
        objects
    }

    /// Adds the documents of a further text, which the caller counts as `source`. Of two roles with the
    /// same name the later one counts, as when both are applied.
    pub fn extend(&mut self, source: usize, documents: &[Node], namespace: &str) {
        for (document, node) in documents.iter().enumerate() {
            self.take(node, None, At { source, document, namespace }, LIST_DEPTH);
        }
    }

    fn take(&mut self, node: &Node, kind_of_list: Option<&str>, at: At<'_>, depth: usize) {
        let kind = text(node, "kind").or(kind_of_list).unwrap_or_default();
        if let Some(item_kind) = kind.strip_suffix("List") {
            let Some(depth) = depth.checked_sub(1) else { return };
            let item_kind = Some(item_kind).filter(|kind| !kind.is_empty());
            for item in node.get("items").map(Node::items).unwrap_or_default() {
                self.take(item, item_kind, at, depth);
            }
            return;
        }
        // Items of a typed list carry neither kind nor apiVersion.
        let group =
            text(node, "apiVersion").and_then(|v| v.split_once('/')).map(|(group, _)| group);
        if group.unwrap_or(RBAC_GROUP) != RBAC_GROUP {
            return;
        }
        match kind {
            "ClusterRoleBinding" => {
                self.cluster_role_bindings.push(binding(node, BindingKind::ClusterRoleBinding, at));
            }
            "RoleBinding" => self.role_bindings.push(binding(node, BindingKind::RoleBinding, at)),
            "ClusterRole" => {
                let role = role(node, None, at);
                self.cluster_roles.insert(role.name.clone(), role);
            }
            "Role" => {
                let namespace = namespace(node, at);
                let role = role(node, Some(namespace.clone()), at);
                self.roles.entry(namespace).or_default().insert(role.name.clone(), role);
            }
            _ => {}
        }
    }
}

fn binding(node: &Node, kind: BindingKind, at: At<'_>) -> Binding {
    let namespace = match kind {
        BindingKind::ClusterRoleBinding => String::new(),
        BindingKind::RoleBinding => namespace(node, at),
    };
    let subjects = node.get("subjects").map(Node::items).unwrap_or_default();
    Binding {
        id: BindingName { kind, namespace, name: name(node) },
        subjects: subjects.iter().map(|node| subject(node, at)).collect(),
        role: node.get("roleRef").map(|node| role_ref(node, at)).unwrap_or_default(),
        place: at.place(node),
    }
}

fn subject(node: &Node, at: At<'_>) -> Subject {
    Subject {
        kind: owned(node, "kind"),
        api_group: owned(node, "apiGroup"),
        name: owned(node, "name"),
        namespace: owned(node, "namespace"),
        place: at.place(node),
    }
}

fn role_ref(node: &Node, at: At<'_>) -> RoleRef {
    RoleRef {
        kind: owned(node, "kind"),
        api_group: owned(node, "apiGroup"),
        name: owned(node, "name"),
        place: at.place(node),
    }
}

fn role(node: &Node, namespace: Option<String>, at: At<'_>) -> Role {
    let rules = node.get("rules").map(Node::items).unwrap_or_default();
    let aggregation = node.get("aggregationRule").filter(|node| node.value != Value::Null);
    Role {
        namespace,
        name: name(node),
        rules: rules.iter().map(rule).collect(),
        aggregation: aggregation.map(|node| at.place(node)),
        place: at.place(node),
    }
}

fn rule(node: &Node) -> Rule {
    let list = |key: &str| {
        let items = node.get(key).map(Node::items).unwrap_or_default();
        items.iter().filter_map(Node::as_str).map(str::to_owned).collect()
    };
    Rule {
        verbs: list("verbs"),
        api_groups: list("apiGroups"),
        resources: list("resources"),
        resource_names: list("resourceNames"),
        non_resource_urls: list("nonResourceURLs"),
    }
}

fn name(node: &Node) -> String {
    node.at(&["metadata", "name"]).and_then(Node::as_str).unwrap_or_default().to_owned()
}

fn namespace(node: &Node, at: At<'_>) -> String {
    let written = node.at(&["metadata", "namespace"]).and_then(Node::as_str);
    written.filter(|text| !text.is_empty()).unwrap_or(at.namespace).to_owned()
}

fn text<'a>(node: &'a Node, key: &str) -> Option<&'a str> {
    node.get(key).and_then(Node::as_str)
}

/// The text of a member. A number is taken as it is written: the API would refuse it, and its reader
/// wants to see it.
fn owned(node: &Node, key: &str) -> String {
    match node.get(key).map(|node| &node.value) {
        Some(Value::String(text) | Value::Number(text)) => text.clone(),
        _ => String::new(),
    }
}
