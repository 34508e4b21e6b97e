//! What the API would refuse to store: such a manifest never took effect.

use crate::go::quote::quote;

use super::object::{Binding, BindingKind, Objects, Place, Role, Subject};
use super::reading::RBAC_GROUP;
use super::rule::Rule;

/// A reason for which the API refuses an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The object or the part of it.
    pub place: Place,
    /// The API server's text.
    pub text: String,
}

/// Everything that the API would refuse in these objects; bindings first.
/// Source: kubernetes/kubernetes, pkg/apis/rbac/validation/validation.go.
pub fn faults(objects: &Objects) -> Vec<Fault> {
    let mut faults: Vec<Fault> = objects.bindings().flat_map(of_binding).collect();
    let mut of_roles: Vec<Fault> = objects.all_roles().flat_map(of_role).collect();
    of_roles
        .sort_by_key(|fault| (fault.place.source, fault.place.document, fault.place.span.start));
    faults.append(&mut of_roles);
    faults
}

fn of_binding(binding: &Binding) -> Vec<Fault> {
    let role = &binding.role;
    let mut texts = Vec::new();
    // An empty group is filled in before anything is checked.
    if !role.api_group.is_empty() && role.api_group != RBAC_GROUP {
        texts.push(unsupported("roleRef.apiGroup", &role.api_group, &[RBAC_GROUP]));
    }
    let kinds: &[&str] = match binding.id.kind {
        BindingKind::ClusterRoleBinding => &["ClusterRole"],
        BindingKind::RoleBinding => &["Role", "ClusterRole"],
    };
    if !kinds.contains(&role.kind.as_str()) {
        texts.push(unsupported("roleRef.kind", &role.kind, kinds));
    }
    if role.name.is_empty() {
        texts.push("roleRef.name: Required value".to_owned());
    }
    let mut faults: Vec<Fault> =
        texts.into_iter().map(|text| Fault { place: binding.place, text }).collect();
    for (n, subject) in binding.subjects.iter().enumerate() {
        let texts = of_subject(n, subject, binding.id.kind);
        faults.extend(texts.into_iter().map(|text| Fault { place: subject.place, text }));
    }
    faults
}

fn of_subject(n: usize, subject: &Subject, binding: BindingKind) -> Vec<String> {
    let field = |name: &str| format!("subjects[{n}].{name}");
    let mut texts = Vec::new();
    if subject.name.is_empty() {
        texts.push(format!("{}: Required value", field("name")));
    }
    let group = subject.api_group.as_str();
    match subject.kind.as_str() {
        "ServiceAccount" => {
            if !group.is_empty() {
                texts.push(unsupported(&field("apiGroup"), group, &[""]));
            }
            if subject.namespace.is_empty() && binding == BindingKind::ClusterRoleBinding {
                texts.push(format!("{}: Required value", field("namespace")));
            }
        }
        "User" | "Group" => {
            if !group.is_empty() && group != RBAC_GROUP {
                texts.push(unsupported(&field("apiGroup"), group, &[RBAC_GROUP]));
            }
        }
        kind => {
            let kinds = ["ServiceAccount", "User", "Group"];
            texts.push(unsupported(&field("kind"), kind, &kinds));
        }
    }
    texts
}

fn of_role(role: &Role) -> Vec<Fault> {
    let rules = role.rules.iter().enumerate();
    let texts = rules.flat_map(|(n, rule)| of_rule(n, rule, role.namespace.is_some()));
    texts.map(|text| Fault { place: role.place, text }).collect()
}

fn of_rule(n: usize, rule: &Rule, namespaced: bool) -> Vec<String> {
    let field = |name: &str| format!("rules[{n}].{name}");
    let required = |name: &str, why: &str| format!("{}: Required value: {why}", field(name));
    let mut texts = Vec::new();
    if rule.verbs.is_empty() {
        texts.push(required("verbs", "verbs must contain at least one value"));
    }
    if !rule.non_resource_urls.is_empty() {
        let invalid = |why: &str| {
            let value: Vec<String> = rule.non_resource_urls.iter().map(|url| quote(url)).collect();
            format!("{}: Invalid value: [{}]: {why}", field("nonResourceURLs"), value.join(","))
        };
        if namespaced {
            texts.push(invalid("namespaced rules cannot apply to non-resource URLs"));
        }
        let resources = [&rule.api_groups, &rule.resources, &rule.resource_names];
        if resources.iter().any(|list| !list.is_empty()) {
            texts.push(invalid(
                "rules cannot apply to both regular resources and non-resource URLs",
            ));
        }
        return texts;
    }
    if rule.api_groups.is_empty() {
        texts.push(required("apiGroups", "resource rules must supply at least one api group"));
    }
    if rule.resources.is_empty() {
        texts.push(required("resources", "resource rules must supply at least one resource"));
    }
    texts
}

fn unsupported(field: &str, value: &str, supported: &[&str]) -> String {
    let supported: Vec<String> = supported.iter().map(|value| quote(value)).collect();
    format!(
        "{field}: Unsupported value: {}: supported values: {}",
        quote(value),
        supported.join(", ")
    )
}
